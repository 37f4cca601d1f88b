//! The flags of every command that reads records.

use std::path::PathBuf;

use clap::Args;

use crate::input::{self, Spec};
use crate::run::DataOptions;

/// How files are read: the same for every command that looks at data.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ReadArgs {
    /// The format of the data [default: detected from name and content]
    #[arg(long, value_name = "NAME", value_parser = input_format)]
    pub(super) input_format: Option<input::Format>,
    /// The encoding of text files, such as windows-1252 [default: from the byte order mark, else UTF-8]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub(super) encoding: Option<input::Encoding>,
    /// The sheet of a workbook [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(super) sheet: Option<String>,
    /// The line of a CSV file, or the row of a sheet, with the column names [default: the first]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) header_row: Option<u32>,
    /// The largest size of a compressed file once unpacked
    #[arg(long, value_name = "BYTES")]
    pub(super) max_decoded: Option<u64>,
}

impl ReadArgs {
    /// The flags as a command line has them, each after a space.
    pub(super) fn flags(&self) -> String {
        let mut out = String::new();
        let mut flag = |name: &str, value: Option<String>| {
            out.extend(value.map(|value| format!(" --{name} {value}")));
        };
        flag("input-format", self.input_format.map(|format| format.name().to_owned()));
        flag("encoding", self.encoding.map(|encoding| encoding.name().to_lowercase()));
        flag("sheet", self.sheet.as_ref().map(|sheet| format!("'{}'", sheet.replace('\'', "'\\''"))));
        flag("header-row", self.header_row.map(|row| row.to_string()));
        flag("max-decoded", self.max_decoded.map(|bytes| bytes.to_string()));
        out
    }

    /// A data set of these paths.
    pub(super) fn spec(&self, paths: &[PathBuf]) -> Spec {
        Spec {
            paths: paths.to_vec(),
            format: self.input_format,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            max_decoded: self.max_decoded,
            content: None,
        }
    }
}

/// How records are read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DataArgs {
    /// Read events from this file, as in `--events page_view=views.csv`
    #[arg(long, value_name = "LIST=FILE", value_parser = pair)]
    pub(super) events: Vec<(String, String)>,
    /// Read related records from this file, as in `--related company=companies.csv`
    #[arg(long, value_name = "NAME=FILE", value_parser = pair)]
    pub(super) related: Vec<(String, String)>,
    /// Score as of this moment: a date (its end), a date-time, or `yesterday` [default: now]
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = pair)]
    pub(super) set: Vec<(String, String)>,
    /// Properties, events and related records that may be missing from the data, or `all`
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub(super) allow_missing: Vec<String>,
    /// Stop if there is any data error
    #[arg(long)]
    pub(super) strict: bool,
    /// Do not look for duplicate keys, which needs memory for every record
    #[arg(long)]
    pub(super) assume_unique: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("write NAME=VALUE".to_owned()),
    }
}

pub(super) fn input_format(name: &str) -> Result<input::Format, String> {
    input::Format::named(name).ok_or_else(|| format!("the formats are {}", input::Format::NAMES.join(", ")))
}

pub(super) fn encoding(name: &str) -> Result<input::Encoding, String> {
    input::Encoding::named(name)
        .ok_or_else(|| "write utf-8, utf-16le, utf-16be, windows-1252, or another name of the web's encodings".to_owned())
}

impl DataArgs {
    /// What the flags mean.
    pub(super) fn options(&self) -> DataOptions {
        DataOptions {
            events: self.events.clone(),
            related: self.related.clone(),
            as_of: self.as_of.clone(),
            allow_missing: self.allow_missing.clone(),
            strict: self.strict,
            input_format: self.read.input_format,
            encoding: self.read.encoding,
            sheet: self.read.sheet.clone(),
            header_row: self.read.header_row,
            assume_unique: self.assume_unique,
            max_decoded: self.read.max_decoded,
            ..DataOptions::default()
        }
    }
}

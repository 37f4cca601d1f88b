//! The flags of every command that reads records, and what they come to for a model.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;

use super::Failure;
use crate::engine::Compiled;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{self, EventSource, MissingColumns, Needs, ReadOptions, Reader, Spec};
use crate::schema::{EventId, FieldId, PropId};
use crate::source::{Sources, Span};
use crate::text::{nearest, visible};
use crate::time::civil;
use crate::warehouse::Address;

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
        }
    }
}

/// How records are read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DataArgs {
    /// Read events from this file, as in `--events page_view=views.csv`
    #[arg(long, value_name = "LIST=FILE", value_parser = pair)]
    pub(super) events: Vec<(String, String)>,
    /// Score as of this moment: a date (its end), a date-time, or `yesterday` [default: now]
    #[arg(long, value_name = "DATE")]
    pub(super) as_of: Option<String>,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = pair)]
    pub(super) set: Vec<(String, String)>,
    /// Properties and events that may be missing from the data, or `all`
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

/// What is read, beside what the rules need.
#[derive(Debug, Clone, Default)]
pub(super) struct Also {
    /// Columns to carry along.
    pub(super) carried: Vec<String>,
    /// Properties that the command itself looks at.
    pub(super) properties: BTreeSet<PropId>,
    /// A property that is read where the data have it.
    pub(super) if_there: Option<PropId>,
    /// Events and fields that the command itself looks at.
    pub(super) uses: Vec<Uses>,
    /// Whether rows with data errors are kept.
    pub(super) keep_rejects: bool,
    /// Records a batch; 0 for the usual number.
    pub(super) batch_rows: usize,
    /// The program whose events are summed up while they are read, if nobody else looks at them.
    pub(super) summing: Option<Compiled>,
}

impl DataArgs {
    /// The moment of the run.
    pub(super) fn moment(&self, model: &Model) -> Result<AsOf, Report> {
        match &self.as_of {
            None => Ok(AsOf::now(&model.schema.zone)),
            Some(text) if text == "yesterday" => {
                let day = civil(AsOf::now(&model.schema.zone).day - 1);
                let day = day.ok_or_else(|| Failure::new("--as-of yesterday: the calendar has no day before today"))?;
                AsOf::parse(&day.to_string(), &model.schema.zone).map_err(|why| Failure::new(format!("--as-of: {why}")).into())
            }
            Some(text) => AsOf::parse(text, &model.schema.zone).map_err(|why| {
                Failure::new(format!("--as-of: {why}")).help("write it as 2026-01-15, 2026-01-15T10:30 or yesterday").into()
            }),
        }
    }

    /// A data set of these paths.
    pub(super) fn spec(&self, paths: &[PathBuf]) -> Spec {
        self.read.spec(paths)
    }

    /// Opens a data set with what the rules need of it; what is missing is told with the rules that need it and the ways out.
    pub(super) fn open(
        &self,
        paths: &[PathBuf],
        model: &Model,
        sources: &Sources,
        as_of: AsOf,
        also: &Also,
    ) -> Result<Reader, Report> {
        files_alone(paths)?;
        let uses = Uses::of(model);
        let options = self.options(model, also)?;
        let needs = needs(model, &uses, also);
        let events = self.event_sources(model)?;
        let mut sums = |event| also.summing.as_ref()?.event_sums(event, as_of);
        let opened = input::open_with(&self.spec(paths), &events, &model.schema, &needs, as_of, &options, &mut sums);
        opened.map_err(|error| match error.missing() {
            Some(missing) => Lack { model, sources, uses: &uses, place: "FILE" }.told(missing),
            None => error.into(),
        })
    }

    pub(super) fn options(&self, model: &Model, also: &Also) -> Result<ReadOptions, Report> {
        let mut options =
            ReadOptions { assume_unique: self.assume_unique, keep_rejects: also.keep_rejects, ..ReadOptions::default() };
        options.allow_missing.extend(also.if_there);
        let schema = &model.schema;
        for name in self.allow_missing.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
            if name == "all" && schema.find(name).is_none() && schema.find_event(name).is_none() {
                options.allow_missing.extend((0..).map(PropId).take(schema.properties.len()));
                options.allow_missing_events.extend((0..).map(EventId).take(schema.events.len()));
            } else if let Some((id, _)) = schema.find(name) {
                options.allow_missing.insert(id);
            } else if let Some((id, _)) = schema.find_event(name) {
                options.allow_missing_events.insert(id);
            } else {
                let names = schema.properties.iter().map(|p| &*p.name).chain(schema.events.iter().map(|e| &*e.name));
                return Err(unknown("--allow-missing", "property or event list", name, names));
            }
        }
        Ok(options)
    }

    pub(super) fn event_sources(&self, model: &Model) -> Result<Vec<EventSource>, Report> {
        let source = |(name, file): &(String, String)| {
            let event = event(model, name)?;
            if file.is_empty() {
                return Err(Failure::new(format!("--events {name}= names no file"))
                    .help(format!("write --events {name}=FILE"))
                    .into());
            }
            files_alone(&[PathBuf::from(file)])?;
            // Events have a format of their own, found by name and content.
            let spec = Spec { max_decoded: self.read.max_decoded, encoding: self.read.encoding, ..Spec::file(file) };
            Ok(EventSource { event, spec })
        };
        self.events.iter().map(source).collect()
    }
}

/// Refuses tables of databases where only files are read; an address is not repeated as it is, for it may hold a password.
pub(super) fn files_alone(paths: &[PathBuf]) -> Result<(), Report> {
    match paths.iter().find_map(|path| Address::parse(path.to_str()?)) {
        Some(address) => Err(Failure::new(format!("{} is in a database, where `lsrc run` alone works", address.shown()))
            .help("export the table to CSV, and name that file")
            .into()),
        None => Ok(()),
    }
}

/// The event list of `--events NAME=..`.
pub(super) fn event(model: &Model, name: &str) -> Result<EventId, Report> {
    let names = || model.schema.events.iter().map(|e| &*e.name);
    model.schema.find_event(name).map(|(event, _)| event).ok_or_else(|| unknown("--events", "event list", name, names()))
}

fn unknown<'a>(flag: &str, kind: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Report {
    let failure = Failure::new(format!("{flag}: the schema has no {kind} `{name}`"));
    match nearest(name, names) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None => failure.help("`lsrc show` lists what the schema has").into(),
    }
}

/// What has to be decoded for these rules.
pub(super) fn needs(model: &Model, uses: &Uses, also: &Also) -> Needs {
    let read = |uses: &Uses| -> BTreeSet<PropId> {
        (0..).map(PropId).zip(&uses.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id).collect()
    };
    let mut properties = read(uses);
    properties.extend(model.schema.key);
    properties.extend(&also.properties);
    properties.extend(also.if_there);
    let mut fields: Vec<BTreeSet<FieldId>> = vec![BTreeSet::new(); model.schema.events.len()];
    for uses in std::iter::once(uses).chain(&also.uses) {
        properties.extend(read(uses));
        for (fields, used) in fields.iter_mut().zip(&uses.events) {
            fields.extend((0..).map(FieldId).zip(&used.fields).filter(|(_, read)| **read).map(|(id, _)| id));
        }
    }
    // An event that refers to a property needs it.
    for (list, fields) in model.schema.events.iter().zip(&fields) {
        properties.extend(list.to.filter(|_| !fields.is_empty()));
    }
    Needs { properties, fields, carried: also.carried.clone(), batch_rows: also.batch_rows }
}

/// Tells what the data lack.
pub(super) struct Lack<'a> {
    pub(super) model: &'a Model,
    pub(super) sources: &'a Sources,
    pub(super) uses: &'a Uses,
    /// What `--events` takes.
    pub(super) place: &'static str,
}

impl Lack<'_> {
    pub(super) fn told(&self, missing: &MissingColumns) -> Report {
        let mut lines = Vec::new();
        let mut allow = Vec::new();
        let mut ways = Vec::new();
        for property in &missing.properties {
            let rules = self.uses.properties.get(property.property.0 as usize).map(Vec::as_slice).unwrap_or_default();
            let file = shown(&property.file);
            let near = nearest_headers(&property.nearest);
            let key = self.model.schema.key == Some(property.property) && rules.is_empty();
            let who = if key { "the key of every record".to_owned() } else { self.needed_by(rules) };
            lines.push(format!("{file} has no column for `{}`, {who}{near}", property.name));
            allow.push(property.name.clone());
        }
        for event in &missing.events {
            let rules = self.uses.events.get(event.0 as usize).map(|e| e.rules.as_slice()).unwrap_or_default();
            let name = self.model.schema.event(*event).map_or("", |e| &e.name);
            lines.push(format!("there are no events `{name}`, {}", self.needed_by(rules)));
            ways.push(format!("give the events with --events {name}={}", self.place));
            allow.push(name.to_owned());
        }
        for field in &missing.fields {
            let list = self.model.schema.event(field.event).map_or("", |e| &e.name);
            let what = if field.field.is_some() { "the field" } else { "the record that an event belongs to," };
            let near = nearest_headers(&field.nearest);
            lines.push(format!("{} has no column for {what} `{}` of the events `{list}`{near}", shown(&field.file), field.name));
            if field.field.is_some() && !allow.contains(&list.to_owned()) {
                allow.push(list.to_owned());
            }
        }
        for header in &missing.carried {
            let near = nearest_headers(&header.nearest);
            lines.push(format!("{} has no column `{}` to carry along{near}", shown(&header.file), header.name));
        }
        if !missing.properties.is_empty() || !missing.fields.is_empty() {
            ways.insert(0, "say in the schema which column it is with `from \"..\"`".to_owned());
        } else if !missing.carried.is_empty() {
            ways.insert(0, "name columns as the header of the data does".to_owned());
        }
        if !allow.is_empty() {
            let what =
                if missing.properties.is_empty() { "score everybody without them" } else { "let it be unknown for everybody" };
            ways.push(format!("{what} with --allow-missing {}", allow.join(",")));
        }
        let help = ways.join(", or ");
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut also: String = rest.iter().map(|line| format!("\n  and {line}")).collect();
        also.extend(missing.found.iter().map(|found| format!("\n  in {found}")));
        Failure::new(format!("{first}; {help}{also}")).into()
    }

    /// `which score.lsr:14 and 2 other rules need`
    fn needed_by(&self, rules: &[Span]) -> String {
        let place = |span: &Span| format!("{}:{}", self.sources.name(*span), self.sources.place(*span).line);
        let mut places: Vec<String> = Vec::new();
        for span in rules {
            let place = place(span);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        match places.as_slice() {
            [] => "which the rules need".to_owned(),
            [one] => format!("which the rule at {one} needs"),
            [rest @ .., last] if rest.len() < 4 => format!("which the rules at {} and {last} need", rest.join(", ")),
            many => {
                let first: Vec<&str> = many.iter().take(3).map(String::as_str).collect();
                format!("which the rules at {} and {} more need", first.join(", "), many.len() - 3)
            }
        }
    }
}

fn nearest_headers(headers: &[String]) -> String {
    let quoted: Vec<String> = headers.iter().take(3).map(|h| format!("\"{}\"", visible(h))).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!(" (the nearest header is {one})"),
        many => format!(" (the nearest headers are {})", many.join(", ")),
    }
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

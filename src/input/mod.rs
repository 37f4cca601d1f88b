//! From data files to batches of typed columns.
#![cfg_attr(not(feature = "data"), expect(dead_code, reason = "what cells of Parquet, Arrow and Excel are read with"))]

#[cfg(feature = "data")]
mod arrow;
mod assembly;
mod blocks;
mod build;
mod bytes;
mod cell;
mod csv;
mod cure;
mod error;
mod events;
mod files;
mod foreign;
#[cfg(feature = "data")]
mod frame;
#[cfg(feature = "data")]
mod guard;
mod header;
mod hint;
pub(crate) mod import;
pub(crate) mod infer;
mod json;
mod keys;
mod piece;
mod reader;
mod record;
mod references;
mod related;
mod report;
mod table;
#[cfg(feature = "data")]
mod xlsx;

pub use assembly::{Cut, Decoder, Decoding, Joint};
pub use bytes::Encoding;
pub(crate) use cell::trim;
pub use error::{InputError, MissingColumns, MissingField, MissingHeader, MissingKey, MissingProperty};
pub use events::SumEvents;
#[cfg(feature = "cli")]
pub(crate) use files::expand;
#[cfg(feature = "data")]
pub use frame::Frame;
pub(crate) use header::{Headers, Match};
pub use import::import;
pub use infer::infer;
pub(crate) use reader::reference;
pub use reader::{Reader, open, open_with};
pub use record::RecordReader;
pub use related::RelatedRows;
pub(crate) use related::{key_of as related_key, of_file as related_property};
pub use report::{
    BadLine, ColumnErrors, DataReport, DuplicateKey, EventReport, Fault, KeyReport, RejectedRow, RelatedReport, SAMPLES, Sample,
    Target, UnlistedValue,
};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::schema::{EventId, FieldId, PropId, RelatedId, Schema};

pub(crate) use table::candidates;

/// Records a batch, if the caller asks for none.
pub const BATCH_ROWS: usize = 8192;

/// The data format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// CSV of any dialect.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// One JSON document: an array of objects, or HubSpot's list.
    Json,
    /// Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// An Excel workbook.
    Xlsx,
}

impl Format {
    /// The format of this name, as `--input-format` takes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "csv" | "tsv" | "txt" => Self::Csv,
            "jsonl" | "ndjson" => Self::JsonLines,
            "json" => Self::Json,
            "parquet" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Arrow,
            "xlsx" | "xls" => Self::Xlsx,
            _ => return None,
        })
    }

    /// The name that [`named`](Self::named) knows best.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Xlsx => "xlsx",
        }
    }

    /// The names that [`named`](Self::named) knows best.
    pub const NAMES: [&str; 6] = ["csv", "jsonl", "json", "parquet", "arrow", "xlsx"];
}

/// Files that are one data set, and how they are written.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// Files or globs; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Their format, if it is not to be found out.
    pub format: Option<Format>,
    /// Their encoding, if it is not to be found out.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook; the first one otherwise.
    pub sheet: Option<String>,
    /// The line of a CSV file, or the row of a sheet, that has the names of the columns, from 1; the first one otherwise.
    pub header_row: Option<u32>,
    /// How many bytes a compressed file may hold.
    pub max_decoded: Option<u64>,
    /// What the one file holds, where that is in memory.
    pub content: Option<Content>,
}

/// What is in memory in place of a file.
#[derive(Debug, Clone)]
pub enum Content {
    /// A text, in the format of a file.
    Text(Arc<str>),
    /// A table.
    #[cfg(feature = "data")]
    Frame(Frame),
}

impl Spec {
    /// One file.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { paths: vec![path.as_ref().to_owned()], ..Self::default() }
    }

    /// A table in memory, called `name` in messages.
    #[cfg(feature = "data")]
    #[must_use]
    pub fn frame(name: &str, frame: &Frame) -> Self {
        Self { content: Some(Content::Frame(frame.clone())), ..Self::file(name) }
    }
}

/// What the caller will look at; nothing else is decoded.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Properties, the key among them if it is wanted.
    pub properties: BTreeSet<PropId>,
    /// By event list: the fields that are read, always with `at`; empty where the list is not read.
    pub fields: Vec<BTreeSet<FieldId>>,
    /// Columns of the input to carry along as texts.
    pub carried: Vec<String>,
    /// Records a batch at most; 0 means [`BATCH_ROWS`].
    pub batch_rows: usize,
}

impl Needs {
    /// What is needed, and every field of a list with a key: its fields say which of two events with one key counts.
    pub(crate) fn with_all_fields(&self, schema: &Schema) -> Self {
        let mut needs = self.clone();
        for (list, fields) in schema.events.iter().zip(&mut needs.fields) {
            if list.key.is_some() && !fields.is_empty() {
                fields.extend((0..).map(FieldId).take(list.fields.len()));
            }
        }
        needs
    }
}

/// A file of events.
#[derive(Debug, Clone)]
pub struct EventSource {
    /// The list.
    pub event: EventId,
    /// The file.
    pub spec: Spec,
}

/// Files of related records.
#[derive(Debug, Clone)]
pub struct RelatedSource {
    /// The related record.
    pub related: RelatedId,
    /// The files; they are one data set.
    pub spec: Spec,
}

/// How strictly data are taken.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Properties that may be missing.
    pub allow_missing: BTreeSet<PropId>,
    /// Event lists that may be missing.
    pub allow_missing_events: BTreeSet<EventId>,
    /// Related records that may be missing, with all of their properties.
    pub allow_missing_related: BTreeSet<RelatedId>,
    /// Files of related records; those that belong to the rules need not be named.
    pub related: Vec<RelatedSource>,
    /// Whether related records are in the records alone, even where the rules have a file of them.
    pub within_records: bool,
    /// Whether keys are taken to be unique, without a check that costs memory.
    pub assume_unique: bool,
    /// Whether rows with data errors are kept for [`Reader::rejected_rows`].
    pub keep_rejects: bool,
}

impl ReadOptions {
    /// Allows what a name stands for to be missing: a property, an event list, a related record, or `all` where none is called so.
    ///
    /// # Errors
    /// A name that the schema does not have; gives all names there are.
    pub fn allow(&mut self, schema: &Schema, name: &str) -> Result<(), Vec<Arc<str>>> {
        if let Some((id, related)) = schema.find_related(name) {
            self.allow_missing_related.insert(id);
            self.allow_missing.extend(related.filled());
        } else if let Some((id, _)) = schema.find(name) {
            self.allow_missing.insert(id);
        } else if let Some((id, _)) = schema.find_event(name) {
            self.allow_missing_events.insert(id);
        } else if name == "all" {
            self.allow_missing.extend((0..).map(PropId).take(schema.properties.len()));
            self.allow_missing_events.extend((0..).map(EventId).take(schema.events.len()));
            self.allow_missing_related.extend((0..).map(RelatedId).take(schema.related.len()));
        } else {
            let names = schema.properties.iter().map(|it| &it.name).chain(schema.events.iter().map(|it| &it.name));
            return Err(names.chain(schema.related.iter().map(|it| &it.name)).cloned().collect());
        }
        Ok(())
    }
}

/// The files that paths and globs name, in order; none where there are none.
#[cfg(feature = "data")]
pub(crate) fn named_files(paths: &[std::path::PathBuf]) -> Vec<std::path::PathBuf> {
    files::expand(paths).unwrap_or_default()
}

//! What a store knows of one record, and its changes, as text, JSON and CSV.

mod csv;
mod json;
mod text;

use std::io::{self, Write};

pub use json::{change_json, record_json};

use crate::report::plain::Style;
use crate::store::{Change, Run, Standing, Stored};

/// The formats of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HistoryFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// A row a change.
    Csv,
}

/// How a store stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The store, without a password.
    pub store: String,
    /// How many records it has.
    pub records: u64,
    /// The last run over all records.
    pub run: Option<Run>,
    /// How its messages stand.
    pub messages: Standing,
}

/// Writes changes as they come, and then their end.
pub struct Writer<'w> {
    out: &'w mut dyn Write,
    format: HistoryFormat,
    style: Style,
    /// The record that all changes are of, where it is one.
    one: bool,
    count: u64,
    day: Option<i32>,
}

impl<'w> Writer<'w> {
    /// Begins with the record, where the changes of one are asked for.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(out: &'w mut dyn Write, format: HistoryFormat, style: Style, record: Option<&Stored>) -> io::Result<Self> {
        let it = Self { out, format, style, one: record.is_some(), count: 0, day: None };
        match (format, record) {
            (HistoryFormat::Text, Some(record)) => text::record(it.out, record, style)?,
            (HistoryFormat::Text, None) => {}
            (HistoryFormat::Json, record) => json::begin(it.out, record)?,
            (HistoryFormat::Csv, _) => csv::header(it.out)?,
        }
        Ok(it)
    }

    /// Writes a change.
    ///
    /// # Errors
    /// Those of the output.
    pub fn change(&mut self, change: &Change) -> io::Result<()> {
        match self.format {
            HistoryFormat::Text => {
                if !self.one && self.day != Some(change.as_of.day) {
                    text::day(self.out, change.as_of.day, self.style)?;
                }
                text::change(self.out, change, self.one)?;
            }
            HistoryFormat::Json => json::change(self.out, change, self.count == 0)?,
            HistoryFormat::Csv => csv::change(self.out, change)?,
        }
        self.day = Some(change.as_of.day);
        self.count += 1;
        Ok(())
    }

    /// Ends the document; how many changes it has.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<u64> {
        match self.format {
            HistoryFormat::Text if self.count == 0 => writeln!(self.out, "No changes.")?,
            HistoryFormat::Text | HistoryFormat::Csv => {}
            HistoryFormat::Json => json::end(self.out)?,
        }
        self.out.flush()?;
        Ok(self.count)
    }
}

/// Writes how a store stands.
///
/// # Errors
/// Those of `out`.
pub fn overview(out: &mut dyn Write, format: HistoryFormat, overview: &Overview) -> io::Result<()> {
    match format {
        HistoryFormat::Text | HistoryFormat::Csv => text::overview(out, overview),
        HistoryFormat::Json => json::overview(out, overview),
    }
}

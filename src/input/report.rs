//! What a run has to say about its data: errors by column, keys, events, lines.

use std::collections::BTreeMap;

use crate::schema::{EventId, PropId};
use crate::text::visible;

/// How many samples of one kind of error are kept.
pub const SAMPLES: usize = 8;

/// How many different values of one kind of error are counted apart.
const DISTINCT: usize = 1000;

/// What is wrong with a cell, a row or an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The property's type cannot read the cell.
    Unreadable,
    /// The cell is NaN or infinite.
    NotFinite,
    /// A spreadsheet has shortened the number that tells the record apart.
    Shortened,
    /// The schema does not list the option.
    Unlisted,
    /// A required value is unknown.
    Required,
    /// The key is unknown.
    NoKey,
    /// The key occurred before.
    DuplicateKey,
    /// The record is associated with several companies, where one is meant.
    Several,
    /// The row has more or fewer cells than the header.
    Ragged,
}

/// A value that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sample {
    /// The row number, from 1, of the first record that has it.
    pub row: u64,
    /// The cell as in the data.
    pub value: String,
    /// How many cells have it.
    pub count: u64,
}

/// The errors of one kind in one column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ColumnErrors {
    /// The event list that the column is a field of.
    pub event: Option<String>,
    /// The property or field.
    pub property: String,
    /// The column as the data call it.
    pub column: String,
    /// What is wrong.
    pub fault: Fault,
    /// What was expected, in words: "a whole number".
    pub expected: String,
    /// How many cells.
    pub count: u64,
    /// Whether no cell of the column could be read.
    pub total: bool,
    /// The first different values.
    pub samples: Vec<Sample>,
    /// What would fix it, one for each kind of failure: "these look like dates such as 31/12/2026: say `dates like \"31/12/2026\"`".
    pub cures: Vec<String>,
}

/// A value of an option column that the schema does not list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnlistedValue {
    /// The property.
    pub property: String,
    /// The value as in the data.
    pub value: String,
    /// How many cells.
    pub count: u64,
}

/// Two records with one key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DuplicateKey {
    /// The key as in the data.
    pub key: String,
    /// The row that had it first.
    pub first_row: u64,
    /// The row that has it again.
    pub row: u64,
}

/// What is to say about the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct KeyReport {
    /// How many records have a key that occurred before.
    pub duplicates: u64,
    /// The first of them.
    pub duplicate_samples: Vec<DuplicateKey>,
    /// How many records have no key.
    pub unknown: u64,
    /// The rows of the first of them.
    pub unknown_rows: Vec<u64>,
}

/// A row that is not shaped like its header, or a line that is no record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BadLine {
    /// The file.
    pub file: String,
    /// The line in it, from 1; 0 where lines mean nothing.
    pub line: u64,
    /// The record's row number; `None` for a line that gave no record.
    pub row: Option<u64>,
    /// What is wrong with it.
    pub message: String,
}

/// What is to say about the events of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct EventReport {
    /// The list.
    pub event: String,
    /// How many events were read.
    pub read: u64,
    /// How many belong to no record.
    pub without_record: u64,
    /// References of the first of them.
    pub without_record_samples: Vec<String>,
    /// How many have no point in time.
    pub without_time: u64,
    /// How many were left out because another event of their record has their key.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// How many are equal in every field to another event of their record; counted for lists without a key, where that is asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub equal: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as the serializer calls it")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What is to say about the rows of a related record.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RelatedReport {
    /// The related record.
    pub related: String,
    /// Whether its rows belong to the rules.
    pub of_rules: bool,
    /// How many rows were read.
    pub rows: u64,
    /// How many rows have a key that occurred before; no row has such a key then.
    pub duplicates: u64,
    /// The first of them.
    pub duplicate_samples: Vec<DuplicateKey>,
    /// How many rows have no key, so that no record can name them.
    pub without_key: u64,
    /// How many records have a row.
    pub found: u64,
    /// How many records name a row that is not there.
    pub lost: u64,
}

/// What a run has to say about its data.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DataReport {
    /// How many records were read.
    pub rows: u64,
    /// How many rows have at least one data error, lines that gave no record included.
    pub bad_rows: u64,
    /// Errors by column and kind, most first.
    pub columns: Vec<ColumnErrors>,
    /// Keys.
    pub keys: KeyReport,
    /// How many rows have no value at all, and so are no records.
    pub empty_rows: u64,
    /// How many rows have more or fewer cells than the header.
    pub ragged: u64,
    /// How many lines gave no record.
    pub broken: u64,
    /// The first ragged rows and broken lines.
    pub bad_lines: Vec<BadLine>,
    /// Events by list.
    pub events: Vec<EventReport>,
    /// Related records that come from files of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedReport>,
    /// Values that the schema does not list, most first.
    pub unlisted: Vec<UnlistedValue>,
    /// What is to be known about how the data were read, where there was a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl DataReport {
    /// How many data errors there are in all.
    #[must_use]
    pub fn errors(&self) -> u64 {
        let cells: u64 = self.columns.iter().map(|c| c.count).sum();
        let events: u64 = self.events.iter().map(|e| e.without_record + e.without_time).sum();
        let related: u64 = self.related.iter().map(|r| r.duplicates).sum();
        related + cells + self.keys.duplicates + self.keys.unknown + self.ragged + self.broken + events
    }
}

/// A row with a data error, kept for `--rejects`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its row number; `None` for a line that gave no record.
    pub row: Option<u64>,
    /// What is wrong with it, one sentence per error.
    pub reason: String,
    /// The same, each error by itself; those of a property begin with its name and a colon.
    pub faults: Vec<String>,
    /// The cells as in the data, under the headers of [`Reader::reject_headers`](super::Reader::reject_headers).
    pub cells: Vec<String>,
}

/// A fault of one row of the present batch.
#[derive(Debug, Clone)]
pub(crate) struct RowFault {
    /// The row number.
    pub(crate) row: u64,
    /// In words.
    pub(crate) message: String,
}

/// Rows of the present batch that have a data error.
#[derive(Debug, Clone, Default)]
pub(crate) struct BadRows {
    /// In the order found: by column, then by row.
    pub(crate) faults: Vec<RowFault>,
}

/// The errors of one column while it is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnLog {
    counts: BTreeMap<Fault, Counted>,
    /// Whether any cell has a value.
    pub(crate) any: bool,
    /// The faults themselves, where they are to be counted elsewhere.
    noted: Option<Vec<NotedFault>>,
}

/// The faults of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    pub(crate) count: u64,
    /// The first values, each once.
    pub(crate) samples: Vec<Sample>,
    /// Different values with how often they occur, as many as are counted apart.
    pub(crate) values: BTreeMap<String, u64>,
}

/// A fault, its row and what stands there.
pub(crate) type NotedFault = (Fault, u64, String);

impl ColumnLog {
    /// Keeps faults to be counted elsewhere.
    pub(crate) fn notes() -> Self {
        Self { noted: Some(Vec::new()), ..Self::default() }
    }

    /// The faults kept since the last time, and whether any cell had a value.
    pub(crate) fn noted(&mut self) -> (Vec<NotedFault>, bool) {
        (self.noted.as_mut().map_or_else(Vec::new, std::mem::take), std::mem::take(&mut self.any))
    }

    /// Counts a fault.
    pub(crate) fn add(&mut self, fault: Fault, row: u64, value: &str) {
        if let Some(noted) = &mut self.noted {
            noted.push((fault, row, value.to_owned()));
            return;
        }
        let counted = self.counts.entry(fault).or_default();
        counted.count += 1;
        let known = counted.values.len();
        if let Some(n) = counted.values.get_mut(value).filter(|_| !value.is_empty()) {
            *n += 1;
            let shown = shorten(value);
            if let Some(sample) = counted.samples.iter_mut().find(|sample| sample.value == shown) {
                sample.count += 1;
            }
            return;
        }
        if known < DISTINCT && !value.is_empty() {
            counted.values.insert(value.to_owned(), 1);
        }
        if counted.samples.len() < SAMPLES {
            counted.samples.push(Sample { row, value: shorten(value), count: 1 });
        }
    }

    /// Every kind of fault with what was counted of it.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Fault, &Counted)> {
        self.counts.iter().map(|(&fault, counted)| (fault, counted))
    }

    /// Unlisted values with how often they occur.
    pub(crate) fn unlisted(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.get(&Fault::Unlisted).into_iter().flat_map(|c| &c.values).map(|(value, &count)| (value.as_str(), count))
    }
}

/// A value as messages show it: one line, at most 80 characters, with those that cannot be seen by their number.
pub(crate) fn shorten(value: &str) -> String {
    let start: String = value.chars().take(80).map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c }).collect();
    let mut shown = visible(&start).into_owned();
    if value.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// Which property or field a column is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A property of the record.
    Property(PropId),
    /// An event list, nested in the record.
    Events(EventId),
}

//! Columns of typed values, bitmaps, dictionaries, and the batch that the evaluator works on.

mod dictionary;
mod distinct;
mod gather;
mod interner;
mod mask;

pub use dictionary::Dictionary;
pub use interner::Interner;
pub use mask::Mask;

use std::sync::Arc;

use crate::invariant::{SureAt as _, number};

/// The code of an unknown option or text.
pub const UNKNOWN_CODE: u32 = u32::MAX;

/// The values of one property (or event field) for all rows of a batch.
#[derive(Debug, Clone)]
pub enum Column {
    /// Texts that repeat themselves: codes of a dictionary, [`UNKNOWN_CODE`] where unknown.
    Dictionary(DictionaryColumn),
    /// Texts that do not repeat themselves.
    Text(TextColumn),
    /// Whole numbers.
    Integer(Values<i64>),
    /// Finite floats.
    Number(Values<f64>),
    /// Truth values.
    Boolean(BooleanColumn),
    /// Days since 1970-01-01.
    Date(Values<i32>),
    /// Microseconds since 1970-01-01T00:00Z.
    DateTime(Values<i64>),
    /// Codes of options, [`UNKNOWN_CODE`] where unknown.
    Option(Vec<u32>),
    /// Sets of options as bit masks.
    Set(SetColumn),
    /// Sets of texts.
    TextSet(TextSetColumn),
}

/// Values with a mask of those that are known; the value of an unknown row is the type's zero.
#[derive(Debug, Clone, Default)]
pub struct Values<T> {
    /// By row.
    pub values: Vec<T>,
    /// Which are known.
    pub known: Mask,
}

/// Truth values: `truth` has no bit where `known` has none.
#[derive(Debug, Clone, Default)]
pub struct BooleanColumn {
    /// Which rows are true.
    pub truth: Mask,
    /// Which are known.
    pub known: Mask,
}

/// Codes of texts in a dictionary that may be shared by batches and grow between them.
#[derive(Debug, Clone)]
pub struct DictionaryColumn {
    /// By row.
    pub codes: Vec<u32>,
    /// The texts, as in the data (trimmed, not folded).
    pub dictionary: Arc<Dictionary>,
}

/// Texts end to end, as in the data (trimmed, not folded); row r is `bytes[offsets[r]..offsets[r + 1]]`.
#[derive(Debug, Clone, Default)]
pub struct TextColumn {
    /// All texts.
    pub bytes: String,
    /// One more than there are rows; the first is 0.
    pub offsets: Vec<u32>,
    /// Which are known.
    pub known: Mask,
}

/// Sets of options: row r is the `words` words from `r * words`, option c is bit `c % 64` of word `c / 64`. Never unknown.
#[derive(Debug, Clone, Default)]
pub struct SetColumn {
    /// Words a row; at least 1.
    pub words: usize,
    /// The bits.
    pub bits: Vec<u64>,
}

/// Sets of texts: row r has the codes `codes[offsets[r]..offsets[r + 1]]`, each once under folding. Never unknown.
#[derive(Debug, Clone)]
pub struct TextSetColumn {
    /// One more than there are rows; the first is 0.
    pub offsets: Vec<u32>,
    /// Codes of the dictionary.
    pub codes: Vec<u32>,
    /// The texts, as in the data (trimmed, not folded).
    pub dictionary: Arc<Dictionary>,
}

impl TextSetColumn {
    /// The codes of a row's members.
    #[must_use]
    pub(crate) fn members(&self, row: usize) -> &[u32] {
        let at = |row: usize| *self.offsets.sure_at(row) as usize;
        self.codes.sure_at(at(row)..at(row + 1))
    }
}

/// The events of one list for all rows of a batch: row r has the events `offsets[r]..offsets[r + 1]` of the columns.
///
/// Nested and separate events stand together; their order within a row means nothing. Events after `as of` and events without a
/// point in time may be in here: the first are the evaluator's to leave out, the second have an unknown `at`.
#[derive(Debug, Clone)]
pub struct EventColumns {
    /// One more than there are rows; the first is 0.
    pub offsets: Vec<u32>,
    /// By field of the list; `None` where no rule reads the field.
    pub fields: Vec<Option<Column>>,
}

/// Some records as columns.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// How many records.
    pub rows: usize,
    /// The row number (from 1, over all files) of the first record.
    pub first_row: u64,
    /// By property of the schema; `None` where the program does not read the property or the data lack it (it is then unknown, or empty
    /// if it is a set).
    pub columns: Vec<Option<Column>>,
    /// By event list of the schema; `None` where no rule reads it or there are none.
    pub events: Vec<Option<EventColumns>>,
    /// What the events of lists that were summed up while they were read came to, by the number that the program has for it.
    pub summed: Vec<Option<Column>>,
    /// The columns of `--select`, as texts of the input, in the order asked for.
    pub carried: Vec<TextColumn>,
    /// What the command worked out besides, to be written behind the results: one for each [`Extra`], points as hundredths.
    pub extras: Vec<Column>,
}

/// A cell of a column of the data that was asked for with `--select`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Selected {
    /// The header of the column.
    pub column: String,
    /// Its text; `null` where the cell is empty.
    pub value: Option<String>,
}

impl Batch {
    /// The cells of a row in the columns that are carried along, by their headers.
    #[must_use]
    pub fn selected(&self, headers: &[String], row: usize) -> Vec<Selected> {
        let cell = |(column, texts): (&String, &TextColumn)| Selected {
            column: column.clone(),
            value: texts.get(row).map(ToOwned::to_owned),
        };
        headers.iter().zip(&self.carried).map(cell).collect()
    }
}

/// A column that a command adds to an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Its header.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: ExtraKind,
    /// Whether it is a detail that a page for people leaves out.
    pub detail: bool,
}

/// What an added column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraKind {
    /// Hundredths, in a [`Column::Integer`].
    Points,
    /// Texts, in a [`Column::Text`].
    Text,
    /// Days, in a [`Column::Date`].
    Date,
    /// Whole numbers, in a [`Column::Integer`].
    Count,
}

impl Column {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Dictionary(d) => d.codes.len(),
            Self::Text(texts) => texts.len(),
            Self::Integer(values) | Self::DateTime(values) => values.values.len(),
            Self::Number(values) => values.values.len(),
            Self::Boolean(b) => b.known.len(),
            Self::Date(values) => values.values.len(),
            Self::Option(codes) => codes.len(),
            Self::Set(set) => set.bits.len() / set.words.max(1),
            Self::TextSet(set) => set.offsets.len().saturating_sub(1),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows have a value; a set with a member counts, an empty one does not.
    #[must_use]
    pub fn filled(&self) -> usize {
        match self {
            Self::Dictionary(d) => d.codes.iter().filter(|&&code| code != UNKNOWN_CODE).count(),
            Self::Text(texts) => texts.known.count(),
            Self::Integer(values) | Self::DateTime(values) => values.known.count(),
            Self::Number(values) => values.known.count(),
            Self::Boolean(b) => b.known.count(),
            Self::Date(values) => values.known.count(),
            Self::Option(codes) => codes.iter().filter(|&&code| code != UNKNOWN_CODE).count(),
            Self::Set(set) => set.bits.chunks(set.words.max(1)).filter(|words| words.iter().any(|&w| w != 0)).count(),
            Self::TextSet(set) => set.offsets.windows(2).filter(|ends| ends.first() != ends.last()).count(),
        }
    }
}

impl Column {
    /// Whether any row is known, or its set not empty.
    #[must_use]
    pub fn has_any(&self) -> bool {
        match self {
            Self::Dictionary(d) => d.codes.iter().any(|&code| code != UNKNOWN_CODE),
            Self::Text(texts) => texts.known.any(),
            Self::Integer(values) | Self::DateTime(values) => values.known.any(),
            Self::Number(values) => values.known.any(),
            Self::Boolean(b) => b.known.any(),
            Self::Date(values) => values.known.any(),
            Self::Option(codes) => codes.iter().any(|&code| code != UNKNOWN_CODE),
            Self::Set(set) => set.bits.iter().any(|&word| word != 0),
            Self::TextSet(set) => !set.codes.is_empty(),
        }
    }
}

impl TextColumn {
    /// The text of a row, `None` where unknown.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        if !self.known.get(row) {
            return None;
        }
        let start = *self.offsets.get(row)? as usize;
        let end = *self.offsets.get(row + 1)? as usize;
        self.bytes.get(start..end)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, text: Option<&str>) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        if let Some(text) = text {
            self.bytes.push_str(text);
        }
        self.offsets.push(number(self.bytes.len()));
        self.known.push(text.is_some());
    }

    /// The rows, leaving room for as many: the next batch has them as a rule.
    #[must_use]
    pub fn take_rows(&mut self) -> Self {
        let room = Self {
            bytes: String::with_capacity(self.bytes.len()),
            offsets: Vec::with_capacity(self.offsets.len()),
            known: Mask::default(),
        };
        std::mem::replace(self, room)
    }
}

impl<T: Copy> Values<T> {
    /// The value of a row, `None` where unknown.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<T> {
        if self.known.get(row) { self.values.get(row).copied() } else { None }
    }

    /// Adds `rows` rows, each with the value that `value` gives for its place among them.
    #[inline]
    pub fn extend_from_fn(&mut self, rows: usize, mut value: impl FnMut(usize) -> Option<T>)
    where
        T: Default,
    {
        let values = &mut self.values;
        values.reserve(rows);
        self.known.extend_from_fn(rows, |row| {
            let value = value(row);
            values.push(value.unwrap_or_default());
            value.is_some()
        });
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<T>)
    where
        T: Default,
    {
        self.values.push(value.unwrap_or_default());
        self.known.push(value.is_some());
    }
}

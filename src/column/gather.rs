//! Chosen rows of a batch as a batch of their own.

use std::sync::Arc;

use crate::invariant::{SureAt as _, number};

use super::{Batch, BooleanColumn, Column, DictionaryColumn, EventColumns, Mask, SetColumn, TextColumn, TextSetColumn, Values};

impl Batch {
    /// These rows, in this order, as a batch; one row may stand several times. Its first row number is that of the first row.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        Self {
            rows: rows.len(),
            first_row: self.first_row + rows.first().map_or(0, |&row| row as u64),
            columns: self.columns.iter().map(|c| c.as_ref().map(|c| c.gather(rows))).collect(),
            events: self.events.iter().map(|e| e.as_ref().map(|e| e.gather(rows))).collect(),
            summed: self.summed.iter().map(|c| c.as_ref().map(|c| c.gather(rows))).collect(),
            carried: self.carried.iter().map(|c| c.gather(rows)).collect(),
            extras: self.extras.iter().map(|c| c.gather(rows)).collect(),
        }
    }
}

impl Column {
    /// These rows, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        match self {
            Self::Dictionary(c) => {
                let codes = rows.iter().map(|&row| c.codes.get(row).copied().unwrap_or(super::UNKNOWN_CODE)).collect();
                Self::Dictionary(DictionaryColumn { codes, dictionary: Arc::clone(&c.dictionary) })
            }
            Self::Text(c) => Self::Text(c.gather(rows)),
            Self::Integer(c) => Self::Integer(c.gather(rows)),
            Self::Number(c) => Self::Number(c.gather(rows)),
            Self::Boolean(c) => Self::Boolean(BooleanColumn { truth: mask(&c.truth, rows), known: mask(&c.known, rows) }),
            Self::Date(c) => Self::Date(c.gather(rows)),
            Self::DateTime(c) => Self::DateTime(c.gather(rows)),
            Self::Option(codes) => {
                Self::Option(rows.iter().map(|&row| codes.get(row).copied().unwrap_or(super::UNKNOWN_CODE)).collect())
            }
            Self::Set(c) => {
                let row = |row: usize| c.bits.sure_at(row * c.words..(row + 1) * c.words);
                Self::Set(SetColumn { words: c.words, bits: rows.iter().flat_map(|&at| row(at)).copied().collect() })
            }
            Self::TextSet(c) => {
                let (offsets, places) = spread(&c.offsets, rows);
                let codes = places.into_iter().filter_map(|at| c.codes.get(at).copied()).collect();
                Self::TextSet(TextSetColumn { offsets, codes, dictionary: Arc::clone(&c.dictionary) })
            }
        }
    }
}

impl TextColumn {
    /// These rows, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let mut out = Self { offsets: vec![0], ..Self::default() };
        rows.iter().for_each(|&row| out.push(self.get(row)));
        out
    }
}

impl<T: Copy + Default> Values<T> {
    /// These rows, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let mut out = Self::default();
        rows.iter().for_each(|&row| out.push(self.get(row)));
        out
    }
}

impl EventColumns {
    /// The events of these rows, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let (offsets, places) = spread(&self.offsets, rows);
        Self { offsets, fields: self.fields.iter().map(|f| f.as_ref().map(|f| f.gather(&places))).collect() }
    }
}

fn mask(mask: &Mask, rows: &[usize]) -> Mask {
    Mask::from_fn(rows.len(), |at| mask.get(*rows.sure_at(at)))
}

/// New offsets for these rows, and the old places of what they hold.
fn spread(offsets: &[u32], rows: &[usize]) -> (Vec<u32>, Vec<usize>) {
    let mut out = vec![0];
    let mut places = Vec::new();
    for &row in rows {
        if let (Some(&from), Some(&to)) = (offsets.get(row), offsets.get(row + 1)) {
            places.extend(from as usize..to as usize);
        }
        out.push(number(places.len()));
    }
    (out, places)
}

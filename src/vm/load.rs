//! Columns of a batch into registers; a column that the batch lacks, or that has another type, is unknown throughout.

use std::sync::Arc;

use crate::bytecode::InstrKind;
use crate::column::{Column, Dictionary, Mask, SetColumn, TextSetColumn, UNKNOWN_CODE};
use crate::invariant::SureAt as _;
use crate::kernel::{masks, numbers};
use crate::text;

use super::run::{Run, column_of};

pub(super) fn known(column: Option<&Column>, len: usize, out: &mut Mask) {
    match column {
        None => out.reset(len, false),
        Some(Column::Integer(v) | Column::DateTime(v)) => masks::copy(&v.known, out),
        Some(Column::Number(v)) => masks::copy(&v.known, out),
        Some(Column::Date(v)) => masks::copy(&v.known, out),
        Some(Column::Boolean(v)) => masks::copy(&v.known, out),
        Some(Column::Text(v)) => masks::copy(&v.known, out),
        Some(Column::Dictionary(v)) => masks::test(&v.codes, out, |code| code != UNKNOWN_CODE),
        Some(Column::Option(codes)) => masks::test(codes, out, |code| code != UNKNOWN_CODE),
        Some(Column::Set(_) | Column::TextSet(_)) => out.reset(len, true),
    }
}

pub(super) fn truth(column: Option<&Column>, len: usize, out: &mut Mask) {
    match column {
        Some(Column::Boolean(v)) => masks::copy(&v.truth, out),
        Some(_) | None => out.reset(len, false),
    }
}

pub(super) fn ints(column: Option<&Column>, len: usize, out: &mut Vec<i64>, ok: &mut Mask) {
    match column {
        Some(Column::Integer(v) | Column::DateTime(v)) => {
            out.clear();
            out.extend_from_slice(&v.values);
            masks::copy(&v.known, ok);
        }
        Some(Column::Date(v)) => {
            numbers::map(&v.values, out, i64::from);
            masks::copy(&v.known, ok);
        }
        Some(_) | None => {
            out.clear();
            out.resize(len, 0);
            ok.reset(len, false);
        }
    }
}

pub(super) fn nums(column: Option<&Column>, len: usize, out: &mut Vec<f64>, ok: &mut Mask) {
    match column {
        Some(Column::Number(v)) => {
            out.clear();
            out.extend_from_slice(&v.values);
            masks::copy(&v.known, ok);
        }
        Some(_) | None => {
            out.clear();
            out.resize(len, 0.0);
            ok.reset(len, false);
        }
    }
}

pub(super) fn sizes(column: Option<&Column>, len: usize, out: &mut Vec<i64>) {
    out.clear();
    match column {
        Some(Column::Set(set)) => out.extend(set.bits.chunks(set.words.max(1)).map(|row| i64::from(size(row)))),
        Some(Column::TextSet(set)) => out.extend(set.offsets.windows(2).map(|pair| match pair {
            [start, end] => i64::from(end.saturating_sub(*start)),
            _ => 0,
        })),
        Some(_) | None => {}
    }
    out.resize(len, 0);
}

fn size(row: &[u64]) -> u32 {
    row.iter().map(|word| word.count_ones()).sum()
}

/// Masks of sets.
pub(super) fn sets(op: &InstrKind, run: Run<'_>, len: usize, out: &mut Mask) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "called for masks of sets only")]
    match op {
        InstrKind::SetEmpty(set) => match column_of(run.batch, *set) {
            Some(Column::Set(SetColumn { words: 1, bits })) => masks::test(bits, out, |row| row == 0),
            Some(Column::Set(set)) => *out = Mask::from_fn(len, |row| size(set_row(set, row)) == 0),
            Some(Column::TextSet(set)) => *out = Mask::from_fn(len, |row| text_row(set, row).is_empty()),
            Some(_) | None => out.reset(len, true),
        },
        InstrKind::SetHas { set, codes, all } => match (column_of(run.batch, *set), run.chunk.tables.bits.get(*codes as usize)) {
            (Some(Column::Set(set)), Some(wanted)) => masks::set_has(&set.bits, set.words, wanted, *all, out),
            _ => out.reset(len, false),
        },
        _ => out.reset(len, false),
    }
}

/// The rows whose set of texts has any (all) of the folded texts wanted. What a text is among them is kept for its dictionary.
pub(super) fn text_set(
    set: &TextSetColumn,
    wanted: &[Arc<str>],
    all: bool,
    ignore_accents: bool,
    places: &mut Places,
    out: &mut Mask,
) {
    places.learn(&set.dictionary, |text| {
        let folded = text::fold(text, ignore_accents);
        wanted.iter().position(|w| **w == *folded).and_then(|at| u32::try_from(at).ok())
    });
    let mut found = Vec::new();
    *out = Mask::from_fn(set.offsets.len().saturating_sub(1), |row| {
        found.clear();
        found.extend(text_row(set, row).iter().filter_map(|&code| places.get(code)));
        found.sort_unstable();
        found.dedup();
        if all { found.len() == wanted.len() } else { !found.is_empty() }
    });
}

/// What the texts of a dictionary stand for, as far as it has grown.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    dictionary: u64,
    places: Vec<Option<u32>>,
}

impl Places {
    /// Works out what is new in a dictionary.
    pub(super) fn learn(&mut self, dictionary: &Dictionary, place: impl Fn(&str) -> Option<u32>) {
        if self.dictionary != dictionary.id() {
            self.dictionary = dictionary.id();
            self.places.clear();
        }
        for code in self.places.len()..dictionary.len() {
            let text = u32::try_from(code).ok().and_then(|code| dictionary.get(code));
            self.places.push(text.and_then(&place));
        }
    }

    /// What the text of a code stands for.
    pub(super) fn get(&self, code: u32) -> Option<u32> {
        self.places.get(code as usize).copied().flatten()
    }
}

/// The words of a row's set.
pub(super) fn set_row(set: &SetColumn, row: usize) -> &[u64] {
    let words = set.words.max(1);
    set.bits.sure_at(row * words..(row + 1) * words)
}

/// The codes of a row's texts.
pub(super) fn text_row(set: &TextSetColumn, row: usize) -> &[u32] {
    let at = |row: usize| *set.offsets.sure_at(row) as usize;
    set.codes.sure_at(at(row)..at(row + 1))
}

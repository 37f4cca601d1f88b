//! Columns of a batch into registers; a column that the batch lacks, or that has another type, is unknown throughout.

use crate::bytecode::Op;
use crate::column::{Column, Mask, SetColumn, TextSetColumn, UNKNOWN_CODE};
use crate::kernel::{masks, numbers};
use crate::text;

use super::machine::Run;
use super::texts::column_of;

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
pub(super) fn sets(op: &Op, run: Run<'_>, len: usize, out: &mut Mask) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "called for masks of sets only")]
    match op {
        Op::SetEmpty(set) => match column_of(run.batch, *set) {
            Some(Column::Set(SetColumn { words: 1, bits })) => masks::test(bits, out, |row| row == 0),
            Some(Column::Set(set)) => *out = Mask::from_fn(len, |row| size(set_row(set, row)) == 0),
            Some(Column::TextSet(set)) => *out = Mask::from_fn(len, |row| text_row(set, row).is_empty()),
            Some(_) | None => out.reset(len, true),
        },
        Op::SetHas { set, codes, all } => match (column_of(run.batch, *set), run.chunk.tables.bits.get(*codes as usize)) {
            (Some(Column::Set(set)), Some(wanted)) => masks::set_has(&set.bits, set.words, wanted, *all, out),
            _ => out.reset(len, false),
        },
        Op::TextSetHas { set, texts, all } => match (column_of(run.batch, *set), run.chunk.tables.texts.get(*texts as usize)) {
            (Some(Column::TextSet(set)), Some(wanted)) => {
                // The place of each distinct text among those wanted.
                let places: Vec<Option<usize>> = set
                    .dictionary
                    .iter()
                    .map(|text| {
                        let folded = text::fold(text, run.chunk.ignore_accents);
                        wanted.iter().position(|w| **w == *folded)
                    })
                    .collect();
                let place = |code: &u32| places.get(*code as usize).copied().flatten();
                let mut found = Vec::new();
                *out = Mask::from_fn(len, |row| {
                    found.clear();
                    found.extend(text_row(set, row).iter().filter_map(place));
                    found.sort_unstable();
                    found.dedup();
                    if *all { found.len() == wanted.len() } else { !found.is_empty() }
                });
            }
            _ => out.reset(len, false),
        },
        _ => out.reset(len, false),
    }
}

/// The words of a row's set.
pub(super) fn set_row(set: &SetColumn, row: usize) -> &[u64] {
    let words = set.words.max(1);
    set.bits.get(row * words..(row + 1) * words).unwrap_or_default()
}

/// The codes of a row's texts.
pub(super) fn text_row(set: &TextSetColumn, row: usize) -> &[u32] {
    match (set.offsets.get(row), set.offsets.get(row + 1)) {
        (Some(&start), Some(&end)) => set.codes.get(start as usize..end as usize).unwrap_or_default(),
        _ => &[],
    }
}

//! Loops over the events of every record.

use std::ops::Range;

use crate::column::Mask;
use crate::invariant::{SureAt as _, fits};
use crate::op::AggregateFunction;

use super::numbers::quotient;

/// A `number` of more than this makes a sum or average unknown: up to it, six decimals are exact.
const GREATEST: f64 = 9_000_000_000.0;

/// The places of each record's events.
pub fn runs(offsets: &[u32]) -> impl Iterator<Item = Range<usize>> + '_ {
    offsets.windows(2).map(|pair| {
        let at = |n: usize| pair.get(n).map_or(0, |&o| o as usize);
        at(0)..at(1).max(at(0))
    })
}

/// The number of the record that each event belongs to.
pub fn owners(offsets: &[u32], out: &mut Vec<u32>) {
    out.clear();
    for (row, run) in (0_u32..).zip(runs(offsets)) {
        out.extend(std::iter::repeat_n(row, run.len()));
    }
}

/// The selected events of a record.
pub fn selected_of(run: Range<usize>, selected: &Mask) -> impl Iterator<Item = usize> + '_ {
    run.filter(|&event| selected.get(event))
}

/// The records that have a selected event.
pub fn any(offsets: &[u32], selected: &Mask, out: &mut Mask) {
    out.reset(offsets.len().saturating_sub(1), false);
    for (row, run) in runs(offsets).enumerate() {
        if selected_of(run, selected).next().is_some() {
            out.set(row, true);
        }
    }
}

/// How many events of each record are selected.
pub fn count(offsets: &[u32], selected: &Mask, out: &mut Vec<i64>) {
    out.clear();
    out.extend(runs(offsets).map(|run| fits::<i64, _>(selected_of(run, selected).count())));
}

/// Sum, least or greatest of whole numbers; `ok` where there is a result within 64 bits.
pub fn whole(function: AggregateFunction, offsets: &[u32], selected: &Mask, values: &[i64], out: &mut Vec<i64>, ok: &mut Mask) {
    out.clear();
    ok.reset(offsets.len().saturating_sub(1), false);
    for (row, run) in runs(offsets).enumerate() {
        let mut picked = selected_of(run, selected).filter_map(|event| values.get(event).copied());
        let result = match function {
            AggregateFunction::First | AggregateFunction::Min => picked.min(),
            AggregateFunction::Last | AggregateFunction::Max => picked.max(),
            AggregateFunction::Sum => i64::try_from(picked.map(i128::from).sum::<i128>()).ok(),
            AggregateFunction::Any => picked.next(),
            AggregateFunction::Count | AggregateFunction::Average | AggregateFunction::Distinct => None,
        };
        ok.set(row, result.is_some());
        out.push(result.unwrap_or_default());
    }
}

/// The average of whole numbers; `ok` where there is an event.
pub fn average_whole(offsets: &[u32], selected: &Mask, values: &[i64], out: &mut Vec<f64>, ok: &mut Mask) {
    out.clear();
    ok.reset(offsets.len().saturating_sub(1), false);
    for (row, run) in runs(offsets).enumerate() {
        let (mut sum, mut count) = (0_i128, 0_u64);
        for value in selected_of(run, selected).filter_map(|event| values.get(event)) {
            sum += i128::from(*value);
            count += 1;
        }
        ok.set(row, count > 0);
        out.push(if count > 0 { quotient(sum, count) } else { 0.0 });
    }
}

/// Sum, average, least or greatest of floats; `ok` where there is a result.
pub fn floats(function: AggregateFunction, offsets: &[u32], selected: &Mask, values: &[f64], out: &mut Vec<f64>, ok: &mut Mask) {
    out.clear();
    ok.reset(offsets.len().saturating_sub(1), false);
    for (row, run) in runs(offsets).enumerate() {
        let picked = selected_of(run, selected).filter_map(|event| values.get(event).copied());
        let result = match function {
            AggregateFunction::Min => picked.reduce(f64::min),
            AggregateFunction::Max => picked.reduce(f64::max),
            AggregateFunction::Sum => exact_sum(picked).map(|(sum, _)| of_millionths(sum, 1)),
            AggregateFunction::Average => {
                exact_sum(picked).filter(|&(_, count)| count > 0).map(|(sum, count)| of_millionths(sum, count))
            }
            AggregateFunction::Count
            | AggregateFunction::Any
            | AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Distinct => None,
        };
        ok.set(row, result.is_some());
        out.push(result.unwrap_or_default());
    }
}

/// The sum of values rounded to six decimals, in millionths, so that their order never matters, and how many there were; none
/// where a value is too great to have six decimals.
fn exact_sum(values: impl Iterator<Item = f64>) -> Option<(i128, u32)> {
    let (mut sum, mut count) = (0_i128, 0_u32);
    for value in values {
        sum += i128::from(millionths(value)?);
        count += 1;
    }
    Some((sum, count))
}

/// A value rounded to six decimals, as millionths; none where it is too great to have six decimals.
#[expect(clippy::cast_possible_truncation, reason = "the values are held below 2^53 millionths")]
pub fn millionths(value: f64) -> Option<i64> {
    (value.abs() <= GREATEST).then(|| (value * 1_000_000.0).round() as i64)
}

/// A sum of millionths divided by how many it is the average of (1 for the sum itself), rounded once.
pub fn of_millionths(sum: i128, count: u32) -> f64 {
    quotient(sum, u64::from(count) * 1_000_000)
}

/// How many different keys the selected events of each record have.
pub fn distinct<K: Ord>(offsets: &[u32], selected: &Mask, key: impl Fn(usize) -> Option<K>, out: &mut Vec<i64>) {
    out.clear();
    let mut keys = Vec::new();
    for run in runs(offsets) {
        keys.clear();
        keys.extend(selected_of(run, selected).filter_map(&key));
        keys.sort_unstable();
        keys.dedup();
        out.push(fits(keys.len()));
    }
}

/// Keeps of a record's events only the newest `count`, by `at`.
pub fn newest(events: &mut Vec<usize>, count: usize, at: &[i64]) {
    let when = |event: &usize| std::cmp::Reverse(*at.sure_at(*event));
    events.sort_by_key(when);
    events.truncate(count);
}

/// Keeps of a record's events only the newest `count` of those that share a number, by `at`.
pub fn newest_per(events: &mut Vec<usize>, count: usize, numbers: &[i64], at: &[i64]) {
    let number_of = |event: usize| *numbers.sure_at(event);
    let when = |event: &usize| (std::cmp::Reverse(number_of(*event)), std::cmp::Reverse(*at.sure_at(*event)));
    events.sort_by_key(when);
    let (mut this_number, mut taken) = (None, 0);
    events.retain(|&event| {
        let number = Some(number_of(event));
        if number != this_number {
            (this_number, taken) = (number, 0);
        }
        taken += 1;
        taken <= count
    });
}

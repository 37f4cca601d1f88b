//! What the scores of an account can come to, from what those of its records can.

use std::collections::BTreeMap;

use super::abstraction::Abstraction;
use super::formula::{self, Direction, Interval};
use super::search::Objective;
use super::witness::{Witness, witness};
use crate::hir::{Bounds, Fold, Rollup, ScoreBody, ScoreId};
use crate::record::Record;
use crate::value::Points;

/// At most so many records are tried, alone, in pairs and as several of one kind.
const MOST_RECORDS: usize = 12;

/// How many values of one score are looked for.
const MOST_VALUES: usize = 6;

/// By score of the account, what is gathered included: outer bounds in hundredths; `None` where no account has it. `records` gives those
/// of the records' scores, `None` where no record has it.
#[must_use]
pub fn intervals(rollup: &Rollup, records: &dyn Fn(ScoreId) -> Option<Interval>) -> Vec<Option<Interval>> {
    let model = &rollup.accounts;
    let mut known: BTreeMap<ScoreId, Interval> = BTreeMap::new();
    for (at, score) in (0..).map(ScoreId).zip(&model.scores) {
        let found = match &score.body {
            ScoreBody::Given(property) => {
                let place = (property.0 as usize).checked_sub(2);
                place.and_then(|at| rollup.gathered.get(at)).and_then(|it| gathered(&it.fold, records))
            }
            ScoreBody::Items { .. } | ScoreBody::Formula(_) | ScoreBody::Conditional(_) => formula::interval(model, at, &known),
        };
        if let Some(found) = found {
            known.insert(at, found);
        }
    }
    (0..).map(ScoreId).take(model.scores.len()).map(|id| known.get(&id).copied()).collect()
}

/// The outer bounds of a formula before its own bounds, by what [`intervals`] gives.
#[must_use]
pub fn before_bounds(rollup: &Rollup, score: ScoreId, intervals: &[Option<Interval>]) -> Option<Interval> {
    let known = (0..).map(ScoreId).zip(intervals).filter(|(id, _)| *id != score);
    let known = known.filter_map(|(id, interval)| Some((id, (*interval)?))).collect();
    formula::within(&rollup.accounts, score, &known, &Bounds::default())
}

/// Sums and counts have an end: they are held within the limit of points.
fn gathered(fold: &Fold, records: &dyn Fn(ScoreId) -> Option<Interval>) -> Option<Interval> {
    let limit = Points::LIMIT.0;
    let held = |id: ScoreId| records(id).map(|(lo, hi)| (lo.unwrap_or(-limit), hi.unwrap_or(limit)));
    let (lo, hi) = match fold {
        Fold::Max(id) | Fold::Min(id) | Fold::Average(id) => held(*id)?,
        // Records whose score is unknown add nothing.
        Fold::Sum(id) => held(*id).map_or((0, 0), |(lo, hi)| (if lo < 0 { -limit } else { 0 }, if hi > 0 { limit } else { 0 })),
        // No account is without a record.
        Fold::Count(None) => (100, limit),
        Fold::Count(Some(_)) => (0, limit),
        Fold::Any(_) => return None,
    };
    Some((Some(lo), Some(hi)))
}

/// Records that show different values of the scores that a rollup goes by, all as of the picture's moment.
#[must_use]
pub fn records(picture: &Abstraction<'_>, rollup: &Rollup) -> Vec<Record> {
    let mut found: Vec<Witness> = Vec::new();
    for id in (0..).map(ScoreId).take(picture.model.scores.len()) {
        if !rollup.gathered.iter().any(|it| it.fold.score() == Some(id)) {
            continue;
        }
        let goal = Objective::of(picture, id);
        let ends = [Direction::Down, Direction::Up].into_iter().filter_map(|way| goal.extreme(id, way)?.assignment);
        let values = goal.reaching(id, &|_| true, MOST_VALUES).into_iter().map(|(_, assignment)| assignment);
        found.extend(ends.chain(values).filter_map(|assignment| witness(picture, &assignment)));
    }
    let mut out: Vec<Record> = vec![Record::default()];
    for one in found {
        if one.as_of == picture.base && !out.contains(&one.record) && out.len() < MOST_RECORDS {
            out.push(one.record);
        }
    }
    out
}

/// The accounts that are made of so many records, by the places of these: each alone, two and three of a kind, and all pairs.
#[must_use]
pub fn groups(records: usize) -> Vec<Vec<usize>> {
    let alike = (0..records).flat_map(|at| (1..=3).map(move |times| vec![at; times]));
    let pairs = (0..records).flat_map(|a| (a + 1..records).map(move |b| vec![a, b]));
    alike.chain(pairs).collect()
}

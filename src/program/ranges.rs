//! The reachable range of every score, with records that the evaluator confirms.

use super::{Code, Wanted};
use crate::bounds::{self, Picture, Reach, accounts};
use crate::hir::{Model, Rollup};
use crate::record;
use crate::rollup::{Accounts, Key, Places, asked};
use crate::value::Points;

/// What every score of a model can come to over all records that the schema allows and no exclusion takes.
#[must_use]
pub fn ranges(model: &Model) -> Vec<Reach> {
    let code = Code::plain(model);
    bounds::ranges(&Picture::of(model), &mut |witness| {
        let batch = record::batch(&model.schema, std::slice::from_ref(&witness.record));
        let scores = code.run(&batch, witness.as_of);
        scores.scores.iter().map(|column| column.get(0).map(Points)).collect()
    })
}

/// The ranges of a model's scores, with those of its accounts behind them, named as `account: heat`.
#[must_use]
pub fn all_ranges(model: &Model, records: Vec<Reach>) -> Vec<Reach> {
    let named = |rollup: &Rollup, reach: Reach| Reach { name: format!("{}: {}", rollup.name, reach.name).into(), ..reach };
    let of = |rollup| account_ranges(model, rollup, &records).into_iter().map(move |reach| named(rollup, reach));
    let accounts: Vec<Reach> = model.rollups.iter().flat_map(of).collect();
    records.into_iter().chain(accounts).collect()
}

/// What every score of a rollup can come to, by the ranges of the records' scores; exact where an account of records that were tried
/// comes to each end.
#[must_use]
pub fn account_ranges(model: &Model, rollup: &Rollup, records: &[Reach]) -> Vec<Reach> {
    let of_records = |id: crate::id::ScoreId| {
        let reach = records.get(id.index()).filter(|reach| reach.possible)?;
        Some((reach.min.map(|p| p.0), reach.max.map(|p| p.0)))
    };
    let intervals = accounts::intervals(rollup, &of_records);
    let tried = tried(model, rollup);
    let own = rollup.accounts.scores.iter().zip(intervals).enumerate().filter(|(_, (score, _))| !score.is_given());
    own.map(|(at, (score, interval))| {
        // What goes to the limit of points has no bound of its own.
        let own = |end: i64| (end.abs() < Points::LIMIT.0).then_some(end);
        let (min, max) = interval.map(|(lo, hi)| (lo.and_then(own), hi.and_then(own))).unwrap_or_default();
        let shown = |end: Option<i64>| end.is_some() && tried.iter().any(|scores| scores.get(at) == Some(&end));
        Reach {
            name: score.name.clone(),
            min: min.map(Points),
            max: max.map(Points),
            exact: shown(min) && shown(max),
            possible: interval.is_some(),
            at_min: None,
            at_max: None,
        }
    })
    .collect()
}

/// By account that was tried: the hundredths of its scores.
fn tried(model: &Model, rollup: &Rollup) -> Vec<Vec<Option<i64>>> {
    let picture = Picture::of(model);
    let records = accounts::records(&picture, rollup);
    let (conditions, key) = asked(rollup);
    let code = Code::of(model, &Wanted { conditions, values: vec![key], ..Wanted::default() });
    let scores = code.run(&record::batch(&model.schema, &records), picture.base);
    let mut tried = Accounts::new(model, rollup, Places::default());
    for (group, rows) in (0..).zip(accounts::groups(records.len())) {
        rows.iter().for_each(|row| tried.add_as(Key::Integer(group), &scores, *row));
    }
    let mut vm = Code::plain(&rollup.accounts).vm(picture.base);
    let mut out = Vec::new();
    for batch in tried.batches(rollup) {
        let scores = vm.run(&batch);
        out.extend((0..scores.rows).map(|row| scores.scores.iter().map(|column| column.get(row)).collect()));
    }
    out
}

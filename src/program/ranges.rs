//! The reachable range of every score, with records that the evaluator confirms.

use super::{Code, Wanted};
use crate::bounds::{self, Abstraction, Reach, Witness, accounts};
use crate::hir::{Model, Rollup, ScoreId};
use crate::input::RelatedRows;
use crate::invariant::Sure as _;
use crate::record::{self, Record};
use crate::rollup::{Accounts, Key, Places, asked};
use crate::schema::{PropId, RelatedId};
use crate::value::{Points, Value};

/// At most so many rows of files of the rules are tried for one end of a range.
const MOST_ROWS: usize = 1000;

/// What every score of a model can come to over all records that the schema allows and no exclusion takes.
#[must_use]
pub fn ranges(model: &Model) -> Vec<Reach> {
    let schema = &model.schema;
    let rows = (0..).map(RelatedId).take(schema.related.len()).filter_map(|id| RelatedRows::of_rules(schema, id));
    let rows = rows.map(|rows| rows.sure("a file of related records that was checked can be read")).collect();
    let confirming = Confirming { model, code: Code::plain(model), rows };
    bounds::ranges(&Abstraction::of(model), &mut |witness, id, points| confirming.confirm(witness, id, points))
}

/// Runs records that may show something.
struct Confirming<'m> {
    model: &'m Model,
    code: Code,
    /// The related records of which the rules have a file: a record has no others.
    rows: Vec<RelatedRows>,
}

impl Confirming<'_> {
    /// The record, or one that names rows of the files in place of what it has of them, if a score of it comes to so many points.
    fn confirm(&self, witness: &Witness, id: ScoreId, points: Points) -> Option<Witness> {
        let records = self.real(&witness.record);
        let mut batch = record::batch(&self.model.schema, &records);
        for rows in &self.rows {
            let _without = rows.fill(&mut batch);
        }
        let scores = self.code.run(&batch, witness.as_of);
        let column = scores.scores.get(id.index())?;
        let record = records.into_iter().enumerate().find(|(row, _)| column.get(*row) == Some(points.0))?.1;
        Some(Witness { record, as_of: witness.as_of })
    }

    /// A record that says that a related record is not there and has something of it all the same: without it, and with it.
    fn there_or_not(&self, record: Record) -> Vec<Record> {
        let mut out = vec![record];
        for related in &self.model.schema.related {
            let torn = |record: &Record| {
                let denied = record.value(related.known) == Some(&Value::Boolean(false));
                denied && record.properties.iter().any(|(id, _)| related.properties.contains(id))
            };
            let mut with: Vec<Record> = out.iter().filter(|record| torn(record)).cloned().collect();
            with.iter_mut().for_each(|record| record.properties.retain(|(id, _)| *id != related.known));
            out.append(&mut with);
        }
        out
    }

    /// Records that data can hold and that are as this one, but for what they have of rows of files: every row that they could name.
    fn real(&self, record: &Record) -> Vec<Record> {
        let mut own = record.clone();
        let mut names: Vec<(PropId, Vec<Value>)> = Vec::new();
        for rows in &self.rows {
            let Some(related) = self.model.schema.related(rows.related()) else { continue };
            own.properties.retain(|(id, _)| !related.filled().any(|filled| filled == *id));
            if record.has(related) && !names.iter().any(|(to, _)| *to == related.to) {
                names.push((related.to, rows.names().take(MOST_ROWS).collect()));
            }
        }
        let mut out = self.there_or_not(own);
        for (to, names) in names {
            let named = |record: &Record, name: &Value| {
                let mut named = record.clone();
                named.properties.retain(|(id, _)| *id != to);
                named.properties.push((to, name.clone()));
                named
            };
            let all = out.iter().flat_map(|record| names.iter().map(move |name| named(record, name)));
            out = all.take(MOST_ROWS).collect();
        }
        out
    }
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
    let picture = Abstraction::of(model);
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

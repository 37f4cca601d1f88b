//! The smallest single changes that reach the next stage: every value that a rule asks for is tried, one at a time, through the
//! evaluator itself.

mod apply;
mod candidates;

use super::Way;
use super::values::{shown, value_of};
use crate::column::Batch;
use crate::hir::{AsOf, Lifecycle, Model};
use crate::invariant::SureAt as _;
use crate::schema::{EventId, PropId};
use crate::value::{Points, Value};
use crate::vm::scores::{Cause, NONE, Scores};
use apply::apply;
use candidates::candidates;

/// At most this many changes are tried.
const TRIED: usize = 4096;

/// At most this many ways are told.
const TOLD: usize = 5;

/// A single change of a record.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    /// A property gets another value.
    Set(PropId, Value),
    /// One more event happens, now, with these values of fields.
    Event(EventId, Vec<Option<Value>>),
}

/// The ways of each lifecycle. `run` scores the rows of a batch.
#[must_use]
pub fn ways(model: &Model, record: &Batch, scores: &Scores, as_of: AsOf, mut run: impl FnMut(&Batch) -> Scores) -> Vec<Vec<Way>> {
    if model.lifecycles.is_empty() {
        return Vec::new();
    }
    let mut changes = candidates(model, record, as_of);
    changes.truncate(TRIED);
    let tried = apply(model, record, as_of, &changes);
    let results = run(&tried);
    let finder = Finder { model, record, scores, results: &results, changes: &changes };
    model.lifecycles.iter().enumerate().map(|(at, lifecycle)| finder.find(at, lifecycle)).collect()
}

struct Finder<'a> {
    model: &'a Model,
    record: &'a Batch,
    scores: &'a Scores,
    results: &'a Scores,
    changes: &'a [Change],
}

impl Finder<'_> {
    /// The ways to the nearest later stage that a change reaches, the smallest first, one for each property.
    fn find(&self, at: usize, lifecycle: &Lifecycle) -> Vec<Way> {
        let Some(now) = self.scores.lifecycles.get(at) else { return Vec::new() };
        let Some(then) = self.results.lifecycles.get(at) else { return Vec::new() };
        let here = *now.after.sure_at(0);
        let rule = now.causes.first().and_then(|c| chosen(*c));
        let later = |row: usize| -> Option<u32> {
            let cause = *then.causes.sure_at(row);
            // A record that stays where it is, because it is held or left out, reaches nothing.
            if !matches!(cause, Cause::Rule(_) | Cause::Otherwise) {
                return None;
            }
            let stage = then.after.get(row).copied().filter(|&s| s != NONE && s != here)?;
            let ahead = if lifecycle.property.is_some() {
                // Stages of a property have an order.
                here == NONE || stage > here
            } else {
                // Others are in the order of their lines, which are looked at from the top.
                then.causes.get(row).and_then(|c| chosen(*c)).is_some_and(|r| rule.is_none_or(|now| r < now))
            };
            ahead.then_some(stage)
        };
        let reached: Vec<(u32, usize)> = (0..self.changes.len()).filter_map(|row| Some((later(row)?, row))).collect();
        let next = if lifecycle.property.is_some() {
            reached.iter().map(|(stage, _)| *stage).min()
        } else {
            let place = |row: &usize| then.causes.get(*row).and_then(|c| chosen(*c));
            reached.iter().max_by_key(|(_, row)| place(row)).map(|(stage, _)| *stage)
        };
        let Some(next) = next else { return Vec::new() };
        let mut ways: Vec<(f64, usize)> =
            reached.iter().filter(|(stage, _)| *stage == next).map(|&(_, row)| (self.size(row), row)).collect();
        ways.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut told: Vec<&Change> = Vec::new();
        let name = lifecycle.stages.sure_at(next as usize);
        let mut out = Vec::new();
        for (_, row) in ways {
            let Some(change) = self.changes.get(row) else { continue };
            if told.iter().any(|t| same_place(t, change)) || out.len() == TOLD {
                continue;
            }
            told.push(change);
            out.push(Way { stage: name.to_string(), change: self.words(change), effects: self.effects(row) });
        }
        out
    }

    /// How much a change is, so that changes of different properties can be ranged: a step of a number or day counts by its share.
    fn size(&self, row: usize) -> f64 {
        let Some(Change::Set(id, value)) = self.changes.get(row) else { return 1.0 };
        let before = self.before(*id);
        match (before, value) {
            (Some(before), value) => match (number(&before), number(value)) {
                (Some(a), Some(b)) => ((a - b).abs() / a.abs().max(1.0)).min(100.0),
                _ => 1.0,
            },
            (None, _) => 1.5,
        }
    }

    fn before(&self, id: PropId) -> Option<Value> {
        value_of(self.record, id, self.model.schema.property(id).map(|p| &p.ty))
    }

    fn words(&self, change: &Change) -> String {
        match change {
            Change::Set(id, value) => {
                let Some(property) = self.model.schema.property(*id) else { return String::new() };
                let show = |value: Option<&Value>| shown(value, &property.ty, &self.model.schema.zone);
                let before = self.before(*id);
                format!("{} {} instead of {}", property.name, show(Some(value)), show(before.as_ref()))
            }
            Change::Event(id, fields) => {
                let Some(list) = self.model.schema.event(*id) else { return String::new() };
                let named = list.fields.iter().zip(fields).filter_map(|(field, value)| {
                    let value = value.as_ref()?;
                    Some(format!("{} {}", field.name, shown(Some(value), &field.ty, &self.model.schema.zone)))
                });
                let named: Vec<String> = named.collect();
                let with = if named.is_empty() { String::new() } else { format!(" with {}", named.join(" and ")) };
                format!("one more {} now{with}", list.name)
            }
        }
    }

    /// `fit 35 to 60`
    fn effects(&self, row: usize) -> Vec<String> {
        let show = |points: Option<i64>| points.map_or_else(|| "unknown".to_owned(), |p| Points(p).to_string());
        let scores = self.model.scores.iter().zip(self.scores.scores.iter().zip(&self.results.scores));
        scores
            .filter_map(|(score, (now, then))| {
                let (now, then) = (now.get(0), then.get(row));
                (now != then).then(|| format!("{} {} to {}", score.name, show(now), show(then)))
            })
            .collect()
    }
}

fn chosen(cause: Cause) -> Option<u32> {
    match cause {
        Cause::Rule(at) => Some(at),
        Cause::Hold(_) | Cause::Otherwise | Cause::Undecided(_) | Cause::Excluded | Cause::Refused(_) | Cause::Open => None,
    }
}

fn same_place(a: &Change, b: &Change) -> bool {
    match (a, b) {
        (Change::Set(a, _), Change::Set(b, _)) => a == b,
        (Change::Event(a, _), Change::Event(b, _)) => a == b,
        (Change::Set(..), Change::Event(..)) | (Change::Event(..), Change::Set(..)) => false,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size to range changes by")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        // A month of days weighs as much as doubling a number.
        Value::Date(day) => Some(f64::from(*day) / 30.0),
        Value::DateTime(micros) => Some(*micros as f64 / 86_400e6 / 30.0),
        Value::Decimal(n) => Some(n.to_f64()),
        Value::Text(_) | Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => None,
    }
}

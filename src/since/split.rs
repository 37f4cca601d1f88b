//! How much of a change comes from where.
//!
//! The change goes through states, each a whole scoring of the record: what the earlier run gave; the earlier records, rules and
//! data as they were, as of now (time); the records of now under the earlier rules (data); the rules of now (rules). What a step
//! does is measured on the scores without the bounds of groups and scores, and what these bounds take or add is a part of its
//! own, so a bound never hides what a step did. The parts add up to the change by construction. Where a score is unknown half way,
//! the step that makes it known again takes the whole.
//!
//! Without the earlier data the first two steps cannot be told apart: they are one, measured with the bounds of the earlier rules.

use super::previous::{Previous, key_text};
use crate::column::{Batch, Mask, Values};
use crate::hir::{Bounds, Item, ItemKind, Model, ScoreBody};
use crate::invariant::SureAt as _;
use crate::program::Code;
use crate::schema::PropId;
use crate::time::AsOf;
use crate::value::Points;
use crate::vm::Vm;
use crate::vm::scores::Scores;

/// Where a part of a change comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Time alone: decay, windows, ages.
    Time,
    /// The records and events.
    Data,
    /// Both, where they cannot be told apart.
    DataAndTime,
    /// The rules and params.
    Rules,
    /// What the bounds of groups and scores take or add otherwise than before.
    Bounds,
}

impl Cause {
    /// As columns and summaries write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Data => "data",
            Self::DataAndTime => "data_and_time",
            Self::Rules => "rules",
            Self::Bounds => "bounds",
        }
    }
}

/// What is known of the earlier run beside its output.
#[derive(Debug)]
pub struct Earlier {
    causes: Vec<Cause>,
    as_of: AsOf,
    /// By score of the rules of now: its number in the earlier ones.
    pairs: Vec<Option<usize>>,
    /// The earlier rules, where they are others.
    old: Option<[Code; 2]>,
    /// The rules of now without bounds.
    free: Code,
    base: Option<Base>,
}

impl Earlier {
    /// From the rules of now and as of now, the earlier rules if they are given, and the results of the earlier data if these are.
    #[must_use]
    pub fn new(model: &Model, as_of: AsOf, old: Option<&Model>, base: Option<Base>) -> Self {
        let mut causes = if base.is_some() { vec![Cause::Time, Cause::Data] } else { vec![Cause::DataAndTime] };
        causes.extend(old.map(|_| Cause::Rules));
        causes.push(Cause::Bounds);
        Self {
            causes,
            as_of,
            pairs: pairs(model, old.unwrap_or(model)),
            old: old.map(|old| [Code::plain(old), Code::plain(&unbounded(old))]),
            free: Code::plain(&unbounded(model)),
            base,
        }
    }

    /// The parts that there are, in the order of the steps.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }
}

/// The number of each score of `model` in `old`.
fn pairs(model: &Model, old: &Model) -> Vec<Option<usize>> {
    model.scores.iter().map(|s| old.scores.iter().position(|o| o.name == s.name)).collect()
}

/// The model without the bounds of its groups and scores.
fn unbounded(model: &Model) -> Model {
    let mut free = model.clone();
    for score in &mut free.scores {
        score.bounds = Bounds::default();
        if let ScoreBody::Items { items, .. } = &mut score.body {
            items.iter_mut().for_each(unbind);
        }
    }
    free
}

fn unbind(item: &mut Item) {
    if let ItemKind::Group { bounds, items, .. } = &mut item.kind {
        *bounds = Bounds::default();
        items.iter_mut().for_each(unbind);
    }
}

/// What the earlier rules give the earlier records without bounds, as of then and as of now, by the places of [`Previous`].
#[derive(Debug)]
pub struct Base {
    then: Vec<Values<i64>>,
    now: Vec<Values<i64>>,
    seen: Mask,
}

/// Works the [`Base`] out, batch by batch, and makes sure that the earlier data and rules do give the earlier output.
pub struct BaseReader<'a> {
    model: &'a Model,
    old: &'a Model,
    previous: &'a Previous,
    pairs: Vec<Option<usize>>,
    full: Vm,
    free: [Vm; 2],
    base: Base,
}

impl<'a> BaseReader<'a> {
    /// For the rules of now, the earlier rules and output, and both moments.
    #[must_use]
    pub fn new(model: &'a Model, old: &'a Model, previous: &'a Previous, then: AsOf, now: AsOf) -> Self {
        let free = Code::plain(&unbounded(old));
        let unknown = || Values { values: vec![0; previous.places], known: Mask::filled(previous.places, false) };
        let all = || model.scores.iter().map(|_| unknown()).collect();
        Self {
            pairs: pairs(model, old),
            full: Code::plain(old).vm(then),
            free: [free.vm(then), free.vm(now)],
            base: Base { then: all(), now: all(), seen: Mask::filled(previous.places, false) },
            model,
            old,
            previous,
        }
    }

    /// Takes a batch of the earlier records.
    ///
    /// # Errors
    /// Says which record of the earlier output comes out otherwise.
    pub fn add(&mut self, batch: &Batch) -> Result<(), String> {
        let key = self.old.schema.key.unwrap_or(PropId(u32::MAX));
        let Some(keys) = batch.columns.get(key.0 as usize).and_then(Option::as_ref) else { return Ok(()) };
        let full = self.full.run(batch);
        let [then, now] = self.free.each_mut().map(|vm| vm.run(batch));
        for row in 0..batch.rows {
            let Some(name) = key_text(keys, row) else { continue };
            let Some(at) = self.previous.find(&name) else { continue };
            for (score, pair) in self.pairs.iter().enumerate() {
                let Some(old) = *pair else { continue };
                let (was, is) = (self.previous.score(score, at), get(&full, old, row));
                if was != is && self.previous.has_score(score) {
                    let score = &self.model.scores.sure_at(score).name;
                    return Err(format!("for \"{name}\" it says {score} = {}, they give {}", told(was), told(is)));
                }
                set(&mut self.base.then, score, at, get(&then, old, row));
                set(&mut self.base.now, score, at, get(&now, old, row));
            }
            self.base.seen.set(at as usize, true);
        }
        Ok(())
    }

    /// All of it.
    ///
    /// # Errors
    /// Says which record of the earlier output the earlier data do not have.
    pub fn finish(self) -> Result<Base, String> {
        match self.previous.unseen(&self.base.seen, 1).first() {
            Some(key) => Err(format!("\"{key}\" is not among the earlier records")),
            None => Ok(self.base),
        }
    }
}

fn told(points: Option<i64>) -> String {
    points.map_or_else(|| "unknown".to_owned(), |p| Points(p).to_string())
}

fn get(scores: &Scores, score: usize, row: usize) -> Option<i64> {
    scores.scores.get(score)?.get(row)
}

fn set(columns: &mut [Values<i64>], score: usize, at: u32, value: Option<i64>) {
    let (Some(column), Some(value)) = (columns.get_mut(score), value) else { return };
    if let Some(slot) = column.values.get_mut(at as usize) {
        *slot = value;
        column.known.set(at as usize, true);
    }
}

/// Splits changes, on one thread.
pub struct Split<'e> {
    earlier: &'e Earlier,
    old: Option<[Vm; 2]>,
    free: Vm,
}

/// A batch under the earlier rules, and without bounds.
pub struct States {
    old: Option<[Scores; 2]>,
    free: Scores,
}

/// A score of a record: what it was, where that is known, and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The score.
    pub score: usize,
    /// The row of the batch.
    pub row: usize,
    /// The place in [`Previous`].
    pub at: u32,
    /// What it was.
    pub before: i64,
    /// What it is.
    pub after: i64,
}

impl<'e> Split<'e> {
    /// With evaluators of its own.
    #[must_use]
    pub fn new(earlier: &'e Earlier) -> Self {
        let vm = |code: &Code| code.vm(earlier.as_of);
        Self { old: earlier.old.as_ref().map(|old| old.each_ref().map(vm)), free: vm(&earlier.free), earlier }
    }

    /// The states of a batch; `old` is the same batch as the earlier schema reads it, where that is another.
    pub fn states(&mut self, batch: &Batch, old: Option<&Batch>) -> States {
        let before = old.unwrap_or(batch);
        States { old: self.old.as_mut().map(|vms| vms.each_mut().map(|vm| vm.run(before))), free: self.free.run(batch) }
    }

    /// The parts of a change, in the order of [`Earlier::causes`]; they add up to it.
    #[must_use]
    pub fn parts(&self, states: &States, step: Step) -> Vec<i64> {
        let earlier = self.earlier;
        let free = get(&states.free, step.score, step.row).unwrap_or(step.after);
        let pair = earlier.pairs.get(step.score).copied().flatten();
        let under = |which: usize| states.old.as_ref().and_then(|s| get(s.get(which)?, pair?, step.row));
        // The free scores behind each step but the last.
        let mut reached: Vec<Option<i64>> = Vec::new();
        if let Some(base) = &earlier.base {
            reached.push(base.now.get(step.score).and_then(|v| v.get(step.at as usize)));
        }
        if states.old.is_some() {
            reached.push(under(1));
        }
        let from_base = earlier.base.as_ref().and_then(|b| b.then.get(step.score)).and_then(|v| v.get(step.at as usize));
        let start = from_base.unwrap_or_else(|| {
            // Without the earlier records the first step is measured with the bounds on.
            let bound = under(1).zip(under(0)).unwrap_or((free, step.after));
            step.before + bound.0 - bound.1
        });
        let mut parts = Vec::with_capacity(earlier.causes.len());
        let mut at = start;
        for next in reached.into_iter().chain([Some(free)]) {
            let next = next.unwrap_or(at);
            parts.push(next - at);
            at = next;
        }
        parts.push((step.after - free) - (step.before - start));
        parts
    }
}

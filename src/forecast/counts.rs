//! How many records move on which day.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Step, known};
use crate::invariant::SureAt as _;
use crate::time::{AsOf, civil};

/// How many move on a day (by its place) from one stage to another.
type Moves = BTreeMap<(usize, u32, u32), u64>;

/// What was counted; counts of several threads add up.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// By lifecycle: by day, from and to.
    moves: Vec<Moves>,
    /// By lifecycle: how many records move at all.
    records: Vec<u64>,
}

impl Counts {
    pub(super) fn new(lifecycles: usize) -> Self {
        Self { moves: vec![BTreeMap::new(); lifecycles], records: vec![0; lifecycles] }
    }

    pub(super) fn add(&mut self, step: &Step) {
        if let Some(moves) = self.moves.get_mut(step.lifecycle) {
            *moves.entry((step.day, step.from, step.to)).or_default() += 1;
        }
    }

    pub(super) fn movers(&mut self, movers: impl Iterator<Item = usize>) {
        self.records.iter_mut().zip(movers).for_each(|(n, more)| *n += more as u64);
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        for (moves, more) in self.moves.iter_mut().zip(&other.moves) {
            more.iter().for_each(|(step, n)| *moves.entry(*step).or_default() += n);
        }
        self.records.iter_mut().zip(&other.records).for_each(|(n, more)| *n += more);
    }

    pub(super) fn report(&self, names: &[Arc<str>], stages: &[Vec<Arc<str>>], days: &[AsOf]) -> Report {
        let date = |day: Option<&AsOf>| day.and_then(|d| civil(d.day)).map_or_else(String::new, |d| d.to_string());
        let lifecycle = |at: usize, name: &Arc<str>| {
            let stages = stages.get(at).map_or(&[][..], Vec::as_slice);
            let stage = |code: u32| known(code).and_then(|at| stages.get(at)).map(ToString::to_string);
            let mut list: Vec<Day> = Vec::new();
            for (&(day, from, to), &records) in self.moves.get(at).into_iter().flatten() {
                let on = date(days.get(day));
                let step = Move { from: stage(from), to: stage(to), records };
                match list.last_mut().filter(|last| last.on == on) {
                    Some(last) => {
                        last.records += records;
                        last.moves.push(step);
                    }
                    None => list.push(Day { on, records, moves: vec![step] }),
                }
            }
            let records = *self.records.sure_at(at);
            LifecycleForecast { name: name.to_string(), records, days: list }
        };
        let lifecycles = names.iter().enumerate().map(|(at, name)| lifecycle(at, name)).collect();
        Report { until: date(days.last()), lifecycles }
    }
}

/// What is to come if nothing new happens.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The last day that is looked at.
    pub until: String,
    /// By lifecycle.
    pub lifecycles: Vec<LifecycleForecast>,
}

/// What is to come of a lifecycle.
#[derive(Debug, Clone, Serialize)]
pub struct LifecycleForecast {
    /// Its name.
    pub name: String,
    /// Records that move at least once.
    pub records: u64,
    /// The days on which records move.
    pub days: Vec<Day>,
}

/// A day on which records move.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    /// The day.
    pub on: String,
    /// How many move.
    pub records: u64,
    /// From where to where.
    pub moves: Vec<Move>,
}

/// Records that move alike.
#[derive(Debug, Clone, Serialize)]
pub struct Move {
    /// From; `null` for unknown.
    pub from: Option<String>,
    /// To; `null` for unknown.
    pub to: Option<String>,
    /// How many.
    pub records: u64,
}

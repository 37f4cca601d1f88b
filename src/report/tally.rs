//! What is counted over a run, batch by batch; tallies of several threads add up to the same in any order.

use rustc_hash::FxHashMap;

use super::layout::{cause_code, move_code};
use crate::column::{Batch, Column, UNKNOWN_CODE};
use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::invariant::{SureAt as _, fits};
use crate::vm::scores::{Cause, Move, NONE, Scores};

/// Whole points from here to the same above zero are counted in a table, others in a map.
const NEAR: i64 = 2048;

/// Different whole points far from zero that are counted apart; further ones join the end of their side.
const FAR: usize = 10_000;

/// What was counted.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Records scored or excluded.
    pub records: u64,
    /// By exclusion.
    pub excluded: Vec<u64>,
    /// By score.
    pub scores: Vec<ScoreTally>,
    /// By label, by code; the last is unknown.
    pub labels: Vec<Vec<u64>>,
    /// By lifecycle.
    pub stages: Vec<StageTally>,
    /// By arm: how often it fired.
    pub hits: Vec<u64>,
    /// By arm: the hundredths that it gave.
    pub points: Vec<i128>,
    /// By item: how many records it saw as unknown.
    pub unknowns: Vec<u64>,
    /// By property: how many records have each option that no rule names, for properties that a rule reads.
    pub unnamed: Vec<Option<Vec<u64>>>,
    causes: Vec<usize>,
}

/// The distribution of a score.
#[derive(Debug, Clone)]
pub struct ScoreTally {
    /// Records whose score is known.
    pub known: u64,
    /// By exclusion inside the score.
    pub excluded: Vec<u64>,
    /// The least.
    pub min: i64,
    /// The greatest.
    pub max: i64,
    /// The sum of hundredths.
    pub sum: i128,
    near: Vec<u64>,
    far: FxHashMap<i64, u64>,
}

/// The records of a lifecycle.
#[derive(Debug, Clone, Default)]
pub struct StageTally {
    /// How many stages there are.
    pub stages: usize,
    /// Records from each stage (rows) to each stage (columns); the last of each is unknown.
    pub transitions: Vec<u64>,
    /// By [`move_code`].
    pub moves: [u64; 4],
    /// By [`cause_code`].
    pub causes: Vec<u64>,
    /// Records that unknown values left undecided, by property.
    pub undecided: FxHashMap<u32, u64>,
}

impl Tally {
    /// Nothing counted yet; `causes` is the number of causes of each lifecycle.
    #[must_use]
    pub fn new(model: &Model, uses: &Uses, causes: Vec<usize>) -> Self {
        let unnamed = |at: usize| {
            let property = model.schema.properties.get(at)?;
            let read = uses.properties.get(at).is_some_and(|rules| !rules.is_empty());
            let governed = model.lifecycles.iter().any(|l| l.property.is_some_and(|p| p.0 as usize == at));
            let named = uses.named.get(at)?;
            // Where no rule names an option, rules ask something else of the property.
            let options = property.ty.options().filter(|_| read && !governed && !named.is_empty())?;
            Some(vec![0; options.len()])
        };
        let stages = |(lifecycle, &causes): (&crate::hir::Lifecycle, &usize)| {
            let stages = lifecycle.stages.len();
            let transitions = vec![0; (stages + 1) * (stages + 1)];
            StageTally { stages, transitions, causes: vec![0; causes], ..StageTally::default() }
        };
        Self {
            records: 0,
            excluded: vec![0; model.exclusions.len()],
            scores: model.scores.iter().map(ScoreTally::new).collect(),
            labels: model.labels.iter().map(|l| vec![0; l.values.len() + 1]).collect(),
            stages: model.lifecycles.iter().zip(&causes).map(stages).collect(),
            hits: vec![0; model.arm_count as usize],
            points: vec![0; model.arm_count as usize],
            unknowns: vec![0; model.item_count as usize],
            unnamed: (0..model.schema.properties.len()).map(unnamed).collect(),
            causes,
        }
    }

    /// Counts a batch and its results.
    pub fn add(&mut self, batch: &Batch, scores: &Scores) {
        self.records += scores.rows as u64;
        count_codes(&mut self.excluded, &scores.excluded, false);
        for (tally, codes) in self.labels.iter_mut().zip(&scores.labels) {
            count_codes(tally, codes, true);
        }
        for (at, tally) in self.scores.iter_mut().enumerate() {
            if let Some(values) = scores.scores.get(at) {
                values.known.ones().filter_map(|row| values.values.get(row)).for_each(|&points| tally.add(points));
            }
            if let Some(codes) = scores.score_excluded.get(at) {
                count_codes(&mut tally.excluded, codes, false);
            }
        }
        for ((tally, stages), &causes) in self.stages.iter_mut().zip(&scores.lifecycles).zip(&self.causes) {
            tally.add(stages, causes);
        }
        add_all(&mut self.hits, &scores.hits);
        add_all(&mut self.points, &scores.points);
        add_all(&mut self.unknowns, &scores.unknowns);
        for (tally, column) in self.unnamed.iter_mut().zip(&batch.columns) {
            if let (Some(tally), Some(column)) = (tally, column) {
                count_options(tally, column);
            }
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        self.records += other.records;
        add_all(&mut self.excluded, &other.excluded);
        for (tally, more) in self.scores.iter_mut().zip(&other.scores) {
            tally.merge(more);
        }
        for (tally, more) in self.labels.iter_mut().zip(&other.labels) {
            add_all(tally, more);
        }
        for (tally, more) in self.stages.iter_mut().zip(&other.stages) {
            add_all(&mut tally.transitions, &more.transitions);
            add_all(&mut tally.moves, &more.moves);
            add_all(&mut tally.causes, &more.causes);
            more.undecided.iter().for_each(|(&property, &n)| *tally.undecided.entry(property).or_default() += n);
        }
        add_all(&mut self.hits, &other.hits);
        add_all(&mut self.points, &other.points);
        add_all(&mut self.unknowns, &other.unknowns);
        for (tally, more) in self.unnamed.iter_mut().zip(&other.unnamed) {
            if let (Some(tally), Some(more)) = (tally, more) {
                add_all(tally, more);
            }
        }
    }
}

impl ScoreTally {
    fn new(score: &crate::hir::Score) -> Self {
        let exclusions = match &score.body {
            crate::hir::ScoreBody::Items { exclusions, .. } => exclusions.len(),
            crate::hir::ScoreBody::Formula(_) | crate::hir::ScoreBody::Conditional(_) | crate::hir::ScoreBody::Given(_) => 0,
        };
        Self {
            known: 0,
            excluded: vec![0; exclusions],
            min: i64::MAX,
            max: i64::MIN,
            sum: 0,
            near: vec![0; fits(2 * NEAR)],
            far: FxHashMap::default(),
        }
    }

    fn add(&mut self, hundredths: i64) {
        self.known += 1;
        self.min = self.min.min(hundredths);
        self.max = self.max.max(hundredths);
        self.sum += i128::from(hundredths);
        self.count(hundredths.div_euclid(100), 1);
    }

    /// Counts records that have this score.
    pub fn add_records(&mut self, hundredths: i64, records: u64) {
        if records > 0 {
            self.known += records;
            self.min = self.min.min(hundredths);
            self.max = self.max.max(hundredths);
            self.sum += i128::from(hundredths) * i128::from(records);
            self.count(hundredths.div_euclid(100), records);
        }
    }

    fn count(&mut self, whole: i64, n: u64) {
        let near = usize::try_from(whole + NEAR).ok().and_then(|at| self.near.get_mut(at));
        if let Some(count) = near {
            *count += n;
            return;
        }
        let full = self.far.len() >= FAR && !self.far.contains_key(&whole);
        let joined = if full { whole.signum() * Self::FURTHEST } else { whole };
        *self.far.entry(joined).or_default() += n;
    }

    /// Where points are counted that have no room of their own.
    const FURTHEST: i64 = 1_000_000_000;

    fn merge(&mut self, other: &Self) {
        self.known += other.known;
        add_all(&mut self.excluded, &other.excluded);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        add_all(&mut self.near, &other.near);
        let mut far: Vec<(&i64, &u64)> = other.far.iter().collect();
        far.sort_unstable();
        far.into_iter().for_each(|(&whole, &n)| self.count(whole, n));
    }

    /// Whole points (rounded down) with how many records have them, ascending.
    #[must_use]
    pub fn counts(&self) -> Vec<(i64, u64)> {
        let near = (-NEAR..NEAR).zip(&self.near).filter(|(_, n)| **n > 0).map(|(whole, n)| (whole, *n));
        let mut counts: Vec<(i64, u64)> = near.chain(self.far.iter().map(|(&whole, &n)| (whole, n))).collect();
        counts.sort_unstable();
        counts
    }
}

impl StageTally {
    fn add(&mut self, stages: &crate::vm::scores::Stages, causes: usize) {
        let place = |code: u32| if code == NONE { self.stages } else { code as usize };
        for (&before, &after) in stages.before.iter().zip(&stages.after) {
            let cell = place(before) * (self.stages + 1) + place(after);
            if let Some(n) = self.transitions.get_mut(cell) {
                *n += 1;
            }
        }
        for &it in &stages.moves {
            if let Some(n) = self.moves.get_mut(move_code(it)) {
                *n += 1;
            }
        }
        for &cause in &stages.causes {
            if let Some(n) = cause_code(cause, causes).and_then(|code| self.causes.get_mut(code)) {
                *n += 1;
            }
        }
        for (property, n) in &stages.undecided {
            *self.undecided.entry(property.0).or_default() += n;
        }
    }

    /// Counts records that come from one stage to another ([`NONE`] is unknown) by one move and for one cause.
    pub fn count(&mut self, (before, after): (u32, u32), it: Move, cause: Cause, records: u64) {
        let place = |code: u32| if code == NONE { self.stages } else { code as usize };
        let cell = place(before) * (self.stages + 1) + place(after);
        let cause = cause_code(cause, self.causes.len()).and_then(|code| self.causes.get_mut(code));
        for n in [self.transitions.get_mut(cell), self.moves.get_mut(move_code(it)), cause].into_iter().flatten() {
            *n += records;
        }
    }

    /// How many records have this cause.
    #[must_use]
    pub fn cause(&self, cause: Cause) -> u64 {
        cause_code(cause, self.causes.len()).map_or(0, |code| *self.causes.sure_at(code))
    }

    /// How many records go from one stage to another; `None` is unknown.
    #[must_use]
    pub fn transition(&self, from: Option<usize>, to: Option<usize>) -> u64 {
        let cell = from.unwrap_or(self.stages) * (self.stages + 1) + to.unwrap_or(self.stages);
        *self.transitions.sure_at(cell)
    }

    /// How many records were in a stage before.
    #[must_use]
    pub fn before(&self, stage: Option<usize>) -> u64 {
        (0..self.stages).map(Some).chain([None]).map(|to| self.transition(stage, to)).sum()
    }

    /// How many records are in a stage after.
    #[must_use]
    pub fn after(&self, stage: Option<usize>) -> u64 {
        (0..self.stages).map(Some).chain([None]).map(|from| self.transition(from, stage)).sum()
    }
}

fn add_all<T: Copy + std::ops::AddAssign>(into: &mut [T], more: &[T]) {
    into.iter_mut().zip(more).for_each(|(n, more)| *n += *more);
}

/// Counts codes; with `last` unknown ones in the last place, else not at all.
fn count_codes(into: &mut [u64], codes: &[u32], last: bool) {
    let unknown = if last { into.len().saturating_sub(1) } else { usize::MAX };
    for &code in codes {
        let place = if code == NONE { unknown } else { code as usize };
        if let Some(n) = into.get_mut(place) {
            *n += 1;
        }
    }
}

fn count_options(into: &mut [u64], column: &Column) {
    if let Column::Option(codes) = column {
        for &code in codes.iter().filter(|&&code| code != UNKNOWN_CODE) {
            if let Some(n) = into.get_mut(code as usize) {
                *n += 1;
            }
        }
    } else if let Column::Set(set) = column {
        for row in set.bits.chunks(set.words.max(1)) {
            for (word, &bits) in row.iter().enumerate() {
                let ones = std::iter::successors((bits != 0).then_some(bits), |b| Some(b & (b - 1)).filter(|&b| b != 0));
                for bit in ones.map(u64::trailing_zeros) {
                    if let Some(n) = into.get_mut(word * 64 + bit as usize) {
                        *n += 1;
                    }
                }
            }
        }
    }
}

//! What changed, counted over all records.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::previous::Previous;
use super::split::Cause;
use crate::column::Mask;
use crate::hir::Model;
use crate::value::{Points, points_as_number};

/// Keys of records that are gone, told at most.
const GONE: usize = 10;

/// How many go from one stage to another, by name; the empty name is unknown.
pub(super) type Steps = FxHashMap<(Arc<str>, Arc<str>), u64>;

/// What was counted; counts of several threads add up.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Records of now that the earlier run had too.
    pub matched: u64,
    /// Records that it did not have.
    pub new: u64,
    /// Records of now without a key.
    pub without_key: u64,
    /// Records of now whose key the earlier run had more than once.
    pub twice: u64,
    /// Matched records of which any output is another.
    pub changed: u64,
    /// Matched records of which any stage is another.
    pub moved: u64,
    pub(super) seen: Mask,
    pub(super) scores: Vec<ScoreCounts>,
    /// By lifecycle.
    pub(super) moves: Vec<Steps>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ScoreCounts {
    up: u64,
    down: u64,
    same: u64,
    now_known: u64,
    no_longer_known: u64,
    sum: i128,
    parts: Vec<i128>,
}

impl ScoreCounts {
    pub(super) fn add(&mut self, before: Option<i64>, after: Option<i64>, parts: &[i64]) {
        match (before, after) {
            (Some(b), Some(a)) => {
                match a.cmp(&b) {
                    std::cmp::Ordering::Greater => self.up += 1,
                    std::cmp::Ordering::Less => self.down += 1,
                    std::cmp::Ordering::Equal => self.same += 1,
                }
                self.sum += i128::from(a) - i128::from(b);
            }
            (None, Some(_)) => self.now_known += 1,
            (Some(_), None) => self.no_longer_known += 1,
            (None, None) => self.same += 1,
        }
        self.parts.resize(self.parts.len().max(parts.len()), 0);
        self.parts.iter_mut().zip(parts).for_each(|(sum, part)| *sum += i128::from(*part));
    }

    fn merge(&mut self, other: &Self) {
        self.up += other.up;
        self.down += other.down;
        self.same += other.same;
        self.now_known += other.now_known;
        self.no_longer_known += other.no_longer_known;
        self.sum += other.sum;
        self.parts.resize(self.parts.len().max(other.parts.len()), 0);
        self.parts.iter_mut().zip(&other.parts).for_each(|(sum, part)| *sum += part);
    }
}

impl Counts {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(model: &Model, previous: &Previous) -> Self {
        Self {
            seen: Mask::filled(previous.places, false),
            scores: vec![ScoreCounts::default(); model.scores.len()],
            moves: vec![FxHashMap::default(); model.lifecycles.len()],
            ..Self::default()
        }
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: &Self) {
        self.matched += other.matched;
        self.new += other.new;
        self.without_key += other.without_key;
        self.twice += other.twice;
        self.changed += other.changed;
        self.moved += other.moved;
        self.seen.or(&other.seen);
        self.scores.iter_mut().zip(&other.scores).for_each(|(s, o)| s.merge(o));
        for (moves, more) in self.moves.iter_mut().zip(&other.moves) {
            more.iter().for_each(|(step, n)| *moves.entry(step.clone()).or_default() += n);
        }
    }

    /// The same for people and programs.
    #[must_use]
    pub fn report(&self, model: &Model, previous: &Previous, causes: &[Cause], source: Source) -> Report {
        let score = |(s, counts): (&crate::hir::Score, &ScoreCounts)| ScoreChange {
            name: s.name.to_string(),
            up: counts.up,
            down: counts.down,
            same: counts.same,
            now_known: counts.now_known,
            no_longer_known: counts.no_longer_known,
            change: points(counts.sum),
            by: causes.iter().zip(&counts.parts).map(|(cause, sum)| Part { cause: *cause, points: points(*sum) }).collect(),
        };
        let lifecycle = |(l, moves): (&crate::hir::Lifecycle, &Steps)| {
            let name = |text: &Arc<str>| (!text.is_empty()).then(|| text.to_string());
            let mut transitions: Vec<Transition> =
                moves.iter().map(|((from, to), &records)| Transition { from: name(from), to: name(to), records }).collect();
            transitions.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
            LifecycleChange { name: l.name.to_string(), transitions }
        };
        let gone = previous.len() - self.seen.count();
        Report {
            source,
            matched: self.matched,
            new: self.new,
            gone: gone as u64,
            gone_keys: previous.unseen(&self.seen, GONE),
            without_key: self.without_key,
            twice: self.twice,
            changed: self.changed,
            moved: self.moved,
            scores: model.scores.iter().zip(&self.scores).map(score).collect(),
            lifecycles: model.lifecycles.iter().zip(&self.moves).map(lifecycle).collect(),
        }
    }
}

fn points(sum: i128) -> Change {
    Change(Points(i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })))
}

/// A sum of points, written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change(pub Points);

impl Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        points_as_number(&self.0, serializer)
    }
}

/// What the records were compared with.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Source {
    /// The earlier output, as named.
    pub output: String,
    /// The earlier rules, as named, if they were given.
    pub rules: Option<String>,
    /// The earlier data, as named, if they were given.
    pub data: Vec<String>,
    /// The earlier moment, if it was given.
    pub as_of: Option<String>,
}

/// What changed since the earlier run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the records were compared with.
    #[serde(flatten)]
    pub source: Source,
    /// Records that both runs have.
    pub matched: u64,
    /// Records that only this run has.
    pub new: u64,
    /// Records that only the earlier run has.
    pub gone: u64,
    /// The keys of the first of them.
    pub gone_keys: Vec<String>,
    /// Records of this run without a key.
    pub without_key: u64,
    /// Records of this run whose key the earlier run has more than once.
    pub twice: u64,
    /// Records of which any output is another.
    pub changed: u64,
    /// Records of which any stage is another.
    pub moved: u64,
    /// By score.
    pub scores: Vec<ScoreChange>,
    /// By lifecycle.
    pub lifecycles: Vec<LifecycleChange>,
}

/// What became of a score.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreChange {
    /// Its name.
    pub name: String,
    /// Records whose score is greater.
    pub up: u64,
    /// Records whose score is less.
    pub down: u64,
    /// Records whose score is the same, unknown ones among them.
    pub same: u64,
    /// Records that have a score now and had none.
    pub now_known: u64,
    /// Records that had a score and have none now.
    pub no_longer_known: u64,
    /// The changes of all records that had and have the score, added up.
    pub change: Change,
    /// Its parts; they add up to it.
    pub by: Vec<Part>,
}

/// A part of a change.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// Where it comes from.
    pub cause: Cause,
    /// How much.
    pub points: Change,
}

/// What became of a lifecycle.
#[derive(Debug, Clone, Serialize)]
pub struct LifecycleChange {
    /// Its name.
    pub name: String,
    /// Changes of stage since the earlier run, most first.
    pub transitions: Vec<Transition>,
}

/// A change of stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// From; `null` for unknown.
    pub from: Option<String>,
    /// To; `null` for unknown.
    pub to: Option<String>,
    /// How many records.
    pub records: u64,
}

//! What becomes of the records: counted batch by batch, in memory that does not grow with their number.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::plan::{BothStages, Plan};
use crate::column::Selected;
use crate::invariant::SureAt as _;
use crate::vm::scores::{Cause, NONE, Scores};

/// The ends of the bars of a distribution of changes, in whole points; a bar holds what is at least as far from zero as its
/// nearer end.
const STEPS: [i64; 6] = [1, 5, 10, 20, 50, 100];

/// What becomes of the records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct People {
    /// How many there are.
    pub records: u64,
    /// How many change stage in a lifecycle, as [`Gate`](super::Gate)s count them.
    pub moved: u64,
    /// How many are excluded now and were not.
    pub now_excluded: u64,
    /// How many were excluded and are not now.
    pub no_longer_excluded: u64,
    /// By score of both models.
    pub scores: Vec<ScoreChange>,
    /// By label of both models: how many records have another value.
    pub labels: Vec<LabelChange>,
    /// The rules that change scores, the one that moves most points first.
    pub rules: Vec<RuleEffect>,
    /// By lifecycle of both models.
    pub lifecycles: Vec<StageChange>,
}

/// What becomes of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// The greatest fall, in points; 0 where none falls.
    pub least: f64,
    /// The greatest rise.
    pub most: f64,
    /// The mean change over the records that have a score before and after.
    pub mean: f64,
    /// How many change by how much.
    pub distribution: Vec<Bar>,
}

/// Records whose score changes by at least `from` and less than `to` points (for falls: more than `from`, at most `to`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// The lower end; none where there is none.
    pub from: Option<i64>,
    /// The upper end; none where there is none.
    pub to: Option<i64>,
    /// How many.
    pub records: u64,
}

/// What becomes of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelChange {
    /// Its name.
    pub name: String,
    /// Records that have another value.
    pub changed: u64,
}

/// What a rule does to scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleEffect {
    /// Its reason in quotes, or its words.
    pub rule: String,
    /// Where it belongs.
    pub place: String,
    /// Its line.
    pub line: usize,
    /// Records to which it gives other points than before.
    pub records: u64,
    /// The points that it gives more (or, below zero, less) over all records.
    pub points: f64,
}

/// What becomes of a lifecycle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageChange {
    /// Its name.
    pub name: String,
    /// Records whose stage is another.
    pub moved: u64,
    /// The stages in their order; the last, null, is unknown.
    pub stages: Vec<StageCount>,
    /// How many go from which stage to which, those that stay among them; only those that occur.
    pub matrix: Vec<Move>,
    /// Why records move, the most frequent cause first.
    pub causes: Vec<MoveCause>,
}

/// What becomes of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageCount {
    /// The stage; none for unknown.
    pub stage: Option<String>,
    /// Records in it under the old rules.
    pub old: u64,
    /// Records in it under the new rules.
    pub new: u64,
    /// Records that enter it.
    pub entered: u64,
    /// Records that leave it.
    pub left: u64,
    /// Those that enter, the first of them, with what moved them.
    pub enters: Vec<Mover>,
    /// Those that leave, the first of them.
    pub leaves: Vec<Mover>,
}

/// How many go from a stage to a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Under the old rules.
    pub from: Option<String>,
    /// Under the new rules.
    pub to: Option<String>,
    /// How many.
    pub records: u64,
}

/// A cause of moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveCause {
    /// The rule.
    pub rule: String,
    /// Where it belongs.
    pub place: String,
    /// Its line.
    pub line: usize,
    /// How many it moves.
    pub records: u64,
}

/// A record that moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mover {
    /// Its key, or its row.
    pub key: String,
    /// The columns of the data that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<Selected>,
    /// Its stage under the old rules.
    pub from: Option<String>,
    /// Its stage under the new rules.
    pub to: Option<String>,
    /// The rule that moved it: the one whose points changed most, or the line of the lifecycle that decides otherwise.
    pub rule: String,
    /// Where that rule belongs.
    pub place: String,
    /// The points that the rule gives more or less, where it is points.
    pub points: Option<f64>,
}

/// Who a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Its key, or its row.
    pub key: String,
    /// The columns of the data that were asked for.
    pub selected: Vec<Selected>,
}

/// A mover while it is counted.
#[derive(Debug, Clone)]
struct Moved {
    row: u64,
    who: Who,
    from: u32,
    to: u32,
    cause: Option<(usize, Option<i64>)>,
}

/// What was counted.
#[derive(Debug)]
pub struct Tally<'p> {
    plan: &'p Plan,
    most_movers: usize,
    records: u64,
    moved: u64,
    now_excluded: u64,
    no_longer_excluded: u64,
    scores: Vec<ScoreTally>,
    labels: Vec<u64>,
    /// By pair: records and hundredths.
    effects: Vec<(u64, i128)>,
    stages: Vec<StageTally>,
}

#[derive(Debug, Clone, Default)]
struct ScoreTally {
    up: u64,
    down: u64,
    same: u64,
    now_known: u64,
    no_longer_known: u64,
    least: i64,
    most: i64,
    sum: i128,
    both: u64,
    bars: [u64; 2 * STEPS.len() + 1],
}

#[derive(Debug, Clone, Default)]
struct StageTally {
    moved: u64,
    cells: BTreeMap<(u32, u32), (u64, Vec<Moved>)>,
    causes: FxHashMap<Option<usize>, u64>,
}

/// Hundredths as points.
#[expect(clippy::cast_precision_loss, reason = "points for people")]
fn points(hundredths: i128) -> f64 {
    hundredths as f64 / 100.0
}

/// The bar of a change: the middle one is no change.
fn bar(change: i64) -> usize {
    let far = STEPS.iter().filter(|&&step| change.unsigned_abs() >= step.unsigned_abs() * 100).count();
    // A change of less than one point stands with those of one.
    let far = if change == 0 { 0 } else { far.max(1) };
    if change < 0 { STEPS.len() - far } else { STEPS.len() + far }
}

impl<'p> Tally<'p> {
    /// Nothing counted yet; of the records that go from one stage to another so many are named.
    #[must_use]
    pub fn new(plan: &'p Plan, most_movers: usize) -> Self {
        Self {
            plan,
            most_movers,
            records: 0,
            moved: 0,
            now_excluded: 0,
            no_longer_excluded: 0,
            scores: vec![ScoreTally::default(); plan.scores.len()],
            labels: vec![0; plan.labels.len()],
            effects: vec![(0, 0); plan.rules.len()],
            stages: vec![StageTally::default(); plan.stages.len()],
        }
    }

    /// Counts a batch: what each model makes of the same records, with their accounts; `who` names a record.
    pub fn add(&mut self, old: &Scores, new: &Scores, first_row: u64, who: &dyn Fn(usize) -> Who) {
        for row in 0..old.rows.min(new.rows) {
            self.records += 1;
            let plan = self.plan;
            let code = |scores: &Scores| scores.excluded.get(row).copied().filter(|&c| c != NONE);
            let excluded = (code(old), code(new));
            self.now_excluded += u64::from(matches!(excluded, (None, Some(_))));
            self.no_longer_excluded += u64::from(matches!(excluded, (Some(_), None)));
            let mut changed = false;
            for (tally, both) in self.scores.iter_mut().zip(&plan.scores) {
                let of = |scores: &Scores, at: usize| scores.scores.get(at).and_then(|s| s.get(row));
                changed |= tally.add(of(old, both.old), of(new, both.new));
            }
            for (count, both) in self.labels.iter_mut().zip(&plan.labels) {
                let of = |scores: &Scores, at: usize| scores.labels.get(at).and_then(|l| l.get(row)).copied().unwrap_or(NONE);
                let before = both.codes.get(of(old, both.old) as usize).copied().unwrap_or(NONE);
                *count += u64::from(before != of(new, both.new));
            }
            let differences = differences(plan, old, new, row);
            if changed && excluded == (None, None) {
                for &(pair, _, points) in &differences {
                    if let Some((records, sum)) = self.effects.get_mut(pair) {
                        *records += 1;
                        *sum += i128::from(points);
                    }
                }
            }
            self.row_stages(old, new, row, &Moves { excluded, differences: &differences, row: first_row + row as u64, who });
        }
    }

    fn row_stages(&mut self, old: &Scores, new: &Scores, row: usize, moves: &Moves<'_>) {
        let mut any = false;
        for (tally, it) in self.stages.iter_mut().zip(&self.plan.stages) {
            let (Some(before), Some(after)) = (old.lifecycles.get(it.both.old), new.lifecycles.get(it.both.new)) else {
                continue;
            };
            let from = before.after.get(row).and_then(|&c| it.both.codes.get(c as usize)).copied().unwrap_or(NONE);
            let to = after.after.get(row).copied().unwrap_or(NONE);
            let (count, movers) = tally.cells.entry((from, to)).or_default();
            *count += 1;
            if from == to {
                continue;
            }
            any = true;
            tally.moved += 1;
            let causes = (*before.causes.sure_at(row), *after.causes.sure_at(row));
            let cause = moves.cause(self.plan, it, causes);
            *tally.causes.entry(cause.map(|(pair, _)| pair)).or_default() += 1;
            if movers.len() < self.most_movers {
                movers.push(Moved { row: moves.row, who: (moves.who)(row), from, to, cause });
            }
        }
        self.moved += u64::from(any);
    }

    /// What was counted, for people.
    #[must_use]
    pub fn finish(self) -> People {
        let plan = self.plan;
        let mut effects: Vec<(usize, u64, i128)> =
            self.effects.iter().enumerate().filter(|(_, (n, _))| *n > 0).map(|(at, &(n, sum))| (at, n, sum)).collect();
        effects.sort_by_key(|&(at, n, sum)| (std::cmp::Reverse(sum.unsigned_abs()), std::cmp::Reverse(n), at));
        let effect = |(at, records, sum): (usize, u64, i128)| {
            let rule = plan.rules.get(at)?;
            let (name, place) = (rule.name.clone(), rule.place.clone());
            Some(RuleEffect { rule: name, place, line: rule.line, records, points: points(sum) })
        };
        let most = self.most_movers;
        People {
            records: self.records,
            moved: self.moved,
            now_excluded: self.now_excluded,
            no_longer_excluded: self.no_longer_excluded,
            scores: self.scores.iter().zip(&plan.scores).map(|(tally, both)| tally.finish(&both.name)).collect(),
            labels: plan
                .labels
                .iter()
                .zip(&self.labels)
                .map(|(l, &n)| LabelChange { name: l.name.to_string(), changed: n })
                .collect(),
            rules: effects.into_iter().filter_map(effect).collect(),
            lifecycles: self.stages.iter().zip(&plan.stages).map(|(tally, it)| tally.finish(it, plan, most)).collect(),
        }
    }
}

/// What each rule gives more or less to a record: pair, score (of the new model, or the old one where it is gone), hundredths.
fn differences(plan: &Plan, old: &Scores, new: &Scores, row: usize) -> Vec<(usize, u32, i64)> {
    let mut sums: BTreeMap<usize, (u32, i64)> = BTreeMap::new();
    for (scores, who, sign) in [(old, &plan.old, -1), (new, &plan.new, 1)] {
        let Some(reasons) = &scores.reasons else { continue };
        let (Some(&from), Some(&to)) = (reasons.offsets.get(row), reasons.offsets.get(row + 1)) else { continue };
        for reason in reasons.entries.sure_at(from as usize..to as usize) {
            if let Some(pair) = who.gave(reason.score, reason.origin) {
                let slot = sums.entry(pair).or_insert((reason.score, 0));
                *slot = (reason.score, slot.1.saturating_add(sign * reason.points));
            }
        }
    }
    sums.into_iter().filter(|(_, (_, points))| *points != 0).map(|(pair, (score, points))| (pair, score, points)).collect()
}

/// What there is to know of a record that may move.
struct Moves<'a> {
    excluded: (Option<u32>, Option<u32>),
    differences: &'a [(usize, u32, i64)],
    row: u64,
    who: &'a dyn Fn(usize) -> Who,
}

impl Moves<'_> {
    /// The rule that moves the record, with the points that it gives more or less.
    fn cause(&self, plan: &Plan, it: &BothStages, causes: (Cause, Cause)) -> Option<(usize, Option<i64>)> {
        match self.excluded {
            (None, Some(code)) => return plan.new.excluded(code).map(|pair| (pair, None)),
            (Some(code), None) => return plan.old.excluded(code).map(|pair| (pair, None)),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let (was, is) = (plan.old.decided(it.both.old, causes.0), plan.new.decided(it.both.new, causes.1));
        let touched = |pair: &usize| *plan.touched.sure_at(*pair);
        // A hold or a line without scores that is another decides whatever the scores are.
        let counted =
            self.differences.iter().filter(|(_, score, _)| it.old_reads.contains(score) || it.new_reads.contains(score));
        let greatest = counted.max_by_key(|(pair, _, points)| (points.unsigned_abs(), std::cmp::Reverse(*pair)));
        if let Some(&(pair, _, points)) = greatest {
            return Some((pair, Some(points)));
        }
        is.filter(touched).or(was.filter(touched)).or(is).or(was).map(|pair| (pair, None))
    }
}

impl ScoreTally {
    /// Counts a record; whether its score is another.
    fn add(&mut self, old: Option<i64>, new: Option<i64>) -> bool {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(_)) => {
                self.now_known += 1;
                return true;
            }
            (Some(_), None) => {
                self.no_longer_known += 1;
                return true;
            }
            (None, None) => {
                self.same += 1;
                return false;
            }
        };
        let change = new - old;
        self.both += 1;
        self.sum += i128::from(change);
        self.least = self.least.min(change);
        self.most = self.most.max(change);
        let slot = if change > 0 { &mut self.up } else { if change < 0 { &mut self.down } else { &mut self.same } };
        *slot += 1;
        if let Some(n) = self.bars.get_mut(bar(change)) {
            *n += 1;
        }
        change != 0
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    fn finish(&self, name: &str) -> ScoreChange {
        let ends = |at: usize| -> (Option<i64>, Option<i64>) {
            let middle = STEPS.len();
            let step = |n: usize| if n == 0 { Some(0) } else { STEPS.get(n).copied() };
            match at.cmp(&middle) {
                std::cmp::Ordering::Equal => (Some(0), Some(0)),
                std::cmp::Ordering::Greater => (step(at - middle - 1), STEPS.get(at - middle).copied()),
                std::cmp::Ordering::Less => (STEPS.get(middle - at).map(|s| -s), step(middle - at - 1).map(|s| -s)),
            }
        };
        let bars = self.bars.iter().enumerate().filter(|(_, n)| **n > 0);
        ScoreChange {
            name: name.to_owned(),
            up: self.up,
            down: self.down,
            same: self.same,
            now_known: self.now_known,
            no_longer_known: self.no_longer_known,
            least: points(i128::from(self.least)),
            most: points(i128::from(self.most)),
            mean: if self.both == 0 { 0.0 } else { points(self.sum) / self.both as f64 },
            distribution: bars
                .map(|(at, &records)| {
                    let (from, to) = ends(at);
                    Bar { from, to, records }
                })
                .collect(),
        }
    }
}

impl StageTally {
    fn finish(&self, it: &BothStages, plan: &Plan, most: usize) -> StageChange {
        let name = |code: u32| it.stages.get(code as usize).map(|s| s.to_string());
        let unnamed = "unknown values";
        let mover = |moved: &Moved| {
            let rule = moved.cause.and_then(|(pair, _)| plan.rules.get(pair));
            Mover {
                key: moved.who.key.clone(),
                selected: moved.who.selected.clone(),
                from: name(moved.from),
                to: name(moved.to),
                rule: rule.map_or_else(|| unnamed.to_owned(), |r| r.name.clone()),
                place: rule.map_or_else(String::new, |r| r.place.clone()),
                points: moved.cause.and_then(|(_, points)| points).map(|p| points(i128::from(p))),
            }
        };
        let named = |wanted: &dyn Fn(u32, u32) -> bool| -> Vec<Mover> {
            let cells = self.cells.iter().filter(|((from, to), _)| from != to && wanted(*from, *to));
            let mut movers: Vec<&Moved> = cells.flat_map(|(_, (_, movers))| movers).collect();
            movers.sort_by_key(|m| m.row);
            movers.truncate(most);
            movers.into_iter().map(mover).collect()
        };
        let count = |wanted: &dyn Fn(u32, u32) -> bool| -> u64 {
            self.cells.iter().filter(|((from, to), _)| wanted(*from, *to)).map(|(_, (n, _))| n).sum()
        };
        let codes = (0..crate::invariant::number(it.stages.len())).chain([NONE]);
        let stages = codes.map(|code| StageCount {
            stage: name(code),
            old: count(&|from, _| from == code),
            new: count(&|_, to| to == code),
            entered: count(&|from, to| from != to && to == code),
            left: count(&|from, to| from != to && from == code),
            enters: named(&|_, to| to == code),
            leaves: named(&|from, _| from == code),
        });
        let mut causes: Vec<(Option<usize>, u64)> = self.causes.iter().map(|(pair, n)| (*pair, *n)).collect();
        causes.sort_by_key(|&(pair, n)| (std::cmp::Reverse(n), pair));
        let cause = |(pair, records): (Option<usize>, u64)| {
            let rule = pair.and_then(|at| plan.rules.get(at));
            MoveCause {
                rule: rule.map_or_else(|| unnamed.to_owned(), |r| r.name.clone()),
                place: rule.map_or_else(String::new, |r| r.place.clone()),
                line: rule.map_or(0, |r| r.line),
                records,
            }
        };
        StageChange {
            name: it.both.name.to_string(),
            moved: self.moved,
            stages: stages.collect(),
            matrix: self
                .cells
                .iter()
                .map(|(&(from, to), &(records, _))| Move { from: name(from), to: name(to), records })
                .collect(),
            causes: causes.into_iter().map(cause).collect(),
        }
    }
}

//! Who gave which points: sums, hits, and the account of every record.

use rustc_hash::FxHashMap;

use crate::bytecode::{Best, Part, Shape, Sum, Target};
use crate::column::Mask;
use crate::id::{ArmId, ItemId, ScoreId};
use crate::invariant::{SureAt as _, SureAtMut as _};
use crate::kernel::points;

use super::load::Places;
use super::scores::{Origin, Reason};
use super::step::Step;

/// What a block's items give.
#[derive(Debug, Default)]
pub(super) struct PointsLedger {
    /// By sum and row.
    pub(super) sums: Vec<Vec<i64>>,
    /// By score: the records that it may score.
    pub(super) live: Vec<Mask>,
    /// Whether hits, points and unknowns are counted; else they stay empty.
    pub(super) counting: bool,
    /// By arm.
    pub(super) hits: Vec<u64>,
    /// By arm.
    pub(super) points: Vec<i128>,
    /// By item.
    pub(super) unknowns: Vec<u64>,
    /// Row and entry, if accounts are kept.
    pub(super) entries: Option<Vec<(u32, Reason)>>,
    /// Row and item of every unknown, if a table is being filled.
    pub(super) open: Option<Vec<(u32, ScoreId, ItemId)>>,
    /// Row and arm of the hits beyond the first that one record gives, if a table is being filled.
    pub(super) more: Option<Vec<(u32, ScoreId, ArmId, u64)>>,
    /// What is held back, the innermost last.
    pub(super) held: Vec<HeldBack>,
    /// By item: the records in which it is not among the best of its group.
    pub(super) left_out: Vec<u64>,
    /// By table of lines: what the texts of a dictionary stand for.
    pub(super) lines: FxHashMap<u32, Places>,
    /// How points came about, if a trace is kept.
    pub(super) steps: Option<Vec<Step>>,
}

impl PointsLedger {
    /// Nothing given yet, to `rows` records.
    pub(super) fn reset(&mut self, shape: &Shape, rows: usize) {
        self.sums.resize_with(shape.sums as usize, Vec::new);
        for sum in &mut self.sums {
            sum.clear();
            sum.resize(rows, 0);
        }
        self.live.resize_with(shape.scores as usize, Mask::new);
        for live in &mut self.live {
            live.reset(rows, true);
        }
        let (arms, items) = if self.counting { (shape.arms as usize, shape.items as usize) } else { (0, 0) };
        self.hits.clear();
        self.hits.resize(arms, 0);
        self.points.clear();
        self.points.resize(arms, 0);
        for counts in [&mut self.unknowns, &mut self.left_out] {
            counts.clear();
            counts.resize(items, 0);
        }
        self.held.clear();
        if let Some(entries) = &mut self.entries {
            entries.clear();
        }
        if let Some(open) = &mut self.open {
            open.clear();
        }
        if let Some(more) = &mut self.more {
            more.clear();
        }
        if let Some(steps) = &mut self.steps {
            steps.clear();
        }
    }

    pub(super) fn sum(&self, sum: Sum) -> &[i64] {
        self.sums.sure_at(sum.index())
    }

    pub(super) fn sum_mut(&mut self, sum: Sum) -> &mut [i64] {
        self.sums.sure_at_mut(sum.index())
    }

    pub(super) fn is_live(&self, score: ScoreId, row: usize) -> bool {
        self.live.get(score.index()).is_some_and(|live| live.get(row))
    }

    /// The same points to all rows of the mask.
    pub(super) fn give(&mut self, target: Target, rows: &Mask, each: i64) {
        if !rows.any() {
            return;
        }
        if each != 0 {
            points::add(self.sum_mut(target.sum), rows, each);
        }
        if !self.held.is_empty() {
            rows.ones().for_each(|row| self.note(target, row, each, 1));
            return;
        }
        let Some(live) = self.live.get(target.score.index()) else { return };
        let words = rows.words().iter().zip(live.words());
        let count: u64 = words.map(|(rows, live)| u64::from((rows & live).count_ones())).sum();
        self.count(target.arm, count, i128::from(each) * i128::from(count));
        if let Some(entries) = &mut self.entries {
            let reason = Reason { score: target.score.0, origin: Origin::Arm(target.arm), points: each };
            let live = self.live.get(target.score.index());
            let rows = rows.ones().filter(|&row| live.is_some_and(|live| live.get(row)));
            entries.extend(rows.map(|row| (number(row), reason)));
        }
    }

    /// Points to one row, whose sum is not touched, for so many hits.
    pub(super) fn note(&mut self, target: Target, row: usize, points: i64, hits: u64) {
        if !self.is_live(target.score, row) {
            return;
        }
        if let Some(back) = self.held.last_mut() {
            let what = Given::Arm(target.arm, points, hits);
            back.given.push(Held { row: number(row), score: target.score, item: target.item, what });
            return;
        }
        self.count(target.arm, hits, i128::from(points));
        if let Some(more) = self.more.as_mut().filter(|_| hits > 1) {
            more.push((number(row), target.score, target.arm, hits - 1));
        }
        self.entry(row, Reason { score: target.score.0, origin: Origin::Arm(target.arm), points });
    }

    /// What the bounds of an item or group took or added.
    pub(super) fn bound(&mut self, score: ScoreId, item: ItemId, row: usize, points: i64) {
        if !self.is_live(score, row) {
            return;
        }
        if let Some(back) = self.held.last_mut() {
            back.given.push(Held { row: number(row), score, item, what: Given::Bound(points) });
        } else {
            self.entry(row, Reason { score: score.0, origin: Origin::Group(item), points });
        }
    }

    /// An entry of a record's account.
    pub(super) fn entry(&mut self, row: usize, reason: Reason) {
        if let Some(entries) = &mut self.entries {
            entries.push((number(row), reason));
        }
    }

    pub(super) fn count(&mut self, arm: ArmId, hits: u64, points: i128) {
        if let Some(slot) = self.hits.get_mut(arm.index()) {
            *slot += hits;
        }
        if let Some(slot) = self.points.get_mut(arm.index()) {
            *slot += points;
        }
    }

    /// The records for which an item is unknown.
    pub(super) fn unknown(&mut self, score: ScoreId, item: ItemId, rows: &Mask) {
        if !rows.any() {
            return;
        }
        let Some(live) = self.live.get(score.index()) else { return };
        if let Some(back) = self.held.last_mut() {
            let rows = rows.ones().filter(|&row| live.get(row));
            back.given.extend(rows.map(|row| Held { row: number(row), score, item, what: Given::Unknown }));
            return;
        }
        let words = rows.words().iter().zip(live.words());
        let count: u64 = words.map(|(rows, live)| u64::from((rows & live).count_ones())).sum();
        if let Some(slot) = self.unknowns.get_mut(item.index()) {
            *slot += count;
        }
        if let Some(open) = &mut self.open {
            open.extend(rows.ones().map(|row| (number(row), score, item)));
        }
    }
}

/// What is given between a `Hold` and its `Release`.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    given: Vec<Held>,
    /// How many steps there were before.
    steps: usize,
}

/// Something given whose record or item may yet count for nothing.
#[derive(Debug)]
struct Held {
    row: u32,
    score: ScoreId,
    item: ItemId,
    what: Given,
}

#[derive(Debug)]
enum Given {
    /// An arm fired, for so many hits.
    Arm(ArmId, i64, u64),
    /// Bounds took or added points.
    Bound(i64),
    /// An item is unknown.
    Unknown,
}

impl PointsLedger {
    /// Holds back what is given from here on.
    pub(super) fn hold(&mut self) {
        let steps = self.steps.as_ref().map_or(0, Vec::len);
        self.held.push(HeldBack { given: Vec::new(), steps });
    }

    /// Lets go what was held back, in the records of `when` alone, and of the parts of `best` what they give there.
    pub(super) fn release(&mut self, when: Option<&Mask>, best: Option<&Best>) {
        let Some(back) = self.held.pop() else { return };
        let counted = best.map(|best| (best, self.add_best(best)));
        let is_open = |row: usize| when.is_none_or(|when| when.get(row));
        if let Some(steps) = &mut self.steps {
            let mut at = 0;
            steps.retain(|step| {
                at += 1;
                at <= back.steps || is_open(step.row)
            });
        }
        if let Some((best, masks)) = counted.as_ref().filter(|_| self.counting) {
            for (part, counts) in best.parts.iter().zip(masks) {
                let of = self.sum(part.sum);
                let out = counts.zeros().filter(|&row| is_open(row) && of.get(row).is_some_and(|&points| points > 0)).count();
                if let Some(slot) = self.left_out.get_mut(part.item.index()) {
                    *slot += out as u64;
                }
            }
        }
        for Held { row, score, item, what } in back.given {
            let row = row as usize;
            if !is_open(row) {
                continue;
            }
            let counts = counted.as_ref().is_none_or(|(best, masks)| {
                let part = best.parts.partition_point(|part| part.item <= item).checked_sub(1);
                part.and_then(|at| masks.get(at)).is_some_and(|mask| mask.get(row))
            });
            match what {
                Given::Arm(arm, points, hits) => {
                    let target = Target { score, sum: Sum(u32::MAX), item, arm };
                    self.note(target, row, if counts { points } else { 0 }, hits);
                }
                Given::Bound(points) if counts => self.bound(score, item, row, points),
                Given::Bound(_) => {}
                Given::Unknown => self.unknown_row(score, item, row),
            }
        }
    }

    /// Adds the best parts of every record to the group's sum: which they are, part by part.
    fn add_best(&mut self, best: &Best) -> Vec<Mask> {
        let rows = self.sum(best.sum).len();
        let mut masks = vec![Mask::filled(rows, false); best.parts.len()];
        let mut order: Vec<(i64, usize)> = Vec::with_capacity(best.parts.len());
        for row in 0..rows {
            order.clear();
            let given = |part: &Part| *self.sum(part.sum).sure_at(row);
            order.extend(best.parts.iter().enumerate().map(|(at, part)| (given(part), at)));
            order.sort_by_key(|&(points, at)| (std::cmp::Reverse(points), at));
            order.truncate(best.count as usize);
            let sum = order.iter().fold(0_i64, |sum, (points, _)| sum.saturating_add(*points));
            for (_, at) in &order {
                if let Some(mask) = masks.get_mut(*at) {
                    mask.set(row, true);
                }
            }
            if let Some(slot) = self.sum_mut(best.sum).get_mut(row) {
                *slot = sum;
            }
        }
        masks
    }

    fn unknown_row(&mut self, score: ScoreId, item: ItemId, row: usize) {
        if let Some(back) = self.held.last_mut() {
            back.given.push(Held { row: number(row), score, item, what: Given::Unknown });
        } else if let Some(slot) = self.unknowns.get_mut(item.index()) {
            *slot += 1;
        }
    }
}

/// A batch has fewer than 2 to the 32 rows.
pub(super) fn number(row: usize) -> u32 {
    crate::invariant::number(row)
}

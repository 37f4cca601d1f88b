//! Who gave which points: sums, hits, and the account of every record.

use rustc_hash::FxHashMap;

use crate::bytecode::{Shape, Sum, Target};
use crate::column::Mask;
use crate::id::{ArmId, ItemId, ScoreId};
use crate::kernel::points;

use super::load::Places;
use super::scores::{Origin, Reason};
use super::trace::Step;

/// What a block's items give.
#[derive(Debug, Default)]
pub(super) struct Awards {
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
    /// By table of lines: what the texts of a dictionary stand for.
    pub(super) lines: FxHashMap<u32, Places>,
    /// How points came about, if a trace is kept.
    pub(super) steps: Option<Vec<Step>>,
}

impl Awards {
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
        self.unknowns.clear();
        self.unknowns.resize(items, 0);
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
        self.sums.get(sum.index()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn sum_mut(&mut self, sum: Sum) -> &mut [i64] {
        self.sums.get_mut(sum.index()).map(Vec::as_mut_slice).unwrap_or_default()
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
        self.count(target.arm, hits, i128::from(points));
        if let Some(more) = self.more.as_mut().filter(|_| hits > 1) {
            more.push((number(row), target.score, target.arm, hits - 1));
        }
        self.entry(row, Reason { score: target.score.0, origin: Origin::Arm(target.arm), points });
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

/// A batch has fewer than 2 to the 32 rows.
pub(super) fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

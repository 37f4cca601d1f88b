//! What a score rests on, and outer bounds from the ranges of that.

use std::collections::{BTreeMap, BTreeSet};

use super::formula::{self, Direction};
use super::search::{End, Objective};
use crate::hir::{Bounds, Model, ScoreBody, ScoreId};

impl Objective<'_, '_> {
    /// An outer bound of a formula that takes a score both ways: its parts' ranges by interval arithmetic.
    pub(super) fn by_intervals(&self, score: ScoreId, way: Direction) -> Option<End> {
        // No record may get one of the scores, and yet another formula of several may do without it.
        let ranges: BTreeMap<ScoreId, formula::Interval> = self
            .roots
            .keys()
            .filter_map(|&base| {
                let goal = Objective::of(self.picture, base);
                Some((base, (goal.extreme(base, Direction::Down)?.points, goal.extreme(base, Direction::Up)?.points)))
            })
            .collect();
        let model = self.picture.model;
        let interval = if self.before_bounds {
            formula::within(model, score, &ranges, &Bounds::default())
        } else {
            formula::interval(model, score, &ranges)
        };
        if interval.is_none() && ranges.len() < self.roots.len() {
            return None;
        }
        let points = interval.and_then(|(min, max)| if way == Direction::Up { max } else { min });
        Some(End { points, assignment: None })
    }
}

/// The scores that are sums of items and that this one rests on.
pub(super) fn bases_of(model: &Model, score: ScoreId, out: &mut BTreeSet<ScoreId>) {
    match model.score(score).map(|s| &s.body) {
        Some(ScoreBody::Items { .. } | ScoreBody::Given(_)) => {
            out.insert(score);
        }
        Some(ScoreBody::Formula(f)) => f.scores(&mut |s| bases_of(model, s, out)),
        Some(ScoreBody::Conditional(all)) => {
            all.arms().for_each(|arm| arm.formula.scores(&mut |s| bases_of(model, s, out)));
        }
        None => {}
    }
}

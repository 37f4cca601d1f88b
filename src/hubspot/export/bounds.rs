//! Limits of points, and how far items can get without looking at conditions.

use serde_json::{Map, Value};

use super::points;
use crate::hir::words::arms;
use crate::hir::{Bounds, Each, Item, ItemKind};
use crate::value::Points;

/// The least and the greatest number of points that may come out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) min: Option<Points>,
    pub(super) max: Option<Points>,
}

impl Limits {
    pub(super) fn of(bounds: &Bounds) -> Self {
        Self { min: bounds.min.map(|(min, _)| min), max: bounds.max.map(|(max, _)| max) }
    }

    /// Adds them under these names.
    pub(super) fn write(self, min: &str, max: &str, object: &mut Map<String, Value>) {
        object.extend(self.min.map(|limit| (min.to_owned(), points(limit))));
        object.extend(self.max.map(|limit| (max.to_owned(), points(limit))));
    }
}

/// A sum below which these items cannot come; `None` where there is no such sum.
pub(super) fn least(items: &[Item]) -> Option<Points> {
    items.iter().map(|item| reach(item, false)).try_fold(Points(0), |sum, points| Some(Points(sum.0.checked_add(points?.0)?)))
}

/// A sum above which these items cannot come; `None` where there is no such sum.
pub(super) fn most(items: &[Item]) -> Option<Points> {
    items.iter().map(|item| reach(item, true)).try_fold(Points(0), |sum, points| Some(Points(sum.0.checked_add(points?.0)?)))
}

/// How far one item gets, upwards or downwards.
fn reach(item: &Item, up: bool) -> Option<Points> {
    let further = |points: Points| if up { points.max(Points(0)) } else { points.min(Points(0)) };
    match &item.kind {
        ItemKind::If { .. } | ItemKind::Band { .. } | ItemKind::Match { .. } => {
            arms(item).iter().map(|arm| further(arm.points)).reduce(|a, b| if up { a.max(b) } else { a.min(b) })
        }
        ItemKind::MatchEach { .. } => {
            arms(item).iter().map(|arm| further(arm.points)).try_fold(Points(0), |a, b| Some(Points(a.0.checked_add(b.0)?)))
        }
        ItemKind::Each(each) => each_reach(each, up),
        ItemKind::MatchEvents { lines, .. } => lines
            .iter()
            .map(|line| each_reach(&line.each, up))
            .try_fold(Points(0), |sum, points| Some(Points(sum.0.checked_add(points?.0)?))),
        ItemKind::Group { bounds, items, .. } => {
            let inside = if up { most(items) } else { least(items) };
            let limit = if up { bounds.max } else { bounds.min }.map(|(limit, _)| limit);
            let held = match (inside, limit) {
                (Some(inside), Some(limit)) => Some(if up { inside.min(limit) } else { inside.max(limit) }),
                (inside, limit) => inside.or(limit),
            };
            // The other limit may push the sum the same way.
            let other = if up { bounds.min } else { bounds.max }.map(|(limit, _)| limit);
            held.map(|held| further(other.map_or(held, |other| if up { held.max(other) } else { held.min(other) })))
        }
        // Points for each so many of a number have no place in a draft, and are refused where they stand.
        _ => None,
    }
}

fn each_reach(each: &Each, up: bool) -> Option<Points> {
    let limit = if up { each.bounds.max } else { each.bounds.min }.map(|(limit, _)| limit);
    let away = if up { each.arm.points > Points(0) } else { each.arm.points < Points(0) };
    if away { limit } else { Some(Points(0)) }
}

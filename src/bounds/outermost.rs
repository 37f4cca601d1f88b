//! The least and the greatest that parts of a score give, taken apart.

use super::abstraction::{Abstraction, Gives, Node, Piece, clamp};
use crate::invariant::{Sure as _, SureAt as _};

use super::table::Table;

impl Abstraction<'_> {
    /// The least and the greatest that a part of a score gives, its rules taken one by one: never less than what can be had.
    #[must_use]
    pub fn outermost(&self, node: &Node) -> (i64, i64) {
        match node {
            Node::Piece(at) => self.pieces.get(*at).map_or((0, 0), |(piece, ..)| self.outermost_points(piece)),
            Node::Group(_, bounds, nodes) => {
                let (lo, hi) = self.outermost_sum(nodes);
                (clamp(bounds, lo), clamp(bounds, hi))
            }
            Node::Best(count, nodes) => {
                let (los, his) = nodes.iter().map(|n| self.outermost(n)).unzip();
                (greatest(los, *count), greatest(his, *count))
            }
            Node::Gated(bounds, nodes) => {
                let (lo, hi) = self.outermost_sum(nodes);
                let of_nothing = clamp(bounds, 0);
                (clamp(bounds, lo) - of_nothing, clamp(bounds, hi) - of_nothing)
            }
        }
    }

    fn outermost_points(&self, piece: &Piece) -> (i64, i64) {
        match piece {
            Piece::Table { points, .. } => {
                let given: Vec<i64> = self.tables.sure_at(*points).numbers().collect();
                ends(&given)
            }
            Piece::If { branches, otherwise, unknown } => {
                let mut all = vec![*otherwise, *unknown];
                for (_, gives) in branches {
                    match gives {
                        Gives::Points(p) => all.push(*p),
                        Gives::Table(t) => all.extend(self.tables.get(*t).into_iter().flat_map(Table::numbers)),
                    }
                }
                ends(&all)
            }
            Piece::Gated(_, inner) => {
                let (lo, hi) = self.outermost_points(inner);
                (lo.min(0), hi.max(0))
            }
        }
    }

    /// The same for a sum.
    #[must_use]
    pub fn outermost_sum(&self, nodes: &[Node]) -> (i64, i64) {
        nodes.iter().map(|n| self.outermost(n)).fold((0, 0), |(lo, hi), (l, h)| (lo.saturating_add(l), hi.saturating_add(h)))
    }
}

/// The least and the greatest of some points.
fn ends(points: &[i64]) -> (i64, i64) {
    (*points.iter().min().sure("a piece gives points"), *points.iter().max().sure("a piece gives points"))
}

/// The sum of so many of these points: the greatest.
pub(super) fn greatest(mut points: Vec<i64>, count: usize) -> i64 {
    points.sort_unstable_by(|a, b| b.cmp(a));
    points.into_iter().take(count).fold(0, i64::saturating_add)
}

//! What is kept of the records of an account, so that it can be added up in any order.

use crate::decay::divide_rounded;
use crate::hir::Fold;
use crate::invariant::fits;
use crate::value::Points;

/// What is kept for one fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The greatest so far, in hundredths.
    Max(Option<i64>),
    /// The least so far.
    Min(Option<i64>),
    /// The sum so far.
    Sum(i128),
    /// The sum so far, and of how many.
    Average(i128, u64),
    /// How many.
    Count(u64),
    /// Whether there is one.
    Any(bool),
}

impl Kept {
    /// Of no record.
    pub(super) fn nothing(fold: &Fold) -> Self {
        match fold {
            Fold::Max(_) => Self::Max(None),
            Fold::Min(_) => Self::Min(None),
            Fold::Sum(_) => Self::Sum(0),
            Fold::Average(_) => Self::Average(0, 0),
            Fold::Count(_) => Self::Count(0),
            Fold::Any(_) => Self::Any(false),
        }
    }

    /// Adds a record with these points of the score, unknown ones left out, and this truth of the condition.
    pub(super) fn add(&mut self, points: Option<i64>, truth: bool) {
        match self {
            Self::Max(most) => *most = (*most).max(points),
            Self::Min(least) => *least = lesser(*least, points),
            Self::Sum(sum) => *sum += i128::from(points.unwrap_or_default()),
            Self::Average(sum, count) => {
                *sum += i128::from(points.unwrap_or_default());
                *count += u64::from(points.is_some());
            }
            Self::Count(count) => *count += u64::from(truth),
            Self::Any(any) => *any |= truth,
        }
    }

    /// Adds what is kept of other records for the same fold.
    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Max(own), Self::Max(other)) => *own = (*own).max(other),
            (Self::Min(own), Self::Min(other)) => *own = lesser(*own, other),
            (Self::Sum(own), Self::Sum(other)) => *own += other,
            (Self::Average(own, count), Self::Average(other, more)) => {
                *own += other;
                *count += more;
            }
            (Self::Count(own), Self::Count(other)) => *own += other,
            (Self::Any(own), Self::Any(other)) => *own |= other,
            (Self::Max(_) | Self::Min(_) | Self::Sum(_) | Self::Average(..) | Self::Count(_) | Self::Any(_), _) => {
                crate::invariant::invariant!(false, "accounts of one rollup keep the same");
            }
        }
    }

    /// In hundredths; unknown where no score is known that could say.
    pub(super) fn points(&self) -> Option<i64> {
        match self {
            Self::Max(points) | Self::Min(points) => *points,
            Self::Sum(sum) => Some(held(*sum)),
            Self::Average(_, 0) => None,
            Self::Average(sum, count) => Some(held(divide_rounded(*sum, i128::from(*count)))),
            Self::Count(count) => Some(held(i128::from(*count) * 100)),
            Self::Any(_) => None,
        }
    }

    /// Whether there is a record that meets the condition.
    pub(super) const fn is_met(&self) -> bool {
        matches!(self, Self::Any(true))
    }
}

fn lesser(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Held within the limits of points.
fn held(points: i128) -> i64 {
    let limit = i128::from(Points::LIMIT.0);
    fits(points.clamp(-limit, limit))
}

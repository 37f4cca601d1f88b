//! What rows are put in order by, and how many of them are kept.

use super::cells::{Datum, datum};
use crate::column::Batch;
use crate::vm::scores::Scores;

/// What rows are put in order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A score, the greatest first.
    Score(usize),
    /// What the command adds: points, the greatest first; days, the first first.
    Extra(usize),
}

impl By {
    /// What decides the place of a row: the greatest stands first, unknown last.
    #[must_use]
    pub fn value(self, batch: &Batch, scores: &Scores, row: usize) -> Option<i64> {
        match self {
            Self::Score(at) => scores.scores.get(at)?.get(row),
            Self::Extra(at) => match datum(batch.extras.get(at)?, row)? {
                Datum::Integer(points) => Some(points),
                Datum::Date(day) => Some(-i64::from(day)),
                Datum::Text(_) | Datum::Number(_) | Datum::Boolean(_) | Datum::DateTime(_) | Datum::Option(_) => None,
            },
        }
    }
}

/// How many rows are kept, from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// So many.
    Rows(usize),
    /// So many of a hundred, rounded up.
    Percent(f64),
}

impl Limit {
    /// How many of so many rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of rows")]
    pub fn of(self, rows: usize) -> usize {
        match self {
            Self::Rows(most) => most.min(rows),
            Self::Percent(share) => ((rows as f64 * share / 100.0).ceil() as usize).min(rows),
        }
    }
}

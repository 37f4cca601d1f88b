//! Rollups: accounts made of records.

use std::sync::Arc;

use super::{Expr, Model, ScoreId};
use crate::schema::PropId;
use crate::source::Span;

/// `rollup NAME by KEY [where C] { .. }`: one account for each value of the key.
#[derive(Debug, Clone)]
pub struct Rollup {
    /// Its name.
    pub name: Arc<str>,
    /// The key, over a record: a `Property` or `Definition` of type `Text`, `Integer`, `Boolean` or `OneOf`.
    pub key: Expr,
    /// `where C`, over a record: only records for which it is true count.
    pub filter: Option<Expr>,
    /// What an account gathers of its records, each once.
    pub gathered: Vec<Gathered>,
    /// The scores, labels and lifecycles of an account. Its properties are those of [`Rollup::KEY`] and [`Rollup::RECORDS`], then one
    /// for each of `gathered`, whose scores stand before the account's own and are no outputs.
    pub accounts: Model,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

impl Rollup {
    /// The property of an account that is its key.
    pub const KEY: PropId = PropId(0);
    /// The property of an account that is the number of its records.
    pub const RECORDS: PropId = PropId(1);
    /// The name of that property.
    pub const RECORDS_NAME: &str = "records";

    /// The property of an account that holds what it gathers, by its place in [`Rollup::gathered`].
    #[must_use]
    pub fn property(at: usize) -> PropId {
        PropId(crate::invariant::number(at + 2))
    }

    /// The conditions over records that a rollup asks: its filter, then those of what it gathers, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &Expr> {
        self.filter.iter().chain(self.gathered.iter().filter_map(|it| it.fold.condition()))
    }
}

/// What an account gathers of its records.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// How.
    pub fold: Fold,
    /// Where it is written first.
    pub span: Span,
}

/// How the records of an account come to one value.
#[derive(Debug, Clone)]
pub enum Fold {
    /// The greatest of a score that is known; unknown without one.
    Max(ScoreId),
    /// The least.
    Min(ScoreId),
    /// The sum; 0 without one. Held within the limits of points.
    Sum(ScoreId),
    /// The average, rounded to two places half away from zero; unknown without one.
    Average(ScoreId),
    /// How many records there are for which the condition, over input and output, is true; all without one. Held as the sum.
    Count(Option<Expr>),
    /// Whether there is a record for which the condition, over input and output, is true. Never unknown.
    Any(Expr),
}

impl Fold {
    /// The condition.
    #[must_use]
    pub const fn condition(&self) -> Option<&Expr> {
        match self {
            Self::Count(condition) => condition.as_ref(),
            Self::Any(condition) => Some(condition),
            Self::Max(_) | Self::Min(_) | Self::Sum(_) | Self::Average(_) => None,
        }
    }

    /// The score.
    #[must_use]
    pub const fn score(&self) -> Option<ScoreId> {
        match self {
            Self::Max(score) | Self::Min(score) | Self::Sum(score) | Self::Average(score) => Some(*score),
            Self::Count(_) | Self::Any(_) => None,
        }
    }
}

impl Model {
    /// The rollup with this name.
    #[must_use]
    pub fn rollup(&self, name: &str) -> Option<&Rollup> {
        self.rollups.iter().find(|rollup| *rollup.name == *name)
    }
}

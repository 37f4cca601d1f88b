//! What a change of the rules does: to the rules in words, and to people.
//!
//! `unit` takes models apart into what an author would call a rule, [`matching`] finds the rules of one model in the other,
//! [`same`] decides whether that matters to any record, [`people`] counts what becomes of records that both models score, and [`gate`]
//! says whether that is more than was allowed.

pub mod accounts;
pub mod gate;
mod happened;
pub mod matching;
pub mod people;
pub mod plan;
mod proof;
pub mod same;
pub mod unit;

use serde::Serialize;

use crate::bounds::Reach;
use crate::value::{Points, points_or_null};

pub use accounts::AccountChange;
pub use gate::{Gate, GateResult};
pub use matching::{Aspect, Change, ChangeKind, Matching};
pub use people::{People, Tally, Who};
pub use plan::Plan;
pub use same::{Answer, Verdict};

/// All that is known of the difference between two models.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The version of this document.
    pub version: u32,
    /// The old rules, as named by the user.
    pub old: String,
    /// The new rules.
    pub new: String,
    /// Whether both give every record the same.
    pub equivalence: Verdict,
    /// What changed, in the order of the new rules; what is gone stands last of its place.
    pub changes: Vec<Change>,
    /// What every score can come to, before and after.
    pub scores: Vec<RangeChange>,
    /// What becomes of the records, if there are any.
    pub people: Option<People>,
    /// What becomes of the accounts that the records make, by rollup of both models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountChange>,
    /// The gates that were set, and whether they hold.
    pub gates: Vec<GateResult>,
}

/// What a score can come to over all records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The least; none where points have no bound.
    #[serde(serialize_with = "points_or_null")]
    pub min: Option<Points>,
    /// The greatest; none where points have no bound.
    #[serde(serialize_with = "points_or_null")]
    pub max: Option<Points>,
    /// Whether records are known that reach both ends.
    pub exact: bool,
}

/// A score's range before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RangeChange {
    /// The score.
    pub name: String,
    /// Before; none where the old rules have no such score, or no record gets one.
    pub old: Option<Range>,
    /// After; none where the new rules have no such score, or no record gets one.
    pub new: Option<Range>,
}

/// The ranges of two models side by side: those of the new one in order, then those that are gone.
#[must_use]
pub fn range_changes(old: &[Reach], new: &[Reach]) -> Vec<RangeChange> {
    let range = |reach: &Reach| reach.possible.then_some(Range { min: reach.min, max: reach.max, exact: reach.exact });
    let of = |side: &[Reach], name: &str| side.iter().find(|r| &*r.name == name).and_then(range);
    let gone = old.iter().filter(|o| !new.iter().any(|n| n.name == o.name));
    let names = new.iter().chain(gone).map(|r| r.name.to_string());
    names.map(|name| RangeChange { old: of(old, &name), new: of(new, &name), name }).collect()
}

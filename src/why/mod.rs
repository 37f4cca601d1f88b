//! The full account of one record: every item with what it saw, why it fired or not, and points that visibly add up.
//!
//! [`Explanation`] is data; `report` writes it as text, Markdown, JSON and HTML. What the record's conditions saw comes from a
//! traced run through [`values::Seen`]; points, hits and unknowns from the [`Scores`](crate::vm::scores::Scores) of a batch of one.

mod build;
mod cause;
mod change;
mod events;
mod item;
mod record;
mod stage;
pub mod values;

pub use build::explain;
pub use change::ways;
pub use record::Record;
pub use stage::stage_reason;

use crate::column::Selected;
use crate::value::{Points, points_as_number, points_or_null};

/// The account of one record.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Explanation {
    /// The version of this document; fields may be added to a version, never change their meaning.
    pub version: u32,
    /// The key as rules would write it; the row number without one.
    pub key: String,
    /// The row number, from 1; 0, and left out, for an account.
    #[serde(skip_serializing_if = "is_no_row")]
    pub row: u64,
    /// The records that make it, where it is an account of a rollup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<MadeOf>,
    /// The moment of the run, with its offset.
    pub as_of: String,
    /// The same in words.
    pub as_of_words: String,
    /// The columns of the data that were asked for beside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<Selected>,
    /// Whether the record is excluded.
    pub excluded: bool,
    /// The top-level exclusions.
    pub exclusions: Vec<Check>,
    /// The scores in source order.
    pub scores: Vec<ScoreAccount>,
    /// The labels in source order.
    pub labels: Vec<LabelAccount>,
    /// The lifecycles in source order.
    pub lifecycles: Vec<StageAccount>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_no_row(row: &u64) -> bool {
    *row == 0
}

/// What makes an account.
#[derive(Debug, Clone, serde::Serialize)]
pub struct MadeOf {
    /// The rollup.
    pub rollup: String,
    /// The property or definition that its accounts go by.
    pub by: String,
    /// The records that count, in the order of the data.
    pub records: Vec<Member>,
}

/// A record of an account.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Member {
    /// Its key; the row number without one.
    pub key: String,
    /// The row number, from 1.
    pub row: u64,
    /// The scores and conditions that the account gathers.
    pub seen: Vec<SeenValue>,
}

/// How a condition came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held.
    Fired,
    /// It did not hold.
    #[default]
    NotFired,
    /// It could not be told, because a value is unknown.
    Unknown,
    /// An earlier one decided; nobody looked.
    Passed,
}

/// A value that an item saw.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SeenValue {
    /// What: `employees`, `days since last_demo`, `count(page_view within 30 days)`.
    pub what: String,
    /// Its value, `unknown` for none.
    pub value: String,
}

/// An exclusion, hold, stage line or branch.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Check {
    /// Its line.
    pub line: usize,
    /// Its words.
    pub rule: String,
    /// Its reason.
    pub because: Option<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// What it saw.
    pub seen: Vec<SeenValue>,
    /// Why it came out so: the parts that decided.
    pub why: Vec<String>,
}

/// The account of a score.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ScoreAccount {
    /// Its name.
    pub name: String,
    /// Its line.
    pub line: usize,
    /// The score; `null` if unknown.
    #[serde(serialize_with = "points_or_null")]
    pub value: Option<Points>,
    /// Why it is unknown, if it is.
    pub unknown_because: Option<String>,
    /// Its own exclusions.
    pub exclusions: Vec<Check>,
    /// The branches of its formula, for one with conditions; the one that decides fires.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Check>,
    /// Its items; empty for a formula.
    pub items: Vec<ItemAccount>,
    /// The sum of the items before the bounds; `null` for a formula or an unknown score.
    #[serde(serialize_with = "points_or_null")]
    pub sum: Option<Points>,
    /// What its bounds took or added.
    pub bound: Option<BoundAccount>,
    /// The formula with its numbers, for a score that has one: `fit + engagement`, `35 + 90`.
    pub formula: Option<FormulaAccount>,
}

/// A formula with its numbers.
#[derive(Debug, Clone, serde::Serialize)]
pub struct FormulaAccount {
    /// Its words.
    pub rule: String,
    /// The same with the scores' values in place of their names.
    pub numbers: String,
}

/// What a bound did.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BoundAccount {
    /// The bound: `max 70`.
    pub rule: String,
    /// The sum before it.
    #[serde(serialize_with = "points_as_number")]
    pub from: Points,
    /// The sum after it.
    #[serde(serialize_with = "points_as_number")]
    pub to: Points,
}

/// The account of an item or group.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct ItemAccount {
    /// Its line.
    pub line: usize,
    /// Its words.
    pub rule: String,
    /// The branch or line that decided, if it has several.
    pub chosen: Option<String>,
    /// The reason of what decided.
    pub because: Option<String>,
    /// How it came out; for a group whether an item of it fired.
    pub outcome: Outcome,
    /// Its points, after decay and its own bounds; for a group its subtotal.
    #[serde(serialize_with = "points_as_number")]
    pub points: Points,
    /// What it saw.
    pub seen: Vec<SeenValue>,
    /// Why it came out so.
    pub why: Vec<String>,
    /// What it would have taken.
    pub near: Vec<String>,
    /// How the points were worked out, where there is more to it than one number.
    pub arithmetic: Vec<String>,
    /// What its bounds did.
    pub bound: Option<BoundAccount>,
    /// The branches of an `if` with several.
    pub branches: Vec<Check>,
    /// The items of a group; of a `match each` the lines that fired, where there are several.
    pub items: Vec<ItemAccount>,
}

/// The account of a label.
#[derive(Debug, Clone, serde::Serialize)]
pub struct LabelAccount {
    /// Its name.
    pub name: String,
    /// Its line.
    pub line: usize,
    /// Its text; `null` if unknown.
    pub value: Option<String>,
    /// Why.
    pub why: String,
    /// What the next line would take.
    pub near: Option<String>,
}

/// The account of a lifecycle.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StageAccount {
    /// Its name.
    pub name: String,
    /// Its line.
    pub line: usize,
    /// Whether it governs a property, so that there is a stage before.
    pub property: bool,
    /// The stage before; `null` if unknown.
    pub before: Option<String>,
    /// The stage after; `null` if unknown.
    pub after: Option<String>,
    /// `forward`, `backward`, `held` or `none`.
    #[serde(rename = "move")]
    pub step: crate::vm::scores::Move,
    /// The reason, as `NAME_reason` writes it.
    pub reason: String,
    /// Holds and stage lines, in the order in which they are looked at.
    pub checks: Vec<Check>,
    /// The smallest single changes that would reach the next stage.
    pub ways: Vec<Way>,
}

/// A single change that would reach another stage.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Way {
    /// The stage reached.
    pub stage: String,
    /// What would have to be different: `employees 500 instead of 120`.
    pub change: String,
    /// What it does to the scores that change: `fit 35 to 60`.
    pub effects: Vec<String>,
}

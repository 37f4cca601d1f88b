//! What a run has to say about itself: one value for people (`text`) and for programs (`--summary FILE.json`).
//!
//! Its fields are described in `docs/reference/summary.md`.

mod build;
mod changes;
mod store;
mod text;

pub use crate::report::plain::Style;
pub(crate) use build::histogram;
pub use build::{Run, build, rollup};
pub(crate) use changes::words as cause_words;
pub use text::text;

use crate::input::DataReport;
use crate::value::{Points, points_as_number, points_or_null};

/// What a run has to say about itself.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Summary {
    /// The version of this document; fields may be added to a version, never change their meaning.
    pub version: u32,
    /// The rules, as named on the command line.
    pub rules: String,
    /// The data, as named on the command line.
    pub data: Vec<String>,
    /// The moment that the run is as of, with its offset.
    pub as_of: String,
    /// The same in words, with the model's zone.
    pub as_of_words: String,
    /// Whether `as_of` lies before the run itself: events and the clock are turned back, properties are not.
    pub as_of_past: bool,
    /// Params with the values that the run used.
    pub params: Vec<Param>,
    /// Records.
    pub records: Records,
    /// Top-level exclusions in source order.
    pub exclusions: Vec<Exclusion>,
    /// Properties and events that the data lack and that were allowed to be missing.
    pub missing: Vec<String>,
    /// Members of this document that the run could not count, so that they are empty or have only a part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<Unknown>,
    /// Data errors.
    pub errors: DataReport,
    /// Scores in source order.
    pub scores: Vec<Score>,
    /// Labels in source order.
    pub labels: Vec<Label>,
    /// Lifecycles in source order.
    pub lifecycles: Vec<Lifecycle>,
    /// Every rule that gives points, in source order.
    pub rules_fired: Vec<Rule>,
    /// Values seen that no rule names, most first.
    pub unnamed_values: Vec<UnnamedValue>,
    /// What changed since an earlier run, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<crate::since::Report>,
    /// What is to come if nothing new happens, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<crate::forecast::Report>,
    /// The accounts of the rollups that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollups: Vec<Rollup>,
    /// What was kept in a store, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Kept>,
    /// Seconds from the first record to the last byte.
    pub seconds: f64,
    /// Records a second.
    pub records_per_second: f64,
}

/// What was kept in a store.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Kept {
    /// The store, without a password.
    pub store: String,
    /// What was counted.
    #[serde(flatten)]
    pub counts: crate::store::Counts,
    /// Records without a key, which are not kept.
    pub without_key: u64,
    /// Changes that were removed because they are older than is to be kept.
    pub forgotten: u64,
    /// How messages were sent; `null` where there is nowhere to send them.
    pub notified: Option<Notified>,
}

/// How messages were sent.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Notified {
    /// The host of the receiver.
    pub to: String,
    /// Messages that arrived.
    pub sent: u64,
    /// Messages that are still to be sent.
    pub waiting: u64,
    /// Messages that were given up.
    pub parked: u64,
    /// What went wrong last.
    pub said: Option<String>,
}

/// The accounts of a rollup; `records` in its scores, labels and lifecycles counts accounts.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Rollup {
    /// Its name.
    pub name: String,
    /// The property or definition that makes the accounts.
    pub by: String,
    /// How many records make them.
    pub records: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// Scores in source order.
    pub scores: Vec<Score>,
    /// Labels in source order.
    pub labels: Vec<Label>,
    /// Lifecycles in source order.
    pub lifecycles: Vec<Lifecycle>,
}

/// A part of a summary that a run could not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// Errors of the data, but for keys and for cells of another type.
    Errors,
    /// Hits, unknowns and points of every rule.
    RulesFired,
    /// Frequent values that no rule uses.
    UnnamedValues,
    /// The properties that left records undecided.
    UndecidedBy,
}

impl Unknown {
    /// What the rows of a query do not tell.
    pub const OF_A_DATABASE: [Self; 4] = [Self::Errors, Self::RulesFired, Self::UnnamedValues, Self::UndecidedBy];

    const fn words(self) -> &'static str {
        match self {
            Self::Errors => "which cells could not be read",
            Self::RulesFired => "hits and points of every rule",
            Self::UnnamedValues => "values that no rule names",
            Self::UndecidedBy => "what left records undecided",
        }
    }
}

/// A param.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its value as rules write it.
    pub value: String,
}

/// How many records.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Records {
    /// Read from the data.
    pub read: u64,
    /// Scored: read and not excluded.
    pub scored: u64,
    /// Excluded.
    pub excluded: u64,
    /// Written to the output, after `--where` and `--top`.
    pub written: u64,
}

/// An exclusion.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Exclusion {
    /// Its reason, `null` without one.
    pub reason: Option<String>,
    /// Its words.
    pub rule: String,
    /// Its line.
    pub line: usize,
    /// Records that it excludes first.
    pub records: u64,
}

/// The distribution of a score.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Records whose score is known.
    pub known: u64,
    /// Records whose score is unknown, excluded ones among them.
    pub unknown: u64,
    /// Exclusions inside the score.
    pub exclusions: Vec<Exclusion>,
    /// The least; `null` if none is known.
    #[serde(serialize_with = "points_or_null")]
    pub min: Option<Points>,
    /// The greatest.
    #[serde(serialize_with = "points_or_null")]
    pub max: Option<Points>,
    /// The mean.
    pub mean: Option<f64>,
    /// Bars, ascending, of equal width where the bounds of the score do not cut them off.
    pub histogram: Vec<Bar>,
    /// Where labels and stages begin.
    pub thresholds: Vec<Threshold>,
}

/// A bar of a histogram: the scores from `from` to below `to`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Bar {
    /// The least that counts.
    pub from: i64,
    /// The least that no longer counts.
    pub to: i64,
    /// How many records.
    pub records: u64,
}

/// Where a label or stage begins.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Threshold {
    /// The score.
    #[serde(serialize_with = "points_as_number")]
    pub at: Points,
    /// `grade A`, `lifecycle_stage sql`.
    pub name: String,
}

/// Records by the text of a label.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Its texts in source order.
    pub values: Vec<Count>,
    /// Records without one.
    pub unknown: u64,
}

/// A text with how many records have it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Count {
    /// The text.
    pub value: String,
    /// How many records.
    pub records: u64,
}

/// Records by stage.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Lifecycle {
    /// Its name.
    pub name: String,
    /// Whether it governs a property, so that there is a stage before.
    pub property: bool,
    /// The stages in their order, then `null` for unknown.
    pub stages: Vec<Stage>,
    /// Records by move.
    pub moves: Moves,
    /// Changes of stage, most first.
    pub transitions: Vec<Transition>,
    /// Records by reason, in source order.
    pub reasons: Vec<StageReason>,
    /// Records whose stage stays because something was unknown.
    pub undecided: u64,
    /// The properties that were unknown for them, most first; one record may count for several.
    pub undecided_by: Vec<UndecidedBy>,
}

/// A stage.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Stage {
    /// Its name; `null` for unknown.
    pub stage: Option<String>,
    /// Records in it before.
    pub before: u64,
    /// Records in it after.
    pub after: u64,
}

/// Records by move.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Moves {
    /// To a later stage.
    pub forward: u64,
    /// To an earlier stage.
    pub backward: u64,
    /// Kept by a hold.
    pub held: u64,
    /// Nowhere.
    pub none: u64,
}

/// A change of stage.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Transition {
    /// From; `null` for unknown.
    pub from: Option<String>,
    /// To; `null` for unknown.
    pub to: Option<String>,
    /// How many records.
    pub records: u64,
}

/// Why records have their stage.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StageReason {
    /// The reason as `NAME_reason` writes it.
    pub reason: String,
    /// Its line; `null` for `otherwise`, `undecided` and the like.
    pub line: Option<usize>,
    /// How many records.
    pub records: u64,
}

/// A property that was unknown for undecided records.
#[derive(Debug, Clone, serde::Serialize)]
pub struct UndecidedBy {
    /// The property.
    pub property: String,
    /// How many records.
    pub records: u64,
}

/// A rule that gives points.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Rule {
    /// The score that it counts for.
    pub score: String,
    /// Its line.
    pub line: usize,
    /// Its words.
    pub rule: String,
    /// Its reason.
    pub because: Option<String>,
    /// How often it fired: records, or for `each`, `per` and `match each` also records.
    pub hits: u64,
    /// Records for which its item was unknown; told at the first line of an item.
    pub unknown: u64,
    /// The points that it gave in all, after decay and its own bounds.
    pub points: f64,
}

/// A value that no rule names.
#[derive(Debug, Clone, serde::Serialize)]
pub struct UnnamedValue {
    /// The property.
    pub property: String,
    /// The value.
    pub value: String,
    /// How many records have it.
    pub records: u64,
    /// Whether the schema lists it.
    pub listed: bool,
}

/// Hundredths as the number that they write.
#[expect(clippy::cast_precision_loss, reason = "a report of sums needs no more digits than a double has")]
pub(crate) fn decimal(hundredths: i128) -> f64 {
    hundredths as f64 / 100.0
}

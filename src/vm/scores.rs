//! What the evaluator gives for a batch.

use crate::column::{Mask, Values};
use crate::id::{ArmId, ItemId};
use crate::schema::PropId;
use crate::value::Value;

/// The number that stands for no value, no stage, no exclusion.
pub const NONE: u32 = u32::MAX;

/// The results of a batch, by row.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    /// How many records.
    pub rows: usize,
    /// By score: hundredths, with the rows where the score is known.
    pub scores: Vec<Values<i64>>,
    /// By label: the place in `Label::values`, [`NONE`] where unknown.
    pub labels: Vec<Vec<u32>>,
    /// By lifecycle.
    pub lifecycles: Vec<Stages>,
    /// The number of the top-level exclusion that applies first, [`NONE`] for a record that is not excluded.
    pub excluded: Vec<u32>,
    /// By score: the number of the exclusion inside the score that applies first, [`NONE`] elsewhere. Empty for a formula.
    pub score_excluded: Vec<Vec<u32>>,
    /// How often each arm fired in this batch, by [`ArmId`].
    pub hits: Vec<u64>,
    /// The sum of the points (hundredths, after decay and the item's own bounds) that each arm gave in this batch, by [`ArmId`].
    pub points: Vec<i128>,
    /// How many records each item saw as unknown (none true and not all false; an unknown band or match value), by [`ItemId`].
    pub unknowns: Vec<u64>,
    /// In how many records an item that gives points is not among the best of its group, by [`ItemId`].
    pub left_out: Vec<u64>,
    /// By condition asked for besides: where it is true and where it is known.
    pub conditions: Vec<Condition>,
    /// By value asked for besides, by row; none where unknown.
    pub values: Vec<Vec<Option<Value>>>,
    /// What every record got from where, if asked for.
    pub reasons: Option<Reasons>,
}

/// A condition's results, by row.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Where it is true.
    pub truth: Mask,
    /// Where it is true or false.
    pub known: Mask,
}

/// A lifecycle's results, by row.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// The stage after, [`NONE`] where unknown.
    pub after: Vec<u32>,
    /// The stage before, [`NONE`] where unknown.
    pub before: Vec<u32>,
    /// The move.
    pub moves: Vec<Move>,
    /// Why.
    pub causes: Vec<Cause>,
    /// How many undecided records each property left undecided by being unknown.
    pub undecided: Vec<(PropId, u64)>,
}

/// The direction in which a record moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// To a later stage, or from an unknown one.
    Forward,
    /// To an earlier stage.
    Backward,
    /// Nowhere.
    #[default]
    None,
    /// Held by a hold.
    Held,
}

/// Why a record has its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cause {
    /// A hold, by its place in `Lifecycle::holds`.
    Hold(u32),
    /// A `stage` line, by its place in `Lifecycle::rules`.
    Rule(u32),
    /// `otherwise`.
    Otherwise,
    /// No condition was true and not all were false, or there is no `otherwise`: the stage stays. True if unknown values are the cause.
    Undecided(bool),
    /// The record is excluded and no line is for that: the stage stays.
    Excluded,
    /// A `stage` line (or `otherwise`, as [`NONE`]) was chosen, but `forward only` refused it.
    Refused(u32),
    /// Not worked out yet.
    #[default]
    Open,
}

/// What every record got from where.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    /// One more than there are rows; row r has the entries `offsets[r]..offsets[r + 1]`.
    pub offsets: Vec<u32>,
    /// The entries of a row: by score, items in source order, then the bounds' own entries.
    pub entries: Vec<Reason>,
}

/// An entry of a record's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The score's number.
    pub score: u32,
    /// What gave (or took) the points.
    pub origin: Origin,
    /// Hundredths, after decay and the item's own bounds.
    pub points: i64,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An arm that fired.
    Arm(ArmId),
    /// The bounds of a group took or added the points.
    Group(ItemId),
    /// The bounds of the score took or added the points.
    Score,
}

//! How points came about, step by step.

use crate::id::{ArmId, ItemId, ScoreId};

/// How points came about, for one record. Hundredths throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The record's place in the batch.
    pub row: usize,
    /// The score.
    pub score: ScoreId,
    /// What happened.
    pub kind: StepKind,
}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// An arm fired.
    Arm {
        /// The item.
        item: ItemId,
        /// The arm.
        arm: ArmId,
        /// Points for each event, member or unit as written.
        each: i64,
        /// The sum after decay.
        faded: i64,
        /// After the item's own bounds.
        points: i64,
        /// Age in days, for an `if` that fades and whose date is known.
        age: Option<i64>,
        /// How many events, members or units counted; 1 for a branch or line.
        count: u64,
        /// The events that counted.
        events: Vec<CountedEvent>,
    },
    /// A group's sum.
    Group {
        /// The group.
        item: ItemId,
        /// Before its bounds.
        sum: i64,
        /// After them.
        points: i64,
    },
    /// A score's sum.
    Score {
        /// Before its bounds.
        sum: i64,
        /// After them.
        points: i64,
    },
}

/// An event that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedEvent {
    /// Its place among all events of the batch's list.
    pub event: usize,
    /// Age in days.
    pub age: i64,
    /// Its points after decay.
    pub points: i64,
}

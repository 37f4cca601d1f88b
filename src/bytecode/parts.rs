//! What instructions hold besides registers: windows, limits, targets, plans.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{ArmId, ItemId, LifecycleId, ScoreId};
use crate::op::Duration;
use crate::schema::{EventId, FieldId, PropId};

macro_rules! registers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

registers! {
    /// A register of bits, one a row.
    MaskReg;
    /// A register of whole numbers: integers, days, microseconds, hundredths.
    IntReg;
    /// A register of floats.
    NumReg;
    /// A register of codes of options, labels or stages.
    CodeReg;
    /// A register of points that add up: a score's or a group's.
    Sum;
}

/// A column of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ColumnRef {
    /// A property of the record.
    Property(PropId),
    /// A field of an event.
    Field(EventId, FieldId),
    /// What a record's events came to, where they were summed up while they were read.
    Summed(u32),
}

/// A text to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextOperand {
    /// Where it comes from.
    pub base: TextBase,
    /// How often its domain (the text after the last `@`) is taken.
    pub domains: u8,
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TextBase {
    /// A column; a record's text stands for each of its events.
    Column(ColumnRef),
    /// The texts of a table by code.
    Codes(CodeReg, u32),
    /// The first text of a table.
    Constant(u32),
}

/// What `distinct` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Distinct {
    /// Whole numbers, days or moments.
    Int(IntReg),
    /// Floats.
    Num(NumReg),
    /// Options.
    Code(CodeReg),
    /// Truth values.
    Truth(MaskReg),
    /// Texts, folded.
    Text(TextOperand),
}

/// A span of time that `as of` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Window {
    /// From that long before `as of` up to it.
    Within(Duration),
    /// From `as of` up to that long after it.
    WithinNext(Duration),
    /// Before that long ago.
    MoreThanAgo(Duration),
    /// Up to `as of`.
    Past,
}

/// What a whole-number register of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// Days since 1970-01-01.
    Days,
    /// Microseconds since 1970-01-01T00:00Z.
    Micros,
}

/// The least and most that may come out, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// The least.
    pub min: i64,
    /// The most.
    pub max: i64,
}

impl Limits {
    /// `points` held within the limits.
    #[must_use]
    pub fn clamp(self, points: i64) -> i64 {
        points.min(self.max).max(self.min)
    }
}

/// Who gets points for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The score.
    pub score: ScoreId,
    /// The score's or group's sum.
    pub sum: Sum,
    /// The item.
    pub item: ItemId,
    /// The arm.
    pub arm: ArmId,
}

/// The newest events only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Newest {
    /// How many.
    pub count: u32,
    /// A number of each event; so many count of those that share it.
    pub per: Option<IntReg>,
}

/// An item of a group of which the best count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The item; those inside it have the numbers from here to the next part's.
    pub item: ItemId,
    /// Its sum.
    pub sum: Sum,
}

/// How many parts of a group count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Best {
    /// How many: those that give the most, among equals the first.
    pub count: u32,
    /// The parts, in ascending order of their items.
    pub parts: Arc<[Part]>,
    /// The group's sum, which takes theirs.
    pub sum: Sum,
}

/// A value of `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PerValue {
    /// A whole number.
    Int(IntReg),
    /// A float.
    Num(NumReg),
}

/// A step of a formula on a stack of exact numerators; all share one denominator known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FormulaStep {
    /// Puts a score's hundredths.
    Score(ScoreId),
    /// Puts a constant.
    Constant(i128),
    /// Multiplies the top by a constant.
    Scale(i128),
    /// Adds the two on top.
    Add,
    /// Takes the top from the one below it.
    Subtract,
    /// Multiplies the two on top.
    Multiply,
    /// The less of the two on top.
    Min,
    /// The greater of the two on top.
    Max,
}

impl FormulaStep {
    /// How many values it takes from the stack; it puts one.
    #[must_use]
    pub const fn operands(self) -> usize {
        match self {
            Self::Score(_) | Self::Constant(_) => 0,
            Self::Scale(_) => 1,
            Self::Add | Self::Subtract | Self::Multiply | Self::Min | Self::Max => 2,
        }
    }
}

impl fmt::Display for FormulaStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Score(id) => write!(f, "score {}", id.0),
            Self::Constant(n) => write!(f, "{n}"),
            Self::Scale(n) => write!(f, "*{n}"),
            Self::Add => f.write_str("+"),
            Self::Subtract => f.write_str("-"),
            Self::Multiply => f.write_str("*"),
            Self::Min => f.write_str("min"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// A formula and the records for which it is worked out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FormulaChoice {
    /// The arm that fires.
    pub arm: ArmId,
    /// For whom.
    pub rows: MaskReg,
    /// Its steps.
    pub steps: Arc<[FormulaStep]>,
    /// What the numerator is over, in hundredths.
    pub denominator: i128,
}

/// A `stage` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StageLine {
    /// The stage.
    pub stage: u32,
    /// The line.
    pub item: ItemId,
    /// Its condition: true, false; `None` for `when excluded`.
    pub condition: Option<(MaskReg, MaskReg)>,
}

/// A whole lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LifecyclePlan {
    /// Which.
    pub lifecycle: LifecycleId,
    /// The present stage; `None` where the lifecycle governs no property.
    pub before: Option<CodeReg>,
    /// The holds: item, where the condition is true, and where it is false.
    pub holds: Vec<(ItemId, MaskReg, MaskReg)>,
    /// The `stage` lines.
    pub lines: Vec<StageLine>,
    /// `otherwise`
    pub otherwise: Option<u32>,
    /// `forward only`
    pub forward_only: bool,
    /// For each property that a stage condition looks at: where it is unknown and a condition that looks at it is too.
    pub blame: Vec<(PropId, MaskReg)>,
}

//! The instructions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ProbeValue;
use super::parts::{
    Best, Clock, CodeReg, ColumnRef, Distinct, FormulaChoice, FormulaStep, IntReg, LifecyclePlan, Limits, MaskReg, Newest,
    NumReg, PerValue, Sum, Target, TextOperand, Window,
};
use crate::id::{ItemId, LabelId, LifecycleId, ScoreId};
use crate::op::{AggregateFunction, ArithmeticOp, CompareOp, Duration, PickFunction, TextTest, Unit};
use crate::schema::EventId;

/// What the rows of a register are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Domain {
    /// The records of the batch.
    Records,
    /// The events of a list, of all records of the batch.
    Events(EventId),
}

/// An operation.
///
/// Those that give a value put it into the instruction's `dst`, a register of the kind that [`InstrKind::gives`] says; those that can fail
/// for a row put the rows where they did not into the mask register `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InstrKind {
    // ---- masks
    /// The same bit for all rows.
    Fill(bool),
    /// Where not.
    Not(MaskReg),
    /// Where both.
    And(MaskReg, MaskReg),
    /// Where either.
    Or(MaskReg, MaskReg),
    /// Where the first and not the second.
    AndNot(MaskReg, MaskReg),
    /// Where a column is known.
    Known(ColumnRef),
    /// Where a boolean column is true.
    Truth(ColumnRef),
    /// Where `lo <= value <= hi`.
    RangeInt(IntReg, i64, i64),
    /// Where `lo <= value <= hi`; the ends as bits of floats.
    RangeNum(NumReg, u64, u64),
    /// Where the value stands in a table of whole numbers.
    MemberInt(IntReg, u32),
    /// Where the value stands in a table of floats.
    MemberNum(NumReg, u32),
    /// Where the comparison holds.
    CompareInt(CompareOp, IntReg, IntReg),
    /// Where the comparison holds.
    CompareNum(CompareOp, NumReg, NumReg),
    /// Where both codes are known and equal.
    EqualCode(CodeReg, CodeReg),
    /// Where the code stands in a table of bits.
    CodeIn(CodeReg, u32),
    /// Where the code is known.
    CodeKnown(CodeReg),
    /// Where a set has any (all) of a table of bits.
    SetHas {
        /// The set.
        set: ColumnRef,
        /// The table.
        codes: u32,
        /// Whether all are asked for.
        all: bool,
    },
    /// Where a set of texts has any (all) of a table of texts.
    TextSetHas {
        /// The set.
        set: ColumnRef,
        /// The table.
        texts: u32,
        /// Whether all are asked for.
        all: bool,
    },
    /// Where a set has no member.
    SetEmpty(ColumnRef),
    /// Where a text passes a test against a table of texts.
    Text(TextOperand, TextTest, u32),
    /// Where a text matches a pattern.
    Matches(TextOperand, u32),
    /// Where a text is known.
    TextKnown(TextOperand),
    /// Where two texts are known and equal.
    TextEqual(TextOperand, TextOperand),
    /// Where a point in time lies in a window.
    Window(IntReg, Clock, Window),
    /// Where a record has an event that is selected.
    HasEvent(EventId, MaskReg),
    /// A record's bit for each of its events.
    SpreadMask(EventId, MaskReg),
    /// Where the record is excluded.
    Excluded,
    // ---- whole numbers
    /// A column of integers, dates or date-times; `ok` where known.
    LoadInt(ColumnRef),
    /// The same for all rows.
    ConstInt(i64),
    /// The local day of a moment.
    ToDay(IntReg),
    /// Whole units elapsed from a day to `as of`.
    ElapsedDays(IntReg, Unit, bool),
    /// Whole units elapsed from a moment to `as of`, for hours.
    ElapsedHours(IntReg, bool),
    /// Arithmetic; `ok` where the result stays within 64 bits.
    ArithInt(ArithmeticOp, IntReg, IntReg),
    /// `-x`; `ok` where the result stays within 64 bits.
    NegInt(IntReg),
    /// A day moved by a duration, or a moment by hours; on if `true`.
    Moved(IntReg, Duration, bool),
    /// The number of the week (from Monday) or month that a day lies in.
    PeriodOf(IntReg, Unit),
    /// A number for each value, the same for equal ones; texts as they are written, numbered within the batch.
    NumberOf(Distinct),
    /// Of two whole numbers, each where the mask beside it knows it, one by the function.
    PickInt(PickFunction, (IntReg, MaskReg), (IntReg, MaskReg)),
    /// Characters of a text.
    Length(TextOperand),
    /// Words of a text.
    Words(TextOperand),
    /// Members of a set.
    SetSize(ColumnRef),
    /// How many events are selected.
    Count(EventId, MaskReg),
    /// `First`, `Last`, `Min`, `Max` or `Sum` of whole numbers over the selected events; `ok` where there is a result.
    AggInt(AggregateFunction, EventId, MaskReg, IntReg),
    /// How many different values the selected events have.
    Distinct(EventId, MaskReg, Distinct),
    /// A score's hundredths; `ok` where known.
    Score(ScoreId),
    /// The sign of a sum or product of scores, -1, 0 or 1; `ok` where all of them are known.
    ExactSign(Arc<[FormulaStep]>),
    /// A record's number for each of its events.
    SpreadInt(EventId, IntReg),
    // ---- floats
    /// A column of numbers; `ok` where known.
    LoadNum(ColumnRef),
    /// The same for all rows, as bits.
    ConstNum(u64),
    /// Arithmetic; `ok` where the result is finite.
    ArithNum(ArithmeticOp, NumReg, NumReg),
    /// `-x`
    NegNum(NumReg),
    /// Of two floats, each where the mask beside it knows it, one by the function.
    PickNum(PickFunction, (NumReg, MaskReg), (NumReg, MaskReg)),
    /// A whole number as a float.
    IntToNum(IntReg),
    /// Hundredths as a float.
    PointsToNum(IntReg),
    /// The float nearest to a sum or product of scores, whose numerator is over ten to this power; `ok` where all are known.
    ExactNum(Arc<[FormulaStep]>, u32),
    /// `Min`, `Max`, `Sum` or `Average` of floats over the selected events; `ok` where there is a result.
    AggNum(AggregateFunction, EventId, MaskReg, NumReg),
    /// The average of whole numbers over the selected events; `ok` where there is an event.
    AverageInt(EventId, MaskReg, IntReg),
    /// A record's float for each of its events.
    SpreadNum(EventId, NumReg),
    // ---- codes
    /// A column of options.
    LoadCode(ColumnRef),
    /// No code for any row.
    NoCode,
    /// The same code for all rows.
    ConstCode(u32),
    /// The first code, and where it is unknown the second.
    PickCode(CodeReg, CodeReg),
    /// A label's codes.
    Label(LabelId),
    /// A lifecycle's stages after.
    Stage(LifecycleId),
    /// A lifecycle's moves, by their place among forward, backward, none and held.
    Moves(LifecycleId),
    /// A record's code for each of its events.
    SpreadCode(EventId, CodeReg),
    // ---- effects
    /// Excludes the records of the first mask that no exclusion before has; the second mask is where that cannot be told.
    Exclude(u32, ItemId, MaskReg, MaskReg),
    /// The same for one score.
    ExcludeScore(ScoreId, u32, ItemId, MaskReg, MaskReg),
    /// Gives constant points.
    Give(Target, MaskReg, i64),
    /// Counts the records for which an item is unknown.
    Unknown(ScoreId, ItemId, MaskReg),
    /// Gives points that fade with the age of a day (where the second mask knows it), by a table of decay.
    Fade(Target, MaskReg, IntReg, MaskReg, u32),
    /// Gives points for each whole step of a value, where known.
    Per {
        /// For whom.
        target: Target,
        /// Where the value is known.
        known: MaskReg,
        /// The value.
        value: PerValue,
        /// The step.
        step: i64,
        /// Points for each.
        points: i64,
        /// The item's bounds.
        limits: Limits,
    },
    /// Gives points for each member of a set of options, by a table from code to line and a table of lines.
    MatchOptions(Target, ColumnRef, u32),
    /// Gives points for each member of a set of texts, by a table of keys and lines.
    MatchTexts(Target, ColumnRef, u32),
    /// Gives points for each selected event.
    Each {
        /// For whom.
        target: Target,
        /// The list.
        event: EventId,
        /// The events that count.
        selected: MaskReg,
        /// Their calendar days.
        day: IntReg,
        /// Their points in time, for the order.
        at: IntReg,
        /// The newest only.
        newest: Option<Newest>,
        /// Points for each.
        points: i64,
        /// A table of decay.
        decay: Option<u32>,
        /// The item's bounds.
        limits: Limits,
    },
    /// Holds back who gets which points from here on, until the `Release` that belongs to it.
    Hold,
    /// Lets go what was held back: nothing for the records that are not in the mask, and 0 points for parts that are not among the best.
    Release {
        /// Where the group's condition is true.
        when: Option<MaskReg>,
        /// How many of its parts count.
        best: Option<Best>,
    },
    /// Holds a group's sum within its bounds and adds it to the sum around it.
    EndGroup {
        /// The score.
        score: ScoreId,
        /// The group.
        item: ItemId,
        /// The group's sum.
        sum: Sum,
        /// The sum around it.
        into: Sum,
        /// The group's bounds.
        limits: Limits,
        /// The only records for which it gives anything.
        when: Option<MaskReg>,
    },
    /// Holds a score's sum within its bounds: the score.
    EndScore(ScoreId, Sum, Limits),
    /// The hundredths of a column, where known: a score.
    Given(ScoreId, ColumnRef),
    /// Works out a formula: numerators over the denominator, in hundredths, rounded half away from zero.
    Formula(ScoreId, Arc<[FormulaStep]>, i128, Limits),
    /// One of several formulas for each record, as `Formula` works one out; unknown for a record that none is for.
    Choose(ScoreId, ItemId, Arc<[FormulaChoice]>, Limits),
    /// A label by a score: a table of ends and codes.
    Band(LabelId, ScoreId, u32),
    /// A label joined of labels: a table of codes by the places of its parts.
    Join(LabelId, Arc<[LabelId]>, u32),
    /// A lifecycle.
    Lifecycle(Arc<LifecyclePlan>),
    /// A condition asked for besides: where it is true, where it is false.
    Condition(u32, MaskReg, MaskReg),
    /// A value asked for besides, by its number.
    Value(u32, ProbeValue),
    /// The items of a region, by its table.
    Region(u32),
    /// Gives the points of the events that were summed up while they were read, where any counted.
    Collect(Target, ColumnRef, Limits),
}

/// What an operation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gives {
    /// A mask.
    Mask,
    /// Whole numbers.
    Int,
    /// Floats.
    Num,
    /// Codes.
    Code,
    /// Nothing: it adds to the results.
    Nothing,
}

impl InstrKind {
    /// What the operation gives.
    #[must_use]
    pub fn gives(&self) -> Gives {
        match self {
            Self::Fill(_)
            | Self::Not(_)
            | Self::And(..)
            | Self::Or(..)
            | Self::AndNot(..)
            | Self::Known(_)
            | Self::Truth(_)
            | Self::RangeInt(..)
            | Self::RangeNum(..)
            | Self::MemberInt(..)
            | Self::MemberNum(..)
            | Self::CompareInt(..)
            | Self::CompareNum(..)
            | Self::EqualCode(..)
            | Self::CodeIn(..)
            | Self::CodeKnown(_)
            | Self::SetHas { .. }
            | Self::TextSetHas { .. }
            | Self::SetEmpty(_)
            | Self::Text(..)
            | Self::Matches(..)
            | Self::TextKnown(_)
            | Self::TextEqual(..)
            | Self::Window(..)
            | Self::HasEvent(..)
            | Self::SpreadMask(..)
            | Self::Excluded => Gives::Mask,
            Self::LoadInt(_)
            | Self::ConstInt(_)
            | Self::ToDay(_)
            | Self::ElapsedDays(..)
            | Self::ElapsedHours(..)
            | Self::ArithInt(..)
            | Self::NegInt(_)
            | Self::Moved(..)
            | Self::PeriodOf(..)
            | Self::NumberOf(_)
            | Self::PickInt(..)
            | Self::Length(_)
            | Self::Words(_)
            | Self::SetSize(_)
            | Self::Count(..)
            | Self::AggInt(..)
            | Self::Distinct(..)
            | Self::Score(_)
            | Self::ExactSign(_)
            | Self::SpreadInt(..) => Gives::Int,
            Self::LoadNum(_)
            | Self::ConstNum(_)
            | Self::ArithNum(..)
            | Self::NegNum(_)
            | Self::PickNum(..)
            | Self::IntToNum(_)
            | Self::PointsToNum(_)
            | Self::ExactNum(..)
            | Self::AggNum(..)
            | Self::AverageInt(..)
            | Self::SpreadNum(..) => Gives::Num,
            Self::LoadCode(_)
            | Self::NoCode
            | Self::ConstCode(_)
            | Self::PickCode(..)
            | Self::Label(_)
            | Self::Stage(_)
            | Self::Moves(_)
            | Self::SpreadCode(..) => Gives::Code,
            Self::Exclude(..)
            | Self::ExcludeScore(..)
            | Self::Give(..)
            | Self::Unknown(..)
            | Self::Fade(..)
            | Self::Per { .. }
            | Self::MatchOptions(..)
            | Self::MatchTexts(..)
            | Self::Each { .. }
            | Self::Hold
            | Self::Release { .. }
            | Self::EndGroup { .. }
            | Self::EndScore(..)
            | Self::Formula(..)
            | Self::Choose(..)
            | Self::Band(..)
            | Self::Join(..)
            | Self::Lifecycle(_)
            | Self::Condition(..)
            | Self::Value(..)
            | Self::Given(..)
            | Self::Region(_)
            | Self::Collect(..) => Gives::Nothing,
        }
    }

    /// Whether the operation also says for which rows it has a value.
    #[must_use]
    pub fn can_fail(&self) -> bool {
        matches!(
            self,
            Self::LoadInt(_)
                | Self::LoadNum(_)
                | Self::NegInt(_)
                | Self::ArithInt(..)
                | Self::ArithNum(..)
                | Self::AggInt(..)
                | Self::AggNum(..)
                | Self::AverageInt(..)
                | Self::Score(_)
                | Self::ExactSign(_)
                | Self::ExactNum(..)
        )
    }
}

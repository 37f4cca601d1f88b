//! Expressions, texts, patterns and ranges.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    AggregateFunction, ArithmeticOp, CompareOp, DefId, Duration, LabelId, LifecycleId, PickFunction, ScoreId, TextTest, Unit,
};
use crate::schema::{EventId, FieldId, PropId};
use crate::source::Span;
use crate::value::{Decimal, Type, Value};

/// A typed expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expression. A boolean expression is true, false or unknown; `Not`, `And`, `Or` follow Kleene's logic.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A property of the record.
    Property(PropId),
    /// A field of the event that the surrounding `where` looks at.
    Field(EventId, FieldId),
    /// A definition.
    Definition(DefId),
    /// A score (in formulas, labels, lifecycles, `expect`, `--where`).
    Score(ScoreId),
    /// A label (as a score).
    Label(LabelId),
    /// The stage after (in `expect` and `--where`); its type is `one of` the stages.
    Stage(LifecycleId),
    /// The present stage of a lifecycle that governs no property: always unknown.
    NoStage,
    /// The move of a lifecycle (in `expect` and `--where`, as `NAME_move`); its type is `one of` [`MOVES`](super::MOVES).
    Move(LifecycleId),
    /// Whether the record is excluded (in `expect` and `--where`).
    Excluded,
    /// `not x`
    Not(Box<Expr>),
    /// `a and b and ..`
    And(Vec<Expr>),
    /// `a or b or ..`
    Or(Vec<Expr>),
    /// `c unless d`: c, but false where d is known to be true.
    Unless(Box<Expr>, Box<Expr>),
    /// So many of these conditions are true: true where that is known, false where so many cannot be.
    AtLeast(u32, Vec<Expr>),
    /// One of these values, all of one type, `Integer`, `Number`, `Date` or `DateTime`; unknown ones are left out, and unknown where
    /// all are.
    Pick(PickFunction, Vec<Expr>),
    /// Both sides of one of these types: `Integer`, `Number`, `Date`, `DateTime`, `Boolean`, `Score`, `OneOf` (equal lists of
    /// options; only `Equal`), `Text` and `Label` (folded; only `Equal`). A score's other side may be a [`Value::Decimal`].
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// An integer, number, date, date-time (by its calendar date) or score in a range.
    InRange(Box<Expr>, Range),
    /// A `one of` is any of these codes.
    InOptions(Box<Expr>, BTreeSet<u32>),
    /// An integer, number, date, date-time or score is any of these constants, each of the operand's type (`Decimal` for a score).
    InValues(Box<Expr>, Arc<[Value]>),
    /// A set of options has any (or, with `all`, all) of these codes.
    HasOptions {
        /// The set.
        set: Box<Expr>,
        /// The codes.
        codes: BTreeSet<u32>,
        /// Whether all of them are asked for.
        all: bool,
    },
    /// A set of texts has any (or, with `all`, all) of these texts.
    HasTexts {
        /// The set.
        set: Box<Expr>,
        /// The texts, folded.
        texts: Arc<Texts>,
        /// Whether all of them are asked for.
        all: bool,
    },
    /// A text (or label) is, contains, starts with, .. any of these texts.
    TextTest {
        /// The text.
        text: Box<Expr>,
        /// Which test.
        test: TextTest,
        /// The texts, folded.
        texts: Arc<Texts>,
    },
    /// A text matches a pattern anywhere.
    Matches(Box<Expr>, Arc<Pattern>),
    /// Whether the value is known. Never unknown itself.
    IsKnown(Box<Expr>),
    /// Whether a set has no member. Never unknown itself.
    IsEmpty(Box<Expr>),
    /// Whether there is no event in the list (after `as of` none exists). Never unknown itself.
    NoEvents(EventId),
    /// `d within 30 days`, `d within next 30 days`; d a date or date-time.
    Within {
        /// The date.
        date: Box<Expr>,
        /// How long.
        duration: Duration,
        /// Whether ahead instead of back.
        next: bool,
    },
    /// `d more than 90 days ago`
    MoreThanAgo(Box<Expr>, Duration),
    /// `days since d` (`until` is its negative): whole units elapsed, an integer.
    Elapsed {
        /// The unit.
        unit: Unit,
        /// Whether it is `until`.
        until: bool,
        /// The date or date-time.
        date: Box<Expr>,
    },
    /// `domain of t`: the text after the last `@`, unknown without one.
    DomainOf(Box<Expr>),
    /// `length of t` in characters.
    LengthOf(Box<Expr>),
    /// `words of t`.
    WordsOf(Box<Expr>),
    /// `size of s`.
    SizeOf(Box<Expr>),
    /// An event function.
    Aggregate(Box<Aggregate>),
    /// `-x` of an integer, number or score.
    Negate(Box<Expr>),
    /// `a + b` and so on; both sides `Integer` or both `Number`, or of `Score` and exact: scores, sums and products of them, and
    /// constants that are a [`Value::Decimal`]. `Divide` always on numbers.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// An integer as a number.
    ToNumber(Box<Expr>),
    /// A score as a number.
    ScoreToNumber(Box<Expr>),
    /// A date-time's calendar date in the model's zone.
    ToDate(Box<Expr>),
    /// A date (or, by hours, a date-time) moved by a duration; on if `true`.
    Moved(Box<Expr>, Duration, bool),
}

/// Constant texts, folded as the schema says, each once, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Texts {
    /// The texts.
    pub items: Vec<Arc<str>>,
    /// As written, in the order of the source, for people.
    pub written: Vec<Arc<str>>,
    /// The list's name, if it has one.
    pub list: Option<Arc<str>>,
}

/// A checked pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written, without slashes.
    pub source: Arc<str>,
    /// Compiled: case-insensitive, Unicode letters, ASCII `\d \w \s \b`.
    pub regex: regex::Regex,
}

/// An event function.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Which.
    pub function: AggregateFunction,
    /// The event list.
    pub event: EventId,
    /// The field, for those that have one.
    pub field: Option<FieldId>,
    /// Only events this recent.
    pub within: Option<Duration>,
    /// Only events for which this is true.
    pub filter: Option<Expr>,
}

/// A range of constants; at least one end is there, and it holds a value.
#[derive(Debug, Clone)]
pub struct Range {
    /// The lower end, included.
    pub lo: Option<RangeEnd>,
    /// The upper end.
    pub hi: Option<RangeEnd>,
    /// Whether the upper end is included.
    pub hi_included: bool,
    /// Where it stands.
    pub span: Span,
}

/// An end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeEnd {
    /// A number, exactly; opposite a `number` its nearest float stands.
    Decimal(Decimal),
    /// A calendar day, as days since 1970-01-01.
    Date(i32),
    /// A moment, in microseconds since 1970-01-01T00:00Z; only opposite a date-time.
    DateTime(i64),
}

/// A date, or by hours a date-time, moved by a duration: on if `later`. What lies beyond every calendar is held to its end. `None` for
/// another value.
#[must_use]
pub fn moved(value: &Value, by: Duration, later: bool) -> Option<Value> {
    let count = if later { i64::from(by.count) } else { -i64::from(by.count) };
    let end = if later { i32::MAX } else { i32::MIN };
    if let Value::DateTime(micros) = value {
        return (by.unit == Unit::Hours).then(|| Value::DateTime(micros.saturating_add(count.saturating_mul(3_600_000_000))));
    }
    let Value::Date(day) = value else { return None };
    let by_days = |days: i64| i32::try_from(i64::from(*day).saturating_add(days)).unwrap_or(end);
    let by_months = |months: i64| crate::time::months_on(*day, months).unwrap_or(end);
    Some(Value::Date(match by.unit {
        Unit::Hours => return None,
        Unit::Days => by_days(count),
        Unit::Weeks => by_days(7 * count),
        Unit::Months => by_months(count),
        Unit::Years => by_months(12 * count),
    }))
}

//! The typed, resolved model of a program: the waist of the house.
//!
//! `check` builds it from trees and a schema; `lower`, `lint`, `bounds`, `sql`, `why`, `trial` and the oracle of the tests read
//! it. Every name is an id, every option a code, every list resolved for its use, every conversion written out, every
//! parameter replaced by its value. A model exists only for a program without errors.

pub mod uses;
pub mod walk;
pub mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::schema::{EventId, FieldId, PropId, Schema};
use crate::source::Span;
use crate::value::{Decimal, Points, Type, Value};

pub use crate::decay::{Decay, DecayKind};
pub use crate::id::{ArmId, DefId, ItemId, LabelId, LifecycleId, ScoreId};
pub use crate::op::{AggregateFunction, ArithmeticOp, CompareOp, Duration, TextTest, Unit};
pub use crate::time::AsOf;

/// A whole program.
#[derive(Debug, Clone)]
pub struct Model {
    /// The schema.
    pub schema: Schema,
    /// The params in source order, at their final values.
    pub params: Vec<Param>,
    /// The lists declared by name, in source order.
    pub lists: Vec<List>,
    /// The definitions; one refers only to those before it here.
    pub definitions: Vec<Definition>,
    /// The top-level exclusions in source order.
    pub exclusions: Vec<Exclusion>,
    /// The scores in source order; a formula refers only to those before it.
    pub scores: Vec<Score>,
    /// The labels in source order; a join refers only to those before it here.
    pub labels: Vec<Label>,
    /// The lifecycles in source order.
    pub lifecycles: Vec<Lifecycle>,
    /// Scores and labels in the order of the source, as outputs are written.
    pub outputs: Vec<Output>,
    /// The tests in source order.
    pub tests: Vec<Test>,
    /// How many [`ItemId`]s there are.
    pub item_count: u32,
    /// How many [`ArmId`]s there are.
    pub arm_count: u32,
}

/// A column of the output that is neither key nor lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A score.
    Score(ScoreId),
    /// A label.
    Label(LabelId),
}

/// `param NAME = VALUE`
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Arc<str>,
    /// [`Value::Decimal`], [`Value::Text`], [`Value::Date`] or [`Value::DateTime`].
    pub value: Value,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `list NAME = ..`
#[derive(Debug, Clone)]
pub struct List {
    /// Its name.
    pub name: Arc<str>,
    /// How many entries it has.
    pub len: usize,
    /// Its entries as written; what they are is decided where the list is used.
    pub entries: Arc<[ListEntry]>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListEntry {
    /// What is written.
    pub value: ListValue,
    /// Where.
    pub span: Span,
}

/// What stands in a list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListValue {
    /// A bare word: an option, or a param.
    Word(Arc<str>),
    /// A quoted text.
    Text(Arc<str>),
    /// A line of a file: an option, a text, a number or a date, as its use wants it.
    Line(Arc<str>),
    /// A number.
    Number(Decimal),
    /// A calendar day.
    Date(i32),
    /// A moment.
    DateTime(i64),
    /// `true` or `false`.
    Boolean(bool),
}

/// `define NAME = EXPRESSION`
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: Arc<str>,
    /// What it stands for.
    pub value: Expr,
    /// Whether it sees scores, labels or lifecycles, so that only outputs may use it.
    pub over_outputs: bool,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `exclude if C [because T]`, at the top or in a score.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// Its number among the items.
    pub item: ItemId,
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// `because "T"`
#[derive(Debug, Clone)]
pub struct Because {
    /// The reason.
    pub text: Arc<str>,
    /// Where the text stands.
    pub span: Span,
}

// ---- scores ---------------------------------------------------------------------------------

/// A score.
#[derive(Debug, Clone)]
pub struct Score {
    /// Its name.
    pub name: Arc<str>,
    /// Its bounds as written; [`Points::LIMIT`] holds besides.
    pub bounds: Bounds,
    /// Items or a formula.
    pub body: ScoreBody,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// The two kinds of score.
#[derive(Debug, Clone)]
pub enum ScoreBody {
    /// The sum of items.
    Items {
        /// `exclude if` inside the score, in order.
        exclusions: Vec<Exclusion>,
        /// The items in order, exclusions left out.
        items: Vec<Item>,
    },
    /// A formula over scores further up.
    Formula(Formula),
}

/// `min B` and `max B`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least that may come out, with where it is written.
    pub min: Option<(Points, Span)>,
    /// The most that may come out, with where it is written.
    pub max: Option<(Points, Span)>,
}

impl Bounds {
    /// `points` held within these bounds and within [`Points::LIMIT`].
    #[must_use]
    pub fn clamp(&self, points: i128) -> Points {
        let limit = i128::from(Points::LIMIT.0);
        let mut p = points;
        if let Some((max, _)) = self.max {
            p = p.min(i128::from(max.0));
        }
        if let Some((min, _)) = self.min {
            p = p.max(i128::from(min.0));
        }
        Points(i64::try_from(p.clamp(-limit, limit)).unwrap_or_default())
    }
}

/// An item of a score or group.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of items.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// The first branch whose condition is true; `otherwise` when all are false; `unknown` when none is true and not all are false.
    If {
        /// In order.
        branches: Vec<Branch>,
        /// `else P`
        otherwise: Option<Arm>,
        /// `unknown P`
        unknown: Option<Arm>,
    },
    /// Exactly one line: a range, `otherwise` for a known value that no range holds, `unknown` for none.
    Band {
        /// An integer, number, date or date-time (a date-time is compared by its calendar date).
        value: Expr,
        /// The ranges, none overlapping another, in source order.
        lines: Vec<BandLine>,
        /// `else: P`
        otherwise: Option<Arm>,
        /// `unknown: P`
        unknown: Option<Arm>,
    },
    /// Exactly one line by option, boolean or text.
    Match {
        /// A `one of`, boolean or text.
        value: Expr,
        /// The lines in source order, no key twice.
        lines: Vec<MatchLine>,
        /// `else: P`
        otherwise: Option<Arm>,
        /// `unknown: P`
        unknown: Option<Arm>,
    },
    /// The points of the line of each member; `otherwise` for each member that no line names.
    MatchEach {
        /// A set.
        set: Expr,
        /// The lines in source order, no key twice.
        lines: Vec<MatchLine>,
        /// `else: P`
        otherwise: Option<Arm>,
    },
    /// Points for each event.
    Each(Each),
    /// Points for each whole `step` of a number.
    Per {
        /// A positive whole number.
        step: i64,
        /// An integer or number.
        value: Expr,
        /// The points and reason.
        arm: Arm,
        /// They allow 0.
        bounds: Bounds,
    },
    /// The sum of its items within its bounds.
    Group {
        /// Its title.
        title: Arc<str>,
        /// Its bounds.
        bounds: Bounds,
        /// Its items in order.
        items: Vec<Item>,
    },
}

/// A place where points are given.
#[derive(Debug, Clone)]
pub struct Arm {
    /// Its number.
    pub id: ArmId,
    /// The points before decay.
    pub points: Points,
    /// The reason.
    pub because: Option<Because>,
    /// The whole branch or line.
    pub span: Span,
    /// Where the points are written.
    pub points_span: Span,
}

/// A branch of an `if`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Its condition.
    pub condition: Expr,
    /// Its points.
    pub arm: Arm,
    /// How they fade, and the date or date-time since which.
    pub decay: Option<(Decay, Expr)>,
}

/// A line of a band.
#[derive(Debug, Clone)]
pub struct BandLine {
    /// Its range.
    pub range: Range,
    /// Its points.
    pub arm: Arm,
}

/// A line of a match.
#[derive(Debug, Clone)]
pub struct MatchLine {
    /// Options ([`Value::Option`]), booleans, or texts ([`Value::Text`], folded as the schema says).
    pub keys: Vec<Value>,
    /// Its points.
    pub arm: Arm,
}

/// `each E [within D] [where C] then P ..`, worked out in this order: `within`, `filter`, `times`, decay, rounding of each event's points, sum, bounds.
#[derive(Debug, Clone)]
pub struct Each {
    /// The event list.
    pub event: EventId,
    /// Only events this recent.
    pub within: Option<Duration>,
    /// Only events for which this is true.
    pub filter: Option<Expr>,
    /// The points for each event, and the reason.
    pub arm: Arm,
    /// How each event's points fade with its age.
    pub decay: Option<Decay>,
    /// Only the newest.
    pub times: Option<Times>,
    /// They allow 0.
    pub bounds: Bounds,
}

/// `max N times [per day]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many.
    pub count: u32,
    /// Whether for each calendar day of the model's zone.
    pub per_day: bool,
    /// Where it is written.
    pub span: Span,
}

/// A formula over scores; computed as an exact fraction and rounded once, half away from zero.
///
/// `check` has shown that, with the least common denominators, no numerator and no denominator of it has more than 36 digits.
#[derive(Debug, Clone)]
pub enum Formula {
    /// A score further up.
    Score(ScoreId, Span),
    /// A number or param.
    Number(Decimal, Span),
    /// `-x`
    Negate(Box<Formula>),
    /// `a + b`
    Add(Box<Formula>, Box<Formula>),
    /// `a - b`
    Subtract(Box<Formula>, Box<Formula>),
    /// `a * b`
    Multiply(Box<Formula>, Box<Formula>),
    /// `a / n`, n a number or param that is not zero
    Divide(Box<Formula>, Decimal),
    /// `min(a, b, ..)`
    Min(Vec<Formula>),
    /// `max(a, b, ..)`
    Max(Vec<Formula>),
}

// ---- labels, lifecycles, tests --------------------------------------------------------------

/// A label: its values are numbered, so that columns can hold codes.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its name.
    pub name: Arc<str>,
    /// Ranges or a join.
    pub body: LabelBody,
    /// Every text that it can give, each once: by order of lines, or for a join by the product in order.
    pub values: Vec<Arc<str>>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// The two kinds of label.
#[derive(Debug, Clone)]
pub enum LabelBody {
    /// By the ranges of a score.
    Ranges {
        /// The score.
        score: ScoreId,
        /// Range and place of its text in [`Label::values`], in source order.
        lines: Vec<LabelLine>,
        /// The text of `else`.
        otherwise: Option<LabelElse>,
    },
    /// Texts joined; the parts in order.
    Join(Vec<LabelId>),
}

/// A line of a label.
#[derive(Debug, Clone)]
pub struct LabelLine {
    /// Its range, over a score.
    pub range: Range,
    /// The place of its text in [`Label::values`].
    pub value: u32,
    /// Where it stands.
    pub span: Span,
}

/// The `else` of a label.
#[derive(Debug, Clone)]
pub struct LabelElse {
    /// The place of its text in [`Label::values`].
    pub value: u32,
    /// Where it stands.
    pub span: Span,
}

/// A lifecycle.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// Its name.
    pub name: Arc<str>,
    /// The `one of` property that it governs; `None` for a new output.
    pub property: Option<PropId>,
    /// The stages: the options of the property in their order, or for a new output each stage once in order of mention.
    pub stages: Vec<Arc<str>>,
    /// The holds in order.
    pub holds: Vec<Hold>,
    /// The `stage` lines in order.
    pub rules: Vec<StageRule>,
    /// `otherwise S`: the stage's number in [`Lifecycle::stages`].
    pub otherwise: Option<(u32, Span)>,
    /// `forward only`
    pub forward_only: Option<Span>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `hold when C [because T]`
#[derive(Debug, Clone)]
pub struct Hold {
    /// Its number among the items.
    pub item: ItemId,
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
    /// Where it stands.
    pub span: Span,
}

/// `stage S when C [because T]`
#[derive(Debug, Clone)]
pub struct StageRule {
    /// Its number among the items.
    pub item: ItemId,
    /// The stage's number in [`Lifecycle::stages`].
    pub stage: u32,
    /// The condition.
    pub when: StageCondition,
    /// The reason.
    pub because: Option<Because>,
    /// Where it stands.
    pub span: Span,
}

/// When a stage is chosen.
#[derive(Debug, Clone)]
pub enum StageCondition {
    /// `when C`
    Condition(Expr),
    /// `when excluded`
    Excluded,
}

/// A test of the rules.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: Arc<str>,
    /// The moment that the test runs at.
    pub as_of: AsOf,
    /// A file of cases, as written.
    pub table: Option<(Arc<str>, Span)>,
    /// What is given: properties.
    pub given: Vec<(PropId, Option<Value>, Span)>,
    /// What is given: events, each a value for every field of its list (`None` for one not given).
    pub events: Vec<(EventId, Vec<GivenEvent>)>,
    /// What is expected.
    pub expect: Vec<Expectation>,
    /// Where the test stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// An event of a test.
#[derive(Debug, Clone)]
pub struct GivenEvent {
    /// By field of its list.
    pub fields: Vec<Option<Value>>,
    /// Where it stands.
    pub span: Span,
}

/// One thing that a test expects.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What.
    pub kind: ExpectationKind,
    /// Whether the opposite is expected (`not excluded`, `not fired T`).
    pub negated: bool,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expectation.
#[derive(Debug, Clone)]
pub enum ExpectationKind {
    /// The condition is true; there a lifecycle's name is the stage after.
    Condition(Expr),
    /// The record is excluded, for this reason if one is given.
    Excluded(Option<Arc<str>>),
    /// An item or branch with this reason fires.
    Fired(Arc<str>),
}

// ---- expressions ----------------------------------------------------------------------------

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
    /// The move of a lifecycle (in `expect` and `--where`, as `NAME_move`); its type is `one of` [`MOVES`].
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
    /// `-x` of an integer or number.
    Negate(Box<Expr>),
    /// `a + b` and so on; both sides `Integer` or both `Number`; `Divide` always on numbers.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// An integer as a number.
    ToNumber(Box<Expr>),
    /// A score as a number.
    ScoreToNumber(Box<Expr>),
    /// A date-time's calendar date in the model's zone.
    ToDate(Box<Expr>),
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

/// The moves of a lifecycle, in the order of their codes in an [`ExprKind::Move`].
pub const MOVES: [&str; 4] = ["forward", "backward", "none", "held"];

impl Model {
    /// The score with this id.
    #[must_use]
    pub fn score(&self, id: ScoreId) -> Option<&Score> {
        self.scores.get(id.index())
    }

    /// The label with this id.
    #[must_use]
    pub fn label(&self, id: LabelId) -> Option<&Label> {
        self.labels.get(id.index())
    }

    /// The lifecycle with this id.
    #[must_use]
    pub fn lifecycle(&self, id: LifecycleId) -> Option<&Lifecycle> {
        self.lifecycles.get(id.index())
    }

    /// The definition with this id.
    #[must_use]
    pub fn definition(&self, id: DefId) -> Option<&Definition> {
        self.definitions.get(id.index())
    }
}

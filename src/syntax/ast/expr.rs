//! Expressions.

use super::{DateLit, DurationLit, Ident, NumberLit, PatternLit, RangeLit, TextLit};
use crate::op::{ArithmeticOp, Unit};
use crate::source::Span;

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where; brackets around it left out.
    pub span: Span,
}

/// The forms of expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A name: property, definition, list, param, score, label, lifecycle, option.
    Name(Ident),
    /// A text.
    Text(TextLit),
    /// A number.
    Number(NumberLit),
    /// A date or date-time.
    Date(DateLit),
    /// `true` or `false`
    Boolean(bool),
    /// `[a, b]`
    List(ListLit),
    /// `( x )`: kept, so that the formatter and `mixed-and-or` can see it.
    Paren(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `a OP b` for `unless or and + - * /`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// Where the operator stands.
        op_span: Span,
    },
    /// `a OP b` for `is`, `is not`, `=`, `!=`, `<`, `<=`, `>`, `>=`
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// Where the operator stands.
        op_span: Span,
    },
    /// Every other test: `x in ..`, `t contains ..`, `d within ..`
    Test {
        /// What is tested.
        operand: Box<Expr>,
        /// Whether it is negated by its own words (`not in`, `does not contain`, `is not known`).
        negated: bool,
        /// The test.
        test: Test,
        /// Where the test's words stand, up to its argument.
        op_span: Span,
    },
    /// `days since d`, `weeks until d`
    Elapsed {
        /// The unit.
        unit: Unit,
        /// Whether it is `until`.
        until: bool,
        /// The date.
        date: Box<Expr>,
    },
    /// `domain of t`, `length of t`, `words of t`, `size of s`
    Of {
        /// Which.
        function: OfFunction,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `at least N of [C, ..]`
    AtLeast {
        /// How many.
        count: NumberLit,
        /// The conditions.
        of: Vec<Expr>,
    },
    /// `latest of [D, ..]` and the like
    Pick {
        /// Which.
        function: PickFunction,
        /// The values.
        of: Vec<Expr>,
    },
    /// `count(E ..)`, `sum(E.f ..)`, and in a formula `min(a, b)`, `max(a, b)`
    Call(Call),
}

/// A list written out.
#[derive(Debug, Clone)]
pub struct ListLit {
    /// Its entries: names, texts, numbers (perhaps negated), dates, booleans.
    pub items: Vec<Expr>,
    /// Where, brackets included.
    pub span: Span,
}

/// The binary operators that are no comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `unless`
    Unless,
    /// `or`
    Or,
    /// `and`
    And,
    /// `+`, `-`, `*`, `/`
    Arithmetic(ArithmeticOp),
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// The tests that are no comparisons.
#[derive(Debug, Clone)]
pub enum Test {
    /// `in RANGE`
    InRange(RangeLit),
    /// `in [a, b]` (an [`ExprKind::List`]) or `in some_list` (an [`ExprKind::Name`])
    In(Box<Expr>),
    /// `contains X`: X an option, a text, a list or a list's name
    Contains(Box<Expr>),
    /// `contains all [a, b]`
    ContainsAll(Box<Expr>),
    /// `contains word X`
    ContainsWord(Box<Expr>),
    /// `starts with X`
    StartsWith(Box<Expr>),
    /// `ends with X`
    EndsWith(Box<Expr>),
    /// `matches /re/`
    Matches(PatternLit),
    /// `is known`
    Known,
    /// `is unknown`
    Unknown,
    /// `is empty`
    Empty,
    /// `within D`, `within next D`
    Within {
        /// The date that it lies beside, if not that of the run.
        beside: Option<Box<Beside>>,
        /// Whether `next` stands before the duration.
        next: bool,
        /// How long.
        duration: DurationLit,
    },
    /// `more than D ago`
    MoreThanAgo(DurationLit),
    /// `before D`
    Before(Box<Expr>),
    /// `after D`
    After(Box<Expr>),
}

/// `within 30 days`, `within 7 days after signup`: which events are near enough.
#[derive(Debug, Clone)]
pub struct Window {
    /// How near.
    pub duration: DurationLit,
    /// To which date, if not that of the run.
    pub beside: Option<Box<Beside>>,
    /// Where, with `within`.
    pub span: Span,
}

/// `after signup`, `before renewal`, behind a duration.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Whether it is `before`.
    pub before: bool,
    /// The date.
    pub date: Expr,
}

/// The functions written with `of` and a list of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PickFunction {
    /// The latest date.
    Latest,
    /// The earliest date.
    Earliest,
    /// The highest number.
    Highest,
    /// The lowest number.
    Lowest,
    /// The first value of any type.
    FirstKnown,
}

/// The functions written with `of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfFunction {
    /// The text after the last `@`.
    Domain,
    /// Characters.
    Length,
    /// Words.
    Words,
    /// Members of a set.
    Size,
}

/// A function with brackets.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name as written.
    pub function: Ident,
    /// `E` or `E.f` of an event function: the first argument's names.
    pub event: Option<EventPath>,
    /// `within D`
    pub within: Option<Box<Window>>,
    /// `where C`
    pub filter: Option<Box<Expr>>,
    /// The arguments of a formula's `min( )` and `max( )`; empty where `event` is set.
    pub args: Vec<Expr>,
}

/// `E` or `E.f`. A formula's `max(fit)` of one bare name parses as `args`, never as this, unless `within`, `where` or a dot follows;
/// `count`, `any`, `first`, `last`, `sum`, `average` and `distinct` always give this.
#[derive(Debug, Clone)]
pub struct EventPath {
    /// The event list.
    pub event: Ident,
    /// The field.
    pub field: Option<Ident>,
}

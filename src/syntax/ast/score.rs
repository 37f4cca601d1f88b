//! Scores, their items, points and decay.

use super::{Because, DurationLit, ExcludeRule, Expr, Ident, NumberLit, OptionName, TextLit, Window};
use crate::source::Span;

/// `score NAME [min B] [max B] { .. }` or `= FORMULA`
#[derive(Debug, Clone)]
pub struct ScoreDecl {
    /// Its name.
    pub name: Ident,
    /// Its bounds.
    pub bounds: Vec<BoundClause>,
    /// Items or a formula.
    pub body: ScoreBody,
}

/// The two kinds of score.
#[derive(Debug, Clone)]
pub enum ScoreBody {
    /// The sum of items.
    Items {
        /// In order.
        items: Vec<ScoreItem>,
        /// The closing brace.
        close: Span,
    },
    /// A formula over scores further up; `min( )` and `max( )` are [`ExprKind::Call`](super::ExprKind::Call).
    Formula(Expr),
    /// `if C then F else if C then F else F unknown F`
    Conditional(Box<ConditionalFormula>),
}

/// A formula by conditions.
#[derive(Debug, Clone)]
pub struct ConditionalFormula {
    /// `if`, then every `else if`.
    pub branches: Vec<FormulaBranch>,
    /// `else F`
    pub otherwise: Option<FormulaPart>,
    /// `unknown F`
    pub unknown: Option<FormulaPart>,
    /// Where.
    pub span: Span,
}

/// `if C then F [because T]`
#[derive(Debug, Clone)]
pub struct FormulaBranch {
    /// The condition.
    pub condition: Expr,
    /// The formula, from `if` on.
    pub part: FormulaPart,
}

/// A formula with its reason.
#[derive(Debug, Clone)]
pub struct FormulaPart {
    /// The formula.
    pub formula: Expr,
    /// The reason.
    pub because: Option<Because>,
    /// From the keyword to its end.
    pub span: Span,
}

/// `min B` or `max B`
#[derive(Debug, Clone)]
pub struct BoundClause {
    /// Whether it is `max`.
    pub is_max: bool,
    /// A number with an optional `-`, or a param's name.
    pub value: Expr,
    /// From `min` or `max` to the value's end.
    pub span: Span,
}

/// One item of a score or group.
#[derive(Debug, Clone)]
pub struct ScoreItem {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: ScoreItemKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a score's items.
#[derive(Debug, Clone)]
pub enum ScoreItemKind {
    /// `if C then P .. else if C then P .. else P unknown P`
    If(IfItem),
    /// `band X { .. }`
    Band(BandItem),
    /// `match X { .. }` and `match each S { .. }`
    Match(MatchItem),
    /// `each E .. then P ..`
    Each(EachItem),
    /// `per [N] X then P ..`
    Per(PerItem),
    /// `group T .. { .. }`
    Group(GroupItem),
    /// `exclude if C [because T]`
    Exclude(ExcludeRule),
}

/// Points as written.
#[derive(Debug, Clone)]
pub struct PointsLit {
    /// The number or the param.
    pub kind: PointsKind,
    /// Where, sign included.
    pub span: Span,
}

/// The two ways to write points.
#[derive(Debug, Clone)]
pub enum PointsKind {
    /// A signed number; `signed` is false for a bare one (only `0` may be bare).
    Number {
        /// Whether it has a minus sign.
        negative: bool,
        /// Whether it has a sign at all.
        signed: bool,
        /// The number without its sign.
        number: NumberLit,
    },
    /// A sign and a param.
    Param {
        /// Whether the sign is a minus.
        negative: bool,
        /// The param.
        name: Ident,
    },
}

/// `if C then P [decay] [because T]`: a branch with its condition.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The condition.
    pub condition: Expr,
    /// Its points.
    pub points: PointsLit,
    /// How they fade, and since when.
    pub decay: Option<DecayClause>,
    /// The reason.
    pub because: Option<Because>,
    /// From `if` to its end.
    pub span: Span,
}

/// `else P [because T]` or `unknown P [because T]`, and a line's `: P [because T]`.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The points.
    pub points: PointsLit,
    /// The reason.
    pub because: Option<Because>,
    /// From the keyword (or the line's first key) to its end.
    pub span: Span,
}

/// An `if` item.
#[derive(Debug, Clone)]
pub struct IfItem {
    /// `if`, then every `else if`.
    pub branches: Vec<Branch>,
    /// `else P`
    pub otherwise: Option<Outcome>,
    /// `unknown P`
    pub unknown: Option<Outcome>,
}

/// A `band` item.
#[derive(Debug, Clone)]
pub struct BandItem {
    /// The banded value.
    pub value: Expr,
    /// The lines, `else` and `unknown` among them, in order.
    pub lines: Vec<BandLine>,
    /// The closing brace.
    pub close: Span,
}

/// `RANGE: P`, `else: P` or `unknown: P`
#[derive(Debug, Clone)]
pub struct BandLine {
    /// What it covers.
    pub head: BandHead,
    /// Its points.
    pub outcome: Outcome,
}

/// What a band's line covers.
#[derive(Debug, Clone)]
pub enum BandHead {
    /// A range.
    Range(RangeLit),
    /// `else`
    Else(Span),
    /// `unknown`
    Unknown(Span),
}

/// `a..b`, `a..<b`, `..b`, `..<b`, `a..`, or a single value (`lo` and `hi` the same expression, `single`).
#[derive(Debug, Clone)]
pub struct RangeLit {
    /// The lower end, always included.
    pub lo: Option<Box<Expr>>,
    /// The upper end.
    pub hi: Option<Box<Expr>>,
    /// Whether `<` stands before the upper end.
    pub hi_open: bool,
    /// Whether it is a single value without dots; then only `lo` is set.
    pub single: bool,
    /// Where.
    pub span: Span,
}

/// A `match` item.
#[derive(Debug, Clone)]
pub struct MatchItem {
    /// What is matched.
    pub subject: MatchSubject,
    /// The lines, `else` and `unknown` among them, in order.
    pub lines: Vec<MatchLine>,
    /// The closing brace.
    pub close: Span,
}

/// What a `match` goes by.
#[derive(Debug, Clone)]
pub enum MatchSubject {
    /// `match X`
    Value(Expr),
    /// `match each S`
    Members(Expr),
    /// `match each E.f [within D] [where C]`
    Events {
        /// The event list.
        event: Ident,
        /// The field.
        field: Ident,
        /// `within D`
        within: Option<Box<Window>>,
        /// `where C`
        filter: Option<Expr>,
    },
}

/// `A, B: P`, `else: P` or `unknown: P`; over events with what can follow the points of an `each`.
#[derive(Debug, Clone)]
pub struct MatchLine {
    /// What it covers.
    pub head: MatchHead,
    /// Its points.
    pub outcome: Outcome,
    /// Bounds, limits and decay in the order written.
    pub tail: Vec<EachClause>,
}

/// What a match's line covers.
#[derive(Debug, Clone)]
pub enum MatchHead {
    /// Options, quoted texts, whole numbers, `true` or `false`.
    Keys(Vec<MatchKey>),
    /// `else`
    Else(Span),
    /// `unknown`
    Unknown(Span),
}

/// One key of a match's line.
#[derive(Debug, Clone)]
pub enum MatchKey {
    /// A bare word or quoted text.
    Option(OptionName),
    /// `true` or `false`
    Boolean(bool, Span),
    /// A number, perhaps with `-`.
    Number(Expr),
}

/// `each E [within D] [where C] then P { tail } [because T]`
#[derive(Debug, Clone)]
pub struct EachItem {
    /// The event list.
    pub event: Ident,
    /// `within D`
    pub within: Option<Box<Window>>,
    /// `where C`
    pub filter: Option<Expr>,
    /// Points for each event.
    pub points: PointsLit,
    /// Bounds, limits and decay in the order written.
    pub tail: Vec<EachClause>,
    /// The reason.
    pub because: Option<Because>,
}

/// What can follow the points of an `each`.
#[derive(Debug, Clone)]
pub enum EachClause {
    /// `min B` or `max B`
    Bound(BoundClause),
    /// `max N times [per day | week | month | FIELD]`
    Times {
        /// How many.
        count: NumberLit,
        /// Of which events so many count, if not of all.
        per: Option<TimesPer>,
        /// Where.
        span: Span,
    },
    /// `losing ..`
    Decay(DecayClause),
}

/// What comes behind `max N times`.
#[derive(Debug, Clone)]
pub enum TimesPer {
    /// `per day`
    Day,
    /// `per week`
    Week,
    /// `per month`
    Month,
    /// `per session`, a field of the event.
    Field(Ident),
}

/// `per [N] X then P {min B | max B} [because T]`
#[derive(Debug, Clone)]
pub struct PerItem {
    /// N; 1 if left out.
    pub step: Option<NumberLit>,
    /// X
    pub value: Expr,
    /// Points for each whole N.
    pub points: PointsLit,
    /// Bounds.
    pub bounds: Vec<BoundClause>,
    /// The reason.
    pub because: Option<Because>,
}

/// `group T [best N] [min B] [max B] [when C] { .. }`
#[derive(Debug, Clone)]
pub struct GroupItem {
    /// The title.
    pub title: TextLit,
    /// `best N`: the number, each time it is written.
    pub best: Vec<NumberLit>,
    /// `when C`
    pub when: Option<Expr>,
    /// Its bounds.
    pub bounds: Vec<BoundClause>,
    /// Its items.
    pub items: Vec<ScoreItem>,
    /// The closing brace.
    pub close: Span,
}

/// `losing .. [since X]`
#[derive(Debug, Clone)]
pub struct DecayClause {
    /// Which form.
    pub kind: DecayKind,
    /// `since X`: for an `if`, whose age.
    pub since: Option<Expr>,
    /// From `losing` to its end.
    pub span: Span,
}

/// The forms of decay.
#[derive(Debug, Clone)]
pub enum DecayKind {
    /// `losing 50% of its points every 30 days`
    Linear {
        /// The percentage.
        percent: NumberLit,
        /// The period.
        every: DurationLit,
    },
    /// `losing 50% of what is left every 30 days`
    Compound {
        /// The percentage.
        percent: NumberLit,
        /// The period.
        every: DurationLit,
    },
    /// `losing 5 every 1 week`
    Fixed {
        /// Points lost in each period.
        amount: NumberLit,
        /// The period.
        every: DurationLit,
    },
    /// `losing all over 90 days`
    All {
        /// The time after which nothing is left.
        over: DurationLit,
    },
}

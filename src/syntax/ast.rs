//! The tree of a source file as its author wrote it: every name unresolved, every node with its span.
//!
//! Comments and blank lines are not in the tree; they stand beside it in [`Trivia`](super::trivia::Trivia).

use std::sync::Arc;

use crate::source::{FileId, Span};
use crate::value::Decimal;

pub use crate::op::Unit;

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// The items in order; broken ones are left out and told as diagnostics.
    pub items: Vec<Item>,
}

/// A top-level item with the `##` lines directly above it.
#[derive(Debug, Clone)]
pub struct Item {
    /// The documentation lines, without `##` and the blank after it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: ItemKind,
    /// From its keyword to its end; documentation left out.
    pub span: Span,
}

/// The kinds of item.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// `lsr 1`
    Version(NumberLit),
    /// `use "contact.lsr"`
    Use(TextLit),
    /// `schema contact { .. }`
    Schema(SchemaDecl),
    /// `list free_mail = [..]` or `list competitors from "file.txt"`
    List(ListDecl),
    /// `param bofu = 50`
    Param(ParamDecl),
    /// `define fits = industry in [..]`
    Define(DefineDecl),
    /// `exclude if C because "T"`
    Exclude(ExcludeRule),
    /// `score fit max 60 { .. }` or `score lead = fit + engagement`
    Score(ScoreDecl),
    /// `label grade by fit { .. }` or `label grade = a + b`
    Label(LabelDecl),
    /// `lifecycle lifecycle_stage { .. }`
    Lifecycle(LifecycleDecl),
    /// `test "..." { .. }`
    Test(TestDecl),
}

/// A name; `quoted` where it stands in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name without backticks.
    pub name: Arc<str>,
    /// Whether it was written in backticks.
    pub quoted: bool,
    /// Where, backticks included.
    pub span: Span,
}

/// A text in double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLit {
    /// The text with its escapes resolved.
    pub value: Arc<str>,
    /// Where, quotes included.
    pub span: Span,
}

/// A number without a sign: `1_200`, `2.5k`, `30%`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberLit {
    /// As written.
    pub text: Arc<str>,
    /// Its exact value; suffix and percent sign applied.
    pub value: Decimal,
    /// Where.
    pub span: Span,
}

/// A date or date-time as written; whether it exists is for `check` to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLit {
    /// As written: `2026-01-15`, `2026-01-15T10:30Z`, `2026-01-15T10:30:05.25+02:00`.
    pub text: Arc<str>,
    /// Whether it has a time.
    pub has_time: bool,
    /// Where.
    pub span: Span,
}

/// A pattern between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternLit {
    /// The regular expression, `\/` resolved to `/`.
    pub source: Arc<str>,
    /// Where, slashes included.
    pub span: Span,
}

/// `30 days`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationLit {
    /// How many.
    pub count: NumberLit,
    /// Of what.
    pub unit: Unit,
    /// Where, number and unit.
    pub span: Span,
}

/// An option as rules name it: a bare word or a quoted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionName {
    /// A bare word (or a word in backticks).
    Word(Ident),
    /// A quoted text.
    Text(TextLit),
}

impl OptionName {
    /// The name itself.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Word(w) => &w.name,
            Self::Text(t) => &t.value,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Word(w) => w.span,
            Self::Text(t) => t.span,
        }
    }
}

// ---- schema ---------------------------------------------------------------------------------

/// `schema contact { .. }`
#[derive(Debug, Clone)]
pub struct SchemaDecl {
    /// The schema's name.
    pub name: Ident,
    /// Its members in order.
    pub members: Vec<SchemaMember>,
    /// The closing brace.
    pub close: Span,
}

/// A line of a schema.
#[derive(Debug, Clone)]
pub struct SchemaMember {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: SchemaMemberKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a schema's lines.
#[derive(Debug, Clone)]
pub enum SchemaMemberKind {
    /// `unknown values "Select", "N/A"`
    UnknownValues(Vec<TextLit>),
    /// `time zone "Europe/Paris"`
    TimeZone(TextLit),
    /// `ignore accents`
    IgnoreAccents,
    /// `numbers like "1.234,56"`
    NumbersLike(TextLit),
    /// `dates like "31/12/2026"`
    DatesLike(TextLit),
    /// `employees: integer from "Employees"`
    Property(PropertyDecl),
    /// `events page_view by "contact_id" { .. }`
    Events(EventsDecl),
}

/// A property of the schema or a field of an event.
#[derive(Debug, Clone)]
pub struct PropertyDecl {
    /// Whether `key` stands before it.
    pub key: bool,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// What follows the type, in order.
    pub modifiers: Vec<Modifier>,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeExprKind,
    /// Where.
    pub span: Span,
}

/// The types of a schema.
#[derive(Debug, Clone)]
pub enum TypeExprKind {
    /// `text`
    Text,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `one of [..]`
    OneOf(Vec<OptionDecl>),
    /// `set of [..]`
    SetOf(Vec<OptionDecl>),
    /// `set of text`
    SetOfText,
    /// Any other word; `check` tells which types there are.
    Unknown(Ident),
}

/// An option of a schema: `finance = "Financial Services" | "FINANCE"`.
#[derive(Debug, Clone)]
pub struct OptionDecl {
    /// Its name.
    pub name: OptionName,
    /// Its forms in data.
    pub forms: Vec<TextLit>,
    /// Where.
    pub span: Span,
}

/// What can follow a property's type.
#[derive(Debug, Clone)]
pub enum Modifier {
    /// `required`
    Required(Span),
    /// `default VALUE`
    Default(Box<Expr>, Span),
    /// `from "A", "B"`
    From(Vec<TextLit>, Span),
    /// `split by ","`
    Split(TextLit, Span),
    /// `like "1.234,56"`
    Like(TextLit, Span),
}

/// `events page_view by "contact_id" to email { .. }`
#[derive(Debug, Clone)]
pub struct EventsDecl {
    /// The list's name.
    pub name: Ident,
    /// The column that refers to the record.
    pub by: Option<TextLit>,
    /// The property that it refers to, if not the key.
    pub to: Option<Ident>,
    /// The fields.
    pub fields: Vec<EventField>,
    /// The closing brace.
    pub close: Span,
}

/// A field with its documentation.
#[derive(Debug, Clone)]
pub struct EventField {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// The field.
    pub property: PropertyDecl,
    /// Where.
    pub span: Span,
}

// ---- names for reuse ------------------------------------------------------------------------

/// `list NAME = [..]` or `list NAME from "file"`
#[derive(Debug, Clone)]
pub struct ListDecl {
    /// Its name.
    pub name: Ident,
    /// Where its entries come from.
    pub source: ListSource,
}

/// The entries of a list.
#[derive(Debug, Clone)]
pub enum ListSource {
    /// Written out.
    Inline(ListLit),
    /// In a file, one a line.
    File(TextLit),
}

/// `param NAME = VALUE`
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// Its name.
    pub name: Ident,
    /// A number (perhaps with `-`), text or date.
    pub value: Expr,
}

/// `define NAME = EXPRESSION`
#[derive(Debug, Clone)]
pub struct DefineDecl {
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub value: Expr,
}

/// `because "T"`
#[derive(Debug, Clone)]
pub struct Because {
    /// The reason.
    pub text: TextLit,
    /// From `because` to the text's end.
    pub span: Span,
}

/// `exclude if C [because T]`
#[derive(Debug, Clone)]
pub struct ExcludeRule {
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
}

// ---- scores ---------------------------------------------------------------------------------

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
    /// A formula over scores further up; `min( )` and `max( )` are [`ExprKind::Call`].
    Formula(Expr),
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
    /// Whether it is `match each`.
    pub each: bool,
    /// The matched value or set.
    pub value: Expr,
    /// The lines, `else` and `unknown` among them, in order.
    pub lines: Vec<MatchLine>,
    /// The closing brace.
    pub close: Span,
}

/// `A, B: P`, `else: P` or `unknown: P`
#[derive(Debug, Clone)]
pub struct MatchLine {
    /// What it covers.
    pub head: MatchHead,
    /// Its points.
    pub outcome: Outcome,
}

/// What a match's line covers.
#[derive(Debug, Clone)]
pub enum MatchHead {
    /// Options, quoted texts, `true` or `false`.
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
}

/// `each E [within D] [where C] then P { tail } [because T]`
#[derive(Debug, Clone)]
pub struct EachItem {
    /// The event list.
    pub event: Ident,
    /// `within D`
    pub within: Option<DurationLit>,
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
    /// `max N times [per day]`
    Times {
        /// How many.
        count: NumberLit,
        /// Whether for each calendar day.
        per_day: bool,
        /// Where.
        span: Span,
    },
    /// `losing ..`
    Decay(DecayClause),
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

/// `group T [min B] [max B] { .. }`
#[derive(Debug, Clone)]
pub struct GroupItem {
    /// The title.
    pub title: TextLit,
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

// ---- labels, lifecycle, tests ---------------------------------------------------------------

/// `label NAME by SCORE { .. }` or `label NAME = LABEL + LABEL`
#[derive(Debug, Clone)]
pub struct LabelDecl {
    /// Its name.
    pub name: Ident,
    /// Ranges or a join.
    pub body: LabelBody,
}

/// The two kinds of label.
#[derive(Debug, Clone)]
pub enum LabelBody {
    /// `by SCORE { RANGE: NAME .. }`
    Ranges {
        /// The score.
        score: Ident,
        /// The lines in order.
        lines: Vec<LabelLine>,
        /// The closing brace.
        close: Span,
    },
    /// `= LABEL + LABEL`
    Join(Vec<Ident>),
}

/// `RANGE: NAME-OR-TEXT` or `else: ..`
#[derive(Debug, Clone)]
pub struct LabelLine {
    /// The range; `None` for `else`.
    pub range: Option<RangeLit>,
    /// The label's text.
    pub text: OptionName,
    /// Where.
    pub span: Span,
}

/// `lifecycle NAME { .. }`
#[derive(Debug, Clone)]
pub struct LifecycleDecl {
    /// The property that it governs, or a new output.
    pub name: Ident,
    /// The lines in order.
    pub lines: Vec<LifecycleLine>,
    /// The closing brace.
    pub close: Span,
}

/// One line of a lifecycle.
#[derive(Debug, Clone)]
pub struct LifecycleLine {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: LifecycleLineKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a lifecycle's lines.
#[derive(Debug, Clone)]
pub enum LifecycleLineKind {
    /// `hold when C [because T]`
    Hold {
        /// The condition.
        condition: Expr,
        /// The reason.
        because: Option<Because>,
    },
    /// `stage S when C [because T]`; `condition` is `None` for `when excluded`.
    Stage {
        /// The stage.
        stage: OptionName,
        /// The condition.
        condition: Option<Expr>,
        /// The reason.
        because: Option<Because>,
    },
    /// `otherwise S`
    Otherwise {
        /// The stage.
        stage: OptionName,
    },
    /// `forward only`
    ForwardOnly,
}

/// `test T [as of D] { given .. expect .. }`
#[derive(Debug, Clone)]
pub struct TestDecl {
    /// The test's name.
    pub name: TextLit,
    /// `as of D`
    pub as_of: Option<DateLit>,
    /// A table of cases instead of or beside `given`: `from "cases.csv"`.
    pub table: Option<TextLit>,
    /// The clauses in order.
    pub clauses: Vec<TestClause>,
    /// The closing brace.
    pub close: Span,
}

/// `given ..` or `expect ..`
#[derive(Debug, Clone)]
pub struct TestClause {
    /// What it is.
    pub kind: TestClauseKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a test's clauses.
#[derive(Debug, Clone)]
pub enum TestClauseKind {
    /// `given NAME = VALUE, ..`
    Given(Vec<Given>),
    /// `expect E, ..`
    Expect(Vec<Expectation>),
}

/// `NAME = VALUE`
#[derive(Debug, Clone)]
pub struct Given {
    /// A property or an event list.
    pub name: Ident,
    /// Its value.
    pub value: GivenValue,
    /// Where.
    pub span: Span,
}

/// A value of a test.
#[derive(Debug, Clone)]
pub enum GivenValue {
    /// A literal, an option, a list of options or texts.
    Expr(Expr),
    /// `3 days ago`
    Ago(DurationLit, Span),
    /// `[{ url: "..", at: 2 days ago }]`
    Events(Vec<GivenEvent>, Span),
}

/// `{ url: "..", at: 2 days ago }`
#[derive(Debug, Clone)]
pub struct GivenEvent {
    /// The fields.
    pub fields: Vec<Given>,
    /// Where, braces included.
    pub span: Span,
}

/// One thing that a test expects.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// How many `not` stand before it, modulo two: only for `excluded` and `fired`.
    pub negated: bool,
    /// What.
    pub kind: ExpectationKind,
    /// Where.
    pub span: Span,
}

/// The kinds of expectation.
#[derive(Debug, Clone)]
pub enum ExpectationKind {
    /// A condition over outputs and properties.
    Condition(Expr),
    /// `excluded [because T]`
    Excluded(Option<TextLit>),
    /// `fired T`
    Fired(TextLit),
}

// ---- expressions ----------------------------------------------------------------------------

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
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
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
    pub within: Option<DurationLit>,
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

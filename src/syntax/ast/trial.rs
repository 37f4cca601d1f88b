//! Tests: what is given and what is expected.

use super::{DateLit, DurationLit, Expr, Ident, TextLit};
use crate::source::Span;

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
    /// A property, an event list or a related record.
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
    /// `{ industry: software }`
    Related(GivenEvent),
}

/// `{ url: "..", at: 2 days ago }`: an event, or a related record.
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

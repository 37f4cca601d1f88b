//! Tests: what is given and what is expected.

use std::sync::Arc;

use super::{AsOf, Expr};
use crate::schema::{EventId, PropId};
use crate::source::Span;
use crate::value::Value;

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
    /// The records of one account that are given instead; what is expected is then over the account.
    pub account: Option<GivenAccount>,
    /// What is expected.
    pub expect: Vec<Expectation>,
    /// Where the test stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `given account = [{ .. }, { .. }]`: the records of one account.
#[derive(Debug, Clone)]
pub struct GivenAccount {
    /// The rollup, by its place.
    pub rollup: usize,
    /// Each with the properties and events that are given.
    pub records: Vec<GivenRecord>,
}

/// A record of a test's account.
#[derive(Debug, Clone)]
pub struct GivenRecord {
    /// Properties.
    pub given: Vec<(PropId, Option<Value>, Span)>,
    /// Events, each a value for every field of its list.
    pub events: Vec<(EventId, Vec<GivenEvent>)>,
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

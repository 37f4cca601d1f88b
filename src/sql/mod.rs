//! The typed model to SQL: one query that gives the output of `lsrc run`.
//!
//! The query is a chain of named steps: the columns read and typed as the schema says, each event table read and added up once, the
//! definitions, the points of every item, scores, labels, stages. What a dialect cannot compute equally is refused.

mod builder;
mod chain;
mod classes;
mod clock;
mod dialect;
mod event_steps;
mod events;
mod exact;
mod expr;
pub mod fixture;
mod fold;
mod formula;
mod items;
mod letters;
mod outputs;
mod pattern;
mod query;
mod read;
mod reasons;
mod related;
mod rollup;
mod steps;
mod texts;
mod wrap;

use crate::hir::{AsOf, Model, Rollup};
use crate::schema::{EventId, RelatedId};
use crate::source::{Sources, Span};

pub use dialect::DialectName;
pub use wrap::{Shape, Source, moment_variable};

/// What the query is to be.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose SQL.
    pub dialect: DialectName,
    /// The table of the records, perhaps with a schema in front: `crm.contacts`.
    pub table: String,
    /// The tables of the events; a list without one is refused where a rule reads it.
    pub events: Vec<(EventId, String)>,
    /// The tables of related records; one without a table is refused where a rule reads it.
    pub related: Vec<(RelatedId, String)>,
    /// The moment to score at; `None` for the engine's clock.
    pub as_of: Option<AsOf>,
    /// SQL that stands for the engine's clock, in microseconds since 1970; without it the dialect's own function.
    pub clock: Option<String>,
    /// Whether to add the `reasons` column of `lsrc run --explain`.
    pub explain: bool,
    /// What stands around the query.
    pub shape: Shape,
    /// The name of the rules, for the view, the table or the model.
    pub name: String,
}

/// Something that this dialect does not compute as the reference says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The construct, in words that finish "sqlite cannot compute ..".
    pub construct: String,
    /// Where it stands.
    pub span: Span,
}

/// The SQL of a model.
///
/// # Errors
/// The first construct that the dialect cannot compute equally.
pub fn write(model: &Model, sources: &Sources, request: &Request) -> Result<String, Refusal> {
    let query = query::query(model, sources, request)?;
    wrap::wrap(&query, model, request)
}

/// The SQL of the accounts of a rollup.
///
/// # Errors
/// The first construct that the dialect cannot compute equally.
pub fn write_rollup(model: &Model, rollup: &Rollup, sources: &Sources, request: &Request) -> Result<String, Refusal> {
    let query = rollup::query(model, rollup, sources, request)?;
    wrap::wrap(&query, model, request)
}

//! An attribute with its points, and its values as rules write them.

use super::coded::Coded;
use super::histogram::Tally;
use crate::schema::{PropId, Schema};
use crate::syntax::written::{name, quoted};
use crate::value::Type;

/// An attribute with the points of each code.
#[derive(Debug, Clone)]
pub(super) struct Block<'a> {
    pub(super) it: &'a Coded,
    pub(super) points: Vec<i32>,
    pub(super) tallies: Vec<Tally>,
}

/// A value as a line of a match names it.
pub(super) fn value_text(schema: &Schema, id: PropId, text: &str) -> String {
    match schema.property(id).map(|p| &p.ty) {
        Some(Type::Boolean) => text.to_owned(),
        Some(Type::OneOf(_) | Type::SetOf(_)) if !name(text).starts_with('`') => text.to_owned(),
        Some(_) | None => quoted(text),
    }
}

//! `unused-property`: a property that no rule reads. Off unless asked for.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::uses::Uses;
use crate::schema::PropId;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let rollups = context.model.rollups.iter().map(|rollup| Uses::of_rollup(context.model, rollup));
    let uses: Vec<Uses> = std::iter::once(Uses::of(context.model)).chain(rollups).collect();
    let unread = |at: usize| uses.iter().all(|uses| uses.properties.get(at).is_none_or(Vec::is_empty));
    let schema = &context.model.schema;
    for (at, property) in schema.properties.iter().enumerate() {
        let id = PropId(crate::invariant::number(at));
        let related = uses.iter().any(|uses| names_related(context, uses, id));
        let key = schema.key == Some(id) || schema.presence(id).is_some() || related;
        if !key && unread(at) {
            out.push(
                Diagnostic::new(Code::UnusedProperty, property.name_span, format!("no rule reads `{}`", property.name))
                    .label("not read")
                    .help("take it out of the schema, or leave it for rules to come"),
            );
        }
    }
}

/// Whether a property names a related record that a rule reads.
fn names_related(context: &Context<'_>, uses: &Uses, id: PropId) -> bool {
    let read = |id: PropId| uses.properties.get(id.0 as usize).is_some_and(|rules| !rules.is_empty());
    context.model.schema.related.iter().any(|related| related.to == id && related.filled().any(read))
}

//! `unused-property`: a property that no rule reads. Off unless asked for.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::uses::Uses;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let rollups = context.model.rollups.iter().map(|rollup| Uses::of_rollup(context.model, rollup));
    let uses: Vec<Uses> = std::iter::once(Uses::of(context.model)).chain(rollups).collect();
    let unread = |at: usize| uses.iter().all(|uses| uses.properties.get(at).is_none_or(Vec::is_empty));
    for (at, property) in context.model.schema.properties.iter().enumerate() {
        let key = context.model.schema.key.is_some_and(|k| k.0 as usize == at);
        if !key && unread(at) {
            out.push(
                Diagnostic::new(Code::UnusedProperty, property.name_span, format!("no rule reads `{}`", property.name))
                    .label("not read")
                    .help("take it out of the schema, or leave it for rules to come"),
            );
        }
    }
}

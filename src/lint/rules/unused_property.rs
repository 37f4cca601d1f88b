//! `unused-property`: a property that no rule reads. Off unless asked for.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::uses::Uses;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let uses = Uses::of(context.model);
    for (at, property) in context.model.schema.properties.iter().enumerate() {
        let key = context.model.schema.key.is_some_and(|k| k.0 as usize == at);
        if !key && uses.properties.get(at).is_some_and(Vec::is_empty) {
            out.push(
                Diagnostic::new(Code::UnusedProperty, property.name_span, format!("no rule reads `{}`", property.name))
                    .label("not read")
                    .help("take it out of the schema, or leave it for rules to come"),
            );
        }
    }
}

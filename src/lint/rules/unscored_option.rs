//! `unscored-option`: an option of a scored property that no rule names. Off unless asked for.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::uses::Uses;
use crate::value::Type;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let uses = Uses::of(context.model);
    for (at, property) in context.model.schema.properties.iter().enumerate() {
        let (Type::OneOf(options) | Type::SetOf(options)) = &property.ty else { continue };
        let (Some(rules), Some(named)) = (uses.properties.get(at), uses.named.get(at)) else { continue };
        let governed = context.model.lifecycles.iter().any(|l| l.property.is_some_and(|p| p.0 as usize == at));
        if rules.is_empty() || named.is_empty() || governed {
            continue;
        }
        let missing: Vec<String> = (0..crate::invariant::number(options.len()))
            .filter(|c| !named.contains(c))
            .filter_map(|c| options.name(c).map(|n| format!("`{n}`")))
            .collect();
        if !missing.is_empty() {
            out.push(
                Diagnostic::new(
                    Code::UnscoredOption,
                    property.name_span,
                    format!("no rule names {} of `{}`", missing.join(", "), property.name),
                )
                .label("scored by its other options")
                .help("give them points, or say that they are worth nothing in an `else: 0`"),
            );
        }
    }
}

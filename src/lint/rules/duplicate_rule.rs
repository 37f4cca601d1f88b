//! `duplicate-rule`: one condition twice in one score.

use std::collections::HashMap;

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::walk::shape;
use crate::hir::{Branch, ItemKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let mut seen: HashMap<(String, String), &Branch> = HashMap::new();
    context.items(&mut |score, item| {
        let ItemKind::If { branches, .. } = &item.kind else { return };
        let [branch] = branches.as_slice() else { return };
        let key = (score.name.to_string(), shape(&branch.condition));
        match seen.get(&key) {
            Some(first) => {
                let together = crate::value::Points(first.arm.points.0 + branch.arm.points.0);
                out.push(
                    Diagnostic::new(
                        Code::DuplicateRule,
                        branch.condition.span,
                        format!("the score `{}` asks `{}` twice", score.name, context.words(branch.condition.span)),
                    )
                    .label("asked again")
                    .also(first.condition.span, "asked first here")
                    .note(format!(
                        "whoever meets it gets {} and {}: together {}",
                        first.arm.points.signed(),
                        branch.arm.points.signed(),
                        together.signed()
                    ))
                    .help("keep one of them"),
                );
            }
            None => {
                seen.insert(key, branch);
            }
        }
    });
}

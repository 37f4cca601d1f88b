//! `duplicate-rule`: one condition twice in one score, in the same words or in others.

use std::collections::HashMap;

use super::super::asked::Asked;
use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::walk::shape;
use crate::hir::{Expr, ExprKind};
use crate::value::Points;

/// A condition twice in one `at least N of`: it counts twice.
fn listed(context: &Context<'_>, expr: &Expr, out: &mut Diagnostics) {
    if let ExprKind::AtLeast(_, parts) = &expr.kind {
        let mut seen: HashMap<String, &Expr> = HashMap::new();
        for part in parts {
            let Some(first) = seen.get(&shape(part)) else {
                seen.insert(shape(part), part);
                continue;
            };
            let message = format!("this list asks `{}` twice", context.words(part.span));
            out.push(
                Diagnostic::new(Code::DuplicateRule, part.span, message)
                    .label("asked again")
                    .also(first.span, "asked first here")
                    .note("a condition that is listed twice counts twice")
                    .help("keep one of them"),
            );
        }
    }
    expr.operands().for_each(|part| listed(context, part, out));
}

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let definitions = context.model.definitions.iter().map(|d| &d.value);
    for expr in context.sites.iter().map(|site| site.expr).chain(definitions) {
        listed(context, expr, out);
    }
    for (score, rules) in context.model.scores.iter().zip(context.asked()) {
        let mut seen: HashMap<u64, &Asked<'_>> = HashMap::new();
        for rule in rules {
            let Some(first) = seen.get(&rule.key) else {
                seen.insert(rule.key, rule);
                continue;
            };
            let (a, b) = (&first.branch.arm, &rule.branch.arm);
            let (asked, again) = (first.branch.condition.span, rule.branch.condition.span);
            let (words, other) = (context.words(again), context.words(asked));
            let message = if words == other {
                format!("the score `{}` asks `{words}` twice", score.name)
            } else {
                format!("the score `{}` asks `{words}`, which is the same as `{other}`", score.name)
            };
            out.push(
                Diagnostic::new(Code::DuplicateRule, again, message)
                    .label("asked again")
                    .also(asked, "asked first here")
                    .note(format!(
                        "a record that matches it gets {} and {}: together {}",
                        a.points.signed(),
                        b.points.signed(),
                        Points(a.points.0 + b.points.0).signed()
                    ))
                    .help("keep one of them"),
            );
        }
    }
}

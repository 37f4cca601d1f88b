//! `never-true`: a condition that no record can meet.

use super::super::context::Context;
use crate::bounds::abstraction::Cond;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::visit::Site;
use crate::hir::{Expr, ExprKind};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for site in &context.sites {
        if let Some(cond) = context.cond(site.expr) {
            part(context, site, site.expr, cond, out);
        }
    }
}

/// Looks at a condition and, where it can be met, at the parts of it that cannot.
fn part<'e>(context: &Context<'e>, site: &Site<'_>, expr: &'e Expr, cond: &Cond, out: &mut Diagnostics) {
    if never(context, cond) {
        let (part, parts) = smallest(context, expr, cond);
        if against_nothing(part) {
            // `empty-list` tells the cause.
            return;
        }
        let span = part.span;
        let mut finding = Diagnostic::new(Code::NeverTrue, span, format!("no {} can meet `{}`", site.who(), context.words(span)))
            .label("never true")
            .help("fix the condition, or remove the rule");
        if parts > 1 {
            finding = finding.note(format!("its {parts} parts can be met one by one, but not together"));
        }
        out.push(finding);
        return;
    }
    if let (ExprKind::Or(exprs), Cond::Or(conds)) = (&expr.kind, cond) {
        exprs.iter().zip(conds).for_each(|(e, c)| part(context, site, e, c, out));
    }
}

fn never(context: &Context<'_>, cond: &Cond) -> bool {
    context.picture.truths(cond).is_some_and(|[_, _, t]| !t)
}

/// Whether a value is tested against an empty list.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these test against a list")]
fn against_nothing(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::InOptions(_, codes) | ExprKind::HasOptions { codes, .. } => codes.is_empty(),
        ExprKind::InValues(_, values) => values.is_empty(),
        ExprKind::HasTexts { texts, .. } | ExprKind::TextTest { texts, .. } => texts.items.is_empty(),
        _ => false,
    }
}

/// The innermost part that can never be true, through `and` and into definitions, with the number of its parts.
fn smallest<'e>(context: &Context<'e>, expr: &'e Expr, cond: &Cond) -> (&'e Expr, usize) {
    match (&expr.kind, cond) {
        (ExprKind::And(exprs), Cond::And(conds)) => {
            exprs.iter().zip(conds).find(|(_, c)| never(context, c)).map_or((expr, exprs.len()), |(e, c)| smallest(context, e, c))
        }
        (ExprKind::Unless(kept, _), Cond::Unless(cond, _)) if never(context, cond) => smallest(context, kept, cond),
        (ExprKind::Definition(id), _) => match context.model.definition(*id) {
            Some(definition) => smallest(context, &definition.value, cond),
            None => (expr, 1),
        },
        _ => (expr, 1),
    }
}

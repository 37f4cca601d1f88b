//! `never-true`: a condition that no record can meet.

use super::super::context::{Context, Role};
use crate::bounds::picture::Picture;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Expr, ExprKind, Model};
use crate::source::Span;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let mut picture = Picture::of(context.model);
    for site in &context.sites {
        if site.role != Role::Where {
            part(&mut picture, context, site.expr, site.expr.span, out);
        }
    }
}

/// Looks at a condition and, where it can be met, at the parts of it that cannot.
fn part(picture: &mut Picture<'_>, context: &Context<'_>, expr: &Expr, span: Span, out: &mut Diagnostics) {
    if never(picture, expr) {
        let (culprit, span) = smallest(picture, context.model, expr, span);
        let words = context.words(span);
        let mut finding = Diagnostic::new(Code::NeverTrue, span, format!("no record can meet `{words}`"))
            .label("never true")
            .help("mend the condition, or take the rule out");
        if let ExprKind::And(parts) = &culprit.kind {
            finding = finding.note(format!("its {} parts can be met one by one, but not together", parts.len()));
        }
        out.push(finding);
        return;
    }
    if let ExprKind::Or(parts) = &expr.kind {
        parts.iter().for_each(|p| part(picture, context, p, p.span, out));
    }
}

fn never(picture: &mut Picture<'_>, expr: &Expr) -> bool {
    let cond = picture.condition(expr);
    picture.truths(&cond).is_some_and(|[_, _, t]| !t)
}

/// The innermost part that can never be true: through `and`, and into definitions.
fn smallest<'m>(picture: &mut Picture<'_>, model: &'m Model, expr: &'m Expr, span: Span) -> (&'m Expr, Span) {
    match &expr.kind {
        ExprKind::And(parts) => {
            for part in parts {
                if never(picture, part) {
                    return smallest(picture, model, part, part.span);
                }
            }
            (expr, span)
        }
        ExprKind::Unless(kept, _) if never(picture, kept) => smallest(picture, model, kept, kept.span),
        ExprKind::Definition(id) => match model.definition(*id) {
            Some(definition) => smallest(picture, model, &definition.value, definition.value.span),
            None => (expr, span),
        },
        _ => (expr, span),
    }
}

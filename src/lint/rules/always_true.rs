//! `always-true`: a condition that every record meets.

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

fn part(picture: &mut Picture<'_>, context: &Context<'_>, expr: &Expr, span: Span, out: &mut Diagnostics) {
    if always(picture, expr) {
        let span = innermost(picture, context.model, expr, span);
        let words = context.words(span);
        out.push(
            Diagnostic::new(Code::AlwaysTrue, span, format!("every record meets `{words}`"))
                .label("always true")
                .help("mend the condition; points that everybody gets rank nobody"),
        );
        return;
    }
    match &expr.kind {
        ExprKind::And(parts) => parts.iter().for_each(|p| part(picture, context, p, p.span, out)),
        ExprKind::Unless(kept, _) => part(picture, context, kept, kept.span, out),
        _ => {}
    }
}

fn always(picture: &mut Picture<'_>, expr: &Expr) -> bool {
    let cond = picture.condition(expr);
    picture.truths(&cond) == Some([false, false, true])
}

/// The innermost part that is always true: through `or`, and into definitions.
fn innermost(picture: &mut Picture<'_>, model: &Model, expr: &Expr, span: Span) -> Span {
    match &expr.kind {
        ExprKind::Or(parts) => {
            for part in parts {
                if always(picture, part) {
                    return innermost(picture, model, part, part.span);
                }
            }
            span
        }
        ExprKind::Definition(id) => match model.definition(*id) {
            Some(d) => innermost(picture, model, &d.value, d.value.span),
            None => span,
        },
        _ => span,
    }
}

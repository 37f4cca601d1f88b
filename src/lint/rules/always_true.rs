//! `always-true`: a condition that every record meets.

use super::super::context::Context;
use crate::bounds::abstraction::Cond;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::visit::Site;
use crate::hir::{Expr, ExprKind};
use crate::source::Span;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for site in &context.sites {
        if let Some(cond) = context.cond(site.expr) {
            part(context, site, site.expr, cond, out);
        }
    }
}

/// Looks at a condition and, where not every record meets it, at the parts of it that every record meets.
fn part(context: &Context<'_>, site: &Site<'_>, expr: &Expr, cond: &Cond, out: &mut Diagnostics) {
    if always(context, cond) {
        let span = innermost(context, expr, cond);
        out.push(
            Diagnostic::new(Code::AlwaysTrue, span, format!("every {} meets `{}`", site.who(), context.words(span)))
                .label("always true")
                .help("fix the condition: points that every record gets rank no one"),
        );
        return;
    }
    match (&expr.kind, cond) {
        (ExprKind::And(exprs), Cond::And(conds)) => exprs.iter().zip(conds).for_each(|(e, c)| part(context, site, e, c, out)),
        (ExprKind::Unless(kept, _), Cond::Unless(cond, _)) => part(context, site, kept, cond, out),
        _ => {}
    }
}

fn always(context: &Context<'_>, cond: &Cond) -> bool {
    context.picture.truths(cond) == Some([false, false, true])
}

/// The innermost part that is always true: through `or`, and into definitions.
fn innermost(context: &Context<'_>, expr: &Expr, cond: &Cond) -> Span {
    match (&expr.kind, cond) {
        (ExprKind::Or(exprs), Cond::Or(conds)) => {
            exprs.iter().zip(conds).find(|(_, c)| always(context, c)).map_or(expr.span, |(e, c)| innermost(context, e, c))
        }
        (ExprKind::Definition(id), _) => {
            context.model.definition(*id).map_or(expr.span, |definition| innermost(context, &definition.value, cond))
        }
        _ => expr.span,
    }
}

//! `inactive-spares-unknown`: several dates that are each long ago, joined by `and`: one empty date, and the record is not inactive.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::visit::Role;
use crate::hir::{Duration, Expr, ExprKind};
use crate::schema::{PropId, Property};
use crate::source::Span;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for site in &context.sites {
        if !matches!(site.role, Role::Branch { unknown_part: true }) {
            walk(context, site.expr, out);
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only connectives and definitions are passed through")]
fn walk(context: &Context<'_>, expr: &Expr, out: &mut Diagnostics) {
    match &expr.kind {
        ExprKind::And(parts) => {
            inactive(context, parts, out);
            parts.iter().for_each(|part| walk(context, part, out));
        }
        ExprKind::Or(parts) => parts.iter().for_each(|part| walk(context, part, out)),
        ExprKind::Unless(kept, _) => walk(context, kept, out),
        ExprKind::Definition(id) => {
            if let Some(definition) = context.model.definition(*id) {
                walk(context, &definition.value, out);
            }
        }
        _ => {}
    }
}

/// The date and duration of `d more than D ago`.
fn long_ago(expr: &Expr) -> Option<(&Expr, Duration)> {
    if let ExprKind::MoreThanAgo(date, duration) = &expr.kind { Some((date, *duration)) } else { None }
}

/// The property that a date is, where it may be unknown.
fn unknown<'m>(context: &Context<'m>, date: &Expr) -> Option<(PropId, &'m Property)> {
    let ExprKind::Property(id) = date.kind else { return None };
    let property = context.model.schema.property(id)?;
    (!property.required && property.default.is_none()).then_some((id, property))
}

fn inactive(context: &Context<'_>, parts: &[Expr], out: &mut Diagnostics) {
    let asked = |id: PropId| {
        parts
            .iter()
            .any(|part| matches!(&part.kind, ExprKind::IsKnown(x) if matches!(x.kind, ExprKind::Property(of) if of == id)))
    };
    let mut rest = parts;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let Some((date, duration)) = long_ago(first) else { continue };
        let more: Vec<&Expr> =
            behind.iter().map_while(|part| long_ago(part).filter(|(_, of)| *of == duration).map(|(date, _)| date)).collect();
        rest = behind.get(more.len()..).unwrap_or_default();
        let dates: Vec<&Expr> = std::iter::once(date).chain(more).collect();
        let spared = dates.iter().find_map(|date| unknown(context, date).filter(|(id, _)| !asked(*id)));
        let (Some((_, property)), Some(last)) = (spared.filter(|_| dates.len() > 1), parts.get(parts.len() - rest.len() - 1))
        else {
            continue;
        };
        let span = first.span.to(last.span);
        let tail = context.sources.text(Span { start: date.span.end, ..first.span }).trim().to_owned();
        let names: Vec<String> = dates.iter().map(|date| context.words(date.span)).collect();
        let instead = format!("latest of [{}] {tail}", names.join(", "));
        out.push(
            Diagnostic::new(
                Code::InactiveSparesUnknown,
                span,
                format!("a record whose `{}` is unknown does not count as inactive here", property.name),
            )
            .also(property.name_span, "may be unknown")
            .help(format!("write `{instead}`: unknown dates are left out"))
            .fix(false, "ask for the latest date", span, instead),
        );
    }
}

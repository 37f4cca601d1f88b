//! `unknown-never-fires`: a negative test leaves out records that have no value, which the words do not say.

use std::collections::BTreeSet;

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::visit::Role;
use crate::hir::{Expr, ExprKind, Model};
use crate::schema::PropId;
use crate::source::Span;
use crate::value::Type;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for site in &context.sites {
        // Which records make accounts is said of those whose value is known.
        let silent = matches!(site.role, Role::Branch { unknown_part: true } | Role::Filter);
        if !silent {
            let mut asked = BTreeSet::new();
            asked_for(context.model, site.expr, &mut asked);
            walk(context, site.expr, site.expr, Negation::None, &asked, out);
        }
    }
}

/// The properties of which a condition asks whether they are known.
#[expect(clippy::wildcard_enum_match_arm, reason = "only two forms matter here; everything else holds them")]
fn asked_for(model: &Model, expr: &Expr, out: &mut BTreeSet<PropId>) {
    match &expr.kind {
        ExprKind::IsKnown(x) => out.extend(property(model, x)),
        ExprKind::Definition(id) => {
            if let Some(definition) = model.definition(*id) {
                asked_for(model, &definition.value, out);
            }
        }
        _ => expr.operands().for_each(|x| asked_for(model, x, out)),
    }
}

/// The one property that a test looks at.
#[expect(clippy::wildcard_enum_match_arm, reason = "only three forms matter here; everything else holds them")]
fn property(model: &Model, expr: &Expr) -> Option<PropId> {
    match &expr.kind {
        ExprKind::Property(id) => Some(*id),
        ExprKind::Definition(id) => property(model, &model.definition(*id)?.value),
        ExprKind::Literal(_) => None,
        _ => {
            let mut found = expr.operands().filter_map(|x| property(model, x));
            found.next()
        }
    }
}

/// Which `not` a test stands under, an even number of them being none.
#[derive(Clone, Copy)]
enum Negation<'e> {
    None,
    /// One in the same condition as the test.
    Here,
    /// One outside the definition that holds the test.
    Outside(&'e Expr),
}

impl Negation<'_> {
    /// Under one more `not`.
    fn turned(self) -> Self {
        match self {
            Self::None => Self::Here,
            Self::Here | Self::Outside(_) => Self::None,
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only connectives and definitions are passed through")]
fn walk<'e>(
    context: &'e Context<'_>,
    site: &'e Expr,
    expr: &'e Expr,
    negated: Negation<'e>,
    asked: &BTreeSet<PropId>,
    out: &mut Diagnostics,
) {
    match &expr.kind {
        ExprKind::Not(x) => match (negated, &x.kind) {
            (Negation::None, kind) if is_test(kind) => negative(context, site, expr, x, asked, out),
            (Negation::None, ExprKind::Definition(id)) => {
                if let Some(definition) = context.model.definition(*id) {
                    walk(context, site, &definition.value, Negation::Outside(expr), asked, out);
                }
            }
            _ => walk(context, site, x, negated.turned(), asked, out),
        },
        ExprKind::And(xs) | ExprKind::Or(xs) => xs.iter().for_each(|x| walk(context, site, x, negated, asked, out)),
        ExprKind::Unless(kept, _) => walk(context, site, kept, negated, asked, out),
        ExprKind::Definition(id) => {
            let Some(definition) = context.model.definition(*id) else { return };
            match negated {
                Negation::None => walk(context, &definition.value, &definition.value, negated, asked, out),
                Negation::Here => walk(context, site, &definition.value, Negation::Outside(expr), asked, out),
                Negation::Outside(_) => walk(context, site, &definition.value, negated, asked, out),
            }
        }
        kind if is_test(kind) => match negated {
            Negation::None => {}
            Negation::Here => negative(context, site, expr, expr, asked, out),
            Negation::Outside(whole) => negative(context, site, whole, expr, asked, out),
        },
        _ => {}
    }
}

fn is_test(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Property(_)
            | ExprKind::Compare(..)
            | ExprKind::InRange(..)
            | ExprKind::InOptions(..)
            | ExprKind::InValues(..)
            | ExprKind::TextTest { .. }
            | ExprKind::Matches(..)
            | ExprKind::Within { .. }
            | ExprKind::MoreThanAgo(..)
    )
}

fn negative(context: &Context<'_>, site: &Expr, whole: &Expr, test: &Expr, asked: &BTreeSet<PropId>, out: &mut Diagnostics) {
    let Some(id) = property(context.model, test) else { return };
    let Some(property) = context.model.schema.property(id) else { return };
    let set = matches!(property.ty, Type::SetOf(_) | Type::SetOfText);
    if set || property.required || property.default.is_some() || asked.contains(&id) {
        return;
    }
    let words = context.words(whole.span);
    let finding = Diagnostic::new(
        Code::UnknownNeverFires,
        whole.span,
        format!("`{words}` does not hold for records whose `{}` is unknown", property.name),
    )
    .label("leaves them out")
    .also(property.name_span, "may be unknown")
    .help(format!(
        "to keep them, write the test as an exception: `.. unless {}`; to leave them out on purpose, add `and {} is known`",
        positive(&words),
        property.name
    ));
    out.push(match exception(context, site, whole) {
        Some(span) => finding.fix(false, "write it as an exception", span, format!(" unless {}", positive(&words))),
        None => finding,
    });
}

/// Where a negative test is the last part of a condition of `and`s alone: from the end of the part before it to its own end.
fn exception(context: &Context<'_>, site: &Expr, whole: &Expr) -> Option<Span> {
    let ExprKind::And(parts) = &site.kind else { return None };
    let [.., before, last] = parts.as_slice() else { return None };
    let plain = parts.iter().all(|p| !matches!(p.kind, ExprKind::Or(_) | ExprKind::Unless(..)));
    let span = Span::new(whole.span.file, before.span.end, whole.span.end);
    let between = context.sources.text(Span::new(whole.span.file, before.span.end, whole.span.start));
    (plain && before.span.file == whole.span.file && last.span == whole.span && between.trim() == "and").then_some(span)
}

/// The words of a negative test without their negation.
fn positive(words: &str) -> String {
    for (negative, plain) in [
        (" is not ", " is "),
        (" not in ", " in "),
        (" != ", " = "),
        (" does not contain ", " contains "),
        (" does not start with ", " starts with "),
        (" does not end with ", " ends with "),
        (" does not match ", " matches "),
    ] {
        if let Some((before, after)) = words.split_once(negative) {
            return format!("{before}{plain}{after}");
        }
    }
    words.strip_prefix("not ").unwrap_or(words).to_owned()
}

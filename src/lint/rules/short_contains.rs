//! `short-contains`: a text of four letters or less after `contains` is found inside other words.

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Test, TextLit};

/// The most letters that count as short.
const SHORT: usize = 4;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for parsed in context.files {
        tree::file(&parsed.file, &mut Walk { context, out });
    }
}

struct Walk<'a, 'c> {
    context: &'a Context<'c>,
    out: &'a mut Diagnostics,
}

impl<'t> Visit<'t> for Walk<'_, '_> {
    fn expr(&mut self, expr: &'t Expr) {
        let ExprKind::Test { test: Test::Contains(what), op_span, .. } = &expr.kind else { return };
        let texts: Vec<&TextLit> = if let ExprKind::List(list) = &what.kind {
            list.items.iter().filter_map(text).collect()
        } else {
            text(what).into_iter().collect()
        };
        let short: Vec<&TextLit> = texts.into_iter().filter(|t| is_short(&t.value)).collect();
        let Some(first) = short.first() else { return };
        if self.is_set(expr) {
            return;
        }
        let behind = Span::new(op_span.file, op_span.end, op_span.end);
        let mut finding = Diagnostic::new(
            Code::ShortContains,
            first.span,
            format!("`contains \"{}\"` also finds it inside other words", first.value),
        )
        .label("short enough to stand inside other words")
        .help("to find whole words only, write `contains word`")
        .fix(false, "write `contains word`", behind, " word");
        for other in short.iter().skip(1) {
            finding = finding.also(other.span, "this one too");
        }
        self.out.push(finding);
    }
}

impl Walk<'_, '_> {
    /// Whether the tested value is a set: then the text is an option, and found whole.
    fn is_set(&self, expr: &Expr) -> bool {
        let ExprKind::Test { operand, .. } = &expr.kind else { return false };
        let ExprKind::Name(name) = &operand.kind else { return false };
        self.context
            .model
            .schema
            .find(&name.name)
            .is_some_and(|(_, p)| matches!(p.ty, crate::value::Type::SetOf(_) | crate::value::Type::SetOfText))
    }
}

fn text(expr: &Expr) -> Option<&TextLit> {
    if let ExprKind::Text(text) = &expr.kind { Some(text) } else { None }
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= SHORT && !text.is_empty() && text.chars().all(char::is_alphabetic)
}

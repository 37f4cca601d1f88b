//! `short-contains`: a text of four letters or less after `contains` is found inside other words.

use std::sync::Arc;

use super::super::context::Context;
use super::super::tree::{self, Visit};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::ListValue;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, Test};
use crate::value::Value;

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
        let short: Vec<(Arc<str>, Span)> = if let ExprKind::List(list) = &what.kind {
            list.items.iter().filter_map(text).collect()
        } else if let ExprKind::Name(name) = &what.kind {
            self.named(name)
        } else {
            text(what).into_iter().collect()
        };
        let mut short = short.into_iter().filter(|(t, _)| is_short(t));
        let Some((first, span)) = short.next() else { return };
        if self.is_set(expr) {
            return;
        }
        let behind = Span::new(op_span.file, op_span.end, op_span.end);
        let mut finding =
            Diagnostic::new(Code::ShortContains, what.span, format!("`contains \"{first}\"` also finds it inside other words"))
                .help("to find whole words only, write `contains word`")
                .fix(false, "write `contains word`", behind, " word");
        if span.file == what.span.file && span.start >= what.span.start && span.end <= what.span.end {
            finding.span = span;
            finding = finding.label("short enough to be part of other words");
        } else {
            finding = finding.label("looks for short texts").also(span, "short enough to be part of other words");
        }
        for (_, other) in short.filter(|(_, other)| *other != span) {
            finding = finding.also(other, "this one too");
        }
        self.out.push(finding);
    }
}

impl Walk<'_, '_> {
    /// The texts of a list or param.
    fn named(&self, name: &Ident) -> Vec<(Arc<str>, Span)> {
        let model = self.context.model;
        let list = model.lists.iter().filter(|l| l.name == name.name);
        let entries = list.flat_map(|l| l.entries.iter()).filter_map(|entry| match &entry.value {
            ListValue::Text(t) | ListValue::Line(t) => Some((t.clone(), entry.span)),
            ListValue::Word(_) | ListValue::Number(_) | ListValue::Date(_) | ListValue::DateTime(_) | ListValue::Boolean(_) => {
                None
            }
        });
        let param = model.params.iter().filter(|p| p.name == name.name).filter_map(|p| match &p.value {
            Value::Text(t) => Some((t.clone(), p.name_span)),
            Value::Decimal(_) | Value::Date(_) | Value::DateTime(_) | Value::Integer(_) | Value::Number(_) => None,
            Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => None,
        });
        entries.chain(param).collect()
    }

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

fn text(expr: &Expr) -> Option<(Arc<str>, Span)> {
    if let ExprKind::Text(text) = &expr.kind { Some((text.value.clone(), text.span)) } else { None }
}

/// A word of few letters; digits count as letters. Where a script has no spaces between words, no text stands inside another word.
fn is_short(text: &str) -> bool {
    text.chars().count() <= SHORT
        && text.chars().any(char::is_alphabetic)
        && text.chars().all(char::is_alphanumeric)
        && !text.chars().any(is_unspaced)
}

/// A letter of a script that is written without spaces between words: Thai, Lao, Tibetan, Myanmar, Khmer, the Tai scripts, Japanese and
/// Chinese (Unicode blocks).
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0FFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{1950}'..='\u{19DF}'
        | '\u{1A20}'..='\u{1AAF}'
        | '\u{2E80}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AADF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

//! Comparisons: both sides made one type.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::choice::{Word, as_word};
use super::name::Meaning;
use super::settled;
use crate::check::checker::{Checker, Scope, boolean, perhaps_not, typed};
use crate::check::exact::Opposite;
use crate::diag::{Code, Diagnostic};
use crate::hir::{CompareOp, Expr, ExprKind, TextTest};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Type, Value};

/// Numbers of any kind.
pub(super) fn is_numeric(ty: &Type) -> bool {
    matches!(ty, Type::Integer | Type::Number | Type::Score)
}

/// Dates and date-times.
pub(super) fn is_dated(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::DateTime)
}

/// An integer, number or score as a number.
pub(super) fn to_number(expr: Expr) -> Expr {
    let span = expr.span;
    if let ExprKind::Literal(value) = &expr.kind {
        #[expect(clippy::cast_precision_loss, reason = "an integer opposite a number is turned into the nearest float")]
        let number = match value {
            Value::Decimal(d) => Some(d.to_f64()),
            Value::Integer(n) => Some(*n as f64),
            Value::Number(n) => Some(*n),
            Value::Text(_)
            | Value::Boolean(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::Option(_)
            | Value::Set(_)
            | Value::TextSet(_) => None,
        };
        if let Some(number) = number {
            return typed(ExprKind::Literal(Value::Number(number)), Type::Number, span);
        }
    }
    match &expr.ty {
        Type::Integer => typed(ExprKind::ToNumber(Box::new(expr)), Type::Number, span),
        Type::Score => typed(ExprKind::ScoreToNumber(Box::new(expr)), Type::Number, span),
        Type::Number
        | Type::Text
        | Type::Boolean
        | Type::Date
        | Type::DateTime
        | Type::OneOf(_)
        | Type::SetOf(_)
        | Type::SetOfText
        | Type::Label => expr,
    }
}

/// Whether values of a type come from a closed list.
fn is_choice(ty: &Type) -> bool {
    matches!(ty, Type::OneOf(_) | Type::Label)
}

fn is_decimal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Value::Decimal(_)))
}

impl Checker<'_> {
    /// A date-time by its calendar date.
    pub(super) fn to_date(&self, expr: Expr) -> Expr {
        let span = expr.span;
        if expr.ty == Type::Date {
            return expr;
        }
        if let ExprKind::Literal(Value::DateTime(micros)) = expr.kind {
            let day = crate::time::day_of(micros, &self.env.schema.zone);
            return typed(ExprKind::Literal(Value::Date(day)), Type::Date, span);
        }
        typed(ExprKind::ToDate(Box::new(expr)), Type::Date, span)
    }

    /// `a OP b`
    pub(super) fn compare(
        &mut self,
        op: (ast::CompareOp, Span),
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: Scope,
    ) -> Option<Expr> {
        let (left, right) = self.operands(left, right, scope)?;
        let (op, op_span) = op;
        let (op, negated) = match op {
            ast::CompareOp::Is | ast::CompareOp::Equal => (CompareOp::Equal, false),
            ast::CompareOp::IsNot | ast::CompareOp::NotEqual => (CompareOp::Equal, true),
            ast::CompareOp::Less => (CompareOp::Less, false),
            ast::CompareOp::LessEqual => (CompareOp::LessEqual, false),
            ast::CompareOp::Greater => (CompareOp::Greater, false),
            ast::CompareOp::GreaterEqual => (CompareOp::GreaterEqual, false),
        };
        let compared = self.compared(op, left, right, (span, op_span))?;
        Some(perhaps_not(negated, compared))
    }

    /// Both sides; a bare word or text may take its meaning from the other side.
    fn operands(&mut self, left: &ast::Expr, right: &ast::Expr, scope: Scope) -> Option<(Expr, Expr)> {
        match (as_word(left).is_some(), as_word(right).is_some()) {
            (false, false) => {
                let left = self.expr(left, scope);
                let right = self.expr(right, scope);
                left.zip(right)
            }
            (false, true) => {
                let left = self.expr(left, scope)?;
                let right = self.opposite(right, &left, scope)?;
                Some((left, right))
            }
            (true, false) => {
                let right = self.expr(right, scope)?;
                let left = self.opposite(left, &right, scope)?;
                Some((left, right))
            }
            (true, true) => {
                // A word that is an option opposite needs no definition of that name.
                let before = self.need;
                let a = self.peek(left, scope);
                let need = std::mem::replace(&mut self.need, before);
                if let Some(a) = a.as_ref().filter(|a| self.takes(a, right)) {
                    return self.opposite(right, a, scope).map(|b| (a.clone(), b));
                }
                let b = self.peek(right, scope);
                let needed = std::mem::replace(&mut self.need, before);
                if let Some(b) = b.as_ref().filter(|b| self.takes(b, left)) {
                    return self.opposite(left, b, scope).map(|a| (a, b.clone()));
                }
                self.need = before.or(need).or(needed);
                match (a, b) {
                    (Some(a), Some(_)) if is_choice(&a.ty) => self.opposite(right, &a, scope).map(|b| (a, b)),
                    (Some(_), Some(b)) if is_choice(&b.ty) => self.opposite(left, &b, scope).map(|a| (a, b)),
                    (Some(a), Some(b)) => Some((a, b)),
                    (Some(a), None) => self.opposite(right, &a, scope).map(|b| (a, b)),
                    (None, Some(b)) => self.opposite(left, &b, scope).map(|a| (a, b)),
                    // Neither is anything: one of them is misspelt, and the first is where one looks.
                    (None, None) => self.expr(left, scope).zip(None),
                }
            }
        }
    }

    /// What a word means by itself; nothing is told.
    fn peek(&mut self, word: &ast::Expr, scope: Scope) -> Option<Expr> {
        match as_word(word)? {
            Word::Text(text) => Some(typed(ExprKind::Literal(Value::Text(text.value.clone())), Type::Text, text.span)),
            Word::Name(name) => match self.meaning(name, scope) {
                Meaning::Value(value) => Some(value),
                Meaning::List(_)
                | Meaning::Events(_)
                | Meaning::Related(_)
                | Meaning::Broken
                | Meaning::Hidden(..)
                | Meaning::Unknown => None,
            },
        }
    }

    /// Whether an expression is a choice; then the word opposite takes its meaning from it.
    fn takes(&self, expr: &Expr, word: &ast::Expr) -> bool {
        match (&expr.ty, as_word(word)) {
            (Type::OneOf(options), Some(Word::Name(name))) => {
                self.option_code(options, &name.name, true).is_some() || !self.env.entities.contains_key(&name.name)
            }
            (Type::OneOf(_) | Type::Label, Some(_)) => true,
            (_, _) => false,
        }
    }

    /// A comparison of two checked sides.
    pub(super) fn compared(&mut self, op: CompareOp, left: Expr, right: Expr, spans: (Span, Span)) -> Option<Expr> {
        let (span, _) = spans;
        let equality = op == CompareOp::Equal;
        let pair = |kind: CompareOp, a: Expr, b: Expr| Some(boolean(ExprKind::Compare(kind, Box::new(a), Box::new(b)), span));
        match (&left.ty, &right.ty) {
            (Type::Boolean, Type::Boolean) if equality => pair(op, left, right),
            (a, b) if is_numeric(a) && is_numeric(b) => {
                let (left, right) = numbers(left, right);
                let fits = left.ty != Type::Score && right.ty != Type::Score
                    || self.compares_exactly(&left, [Opposite::Value(right.clone())], span);
                if fits { pair(op, left, right) } else { None }
            }
            (Type::Date, Type::Date) | (Type::DateTime, Type::DateTime) => pair(op, left, right),
            (a, b) if is_dated(a) && is_dated(b) => {
                let (left, right) = (self.to_date(left), self.to_date(right));
                pair(op, left, right)
            }
            (Type::OneOf(a), Type::OneOf(b)) if equality && a == b => Some(same_option(left, right, span)),
            (Type::Text | Type::Label, Type::Text | Type::Label) if equality => self.same_text(left, right, span),
            (_, _) => self.incomparable(op, &left, &right, spans),
        }
    }

    fn same_text(&mut self, left: Expr, right: Expr, span: Span) -> Option<Expr> {
        let (text, constant, other) = match (self.constant_of(&right), self.constant_of(&left)) {
            (Some(Value::Text(text)), _) => (text, right.span, left),
            (_, Some(Value::Text(text))) => (text, left.span, right),
            (_, _) => return Some(boolean(ExprKind::Compare(CompareOp::Equal, Box::new(left), Box::new(right)), span)),
        };
        if self.is_empty_text(text.trim()) {
            let words = self.words(other.span);
            let message = "no value is the empty text: an empty cell is an unknown value";
            return self.mismatch(constant, message, format!("ask `{words} is unknown`"));
        }
        let texts = Arc::new(self.folded([text], None));
        Some(boolean(ExprKind::TextTest { text: Box::new(other), test: TextTest::Is, texts }, span))
    }

    fn incomparable(&mut self, op: CompareOp, left: &Expr, right: &Expr, spans: (Span, Span)) -> Option<Expr> {
        let (_, op_span) = spans;
        let message = format!("{}, and {}", self.is_what(left), self.is_what(right));
        let word = self.words(left.span);
        let help = match (&left.ty, &right.ty) {
            (Type::OneOf(a), Type::OneOf(b)) if a == b => {
                "options have no order: name those that count, as in `x in [a, b]`".to_owned()
            }
            (Type::OneOf(_), Type::OneOf(_)) => "two `one of` can be compared where they list the same options".to_owned(),
            (Type::SetOf(_) | Type::SetOfText, _) => format!("ask for a member: `{word} contains ..`"),
            (_, Type::SetOf(_) | Type::SetOfText) => format!("ask for a member: `{} contains ..`", self.words(right.span)),
            (Type::Boolean, Type::Boolean) => "true and false have no order: use `is`".to_owned(),
            (Type::Text | Type::Label, Type::Text | Type::Label) => {
                "texts have no order: use `is`, `contains` or `starts with`".to_owned()
            }
            (a, Type::Text) if is_numeric(a) => "write the number without quotes".to_owned(),
            (a, Type::Text) if is_dated(a) => "write the date without quotes: 2026-01-15".to_owned(),
            (Type::Text, b) if is_numeric(b) => {
                format!("if `{word}` holds numbers, declare it as `number` in the schema; else write the text in quotes")
            }
            (a, b) if is_dated(a) && is_numeric(b) => format!("ask `days since {word}`, and compare that with a number"),
            (Type::Boolean, _) => format!("`{word}` alone is a condition already; its opposite is `not {word}`"),
            (_, _) => "compare values of one type".to_owned(),
        };
        let what = if op == CompareOp::Equal { "these can never be equal" } else { "these have no order" };
        self.push(Diagnostic::new(Code::TypeMismatch, op_span, message).label(what).help(help));
        None
    }
}

/// Whether two numbers are compared and computed with exactly: a score stands opposite a score or a constant.
pub(super) fn is_exact_pair(left: &Expr, right: &Expr) -> bool {
    match (&left.ty, &right.ty) {
        (Type::Score, Type::Score) => true,
        (Type::Score, _) => is_decimal(right),
        (_, Type::Score) => is_decimal(left),
        (_, _) => false,
    }
}

/// Two numbers made one type: integers, floats, or exact.
fn numbers(left: Expr, right: Expr) -> (Expr, Expr) {
    if is_exact_pair(&left, &right) {
        return (left, right);
    }
    match (&left.ty, &right.ty) {
        (Type::Integer, Type::Integer) => (settled(left), settled(right)),
        (_, _) => (to_number(left), to_number(right)),
    }
}

/// A `one of` is an option, or the same option as another.
fn same_option(left: Expr, right: Expr, span: Span) -> Expr {
    let code = |e: &Expr| if let ExprKind::Literal(Value::Option(code)) = e.kind { Some(code) } else { None };
    let kind = match (code(&left), code(&right)) {
        (_, Some(code)) => ExprKind::InOptions(Box::new(left), BTreeSet::from([code])),
        (Some(code), None) => ExprKind::InOptions(Box::new(right), BTreeSet::from([code])),
        (None, None) => ExprKind::Compare(CompareOp::Equal, Box::new(left), Box::new(right)),
    };
    boolean(kind, span)
}

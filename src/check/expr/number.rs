//! Arithmetic, and what is counted of texts and sets.

use super::compare::{is_dated, is_exact_pair, is_numeric, to_number};
use super::name::Meaning;
use super::settled;
use crate::check::checker::{Checker, Scope, as_ident, typed};
use crate::diag::{Code, Diagnostic};
use crate::hir::{ArithmeticOp, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, OfFunction};
use crate::value::{Decimal, Type, Value};

impl Checker<'_> {
    /// `-x`
    pub(super) fn negate(&mut self, operand: &ast::Expr, span: Span, scope: Scope) -> Option<Expr> {
        let operand = self.expr(operand, scope)?;
        if let ExprKind::Literal(Value::Decimal(d)) = operand.kind {
            return Some(super::literal::decimal(Decimal { mantissa: -d.mantissa, scale: d.scale }, span));
        }
        if !is_numeric(&operand.ty) {
            let message = format!("{}, and only numbers have a sign", self.is_what(&operand));
            return self.mismatch(operand.span, message, "leave out the `-`; the opposite of a condition is `not`");
        }
        let ty = operand.ty.clone();
        Some(typed(ExprKind::Negate(Box::new(operand)), ty, span))
    }

    /// `job-title`: tells that the name is written with `_`.
    fn is_hyphenated(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span, scope: Scope) -> bool {
        let (Some(left), Some(right)) = (as_ident(left), as_ident(right)) else { return false };
        let name = format!("{}_{}", left.name, right.name);
        let touch = left.span.end + 1 == right.span.start;
        let known = self.visible(scope).iter().any(|(known, seen)| *seen && **known == *name);
        if !touch || !known || [left, right].iter().all(|name| !matches!(self.meaning(name, scope), Meaning::Unknown)) {
            return false;
        }
        let problem = Diagnostic::new(Code::UnknownName, span, format!("a name has no hyphen: `{}-{}`", left.name, right.name))
            .help(format!("write `{name}`"))
            .fix(true, format!("replace with `{name}`"), span, name);
        self.push(problem);
        true
    }

    /// `a + b - c` and `a * b / c`
    pub(super) fn arithmetic(
        &mut self,
        op: (ArithmeticOp, Span),
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        scope: Scope,
    ) -> Option<Expr> {
        if op.0 == ArithmeticOp::Subtract && self.is_hyphenated(left, right, span, scope) {
            return None;
        }
        let left = self.expr(left, scope);
        let right = self.expr(right, scope);
        let (left, right) = left.zip(right)?;
        let (op, op_span) = op;
        let sign = op.sign();
        if let Some(wrong) = [&left, &right].into_iter().find(|e| !is_numeric(&e.ty)) {
            let message = format!("{}, and `{sign}` takes numbers", self.is_what(wrong));
            let words = self.words(wrong.span);
            let help = if is_dated(&wrong.ty) {
                format!("for the time that has passed, write `days since {words}`")
            } else if wrong.ty == Type::Text {
                "texts are not joined; only labels are: `label NAME = LABEL + LABEL`".to_owned()
            } else {
                "compute with integers, numbers and scores".to_owned()
            };
            self.push(Diagnostic::new(Code::TypeMismatch, wrong.span, message).also(op_span, "computed here").help(help));
            return None;
        }
        if op != ArithmeticOp::Divide && is_exact_pair(&left, &right) {
            let exact = typed(ExprKind::Arithmetic(op, Box::new(left), Box::new(right)), Type::Score, span);
            return self.fits_exactly(&exact).then_some(exact);
        }
        let whole = left.ty == Type::Integer && right.ty == Type::Integer && op != ArithmeticOp::Divide;
        let (left, right) = if whole { (settled(left), settled(right)) } else { (to_number(left), to_number(right)) };
        let ty = left.ty.clone();
        Some(typed(ExprKind::Arithmetic(op, Box::new(left), Box::new(right)), ty, span))
    }

    /// `domain of t`, `length of t`, `words of t`, `size of s`
    pub(super) fn of(&mut self, function: OfFunction, operand: &ast::Expr, span: Span, scope: Scope) -> Option<Expr> {
        let operand = self.expr(operand, scope)?;
        let is_set = matches!(operand.ty, Type::SetOf(_) | Type::SetOfText);
        let is_text = matches!(operand.ty, Type::Text | Type::Label);
        let (name, fits) = match function {
            OfFunction::Domain => ("domain of", is_text),
            OfFunction::Length => ("length of", is_text),
            OfFunction::Words => ("words of", is_text),
            OfFunction::Size => ("size of", is_set),
        };
        if !fits {
            let wanted = if function == OfFunction::Size { "a set" } else { "a text" };
            let message = format!("{}, and `{name}` takes {wanted}", self.is_what(&operand));
            let words = self.words(operand.span);
            let help = match (function, is_set, is_text) {
                (OfFunction::Length | OfFunction::Words, true, _) => format!("the number of members is `size of {words}`"),
                (OfFunction::Size, _, true) => format!("the number of characters is `length of {words}`"),
                (_, _, _) => format!("name a property that is {wanted}"),
            };
            return self.mismatch(operand.span, message, help);
        }
        let operand = Box::new(operand);
        Some(match function {
            OfFunction::Domain => typed(ExprKind::DomainOf(operand), Type::Text, span),
            OfFunction::Length => typed(ExprKind::LengthOf(operand), Type::Integer, span),
            OfFunction::Words => typed(ExprKind::WordsOf(operand), Type::Integer, span),
            OfFunction::Size => typed(ExprKind::SizeOf(operand), Type::Integer, span),
        })
    }
}

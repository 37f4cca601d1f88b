//! Expressions: their types, and what stands for their words.

mod call;
mod choice;
mod compare;
mod dates;
mod entries;
mod literal;
mod name;
mod number;
mod pick;
mod tests;
mod text;

pub(super) use choice::{Choice, as_word};
pub(super) use literal::number_text;

use super::checker::{Checker, Scope, boolean, inner, typed};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp};
use crate::value::{Type, Value};

impl Checker<'_> {
    /// An expression that is true, false or unknown.
    pub(super) fn condition(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Expr> {
        let value = self.expr(expr, scope)?;
        if value.ty == Type::Boolean {
            return Some(value);
        }
        let words = self.words(value.span);
        let help = match &value.ty {
            Type::Integer | Type::Number | Type::Score => format!("compare it, as in `{words} > 0`, or ask `{words} is known`"),
            Type::Text | Type::Label => format!("compare it, as in `{words} is \"..\"`, or ask `{words} is known`"),
            Type::OneOf(options) => {
                let first = options.items.first().map_or("..", |o| &*o.name);
                format!("name an option, as in `{words} is {first}`, or ask `{words} is known`")
            }
            Type::Date | Type::DateTime => format!("ask when, as in `{words} within 30 days`, or ask `{words} is known`"),
            Type::SetOf(_) | Type::SetOfText => {
                format!("ask for a member, as in `{words} contains ..`, or `{words} is not empty`")
            }
            Type::Boolean => String::new(),
        };
        let message = format!("{}, but a condition is wanted here", self.is_what(&value));
        self.error(Code::TypeMismatch, value.span, message, help);
        None
    }

    /// An expression of any type, its literals made plain numbers.
    pub(super) fn value(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Expr> {
        self.expr(expr, scope).map(settled)
    }

    /// An expression of any type; a number written out is still an exact decimal.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Expr> {
        let expr = inner(expr);
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Name(name) => self.name(name, scope),
            ast::ExprKind::Text(text) => Some(typed(ExprKind::Literal(Value::Text(text.value.clone())), Type::Text, span)),
            ast::ExprKind::Number(number) => Some(literal::decimal(number.value, span)),
            ast::ExprKind::Date(date) => self.date(date).map(|value| literal::constant(value, span)),
            ast::ExprKind::Boolean(truth) => Some(boolean(ExprKind::Literal(Value::Boolean(*truth)), span)),
            ast::ExprKind::List(_) => {
                let help = "write `x in [a, b]`, or declare it: `list NAME = [a, b]`";
                self.mismatch(span, "a list can only follow `in`, `contains` and the like", help)
            }
            ast::ExprKind::Paren(inside) => self.expr(inside, scope),
            ast::ExprKind::Negate(operand) => self.negate(operand, span, scope),
            ast::ExprKind::Not(operand) => {
                let operand = self.condition(operand, scope)?;
                Some(boolean(ExprKind::Not(Box::new(operand)), span))
            }
            ast::ExprKind::Binary { op, left, right, op_span } => match op {
                BinaryOp::Unless => {
                    let condition = self.condition(left, scope);
                    let unless = self.condition(right, scope);
                    let (condition, unless) = condition.zip(unless)?;
                    Some(boolean(ExprKind::Unless(Box::new(condition), Box::new(unless)), span))
                }
                BinaryOp::Or | BinaryOp::And => self.chain(*op, expr, scope),
                BinaryOp::Arithmetic(op) => self.arithmetic((*op, *op_span), left, right, span, scope),
            },
            ast::ExprKind::Compare { op, left, right, op_span } => self.compare((*op, *op_span), left, right, span, scope),
            ast::ExprKind::Test { operand, negated, test, op_span } => {
                self.test(operand, *negated, test, tests::Spans { whole: span, op: *op_span }, scope)
            }
            ast::ExprKind::Elapsed { unit, until, date } => self.elapsed(*unit, *until, date, span, scope),
            ast::ExprKind::Of { function, operand } => self.of(*function, operand, span, scope),
            ast::ExprKind::AtLeast { count, of } => self.at_least(count, of, span, scope),
            ast::ExprKind::Pick { function, of } => self.pick(*function, of, span, scope),
            ast::ExprKind::Call(call) => self.call(call, span, scope),
        }
    }

    /// `a and b and c` as one row; a long one must not nest.
    fn chain(&mut self, op: BinaryOp, expr: &ast::Expr, scope: Scope) -> Option<Expr> {
        let mut operands = Vec::new();
        let mut rest = expr;
        while let ast::ExprKind::Binary { op: this, left, right, .. } = &rest.kind
            && *this == op
        {
            operands.push(&**right);
            rest = left;
        }
        operands.push(rest);
        operands.reverse();
        if op == BinaryOp::Or && self.is_list_in_words(&operands) {
            return None;
        }
        let checked: Vec<Option<Expr>> = operands.into_iter().map(|o| self.condition(o, scope)).collect();
        let all: Vec<Expr> = checked.into_iter().collect::<Option<_>>()?;
        Some(boolean(if op == BinaryOp::And { ExprKind::And(all) } else { ExprKind::Or(all) }, expr.span))
    }

    /// `title contains "ceo" or "cto"`: tells how several texts are asked for.
    fn is_list_in_words(&mut self, operands: &[&ast::Expr]) -> bool {
        let Some(at) = operands.iter().position(|operand| matches!(operand.kind, ast::ExprKind::Text(_))) else { return false };
        let Some(test) = at.checked_sub(1).and_then(|before| operands.get(before)) else { return false };
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these tests take texts")]
        let (first, is) = match &test.kind {
            ast::ExprKind::Test { test: ast::Test::Contains(x) | ast::Test::ContainsWord(x), .. } => (x, None),
            ast::ExprKind::Test { test: ast::Test::StartsWith(x) | ast::Test::EndsWith(x), .. } => (x, None),
            ast::ExprKind::Compare { op: ast::CompareOp::Is | ast::CompareOp::Equal, right, op_span, .. } => {
                (right, Some(*op_span))
            }
            _ => return false,
        };
        if !matches!(first.kind, ast::ExprKind::Text(_)) {
            return false;
        }
        let more = operands.get(at..).unwrap_or_default().iter().take_while(|o| matches!(o.kind, ast::ExprKind::Text(_)));
        let texts: Vec<&ast::Expr> = std::iter::once(&**first).chain(more.copied()).collect();
        let (Some(last), Some(second)) = (texts.last(), texts.get(1)) else { return false };
        let list = texts.iter().map(|text| self.sources.text(text.span)).collect::<Vec<_>>().join(", ");
        let span = is.unwrap_or(first.span).to(last.span);
        let instead = if is.is_some() { format!("in [{list}]") } else { format!("[{list}]") };
        let before = self.sources.text(Span { end: span.start, ..test.span }).to_owned();
        let message = format!("{} alone is not a condition", self.sources.text(second.span));
        let problem = Diagnostic::new(Code::TypeMismatch, second.span, message).help(format!("write `{before}{instead}`")).fix(
            true,
            format!("replace with `{instead}`"),
            span,
            instead.clone(),
        );
        self.push(problem);
        true
    }

    /// Tells that two things do not go together.
    pub(super) fn mismatch(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Option<Expr> {
        self.push(Diagnostic::new(Code::TypeMismatch, span, message).help(help));
        None
    }
}

/// An expression whose numbers are those of its type.
pub(super) fn settled(mut expr: Expr) -> Expr {
    if let ExprKind::Literal(Value::Decimal(decimal)) = expr.kind {
        let value = match decimal.as_integer() {
            Some(n) if expr.ty == Type::Integer => Value::Integer(n),
            Some(_) | None => Value::Number(decimal.to_f64()),
        };
        expr.kind = ExprKind::Literal(value);
    }
    expr
}

//! Constants: literals, params, and the ends of ranges.

use crate::check::checker::{Checker, as_ident, boolean, inner, typed, value_words};
use crate::check::env::Entity;
use crate::check::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Decimal, Type, Value};

/// A number written out: an integer where it is whole and fits, else a number; its exact value kept.
pub(super) fn decimal(decimal: Decimal, span: Span) -> Expr {
    let ty = if decimal.as_integer().is_some() { Type::Integer } else { Type::Number };
    typed(ExprKind::Literal(Value::Decimal(decimal)), ty, span)
}

/// A text, date, truth or number of a param or literal.
pub(super) fn constant(value: Value, span: Span) -> Expr {
    let ty = match &value {
        Value::Decimal(d) => return decimal(*d, span),
        Value::Integer(n) => return decimal(Decimal::whole(*n), span),
        Value::Boolean(_) => return boolean(ExprKind::Literal(value), span),
        Value::Number(_) => Type::Number,
        Value::Date(_) => Type::Date,
        Value::DateTime(_) => Type::DateTime,
        Value::Text(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => Type::Text,
    };
    typed(ExprKind::Literal(value), ty, span)
}

/// Reads a number as the language writes it: `-1_200`, `2.5k`, `30%`.
pub(in crate::check) fn number_text(text: &str) -> Option<Decimal> {
    let (negative, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest.trim_start()),
        None => (false, text),
    };
    let (digits, shift) = match text.chars().next_back()? {
        '%' => (text.strip_suffix('%')?, -2_i32),
        'k' => (text.strip_suffix('k')?, 3),
        'M' => (text.strip_suffix('M')?, 6),
        'B' => (text.strip_suffix('B')?, 9),
        _ => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| {
        let ends = part.starts_with('_') || part.ends_with('_') || part.contains("__");
        !ends && part.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    };
    if whole.is_empty() || !plain(whole) || !plain(fraction) || (fraction.is_empty() && digits.contains('.')) {
        return None;
    }
    let all: String = whole.chars().chain(fraction.chars()).filter(|c| *c != '_').collect();
    let scale = i32::try_from(fraction.chars().filter(|c| *c != '_').count()).ok()? - shift;
    let mut mantissa: i128 = all.parse().ok()?;
    let scale = match u32::try_from(scale) {
        Ok(scale) => scale,
        Err(_) => {
            mantissa = mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
            0
        }
    };
    let decimal = Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale }.normalized();
    (decimal.scale <= 30).then_some(decimal)
}

impl Checker<'_> {
    /// A constant: a literal, perhaps with `-`, or a param. `what` says where it stands, as in "the end of a range".
    pub(in crate::check) fn constant(&mut self, expr: &ast::Expr, what: &str) -> Option<Value> {
        let expr = inner(expr);
        match &expr.kind {
            ast::ExprKind::Number(number) => Some(Value::Decimal(number.value)),
            ast::ExprKind::Text(text) => Some(Value::Text(text.value.clone())),
            ast::ExprKind::Date(date) => self.date(date),
            ast::ExprKind::Boolean(truth) => Some(Value::Boolean(*truth)),
            ast::ExprKind::Negate(operand) => {
                let value = self.constant(operand, what)?;
                if let Value::Decimal(d) = value {
                    return Some(Value::Decimal(Decimal { mantissa: -d.mantissa, scale: d.scale }));
                }
                let message = format!("`{}` is {}, and only numbers have a sign", self.words(operand.span), value_words(&value));
                self.error(Code::TypeMismatch, expr.span, message, "leave out the `-`");
                None
            }
            ast::ExprKind::Name(name) => self.param_value(name, what),
            ast::ExprKind::List(_)
            | ast::ExprKind::Paren(_)
            | ast::ExprKind::Not(_)
            | ast::ExprKind::Binary { .. }
            | ast::ExprKind::Compare { .. }
            | ast::ExprKind::Test { .. }
            | ast::ExprKind::Elapsed { .. }
            | ast::ExprKind::AtLeast { .. }
            | ast::ExprKind::Pick { .. }
            | ast::ExprKind::Of { .. }
            | ast::ExprKind::Call(_) => {
                let message = format!("{what} must be written out or be a param");
                self.error(Code::TypeMismatch, expr.span, message, "write a constant, or give it a name: `param NAME = 50`");
                None
            }
        }
    }

    /// The value of a param.
    pub(in crate::check) fn param_value(&mut self, name: &ast::Ident, what: &str) -> Option<Value> {
        match self.look_up(name) {
            Some((Entity::Param(at), _)) => self.env.params.get(at).and_then(|p| p.value.clone()),
            Some((entity, declared)) => {
                let message = format!("`{}` is {}, but {what} must be the same for every record", name.name, entity.words());
                let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
                    .help(format!("write the value itself, or declare a param for it: `param {}_limit = ..`", name.name));
                if declared != Span::default() {
                    problem = problem.also(declared, "declared here");
                }
                self.push(problem);
                None
            }
            None => {
                if !self.excused(&name.name) {
                    let near = self.near(&name.name, self.env.params.iter().map(|p| p.name.clone()).collect());
                    let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no param `{}`", name.name));
                    let otherwise = format!("declare it: `param {} = ..`", name.name);
                    self.push(near.advise(problem, name.span, otherwise, as_name));
                }
                None
            }
        }
    }

    /// The param's name and place, if the expression is a param.
    pub(in crate::check) fn param_place(&self, expr: &ast::Expr) -> Option<(&str, Span)> {
        let negated = if let ast::ExprKind::Negate(operand) = &inner(expr).kind { Some(&**operand) } else { None };
        let name = as_ident(negated.unwrap_or(expr))?;
        let (Entity::Param(at), _) = *self.env.entities.get(&name.name)? else { return None };
        self.env.params.get(at).map(|p| (&*p.name, p.name_span))
    }
}

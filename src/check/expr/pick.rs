//! `at least N of [..]` and one value of several: `latest of [..]` and the like.

use super::choice::as_word;
use super::compare::{is_dated, is_numeric, to_number};
use super::settled;
use crate::check::checker::{Checker, Scope, boolean, typed};
use crate::diag::Code;
use crate::hir::{Expr, ExprKind, PickFunction};
use crate::source::Span;
use crate::syntax::ast::{self, NumberLit};
use crate::value::Type;

impl Checker<'_> {
    /// `at least N of [C, ..]`
    pub(super) fn at_least(&mut self, count: &NumberLit, of: &[ast::Expr], span: Span, scope: Scope) -> Option<Expr> {
        let conditions: Vec<Option<Expr>> = of.iter().map(|c| self.condition(c, scope)).collect();
        let most = crate::invariant::number(of.len());
        let number = count.value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=most).contains(n));
        let Some(number) = number else {
            let (message, help) = if of.is_empty() {
                (
                    "this list has no conditions".to_owned(),
                    "list conditions, as in `at least 2 of [visits > 5, form is not empty]`".to_owned(),
                )
            } else {
                let listed = if most == 1 { "1 condition is".to_owned() } else { format!("{most} conditions are") };
                (format!("`at least {}`, but {listed} listed", count.text), format!("write a whole number from 1 to {most}"))
            };
            return self.mismatch(count.span, message, help);
        };
        let conditions = conditions.into_iter().collect::<Option<Vec<_>>>()?;
        Some(boolean(ExprKind::AtLeast(number, conditions), span))
    }

    /// `latest of [D, ..]`, `highest of [N, ..]` and their opposites, and `first known of [X, ..]`.
    pub(super) fn pick(&mut self, function: ast::PickFunction, of: &[ast::Expr], span: Span, scope: Scope) -> Option<Expr> {
        let (words, dates, function) = match function {
            ast::PickFunction::FirstKnown => return self.first_known(of, span, scope),
            ast::PickFunction::Latest => ("latest of", true, PickFunction::Greatest),
            ast::PickFunction::Earliest => ("earliest of", true, PickFunction::Least),
            ast::PickFunction::Highest => ("highest of", false, PickFunction::Greatest),
            ast::PickFunction::Lowest => ("lowest of", false, PickFunction::Least),
        };
        let values: Vec<Option<Expr>> = of.iter().map(|x| self.value(x, scope)).collect();
        if of.is_empty() {
            let help = format!("list {}, as in `{words} [a, b]`", if dates { "dates" } else { "numbers" });
            return self.mismatch(span, format!("`{words}` has nothing to choose from"), help);
        }
        let mut fits = true;
        for value in values.iter().flatten() {
            let wrong = if dates { !is_dated(&value.ty) } else { !is_numeric(&value.ty) };
            if wrong {
                let (wanted, other) = match (dates, is_dated(&value.ty), is_numeric(&value.ty)) {
                    (true, _, true) => {
                        ("dates", Some(if function == PickFunction::Greatest { "highest of" } else { "lowest of" }))
                    }
                    (false, true, _) => {
                        ("numbers", Some(if function == PickFunction::Greatest { "latest of" } else { "earliest of" }))
                    }
                    (dates, _, _) => (if dates { "dates" } else { "numbers" }, None),
                };
                let message = format!("{}, and `{words}` takes {wanted}", self.is_what(value));
                let help =
                    other.map_or_else(|| format!("list {wanted} only"), |other| format!("for these values write `{other} [..]`"));
                self.error(Code::TypeMismatch, value.span, message, help);
                fits = false;
            }
        }
        let values = values.into_iter().collect::<Option<Vec<_>>>().filter(|_| fits)?;
        let (values, ty) = if dates { self.one_kind_of_dates(values) } else { as_numbers(values) };
        Some(typed(ExprKind::Pick(function, values), ty, span))
    }

    /// Dates and date-times of one type: with a date among them date-times count by their calendar date.
    fn one_kind_of_dates(&self, values: Vec<Expr>) -> (Vec<Expr>, Type) {
        if values.iter().all(|value| value.ty == Type::DateTime) {
            (values, Type::DateTime)
        } else {
            (values.into_iter().map(|value| self.to_date(value)).collect(), Type::Date)
        }
    }

    /// `first known of [X, ..]`
    fn first_known(&mut self, of: &[ast::Expr], span: Span, scope: Scope) -> Option<Expr> {
        let mut values: Vec<Expr> = Vec::new();
        let mut fits = !of.is_empty();
        for value in of {
            // An option is one of the values before it.
            let options = values.iter().find(|before| matches!(before.ty, Type::OneOf(_))).cloned();
            let value = match options.filter(|options| as_word(value).is_some() && self.takes(options, value)) {
                Some(options) => self.opposite(value, &options, scope),
                None => self.value(value, scope),
            };
            match value.filter(|value| self.is_first_known(value, values.first())) {
                Some(value) => values.push(value),
                None => fits = false,
            }
        }
        if of.is_empty() {
            let help = "list values, as in `first known of [a, b]`";
            return self.mismatch(span, "`first known of` has nothing to choose from", help);
        }
        let first = values.first().filter(|_| fits)?.ty.clone();
        let (values, ty) = if is_dated(&first) {
            self.one_kind_of_dates(values)
        } else if is_numeric(&first) {
            as_numbers(values)
        } else {
            (values, first)
        };
        Some(typed(ExprKind::Pick(PickFunction::First, values), ty, span))
    }

    /// Whether a value can stand in `first known of` beside the first one; tells why not.
    fn is_first_known(&mut self, value: &Expr, first: Option<&Expr>) -> bool {
        if matches!(value.ty, Type::SetOf(_) | Type::SetOfText | Type::Label) {
            let message = format!("{}, which `first known of` cannot take", self.is_what(value));
            let help = "list texts, numbers, dates, booleans or `one of` values";
            self.error(Code::TypeMismatch, value.span, message, help);
            return false;
        }
        let Some(first) = first else { return true };
        let alike =
            first.ty == value.ty || is_dated(&first.ty) && is_dated(&value.ty) || is_numeric(&first.ty) && is_numeric(&value.ty);
        if !alike {
            let help = if matches!((&first.ty, &value.ty), (Type::OneOf(_), Type::OneOf(_))) {
                "two `one of` go together where they list the same options"
            } else {
                "list values of one type"
            };
            let message = format!("{}, and {}", self.is_what(first), self.is_what(value));
            self.error(Code::TypeMismatch, value.span, message, help);
        }
        alike
    }
}

/// Numbers of one type.
fn as_numbers(values: Vec<Expr>) -> (Vec<Expr>, Type) {
    if values.iter().all(|value| value.ty == Type::Integer) {
        (values.into_iter().map(settled).collect(), Type::Integer)
    } else {
        (values.into_iter().map(to_number).collect(), Type::Number)
    }
}

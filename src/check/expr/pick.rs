//! `at least N of [..]` and one value of several: `latest of [..]` and the like.

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

    /// `latest of [D, ..]`, `highest of [N, ..]` and their opposites.
    pub(super) fn pick(&mut self, function: ast::PickFunction, of: &[ast::Expr], span: Span, scope: Scope) -> Option<Expr> {
        let (words, dates, function) = match function {
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
        // One type for all: with a date among them date-times count by their calendar date.
        let (values, ty) = if dates {
            if values.iter().all(|value| value.ty == Type::DateTime) {
                (values, Type::DateTime)
            } else {
                (values.into_iter().map(|value| self.to_date(value)).collect::<Vec<_>>(), Type::Date)
            }
        } else if values.iter().all(|value| value.ty == Type::Integer) {
            (values.into_iter().map(settled).collect(), Type::Integer)
        } else {
            (values.into_iter().map(to_number).collect(), Type::Number)
        };
        Some(typed(ExprKind::Pick(function, values), ty, span))
    }
}

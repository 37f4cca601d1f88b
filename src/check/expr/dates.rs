//! Dates: windows, elapsed time, before and after.

use super::compare::is_dated;
use crate::check::checker::{Checker, Scope, boolean, typed};
use crate::diag::{Code, Diagnostic};
use crate::hir::{CompareOp, Duration, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, DurationLit, Unit};
use crate::value::Type;

/// A thousand years, beyond which no calendar goes safely.
const fn most(unit: Unit) -> (u32, &'static str) {
    match unit {
        Unit::Hours => (8_766_000, "hours"),
        Unit::Days => (365_250, "days"),
        Unit::Weeks => (52_000, "weeks"),
        Unit::Months => (12_000, "months"),
        Unit::Years => (1_000, "years"),
    }
}

impl Checker<'_> {
    /// A duration: a positive whole number of units, at most a thousand years.
    pub(in crate::check) fn duration(&mut self, duration: &DurationLit) -> Option<Duration> {
        let (limit, name) = most(duration.unit);
        let Some(count) = duration.count.value.as_integer().filter(|n| *n > 0) else {
            // More digits than an integer has are too many, too.
            let whole = duration.count.value.normalized();
            if whole.scale == 0 && whole.mantissa > 0 {
                return self.too_long(duration, limit, name);
            }
            let message = format!("`{}` is not a whole number of {name} above zero", duration.count.text);
            self.error(Code::TypeMismatch, duration.count.span, message, format!("write a whole number, as in `30 {name}`"));
            return None;
        };
        match u32::try_from(count) {
            Ok(count) if count <= limit => Some(Duration { count, unit: duration.unit }),
            Ok(_) | Err(_) => self.too_long(duration, limit, name),
        }
    }

    fn too_long(&mut self, duration: &DurationLit, limit: u32, name: &str) -> Option<Duration> {
        let message = format!("`{}` is longer than a thousand years", self.words(duration.span));
        self.error(Code::TooLarge, duration.span, message, format!("write at most {limit} {name}"));
        None
    }

    /// A date or date-time; `hours` only with a date-time. `words` are those that ask for it.
    fn dated(&mut self, operand: &ast::Expr, unit: Option<Unit>, words: &str, scope: Scope) -> Option<Expr> {
        let operand = self.expr(operand, scope)?;
        if !is_dated(&operand.ty) {
            let message = format!("{}, and `{words}` needs a date", self.is_what(&operand));
            return self.mismatch(operand.span, message, "name a property that is a `date` or `datetime`");
        }
        if unit == Some(Unit::Hours) && operand.ty == Type::Date {
            let message = format!("{} without a time, so hours cannot be counted", self.is_what(&operand));
            let help = "count days, or declare the property as `datetime` in the schema";
            return self.mismatch(operand.span, message, help);
        }
        Some(operand)
    }

    /// `d within 30 days`
    pub(super) fn within(
        &mut self,
        operand: &ast::Expr,
        next: bool,
        duration: &DurationLit,
        span: Span,
        scope: Scope,
    ) -> Option<Expr> {
        let date = self.dated(operand, Some(duration.unit), "within", scope);
        let duration = self.duration(duration);
        let (date, duration) = date.zip(duration)?;
        Some(boolean(ExprKind::Within { date: Box::new(date), duration, next }, span))
    }

    /// `d more than 90 days ago`
    pub(super) fn more_than(&mut self, operand: &ast::Expr, duration: &DurationLit, span: Span, scope: Scope) -> Option<Expr> {
        let date = self.dated(operand, Some(duration.unit), "more than .. ago", scope);
        let duration = self.duration(duration);
        let (date, duration) = date.zip(duration)?;
        Some(boolean(ExprKind::MoreThanAgo(Box::new(date), duration), span))
    }

    /// `d before D`, `d after D`
    pub(super) fn beside(
        &mut self,
        operand: &ast::Expr,
        other: &ast::Expr,
        before: bool,
        spans: (Span, Span),
        scope: Scope,
    ) -> Option<Expr> {
        let word = if before { "before" } else { "after" };
        let left = self.dated(operand, None, word, scope);
        let right = self.dated(other, None, word, scope);
        let (left, right) = left.zip(right)?;
        self.compared(if before { CompareOp::Less } else { CompareOp::Greater }, left, right, spans)
    }

    /// `days since d`, `weeks until d`
    pub(super) fn elapsed(&mut self, unit: Unit, until: bool, date: &ast::Expr, span: Span, scope: Scope) -> Option<Expr> {
        if unit == Unit::Hours {
            let message = "elapsed time is counted in days, weeks, months and years";
            let help = "write `days since ..`; for hours ask `within 48 hours` or `more than 48 hours ago`";
            return self.mismatch(span, message, help);
        }
        let date = self.dated(date, None, if until { "until" } else { "since" }, scope)?;
        Some(typed(ExprKind::Elapsed { unit, until, date: Box::new(date) }, Type::Integer, span))
    }

    /// A duration back from `as of` for the events of a list.
    pub(in crate::check) fn window(&mut self, duration: &DurationLit, event: crate::schema::EventId) -> Option<Duration> {
        let checked = self.duration(duration)?;
        let at = self.env.schema.event(event).and_then(|e| e.field(e.at).map(|f| (f.ty.clone(), f.span, e.name.clone())));
        if let Some((Type::Date, declared, name)) = at
            && duration.unit == Unit::Hours
        {
            let message = format!("`at` of `{name}` is a date without a time, so hours cannot be counted");
            let problem = Diagnostic::new(Code::TypeMismatch, duration.span, message)
                .also(declared, "declared here")
                .help("count days, or declare `at` as `datetime` in the schema");
            self.push(problem);
            return None;
        }
        Some(checked)
    }
}

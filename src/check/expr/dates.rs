//! Dates: windows, elapsed time, before and after.

use super::compare::is_dated;
use crate::check::checker::{Checker, Place, Scope, boolean, typed};
use crate::diag::{Code, Diagnostic};
use crate::hir::{CompareOp, Duration, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, Beside, DurationLit, Unit, Window};
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
            if self.is_quoted_date(&operand) {
                return None;
            }
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

    /// A date in quotes: tells that it has none.
    pub(super) fn is_quoted_date(&mut self, operand: &Expr) -> bool {
        let ExprKind::Literal(crate::value::Value::Text(text)) = &operand.kind else { return false };
        if crate::time::parse_date(text).is_err() {
            return false;
        }
        let problem = Diagnostic::new(Code::TypeMismatch, operand.span, format!("a date is written without quotes: `{text}`"))
            .help(format!("write `{text}`"))
            .fix(true, "leave out the quotes", operand.span, text.to_string());
        self.push(problem);
        true
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

    /// `d within 7 days after D`, `d within 30 days before D`
    pub(super) fn within_beside(
        &mut self,
        operand: &ast::Expr,
        duration: &DurationLit,
        beside: &Beside,
        span: Span,
        scope: Scope,
    ) -> Option<Expr> {
        let date = self.dated(operand, Some(duration.unit), "within", scope);
        let length = self.duration(duration);
        let other = self.beside_date(beside, duration, scope);
        let (date, length) = date.zip(length)?;
        Some(self.between(date, length, other?, (beside.before, duration.span), span))
    }

    /// The date that a window lies beside: one that does not look at events.
    fn beside_date(&mut self, beside: &Beside, duration: &DurationLit, scope: Scope) -> Option<Expr> {
        let word = if beside.before { "before" } else { "after" };
        let date = self.dated(&beside.date, Some(duration.unit), word, scope)?;
        if self.looks_at_events(&date) {
            let message = format!("`{}` looks at events, and a window lies beside a date of the record", self.words(date.span));
            let help = "name a property, a param or a date, or compare the two dates with `days since`";
            return self.mismatch(date.span, message, help);
        }
        Some(date)
    }

    /// Whether an expression looks at events, through definitions too.
    fn looks_at_events(&self, expr: &Expr) -> bool {
        let mut rest = vec![expr];
        while let Some(next) = rest.pop() {
            if matches!(next.kind, ExprKind::Aggregate(_) | ExprKind::NoEvents(_)) {
                return true;
            }
            if let ExprKind::Definition(id) = next.kind {
                rest.extend(self.env.definition(id).map(|definition| &definition.value));
            }
            rest.extend(next.operands());
        }
        false
    }

    /// From a date to so much later, or from so much before it to the date, both ends included.
    fn between(&self, date: Expr, length: Duration, other: Expr, (before, from): (bool, Span), span: Span) -> Expr {
        let (date, other) = if length.unit == Unit::Hours { (date, other) } else { (self.to_date(date), self.to_date(other)) };
        let (near_span, far_span) = (other.span, from.to(other.span));
        let far = self.moved(other.clone(), length, !before, far_span);
        let (least, most) = if before { (far, other) } else { (other, far) };
        let (least_span, most_span) = if before { (far_span, near_span) } else { (near_span, far_span) };
        let compare =
            |op, end: Expr, of: Span| boolean(ExprKind::Compare(op, Box::new(date.clone()), Box::new(end)), date.span.to(of));
        let from = compare(CompareOp::GreaterEqual, least, least_span);
        let to = compare(CompareOp::LessEqual, most, Span { start: span.start, ..most_span });
        boolean(ExprKind::And(vec![from, to]), span)
    }

    /// A date moved on or back.
    fn moved(&self, date: Expr, by: Duration, later: bool, span: Span) -> Expr {
        if let ExprKind::Literal(value) = &date.kind
            && let Some(value) = crate::hir::moved(value, by, later)
        {
            return typed(ExprKind::Literal(value), date.ty, span);
        }
        let ty = date.ty.clone();
        typed(ExprKind::Moved(Box::new(date), by, later), ty, span)
    }

    /// Which events of a list are meant: those so recent, and those that meet a condition. A window beside a date is such a condition.
    pub(in crate::check) fn which_events(
        &mut self,
        event: crate::schema::EventId,
        window: Option<&Window>,
        filter: Option<&ast::Expr>,
        place: Place,
    ) -> Option<(Option<Duration>, Option<Expr>)> {
        let within = window.map_or(Some(None), |window| self.window(&window.duration, event).map(Some));
        let other = window.and_then(|window| window.beside.as_ref().map(|beside| (window, beside)));
        let other = other.map_or(Some(None), |(window, beside)| {
            let date = self.beside_date(beside, &window.duration, Scope { place, event: None })?;
            Some(Some((window, beside, date)))
        });
        let filter = filter.map_or(Some(None), |f| self.condition(f, Scope { place, event: Some(event) }).map(Some));
        let (within, other, filter) = (within?, other?, filter?);
        let Some((window, beside, date)) = other else { return Some((within, filter)) };
        let list = self.env.schema.event(event)?;
        let at = typed(ExprKind::Field(event, list.at), list.field(list.at)?.ty.clone(), window.span);
        let near = self.between(at, within?, date, (beside.before, window.duration.span), window.span);
        let filter = match filter {
            None => near,
            Some(filter) => {
                let whole = window.span.to(filter.span);
                boolean(ExprKind::And(vec![near, filter]), whole)
            }
        };
        Some((None, Some(filter)))
    }

    /// A duration back from `as of` for the events of a list.
    fn window(&mut self, duration: &DurationLit, event: crate::schema::EventId) -> Option<Duration> {
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

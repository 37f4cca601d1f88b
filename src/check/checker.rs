//! What all parts of the checker share: the names, the findings so far, and how things are called in messages.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::env::Env;
use super::exact::Exact;
use super::named::NamedOption;
use super::names::{Names, Target};
use super::near::{Near, nearest};
use super::rollup::Aside;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{ArmId, DefId, Expr, ExprKind, ItemId, LifecycleId, ScoreId};
use crate::schema::EventId;
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, DateLit, Ident};
use crate::value::{Type, Value};

/// Where an expression stands, which says what it may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scope {
    /// The kind of place.
    pub(super) place: Place,
    /// The event that a `where` looks at.
    pub(super) event: Option<EventId>,
}

/// The kinds of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Scores and exclusions: properties, definitions over them, lists, params.
    Record,
    /// A definition: scores and labels too, but then only outputs may use it.
    Definition,
    /// The conditions of the formula of a score: scores and labels further up too.
    Formula(ScoreId),
    /// A lifecycle: scores and labels too; its own name is the present stage.
    Lifecycle(LifecycleId),
    /// `expect` and `--where`: input and output; a lifecycle's name is the stage after.
    Outcome,
}

impl Scope {
    /// A place that is in no `where`.
    pub(super) const fn at(place: Place) -> Self {
        Self { place, event: None }
    }
}

/// The checker at work.
pub(super) struct Checker<'a> {
    pub(super) sources: &'a Sources,
    pub(super) env: Env,
    pub(super) diagnostics: Diagnostics,
    /// A definition that must be worked out before the present one can be.
    pub(super) need: Option<usize>,
    /// Whether the present definition sees scores, labels or what is over them.
    pub(super) sees_outputs: bool,
    /// Where names stand, as often as they were looked at.
    pub(super) mentions: Vec<(Span, Target)>,
    /// Where options are named, as often as they were looked at.
    pub(super) named_options: Vec<NamedOption>,
    /// The index of names, once everything has been looked at.
    pub(super) names: Names,
    /// Causes that have been told.
    pub(super) told: FxHashSet<(Code, Span)>,
    /// How large the definitions over scores can be.
    pub(super) exact_sizes: FxHashMap<DefId, Exact>,
    /// What stands aside in the body of a rollup.
    pub(super) aside: Option<Aside>,
    /// By rollup: the names of its accounts, and how many scores stand before its own.
    pub(super) rollup_envs: Vec<(Env, usize)>,
    next_item: u32,
    next_arm: u32,
    suggestions: u32,
}

/// After so many misspelt names nobody reads suggestions, and finding them takes time.
const SUGGESTIONS: u32 = 500;

impl<'a> Checker<'a> {
    pub(super) fn new(sources: &'a Sources, env: Env) -> Self {
        Self {
            sources,
            env,
            diagnostics: Diagnostics::new(),
            need: None,
            sees_outputs: false,
            mentions: Vec::new(),
            named_options: Vec::new(),
            names: Names::default(),
            told: FxHashSet::default(),
            exact_sizes: FxHashMap::default(),
            aside: None,
            rollup_envs: Vec::new(),
            next_item: 0,
            next_arm: 0,
            suggestions: SUGGESTIONS,
        }
    }

    pub(super) fn item_id(&mut self) -> ItemId {
        self.next_item += 1;
        ItemId(self.next_item - 1)
    }

    pub(super) fn arm_id(&mut self) -> ArmId {
        self.next_arm += 1;
        ArmId(self.next_arm - 1)
    }

    /// How many items and arms there are.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.next_item, self.next_arm)
    }

    /// Counts items and arms anew; gives the counts so far.
    pub(super) fn count_apart(&mut self) -> (u32, u32) {
        (std::mem::take(&mut self.next_item), std::mem::take(&mut self.next_arm))
    }

    /// Counts on from where counting was left; gives the counts since then.
    pub(super) fn count_on(&mut self, (items, arms): (u32, u32)) -> (u32, u32) {
        (std::mem::replace(&mut self.next_item, items), std::mem::replace(&mut self.next_arm, arms))
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Tells a cause once, however often it is met.
    pub(super) fn push_once(&mut self, cause: Span, diagnostic: Diagnostic) {
        if self.told.insert((diagnostic.code, cause)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// A finding with its way out.
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message).help(help));
    }

    /// The nearest of `names` to a misspelt one.
    pub(super) fn near(&mut self, word: &str, names: Vec<Arc<str>>) -> Near {
        if self.suggestions == 0 {
            return Near::default();
        }
        self.suggestions -= 1;
        nearest(word, names.iter().map(|n| &**n))
    }

    /// The source of a span on one line, not too long.
    pub(super) fn words(&self, span: Span) -> String {
        let text = crate::hir::words::squeezed(self.sources, span);
        if text.chars().count() > 50 { text.chars().take(47).chain("...".chars()).collect() } else { text }
    }

    /// An expression as its author calls it and what it is: "`job_title` is text".
    pub(super) fn is_what(&self, expr: &Expr) -> String {
        format!("`{}` is {}", self.words(expr.span), type_words(&expr.ty))
    }

    /// A date or date-time literal.
    pub(super) fn date(&mut self, date: &DateLit) -> Option<Value> {
        let zone = &self.env.schema.zone;
        let read = if date.has_time {
            crate::time::parse_datetime(&date.text, zone).map(Value::DateTime)
        } else {
            crate::time::parse_date(&date.text).map(Value::Date)
        };
        match read {
            Ok(value) => Some(value),
            Err(message) => {
                let help = if message.starts_with("the date") { days_help(&date.text) } else { None };
                let help =
                    help.unwrap_or_else(|| "write a date such as 2026-01-15 or a time such as 2026-01-15T10:30".to_owned());
                self.error(Code::BadDate, date.span, message, help);
                None
            }
        }
    }

    /// Whether an unknown name is the fault of something that has been told already.
    pub(super) fn excused(&self, name: &str) -> bool {
        let record = name.split_once('.').map_or(name, |(record, _)| record);
        self.env.incomplete || self.env.broken_names.contains(name) || self.env.broken_names.contains(record)
    }

    /// "write `schema contact { .. }`" for a program without one.
    pub(super) fn no_schema_help(&self) -> Option<&'static str> {
        (!self.env.has_schema).then_some(
            "the program has no schema: write `schema contact { .. }` or `use` the file that has it, as in `use \"contact.lsr\"`",
        )
    }
}

/// How many days a month has, for a date that does not exist.
fn days_help(text: &str) -> Option<String> {
    let (year, rest) = text.split_at_checked(4)?;
    let month: i8 = rest.get(1..3)?.parse().ok()?;
    let year: i16 = year.parse().ok()?;
    let first = jiff::civil::Date::new(year, month, 1).ok();
    Some(match first {
        Some(first) => format!("{} {year} has {} days", first.strftime("%B"), first.days_in_month()),
        None => "months count from 01 to 12; a date is written year-month-day".to_owned(),
    })
}

/// A type in the users' words, after "is".
pub(super) fn type_words(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Integer => "an integer",
        Type::Number => "a number",
        Type::Boolean => "true or false",
        Type::Date => "a date",
        Type::DateTime => "a date-time",
        Type::OneOf(_) => "one of its options",
        Type::SetOf(_) => "a set of options",
        Type::SetOfText => "a set of texts",
        Type::Score => "a score",
        Type::Label => "a label",
    }
}

/// A constant in the users' words, after "is".
pub(super) fn value_words(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "text",
        Value::Integer(_) | Value::Number(_) | Value::Decimal(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Date(_) => "a date",
        Value::DateTime(_) => "a date-time",
        Value::Option(_) => "an option",
        Value::Set(_) | Value::TextSet(_) => "a set",
    }
}

/// The expression inside its brackets.
pub(super) fn inner(mut expr: &ast::Expr) -> &ast::Expr {
    while let ast::ExprKind::Paren(inside) = &expr.kind {
        expr = inside;
    }
    expr
}

/// The bare name that an expression is, if it is one.
pub(super) fn as_ident(expr: &ast::Expr) -> Option<&Ident> {
    if let ast::ExprKind::Name(name) = &inner(expr).kind { Some(name) } else { None }
}

/// A typed expression.
pub(super) const fn typed(kind: ExprKind, ty: Type, span: Span) -> Expr {
    Expr { kind, ty, span }
}

/// A condition.
pub(super) const fn boolean(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, ty: Type::Boolean, span }
}

/// A condition, or its opposite.
pub(super) fn perhaps_not(negated: bool, expr: Expr) -> Expr {
    if negated {
        let span = expr.span;
        boolean(ExprKind::Not(Box::new(expr)), span)
    } else {
        expr
    }
}

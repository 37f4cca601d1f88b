//! Why a condition came out as it did: the parts that decided, and by how much numbers and dates missed.

use super::SeenValue;
use super::values::{Seen, shown};
use crate::hir::words::squeezed;
use crate::hir::{AsOf, TextTest};
use crate::hir::{CompareOp, Duration, Expr, ExprKind, Model, Range, RangeEnd, Texts, Unit};
use crate::schema::Related;
use crate::source::Sources;
use crate::value::{Decimal, Value};

/// The word for a value that is not known.
const UNKNOWN: &str = "unknown";

/// How many texts or options of a list are named.
const NAMED: usize = 5;

/// What conditions are explained with.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) sources: &'a Sources,
    pub(super) seen: &'a dyn Seen,
    pub(super) as_of: AsOf,
    pub(super) faults: &'a [String],
}

impl Context<'_> {
    /// The words of an expression.
    pub(super) fn words(&self, expr: &Expr) -> String {
        squeezed(self.sources, expr.span)
    }

    /// The value of an expression in words; of a cell that cannot be read what is wrong with it.
    pub(super) fn value(&self, expr: &Expr) -> String {
        if self.presence(expr).is_some() {
            let known = self.seen.truth(expr) == Some(true);
            return if known { "known" } else { UNKNOWN }.to_owned();
        }
        if let ExprKind::Property(id) = expr.kind
            && let Some(fault) = self.fault(id)
        {
            let value = shown(self.seen.value(expr).as_ref(), &expr.ty, &self.model.schema.zone);
            return format!("{value} ({fault})");
        }
        shown(self.seen.value(expr).as_ref(), &expr.ty, &self.model.schema.zone)
    }

    /// What is wrong with the cell of a property.
    fn fault(&self, id: crate::schema::PropId) -> Option<&str> {
        let property = self.model.schema.property(id)?;
        let of = |fault: &'_ String| fault.strip_prefix(&*property.name)?.strip_prefix(": ").map(str::len);
        let fault = self.faults.iter().find(|fault| of(fault).is_some())?;
        if property.default.is_some() {
            return None;
        }
        fault.get(property.name.len() + 2..)
    }

    /// The related record of a condition that asks whether there is one.
    fn presence(&self, expr: &Expr) -> Option<&Related> {
        if let ExprKind::Property(id) = expr.kind { self.model.schema.presence(id) } else { None }
    }

    /// `employees is 45`
    fn fact(&self, expr: &Expr) -> String {
        if let Some(related) = self.presence(expr) {
            return format!("{} is {}", related.name, self.value(expr));
        }
        format!("{} is {}", self.words(expr), self.value(expr))
    }

    /// The expression behind a definition's name.
    fn resolved<'e>(&'e self, expr: &'e Expr) -> &'e Expr {
        if let ExprKind::Definition(id) = expr.kind {
            return self.model.definition(id).map_or(expr, |d| self.resolved(&d.value));
        }
        expr
    }

    /// The values that an expression reads, each once, in the order of the source.
    pub(super) fn seen_values(&self, exprs: &[&Expr]) -> Vec<SeenValue> {
        let mut out = Vec::new();
        for expr in exprs {
            self.collect(expr, &mut out);
        }
        out
    }

    fn collect(&self, expr: &Expr, out: &mut Vec<SeenValue>) {
        let leaf = matches!(
            expr.kind,
            ExprKind::Property(_)
                | ExprKind::Score(_)
                | ExprKind::Label(_)
                | ExprKind::Aggregate(_)
                | ExprKind::Elapsed { .. }
                | ExprKind::Stage(_)
        );
        if let ExprKind::Definition(id) = expr.kind {
            if let Some(definition) = self.model.definition(id) {
                self.collect(&definition.value, out);
            }
        } else if leaf {
            let what = self.name(expr);
            if !out.iter().any(|s| s.what == what) {
                out.push(SeenValue { what, value: self.value(expr) });
            }
            if let ExprKind::Elapsed { date, .. } = &expr.kind {
                self.collect(date, out);
            }
        } else {
            expr.operands().for_each(|child| self.collect(child, out));
        }
    }

    /// The name of a leaf; what stands in backticks loses them.
    fn name(&self, expr: &Expr) -> String {
        if let ExprKind::Property(id) = expr.kind {
            let schema = &self.model.schema;
            let name = schema.presence(id).map(|related| &related.name).or_else(|| Some(&schema.property(id)?.name));
            return name.map_or_else(String::new, ToString::to_string);
        }
        self.words(expr)
    }

    /// The parts that keep a condition from being true, or, if it is true, those that make it so.
    pub(super) fn causes(&self, expr: &Expr) -> Vec<String> {
        let mut out = Vec::new();
        self.cause(expr, self.seen.truth(expr), &mut out);
        let mut seen = std::collections::BTreeSet::new();
        out.retain(|line| seen.insert(line.clone()));
        out
    }

    /// Tells why `expr` came out as `truth`.
    fn cause(&self, expr: &Expr, truth: Option<bool>, out: &mut Vec<String>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "every other form is told as a whole")]
        match &expr.kind {
            ExprKind::Not(inner) => self.cause(inner, truth.map(|t| !t), out),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let came = |part: &&Expr| self.seen.truth(part) == truth;
                // Where no part came out as the whole did, all of them together decide.
                let deciding: Vec<&Expr> = parts.iter().filter(came).collect();
                for part in if deciding.is_empty() { parts.iter().collect() } else { deciding } {
                    self.cause(part, self.seen.truth(part), out);
                }
            }
            ExprKind::AtLeast(count, parts) => {
                let came = |wanted: Option<bool>| parts.iter().filter(move |part| self.seen.truth(part) == wanted);
                let unknown = match came(None).count() {
                    0 => String::new(),
                    n => format!(", {n} unknown"),
                };
                out.push(format!("{} of {} hold{unknown}; it needs {count}", came(Some(true)).count(), parts.len()));
                let deciding: Vec<&Expr> = came(truth).collect();
                for part in deciding {
                    self.cause(part, self.seen.truth(part), out);
                }
            }
            ExprKind::Unless(condition, hindrance) => {
                if self.seen.truth(hindrance) == Some(true) {
                    out.push(format!("blocked by `unless`: {} holds", self.words(hindrance)));
                    self.cause(hindrance, Some(true), out);
                } else {
                    self.cause(condition, self.seen.truth(condition), out);
                }
            }
            ExprKind::Definition(id) => {
                if let Some(definition) = self.model.definition(*id) {
                    let mut inner = Vec::new();
                    self.cause(&definition.value, truth, &mut inner);
                    out.extend(inner.into_iter().map(|line| format!("{}: {line}", definition.name)));
                }
            }
            _ => out.push(self.leaf(expr, truth)),
        }
    }

    fn leaf(&self, expr: &Expr, truth: Option<bool>) -> String {
        let Some(truth) = truth else { return self.unknown(expr) };
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest are conditions by themselves, told by their words")]
        match &expr.kind {
            ExprKind::Compare(op, a, b) => self.compared(*op, a, b, truth),
            ExprKind::InRange(value, range) => self.in_range(value, range, truth),
            ExprKind::InOptions(value, codes) => {
                let names: Vec<String> =
                    codes.iter().filter_map(|c| value.ty.options()?.name(*c)).map(ToString::to_string).collect();
                self.listed(value, &names, truth)
            }
            ExprKind::InValues(value, all) => {
                let names: Vec<String> = all.iter().map(|v| shown(Some(v), &value.ty, &self.model.schema.zone)).collect();
                self.listed(value, &names, truth)
            }
            ExprKind::HasOptions { set, codes, all } => {
                let names: Vec<String> =
                    codes.iter().filter_map(|c| set.ty.options()?.name(*c)).map(ToString::to_string).collect();
                self.has(set, &names, *all, truth)
            }
            ExprKind::HasTexts { set, texts, all } => self.has(set, &quoted(texts), *all, truth),
            ExprKind::TextTest { text, test, texts } => self.text_test(text, *test, texts, truth),
            ExprKind::Matches(text, pattern) => {
                let does = if truth { "matches" } else { "does not match" };
                format!("{} and {does} /{}/", self.fact(text), pattern.source)
            }
            ExprKind::IsKnown(value) | ExprKind::IsEmpty(value) => self.fact(value),
            ExprKind::NoEvents(_) => format!("there is {} event", if truth { "no" } else { "an" }),
            ExprKind::Within { date, duration, next } => self.within(date, *duration, *next, truth),
            ExprKind::MoreThanAgo(date, duration) => self.more_than_ago(date, *duration, truth),
            ExprKind::Property(_) | ExprKind::Aggregate(_) => self.fact(expr),
            _ => format!("{} is {truth}", self.words(expr)),
        }
    }

    /// Which values of a condition are unknown.
    fn unknown(&self, expr: &Expr) -> String {
        let values = self.seen_values(&[expr]);
        let names: Vec<&str> = values.iter().filter(|s| s.value == UNKNOWN).map(|s| s.what.as_str()).collect();
        let mut parts: Vec<String> = Vec::new();
        if !names.is_empty() {
            parts.push(format!("{} is {UNKNOWN}", names.join(" and ")));
        }
        // A cell that cannot be read is told with what is wrong with it.
        let unread = values.iter().filter(|s| s.value.strip_prefix(UNKNOWN).is_some_and(|rest| rest.starts_with(" (")));
        parts.extend(unread.map(|s| format!("{} is {}", s.what, s.value)));
        if parts.is_empty() { format!("{} is {UNKNOWN}", self.words(expr)) } else { parts.join(", ") }
    }

    fn listed(&self, value: &Expr, names: &[String], truth: bool) -> String {
        if truth { self.fact(value) } else { format!("{}; needs {}", self.fact(value), either(names, "or")) }
    }

    fn has(&self, set: &Expr, names: &[String], all: bool, truth: bool) -> String {
        if truth {
            self.fact(set)
        } else {
            format!("{}; needs {}", self.fact(set), either(names, if all { "and" } else { "or" }))
        }
    }

    fn text_test(&self, text: &Expr, test: TextTest, texts: &Texts, truth: bool) -> String {
        let (does, does_not) = match test {
            TextTest::Is => ("is", "needs"),
            TextTest::Contains => ("contains", "it does not contain"),
            TextTest::ContainsWord => ("contains the word", "it does not contain the word"),
            TextTest::StartsWith => ("starts with", "it does not start with"),
            TextTest::EndsWith => ("ends with", "it does not end with"),
        };
        let named = texts.list.as_ref().map_or_else(|| either(&quoted(texts), "or"), |list| format!("a text of {list}"));
        match (truth, test) {
            (true, TextTest::Is) => self.fact(text),
            (true, _) => format!("{} and {does} {named}", self.fact(text)),
            (false, _) => format!("{}; {does_not} {named}", self.fact(text)),
        }
    }

    fn compared(&self, op: CompareOp, a: &Expr, b: &Expr, truth: bool) -> String {
        let constant = matches!(self.resolved(b).kind, ExprKind::Literal(_));
        let right = if constant { self.value(b) } else { format!("{} ({})", self.words(b), self.value(b)) };
        let fact = self.fact(a);
        if truth && op == CompareOp::Equal {
            return fact;
        }
        let sign = match op {
            CompareOp::Equal => "",
            CompareOp::Less => "less than ",
            CompareOp::LessEqual => "at most ",
            CompareOp::Greater => "more than ",
            CompareOp::GreaterEqual => "at least ",
        };
        if truth {
            return format!("{fact}, {sign}{right}");
        }
        let gap = match (self.seen.value(a), self.seen.value(b)) {
            (Some(left), Some(right)) => distance(&left, &right),
            _ => None,
        };
        let side = match op {
            CompareOp::Equal => None,
            CompareOp::Less | CompareOp::LessEqual => Some("over"),
            CompareOp::Greater | CompareOp::GreaterEqual => Some("short"),
        };
        let gap = gap.zip(side).map_or_else(String::new, |(gap, side)| format!(", {gap} {side}"));
        format!("{fact}; needs {sign}{right}{gap}")
    }

    fn in_range(&self, value: &Expr, range: &Range, truth: bool) -> String {
        let words = squeezed(self.sources, range.span);
        if truth {
            return format!("{}, in {words}", self.fact(value));
        }
        let gap = self.seen.value(value).and_then(|v| gap_to(&v, range));
        let gap = gap.map_or_else(String::new, |gap| format!(", off by {gap}"));
        format!("{}; needs {words}{gap}", self.fact(value))
    }

    fn day(&self, date: &Expr) -> Option<i32> {
        match self.seen.value(date)? {
            Value::Date(day) => Some(day),
            Value::DateTime(micros) => Some(crate::time::day_of(micros, &self.model.schema.zone)),
            Value::Text(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Option(_)
            | Value::Set(_)
            | Value::TextSet(_)
            | Value::Decimal(_) => None,
        }
    }

    /// `last_demo is 2025-12-01, 45 days ago`
    fn dated(&self, date: &Expr) -> (String, Option<i64>) {
        let age = self.day(date).map(|day| i64::from(self.as_of.day) - i64::from(day));
        let when = age.map_or_else(String::new, |age| format!(", {}", ago(age)));
        (format!("{}{when}", self.fact(date)), age)
    }

    fn within(&self, date: &Expr, duration: Duration, next: bool, truth: bool) -> String {
        let (fact, age) = self.dated(date);
        let span = duration_words(duration);
        if truth {
            return fact;
        }
        let direction = if next { "within the next" } else { "within the last" };
        let limit = days_of(duration);
        let late = age.zip(limit).map(|(age, limit)| (if next { -age } else { age }) - limit).filter(|&late| late > 0);
        let late = late.map_or_else(String::new, |late| format!(", {} too far", days(late)));
        format!("{fact}; needs {direction} {span}{late}")
    }

    fn more_than_ago(&self, date: &Expr, duration: Duration, truth: bool) -> String {
        let (fact, age) = self.dated(date);
        if truth {
            return fact;
        }
        let early = age.zip(days_of(duration)).map(|(age, limit)| limit + 1 - age).filter(|&early| early > 0);
        let early = early.map_or_else(String::new, |early| format!(", {} too early", days(early)));
        format!("{fact}; needs more than {} ago{early}", duration_words(duration))
    }
}

/// `3 days ago`, `today`, `in 2 days`
pub(super) fn ago(age: i64) -> String {
    match age {
        0 => "today".to_owned(),
        1.. => format!("{} ago", days(age)),
        _ => format!("in {}", days(-age)),
    }
}

pub(super) fn days(n: i64) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

fn days_of(duration: Duration) -> Option<i64> {
    match duration.unit {
        Unit::Days => Some(i64::from(duration.count)),
        Unit::Weeks => Some(i64::from(duration.count) * 7),
        Unit::Hours | Unit::Months | Unit::Years => None,
    }
}

fn duration_words(duration: Duration) -> String {
    let unit = match duration.unit {
        Unit::Hours => "hour",
        Unit::Days => "day",
        Unit::Weeks => "week",
        Unit::Months => "month",
        Unit::Years => "year",
    };
    format!("{} {unit}{}", duration.count, if duration.count == 1 { "" } else { "s" })
}

fn quoted(texts: &Texts) -> Vec<String> {
    texts.written.iter().map(|t| format!("\"{t}\"")).collect()
}

/// `a, b or c`; a long list ends with how many more there are.
fn either(names: &[String], word: &str) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        _ if names.len() > NAMED => {
            let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            format!("{} {word} {} more", shown.join(", "), names.len() - NAMED)
        }
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}

/// A number as an exact decimal, as far as it is one.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(n) => Some(Decimal::whole(*n)),
        Value::Decimal(n) => Some(*n),
        Value::Number(n) => {
            let text = n.to_string();
            let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
            let mantissa: i128 = format!("{whole}{part}").parse().ok()?;
            let scale = u32::try_from(part.len()).ok().filter(|&s| s <= 18)?;
            (mantissa.abs() < 10_i128.pow(30)).then_some(Decimal { mantissa, scale })
        }
        Value::Text(_)
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::DateTime(_)
        | Value::Option(_)
        | Value::Set(_)
        | Value::TextSet(_) => None,
    }
}

/// How far two values are apart: `5`, `3 days`.
pub(super) fn distance(a: &Value, b: &Value) -> Option<String> {
    if let (Value::Date(a), Value::Date(b)) = (a, b) {
        return Some(days((i64::from(*a) - i64::from(*b)).abs())).filter(|_| a != b);
    }
    let (a, b) = (decimal(a)?, decimal(b)?);
    let scale = a.scale.max(b.scale);
    let lift = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(scale - d.scale)?);
    let gap = lift(a)?.checked_sub(lift(b)?)?.abs();
    (gap != 0).then(|| Decimal { mantissa: gap, scale }.to_string())
}

/// How far a value is from the nearer end of a range that does not hold it.
pub(super) fn gap_to(value: &Value, range: &Range) -> Option<String> {
    let end = nearer_end(value, range)?;
    distance(value, &end)
}

/// The end of a range that a value outside it would have to reach.
pub(super) fn nearer_end(value: &Value, range: &Range) -> Option<Value> {
    let of = |end: RangeEnd| match end {
        RangeEnd::Decimal(d) => Value::Decimal(d),
        RangeEnd::Date(d) => Value::Date(d),
        RangeEnd::DateTime(m) => Value::DateTime(m),
    };
    let below = range.lo.filter(|lo| less(value, &of(*lo)) == Some(true));
    let above =
        range.hi.filter(|hi| less(&of(*hi), value) == Some(true) || (!range.hi_included && less(value, &of(*hi)) == Some(false)));
    below.or(above).map(of)
}

/// Whether one number or date is below another.
pub(super) fn less(a: &Value, b: &Value) -> Option<bool> {
    if let (Value::Date(a), Value::Date(b)) = (a, b) {
        return Some(a < b);
    }
    if let (Value::DateTime(a), Value::DateTime(b)) = (a, b) {
        return Some(a < b);
    }
    let (a, b) = (decimal(a)?, decimal(b)?);
    let scale = a.scale.max(b.scale);
    let lift = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(scale - d.scale)?);
    Some(lift(a)? < lift(b)?)
}

//! Expressions, by Kleene's logic.

use std::cmp::Ordering;
use std::sync::Arc;

use lsrc::hir::{
    Aggregate, AggregateFunction, ArithmeticOp, AsOf, CompareOp, Duration, Expr, ExprKind, Model, PickFunction, Range, RangeEnd,
};
use lsrc::schema::EventId;
use lsrc::value::{Decimal, Value};

use super::exact::Fraction;
use super::{Event, Outcome, Record, at_of, calendar, text};

/// What an expression sees.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) model: &'a Model,
    pub(crate) record: &'a Record,
    pub(crate) as_of: AsOf,
    /// Inside a `where`.
    pub(crate) event: Option<&'a Event>,
    /// Scores, labels and stages, where they are seen.
    pub(crate) outputs: Option<&'a Outcome>,
}

/// A value of an expression; scores are fractions, so that they are compared exactly.
impl<'a> Scope<'a> {
    fn folds(&self) -> bool {
        self.model.schema.ignore_accents
    }

    /// True, false or unknown.
    pub(crate) fn truth(&self, expr: &Expr) -> Option<bool> {
        match self.value(expr) {
            Some(Value::Boolean(truth)) => Some(truth),
            None => None,
            Some(other) => panic!("no truth: {other:?}"),
        }
    }

    fn text(&self, expr: &Expr) -> Option<Arc<str>> {
        match self.value(expr) {
            Some(Value::Text(text)) => Some(text),
            None => None,
            Some(other) => panic!("no text: {other:?}"),
        }
    }

    /// The value, `None` if unknown. A score is a [`Value::Decimal`].
    pub(crate) fn value(&self, expr: &Expr) -> Option<Value> {
        let zone = &self.model.schema.zone;
        match &expr.kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Property(id) => self.record.values[id.0 as usize].clone(),
            ExprKind::Field(_, field) => self.event.expect("a field stands in a where")[field.0 as usize].clone(),
            ExprKind::Definition(id) => {
                let definition = &self.model.definitions[id.index()];
                Scope { event: None, ..*self }.value(&definition.value)
            }
            ExprKind::Score(id) => {
                let points = self.outputs.expect("scores are seen here").scores[id.index()]?;
                Some(Value::Decimal(Decimal { mantissa: i128::from(points), scale: 2 }))
            }
            ExprKind::Label(id) => {
                let text = self.outputs.expect("labels are seen here").labels[id.index()].as_deref()?;
                Some(Value::Text(Arc::from(text)))
            }
            ExprKind::Stage(id) => self.outputs.expect("stages are seen here").stages[id.index()].after.map(Value::Option),
            ExprKind::Move(id) => {
                let moves = self.outputs.expect("moves are seen here").stages[id.index()].direction;
                let name = format!("{moves:?}").to_lowercase();
                let at = lsrc::hir::MOVES.iter().position(|it| *it == name);
                at.map(|at| Value::Option(u32::try_from(at).unwrap()))
            }
            ExprKind::NoStage => None,
            ExprKind::DomainOf(x) => {
                let text = self.text(x)?;
                let at = text.rfind('@')?;
                Some(Value::Text(Arc::from(&text[at + 1..])))
            }
            ExprKind::LengthOf(x) => Some(integer(self.text(x)?.chars().count())),
            ExprKind::WordsOf(x) => Some(integer(self.text(x)?.split_whitespace().count())),
            ExprKind::SizeOf(x) => Some(integer(members(&self.value(x)?, self.folds()).len())),
            ExprKind::Elapsed { unit, until, date } => {
                let since = calendar::since(&self.value(date)?, *unit, self.as_of, zone);
                Some(Value::Integer(if *until { -since } else { since }))
            }
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Negate(x) => match self.value(x)? {
                Value::Integer(n) => n.checked_neg().map(Value::Integer),
                Value::Number(x) => Some(Value::Number(-x)),
                Value::Decimal(x) => Some(Value::Decimal(Decimal { mantissa: -x.mantissa, scale: x.scale })),
                other => panic!("minus {other:?}"),
            },
            ExprKind::Arithmetic(op, a, b) => arithmetic(*op, &self.value(a)?, &self.value(b)?),
            ExprKind::Pick(function, values) => {
                let known = values.iter().filter_map(|value| self.value(value));
                match function {
                    PickFunction::Greatest => known.max_by(|a, b| self.order(a, b)),
                    PickFunction::Least => known.min_by(|a, b| self.order(a, b)),
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is meant")]
            ExprKind::ToNumber(x) => match self.value(x)? {
                Value::Integer(n) => Some(Value::Number(n as f64)),
                other => panic!("no integer: {other:?}"),
            },
            ExprKind::ScoreToNumber(x) => match self.value(x)? {
                Value::Decimal(points) => Some(Value::Number(points.to_string().parse().unwrap())),
                other => panic!("no score: {other:?}"),
            },
            ExprKind::ToDate(x) => {
                let day = calendar::day(&self.value(x)?, zone);
                Some(Value::Date(i32::try_from(day).unwrap()))
            }
            _ => self.condition(expr).map(Value::Boolean),
        }
    }

    fn condition(&self, expr: &Expr) -> Option<bool> {
        let zone = &self.model.schema.zone;
        match &expr.kind {
            ExprKind::Not(x) => self.truth(x).map(|truth| !truth),
            ExprKind::And(parts) => {
                let truths: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            ExprKind::Or(parts) => {
                let truths: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            ExprKind::AtLeast(count, parts) => {
                let truths: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                let known = truths.iter().filter(|truth| **truth == Some(true)).count();
                let possible = truths.iter().filter(|truth| **truth != Some(false)).count();
                let count = *count as usize;
                if known >= count {
                    Some(true)
                } else if possible < count {
                    Some(false)
                } else {
                    None
                }
            }
            ExprKind::Unless(c, d) => {
                let hindered = self.truth(d) == Some(true);
                let truth = self.truth(c);
                if hindered { Some(false) } else { truth }
            }
            ExprKind::Compare(op, a, b) => {
                let order = self.order(&self.value(a)?, &self.value(b)?);
                Some(match op {
                    CompareOp::Equal => order == Ordering::Equal,
                    CompareOp::Less => order == Ordering::Less,
                    CompareOp::LessEqual => order != Ordering::Greater,
                    CompareOp::Greater => order == Ordering::Greater,
                    CompareOp::GreaterEqual => order != Ordering::Less,
                })
            }
            ExprKind::InRange(x, range) => Some(self.in_range(&self.value(x)?, range)),
            ExprKind::InOptions(x, codes) => match self.value(x)? {
                Value::Option(code) => Some(codes.contains(&code)),
                other => panic!("no option: {other:?}"),
            },
            ExprKind::InValues(x, values) => {
                let x = self.value(x)?;
                Some(values.iter().any(|value| self.order(&x, value) == Ordering::Equal))
            }
            ExprKind::HasOptions { set, codes, all } => match self.value(set)? {
                Value::Set(has) if *all => Some(codes.iter().all(|code| has.contains(code))),
                Value::Set(has) => Some(codes.iter().any(|code| has.contains(code))),
                other => panic!("no set: {other:?}"),
            },
            ExprKind::HasTexts { set, texts, all } => match self.value(set)? {
                Value::TextSet(has) => {
                    let in_set = |wanted: &Arc<str>| has.iter().any(|member| text::same(member, wanted, self.folds()));
                    Some(if *all { texts.items.iter().all(in_set) } else { texts.items.iter().any(in_set) })
                }
                other => panic!("no set: {other:?}"),
            },
            ExprKind::TextTest { text, test, texts } => {
                let text = self.text(text)?;
                Some(texts.items.iter().any(|with| text::passes(&text, *test, with, self.folds())))
            }
            ExprKind::Matches(x, pattern) => Some(pattern.regex.is_match(&self.text(x)?)),
            ExprKind::IsKnown(x) => Some(self.value(x).is_some()),
            ExprKind::IsEmpty(x) => Some(members(&self.value(x)?, self.folds()).is_empty()),
            ExprKind::NoEvents(list) => Some(self.record.events[list.0 as usize].is_empty()),
            ExprKind::Within { date, duration, next } => {
                Some(calendar::within(&self.value(date)?, *duration, *next, self.as_of, zone))
            }
            ExprKind::MoreThanAgo(date, duration) => {
                Some(calendar::more_than_ago(&self.value(date)?, *duration, self.as_of, zone))
            }
            ExprKind::Excluded => Some(self.outputs.expect("outputs are seen here").excluded.is_some()),
            other => panic!("no condition: {other:?}"),
        }
    }

    fn order(&self, a: &Value, b: &Value) -> Ordering {
        match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).expect("finite"),
            (Value::Date(a), Value::Date(b)) => a.cmp(b),
            (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
            (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
            (Value::Option(a), Value::Option(b)) => a.cmp(b),
            (Value::Decimal(a), Value::Decimal(b)) => Fraction::decimal(*a).cmp(&Fraction::decimal(*b)),
            (Value::Text(a), Value::Text(b)) => text::folded(a, self.folds()).cmp(&text::folded(b, self.folds())),
            (a, b) => panic!("{a:?} against {b:?}"),
        }
    }

    /// Whether a known value lies in a range.
    pub(crate) fn in_range(&self, value: &Value, range: &Range) -> bool {
        let against = |end: &RangeEnd| match (value, end) {
            (Value::Integer(n), RangeEnd::Decimal(end)) => Fraction::new(i128::from(*n), 1).cmp(&Fraction::decimal(*end)),
            (Value::Number(x), RangeEnd::Decimal(end)) => {
                let end: f64 = end.to_string().parse().unwrap();
                x.partial_cmp(&end).expect("finite")
            }
            (Value::Decimal(points), RangeEnd::Decimal(end)) => Fraction::decimal(*points).cmp(&Fraction::decimal(*end)),
            (Value::Date(_) | Value::DateTime(_), RangeEnd::Date(end)) => {
                calendar::day(value, &self.model.schema.zone).cmp(&i64::from(*end))
            }
            (Value::DateTime(micros), RangeEnd::DateTime(end)) => micros.cmp(end),
            (value, end) => panic!("{value:?} in a range to {end:?}"),
        };
        let above = range.lo.as_ref().is_none_or(|lo| against(lo) != Ordering::Less);
        let below = range.hi.as_ref().is_none_or(|hi| match against(hi) {
            Ordering::Less => true,
            Ordering::Equal => range.hi_included,
            Ordering::Greater => false,
        });
        above && below
    }

    /// The events of a list that pass `within` and then `where`.
    pub(crate) fn events(&self, list: EventId, within: Option<Duration>, filter: Option<&Expr>) -> Vec<&'a Event> {
        let zone = &self.model.schema.zone;
        self.record.events[list.0 as usize]
            .iter()
            .filter(|event| {
                let at = at_of(self.model, list, event).unwrap();
                within.is_none_or(|duration| calendar::within(at, duration, false, self.as_of, zone))
            })
            .filter(|event| {
                let scope = Scope { event: Some(event), ..*self };
                filter.is_none_or(|filter| scope.truth(filter) == Some(true))
            })
            .collect()
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Option<Value> {
        let events = self.events(aggregate.event, aggregate.within, aggregate.filter.as_ref());
        let fields = || -> Vec<Value> {
            let field = aggregate.field.expect("a field").0 as usize;
            events.iter().filter_map(|event| event[field].clone()).collect()
        };
        let times =
            || -> Vec<Value> { events.iter().map(|event| at_of(self.model, aggregate.event, event).unwrap().clone()).collect() };
        let least = |values: Vec<Value>| values.into_iter().min_by(|a, b| self.order(a, b));
        let greatest = |values: Vec<Value>| values.into_iter().max_by(|a, b| self.order(a, b));
        match aggregate.function {
            AggregateFunction::Count => Some(integer(events.len())),
            AggregateFunction::Any => Some(Value::Boolean(!events.is_empty())),
            AggregateFunction::First => least(times()),
            AggregateFunction::Last => greatest(times()),
            AggregateFunction::Min => least(fields()),
            AggregateFunction::Max => greatest(fields()),
            AggregateFunction::Sum => sum(&fields(), 1, &expr_is_number(self.model, aggregate)),
            AggregateFunction::Average => {
                let fields = fields();
                if fields.is_empty() { None } else { average(&fields) }
            }
            AggregateFunction::Distinct => {
                let mut seen: Vec<Value> = Vec::new();
                for value in fields() {
                    if !seen.iter().any(|other| self.order(other, &value) == Ordering::Equal) {
                        seen.push(value);
                    }
                }
                Some(integer(seen.len()))
            }
        }
    }
}

/// Whether a score lies in a range.
pub(crate) fn score_in_range(score: Fraction, range: &Range) -> bool {
    let end = |end: &RangeEnd| match end {
        RangeEnd::Decimal(end) => Fraction::decimal(*end),
        other => panic!("a score up to {other:?}"),
    };
    let above = range.lo.as_ref().is_none_or(|lo| score >= end(lo));
    let below = range.hi.as_ref().is_none_or(|hi| if range.hi_included { score <= end(hi) } else { score < end(hi) });
    above && below
}

/// The members of a set, each once.
pub(crate) fn members(set: &Value, ignore_accents: bool) -> Vec<Value> {
    match set {
        Value::Set(codes) => {
            let mut codes = codes.clone();
            codes.sort_unstable();
            codes.dedup();
            codes.into_iter().map(Value::Option).collect()
        }
        Value::TextSet(texts) => {
            let mut seen: Vec<Arc<str>> = Vec::new();
            for member in texts {
                if !seen.iter().any(|other| text::same(other, member, ignore_accents)) {
                    seen.push(member.clone());
                }
            }
            seen.into_iter().map(Value::Text).collect()
        }
        other => panic!("no set: {other:?}"),
    }
}

fn integer(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap())
}

fn arithmetic(op: ArithmeticOp, a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => {
            let (a, b) = (i128::from(*a), i128::from(*b));
            let exact = match op {
                ArithmeticOp::Add => a + b,
                ArithmeticOp::Subtract => a - b,
                ArithmeticOp::Multiply => a * b,
                ArithmeticOp::Divide => panic!("`/` is for numbers"),
            };
            i64::try_from(exact).ok().map(Value::Integer)
        }
        (Value::Number(a), Value::Number(b)) => {
            if op == ArithmeticOp::Divide && *b == 0.0 {
                return None;
            }
            let result = match op {
                ArithmeticOp::Add => a + b,
                ArithmeticOp::Subtract => a - b,
                ArithmeticOp::Multiply => a * b,
                ArithmeticOp::Divide => a / b,
            };
            result.is_finite().then_some(Value::Number(result))
        }
        (Value::Decimal(a), Value::Decimal(b)) => {
            let (a, b) = (Fraction::decimal(*a), Fraction::decimal(*b));
            Some(Value::Decimal(match op {
                ArithmeticOp::Add => a.plus(b).to_decimal(),
                ArithmeticOp::Subtract => a.plus(b.negated()).to_decimal(),
                ArithmeticOp::Multiply => a.times(b).to_decimal(),
                ArithmeticOp::Divide => panic!("`/` is for numbers"),
            }))
        }
        (a, b) => panic!("{a:?} and {b:?}"),
    }
}

/// What `sum` of no event is: 0 of the field's type.
fn expr_is_number(model: &Model, aggregate: &Aggregate) -> Value {
    let field = aggregate.field.expect("a field");
    match model.schema.events[aggregate.event.0 as usize].fields[field.0 as usize].ty {
        lsrc::value::Type::Integer => Value::Integer(0),
        _ => Value::Number(0.0),
    }
}

/// A `number` in millionths, half away from zero; none beyond nine billion.
fn millionths(x: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "below nine billion million")]
    (x.abs() <= 9e9).then(|| (x * 1e6).round() as i128)
}

fn sum(values: &[Value], parts: i128, zero: &Value) -> Option<Value> {
    match zero {
        Value::Integer(_) => {
            let total: i128 = values.iter().map(|value| i128::from(whole(value))).sum();
            i64::try_from(total).ok().map(Value::Integer)
        }
        _ => {
            let total: i128 = values.iter().map(|value| millionths(float(value))).sum::<Option<i128>>()?;
            Some(Value::Number(nearest(total, parts * 1_000_000)))
        }
    }
}

fn average(values: &[Value]) -> Option<Value> {
    let count = i128::try_from(values.len()).unwrap();
    match values[0] {
        Value::Integer(_) => {
            let total: i128 = values.iter().map(|value| i128::from(whole(value))).sum();
            Some(Value::Number(nearest(total, count)))
        }
        _ => sum(values, count, &Value::Number(0.0)),
    }
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Integer(n) => *n,
        other => panic!("no integer: {other:?}"),
    }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Number(x) => *x,
        other => panic!("no number: {other:?}"),
    }
}

/// The float nearest to a fraction, by way of more decimals than a float can tell apart.
fn nearest(top: i128, bottom: i128) -> f64 {
    let (whole, mut rest) = (top.abs() / bottom, top.abs() % bottom);
    let mut digits = format!("{}{whole}.", if top < 0 { "-" } else { "" });
    for _ in 0..40 {
        rest *= 10;
        digits.push_str(&(rest / bottom).to_string());
        rest %= bottom;
    }
    if rest > 0 {
        digits.push('1');
    }
    digits.parse().unwrap()
}

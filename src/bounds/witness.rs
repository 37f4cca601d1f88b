//! Records that show a value: made from an assignment, to be confirmed by the evaluator.

use super::eval::EventScope;
use std::collections::{BTreeMap, BTreeSet};

use super::abstraction::{Abstraction, Choice, Var};
use super::readable::spelled;
use super::search::Assignment;
use super::subject::Subject;
use super::texts::text;
use super::truth::Truth;
use crate::hir::{Aggregate, AggregateFunction, CompareOp, Duration, Each, Expr, ExprKind, Unit};
use crate::record::Record;
use crate::schema::{EventId, FieldId, PropId, Property, Schema};
use crate::time::AsOf;
use crate::value::{Type, Value};

/// How many events are made for one item at most.
const MOST_EVENTS: i64 = 1000;
/// How many combinations of field values are tried for a condition.
const MOST_TRIES: usize = 5000;

/// A record with the moment at which it shows something.
#[derive(Debug, Clone)]
pub struct Witness {
    /// The record.
    pub record: Record,
    /// The moment.
    pub as_of: AsOf,
}

impl Witness {
    /// A record without values.
    #[must_use]
    pub fn at(as_of: AsOf) -> Self {
        Self { record: Record::default(), as_of }
    }
}

/// A record for the given variables of an assignment, as [`witness`] makes one for all.
#[must_use]
pub fn partial(picture: &Abstraction<'_>, assignment: &Assignment, vars: &BTreeSet<Var>) -> Option<Witness> {
    let mut out = witness(picture, assignment)?;
    let kept = |id: PropId| vars.iter().any(|&v| picture.vars.get(v).is_some_and(|v| v.property == Some(id)));
    out.record.properties.retain(|(id, _)| kept(*id));
    Some(out)
}

/// A record for an assignment; `None` where a text or a choice in it stands for nothing that could be made.
#[must_use]
pub fn witness(picture: &Abstraction<'_>, assignment: &Assignment) -> Option<Witness> {
    let mut out = Witness::at(picture.base);
    let zone = &picture.model.schema.zone;
    for (variable, &at) in picture.vars.iter().zip(assignment) {
        if variable.property.is_some()
            && let Some(cell) = variable.cells.get(at)
            && cell.as_of != picture.base
            && cell.value.is_some()
        {
            out.as_of = cell.as_of;
        }
    }
    for (variable, &at) in picture.vars.iter().zip(assignment) {
        let (Some(id), Some(cell)) = (variable.property, variable.cells.get(at)) else { continue };
        if cell.is_assumed() {
            return None;
        }
        let moved = out.as_of.day - cell.as_of.day;
        let absolute = picture.is_absolute(id);
        let value = match &cell.value {
            Some(Value::Date(day)) if !absolute => Some(Value::Date(day + moved)),
            Some(Value::DateTime(m)) if !absolute => {
                let end = |as_of: AsOf| if picture.is_timed(id) { as_of.micros } else { AsOf::end_of(as_of.day, zone).micros };
                let shift = end(out.as_of) - end(cell.as_of);
                Some(Value::DateTime(m + shift))
            }
            other => other.clone(),
        };
        let empty =
            matches!(&value, Some(Value::Set(s)) if s.is_empty()) || matches!(&value, Some(Value::TextSet(s)) if s.is_empty());
        if let Some(value) = value.filter(|_| !empty) {
            out.record.properties.push((id, value));
        }
    }
    grouped(picture, assignment, &mut out)?;
    for (variable, &at) in picture.vars.iter().zip(assignment) {
        match &variable.choice {
            Choice::Other | Choice::Texts(..) => {}
            Choice::Events(counts) => counts.make(picture, variable.cells.get(at)?, &mut out)?,
            Choice::Each(each) if at + 1 == variable.len => fill(picture, each, &mut out)?,
            Choice::Each(each) => (0..at).try_for_each(|_| add(picture, each.event, each.filter.as_ref(), 0, None, &mut out))?,
            Choice::Band(value, samples) => {
                if let Some(sample) = samples.get(at).copied().flatten() {
                    amount(picture, value, sample, &mut out)?;
                }
            }
            Choice::Leaf(expr, truths) => decide(picture, expr, truths.get(at).copied()? == 2, &mut out)?,
        }
    }
    Some(out)
}

/// Gives the texts whose tests are looked at in groups.
fn grouped(picture: &Abstraction<'_>, assignment: &Assignment, out: &mut Witness) -> Option<()> {
    let mut wanted: BTreeMap<PropId, Vec<(usize, Truth)>> = BTreeMap::new();
    let mut unknown: BTreeSet<PropId> = BTreeSet::new();
    for (variable, &at) in picture.vars.iter().zip(assignment) {
        let Choice::Texts(Subject::Property(id), leaves) = &variable.choice else { continue };
        match &variable.cells.get(at)?.assumed {
            Some(truths) => {
                let own = leaves.iter().filter_map(|&leaf| Some((leaf, *truths.get(leaf)?)));
                wanted.entry(*id).or_default().extend(own);
            }
            None => {
                unknown.insert(*id);
            }
        }
    }
    for (id, wanted) in wanted.into_iter().filter(|(id, _)| !unknown.contains(id)) {
        let subject = Subject::Property(id);
        let text = text(picture.model, &subject, picture.terms.get(&subject)?, picture.base, &wanted)?;
        out.record.properties.push((id, text));
    }
    Some(())
}

/// Adds as many events as an item counts, or as its bound takes.
fn fill(picture: &Abstraction<'_>, each: &Each, out: &mut Witness) -> Option<()> {
    let points = each.arm.points.0;
    let bound = if points < 0 { each.bounds.min } else { each.bounds.max };
    let by_bound = bound.and_then(|(b, _)| b.0.checked_div(points)).map(|n| n + 1);
    let by_times = each.times.map(|t| i64::from(t.count));
    let days = match (each.times, each.within) {
        (Some(t), Some(w)) if t.per.is_some() => days_of(w),
        _ => 1,
    };
    let each_day = by_times.or(by_bound).unwrap_or(1).min(MOST_EVENTS);
    let mut left = by_bound.unwrap_or(MOST_EVENTS).min(MOST_EVENTS);
    for back in 0..days {
        for _ in 0..each_day {
            if left > 0 {
                add(picture, each.event, each.filter.as_ref(), i32::try_from(back).ok()?, None, out)?;
                left -= 1;
            }
        }
    }
    Some(())
}

fn days_of(within: Duration) -> i64 {
    let n = i64::from(within.count);
    match within.unit {
        Unit::Hours => 1,
        Unit::Days => n + 1,
        Unit::Weeks => n * 7 + 1,
        Unit::Months => n * 28,
        Unit::Years => n * 365,
    }
}

/// Adds an event that meets a condition, `back` days before the moment.
fn add(
    picture: &Abstraction<'_>,
    event: EventId,
    filter: Option<&Expr>,
    back: i32,
    set: Option<(FieldId, &Value)>,
    out: &mut Witness,
) -> Option<()> {
    let making = Making { picture, event, back, set, filters: filter.into_iter().collect() };
    let meets = |scope: &EventScope<'_>| filter.is_none_or(|f| scope.truth(f) == Truth::True);
    let (fields, ()) = making.event(out, &|scope, _, _| meets(scope).then_some(()))?;
    out.record.events.push((event, fields));
    Some(())
}

/// What an event gives for the one who wants it, with its moment, if it has one, and its day.
type Wanted<'a, R> = dyn Fn(&EventScope<'_>, Option<i64>, i32) -> Option<R> + 'a;

/// An event to be made.
pub(super) struct Making<'a, 'm> {
    pub(super) picture: &'a Abstraction<'m>,
    pub(super) event: EventId,
    /// Its age in days.
    pub(super) back: i32,
    /// A field whose value is given.
    pub(super) set: Option<(FieldId, &'a Value)>,
    /// The conditions whose constants are tried as values.
    pub(super) filters: Vec<&'a Expr>,
}

impl Making<'_, '_> {
    /// The first event that `wanted`, which is told its moment and day, gives something for.
    pub(super) fn event<R>(&self, record: &Witness, wanted: &Wanted<'_, R>) -> Option<(Vec<Option<Value>>, R)> {
        let list = self.picture.model.schema.event(self.event)?;
        let day = record.as_of.day - self.back;
        let micros = record.as_of.micros - i64::from(self.back) * 86_400_000_000;
        let mut moment = None;
        let mut choices: Vec<Vec<Option<Value>>> = Vec::new();
        for (at, field) in list.fields.iter().enumerate() {
            let mut values = Vec::new();
            if at == list.at.0 as usize && field.ty == Type::Date {
                values.push(Some(Value::Date(day)));
            } else if at == list.at.0 as usize {
                moment = Some(micros);
                values.push(Some(Value::DateTime(micros)));
            } else if let Some((_, value)) = self.set.filter(|(id, _)| id.0 as usize == at) {
                values.push(Some(value.clone()));
            } else {
                for filter in &self.filters {
                    constants(&self.picture.model.schema, filter, u32::try_from(at).ok()?, field, &mut values);
                }
                values.push(None);
                // Events without a key count each, and those of one key once.
                if list.key.is_some_and(|key| key.0 as usize == at) {
                    values.rotate_right(1);
                }
            }
            choices.push(values);
        }
        let day = moment.map_or(day, |m| crate::time::day_of(m, &self.picture.model.schema.zone));
        let mut digits = vec![0_usize; choices.len()];
        for _ in 0..MOST_TRIES {
            let fields: Vec<Option<Value>> = choices.iter().zip(&digits).map(|(c, &d)| c.get(d).cloned().flatten()).collect();
            let properties = &record.record.properties;
            let scope = EventScope { model: self.picture.model, fields: &fields, record: properties, as_of: record.as_of };
            if let Some(found) = wanted(&scope, moment, day) {
                return Some((fields, found));
            }
            let mut carried = true;
            for (digit, choice) in digits.iter_mut().zip(&choices) {
                *digit += 1;
                if *digit < choice.len() {
                    carried = false;
                    break;
                }
                *digit = 0;
            }
            if carried {
                return None;
            }
        }
        None
    }
}

/// Values of a field that a condition names, and their neighbours.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these name values of a field")]
fn constants(schema: &Schema, expr: &Expr, field: u32, declared: &Property, out: &mut Vec<Option<Value>>) {
    let looks = |x: &Expr| has_field(x, field);
    match &expr.kind {
        ExprKind::Not(x) => constants(schema, x, field, declared, out),
        ExprKind::And(xs) | ExprKind::Or(xs) | ExprKind::AtLeast(_, xs) => {
            xs.iter().for_each(|x| constants(schema, x, field, declared, out));
        }
        ExprKind::Unless(x, y) => {
            constants(schema, x, field, declared, out);
            constants(schema, y, field, declared, out);
        }
        ExprKind::Field(..) if looks(expr) => out.extend([true, false].map(|b| Some(Value::Boolean(b)))),
        ExprKind::TextTest { text, texts, .. } if looks(text) => {
            out.extend(texts.items.iter().take(20).filter_map(|t| spelled(schema, t)).map(|t| Some(Value::Text(t))));
            out.push(Some(Value::Text("something else".into())));
        }
        ExprKind::InOptions(x, _) if looks(x) => {
            if let Type::OneOf(options) = &declared.ty {
                out.extend((0..crate::invariant::number(options.len())).map(|c| Some(Value::Option(c))));
            }
        }
        ExprKind::InValues(x, values) if looks(x) => {
            out.extend(values.iter().cloned().map(Some));
            if let Some(Value::Integer(most)) = values.iter().max_by_key(|v| if let Value::Integer(n) = v { *n } else { 0 }) {
                out.extend(most.checked_add(1).map(|n| Some(Value::Integer(n))));
            }
        }
        ExprKind::IsKnown(x) if looks(x) => known(&declared.ty, out),
        ExprKind::HasOptions { set, codes, .. } if looks(set) => out.push(Some(Value::Set(codes.iter().copied().collect()))),
        ExprKind::Compare(_, a, b) if looks(a) || looks(b) => {
            for side in [a, b] {
                number(side, &declared.ty, out);
            }
        }
        ExprKind::InRange(x, range) if looks(x) => {
            for end in [range.lo, range.hi].into_iter().flatten() {
                if let crate::hir::RangeEnd::Decimal(d) = end {
                    around(d.to_f64(), &declared.ty, out);
                }
            }
        }
        _ => {}
    }
}

/// A value of a field, whichever.
fn known(ty: &Type, out: &mut Vec<Option<Value>>) {
    out.extend(match ty {
        Type::Integer => Some(Some(Value::Integer(0))),
        Type::Boolean => Some(Some(Value::Boolean(true))),
        Type::OneOf(_) => Some(Some(Value::Option(0))),
        Type::Text => Some(Some(Value::Text("something".into()))),
        Type::Number | Type::Date | Type::DateTime | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => None,
    });
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these wrap a field")]
fn has_field(expr: &Expr, field: u32) -> bool {
    match &expr.kind {
        ExprKind::Field(_, f) => f.0 == field,
        ExprKind::ToNumber(x) | ExprKind::ToDate(x) | ExprKind::Moved(x, ..) | ExprKind::DomainOf(x) | ExprKind::LengthOf(x) => {
            has_field(x, field)
        }
        _ => false,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are constants")]
fn number(expr: &Expr, ty: &Type, out: &mut Vec<Option<Value>>) {
    match &expr.kind {
        #[expect(clippy::cast_precision_loss, reason = "a value to try")]
        ExprKind::Literal(Value::Integer(n)) => around(*n as f64, ty, out),
        ExprKind::Literal(Value::Number(n)) => around(*n, ty, out),
        ExprKind::Literal(Value::Decimal(d)) => around(d.to_f64(), ty, out),
        ExprKind::Literal(v @ (Value::Boolean(_) | Value::Text(_) | Value::Date(_) | Value::DateTime(_))) => {
            out.push(Some(v.clone()))
        }
        ExprKind::ToNumber(x) => number(x, ty, out),
        _ => {}
    }
}

/// A number and its neighbours, as values of a field or as texts of so many characters.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a value to try")]
fn around(n: f64, ty: &Type, out: &mut Vec<Option<Value>>) {
    for near in [n, n + 1.0, n - 1.0] {
        let value = match ty {
            Type::Integer => Some(Value::Integer(near as i64)),
            Type::Number => Some(Value::Number(near)),
            Type::Text if (1.0..=1000.0).contains(&near) => Some(Value::Text("x".repeat(near as usize).into())),
            Type::Text | Type::Label | Type::Boolean | Type::Date | Type::DateTime | Type::OneOf(_) => None,
            Type::SetOf(_) | Type::SetOfText | Type::Score => None,
        };
        out.extend(value.map(Some));
    }
}

/// Adds the events that make a test over events true. A test that is not to be true needs nothing, as far as a record without
/// events goes; whether that was enough, the evaluator says.
#[expect(clippy::wildcard_enum_match_arm, reason = "only tests over events need events")]
fn decide(picture: &Abstraction<'_>, expr: &Expr, wanted: bool, out: &mut Witness) -> Option<()> {
    match &expr.kind {
        ExprKind::NoEvents(event) => {
            if wanted {
                Some(())
            } else {
                add(picture, *event, None, 0, None, out)
            }
        }
        ExprKind::Aggregate(a) if wanted && a.function == AggregateFunction::Any => {
            add(picture, a.event, a.filter.as_ref(), 0, None, out)
        }
        ExprKind::Compare(op, a, b) => {
            let n = match &b.kind {
                ExprKind::Literal(Value::Integer(n)) => Some(*n),
                #[expect(clippy::cast_possible_truncation, reason = "a value to try")]
                ExprKind::Literal(Value::Number(n)) => Some(n.ceil() as i64),
                _ => None,
            };
            match (aggregate(picture, a), n) {
                (Some(_), Some(n)) => amount(picture, a, count_for(*op, n, wanted)?, out),
                _ => (!wanted).then_some(()),
            }
        }
        ExprKind::Within { date, next: false, .. } if wanted => {
            let a = aggregate(picture, date)?;
            add(picture, a.event, a.filter.as_ref(), 0, None, out)
        }
        ExprKind::MoreThanAgo(date, duration) if wanted => {
            let a = aggregate(picture, date)?;
            add(picture, a.event, a.filter.as_ref(), i32::try_from(days_of(*duration)).ok()? + 40, None, out)
        }
        _ => (!wanted).then_some(()),
    }
}

/// The event function that an expression is, through definitions and conversions.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these are one event function")]
fn aggregate<'m>(picture: &Abstraction<'m>, expr: &'m Expr) -> Option<&'m Aggregate> {
    match &expr.kind {
        ExprKind::Aggregate(a) => Some(a),
        ExprKind::Definition(id) => aggregate(picture, &picture.model.definition(*id)?.value),
        ExprKind::ToNumber(x) | ExprKind::ToDate(x) => aggregate(picture, x),
        _ => None,
    }
}

/// Adds the events that make an event function come to `n`.
#[expect(clippy::wildcard_enum_match_arm, reason = "values of texts and numbers are made, of other types none")]
fn amount(picture: &Abstraction<'_>, expr: &Expr, n: i64, out: &mut Witness) -> Option<()> {
    let a = aggregate(picture, expr)?;
    let filter = a.filter.as_ref();
    match (a.function, a.field) {
        (AggregateFunction::Count, _) => {
            (0..n.clamp(0, MOST_EVENTS)).try_for_each(|_| add(picture, a.event, filter, 0, None, out))
        }
        (AggregateFunction::Distinct, Some(field)) => {
            let ty = &picture.model.schema.event(a.event)?.field(field)?.ty;
            (0..n.clamp(0, MOST_EVENTS)).try_for_each(|k| {
                let value = match ty {
                    Type::Text => Value::Text(format!("value {}", k + 1).into()),
                    Type::Integer => Value::Integer(k + 1),
                    _ => return None,
                };
                add(picture, a.event, filter, 0, Some((field, &value)), out)
            })
        }
        (AggregateFunction::Sum | AggregateFunction::Max | AggregateFunction::Min | AggregateFunction::Average, Some(field)) => {
            if n == 0 && a.function == AggregateFunction::Sum {
                return Some(());
            }
            let value = match picture.model.schema.event(a.event)?.field(field)?.ty {
                Type::Integer => Value::Integer(n),
                #[expect(clippy::cast_precision_loss, reason = "a value to try")]
                Type::Number => Value::Number(n as f64),
                _ => return None,
            };
            add(picture, a.event, filter, 0, Some((field, &value)), out)
        }
        _ => None,
    }
}

/// The least number of events near `n` for which the comparison comes out as wanted.
fn count_for(op: CompareOp, n: i64, wanted: bool) -> Option<i64> {
    let holds = |k: i64| match op {
        CompareOp::Equal => k == n,
        CompareOp::Less => k < n,
        CompareOp::LessEqual => k <= n,
        CompareOp::Greater => k > n,
        CompareOp::GreaterEqual => k >= n,
    };
    [0, n.saturating_sub(1), n, n.saturating_add(1)].into_iter().find(|&k| k >= 0 && holds(k) == wanted)
}

//! For every property that rules read: one value of each set of values that the rules cannot tell apart.
//!
//! The values of a number or date are cut where a comparison, band or window turns; each piece is stood for by its first value, and
//! what lies before the first cut by the value before it. For dates this holds for one moment of the run, and for every other one
//! too as long as one property is compared by one kind of measure only: with constants, or by its age in days, or in months, or in
//! hours. Mixed, their cuts change places from day to day, and nothing is proved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bounds::cells::cells;
use crate::bounds::readable::spelled;
use crate::bounds::subject::Subject;
use crate::bounds::terms::Terms;
use crate::decay::Decay;
use crate::hir::{
    AsOf, Expr, ExprKind, Item, ItemKind, MatchLine, Model, Range, RangeEnd, ScoreBody, StageCondition, TextTest, Texts,
};
use crate::invariant::fits;
use crate::op::{Duration, Unit};
use crate::schema::PropId;
use crate::time::{months_back, months_on};
use crate::value::{Decimal, Points, Type, Value};

/// A set of options has at most so many for all its subsets to be gone through.
const MOST_OPTIONS: usize = 12;
/// Points that fade in more steps than this are not gone through, nor are units that count so often.
const MOST_STEPS: i64 = 400;
const HOUR: i64 = 3_600_000_000;

/// A property with its values; `None` is unknown.
pub(in crate::diff) type Domain = (PropId, Vec<Option<Value>>);

/// The domains of all properties that the models read (definitions put in), as of a moment.
///
/// # Errors
/// Why there are none, in words that go on after "because".
pub(in crate::diff) fn domains(models: [&Model; 2], as_of: AsOf) -> Result<Vec<Domain>, String> {
    let [old, new] = models;
    let mut it = Gather { model: new, as_of, cuts: BTreeMap::new(), texts: Terms::new(new) };
    for model in models {
        it.model(model)?;
    }
    // A lifecycle reads the stage that a record has.
    for id in [old, new].iter().flat_map(|m| &m.lifecycles).filter_map(|l| l.property) {
        it.cuts.entry(id).or_default();
    }
    let ids: Vec<PropId> = it.cuts.keys().copied().collect();
    ids.into_iter().map(|id| Ok((id, it.values(id)?))).collect()
}

/// Where the values of a property are cut.
#[derive(Debug, Clone, Default)]
struct Edges {
    /// Whole numbers: the first of a piece.
    whole: BTreeSet<i64>,
    /// Floats, by their order.
    floats: Vec<f64>,
    /// Days: the first of a piece.
    days: BTreeSet<i32>,
    /// Moments: the first of a piece.
    moments: BTreeSet<i64>,
    /// Texts of a set.
    texts: BTreeSet<Arc<str>>,
    /// The kinds of measure.
    kinds: BTreeSet<&'static str>,
}

struct Gather<'m> {
    model: &'m Model,
    as_of: AsOf,
    cuts: BTreeMap<PropId, Edges>,
    texts: Terms<'m>,
}

type Read = Result<(), String>;

impl Gather<'_> {
    fn model(&mut self, model: &Model) -> Read {
        model.exclusions.iter().try_for_each(|e| self.condition(&e.condition))?;
        for score in &model.scores {
            if let ScoreBody::Items { exclusions, items } = &score.body {
                exclusions.iter().try_for_each(|e| self.condition(&e.condition))?;
                items.iter().try_for_each(|i| self.item(i))?;
            }
            if let ScoreBody::Conditional(formula) = &score.body {
                formula.branches.iter().try_for_each(|(condition, _)| self.condition(condition))?;
            }
        }
        for lifecycle in &model.lifecycles {
            lifecycle.holds.iter().try_for_each(|h| self.condition(&h.condition))?;
            for rule in &lifecycle.rules {
                if let StageCondition::Condition(c) = &rule.when {
                    self.condition(c)?;
                }
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Read {
        match &item.kind {
            ItemKind::If { branches, .. } => branches.iter().try_for_each(|branch| {
                self.condition(&branch.condition)?;
                match &branch.decay {
                    Some((decay, since)) => self.fades(since, decay, branch.arm.points),
                    None => Ok(()),
                }
            }),
            ItemKind::Band { value, lines, .. } => lines.iter().try_for_each(|l| self.range(value, &l.range)),
            ItemKind::Match { value, lines, .. } => self.matched(value, lines),
            ItemKind::MatchEach { set, lines, otherwise } => {
                if set.ty != Type::SetOfText {
                    return self.property(set).map(|_| ());
                }
                if otherwise.is_some() {
                    return Err("a set of texts may have any number of members".to_owned());
                }
                let texts = lines.iter().flat_map(|l| &l.keys).filter_map(|k| k.as_text().cloned());
                let id = self.property(set)?;
                self.cuts.entry(id).or_default().texts.extend(texts);
                Ok(())
            }
            ItemKind::MatchEvents { .. } | ItemKind::Each(_) => Err(EVENTS.to_owned()),
            ItemKind::Per { step, value, arm, bounds } => {
                let bound = if arm.points.0 < 0 { bounds.min } else { bounds.max };
                let units = bound.and_then(|(b, _)| b.0.abs().checked_div(arm.points.0.abs()).map(|n| n + 1));
                let units = if arm.points.0 == 0 { Some(0) } else { units };
                let units = units.filter(|&n| n <= MOST_STEPS).ok_or("`per` gives points for very many units")?;
                (0..=units).try_for_each(|n| self.compared(value, &Value::Integer(n.saturating_mul(*step))))
            }
            ItemKind::Group { when, items, .. } => {
                when.iter().try_for_each(|when| self.condition(when))?;
                items.iter().try_for_each(|i| self.item(i))
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not taken apart here is not proved")]
    fn condition(&mut self, expr: &Expr) -> Read {
        if !reads(expr) {
            // Scores, labels and constants: the evaluator works them out.
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Not(x) => self.condition(x),
            ExprKind::And(xs) | ExprKind::Or(xs) | ExprKind::AtLeast(_, xs) => xs.iter().try_for_each(|x| self.condition(x)),
            ExprKind::Unless(x, y) => {
                self.condition(x)?;
                self.condition(y)
            }
            ExprKind::Property(_) => self.property(expr).map(|_| ()),
            ExprKind::IsKnown(x) | ExprKind::IsEmpty(x) => self.property(x).map(|_| ()),
            ExprKind::Compare(_, a, b) => match (&a.kind, &b.kind) {
                (_, ExprKind::Literal(value)) => self.compared(a, value),
                (ExprKind::Literal(value), _) => self.compared(b, value),
                _ => match (constant(a), constant(b)) {
                    (_, Some(value)) => self.compared(a, &value),
                    (Some(value), _) => self.compared(b, &value),
                    (None, None) => Err("values of a record are compared with one another".to_owned()),
                },
            },
            ExprKind::InRange(x, range) => self.range(x, range),
            ExprKind::InValues(x, values) => values.iter().try_for_each(|v| self.compared(x, v)),
            ExprKind::InOptions(x, _) | ExprKind::HasOptions { set: x, .. } => self.property(x).map(|_| ()),
            ExprKind::HasTexts { set, texts, .. } => {
                let id = self.property(set)?;
                self.cuts.entry(id).or_default().texts.extend(texts.items.iter().cloned());
                Ok(())
            }
            ExprKind::TextTest { .. } | ExprKind::Matches(..) => self.text(expr),
            ExprKind::Within { date, duration, next } => self.window(date, *duration, *next, false),
            ExprKind::MoreThanAgo(date, duration) => self.window(date, *duration, false, true),
            ExprKind::Aggregate(_) | ExprKind::NoEvents(_) | ExprKind::Field(..) => Err(EVENTS.to_owned()),
            _ => Err("a condition cannot be taken apart".to_owned()),
        }
    }

    /// The property that an expression is, as it stands.
    fn property(&mut self, expr: &Expr) -> Result<PropId, String> {
        if let ExprKind::Property(id) = expr.kind {
            self.cuts.entry(id).or_default();
            Ok(id)
        } else if let ExprKind::ToNumber(x) | ExprKind::ToDate(x) = &expr.kind {
            self.property(x)
        } else if let ExprKind::Aggregate(_) | ExprKind::NoEvents(_) | ExprKind::Field(..) = &expr.kind {
            Err(EVENTS.to_owned())
        } else {
            Err("something is computed from properties".to_owned())
        }
    }

    fn matched(&mut self, value: &Expr, lines: &[MatchLine]) -> Read {
        if value.ty == Type::Integer {
            return lines.iter().flat_map(|l| &l.keys).try_for_each(|key| self.compared(value, key));
        }
        if value.ty != Type::Text {
            return self.property(value).map(|_| ());
        }
        for text in lines.iter().flat_map(|l| &l.keys).filter_map(Value::as_text) {
            let texts = Arc::new(Texts { items: vec![text.clone()], written: vec![text.clone()], list: None });
            let kind = ExprKind::TextTest { text: Box::new(value.clone()), test: TextTest::Is, texts };
            self.text(&Expr { kind, ty: Type::Boolean, span: value.span })?;
        }
        Ok(())
    }

    fn text(&mut self, expr: &Expr) -> Read {
        let Some(Subject::Property(id)) = self.texts.leaf(expr) else { return Err("a text is computed".to_owned()) };
        self.cuts.entry(id).or_default();
        Ok(())
    }

    fn range(&mut self, value: &Expr, range: &Range) -> Read {
        if !reads(value) {
            return Ok(());
        }
        for end in [range.lo, range.hi].into_iter().flatten() {
            self.compared(
                value,
                &match end {
                    RangeEnd::Decimal(d) => Value::Decimal(d),
                    RangeEnd::Date(d) => Value::Date(d),
                    RangeEnd::DateTime(m) => Value::DateTime(m),
                },
            )?;
        }
        Ok(())
    }

    /// A value that is compared with a constant, in whichever way.
    fn compared(&mut self, value: &Expr, constant: &Value) -> Read {
        if let ExprKind::Elapsed { unit, until, date } = &value.kind {
            return self.elapsed(date, *unit, *until, constant);
        }
        if let ExprKind::ToNumber(x) = &value.kind
            && let ExprKind::Elapsed { .. } = x.kind
        {
            return self.compared(x, constant);
        }
        let id = self.property(value)?;
        let ty = self.model.schema.property(id).map(|p| &p.ty);
        let (integer, moments) = (ty == Some(&Type::Integer), ty == Some(&Type::DateTime));
        let zone = &self.model.schema.zone;
        let start = |day: i32| AsOf::end_of(day.saturating_sub(1), zone).micros.saturating_add(1);
        let edges = self.cuts.entry(id).or_default();
        match constant {
            Value::Date(day) => {
                edges.kinds.insert("calendar");
                let next = day.saturating_add(1);
                if moments {
                    edges.moments.extend([start(*day), start(next)]);
                } else {
                    edges.days.extend([*day, next]);
                }
            }
            Value::DateTime(m) if moments => {
                edges.kinds.insert("calendar");
                edges.moments.extend([*m, m.saturating_add(1)]);
            }
            Value::DateTime(_) => return Err("a date is compared with a moment".to_owned()),
            Value::Integer(_) | Value::Number(_) | Value::Decimal(_) if integer => {
                let (floor, ceil) = whole(constant).ok_or("a number is too large to be exact")?;
                edges.whole.extend([ceil, floor.saturating_add(1)]);
            }
            Value::Integer(_) | Value::Number(_) | Value::Decimal(_) => {
                let n = float(constant).ok_or("a number is too large to be exact")?;
                edges.floats.extend([n, n.next_up()]);
            }
            Value::Boolean(_) | Value::Option(_) | Value::Set(_) => {}
            Value::Text(_) | Value::TextSet(_) => return Err("texts are compared in a way that cannot be taken apart".to_owned()),
        }
        Ok(())
    }

    /// A number of units since (or until) a date that is compared with a constant.
    fn elapsed(&mut self, date: &Expr, unit: Unit, until: bool, constant: &Value) -> Read {
        let (floor, ceil) = whole(constant).ok_or("a number is too large to be exact")?;
        let (floor, ceil) = if until { (-ceil, -floor) } else { (floor, ceil) };
        for n in BTreeSet::from([ceil, floor.saturating_add(1)]) {
            if n.abs() > 100_000 {
                continue;
            }
            self.reaches(date, unit, n)?;
        }
        Ok(())
    }

    /// Cuts where there are at least `n` whole units since a date: later dates have fewer.
    fn reaches(&mut self, date: &Expr, unit: Unit, n: i64) -> Read {
        let scaled = |size: i64| if n >= 1 { n * size } else { (n - 1) * size + 1 };
        match unit {
            Unit::Hours => self.moment(date, self.as_of.micros - scaled(HOUR) + 1),
            Unit::Days => self.age(date, n),
            Unit::Weeks => self.age(date, scaled(7)),
            Unit::Months | Unit::Years => {
                let n = if unit == Unit::Years { scaled(12) } else { n };
                let edge = if n >= 1 { months_back(self.as_of.day, n).map(|d| d + 1) } else { months_on(self.as_of.day, 1 - n) };
                self.day(date, edge, "months")
            }
        }
    }

    /// Cuts where a date is at least so many days ago.
    fn age(&mut self, date: &Expr, days: i64) -> Read {
        let edge = i32::try_from(i64::from(self.as_of.day) - days + 1).ok();
        self.day(date, edge, "days")
    }

    fn day(&mut self, date: &Expr, edge: Option<i32>, kind: &'static str) -> Read {
        let id = self.property(date)?;
        let edge = edge.ok_or("a date lies too far away")?;
        let moments = self.model.schema.property(id).is_some_and(|p| p.ty == Type::DateTime);
        let start = AsOf::end_of(edge - 1, &self.model.schema.zone).micros.saturating_add(1);
        let edges = self.cuts.entry(id).or_default();
        edges.kinds.insert(kind);
        if moments {
            edges.moments.insert(start);
        } else {
            edges.days.insert(edge);
        }
        Ok(())
    }

    fn moment(&mut self, date: &Expr, edge: i64) -> Read {
        let id = self.property(date)?;
        let edges = self.cuts.entry(id).or_default();
        edges.kinds.insert("hours");
        edges.moments.insert(edge);
        Ok(())
    }

    /// `within` and `more than .. ago`.
    fn window(&mut self, date: &Expr, duration: Duration, next: bool, more: bool) -> Read {
        let n = i64::from(duration.count);
        let (day, now) = (self.as_of.day, self.as_of.micros);
        let months = match duration.unit {
            Unit::Hours => {
                let far = if next { now.saturating_add(n * HOUR).saturating_add(1) } else { now.saturating_sub(n * HOUR) };
                self.moment(date, far)?;
                return if more { Ok(()) } else { self.moment(date, if next { now } else { now.saturating_add(1) }) };
            }
            Unit::Days | Unit::Weeks => None,
            Unit::Months => Some(n),
            Unit::Years => Some(12 * n),
        };
        let days = if duration.unit == Unit::Weeks { 7 * n } else { n };
        let kind = if months.is_some() { "months" } else { "days" };
        let far = match (months, next) {
            (None, false) => i32::try_from(i64::from(day) - days).ok(),
            (None, true) => i32::try_from(i64::from(day) + days + 1).ok(),
            (Some(n), false) => months_back(day, n),
            (Some(n), true) => months_on(day, n).map(|d| d + 1),
        };
        self.day(date, far, kind)?;
        if more { Ok(()) } else { self.day(date, Some(if next { day } else { day + 1 }), kind) }
    }

    /// Cuts where points that fade since a date become less.
    fn fades(&mut self, since: &Expr, decay: &Decay, points: Points) -> Read {
        let steps = decay.series(points, fits(MOST_STEPS));
        if steps.last().is_none_or(|last| last.0 != 0) {
            return Err("points fade in very many steps".to_owned());
        }
        for n in (1..).take(steps.len()) {
            self.age(since, n * decay.step())?;
        }
        Ok(())
    }

    /// The values of a property.
    fn values(&self, id: PropId) -> Result<Vec<Option<Value>>, String> {
        let edges = self.cuts.get(&id).cloned().unwrap_or_default();
        let Some(property) = self.model.schema.property(id) else { return Ok(Vec::new()) };
        if edges.kinds.len() > 1 {
            let kinds: Vec<&str> = edges.kinds.iter().copied().collect();
            return Err(format!("`{}` is measured in two ways ({})", property.name, kinds.join(" and ")));
        }
        let mut list: Vec<Option<Value>> = vec![None];
        match &property.ty {
            Type::Boolean => list.extend([false, true].map(|b| Some(Value::Boolean(b)))),
            Type::OneOf(options) => list.extend(codes(options.len()).map(|code| Some(Value::Option(code)))),
            Type::SetOf(options) if options.len() <= MOST_OPTIONS => {
                let subset = |bits: u32| codes(options.len()).filter(move |code| bits >> code & 1 == 1).collect();
                list.extend((1..1_u32 << options.len()).map(|bits| Some(Value::Set(subset(bits)))));
            }
            Type::SetOf(_) => return Err(format!("`{}` has very many options", property.name)),
            Type::Integer => {
                let first = edges.whole.first().map_or(0, |n| n.saturating_sub(1));
                list.extend(std::iter::once(first).chain(edges.whole).map(|n| Some(Value::Integer(n))));
            }
            Type::Number => {
                let mut floats = edges.floats;
                floats.sort_by(f64::total_cmp);
                floats.dedup();
                let first = floats.first().map_or(0.0, |n| n.next_down());
                let all = std::iter::once(first).chain(floats).filter(|n| n.is_finite());
                list.extend(all.map(|n| Some(Value::Number(n))));
            }
            Type::Date => {
                let first = edges.days.first().map_or(0, |d| d.saturating_sub(1));
                list.extend(std::iter::once(first).chain(edges.days).map(|d| Some(Value::Date(d))));
            }
            Type::DateTime => {
                let first = edges.moments.first().map_or(0, |m| m.saturating_sub(1));
                list.extend(std::iter::once(first).chain(edges.moments).map(|m| Some(Value::DateTime(m))));
            }
            Type::Text => {
                let subject = Subject::Property(id);
                let cuts = self.texts.cuts.get(&subject).cloned().unwrap_or_default();
                let found = cells(self.model, &subject, property, &cuts, self.as_of);
                let found = found.filter(|cells| cells.iter().all(|c| c.assumed.is_none()));
                let found =
                    found.ok_or_else(|| format!("it is not known which texts of `{}` pass which tests", property.name))?;
                list.extend(found.into_iter().filter(|c| c.value.is_some()).map(|c| c.value));
            }
            Type::SetOfText => {
                let mut texts: Vec<Arc<str>> = edges.texts.iter().filter_map(|text| spelled(&self.model.schema, text)).collect();
                texts.push(other(&edges.texts));
                if texts.len() > MOST_OPTIONS {
                    return Err(format!("very many texts of `{}` are named", property.name));
                }
                let subset =
                    |bits: u32| texts.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, t)| t.clone()).collect();
                list.extend((1..1_u32 << texts.len()).map(|bits| Some(Value::TextSet(subset(bits)))));
            }
            Type::Score | Type::Label => {}
        }
        Ok(list)
    }
}

const EVENTS: &str = "events are looked at";

/// A text that is none of these.
fn other(texts: &BTreeSet<Arc<str>>) -> Arc<str> {
    let mut text = "other".to_owned();
    while texts.contains(&*text) {
        text.push('x');
    }
    Arc::from(text)
}

fn codes(len: usize) -> impl Iterator<Item = u32> {
    0..crate::invariant::number(len)
}

/// Whether an expression reads the record.
fn reads(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Property(_) | ExprKind::Aggregate(_) | ExprKind::NoEvents(_) | ExprKind::Field(..))
        || expr.operands().any(reads)
}

/// A constant behind a conversion or a sign.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these are constants")]
fn constant(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value.clone()),
        ExprKind::ToNumber(x) => constant(x),
        ExprKind::Negate(x) => match constant(x)? {
            Value::Integer(n) => n.checked_neg().map(Value::Integer),
            Value::Number(n) => Some(Value::Number(-n)),
            _ => None,
        },
        _ => None,
    }
}

/// The whole numbers about a constant: the greatest that is not above it, the least that is not below.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these are numbers")]
fn whole(value: &Value) -> Option<(i64, i64)> {
    match value {
        Value::Integer(n) => Some((*n, *n)),
        #[expect(clippy::cast_possible_truncation, reason = "doubles of this size hold whole numbers exactly")]
        Value::Number(n) => (n.abs() < 9.0e15).then_some((n.floor() as i64, n.ceil() as i64)),
        Value::Decimal(d) => {
            let Decimal { mantissa, scale } = d.normalized();
            let unit = 10_i128.checked_pow(scale)?;
            let floor = i64::try_from(mantissa.div_euclid(unit)).ok()?;
            Some((floor, if mantissa.rem_euclid(unit) == 0 { floor } else { floor.checked_add(1)? }))
        }
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are numbers")]
fn float(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "held to what a double has exactly")]
        Value::Integer(n) => (n.unsigned_abs() < 1 << 53).then_some(*n as f64),
        Value::Number(n) => Some(*n),
        Value::Decimal(d) => Some(d.to_f64()),
        _ => None,
    }
}

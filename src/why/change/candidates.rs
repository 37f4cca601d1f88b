//! Which changes are worth trying: the values at which a rule changes its mind.

use std::collections::BTreeSet;

use super::Change;
use crate::column::Batch;
use crate::hir::{
    AggregateFunction, AsOf, Duration, Expr, ExprKind, Item, ItemKind, Model, Range, RangeEnd, ScoreBody, StageCondition, Unit,
};
use crate::schema::{EventId, FieldId, PropId, Related};
use crate::time::months_back;
use crate::value::{Type, Value};
use crate::why::values::value_of;

/// At most this many texts of one list are tried.
const TEXTS: usize = 12;

/// What one rule asks for.
#[derive(Debug, Default)]
struct Asked {
    properties: BTreeSet<PropId>,
    numbers: Vec<f64>,
    days: Vec<i32>,
    moments: Vec<i64>,
    /// Whole units back from the moment of the run.
    spans: Vec<(i64, Unit)>,
    texts: Vec<String>,
    /// Whether texts are asked of the domain of a property.
    domains: bool,
    events: Vec<(EventId, Vec<(FieldId, Value)>)>,
}

/// The changes worth trying, each once.
pub(super) fn candidates(model: &Model, record: &Batch, as_of: AsOf) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    let governed: Vec<PropId> = model.lifecycles.iter().filter_map(|l| l.property).collect();
    for asked in rules(model) {
        for &id in &asked.properties {
            if Some(id) == model.schema.key || governed.contains(&id) || !is_single(model, record, id) {
                continue;
            }
            let Some(property) = model.schema.property(id) else { continue };
            let before = value_of(record, id, Some(&property.ty));
            for value in values(&asked, &property.ty, before.as_ref(), as_of) {
                let change = Change::Set(id, value);
                let same = matches!(&change, Change::Set(_, value) if Some(value) == before.as_ref());
                if !same && !out.contains(&change) {
                    out.push(change);
                }
            }
        }
        for (event, constants) in &asked.events {
            let Some(list) = model.schema.event(*event) else { continue };
            let mut fields: Vec<Option<Value>> = vec![None; list.fields.len()];
            for (field, value) in constants {
                if let Some(place) = fields.get_mut(field.0 as usize) {
                    *place = Some(value.clone());
                }
            }
            let change = Change::Event(*event, fields);
            if !out.contains(&change) {
                out.push(change);
            }
        }
    }
    out
}

/// Whether a property can change alone: not whether a related record is there, nor anything of one that is not, nor what names it.
fn is_single(model: &Model, record: &Batch, id: PropId) -> bool {
    let schema = &model.schema;
    let names = schema.related.iter().any(|related| related.to == id);
    let of = schema.property(id).and_then(|property| schema.related(property.related?));
    let there = |related: &Related| {
        let known = value_of(record, related.known, Some(&Type::Boolean));
        let any = || related.properties.iter().any(|&id| value_of(record, id, None).is_some());
        known.map_or_else(any, |known| known == Value::Boolean(true))
    };
    schema.presence(id).is_none() && !names && of.is_none_or(there)
}

/// The values of a property that a rule asks for.
fn values(asked: &Asked, ty: &Type, before: Option<&Value>, as_of: AsOf) -> Vec<Value> {
    match ty {
        Type::Boolean => vec![Value::Boolean(true), Value::Boolean(false)],
        Type::Integer => {
            #[expect(clippy::cast_possible_truncation, reason = "a float to an integer saturates")]
            let around = |n: &f64| {
                let (below, above) = (n.floor() as i64, n.ceil() as i64);
                [below, above.saturating_add(1), below.saturating_sub(1)]
            };
            asked.numbers.iter().flat_map(around).map(Value::Integer).collect()
        }
        Type::Number => asked.numbers.iter().flat_map(|n| [*n, n + 1.0, n - 1.0]).map(Value::Number).collect(),
        Type::Date => days(asked, as_of).into_iter().map(Value::Date).collect(),
        Type::DateTime => {
            let back = days(asked, as_of).into_iter().map(|day| as_of.micros - i64::from(as_of.day - day) * 86_400_000_000);
            back.chain(asked.moments.iter().copied()).map(Value::DateTime).collect()
        }
        Type::OneOf(options) => (0..).take(options.len()).map(Value::Option).collect(),
        Type::SetOf(options) => {
            let present = if let Some(Value::Set(codes)) = before { codes.clone() } else { Vec::new() };
            let other = |code: u32| {
                let mut codes: Vec<u32> = present.iter().copied().filter(|&c| c != code).collect();
                if codes.len() == present.len() {
                    codes.push(code);
                    codes.sort_unstable();
                }
                Value::Set(codes)
            };
            (0..).take(options.len()).map(other).collect()
        }
        Type::Text => {
            let text = |t: &String| if asked.domains { format!("name@{t}") } else { t.clone() };
            asked.texts.iter().map(text).map(|t| Value::Text(t.into())).collect()
        }
        Type::SetOfText => {
            let present = if let Some(Value::TextSet(texts)) = before { texts.clone() } else { Vec::new() };
            let with = |t: &String| Value::TextSet(present.iter().cloned().chain([t.as_str().into()]).collect());
            asked.texts.iter().map(with).collect()
        }
        Type::Score | Type::Label => Vec::new(),
    }
}

/// Days at which a rule about a date changes its mind: its own days, and the ends of its spans.
fn days(asked: &Asked, as_of: AsOf) -> Vec<i32> {
    let mut out = vec![as_of.day];
    let back = |(count, unit): &(i64, Unit)| -> Option<i32> {
        let days = |n: i64| i32::try_from(n).ok().and_then(|n| as_of.day.checked_sub(n));
        match unit {
            Unit::Hours => days(count / 24),
            Unit::Days => days(*count),
            Unit::Weeks => days(count * 7),
            Unit::Months => months_back(as_of.day, *count),
            Unit::Years => months_back(as_of.day, count * 12),
        }
    };
    let ends = asked.spans.iter().filter_map(back).chain(asked.days.iter().copied());
    out.extend(ends.flat_map(|day| [day, day.saturating_add(1), day.saturating_sub(1)]));
    out
}

/// What each rule asks for.
fn rules(model: &Model) -> Vec<Asked> {
    let mut out = Vec::new();
    let mut push = |visit: &dyn Fn(&mut Asked)| {
        let mut asked = Asked::default();
        visit(&mut asked);
        out.push(asked);
    };
    for exclusion in &model.exclusions {
        push(&|asked| asked.expr(model, &exclusion.condition));
    }
    for score in &model.scores {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            for exclusion in exclusions {
                push(&|asked| asked.expr(model, &exclusion.condition));
            }
        }
        let mut items: Vec<&Item> = Vec::new();
        Model::items_of(score, &mut |item, _| items.push(item));
        items.into_iter().for_each(|item| push(&|asked| asked.item(model, item)));
    }
    for lifecycle in &model.lifecycles {
        for hold in &lifecycle.holds {
            push(&|asked| asked.expr(model, &hold.condition));
        }
        for rule in &lifecycle.rules {
            if let StageCondition::Condition(condition) = &rule.when {
                push(&|asked| asked.expr(model, condition));
            }
        }
    }
    out
}

impl Asked {
    fn item(&mut self, model: &Model, item: &Item) {
        match &item.kind {
            ItemKind::If { branches, .. } => {
                for branch in branches {
                    self.expr(model, &branch.condition);
                    if let Some((_, since)) = &branch.decay {
                        self.expr(model, since);
                    }
                }
            }
            ItemKind::Band { value, lines, .. } => {
                self.expr(model, value);
                let unit = if let ExprKind::Elapsed { unit, .. } = value.kind { unit } else { Unit::Days };
                lines.iter().for_each(|line| self.range(&line.range, unit));
            }
            ItemKind::Match { value, lines, .. } | ItemKind::MatchEach { set: value, lines, .. } => {
                self.expr(model, value);
                lines.iter().flat_map(|l| &l.keys).for_each(|key| self.constant(key));
            }
            ItemKind::MatchEvents { lines, .. } => {
                lines.iter().for_each(|line| self.event(line.each.event, line.each.filter.as_ref()));
            }
            ItemKind::Each(each) => self.event(each.event, each.filter.as_ref()),
            #[expect(clippy::cast_precision_loss, reason = "a step of a rule")]
            ItemKind::Per { step, value, .. } => {
                self.expr(model, value);
                self.numbers.extend((1..=20).map(|n| *step as f64 * f64::from(n)));
            }
            // Its items are rules of their own.
            ItemKind::Group { when, .. } => when.iter().for_each(|when| self.expr(model, when)),
        }
    }

    fn expr(&mut self, model: &Model, expr: &Expr) {
        if let ExprKind::Property(id) = expr.kind {
            self.properties.insert(id);
        } else if let ExprKind::Definition(id) = expr.kind
            && let Some(definition) = model.definition(id)
        {
            self.expr(model, &definition.value);
        } else if let ExprKind::Literal(value) = &expr.kind {
            self.constant(value);
        } else if let ExprKind::InRange(value, range) = &expr.kind {
            let unit = if let ExprKind::Elapsed { unit, .. } = value.kind { unit } else { Unit::Days };
            self.range(range, unit);
        } else if let ExprKind::InValues(_, values) = &expr.kind {
            values.iter().for_each(|value| self.constant(value));
        } else if let ExprKind::HasTexts { texts, .. } | ExprKind::TextTest { texts, .. } = &expr.kind {
            self.texts.extend(texts.written.iter().take(TEXTS).map(ToString::to_string));
        } else if let ExprKind::Within { duration, .. } | ExprKind::MoreThanAgo(_, duration) = &expr.kind {
            self.span(*duration);
        } else if let ExprKind::DomainOf(_) = expr.kind {
            self.domains = true;
        } else if let ExprKind::Aggregate(aggregate) = &expr.kind {
            let counts = matches!(
                aggregate.function,
                AggregateFunction::Count | AggregateFunction::Any | AggregateFunction::First | AggregateFunction::Last
            );
            if counts {
                self.event(aggregate.event, aggregate.filter.as_ref());
            }
            return;
        }
        expr.operands().for_each(|child| self.expr(model, child));
    }

    fn constant(&mut self, value: &Value) {
        match value {
            #[expect(clippy::cast_precision_loss, reason = "a value to try")]
            Value::Integer(n) => {
                self.numbers.push(*n as f64);
                self.spans.push((*n, Unit::Days));
            }
            Value::Number(n) => self.numbers.push(*n),
            Value::Decimal(n) => self.numbers.push(n.to_f64()),
            Value::Date(day) => self.days.push(*day),
            Value::DateTime(micros) => self.moments.push(*micros),
            Value::Text(text) => self.texts.push(text.to_string()),
            Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => {}
        }
    }

    fn range(&mut self, range: &Range, unit: Unit) {
        for end in [range.lo, range.hi].into_iter().flatten() {
            match end {
                RangeEnd::Decimal(n) => {
                    self.numbers.push(n.to_f64());
                    self.spans.extend(n.as_integer().map(|n| (n, unit)));
                }
                RangeEnd::Date(day) => self.days.push(day),
                RangeEnd::DateTime(micros) => self.moments.push(micros),
            }
        }
    }

    fn span(&mut self, duration: Duration) {
        self.spans.push((i64::from(duration.count), duration.unit));
    }

    /// One more event whose fields are what a filter asks for, as far as it asks for constants.
    fn event(&mut self, event: EventId, filter: Option<&Expr>) {
        let mut constants = Vec::new();
        if let Some(filter) = filter {
            asked_of_fields(filter, &mut constants);
        }
        self.events.push((event, constants));
    }
}

fn asked_of_fields(expr: &Expr, out: &mut Vec<(FieldId, Value)>) {
    let field = |expr: &Expr| if let ExprKind::Field(_, id) = expr.kind { Some(id) } else { None };
    if let ExprKind::TextTest { text, texts, .. } = &expr.kind {
        let first = texts.written.first().map(|t| Value::Text(t.clone()));
        out.extend(field(text).zip(first));
    } else if let ExprKind::InOptions(value, codes) = &expr.kind {
        out.extend(field(value).zip(codes.first().map(|c| Value::Option(*c))));
    } else if let ExprKind::Compare(_, a, b) = &expr.kind
        && let ExprKind::Literal(constant) = &b.kind
    {
        out.extend(field(a).map(|id| (id, constant.clone())));
    } else if let Some(id) = field(expr)
        && expr.ty == Type::Boolean
    {
        out.push((id, Value::Boolean(true)));
    } else if !matches!(expr.kind, ExprKind::Not(_)) {
        expr.operands().for_each(|child| asked_of_fields(child, out));
    }
}

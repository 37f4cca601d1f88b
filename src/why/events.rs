//! Arithmetic of points that fade and of points for events.

use super::ItemAccount;
use super::cause::{Context, ago, days};
use super::record::{Record, bound};
use super::values::{date, moment};
use crate::column::Column;
use crate::decay::{Decay, DecayKind};
use crate::hir::words::squeezed;
use crate::hir::{Arm, Duration, Each, Expr, TimesPer, Unit};
use crate::invariant::{SureAt as _, fits};
use crate::time::{civil, day_of, months_back};
use crate::value::{Points, Value};

/// At most this many events are told one by one.
const TOLD: usize = 10;

/// How the points of a branch faded: `+20, losing 50% of its points every 30 days since last_demo, 45 days ago: +10`.
pub(super) fn faded(context: &Context<'_>, arm: &Arm, decay: &Decay, since: &Expr) -> String {
    let words = squeezed(context.sources, decay.span);
    let day = match context.seen.value(since) {
        Some(Value::Date(day)) => Some(day),
        Some(Value::DateTime(micros)) => Some(day_of(micros, &context.model.schema.zone)),
        Some(_) | None => None,
    };
    match day {
        None => format!("{} {words}: {} is unknown, so no points", arm.points.signed(), context.words(since)),
        Some(day) => {
            let age = i64::from(context.as_of.day) - i64::from(day);
            let points = decay.at(arm.points, age);
            format!("{} {words}: {}, {} gives {}", arm.points.signed(), ago(age), periods(decay, age), points.signed())
        }
    }
}

/// `1 whole period of 30 days`, `45 of 90 days`
fn periods(decay: &Decay, age: i64) -> String {
    let length = i64::from(decay.days.max(1));
    match decay.kind {
        DecayKind::All => format!("{} of {}", age.clamp(0, length), days(length)),
        DecayKind::Linear { .. } | DecayKind::Compound { .. } | DecayKind::Fixed { .. } => {
            let whole = age.max(0) / length;
            format!("{whole} whole period{} of {}", if whole == 1 { "" } else { "s" }, days(length))
        }
    }
}

/// An event that counts.
struct Event {
    micros: Option<i64>,
    day: i32,
    /// Among the events of the record's list.
    place: usize,
}

/// How an `each` came to its points: the events that count, what each gives, and the sum.
pub(super) fn each(context: &Context<'_>, record: Record<'_>, each: &Each, out: &mut ItemAccount) {
    let Some(list) = context.model.schema.event(each.event) else { return };
    let (total, known, mut counted) = events_that_count(context, record, each);
    if total == 0 {
        out.why.push(format!("there is no {}", list.name));
        return;
    }
    let mut kept: Vec<&str> = Vec::new();
    if each.within.is_some() {
        kept.push("recent enough");
    }
    if each.filter.is_some() {
        kept.push("where the condition holds");
    }
    let which = if kept.is_empty() { String::new() } else { format!(" {}", kept.join(" and ")) };
    out.why.push(format!("{} of {total} {} count{which}", counted.len(), list.name));
    if total > known {
        out.why.push(format!("{} after the moment of the run or without a point in time", total - known));
    }
    counted.sort_by_key(|e| std::cmp::Reverse((e.micros.unwrap_or(i64::MIN), e.day)));
    let mut before = counted.len();
    if let Some(times) = each.times {
        let number = |event: &Event| number_of(record, each, times.per, event);
        counted.retain(|event| number(event).is_some());
        if counted.len() < before {
            out.why.push(format!("{} without a value to count by", before - counted.len()));
            before = counted.len();
        }
        counted = newest(counted, times.count, number);
        if counted.len() < before {
            out.arithmetic.push(format!(
                "{}: the newest {} of {before} count",
                squeezed(context.sources, times.span),
                counted.len()
            ));
        }
    }
    let mut sum = 0_i128;
    for (at, event) in counted.iter().enumerate() {
        let age = (i64::from(context.as_of.day) - i64::from(event.day)).max(0);
        let points = each.decay.as_ref().map_or(each.arm.points, |decay| decay.at(each.arm.points, age));
        sum += i128::from(points.0);
        if at < TOLD && each.decay.is_some() {
            let when = event.micros.map_or_else(|| date(event.day), |m| moment(m, &context.model.schema.zone));
            out.arithmetic.push(format!("{when}, {}: {}", ago(age), points.signed()));
        }
    }
    if counted.len() > TOLD && each.decay.is_some() {
        out.arithmetic.push(format!("and {} more", counted.len() - TOLD));
    }
    let raw = Points(fits(sum));
    match counted.len() {
        0 => {}
        n if each.decay.is_none() => out.arithmetic.push(format!("{n} times {} is {}", each.arm.points.signed(), raw.signed())),
        _ => out.arithmetic.push(format!("together {}", raw.signed())),
    }
    out.bound = bound(context, &each.bounds, sum);
}

/// All events of the record, those with a point in time that exists, and of these the ones that pass window and condition.
fn events_that_count(context: &Context<'_>, record: Record<'_>, each: &Each) -> (usize, usize, Vec<Event>) {
    let place = each.event.0 as usize;
    let Some(columns) = record.batch.events.get(place).and_then(Option::as_ref) else { return (0, 0, Vec::new()) };
    let total = *columns.offsets.sure_at(1) as usize;
    let at = context.model.schema.event(each.event).map(|list| list.at);
    let column = at.and_then(|at| columns.fields.get(at.0 as usize)).and_then(Option::as_ref);
    let mut known = 0;
    let mut counted = Vec::new();
    for place in 0..total {
        let Some(event) = column.and_then(|c| event_at(context, c, place)) else { continue };
        if event.micros.map_or(event.day > context.as_of.day, |m| m > context.as_of.micros) {
            continue;
        }
        known += 1;
        let recent = each.within.is_none_or(|within| is_within(context, &event, within));
        let held = each.filter.as_ref().is_none_or(|filter| context.seen.event_truth(filter, each.event, place) == Some(true));
        if recent && held {
            counted.push(event);
        }
    }
    (total, known, counted)
}

fn event_at(context: &Context<'_>, column: &Column, place: usize) -> Option<Event> {
    if let Column::Date(values) = column {
        return values.get(place).map(|day| Event { micros: None, day, place });
    }
    if let Column::DateTime(values) = column {
        return values.get(place).map(|m| Event { micros: Some(m), day: day_of(m, &context.model.schema.zone), place });
    }
    None
}

fn is_within(context: &Context<'_>, event: &Event, within: Duration) -> bool {
    let count = i64::from(within.count);
    let age = i64::from(context.as_of.day) - i64::from(event.day);
    let since = |months: i64| months_back(context.as_of.day, months).is_some_and(|start| event.day >= start);
    match within.unit {
        Unit::Hours => event.micros.is_some_and(|m| context.as_of.micros - m <= count * 3_600_000_000),
        Unit::Days => age <= count,
        Unit::Weeks => age <= count * 7,
        Unit::Months => since(count),
        Unit::Years => since(count * 12),
    }
}

/// What events share of which so many count: nothing, a day, week or month, or the value of a field; `None` where that is unknown.
fn number_of(record: Record<'_>, each: &Each, per: Option<TimesPer>, event: &Event) -> Option<String> {
    let date = civil(event.day);
    Some(match per {
        None => String::new(),
        Some(TimesPer::Day) => event.day.to_string(),
        Some(TimesPer::Week) => (i64::from(event.day) + 3).div_euclid(7).to_string(),
        Some(TimesPer::Month) => date.map_or_else(String::new, |date| format!("{}-{}", date.year(), date.month())),
        Some(TimesPer::Field(field, _)) => {
            let columns = record.batch.events.get(each.event.0 as usize)?.as_ref()?;
            let column = columns.fields.get(field.0 as usize)?.as_ref()?;
            format!("{:?}", super::values::value_at(column, event.place)?)
        }
    })
}

/// The newest of all events that share something; the events come newest first.
fn newest(events: Vec<Event>, count: u32, number: impl Fn(&Event) -> Option<String>) -> Vec<Event> {
    let count = count as usize;
    let mut seen = std::collections::BTreeMap::new();
    events
        .into_iter()
        .filter(|event| {
            let n: &mut usize = seen.entry(number(event)).or_default();
            *n += 1;
            *n <= count
        })
        .collect()
}

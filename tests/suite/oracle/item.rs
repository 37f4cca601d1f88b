//! The items of a score.

use lsrc::hir::{Arm, ArmId, Branch, Decay, Each, EventLine, Item, ItemId, ItemKind, MatchLine, TimesPer};
use lsrc::value::Value;

use super::expr::{self, Scope};
use super::{Entry, Event, Source, at_of, calendar, exact, hold, text};

/// What is written down while a score is worked out.
pub(crate) struct Ledger {
    pub(crate) score: usize,
    pub(crate) account: Vec<Entry>,
    pub(crate) more_hits: Vec<(ArmId, u64)>,
    pub(crate) unknown: Vec<ItemId>,
}

impl Ledger {
    fn fire(&mut self, arm: &Arm, points: i64) -> i128 {
        self.account.push(Entry { score: self.score, source: Source::Arm(arm.id), points });
        i128::from(points)
    }

    fn fire_if(&mut self, arm: Option<&Arm>) -> i128 {
        arm.map_or(0, |arm| self.fire(arm, arm.points.0))
    }
}

/// The points of an item, in hundredths.
pub(crate) fn points(scope: &Scope<'_>, item: &Item, ledger: &mut Ledger) -> i128 {
    match &item.kind {
        ItemKind::If { branches, otherwise, unknown } => {
            let truths: Vec<Option<bool>> = branches.iter().map(|branch| scope.truth(&branch.condition)).collect();
            if let Some(at) = truths.iter().position(|truth| *truth == Some(true)) {
                return branch_points(scope, &branches[at], ledger);
            }
            if truths.iter().all(|truth| *truth == Some(false)) {
                return ledger.fire_if(otherwise.as_ref());
            }
            ledger.unknown.push(item.id);
            ledger.fire_if(unknown.as_ref())
        }
        ItemKind::Band { value, lines, otherwise, unknown } => {
            let Some(value) = scope.value(value) else {
                ledger.unknown.push(item.id);
                return ledger.fire_if(unknown.as_ref());
            };
            let fitting: Vec<&Arm> =
                lines.iter().filter(|line| scope.in_range(&value, &line.range)).map(|line| &line.arm).collect();
            assert!(fitting.len() < 2, "ranges overlap");
            ledger.fire_if(fitting.first().copied().or(otherwise.as_ref()))
        }
        ItemKind::Match { value, lines, otherwise, unknown } => {
            let Some(value) = scope.value(value) else {
                ledger.unknown.push(item.id);
                return ledger.fire_if(unknown.as_ref());
            };
            ledger.fire_if(line_of(scope, lines, &value).or(otherwise.as_ref()))
        }
        ItemKind::MatchEach { set, lines, otherwise } => match_each(scope, item, set, (lines, otherwise.as_ref()), ledger),
        ItemKind::MatchEvents { field, filter, lines } => match_events(scope, field, filter.as_ref(), lines, ledger),
        ItemKind::Each(each) => {
            let events = scope.events(each.event, each.within, each.filter.as_ref());
            each_event(scope, each, events, ledger)
        }
        ItemKind::Per { step, value, arm, bounds } => {
            let Some(value) = scope.value(value) else {
                ledger.unknown.push(item.id);
                return 0;
            };
            let units = whole_units(&value, *step);
            if units <= 0 {
                return 0;
            }
            // More units than these are beyond every bound anyway.
            let sum = i128::from(arm.points.0) * units.min(1_000_000_000_000_000);
            ledger.fire(arm, hold(sum, bounds))
        }
        ItemKind::Group { title: _, best, when, bounds, items } => {
            if let Some(when) = when {
                match scope.truth(when) {
                    Some(true) => {}
                    Some(false) => return 0,
                    None => {
                        ledger.unknown.push(item.id);
                        return 0;
                    }
                }
            }
            let sum: i128 = match best {
                Some(best) => best_items(scope, *best as usize, items, ledger),
                None => items.iter().map(|item| points(scope, item, ledger)).sum(),
            };
            let held = i128::from(hold(sum, bounds));
            if held != sum {
                let points = i64::try_from(held - sum).unwrap();
                ledger.account.push(Entry { score: ledger.score, source: Source::Group(item.id), points });
            }
            held
        }
    }
}

fn branch_points(scope: &Scope<'_>, branch: &Branch, ledger: &mut Ledger) -> i128 {
    let full = branch.arm.points.0;
    let points = match &branch.decay {
        None => i128::from(full),
        Some((decay, since)) => scope.value(since).map_or(0, |since| faded(scope, full, decay, &since)),
    };
    ledger.fire(&branch.arm, i64::try_from(points).unwrap())
}

fn faded(scope: &Scope<'_>, points: i64, decay: &Decay, since: &Value) -> i128 {
    let age = i64::from(scope.as_of.day) - calendar::day(since, &scope.model.schema.zone);
    exact::decayed(points, decay, age)
}

fn line_of<'m>(scope: &Scope<'_>, lines: &'m [MatchLine], value: &Value) -> Option<&'m Arm> {
    let equal = |key: &Value| match (key, value) {
        (Value::Text(a), Value::Text(b)) => text::same(a, b, scope.model.schema.ignore_accents),
        (a, b) => a == b,
    };
    lines.iter().find(|line| line.keys.iter().any(equal)).map(|line| &line.arm)
}

fn match_each(
    scope: &Scope<'_>,
    item: &Item,
    set: &lsrc::hir::Expr,
    (lines, otherwise): (&[MatchLine], Option<&Arm>),
    ledger: &mut Ledger,
) -> i128 {
    let members = expr::members(&scope.value(set).expect("a set is never unknown"), scope.model.schema.ignore_accents);
    let arms: Vec<&Arm> = members.iter().filter_map(|member| line_of(scope, lines, member).or(otherwise)).collect();
    let unbounded = lsrc::hir::Bounds::default();
    let mut sum = 0;
    for arm in lines.iter().map(|line| &line.arm).chain(otherwise) {
        let times = arms.iter().filter(|fired| fired.id == arm.id).count();
        if times > 0 {
            ledger.more_hits.push((arm.id, u64::try_from(times).unwrap() - 1));
            sum += ledger.fire(arm, arm.points.0 * i64::try_from(times).unwrap());
        }
    }
    let held = i128::from(hold(sum, &unbounded));
    if held != sum {
        let points = i64::try_from(held - sum).unwrap();
        ledger.account.push(Entry { score: ledger.score, source: Source::Group(item.id), points });
    }
    held
}

/// The items that give the most, among equals the first; what is left out fires, but gives 0.
fn best_items(scope: &Scope<'_>, best: usize, items: &[Item], ledger: &mut Ledger) -> i128 {
    let mut given: Vec<(i128, Vec<Entry>)> = Vec::new();
    for item in items {
        let before = ledger.account.len();
        let points = points(scope, item, ledger);
        given.push((points, ledger.account.split_off(before)));
    }
    let is_better = |at: usize, other: usize| {
        let (own, others) = (given[at].0, given[other].0);
        others > own || others == own && other < at
    };
    let counts: Vec<bool> =
        (0..given.len()).map(|at| (0..given.len()).filter(|&other| is_better(at, other)).count() < best).collect();
    let mut sum = 0;
    for ((points, entries), counts) in given.into_iter().zip(counts) {
        if counts {
            sum += points;
            ledger.account.extend(entries);
        } else {
            let fired = entries.into_iter().filter(|entry| matches!(entry.source, Source::Arm(_)));
            ledger.account.extend(fired.map(|entry| Entry { points: 0, ..entry }));
        }
    }
    sum
}

/// A line is an `each` whose `where` asks besides for a field that is one of its keys; `else` takes other known values.
fn match_events(
    scope: &Scope<'_>,
    field: &lsrc::hir::Expr,
    filter: Option<&lsrc::hir::Expr>,
    lines: &[EventLine],
    ledger: &mut Ledger,
) -> i128 {
    let accents = scope.model.schema.ignore_accents;
    let equal = |key: &Value, value: &Value| match (key, value) {
        (Value::Text(a), Value::Text(b)) => text::same(a, b, accents),
        (a, b) => a == b,
    };
    let named: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
    let mut sum = 0;
    for line in lines {
        let mut events = scope.events(line.each.event, line.each.within, filter);
        events.retain(|event| {
            let of = Scope { event: Some(event), ..*scope };
            let Some(value) = of.value(field) else { return false };
            if line.keys.is_empty() {
                !named.iter().any(|key| equal(key, &value))
            } else {
                line.keys.iter().any(|key| equal(key, &value))
            }
        });
        sum += each_event(scope, &line.each, events, ledger);
    }
    sum
}

/// `max N times`, decay, rounding of each event's points, sum, bounds: in this order.
fn each_event(scope: &Scope<'_>, each: &Each, mut events: Vec<&Event>, ledger: &mut Ledger) -> i128 {
    let zone = &scope.model.schema.zone;
    if let Some(times) = each.times {
        events.sort_by_key(|event| std::cmp::Reverse(moment(at_of(scope.model, each.event, event).unwrap())));
        let mut taken: Vec<Value> = Vec::new();
        events.retain(|event| {
            let day = calendar::day(at_of(scope.model, each.event, event).unwrap(), zone);
            let shared = match times.per {
                None => Value::Integer(0),
                Some(TimesPer::Day) => Value::Integer(day),
                Some(TimesPer::Week) => {
                    // Back to the Monday: 1970-01-05 was one.
                    let mut monday = day;
                    while (monday - 4).rem_euclid(7) != 0 {
                        monday -= 1;
                    }
                    Value::Integer(monday)
                }
                Some(TimesPer::Month) => {
                    let date = calendar::from_days(day);
                    Value::Text(format!("{}-{}", date.year, date.month).into())
                }
                Some(TimesPer::Field(field, _)) => match &event[field.0 as usize] {
                    Some(value) => value.clone(),
                    None => return false,
                },
            };
            taken.push(shared.clone());
            taken.iter().filter(|taken| **taken == shared).count() <= times.count as usize
        });
    }
    if events.is_empty() {
        return 0;
    }
    let mut sum = 0;
    for event in events {
        let at = at_of(scope.model, each.event, event).unwrap();
        sum += match &each.decay {
            None => i128::from(each.arm.points.0),
            Some(decay) => faded(scope, each.arm.points.0, decay, at),
        };
    }
    ledger.fire(&each.arm, hold(sum, &each.bounds))
}

fn moment(at: &Value) -> i64 {
    match at {
        Value::Date(day) => i64::from(*day),
        Value::DateTime(micros) => *micros,
        other => panic!("an event at {other:?}"),
    }
}

/// floor(X / N), exactly: the floor of X goes into whole numbers first, which changes nothing for a whole N.
fn whole_units(value: &Value, step: i64) -> i128 {
    let whole = match value {
        Value::Integer(n) => i128::from(*n),
        #[expect(clippy::cast_possible_truncation, reason = "saturates far beyond every bound")]
        Value::Number(x) => x.floor() as i128,
        other => panic!("per {other:?}"),
    };
    whole.div_euclid(i128::from(step))
}

//! How many events of each kind a record can have: the kinds of one list taken together, since some hold others.

use std::collections::BTreeSet;

use super::abstraction::{Abstraction, Choice, Variable};
use super::cells::Cell;
use super::cuts::Cuts;
use super::dates::Age;
use super::eval::EventScope;
use super::subject::{Events, Subject};
use super::truth::Truth;
use super::witness::{Making, Witness};
use crate::hir::{ArmId, Duration, Each, Expr, TimesPer, Unit};
use crate::invariant::SureAt as _;
use crate::schema::{EventId, FieldId};
use crate::value::{Points, Type, Value};

/// How many events of one item are counted one by one; then come as many as count at all.
pub const MOST_COUNTED: i64 = 24;
/// How many choices of numbers are looked at together.
const MOST_CELLS: usize = 4096;
/// How many events are made for one record at most.
const MOST_EVENTS: i64 = 1000;
/// An age in days at which points that fade are as good as gone.
const LONG_AGO: i32 = 36_500;

/// The kinds of events of one list that the rules count.
#[derive(Debug, Clone)]
pub struct Counts {
    event: EventId,
    kinds: Vec<Kind>,
    /// The items whose points depend on more than the number of events, with the place of their kind.
    fading: Vec<(ArmId, usize)>,
    /// A number that stands for as many as anything asks for.
    pub many: i64,
    /// Whether every number from which on nothing changes, and every number before it, is looked at.
    pub complete: bool,
}

/// A kind of events.
#[derive(Debug, Clone)]
struct Kind {
    events: Events,
    items: Vec<Each>,
    /// The kinds that hold all events of this one.
    inside: Vec<usize>,
}

impl Counts {
    /// The place of a kind.
    #[must_use]
    pub fn place(&self, events: &Events) -> Option<usize> {
        self.kinds.iter().position(|k| k.events == *events)
    }

    /// How many events of a kind a cell has.
    #[must_use]
    pub fn count(&self, cell: &Cell, events: &Events) -> i64 {
        self.place(events).map_or(0, |at| number(cell, at))
    }

    /// Whether the points of an item, which fade or count by day, are the least that its events can give.
    #[must_use]
    pub fn gives_least(&self, cell: &Cell, each: &Each) -> bool {
        let place = self.fading.iter().position(|(arm, _)| *arm == each.arm.id);
        place.is_some_and(|at| number(cell, self.kinds.len() + at) == 1)
    }

    /// Adds events to a record until there are as many of each kind as the cell says; `None` where that cannot be done.
    pub fn make(&self, picture: &Abstraction<'_>, cell: &Cell, out: &mut Witness) -> Option<()> {
        let wanted: Vec<i64> = (0..self.kinds.len()).map(|at| number(cell, at)).collect();
        if wanted.iter().any(|n| *n > MOST_EVENTS) {
            return None;
        }
        let mut have = vec![0_i64; self.kinds.len()];
        let mut order: Vec<usize> = (0..self.kinds.len()).collect();
        order.sort_by_key(|&at| self.kinds.get(at).map(|k| std::cmp::Reverse(k.inside.len())));
        for at in order {
            let kind = self.kinds.get(at)?;
            while have.get(at) < wanted.get(at) {
                let made = *have.get(at)?;
                let full: Vec<bool> = have.iter().zip(&wanted).map(|(h, w)| h >= w).collect();
                let (fields, member) = self.ages(cell, at, made).into_iter().find_map(|back| {
                    let counted = self.counted(picture, at, made);
                    let set = counted.as_ref().map(|(field, value)| (*field, value));
                    let making = Making { picture, event: self.event, back, set, filters: self.filters() };
                    making.event(out, &|scope, micros, day| {
                        let member = self.members(scope, micros, day);
                        let fits = member.get(at) == Some(&true) && member.iter().zip(&full).all(|(m, full)| !(*m && *full));
                        fits.then_some(member)
                    })
                })?;
                // As many of the same as may be: until a kind that it belongs to is full, or a new day begins.
                let apart =
                    kind.items.iter().filter_map(|i| i.times.filter(|t| t.per.is_some())).map(|t| i64::from(t.count)).min();
                let room = |(m, (h, w)): (&bool, (&i64, &i64))| m.then_some(w - h);
                let room = member.iter().zip(have.iter().zip(&wanted)).filter_map(room).min().unwrap_or(1);
                let copies = apart.map_or(room, |n| room.min(n - made % n));
                for _ in 0..copies {
                    out.record.events.push((self.event, fields.clone()));
                }
                have.iter_mut().zip(&member).filter(|(_, m)| **m).for_each(|(h, _)| *h += copies);
            }
        }
        (have == wanted).then_some(())
    }

    /// Ages in days to try for the next event of a kind, of which some are made.
    fn ages(&self, cell: &Cell, at: usize, made: i64) -> Vec<i32> {
        let mut ages = Vec::new();
        let Some(kind) = self.kinds.get(at) else { return ages };
        let (mut old, mut spread) = (false, None);
        for (inner, item) in self.kinds.iter().enumerate().flat_map(|(place, k)| k.items.iter().map(move |i| (place, i))) {
            if inner != at && !kind.inside.contains(&inner) {
                continue;
            }
            let least = self.gives_least(cell, item);
            old |= least && item.decay.is_some();
            if let Some(times) = item.times.filter(|_| !least) {
                let step = match times.per {
                    Some(TimesPer::Day) => 1,
                    Some(TimesPer::Week) => 7,
                    Some(TimesPer::Month) => 31,
                    Some(TimesPer::Field(..)) | None => continue,
                };
                spread = Some(made / i64::from(times.count.max(1)) * step);
            }
        }
        if let Some(days) = spread.and_then(|d| i32::try_from(d).ok()) {
            ages.push(days);
        }
        let windows = self.kinds.iter().filter_map(|k| k.events.within).filter_map(|w| i32::try_from(days_of(w)).ok());
        let mut later: Vec<i32> = windows.flat_map(|days| [days - 1, days, days + 1, days + 3, days + 40]).collect();
        later.extend([0, LONG_AGO]);
        later.retain(|days| *days >= 0);
        later.sort_unstable();
        later.dedup();
        if old {
            later.reverse();
        }
        ages.extend(later);
        ages
    }

    /// A field by whose values an item counts events, with a value for the next event, of which some are made.
    fn counted(&self, picture: &Abstraction<'_>, at: usize, made: i64) -> Option<(FieldId, Value)> {
        let (field, count) = self
            .kinds
            .get(at)?
            .items
            .iter()
            .filter_map(|item| item.times)
            .find_map(|times| times.field().map(|field| (field, i64::from(times.count.max(1)))))?;
        let number = made / count;
        let ty = &picture.model.schema.event(self.event)?.field(field)?.ty;
        let value = match ty {
            Type::Text => Value::Text(number.to_string().into()),
            Type::Boolean => Value::Boolean(number % 2 == 1),
            Type::OneOf(options) => {
                Value::Option(u32::try_from(number).unwrap_or(0) % crate::invariant::number(options.len()).max(1))
            }
            Type::Integer
            | Type::Number
            | Type::Date
            | Type::DateTime
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Score
            | Type::Label => Value::Integer(number),
        };
        Some((field, value))
    }

    fn filters(&self) -> Vec<&Expr> {
        self.kinds.iter().filter_map(|k| k.events.filter.as_deref()).collect()
    }

    /// Of which kinds an event is.
    fn members(&self, scope: &EventScope<'_>, micros: Option<i64>, day: i32) -> Vec<bool> {
        let age = Age { today: scope.as_of.day, day, elapsed: micros.map(|m| scope.as_of.micros - m) };
        let member = |kind: &Kind| {
            let recent = kind.events.within.is_none_or(|w| age.within(w, false) == Some(true));
            recent && kind.events.filter.as_ref().is_none_or(|f| scope.truth(f) == Truth::True)
        };
        self.kinds.iter().map(member).collect()
    }
}

fn number(cell: &Cell, at: usize) -> i64 {
    if let Some(Value::Integer(n)) = cell.counts.get(at) { *n } else { 0 }
}

/// The greatest number of days that lie within a time.
fn days_of(within: Duration) -> i64 {
    let n = i64::from(within.count);
    match within.unit {
        // Where clocks leave out a day, the next one is two days later.
        Unit::Hours => n / 24 + 2,
        Unit::Days => n,
        Unit::Weeks => n.saturating_mul(7),
        Unit::Months => n.saturating_mul(31),
        Unit::Years => n.saturating_mul(366),
    }
}

/// How many events an item counts at most; `None` where that has no bound.
#[must_use]
pub fn most_counted(each: &Each) -> Option<i64> {
    let times = each.times?;
    let groups = match times.per {
        None => 1,
        Some(TimesPer::Day) => days_of(each.within?).saturating_add(1),
        // As many weeks and months as so many days can touch.
        Some(TimesPer::Week) => days_of(each.within?).saturating_add(6) / 7 + 1,
        Some(TimesPer::Month) => days_of(each.within?).saturating_add(27) / 28 + 1,
        Some(TimesPer::Field(_, values)) => i64::from(values?),
    };
    Some(groups.saturating_mul(i64::from(times.count)))
}

/// The points nearest to zero that an item can give for so many events: all of one day, and as old as may be.
#[must_use]
pub fn least(each: &Each, events: i64) -> i64 {
    let counted = each.times.map_or(events, |t| if t.field().is_some() { 0 } else { events.min(i64::from(t.count)) });
    let one =
        each.decay.map_or(each.arm.points, |decay| each.within.map_or(Points(0), |w| decay.at(each.arm.points, days_of(w))));
    one.0.saturating_mul(counted)
}

/// How many events it takes until more of them change nothing; `None` where more always do.
fn saturated(each: &Each) -> Option<i64> {
    match (most_counted(each), by_bound(each)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// How many events it takes at most to reach the item's bound.
fn by_bound(each: &Each) -> Option<i64> {
    let p = each.arm.points.0;
    let bound = if p < 0 { each.bounds.min } else { each.bounds.max };
    bound.and_then(|(b, _)| b.0.checked_div(p)).map(|n| n.saturating_add(1))
}

/// The numbers of events between which the most and the least that an item can give grow by the same points for each.
fn bends(each: &Each) -> Vec<i64> {
    let bound = by_bound(each).into_iter().flat_map(|n| [n - 1, n]);
    let times = each.times.map(|t| i64::from(t.count));
    bound.chain(times).chain(most_counted(each)).chain([1]).collect()
}

impl Abstraction<'_> {
    /// Makes a variable of every event list that is counted.
    pub(super) fn events(&mut self) {
        let mut lists: Vec<(EventId, Vec<(Events, Cuts)>)> = Vec::new();
        for (subject, cuts) in &self.terms {
            let Subject::Events(events) = subject else { continue };
            let kind = (events.clone(), cuts.clone());
            match lists.iter_mut().find(|(event, _)| *event == events.event) {
                Some((_, kinds)) => kinds.push(kind),
                None => lists.push((events.event, vec![kind])),
            }
        }
        for (event, kinds) in lists {
            self.take_units_apart(&kinds);
            kinds.iter().filter_map(|(events, _)| events.filter.as_deref()).for_each(|f| self.filter(f));
            let Some((counts, cells)) = self.tally(event, &kinds) else { continue };
            for (events, _) in kinds {
                self.by_subject.insert(Subject::Events(events), self.vars.len());
            }
            let len = cells.len();
            self.vars.push(Variable { property: None, cells, len, choice: Choice::Events(Box::new(counts)) });
        }
    }

    /// A rule that gives points for so many events at once has its ends anywhere beside another that gives points for the same events.
    fn take_units_apart(&mut self, kinds: &[(Events, Cuts)]) {
        if kinds.iter().map(|(_, cuts)| cuts.units.len() + cuts.items.len()).sum::<usize>() < 2 {
            return;
        }
        for (events, cuts) in kinds.iter().filter(|(_, cuts)| !cuts.units.is_empty()) {
            self.terms.insert(Subject::Events(events.clone()), cuts.clone().taken_apart());
        }
    }

    /// The numbers of events of one list; `None` where there are too many to look at together.
    fn tally(&self, event: EventId, kinds: &[(Events, Cuts)]) -> Option<(Counts, Vec<Cell>)> {
        let cuts: Vec<BTreeSet<i64>> = kinds.iter().map(|(_, cuts)| numbers(cuts)).collect();
        let items = || kinds.iter().flat_map(|(_, cuts)| &cuts.items);
        let many = cuts.iter().flatten().copied().chain(items().flat_map(bends)).max()?.saturating_add(2);
        let inside = |a: usize| -> Vec<usize> {
            (0..kinds.len()).filter(|&b| a != b && self.is_inside(kinds.get(a), kinds.get(b))).collect()
        };
        let inside: Vec<Vec<usize>> = (0..kinds.len()).map(inside).collect();
        let related = related(&inside);
        let last: Vec<Option<i64>> = items().map(saturated).collect();
        let fading = kinds.iter().enumerate().flat_map(|(at, (_, cuts))| cuts.items.iter().map(move |item| (item, at)));
        let counts = Counts {
            event,
            kinds: kinds
                .iter()
                .enumerate()
                .map(|(at, (events, cuts))| Kind {
                    events: events.clone(),
                    items: cuts.items.clone(),
                    inside: inside.sure_at(at).clone(),
                })
                .collect(),
            fading: fading.filter(|(i, _)| fades(i)).map(|(item, at)| (item.arm.id, at)).collect(),
            many,
            complete: false,
        };
        // First all numbers up to where an item saturates, then only none, one and as many as may be.
        [MOST_COUNTED, 1].into_iter().find_map(|one_by_one| {
            let own = kinds.iter().zip(&cuts).map(|((_, kind), cuts)| {
                let single = kind.items.iter().filter_map(saturated).map(|n| n.min(one_by_one)).fold(0, Ord::max);
                cuts.iter().copied().chain(0..=single).chain(kind.items.iter().flat_map(bends)).chain([many]).collect()
            });
            let own: Vec<BTreeSet<i64>> = own.collect();
            // A kind that is held by another may have as many events as that one where points turn.
            let choices: Vec<BTreeSet<i64>> =
                related.iter().map(|group| group.iter().filter_map(|&at| own.get(at)).flatten().copied().collect()).collect();
            let complete = last.iter().all(|n| n.is_some_and(|n| n <= one_by_one));
            Some((Counts { complete, ..counts.clone() }, self.combine(&counts, &choices)?))
        })
    }

    /// Every choice of numbers that the kinds allow; `None` where there are too many.
    fn combine(&self, counts: &Counts, choices: &[BTreeSet<i64>]) -> Option<Vec<Cell>> {
        let mut rows: Vec<Vec<i64>> = vec![Vec::new()];
        for (at, numbers) in choices.iter().enumerate() {
            let mut next = Vec::new();
            for row in &rows {
                for &n in numbers {
                    let held = |(other, &m): (usize, &i64)| {
                        let holds = |a: usize, b: usize| counts.kinds.get(a).is_some_and(|k| k.inside.contains(&b));
                        (!holds(at, other) || n <= m) && (!holds(other, at) || m <= n)
                    };
                    if row.iter().enumerate().all(held) {
                        next.push(row.iter().copied().chain([n]).collect());
                    }
                }
            }
            if next.len() > MOST_CELLS {
                return None;
            }
            rows = next;
        }
        for (_, kind) in &counts.fading {
            let both = |row: Vec<i64>| {
                let some = row.get(*kind).is_some_and(|n| *n > 0);
                let least = some.then(|| row.iter().copied().chain([1]).collect());
                [Some(row.iter().copied().chain([0]).collect()), least].into_iter().flatten()
            };
            rows = rows.into_iter().flat_map(both).collect();
            if rows.len() > MOST_CELLS {
                return None;
            }
        }
        let cell = |row: Vec<i64>| Cell { counts: row.into_iter().map(Value::Integer).collect(), ..Cell::of(None, self.base) };
        Some(rows.into_iter().map(cell).collect())
    }

    /// Whether every event of the first kind is one of the second.
    fn is_inside(&self, a: Option<&(Events, Cuts)>, b: Option<&(Events, Cuts)>) -> bool {
        let (Some((a, _)), Some((b, _))) = (a, b) else { return false };
        let recent = match (a.within, b.within) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => shorter(a, b),
        };
        let narrow = match (&a.filter, &b.filter) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(f), Some(g)) => {
                let cond = |e: &Expr| self.conditions.get(&e.span);
                a.same_filter(b) || matches!((cond(f), cond(g)), (Some(f), Some(g)) if self.implies(f, &[g]) == Some(true))
            }
        };
        recent && narrow
    }
}

/// By kind, those that hold it or are held by it, directly or by way of others, and itself.
fn related(inside: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let mut groups: Vec<BTreeSet<usize>> = (0..inside.len()).map(|at| BTreeSet::from([at])).collect();
    for (at, holders) in inside.iter().enumerate() {
        for &holder in holders {
            let both: BTreeSet<usize> = [at, holder].iter().filter_map(|k| groups.get(*k)).flatten().copied().collect();
            for &kind in &both {
                if let Some(slot) = groups.get_mut(kind) {
                    slot.clone_from(&both);
                }
            }
        }
    }
    groups
}

/// Whether whatever lies within the first time lies within the second.
fn shorter(a: Duration, b: Duration) -> bool {
    let days = |d: Duration| match d.unit {
        Unit::Days => Some(i64::from(d.count)),
        Unit::Weeks => Some(i64::from(d.count) * 7),
        Unit::Hours | Unit::Months | Unit::Years => None,
    };
    let months = |d: Duration| match d.unit {
        Unit::Months => Some(i64::from(d.count)),
        Unit::Years => Some(i64::from(d.count) * 12),
        Unit::Hours | Unit::Days | Unit::Weeks => None,
    };
    match (a.unit, b.unit) {
        (Unit::Hours, Unit::Hours) => a.count <= b.count,
        _ => match (days(a), months(a), days(b), months(b)) {
            (Some(a), _, Some(b), _) | (_, Some(a), _, Some(b)) => a <= b,
            // A month has 28 days at least and 31 at most.
            (Some(a), _, _, Some(b)) => a <= b * 28,
            (_, Some(a), Some(b), _) => a * 31 <= b,
            _ => false,
        },
    }
}

/// Whether the points of an item depend on more than the number of its events.
fn fades(each: &Each) -> bool {
    each.decay.is_some() || each.times.is_some_and(|t| t.per.is_some())
}

/// The numbers of events around everything that the rules ask for.
#[expect(clippy::cast_possible_truncation, reason = "a number of events; those beyond 64 bits are held to its end")]
fn numbers(cuts: &Cuts) -> BTreeSet<i64> {
    let mut out = BTreeSet::from([0, 1]);
    for cut in &cuts.numbers {
        let (floor, ceil) = (cut.0.floor() as i64, cut.0.ceil() as i64);
        out.extend([floor.saturating_sub(1), floor, ceil, ceil.saturating_add(1)].into_iter().filter(|n| *n >= 0));
    }
    out
}

//! The days on which something about a date changes by the passing of time alone.

use super::Horizon;
use crate::decay::Decay;
use crate::kernel::calendar::{elapsed, months_since, moved};
use crate::op::Unit;
use crate::value::Points;

const HOUR: i64 = 3_600_000_000;

/// A date, and its moment where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Date {
    /// The calendar day in the model's zone.
    pub(super) day: i64,
    /// The moment.
    pub(super) micros: Option<i64>,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// It becomes so many whole units since the date (below zero: until it).
    Reaches(Unit, i64),
    /// The date becomes more than so many units ago.
    Passes(Unit, i64),
    /// The date becomes one within the next so many units.
    Nears(Unit, i64),
    /// The date comes.
    Comes,
    /// The day is over; in hours, the moment.
    IsOver(Unit),
    /// The number of units since the date changes.
    Counts(Unit),
    /// Points that fade since the date become less.
    Fades(Decay, Points),
}

impl Turn {
    /// Whether the time of day matters.
    pub(super) const fn hours(self) -> bool {
        match self {
            Self::Reaches(unit, _) | Self::Passes(unit, _) | Self::Nears(unit, _) | Self::IsOver(unit) => {
                matches!(unit, Unit::Hours)
            }
            Self::Comes | Self::Counts(_) | Self::Fades(..) => false,
        }
    }

    /// Adds the places of the days at whose end it has changed, as against the end of the day before.
    pub(super) fn days(self, date: Date, horizon: &Horizon, into: &mut Vec<usize>) {
        let mut add = |day: i64| into.extend(horizon.place(day));
        match self {
            Self::Reaches(Unit::Hours, n) => add(moment(date, horizon, if n >= 1 { n * HOUR } else { (n - 1) * HOUR + 1 })),
            Self::Passes(Unit::Hours, n) => add(moment(date, horizon, n * HOUR + 1)),
            Self::Nears(Unit::Hours, n) => add(moment(date, horizon, -n * HOUR)),
            Self::Comes => add(date.day),
            Self::IsOver(Unit::Hours) => add(moment(date, horizon, 1)),
            Self::IsOver(_) => add(date.day.saturating_add(1)),
            Self::Reaches(unit, n) => reaches(date.day, unit, n).into_iter().for_each(add),
            Self::Passes(unit, n) => match months(unit, n) {
                None => add(date.day + days(unit, n) + 1),
                Some(n) => first(moved(date.day, n), |a| moved(a, -n) > date.day).into_iter().for_each(add),
            },
            Self::Nears(unit, n) => match months(unit, n) {
                None => add(date.day - days(unit, n)),
                Some(n) => first(moved(date.day, -n), |a| moved(a, n) >= date.day).into_iter().for_each(add),
            },
            Self::Counts(Unit::Hours | Unit::Days) => into.extend(0..horizon.days.len()),
            Self::Counts(unit) => {
                let changes = |day: i64| elapsed(date.day, day, unit) != elapsed(date.day, day - 1, unit);
                into.extend(places(horizon, changes));
            }
            Self::Fades(decay, points) => {
                let changes = |day: i64| {
                    let age = day - date.day;
                    age > 0 && age % decay.step() == 0 && decay.at(points, age) != decay.at(points, age - 1)
                };
                into.extend(places(horizon, changes));
            }
        }
    }
}

fn places(horizon: &Horizon, changes: impl Fn(i64) -> bool) -> impl Iterator<Item = usize> {
    horizon.days.iter().enumerate().filter(move |(_, day)| changes(i64::from(day.day))).map(|(at, _)| at)
}

/// The day of a moment so many microseconds after the date's; of a date without one, its day.
fn moment(date: Date, horizon: &Horizon, after: i64) -> i64 {
    let Some(micros) = date.micros else { return date.day };
    let mut day = Vec::with_capacity(1);
    horizon.zone.days(&[micros.saturating_add(after)], &mut day);
    day.first().copied().unwrap_or(date.day)
}

const fn days(unit: Unit, n: i64) -> i64 {
    if matches!(unit, Unit::Weeks) { n.saturating_mul(7) } else { n }
}

const fn months(unit: Unit, n: i64) -> Option<i64> {
    match unit {
        Unit::Months => Some(n),
        Unit::Years => Some(n.saturating_mul(12)),
        Unit::Hours | Unit::Days | Unit::Weeks => None,
    }
}

/// The day on which there are `n` whole units since `day` and were fewer the day before. A part of a unit counts nothing in either
/// direction, so below zero the unit is complete at its far end.
fn reaches(day: i64, unit: Unit, n: i64) -> Vec<i64> {
    let scaled = |size: i64| if n >= 1 { n.saturating_mul(size) } else { (n - 1).saturating_mul(size) + 1 };
    match unit {
        Unit::Hours | Unit::Days => vec![day.saturating_add(n)],
        Unit::Weeks => vec![day.saturating_add(scaled(7))],
        Unit::Months | Unit::Years => {
            let n = if matches!(unit, Unit::Years) { scaled(12) } else { n };
            first(moved(day, if n >= 1 { n } else { n - 1 }), |a| months_since(day, a) >= n)
        }
    }
}

/// The first day about `near` for which something holds that holds for all later ones; the ends of months move it by a few days. All
/// days about it if none is found.
fn first(near: i64, holds: impl Fn(i64) -> bool) -> Vec<i64> {
    let mut about = near - 4..=near + 4;
    match about.clone().find(|&a| holds(a)) {
        Some(found) => vec![found],
        None => about.by_ref().collect(),
    }
}

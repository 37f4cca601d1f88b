//! The calendar, counted on the fingers: days since 1970-01-01 to year, month, day and back.

use lsrc::hir::{AsOf, Duration, Unit};
use lsrc::value::Value;

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ymd {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap(year)),
        _ => 31,
    }
}

/// Days before the first of January of `year`, counted from the year 0.
fn days_before_year(year: i64) -> i64 {
    let y = year - 1;
    365 * year + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + 1
}

pub(crate) fn to_days(date: Ymd) -> i64 {
    let months: i64 = (1..date.month).map(|month| days_in_month(date.year, month)).sum();
    days_before_year(date.year) - days_before_year(1970) + months + date.day - 1
}

pub(crate) fn from_days(days: i64) -> Ymd {
    let mut year = 1970 + days.div_euclid(366);
    while to_days(Ymd { year: year + 1, month: 1, day: 1 }) <= days {
        year += 1;
    }
    while to_days(Ymd { year, month: 1, day: 1 }) > days {
        year -= 1;
    }
    let mut month = 1;
    while month < 12 && to_days(Ymd { year, month: month + 1, day: 1 }) <= days {
        month += 1;
    }
    Ymd { year, month, day: days - to_days(Ymd { year, month, day: 1 }) + 1 }
}

/// `days` moved by whole months, held to the end of the month.
pub(crate) fn move_months(days: i64, months: i64) -> i64 {
    let date = from_days(days);
    let count = date.year * 12 + date.month - 1 + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    to_days(Ymd { year, month, day: date.day.min(days_in_month(year, month)) })
}

/// The calendar day of a moment in the model's zone.
pub(crate) fn day_of(micros: i64, zone: &jiff::tz::TimeZone) -> i64 {
    let moment = jiff::Timestamp::from_microsecond(micros).unwrap();
    let local = i128::from(micros) + i128::from(zone.to_offset(moment).seconds()) * 1_000_000;
    i64::try_from(local.div_euclid(86_400_000_000)).unwrap()
}

/// The calendar day of a date or date-time.
pub(crate) fn day(value: &Value, zone: &jiff::tz::TimeZone) -> i64 {
    match value {
        Value::Date(day) => i64::from(*day),
        Value::DateTime(micros) => day_of(*micros, zone),
        other => panic!("no date: {other:?}"),
    }
}

fn micros_of(value: &Value) -> i128 {
    match value {
        Value::DateTime(micros) => i128::from(*micros),
        other => panic!("hours of {other:?}"),
    }
}

const HOUR: i128 = 3_600_000_000;

/// Whole units elapsed since `value`; negative for a later one.
pub(crate) fn since(value: &Value, unit: Unit, as_of: AsOf, zone: &jiff::tz::TimeZone) -> i64 {
    if matches!(unit, Unit::Hours) {
        return i64::try_from((i128::from(as_of.micros) - micros_of(value)) / HOUR).unwrap();
    }
    let (today, that) = (i64::from(as_of.day), day(value, zone));
    match unit {
        Unit::Hours => unreachable!("told above"),
        Unit::Days => today - that,
        Unit::Weeks => (today - that) / 7,
        Unit::Months => months_since(that, today),
        Unit::Years => months_since(that, today) / 12,
    }
}

/// "The greatest k for which d is on or before the date of `as of` moved back k months"; the mirror of it for a later date.
fn months_since(that: i64, today: i64) -> i64 {
    let mut k = 0;
    if that <= today {
        while that <= move_months(today, -(k + 1)) {
            k += 1;
        }
        k
    } else {
        while that >= move_months(today, k + 1) {
            k += 1;
        }
        -k
    }
}

/// `d within D` and `d within next D`.
pub(crate) fn within(value: &Value, duration: Duration, next: bool, as_of: AsOf, zone: &jiff::tz::TimeZone) -> bool {
    let count = i64::from(duration.count);
    if matches!(duration.unit, Unit::Hours) {
        let elapsed = i128::from(as_of.micros) - micros_of(value);
        let elapsed = if next { -elapsed } else { elapsed };
        return (0..=i128::from(count) * HOUR).contains(&elapsed);
    }
    let (today, that) = (i64::from(as_of.day), day(value, zone));
    if next {
        that >= today && that <= ahead(today, duration.unit, count)
    } else {
        that <= today && that >= ahead(today, duration.unit, -count)
    }
}

/// `d more than D ago`
pub(crate) fn more_than_ago(value: &Value, duration: Duration, as_of: AsOf, zone: &jiff::tz::TimeZone) -> bool {
    let count = i64::from(duration.count);
    if matches!(duration.unit, Unit::Hours) {
        return i128::from(as_of.micros) - micros_of(value) > i128::from(count) * HOUR;
    }
    day(value, zone) < ahead(i64::from(as_of.day), duration.unit, -count)
}

/// The day so many units after another; before it for a count below zero.
pub(crate) fn ahead(today: i64, unit: Unit, count: i64) -> i64 {
    match unit {
        Unit::Hours => panic!("hours are no days"),
        Unit::Days => today + count,
        Unit::Weeks => today + 7 * count,
        Unit::Months => move_months(today, count),
        Unit::Years => move_months(today, 12 * count),
    }
}

#[test]
fn the_calendar_knows_its_landmarks() {
    assert_eq!(to_days(Ymd { year: 1970, month: 1, day: 1 }), 0);
    assert_eq!(to_days(Ymd { year: 2000, month: 3, day: 1 }), 11_017);
    assert_eq!(to_days(Ymd { year: 1969, month: 12, day: 31 }), -1);
    assert_eq!(from_days(11_016), Ymd { year: 2000, month: 2, day: 29 });
    for day in (-800_000..3_000_000).step_by(97) {
        assert_eq!(to_days(from_days(day)), day);
    }
    let march_31 = to_days(Ymd { year: 2025, month: 3, day: 31 });
    assert_eq!(from_days(move_months(march_31, -1)), Ymd { year: 2025, month: 2, day: 28 });
    assert_eq!(from_days(move_months(march_31, 11)), Ymd { year: 2026, month: 2, day: 28 });
}

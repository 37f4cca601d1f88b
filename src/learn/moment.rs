//! When a record is looked at, and whether what became of it counts.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::column::Column;
use crate::hir::{Duration, Unit};
use crate::time::{AsOf, months_on};

/// The value of a date or date-time as a moment: a day's end, or the instant.
#[must_use]
pub fn moment(column: &Column, row: usize, zone: &TimeZone) -> Option<AsOf> {
    match column {
        Column::Date(values) => values.get(row).map(|day| AsOf::end_of(day, zone)),
        Column::DateTime(values) => values.get(row).map(|micros| AsOf::at(micros, zone)),
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => None,
    }
}

/// The last moment that is within `duration` after `at`: for hours the instant, else the end of a calendar day.
fn deadline(at: AsOf, duration: Duration) -> Option<(i32, Option<i64>)> {
    let count = i64::from(duration.count);
    let days = |n: i64| i32::try_from(n).ok().and_then(|n| at.day.checked_add(n));
    match duration.unit {
        Unit::Hours => {
            let last = at.micros.checked_add(count.checked_mul(3_600_000_000)?)?;
            Some((days(count / 24 + 1)?, Some(last)))
        }
        Unit::Days => Some((days(count)?, None)),
        Unit::Weeks => Some((days(count.checked_mul(7)?)?, None)),
        Unit::Months => Some((months_on(at.day, count)?, None)),
        Unit::Years => Some((months_on(at.day, count.checked_mul(12)?)?, None)),
    }
}

/// Whether `moment` is not after the deadline.
fn in_time(moment: AsOf, (day, micros): (i32, Option<i64>)) -> bool {
    micros.map_or(moment.day <= day, |last| moment.micros <= last)
}

/// What becomes of a record in a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It converted in time.
    Converted,
    /// It did not.
    Lost,
    /// Whether it converted, or when, is unknown.
    Unknown,
    /// Its own moment is unknown.
    NoMoment,
    /// Its own moment is after the end of the data.
    Future,
    /// It is too young for the window to have passed.
    Immature,
    /// It had converted before its own moment.
    Before,
}

/// How an outcome is judged.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    /// The end of the data.
    pub end: AsOf,
    /// How long after its moment a record may convert.
    pub within: Option<Duration>,
}

impl Judge {
    /// Judges a record: its moment (`None` where the study has none for each), whether the outcome holds, and when it came.
    #[must_use]
    pub fn verdict(&self, moment: Option<Option<AsOf>>, outcome: Option<bool>, came: Option<AsOf>) -> Verdict {
        let at = match moment {
            None => None,
            Some(None) => return Verdict::NoMoment,
            Some(Some(at)) if at.day > self.end.day => return Verdict::Future,
            Some(Some(at)) => Some(at),
        };
        let Some(converted) = outcome else { return Verdict::Unknown };
        let (Some(at), Some(within)) = (at, self.within) else {
            return if converted { Verdict::Converted } else { Verdict::Lost };
        };
        // Where the deadline is beyond the calendar, no record is old enough.
        let Some(deadline) = deadline(at, within) else { return Verdict::Immature };
        let passed = deadline.1.map_or(self.end.day >= deadline.0, |last| self.end.micros >= last);
        if !passed {
            return Verdict::Immature;
        }
        if !converted {
            return Verdict::Lost;
        }
        match came {
            None => Verdict::Unknown,
            Some(came) if came.day < at.day => Verdict::Before,
            Some(came) if in_time(came, deadline) => Verdict::Converted,
            Some(_) => Verdict::Lost,
        }
    }
}

/// How many records a study read, and how many of them take part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Intake {
    /// Read.
    pub read: u64,
    /// Not matched by `--where`.
    pub filtered: u64,
    /// Outcome unknown.
    pub unknown: u64,
    /// Moment unknown.
    pub without_moment: u64,
    /// Moment after the end of the data.
    pub future: u64,
    /// Too young.
    pub immature: u64,
    /// Converted before their moment.
    pub before: u64,
    /// Without a weight, or with one that is not above zero.
    pub without_weight: u64,
    /// Left out by the rules, by reason.
    pub excluded_by: Vec<(String, u64)>,
}

impl Intake {
    /// Counts what does not take part.
    pub fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Converted | Verdict::Lost => {}
            Verdict::Unknown => self.unknown += 1,
            Verdict::NoMoment => self.without_moment += 1,
            Verdict::Future => self.future += 1,
            Verdict::Immature => self.immature += 1,
            Verdict::Before => self.before += 1,
        }
    }

    /// Counts an excluded record.
    pub fn exclude(&mut self, reason: &str) {
        match self.excluded_by.iter_mut().find(|(r, _)| r == reason) {
            Some((_, n)) => *n += 1,
            None => self.excluded_by.push((reason.to_owned(), 1)),
        }
        self.excluded_by.sort();
    }

    /// All that the rules excluded.
    #[must_use]
    pub fn excluded(&self) -> u64 {
        self.excluded_by.iter().map(|(_, n)| n).sum()
    }
}

/// A span of time that records are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
}

impl Period {
    /// The name of the period that holds a day: `2026-01`, `2026-Q1`.
    #[must_use]
    pub fn name(self, day: i32) -> String {
        match crate::time::civil(day) {
            None => String::new(),
            Some(date) => match self {
                Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
                Self::Quarter => format!("{:04}-Q{}", date.year(), (date.month() + 2) / 3),
            },
        }
    }
}

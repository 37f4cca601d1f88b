//! Days, months and zones over whole columns.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::op::{Duration, Unit};
use crate::time::{self, AsOf};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
/// No date of any kind lies this many days from 1970.
const FARTHEST: i64 = 1 << 40;

/// A zone's offsets from 1900 to 2100 by their first moment, so that a moment's day takes no look at the zone's rules.
#[derive(Debug, Clone)]
pub struct ZoneTable {
    zone: TimeZone,
    starts: Vec<i64>,
    offsets: Vec<i64>,
    end: i64,
}

impl ZoneTable {
    /// The table of a zone.
    #[must_use]
    pub fn new(zone: &TimeZone) -> Self {
        let first = time::day_number(jiff::civil::Date::constant(1900, 1, 1));
        let last = time::day_number(jiff::civil::Date::constant(2100, 1, 1));
        let (first, end) = (i64::from(first) * DAY, i64::from(last) * DAY);
        let mut starts = vec![first];
        let mut offsets = vec![offset(first, zone)];
        if let Ok(from) = Timestamp::from_microsecond(first) {
            for transition in zone.following(from) {
                let at = transition.timestamp().as_microsecond();
                if at >= end {
                    break;
                }
                starts.push(at);
                offsets.push(i64::from(transition.offset().seconds()) * 1_000_000);
            }
        }
        Self { zone: zone.clone(), starts, offsets, end }
    }

    /// The local days of moments.
    pub fn days(&self, moments: &[i64], out: &mut Vec<i64>) {
        out.clear();
        if let ([start], [offset]) = (self.starts.as_slice(), self.offsets.as_slice()) {
            out.extend(
                moments
                    .iter()
                    .map(|&at| if (*start..self.end).contains(&at) { (at + offset).div_euclid(DAY) } else { self.slowly(at) }),
            );
            return;
        }
        let (mut from, mut to, mut offset) = (0, 0, 0);
        out.extend(moments.iter().map(|&at| {
            if !(from..to).contains(&at) {
                let place = self.starts.partition_point(|&start| start <= at);
                let Some(found) =
                    place.checked_sub(1).and_then(|before| Some((self.starts.get(before)?, self.offsets.get(before)?)))
                else {
                    return self.slowly(at);
                };
                if at >= self.end {
                    return self.slowly(at);
                }
                (from, offset) = (*found.0, *found.1);
                to = self.starts.get(place).copied().unwrap_or(self.end);
            }
            (at + offset).div_euclid(DAY)
        }));
    }

    fn slowly(&self, at: i64) -> i64 {
        i64::from(time::day_of(at, &self.zone))
    }

    /// Some moment of a local day: its noon. A day that the calendar does not reach stands for the last that it does; one that the
    /// zone left out (Samoa had no 30 December 2011) for the one `beside` it: 1 behind, -1 before.
    #[must_use]
    pub fn noon(&self, day: i64, beside: i64) -> i64 {
        let first = Timestamp::MIN.as_microsecond() / DAY + 2;
        let day = day.clamp(first, i64::from(time::day_number(jiff::civil::Date::MAX)));
        let noon = |day: i64| {
            let local = day.saturating_mul(DAY).saturating_add(DAY / 2);
            local.saturating_sub(offset(local, &self.zone))
        };
        let moment = noon(day);
        if self.slowly(moment) == day { moment } else { noon(day + beside) }
    }
}

fn offset(at: i64, zone: &TimeZone) -> i64 {
    i64::from(time::ahead(at, zone)) * 1_000_000
}

/// Year, month from 0 and day from 1 of a day number, in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date
/// algorithms").
fn civil(day: i64) -> (i64, i64, i64) {
    let z = day.clamp(-FARTHEST, FARTHEST) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 2 } else { mp - 10 };
    (yoe + era * 400 + i64::from(month < 2), month, doy - (153 * mp + 2) / 5 + 1)
}

fn number(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month < 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 10) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn month_length(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 11 { (year + 1, 0) } else { (year, month + 1) };
    number(next_year, next, 1) - number(year, month, 1)
}

/// The day `months` months later (earlier if below zero), held to the end of its month.
#[must_use]
pub fn moved(day: i64, months: i64) -> i64 {
    let (year, month, day) = civil(day);
    let total = year * 12 + month + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12));
    number(year, month, day.min(month_length(year, month)))
}

/// A day that lies `by` after another (before it unless `later`), or for hours a moment.
pub fn moved_by(at: i64, by: Duration, later: bool) -> i64 {
    let count = if later { i64::from(by.count) } else { -i64::from(by.count) };
    match by.unit {
        Unit::Hours => at.saturating_add(count.saturating_mul(HOUR)),
        Unit::Days => at.saturating_add(count),
        Unit::Weeks => at.saturating_add(7 * count),
        Unit::Months => moved(at, count),
        Unit::Years => moved(at, 12 * count),
    }
}

/// The number of the week (from Monday) or month that a day lies in; of another unit the day itself.
pub fn period_of(day: i64, unit: Unit) -> i64 {
    match unit {
        // 1970-01-01 was a Thursday.
        Unit::Weeks => (day + 3).div_euclid(7),
        Unit::Months => i32::try_from(day)
            .ok()
            .and_then(time::civil)
            .map_or(i64::MIN, |date| i64::from(date.year()) * 12 + i64::from(date.month())),
        Unit::Hours | Unit::Days | Unit::Years => day,
    }
}

/// Whole months from `day` to `as_of`; below zero for a later day.
#[must_use]
pub fn months_since(day: i64, as_of: i64) -> i64 {
    let ((ay, am, _), (dy, dm, _)) = (civil(as_of), civil(day));
    let apart = (ay * 12 + am) - (dy * 12 + dm);
    let same_month = moved(as_of, -apart);
    if day <= as_of { apart - i64::from(day > same_month) } else { apart + i64::from(day < same_month) }
}

/// Whole units elapsed from `day` to `as_of`; for a later day counted the other way, and below zero.
#[must_use]
pub fn elapsed(day: i64, as_of: i64, unit: Unit) -> i64 {
    match unit {
        Unit::Hours => as_of.saturating_sub(day).saturating_mul(24),
        Unit::Days => as_of.saturating_sub(day),
        Unit::Weeks => as_of.saturating_sub(day) / 7,
        Unit::Months => months_since(day, as_of),
        Unit::Years => months_since(day, as_of) / 12,
    }
}

/// Whole hours elapsed from a moment to `as_of`.
#[must_use]
pub fn hours_elapsed(moment: i64, as_of: i64) -> i64 {
    as_of.saturating_sub(moment) / HOUR
}

/// The days, or for hours the moments, that lie `duration` before (`ahead`: after) `as_of`.
#[must_use]
pub fn away(as_of: AsOf, duration: Duration, ahead: bool) -> i64 {
    let count = if ahead { i64::from(duration.count) } else { -i64::from(duration.count) };
    let day = i64::from(as_of.day);
    match duration.unit {
        Unit::Hours => as_of.micros.saturating_add(count.saturating_mul(HOUR)),
        Unit::Days => day + count,
        Unit::Weeks => day + 7 * count,
        Unit::Months => moved(day, count),
        Unit::Years => moved(day, 12 * count),
    }
}

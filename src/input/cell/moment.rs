//! Dates and date-times in text: ISO 8601, epoch milliseconds, or a form declared by example.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::schema::{DateForm, DateOrder};
use crate::time::{civil, local_micros};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A date with the time and zone that stand behind it, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    /// Days since 1970-01-01.
    day: i32,
    /// Microseconds since midnight.
    time: i64,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

/// Reads a trimmed text as a date: the date as written, or the UTC date of epoch milliseconds.
pub(crate) fn date(text: &str, form: Option<DateForm>) -> Option<i32> {
    if let Some(day) = iso_date(text.as_bytes()) {
        return Some(day);
    }
    if let Some(millis) = epoch_millis(text) {
        return day_of_millis(millis);
    }
    written(text, form).map(|w| w.day)
}

/// Reads a trimmed text as a point in time; a text without zone is local time in `zone`.
pub(crate) fn datetime(text: &str, form: Option<DateForm>, zone: &Zone) -> Option<i64> {
    if let Some(millis) = epoch_millis(text) {
        return instant_of_millis(millis);
    }
    let w = written(text, form)?;
    match w.offset {
        Some(offset) => i64::from(w.day).checked_mul(DAY)?.checked_add(w.time)?.checked_sub(i64::from(offset) * 1_000_000),
        None => zone.instant(w.day, w.time),
    }
}

/// The UTC day of epoch milliseconds.
pub(crate) fn day_of_millis(millis: i64) -> Option<i32> {
    let day = i32::try_from(millis.div_euclid(86_400_000)).ok()?;
    civil(day).map(|_| day)
}

/// The point in time of epoch milliseconds.
pub(crate) fn instant_of_millis(millis: i64) -> Option<i64> {
    day_of_millis(millis)?;
    millis.checked_mul(1000)
}

/// Whether a whole number is epoch milliseconds rather than anything else: eleven digits or more, or negative.
pub(crate) fn is_epoch(n: i64) -> bool {
    !(0..10_000_000_000).contains(&n)
}

/// A zone with a short way for UTC.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    zone: TimeZone,
    utc: bool,
}

impl Zone {
    /// The zone of a schema.
    pub(crate) fn new(zone: &TimeZone) -> Self {
        Self { utc: *zone == TimeZone::UTC, zone: zone.clone() }
    }

    /// Whether a wall clock shows the time of UTC.
    pub(crate) fn is_utc(&self) -> bool {
        self.utc
    }

    /// The point in time of a local day and microsecond of the day.
    pub(crate) fn instant(&self, day: i32, time: i64) -> Option<i64> {
        if self.utc {
            return i64::from(day).checked_mul(DAY)?.checked_add(time);
        }
        local_micros(DateTime::from_parts(civil(day)?, clock(time)?), &self.zone)
    }

    /// The point in time of microseconds of the wall clock.
    pub(crate) fn instant_of_local(&self, local: i64) -> Option<i64> {
        self.instant(i32::try_from(local.div_euclid(DAY)).ok()?, local.rem_euclid(DAY))
    }
}

/// The day of microseconds since 1970-01-01T00:00 on the same clock.
pub(crate) fn day_of_micros(micros: i64) -> Option<i32> {
    let day = i32::try_from(micros.div_euclid(DAY)).ok()?;
    civil(day).map(|_| day)
}

fn clock(micros: i64) -> Option<Time> {
    let seconds = micros / 1_000_000;
    Time::new(
        i8::try_from(seconds / 3600).ok()?,
        i8::try_from(seconds / 60 % 60).ok()?,
        i8::try_from(seconds % 60).ok()?,
        i32::try_from(micros % 1_000_000 * 1000).ok()?,
    )
    .ok()
}

/// The highest bit of each of eight bytes.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// `YYYY-MM-DD` and nothing else.
#[inline]
pub(crate) fn iso_date(bytes: &[u8]) -> Option<i32> {
    // Eight bytes at once: without what `0000-00-` has, a digit is its value and a hyphen is 0.
    const FORM: u64 = u64::from_le_bytes(*b"0000-00-");
    // What brings the least byte that is wrong there, and none that is right, to the highest bit.
    const UP: u64 = u64::from_le_bytes([0x76, 0x76, 0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f]);
    let &[d1, d2] = bytes.get(8..)? else { return None };
    let first = bytes.first_chunk::<8>()?;
    let values = u64::from_le_bytes(*first) ^ FORM;
    if (values | (values & !HIGHEST).wrapping_add(UP)) & HIGHEST != 0 {
        return None;
    }
    let digit = |at: u32| (values >> (8 * at) & 0xf) as i32;
    let year = (digit(0) * 10 + digit(1)) * 100 + digit(2) * 10 + digit(3);
    civil_day(year, digit(5) * 10 + digit(6), two(d1, d2)?)
}

/// A number of two digits.
fn two(a: u8, b: u8) -> Option<i32> {
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i32::from(a - b'0') * 10 + i32::from(b - b'0'))
}

/// The day of a calendar date, if it exists.
fn civil_day(year: i32, month: i32, day: i32) -> Option<i32> {
    const LENGTHS: [i32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let last = *LENGTHS.get(usize::try_from(month).ok()?)?;
    let leap = || year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if day < 1 || day > last || (day == 29 && month == 2 && !leap()) {
        return None;
    }
    // Days from civil, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn epoch_millis(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let long = digits.len() >= 11 || digits.len() < text.len();
    if !long || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn written(text: &str, form: Option<DateForm>) -> Option<Written> {
    if let Some(found) = iso(text) {
        return Some(found);
    }
    formed(text, form?)
}

/// ISO 8601 with hyphens: a date, or a date and a time behind a space or a `T`.
fn iso(text: &str) -> Option<Written> {
    let day = iso_date(text.as_bytes().get(..10)?)?;
    if let Some((time, utc)) = text.as_bytes().get(10..).and_then(usual_time) {
        return Some(Written { day, time, offset: utc.then_some(0) });
    }
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(Written { day, time: 0, offset: None });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let (time, rest) = time_of_day(rest)?;
    let offset = zone_offset(rest)?;
    Some(Written { day, time, offset })
}

/// `YYYY-MM-DDTHH:MM:SS`, perhaps with a `Z`, and nothing else: the point in time.
#[inline]
pub(crate) fn iso_moment(bytes: &[u8], zone: &Zone) -> Option<i64> {
    let (date, rest) = bytes.split_at_checked(10)?;
    let (time, utc) = usual_time(rest)?;
    let day = iso_date(date)?;
    if !utc && !zone.utc {
        return zone.instant(day, time);
    }
    i64::from(day).checked_mul(DAY)?.checked_add(time)
}

/// `T10:30:00`, perhaps with a `Z`: microseconds since midnight, and whether of UTC. The usual case, eight bytes at once as a date's.
#[inline]
fn usual_time(bytes: &[u8]) -> Option<(i64, bool)> {
    const FORM: u64 = u64::from_le_bytes(*b"00:00:00");
    const UP: u64 = u64::from_le_bytes([0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76]);
    let (b'T' | b' ', clock) = bytes.split_first()? else { return None };
    let (clock, rest) = clock.split_first_chunk::<8>()?;
    let utc = match rest {
        [] => false,
        [b'Z'] => true,
        _ => return None,
    };
    let values = u64::from_le_bytes(*clock) ^ FORM;
    if (values | (values & !HIGHEST).wrapping_add(UP)) & HIGHEST != 0 {
        return None;
    }
    let two = |at: u32| (values >> (8 * at) & 0xf) as i64 * 10 + (values >> (8 * at + 8) & 0xf) as i64;
    let (hour, minute, second) = (two(0), two(3), two(6));
    let exists = hour < 24 && minute < 60 && second < 60;
    exists.then_some((((hour * 60 + minute) * 60 + second) * 1_000_000, utc))
}

/// `H:MM`, `HH:MM`, `HH:MM:SS`, with a fraction of a second; microseconds since midnight and what follows.
fn time_of_day(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ','))).unwrap_or(text.len());
    let (clock, rest) = text.split_at_checked(end)?;
    let mut parts = clock.split(':');
    let hour = small(parts.next()?, 1, 23)?;
    let minute = small(parts.next()?, 2, 59)?;
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once(['.', ',']).map_or((seconds, None), |(w, f)| (w, Some(f)));
            (small(whole, 2, 59)?, fraction.map_or(Some(0), micros_of_fraction)?)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, rest))
}

/// A number of at most two digits, at least `width` of them, up to `max`.
fn small(text: &str, width: usize, max: i64) -> Option<i64> {
    if !(width..=2).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&n| n <= max)
}

/// Digits beyond the sixth are cut off.
fn micros_of_fraction(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept = text.get(..text.len().min(6))?;
    let n: i64 = kept.parse().ok()?;
    Some(n * 10_i64.pow(6 - u32::try_from(kept.len()).ok()?))
}

/// Nothing, `Z`, `UTC`, `GMT`, `+02`, `+0200`, `+02:00`: seconds east of UTC. The outer `None` means that it is none of these.
fn zone_offset(text: &str) -> Option<Option<i32>> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some(None);
    }
    if ["z", "utc", "gmt"].iter().any(|zero| text.eq_ignore_ascii_case(zero)) {
        return Some(Some(0));
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let seconds = small(hours, 2, 18)? * 3600 + small(minutes, 2, 59)? * 60;
    Some(Some(sign * i32::try_from(seconds).ok()?))
}

/// An offset such as `+05:00`, in seconds east of UTC.
pub(crate) fn offset(text: &str) -> Option<i32> {
    zone_offset(text).flatten()
}

/// A date in the declared form, perhaps with a time.
fn formed(text: &str, form: DateForm) -> Option<Written> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == form.separator)).unwrap_or(text.len());
    let (date, rest) = text.split_at_checked(end)?;
    let mut parts = date.split(form.separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match form.order {
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::MonthDayYear => (c, a, b),
        DateOrder::YearMonthDay => (a, b, c),
    };
    if year.len() != 4 {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let day = civil_day(year, i32::try_from(small(month, 1, 12)?).ok()?, i32::try_from(small(day, 1, 31)?).ok()?)?;
    if rest.is_empty() {
        return Some(Written { day, time: 0, offset: None });
    }
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    let rest = rest.strip_prefix(|c: char| c == 'T' || c.is_whitespace())?.trim_start();
    let (time, rest) = time_of_day(rest)?;
    if !form.twelve_hours {
        return Some(Written { day, time, offset: zone_offset(rest)? });
    }
    const NOON: i64 = DAY / 2;
    let half = rest.trim_start();
    let afternoon = match half.get(..2)?.to_ascii_lowercase().as_str() {
        "am" => false,
        "pm" => true,
        _ => return None,
    };
    let hour = time / 3_600_000_000;
    if !(1..=12).contains(&hour) {
        return None;
    }
    let time = time % NOON + if afternoon { NOON } else { 0 };
    Some(Written { day, time, offset: zone_offset(half.get(2..)?)? })
}

/// Every form that the language can declare, with the example that declares it.
pub(crate) fn forms() -> impl Iterator<Item = (DateForm, String)> {
    let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
    let separators = ['/', '.', '-'];
    let times = [(false, false, ""), (false, true, " 23:59"), (true, true, " 11:59 PM")];
    times.into_iter().flat_map(move |(twelve_hours, has_time, time)| {
        separators.into_iter().flat_map(move |separator| {
            orders.into_iter().map(move |order| {
                let example = match order {
                    DateOrder::DayMonthYear => format!("31{separator}12{separator}2026{time}"),
                    DateOrder::MonthDayYear => format!("12{separator}31{separator}2026{time}"),
                    DateOrder::YearMonthDay => format!("2026{separator}12{separator}31{time}"),
                };
                (DateForm { order, separator, twelve_hours, has_time }, example)
            })
        })
    })
}

/// A day as ISO 8601 writes it.
pub(crate) fn day_text(day: i32) -> String {
    civil(day).map_or_else(String::new, |d: Date| d.to_string())
}

/// A point in time as ISO 8601 writes it, in UTC.
pub(crate) fn instant_text(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |t| t.to_string())
}

/// A wall clock's date and time as ISO 8601 writes it.
pub(crate) fn local_text(micros: i64) -> String {
    let text = instant_text(micros);
    text.strip_suffix('Z').map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: &str) -> Option<i64> {
        datetime(text, None, &Zone::new(&TimeZone::get(zone).unwrap()))
    }

    #[test]
    fn days_agree_with_the_calendar() {
        for day in (-800_000..2_900_000).step_by(97) {
            let text = civil(day).unwrap().to_string();
            if text.len() == 10 {
                assert_eq!(date(&text, None), Some(day), "{text}");
            }
        }
        assert_eq!(date("2026-02-29", None), None);
        assert_eq!(date("2026-02-28T10:00:00+14:00", None), date("2026-02-28", None));
        assert_eq!(date("1430438400000", None), date("2015-05-01", None));
        assert_eq!(date("-86400000", None), date("1969-12-31", None));
        for wrong in
            ["2026-0a-15", "2026-01:15", "2026/01-15", "202\u{e9}-01-1", "2026-13-01", "2026-00-01", "2026-04-31", "2026-01-00"]
        {
            assert_eq!(date(wrong, None), None, "{wrong}");
        }
        assert_eq!(date("20260115", None), None);
        assert_eq!(date("1430438400", None), None);
    }

    #[test]
    fn times_of_the_wild() {
        let noon = Some(1_700_049_600_000_000);
        for text in [
            "2023-11-15 12:00",
            "2023-11-15T12:00:00",
            "2023-11-15 12:00:00.000000 UTC",
            "2023-11-15T14:00+02:00",
            "1700049600000",
        ] {
            assert_eq!(at(text, "UTC"), noon, "{text}");
        }
        assert_eq!(at("2024-12-30 3:15:52", "UTC"), at("2024-12-30T03:15:52Z", "UTC"));
        assert_eq!(at("2023-11-15T12:00:60", "UTC"), None);
        assert_eq!(at("2023-11-15T24:00", "UTC"), None);
    }

    #[test]
    fn local_times_that_are_skipped_or_occur_twice() {
        assert_eq!(at("2024-03-31 02:30", "Europe/Paris"), at("2024-03-31T03:30+02:00", "UTC"));
        assert_eq!(at("2024-10-27 02:30", "Europe/Paris"), at("2024-10-27T02:30+02:00", "UTC"));
    }

    #[test]
    fn declared_forms() {
        let american = DateForm { order: DateOrder::MonthDayYear, separator: '/', twelve_hours: true, has_time: true };
        let zone = Zone::new(&TimeZone::UTC);
        assert_eq!(datetime("02/04/2024 4:39 PM", Some(american), &zone), at("2024-02-04T16:39", "UTC"));
        assert_eq!(datetime("2/4/2024 12:05 am", Some(american), &zone), at("2024-02-04T00:05", "UTC"));
        assert_eq!(datetime("02/04/2024 13:00 PM", Some(american), &zone), None);
        assert_eq!(date("02/30/2024", Some(american)), None);
        assert_eq!(forms().count(), 27);
    }
}

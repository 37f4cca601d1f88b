//! Dates and date-times in text: ISO 8601, epoch milliseconds, or a form declared by example.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::schema::{CalendarForm, DateForm, DateOrder, month, split_date};
use crate::time::{civil, exists, local_micros};

pub(crate) use super::shown::{day_text, instant_text, is_day, local_text};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A date with the time and zone that are behind it, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    /// Microseconds since midnight.
    time: i64,
    at: At,
}

/// Which clock shows a time.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// That of the schema's zone.
    Local,
    /// One so many seconds east of UTC.
    Offset(i32),
    /// That of a zone which the cell names.
    Named(TimeZone),
}

impl Written {
    /// The point in time, where `zone` is that of a time without one.
    pub(crate) fn instant(&self, zone: &Zone) -> Option<i64> {
        match &self.at {
            At::Offset(offset) => {
                i64::from(self.day).checked_mul(DAY)?.checked_add(self.time)?.checked_sub(i64::from(*offset) * 1_000_000)
            }
            At::Local => zone.instant(self.day, self.time),
            At::Named(zone) => Zone::new(zone).instant(self.day, self.time),
        }
    }
}

/// Reads a trimmed text as a date: the date as written, or the UTC date of epoch milliseconds.
pub(crate) fn date(text: &str, forms: &[DateForm]) -> Option<i32> {
    if let Some(day) = iso_date(text.as_bytes()) {
        return Some(day);
    }
    if let Some(millis) = epoch_millis(text) {
        return day_of_millis(millis);
    }
    written(text, forms).map(|w| w.day)
}

/// Reads a trimmed text as a point in time; a text without zone is local time in `zone`.
pub(crate) fn datetime(text: &str, forms: &[DateForm], zone: &Zone) -> Option<i64> {
    if let Some(millis) = epoch_millis(text) {
        return instant_of_millis(millis);
    }
    written(text, forms)?.instant(zone)
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

/// Whether a whole number is epoch milliseconds rather than anything else: eleven digits or more.
pub(crate) fn is_epoch(n: i64) -> bool {
    n.unsigned_abs() >= 10_000_000_000
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

    /// Whether the calendar reaches a point in time.
    pub(crate) fn reaches(&self, micros: i64) -> bool {
        exists(micros, &self.zone)
    }

    /// Whether it reaches all of them.
    pub(crate) fn reaches_all(&self, moments: &[i64]) -> bool {
        moments.iter().all(|&micros| self.reaches(micros))
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
    if digits.len() < 11 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn written(text: &str, forms: &[DateForm]) -> Option<Written> {
    iso(text).or_else(|| forms.iter().find_map(|form| formed(text, *form)))
}

/// ISO 8601 with hyphens: a date, or a date and a time behind a space or a `T`.
fn iso(text: &str) -> Option<Written> {
    let day = iso_date(text.as_bytes().get(..10)?)?;
    if let Some((time, utc)) = text.as_bytes().get(10..).and_then(usual_time) {
        return Some(Written { day, time, at: if utc { At::Offset(0) } else { At::Local } });
    }
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(Written { day, time: 0, at: At::Local });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let (time, rest) = time_of_day(rest)?;
    Some(Written { day, time, at: place(rest)? })
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
fn zone_offset(whole: &str) -> Option<Option<i32>> {
    let whole = whole.trim_start();
    let text = whole;
    if text.is_empty() {
        return Some(None);
    }
    if ["z", "utc", "gmt"].iter().any(|zero| text.eq_ignore_ascii_case(zero)) {
        return Some(Some(0));
    }
    // `GMT+0100`
    let zero = text.split_at_checked(3).filter(|(head, _)| ["utc", "gmt"].iter().any(|zero| head.eq_ignore_ascii_case(zero)));
    let text = zero.map_or(whole, |(_, rest)| rest);
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

/// The zone behind a time, in brackets or not: nothing, an offset, or a name of the zone database. An abbreviation that the database
/// does not have can be that of several zones, so it is none.
fn place(text: &str) -> Option<At> {
    let text = text.trim();
    let bare = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).map_or(text, str::trim);
    if bare.is_empty() && !text.is_empty() {
        return None;
    }
    if let Some(offset) = zone_offset(bare) {
        return Some(offset.map_or(At::Local, At::Offset));
    }
    let named = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+'));
    if !named || !bare.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    TimeZone::get(bare).ok().map(At::Named)
}

/// An offset such as `+05:00`, in seconds east of UTC.
pub(crate) fn offset(text: &str) -> Option<i32> {
    zone_offset(text).flatten()
}

/// A date by a form that is declared, perhaps with a time.
fn formed(text: &str, form: DateForm) -> Option<Written> {
    let form = match form {
        DateForm::Calendar(form) => form,
        DateForm::Serial => return serial(text),
        DateForm::EpochSeconds => return epoch_seconds(text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())??),
    };
    let split = split_date(text)?;
    if split.month.is_some() != form.month_name || split.separator != form.separator {
        return None;
    }
    let [a, b, c] = split.parts;
    let (year, month, day) = match form.order {
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::MonthDayYear => (c, a, b),
        DateOrder::YearMonthDay => (a, b, c),
    };
    if year.len() != if form.short_year { 2 } else { 4 } {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let year = match year {
        _ if !form.short_year => year,
        ..=68 => 2000 + year,
        _ => 1900 + year,
    };
    let month = if form.month_name { i32::from(self::month(month)?) } else { i32::try_from(small(month, 1, 12)?).ok()? };
    let day = civil_day(year, month, i32::try_from(small(day, 1, 31)?).ok()?)?;
    let rest = split.rest;
    if rest.is_empty() {
        return Some(Written { day, time: 0, at: At::Local });
    }
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    let rest = rest.strip_prefix(|c: char| c == 'T' || c.is_whitespace())?.trim_start();
    let (time, rest) = time_of_day(rest)?;
    if !form.twelve_hours {
        return Some(Written { day, time, at: place(rest)? });
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
    Some(Written { day, time, at: place(half.get(2..)?)? })
}

/// A spreadsheet's day number in the system of 1900, with the time as a fraction: at most 7 digits before the sign.
fn serial(text: &str) -> Option<Written> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() > 7 {
        return None;
    }
    serial_number(format!("{whole}.{part}").parse().ok()?)
}

/// The same as a number. Numbers up to 60 count a day that never was, so none of them is a date.
fn serial_number(serial: f64) -> Option<Written> {
    /// 9999-12-31
    const LAST: f64 = 2_958_465.0;
    const MILLIS: f64 = 86_400_000.0;
    if !(61.0..LAST + 1.0).contains(&serial) {
        return None;
    }
    // A spreadsheet knows a time to the millisecond; what its fraction has behind that comes of rounding.
    let millis = (serial * MILLIS).round() as i64;
    let day = i32::try_from(millis.div_euclid(86_400_000) - 25_569).ok()?;
    civil(day)?;
    Some(Written { day, time: millis.rem_euclid(86_400_000) * 1000, at: At::Local })
}

/// Seconds since 1970-01-01T00:00Z, of 8 to 10 digits.
fn epoch_seconds(seconds: i64) -> Option<Written> {
    if !(10_000_000..10_000_000_000).contains(&seconds) {
        return None;
    }
    let day = i32::try_from(seconds.div_euclid(86_400)).ok()?;
    Some(Written { day, time: seconds.rem_euclid(86_400) * 1_000_000, at: At::Offset(0) })
}

/// What a number that a source types as such is as a date: epoch milliseconds, or a form that is declared.
pub(crate) fn of_number(number: f64, forms: &[DateForm]) -> Option<Written> {
    let whole = (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    if let Some(millis) = whole.filter(|&n| is_epoch(n)) {
        let day = day_of_millis(millis)?;
        return Some(Written { day, time: millis.rem_euclid(86_400_000) * 1000, at: At::Offset(0) });
    }
    forms.iter().find_map(|form| match form {
        DateForm::Serial => serial_number(number),
        DateForm::EpochSeconds => epoch_seconds(whole?),
        DateForm::Calendar(_) => None,
    })
}

/// The forms that can be declared and are told apart by reading, the more usual first, each with the example that declares it.
pub(crate) fn forms() -> impl Iterator<Item = (DateForm, String)> {
    let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
    let times = [(false, false, ""), (false, true, " 23:59"), (true, true, " 11:59 PM")];
    let years = [(false, "2026"), (true, "26")];
    let styles = [('/', "12"), ('.', "12"), ('-', "12"), (' ', "Dec")];
    let calendar = times.into_iter().flat_map(move |(twelve_hours, has_time, time)| {
        years.into_iter().flat_map(move |(short_year, year)| {
            styles.into_iter().flat_map(move |(separator, month)| {
                orders.into_iter().map(move |order| {
                    let month_name = separator == ' ';
                    let between = if month_name { '-' } else { separator };
                    let example = match order {
                        DateOrder::DayMonthYear => format!("31{between}{month}{between}{year}{time}"),
                        DateOrder::MonthDayYear if month_name => format!("{month} 31, {year}{time}"),
                        DateOrder::MonthDayYear => format!("{month}{between}31{between}{year}{time}"),
                        DateOrder::YearMonthDay => format!("{year}{between}{month}{between}31{time}"),
                    };
                    let form = CalendarForm { order, separator, month_name, short_year, twelve_hours, has_time };
                    (DateForm::Calendar(form), example)
                })
            })
        })
    });
    // A year of two digits is behind the month as a rule; before it, it would be a doubt of every such date.
    let usual = |form: &DateForm| !matches!(form, DateForm::Calendar(c) if c.short_year && c.order == DateOrder::YearMonthDay);
    calendar.filter(move |(form, _)| usual(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: &str) -> Option<i64> {
        datetime(text, &[], &Zone::new(&TimeZone::get(zone).unwrap()))
    }

    #[test]
    fn days_agree_with_the_calendar() {
        for day in (-800_000..2_900_000).step_by(97) {
            let text = civil(day).unwrap().to_string();
            if text.len() == 10 {
                assert_eq!(date(&text, &[]), Some(day), "{text}");
            }
        }
        assert_eq!(date("2026-02-29", &[]), None);
        assert_eq!(date("2026-02-28T10:00:00+14:00", &[]), date("2026-02-28", &[]));
        assert_eq!(date("1430438400000", &[]), date("2015-05-01", &[]));
        assert_eq!(date("-86400000000", &[]), date("1967-04-07", &[]));
        for small in ["-1", "-86400000", "0", "9999999999"] {
            assert_eq!(date(small, &[]), None, "{small}");
        }
        for wrong in
            ["2026-0a-15", "2026-01:15", "2026/01-15", "202\u{e9}-01-1", "2026-13-01", "2026-00-01", "2026-04-31", "2026-01-00"]
        {
            assert_eq!(date(wrong, &[]), None, "{wrong}");
        }
        assert_eq!(date("20260115", &[]), None);
        assert_eq!(date("1430438400", &[]), None);
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
        let zone = Zone::new(&TimeZone::UTC);
        let form = |example: &str| [DateForm::by_example(example).unwrap()];
        let american = form("12/31/2026 11:59 PM");
        assert_eq!(datetime("02/04/2024 4:39 PM", &american, &zone), at("2024-02-04T16:39", "UTC"));
        assert_eq!(datetime("2/4/2024 12:05 am", &american, &zone), at("2024-02-04T00:05", "UTC"));
        assert_eq!(datetime("02/04/2024 13:00 PM", &american, &zone), None);
        assert_eq!(date("02/30/2024", &american), None);
        let is = |text: &str, example: &str, day: &str| assert_eq!(date(text, &form(example)), date(day, &[]), "{text}");
        is("13.01.26", "31.12.26", "2026-01-13");
        is("13.01.68", "31.12.26", "2068-01-13");
        is("13.01.69", "31.12.26", "1969-01-13");
        is("1-janv.-2026", "31-Dec-2026", "2026-01-01");
        is("1er août 2026", "31-Dec-2026", "2026-08-01");
        is("31. Dezember 2026", "31-Dec-2026", "2026-12-31");
        is("3 de março de 2026", "31-Dec-2026", "2026-03-03");
        is("Dec 3, 2026 10:30", "Dec 31, 2026", "2026-12-03");
        is("7-Oct-69", "31-Dec-26", "1969-10-07");
        for (text, example) in [
            ("13.01.2026", "31.12.26"),
            ("13.01.26", "31.12.2026"),
            ("31-Foo-2026", "31-Dec-2026"),
            ("31-Dec-26", "31-Dec-2026"),
            ("30-Feb-2026", "31-Dec-2026"),
            ("12-Dec", "31-Dec-2026"),
            ("Dec 31 2026", "31-Dec-2026"),
        ] {
            assert_eq!(date(text, &form(example)), None, "{text} by {example}");
        }
        for (form, example) in forms() {
            let same = DateForm::by_example(&example).unwrap();
            assert_eq!(same, form, "{example}");
            assert!(!form.conflicts(&form));
        }
    }

    #[test]
    fn numbers_of_days_and_seconds() {
        let zone = Zone::new(&TimeZone::UTC);
        let (serial, seconds) = ([DateForm::Serial], [DateForm::EpochSeconds]);
        assert_eq!(date("61", &serial), date("1900-03-01", &[]));
        assert_eq!(date("46022", &serial), date("2025-12-31", &[]));
        assert_eq!(date("2958465", &serial), date("9999-12-31", &[]));
        assert_eq!(datetime("46022.75", &serial, &zone), at("2025-12-31T18:00", "UTC"));
        assert_eq!(datetime("46022.6041666667", &serial, &zone), at("2025-12-31T14:30", "UTC"));
        assert_eq!(datetime("1768521600", &seconds, &zone), at("2026-01-16", "UTC").or(at("2026-01-16T00:00", "UTC")));
        for (text, forms) in
            [("60", &serial), ("2958466", &serial), ("-5", &serial), ("1234567", &seconds), ("176852160", &serial)]
        {
            assert_eq!(date(text, forms), None, "{text}");
        }
        assert_eq!(of_number(46022.5, &serial).and_then(|w| w.instant(&zone)), at("2025-12-31T12:00", "UTC"));
        assert_eq!(of_number(46022.0, &[]), None);
    }

    #[test]
    fn zones_behind_a_time() {
        let paris = at("2026-01-15T09:30", "UTC");
        for text in
            ["2026-01-15 10:30 (CET)", "2026-01-15T10:30 Europe/Paris", "2026-01-15 10:30 (+01:00)", "2026-01-15 10:30 GMT+0100"]
        {
            assert_eq!(at(text, "America/Lima"), paris, "{text}");
        }
        assert_eq!(at("2026-07-15 10:30 (CET)", "UTC"), at("2026-07-15T08:30", "UTC"));
        for text in ["2026-01-15 10:30 CEST", "2026-01-15 10:30 (PST)", "2026-01-15 10:30 ()", "2026-01-15 10:30 Nowhere/Town"] {
            assert_eq!(at(text, "UTC"), None, "{text}");
        }
    }
}

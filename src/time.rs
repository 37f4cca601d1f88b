//! Calendar days, months and zones: everything the language says about time, on whole numbers.
//!
//! A day is a number of days since 1970-01-01, a moment a number of microseconds since 1970-01-01T00:00Z.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::invariant::Sure as _;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The moment that a run is "as of".
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AsOf {
    /// Microseconds since 1970-01-01T00:00Z.
    pub micros: i64,
    /// Its calendar day in the model's zone, as days since 1970-01-01.
    pub day: i32,
}

impl AsOf {
    /// The moment `micros` in `zone`.
    #[must_use]
    pub fn at(micros: i64, zone: &TimeZone) -> Self {
        Self { micros, day: day_of(micros, zone) }
    }

    /// The last microsecond of `day` in `zone`.
    #[must_use]
    pub fn end_of(day: i32, zone: &TimeZone) -> Self {
        let micros = day
            .checked_add(1)
            .and_then(civil)
            .and_then(|next| local_micros(next.to_datetime(Time::midnight()), zone))
            .map_or(i64::MAX, |m| m - 1);
        Self { micros, day }
    }

    /// Reads `2026-01-15` (its last microsecond) or `2026-01-15T10:30` with or without an offset.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        if text.contains(['T', 't', ' ']) || text.len() > 10 {
            Ok(Self::at(parse_datetime(text, zone)?, zone))
        } else {
            Ok(Self::end_of(parse_date(text)?, zone))
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(zone: &TimeZone) -> Self {
        Self::at(Timestamp::now().as_microsecond(), zone)
    }
}

/// The offsets of a zone until the end of a year: from which second since 1970 on, and how many seconds to add. The first holds from
/// the beginning of time.
#[must_use]
pub fn offsets(zone: &TimeZone, last_year: i16) -> Vec<(i64, i32)> {
    let first = (i64::MIN / 1_000_000, zone.to_offset(Timestamp::MIN).seconds());
    let changes = zone.following(Timestamp::MIN).map(|change| (change.timestamp(), change.offset().seconds()));
    let within = changes.take_while(|(at, _)| at.to_zoned(TimeZone::UTC).year() <= last_year);
    std::iter::once(first).chain(within.map(|(at, offset)| (at.as_second(), offset))).collect()
}

/// The calendar date of a day.
#[must_use]
pub fn civil(day: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()
}

/// The day of a calendar date.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    let since = Date::constant(1970, 1, 1).until((jiff::Unit::Day, date));
    since.sure("the calendar's days can be counted").get_days()
}

/// By how many seconds the clock of `zone` is ahead of UTC at a moment. The zone database ends a day before the calendar does
/// (9999-12-31 is a usual way to write "never"); beyond its ends a zone is what it is there.
#[must_use]
pub fn ahead(micros: i64, zone: &TimeZone) -> i32 {
    let last = if micros < 0 { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_offset(Timestamp::from_microsecond(micros).unwrap_or(last)).seconds()
}

/// What the clock of `zone` shows at a moment, in microseconds since it showed 1970-01-01T00:00.
fn wall(micros: i64, zone: &TimeZone) -> i64 {
    micros.saturating_add(i64::from(ahead(micros, zone)) * 1_000_000)
}

/// The calendar day of a moment in `zone`, which may lie beyond the calendar.
#[must_use]
pub fn day_of(micros: i64, zone: &TimeZone) -> i32 {
    day_of_wall(wall(micros, zone))
}

#[expect(clippy::cast_possible_truncation, reason = "64 bits of microseconds are 28 bits of days")]
fn day_of_wall(wall: i64) -> i32 {
    wall.div_euclid(DAY) as i32
}

/// What the clock of `zone` shows at a moment; `None` beyond the calendar.
#[must_use]
pub fn local(micros: i64, zone: &TimeZone) -> Option<DateTime> {
    let wall = wall(micros, zone);
    let midnight = civil(day_of_wall(wall))?.to_datetime(Time::midnight());
    midnight.checked_add(jiff::SignedDuration::from_micros(wall.rem_euclid(DAY))).ok()
}

/// Whether the calendar reaches a moment, as the clock of `zone` or of UTC shows it.
#[must_use]
pub fn exists(micros: i64, zone: &TimeZone) -> bool {
    // From the year 1 to the year 9000, without a look at the calendar.
    const USUAL: std::ops::Range<i64> = -62_135_596_800_000_000..221_845_392_000_000_000;
    let reached = |zone: &TimeZone| civil(day_of(micros, zone)).is_some();
    USUAL.contains(&micros) || reached(zone) || reached(&TimeZone::UTC)
}

/// A moment as ISO 8601 writes it, in UTC: `2026-01-15T10:30:00Z`. Where a zone still has the last day of the calendar and UTC the day
/// after it, `+10000-01-01T04:59:59Z`; farther away it says so.
#[must_use]
pub fn moment_text(micros: i64) -> String {
    // So many days after a date the calendar is the same, 400 years on.
    const AGAIN: i64 = 146_097 * DAY;
    if let Some(at) = local(micros, &TimeZone::UTC) {
        return format!("{at}Z");
    }
    match local(micros.saturating_sub(AGAIN), &TimeZone::UTC) {
        Some(at) => format!("+{}{}Z", i32::from(at.year()) + 400, at.strftime("-%m-%dT%H:%M:%S")),
        None => "a moment beyond the calendar".to_owned(),
    }
}

/// The moment of a local time: one that the zone skips is moved on by the gap, one that occurs twice is the first.
#[must_use]
pub fn local_micros(local: DateTime, zone: &TimeZone) -> Option<i64> {
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        // With the offset before the gap the same wall clock lands behind the gap, moved on by its length.
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { before, .. } => before,
    };
    moment_of(local, offset.seconds())
}

/// The moment at which a clock so many seconds ahead of UTC shows `local`.
fn moment_of(local: DateTime, ahead: i32) -> Option<i64> {
    let time = local.time().duration_since(Time::midnight()).as_micros();
    let wall = i64::from(day_number(local.date())).checked_mul(DAY)?.checked_add(i64::try_from(time).ok()?)?;
    wall.checked_sub(i64::from(ahead) * 1_000_000)
}

/// The day `months` calendar months before `day`, held to the end of the month it lands in.
#[must_use]
pub fn months_back(day: i32, months: i64) -> Option<i32> {
    let span = jiff::Span::new().try_months(months).ok()?;
    civil(day)?.checked_sub(span).ok().map(day_number)
}

/// The day `months` calendar months after `day`, held to the end of the month it lands in.
#[must_use]
pub fn months_on(day: i32, months: i64) -> Option<i32> {
    months_back(day, months.checked_neg()?)
}

/// The greatest k for which `day` is on or before `as_of` moved back k months; for a later day the negative of the greatest k for
/// which `day` is on or after `as_of` moved on k months.
#[must_use]
pub fn months_since(day: i32, as_of: i32) -> i64 {
    let (Some(d), Some(a)) = (civil(day), civil(as_of)) else { return 0 };
    let rough = ((i64::from(a.year()) - i64::from(d.year())) * 12 + i64::from(a.month()) - i64::from(d.month())).abs();
    if day <= as_of {
        (0..=rough).rev().find(|&k| months_back(as_of, k).is_some_and(|moved| day <= moved)).sure("no month back is late enough")
    } else {
        -(0..=rough).rev().find(|&k| months_on(as_of, k).is_some_and(|moved| day >= moved)).sure("no month on is early enough")
    }
}

/// Reads a calendar date `2026-01-15`.
///
/// # Errors
/// Says that the text is no date, or which part does not exist.
pub fn parse_date(text: &str) -> Result<i32, String> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return Err(format!("`{text}` is not a date such as 2026-01-15"));
    }
    text.parse::<Date>().map(day_number).map_err(|_| format!("the date {text} does not exist"))
}

/// Reads a date-time `2026-01-15T10:30[:05[.25]][Z|+02:00]`; without an offset the zone's.
///
/// # Errors
/// Says that the text is no date-time, or that it does not exist.
pub fn parse_datetime(text: &str, zone: &TimeZone) -> Result<i64, String> {
    let no = || format!("`{text}` is not a date-time such as 2026-01-15T10:30");
    if text.len() < 16 || !text.is_ascii() {
        return Err(no());
    }
    let (date, rest) = text.split_at(10);
    let day = parse_date(date)?;
    let clock = rest.strip_prefix(['T', 't', ' ']).ok_or_else(no)?;
    let (time, offset) = match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => clock.split_at(at),
        None => (clock, ""),
    };
    let time = time.trim_end();
    if !(5..=15).contains(&time.len()) {
        return Err(no());
    }
    let seconds = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    let time: Time = seconds.parse().map_err(|_| format!("the time {time} does not exist"))?;
    let local = civil(day).ok_or_else(no)?.to_datetime(time);
    if offset.is_empty() {
        return local_micros(local, zone).ok_or_else(no);
    }
    let offset = parse_offset(offset).ok_or_else(no)?;
    moment_of(local, offset.seconds()).ok_or_else(no)
}

/// `Z`, `+02:00`, `+0200`, `+02`
fn parse_offset(text: &str) -> Option<jiff::tz::Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(jiff::tz::Offset::UTC);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let digits: String = digits.chars().filter(|&c| c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse::<i32>().ok()?),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    jiff::tz::Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

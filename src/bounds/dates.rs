//! The cells of a date or a date-time: every combination of what tests of the calendar and tests of its age can come to.
//!
//! The calendar cuts days (or moments) into pieces. Tests of age see the day of the run, the day of the value and, for hours, the time
//! between the two, which days alone do not decide: a day later may be a second later. Ages are cut into pieces too, and a run may be as
//! of any moment, so that a piece of the calendar goes with every piece of the ages. Where a day and a moment of the run are found that
//! show both, a cell has them; otherwise it keeps an [`Age`] of its own, and is an outer bound.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use jiff::tz::TimeZone;

use super::cells::{Cell, MOST_CELLS};
use super::cuts::Cuts;
use crate::hir::{Duration, Unit};
use crate::time::{AsOf, day_number, day_of, months_back, months_on, months_since, offsets};
use crate::value::{Type, Value};

/// An hour in microseconds.
const HOUR: i64 = 3_600_000_000;
/// A day of 24 hours in microseconds.
const DAY: i64 = 24 * HOUR;
/// The days that records and runs are made for: 0001-01-01 to 9998-12-31.
const CALENDAR: std::ops::RangeInclusive<i32> = -719_162..=2_932_531;
/// Clocks are changed by the same rules from then on.
const LAST_YEAR: i16 = 2040;
/// More than there are days, and a number of microseconds that no moment has.
const NEVER: i64 = i64::MAX / 4;
/// Beyond so many months the leap years of every century are looked at.
const MANY_MONTHS: i64 = 48;

/// How far a day or moment lies from that of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// The day of the run, since 1970-01-01.
    pub today: i32,
    /// The day of the value.
    pub day: i32,
    /// Microseconds from the value to the moment of the run; `None` for a date.
    pub elapsed: Option<i64>,
}

impl Age {
    /// The age of a date or date-time; `None` for other values.
    #[must_use]
    pub fn of(value: &Value, as_of: AsOf, zone: &TimeZone) -> Option<Self> {
        if let Value::DateTime(micros) = value {
            return Some(Self {
                today: as_of.day,
                day: day_of(*micros, zone),
                elapsed: Some(as_of.micros.saturating_sub(*micros)),
            });
        }
        if let Value::Date(day) = value { Some(Self { today: as_of.day, day: *day, elapsed: None }) } else { None }
    }

    /// Whole days; below zero for a day to come.
    #[must_use]
    pub fn days(&self) -> i64 {
        i64::from(self.today) - i64::from(self.day)
    }

    /// Whether it lies within a time before the run, or with `next` after it; `None` where that has no answer.
    #[must_use]
    pub fn within(&self, duration: Duration, next: bool) -> Option<bool> {
        let n = i64::from(duration.count);
        let sign = if next { -1 } else { 1 };
        Some(match duration.unit {
            Unit::Hours => (0..=n * HOUR).contains(&(self.elapsed? * sign)),
            Unit::Days => (0..=n).contains(&(self.days() * sign)),
            Unit::Weeks => (0..=n * 7).contains(&(self.days() * sign)),
            Unit::Months | Unit::Years => {
                let months = if duration.unit == Unit::Years { n * 12 } else { n };
                if next {
                    (self.today..=months_on(self.today, months)?).contains(&self.day)
                } else {
                    (months_back(self.today, months)?..=self.today).contains(&self.day)
                }
            }
        })
    }

    /// Whether it lies further back than a time.
    #[must_use]
    pub fn is_beyond(&self, duration: Duration) -> Option<bool> {
        let n = i64::from(duration.count);
        Some(match duration.unit {
            Unit::Hours => self.elapsed? > n * HOUR,
            Unit::Days => self.days() > n,
            Unit::Weeks => self.days() > n * 7,
            Unit::Months => self.day < months_back(self.today, n)?,
            Unit::Years => self.day < months_back(self.today, n * 12)?,
        })
    }

    /// Whole units.
    #[must_use]
    pub fn units(&self, unit: Unit) -> Option<i64> {
        Some(match unit {
            Unit::Hours => self.elapsed? / HOUR,
            Unit::Days => self.days(),
            Unit::Weeks => self.days() / 7,
            Unit::Months => months_since(self.day, self.today),
            Unit::Years => months_since(self.day, self.today) / 12,
        })
    }
}

/// Whole numbers from one to another, both included.
type Piece = (i64, i64);

/// The cells of a date or date-time; of an event's time, none that is still to come. `None` where there are too many.
pub(super) fn cells(zone: &TimeZone, ty: &Type, cuts: &Cuts, base: AsOf, happened: bool) -> Option<Vec<Cell>> {
    let moments = *ty == Type::DateTime;
    let slack = if moments && (happened || !cuts.hours.is_empty()) { slack(zone) } else { 0 };
    Dates { zone, moments, cuts, base, happened, slack }.cells()
}

struct Dates<'a> {
    zone: &'a TimeZone,
    /// Whether values are moments, not days.
    moments: bool,
    cuts: &'a Cuts,
    base: AsOf,
    /// Whether values are times of events.
    happened: bool,
    /// By how much clocks are changed at most, in microseconds.
    slack: i64,
}

/// A piece of the ages as of one day: days of the value, and for hours the time between.
#[derive(Debug, Clone, Copy)]
struct Aged {
    today: i32,
    days: Piece,
    elapsed: Option<Piece>,
}

impl Dates<'_> {
    fn cells(&self) -> Option<Vec<Cell>> {
        let calendar = pieces(self.starts(), (-NEVER, NEVER));
        let ages = self.ages()?;
        if calendar.len().saturating_mul(ages.len()) > MOST_CELLS {
            return None;
        }
        let pairs = calendar.iter().flat_map(|piece| ages.iter().map(move |aged| (*piece, aged)));
        let mut out: Vec<Cell> = pairs.map(|(piece, aged)| self.cell(piece, aged)).collect();
        out.sort_by_key(|cell| (cell.age.is_some(), cell.as_of.micros, measure(cell.value.as_ref())));
        Some(out)
    }

    /// Where the pieces of the calendar start.
    fn starts(&self) -> BTreeSet<i64> {
        if !self.moments {
            let days = self.cuts.days.iter().copied().chain(self.cuts.moments.iter().map(|&m| day_of(m, self.zone)));
            return days.flat_map(|day| [i64::from(day), i64::from(day) + 1]).collect();
        }
        let days = self.cuts.days.iter().flat_map(|&day| [self.start_of(day), self.start_of(day.saturating_add(1))]);
        days.chain(self.cuts.moments.iter().flat_map(|&m| [m, m.saturating_add(1)])).collect()
    }

    fn start_of(&self, day: i32) -> i64 {
        AsOf::end_of(day.saturating_sub(1), self.zone).micros.saturating_add(1)
    }

    fn end_of(&self, day: i32) -> i64 {
        AsOf::end_of(day, self.zone).micros
    }

    /// Every piece of the ages, as of days that stand for all days.
    fn ages(&self) -> Option<Vec<Aged>> {
        let mut out = Vec::new();
        for today in self.todays()? {
            let mut starts = BTreeSet::new();
            for boundary in self.boundaries(today)? {
                starts.extend([boundary, boundary.saturating_add(1)]);
                if self.cuts.fades() {
                    // What fades has its greatest and its least at the ends of a piece.
                    starts.extend([boundary.saturating_sub(1), boundary.saturating_add(2)]);
                }
            }
            let last = if self.happened { i64::from(today) } else { NEVER };
            for days in pieces(starts, (-NEVER, last)) {
                out.extend(self.elapsed(today, days).into_iter().map(|elapsed| Aged { today, days, elapsed }));
            }
            if out.len() > MOST_CELLS {
                return None;
            }
        }
        Some(out)
    }

    /// The last day on which each test of days or months comes to something else than the day after, as of a day.
    fn boundaries(&self, today: i32) -> Option<Vec<i64>> {
        let now = i64::from(today);
        let mut out: Vec<i64> = self.cuts.ages.iter().map(|age| now.saturating_sub(*age)).collect();
        for &months in &self.cuts.months {
            out.push(i64::from(moved(today, months)?));
        }
        if self.happened {
            out.push(now);
        }
        if self.cuts.fades() {
            out.extend(self.cuts.hours.iter().flat_map(|h| [now - h.div_euclid(24), now - h.div_euclid(24) - 1]));
        }
        Some(out)
    }

    /// The pieces of the time between a moment of `today` and one of these days: none that cannot be, as far as days have 24 hours,
    /// with room for changes of clocks.
    fn elapsed(&self, today: i32, days: Piece) -> Vec<Option<Piece>> {
        let hours = || self.cuts.hours.iter().copied().chain(self.happened.then_some(0));
        if !self.moments || hours().next().is_none() {
            return vec![None];
        }
        let between = |day: i64| i64::from(today).saturating_sub(day).saturating_mul(DAY);
        let room = (between(days.1).saturating_sub(DAY - 1 + self.slack), between(days.0).saturating_add(DAY - 1 + self.slack));
        let starts = hours().flat_map(|h| [h.saturating_mul(HOUR), h.saturating_mul(HOUR).saturating_add(1)]).collect();
        pieces(starts, room).into_iter().filter(|piece| !self.happened || piece.1 >= 0).map(Some).collect()
    }

    /// Days of a run that stand for all: one where nothing or only one kind of age is asked for; otherwise days on which months have
    /// every length, as far as that puts their ends beside those of days.
    fn todays(&self) -> Option<Vec<i32>> {
        let mut days: BTreeSet<i64> = self.cuts.ages.clone();
        days.extend(self.cuts.hours.iter().flat_map(|h| [h.div_euclid(24) - 1, h.div_euclid(24), h.div_euclid(24) + 1]));
        let mut out = vec![self.base.day];
        if self.cuts.months.is_empty() || days.is_empty() {
            return Some(out);
        }
        let exact = self.cuts.fades() || !self.cuts.hours.is_empty();
        let pattern = |today: i32| -> Option<Vec<i64>> {
            let mut row = Vec::new();
            for &months in &self.cuts.months {
                let length = i64::from(today) - i64::from(moved(today, months)?);
                if exact {
                    row.push(length);
                } else {
                    row.extend(days.iter().map(|age| (length - age).clamp(-2, 2)));
                }
            }
            Some(row)
        };
        let mut seen = HashSet::from([pattern(self.base.day)?]);
        let furthest = self.cuts.months.iter().map(|n| n.abs()).fold(0, Ord::max);
        let years: Vec<i16> =
            if furthest > MANY_MONTHS { (2000..2400).collect() } else { (2020..2032).chain(2092..2113).collect() };
        for year in years {
            for month in 1..=12 {
                for day in [1, 28, 29, 30, 31] {
                    let Ok(date) = jiff::civil::Date::new(year, month, day) else { continue };
                    let today = day_number(date);
                    if seen.insert(pattern(today)?) {
                        out.push(today);
                    }
                }
            }
        }
        Some(out)
    }

    /// The cell of a piece of the calendar and one of the ages.
    fn cell(&self, piece: Piece, aged: &Aged) -> Cell {
        let wanted = self.age(aged);
        let shown = |as_of: AsOf, at: i64| -> Option<Cell> {
            if !CALENDAR.contains(&as_of.day) || !(piece.0..=piece.1).contains(&at) {
                return None;
            }
            self.day_of(at)?;
            let value = self.value(at)?;
            let age = Age::of(&value, as_of, self.zone)?;
            let held = (!self.happened || age.elapsed.map_or(age.days() >= 0, |e| e >= 0)) && self.same(&age, &wanted);
            held.then(|| Cell::of(Some(value), as_of))
        };
        let found = self.candidates(piece, aged).into_iter().find_map(|(as_of, at)| shown(as_of, at));
        found.unwrap_or_else(|| Cell { age: Some(wanted), ..Cell::of(self.value(self.inner(piece)), self.base) })
    }

    /// A day or moment of a piece of the calendar, as near to the run as may be.
    fn inner(&self, (from, to): Piece) -> i64 {
        let now = if self.moments { self.base.micros } else { i64::from(self.base.day) };
        now.clamp(from, to)
    }

    fn value(&self, at: i64) -> Option<Value> {
        if self.moments {
            return Some(Value::DateTime(at));
        }
        i32::try_from(at).ok().map(Value::Date)
    }

    /// An age of a piece of the ages: near to today, where it has no end.
    fn age(&self, aged: &Aged) -> Age {
        let now = i64::from(aged.today);
        let (from, to) = aged.days;
        let day = now.clamp(from, to);
        Age {
            today: aged.today,
            day: i32::try_from(day).unwrap_or(if day < 0 { i32::MIN / 2 } else { i32::MAX / 2 }),
            elapsed: aged.elapsed.map(|(least, most)| 0.clamp(least, most)),
        }
    }

    /// Moments of a run, with days or moments that may show the two pieces.
    fn candidates(&self, piece: Piece, aged: &Aged) -> Vec<(AsOf, i64)> {
        let wanted = self.age(aged);
        let mut out = Vec::new();
        let ends = [aged.days.1, aged.days.0].map(|day| i64::from(aged.today).saturating_sub(day));
        let step = if self.moments { DAY } else { 1 };
        let near = [self.inner(piece), piece.0.saturating_add(step), piece.1.saturating_sub(step), piece.0, piece.1];
        let Some((least, most)) = aged.elapsed else {
            // As of the day that the rest of the program goes by, first of all.
            for as_of in [self.base, AsOf::end_of(aged.today, self.zone)] {
                for days in ends.into_iter().chain([wanted.days()]) {
                    let day = i64::from(as_of.day).saturating_sub(days);
                    if let Ok(day) = i32::try_from(day) {
                        out.push((as_of, if self.moments { self.end_of(day) } else { i64::from(day) }));
                    }
                }
                out.extend(near.map(|at| (as_of, at)));
            }
            for at in near {
                let Some(day) = self.day_of(at) else { continue };
                for days in ends {
                    for shift in [0, 1, -1, 2, -2, 3, -3] {
                        let today = i64::from(day).saturating_add(days).saturating_add(shift);
                        out.extend(
                            i32::try_from(today).ok().filter(|d| CALENDAR.contains(d)).map(|d| (AsOf::end_of(d, self.zone), at)),
                        );
                    }
                }
            }
            return out;
        };
        let middle = least.midpoint(most);
        let edges = |today: i32| {
            let (start, end) = (self.start_of(today), self.end_of(today));
            [end, start, start.midpoint(end)].map(|micros| AsOf::at(micros, self.zone))
        };
        for today in [self.base.day, aged.today] {
            for as_of in edges(today) {
                out.extend([least, most, middle].map(|elapsed| (as_of, as_of.micros.saturating_sub(elapsed))));
                for days in ends {
                    if let Ok(day) = i32::try_from(i64::from(as_of.day).saturating_sub(days))
                        && CALENDAR.contains(&day)
                    {
                        out.extend([(as_of, self.start_of(day)), (as_of, self.end_of(day))]);
                    }
                }
                out.extend(near.map(|at| (as_of, at)));
            }
        }
        for at in near {
            for elapsed in [least, most, middle] {
                let micros = at.saturating_add(elapsed);
                if self.day_of(micros).is_some() {
                    out.push((AsOf::at(micros, self.zone), at));
                }
            }
            let Some(day) = self.day_of(at) else { continue };
            for days in ends {
                if let Ok(today) = i32::try_from(i64::from(day).saturating_add(days))
                    && CALENDAR.contains(&today)
                {
                    out.extend(edges(today).map(|as_of| (as_of, at)));
                }
            }
        }
        out
    }

    /// The day of a value, where the calendar has one.
    fn day_of(&self, at: i64) -> Option<i32> {
        let day = if self.moments {
            jiff::Timestamp::from_microsecond(at).ok().map(|_| day_of(at, self.zone))
        } else {
            i32::try_from(at).ok()
        };
        day.filter(|day| CALENDAR.contains(day))
    }

    /// Whether no test of age tells the two apart.
    fn same(&self, a: &Age, b: &Age) -> bool {
        let day = |age: &Age, boundary: i64| i64::from(age.day).cmp(&boundary);
        let (Some(own), Some(other)) = (self.boundaries(a.today), self.boundaries(b.today)) else { return false };
        let days = own.iter().zip(&other).all(|(x, y)| day(a, *x) == day(b, *y));
        let hours = self.cuts.hours.iter().all(|h| {
            let side = |age: &Age| age.elapsed.map_or(Ordering::Equal, |e| e.cmp(&h.saturating_mul(HOUR)));
            side(a) == side(b)
        });
        days && hours && (!self.cuts.fades() || a.days() == b.days())
    }
}

/// The day so many months before, or after where the number is below zero.
fn moved(day: i32, months: i64) -> Option<i32> {
    if months < 0 { months_on(day, -months) } else { months_back(day, months) }
}

/// By how much the offsets of a zone differ at most, in microseconds: so much longer or shorter than its days by the clock a time may be.
fn slack(zone: &TimeZone) -> i64 {
    let all: Vec<i64> = offsets(zone, LAST_YEAR).into_iter().map(|(_, offset)| i64::from(offset)).collect();
    let (least, most) = (all.iter().min(), all.iter().max());
    most.zip(least).map_or(0, |(most, least)| (most - least) * 1_000_000)
}

/// A row of whole numbers cut where pieces start.
fn pieces(starts: BTreeSet<i64>, (first, last): Piece) -> Vec<Piece> {
    let inner = starts.into_iter().filter(|start| *start > first && *start <= last);
    let starts: Vec<i64> = std::iter::once(first).chain(inner).collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([last]);
    starts.iter().copied().zip(ends).filter(|(from, to)| from <= to).collect()
}

/// The place of a value on its line, to sort by.
fn measure(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Date(day)) => i64::from(*day),
        Some(Value::DateTime(micros)) => *micros,
        _ => i64::MIN,
    }
}

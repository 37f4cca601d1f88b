//! What the schema says about the cells of one column, ready to be applied.

use rustc_hash::FxHashMap;

use crate::input::cell::moment::{self, Zone};
use crate::input::cell::number::{self, NotANumber};
use crate::input::cell::{Cell, Raw, trim, word};
use crate::input::report::Fault;
use crate::schema::{DateForm, NumberForm, Property, Schema};
use crate::text::fold;
use crate::value::Options;
use std::sync::Arc;

/// 2^63, the first float beyond the whole numbers of 64 bits.
const BEYOND: f64 = 9_223_372_036_854_775_808.0;

/// Where HubSpot's records have their companies.
const COMPANIES: &str = "associations.companies";

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Read<T> {
    /// A value.
    Known(T),
    /// Nothing, or a value that means nothing.
    Unknown,
    /// Something that the type cannot be.
    Bad(Fault),
}

/// How the cells of one column are read.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) unknown: Unknown,
    pub(crate) number_forms: Arc<[NumberForm]>,
    pub(crate) date_forms: Arc<[DateForm]>,
    pub(crate) zone: Zone,
    /// Whether the column tells records apart.
    identifies: bool,
    /// Whether the column is the company of a contact, as HubSpot's records have it.
    pub(crate) associated: bool,
}

impl Rules {
    /// The rules of a property or field under its schema.
    pub(crate) fn new(property: &Property, schema: &Schema) -> Self {
        Self {
            unknown: Unknown::new(schema),
            number_forms: Arc::clone(&property.number_forms),
            date_forms: Arc::clone(&property.date_forms),
            zone: Zone::new(&schema.zone),
            identifies: property.identifies,
            associated: property.from.iter().any(|from| **from == *COMPANIES),
        }
    }

    /// The trimmed text of a known text cell.
    #[inline]
    pub(crate) fn text<'a>(&self, text: &'a str) -> Option<&'a str> {
        let text = trim(text);
        if text.is_empty() || self.unknown.text(text) { None } else { Some(text) }
    }

    /// Whether no value of so many bytes, all of them ASCII, means "no value".
    #[inline]
    fn means_something(&self, bytes: usize) -> bool {
        self.unknown.lengths >> bytes.min(63) & 1 == 0
    }

    /// A usual whole number; `None` says that the cell is to be looked at in full.
    #[inline]
    pub(crate) fn usual_integer(&self, cell: Raw<'_>) -> Option<i64> {
        let n = number::short(cell).or_else(|| number::digits(cell.bytes));
        n.filter(|&n| self.means_something(cell.bytes.len()) && !self.unknown.integer(n))
    }

    /// A usual number, as [`usual_integer`](Self::usual_integer).
    #[inline]
    pub(crate) fn usual_number(&self, cell: Raw<'_>) -> Option<f64> {
        let x = number::short_decimal(cell).or_else(|| number::decimal(cell.bytes));
        x.filter(|&x| self.number_forms.is_empty() && self.means_something(cell.bytes.len()) && !self.unknown.number(x))
    }

    /// A usual truth value, as [`usual_integer`](Self::usual_integer).
    #[inline]
    pub(crate) fn usual_boolean(&self, bytes: &[u8]) -> Option<bool> {
        let truth = match bytes {
            b"true" => true,
            b"false" => false,
            _ => return None,
        };
        self.means_something(bytes.len()).then_some(truth)
    }

    /// A usual day, as [`usual_integer`](Self::usual_integer).
    #[inline]
    pub(crate) fn usual_date(&self, bytes: &[u8]) -> Option<i32> {
        moment::iso_date(bytes).filter(|_| self.means_something(bytes.len()))
    }

    /// A usual point in time, as [`usual_integer`](Self::usual_integer).
    #[inline]
    pub(crate) fn usual_datetime(&self, bytes: &[u8]) -> Option<i64> {
        moment::iso_moment(bytes, &self.zone).filter(|_| self.means_something(bytes.len()))
    }

    pub(crate) fn integer(&self, cell: Cell<'_>) -> Read<i64> {
        match cell {
            Cell::Missing => Read::Unknown,
            Cell::Text(text) => match self.text(text) {
                None => Read::Unknown,
                Some(text) if self.is_shortened(text) => Read::Bad(Fault::Shortened),
                Some(text) => of_number(number::integer(text, &self.number_forms)),
            },
            Cell::Integer(n) if self.unknown.integer(n) => Read::Unknown,
            Cell::Integer(n) => Read::Known(n),
            Cell::Number(x) if self.unknown.number(x) => Read::Unknown,
            Cell::Number(x) if !x.is_finite() => Read::Bad(Fault::NotFinite),
            Cell::Number(x) if x.fract() == 0.0 && (-BEYOND..BEYOND).contains(&x) => Read::Known(x as i64),
            Cell::Broken(text) => self.broken(text),
            Cell::Number(_) | Cell::Boolean(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_) => {
                Read::Bad(Fault::Unreadable)
            }
        }
    }

    pub(crate) fn number(&self, cell: Cell<'_>) -> Read<f64> {
        match cell {
            Cell::Missing => Read::Unknown,
            Cell::Text(text) => match self.text(text) {
                None => Read::Unknown,
                Some(text) if self.is_shortened(text) => Read::Bad(Fault::Shortened),
                Some(text) => of_number(number::number(text, &self.number_forms)),
            },
            Cell::Integer(n) if self.unknown.integer(n) => Read::Unknown,
            Cell::Integer(n) => Read::Known(n as f64),
            Cell::Number(x) if self.unknown.number(x) => Read::Unknown,
            Cell::Number(x) if x.is_finite() => Read::Known(x),
            Cell::Number(_) => Read::Bad(Fault::NotFinite),
            Cell::Broken(text) => self.broken(text),
            Cell::Boolean(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_) => Read::Bad(Fault::Unreadable),
        }
    }

    pub(crate) fn boolean(&self, cell: Cell<'_>) -> Read<bool> {
        match cell {
            Cell::Missing => Read::Unknown,
            Cell::Text(text) => match self.text(text) {
                None => Read::Unknown,
                Some(text) => word::boolean(text).map_or(Read::Bad(Fault::Unreadable), Read::Known),
            },
            Cell::Boolean(b) => Read::Known(b),
            Cell::Integer(n) if self.unknown.integer(n) => Read::Unknown,
            Cell::Integer(n @ (0 | 1)) => Read::Known(n == 1),
            Cell::Number(x) if self.unknown.number(x) => Read::Unknown,
            Cell::Number(x) if x == 0.0 || x == 1.0 => Read::Known(x == 1.0),
            Cell::Number(x) if !x.is_finite() => Read::Bad(Fault::NotFinite),
            Cell::Broken(text) => self.broken(text),
            Cell::Integer(_) | Cell::Number(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_) => {
                Read::Bad(Fault::Unreadable)
            }
        }
    }

    pub(crate) fn date(&self, cell: Cell<'_>) -> Read<i32> {
        let day = match cell {
            Cell::Missing => return Read::Unknown,
            Cell::Text(text) => match self.text(text) {
                None => return Read::Unknown,
                Some(text) => moment::date(text, &self.date_forms),
            },
            Cell::Date(day) => Some(day).filter(|&day| moment::is_day(day)),
            Cell::Local(micros) => moment::day_of_micros(micros),
            // The date as written, as text would have it.
            Cell::Instant(micros, ahead) => moment::day_of_micros(micros.saturating_add(i64::from(ahead) * 1_000_000)),
            Cell::Integer(_) | Cell::Number(_) => match self.dated(cell) {
                Read::Known(written) => Some(written.day),
                Read::Unknown => return Read::Unknown,
                Read::Bad(fault) => return Read::Bad(fault),
            },
            Cell::Boolean(_) => None,
            Cell::Broken(text) => return self.broken(text),
        };
        day.map_or(Read::Bad(Fault::Unreadable), Read::Known)
    }

    pub(crate) fn datetime(&self, cell: Cell<'_>) -> Read<i64> {
        let instant = match cell {
            Cell::Missing => return Read::Unknown,
            Cell::Text(text) => match self.text(text) {
                None => return Read::Unknown,
                Some(text) => moment::datetime(text, &self.date_forms, &self.zone),
            },
            Cell::Date(day) => self.zone.instant(day, 0),
            Cell::Local(micros) => self.zone.instant_of_local(micros),
            Cell::Instant(micros, _) => Some(micros),
            Cell::Integer(_) | Cell::Number(_) => match self.dated(cell) {
                Read::Known(written) => written.instant(&self.zone),
                Read::Unknown => return Read::Unknown,
                Read::Bad(fault) => return Read::Bad(fault),
            },
            Cell::Boolean(_) => None,
            Cell::Broken(text) => return self.broken(text),
        };
        instant.filter(|&micros| self.zone.reaches(micros)).map_or(Read::Bad(Fault::Unreadable), Read::Known)
    }

    /// What the source could not read has no value of any type; only where its text is said to mean "no value" it is none.
    fn broken<T>(&self, text: &str) -> Read<T> {
        if self.text(text).is_none() { Read::Unknown } else { Read::Bad(Fault::Unreadable) }
    }

    /// What becomes of a cell that no text can be read from, where texts, options and their sets are asked for: a number or a day would be
    /// written out, but not one that is none.
    pub(crate) fn no_text(&self, cell: Cell<'_>) -> Option<Read<()>> {
        match cell {
            Cell::Broken(text) => Some(self.broken(text)),
            Cell::Number(x) if !x.is_finite() => {
                Some(if self.unknown.number(x) { Read::Unknown } else { Read::Bad(Fault::NotFinite) })
            }
            Cell::Date(day) if !moment::is_day(day) => Some(Read::Bad(Fault::Unreadable)),
            Cell::Instant(micros, _) | Cell::Local(micros) if !self.zone.reaches(micros) => Some(Read::Bad(Fault::Unreadable)),
            Cell::Missing
            | Cell::Text(_)
            | Cell::Integer(_)
            | Cell::Number(_)
            | Cell::Boolean(_)
            | Cell::Date(_)
            | Cell::Instant(..)
            | Cell::Local(_) => None,
        }
    }

    /// Whether a text of a key is a number that a spreadsheet has shortened, so that its last digits are lost.
    #[inline]
    pub(crate) fn is_shortened(&self, text: &str) -> bool {
        self.identifies && number::is_scientific(text)
    }

    /// Whether a number means "no value".
    pub(crate) fn is_no_number(&self, cell: Cell<'_>) -> bool {
        match cell {
            Cell::Integer(n) => self.unknown.integer(n),
            Cell::Number(x) => self.unknown.number(x),
            Cell::Missing
            | Cell::Text(_)
            | Cell::Broken(_)
            | Cell::Boolean(_)
            | Cell::Date(_)
            | Cell::Instant(..)
            | Cell::Local(_) => false,
        }
    }

    /// A number that a source gives for a date.
    fn dated(&self, cell: Cell<'_>) -> Read<moment::Written> {
        match self.number(cell) {
            Read::Known(x) => moment::of_number(x, &self.date_forms).map_or(Read::Bad(Fault::Unreadable), Read::Known),
            Read::Unknown => Read::Unknown,
            Read::Bad(fault) => Read::Bad(fault),
        }
    }
}

fn of_number<T>(read: Result<T, NotANumber>) -> Read<T> {
    match read {
        Ok(value) => Read::Known(value),
        Err(NotANumber::NotFinite) => Read::Bad(Fault::NotFinite),
        Err(NotANumber::Unreadable | NotANumber::NotWhole) => Read::Bad(Fault::Unreadable),
    }
}

/// The values that mean "no value".
#[derive(Debug, Clone)]
pub(crate) struct Unknown {
    folded: Vec<String>,
    /// Bit n: an ASCII value of n bytes may be one of them.
    lengths: u64,
    integers: Vec<i64>,
    numbers: Vec<f64>,
    ignore_accents: bool,
}

impl Unknown {
    fn new(schema: &Schema) -> Self {
        let folded: Vec<String> =
            schema.unknown_values.iter().map(|v| fold(trim(v), schema.ignore_accents).into_owned()).collect();
        Self {
            lengths: folded.iter().fold(0, |bits, v| bits | 1 << v.len().min(63)),
            integers: folded.iter().filter_map(|v| v.parse().ok()).collect(),
            numbers: folded.iter().filter_map(|v| v.parse().ok()).collect(),
            folded,
            ignore_accents: schema.ignore_accents,
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// Whether a trimmed text is one of them.
    #[inline]
    pub(crate) fn text(&self, text: &str) -> bool {
        !self.folded.is_empty() && (self.lengths >> text.len().min(63) & 1 == 1 || !text.is_ascii()) && self.folded_text(text)
    }

    fn folded_text(&self, text: &str) -> bool {
        let folded = fold(text, self.ignore_accents);
        self.folded.iter().any(|v| *v == *folded)
    }

    fn integer(&self, n: i64) -> bool {
        self.integers.contains(&n)
    }

    fn number(&self, x: f64) -> bool {
        self.numbers.iter().any(|&v| v == x || v.is_nan() && x.is_nan())
    }
}

/// The codes of options by every form that they take in data.
#[derive(Debug, Clone)]
pub(crate) struct Forms {
    codes: FxHashMap<String, u32>,
    ignore_accents: bool,
}

impl Forms {
    /// The forms of these options.
    pub(crate) fn new(options: &Options, ignore_accents: bool) -> Self {
        let mut codes = FxHashMap::default();
        for (code, option) in (0_u32..).zip(&options.items) {
            for form in std::iter::once(&option.name).chain(&option.forms) {
                codes.entry(fold(trim(form), ignore_accents).into_owned()).or_insert(code);
            }
        }
        Self { codes, ignore_accents }
    }

    /// The option that a trimmed text is.
    pub(crate) fn code(&self, text: &str) -> Option<u32> {
        self.codes.get(&*fold(text, self.ignore_accents)).copied()
    }
}

//! Numbers, dates and texts as bytes, appended to a buffer without an allocation of their own.

use std::io::Write as _;

use crate::column::{Column, UNKNOWN_CODE};
use crate::invariant::fits;
use crate::time::{civil, moment_text};
use crate::value::Type;

/// Appends a whole number.
pub fn integer(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends a whole number that is not negative.
pub fn unsigned(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends hundredths with the digits they need: `65`, `12.5`, `-0.25`.
pub fn points(out: &mut Vec<u8>, hundredths: i64) {
    if hundredths < 0 {
        out.push(b'-');
    }
    let n = hundredths.unsigned_abs();
    unsigned(out, n / 100);
    let part = n % 100;
    if part != 0 {
        out.push(b'.');
        let digit = |d: u64| b'0' + fits::<u8, _>(d);
        out.push(digit(part / 10));
        if !part.is_multiple_of(10) {
            out.push(digit(part % 10));
        }
    }
}

/// Appends a day as `2026-01-15`.
pub fn date(out: &mut Vec<u8>, day: i32) {
    if let Some(date) = civil(day) {
        // Writing to a vector does not fail.
        let _ = write!(out, "{date}");
    }
}

/// Appends a moment as `2026-01-15T10:30:00Z`.
pub fn datetime(out: &mut Vec<u8>, micros: i64) {
    match jiff::Timestamp::from_microsecond(micros) {
        Ok(moment) => {
            let _ = write!(out, "{moment}");
        }
        Err(_) => out.extend_from_slice(moment_text(micros).as_bytes()),
    }
}

/// A known value of a column, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Datum<'c> {
    /// A text.
    Text(&'c str),
    /// A whole number.
    Integer(i64),
    /// A float.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(i32),
    /// A moment.
    DateTime(i64),
    /// The code of an option.
    Option(u32),
}

/// The value of a row; `None` where it is unknown, and for sets, which are no keys.
#[must_use]
pub fn datum(column: &Column, row: usize) -> Option<Datum<'_>> {
    match column {
        Column::Dictionary(c) => c.codes.get(row).and_then(|&code| c.dictionary.get(code)).map(Datum::Text),
        Column::Text(c) => c.get(row).map(Datum::Text),
        Column::Integer(c) => c.get(row).map(Datum::Integer),
        Column::Number(c) => c.get(row).map(Datum::Number),
        Column::Boolean(c) => c.known.get(row).then(|| Datum::Boolean(c.truth.get(row))),
        Column::Date(c) => c.get(row).map(Datum::Date),
        Column::DateTime(c) => c.get(row).map(Datum::DateTime),
        Column::Option(codes) => codes.get(row).filter(|&&code| code != UNKNOWN_CODE).map(|&code| Datum::Option(code)),
        Column::Set(_) | Column::TextSet(_) => None,
    }
}

/// A value as people would ask for it.
#[must_use]
pub fn shown(column: &Column, ty: Option<&Type>, row: usize) -> Option<String> {
    let mut out = Vec::new();
    match datum(column, row)? {
        Datum::Text(text) => return Some(text.to_owned()),
        Datum::Integer(n) => integer(&mut out, n),
        Datum::Number(n) => return Some(n.to_string()),
        Datum::Boolean(truth) => return Some(truth.to_string()),
        Datum::Date(day) => date(&mut out, day),
        Datum::DateTime(micros) => datetime(&mut out, micros),
        Datum::Option(code) => return ty.and_then(Type::options).and_then(|o| o.name(code)).map(ToString::to_string),
    }
    String::from_utf8(out).ok()
}

//! What the conditions of a record saw: values in words.

use jiff::tz::TimeZone;

use crate::column::{Batch, Column, UNKNOWN_CODE};
use crate::hir::Expr;
use crate::schema::{EventId, PropId};
use crate::time::{AsOf, civil};
use crate::value::{Type, Value};

/// What a traced run saw of one record.
pub trait Seen {
    /// Whether a condition was true; `None` if unknown.
    fn truth(&self, expr: &Expr) -> Option<bool>;
    /// The value of an expression; `None` if unknown.
    fn value(&self, expr: &Expr) -> Option<Value>;
    /// Whether a condition inside a `where` was true for the event at this place among all events of the batch's list.
    fn event_truth(&self, expr: &Expr, event: EventId, at: usize) -> Option<bool>;
}

/// A value as people write it; `unknown` for none.
#[must_use]
pub fn shown(value: Option<&Value>, ty: &Type, zone: &TimeZone) -> String {
    let Some(value) = value else { return "unknown".to_owned() };
    let option = |code: u32| ty.options().and_then(|o| o.name(code)).map_or_else(String::new, ToString::to_string);
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(true) => "true".to_owned(),
        Value::Boolean(false) => "false".to_owned(),
        Value::Date(day) => date(*day),
        Value::DateTime(micros) => moment(*micros, zone),
        Value::Option(code) => option(*code),
        Value::Set(codes) => format!("[{}]", codes.iter().map(|c| option(*c)).collect::<Vec<_>>().join(", ")),
        Value::TextSet(texts) => format!("[{}]", texts.iter().map(|t| format!("\"{t}\"")).collect::<Vec<_>>().join(", ")),
        Value::Decimal(n) => n.to_string(),
    }
}

/// `2026-01-15`
#[must_use]
pub fn date(day: i32) -> String {
    civil(day).map_or_else(|| "a day beyond the calendar".to_owned(), |d| d.to_string())
}

/// `2026-01-15T10:30+01:00`: a moment in the model's zone with its offset, so that a local time that occurs twice is told apart.
#[must_use]
pub fn instant(micros: i64, zone: &TimeZone) -> String {
    let local = moment(micros, zone);
    let ahead = crate::time::ahead(micros, zone);
    if ahead == 0 {
        return format!("{local}Z");
    }
    if ahead % 60 != 0 {
        // Offsets of before there were zones have seconds, which rules do not write.
        return format!("{}Z", moment(micros, &TimeZone::UTC));
    }
    let (sign, seconds) = (if ahead < 0 { '-' } else { '+' }, ahead.abs());
    format!("{local}{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// The moment of a run: `the end of 2026-01-15`, or to the second.
#[must_use]
pub fn as_of_words(as_of: AsOf, zone: &TimeZone) -> String {
    if AsOf::end_of(as_of.day, zone) == as_of {
        return format!("the end of {}", date(as_of.day));
    }
    moment(as_of.micros - as_of.micros.rem_euclid(1_000_000), zone)
}

/// `2026-01-15T10:30` in the model's zone; seconds only where there are any.
#[must_use]
pub fn moment(micros: i64, zone: &TimeZone) -> String {
    let Some(local) = crate::time::local(micros, zone) else { return "a moment beyond the calendar".to_owned() };
    let text = local.to_string();
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// The value of a property of the only record of a batch; `None` if unknown. A set that the batch lacks is empty.
#[must_use]
pub fn value_of(record: &Batch, id: PropId, ty: Option<&Type>) -> Option<Value> {
    match (record.columns.get(id.0 as usize).and_then(Option::as_ref), ty) {
        (Some(column), _) => value_at(column, 0),
        (None, Some(Type::SetOf(_))) => Some(Value::Set(Vec::new())),
        (None, Some(Type::SetOfText)) => Some(Value::TextSet(Vec::new())),
        (None, _) => None,
    }
}

/// The value of a row of a column; `None` if unknown.
#[must_use]
pub fn value_at(column: &Column, row: usize) -> Option<Value> {
    Some(match column {
        Column::Dictionary(c) => Value::Text(c.dictionary.get(*c.codes.get(row)?)?.into()),
        Column::Text(c) => Value::Text(c.get(row)?.into()),
        Column::Integer(c) => Value::Integer(c.get(row)?),
        Column::Number(c) => Value::Number(c.get(row)?),
        Column::Boolean(c) => Value::Boolean(c.known.get(row).then(|| c.truth.get(row))?),
        Column::Date(c) => Value::Date(c.get(row)?),
        Column::DateTime(c) => Value::DateTime(c.get(row)?),
        Column::Option(codes) => Value::Option(codes.get(row).copied().filter(|&code| code != UNKNOWN_CODE)?),
        Column::Set(c) => {
            let words = c.bits.get(row * c.words..(row + 1) * c.words)?;
            let bits = words
                .iter()
                .enumerate()
                .flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit));
            Value::Set(bits.filter_map(|code| u32::try_from(code).ok()).collect())
        }
        Column::TextSet(c) => {
            let (from, to) = (*c.offsets.get(row)? as usize, *c.offsets.get(row + 1)? as usize);
            Value::TextSet(c.codes.get(from..to)?.iter().filter_map(|&code| c.dictionary.get(code)).map(Into::into).collect())
        }
    })
}

//! What the conditions of a record saw: values in words.

use jiff::tz::TimeZone;

use crate::hir::Expr;
use crate::time::civil;
use crate::value::{Type, Value};

/// What a traced run saw of one record.
pub trait Seen {
    /// Whether a condition was true; `None` if unknown.
    fn truth(&self, expr: &Expr) -> Option<bool>;
    /// The value of an expression; `None` if unknown.
    fn value(&self, expr: &Expr) -> Option<Value>;
    /// Whether a condition inside a `where` was true for the event at this place of its columns.
    fn event_truth(&self, expr: &Expr, event: usize) -> Option<bool>;
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

/// `2026-01-15T10:30` in the model's zone; seconds only where there are any.
#[must_use]
pub fn moment(micros: i64, zone: &TimeZone) -> String {
    let Ok(moment) = jiff::Timestamp::from_microsecond(micros) else { return "a moment beyond the calendar".to_owned() };
    let local = zone.to_datetime(moment);
    let text = local.to_string();
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

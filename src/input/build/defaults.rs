//! Defaults of the schema as values of a column.

use crate::value::Value;

pub(super) fn integer_of(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) => Some(*n),
        Value::Decimal(d) => d.as_integer(),
        Value::Number(_)
        | Value::Text(_)
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::DateTime(_)
        | Value::Option(_)
        | Value::Set(_)
        | Value::TextSet(_) => None,
    }
}

pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(x) => Some(*x),
        Value::Integer(n) => Some(*n as f64),
        Value::Decimal(d) => Some(d.to_f64()),
        Value::Text(_)
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::DateTime(_)
        | Value::Option(_)
        | Value::Set(_)
        | Value::TextSet(_) => None,
    }
}

pub(super) fn boolean_of(value: &Value) -> Option<bool> {
    if let Value::Boolean(b) = value { Some(*b) } else { None }
}

pub(super) fn date_of(value: &Value) -> Option<i32> {
    if let Value::Date(day) = value { Some(*day) } else { None }
}

pub(super) fn datetime_of(value: &Value) -> Option<i64> {
    if let Value::DateTime(micros) = value { Some(*micros) } else { None }
}

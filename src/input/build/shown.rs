//! Cells as text.

use crate::input::cell::{Cell, moment};

/// A number as text; what is not finite as JSON's dialects spell it, which is what the file said.
pub(crate) fn number_text(x: f64) -> String {
    match x {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => x.to_string(),
    }
}

/// Calls `then` with the cell as text; a cell that is not there shows nothing.
pub(crate) fn with_shown<R>(cell: Cell<'_>, then: impl FnOnce(&str) -> R) -> R {
    with_text(cell, |text| match text {
        Some(text) => then(text),
        None => then(""),
    })
}

/// Calls `then` with the cell as text, `None` where there is none.
#[inline]
pub(crate) fn with_text<R>(cell: Cell<'_>, then: impl FnOnce(Option<&str>) -> R) -> R {
    match cell {
        Cell::Missing => then(None),
        Cell::Text(text) | Cell::Broken(text) => then(Some(text)),
        Cell::Integer(n) => then(Some(&n.to_string())),
        Cell::Number(x) => then(Some(&number_text(x))),
        Cell::Boolean(b) => then(Some(if b { "true" } else { "false" })),
        Cell::Date(day) => then(Some(&moment::day_text(day))),
        Cell::Instant(micros, _) => then(Some(&moment::instant_text(micros))),
        Cell::Local(micros) => then(Some(&moment::local_text(micros))),
    }
}

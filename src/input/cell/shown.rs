//! Days and moments as messages and texts write them.

use crate::time::{civil, moment_text};

/// Whether the calendar has a day.
pub(crate) fn is_day(day: i32) -> bool {
    civil(day).is_some()
}

/// A day as ISO 8601 writes it.
pub(crate) fn day_text(day: i32) -> String {
    civil(day).map_or_else(|| "a day beyond the calendar".to_owned(), |d| d.to_string())
}

/// A point in time as ISO 8601 writes it, in UTC.
pub(crate) fn instant_text(micros: i64) -> String {
    moment_text(micros)
}

/// A wall clock's date and time as ISO 8601 writes it.
pub(crate) fn local_text(micros: i64) -> String {
    let text = instant_text(micros);
    text.strip_suffix('Z').map_or_else(|| text.clone(), str::to_owned)
}

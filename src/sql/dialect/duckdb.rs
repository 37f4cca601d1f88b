//! DuckDB.

use super::{Dialect, concatenated, sql_unit};
use crate::hir::Unit;

/// DuckDB, with its ICU extension for zones.
pub(super) struct Duckdb;

/// A text as a pattern: every sign stands for itself.
pub(super) fn quoted_pattern(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
}

/// A pattern for `text` where neither neighbour belongs to a word, for engines that know Unicode's classes.
pub(super) fn word_pattern(text: &str) -> String {
    format!("(^|[^\\p{{L}}\\p{{N}}\\p{{M}}]){}($|[^\\p{{L}}\\p{{N}}\\p{{M}}])", quoted_pattern(text))
}

impl Dialect for Duckdb {
    fn text(&self, text: &str) -> String {
        concatenated(text, |c| format!("CHR({c})"))
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM({x}, {})", self.text(white))
    }

    fn wide(&self) -> &'static str {
        "HUGEINT"
    }

    fn divide(&self, a: &str, b: &str) -> String {
        format!("{a} // {b}")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("EPOCH_US(CAST({x} AS TIMESTAMPTZ))")
    }

    fn any_member(&self, x: &str, split: Option<&str>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let list = split.map_or_else(|| x.to_owned(), |split| format!("STRING_SPLIT({x}, {})", self.text(split)));
        Some(format!("COALESCE(LEN(LIST_FILTER({list}, lambda m: {})) > 0, FALSE)", test("m")))
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("REGEXP_MATCHES({x}, {})", self.text(&word_pattern(text))))
    }

    fn length(&self, x: &str) -> String {
        format!("LENGTH({x})")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!("CAST(MAKE_TIMESTAMP({micros}) AT TIME ZONE 'UTC' AT TIME ZONE {} AS DATE)", self.text(zone)))
    }

    fn now(&self) -> String {
        "EPOCH_US(CURRENT_TIMESTAMP)".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATE_DIFF('day', {b}, {a})")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("CAST({date} + {count} * INTERVAL '1 {name}' AS DATE)")
    }
}

//! Snowflake.

use super::{Dialect, escaped, sql_unit};
use crate::hir::Unit;

/// Snowflake.
pub(super) struct Snowflake;

impl Dialect for Snowflake {
    fn column(&self, name: &str) -> String {
        // A plain name is left to Snowflake's own upper case, as the columns of most tables are made.
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain { self.name(&name.to_ascii_uppercase()) } else { self.name(name) }
    }

    fn text(&self, text: &str) -> String {
        escaped(text)
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM({x}, {})", self.text(white))
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("DATE_PART('EPOCH_MICROSECOND', {x})")
    }

    fn any_member(&self, x: &str, split: Option<&str>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let list = split.map_or_else(|| x.to_owned(), |split| format!("SPLIT({x}, {})", self.text(split)));
        Some(format!("COALESCE(ARRAY_SIZE(FILTER({list}, m -> {})) > 0, FALSE)", test("CAST(m AS VARCHAR)")))
    }

    fn contains(&self, x: &str, text: &str) -> String {
        format!("CONTAINS({x}, {})", self.text(text))
    }

    fn contains_word(&self, _x: &str, _text: &str, _word: &str) -> Option<String> {
        None
    }

    fn length(&self, x: &str) -> String {
        format!("LENGTH({x})")
    }

    fn divide(&self, a: &str, b: &str) -> String {
        format!("({a} - MOD({a}, {b})) / {b}")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        let exact = format!("CAST({a} AS NUMBER(19, 0)) {op} CAST({b} AS NUMBER(19, 0))");
        format!("CASE WHEN {exact} BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {exact} END")
    }

    fn sum(&self, x: &str) -> String {
        let sum = format!("COALESCE(SUM({x}), 0)");
        format!("CASE WHEN {sum} BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {sum} END")
    }

    fn float(&self, a: &str, op: char, b: &str) -> String {
        let divisor = if op == '/' { format!("NULLIF({b}, {})", self.number(0.0)) } else { b.to_owned() };
        format!("NULLIF(NULLIF({a} {op} {divisor}, 'inf'::DOUBLE), '-inf'::DOUBLE)")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!("TO_DATE(CONVERT_TIMEZONE('UTC', {}, TO_TIMESTAMP_NTZ({micros}, 6)))", self.text(zone)))
    }

    fn now(&self) -> String {
        "DATE_PART('EPOCH_MICROSECOND', CURRENT_TIMESTAMP())".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATEDIFF('DAY', {b}, {a})")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("DATEADD('{name}', {count}, {date})")
    }
}

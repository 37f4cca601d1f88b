//! PostgreSQL.

use super::{Dialect, concatenated, sql_unit};
use crate::hir::Unit;

/// PostgreSQL 14 or newer, in a database of UTF-8.
pub(super) struct Postgres;

const DAY: &str = "86400000000";

/// A whole number of 38 digits as 64 bits, or nothing.
fn narrow(x: &str) -> String {
    format!(
        "(SELECT CASE WHEN v BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(v AS BIGINT) END FROM (SELECT {x} AS v) AS w)"
    )
}

impl Dialect for Postgres {
    fn double(&self) -> &'static str {
        "DOUBLE PRECISION"
    }

    fn wide(&self) -> &'static str {
        "NUMERIC"
    }

    fn text(&self, text: &str) -> String {
        // A backslash is a plain character under standard_conforming_strings, which has been the default since 9.1.
        concatenated(text, |c| format!("CHR({c})"))
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("CAST(EXTRACT(EPOCH FROM CAST({x} AS TIMESTAMPTZ)) * 1000000 AS BIGINT)")
    }

    fn any_member(&self, x: &str, split: Option<&str>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let list = split.map_or_else(|| x.to_owned(), |split| format!("STRING_TO_ARRAY({x}, {})", self.text(split)));
        Some(format!("EXISTS (SELECT 1 FROM UNNEST({list}) AS u(m) WHERE {})", test("m")))
    }

    fn contains_word(&self, x: &str, text: &str, word: &str) -> Option<String> {
        let plain: String =
            text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect();
        Some(format!("{x} ~ ('(^|[^' || {word} || '])' || {} || '($|[^' || {word} || '])')", self.text(&plain)))
    }

    fn without_accents(&self, x: &str, marks: &str) -> Option<String> {
        let plain = format!("REGEXP_REPLACE(NORMALIZE({x}, NFD), {}, '', 'g')", self.text(&format!("[{marks}]")));
        Some(format!("TRANSLATE({plain}, {}, {})", self.text("\u{2018}\u{2019}\u{201B}\u{02BC}\u{FF07}"), self.text("'''''")))
    }

    fn behind_at(&self, x: &str) -> String {
        format!("SPLIT_PART({x}, '@', -1)")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        narrow(&format!("CAST({a} AS NUMERIC) {op} CAST({b} AS NUMERIC)"))
    }

    fn sum(&self, x: &str) -> String {
        format!(
            "CASE WHEN COALESCE(SUM(CAST({x} AS NUMERIC)), 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(COALESCE(SUM(CAST({x} AS NUMERIC)), 0) AS BIGINT) END"
        )
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!(
            "CAST((TIMESTAMP '1970-01-01' + ({micros} / {DAY}) * INTERVAL '1 day' + ({micros} % {DAY}) * INTERVAL '1 microsecond') AT TIME ZONE 'UTC' AT TIME ZONE {} AS DATE)",
            self.text(zone)
        ))
    }

    fn now(&self) -> String {
        "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000000 AS BIGINT)".to_owned()
    }

    fn part(&self, part: &str, date: &str) -> String {
        format!("CAST(EXTRACT({part} FROM {date}) AS BIGINT)")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("CAST({date} + {count} * INTERVAL '1 {name}' AS DATE)")
    }
}

//! BigQuery.

use super::duckdb::word_pattern;
use super::{Dialect, escaped, sql_unit};
use crate::hir::Unit;

/// BigQuery, in GoogleSQL.
pub(super) struct Bigquery;

impl Dialect for Bigquery {
    fn name(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    fn text(&self, text: &str) -> String {
        escaped(text)
    }

    fn double(&self) -> &'static str {
        "FLOAT64"
    }

    fn bigint(&self) -> &'static str {
        "INT64"
    }

    fn varchar(&self) -> &'static str {
        "STRING"
    }

    fn wide(&self) -> &'static str {
        "BIGNUMERIC"
    }

    fn points(&self, x: &str) -> String {
        format!("CAST({x} AS NUMERIC) / 100")
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM({x}, {})", self.text(white))
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("UNIX_MICROS({x})")
    }

    fn any_member(&self, x: &str, split: Option<&str>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let list = split.map_or_else(|| x.to_owned(), |split| format!("SPLIT({x}, {})", self.text(split)));
        Some(format!("EXISTS (SELECT 1 FROM UNNEST({list}) AS m WHERE {})", test("m")))
    }

    fn without_accents(&self, x: &str, _marks: &str) -> Option<String> {
        let plain = format!("REGEXP_REPLACE(NORMALIZE({x}, NFD), {}, '')", self.text("\\p{M}"));
        Some(format!("TRANSLATE({plain}, {}, {})", self.text("\u{2018}\u{2019}\u{201B}\u{02BC}\u{FF07}"), self.text("'''''")))
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("REGEXP_CONTAINS({x}, {})", self.text(&word_pattern(text))))
    }

    fn behind_at(&self, x: &str) -> String {
        format!("REGEXP_EXTRACT({x}, '@([^@]*)$')")
    }

    fn divide(&self, a: &str, b: &str) -> String {
        format!("DIV({a}, {b})")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        format!("SAFE_CAST(CAST({a} AS BIGNUMERIC) {op} CAST({b} AS BIGNUMERIC) AS INT64)")
    }

    fn float(&self, a: &str, op: char, b: &str) -> String {
        match op {
            '+' => format!("SAFE_ADD({a}, {b})"),
            '-' => format!("SAFE_SUBTRACT({a}, {b})"),
            '*' => format!("SAFE_MULTIPLY({a}, {b})"),
            _ => format!("SAFE_DIVIDE({a}, {b})"),
        }
    }

    fn sum(&self, x: &str) -> String {
        format!("SAFE_CAST(COALESCE(SUM(CAST({x} AS BIGNUMERIC)), 0) AS INT64)")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!("EXTRACT(DATE FROM TIMESTAMP_MICROS({micros}) AT TIME ZONE {})", self.text(zone)))
    }

    fn now(&self) -> String {
        "UNIX_MICROS(CURRENT_TIMESTAMP())".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATE_DIFF({a}, {b}, DAY)")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("DATE_ADD({date}, INTERVAL {count} {name})")
    }
}

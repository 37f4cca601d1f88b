//! PostgreSQL.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::{Dialect, List, concatenated, sql_unit};
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

/// 2 to the 512th.
const BIG: &str = "1.3407807929942597e154";

/// 2 to the -512th.
const SMALL: &str = "7.458340731200207e-155";

/// Half of the least float, times 2 to the 1024th: what is not greater becomes 0.
const LEAST: &str = "4.440892098500626e-16";

impl Postgres {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("STRING_TO_ARRAY({}, {})", list.x, self.text(split)))
    }
}

impl Dialect for Postgres {
    fn double(&self) -> &'static str {
        "DOUBLE PRECISION"
    }

    fn wide(&self) -> &'static str {
        "NUMERIC"
    }

    fn holds_nul(&self) -> bool {
        false
    }

    fn text(&self, text: &str) -> String {
        // A backslash is a plain character under standard_conforming_strings, which has been the default since 9.1.
        concatenated(text, |c| format!("CHR({c})"))
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("CAST(EXTRACT(EPOCH FROM CAST({x} AS TIMESTAMPTZ)) * 1000000 AS BIGINT)")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "m"));
        Some(format!("EXISTS (SELECT 1 FROM UNNEST({}) AS u(m) WHERE {test})", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let member = list.member(self, "m");
        Some(format!(
            "(SELECT COUNT(DISTINCT {member}) FROM UNNEST({}) AS u(m) WHERE {member} NOT IN ({texts}))",
            self.list(list)
        ))
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("{x} ~ {}", self.text(&pattern::write(pattern, Flavour::Postgres)?)))
    }

    fn float(&self, a: &str, op: char, b: &str) -> String {
        // PostgreSQL stops where a result leaves the range, at either end: what would is known beforehand from operands that are
        // brought nearer to 1 by powers of two, which rounds nothing.
        let (far, none) = match op {
            '*' => (
                format!("ABS(a) > 1 AND ABS(b) > 1 THEN (ABS(a) * {SMALL}) * (ABS(b) * {SMALL}) >= 1"),
                Some(format!(
                    "a = 0 OR b = 0 OR ABS(a) >= 1 OR ABS(b) >= 1 THEN FALSE WHEN GREATEST(ABS(a), ABS(b)) < 1e-162 THEN TRUE WHEN TRUE THEN (ABS(a) * {BIG}) * (ABS(b) * {BIG}) < {LEAST}"
                )),
            ),
            '/' => (
                format!("ABS(a) > 1e-20 AND ABS(b) < 1 THEN ABS(a) * {SMALL} >= ABS(b) * {BIG}"),
                Some(format!("a <> 0 AND ABS(a) < 1 AND ABS(b) > 1 THEN ABS(a) * {BIG} <= ABS(b) * {SMALL} * {LEAST}")),
            ),
            _ => (format!("ABS(a) > 1e290 AND ABS(b) > 1e290 THEN ABS(a * 0.5 {op} b * 0.5) >= 8.98846567431158e307"), None),
        };
        let zero = none.map_or_else(String::new, |none| format!(" WHEN CASE WHEN {none} ELSE FALSE END THEN 0"));
        let divisor = if op == '/' { format!("NULLIF({b}, 0)") } else { b.to_owned() };
        format!(
            "(SELECT CASE WHEN CASE WHEN {far} ELSE FALSE END THEN NULL{zero} ELSE a {op} b END FROM (SELECT {a} AS a, {divisor} AS b) AS w)"
        )
    }

    fn array(&self, texts: &[String]) -> String {
        format!("CAST(ARRAY[{}] AS VARCHAR[])", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, word: &str) -> Option<String> {
        let plain: String =
            text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect();
        Some(format!("{x} ~ ('(^|[^' || {word} || '])' || {} || '($|[^' || {word} || '])')", self.text(&plain)))
    }

    fn without_accents(&self, x: &str, marks: &str) -> Option<String> {
        let plain = format!("REGEXP_REPLACE(NORMALIZE({x}, NFD), '[' || {marks} || ']', '', 'g')");
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

    fn is_narrow(&self) -> bool {
        true
    }

    fn fence(&self) -> &'static str {
        "\nOFFSET 0"
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

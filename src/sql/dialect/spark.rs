//! Apache Spark.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::duckdb::{quoted_pattern, word_pattern};
use super::{AccountLine, Dialect, List, Says, account_rows, escaped};
use crate::hir::Unit;

/// Apache Spark 3.5 or newer; nothing in the text fails under ANSI mode.
pub(super) struct Spark;

const DAY: &str = "86400000000";

impl Spark {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("SPLIT({}, {})", list.x, self.text(&quoted_pattern(split))))
    }
}

impl Dialect for Spark {
    fn is_narrow(&self) -> bool {
        true
    }

    fn name(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn text(&self, text: &str) -> String {
        escaped(text)
    }

    fn varchar(&self) -> &'static str {
        "STRING"
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM(BOTH {white} FROM {x})")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("UNIX_MICROS({x})")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "m"));
        Some(format!("COALESCE(EXISTS({}, m -> {test}), FALSE)", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let folded = format!("TRANSFORM({}, m -> {})", self.list(list), list.member(self, "m"));
        Some(format!("COALESCE(CARDINALITY(ARRAY_DISTINCT(FILTER({folded}, m -> m NOT IN ({texts})))), 0)"))
    }

    fn replaced(&self, x: &str, pattern: &str, with: &str) -> String {
        format!("REGEXP_REPLACE({x}, {pattern}, {with})")
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("{x} RLIKE {}", self.text(&pattern::write(pattern, Flavour::Java)?)))
    }

    fn contains(&self, x: &str, text: &str) -> String {
        format!("INSTR({x}, {}) > 0", self.text(text))
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = account_rows(lines, |at, line| {
            let (points, score, words) = (&line.points, &line.score, &line.words);
            format!("NAMED_STRUCT('size', -ABS({points}), 'place', {at}, 'points', {points}, 'score', {score}, 'words', {words})")
        });
        format!(
            "ARRAY_JOIN(TRANSFORM(ARRAY_SORT(FILTER(ARRAY({rows}), e -> e.points <> 0)), e -> {}), '; ')",
            says("e.points", "e.score", "e.words")
        )
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        Some(format!("TIMESTAMP_MICROS({micros})"))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("CAST(ARRAY({}) AS ARRAY<STRING>)", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("{x} RLIKE {}", self.text(&word_pattern(text))))
    }

    fn behind_at(&self, x: &str) -> String {
        format!("SUBSTRING_INDEX({x}, '@', -1)")
    }

    fn divide(&self, a: &str, b: &str) -> String {
        format!("{a} DIV {b}")
    }

    fn truncate(&self, x: &str) -> String {
        format!("TRY_CAST({x} AS BIGINT)")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        format!("TRY_CAST(CAST({a} AS DECIMAL(19, 0)) {op} CAST({b} AS DECIMAL(19, 0)) AS BIGINT)")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!(
            "CAST(CONVERT_TIMEZONE('UTC', {}, TIMESTAMP_NTZ '1970-01-01 00:00:00' + MAKE_DT_INTERVAL(CAST({micros} DIV {DAY} AS INT), 0, 0, CAST({micros} % {DAY} AS DECIMAL(18, 6)) / 1000000)) AS DATE)",
            self.text(zone)
        ))
    }

    fn now(&self) -> String {
        "UNIX_MICROS(CURRENT_TIMESTAMP())".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATEDIFF({a}, {b})")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = super::sql_unit(unit, count);
        if name == "DAY" { format!("DATE_ADD({date}, {count})") } else { format!("ADD_MONTHS({date}, {count})") }
    }

    fn same(&self, a: &str, b: &str) -> String {
        format!("{a} <=> {b}")
    }
}

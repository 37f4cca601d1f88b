//! Trino.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::duckdb::word_pattern;
use super::{AccountLine, Dialect, List, Says, account_rows, instant, sql_unit};
use crate::hir::Unit;

/// Trino.
pub(super) struct Trino;

impl Trino {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("SPLIT({}, {})", list.x, self.text(split)))
    }
}

impl Dialect for Trino {
    fn is_narrow(&self) -> bool {
        true
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM(BOTH {white} FROM {x})")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("CAST(ROUND(TO_UNIXTIME({x}) * 1e6) AS BIGINT)")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "m"));
        Some(format!("COALESCE(ANY_MATCH({}, m -> {test}), FALSE)", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let folded = format!("TRANSFORM({}, m -> {})", self.list(list), list.member(self, "m"));
        Some(format!("COALESCE(CARDINALITY(ARRAY_DISTINCT(FILTER({folded}, m -> m NOT IN ({texts})))), 0)"))
    }

    fn replaced(&self, x: &str, pattern: &str, with: &str) -> String {
        format!("REGEXP_REPLACE({x}, {pattern}, {with})")
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("REGEXP_LIKE({x}, {})", self.text(&pattern::write(pattern, Flavour::Java)?)))
    }

    fn without_accents(&self, x: &str, _marks: &str) -> Option<String> {
        let plain = format!("REGEXP_REPLACE(NORMALIZE({x}, NFD), {}, '')", self.text("\\p{M}"));
        Some(format!("TRANSLATE({plain}, {}, {})", self.text("\u{2018}\u{2019}\u{201B}\u{02BC}\u{FF07}"), self.text("'''''")))
    }

    fn last(&self, x: &str, count: usize) -> String {
        format!("SUBSTR({x}, GREATEST(LENGTH({x}) - {count}, 0) + 1)")
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = account_rows(lines, |at, line| {
            let (points, score, words) = (&line.points, &line.score, &line.words);
            format!("ROW(-ABS({points}), {at}, {points}, {score}, {words})")
        });
        format!(
            "ARRAY_JOIN(TRANSFORM(ARRAY_SORT(FILTER(ARRAY[{rows}], e -> e[3] <> 0)), e -> {}), '; ')",
            says("e[3]", "e[4]", "e[5]")
        )
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        instant(micros).map(|(date, time)| format!("TIMESTAMP '{date} {time} UTC'"))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("CAST(ARRAY[{}] AS ARRAY(VARCHAR))", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("REGEXP_LIKE({x}, {})", self.text(&word_pattern(text))))
    }

    fn behind_at(&self, x: &str) -> String {
        format!("ELEMENT_AT(SPLIT({x}, '@'), -1)")
    }

    fn length(&self, x: &str) -> String {
        format!("LENGTH({x})")
    }

    fn truncate(&self, x: &str) -> String {
        format!("CAST(TRUNCATE({x}) AS BIGINT)")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        format!("TRY_CAST(CAST({a} AS DECIMAL(19, 0)) {op} CAST({b} AS DECIMAL(19, 0)) AS BIGINT)")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        Some(format!("CAST(FROM_UNIXTIME_NANOS({micros} * 1000) AT TIME ZONE {} AS DATE)", self.text(zone)))
    }

    fn now(&self) -> String {
        "CAST(ROUND(TO_UNIXTIME(CURRENT_TIMESTAMP) * 1e6) AS BIGINT)".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATE_DIFF('day', {b}, {a})")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("DATE_ADD('{name}', {count}, {date})")
    }
}

//! BigQuery.

use super::duckdb::word_pattern;
use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::{AccountLine, Dialect, List, Says, account_rows, escaped, sql_unit};
use crate::hir::Unit;

/// BigQuery, in GoogleSQL.
pub(super) struct Bigquery;

impl Bigquery {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("SPLIT({}, {})", list.x, self.text(split)))
    }
}

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
        format!("TRIM({x}, {white})")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("UNIX_MICROS({x})")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "m"));
        Some(format!("EXISTS (SELECT 1 FROM UNNEST({}) AS m WHERE {test})", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let member = list.member(self, "m");
        Some(format!("(SELECT COUNT(DISTINCT {member}) FROM UNNEST({}) AS m WHERE {member} NOT IN ({texts}))", self.list(list)))
    }

    fn replaced(&self, x: &str, pattern: &str, with: &str) -> String {
        format!("REGEXP_REPLACE({x}, {pattern}, {with})")
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("REGEXP_CONTAINS({x}, {})", self.text(&pattern::write(pattern, Flavour::Linear)?)))
    }

    fn without_accents(&self, x: &str, _marks: &str) -> Option<String> {
        let plain = format!("REGEXP_REPLACE(NORMALIZE({x}, NFD), {}, '')", self.text("\\p{M}"));
        Some(format!("TRANSLATE({plain}, {}, {})", self.text("\u{2018}\u{2019}\u{201B}\u{02BC}\u{FF07}"), self.text("'''''")))
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = account_rows(lines, |at, line| {
            format!("STRUCT({at} AS place, {} AS points, {} AS score, {} AS words)", line.points, line.score, line.words)
        });
        format!(
            "(SELECT STRING_AGG({}, '; ' ORDER BY ABS(e.points) DESC, e.place) FROM UNNEST([{rows}]) AS e WHERE e.points <> 0)",
            says("e.points", "e.score", "e.words")
        )
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        Some(format!("TIMESTAMP_MICROS({micros})"))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("ARRAY<STRING>[{}]", texts.join(", "))
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

    /// Floats are no partition; the sum makes -0 into 0.
    fn partition_float(&self, x: &str) -> String {
        format!("CAST({x} + {} AS STRING)", self.number(0.0))
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("DATE_DIFF({a}, {b}, DAY)")
    }

    /// The last day that there is has no next one.
    fn ends_month(&self, date: &str) -> String {
        format!("LAST_DAY({date}) = {date}")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("DATE_ADD({date}, INTERVAL {count} {name})")
    }
}

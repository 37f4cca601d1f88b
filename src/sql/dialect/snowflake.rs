//! Snowflake.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::duckdb::quoted_pattern;
use super::{AccountLine, Dialect, List, Says, escaped, instant, sortable, sql_unit};
use crate::hir::Unit;

/// Snowflake.
pub(super) struct Snowflake;

impl Snowflake {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("SPLIT({}, {})", list.x, self.text(split)))
    }
}

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
        format!("TRIM({x}, {white})")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("DATE_PART('EPOCH_MICROSECOND', {x})")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "CAST(m AS VARCHAR)"));
        Some(format!("COALESCE(ARRAY_SIZE(FILTER({}, m -> {test})) > 0, FALSE)", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let folded = format!("TRANSFORM({}, m -> {})", self.list(list), list.member(self, "CAST(m AS VARCHAR)"));
        let others = format!("FILTER({folded}, m -> CAST(m AS VARCHAR) NOT IN ({texts}))");
        Some(format!("COALESCE(ARRAY_SIZE(ARRAY_DISTINCT({others})), 0)"))
    }

    fn replaced(&self, x: &str, pattern: &str, with: &str) -> String {
        format!("REGEXP_REPLACE({x}, {pattern}, {with})")
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("REGEXP_INSTR({x}, {}) > 0", self.text(&pattern::write(pattern, Flavour::Posix)?)))
    }

    fn contains(&self, x: &str, text: &str) -> String {
        format!("CONTAINS({x}, {})", self.text(text))
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = sortable(lines, says);
        format!(
            "ARRAY_TO_STRING(TRANSFORM(ARRAY_SORT(ARRAY_CONSTRUCT_COMPACT({rows})), e -> SUBSTR(CAST(e AS VARCHAR), 22)), '; ')"
        )
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        instant(micros).map(|(date, time)| format!("CAST('{date} {time} +00:00' AS TIMESTAMP_TZ)"))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("ARRAY_CONSTRUCT({})", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, word: &str) -> Option<String> {
        Some(format!(
            "REGEXP_INSTR({x}, '(^|[^' || {word} || '])' || {} || '($|[^' || {word} || '])') > 0",
            self.text(&quoted_pattern(text))
        ))
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
        let sum = format!("COALESCE(SUM(CAST({x} AS {wide})), 0)", wide = self.wide());
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

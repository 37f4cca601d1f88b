//! DuckDB.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::{AccountLine, Dialect, List, Says, account_rows, concatenated, sql_unit};
use crate::hir::Unit;

/// DuckDB, with its ICU extension for zones.
pub(super) struct Duckdb;

/// A text as a pattern: every sign stands for itself.
pub(super) fn quoted_pattern(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
}

/// A pattern for `text` where neither neighbour belongs to a word, for engines that know Unicode's classes.
pub(super) fn word_pattern(text: &str) -> String {
    format!("(^|[^\\p{{L}}\\p{{Nd}}\\p{{M}}]){}($|[^\\p{{L}}\\p{{Nd}}\\p{{M}}])", quoted_pattern(text))
}

impl Duckdb {
    fn list(&self, list: &List<'_>) -> String {
        list.split.map_or_else(|| list.x.to_owned(), |split| format!("STRING_SPLIT({}, {})", list.x, self.text(split)))
    }
}

/// The parameter of a lambda. A column of its name would come first, so it holds what no name of the language can.
const ITEM: &str = "\"item`\"";

fn of_item(field: &str) -> String {
    format!("{ITEM}.{field}")
}

impl Dialect for Duckdb {
    fn text(&self, text: &str) -> String {
        concatenated(text, |c| format!("CHR({c})"))
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM({x}, {white})")
    }

    fn wide(&self) -> &'static str {
        "HUGEINT"
    }

    fn is_narrow(&self) -> bool {
        true
    }

    fn fence(&self) -> &'static str {
        "\nOFFSET 0"
    }

    fn divide(&self, a: &str, b: &str) -> String {
        format!("{a} // {b}")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!("EPOCH_US(CAST({x} AS TIMESTAMPTZ))")
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, ITEM));
        Some(format!("COALESCE(LEN(LIST_FILTER({}, lambda {ITEM}: {test})) > 0, FALSE)", self.list(list)))
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        let folded = format!("LIST_TRANSFORM({}, lambda {ITEM}: {})", self.list(list), list.member(self, ITEM));
        Some(format!("COALESCE(LEN(LIST_DISTINCT(LIST_FILTER({folded}, lambda {ITEM}: {ITEM} NOT IN ({texts})))), 0)"))
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        Ok(format!("REGEXP_MATCHES({x}, {})", self.text(&pattern::write(pattern, Flavour::Linear)?)))
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = account_rows(lines, |at, line| {
            let (points, score, words) = (&line.points, &line.score, &line.words);
            format!("{{'size': -ABS({points}), 'place': {at}, 'points': {points}, 'score': {score}, 'words': {words}}}")
        });
        format!(
            "ARRAY_TO_STRING(LIST_TRANSFORM(LIST_SORT(LIST_FILTER([{rows}], lambda {ITEM}: {ITEM}.points <> 0)), lambda {ITEM}: {}), '; ')",
            says(&of_item("points"), &of_item("score"), &of_item("words"))
        )
    }

    fn array(&self, texts: &[String]) -> String {
        format!("CAST([{}] AS VARCHAR[])", texts.join(", "))
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

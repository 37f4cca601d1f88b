//! Apache DataFusion.

use regex_syntax::hir::Hir;

use super::super::pattern::{self, Flavour};
use super::duckdb::{quoted_pattern, word_pattern};
use super::{AccountLine, Dialect, List, Says, sortable, sql_unit};
use crate::hir::Unit;

/// Apache DataFusion.
pub(super) struct Datafusion;

/// Stands behind the digits by which the lines of an account are sorted: a private character, which means nothing to people.
const MARK: &str = "\u{e000}";

/// Stands between members of an array that are joined.
const BETWEEN: &str = "\u{1f}";

impl Datafusion {
    /// The members of a list as they are compared. DataFusion applies nothing to each member of an array: they are joined to one text,
    /// which is trimmed around what stands between them, folded and split again.
    fn members(&self, list: &List<'_>) -> Option<String> {
        let between = list.split.unwrap_or(BETWEEN);
        // What folding could change, or a pattern could find elsewhere than a split does, cannot stand between.
        if list.split.is_some_and(|split| split.chars().count() != 1 || split.chars().any(char::is_alphanumeric)) {
            return None;
        }
        let whole = match list.split {
            Some(_) => list.x.to_owned(),
            // A member that holds what stands between would be taken for two: it stops the query, with its text in the message.
            None => format!(
                "CASE WHEN STRPOS(ARRAY_TO_STRING({x}, ''), {between}) > 0 THEN CAST(CAST(ARRAY_TO_STRING({x}, ' ') AS BIGINT) AS VARCHAR) ELSE ARRAY_TO_STRING({x}, {between}, '') END",
                x = list.x,
                between = self.text(between)
            ),
        };
        let (white, text) = (list.white, self.text(between));
        let around = format!("'[' || {white} || ']*' || {} || '[' || {white} || ']*'", self.text(&quoted_pattern(between)));
        let plain = self.replaced(&self.trim(&whole, white), &around, &text);
        Some(format!("STRING_TO_ARRAY({}, {text})", (list.fold)(&plain)))
    }
}

impl Dialect for Datafusion {
    fn read_datetime(&self, x: &str) -> String {
        format!("CAST(ARROW_CAST({x}, 'Timestamp(Microsecond, None)') AS BIGINT)")
    }

    fn any_member(&self, _list: &List<'_>, _test: &dyn Fn(&str) -> String) -> Option<String> {
        None
    }

    fn has_member(&self, list: &List<'_>, texts: &str, among: bool) -> Option<String> {
        let members = self.members(list)?;
        Some(if among {
            format!("COALESCE(ARRAY_HAS_ANY({members}, MAKE_ARRAY({texts})), FALSE)")
        } else {
            format!("COALESCE(CARDINALITY(ARRAY_EXCEPT({members}, MAKE_ARRAY({texts}))) > 0, FALSE)")
        })
    }

    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String> {
        Some(format!("COALESCE(CAST(CARDINALITY(ARRAY_EXCEPT({}, MAKE_ARRAY({texts}))) AS BIGINT), 0)", self.members(list)?))
    }

    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String> {
        // Rust's own patterns know only Unicode's `\b` unless they are asked for ASCII's.
        let pattern = pattern::write(pattern, Flavour::Linear)?.replace(r"\b", r"(?-u:\b)");
        Ok(format!("REGEXP_LIKE({x}, {})", self.text(&pattern)))
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = sortable(lines, &|points, score, words| format!("'{MARK}' || {}", says(points, score, words)));
        format!("REGEXP_REPLACE(ARRAY_TO_STRING(ARRAY_SORT(MAKE_ARRAY({rows})), '; '), '[0-9]{{21}}{MARK}', '', 'g')")
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        Some(format!("ARROW_CAST({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))')"))
    }

    fn array(&self, texts: &[String]) -> String {
        format!("ARROW_CAST(MAKE_ARRAY({}), 'List(Utf8)')", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("REGEXP_LIKE({x}, {})", self.text(&word_pattern(text))))
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        let zone = format!("'Timestamp(Microsecond, Some({zone:?}))'");
        Some(format!(
            "CAST(TO_LOCAL_TIME(ARROW_CAST(ARROW_CAST({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))'), {zone})) AS DATE)"
        ))
    }

    // Without NULLIF its optimizer compares what is cast with a bound that is cast instead, and what leaves 64 bits passes for known.
    fn whole(&self, a: &str, op: char, b: &str) -> String {
        format!("NULLIF(TRY_CAST(CAST({a} AS DECIMAL(38, 0)) {op} CAST({b} AS DECIMAL(38, 0)) AS BIGINT), NULL)")
    }

    // Its minus zero is less than zero, and equal to nothing else.
    fn float(&self, a: &str, op: char, b: &str) -> String {
        let divisor =
            if op == '/' { format!("NULLIF(NULLIF({b}, {}), {})", self.number(0.0), self.number(-0.0)) } else { b.to_owned() };
        format!("NULLIF(NULLIF({a} {op} {divisor}, CAST('Infinity' AS DOUBLE)), CAST('-Infinity' AS DOUBLE))")
    }

    fn sum(&self, x: &str) -> String {
        format!("NULLIF(TRY_CAST(COALESCE(SUM(CAST({x} AS DECIMAL(38, 0))), 0) AS BIGINT), NULL)")
    }

    fn now(&self) -> String {
        "CAST(ARROW_CAST(NOW(), 'Timestamp(Microsecond, None)') AS BIGINT)".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("(CAST(CAST({a} AS INT) AS BIGINT) - CAST(CAST({b} AS INT) AS BIGINT))")
    }

    fn part(&self, part: &str, date: &str) -> String {
        format!("CAST(EXTRACT({part} FROM {date}) AS BIGINT)")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        format!("CAST({date} + INTERVAL '{count} {name}' AS DATE)")
    }
}

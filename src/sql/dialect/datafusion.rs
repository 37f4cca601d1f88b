//! Apache DataFusion.

use super::duckdb::word_pattern;
use super::{Dialect, sql_unit};
use crate::hir::Unit;

/// Apache DataFusion.
pub(super) struct Datafusion;

impl Dialect for Datafusion {
    fn read_datetime(&self, x: &str) -> String {
        format!("CAST(ARROW_CAST({x}, 'Timestamp(Microsecond, None)') AS BIGINT)")
    }

    fn has_arithmetic(&self) -> bool {
        false
    }

    fn any_member(&self, _x: &str, _split: Option<&str>, _test: &dyn Fn(&str) -> String) -> Option<String> {
        None
    }

    fn contains_word(&self, x: &str, text: &str, _word: &str) -> Option<String> {
        Some(format!("REGEXP_LIKE({x}, {})", self.text(&word_pattern(text))))
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        matches!(zone, "UTC" | "Etc/UTC" | "GMT").then(|| format!("CAST(TO_TIMESTAMP_MICROS({micros}) AS DATE)"))
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

//! SQLite: no dates, no zones, no Unicode, no regular expressions of its own, and everything is bridged with what it has.

use regex_syntax::hir::Hir;

use super::super::classes;
use super::Replaced;
use super::{AccountLine, Dialect, GREATEST, List, Says, ZONE, account_rows, concatenated, iso, sql_unit};
use crate::hir::Unit;
use crate::invariant::Sure as _;

/// SQLite 3.38 or newer. Dates are ISO 8601 text, date-times text in UTC or whole microseconds, lists JSON text.
pub(super) struct Sqlite;

/// Seconds below microseconds, towards the past.
fn seconds(micros: &str) -> String {
    format!("(({micros}) - CASE WHEN ({micros}) < 0 THEN 999999 ELSE 0 END) / 1000000")
}

impl Sqlite {
    /// A list as a JSON text; `None` where the text cannot be split by what SQLite has.
    fn list(&self, x: &str, split: Option<&str>) -> Option<String> {
        let Some(split) = split else { return Some(x.to_owned()) };
        // Inside a JSON text the separator stands for itself, unless it is a character that an escape is written with.
        let unfit = |c: char| c.is_ascii_alphanumeric() || c.is_control() || "\"\\/".contains(c);
        let fits = !split.is_empty() && !split.chars().any(unfit);
        fits.then(|| format!("'[' || REPLACE(JSON_QUOTE({x}), {}, '\",\"') || ']'", self.text(split)))
    }
}

/// So many calls stand inside one another at most: the parser of SQLite before 3.46 has a stack of a hundred places.
const NESTED: usize = 10;

/// `x` with each first text replaced by its second, in order.
fn replaced(x: &str, pairs: &[(String, String)]) -> String {
    let nested =
        |x: String, pairs: &[(String, String)]| pairs.iter().fold(x, |x, (from, to)| format!("REPLACE({x}, {from}, {to})"));
    if pairs.len() <= NESTED {
        return nested(x.to_owned(), pairs);
    }
    let mut steps = Vec::new();
    for (at, some) in pairs.chunks(NESTED).enumerate() {
        let (of, from) = if at == 0 { (x.to_owned(), String::new()) } else { ("v".to_owned(), format!(" FROM r{at}")) };
        steps.push(format!("r{} AS (SELECT {} AS v{from})", at + 1, nested(of, some)));
    }
    format!("(WITH {} SELECT v FROM r{})", steps.join(", "), steps.len())
}

impl Dialect for Sqlite {
    fn is_shallow(&self) -> bool {
        true
    }

    fn text(&self, text: &str) -> String {
        concatenated(text, |c| format!("CHAR({c})"))
    }

    fn number(&self, x: f64) -> String {
        format!("{x:?}")
    }

    fn date(&self, day: i32) -> Option<String> {
        iso(day).map(|date| format!("'{date}'"))
    }

    fn double(&self) -> &'static str {
        "REAL"
    }

    fn bigint(&self) -> &'static str {
        "INTEGER"
    }

    fn varchar(&self) -> &'static str {
        "TEXT"
    }

    fn points(&self, x: &str) -> String {
        format!("CASE WHEN {x} % 100 = 0 THEN {x} / 100 ELSE {x} / 100.0 END")
    }

    fn trim(&self, x: &str, white: &str) -> String {
        format!("TRIM({x}, {white})")
    }

    fn read_integer(&self, x: &str) -> String {
        format!("CASE WHEN TYPEOF({x}) = 'integer' THEN {x} END")
    }

    fn read_number(&self, x: &str) -> String {
        format!(
            "CASE WHEN TYPEOF({x}) IN ('integer', 'real') AND {x} BETWEEN -{GREATEST} AND {GREATEST} THEN CAST({x} AS REAL) END"
        )
    }

    fn read_boolean(&self, x: &str) -> String {
        format!("CASE WHEN {x} IN (0, 1) THEN {x} END")
    }

    fn read_date(&self, x: &str) -> String {
        format!("CASE WHEN TYPEOF({x}) = 'text' THEN DATE({x}) END")
    }

    fn read_datetime(&self, x: &str) -> String {
        format!(
            "CASE WHEN TYPEOF({x}) = 'integer' THEN {x} WHEN {x} GLOB '????-??-??[T ]??:??:??*' AND {x} NOT GLOB '*[+-]??:??' THEN UNIXEPOCH(SUBSTR({x}, 1, 19)) * 1000000 + CAST(SUBSTR(RTRIM(SUBSTR({x}, 21), 'Zz') || '000000', 1, 6) AS INTEGER) END"
        )
    }

    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String> {
        let test = test(&list.member(self, "m.value"));
        Some(format!("EXISTS (SELECT 1 FROM JSON_EACH({}) AS m WHERE {test})", self.list(list.x, list.split)?))
    }

    fn count_members(&self, _list: &List<'_>, _texts: &str) -> Option<String> {
        // Members are told apart only when all their characters are folded.
        None
    }

    fn words(&self, x: &str, _blanks: &str) -> String {
        let text = |c: char| self.text(&c.to_string());
        let blanks: Vec<(String, String)> = classes::blank().chars().map(|c| (text(c), "' '".to_owned())).collect();
        let blank = replaced(x, &blanks);
        let list = self.list(&blank, Some(" ")).sure("a space separates in a JSON text");
        format!("CASE WHEN {x} IS NOT NULL THEN (SELECT COUNT(*) FROM JSON_EACH({list}) AS m WHERE m.value <> '') END")
    }

    fn replaced(&self, x: &str, _pattern: &str, _with: &str) -> String {
        x.to_owned()
    }

    fn matches(&self, _x: &str, _pattern: &Hir) -> Result<String, String> {
        Err("this pattern".to_owned())
    }

    fn lower(&self, x: &str, letters: &Replaced<'_>) -> Option<String> {
        let others = letters.pairs.iter().filter(|(upper, _)| !upper.is_ascii());
        let pairs: Vec<(String, String)> =
            others.map(|(upper, lower)| (self.text(&upper.to_string()), self.text(&lower.to_string()))).collect();
        (!letters.removes).then(|| replaced(&format!("LOWER({x})"), &pairs))
    }

    fn folds_all(&self) -> bool {
        false
    }

    fn contains(&self, x: &str, text: &str) -> String {
        format!("INSTR({x}, {}) > 0", self.text(text))
    }

    fn last(&self, x: &str, count: usize) -> String {
        format!("SUBSTR({x}, -{count})")
    }

    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        // A plus before a column, which else would give its own name to that of the values.
        let rows = account_rows(lines, |at, line| format!("({at}, +{}, {}, {})", line.points, line.score, line.words));
        format!(
            "(SELECT GROUP_CONCAT(line, '; ') FROM (SELECT {} AS line FROM (VALUES{rows}) AS e WHERE e.column2 <> 0 ORDER BY ABS(e.column2) DESC, e.column1))",
            says("e.column2", "e.column3", "e.column4")
        )
    }

    fn datetime(&self, micros: i64) -> Option<String> {
        Some(micros.to_string())
    }

    fn array(&self, texts: &[String]) -> String {
        format!("JSON_ARRAY({})", texts.join(", "))
    }

    fn contains_word(&self, x: &str, text: &str, word: &str) -> Option<String> {
        let plain: String = text.chars().map(|c| if "*?[".contains(c) { format!("[{c}]") } else { c.to_string() }).collect();
        Some(format!("' ' || {x} || ' ' GLOB '*[^' || {word} || ']' || {} || '[^' || {word} || ']*'", self.text(&plain)))
    }

    fn behind_at(&self, x: &str) -> String {
        format!("SUBSTR({x}, LENGTH(RTRIM({x}, REPLACE({x}, '@', ''))) + 1)")
    }

    fn length(&self, x: &str) -> String {
        format!("LENGTH({x})")
    }

    fn least(&self, a: &str, b: &str) -> String {
        format!("MIN({a}, {b})")
    }

    fn greatest(&self, a: &str, b: &str) -> String {
        format!("MAX({a}, {b})")
    }

    fn truncate(&self, x: &str) -> String {
        format!("CAST({x} AS INTEGER)")
    }

    fn whole(&self, a: &str, op: char, b: &str) -> String {
        // Beyond 64 bits a whole number becomes a float.
        format!("(SELECT CASE WHEN TYPEOF(v) = 'integer' THEN v END FROM (SELECT {a} {op} {b} AS v))")
    }

    fn float(&self, a: &str, op: char, b: &str) -> String {
        format!("NULLIF(NULLIF({a} {op} {b}, 9e999), -9e999)")
    }

    fn sum(&self, x: &str) -> String {
        let (high, low) = halves(x);
        format!("CASE WHEN COUNT({x}) = 0 THEN 0 WHEN {high} BETWEEN -2147483648 AND 2147483647 THEN ({high} << 32) | {low} END")
    }

    fn sum_float(&self, x: &str) -> String {
        let (high, low) = halves(x);
        format!("{high} * 4294967296.0 + {low}")
    }

    fn day(&self, micros: &str, zone: &str) -> Option<String> {
        let seconds = seconds(micros);
        if matches!(zone, "UTC" | "Etc/UTC" | "Etc/GMT" | "GMT") {
            return Some(format!("DATE({seconds}, 'unixepoch')"));
        }
        Some(format!(
            "(SELECT DATE(CASE WHEN z.seconds IS NULL THEN JSON('no offset is known at ' || {seconds}) ELSE {seconds} + z.seconds END, 'unixepoch') FROM \"{ZONE}\" AS z WHERE z.since <= {seconds} ORDER BY z.since DESC LIMIT 1)"
        ))
    }

    fn now(&self) -> String {
        "UNIXEPOCH('now') * 1000000 + CAST(SUBSTR(STRFTIME('%f', 'now'), 4) AS INTEGER) * 1000".to_owned()
    }

    fn days_between(&self, a: &str, b: &str) -> String {
        format!("((UNIXEPOCH({a}) - UNIXEPOCH({b})) / 86400)")
    }

    fn part(&self, part: &str, date: &str) -> String {
        let form = match part {
            "YEAR" => "%Y",
            "MONTH" => "%m",
            _ => "%d",
        };
        format!("CAST(STRFTIME('{form}', {date}) AS INTEGER)")
    }

    fn moved(&self, date: &str, count: i64, unit: Unit) -> String {
        let (name, count) = sql_unit(unit, count);
        if name == "DAY" {
            return format!("DATE({date}, '{count:+} days')");
        }
        // A day that the month lacks would run over into the next: the month's last day comes first then.
        format!(
            "MIN(DATE({date}, 'start of month', '{count:+} months', (STRFTIME('%d', {date}) - 1) || ' days'), DATE({date}, 'start of month', '{:+} months', '-1 days'))",
            count + 1
        )
    }

    fn fence(&self) -> &'static str {
        "\nLIMIT -1 OFFSET 0"
    }

    fn same(&self, a: &str, b: &str) -> String {
        format!("{a} IS {b}")
    }
}

/// The sum of whole numbers in two halves of 32 bits each, which cannot overflow.
fn halves(x: &str) -> (String, String) {
    let low = format!("SUM({x} & 4294967295)");
    (format!("(SUM({x} >> 32) + ({low} >> 32))"), format!("({low} & 4294967295)"))
}

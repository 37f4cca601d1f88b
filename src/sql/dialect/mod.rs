//! What differs between dialects: one file each, which answers only where it differs from the defaults here.

mod bigquery;
mod datafusion;
mod duckdb;
mod postgres;
mod snowflake;
mod spark;
mod sqlite;
mod trino;

use regex_syntax::hir::Hir;

use crate::hir::Unit;
use crate::time;

/// The dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DialectName {
    /// SQLite 3.38 or newer.
    Sqlite,
    /// DuckDB.
    Duckdb,
    /// PostgreSQL 14 or newer.
    Postgres,
    /// Apache DataFusion.
    Datafusion,
    /// Apache Spark 3.5 or newer, ANSI mode.
    Spark,
    /// Snowflake.
    Snowflake,
    /// BigQuery.
    Bigquery,
    /// Trino.
    Trino,
}

impl DialectName {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 8] =
        [Self::Sqlite, Self::Duckdb, Self::Postgres, Self::Datafusion, Self::Spark, Self::Snowflake, Self::Bigquery, Self::Trino];

    /// The name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Duckdb => "duckdb",
            Self::Postgres => "postgres",
            Self::Datafusion => "datafusion",
            Self::Spark => "spark",
            Self::Snowflake => "snowflake",
            Self::Bigquery => "bigquery",
            Self::Trino => "trino",
        }
    }

    /// A name in quotes, so that it cannot be anything else.
    #[must_use]
    pub fn quoted(self, name: &str) -> String {
        self.dialect().column(name)
    }

    /// A table's name, perhaps with a schema in front; plain names stand without quotes.
    #[must_use]
    pub fn table(self, name: &str) -> String {
        self.dialect().table(name)
    }

    /// A text constant.
    #[must_use]
    pub fn text(self, text: &str) -> String {
        self.dialect().text(text)
    }

    pub(super) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Sqlite => &sqlite::Sqlite,
            Self::Duckdb => &duckdb::Duckdb,
            Self::Postgres => &postgres::Postgres,
            Self::Datafusion => &datafusion::Datafusion,
            Self::Spark => &spark::Spark,
            Self::Snowflake => &snowflake::Snowflake,
            Self::Bigquery => &bigquery::Bigquery,
            Self::Trino => &trino::Trino,
        }
    }
}

/// The step with the offsets of the zone, for dialects that know no zones: a name that nobody gives to a table.
pub(super) const ZONE: &str = "offsets of the zone";

/// The greatest finite float.
pub(super) const GREATEST: &str = "1.7976931348623157e308";

/// Names that people give to tables and that cannot stand without quotes.
const RESERVED: &[&str] = &[
    "all",
    "call",
    "case",
    "check",
    "column",
    "current",
    "default",
    "end",
    "from",
    "group",
    "index",
    "join",
    "key",
    "limit",
    "match",
    "merge",
    "order",
    "partition",
    "primary",
    "range",
    "references",
    "row",
    "rows",
    "select",
    "table",
    "transaction",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "view",
    "when",
    "where",
    "window",
    "with",
];

/// A set as a column holds it.
pub(super) struct List<'a> {
    /// The column.
    pub(super) x: &'a str,
    /// What its members are split at; without it the column is the dialect's array.
    pub(super) split: Option<&'a str>,
    /// A text as it is compared.
    pub(super) fold: &'a dyn Fn(&str) -> String,
    /// What the ends of a member lose, in SQL.
    pub(super) white: &'a str,
}

impl List<'_> {
    /// A member as it is compared.
    fn member(&self, dialect: &dyn Dialect, m: &str) -> String {
        (self.fold)(&dialect.trim(m, self.white))
    }
}

/// A line that may stand in an account, as SQL: its points in hundredths (unknown where there is no account), its score and its words.
pub(super) struct AccountLine {
    pub(super) points: String,
    pub(super) score: String,
    pub(super) words: String,
}

/// What a line says, from its points, score and words.
pub(super) type Says<'a> = &'a dyn Fn(&str, &str, &str) -> String;

/// How a dialect writes what others write differently. Arguments and results are SQL, unless they say otherwise. A date is the
/// dialect's own date, a date-time a whole number of microseconds since 1970-01-01T00:00Z, points are whole hundredths.
pub(super) trait Dialect {
    // ---- names and constants ------------------------------------------------------------

    /// A name, quoted so that it cannot be anything else.
    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A column of the user's table.
    fn column(&self, name: &str) -> String {
        self.name(name)
    }

    /// The name of a user's table, perhaps with others in front; plain names as they are, so that the engine treats case as usual.
    fn table(&self, name: &str) -> String {
        let plain = |part: &str| {
            !RESERVED.contains(&part.to_ascii_lowercase().as_str())
                && part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let parts: Vec<String> =
            name.split('.').map(|part| if plain(part) { part.to_owned() } else { self.name(part) }).collect();
        parts.join(".")
    }

    /// Whether a text may hold the character U+0000.
    fn holds_nul(&self) -> bool {
        true
    }

    /// A text constant; characters that people cannot see are written by number.
    fn text(&self, text: &str) -> String {
        concatenated(text, |c| format!("CHR({c})"))
    }

    /// A float constant.
    fn number(&self, x: f64) -> String {
        format!("CAST('{x:e}' AS {})", self.double())
    }

    /// A date constant.
    fn date(&self, day: i32) -> Option<String> {
        iso(day).map(|date| format!("DATE '{date}'"))
    }

    // ---- types ------------------------------------------------------------------------------

    /// The 64-bit float.
    fn double(&self) -> &'static str {
        "DOUBLE"
    }

    /// The 64-bit whole number.
    fn bigint(&self) -> &'static str {
        "BIGINT"
    }

    /// Text of any length.
    fn varchar(&self) -> &'static str {
        "VARCHAR"
    }

    /// A type for exact whole numbers of 38 digits.
    fn wide(&self) -> &'static str {
        "DECIMAL(38, 0)"
    }

    /// Whether a whole number written out has 32 bits, and a sum or product of such numbers too.
    fn is_narrow(&self) -> bool {
        false
    }

    /// Whether its parser takes only a few conditions inside one another, so that deep ones become columns.
    fn is_shallow(&self) -> bool {
        false
    }

    /// Hundredths as the number that people read.
    fn points(&self, x: &str) -> String {
        format!("CAST({x} AS DECIMAL(18, 2)) / 100")
    }

    // ---- reading columns ----------------------------------------------------------------------

    /// The text without the outer characters of the text `white`.
    fn trim(&self, x: &str, white: &str) -> String {
        format!("BTRIM({x}, {white})")
    }

    /// A whole number column; unknown where it holds something else.
    fn read_integer(&self, x: &str) -> String {
        format!("CAST({x} AS {})", self.bigint())
    }

    /// A float column, without infinities.
    fn read_number(&self, x: &str) -> String {
        format!(
            "CASE WHEN CAST({x} AS {double}) BETWEEN -{GREATEST} AND {GREATEST} THEN CAST({x} AS {double}) END",
            double = self.double()
        )
    }

    /// A boolean column.
    fn read_boolean(&self, x: &str) -> String {
        x.to_owned()
    }

    /// A date column.
    fn read_date(&self, x: &str) -> String {
        format!("CAST({x} AS DATE)")
    }

    /// A date-time column, as microseconds.
    fn read_datetime(&self, x: &str) -> String;

    /// Whether a list has a member for which `test`, given the member as it is compared, is true.
    fn any_member(&self, list: &List<'_>, test: &dyn Fn(&str) -> String) -> Option<String>;

    /// Whether a list has a member among these texts, or one that is not among them.
    fn has_member(&self, list: &List<'_>, texts: &str, among: bool) -> Option<String> {
        let sign = if among { "IN" } else { "NOT IN" };
        self.any_member(list, &|m| format!("{m} {sign} ({texts})"))
    }

    /// How many different members a list has that are not among these texts.
    fn count_members(&self, list: &List<'_>, texts: &str) -> Option<String>;

    // ---- texts -------------------------------------------------------------------------------

    /// `x` with its letters replaced; `None` where nothing can vanish.
    fn lower(&self, x: &str, letters: &Replaced<'_>) -> Option<String> {
        Some(format!("TRANSLATE({x}, {}, {})", letters.from, letters.to))
    }

    /// Whether texts can be compared with each other, not only with constants: whether [`Dialect::lower`] takes the whole alphabet.
    fn folds_all(&self) -> bool {
        true
    }

    /// `x` decomposed, without the combining marks of the class of characters `marks`, with every apostrophe as `'`; `None` where the
    /// dialect decomposes nothing.
    fn without_accents(&self, _x: &str, _marks: &str) -> Option<String> {
        None
    }

    /// Whether `x` contains the constant.
    fn contains(&self, x: &str, text: &str) -> String {
        format!("STRPOS({x}, {}) > 0", self.text(text))
    }

    /// The last characters of `x`.
    fn last(&self, x: &str, count: usize) -> String {
        format!("RIGHT({x}, {count})")
    }

    /// Whether `x` contains the constant where neither neighbour belongs to a word; `word` is the inside of a class of characters,
    /// written with plain ranges; `None` where the dialect cannot.
    fn contains_word(&self, x: &str, text: &str, word: &str) -> Option<String>;

    /// What stands behind the last `@` of `x`, which has one.
    fn behind_at(&self, x: &str) -> String {
        format!("SPLIT_PART({x}, '@', -1)")
    }

    /// How many characters `x` has.
    fn length(&self, x: &str) -> String {
        format!("CHAR_LENGTH({x})")
    }

    /// How many words between characters of the text `blanks` the text `x` has, which has none of them at its ends.
    fn words(&self, x: &str, blanks: &str) -> String {
        let plain = self.replaced(x, &format!("('[' || {blanks} || ']+')"), "' '");
        format!(
            "CASE WHEN {x} = '' THEN 0 ELSE {} - {} + 1 END",
            self.length(&plain),
            self.length(&format!("REPLACE({plain}, ' ', '')"))
        )
    }

    /// `x` with every place that a pattern matches replaced.
    fn replaced(&self, x: &str, pattern: &str, with: &str) -> String {
        format!("REGEXP_REPLACE({x}, {pattern}, {with}, 'g')")
    }

    /// Whether `x` matches a pattern.
    ///
    /// # Errors
    /// What of it the dialect reads in another way, in words that finish "`matches` with ..".
    fn matches(&self, x: &str, pattern: &Hir) -> Result<String, String>;

    // ---- numbers ---------------------------------------------------------------------------------

    /// The smaller of two known numbers.
    fn least(&self, a: &str, b: &str) -> String {
        format!("LEAST({a}, {b})")
    }

    /// The greater of two known numbers.
    fn greatest(&self, a: &str, b: &str) -> String {
        format!("GREATEST({a}, {b})")
    }

    /// Whole division of whole numbers, towards zero.
    fn divide(&self, a: &str, b: &str) -> String {
        format!("{a} / {b}")
    }

    /// A float without its fraction, as a whole number.
    fn truncate(&self, x: &str) -> String {
        format!("CAST(TRUNC({x}) AS {})", self.bigint())
    }

    /// `a op b` of whole numbers, unknown beyond 64 bits.
    fn whole(&self, a: &str, op: char, b: &str) -> String {
        format!("TRY_CAST(CAST({a} AS {wide}) {op} CAST({b} AS {wide}) AS BIGINT)", wide = self.wide())
    }

    /// `a op b` of floats, unknown where it is not finite.
    fn float(&self, a: &str, op: char, b: &str) -> String {
        let divisor = if op == '/' { format!("NULLIF({b}, {})", self.number(0.0)) } else { b.to_owned() };
        format!(
            "NULLIF(NULLIF({a} {op} {divisor}, CAST('Infinity' AS {double})), CAST('-Infinity' AS {double}))",
            double = self.double()
        )
    }

    /// A float as a window's partition has it.
    fn partition_float(&self, x: &str) -> String {
        x.to_owned()
    }

    /// The sum of whole numbers over a group, 0 for none, unknown beyond 64 bits.
    fn sum(&self, x: &str) -> String {
        format!("TRY_CAST(COALESCE(SUM(CAST({x} AS {wide})), 0) AS BIGINT)", wide = self.wide())
    }

    /// The sum of whole numbers over a group as a float, unknown for none.
    fn sum_float(&self, x: &str) -> String {
        format!("CAST(SUM(CAST({x} AS {wide})) AS {double})", wide = self.wide(), double = self.double())
    }

    // ---- time -----------------------------------------------------------------------------------------

    /// The calendar day of a date-time in a zone; `None` where the dialect has no such zone.
    fn day(&self, micros: &str, zone: &str) -> Option<String>;

    /// The engine's clock in microseconds.
    fn now(&self) -> String;

    /// How many days `a` is after `b`.
    fn days_between(&self, a: &str, b: &str) -> String {
        format!("({a} - {b})")
    }

    /// A part of a date: `YEAR`, `MONTH` or `DAY`.
    fn part(&self, part: &str, date: &str) -> String {
        format!("EXTRACT({part} FROM {date})")
    }

    /// A date moved by days, weeks, months or years, held to the month's end.
    fn moved(&self, date: &str, count: i64, unit: Unit) -> String;

    /// Whether a date is the last of its month.
    fn ends_month(&self, date: &str) -> String {
        format!("{} = 1", self.part("DAY", &self.moved(date, 1, Unit::Days)))
    }

    // ---- accounts ---------------------------------------------------------------------------------------

    /// The lines that give or take points as one text, by falling size and then in their order, `; ` between them.
    fn account(&self, lines: &[AccountLine], says: Says<'_>) -> String {
        let rows = account_rows(lines, |at, line| format!("({at}, {}, {}, {})", line.points, line.score, line.words));
        format!(
            "(SELECT STRING_AGG({}, '; ' ORDER BY ABS(e.points) DESC, e.place) FROM (VALUES{rows}) AS e (place, points, score, words) WHERE e.points <> 0)",
            says("e.points", "e.score", "e.words")
        )
    }

    // ---- values of a table ------------------------------------------------------------------------------

    /// A date-time as a column holds it.
    fn datetime(&self, micros: i64) -> Option<String> {
        instant(micros).map(|(date, time)| format!("TIMESTAMPTZ '{date} {time}+00'"))
    }

    /// An array of these texts, in SQL.
    fn array(&self, texts: &[String]) -> String;

    /// What keeps a planner from writing the SQL of a step's columns wherever a later step names them, for those that do.
    fn fence(&self) -> &'static str {
        ""
    }

    /// Equal, or both unknown.
    fn same(&self, a: &str, b: &str) -> String {
        format!("{a} IS NOT DISTINCT FROM {b}")
    }
}

/// The lines of an account, each on a line of its own, numbered from 1.
pub(super) fn account_rows(lines: &[AccountLine], row: impl Fn(usize, &AccountLine) -> String) -> String {
    let rows: Vec<String> = (1..).zip(lines).map(|(at, line)| format!("\n      {}", row(at, line))).collect();
    rows.join(",")
}

/// The lines of an account as texts that sort by falling size and then in their order, for engines that sort nothing but plain
/// values: 21 digits stand before each.
pub(super) fn sortable(lines: &[AccountLine], says: Says<'_>) -> String {
    account_rows(lines, |at, line| {
        format!(
            "CASE WHEN {p} <> 0 THEN CAST(2000000000000000 - ABS({p}) AS VARCHAR) || '{at:05}' || {} END",
            says(&line.points, &line.score, &line.words),
            p = line.points,
        )
    })
}

/// `2026-01-15`
pub(super) fn iso(day: i32) -> Option<String> {
    time::civil(day).filter(|date| date.year() > 0).map(|date| date.to_string())
}

/// A moment in UTC: `2026-01-15` and `10:30:00.000000`.
pub(super) fn instant(micros: i64) -> Option<(String, String)> {
    const DAY: i64 = 86_400_000_000;
    let date = iso(i32::try_from(micros.div_euclid(DAY)).ok()?)?;
    let rest = micros.rem_euclid(DAY);
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    Some((date, format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)))
}

/// The name of a unit as SQL has it, and how many of it.
pub(super) fn sql_unit(unit: Unit, count: i64) -> (&'static str, i64) {
    match unit {
        Unit::Hours => ("HOUR", count),
        Unit::Days => ("DAY", count),
        Unit::Weeks => ("DAY", count * 7),
        Unit::Months => ("MONTH", count),
        Unit::Years => ("MONTH", count * 12),
    }
}

/// Whether people can see a character for what it is.
pub(super) fn visible(c: char) -> bool {
    c == ' '
        || (!c.is_control()
            && !c.is_whitespace()
            && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'))
}

/// A text in quotes, doubled inside; characters that cannot be seen are joined to it by number.
pub(super) fn concatenated(text: &str, by_number: impl Fn(u32) -> String) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut run = String::new();
    for c in text.chars() {
        if visible(c) {
            run.push(c);
            if c == '\'' {
                run.push('\'');
            }
        } else {
            if !run.is_empty() {
                parts.push(format!("'{run}'"));
                run.clear();
            }
            parts.push(by_number(u32::from(c)));
        }
    }
    if !run.is_empty() || parts.is_empty() {
        parts.push(format!("'{run}'"));
    }
    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" || ")) }
}

/// A text in quotes with a backslash before quotes and backslashes, and `\u` for characters that cannot be seen.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if visible(c) => out.push(c),
            c if u32::from(c) > 0xFFFF => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('\'');
    out
}

/// What a text has replaced when it is folded.
pub(super) struct Replaced<'a> {
    /// A character and what it becomes.
    pub(super) pairs: &'a [(char, char)],
    /// Whether others vanish.
    pub(super) removes: bool,
    /// In SQL: all that is replaced, and behind it what vanishes.
    pub(super) from: String,
    /// In SQL: what stands in for each of the first.
    pub(super) to: String,
}

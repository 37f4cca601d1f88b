//! The rows of the query, read out or written as a table beside the records.

use super::{Client, Fault};
use crate::sql::DialectName;
use crate::value::Type;

/// What a column of the result holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The key, of this type.
    Key(Type),
    /// Points.
    Points,
    /// Text.
    Text,
}

/// A column of the result.
#[derive(Debug, Clone)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// The result: its columns in the order of the query, and the query.
#[derive(Debug)]
pub struct Output {
    /// Its columns; the first is the key.
    pub columns: Vec<OutputColumn>,
    /// The query that gives them.
    pub query: String,
}

/// `numeric` of so many digits holds every score.
const POINTS: &str = "NUMERIC(20, 2)";

impl Output {
    /// A query that gives all columns as texts, points as whole hundredths, in the order of the key.
    #[must_use]
    pub fn as_texts(&self, dialect: DialectName) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| column.as_text(dialect)).collect();
        let order = self.columns.first().map_or_else(String::new, |key| {
            let name = format!("q.{}", dialect.quoted(&key.name));
            // The same order whatever the language of the database.
            let plain = if dialect == DialectName::Postgres && key.kind.is_text() { " COLLATE \"C\"" } else { "" };
            format!("\nORDER BY {name} IS NULL, {name}{plain}")
        });
        format!("SELECT {}\nFROM (\n{}\n) AS q{order}", columns.join(", "), self.query)
    }

    /// Writes the rows into a table: a new one, or one with just these columns, whose rows they replace. How many rows it has.
    ///
    /// # Errors
    /// A table with other columns, and the database's own.
    pub fn write(&self, client: &mut dyn Client, table: &str, shown: &str) -> Result<u64, Fault> {
        let dialect = client.dialect();
        let place = dialect.table(table);
        match client.columns(table) {
            Ok(columns) => {
                let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
                if !names.iter().eq(self.columns.iter().map(|column| &column.name)) {
                    return Err(self.other_columns(shown, &names));
                }
                if dialect == DialectName::Postgres {
                    // Two runs at once must not both add their rows; whoever reads goes on to see the old ones.
                    client.run(&format!("LOCK TABLE {place} IN SHARE ROW EXCLUSIVE MODE"))?;
                }
                client.run(&format!("DELETE FROM {place}"))?;
            }
            Err(fault) if fault.is_no_table() => {
                let columns: Vec<String> = self.columns.iter().map(|column| column.declared(dialect)).collect();
                client.run(&format!("CREATE TABLE {place} (\n  {}\n)", columns.join(",\n  ")))?;
            }
            Err(fault) => return Err(fault),
        }
        let names: Vec<String> = self.columns.iter().map(|column| dialect.quoted(&column.name)).collect();
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let name = format!("q.{}", dialect.quoted(&column.name));
                if column.kind == Kind::Points { format!("CAST({name} AS {POINTS})") } else { name }
            })
            .collect();
        client.run(&format!(
            "INSERT INTO {place} ({})\nSELECT {}\nFROM (\n{}\n) AS q",
            names.join(", "),
            values.join(", "),
            self.query
        ))
    }

    fn other_columns(&self, shown: &str, names: &[String]) -> Fault {
        let own: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        Fault::new(format!(
            "{shown} is there already and is not a table of these scores, so it stays as it is: it has the columns {}, and the scores have {}",
            names.join(", "),
            own.join(", ")
        ))
        .help("name another table, or drop this one first if no one needs it")
    }

    /// A query over a table of these columns: the values of some of them as texts, with how many rows have them.
    #[must_use]
    pub fn counts(&self, dialect: DialectName, table: &str, places: &[usize]) -> String {
        let columns: Vec<String> =
            places.iter().filter_map(|&at| self.columns.get(at)).map(|column| column.as_text(dialect)).collect();
        let numbers: Vec<String> = (1..=columns.len()).map(|n| n.to_string()).collect();
        format!(
            "SELECT {}, CAST(COUNT(*) AS TEXT) FROM {} AS q GROUP BY {}",
            columns.join(", "),
            dialect.table(table),
            numbers.join(", ")
        )
    }
}

impl Kind {
    fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Key(Type::Text | Type::OneOf(_)))
    }
}

impl OutputColumn {
    fn as_text(&self, dialect: DialectName) -> String {
        let name = format!("q.{}", dialect.quoted(&self.name));
        let whole = if dialect == DialectName::Sqlite { "INTEGER" } else { "BIGINT" };
        match &self.kind {
            Kind::Points => format!("CAST(CAST(ROUND({name} * 100) AS {whole}) AS TEXT)"),
            // Fifteen digits are not enough.
            Kind::Key(Type::Number) if dialect == DialectName::Sqlite => format!("PRINTF('%!.17g', {name})"),
            Kind::Key(_) | Kind::Text => format!("CAST({name} AS TEXT)"),
        }
    }

    fn declared(&self, dialect: DialectName) -> String {
        let sqlite = dialect == DialectName::Sqlite;
        let ty = match &self.kind {
            Kind::Points => POINTS,
            Kind::Key(Type::Integer | Type::DateTime) if sqlite => "INTEGER",
            Kind::Key(Type::Integer | Type::DateTime) => "BIGINT",
            Kind::Key(Type::Number) => "DOUBLE PRECISION",
            Kind::Key(Type::Boolean) => "BOOLEAN",
            Kind::Key(Type::Date) if !sqlite => "DATE",
            Kind::Key(_) | Kind::Text => "TEXT",
        };
        format!("{} {ty}", dialect.quoted(&self.name))
    }
}

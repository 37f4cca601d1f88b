//! SQLite, in a file.

use std::time::Duration;

use miette::Report;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Address, Client, Fault, Row, Storage, TableColumn};
use crate::sql::DialectName;

/// How long another program may hold the file.
const WAIT: Duration = Duration::from_secs(10);

pub(super) struct Sqlite {
    connection: Connection,
    place: String,
}

impl Sqlite {
    pub(super) fn open(address: &Address, writes: bool) -> Result<Self, Fault> {
        let place = address.database();
        if let Some((name, _)) = address.options().first() {
            return Err(Fault::new(format!("the address of a SQLite file has no `{name}`")).help("write PATH?table=NAME"));
        }
        let access = if writes { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let connection = Connection::open_with_flags(&place, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let connection = connection.map_err(|error| told(&error, &place))?;
        let mut it = Self { connection, place };
        it.connection.busy_timeout(WAIT).map_err(|error| told(&error, &it.place))?;
        it.run(if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        Ok(it)
    }
}

/// The error in the user's words.
pub(super) fn told(error: &rusqlite::Error, place: &str) -> Fault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "rusqlite's list is long and open")]
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(failure, message) => (Some(failure.code), message.clone()),
        rusqlite::Error::SqlInputError { error, msg, .. } => (Some(error.code), Some(msg.clone())),
        _ => (None, None),
    };
    let message = message.unwrap_or_else(|| error.to_string());
    if let Some(table) = message.strip_prefix("no such table: ") {
        return Fault::no_table(table, place);
    }
    match code {
        Some(ErrorCode::CannotOpen) => Fault::new(format!("there is no database `{place}` that can be opened"))
            .help("check the path and the spelling; lsrc makes tables, but no databases"),
        Some(ErrorCode::NotADatabase) => Fault::new(format!("`{place}` is not a SQLite database")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fault::busy(format!("another program is writing to `{place}`")).help("let it finish, then run this again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Fault::new(format!("`{place}` may not be written"))
            .help("change its permissions, or write to a file with -o FILE.csv"),
        Some(ErrorCode::DiskFull) => Fault::new(format!("the disk is full, so nothing was written to `{place}`")),
        Some(ErrorCode::DatabaseCorrupt) => Fault::new(format!("`{place}` is damaged: {message}")),
        _other => Fault::new(format!("SQLite cannot do this in `{place}`: {message}")),
    }
}

/// What a declared type is likely to hold, by SQLite's rules of affinity.
fn storage(declared: &str) -> Storage {
    let declared = declared.to_ascii_uppercase();
    if !declared.contains("INT") && ["CHAR", "CLOB", "TEXT"].iter().any(|word| declared.contains(word)) {
        Storage::Text
    } else {
        Storage::Any
    }
}

impl Client for Sqlite {
    fn dialect(&self) -> DialectName {
        DialectName::Sqlite
    }

    fn columns(&mut self, table: &str) -> Result<Vec<TableColumn>, Fault> {
        let query = format!("SELECT * FROM {} LIMIT 0", DialectName::Sqlite.table(table));
        let statement = self.connection.prepare(&query).map_err(|error| told(&error, &self.place))?;
        let column = |c: &rusqlite::Column<'_>| {
            let declared = c.decl_type().map_or_else(String::new, str::to_owned);
            TableColumn { name: c.name().to_owned(), storage: storage(&declared), declared }
        };
        Ok(statement.columns().map(|c| column(&c)).collect())
    }

    fn tables(&mut self) -> Result<Vec<String>, Fault> {
        let query =
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY 1";
        let names = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare(query)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        names().map_err(|error| told(&error, &self.place))
    }

    fn run(&mut self, statement: &str) -> Result<u64, Fault> {
        let changed = self.connection.execute(statement, []);
        changed.map(|rows| rows as u64).map_err(|error| told(&error, &self.place))
    }

    fn rows(&mut self, query: &str, take: &mut dyn FnMut(Row<'_>) -> Result<(), Report>) -> Result<(), Report> {
        let place = &self.place;
        let told = |error: rusqlite::Error| Report::new(told(&error, place));
        let mut statement = self.connection.prepare(query).map_err(told)?;
        let count = statement.column_count();
        let mut rows = statement.query([]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            let mut cells = Vec::with_capacity(count);
            for at in 0..count {
                cells.push(match row.get_ref(at).map_err(told)? {
                    ValueRef::Text(bytes) => Some(std::str::from_utf8(bytes).map_err(|_| {
                        Fault::new(format!("a text in `{place}` is not UTF-8"))
                            .help("fix the text, or export the table and name its --encoding")
                    })?),
                    ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => None,
                });
            }
            take(&cells)?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Fault> {
        self.run("COMMIT").map(drop)
    }
}

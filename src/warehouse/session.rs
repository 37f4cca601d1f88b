//! Connections whose transactions are the caller's, with values bound to statements: what a store of results needs.
//!
//! Statements are written once for all databases: places for values are `?1`, `?2` and so on.

use std::time::Duration;

use super::{Address, Fault, System};

/// A value of a statement or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number.
    Whole(i64),
    /// A text.
    Text(String),
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Whole(_) => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        match self {
            Self::Whole(number) => Some(*number),
            Self::Null | Self::Text(_) => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Whole(i64::from(number))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A connection.
pub trait Session: Send {
    /// The kind of database.
    fn system(&self) -> System;

    /// Runs a statement; how many rows it changed.
    ///
    /// # Errors
    /// The database's own.
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, Fault>;

    /// The rows of a query, all of them.
    ///
    /// # Errors
    /// The database's own.
    fn rows(&mut self, query: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Fault>;

    /// Runs several statements without values.
    ///
    /// # Errors
    /// The database's own.
    fn script(&mut self, statements: &str) -> Result<(), Fault>;
}

/// Connects; a file of SQLite is made if `creates`, and only read if not `writes`. `wait` is how long another program may hold the database.
///
/// # Errors
/// That the database cannot be reached, or that this program was built without its client.
pub fn session(
    address: &Address,
    access: (bool, bool),
    wait: Duration,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Session>, Fault> {
    let (writes, creates) = access;
    match address.system() {
        #[cfg(feature = "sqlite")]
        System::Sqlite => Ok(Box::new(sqlite::File::open(address, writes, creates, wait)?)),
        #[cfg(feature = "postgres")]
        System::Postgres => Ok(Box::new(server::Server::open(address, writes, wait, variable)?)),
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        other => {
            let _ = (writes, creates, wait, variable);
            let (name, feature) = other.names();
            Err(Fault::new(format!("this lsrc was built without {name}"))
                .help(format!("build it with `cargo install lsrc --features {feature}`")))
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::time::Duration;

    use rusqlite::types::{ToSqlOutput, ValueRef};
    use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

    use super::{Session, Value};
    use crate::warehouse::sqlite::told;
    use crate::warehouse::{Address, Fault, System};

    /// So many statements are kept ready.
    const READY: usize = 64;

    pub(super) struct File {
        connection: Connection,
        place: String,
    }

    impl File {
        pub(super) fn open(address: &Address, writes: bool, creates: bool, wait: Duration) -> Result<Self, Fault> {
            let place = address.database();
            // Whoever only reads opens the file as one who writes, where that may be, so that nothing is left beside it at the end.
            let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_READ_WRITE;
            if creates {
                flags |= OpenFlags::SQLITE_OPEN_CREATE;
            }
            let connection = Connection::open_with_flags(&place, flags).map_err(|error| {
                if creates && error.sqlite_error_code() == Some(ErrorCode::CannotOpen) {
                    Fault::new(format!("`{place}` cannot be made or opened"))
                        .help("its folder must exist, and you must be allowed to write in it")
                } else {
                    told(&error, &place)
                }
            })?;
            connection.busy_timeout(wait).map_err(|error| told(&error, &place))?;
            if !writes {
                connection.pragma_update(None, "query_only", true).map_err(|error| told(&error, &place))?;
            }
            connection.set_prepared_statement_cache_capacity(READY);
            Ok(Self { connection, place })
        }
    }

    impl ToSql for Value {
        fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
            Ok(ToSqlOutput::Borrowed(match self {
                Self::Null => ValueRef::Null,
                Self::Whole(number) => ValueRef::Integer(*number),
                Self::Text(text) => ValueRef::Text(text.as_bytes()),
            }))
        }
    }

    impl Session for File {
        fn system(&self) -> System {
            System::Sqlite
        }

        fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, Fault> {
            let mut statement = self.connection.prepare_cached(statement).map_err(|error| told(&error, &self.place))?;
            let changed = statement.execute(rusqlite::params_from_iter(values));
            changed.map(|rows| rows as u64).map_err(|error| told(&error, &self.place))
        }

        fn rows(&mut self, query: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Fault> {
            let told = |error: rusqlite::Error| told(&error, &self.place);
            let mut statement = self.connection.prepare_cached(query).map_err(told)?;
            let count = statement.column_count();
            let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(told)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(told)? {
                let mut cells = Vec::with_capacity(count);
                for at in 0..count {
                    cells.push(match row.get_ref(at).map_err(told)? {
                        ValueRef::Null => Value::Null,
                        ValueRef::Integer(number) => Value::Whole(number),
                        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                        ValueRef::Real(_) | ValueRef::Blob(_) => {
                            return Err(Fault::new(format!("`{}` holds a value that lsrc did not write there", self.place)));
                        }
                    });
                }
                found.push(cells);
            }
            Ok(found)
        }

        fn script(&mut self, statements: &str) -> Result<(), Fault> {
            self.connection.execute_batch(statements).map_err(|error| told(&error, &self.place))
        }
    }
}

#[cfg(feature = "postgres")]
mod server {
    use std::time::Duration;

    use postgres::types::{IsNull, ToSql, Type, private::BytesMut};
    use postgres::{Client, Error, Row, Statement};
    use rustc_hash::FxHashMap;

    use super::{Session, Value};
    use crate::warehouse::postgres::{open, told};
    use crate::warehouse::{Address, Fault, System};

    pub(super) struct Server {
        client: Client,
        place: String,
        ready: FxHashMap<String, Statement>,
    }

    impl Server {
        pub(super) fn open(
            address: &Address,
            writes: bool,
            wait: Duration,
            variable: &dyn Fn(&str) -> Option<String>,
        ) -> Result<Self, Fault> {
            let mut it = Self { client: open(address, variable)?, place: address.database(), ready: FxHashMap::default() };
            let access = if writes { "READ WRITE" } else { "READ ONLY" };
            // What waits for a lock ends with a clear message and not with silence.
            it.script(&format!(
                "SET SESSION CHARACTERISTICS AS TRANSACTION {access}; SET lock_timeout = {}; SET client_min_messages = warning",
                wait.as_millis()
            ))?;
            Ok(it)
        }

        fn prepared(&mut self, statement: &str) -> Result<Statement, Fault> {
            if let Some(ready) = self.ready.get(statement) {
                return Ok(ready.clone());
            }
            let made = self.client.prepare(&statement.replace('?', "$")).map_err(|error| told(&error, &self.place))?;
            self.ready.insert(statement.to_owned(), made.clone());
            Ok(made)
        }
    }

    impl ToSql for Value {
        fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
            match self {
                Self::Null => Ok(IsNull::Yes),
                Self::Whole(number) => number.to_sql(ty, out),
                Self::Text(text) => text.to_sql(ty, out),
            }
        }

        fn accepts(ty: &Type) -> bool {
            [Type::INT8, Type::TEXT].contains(ty)
        }

        postgres::types::to_sql_checked!();
    }

    /// A cell; the tables of a store have numbers of 64 bits and texts.
    fn cell(row: &Row, at: usize, ty: &Type) -> Result<Value, Error> {
        Ok(if *ty == Type::INT8 {
            row.try_get::<_, Option<i64>>(at)?.map_or(Value::Null, Value::Whole)
        } else if *ty == Type::INT4 {
            row.try_get::<_, Option<i32>>(at)?.map_or(Value::Null, Value::from)
        } else {
            row.try_get::<_, Option<String>>(at)?.map_or(Value::Null, Value::Text)
        })
    }

    impl Session for Server {
        fn system(&self) -> System {
            System::Postgres
        }

        fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, Fault> {
            let statement = self.prepared(statement)?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            self.client.execute(&statement, &values).map_err(|error| told(&error, &self.place))
        }

        fn rows(&mut self, query: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Fault> {
            let statement = self.prepared(query)?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            let rows = self.client.query(&statement, &values).map_err(|error| told(&error, &self.place))?;
            let cells = |row: &Row| {
                let types: Vec<Type> = row.columns().iter().map(|column| column.type_().clone()).collect();
                types.iter().enumerate().map(|(at, ty)| cell(row, at, ty)).collect::<Result<Vec<_>, _>>()
            };
            rows.iter().map(cells).collect::<Result<_, _>>().map_err(|error| told(&error, &self.place))
        }

        fn script(&mut self, statements: &str) -> Result<(), Fault> {
            self.client.batch_execute(statements).map_err(|error| told(&error, &self.place))
        }
    }
}

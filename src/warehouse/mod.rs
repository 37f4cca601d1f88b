//! Tables of databases: the query of `sql` runs where the records are, and its rows are read or written there as a table.
//!
//! The only room that names the clients of databases, each behind a feature of its own name.

mod address;
#[cfg(feature = "postgres")]
mod postgres;
mod result;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tables;
#[cfg(feature = "postgres")]
mod tls;

use std::fmt;

use miette::Report;

use crate::sql::DialectName;

pub use address::{Address, System};
pub use result::{Kind, Output, OutputColumn};
pub use session::{Session, Value, session};
pub use tables::{Check, Needed, Tables, Trouble, reading};

/// Why something could not be done in a database.
#[derive(Debug)]
pub struct Fault {
    message: String,
    help: Option<String>,
    no_table: bool,
    busy: bool,
}

impl Fault {
    /// A fault in the user's words: lower case, no full stop.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, no_table: false, busy: false }
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// That a table is not there.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    fn no_table(table: &str, place: &str) -> Self {
        Self { no_table: true, ..Self::new(format!("there is no table `{table}` in {place}")) }
    }

    /// That another program holds the database.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    fn busy(message: impl Into<String>) -> Self {
        Self { busy: true, ..Self::new(message) }
    }

    /// Whether another program held the database for longer than the wait: the same may succeed later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// The way out, if there is one.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether a table is not there.
    #[must_use]
    pub fn is_no_table(&self) -> bool {
        self.no_table
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl miette::Diagnostic for Fault {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }
}

/// What a column of a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Exact decimals.
    Decimal,
    /// Floats.
    Float,
    /// Truth values.
    Boolean,
    /// Calendar days.
    Date,
    /// Points in time.
    Instant,
    /// Dates with a time and without a zone.
    Local,
    /// Lists of text.
    Texts,
    /// Something else.
    Other,
    /// Whatever each row holds.
    Any,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub storage: Storage,
    /// Its type as the database calls it.
    pub declared: String,
}

/// A row that came back, as texts; `None` is unknown.
pub type Row<'a> = &'a [Option<&'a str>];

/// A connection with one transaction, which is undone unless it is [committed](Client::commit).
pub trait Client {
    /// The database's SQL.
    fn dialect(&self) -> DialectName;

    /// The columns of a table or view; its name as the command line has it.
    ///
    /// # Errors
    /// That there is none, or that it may not be read.
    fn columns(&mut self, table: &str) -> Result<Vec<TableColumn>, Fault>;

    /// The names of all tables and views, for those who mistyped one.
    ///
    /// # Errors
    /// The database's own.
    fn tables(&mut self) -> Result<Vec<String>, Fault>;

    /// Runs a statement; how many rows it changed.
    ///
    /// # Errors
    /// The database's own.
    fn run(&mut self, statement: &str) -> Result<u64, Fault>;

    /// Hands every row of a query to `take`; all columns of the query are texts.
    ///
    /// # Errors
    /// The database's own, and those of `take`.
    fn rows(&mut self, query: &str, take: &mut dyn FnMut(Row<'_>) -> Result<(), Report>) -> Result<(), Report>;

    /// Makes what was written stay.
    ///
    /// # Errors
    /// The database's own.
    fn commit(&mut self) -> Result<(), Fault>;
}

/// Connects and begins a transaction, one that can write if `writes`.
///
/// # Errors
/// That the database cannot be reached, or that this program was built without its client.
pub fn connect(address: &Address, writes: bool, variable: &dyn Fn(&str) -> Option<String>) -> Result<Box<dyn Client>, Fault> {
    match address.system() {
        #[cfg(feature = "sqlite")]
        System::Sqlite => Ok(Box::new(sqlite::Sqlite::open(address, writes)?)),
        #[cfg(feature = "postgres")]
        System::Postgres => Ok(Box::new(postgres::Postgres::connect(address, writes, variable)?)),
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        other => {
            let _ = (writes, variable);
            let (name, feature) = other.names();
            Err(Fault::new(format!("this lsrc was built without {name}"))
                .help(format!("build it with `cargo install lsrc --features {feature}`, or score an export of the table")))
        }
    }
}

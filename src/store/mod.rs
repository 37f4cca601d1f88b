//! Results kept between runs, in SQLite or PostgreSQL: one row a record, one row a change, and the messages that are to leave.
//!
//! A [`Store`] is a connection. [`Store::begin`] opens a transaction to [`put`](Writing::put) what a [`Recorder`] or a [`JsonRecorder`]
//! makes of scored records; everything of a transaction is kept, or nothing. Writers wait for one another, so none loses what another wrote.
//!
//! Nothing here reads a clock: "now" is an argument, in microseconds since 1970.

mod change;
mod condition;
mod digest;
mod due;
mod outbox;
mod outline;
mod query;
mod record;
mod recorder;
mod tables;
mod writing;

#[cfg(feature = "notify")]
pub mod notify;

use std::time::Duration;

pub use change::{Cause, Change, Kind};
pub use condition::Condition;
pub use due::Due;
pub use outbox::{Claimed, DELAYS, Format, Message, Standing, target};
pub use outline::{Outline, digest as revision};
pub use query::{Changes, Run};
pub use record::{Results, Since, Snapshot, StageNow, Stored, points_json};
pub use recorder::{JsonRecorder, Recorder};
pub use writing::{Beginning, Counts, Put, Writing};

pub use crate::warehouse::Fault;
use crate::warehouse::{Address, Session, session};

/// How long another program may hold the store, where nothing else is said.
pub const WAIT: Duration = Duration::from_secs(30);

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It must be there, and is only read.
    Read,
    /// It must be there.
    Write,
    /// It is made where it is not there.
    Create,
}

/// A connection to a store.
pub struct Store {
    session: Box<dyn Session>,
    place: String,
    known: outline::Known,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store at an address, `scores.db` or `postgres://USER@HOST/DATABASE`; `variable` gives variables of the environment, such as
    /// PGPASSWORD, and `wait` is how long another program may hold the store.
    ///
    /// # Errors
    /// That there is none, that it is something else, or of a later version.
    pub fn open(text: &str, access: Access, wait: Duration, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let address = address(text)?;
        let writes = access != Access::Read;
        if access != Access::Create
            && let Some(path) = address.file()
            && !path.exists()
        {
            return Err(Fault::new(format!("there is no store `{}`", path.display()))
                .help("check the path; `lsrc run RULES DATA --store FILE.db` makes a store"));
        }
        let session = session(&address, (writes, access == Access::Create), wait, variable)?;
        let mut store = Self { session, place: address.database(), known: outline::Known::default() };
        tables::prepare(&mut *store.session, &store.place, access)?;
        Ok(store)
    }

    /// What messages call the store; without a password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// The address of a store.
///
/// # Errors
/// That the text is something else.
pub fn address(text: &str) -> Result<Address, Fault> {
    let address = Address::parse(text).ok_or_else(|| {
        Fault::new(format!("`{text}` is not the address of a store"))
            .help("write FILE.db, sqlite:FILE or postgres://USER@HOST/DATABASE")
    })?;
    match address.table() {
        Some(_) => Err(Fault::new(format!("{}: a store has tables of its own names", address.shown()))
            .help("leave out what is after the `?`")),
        None => Ok(address),
    }
}

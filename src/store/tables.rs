//! The tables of a store, their version, and the transactions around them.

use super::{Access, Fault};
use crate::warehouse::{Session, System, Value};

/// The version of the tables that this program reads and writes.
const VERSION: i64 = 1;

/// What makes the tables of the version before into those of the next: the first is for version 1.
const STEPS: [&str; 0] = [];

/// `ID` is a number that names a row, `WHOLE` any other, `NAME` a text that is compared byte by byte.
const TABLES: &str = "
CREATE TABLE lsrc_meta (name NAME PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE lsrc_revisions (id ID PRIMARY KEY, digest TEXT NOT NULL, outline TEXT NOT NULL, first_used WHOLE NOT NULL);
CREATE TABLE lsrc_runs (id ID PRIMARY KEY, revision WHOLE NOT NULL, rules TEXT NOT NULL, as_of WHOLE NOT NULL, day WHOLE NOT NULL,
  records WHOLE NOT NULL, changes WHOLE NOT NULL, moves WHOLE NOT NULL, written WHOLE NOT NULL);
CREATE TABLE lsrc_texts (id ID PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE lsrc_records (key NAME PRIMARY KEY, revision WHOLE NOT NULL, run WHOLE NOT NULL, as_of WHOLE NOT NULL, day WHOLE NOT NULL,
  first_day WHOLE NOT NULL, results TEXT NOT NULL, since TEXT NOT NULL, reasons TEXT NOT NULL, digest TEXT NOT NULL, data TEXT, due WHOLE,
  written WHOLE NOT NULL);
CREATE INDEX lsrc_records_due ON lsrc_records (due, key) WHERE due IS NOT NULL;
CREATE TABLE lsrc_changes (id ID PRIMARY KEY, key NAME NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, before TEXT, after TEXT,
  cause TEXT NOT NULL, why TEXT NOT NULL, as_of WHOLE NOT NULL, day WHOLE NOT NULL, revision WHOLE NOT NULL, written WHOLE NOT NULL);
CREATE INDEX lsrc_changes_key ON lsrc_changes (key, id);
CREATE INDEX lsrc_changes_day ON lsrc_changes (day);
CREATE INDEX lsrc_changes_moves ON lsrc_changes (id) WHERE kind = 'stage';
CREATE TABLE lsrc_outbox (id NAME NOT NULL, target NAME NOT NULL, change WHOLE NOT NULL, key NAME NOT NULL, message TEXT NOT NULL,
  state TEXT NOT NULL, attempts WHOLE NOT NULL, due WHOLE NOT NULL, claimed_until WHOLE NOT NULL, claimed_by TEXT NOT NULL,
  said TEXT NOT NULL, created WHOLE NOT NULL, settled WHOLE, PRIMARY KEY (id, target));
CREATE INDEX lsrc_outbox_due ON lsrc_outbox (target, due) WHERE state = 'waiting';
CREATE INDEX lsrc_outbox_key ON lsrc_outbox (target, key, change) WHERE state = 'waiting';
";

/// The statements in a database's own types.
fn of(system: System, statements: &str) -> String {
    let (id, whole, name) = match system {
        System::Sqlite => ("INTEGER", "INTEGER", "TEXT"),
        System::Postgres => ("BIGINT", "BIGINT", "TEXT COLLATE \"C\""),
    };
    statements.replace(" ID ", &format!(" {id} ")).replace(" WHOLE", &format!(" {whole}")).replace(" NAME ", &format!(" {name} "))
}

/// A number that the writers of all stores of a server agree on.
const LOCK: i64 = 0x6c73_7263_7374_6f72;

/// Begins a transaction that no other writer is beside.
pub(super) fn begin(session: &mut dyn Session) -> Result<(), Fault> {
    match session.system() {
        System::Sqlite => session.script("BEGIN IMMEDIATE"),
        System::Postgres => {
            let begun = session.script(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"));
            if begun.is_err() {
                rollback(session);
            }
            begun
        }
    }
}

/// Undoes a transaction; where that fails too, the connection is gone and the database undoes it.
pub(super) fn rollback(session: &mut dyn Session) {
    let _gone = session.script("ROLLBACK");
}

/// Runs `work` in a transaction that no other writer is beside.
pub(super) fn within<T>(session: &mut dyn Session, work: impl FnOnce(&mut dyn Session) -> Result<T, Fault>) -> Result<T, Fault> {
    begin(session)?;
    let done = work(session).and_then(|value| session.script("COMMIT").map(|()| value));
    if done.is_err() {
        rollback(session);
    }
    done
}

/// Makes the tables where they may be made, and sees to it that they are of this version.
pub(super) fn prepare(session: &mut dyn Session, place: &str, access: Access) -> Result<(), Fault> {
    match version(session, place)? {
        Some(VERSION) => {}
        Some(later) if later > VERSION => return Err(of_later_version(place, later)),
        None if access == Access::Create => within(session, |session| match version(session, place)? {
            // Another program was quicker.
            Some(_) => Ok(()),
            None => {
                let tables = of(session.system(), TABLES);
                session.script(&tables)?;
                let first = [("version", VERSION), ("changes", 0), ("runs", 0)];
                first.iter().try_for_each(|(name, value)| set(session, name, *value))
            }
        })?,
        None => {
            return Err(Fault::new(format!("`{place}` has no tables of a store"))
                .help("check the address; `lsrc run RULES DATA --store` makes a store"));
        }
        Some(_) if access == Access::Read => {
            return Err(Fault::new(format!("the store `{place}` is of an earlier version"))
                .help("run once with --store, which brings it up to date"));
        }
        Some(_) => within(session, |session| {
            let from = version(session, place)?.and_then(|version| usize::try_from(version).ok());
            for step in STEPS.iter().skip(from.map_or(STEPS.len(), |version| version.saturating_sub(1))) {
                let step = of(session.system(), step);
                session.script(&step)?;
            }
            set(session, "version", VERSION)
        })?,
    }
    if session.system() == System::Sqlite && access != Access::Read {
        // Readers and a writer do not wait for one another; a file that is in use at this moment is asked again at the next opening.
        match session.rows("PRAGMA journal_mode = WAL", &[]) {
            Ok(_) => {}
            Err(fault) if fault.is_busy() => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

fn of_later_version(place: &str, version: i64) -> Fault {
    Fault::new(format!("the store `{place}` has version {version}, and this lsrc knows versions up to {VERSION}"))
        .help("update lsrc, or keep the results in another store")
}

/// The version of the tables; `None` where there are none and there may be some.
fn version(session: &mut dyn Session, place: &str) -> Result<Option<i64>, Fault> {
    let tables = match session.system() {
        System::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table'",
        // Not `to_regclass`, which after a wait for the lock may still answer as before it.
        System::Postgres => {
            "SELECT c.relname::TEXT FROM pg_catalog.pg_class c WHERE c.relname = 'lsrc_meta' AND pg_catalog.pg_table_is_visible(c.oid)"
        }
    };
    let tables: Vec<String> = session.rows(tables, &[])?.into_iter().flatten().filter_map(Value::text).collect();
    if !tables.iter().any(|name| name == "lsrc_meta") {
        return match tables.first() {
            None => Ok(None),
            Some(other) => Err(Fault::new(format!("`{place}` is a database of something else: it has the table `{other}`"))
                .help("give the store a file of its own")),
        };
    }
    get(session, "version").map(Some)
}

/// A number that the store keeps of itself.
pub(super) fn get(session: &mut dyn Session, name: &str) -> Result<i64, Fault> {
    let rows = session.rows("SELECT value FROM lsrc_meta WHERE name = ?1", &[name.into()])?;
    let text = rows.into_iter().flatten().next().and_then(Value::text);
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Fault::new(format!("the store is damaged: `{name}` is missing in lsrc_meta")).help("restore it from a back-up")
    })
}

pub(super) fn set(session: &mut dyn Session, name: &str, value: i64) -> Result<(), Fault> {
    let statement = "INSERT INTO lsrc_meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    session.run(statement, &[name.into(), value.to_string().into()]).map(drop)
}

/// `(?1, ?2), (?3, ?4)`: places for so many rows of so many values.
pub(super) fn places(rows: usize, columns: usize) -> String {
    let row = |at: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("?{}", at * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

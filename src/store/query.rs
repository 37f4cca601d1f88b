//! What the store is asked: records, changes, runs.

use std::sync::Arc;

use super::change::{Cause, Change, Kind};
use super::record::{Results, Stored, damaged, read_since};
use super::{Fault, Outline, Store, outline};
use crate::time::AsOf;
use crate::warehouse::Value;

/// Which changes are asked for; by default all, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Those of one record.
    pub key: Option<String>,
    /// Moves alone.
    pub moves: bool,
    /// Those of this day and later ones, as days since 1970-01-01.
    pub since: Option<i32>,
    /// Those with a greater number.
    pub after: i64,
}

/// A run over all records that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The rules, as its user called them.
    pub rules: String,
    /// The digest of the rules.
    pub revision: String,
    /// The zone of the rules.
    pub zone: String,
    /// Its moment.
    pub as_of: AsOf,
    /// How many records it kept.
    pub records: i64,
    /// Records of which a result changed.
    pub changes: i64,
    /// Changes of stage.
    pub moves: i64,
    /// When it was written, in microseconds since 1970-01-01T00:00Z.
    pub written: i64,
}

const RECORD: &str = "key, revision, as_of, day, first_day, results, since, data, due, written";

/// The cells of a row, one after the other.
struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    fn next(&mut self) -> Value {
        self.0.next().unwrap_or(Value::Null)
    }

    fn text(&mut self) -> Result<String, Fault> {
        self.next().text().ok_or_else(|| damaged(&"a text is missing"))
    }

    fn whole(&mut self) -> Result<i64, Fault> {
        self.next().whole().ok_or_else(|| damaged(&"a number is missing"))
    }

    fn day(&mut self) -> Result<i32, Fault> {
        i32::try_from(self.whole()?).map_err(|error| damaged(&error))
    }
}

impl Store {
    /// A record; `None` if the store does not have it.
    ///
    /// # Errors
    /// The database's own.
    pub fn record(&mut self, key: &str) -> Result<Option<Stored>, Fault> {
        let rows = self.session.rows(&format!("SELECT {RECORD} FROM lsrc_records WHERE key = ?1"), &[key.into()])?;
        rows.into_iter().next().map(|row| self.stored(row)).transpose()
    }

    /// So many records in the order of their keys, from the one after `after` on.
    ///
    /// # Errors
    /// The database's own.
    pub fn records(&mut self, after: Option<&str>, most: u32) -> Result<Vec<Stored>, Fault> {
        self.page("", after, most)
    }

    /// The same, of records that the last run or what came later had.
    ///
    /// # Errors
    /// The database's own.
    pub fn records_of_last_run(&mut self, after: Option<&str>, most: u32) -> Result<Vec<Stored>, Fault> {
        self.page("run >= (SELECT COALESCE(MAX(id), 0) FROM lsrc_runs) AND ", after, most)
    }

    fn page(&mut self, also: &str, after: Option<&str>, most: u32) -> Result<Vec<Stored>, Fault> {
        let (condition, values) = match after {
            None => ("1 = 1", Vec::new()),
            Some(after) => ("key > ?1", vec![after.into()]),
        };
        let query = format!("SELECT {RECORD} FROM lsrc_records WHERE {also}{condition} ORDER BY key LIMIT {most}");
        let rows = self.session.rows(&query, &values)?;
        rows.into_iter().map(|row| self.stored(row)).collect()
    }

    fn stored(&mut self, row: Vec<Value>) -> Result<Stored, Fault> {
        let mut cells = Cells(row.into_iter());
        let (key, revision, micros) = (cells.text()?, cells.whole()?, cells.whole()?);
        let (day, first_day) = (cells.day()?, cells.day()?);
        let (results, since) = (Results::read(&cells.text()?)?, read_since(&cells.text()?)?);
        let (data, due) = (cells.next().text(), cells.next().whole().and_then(|day| i32::try_from(day).ok()));
        let written = cells.whole()?;
        let outline = self.outline(revision)?;
        let as_of = AsOf { micros, day };
        let (revision, zone) = (outline.digest.clone(), outline.zone.clone());
        Ok(Stored { key, revision, zone, as_of, first_day, results, since, data, due, written })
    }

    /// So many changes, by their numbers; ask again for those after the last number until there are none.
    ///
    /// # Errors
    /// The database's own.
    pub fn changes(&mut self, asked: &Changes, most: u32) -> Result<Vec<Change>, Fault> {
        let mut conditions = vec!["id > ?1".to_owned()];
        let mut values: Vec<Value> = vec![asked.after.into()];
        let mut with = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(format!("{condition} ?{}", values.len()));
        };
        if let Some(key) = &asked.key {
            with("key =", key.as_str().into());
        }
        if let Some(day) = asked.since {
            with("day >=", day.into());
        }
        if asked.moves {
            conditions.push("kind = 'stage'".to_owned());
        }
        let query = format!(
            "SELECT id, key, kind, what, before, after, cause, why, as_of, day, revision, written FROM lsrc_changes WHERE {} ORDER BY id \
             LIMIT {most}",
            conditions.join(" AND ")
        );
        let rows = self.session.rows(&query, &values)?;
        rows.into_iter().map(|row| self.change(row)).collect()
    }

    fn change(&mut self, row: Vec<Value>) -> Result<Change, Fault> {
        let mut cells = Cells(row.into_iter());
        let (id, key, kind, what) = (cells.whole()?, cells.text()?, cells.text()?, cells.text()?);
        let (before, after) = (cells.next().text(), cells.next().text());
        let (cause, why) = (cells.text()?, cells.text()?);
        let as_of = AsOf { micros: cells.whole()?, day: cells.day()? };
        let (revision, written) = (cells.whole()?, cells.whole()?);
        let kind = Kind::named(&kind).ok_or_else(|| damaged(&format!("there are no changes of `{kind}`")))?;
        let cause = Cause::named(&cause).ok_or_else(|| damaged(&format!("there is no cause `{cause}`")))?;
        let revision = self.outline(revision)?.digest.clone();
        Ok(Change { id, key, kind, what, before, after, cause, why, as_of, revision, written })
    }

    /// The last run; `None` where there was none.
    ///
    /// # Errors
    /// The database's own.
    pub fn last_run(&mut self) -> Result<Option<Run>, Fault> {
        let query =
            "SELECT id, revision, rules, as_of, day, records, changes, moves, written FROM lsrc_runs ORDER BY id DESC LIMIT 1";
        let Some(row) = self.session.rows(query, &[])?.into_iter().next() else { return Ok(None) };
        let mut cells = Cells(row.into_iter());
        let (id, revision, rules) = (cells.whole()?, cells.whole()?, cells.text()?);
        let as_of = AsOf { micros: cells.whole()?, day: cells.day()? };
        let (records, changes, moves, written) = (cells.whole()?, cells.whole()?, cells.whole()?, cells.whole()?);
        let outline = self.outline(revision)?;
        let (revision, zone) = (outline.digest.clone(), outline.zone.clone());
        Ok(Some(Run { id, rules, revision, zone, as_of, records, changes, moves, written }))
    }

    /// How many records there are.
    ///
    /// # Errors
    /// The database's own.
    pub fn count(&mut self) -> Result<i64, Fault> {
        let rows = self.session.rows("SELECT COUNT(*) FROM lsrc_records", &[])?;
        rows.first().and_then(|row| row.first()?.whole()).ok_or_else(|| damaged(&"records cannot be counted"))
    }

    /// Removes a record with its changes and its messages: a person who wants to be forgotten. Whether the store had it.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget(&mut self, key: &str) -> Result<bool, Fault> {
        super::tables::within(&mut *self.session, |session| {
            session.run("DELETE FROM lsrc_outbox WHERE key = ?1", &[key.into()])?;
            session.run("DELETE FROM lsrc_changes WHERE key = ?1", &[key.into()])?;
            Ok(session.run("DELETE FROM lsrc_records WHERE key = ?1", &[key.into()])? > 0)
        })
    }

    /// The zone in which the rules that wrote last count days.
    ///
    /// # Errors
    /// The database's own.
    pub fn zone(&mut self) -> Result<jiff::tz::TimeZone, Fault> {
        let last: Option<Arc<Outline>> = self.last_outline()?;
        Ok(last.map_or(jiff::tz::TimeZone::UTC, |last| outline::zone(&last)))
    }
}

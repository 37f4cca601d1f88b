//! A transaction that writes results, what changed, and the messages of moves.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::change::{Before, Compared, Found, Given, compare};
use super::outbox::Message;
use super::record::{Results, Since, Snapshot, read_since, since_json};
use super::{Cause, Change, Fault, Kind, Outline, Store, tables};
use crate::value::Points;
use crate::warehouse::Value;

/// So many records are looked up and written at once.
const TOGETHER: usize = 128;

/// So many rows a statement writes.
const ROWS: usize = 32;

/// What a transaction begins with.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// The present moment, in microseconds since 1970-01-01T00:00Z.
    pub now: i64,
    /// The rules of a run over all records, as its user calls them; `None` for single records as they come.
    pub run: Option<String>,
    /// Where moves are to be sent to, as [`target`](super::target) says; `None` for nowhere.
    pub target: Option<String>,
    /// Whether lifecycles of the store that the rules no longer have may be given up.
    pub new_lifecycles: bool,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is kept, with what changed.
    Kept(Vec<Change>),
    /// The store has results of a later day, which stay: the day.
    Later(i32),
    /// The run had a record of this key before, which stays.
    Twice,
}

/// What a transaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Records that were kept.
    pub records: u64,
    /// Of these, records that the store did not have.
    pub new: u64,
    /// Records of which a result changed.
    pub changed: u64,
    /// Changes of stage.
    pub moves: u64,
    /// Messages that are to be sent.
    pub messages: u64,
    /// Records whose key the run had before.
    pub twice: u64,
    /// Records of which the store has results of a later day.
    pub later: u64,
}

/// A transaction; dropped without [`commit`](Self::commit) it leaves the store as it was.
pub struct Writing<'s> {
    store: &'s mut Store,
    outline: Arc<Outline>,
    beginning: Beginning,
    revision: i64,
    run: i64,
    last_change: i64,
    /// Whether the store had no records.
    empty: bool,
    counts: Counts,
    day: Option<(i64, i32)>,
    open: bool,
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing").field("store", &self.store).field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Store {
    /// Begins to write results of these rules; other writers wait until the transaction ends.
    ///
    /// # Errors
    /// Rules that are not those of the store, and the database's own.
    pub fn begin(&mut self, outline: &Outline, beginning: Beginning) -> Result<Writing<'_>, Fault> {
        tables::begin(&mut *self.session)?;
        let begun = self.beginning(outline, &beginning);
        let (revision, run, last_change, empty) = match begun {
            Ok(begun) => begun,
            Err(fault) => {
                tables::rollback(&mut *self.session);
                self.forget_texts();
                return Err(fault);
            }
        };
        Ok(Writing {
            store: self,
            outline: Arc::new(outline.clone()),
            beginning,
            revision,
            run,
            last_change,
            empty,
            counts: Counts::default(),
            day: None,
            open: true,
        })
    }

    fn beginning(&mut self, outline: &Outline, beginning: &Beginning) -> Result<(i64, i64, i64, bool), Fault> {
        if let Some(last) = self.last_outline()? {
            outline.follows(&last, &self.place, beginning.new_lifecycles)?;
        }
        self.learn_texts()?;
        let revision = self.revision(outline, beginning.now)?;
        tables::set(&mut *self.session, "revision", revision)?;
        let mut run = tables::get(&mut *self.session, "runs")?;
        if beginning.run.is_some() {
            run += 1;
            tables::set(&mut *self.session, "runs", run)?;
        }
        let changes = tables::get(&mut *self.session, "changes")?;
        let empty = self.session.rows("SELECT key FROM lsrc_records LIMIT 1", &[])?.is_empty();
        Ok((revision, run, changes, empty))
    }
}

/// What the store has of a record, as far as a comparison needs it.
struct Had {
    revision: i64,
    run: i64,
    day: i32,
    first_day: i32,
    results: String,
    since: String,
    reasons: String,
    digest: String,
    data: Option<String>,
    due: Option<i32>,
}

/// A row to be written.
type Row = [Value; 13];

impl Writing<'_> {
    /// Keeps records; what became of each, in their order. Of one key that comes twice a run keeps the first; single records are kept
    /// one after the other.
    ///
    /// # Errors
    /// The database's own; the transaction is then to be dropped.
    pub fn put(&mut self, records: &[Snapshot]) -> Result<Vec<Put>, Fault> {
        let mut out = Vec::with_capacity(records.len());
        let mut rest = records;
        while !rest.is_empty() {
            // Records of one key are not written by one statement.
            let mut seen = FxHashSet::default();
            let count = rest.iter().take(TOGETHER).take_while(|record| seen.insert(record.key.as_str())).count().max(1);
            let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            self.together(now, &mut out)?;
            rest = later;
        }
        Ok(out)
    }

    fn together(&mut self, records: &[Snapshot], out: &mut Vec<Put>) -> Result<(), Fault> {
        let had = self.had(records)?;
        let (mut rows, mut changes, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let had = had.get(&record.key);
            let put = match had {
                Some(had) if self.beginning.run.is_some() && had.run == self.run => {
                    self.counts.twice += 1;
                    Put::Twice
                }
                Some(had) if had.day > record.as_of.day => {
                    self.counts.later += 1;
                    Put::Later(had.day)
                }
                had => {
                    let (found, since) = self.compared(record, had)?;
                    rows.push(self.row(record, had, &since)?);
                    let found = self.numbered(record, found, &since, &mut messages);
                    changes.extend(found.iter().cloned());
                    self.count(record, had.is_none(), &found);
                    Put::Kept(found)
                }
            };
            out.push(put);
        }
        self.write_rows(&rows)?;
        let changes: Vec<[Value; 12]> = changes.iter().map(|change| self.change_row(change)).collect();
        self.insert(
            "lsrc_changes (id, key, kind, what, before, after, cause, why, as_of, day, revision, written)",
            "",
            &changes,
        )?;
        for message in messages {
            self.counts.messages += self.store.enqueue(&message, self.beginning.now)?;
        }
        Ok(())
    }

    /// What the store has of records.
    fn had(&mut self, records: &[Snapshot]) -> Result<FxHashMap<String, Had>, Fault> {
        let width = if records.len() == 1 { 1 } else { TOGETHER };
        let mut keys: Vec<Value> = records.iter().map(|record| record.key.as_str().into()).collect();
        if let Some(last) = keys.last().cloned() {
            keys.resize(width, last);
        }
        let columns = "key, revision, run, day, first_day, results, since, reasons, digest, data, due";
        let query = format!("SELECT {columns} FROM lsrc_records WHERE key IN {}", tables::places(1, width));
        let mut found = FxHashMap::default();
        for row in self.store.session.rows(&query, &keys)? {
            let mut cells = row.into_iter();
            let mut next = || cells.next().unwrap_or(Value::Null);
            let missing = || super::record::damaged(&"a column is empty");
            let key = next().text().ok_or_else(missing)?;
            let mut whole = || next().whole();
            let (revision, run) = (whole().ok_or_else(missing)?, whole().ok_or_else(missing)?);
            let mut day = || whole().and_then(|day| i32::try_from(day).ok()).ok_or_else(missing);
            let (day, first_day) = (day()?, day()?);
            let mut text = || next().text().ok_or_else(missing);
            let (results, since, reasons, digest) = (text()?, text()?, text()?, text()?);
            let (data, due) = (next().text(), next().whole().and_then(|day| i32::try_from(day).ok()));
            found.insert(key, Had { revision, run, day, first_day, results, since, reasons, digest, data, due });
        }
        Ok(found)
    }

    fn compared(&mut self, record: &Snapshot, had: Option<&Had>) -> Result<Compared, Fault> {
        let Some(had) = had else { return Ok(compare(None, record, &self.outline)) };
        let since = read_since(&had.since)?;
        let results = Results::read(&had.results)?;
        if had.revision == self.revision && results == record.results {
            return Ok((Vec::new(), since));
        }
        let outline = self.store.outline(had.revision)?;
        let reasons = self.store.read_reasons(&had.reasons, &outline)?;
        let before = Before { results: &results, since: &since, reasons, outline: &outline, digest: &had.digest };
        Ok(compare(Some(&before), record, &self.outline))
    }

    fn row(&mut self, record: &Snapshot, had: Option<&Had>, since: &[(String, Since)]) -> Result<Row, Fault> {
        let reasons = self.store.reasons_text(&record.reasons)?;
        // What was kept as JSON is still what the rules read, if its digest is the same.
        let kept = had.filter(|had| had.digest == record.digest);
        let due = if record.data.is_some() { record.due } else { kept.and_then(|had| had.due) };
        let data = record.data.clone().or_else(|| had.and_then(|had| had.data.clone()));
        let first_day = had.map_or(record.as_of.day, |had| had.first_day);
        Ok([
            record.key.as_str().into(),
            self.revision.into(),
            self.run.into(),
            record.as_of.micros.into(),
            record.as_of.day.into(),
            first_day.into(),
            record.results.json().to_string().into(),
            since_json(since).into(),
            reasons.into(),
            record.digest.as_str().into(),
            data.into(),
            due.into(),
            self.beginning.now.into(),
        ])
    }

    /// Gives changes their numbers, and makes the messages of moves.
    fn numbered(
        &mut self,
        record: &Snapshot,
        found: Vec<Found>,
        since: &[(String, Since)],
        messages: &mut Vec<Message>,
    ) -> Vec<Change> {
        let mut changes = Vec::with_capacity(found.len());
        for it in found {
            // In a store that is filled for the first time, a first stage is where records begin and no move.
            if it.first && self.empty && self.beginning.run.is_some() {
                continue;
            }
            self.last_change += 1;
            let change = Change {
                id: self.last_change,
                key: record.key.clone(),
                kind: it.kind,
                what: it.what,
                before: it.before,
                after: it.after,
                cause: it.cause,
                why: it.why,
                as_of: record.as_of,
                revision: self.outline.digest.clone(),
                written: self.beginning.now,
            };
            if let (Kind::Stage, Some(target), true) = (change.kind, &self.beginning.target, record.notify) {
                let since = since.iter().find(|(name, _)| *name == change.what).map(|(_, since)| *since);
                messages.push(Message::of(&change, &record.results, since, &self.outline, target));
            }
            changes.push(change);
        }
        changes
    }

    fn count(&mut self, record: &Snapshot, new: bool, changes: &[Change]) {
        self.counts.records += 1;
        self.counts.new += u64::from(new);
        let moves = changes.iter().filter(|change| change.kind == Kind::Stage).count() as u64;
        self.counts.moves += moves;
        self.counts.changed += u64::from(changes.iter().any(|change| change.cause != Cause::New));
        if self.day.is_none_or(|(_, day)| day < record.as_of.day) {
            self.day = Some((record.as_of.micros, record.as_of.day));
        }
    }

    fn write_rows(&mut self, rows: &[Row]) -> Result<(), Fault> {
        let columns = "key, revision, run, as_of, day, first_day, results, since, reasons, digest, data, due, written";
        let set: Vec<String> = columns.split(", ").skip(1).map(|column| format!("{column} = excluded.{column}")).collect();
        let conflict = format!(" ON CONFLICT (key) DO UPDATE SET {}", set.join(", "));
        self.insert(&format!("lsrc_records ({columns})"), &conflict, rows)
    }

    fn change_row(&self, change: &Change) -> [Value; 12] {
        [
            change.id.into(),
            change.key.as_str().into(),
            change.kind.name().into(),
            change.what.as_str().into(),
            change.before.clone().into(),
            change.after.clone().into(),
            change.cause.name().into(),
            change.why.as_str().into(),
            change.as_of.micros.into(),
            change.as_of.day.into(),
            self.revision.into(),
            change.written.into(),
        ]
    }

    /// Inserts rows, many by each statement.
    fn insert<const N: usize>(&mut self, into: &str, conflict: &str, rows: &[[Value; N]]) -> Result<(), Fault> {
        let mut rest = rows;
        while !rest.is_empty() {
            let count = if rest.len() >= ROWS { ROWS } else { 1 };
            let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let statement = format!("INSERT INTO {into} VALUES {}{conflict}", tables::places(count, N));
            let values: Vec<Value> = now.iter().flatten().cloned().collect();
            self.store.session.run(&statement, &values)?;
            rest = later;
        }
        Ok(())
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The name of the store, for messages.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.store.place
    }

    /// Removes the changes of days before `day`, and messages that were sent or given up before it.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget_before(&mut self, day: i32, micros: i64) -> Result<u64, Fault> {
        let session = &mut self.store.session;
        session.run("DELETE FROM lsrc_outbox WHERE state <> 'waiting' AND created < ?1", &[micros.into()])?;
        session.run("DELETE FROM lsrc_changes WHERE day < ?1", &[day.into()])
    }

    /// Makes everything stay.
    ///
    /// # Errors
    /// The database's own; nothing has stayed then.
    pub fn commit(mut self) -> Result<Counts, Fault> {
        let session = &mut *self.store.session;
        tables::set(session, "changes", self.last_change)?;
        if let Some(rules) = &self.beginning.run {
            let (micros, day) = self.day.unwrap_or((self.beginning.now, 0));
            let count = |n: u64| Value::Whole(crate::invariant::fits(n));
            let values = [
                self.run.into(),
                self.revision.into(),
                rules.as_str().into(),
                micros.into(),
                day.into(),
                count(self.counts.records),
                count(self.counts.changed),
                count(self.counts.moves),
                self.beginning.now.into(),
            ];
            let statement = format!(
                "INSERT INTO lsrc_runs (id, revision, rules, as_of, day, records, changes, moves, written) VALUES {}",
                tables::places(1, values.len())
            );
            session.run(&statement, &values)?;
        }
        session.script("COMMIT")?;
        self.open = false;
        Ok(self.counts)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.open {
            tables::rollback(&mut *self.store.session);
            self.store.forget_texts();
        }
    }
}

impl Store {
    /// The account of a record as the store keeps it: numbers of scores and texts, and hundredths.
    fn reasons_text(&mut self, reasons: &[(u32, Arc<str>, Points)]) -> Result<String, Fault> {
        let mut all = Vec::with_capacity(reasons.len());
        for (score, words, points) in reasons {
            all.push([i64::from(*score), self.text_number(words)?, points.0]);
        }
        serde_json::to_string(&all).map_err(|error| Fault::new(format!("reasons cannot be written: {error}")))
    }

    fn read_reasons(&self, text: &str, outline: &Outline) -> Result<Vec<Given>, Fault> {
        let all: Vec<[i64; 3]> = serde_json::from_str(text).map_err(|error| super::record::damaged(&error))?;
        let given = all.iter().filter_map(|[score, words, points]| {
            let score = outline.scores.get(usize::try_from(*score).ok()?)?;
            Some((Arc::from(score.as_str()), Arc::clone(self.text(*words)?), Points(*points)))
        });
        Ok(given.collect())
    }
}

//! The contacts that have been read, on the disk: one line of JSON a page, so that a pull goes on where it stopped.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::api::Contact;
use crate::failure::Failure;
use crate::run::AtomicFile;

/// The values of a contact, in the order of the properties.
pub(super) type Row = Vec<Option<String>>;

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// What the file is.
    Pull(Head),
    /// The list was begun at this time of HubSpot (milliseconds since 1970).
    Began(i64),
    /// Contacts of a page of the list, and where the next page begins; none behind the last.
    Page { rows: Vec<(u64, Row)>, next: Option<String> },
    /// The contacts that changed in this span of time are read.
    Span(i64, i64),
    /// Contacts that changed, up to this id.
    Changed { rows: Vec<(u64, Row)>, last: u64 },
    /// Contacts that are deleted, or merged into others.
    Gone(Vec<u64>),
    /// Everything until this time has been read.
    Until(i64),
}

/// What a store is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) portal: u64,
    pub(super) properties: Vec<String>,
}

/// How far a pull has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing has been read.
    #[default]
    New,
    /// The list is read: since when, and where the next page begins.
    Listing { began: i64, next: Option<String> },
    /// The list has been read that was begun at this time.
    Listed { began: i64 },
    /// The changes of a span are read, up to an id.
    Changing { span: (i64, i64), last: u64 },
    /// Everything until a time has been read.
    Complete { until: i64 },
}

/// The contacts, and how far they have been read.
#[derive(Debug)]
pub(super) struct Store {
    file: File,
    path: PathBuf,
    head: Head,
    pub(super) stage: Stage,
    pub(super) rows: BTreeMap<u64, Row>,
}

impl Store {
    /// Opens the store of a pull; `fresh` forgets what it has. Whether it was begun for other properties, so that all is read again.
    ///
    /// # Errors
    /// A file that cannot be used, is of another account, or that another pull has open.
    pub(super) fn open(path: &Path, head: Head, fresh: bool) -> Result<(Self, bool), Failure> {
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(|e| Failure::writing(path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(
                    Failure::new(format!("another pull writes `{}` right now", path.display())).help("wait until it has ended")
                );
            }
            Err(TryLockError::Error(error)) => return Err(Failure::writing(path, error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| Failure::reading(path, e))?;
        let mut store = Self { file, path: path.to_owned(), head, stage: Stage::New, rows: BTreeMap::new() };
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        let kept = if fresh { None } else { store.replay(text.get(..end).unwrap_or(""))? };
        let other = kept == Some(false);
        let keep = if kept == Some(true) { end } else { 0 };
        if keep != text.len() {
            store
                .file
                .set_len(keep as u64)
                .and_then(|()| store.file.seek(SeekFrom::End(0)).map(drop))
                .map_err(|e| Failure::writing(path, e))?;
        }
        if keep == 0 {
            store.write(&Line::Pull(store.head.clone()))?;
        }
        Ok((store, other))
    }

    /// Takes over what the file says. `None` where it is empty, `Some(false)` where it has other properties.
    fn replay(&mut self, text: &str) -> Result<Option<bool>, Failure> {
        let broken = |at: usize, why: &dyn std::fmt::Display| {
            Failure::new(format!("`{}` line {} is not of a pull: {why}", self.path.display(), at + 1))
                .help("read all contacts again with --full, or name another file with --state")
        };
        let mut lines: Vec<Line> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            lines.push(serde_json::from_str(line).map_err(|e| broken(at, &e))?);
        }
        match lines.first() {
            None => return Ok(None),
            Some(Line::Pull(head)) if head.portal != self.head.portal => {
                return Err(Failure::new(format!(
                    "`{}` is of the HubSpot account {}, and the key is for {}",
                    self.path.display(),
                    head.portal,
                    self.head.portal
                ))
                .help("name another file with --state, or use the key of that account"));
            }
            Some(Line::Pull(head)) if head.properties != self.head.properties => return Ok(Some(false)),
            Some(Line::Pull(_)) => {}
            Some(_) => return Err(broken(0, &"it does not begin as one does")),
        }
        lines.into_iter().skip(1).for_each(|line| self.take(line));
        Ok(Some(true))
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Pull(_) => {}
            Line::Began(began) => self.stage = Stage::Listing { began, next: None },
            Line::Page { rows, next } => {
                self.rows.extend(rows);
                if let Stage::Listing { began, .. } = self.stage {
                    self.stage = if next.is_some() { Stage::Listing { began, next } } else { Stage::Listed { began } };
                }
            }
            Line::Span(from, until) => self.stage = Stage::Changing { span: (from, until), last: 0 },
            Line::Changed { rows, last: id } => {
                self.rows.extend(rows);
                if let Stage::Changing { last, .. } = &mut self.stage {
                    *last = id;
                }
            }
            Line::Gone(ids) => ids.iter().for_each(|id| drop(self.rows.remove(id))),
            Line::Until(until) => self.stage = Stage::Complete { until },
        }
    }

    fn write(&mut self, line: &Line) -> Result<(), Failure> {
        let mut text = serde_json::to_string(line).map_err(|e| Failure::new("the contacts cannot be written").because(e))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(|e| Failure::writing(&self.path, e))
    }

    fn note(&mut self, line: Line) -> Result<(), Failure> {
        self.write(&line)?;
        self.take(line);
        Ok(())
    }

    fn row(&self, contact: &Contact) -> (u64, Row) {
        (contact.id, self.head.properties.iter().map(|name| contact.value(name).map(str::to_owned)).collect())
    }

    pub(super) fn begin(&mut self, time: i64) -> Result<(), Failure> {
        self.note(Line::Began(time))
    }

    pub(super) fn page(&mut self, contacts: &[Contact], next: Option<String>) -> Result<(), Failure> {
        let rows = contacts.iter().map(|contact| self.row(contact)).collect();
        self.note(Line::Page { rows, next })
    }

    pub(super) fn span(&mut self, from: i64, until: i64) -> Result<(), Failure> {
        self.note(Line::Span(from, until))
    }

    /// Takes contacts that changed, and drops those that were merged into them.
    pub(super) fn changed(&mut self, contacts: &[Contact], last: u64) -> Result<(), Failure> {
        let rows = contacts.iter().map(|contact| self.row(contact)).collect();
        self.note(Line::Changed { rows, last })
    }

    /// Drops contacts; how many of them were there.
    pub(super) fn gone(&mut self, ids: impl Iterator<Item = u64>) -> Result<u64, Failure> {
        let there: Vec<u64> = ids.filter(|id| self.rows.contains_key(id)).collect();
        let count = there.len() as u64;
        if count > 0 {
            self.note(Line::Gone(there))?;
        }
        Ok(count)
    }

    /// Everything until this time has been read: the file is written anew with nothing but the contacts.
    pub(super) fn complete(mut self, until: i64) -> Result<BTreeMap<u64, Row>, Failure> {
        self.note(Line::Until(until))?;
        let failed = |e| Failure::writing(&self.path, e);
        let mut file = AtomicFile::create(&self.path).map_err(failed)?;
        let mut put = |line: &Line| -> Result<(), Failure> {
            let text = serde_json::to_string(line).map_err(|e| Failure::new("the contacts cannot be written").because(e))?;
            file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)
        };
        put(&Line::Pull(self.head.clone()))?;
        let rows: Vec<(u64, Row)> = self.rows.iter().map(|(id, row)| (*id, row.clone())).collect();
        for part in rows.chunks(1000) {
            put(&Line::Page { rows: part.to_vec(), next: None })?;
        }
        put(&Line::Until(until))?;
        file.finish().map_err(failed)?;
        Ok(self.rows)
    }
}

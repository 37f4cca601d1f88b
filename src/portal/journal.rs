//! What has been written so far, on the disk before it is relied on: one line of JSON a step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The plan that the journal belongs to, by its checksum.
    Plan(String),
    /// The stages of these contacts are about to be emptied, so that they can go back.
    Clearing(Vec<u64>),
    /// These contacts are done; those that were left out have a reason.
    Done { written: Vec<u64>, already: Vec<u64>, left: Vec<(u64, String)> },
    /// Everything is done.
    End,
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) written: BTreeSet<u64>,
    pub(super) already: BTreeSet<u64>,
    pub(super) left: BTreeMap<u64, String>,
    /// Contacts whose stage may be empty because of us.
    pub(super) clearing: BTreeSet<u64>,
    pub(super) ended: bool,
}

impl Past {
    pub(super) fn is_done(&self, id: u64) -> bool {
        self.written.contains(&id) || self.already.contains(&id) || self.left.contains_key(&id)
    }

    fn take(&mut self, line: Line) {
        match line {
            Line::Plan(_) => {}
            Line::Clearing(ids) => self.clearing.extend(ids),
            Line::Done { written, already, left } => {
                self.written.extend(written);
                self.already.extend(already);
                self.left.extend(left);
            }
            Line::End => self.ended = true,
        }
    }
}

/// The journal of a plan; nobody else has it open to write.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal beside a plan, and reads what it says.
    ///
    /// # Errors
    /// A file that cannot be written, that belongs to another plan, or that another push has open.
    pub(super) fn open(path: &Path, checksum: &str) -> Result<(Self, Past), Failure> {
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(|e| Failure::writing(path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new("another push applies this plan right now").help("wait until it has ended"));
            }
            Err(TryLockError::Error(error)) => return Err(Failure::writing(path, error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| Failure::reading(path, e))?;
        let mut past = Past::default();
        // What is behind the last line end was cut off by the end of a process, and was never relied on.
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        let (mut whole, broken) = text.split_at_checked(end).unwrap_or((&text, ""));
        let mut keep = end;
        if is_of_another(whole, checksum) && is_ended(whole) {
            (whole, keep) = ("", 0);
        }
        for (at, line) in whole.lines().enumerate() {
            let line: Line = serde_json::from_str(line).map_err(|e| {
                Failure::new(format!("`{}` line {} is not of a journal: {e}", path.display(), at + 1))
                    .help("move the file away, and plan again")
            })?;
            match (&line, at) {
                (Line::Plan(known), 0) if known == checksum => {}
                (Line::Plan(_), 0) => return Err(foreign(path)),
                (_, 0) => return Err(foreign(path)),
                (_, _) => past.take(line),
            }
        }
        if !broken.is_empty() || keep != end {
            file.set_len(keep as u64)
                .and_then(|()| file.seek(SeekFrom::End(0)).map(drop))
                .map_err(|e| Failure::writing(path, e))?;
        }
        let mut journal = Self { file, path: path.to_owned() };
        if keep == 0 {
            journal.write(&Line::Plan(checksum.to_owned()))?;
        }
        Ok((journal, past))
    }

    fn write(&mut self, line: &Line) -> Result<(), Failure> {
        let mut text = serde_json::to_string(line).map_err(|e| Failure::new("the journal cannot be written").because(e))?;
        text.push('\n');
        let done = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        done.map_err(|e| Failure::writing(&self.path, e))
    }

    /// The stages of these contacts are about to be emptied.
    pub(super) fn clearing(&mut self, ids: &[u64]) -> Result<(), Failure> {
        self.write(&Line::Clearing(ids.to_vec()))
    }

    /// These contacts are done.
    pub(super) fn done(&mut self, written: Vec<u64>, already: Vec<u64>, left: Vec<(u64, String)>) -> Result<(), Failure> {
        self.write(&Line::Done { written, already, left })
    }

    /// Everything is done.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        self.write(&Line::End)
    }
}

/// The first line of another plan.
fn is_of_another(text: &str, checksum: &str) -> bool {
    let first = text.lines().next().and_then(|line| serde_json::from_str(line).ok());
    matches!(first, Some(Line::Plan(known)) if known != checksum)
}

fn is_ended(text: &str) -> bool {
    text.lines().next_back().and_then(|line| serde_json::from_str(line).ok()) == Some(Line::End)
}

/// Whether the plan of a journal is applied in part.
///
/// # Errors
/// A file that cannot be read.
pub fn is_unfinished(path: &Path) -> Result<bool, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(!is_ended(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::reading(path, error)),
    }
}

fn foreign(path: &Path) -> Failure {
    Failure::new(format!("`{}` belongs to another plan", path.display()))
        .help("the plan was made anew while an older one was not finished; move the journal away to apply the new one")
}

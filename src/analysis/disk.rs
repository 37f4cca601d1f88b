//! The files on disk, as the loading of programs asks for them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::FILE_NAME;
use crate::check::{Loader, MAX_LIST};
use crate::source::FileId;
use crate::syntax::{self, Parsed};

/// Reads each file once; a text can be put in the place of a file's.
#[derive(Debug, Default)]
pub struct Disk {
    read: RefCell<HashMap<PathBuf, Vec<u8>>>,
    /// The files whose text was put in their place.
    placed: RefCell<BTreeSet<PathBuf>>,
    /// The trees of texts, whose places bear the number that the file has in a program: as a rule the same in all that use it.
    parsed: RefCell<HashMap<(PathBuf, FileId), Arc<Parsed>>>,
}

impl Disk {
    /// From now on `path` has these bytes.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let real = self.real(path).unwrap_or_else(|_| path.to_owned());
        self.parsed.borrow_mut().retain(|(path, _), _| *path != real);
        self.placed.borrow_mut().insert(real.clone());
        self.read.borrow_mut().insert(real, bytes);
    }

    /// What was read of `path`, or put in its place, is forgotten: it is read again when it is asked for.
    pub fn forget(&self, path: &Path) {
        let real = self.real(path).unwrap_or_else(|_| path.to_owned());
        self.parsed.borrow_mut().retain(|(known, _), _| *known != real);
        self.read.borrow_mut().retain(|known, _| *known != real);
        self.placed.borrow_mut().remove(&real);
    }

    /// What was read of files is forgotten; texts that were put in their place stay.
    pub fn forget_files(&self) {
        let placed = self.placed.borrow();
        self.parsed.borrow_mut().retain(|(known, _), _| placed.contains(known));
        self.read.borrow_mut().retain(|known, _| placed.contains(known));
    }

    /// Whether a text that was put in a file's place differs from the file.
    #[must_use]
    pub fn is_unsaved(&self, path: &Path) -> bool {
        let real = self.real(path).unwrap_or_else(|_| path.to_owned());
        let read = self.read.borrow();
        let placed = read.get(&real).filter(|_| self.placed.borrow().contains(&real));
        placed.is_some_and(|text| fs::read(&real).ok().as_ref() != Some(text))
    }

    /// The nearest folder upwards from a file that is marked as a project, by `lsrc.toml` or `.git`.
    #[must_use]
    pub fn project(&self, file: &Path) -> Option<PathBuf> {
        file.ancestors().skip(1).find(|folder| is_marked(folder)).map(Path::to_owned)
    }

    /// The rule files below a folder, sorted. Hidden folders, and those that hold other programs' packages, are left out, and the
    /// search ends after [`MOST_ENTRIES`] entries.
    #[must_use]
    pub fn rule_files(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![folder.to_owned()];
        let mut entries = 0;
        while let Some(folder) = open.pop() {
            if !fs::canonicalize(&folder).is_ok_and(|real| seen.insert(real)) {
                continue;
            }
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                entries += 1;
                if entries > MOST_ENTRIES {
                    break;
                }
                let path = entry.path();
                let name = entry.file_name();
                let skipped = name.to_string_lossy().starts_with('.') || name == "node_modules" || name == "target";
                if path.is_dir() {
                    open.extend((!skipped).then_some(path));
                } else if path.extension().is_some_and(|ending| ending == "lsr") && !skipped {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

/// So many entries of folders are looked at in the search for rule files.
const MOST_ENTRIES: usize = 100_000;

fn is_marked(folder: &Path) -> bool {
    folder.join(FILE_NAME).is_file() || folder.join(".git").exists()
}

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let real = self.real(path).unwrap_or_else(|_| path.to_owned());
        if let Some(bytes) = self.read.borrow().get(&real) {
            return Ok(bytes.clone());
        }
        if fs::metadata(&real)?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // One byte over the limit is enough for the loader to refuse it, however long the file is.
        let mut bytes = Vec::new();
        File::open(&real)?.take(MAX_LIST as u64 + 1).read_to_end(&mut bytes)?;
        self.read.borrow_mut().insert(real, bytes.clone());
        Ok(bytes)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        // A name for standard input is not a file.
        if self.read.borrow().contains_key(path) { Ok(path.to_owned()) } else { fs::canonicalize(path) }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// The nearest folder upwards that holds `lsrc.toml` or `.git`, else the present folder where `entry` is in it, else `entry`'s own.
    fn root(&self, entry: &Path) -> Option<PathBuf> {
        let real = fs::canonicalize(entry).or_else(|_| std::path::absolute(entry)).unwrap_or_else(|_| entry.to_owned());
        let here = || std::env::current_dir().and_then(fs::canonicalize).ok().filter(|here| real.starts_with(here));
        real.ancestors().skip(1).find(|folder| is_marked(folder)).map(Path::to_owned).or_else(here)
    }

    fn parse(&self, path: &Path, id: FileId, text: &str) -> Arc<Parsed> {
        let key = (self.real(path).unwrap_or_else(|_| path.to_owned()), id);
        self.parsed.borrow_mut().entry(key).or_insert_with(|| Arc::new(syntax::parse(id, text))).clone()
    }
}

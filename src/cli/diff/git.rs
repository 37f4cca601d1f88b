//! The files of a revision, as the command `git` knows them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use miette::Report;

use super::super::{Failure, Terminal};
use crate::check::{self, LoadOptions, Loader, Program};

/// A revision of a repository.
struct Revision {
    top: PathBuf,
    commit: String,
    read: RefCell<HashMap<PathBuf, Vec<u8>>>,
}

/// The program of `path` as it was in a revision.
pub(super) fn load(rev: &str, path: &Path, terminal: &Terminal) -> Result<Program, Report> {
    let shown = path.display();
    let absolute = std::path::absolute(path).map_err(|e| Failure::reading(path, e))?;
    let folder = absolute.parent().unwrap_or(Path::new("/"));
    let folder = std::fs::canonicalize(folder).map_err(|e| Failure::reading(folder, e))?;
    let top = git(&folder, ["rev-parse", "--show-toplevel"]).map_err(|e| {
        Failure::new(format!("--git: `{shown}` is in no git repository")).help("compare two files instead").because(e)
    })?;
    let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']));
    let top = std::fs::canonicalize(&top).unwrap_or(top);
    let wanted = format!("{rev}^{{commit}}");
    let commit = git(&top, ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).map_err(|_| {
        Failure::new(format!("--git: there is no revision `{rev}`")).help("name a commit, branch or tag that `git log` knows")
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let revision = Revision { top: top.clone(), commit, read: RefCell::default() };
    let entry = absolute.file_name().map_or_else(|| folder.to_owned(), |name| folder.join(name));
    revision.read(&entry).map_err(|_| {
        Failure::new(format!("--git: `{shown}` is not in revision `{rev}`"))
            .help("name the file as it was called then, or compare two files")
    })?;
    let options = LoadOptions { root: Some(top), allow_outside: terminal.global.allow_outside };
    Ok(check::load(&revision, &entry, &options))
}

/// What `git` prints, run in a folder.
fn git<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> io::Result<Vec<u8>> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// A path without `.` and `..`, without asking the disk: the file may be there no longer.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

impl Revision {
    /// A path from the top of the repository, as git writes it.
    fn inside(&self, path: &Path) -> io::Result<String> {
        let path = lexical(path);
        let inside = path.strip_prefix(&self.top).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
        let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Ok(parts.join("/"))
    }
}

impl Loader for Revision {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let real = self.real(path)?;
        if let Some(bytes) = self.read.borrow().get(&real) {
            return Ok(bytes.clone());
        }
        let object = format!("{}:{}", self.commit, self.inside(&real)?);
        let bytes = git(&self.top, ["cat-file", "blob", &object])?;
        self.read.borrow_mut().insert(real, bytes.clone());
        Ok(bytes)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        let absolute = if path.is_absolute() { path.to_owned() } else { self.top.join(path) };
        let real = lexical(&absolute);
        // A file that the revision lacks has no path in it.
        let object = format!("{}:{}", self.commit, self.inside(&real)?);
        git(&self.top, ["cat-file", "-e", &object]).map(|_| real)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let Ok(inside) = self.inside(folder) else { return Vec::new() };
        let tree = format!("{}:{inside}", self.commit);
        let listed = git(&self.top, ["ls-tree", "--name-only", &tree]).unwrap_or_default();
        String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect()
    }
}

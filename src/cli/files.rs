//! The rule files that the arguments of a command name.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use miette::Report;

use super::{Failure, Terminal};
use crate::source::SourceFile;

/// A rule file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A file.
    File(PathBuf),
    /// `-`
    Standard,
}

/// The files that `paths` name, each once: files as they are, of folders every `*.lsr` below, hidden folders left out.
pub(super) fn gather(paths: &[PathBuf]) -> Result<Vec<Named>, Report> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Named::Standard);
            continue;
        }
        let meta = fs::metadata(path).map_err(|e| Failure::reading(path, e))?;
        if !meta.is_dir() {
            found.push(Named::File(path.clone()));
            continue;
        }
        let before = found.len();
        let walk = walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|e| e.depth() == 0 || !is_hidden(e.path())) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.loop_ancestor().is_some() || error.path().is_some_and(is_idle_link) => continue,
                Err(error) => {
                    let at = error.path().unwrap_or(path).to_owned();
                    let cause = error.into_io_error().unwrap_or_else(|| io::Error::other("it cannot be searched"));
                    return Err(Failure::reading(&at, cause).into());
                }
            };
            if entry.file_type().is_file() && entry.path().extension().is_some_and(|ending| ending == "lsr") {
                found.push(Named::File(tidy(entry.path())));
            }
        }
        if found.len() == before {
            let shown = path.display();
            return Err(Failure::new(format!("there is no .lsr file in `{shown}`"))
                .help("name the folder with your rules, or make a project with `lsrc init`")
                .into());
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|named| match named {
        Named::File(path) => seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())),
        Named::Standard => seen.insert(PathBuf::from("-")),
    });
    Ok(found)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with('.'))
}

/// A link that leads nowhere and would be no rules anyway, such as an editor's lock.
fn is_idle_link(path: &Path) -> bool {
    path.is_symlink() && (is_hidden(path) || path.extension().is_none_or(|ending| ending != "lsr"))
}

/// The path of a file from the top of its repository, with `/`; outside of one from the present folder, as far as it is in it.
pub(super) fn repository_path(file: &SourceFile) -> String {
    let Some(path) = file.path() else { return file.name().to_owned() };
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let top = real.ancestors().skip(1).find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let base = top.or_else(|| std::env::current_dir().and_then(fs::canonicalize).ok());
    let relative = base.and_then(|base| real.strip_prefix(base).ok()).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replace("//", "/")
}

/// `./a.lsr` is shown as `a.lsr`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

/// Standard input as bytes, and the name that messages give it.
pub(super) fn standard_input(terminal: &Terminal) -> Result<(String, Vec<u8>), Report> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|e| Failure::reading(Path::new("-"), e))?;
    let name = terminal.global.stdin_filename.clone().unwrap_or_else(|| "<stdin>".to_owned());
    Ok((name, bytes))
}

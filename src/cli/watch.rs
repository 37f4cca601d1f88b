//! `--watch`: again whenever a file changes.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use miette::Report;
use notify::{EventKind, RecursiveMode, Watcher};

use super::{Failure, Status, Terminal};

/// Changes that come within this time are one change: editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(80);

/// Does `work` now and after every change of a rule, list or configuration file below the folders of `paths`, until the user
/// interrupts.
pub(super) fn run(paths: &[PathBuf], terminal: &Terminal, work: impl Fn() -> Result<(), Report>) -> Result<Status, Report> {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("standard input cannot be watched").help("name files or folders").into());
    }
    let (send, changes) = mpsc::channel();
    let watch = |error: notify::Error| Failure::new("the files cannot be watched for changes").because(error);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && concerns(&event)
        {
            // Nobody listens any more once the command has ended.
            let _ended = send.send(());
        }
    })
    .map_err(watch)?;
    for path in paths {
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        watcher.watch(folder, RecursiveMode::Recursive).map_err(watch)?;
    }
    loop {
        if let Err(report) = work() {
            // A file may be gone for a moment; the next change brings it back.
            terminal.fail(&report);
        }
        terminal.say("watching for changes; Ctrl-C ends");
        if changes.recv().is_err() {
            return Ok(Status::Fine);
        }
        while changes.recv_timeout(SETTLE).is_ok() {}
    }
}

/// Whether an event can change what the rules say.
fn concerns(event: &notify::Event) -> bool {
    let touched = event.kind.is_create() || event.kind.is_modify() || event.kind.is_remove() || event.kind == EventKind::Any;
    let kinds = ["lsr", "txt", "toml", "csv"];
    touched && event.paths.iter().any(|p| p.extension().and_then(|e| e.to_str()).is_some_and(|ending| kinds.contains(&ending)))
}

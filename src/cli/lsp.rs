//! `lsrc lsp`

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use miette::Report;

use super::run::make_folder;
use super::{AtomicFile, Failure, Status, Terminal};
use crate::analysis::Configs;
use crate::lsp::{Connection, Host, Inbox, Message, Session};

/// Start the language server for editors, on standard input and output
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc lsp\n\nEditors start this command. docs/guide/editors.md says how to set them up.")]
pub(super) struct Lsp {
    /// Accepted because editors pass it; standard input and output are always used
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_args: &Lsp, _terminal: &Terminal) -> Result<Status, Report> {
    let (connection, threads) = Connection::stdio();
    let status = serve(&connection, &mut Session::new(Box::new(Around)));
    drop(connection);
    // A client that is gone, or has sent what is no message, has nobody to hear of it; the status says it.
    let read = threads.join();
    match status {
        Some(0) => Ok(Status::Fine),
        Some(_) => Ok(Status::No),
        None => match read {
            Ok(()) => Err(Failure::new("the client closed the connection without `exit`").into()),
            Err(error) => Err(Failure::new("the client sent what is not a message of the protocol").because(error).into()),
        },
    }
}

/// Handles messages until the client asks to exit or is gone; what takes time is done while no message waits. The exit status,
/// `None` where the client is gone.
fn serve(connection: &Connection, session: &mut Session) -> Option<u8> {
    let mut inbox = Inbox::default();
    loop {
        // All that waits is taken in first, so that a request can be cancelled and edits come before the check of their text.
        while let Ok(message) = connection.receiver.try_recv() {
            send(connection, inbox.take(message));
        }
        let work = || match inbox.pop() {
            Some(message) => Some(guarded(session, message)),
            None => session.work(),
        };
        let messages = { work }();
        if let Some(status) = session.exit_status() {
            return Some(status);
        }
        match messages {
            Some(messages) => send(connection, messages),
            None => send(connection, inbox.take(connection.receiver.recv().ok()?)),
        }
    }
}

/// Handles a message; a defect of the program is answered as one, and the session goes on.
fn guarded(session: &mut Session, message: Message) -> Vec<Message> {
    let id = if let Message::Request(request) = &message { Some(request.id.clone()) } else { None };
    catch_unwind(AssertUnwindSafe(|| session.handle(message))).unwrap_or_else(|_| {
        let text = crate::invariant::first().map_or_else(|| "it failed".to_owned(), ToString::to_string);
        let text = format!("{text}; this is a defect of lsrc: please report it with the rules");
        id.map(|id| crate::lsp::internal_error(id, text)).into_iter().collect()
    })
}

/// Sends messages; to a client that is gone, none.
fn send(connection: &Connection, messages: impl IntoIterator<Item = Message>) {
    for message in messages {
        if connection.sender.send(message).is_err() {
            return;
        }
    }
}

/// The command around a session: it scores data and compares with the last commit by calling itself.
struct Around;

impl Host for Around {
    fn refresh(&self, root: &Path, entry: &Path) -> Result<String, String> {
        make_folder(root).map_err(|failure| failure.to_string())?;
        let mut arguments = scoring(root, entry)?;
        arguments.extend(["--hits".into(), root.join(crate::hits::FILE).into()]);
        own(root, &arguments)?;
        Ok("the data were scored".to_owned())
    }

    fn contacts(&self, root: &Path, entry: &Path, line: usize, because: Option<&str>) -> Result<PathBuf, String> {
        let mut arguments = scoring(root, entry)?;
        arguments.extend(["--explain", "--output-format", "jsonl"].map(Into::into));
        let hit = |row: &str| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap_or_default();
            let reasons = row.get("reasons").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
            let same = |reason: &serde_json::Value, name: &str, wanted: serde_json::Value| reason.get(name) == Some(&wanted);
            reasons.iter().any(|reason| {
                same(reason, "line", line.into()) && because.is_none_or(|text| same(reason, "because", text.into()))
            })
        };
        let rows: String = own(root, &arguments)?.lines().filter(|row| hit(row)).flat_map(|row| [row, "\n"]).collect();
        make_folder(root).map_err(|failure| failure.to_string())?;
        let file = root.join(crate::hits::FOLDER).join("contacts.jsonl");
        AtomicFile::write(&file, rows.as_bytes()).map_err(|error| Failure::writing(&file, error).to_string())?;
        Ok(file)
    }

    fn difference(&self, root: &Path, entry: &Path) -> Result<PathBuf, String> {
        let file = root.join(crate::hits::FOLDER).join("diff.md");
        make_folder(root).map_err(|failure| failure.to_string())?;
        let mut format = OsString::from("md=");
        format.push(&file);
        let arguments = ["diff".into(), "--git".into(), "HEAD".into(), entry.as_os_str().to_owned(), "--format".into(), format];
        own(root, &arguments)?;
        Ok(file)
    }
}

/// The arguments of a run of the data that a project names for editors.
fn scoring(root: &Path, entry: &Path) -> Result<Vec<OsString>, String> {
    let config = Configs::on_disk(None).of(root).map_err(|failure| failure.to_string())?;
    let data = config.editor.data.as_ref();
    let data = data.ok_or("no data are configured: write `[editor]` and `data = \"contacts.csv\"` in `lsrc.toml`")?;
    let mut arguments = vec!["run".into(), entry.as_os_str().to_owned(), "-q".into()];
    arguments.extend(data.paths(root).into_iter().map(Into::into));
    Ok(arguments)
}

/// What this program prints with these arguments.
fn own(folder: &Path, arguments: &[OsString]) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program).args(arguments).current_dir(folder).env("NO_COLOR", "1").output();
    let output = output.map_err(|error| error.to_string())?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.code() {
        Some(0 | 1) => Ok(said(&output.stdout)),
        Some(_) | None => Err(said(&output.stderr)),
    }
}

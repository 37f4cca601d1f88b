//! The language server, without a wire: a [`Session`] takes the messages of a client and gives those to send back.
//!
//! It is thin. What there is to say about rules is found by `analysis` and `ide`; here it is put into the words of the protocol
//! (<https://microsoft.github.io/language-server-protocol/specifications/lsp/3.18/specification/>). A message changes texts at once;
//! what takes time is done by [`Session::work`], piece by piece, so that the next message need not wait for all of it.

mod actions;
mod answer;
mod capabilities;
mod diagnostics;
mod documents;
mod inbox;
mod look;
mod navigate;
mod position;
mod project;
mod session;
mod show;
mod sync;
mod types;
mod uri;

use std::path::{Path, PathBuf};

pub use inbox::Inbox;
pub use lsp_server::{Connection, Message};
pub use session::Session;

/// The answer to a request that met a defect of the program.
#[must_use]
pub fn internal_error(id: lsp_server::RequestId, text: String) -> Message {
    lsp_server::Response::new_err(id, lsp_server::ErrorCode::InternalError as i32, text).into()
}

/// What a session needs of the program around it.
pub trait Host {
    /// Scores the data of a project, and writes what its rules hit where [`crate::hits`] is read from.
    ///
    /// # Errors
    /// Why it cannot be done, and the way out.
    fn refresh(&self, root: &Path, entry: &Path) -> Result<String, String>;

    /// Writes the records that the rule of a line, from 1, hit; the file that has them.
    ///
    /// # Errors
    /// Why it cannot be done, and the way out.
    fn contacts(&self, root: &Path, entry: &Path, line: usize, because: Option<&str>) -> Result<PathBuf, String>;

    /// Writes what the rules change against the last commit; the file that says it.
    ///
    /// # Errors
    /// Why it cannot be found out, and the way out.
    fn difference(&self, root: &Path, entry: &Path) -> Result<PathBuf, String>;
}

/// A program that has no data and no history.
impl Host for () {
    fn refresh(&self, _root: &Path, _entry: &Path) -> Result<String, String> {
        Err("data cannot be scored here: run `lsrc run --hits .lsrc/hits.json`".to_owned())
    }

    fn contacts(&self, _root: &Path, _entry: &Path, _line: usize, _because: Option<&str>) -> Result<PathBuf, String> {
        Err("data cannot be scored here: run `lsrc run --explain`".to_owned())
    }

    fn difference(&self, _root: &Path, _entry: &Path) -> Result<PathBuf, String> {
        Err("the history is not available here: run `lsrc diff --git HEAD`".to_owned())
    }
}

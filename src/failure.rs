//! Something that could not be done, in the user's words.

use std::fmt;
use std::io;
use std::path::Path;

use miette::Diagnostic;

/// Something that could not be done: what, in the user's words, the way out, and the cause.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: Option<String>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure with its message: lower case, no full stop.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, cause: None }
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what was behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The way out, if there is one to name.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// That `path` could not be read, in words.
    #[must_use]
    pub fn reading(path: &Path, error: io::Error) -> Self {
        Self::io("read", path, error)
    }

    /// That `path` could not be written, in words.
    #[must_use]
    pub fn writing(path: &Path, error: io::Error) -> Self {
        Self::io("write", path, error)
    }

    fn io(verb: &str, path: &Path, error: io::Error) -> Self {
        let shown = path.display();
        let (what, help) = describe(&error, verb);
        let failure = Self::new(format!("cannot {verb} `{shown}`: {what}"));
        let failure = match help {
            Some(help) => failure.help(help),
            None => failure,
        };
        if error.kind() == io::ErrorKind::BrokenPipe { failure.because(error) } else { failure }
    }
}

/// An operating system's error in the user's words, and the way out where there is one.
#[must_use]
pub fn describe(error: &io::Error, verb: &str) -> (String, Option<String>) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's list is open")]
    match error.kind() {
        io::ErrorKind::NotFound if verb == "write" => {
            ("its folder does not exist".to_owned(), Some("make the folder first, or write elsewhere".to_owned()))
        }
        io::ErrorKind::NotFound => {
            ("there is no such file or folder".to_owned(), Some("check the path and the spelling".to_owned()))
        }
        io::ErrorKind::PermissionDenied => {
            (format!("you are not allowed to {verb} it"), Some("ask its owner for access, or change its permissions".to_owned()))
        }
        io::ErrorKind::IsADirectory => ("it is a folder".to_owned(), Some("name a file in it".to_owned())),
        io::ErrorKind::StorageFull => ("the disk is full".to_owned(), Some("free some space and try again".to_owned())),
        _ => (error.to_string(), None),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|c| c as &(dyn std::error::Error + 'static))
    }
}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }
}

//! How it is told that something could not be done.

use std::fmt;
use std::io;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, Report};

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
pub(super) fn describe(error: &io::Error, verb: &str) -> (String, Option<String>) {
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

/// A failure that has been told to the user in full.
#[derive(Debug)]
pub(super) struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Told {}

impl Diagnostic for Told {}

/// Whether nothing is left to tell.
pub(super) fn is_told(report: &Report) -> bool {
    report.downcast_ref::<Told>().is_some()
}

/// Whether the failure is only that the reader of a pipe has gone.
pub(super) fn is_closed_pipe(report: &Report) -> bool {
    report.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

/// The failure as people read it: what is wrong and the way out on the first line, then the causes, then the place in the
/// data where it has one.
pub(super) fn describe_report(report: &Report, color: bool, unicode: bool, width: usize) -> String {
    use fmt::Write as _;
    let (red, off) = if color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    let mut text = format!("{red}error{off}: {report}");
    if let Some(help) = report.help() {
        let _ = write!(text, "; {help}");
    }
    text.push('\n');
    for cause in report.chain().skip(1) {
        let _ = writeln!(text, "  caused by: {cause}");
    }
    if report.labels().is_some_and(|mut l| l.next().is_some()) {
        let theme = match (unicode, color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, _) => GraphicalTheme::none(),
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width);
        let _ = handler.render_report(&mut text, &Place(report));
    }
    crate::diag::render::harmless(&text).into_owned()
}

/// Only the source and the labels of a report, for what stands below its first lines.
#[derive(Debug)]
struct Place<'a>(&'a Report);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("here")
    }
}

impl std::error::Error for Place<'_> {}

impl Diagnostic for Place<'_> {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.0.labels()
    }
}

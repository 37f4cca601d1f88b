//! How a failure is shown to people.

use std::fmt;
use std::io;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, Report};

pub use crate::failure::Failure;

/// A failure that has been told to the user in full.
#[derive(Debug)]
pub(super) struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Reported {}

impl Diagnostic for Reported {}

/// Whether nothing is left to tell.
pub(super) fn is_told(report: &Report) -> bool {
    report.downcast_ref::<Reported>().is_some()
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

//! `text`: excerpts of the source, drawn by codespan-reporting over our own lines and columns.

use std::io::{self, Write};

use codespan_reporting::diagnostic as cs;
use codespan_reporting::term::{self, Chars, Config, DisplayStyle, termcolor};

use super::excerpt::Excerpt;
use super::{Style, View, wrap};
use crate::diag::{Diagnostic, Fix, Severity};
use crate::source::{FileId, Sources};

pub(super) fn write(out: &mut dyn Write, view: &View<'_>, style: Style) -> io::Result<()> {
    let config = Config {
        display_style: DisplayStyle::Rich,
        tab_width: 4,
        chars: if style.unicode { Chars::box_drawing() } else { Chars::ascii() },
        ..Config::default()
    };
    for (at, finding) in view.findings.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let excerpt = Excerpt::of(finding, view.sources);
        let drawn = drawing(finding, view.sources, &excerpt, style.width);
        let mut text = Vec::new();
        let done = if style.color {
            term::emit_to_write_style(&mut termcolor::Ansi::new(&mut text), &config, &excerpt, &drawn)
        } else {
            term::emit_to_write_style(&mut termcolor::NoColor::new(&mut text), &config, &excerpt, &drawn)
        };
        done.map_err(io::Error::other)?;
        // The library ends every excerpt with an empty line and leaves blanks at line ends.
        for line in String::from_utf8_lossy(&text).trim_end().lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

/// The finding in the words of the library.
pub(super) fn drawing(d: &Diagnostic, sources: &Sources, excerpt: &Excerpt<'_>, width: usize) -> cs::Diagnostic<FileId> {
    let severity = match d.severity {
        Severity::Error => cs::Severity::Error,
        Severity::Warning => cs::Severity::Warning,
    };
    let mut labels = vec![
        cs::Label::primary(d.span.file, excerpt.range(d.span))
            .with_message(d.label.as_ref().map_or_else(String::new, String::clone)),
    ];
    labels.extend(
        d.labels.iter().map(|l| cs::Label::secondary(l.span.file, excerpt.range(l.span)).with_message(l.message.clone())),
    );
    // The bullet before a note takes a few columns more than the line numbers.
    let digits = sources.place(d.span).line.to_string().len();
    let room = width.saturating_sub(digits + 4).max(16);
    let notes = notes(d).map(|note| wrap::fill(&note, room)).collect();
    cs::Diagnostic::new(severity).with_code(d.code.name()).with_message(&d.message).with_labels(labels).with_notes(notes)
}

/// What is told below the excerpt: notes, help, and repairs that the help does not hold already.
pub(super) fn notes(d: &Diagnostic) -> impl Iterator<Item = String> {
    let told = d.notes.iter().map(|n| format!("note: {n}"));
    let help = d.help.iter().map(|h| format!("help: {h}"));
    let fixes = d.fixes.iter().filter(|f| d.help.as_deref().is_none_or(|h| !says(h, f))).map(repair);
    told.chain(help).chain(fixes)
}

/// Whether the help already holds what the fix would put in.
fn says(help: &str, fix: &Fix) -> bool {
    fix.edits.iter().all(|e| !e.text.trim().is_empty() && help.contains(e.text.trim()))
}

fn repair(fix: &Fix) -> String {
    let how = if fix.safe { "`--fix` does it" } else { "`--fix --unsafe` does it" };
    format!("fix: {} ({how})", fix.message)
}

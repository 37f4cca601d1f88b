//! Findings as text for people and as data for machines: one file a format, all from the same values.

mod excerpt;
mod fingerprint;
mod github;
mod gitlab;
mod html;
mod json;
#[cfg(feature = "cli")]
pub(crate) mod junit;
mod plain;
mod sarif;
mod short;
mod text;
pub mod wrap;

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Diagnostic, Severity};
use crate::invariant::{SureAt as _, number};
use crate::source::{FileId, Place, Sources, Span};
use crate::value::{Points, points_or_null};

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With excerpts of the source.
    Text,
    /// One line each.
    Short,
    /// Without any drawing, for screen readers.
    Plain,
    /// One JSON document.
    Json,
    /// Workflow commands for GitHub.
    Github,
    /// A code quality report for GitLab.
    Gitlab,
    /// SARIF 2.1.0.
    Sarif,
    /// A JUnit test report.
    #[cfg(feature = "cli")]
    Junit,
    /// One HTML page.
    Html,
}

/// How text for people is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// With characters beyond ASCII for lines and arrows.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

/// What is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The files that the spans are of.
    pub sources: &'a Sources,
    /// The findings, in the order to show them.
    pub findings: &'a [Diagnostic],
    /// What was found in all.
    pub summary: Summary,
    /// What each score can reach; empty where that is not asked for.
    pub scores: &'a [ScoreRange],
    /// The rule files that were looked at.
    pub files: &'a [FileId],
    /// The path of every file of `sources` from the top of its repository, for services that show findings beside the code;
    /// where none is given, the name.
    pub paths: &'a [String],
}

impl View<'_> {
    /// The path of a file from the top of its repository.
    fn path(&self, file: FileId) -> &str {
        let named = || self.sources.get(file).map_or("", crate::source::SourceFile::name);
        self.paths.get(file.0 as usize).map_or_else(named, String::as_str)
    }
}

/// What was found in all, findings that are not shown included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// How many files were looked at.
    pub files: usize,
}

/// The least and the most that a score can reach, in points as they are written.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ScoreRange {
    /// The score.
    pub name: String,
    /// The least; none where there is no bound.
    #[serde(serialize_with = "points_or_null")]
    pub min: Option<Points>,
    /// The most; none where there is no bound.
    #[serde(serialize_with = "points_or_null")]
    pub max: Option<Points>,
    /// Whether records that reach both ends are known.
    pub exact: bool,
}

/// Writes the findings in one format.
///
/// # Errors
/// What writing to `out` says.
pub fn write(out: &mut dyn Write, format: Format, view: &View<'_>, style: Style) -> io::Result<()> {
    match format {
        Format::Text => for_terminals(out, |out| text::write(out, view, style)),
        Format::Short => for_terminals(out, |out| short::write(out, view)),
        Format::Plain => for_terminals(out, |out| plain::write(out, view, style.width)),
        Format::Json => json::write(out, view),
        Format::Github => for_terminals(out, |out| github::write(out, view)),
        Format::Gitlab => gitlab::write(out, view),
        Format::Sarif => sarif::write(out, view),
        #[cfg(feature = "cli")]
        Format::Junit => junit::write(out, view),
        Format::Html => html::write(out, view),
    }
}

/// Writes what may go to a terminal: sources are shown, and what they hold must not command it.
fn for_terminals(out: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut text = Vec::new();
    write(&mut text)?;
    out.write_all(harmless(&String::from_utf8_lossy(&text)).as_bytes())
}

/// `text` with its control characters drawn as signs; line ends, tabs and our own colours stay.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c);
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(hostile) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(colour) = colour(from) {
            out.push_str(colour);
            rest = from.sure_at(colour.len()..);
            continue;
        }
        let mut chars = from.chars();
        out.push(match chars.next() {
            Some(c @ '\0'..='\u{1F}') => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}'),
            Some('\u{7F}') => '\u{2421}',
            Some(_) | None => '\u{FFFD}',
        });
        rest = chars.as_str();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `text` without the characters that XML 1.0 forbids (<https://www.w3.org/TR/xml/#charsets>): control characters are drawn as signs.
/// Services put what they read from reports into XML of their own.
#[must_use]
pub fn for_xml(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}');
    if !text.contains(forbidden) {
        return Cow::Borrowed(text);
    }
    let sign = |c: char| match c {
        c if !forbidden(c) => c,
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}'),
        _ => '\u{FFFD}',
    };
    Cow::Owned(text.chars().map(sign).collect())
}

/// Every text of a JSON document by [`for_xml`].
fn json_for_xml(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Cow::Owned(safe) = for_xml(text) {
                *text = safe;
            }
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(json_for_xml),
        serde_json::Value::Object(all) => all.values_mut().for_each(json_for_xml),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// Whether a character turns the direction of writing, so that a line reads other than it is.
#[must_use]
pub const fn turns(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
}

/// The change of colour that a text begins with.
fn colour(text: &str) -> Option<&str> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
    numbers.get(end..)?.starts_with('m').then(|| text.get(..end + 3)).flatten()
}

/// What of a span is shown: no line end, and so nothing of the next line, unless there is nothing else.
fn shown(sources: &Sources, span: Span) -> Span {
    let text = sources.text(span);
    let kept = number(text.trim_end().len());
    Span { end: span.start + kept, ..span }
}

/// Where what is shown of a span begins and ends, as people count.
fn shown_places(sources: &Sources, span: Span) -> (Place, Place) {
    places(sources, shown(sources, span))
}

/// Where a span begins and ends, as people count.
fn places(sources: &Sources, span: Span) -> (Place, Place) {
    (sources.place(span), sources.end_place(span))
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

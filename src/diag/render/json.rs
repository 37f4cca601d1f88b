//! `json`: one document.

use std::io::{self, Write};

use serde::Serialize;

use super::{ScoreRange, Summary, View, shown_places};
use crate::diag::{Diagnostic, Severity};
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    diagnostics: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    scores: &'a [ScoreRange],
    summary: Summary,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Location<'a>,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    fixes: Vec<Fix<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Label<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Location<'a>,
}

#[derive(Serialize)]
struct Fix<'a> {
    message: &'a str,
    safe: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let document = Document {
        version: 1,
        diagnostics: view.findings.iter().map(|d| finding(d, view.sources)).collect(),
        scores: view.scores,
        summary: view.summary,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn finding<'a>(d: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    let own = d.label.iter().map(|message| (message, d.span));
    let further = d.labels.iter().map(|l| (&l.message, l.span));
    Finding {
        code: d.code.id(),
        name: d.code.name(),
        severity: d.severity,
        message: &d.message,
        place: location(sources, d.span),
        labels: own.chain(further).map(|(message, span)| Label { message, place: location(sources, span) }).collect(),
        help: d.help.as_deref(),
        notes: &d.notes,
        fixes: d
            .fixes
            .iter()
            .map(|fix| Fix {
                message: &fix.message,
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|e| Edit { file: sources.name(e.span), start: e.span.start, end: e.span.end, text: &e.text })
                    .collect(),
            })
            .collect(),
    }
}

fn location(sources: &Sources, span: Span) -> Location<'_> {
    let (start, end) = shown_places(sources, span);
    Location { file: sources.name(span), line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

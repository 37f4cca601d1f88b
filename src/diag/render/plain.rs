//! `plain`: sentences without any drawing, by miette's narrated renderer.

use std::fmt;
use std::io::{self, Write};

use miette::{LabeledSpan, MietteError, MietteSpanContents, NarratableReportHandler, SourceCode, SourceSpan, SpanContents};

use super::excerpt::in_long_line;
use super::{View, shown, wrap};
use crate::diag::{Diagnostic, Severity};
use crate::source::{FileId, SourceFile, Sources};

pub(super) fn write(out: &mut dyn Write, view: &View<'_>, width: usize) -> io::Result<()> {
    let handler = NarratableReportHandler::new().with_context_lines(0);
    for (at, finding) in view.findings.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let mut text = String::new();
        handler.render_report(&mut text, &Narrated::new(finding, view.sources)).map_err(io::Error::other)?;
        writeln!(out, "{}", wrap::fill(text.trim_end(), width))?;
    }
    Ok(())
}

/// A finding as miette asks for it: one file each; labels in other files become findings of their own beside it.
#[derive(Debug)]
struct Narrated {
    message: String,
    severity: miette::Severity,
    code: Option<&'static str>,
    source: Option<Whole>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    related: Vec<Narrated>,
}

impl Narrated {
    fn new(d: &Diagnostic, sources: &Sources) -> Self {
        let near = d.labels.iter().filter(|l| l.span.file == d.span.file);
        let far = d.labels.iter().filter(|l| l.span.file != d.span.file);
        let label = d.label.clone().unwrap_or_else(|| "here".to_owned());
        let own = std::iter::once((label, d.span)).chain(near.map(|l| (l.message.clone(), l.span)));
        let place = sources.place(d.span);
        // A long line is not read out: what is pointed at in it is told with its place alone.
        let long = d.labels.iter().map(|l| l.span).chain([d.span]).any(|span| in_long_line(sources, span));
        let pointed = d.labels.iter().filter(|l| long && l.span.file == d.span.file).map(|l| {
            let place = sources.place(l.span);
            format!("{}:{}: {}", place.line, place.column, l.message)
        });
        let advice: Vec<String> = pointed
            .chain(d.notes.iter().cloned())
            .chain(d.help.clone())
            .chain(d.fixes.iter().map(|f| f.message.clone()))
            .collect();
        Self {
            message: format!("{}:{}:{}: {}", sources.name(d.span), place.line, place.column, d.message),
            severity: match d.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            code: Some(d.code.name()),
            source: named(sources, d.span.file).filter(|_| !long),
            labels: if long { Vec::new() } else { own.map(|(message, span)| labeled(message, shown(sources, span))).collect() },
            help: (!advice.is_empty()).then(|| advice.join("\n")),
            related: far
                .map(|l| {
                    let place = sources.place(l.span);
                    Self {
                        message: format!("{}:{}:{}: {}", sources.name(l.span), place.line, place.column, l.message),
                        severity: miette::Severity::Advice,
                        code: None,
                        source: named(sources, l.span.file).filter(|_| !in_long_line(sources, l.span)),
                        labels: vec![labeled(l.message.clone(), shown(sources, l.span))],
                        help: None,
                        related: Vec::new(),
                    }
                })
                .collect(),
        }
    }
}

fn labeled(message: String, span: crate::source::Span) -> LabeledSpan {
    let start = span.start as usize;
    LabeledSpan::new(Some(message), start, (span.end as usize).saturating_sub(start))
}

fn named(sources: &Sources, id: FileId) -> Option<Whole> {
    sources.get(id).cloned().map(Whole)
}

/// A source file that gives whole lines, so that columns are those of the file.
#[derive(Debug)]
struct Whole(SourceFile);

impl SourceCode for Whole {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let offset = |at: usize| crate::invariant::number(at);
        let first = self.0.line_index(offset(span.offset()));
        let last = self.0.line_index(offset(span.offset() + span.len().saturating_sub(1))).max(first);
        let lines = self.0.line_range(first).start..self.0.line_range(last).end;
        let data = self.0.text().get(lines.clone()).ok_or(MietteError::OutOfBounds)?;
        let name = self.0.name().to_owned();
        let span = (lines.start, lines.len()).into();
        Ok(Box::new(MietteSpanContents::new_named(name, data.as_bytes(), span, first, 0, last - first + 1)))
    }
}

impl fmt::Display for Narrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Narrated {}

impl miette::Diagnostic for Narrated {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|c| Box::new(c) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.related.iter().map(|r| r as &dyn miette::Diagnostic)))
    }
}

//! What is to be said of rules: errors and warnings, each shown in its source.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::diag::{Diagnostics, Severity};
use crate::source::Sources;

/// Rules that have errors.
#[derive(Debug)]
pub struct RulesError {
    findings: Vec<Finding>,
}

/// One finding about rules: an error or a warning.
#[derive(Debug)]
pub struct Finding {
    code: &'static str,
    severity: Severity,
    message: String,
    help: Option<String>,
    place: String,
    source: NamedSource<Arc<str>>,
    labels: Vec<LabeledSpan>,
}

impl RulesError {
    pub(super) fn new(sources: &Sources, diagnostics: &Diagnostics) -> Self {
        let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
        Self { findings: errors.map(|d| Finding::new(sources, d)).collect() }
    }

    pub(super) fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Self {
        let name = path.display().to_string();
        let finding = Finding {
            code: "file-not-found",
            severity: Severity::Error,
            message: format!("`{name}` cannot be read: {error}"),
            help: Some("check the path and the spelling".to_owned()),
            place: name.clone(),
            source: NamedSource::new(name, Arc::from("")),
            labels: Vec::new(),
        };
        Self { findings: vec![finding] }
    }

    /// The errors in the order of the sources.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Finding {
    pub(super) fn new(sources: &Sources, d: &crate::diag::Diagnostic) -> Self {
        let place = sources.place(d.span);
        let label = |span: crate::source::Span, text: Option<String>| {
            LabeledSpan::new(text, span.start as usize, (span.end - span.start) as usize)
        };
        let further = d.labels.iter().filter(|l| l.span.file == d.span.file);
        Self {
            code: d.code.name(),
            severity: d.severity,
            message: d.message.clone(),
            help: d.help.clone(),
            place: format!("{}:{}:{}", sources.name(d.span), place.line, place.column),
            source: NamedSource::new(
                sources.name(d.span),
                sources.get(d.span.file).map(|f| f.text().clone()).unwrap_or_default(),
            ),
            labels: std::iter::once(label(d.span, d.label.clone()))
                .chain(further.map(|l| label(l.span, Some(l.message.clone()))))
                .collect(),
        }
    }

    /// The name of the finding: `unknown-name`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.code
    }

    /// Whether the rules cannot be used because of it; otherwise it is a warning.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The way out, where one is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// File, line and column: `score.lsr:12:3`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.as_slice() {
            [] => f.write_str("the rules have errors"),
            [one] => write!(f, "{}: {one}", one.place),
            [first, rest @ ..] => write!(f, "{}: {first}, and {} more errors", first.place, rest.len()),
        }
    }
}

impl std::error::Error for RulesError {}

impl Diagnostic for RulesError {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.findings.iter().map(|f| f as &dyn Diagnostic)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.is_error() { miette::Severity::Error } else { miette::Severity::Warning })
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

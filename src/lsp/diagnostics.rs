//! Findings as the protocol's diagnostics.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_server::{Message, Notification};

use super::capabilities::Client;
use super::project::{Project, Tier};
use super::session::Session;
use super::types::{
    CodeDescription, Diagnostic, DiagnosticCode, DiagnosticMessage, DiagnosticRelatedInformation, DiagnosticSeverity,
    DiagnosticTag, Location, Position, PublishDiagnosticsParams, Range, Uri,
};
use super::uri;
use crate::diag::{self, Code, Severity};
use crate::failure::Failure;
use crate::source::{SourceFile, Sources, Span};

/// What of the protocol's terms findings are put into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) client: &'a Client,
    pub(super) sources: &'a Sources,
    /// The addresses of open texts, as the client writes them.
    pub(super) uri: &'a dyn Addresses,
}

/// Knows the addresses of files.
pub(super) trait Addresses: std::fmt::Debug {
    fn uri(&self, path: &Path) -> Option<Uri>;
}

impl Addresses for super::documents::Documents {
    fn uri(&self, path: &Path) -> Option<Uri> {
        self.get(path).map(|document| document.uri.clone()).or_else(|| uri::of(path))
    }
}

/// The path of a source; one that could not be read has it as its name.
pub(super) fn path_of(file: &SourceFile) -> PathBuf {
    file.path().map_or_else(|| PathBuf::from(file.name()), Path::to_owned)
}

impl Terms<'_> {
    /// Where a span is.
    pub(super) fn location(&self, span: Span) -> Option<Location> {
        let file = self.sources.get(span.file)?;
        Some(Location { uri: self.uri.uri(&path_of(file))?, range: self.client.encoding.range(file, span) })
    }

    /// A finding in its file.
    pub(super) fn diagnostic(&self, finding: &diag::Diagnostic) -> Option<Diagnostic> {
        let file = self.sources.get(finding.span.file)?;
        let mut lines = vec![finding.message.clone()];
        lines.extend(finding.notes.iter().cloned());
        lines.extend(finding.help.clone());
        let related = finding.labels.iter().filter_map(|label| {
            Some(DiagnosticRelatedInformation { location: self.location(label.span)?, message: label.message.clone() })
        });
        let related: Vec<_> = related.collect();
        let page = self.client.pages.as_ref().and_then(|base| Uri::parse(&format!("{base}{}.md", finding.code.name())).ok());
        Some(Diagnostic {
            range: self.client.encoding.range(file, finding.span),
            severity: Some(match finding.severity {
                Severity::Error => DiagnosticSeverity::Error,
                Severity::Warning => DiagnosticSeverity::Warning,
            }),
            code: Some(DiagnosticCode::String(finding.code.name().to_owned())),
            code_description: page.map(|href| CodeDescription { href }),
            source: Some("lsrc".to_owned()),
            message: DiagnosticMessage::String(lines.join("\n")),
            tags: is_unneeded(finding.code).then(|| vec![DiagnosticTag::Unnecessary]),
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        })
    }
}

/// Whether what a finding is about has no effect, so that editors show it grey.
const fn is_unneeded(code: Code) -> bool {
    matches!(
        code,
        Code::UnusedName
            | Code::UnusedProperty
            | Code::UnusedAllow
            | Code::UnreachableBranch
            | Code::NeverTrue
            | Code::DeadPoints
    )
}

impl Session {
    /// Says what is wrong in the files of a project, of those of which it is not what was last said.
    pub(super) fn publish(&mut self, key: &Path) -> Vec<Message> {
        let Some(project) = self.projects.get(key) else {
            let gone = self.published.remove(key).unwrap_or_default();
            return gone.into_keys().map(|uri| published(uri, None, Vec::new())).collect();
        };
        let mut by_uri = self.found(project);
        let before = self.published.remove(key).unwrap_or_default();
        let linted = project.tier == Tier::Linted;
        if !linted && !has_errors(&before) && !has_errors(&by_uri) {
            // Nothing is new before the warnings are known.
            self.published.insert(key.to_owned(), before);
            return Vec::new();
        }
        if !linted {
            // Until they are looked for again, the warnings of texts that have not changed stay.
            for (uri, diagnostics) in before.iter().filter(|(uri, _)| !self.awaited.contains(&self.path(uri))) {
                let warnings = diagnostics.iter().filter(|it| it.severity == Some(DiagnosticSeverity::Warning));
                let own = by_uri.entry(uri.clone()).or_default();
                own.extend(warnings.filter(|warning| !own.contains(warning)).cloned().collect::<Vec<_>>());
            }
        }
        for uri in before.keys() {
            by_uri.entry(uri.clone()).or_default();
        }
        let mut messages = Vec::new();
        for path in self.documents.paths().filter(|path| project.has(path) || path.as_path() == key) {
            if let Some(uri) = self.documents.uri(path) {
                by_uri.entry(uri).or_default();
            }
        }
        for (uri, diagnostics) in &by_uri {
            let path = self.path(uri);
            let awaited = self.awaited.iter().position(|known| *known == path);
            if awaited.is_none() && before.get(uri).map_or(diagnostics.is_empty(), |before| before == diagnostics) {
                continue;
            }
            awaited.map(|at| self.awaited.swap_remove(at));
            let version = self.documents.get(&path).map(|document| document.version);
            messages.push(published(uri.clone(), version, diagnostics.clone()));
        }
        by_uri.retain(|_, diagnostics| !diagnostics.is_empty());
        self.published.insert(key.to_owned(), by_uri);
        messages
    }

    /// The diagnostics of a project by address.
    fn found(&self, project: &Project) -> BTreeMap<Uri, Vec<Diagnostic>> {
        let analysis = &project.analysis;
        let terms = Terms { client: &self.client, sources: &analysis.sources, uri: &self.documents };
        let mut by_uri: BTreeMap<Uri, Vec<Diagnostic>> = BTreeMap::new();
        for finding in &analysis.findings {
            let uri = analysis.sources.get(finding.span.file).and_then(|file| self.documents.uri(&path_of(file)));
            if let (Some(uri), Some(diagnostic)) = (uri, terms.diagnostic(finding)) {
                by_uri.entry(uri).or_default().push(diagnostic);
            }
        }
        if let Some((failure, path)) = project.failure.as_ref().zip(project.config_file())
            && let Some(uri) = self.documents.uri(&path)
        {
            by_uri.entry(uri).or_default().push(misconfigured(failure));
        }
        by_uri
    }
}

fn has_errors(by_uri: &BTreeMap<Uri, Vec<Diagnostic>>) -> bool {
    by_uri.values().flatten().any(|it| it.severity == Some(DiagnosticSeverity::Error))
}

fn published(uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> Message {
    let params = PublishDiagnosticsParams { uri, version, diagnostics };
    Notification::new("textDocument/publishDiagnostics".to_owned(), params).into()
}

/// What is wrong with the configuration; its message names the line, from 1, behind the path.
fn misconfigured(failure: &Failure) -> Diagnostic {
    let message = failure.to_string();
    let line = message.split(':').find_map(|part| part.parse::<u32>().ok()).unwrap_or(1);
    let at = Position { line: line.saturating_sub(1), character: 0 };
    let text = format!("{message}\nuntil this is fixed, rules are checked with the default levels");
    Diagnostic {
        range: Range { start: at, end: at },
        severity: Some(DiagnosticSeverity::Error),
        source: Some("lsrc".to_owned()),
        message: DiagnosticMessage::String(text),
        ..Diagnostic::default()
    }
}

//! A document as requests look at it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostics::Terms;
use super::position::Encoding;
use super::project::Project;
use super::session::{Refusal, Session};
use super::types::{Position, Range, TextEdit, Uri};
use crate::check::Loader as _;
use crate::diag::Edit;
use crate::ide::File;
use crate::ide::annotate::Facts;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::Parsed;

/// A document in its project, as it is now.
pub(super) struct Look<'s> {
    pub(super) session: &'s Session,
    pub(super) project: &'s Project,
    pub(super) id: FileId,
    pub(super) source: &'s SourceFile,
    pub(super) parsed: Arc<Parsed>,
    pub(super) path: PathBuf,
}

impl Session {
    /// The project and the path of a document.
    ///
    /// # Errors
    /// The document is not open.
    pub(super) fn located(&mut self, uri: &Uri) -> Result<(PathBuf, PathBuf), Refusal> {
        let path = self.path(uri);
        if self.documents.get(&path).is_none() {
            return Err(Refusal::failed(format!("`{uri}` is not open")));
        }
        let key = self.project_of(&path);
        Ok((key, path))
    }

    /// Looks at a document, after what is new in its project has been checked.
    ///
    /// # Errors
    /// The document is not open, or is not a text of rules.
    pub(super) fn look(&mut self, uri: &Uri) -> Result<Look<'_>, Refusal> {
        let (key, path) = self.located(uri)?;
        self.check(&key, false);
        self.glance(&key, path)
    }

    /// Looks at a document, after warnings have been looked for too.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub(super) fn look_closely(&mut self, uri: &Uri) -> Result<Look<'_>, Refusal> {
        let (key, path) = self.located(uri)?;
        self.check(&key, true);
        self.glance(&key, path)
    }

    /// Looks at a document whose project has been checked.
    pub(super) fn glance(&self, key: &Path, path: PathBuf) -> Result<Look<'_>, Refusal> {
        let found = self.projects.get(key).and_then(|project| {
            let id = project.analysis.file(&path)?;
            Some((project, id, project.analysis.sources.get(id)?))
        });
        let (project, id, source) =
            found.ok_or_else(|| Refusal::failed(format!("`{}` cannot be read as rules", path.display())))?;
        let parsed = self.disk.parse(&path, id, source.text());
        Ok(Look { session: self, project, id, source, parsed, path })
    }
}

impl Look<'_> {
    /// Refuses where a text of the program is not saved: what runs outside of the session reads the files.
    pub(super) fn saved(&self) -> Result<(), Refusal> {
        let sources = &self.project.analysis.sources;
        let program = self.project.analysis.programs_of(self.id).flat_map(|program| program.files());
        let mut open = program.filter_map(|id| sources.get(id)?.path());
        match open.find(|path| self.session.disk.is_unsaved(path)) {
            Some(path) => Err(Refusal::failed(format!("save `{}` first: the rules are read from the files", path.display()))),
            None => Ok(()),
        }
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.session.client.encoding
    }

    pub(super) fn file(&self) -> File<'_> {
        File { analysis: &self.project.analysis, id: self.id, source: self.source, parsed: &self.parsed }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        let hits = self.project.hits.as_ref().zip(self.project.root.as_deref());
        Facts { ranges: &self.project.ranges, hits, loader: &self.session.disk }
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        Terms { client: &self.session.client, sources: &self.project.analysis.sources, uri: &self.session.documents }
    }

    pub(super) fn offset(&self, position: Position) -> u32 {
        self.encoding().offset(self.source, position)
    }

    pub(super) fn range(&self, span: Span) -> Range {
        self.encoding().range(self.source, span)
    }

    /// Changes by the addresses of their files.
    pub(super) fn workspace_edit<'e>(&self, edits: impl IntoIterator<Item = &'e Edit>) -> serde_json::Value {
        let mut changes: std::collections::BTreeMap<String, Vec<TextEdit>> = std::collections::BTreeMap::new();
        for edit in edits {
            if let Some(at) = self.terms().location(edit.span) {
                changes.entry(at.uri.to_string()).or_default().push(TextEdit { range: at.range, new_text: edit.text.clone() });
            }
        }
        serde_json::json!({"changes": changes})
    }
}

//! What changes a document on demand: formatting, fixes, comments that suppress warnings.

use std::path::Path;

use serde_json::{Value, json};

use super::capabilities::FIX_ALL;
use super::look::Look;
use super::session::{Refusal, Session};
use super::types::{CodeActionParams, DocumentFormattingParams, DocumentRangeFormattingParams, TextEdit, Uri};
use crate::analysis::{Configs, Options, analyse};
use crate::format;
use crate::ide::fix;
use crate::source::Span;

impl Session {
    pub(super) fn format(&mut self, params: DocumentFormattingParams) -> Result<Vec<TextEdit>, Refusal> {
        self.formatted(&params.text_document.uri, |_, _| true)
    }

    pub(super) fn format_range(&mut self, params: DocumentRangeFormattingParams) -> Result<Vec<TextEdit>, Refusal> {
        let range = params.range;
        self.formatted(&params.text_document.uri, move |look, bytes| {
            let wanted = look.encoding().bytes(look.source, range);
            bytes.start <= wanted.end as usize && wanted.start as usize <= bytes.end
        })
    }

    /// The changes of white space that are wanted; none where the text has errors of syntax.
    fn formatted(
        &mut self,
        uri: &Uri,
        wanted: impl Fn(&Look<'_>, &std::ops::Range<usize>) -> bool,
    ) -> Result<Vec<TextEdit>, Refusal> {
        let look = self.look(uri)?;
        let text = look.source.text();
        let formatted = format::format(&look.parsed, text);
        let changes = format::changes(text, &formatted).into_iter().filter(|(bytes, _)| wanted(&look, bytes));
        let edits = changes.map(|(bytes, new)| {
            let (start, end) = (crate::invariant::number(bytes.start), crate::invariant::number(bytes.end));
            TextEdit { range: look.range(Span::new(look.id, start, end)), new_text: new.to_owned() }
        });
        Ok(edits.collect())
    }

    pub(super) fn code_actions(&mut self, params: CodeActionParams) -> Result<Vec<Value>, Refusal> {
        let only = params.context.only.map(|kinds| kinds.iter().map(ToString::to_string).collect::<Vec<_>>());
        // A kind stands for those below it: `source` for `source.fixAll.lsrc`.
        let wanted = |kind: &str| {
            only.as_ref().is_none_or(|only| only.iter().any(|asked| kind == asked || kind.starts_with(&format!("{asked}."))))
        };
        let mut actions = Vec::new();
        let uri = params.text_document.uri;
        if wanted("quickfix") {
            let look = self.look_closely(&uri)?;
            let bytes = look.encoding().bytes(look.source, params.range);
            let touched = Span::new(look.id, bytes.start, bytes.end);
            actions.extend(fix::actions(&look.file(), touched).into_iter().map(|action| {
                json!({
                    "title": action.title, "kind": "quickfix", "isPreferred": action.preferred,
                    "diagnostics": look.terms().diagnostic(action.finding).into_iter().collect::<Vec<_>>(),
                    "edit": look.workspace_edit(&action.edits),
                })
            }));
        }
        if wanted(FIX_ALL)
            && let Some(edit) = self.fix_all(&uri)?
        {
            actions.push(json!({"title": "apply all safe fixes", "kind": FIX_ALL, "edit": edit}));
        }
        Ok(actions)
    }

    /// All safe fixes of a document in one change.
    fn fix_all(&mut self, uri: &Uri) -> Result<Option<Value>, Refusal> {
        let look = self.look_closely(uri)?;
        let has_safe = look
            .project
            .analysis
            .findings
            .iter()
            .any(|finding| finding.span.file == look.id && finding.fixes.iter().any(|fix| fix.safe));
        if !has_safe {
            return Ok(None);
        }
        let (path, text) = (look.path.clone(), look.source.text().clone());
        let entries: Vec<_> = look.project.analysis.programs_of(look.id).map(|program| program.entry.clone()).collect();
        let mut configs = Configs::on_disk(None);
        let mut check = || analyse(&look.session.disk, &entries, &mut configs, Options::default());
        let fixed = check().and_then(|analysis| fix::fixed(&look.session.disk, &path, analysis, &mut check));
        look.session.disk.put(&path, text.as_bytes().to_vec());
        let fixed = fixed.map_err(|failure| Refusal::failed(failure.to_string()))?;
        Ok(fixed.map(|fixed| {
            let (bytes, new) = difference(&text, &fixed);
            let (start, end) = (crate::invariant::number(bytes.start), crate::invariant::number(bytes.end));
            let edit = crate::diag::Edit { span: Span::new(look.id, start, end), text: new.to_owned() };
            look.workspace_edit([&edit])
        }))
    }

    /// The text of a file as it is for the session.
    pub(super) fn restore(&self, path: &Path) {
        match self.documents.get(path) {
            Some(document) => self.disk.put(path, document.source.text().as_bytes().to_vec()),
            None => self.disk.forget(path),
        }
    }
}

/// The bytes in which two texts differ, in whole lines, and what stands there in the second.
fn difference<'n>(old: &str, new: &'n str) -> (std::ops::Range<usize>, &'n str) {
    let lines = |text: &str| text.split_inclusive('\n').map(str::len).collect::<Vec<_>>();
    let (before, after) = (lines(old), lines(new));
    let mut start = 0;
    for length in &before {
        if old.get(start..start + length) != new.get(start..start + length) {
            break;
        }
        start += length;
    }
    let start = start.min(new.len());
    let mut tail = 0;
    for length in before.iter().rev().zip(after.iter().rev()).map(|(old, _)| old) {
        let next = tail + length;
        let fits = old.len() >= start + next && new.len() >= start + next;
        if !fits || old.get(old.len() - next..) != new.get(new.len() - next..) {
            break;
        }
        tail = next;
    }
    (start..old.len() - tail, new.get(start..new.len() - tail).unwrap_or(""))
}

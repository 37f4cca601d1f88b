//! What can be done about findings.

use std::path::Path;

use super::File;
use crate::analysis::{Analysis, Changes, Disk};
use crate::diag::{Diagnostic, Edit, Severity};
use crate::source::Span;

/// A change that answers a finding.
#[derive(Debug, Clone)]
pub struct Action<'a> {
    /// What it does, in the imperative.
    pub title: String,
    /// The finding that it answers.
    pub finding: &'a Diagnostic,
    /// Whether it is the one to choose.
    pub preferred: bool,
    /// The changes.
    pub edits: Vec<Edit>,
}

/// The fixes of the findings that touch a span, and for warnings a comment that silences them.
#[must_use]
pub fn actions<'a>(file: &File<'a>, touched: Span) -> Vec<Action<'a>> {
    let touches = |span: Span| span.file == file.id && span.start <= touched.end && touched.start <= span.end;
    let mut actions = Vec::new();
    for finding in file.analysis.findings.iter().filter(|finding| touches(finding.span)) {
        let first_safe = finding.fixes.iter().position(|fix| fix.safe);
        for (at, fix) in finding.fixes.iter().enumerate() {
            let edits = fix.edits.clone();
            actions.push(Action { title: fix.message.clone(), finding, preferred: first_safe == Some(at), edits });
        }
        if finding.code.severity() == Severity::Warning
            && file.analysis.rule_files().any(|id| id == file.id)
            && let Some(edit) = silencing(file, finding)
        {
            let title = format!("suppress `{}` with a reason", finding.code.name());
            actions.push(Action { title, finding, preferred: false, edits: vec![edit] });
        }
    }
    actions
}

/// A comment above the line of a finding, and above the comments there, that silences it.
fn silencing(file: &File<'_>, finding: &Diagnostic) -> Option<Edit> {
    let source = file.source;
    let line = source.line_index(finding.span.start);
    let comments = file.parsed.trivia.comments();
    let is_comment = |line: usize| comments.iter().any(|comment| comment.own_line && comment.line == line);
    let mut above = line;
    while above > 0 && is_comment(above - 1) {
        above -= 1;
    }
    let start = source.line_range(above).start;
    let written = source.text().get(source.line_range(line))?;
    let indent: String = written.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
    let end = if source.text().contains("\r\n") { "\r\n" } else { "\n" };
    let at = crate::invariant::number(start);
    let text = format!("{indent}# lsrc: allow({}) say here why this is right{end}", finding.code.name());
    Some(Edit { span: Span::new(file.id, at, at), text })
}

/// The text of a file after all safe fixes of its findings, one after another until none is left; `None` where there is none. `check`
/// analyses the texts on `disk`, in which the file's text changes meanwhile; it is put back.
pub fn fixed<E>(
    disk: &Disk,
    path: &Path,
    analysis: Analysis,
    check: &mut dyn FnMut() -> Result<Analysis, E>,
) -> Result<Option<String>, E> {
    // Other files are not open, and their fixes are asked for there.
    let only = |mut analysis: Analysis| {
        let id = analysis.file(path);
        for finding in &mut analysis.findings {
            finding.fixes.retain(|fix| fix.edits.iter().all(|edit| Some(edit.span.file) == id));
        }
        analysis
    };
    let mut changes = Changes::default();
    changes.repair(disk, only(analysis), false, &mut || check().map(only))?;
    let changed = changes.files.into_iter().find(|(changed, _)| changed == path);
    Ok(changed.map(|(path, (before, after))| {
        disk.put(&path, before.into_bytes());
        after
    }))
}

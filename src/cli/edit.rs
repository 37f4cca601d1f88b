//! Applying the repairs of findings to files, and showing changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::diag::{Diagnostic, Edit};
use crate::format;
use crate::source::{FileId, Sources};
use crate::syntax;

/// The new texts of the files that the repairs of `findings` change, and how many repairs they hold. One repair a finding: its
/// first safe one, or with `unsafe_too` its first. A repair that touches what another one of this round changes waits.
pub(super) fn repaired(findings: &[Diagnostic], sources: &Sources, unsafe_too: bool) -> (BTreeMap<FileId, String>, usize) {
    let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut count = 0;
    for finding in findings {
        let Some(fix) = finding.fixes.iter().find(|f| f.safe).or_else(|| finding.fixes.first().filter(|_| unsafe_too)) else {
            continue;
        };
        let free = |edit: &Edit| taken.get(&edit.span.file).is_none_or(|others| others.iter().all(|other| apart(edit, other)));
        if fix.edits.is_empty() || !fix.edits.iter().all(free) {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.span.file).or_default().push(edit);
        }
        count += 1;
    }
    let texts = taken.into_iter().filter_map(|(id, mut edits)| {
        edits.sort_by_key(|e| std::cmp::Reverse((e.span.start, e.span.end)));
        let mut text = sources.get(id)?.text().to_string();
        for edit in edits {
            let range = edit.span.start as usize..edit.span.end as usize;
            // A span that is none of this text is skipped rather than misapplied.
            if text.get(range.clone()).is_some() {
                text.replace_range(range, &edit.text);
            }
        }
        Some((id, text))
    });
    (texts.collect(), count)
}

/// Whether two edits can be made in any order; insertions at one place cannot.
fn apart(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    (a.end <= b.start || b.end <= a.start) && a.start != b.start
}

/// `new`, laid out if `old` was.
pub(super) fn as_laid_out_as(old: &str, new: String) -> String {
    let laid_out = |text: &str| {
        let parsed = syntax::parse(FileId(0), text);
        (!parsed.diagnostics.has_errors()).then(|| format::format(&parsed, text))
    };
    if laid_out(old).is_some_and(|text| text == old) { laid_out(&new).unwrap_or(new) } else { new }
}

/// The change of a file as a unified diff.
pub(super) fn unified(name: &str, old: &str, new: &str, color: bool) -> String {
    let diff = TextDiff::from_lines(old, new);
    let paint = |code: &str, text: &str| if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut out = format!("{}\n{}\n", paint("1", &format!("--- {name}")), paint("1", &format!("+++ {name}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(out, "{}", paint("36", &hunk.header().to_string()));
        for change in hunk.iter_changes() {
            let (sign, code) = match change.tag() {
                ChangeTag::Equal => (' ', "0"),
                ChangeTag::Delete => ('-', "31"),
                ChangeTag::Insert => ('+', "32"),
            };
            let line = format!("{sign}{}", change.value().trim_end_matches(['\n', '\r']));
            let _ = writeln!(out, "{}", if sign == ' ' { line } else { paint(code, &line) });
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

//! Writing measured points into rules: the numbers at their places, and above each line where they come from.

use std::collections::BTreeMap;

use miette::Report;

use super::{AtomicFile, Failure};
use crate::format;
use crate::invariant::SureAt as _;
use crate::source::{FileId, Sources, Span};
use crate::syntax::{self, Provenance};

/// A number to write.
pub(super) struct Change {
    /// Where the old one is written.
    pub(super) span: Span,
    /// The line of a band or match that it belongs to, which gets a line of its own; `None` where it has no such line.
    pub(super) line: Option<Span>,
    /// The new one.
    pub(super) text: String,
    /// Where it comes from.
    pub(super) provenance: Provenance,
}

/// The new texts of the files that these changes touch, laid out; everything else stays as it is.
pub(super) fn written(sources: &Sources, changes: &[Change]) -> BTreeMap<FileId, String> {
    let mut files: BTreeMap<FileId, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        files.entry(change.span.file).or_default().push(change);
    }
    let mut out = BTreeMap::new();
    for (id, mut changes) in files {
        let Some(file) = sources.get(id) else { continue };
        let mut text = file.text().to_string();
        changes.sort_by_key(|change| std::cmp::Reverse(change.span.start));
        let start_of = |change: &Change| file.line_range(file.line_index(change.span.start)).start;
        for (at, change) in changes.iter().enumerate() {
            let (start, end) = (change.span.start as usize, change.span.end as usize);
            if text.get(start..end).is_some() {
                text.replace_range(start..end, &change.text);
            }
            let line = start_of(change);
            let inside = change
                .line
                .map(|l| l.start as usize)
                .filter(|from| text.get(line..*from).is_some_and(|before| !before.trim().is_empty()));
            match inside {
                // Behind something else on its line.
                Some(from) => text.insert_str(from, &format!("\n# {}\n", change.provenance)),
                // The numbers of one line are measured together: the comment tells of the first.
                None if changes.get(at + 1).is_none_or(|next| start_of(next) != line || next.line.is_some()) => {
                    comment(&mut text, line, &change.provenance);
                }
                None => {}
            }
        }
        let parsed = syntax::parse(FileId(0), &text);
        out.insert(id, format::format(&parsed, &text));
    }
    out
}

/// Puts the comment above the line that begins here, in place of one that is there.
fn comment(text: &mut String, line: usize, provenance: &Provenance) {
    let indent: String = text.sure_at(line..).chars().take_while(|c| *c == ' ' || *c == '\t').collect();
    let new = format!("{indent}# {provenance}\n");
    let before = text.sure_at(..line);
    let above = before.strip_suffix('\n').map(|b| b.rfind('\n').map_or(0, |at| at + 1));
    let old = above.filter(|&at| text.get(at..line).is_some_and(|l| Provenance::parse(l.trim()).is_some()));
    text.replace_range(old.unwrap_or(line)..line, &new);
}

/// Writes the files that changed.
pub(super) fn write(sources: &Sources, texts: &BTreeMap<FileId, String>) -> Result<Vec<String>, Report> {
    let mut names = Vec::new();
    for (id, text) in texts {
        let Some(file) = sources.get(*id) else { continue };
        if **file.text() == **text {
            continue;
        }
        let Some(path) = file.path() else {
            return Err(Failure::new(format!("`{}` is not a file that could be written", file.name()))
                .help("name the rules by their path")
                .into());
        };
        AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?;
        names.push(file.name().to_owned());
    }
    Ok(names)
}

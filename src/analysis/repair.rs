//! The repairs of findings, applied to texts in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Analysis, Disk};
use crate::diag::{Diagnostic, Edit};
use crate::format;
use crate::source::{FileId, Sources};
use crate::syntax;

/// The new texts of the files that the repairs of `findings` change, and how many repairs they hold. One repair a finding: its
/// first safe one, or with `unsafe_too` its first. A repair that touches what another one of this round changes waits.
#[must_use]
pub fn repaired(findings: &[Diagnostic], sources: &Sources, unsafe_too: bool) -> (BTreeMap<FileId, String>, usize) {
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
fn as_laid_out_as(old: &str, new: String) -> String {
    let laid_out = |text: &str| {
        let parsed = syntax::parse(FileId(0), text);
        (!parsed.diagnostics.has_errors()).then(|| format::format(&parsed, text))
    };
    if laid_out(old).is_some_and(|text| text == old) { laid_out(&new).unwrap_or(new) } else { new }
}

/// The files that repairs change, with the text before and after.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// By path: the text before, and after.
    pub files: BTreeMap<PathBuf, (String, String)>,
    /// How many repairs there are.
    pub repairs: usize,
}

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Repairs in memory until nothing is left to repair, for one repair can make the next possible; `again` analyses once more. A file
    /// that was laid out stays so. Safe repairs that together make a new error are made one by one.
    ///
    /// # Errors
    /// Those of `again`.
    pub fn repair<E>(
        &mut self,
        disk: &Disk,
        mut analysis: Analysis,
        unsafe_too: bool,
        again: &mut dyn FnMut() -> Result<Analysis, E>,
    ) -> Result<Analysis, E> {
        for _ in 0..20 {
            let (texts, count) = repaired(&analysis.findings, &analysis.sources, unsafe_too);
            if count == 0 {
                break;
            }
            match self.made(disk, &analysis, texts, unsafe_too, again)? {
                Some(better) => {
                    self.repairs += count;
                    analysis = better;
                }
                // Together they make new errors: one by one those are made that do not.
                None => match self.one_by_one(disk, &analysis, again)? {
                    Some(better) => analysis = better,
                    None => break,
                },
            }
        }
        Ok(analysis)
    }

    /// Writes new texts in memory and checks them; `None`, and nothing written, where safe repairs make an error that was not there.
    fn made<E>(
        &mut self,
        disk: &Disk,
        analysis: &Analysis,
        texts: BTreeMap<FileId, String>,
        unsafe_too: bool,
        again: &mut dyn FnMut() -> Result<Analysis, E>,
    ) -> Result<Option<Analysis>, E> {
        let mut written: Vec<(PathBuf, String, String)> = Vec::new();
        for (id, text) in texts {
            let Some(file) = analysis.sources.get(id) else { continue };
            let Some(path) = file.path().map(Path::to_owned) else { continue };
            let before = file.text().to_string();
            let text = as_laid_out_as(&before, text);
            disk.put(&path, text.clone().into_bytes());
            written.push((path, before, text));
        }
        let now = again()?;
        if !unsafe_too && now.summary().errors > analysis.summary().errors {
            for (path, before, _) in written {
                disk.put(&path, before.into_bytes());
            }
            return Ok(None);
        }
        for (path, before, text) in written {
            self.files.entry(path).or_insert_with(|| (before, String::new())).1 = text;
        }
        Ok(Some(now))
    }

    /// Makes the first safe repair that makes no new error.
    fn one_by_one<E>(
        &mut self,
        disk: &Disk,
        analysis: &Analysis,
        again: &mut dyn FnMut() -> Result<Analysis, E>,
    ) -> Result<Option<Analysis>, E> {
        for finding in &analysis.findings {
            let (texts, count) = repaired(std::slice::from_ref(finding), &analysis.sources, false);
            if count == 0 {
                continue;
            }
            if let Some(better) = self.made(disk, analysis, texts, false, again)? {
                self.repairs += count;
                return Ok(Some(better));
            }
        }
        Ok(None)
    }
}

//! The findings of several programs as those of one: files that programs share are told once.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};

/// All findings so far, over common source files.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) sources: Sources,
    by_path: HashMap<PathBuf, FileId>,
    /// The rule files, each once.
    rule_files: BTreeSet<FileId>,
    programs: Vec<Checked>,
    /// What `-v` adds, each line once.
    pub(super) details: Vec<String>,
    /// What the scores can reach, where asked for.
    pub(super) ranges: super::ranges::Ranges,
}

#[derive(Debug)]
struct Checked {
    rule_files: BTreeSet<FileId>,
    complete: bool,
    findings: Vec<Diagnostic>,
}

impl Merged {
    /// Adds a program with its findings; `complete` says whether warnings were looked for.
    pub(super) fn add(&mut self, sources: &Sources, rule_files: &[FileId], findings: Diagnostics, complete: bool) {
        let mut ids = HashMap::new();
        for (id, file) in sources.iter() {
            let key = file
                .path()
                .map_or_else(|| PathBuf::from(file.name()), |p| std::fs::canonicalize(p).unwrap_or_else(|_| p.to_owned()));
            let common = *self.by_path.entry(key).or_insert_with(|| self.sources.add(file.clone()));
            ids.insert(id, common);
        }
        let rule_files: BTreeSet<FileId> = rule_files.iter().filter_map(|id| ids.get(id).copied()).collect();
        self.rule_files.extend(rule_files.iter().copied());
        let move_to = |span: &mut Span| span.file = ids.get(&span.file).copied().unwrap_or(span.file);
        let mut findings: Vec<Diagnostic> = findings.into_iter().collect();
        for finding in &mut findings {
            move_to(&mut finding.span);
            finding.labels.iter_mut().for_each(|l| move_to(&mut l.span));
            finding.fixes.iter_mut().flat_map(|f| &mut f.edits).for_each(|e| move_to(&mut e.span));
        }
        self.programs.push(Checked { rule_files, complete, findings });
    }

    /// Adds what `-v` tells about a program.
    pub(super) fn tell(&mut self, lines: Vec<String>) {
        for line in lines {
            if !self.details.contains(&line) {
                self.details.push(line);
            }
        }
    }

    /// How many rule files were looked at.
    pub(super) fn file_count(&self) -> usize {
        self.rule_files.len()
    }

    /// The rule files that were looked at.
    pub(super) fn rule_files(&self) -> impl Iterator<Item = FileId> {
        self.rule_files.iter().copied()
    }

    /// Every finding once, by file name and place. A finding that something is missing from the rest of a program counts for a
    /// shared file only where every program that has the file says so.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        let mut kept: Vec<Diagnostic> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for program in &self.programs {
            for finding in &program.findings {
                let key = (finding.code, finding.span, finding.message.clone());
                if seen.contains(&key) || (speaks_of_the_rest(finding.code) && !self.agreed(finding)) {
                    continue;
                }
                seen.insert(key);
                kept.push(finding.clone());
            }
        }
        kept.sort_by(|a, b| {
            let key = |d: &Diagnostic| (self.sources.name(d.span).to_owned(), d.span.start, d.span.end, d.code);
            key(a).cmp(&key(b))
        });
        kept
    }

    fn agreed(&self, finding: &Diagnostic) -> bool {
        let others = self.programs.iter().filter(|p| p.complete && p.rule_files.contains(&finding.span.file));
        others.into_iter().all(|p| p.findings.iter().any(|f| f.code == finding.code && f.span == finding.span))
    }
}

/// Whether another program that shares the file can make the finding untrue.
const fn speaks_of_the_rest(code: Code) -> bool {
    matches!(code, Code::UnusedName | Code::UnusedProperty | Code::UnscoredOption | Code::NoSuchReason | Code::UnusedAllow)
}

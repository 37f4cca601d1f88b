//! The findings of several programs as those of one: files that programs share are told once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use crate::check::Loader;
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
    told: HashSet<String>,
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
    /// Adds a program with its findings, and gives its files' common numbers; `complete` says whether warnings were looked for.
    pub(super) fn add(
        &mut self,
        loader: &dyn Loader,
        sources: &Sources,
        rule_files: &[FileId],
        findings: Diagnostics,
        complete: bool,
    ) -> HashMap<FileId, FileId> {
        let mut ids = HashMap::new();
        for (id, file) in sources.iter() {
            let key = file.path().map_or_else(|| PathBuf::from(file.name()), |p| loader.real(p).unwrap_or_else(|_| p.to_owned()));
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
        ids
    }

    /// Adds what `-v` tells about a program.
    pub(super) fn tell(&mut self, lines: Vec<String>) {
        for line in lines {
            if self.told.insert(line.clone()) {
                self.details.push(line);
            }
        }
    }

    /// The rule files that were looked at.
    pub(super) fn rule_files(&self) -> impl Iterator<Item = FileId> {
        self.rule_files.iter().copied()
    }

    /// Every finding once, by file name and place. A finding that something is missing from the rest of a program counts for a
    /// shared file only where every program that has the file says so.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        let agreed = self.agreed();
        let mut kept: Vec<&Diagnostic> = Vec::new();
        let mut seen = HashSet::new();
        for finding in self.programs.iter().flat_map(|program| &program.findings) {
            let said = !speaks_of_the_rest(finding.code) || agreed.contains(&(finding.code, finding.span));
            if said && seen.insert((finding.code, finding.span, finding.message.as_str())) {
                kept.push(finding);
            }
        }
        kept.sort_by_key(|d| (self.sources.name(d.span), d.span.start, d.span.end, d.code));
        kept.into_iter().cloned().collect()
    }

    /// What every program that has the file says of it, of what speaks of the rest of a program.
    fn agreed(&self) -> HashSet<(Code, Span)> {
        let mut having: HashMap<FileId, usize> = HashMap::new();
        let mut saying: HashMap<(Code, Span), usize> = HashMap::new();
        for program in self.programs.iter().filter(|program| program.complete) {
            program.rule_files.iter().for_each(|id| *having.entry(*id).or_default() += 1);
            let told = program.findings.iter().filter(|d| speaks_of_the_rest(d.code)).map(|d| (d.code, d.span));
            let own = told.filter(|(_, span)| program.rule_files.contains(&span.file));
            own.collect::<HashSet<_>>().into_iter().for_each(|key| *saying.entry(key).or_default() += 1);
        }
        let all = self.programs.iter().flat_map(|program| &program.findings);
        let told = all.filter(|d| speaks_of_the_rest(d.code)).map(|d| (d.code, d.span));
        told.filter(|key| saying.get(key) == having.get(&key.1.file)).collect()
    }
}

/// Whether another program that shares the file can make the finding untrue.
const fn speaks_of_the_rest(code: Code) -> bool {
    matches!(code, Code::UnusedName | Code::UnusedProperty | Code::UnscoredOption | Code::NoSuchReason | Code::UnusedAllow)
}

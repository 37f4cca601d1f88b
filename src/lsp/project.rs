//! The projects of a session: which rule files belong together, and what is known of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::analysis::{Analysis, Configs, Disk, FILE_NAME, Options, Ranges, analyse};
use crate::failure::Failure;
use crate::hits::{self, Hits};

/// Rule files that are looked at together: those of a folder, or one file outside of every project.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// Its folder.
    pub(super) root: Option<PathBuf>,
    /// The rule files on disk.
    files: Vec<PathBuf>,
    /// What was last found out.
    pub(super) analysis: Analysis,
    /// What is wrong with the configuration.
    pub(super) failure: Option<Failure>,
    /// Whether texts have changed since the analysis.
    stale: bool,
    /// The reachable ranges, by the first file of a program.
    pub(super) ranges: BTreeMap<PathBuf, Ranges>,
    /// What the last run counted.
    pub(super) hits: Option<Hits>,
    /// The programs whose ranges are to be worked out, by their place in the analysis.
    unranged: Vec<usize>,
    /// Whether what the last run counted is to be read again.
    uncounted: bool,
    /// What tests came to when they were last run, by program and name.
    pub(super) verdicts: BTreeMap<(PathBuf, String), Vec<String>>,
}

impl Project {
    pub(super) fn new(disk: &Disk, root: Option<PathBuf>) -> Self {
        let files = root.as_deref().map(|root| disk.rule_files(root)).unwrap_or_default();
        Self { root, files, stale: true, ..Self::default() }
    }

    /// Looks for rule files again.
    pub(super) fn search(&mut self, disk: &Disk) {
        self.files = self.root.as_deref().map(|root| disk.rule_files(root)).unwrap_or_default();
        self.stale = true;
    }

    /// Texts have changed.
    pub(super) fn touch(&mut self) {
        self.stale = true;
        self.verdicts.clear();
    }

    /// The one open text of a file outside of every project was closed.
    pub(super) fn close(&mut self) {
        self.files.clear();
        self.stale = true;
    }

    /// The counts of the last run have changed.
    pub(super) fn count_again(&mut self) {
        self.uncounted = true;
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Whether ranges and hits are to be worked out.
    pub(super) fn is_shallow(&self) -> bool {
        self.uncounted || !self.unranged.is_empty()
    }

    /// The first tier: syntax, names, types and warnings, of the files on disk and of those that are open.
    pub(super) fn check<'p>(&mut self, disk: &Disk, open: impl Iterator<Item = &'p PathBuf>) {
        let mut entries = self.files.clone();
        for path in open {
            if !entries.contains(path) {
                entries.push(path.clone());
            }
        }
        let options = Options::default();
        let mut configs = Configs::on_disk(None);
        // A configuration that no finding asks for is looked at too.
        let own = self.root.as_deref().map_or(Ok(()), |root| configs.of(root).map(drop));
        let (analysis, failure) = match own.and_then(|()| analyse(disk, &entries, &mut configs, options)) {
            Ok(analysis) => (analysis, None),
            Err(failure) => (analyse(disk, &entries, &mut Configs::none(), options).unwrap_or_default(), Some(failure)),
        };
        (self.analysis, self.failure) = (analysis, failure);
        self.stale = false;
        // A range of other rules is worse than none.
        self.ranges.clear();
        self.unranged = (0..self.analysis.programs.len()).collect();
        self.uncounted = true;
    }

    /// A piece of the second tier: what the last run counted, or what the scores of one program can reach.
    pub(super) fn deepen(&mut self, disk: &Disk) {
        if self.uncounted {
            self.hits = self.root.as_deref().and_then(|root| hits::read(disk, &root.join(hits::FILE)));
            self.uncounted = false;
            return;
        }
        let program = self.unranged.pop().and_then(|at| self.analysis.programs.get(at));
        if let Some((program, rules)) = program.and_then(|program| Some((program, program.rules.as_ref()?))) {
            self.ranges.insert(program.entry.clone(), Ranges::of(rules.model()));
        }
    }

    /// The configuration file.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        Some(self.root.as_ref()?.join(FILE_NAME))
    }

    /// Whether a file is one of its own, or of what its programs read.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.root.as_deref().is_some_and(|root| path.starts_with(root)) || self.analysis.file(path).is_some()
    }
}

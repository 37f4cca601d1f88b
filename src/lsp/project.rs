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
    /// How much of the texts as they are is known.
    pub(super) tier: Tier,
    /// Whether what was found out has been said, as far as it is to be.
    pub(super) said: bool,
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

/// How much is known of the texts as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Tier {
    /// They have changed since the analysis.
    #[default]
    Stale,
    /// Syntax, names and types: every error.
    Checked,
    /// Warnings too.
    Linted,
}

impl Project {
    pub(super) fn new(disk: &Disk, root: Option<PathBuf>) -> Self {
        let files = root.as_deref().map(|root| disk.rule_files(root)).unwrap_or_default();
        Self { root, files, ..Self::default() }
    }

    /// Looks for rule files again.
    pub(super) fn search(&mut self, disk: &Disk) {
        self.files = self.root.as_deref().map(|root| disk.rule_files(root)).unwrap_or_default();
        self.tier = Tier::Stale;
    }

    /// Texts have changed.
    pub(super) fn touch(&mut self) {
        self.tier = Tier::Stale;
        self.verdicts.clear();
    }

    /// The one open text of a file outside of every project was closed.
    pub(super) fn close(&mut self) {
        self.files.clear();
        self.tier = Tier::Stale;
    }

    /// The counts of the last run have changed.
    pub(super) fn count_again(&mut self) {
        self.uncounted = true;
    }

    /// Whether ranges and hits are to be worked out.
    pub(super) fn is_shallow(&self) -> bool {
        self.uncounted || !self.unranged.is_empty()
    }

    /// Every error of the files on disk and of those that are open, and with `warnings` every finding. Does nothing where that is known.
    pub(super) fn check<'p>(&mut self, disk: &Disk, open: impl Iterator<Item = &'p PathBuf>, warnings: bool) {
        let tier = if warnings { Tier::Linted } else { Tier::Checked };
        if self.tier >= tier {
            return;
        }
        let mut entries = self.files.clone();
        for path in open {
            if !entries.contains(path) {
                entries.push(path.clone());
            }
        }
        let options = Options { errors_only: !warnings, ..Options::default() };
        let mut configs = Configs::on_disk(None);
        // A configuration that no finding asks for is looked at too.
        let own = self.root.as_deref().map_or(Ok(()), |root| configs.of(root).map(drop));
        let (analysis, failure) = match own.and_then(|()| analyse(disk, &entries, &mut configs, options)) {
            Ok(analysis) => (analysis, None),
            Err(failure) => (analyse(disk, &entries, &mut Configs::none(), options).unwrap_or_default(), Some(failure)),
        };
        (self.analysis, self.failure) = (analysis, failure);
        (self.tier, self.said) = (tier, false);
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

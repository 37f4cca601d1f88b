//! What a run counted for every rule, as a file that editors read.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::check::Loader;
use crate::decay::Decay;
use crate::hir::{Arm, ItemId, Model, Score, ScoreBody};
use crate::source::{SourceFile, Sources};

/// The folder of what editors are shown, from the folder of the project.
pub const FOLDER: &str = ".lsrc";

/// Where the file is, from the folder of the project.
pub const FILE: &str = ".lsrc/hits.json";

/// The version of the file that is written and read.
const VERSION: u32 = 1;

/// What a run counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    /// The version of this document; fields may be added to a version, never change their meaning.
    pub version: u32,
    /// The digest of the rules, as [`digest`] makes it.
    pub rules_digest: String,
    /// The files of records.
    pub data: Vec<String>,
    /// The moment of the run, with its offset.
    pub as_of: String,
    /// How many records there are.
    pub records: u64,
    /// Every rule that gives points, in the order of the source; those of one line in their order on it.
    pub rules: Vec<RuleHits>,
}

/// What a run counted for one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleHits {
    /// The rule's file, from the folder that [`FILE`] is under, with `/`.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its reason.
    pub because: Option<String>,
    /// Records for which it fired.
    pub hits: u64,
    /// Records for which it is unknown whether it fires; counted at the first line of an item.
    pub unknown: u64,
    /// The points that it gave in all.
    pub points: f64,
}

impl Hits {
    /// What a run counted of rules in `sources`.
    #[must_use]
    pub fn new(sources: &Sources, data: Vec<String>, as_of: String, records: u64, rules: Vec<RuleHits>) -> Self {
        Self { version: VERSION, rules_digest: digest(sources), data, as_of, records, rules }
    }

    /// The rules by file and line, those of one line in their order on it.
    #[must_use]
    pub fn by_line(&self) -> BTreeMap<(&str, usize), Vec<&RuleHits>> {
        let mut lines: BTreeMap<(&str, usize), Vec<&RuleHits>> = BTreeMap::new();
        for rule in &self.rules {
            lines.entry((rule.file.as_str(), rule.line)).or_default().push(rule);
        }
        lines
    }

    /// The counts of the one rule of a file that has this reason; of rules that have changed since, where lines mean nothing.
    #[must_use]
    pub fn because(&self, file: &str, reason: &str) -> Option<&RuleHits> {
        let mut found = self.rules.iter().filter(|rule| rule.file == file && rule.because.as_deref() == Some(reason));
        found.next().filter(|_| found.next().is_none())
    }
}

/// A rule that gives points, as [`Hits`] counts it.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'m> {
    /// The score that it is of.
    pub score: &'m Score,
    /// Where its points are given.
    pub arm: &'m Arm,
    /// How they fade.
    pub decay: Option<&'m Decay>,
    /// The item that it is a line of.
    pub item: ItemId,
    /// Whether it is the first line of its item.
    pub first: bool,
}

/// The rules of a model that give points, in the order in which [`Hits`] has them.
#[must_use]
pub fn counted(model: &Model) -> Vec<Counted<'_>> {
    let mut found = Vec::new();
    for score in &model.scores {
        if let ScoreBody::Conditional(formula) = &score.body {
            let arms = formula.arms().enumerate();
            found.extend(arms.map(|(at, arm)| Counted { score, arm: &arm.arm, decay: None, item: formula.item, first: at == 0 }));
        }
        Model::items_of(score, &mut |item, _| {
            let arms = item.arms().into_iter().enumerate();
            found.extend(arms.map(|(at, (arm, decay))| Counted { score, arm, decay, item: item.id, first: at == 0 }));
        });
    }
    found
}

/// The SHA-256 of the texts of a program, in the order in which it reads them.
#[must_use]
pub fn digest(sources: &Sources) -> String {
    let mut hash = Sha256::new();
    for (_, file) in sources.iter() {
        hash.update(file.text().len().to_le_bytes());
        hash.update(file.text().as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The path of a file from the folder `root`, with `/`; as it is where it is not in it.
#[must_use]
pub fn relative(file: &SourceFile, root: &Path, loader: &dyn Loader) -> String {
    let path = file.path().unwrap_or(Path::new(file.name()));
    let real = |path: &Path| loader.real(path).unwrap_or_else(|_| path.to_owned());
    let (real, root) = (real(path), real(root));
    let inside = real.strip_prefix(&root).unwrap_or(&real);
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replace("//", "/")
}

/// Reads the file; `None` where there is none, or it is of another version.
#[must_use]
pub fn read(loader: &dyn Loader, path: &Path) -> Option<Hits> {
    let hits: Hits = serde_json::from_slice(&loader.read(path).ok()?).ok()?;
    (hits.version == VERSION).then_some(hits)
}

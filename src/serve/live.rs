//! The rules that are in force: loaded, replaced whole, or kept where the new ones have errors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use sha2::{Digest as _, Sha256};

use super::answer::Answers;
use super::options::Options;
use crate::engine::{RuleLoader, RulesError, ScoreRange};
use crate::program::{Compiled, RuleSet, Wanted};
use crate::time::AsOf;
use crate::why::values::instant;

/// Rules that were loaded, and everything that is made of them once.
pub(super) struct Loaded {
    /// Differs from that of all rules loaded before.
    pub(super) number: u64,
    /// The digest of the sources and params, as the store has it.
    pub(super) revision: Arc<str>,
    /// What tells whether files have changed; those of related records count too.
    digest: String,
    pub(super) rules: RuleSet,
    /// For scores alone.
    pub(super) plain: Compiled,
    /// For scores with their reasons.
    pub(super) reasoned: Compiled,
    pub(super) answers: Answers,
    /// What scores can reach, once somebody asked.
    pub(super) ranges: OnceLock<Vec<ScoreRange>>,
    /// When they were loaded.
    pub(super) since: AsOf,
}

impl Loaded {
    fn new(rules: RuleSet, digest: String, number: u64) -> Self {
        Self {
            number,
            revision: crate::store::revision(&rules).into(),
            digest,
            plain: rules.compile(&Wanted::default()),
            reasoned: rules.compile(&Wanted { reasons: true, ..Wanted::default() }),
            answers: Answers::new(&rules),
            ranges: OnceLock::new(),
            since: rules.now(),
            rules,
        }
    }

    /// The present moment, to the second: what is learnt for a moment serves for so long.
    pub(super) fn now(&self) -> AsOf {
        let zone = &self.rules.model().schema.zone;
        let now = self.rules.now();
        AsOf::at(now.micros - now.micros.rem_euclid(1_000_000), zone)
    }

    /// A moment as answers write it.
    pub(super) fn shown(&self, moment: AsOf) -> String {
        instant(moment.micros, &self.rules.model().schema.zone)
    }
}

/// What became of loading rules again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reload {
    /// Other rules are in force.
    Changed,
    /// The files have not changed.
    Same,
    /// The rules have errors; those before stay in force.
    Kept(String),
}

/// The rules in force.
pub(super) struct Live {
    current: ArcSwap<Loaded>,
    /// Why the rules on disk could not be loaded, if that is so.
    fault: ArcSwapOption<String>,
    loading: Mutex<()>,
    count: AtomicU64,
    options: Options,
}

impl Live {
    /// Loads the rules.
    ///
    /// # Errors
    /// The errors of the rules.
    pub(super) fn open(options: &Options) -> Result<Self, RulesError> {
        let rules = load(options)?;
        let digest = digest(&rules, options);
        Ok(Self {
            current: ArcSwap::from_pointee(Loaded::new(rules, digest, 1)),
            fault: ArcSwapOption::empty(),
            loading: Mutex::new(()),
            count: AtomicU64::new(1),
            options: options.clone(),
        })
    }

    /// The rules in force now; who has them keeps them, whatever is loaded meanwhile.
    pub(super) fn current(&self) -> Arc<Loaded> {
        self.current.load_full()
    }

    /// Why the rules on disk are not those in force.
    pub(super) fn fault(&self) -> Option<Arc<String>> {
        self.fault.load_full()
    }

    /// Loads the rules again. Nothing waits for it, and nothing changes unless they have no error.
    pub(super) fn reload(&self) -> Reload {
        let _alone = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = match load(&self.options) {
            Ok(rules) => rules,
            Err(errors) => {
                let told = errors.to_string();
                self.fault.store(Some(Arc::new(told.clone())));
                return Reload::Kept(told);
            }
        };
        self.fault.store(None);
        let digest = digest(&rules, &self.options);
        if digest == self.current.load().digest {
            return Reload::Same;
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.current.store(Arc::new(Loaded::new(rules, digest, number)));
        Reload::Changed
    }
}

fn load(options: &Options) -> Result<RuleSet, RulesError> {
    let loader = options.set.iter().fold(RuleLoader::new(), |loader, (name, value)| loader.param(name, value));
    let loader = if options.allow_outside { loader.allow_outside() } else { loader };
    loader.load(&options.rules)
}

/// What tells these rules from all others: a digest of their texts, of the files of related records, and of the params.
fn digest(rules: &RuleSet, options: &Options) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    for (_, file) in rules.sources().iter() {
        add(file.text());
    }
    for related in &rules.model().schema.related {
        related.file.iter().for_each(|file| add(&file.text));
    }
    for (name, value) in &options.set {
        add(name);
        add(value);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

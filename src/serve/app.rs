//! What all requests share: rules, tokens, limits, counts.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use tokio::sync::Semaphore;

use super::hook::Hook;
use super::keeper::{Keeper, WAIT};
use super::live::{Live, Reload};
use super::metrics::Metrics;
use super::options::Options;
use super::reading::Reading;
use super::tokens::{Bucket, Tokens};
use super::work::Work;
use crate::failure::Failure;
use crate::store::{Access, Store};

/// What all requests share.
pub(super) struct App {
    pub(super) live: Arc<Live>,
    pub(super) options: Options,
    pub(super) tokens: ArcSwapOption<Tokens>,
    pub(super) metrics: Metrics,
    /// For batches and explanations.
    pub(super) work: Work,
    /// For checks and comparisons of rules, which may take long.
    pub(super) studies: Work,
    /// KiB that bodies may take together.
    pub(super) bodies: Arc<Semaphore>,
    pub(super) stopping: AtomicBool,
    /// What all that have no token may ask together.
    pub(super) anybody: Bucket,
    /// What keeps records, where there is a store.
    pub(super) keeper: Option<Keeper>,
    /// What reads the store.
    pub(super) reading: Option<Reading>,
    /// What takes changes from HubSpot, where that is set up.
    pub(super) hook: Option<Hook>,
    ids: Ids,
}

impl App {
    pub(super) fn new(
        options: Options,
        metrics: Metrics,
        live: Arc<Live>,
        tokens: Option<Tokens>,
        keeper: Option<Keeper>,
        threads: usize,
    ) -> Self {
        // Room for four of the largest bodies, and never less than for many of the usual ones.
        let room = (options.limits.body * 4).max(64 << 20) >> 10;
        Self {
            live,
            tokens: ArcSwapOption::from_pointee(tokens),
            metrics,
            work: Work::new(threads, 64, options.limits.timeout),
            studies: Work::new(1, 8, options.limits.timeout),
            bodies: Arc::new(Semaphore::new(room)),
            stopping: AtomicBool::new(false),
            anybody: Bucket::default(),
            ids: Ids::new(),
            reading: options.store.as_ref().map(|store| {
                let (address, variable) = (store.address.clone(), options.variable);
                Reading::new(move || Store::open(&address, Access::Read, WAIT, &variable))
            }),
            keeper,
            hook: options.public_url.as_deref().and_then(|url| Some(Hook::new((options.variable)("LSRC_HUBSPOT_SECRET")?, url))),
            options,
        }
    }

    /// The name of the next request.
    pub(super) fn next_id(&self) -> String {
        self.ids.next()
    }

    /// Loads rules and tokens again, and tells what became of it in log and metrics. Takes a moment: never on a thread that serves.
    pub(super) fn reload(&self, why: &str) -> Reload {
        if let Err(failure) = self.reload_tokens() {
            tracing::error!(why, detail = %failure, "the tokens could not be loaded; those before stay in force");
        }
        let reload = self.live.reload();
        self.metrics.reloaded(&reload);
        let revision = &*self.live.current().revision;
        match &reload {
            Reload::Changed => tracing::info!(why, revision, "rules loaded"),
            Reload::Same => tracing::info!(why, revision, "rules unchanged"),
            Reload::Kept(detail) => tracing::error!(why, revision, detail, "the rules have errors; those before stay in force"),
        }
        reload
    }

    fn reload_tokens(&self) -> Result<(), Failure> {
        if let Some(path) = &self.options.token_file {
            self.tokens.store(Some(Arc::new(Tokens::read(path)?)));
        }
        Ok(())
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// Names of requests: which start of the server, and which request of it.
struct Ids {
    start: u32,
    count: AtomicU64,
}

impl Ids {
    fn new() -> Self {
        // The hasher's own seed differs from start to start.
        let seed = RandomState::new().hash_one(());
        Self { start: (seed >> 32) as u32, count: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{n:x}", self.start)
    }
}

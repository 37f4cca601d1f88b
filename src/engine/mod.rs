//! The order of the stages, for the library and the command line: texts to model to bytecode to results.

mod error;
mod explain;
mod load;
mod moments;
mod pipeline;
mod ranges;
mod scorer;
mod sums;

use std::sync::Arc;

use crate::bytecode::Chunk;
use crate::hir::{AsOf, Expr, Model};
use crate::lower::{LowerOptions, lower_with};
use crate::source::Sources;
use crate::vm::Vm;

pub use error::{Finding, RulesError};
pub use explain::Explainer;
pub use moments::{Moments, Portion};
pub use ranges::ranges;
pub use scorer::{Scored, Scorer, Stage};

/// Rules that are right, ready to score.
#[derive(Debug, Clone)]
pub struct RuleSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sources: Sources,
    model: Model,
}

/// What is wanted of a run.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whether every record's account is kept.
    pub reasons: bool,
    /// Whether values can be looked up after a traced run.
    pub trace: bool,
    /// Conditions over inputs and outputs, to be worked out besides.
    pub conditions: Vec<Expr>,
}

/// Rules as bytecode; many threads can run them at once.
#[derive(Debug, Clone)]
pub struct Compiled {
    rules: RuleSet,
    chunk: Arc<Chunk>,
}

impl RuleSet {
    /// Rules of a model that `check` made of these sources.
    #[must_use]
    pub fn of(sources: Sources, model: Model) -> Self {
        Self { inner: Arc::new(Inner { sources, model }) }
    }

    /// The typed model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// The source texts.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// The rules as bytecode.
    #[must_use]
    pub fn compile(&self, wanted: &Wanted) -> Compiled {
        let conditions: Vec<&Expr> = wanted.conditions.iter().collect();
        let options = LowerOptions { fuse: !wanted.trace, reasons: wanted.reasons };
        Compiled { rules: self.clone(), chunk: Arc::new(lower_with(self.model(), options, &conditions)) }
    }
}

impl Compiled {
    /// Verified bytecode of these rules, as a file held it; `None` if it does not belong to them.
    #[must_use]
    pub fn of(rules: &RuleSet, chunk: Chunk) -> Option<Self> {
        let own = rules.compile(&Wanted::default());
        let fits = own.chunk.shape == chunk.shape && own.chunk.names == chunk.names && own.chunk.needs() == chunk.needs();
        fits.then(|| Self { rules: rules.clone(), chunk: Arc::new(chunk) })
    }

    /// The rules that this is the bytecode of.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The bytecode.
    #[must_use]
    pub fn chunk(&self) -> &Arc<Chunk> {
        &self.chunk
    }

    /// Takes jobs from `next`, works on them on `threads` threads with what `worker` gives each, which is called with a job and what scores
    /// batches, and hands the results to `sink` in the order of the jobs. `next` and `sink` are called on this thread alone.
    ///
    /// # Errors
    /// The first that `next` or `sink` gives.
    pub fn stream<J: Send, R: Send, E, F: FnMut(J, &mut Vm) -> R>(
        &self,
        as_of: AsOf,
        threads: usize,
        next: impl FnMut() -> Result<Option<J>, E>,
        worker: impl Fn() -> F + Sync,
        sink: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let worker = || {
            let mut vm = Vm::new(&self.chunk, as_of);
            let mut work = worker();
            move |job: J| work(job, &mut vm)
        };
        pipeline::run(threads, next, worker, sink)
    }
}

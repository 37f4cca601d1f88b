//! A checked model and its bytecode: the one place that lowers models and makes evaluators.
//!
//! [`Code`] is bytecode alone, for whoever has a model; [`RuleSet`] is a model with its texts, and [`Compiled`] both.

mod needs;
mod ranges;
mod sums;

use std::sync::Arc;

use crate::bytecode::{Chunk, verify};
use crate::column::Batch;
use crate::hir::{AsOf, Expr, Model};
use crate::invariant::invariant;
use crate::lower::{LowerOptions, lower_with};
use crate::source::Sources;
use crate::vm::Vm;
use crate::vm::scores::Scores;

pub use needs::{Also, needs};
pub use ranges::{account_ranges, all_ranges, ranges};

/// What is wanted of a run.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whether every record's account is kept.
    pub reasons: bool,
    /// Whether values can be looked up after a traced run.
    pub trace: bool,
    /// Conditions over inputs and outputs, to be worked out besides.
    pub conditions: Vec<Expr>,
    /// Values over inputs, to be worked out besides.
    pub values: Vec<Expr>,
}

/// The bytecode of a model; any number of evaluators can run it at once.
#[derive(Debug, Clone)]
pub struct Code {
    chunk: Arc<Chunk>,
}

impl Code {
    /// Lowers a model.
    #[must_use]
    pub fn of(model: &Model, wanted: &Wanted) -> Self {
        let conditions: Vec<&Expr> = wanted.conditions.iter().collect();
        let values: Vec<&Expr> = wanted.values.iter().collect();
        let options = LowerOptions { fuse: !wanted.trace, reasons: wanted.reasons };
        let chunk = lower_with(model, options, &conditions, &values);
        // What a file holds is verified when it is read; what is lowered here is so in tests and fuzzing alone, for it takes time.
        invariant!(cfg!(not(debug_assertions)) || verify(&chunk).is_ok(), "bytecode that was lowered passes the verifier");
        Self { chunk: Arc::new(chunk) }
    }

    /// Lowers a model for its scores, labels and stages alone.
    #[must_use]
    pub fn plain(model: &Model) -> Self {
        Self::of(model, &Wanted::default())
    }

    /// The bytecode itself.
    #[must_use]
    pub fn chunk(&self) -> &Arc<Chunk> {
        &self.chunk
    }

    /// What runs it as of a moment.
    #[must_use]
    pub fn vm(&self, as_of: AsOf) -> Vm {
        Vm::new(&self.chunk, as_of)
    }

    /// Runs it once.
    #[must_use]
    pub fn run(&self, batch: &Batch, as_of: AsOf) -> Scores {
        self.vm(as_of).run(batch)
    }
}

/// Rules without errors: their model and their source texts. It can be shared between threads at no cost.
#[derive(Debug, Clone)]
pub struct RuleSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sources: Sources,
    model: Model,
}

/// Rules as bytecode; many threads can run them at once.
#[derive(Debug, Clone)]
pub struct Compiled {
    rules: RuleSet,
    code: Code,
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

    /// Whether both read data by the same schema, as it is written, and by the same files of related records.
    #[must_use]
    pub fn has_schema_of(&self, other: &Self) -> bool {
        let text = |rules: &Self| rules.model().schema.span.map(|span| rules.sources().text(span).to_owned());
        let files = |rules: &Self| -> Vec<Arc<str>> {
            let related = rules.model().schema.related.iter();
            related.filter_map(|related| Some(Arc::clone(&related.file.as_ref()?.text))).collect()
        };
        text(self) == text(other) && files(self) == files(other)
    }

    /// The rules as bytecode.
    #[must_use]
    pub fn compile(&self, wanted: &Wanted) -> Compiled {
        Compiled { rules: self.clone(), code: Code::of(self.model(), wanted) }
    }
}

impl Compiled {
    /// Verified bytecode of these rules, as a file held it; `None` if it does not belong to them.
    #[must_use]
    pub fn of(rules: &RuleSet, chunk: Chunk) -> Option<Self> {
        let own = Code::plain(rules.model()).chunk;
        let fits = own.shape == chunk.shape && own.names == chunk.names && own.needs() == chunk.needs();
        fits.then(|| Self { rules: rules.clone(), code: Code { chunk: Arc::new(chunk) } })
    }

    /// The rules that this is the bytecode of.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The bytecode.
    #[must_use]
    pub fn chunk(&self) -> &Arc<Chunk> {
        &self.code.chunk
    }

    /// What runs the rules as of a moment.
    #[must_use]
    pub fn vm(&self, as_of: AsOf) -> Vm {
        self.code.vm(as_of)
    }
}

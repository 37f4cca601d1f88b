//! Scoring from a program of one's own: batches, or single JSON records.

use std::fmt;
use std::sync::Arc;

use super::Explainer;
use crate::column::Batch;
use crate::hir::AsOf;
use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::input::{InputError, RecordReader};
use crate::invariant::SureAt as _;
use crate::program::{Also, Compiled, RuleSet, Wanted, needs};
use crate::source::Sources;
use crate::value::Points;
use crate::vm::Vm;
use crate::vm::scores::{Move, NONE, Scores};
use crate::why::{Explanation, stage_reason};

/// Scores records, one after the other; each thread has its own, which costs little to make.
///
/// ```
/// use lsrc::RuleSet;
///
/// let rules = RuleSet::from_text("score.lsr", r#"
///     lsr 1
///     schema contact { key email: text  job_title: text  visits: integer }
///     score fit { if job_title contains word "vp" then +20 because "decides"  per visits then +1 max 5 }
///     lifecycle status { stage hot when fit >= 20  otherwise cold }
/// "#)?;
/// let mut scorer = rules.scorer(rules.as_of("2026-01-15")?);
/// let scored = scorer.score_json(r#"{"email": "ann@a.example", "job_title": "VP Sales", "visits": 3}"#)?;
/// assert_eq!(scored.score("fit").map(|points| points.to_string()), Some("23".to_owned()));
/// assert_eq!(scored.stage("status").and_then(|stage| stage.after.as_deref()), Some("hot"));
///
/// let account = scorer.explain_json(r#"{"email": "bob@b.example", "visits": 3}"#)?;
/// assert_eq!(account.scores[0].items[0].why, ["job_title is unknown"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Scorer {
    compiled: Compiled,
    vm: Vm,
    reader: RecordReader,
    /// Of the record before, for their memory.
    scores: Scores,
    as_of: AsOf,
    explainer: Option<Explainer>,
}

/// The results of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Scores by name in source order; `None` where unknown.
    pub scores: Vec<(Arc<str>, Option<Points>)>,
    /// Labels by name in source order; `None` where unknown.
    pub labels: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Lifecycles by name in source order.
    pub stages: Vec<(Arc<str>, Stage)>,
    /// Whether the record is excluded.
    pub excluded: bool,
    /// Why, if it is and the exclusion has a reason.
    pub excluded_because: Option<Arc<str>>,
}

/// The stage of a record in a lifecycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The stage after; `None` if unknown.
    pub after: Option<Arc<str>>,
    /// The stage before; `None` if unknown.
    pub before: Option<Arc<str>>,
    /// The direction.
    pub step: Move,
    /// Why, as `NAME_reason` says it.
    pub reason: String,
}

/// A text that is no moment, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MomentError {
    why: String,
}

impl fmt::Display for MomentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; write it as 2026-01-15 or 2026-01-15T10:30", self.why)
    }
}

impl std::error::Error for MomentError {}

impl Scored {
    /// A score by name; `None` if it is unknown or there is none.
    #[must_use]
    pub fn score(&self, name: &str) -> Option<Points> {
        self.scores.iter().find(|(n, _)| &**n == name)?.1
    }

    /// A label by name; `None` if it is unknown or there is none.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(n, _)| &**n == name)?.1.as_deref()
    }

    /// A lifecycle's stage by the lifecycle's name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|(n, _)| &**n == name).map(|(_, stage)| stage)
    }
}

impl RuleSet {
    /// Reads the moment of a run, `2026-01-15` (its end) or `2026-01-15T10:30`, in the model's zone.
    ///
    /// # Errors
    /// A text that is not a date.
    pub fn as_of(&self, text: &str) -> Result<AsOf, MomentError> {
        AsOf::parse(text, &self.model().schema.zone).map_err(|why| MomentError { why })
    }

    /// The present moment in the model's zone.
    #[must_use]
    pub fn now(&self) -> AsOf {
        AsOf::now(&self.model().schema.zone)
    }

    /// What scores records as of a moment.
    #[must_use]
    pub fn scorer(&self, as_of: AsOf) -> Scorer {
        self.compile(&Wanted::default()).scorer(as_of)
    }
}

impl Compiled {
    /// What scores records as of a moment.
    #[must_use]
    pub fn scorer(&self, as_of: AsOf) -> Scorer {
        let model = self.rules().model();
        Scorer {
            vm: self.vm(as_of),
            reader: RecordReader::new(&model.schema, &needs(model, &Uses::of(model), &Also::default())),
            compiled: self.clone(),
            scores: Scores::default(),
            as_of,
            explainer: None,
        }
    }
}

impl Scorer {
    /// Scores a batch of columns.
    pub fn score(&mut self, batch: &Batch) -> Scores {
        self.vm.run(batch)
    }

    /// Scores one record; what it does not have is unknown, and events are nested in it.
    ///
    /// # Errors
    /// A text that is no JSON object.
    pub fn score_json(&mut self, json: &str) -> Result<Scored, InputError> {
        let batch = self.reader.read(json)?;
        self.vm.score_into(&batch, &mut self.scores);
        Ok(scored(self.compiled.rules().model(), self.compiled.rules().sources(), &self.scores, 0))
    }

    /// Explains one record, to the last point.
    ///
    /// # Errors
    /// A text that is no JSON object.
    pub fn explain_json(&mut self, json: &str) -> Result<Explanation, InputError> {
        let batch = self.reader.read(json)?;
        let (rules, as_of) = (self.compiled.rules(), self.as_of);
        let explainer = self.explainer.get_or_insert_with(|| rules.explainer(as_of));
        Ok(explainer.explain(&batch, "1"))
    }
}

/// A record of a batch.
pub(super) fn scored(model: &Model, sources: &Sources, scores: &Scores, row: usize) -> Scored {
    let known = |codes: Option<&Vec<u32>>| codes.and_then(|c| c.get(row)).copied().filter(|&c| c != NONE);
    let excluded = known(Some(&scores.excluded)).and_then(|at| model.exclusions.get(at as usize));
    let labels = model.labels.iter().enumerate().map(|(at, label)| {
        let text = known(scores.labels.get(at)).and_then(|code| label.values.get(code as usize)).cloned();
        (Arc::clone(&label.name), text)
    });
    let stages = model.lifecycles.iter().zip(&scores.lifecycles).map(|(lifecycle, stages)| {
        let name = |codes| known(Some(codes)).and_then(|code| lifecycle.stages.get(code as usize)).cloned();
        let cause = *stages.causes.sure_at(row);
        let stage = Stage {
            after: name(&stages.after),
            before: name(&stages.before),
            step: *stages.moves.sure_at(row),
            reason: stage_reason(lifecycle, cause, sources),
        };
        (Arc::clone(&lifecycle.name), stage)
    });
    let points = model.scores.iter().zip(&scores.scores).map(|(s, v)| (Arc::clone(&s.name), v.get(row).map(Points)));
    Scored {
        scores: points.collect(),
        labels: labels.collect(),
        stages: stages.collect(),
        excluded: excluded.is_some(),
        excluded_because: excluded.and_then(|e| e.because.as_ref()).map(|b| Arc::clone(&b.text)),
    }
}

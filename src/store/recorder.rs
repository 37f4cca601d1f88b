//! From scored batches and single JSON records to what a store keeps.

use std::sync::Arc;

use super::digest::Digester;
use super::record::{Results, Snapshot, StageNow};
use super::{Fault, Outline};
use crate::column::Batch;
use crate::forecast::{FirstChanges, Horizon, Plan};
use crate::hir::uses::Uses;
use crate::hir::words;
use crate::hir::{Expr, Model};
use crate::input::{InputError, RecordReader};
use crate::invariant::SureAt as _;
use crate::program::{Also, Compiled, RuleSet, Wanted, needs};
use crate::schema::PropId;
use crate::since::key_text;
use crate::time::AsOf;
use crate::value::Points;
use crate::vm::Vm;
use crate::vm::scores::{Cause, NONE, Origin, Scores};
use crate::why::stage_reason;

/// Makes what a store keeps of scored batches. Any number of threads can use one.
#[derive(Debug)]
pub struct Recorder {
    rules: RuleSet,
    outline: Outline,
    digester: Digester,
    key: PropId,
    words: Words,
    /// The number of the condition for moves that are to be sent, among those that the batches were scored with.
    notify: Option<usize>,
}

/// Who gives points, in words.
#[derive(Debug)]
struct Words {
    arms: Vec<Arc<str>>,
    groups: Vec<Arc<str>>,
    bounds: Vec<Arc<str>>,
}

impl Words {
    fn new(rules: &RuleSet) -> Self {
        let (model, sources) = (rules.model(), rules.sources());
        let none: Arc<str> = Arc::from("");
        let mut it = Self {
            arms: vec![Arc::clone(&none); model.arm_count as usize],
            groups: vec![none; model.item_count as usize],
            bounds: model.scores.iter().map(|score| words::score(sources, score).into()).collect(),
        };
        for score in &model.scores {
            Model::items_of(score, &mut |item, _| {
                if let Some(group) = it.groups.get_mut(item.id.index()) {
                    *group = words::head(sources, item).into();
                }
                for arm in words::arms(item) {
                    if let Some(text) = it.arms.get_mut(arm.id.index()) {
                        let because = arm.because.as_ref().map(|because| Arc::clone(&because.text));
                        *text = because.unwrap_or_else(|| words::rule(sources, item, arm).into());
                    }
                }
            });
        }
        it
    }

    fn of(&self, score: u32, origin: Origin) -> Option<&Arc<str>> {
        match origin {
            Origin::Arm(id) => self.arms.get(id.index()),
            Origin::Group(id) => self.groups.get(id.index()),
            Origin::Score => self.bounds.get(score as usize),
        }
    }
}

impl Recorder {
    /// For rules. Batches are to be scored with [`Wanted::reasons`]; `notify` is the number of the condition, among those they are scored
    /// with, that says whose moves are to be sent.
    ///
    /// # Errors
    /// Rules without a key.
    pub fn new(rules: &RuleSet, notify: Option<usize>) -> Result<Self, Fault> {
        let outline = Outline::of(rules)?;
        let key = rules.model().schema.key.ok_or_else(|| Fault::new("the schema has no key"))?;
        Ok(Self { rules: rules.clone(), outline, digester: Digester::new(rules.model()), key, words: Words::new(rules), notify })
    }

    /// The names of the results, and the revision.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The records of a batch; `None` for one without a key.
    #[must_use]
    pub fn batch(&self, batch: &Batch, scores: &Scores, as_of: AsOf) -> Vec<Option<Snapshot>> {
        (0..scores.rows).map(|row| self.row(batch, scores, row, as_of)).collect()
    }

    fn row(&self, batch: &Batch, scores: &Scores, row: usize, as_of: AsOf) -> Option<Snapshot> {
        let (model, sources) = (self.rules.model(), self.rules.sources());
        let column = batch.columns.get(self.key.0 as usize).and_then(Option::as_ref)?;
        let key = key_text(column, row).filter(|key| !key.is_empty())?.into_owned();
        let known = |codes: Option<&Vec<u32>>| codes.and_then(|c| c.get(row)).copied().filter(|&c| c != NONE);
        let points = model.scores.iter().zip(&scores.scores);
        let labels = model.labels.iter().enumerate().map(|(at, label)| {
            let text = known(scores.labels.get(at)).and_then(|code| label.values.get(code as usize));
            (label.name.to_string(), text.map(ToString::to_string))
        });
        let (mut stages, mut why) = (Vec::new(), Vec::new());
        for (lifecycle, it) in model.lifecycles.iter().zip(&scores.lifecycles) {
            let name = |codes| known(Some(codes)).and_then(|code| lifecycle.stages.get(code as usize));
            stages.push((lifecycle.name.to_string(), name(&it.after).map(ToString::to_string)));
            let cause = it.causes.get(row).copied().unwrap_or(Cause::Open);
            let before = lifecycle.property.and_then(|_| name(&it.before)).cloned();
            why.push(StageNow { before, reason: stage_reason(lifecycle, cause, sources).into() });
        }
        let exclusion = known(Some(&scores.excluded)).and_then(|at| model.exclusions.get(at as usize));
        let excluded = exclusion.map(|it| it.because.as_ref().map_or_else(|| "true".to_owned(), |b| b.text.to_string()));
        let results = Results {
            scores: points.map(|(score, it)| (score.name.to_string(), it.get(row).map(Points))).collect(),
            labels: labels.collect(),
            stages,
            excluded,
        };
        let notify = self.notify.and_then(|at| scores.conditions.get(at)).is_none_or(|condition| condition.truth.get(row));
        let (reasons, digest) = (self.reasons(scores, row), self.digester.row(batch, row));
        Some(Snapshot { key, as_of, results, stages: why, reasons, digest, data: None, due: None, notify })
    }

    fn reasons(&self, scores: &Scores, row: usize) -> Vec<(u32, Arc<str>, Points)> {
        let Some(reasons) = &scores.reasons else { return Vec::new() };
        let (Some(&from), Some(&to)) = (reasons.offsets.get(row), reasons.offsets.get(row + 1)) else { return Vec::new() };
        let entries = reasons.entries.sure_at(from as usize..to as usize).iter().filter(|entry| entry.points != 0);
        let mut out: Vec<(u32, Arc<str>, Points)> = Vec::new();
        for entry in entries {
            let Some(text) = self.words.of(entry.score, entry.origin) else { continue };
            match out.iter_mut().find(|(score, known, _)| *score == entry.score && known == text) {
                Some((_, _, points)) => points.0 = points.0.saturating_add(entry.points),
                None => out.push((entry.score, Arc::clone(text), Points(entry.points))),
            }
        }
        out
    }
}

/// Scores single JSON records for a store, one after the other; each thread has its own.
pub struct JsonRecorder {
    recorder: Recorder,
    compiled: Compiled,
    reader: RecordReader,
    /// How many days are looked ahead for the day on which a record changes by itself; 0 for none.
    ahead: u16,
    at: Option<At>,
    scores: Scores,
}

/// What is made for one moment.
struct At {
    as_of: AsOf,
    vm: Vm,
    ahead: Option<(Plan, FirstChanges)>,
}

impl std::fmt::Debug for JsonRecorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonRecorder").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl JsonRecorder {
    /// For rules; `notify` says whose moves are to be sent, and `ahead` how many days are looked ahead for the day on which a stage or
    /// label changes if nothing happens.
    ///
    /// # Errors
    /// Rules without a key.
    pub fn new(rules: &RuleSet, notify: Option<Expr>, ahead: u16) -> Result<Self, Fault> {
        let recorder = Recorder::new(rules, notify.is_some().then_some(0))?;
        let model = rules.model();
        let uses = notify.iter().map(|condition| Uses::of_expr(model, condition)).collect();
        let also = Also { uses, properties: std::iter::once(recorder.key).collect(), ..Also::default() };
        let reader = RecordReader::new(&model.schema, &needs(model, &Uses::of(model), &also));
        let compiled = rules.compile(&Wanted { reasons: true, conditions: notify.into_iter().collect(), ..Wanted::default() });
        Ok(Self { reader, recorder, compiled, ahead, at: None, scores: Scores::default() })
    }

    /// The names of the results, and the revision.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        self.recorder.outline()
    }

    /// A record as of a moment, with its results, ready for [`Writing::put`](super::Writing::put); `None` if it has no key.
    ///
    /// # Errors
    /// A text that is no JSON object.
    pub fn record(&mut self, json: &str, as_of: AsOf) -> Result<Option<Snapshot>, InputError> {
        let batch = self.reader.read(json)?;
        let model = self.recorder.rules.model();
        if self.at.as_ref().is_none_or(|at| at.as_of != as_of) {
            // The days to come are the same for all moments of a day but its end.
            let open = |it: AsOf| it.micros < AsOf::end_of(it.day, &model.schema.zone).micros;
            let kept = self.at.take().filter(|at| at.as_of.day == as_of.day && open(at.as_of) && open(as_of));
            let ahead = kept.and_then(|at| at.ahead).or_else(|| {
                (self.ahead > 0).then(|| {
                    let last = as_of.day.saturating_add(i32::from(self.ahead));
                    (Plan::new(model, Horizon::new(as_of, last, model)), FirstChanges::default())
                })
            });
            self.at = Some(At { as_of, vm: self.compiled.vm(as_of), ahead });
        }
        let Some(at) = &mut self.at else { return Ok(None) };
        at.vm.score_into(&batch, &mut self.scores);
        let due = at.ahead.as_mut().and_then(|(plan, first)| {
            // Where nothing changes that soon, it is looked at again on the last of these days.
            first.find(plan, &batch, &self.scores).into_iter().next().flatten().or_else(|| plan.last_day())
        });
        let Some(snapshot) = self.recorder.row(&batch, &self.scores, 0, as_of) else { return Ok(None) };
        Ok(Some(Snapshot { data: Some(json.to_owned()), due, ..snapshot }))
    }

    /// What is wrong with the record read last, one sentence each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.reader.faults()
    }
}

//! What of two models' results is set side by side.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::matching::Matching;
use super::unit::Answers;
use crate::hir::{Expr, ExprKind, LabelBody, Lifecycle, Model, ScoreBody, StageCondition};
use crate::id::{LabelId, ScoreId};
use crate::vm::scores::{Cause, NONE, Origin};

/// The outputs that both models have, and which rule answers for what.
#[derive(Debug)]
pub struct Plan {
    /// The scores of both, by their numbers.
    pub scores: Vec<Both>,
    /// The labels of both.
    pub labels: Vec<Both>,
    /// The lifecycles of both.
    pub stages: Vec<BothStages>,
    /// By pair: what people call it, where it belongs and its line.
    pub rules: Vec<Rule>,
    /// By pair: whether it, or what it rests on, is not what it was.
    pub touched: Vec<bool>,
    pub(super) old: Who,
    pub(super) new: Who,
}

/// An output of both models.
#[derive(Debug, Clone)]
pub struct Both {
    /// Its name.
    pub name: Arc<str>,
    /// Its number in the old model.
    pub old: usize,
    /// Its number in the new model.
    pub new: usize,
    /// For a label: the code of each old value among the new ones, and those that only the old one has behind them.
    pub codes: Vec<u32>,
}

/// A lifecycle of both models.
#[derive(Debug, Clone)]
pub struct BothStages {
    /// Its name and numbers, and the place of each old stage in `stages`.
    pub both: Both,
    /// The stages of the new one in order, then those that only the old one has.
    pub stages: Vec<Arc<str>>,
    /// The scores with items, by number, that the stages rest on: of the old model.
    pub old_reads: BTreeSet<u32>,
    /// The same of the new model.
    pub new_reads: BTreeSet<u32>,
}

/// A rule for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its reason in quotes, or its words.
    pub name: String,
    /// Where it belongs.
    pub place: String,
    /// Its line, from 1.
    pub line: usize,
}

/// Which pair answers for what of one model.
#[derive(Debug, Default)]
pub struct Who {
    arms: HashMap<u32, usize>,
    groups: HashMap<u32, usize>,
    scores: HashMap<u32, usize>,
    exclusions: HashMap<u32, usize>,
    holds: HashMap<(u32, u32), usize>,
    lines: HashMap<(u32, u32), usize>,
    otherwise: HashMap<u32, usize>,
}

impl Who {
    fn of(answering: Vec<(Answers, usize)>) -> Self {
        let mut who = Self::default();
        for (answers, pair) in answering {
            match answers {
                Answers::Nothing => None,
                Answers::Arm(id) => who.arms.insert(number(id.index()), pair),
                Answers::Group(id) => who.groups.insert(number(id.index()), pair),
                Answers::Score(at) => who.scores.insert(at, pair),
                Answers::Exclusion(at) => who.exclusions.insert(at, pair),
                Answers::Hold(of, at) => who.holds.insert((of, at), pair),
                Answers::Rule(of, at) => who.lines.insert((of, at), pair),
                Answers::Otherwise(of) => who.otherwise.insert(of, pair),
            };
        }
        who
    }

    /// Who gave an entry's points.
    pub(super) fn gave(&self, score: u32, origin: Origin) -> Option<usize> {
        match origin {
            Origin::Arm(id) => self.arms.get(&number(id.index())),
            Origin::Group(id) => self.groups.get(&number(id.index())),
            Origin::Score => self.scores.get(&score),
        }
        .copied()
    }

    /// Which exclusion this is.
    pub(super) fn excluded(&self, code: u32) -> Option<usize> {
        self.exclusions.get(&code).copied()
    }

    /// Which line decided a stage.
    pub(super) fn decided(&self, lifecycle: usize, cause: Cause) -> Option<usize> {
        let of = number(lifecycle);
        match cause {
            Cause::Hold(at) => self.holds.get(&(of, at)),
            Cause::Rule(at) | Cause::Refused(at) if at != NONE => self.lines.get(&(of, at)),
            Cause::Otherwise | Cause::Rule(_) | Cause::Refused(_) => self.otherwise.get(&of),
            Cause::Undecided(_) | Cause::Excluded | Cause::Open => None,
        }
        .copied()
    }
}

fn number(n: usize) -> u32 {
    crate::invariant::number(n)
}

impl Plan {
    /// What is set side by side of these models.
    #[must_use]
    pub fn new(old: &Model, new: &Model, matching: &Matching) -> Self {
        let rule = |at| {
            let unit = matching.unit(at);
            unit.map_or_else(
                || Rule { name: String::new(), place: String::new(), line: 0 },
                |u| Rule { name: u.title(), place: u.place.clone(), line: u.line },
            )
        };
        let scores = both(old.scores.iter().map(|s| &s.name), new.scores.iter().map(|s| &s.name));
        let mut labels = both(old.labels.iter().map(|l| &l.name), new.labels.iter().map(|l| &l.name));
        for label in &mut labels {
            if let (Some(o), Some(n)) = (old.labels.get(label.old), new.labels.get(label.new)) {
                (_, label.codes) = union(&o.values, &n.values);
            }
        }
        let lifecycles = both(old.lifecycles.iter().map(|l| &l.name), new.lifecycles.iter().map(|l| &l.name));
        let stages = lifecycles.into_iter().filter_map(|mut both| {
            let (o, n) = (old.lifecycles.get(both.old)?, new.lifecycles.get(both.new)?);
            let (stages, codes) = union(&o.stages, &n.stages);
            both.codes = codes;
            Some(BothStages { both, stages, old_reads: reads(old, o), new_reads: reads(new, n) })
        });
        Self {
            scores,
            labels,
            stages: stages.collect(),
            rules: (0..matching.pairs.len()).map(rule).collect(),
            touched: matching.touched(),
            old: Who::of(matching.answering(false)),
            new: Who::of(matching.answering(true)),
        }
    }
}

fn both<'a>(old: impl Iterator<Item = &'a Arc<str>>, new: impl Iterator<Item = &'a Arc<str>>) -> Vec<Both> {
    let old: HashMap<&str, usize> = old.enumerate().map(|(at, name)| (&**name, at)).collect();
    let pair = |(at, name): (usize, &Arc<str>)| {
        old.get(&**name).map(|&o| Both { name: Arc::clone(name), old: o, new: at, codes: Vec::new() })
    };
    new.enumerate().filter_map(pair).collect()
}

/// The new names, then those that only the old ones have; and the place of each old one in it.
fn union(old: &[Arc<str>], new: &[Arc<str>]) -> (Vec<Arc<str>>, Vec<u32>) {
    let mut all = new.to_vec();
    let mut codes = Vec::new();
    for name in old {
        let at = all.iter().position(|n| n == name).unwrap_or_else(|| {
            all.push(Arc::clone(name));
            all.len() - 1
        });
        codes.push(number(at));
    }
    (all, codes)
}

/// The scores with items that a lifecycle rests on.
fn reads(model: &Model, it: &Lifecycle) -> BTreeSet<u32> {
    let mut out = BTreeSet::new();
    let rules = it.rules.iter().filter_map(|r| match &r.when {
        StageCondition::Condition(c) => Some(c),
        StageCondition::Excluded => None,
    });
    it.holds.iter().map(|h| &h.condition).chain(rules).for_each(|c| expr(model, c, &mut out));
    out
}

fn expr(model: &Model, it: &Expr, out: &mut BTreeSet<u32>) {
    if let ExprKind::Score(id) = it.kind {
        score(model, id, out);
    } else if let ExprKind::Label(id) = it.kind {
        label(model, id, out);
    } else if let ExprKind::Definition(id) = it.kind
        && let Some(definition) = model.definition(id)
    {
        expr(model, &definition.value, out);
    }
    it.operands().for_each(|x| expr(model, x, out));
}

fn label(model: &Model, id: LabelId, out: &mut BTreeSet<u32>) {
    match model.label(id).map(|l| &l.body) {
        Some(LabelBody::Ranges { score: by, .. }) => score(model, *by, out),
        Some(LabelBody::Labels { label: by, .. }) => label(model, *by, out),
        Some(LabelBody::Join(parts)) => parts.iter().for_each(|part| label(model, *part, out)),
        None => {}
    }
}

fn score(model: &Model, id: ScoreId, out: &mut BTreeSet<u32>) {
    match model.score(id).map(|s| &s.body) {
        Some(ScoreBody::Items { .. } | ScoreBody::Given(_)) => {
            out.insert(number(id.index()));
        }
        Some(ScoreBody::Formula(f)) => f.scores(&mut |id| score(model, id, out)),
        Some(ScoreBody::Conditional(all)) => {
            all.branches.iter().for_each(|(condition, _)| expr(model, condition, out));
            all.arms().for_each(|arm| arm.formula.scores(&mut |id| score(model, id, out)));
        }
        None => {}
    }
}

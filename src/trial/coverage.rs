//! Which parts of the rules a program's tests have seen at work.

use super::{Fired, is_cause};
use crate::hir::words;
use crate::hir::{ArmId, LabelBody, Model, ScoreBody};
use crate::invariant::SureAt as _;
use crate::source::{Sources, Span};
use crate::vm::scores::NONE;

/// A part of the rules that tests can see at work.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The rollup that it belongs to, by its place; `None` for the rules of records.
    pub rollup: Option<usize>,
    /// What it is.
    pub kind: Kind,
    /// Its reason or words.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it can be seen idle too: an `if` that every test meets proves little.
    pub can_idle: bool,
}

/// The kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A rule, branch, band range, line, `else` or `unknown`.
    Arm(ArmId),
    /// A top-level exclusion, by place.
    Exclusion(usize),
    /// An exclusion of a score, by score and place.
    ScoreExclusion(usize, usize),
    /// A value of a label, by label and value.
    Label(usize, u32),
    /// A hold, by lifecycle and place.
    Hold(usize, usize),
    /// A `stage` line, by lifecycle and place.
    Stage(usize, usize),
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Arm(_) => "rule",
            Self::Exclusion(_) | Self::ScoreExclusion(..) => "exclusion",
            Self::Label(..) => "label",
            Self::Hold(..) => "hold",
            Self::Stage(..) => "stage",
        }
    }
}

/// How often a part was at work and idle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// In how many tests it was at work.
    pub active: usize,
    /// In how many it was not.
    pub idle: usize,
}

/// The coverage of a program.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// The parts in the order of the source.
    pub parts: Vec<(Part, Seen)>,
}

impl Coverage {
    /// The parts of a model, seen by no test yet.
    #[must_use]
    pub fn new(model: &Model, sources: &Sources) -> Self {
        Self { parts: parts(model, sources).into_iter().map(|p| (p, Seen::default())).collect() }
    }

    /// Counts one test.
    pub fn count(&mut self, fired: &Fired) {
        for (part, seen) in self.parts.iter_mut().filter(|(part, _)| part.rollup == fired.rollup) {
            if at_work(part.kind, fired) {
                seen.active += 1;
            } else {
                seen.idle += 1;
            }
        }
    }

    /// How many parts were seen at work.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.parts.iter().filter(|(_, s)| s.active > 0).count()
    }

    /// The percentage of parts seen at work; 100 where there is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a percentage of small numbers")]
    pub fn percent(&self) -> f64 {
        if self.parts.is_empty() { 100.0 } else { self.covered() as f64 * 100.0 / self.parts.len() as f64 }
    }

    /// The parts that no test has seen at work.
    pub fn missing(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|(_, s)| s.active == 0).map(|(p, _)| p)
    }

    /// The parts that every test has seen at work although they could be idle.
    pub fn never_idle(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|(p, s)| p.can_idle && s.active > 0 && s.idle == 0).map(|(p, _)| p)
    }
}

/// Whether a part was at work in a run.
#[must_use]
pub fn at_work(kind: Kind, fired: &Fired) -> bool {
    let scores = &fired.scores;
    let cause = |lifecycle: usize| scores.lifecycles.get(lifecycle).and_then(|s| s.causes.first()).copied();
    match kind {
        Kind::Arm(id) => *fired.arms.sure_at(id.index()),
        Kind::Exclusion(at) => scores.excluded.first().is_some_and(|&e| e != NONE && e as usize == at),
        Kind::ScoreExclusion(score, at) => {
            scores.score_excluded.get(score).and_then(|s| s.first()).is_some_and(|&e| e != NONE && e as usize == at)
        }
        Kind::Label(label, value) => scores.labels.get(label).and_then(|l| l.first()).is_some_and(|&v| v == value),
        Kind::Hold(lifecycle, at) => cause(lifecycle).is_some_and(|c| is_cause(c, Some(at), None)),
        Kind::Stage(lifecycle, at) => cause(lifecycle).is_some_and(|c| is_cause(c, None, Some(at))),
    }
}

/// The parts of a model and of its rollups in the order of the source.
#[must_use]
pub fn parts(model: &Model, sources: &Sources) -> Vec<Part> {
    let mut out = own_parts(model, sources);
    for (at, rollup) in model.rollups.iter().enumerate() {
        let parts = own_parts(&rollup.accounts, sources);
        out.extend(parts.into_iter().map(|part| Part { rollup: Some(at), ..part }));
    }
    out.sort_by_key(|p| (p.span.file, p.span.start));
    out
}

fn own_parts(model: &Model, sources: &Sources) -> Vec<Part> {
    let rollup = None;
    let mut out = Vec::new();
    for (at, exclusion) in model.exclusions.iter().enumerate() {
        let title = exclusion.because.as_ref().map_or_else(|| words::exclusion(sources, exclusion), |b| b.text.to_string());
        out.push(Part { rollup, kind: Kind::Exclusion(at), title, span: exclusion.span, can_idle: true });
    }
    for (index, score) in model.scores.iter().enumerate() {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            for (at, exclusion) in exclusions.iter().enumerate() {
                let title =
                    exclusion.because.as_ref().map_or_else(|| words::exclusion(sources, exclusion), |b| b.text.to_string());
                out.push(Part { rollup, kind: Kind::ScoreExclusion(index, at), title, span: exclusion.span, can_idle: true });
            }
        }
        if let ScoreBody::Conditional(formula) = &score.body {
            for arm in formula.arms() {
                let title = arm.arm.because.as_ref().map_or_else(|| words::formula_arm(sources, arm), |b| b.text.to_string());
                out.push(Part { rollup, kind: Kind::Arm(arm.arm.id), title, span: arm.arm.span, can_idle: false });
            }
        }
        Model::items_of(score, &mut |item, _| {
            let alone = !item.has_lines() && item.inner().is_empty();
            for arm in words::arms(item) {
                let title = arm.because.as_ref().map_or_else(|| words::rule(sources, item, arm), |b| b.text.to_string());
                out.push(Part { rollup, kind: Kind::Arm(arm.id), title, span: arm.span, can_idle: alone });
            }
        });
    }
    for (index, label) in model.labels.iter().enumerate() {
        let (lines, otherwise): (Vec<(u32, Span)>, _) = match &label.body {
            LabelBody::Ranges { lines, otherwise, .. } => (lines.iter().map(|l| (l.value, l.span)).collect(), otherwise),
            LabelBody::Labels { lines, otherwise, .. } => (lines.iter().map(|l| (l.value, l.span)).collect(), otherwise),
            LabelBody::Join(_) => continue,
        };
        let rest = otherwise.iter().map(|e| (e.value, e.span));
        for (value, span) in lines.into_iter().chain(rest) {
            let text = label.values.sure_at(value as usize);
            let title = format!("{} {text}", label.name);
            out.push(Part { rollup, kind: Kind::Label(index, value), title, span, can_idle: false });
        }
    }
    for (index, lifecycle) in model.lifecycles.iter().enumerate() {
        for (at, hold) in lifecycle.holds.iter().enumerate() {
            let title = hold.because.as_ref().map_or_else(|| words::hold(sources, hold), |b| b.text.to_string());
            out.push(Part { rollup, kind: Kind::Hold(index, at), title, span: hold.span, can_idle: true });
        }
        for (at, rule) in lifecycle.rules.iter().enumerate() {
            let title = words::stage_rule(sources, rule);
            out.push(Part { rollup, kind: Kind::Stage(index, at), title, span: rule.span, can_idle: true });
        }
    }
    out
}

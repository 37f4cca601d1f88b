//! The columns that a comparison adds, batch by batch.

use std::fmt::Write as _;
use std::sync::Arc;

use super::counts::Counts;
use super::previous::{Previous, key_text};
use super::split::{Cause, Split, Step};
use crate::column::{Batch, Column, Extra, ExtraKind, TextColumn, Values};
use crate::hir::{Lifecycle, Model};
use crate::invariant::SureAt as _;
use crate::value::Points;
use crate::vm::scores::{NONE, Scores};

/// The column that says what changed, in words; empty where nothing did.
pub const CHANGED: &str = "changed";

/// The columns that are added: for each score what it was, by how much it changed, and the parts of that; then what changed in words.
#[must_use]
pub fn extras(model: &Model, causes: &[Cause]) -> Vec<Extra> {
    let points = |name: String, detail| Extra { name: Arc::from(name), kind: ExtraKind::Points, detail };
    let mut out = Vec::new();
    for score in &model.scores {
        out.push(points(format!("{}_before", score.name), true));
        out.push(points(format!("{}_change", score.name), false));
        out.extend(causes.iter().map(|cause| points(format!("{}_by_{}", score.name, cause.name()), true)));
    }
    out.push(Extra { name: Arc::from(CHANGED), kind: ExtraKind::Text, detail: false });
    out
}

/// Compares the results of batches with an earlier run, on one thread.
pub struct Since<'a> {
    model: &'a Model,
    previous: &'a Previous,
    split: Option<Split<'a>>,
    /// By lifecycle: the stage that each text of the earlier output names.
    stages: Vec<Vec<Option<u32>>>,
    causes: usize,
    counts: Counts,
}

impl<'a> Since<'a> {
    /// With the earlier run, and what splits changes if that can be done into so many parts.
    #[must_use]
    pub fn new(model: &'a Model, previous: &'a Previous, split: Option<Split<'a>>, causes: usize) -> Self {
        let stages = |lifecycle: &Lifecycle| previous.texts.iter().map(|text| stage(model, lifecycle, text)).collect();
        Self {
            model,
            previous,
            split,
            stages: model.lifecycles.iter().map(stages).collect(),
            causes,
            counts: Counts::new(model, previous),
        }
    }

    /// What was counted.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The columns of a batch, in the order of [`extras`]; `old` is the same batch as the earlier schema reads it, where that is another.
    pub fn add(&mut self, batch: &Batch, old: Option<&Batch>, scores: &Scores) -> Vec<Column> {
        let key = self.model.schema.key.and_then(|id| batch.columns.get(id.0 as usize)).and_then(Option::as_ref);
        let places: Vec<Option<u32>> = (0..batch.rows)
            .map(|row| {
                let Some(key) = key.and_then(|c| key_text(c, row)) else {
                    self.counts.without_key += 1;
                    return None;
                };
                let at = self.previous.find(&key);
                match at {
                    None if self.previous.is_twice(&key) => self.counts.twice += 1,
                    Some(at) => {
                        self.counts.matched += 1;
                        self.counts.seen.set(at as usize, true);
                    }
                    None => self.counts.new += 1,
                }
                at
            })
            .collect();
        let states = self.split.as_mut().map(|split| split.states(batch, old));
        let mut words: Vec<String> = vec![String::new(); batch.rows];
        let mut out = Vec::new();
        for at in 0..self.model.scores.len() {
            self.score(at, &places, scores, states.as_ref(), &mut words, &mut out);
        }
        self.texts(&places, scores, &mut words);
        let mut changed = TextColumn::default();
        for (row, (place, words)) in places.iter().zip(&words).enumerate() {
            if place.is_some() {
                self.counts.changed += u64::from(!words.is_empty());
                changed.push(Some(words.as_str()).filter(|w| !w.is_empty()));
            } else {
                changed.push(Some(match key.and_then(|c| key_text(c, row)) {
                    Some(key) if self.previous.is_twice(&key) => "key twice",
                    Some(_) => "new",
                    None => "no key",
                }));
            }
        }
        out.push(Column::Text(changed));
        out
    }

    fn score(
        &mut self,
        score: usize,
        places: &[Option<u32>],
        scores: &Scores,
        states: Option<&super::split::States>,
        words: &mut [String],
        out: &mut Vec<Column>,
    ) {
        let name = &self.model.scores.sure_at(score).name;
        let (mut before, mut change) = (Values::<i64>::default(), Values::<i64>::default());
        let mut parts: Vec<Values<i64>> = vec![Values::default(); self.causes];
        let compared = self.previous.has_score(score);
        for (row, (place, words)) in places.iter().zip(words).enumerate() {
            let was = place.and_then(|at| self.previous.score(score, at));
            let is = scores.scores.get(score).and_then(|s| s.get(row));
            let both = was.zip(is).zip(*place);
            before.push(was);
            change.push(both.map(|((was, is), _)| is - was));
            let split = both.and_then(|((before, after), at)| {
                Some(self.split.as_ref()?.parts(states?, Step { score, row, at, before, after }))
            });
            for (at, part) in parts.iter_mut().enumerate() {
                part.push(split.as_ref().and_then(|p| p.get(at)).copied());
            }
            if place.is_some() && compared {
                if let Some(counts) = self.counts.scores.get_mut(score) {
                    counts.add(was, is, split.as_deref().unwrap_or_default());
                }
                if was != is {
                    tell(words, name, &told(was), &told(is));
                }
            }
        }
        out.push(Column::Integer(before));
        out.push(Column::Integer(change));
        out.extend(parts.into_iter().map(Column::Integer));
    }

    /// Labels, stages and exclusions.
    fn texts(&mut self, places: &[Option<u32>], scores: &Scores, words: &mut [String]) {
        let labels = self.model.labels.len();
        for (row, (place, words)) in places.iter().zip(words).enumerate() {
            let Some(at) = *place else { continue };
            for (number, label) in self.model.labels.iter().enumerate().filter(|(n, _)| self.previous.has_text(*n)) {
                let was = self.previous.text(number, at);
                let is = code(scores.labels.get(number), row).and_then(|c| label.values.get(c)).map(|v| &**v);
                if was != is {
                    tell(words, &label.name, was.unwrap_or("unknown"), is.unwrap_or("unknown"));
                }
            }
            let mut moved = false;
            for number in 0..self.model.lifecycles.len() {
                moved |= self.stage(number, labels + number, at, row, scores, words);
            }
            self.counts.moved += u64::from(moved);
            let place = labels + self.model.lifecycles.len();
            let was = self.previous.text(place, at);
            let exclusion = code(Some(&scores.excluded), row).and_then(|c| self.model.exclusions.get(c));
            let is = exclusion.map(|e| e.because.as_ref().map_or("true", |b| &*b.text));
            if was != is && self.previous.has_text(place) {
                tell(words, "excluded", was.unwrap_or("no"), is.unwrap_or("no"));
            }
        }
    }

    /// Whether the stage is another than it was.
    fn stage(&mut self, number: usize, place: usize, at: u32, row: usize, scores: &Scores, words: &mut String) -> bool {
        let Some(lifecycle) = self.model.lifecycles.get(number).filter(|_| self.previous.has_text(place)) else { return false };
        let text = self.previous.codes.get(place).and_then(|c| c.get(at as usize)).copied().unwrap_or(NONE);
        let named = self.stages.get(number).and_then(|s| s.get(text as usize)).copied().flatten();
        let is = code(scores.lifecycles.get(number).map(|l| &l.after), row);
        if named.map(|n| n as usize) == is && (named.is_some() || text == NONE) {
            return false;
        }
        let name = |stage: usize| lifecycle.stages.get(stage).cloned();
        let unknown: Arc<str> = Arc::from("");
        let was = named.and_then(|n| name(n as usize)).or_else(|| self.previous.texts.get(text as usize).cloned());
        let (was, is) = (was.unwrap_or_else(|| Arc::clone(&unknown)), is.and_then(name).unwrap_or(unknown));
        let shown = |text: &Arc<str>| if text.is_empty() { "unknown".to_owned() } else { text.to_string() };
        tell(words, &lifecycle.name, &shown(&was), &shown(&is));
        if let Some(moves) = self.counts.moves.get_mut(number) {
            *moves.entry((was, is)).or_default() += 1;
        }
        true
    }
}

fn code(codes: Option<&Vec<u32>>, row: usize) -> Option<usize> {
    codes.and_then(|c| c.get(row)).copied().filter(|&c| c != NONE).map(|c| c as usize)
}

/// The stage of a lifecycle that a text of an output names: by its name, or as the CRM writes it.
fn stage(model: &Model, lifecycle: &Lifecycle, text: &str) -> Option<u32> {
    let named = lifecycle.stages.iter().position(|s| &**s == text);
    let options = || lifecycle.property.and_then(|id| model.schema.property(id)).and_then(|p| p.ty.options());
    let formed = || options()?.items.iter().position(|o| o.forms.iter().any(|f| &**f == text));
    named.or_else(formed).and_then(|at| u32::try_from(at).ok())
}

fn told(points: Option<i64>) -> String {
    points.map_or_else(|| "unknown".to_owned(), |p| Points(p).to_string())
}

fn tell(words: &mut String, name: &str, was: &str, is: &str) {
    if !words.is_empty() {
        words.push_str("; ");
    }
    let _ = write!(words, "{name}: {was} → {is}");
}

//! The typed model to bytecode.

mod block;
mod compare;
mod events;
mod exact;
mod expr;
mod facts;
mod fuse;
mod items;
mod outputs;
mod probe;
mod texts;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bytecode::{Best, Chunk, ColumnRef, Domain, InstrKind, Limits, MaskReg, Names, Part, Probe, Region, Shape, Sum};
use crate::hir::{
    DefId, Exclusion, Expr, Item, ItemId, ItemKind, LabelId, LifecycleId, Model, Pattern, Score, ScoreBody, ScoreId,
};
use block::{Builder, TableBuilder};
use expr::{Chosen, Val};
use facts::Facts;
use fuse::Plan;
use items::{Place, limits};

/// How a model is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LowerOptions {
    /// Whether items that look at one property only become one table. Without it every expression keeps a register of its own, so
    /// that a traced run can tell its value.
    pub fuse: bool,
    /// Whether every record's account is kept.
    pub reasons: bool,
}

/// Lowers a model.
#[must_use]
pub fn lower(model: &Model, options: LowerOptions) -> Chunk {
    lower_with(model, options, &[], &[])
}

/// Lowers a model together with conditions over its inputs and outputs, which come out as `Scores::conditions` in their order, and
/// values over its inputs, which come out as `Scores::values`.
#[must_use]
pub fn lower_with(model: &Model, options: LowerOptions, conditions: &[&Expr], values: &[&Expr]) -> Chunk {
    let mut lowerer = Lowerer {
        model,
        options,
        facts: Facts::of(model),
        builder: Builder::default(),
        tables: TableBuilder::default(),
        defined: FxHashMap::default(),
        chosen: Vec::new(),
        regions: Vec::new(),
        probes: Vec::new(),
        regexes: Vec::new(),
        sums: 0,
    };
    lowerer.program();
    for (number, condition) in (0..).zip(conditions) {
        let (t, f) = lowerer.truth(condition, Domain::Records);
        lowerer.builder.effect(InstrKind::Condition(number, t, f), condition.span);
    }
    for (number, value) in (0..).zip(values) {
        let found = lowerer.lower(value, Domain::Records);
        let of = lowerer.probed(found, &value.ty);
        lowerer.builder.effect(InstrKind::Value(number, of), value.span);
    }
    lowerer.finish(conditions.len(), values.len())
}

/// What is known while lowering.
struct Lowerer<'m> {
    model: &'m Model,
    options: LowerOptions,
    facts: Facts,
    builder: Builder,
    tables: TableBuilder,
    defined: FxHashMap<DefId, Val>,
    /// What each `Val::Texts` is chosen from.
    chosen: Vec<Vec<Chosen>>,
    regions: Vec<Region>,
    probes: Vec<Probe>,
    regexes: Vec<regex::Regex>,
    sums: u32,
}

/// Sums by group, and of a whole score.
#[derive(Debug, Default)]
struct Sums {
    groups: FxHashMap<ItemId, Sum>,
}

impl<'m> Lowerer<'m> {
    fn program(&mut self) {
        for (number, exclusion) in (0..).zip(&self.model.exclusions) {
            let (t, unknown) = self.exclusion(exclusion);
            self.builder.effect(InstrKind::Exclude(number, exclusion.item, t, unknown), exclusion.span);
        }
        for (id, score) in scores(self.model) {
            if let ScoreBody::Items { exclusions, .. } = &score.body {
                for (number, exclusion) in (0..).zip(exclusions) {
                    let (t, unknown) = self.exclusion(exclusion);
                    self.builder.effect(InstrKind::ExcludeScore(id, number, exclusion.item, t, unknown), exclusion.span);
                }
            }
        }
        let mut sums = Sums::default();
        let mut plan = Plan::new();
        let mut whole = Vec::new();
        for (id, score) in scores(self.model) {
            let sum = self.next_sum();
            whole.push(sum);
            if let ScoreBody::Items { items, .. } = &score.body {
                self.plan(items, Place { score: id, sum }, self.options.fuse, &mut sums, &mut plan);
            }
        }
        let placed = self.regions(plan);
        let mut labels = vec![false; self.model.labels.len()];
        for ((id, score), sum) in scores(self.model).zip(whole) {
            match &score.body {
                ScoreBody::Conditional(formula) => {
                    // Its conditions may ask for labels that rest on the scores so far.
                    for (number, label) in (0..).zip(&self.model.labels) {
                        let ready = self.model.label_needs(LabelId(number)) <= id.index();
                        if let Some(done) = labels.get_mut(number as usize).filter(|done| ready && !**done) {
                            *done = true;
                            self.label(LabelId(number), label);
                        }
                    }
                    self.conditional(id, score, formula);
                }
                ScoreBody::Items { items, .. } => {
                    self.items(items, Place { score: id, sum }, &sums, &placed);
                    self.builder.effect(InstrKind::EndScore(id, sum, limits(&score.bounds)), score.span);
                }
                ScoreBody::Formula(formula) => self.formula(id, score, formula),
                ScoreBody::Given(property) => {
                    self.builder.effect(InstrKind::Given(id, ColumnRef::Property(*property)), score.span);
                }
            }
        }
        for ((number, label), done) in (0..).zip(&self.model.labels).zip(labels) {
            if !done {
                self.label(LabelId(number), label);
            }
        }
        for (number, lifecycle) in (0..).zip(&self.model.lifecycles) {
            self.lifecycle(LifecycleId(number), lifecycle);
        }
    }

    fn exclusion(&mut self, exclusion: &Exclusion) -> (crate::bytecode::MaskReg, crate::bytecode::MaskReg) {
        let (t, f) = self.truth(&exclusion.condition, Domain::Records);
        let decided = self.builder.or(t, f, Domain::Records, exclusion.span);
        (t, self.builder.not(decided, Domain::Records, exclusion.span))
    }

    fn next_sum(&mut self) -> Sum {
        let sum = Sum(self.sums);
        self.sums += 1;
        sum
    }

    /// Gives every group a sum, and finds the items that one property answers.
    fn plan(&mut self, items: &'m [Item], place: Place, fuse: bool, sums: &mut Sums, plan: &mut Plan<'m>) {
        for item in items {
            if let ItemKind::Group { best, when, items, .. } = &item.kind {
                let sum = self.next_sum();
                sums.groups.insert(item.id, sum);
                // What may not count is worked out where that is known.
                let fuse = fuse && best.is_none() && when.is_none();
                self.plan(items, Place { score: place.score, sum }, fuse, sums, plan);
            } else if fuse && let Some(property) = self.one_property(item) {
                plan.entry(property).or_default().push((item, place));
            }
        }
    }

    fn items(&mut self, items: &'m [Item], place: Place, sums: &Sums, placed: &FxHashSet<ItemId>) {
        for item in items {
            if let ItemKind::Group { best, when, items, bounds, .. } = &item.kind {
                let sum = sums.groups.get(&item.id).copied().unwrap_or(place.sum);
                let inside = Place { score: place.score, sum };
                let when = when.as_ref().map(|when| self.when(when, item, place));
                let best = *best;
                if best.is_some() || when.is_some() {
                    self.builder.effect(InstrKind::Hold, item.span);
                    let best = match best {
                        Some(count) => Some(Best { count, parts: self.parts(items, inside, sums, placed), sum }),
                        None => {
                            self.items(items, inside, sums, placed);
                            None
                        }
                    };
                    self.builder.effect(InstrKind::Release { when, best }, item.span);
                } else {
                    self.items(items, inside, sums, placed);
                }
                let limits: Limits = limits(bounds);
                let op = InstrKind::EndGroup { score: place.score, item: item.id, sum, into: place.sum, limits, when };
                self.builder.effect(op, item.span);
            } else if !placed.contains(&item.id) {
                self.item(item, place);
            }
        }
    }

    /// Where the condition of a group is true; where that cannot be told, the group is unknown.
    fn when(&mut self, when: &'m Expr, group: &Item, place: Place) -> MaskReg {
        let (t, f) = self.truth(when, Domain::Records);
        let decided = self.builder.or(t, f, Domain::Records, when.span);
        let open = self.builder.not(decided, Domain::Records, when.span);
        self.builder.effect(InstrKind::Unknown(place.score, group.id, open), when.span);
        t
    }

    /// Items each with a sum of its own.
    fn parts(&mut self, items: &'m [Item], place: Place, sums: &Sums, placed: &FxHashSet<ItemId>) -> Arc<[Part]> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            let sum = self.next_sum();
            self.items(std::slice::from_ref(item), Place { score: place.score, sum }, sums, placed);
            parts.push(Part { item: item.id, sum });
        }
        parts.into()
    }

    fn pattern(&mut self, pattern: &Arc<Pattern>) -> u32 {
        let number = self.tables.pattern(&Arc::from(pattern.regex.as_str()));
        if self.regexes.len() <= number as usize {
            self.regexes.push(pattern.regex.clone());
        }
        number
    }

    fn finish(self, conditions: usize, values: usize) -> Chunk {
        let model = self.model;
        let count = |n: usize| crate::invariant::number(n);
        Chunk {
            main: self.builder.finish(),
            regions: self.regions,
            tables: self.tables.tables,
            shape: Shape {
                properties: count(model.schema.properties.len()),
                scores: count(model.scores.len()),
                labels: count(model.labels.len()),
                lifecycles: count(model.lifecycles.len()),
                sums: self.sums,
                items: model.item_count,
                arms: model.arm_count,
                conditions: count(conditions),
                values: count(values),
            },
            names: names(model),
            scores_of_items: model.scores.iter().map(|s| matches!(s.body, ScoreBody::Items { .. })).collect(),
            zone: model.schema.zone.clone(),
            ignore_accents: model.schema.ignore_accents,
            reasons: self.options.reasons,
            regexes: self.regexes,
            probes: self.probes,
        }
    }
}

fn scores(model: &Model) -> impl Iterator<Item = (ScoreId, &Score)> {
    (0..).map(ScoreId).zip(&model.scores)
}

fn names(model: &Model) -> Names {
    let fields = |fields: &[crate::schema::Property]| fields.iter().map(|f| Arc::clone(&f.name)).collect();
    Names {
        properties: fields(&model.schema.properties),
        events: model.schema.events.iter().map(|e| (Arc::clone(&e.name), fields(&e.fields))).collect(),
        scores: model.scores.iter().map(|s| Arc::clone(&s.name)).collect(),
        labels: model.labels.iter().map(|l| Arc::clone(&l.name)).collect(),
        lifecycles: model.lifecycles.iter().map(|l| Arc::clone(&l.name)).collect(),
    }
}

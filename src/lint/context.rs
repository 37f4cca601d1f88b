//! What the warnings look at, gathered once.

use std::cell::OnceCell;

use crate::bounds::formula::Way;
use crate::bounds::picture::{Cond, Picture};
use crate::bounds::search::Goal;
use crate::hir::{Expr, Item, ItemKind, Model, Score, ScoreBody, ScoreId, StageCondition};
use crate::source::{Sources, Span};
use crate::syntax::Parsed;
use crate::value::Points;

/// What of a rule a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A branch of an `if`; whether an `unknown` part follows.
    Branch {
        /// Whether the item says what an unknown condition gives.
        unknown_part: bool,
    },
    /// An exclusion.
    Exclusion,
    /// A hold of a lifecycle.
    Hold,
    /// A stage of a lifecycle.
    Stage,
    /// A `where` of an `each`.
    Where,
}

/// A condition where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Site<'m> {
    /// The condition.
    pub expr: &'m Expr,
    /// What it is.
    pub role: Role,
}

/// The outer bounds of a score in hundredths; `None` at an end without bound.
pub(crate) type Ends = (Option<Points>, Option<Points>);

/// A program as the warnings see it.
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The trees.
    pub files: &'a [Parsed],
    /// The model.
    pub model: &'a Model,
    /// Its conditions and points as tables.
    pub picture: Picture<'a>,
    /// Every condition.
    pub sites: Vec<Site<'a>>,
    /// By score.
    ends: Vec<OnceCell<Option<Ends>>>,
}

impl<'a> Context<'a> {
    /// Gathers.
    #[must_use]
    pub fn new(sources: &'a Sources, files: &'a [Parsed], model: &'a Model) -> Self {
        let picture = Picture::of(model);
        Self { sources, files, model, picture, sites: sites(model), ends: vec![OnceCell::new(); model.scores.len()] }
    }

    /// The condition as tables.
    #[must_use]
    pub fn cond(&self, expr: &Expr) -> Option<&Cond> {
        self.picture.conditions.get(&expr.span)
    }

    /// The outer bounds of a score over all records that are scored; `None` where there is no such record.
    #[must_use]
    pub fn ends(&self, score: ScoreId) -> Option<Ends> {
        *self.ends.get(score.index())?.get_or_init(|| {
            let goal = Goal::of(&self.picture, score);
            let end = |way| goal.extreme(score, way).map(|e| e.points.map(Points));
            Some((end(Way::Down)?, end(Way::Up)?))
        })
    }

    /// The source of a place on one line.
    #[must_use]
    pub fn words(&self, span: Span) -> String {
        crate::hir::words::squeezed(self.sources, span)
    }

    /// Calls `visit` with every item of every score, groups included.
    pub fn items(&self, visit: &mut dyn FnMut(&'a Score, &'a Item)) {
        let model = self.model;
        for score in &model.scores {
            if let ScoreBody::Items { items, .. } = &score.body {
                walk(score, items, visit);
            }
        }
    }
}

fn walk<'a>(score: &'a Score, items: &'a [Item], visit: &mut dyn FnMut(&'a Score, &'a Item)) {
    for item in items {
        visit(score, item);
        if let ItemKind::Group { items, .. } = &item.kind {
            walk(score, items, visit);
        }
    }
}

fn sites(model: &Model) -> Vec<Site<'_>> {
    let mut out = Vec::new();
    out.extend(model.exclusions.iter().map(|e| Site { expr: &e.condition, role: Role::Exclusion }));
    for score in &model.scores {
        if let ScoreBody::Items { exclusions, items } = &score.body {
            out.extend(exclusions.iter().map(|e| Site { expr: &e.condition, role: Role::Exclusion }));
            item_sites(items, &mut out);
        }
    }
    for lifecycle in &model.lifecycles {
        out.extend(lifecycle.holds.iter().map(|h| Site { expr: &h.condition, role: Role::Hold }));
        out.extend(lifecycle.rules.iter().filter_map(|r| match &r.when {
            StageCondition::Condition(c) => Some(Site { expr: c, role: Role::Stage }),
            StageCondition::Excluded => None,
        }));
    }
    out
}

fn item_sites<'m>(items: &'m [Item], out: &mut Vec<Site<'m>>) {
    for item in items {
        match &item.kind {
            ItemKind::If { branches, unknown, .. } => {
                let role = Role::Branch { unknown_part: unknown.is_some() };
                out.extend(branches.iter().map(|b| Site { expr: &b.condition, role }));
            }
            ItemKind::Each(each) => out.extend(each.filter.iter().map(|f| Site { expr: f, role: Role::Where })),
            ItemKind::Group { items, .. } => item_sites(items, out),
            ItemKind::Band { .. } | ItemKind::Match { .. } | ItemKind::MatchEach { .. } | ItemKind::Per { .. } => {}
        }
    }
}

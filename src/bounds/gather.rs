//! The cuts of everything in a model.

use super::draw::MOST_TOGETHER;
use super::subject::filters;
use super::terms::Terms;
use crate::hir::{Each, Expr, ExprKind, Item, ItemKind, Model, ScoreBody, StageCondition};

/// Gathers the cuts of everything in a model.
pub(super) struct Gather<'m, 't> {
    pub(super) model: &'m Model,
    pub(super) terms: &'t mut Terms<'m>,
}

impl<'m> Gather<'m, '_> {
    pub(super) fn model(&mut self) {
        let model = self.model;
        for exclusion in &model.exclusions {
            self.condition(&exclusion.condition);
        }
        for score in &model.scores {
            if let ScoreBody::Items { exclusions, items } = &score.body {
                exclusions.iter().for_each(|e| self.condition(&e.condition));
                items.iter().for_each(|i| self.item(i));
            }
            if let ScoreBody::Conditional(formula) = &score.body {
                formula.branches.iter().for_each(|(condition, _)| self.condition(condition));
            }
        }
        model.rollups.iter().filter_map(|rollup| rollup.filter.as_ref()).for_each(|filter| self.condition(filter));
        for lifecycle in &model.lifecycles {
            lifecycle.holds.iter().for_each(|h| self.condition(&h.condition));
            for rule in &lifecycle.rules {
                if let StageCondition::Condition(c) = &rule.when {
                    self.condition(c);
                }
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the connectives are taken apart; every other form is one test")]
    fn condition(&mut self, expr: &'m Expr) {
        match &expr.kind {
            ExprKind::Not(x) => self.condition(x),
            ExprKind::And(xs) | ExprKind::Or(xs) => xs.iter().for_each(|x| self.condition(x)),
            ExprKind::AtLeast(_, xs) if xs.len() <= MOST_TOGETHER => xs.iter().for_each(|x| self.condition(x)),
            ExprKind::Unless(x, y) => {
                self.condition(x);
                self.condition(y);
            }
            ExprKind::Definition(d) => {
                let model = self.model;
                if let Some(d) = model.definition(*d) {
                    self.condition(&d.value);
                }
            }
            _ => {
                self.terms.gather(expr);
                self.filters(expr);
            }
        }
    }

    /// The conditions of event functions.
    fn filters(&mut self, expr: &'m Expr) {
        let mut found = Vec::new();
        filters(self.model, expr, &mut |filter| found.push(filter));
        found.into_iter().for_each(|f| self.condition(f));
    }

    fn item(&mut self, item: &'m Item) {
        match &item.kind {
            ItemKind::If { branches, .. } => {
                for branch in branches {
                    self.condition(&branch.condition);
                    if let Some((decay, since)) = &branch.decay {
                        self.terms.decay(since, decay, branch.arm.points);
                    }
                }
            }
            ItemKind::Band { value, lines, .. } => {
                self.terms.band(value, lines.iter().map(|l| &l.range));
                self.filters(value);
            }
            ItemKind::Match { value, lines, .. } | ItemKind::MatchEach { set: value, lines, .. } => {
                self.terms.match_lines(value, lines.iter().map(|l| &*l.keys));
                self.filters(value);
            }
            ItemKind::MatchEvents { lines, .. } => lines.iter().for_each(|line| self.each(&line.each)),
            ItemKind::Each(each) => self.each(each),
            ItemKind::Per { step, value, arm, bounds } => {
                self.terms.per(value, *step, arm, bounds);
                self.filters(value);
            }
            ItemKind::Group { when, items, .. } => {
                when.iter().for_each(|when| self.condition(when));
                items.iter().for_each(|i| self.item(i));
            }
        }
    }

    fn each(&mut self, each: &'m Each) {
        self.terms.each(each);
        each.filter.iter().for_each(|f| self.condition(f));
    }
}

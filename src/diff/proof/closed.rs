//! A model with its definitions put in where they are used, so that its expressions stand by themselves.

use crate::hir::{Expr, ExprKind, Item, ItemKind, Model, ScoreBody, StageCondition};

/// Definitions that grow to more expressions than this are left alone.
const LARGEST: usize = 100_000;

/// The model with its definitions put in; `None` where that becomes too large.
#[must_use]
pub(in crate::diff) fn closed(model: &Model) -> Option<Model> {
    let mut out = model.clone();
    let mut fill = Fill { model, left: LARGEST };
    out.exclusions.iter_mut().try_for_each(|e| fill.expr(&mut e.condition))?;
    for score in &mut out.scores {
        if let ScoreBody::Items { exclusions, items } = &mut score.body {
            exclusions.iter_mut().try_for_each(|e| fill.expr(&mut e.condition))?;
            items.iter_mut().try_for_each(|i| fill.item(i))?;
        }
        if let ScoreBody::Conditional(formula) = &mut score.body {
            formula.branches.iter_mut().try_for_each(|(condition, _)| fill.expr(condition))?;
        }
    }
    for lifecycle in &mut out.lifecycles {
        lifecycle.holds.iter_mut().try_for_each(|h| fill.expr(&mut h.condition))?;
        for rule in &mut lifecycle.rules {
            if let StageCondition::Condition(condition) = &mut rule.when {
                fill.expr(condition)?;
            }
        }
    }
    Some(out)
}

struct Fill<'m> {
    model: &'m Model,
    left: usize,
}

impl Fill<'_> {
    fn item(&mut self, item: &mut Item) -> Option<()> {
        match &mut item.kind {
            ItemKind::If { branches, .. } => branches.iter_mut().try_for_each(|branch| {
                self.expr(&mut branch.condition)?;
                branch.decay.as_mut().map_or(Some(()), |(_, since)| self.expr(since))
            }),
            ItemKind::Band { value, .. }
            | ItemKind::Match { value, .. }
            | ItemKind::MatchEach { set: value, .. }
            | ItemKind::Per { value, .. } => self.expr(value),
            ItemKind::MatchEvents { filter, lines, .. } => {
                let filters = lines.iter_mut().filter_map(|line| line.each.filter.as_mut());
                filter.iter_mut().chain(filters).try_for_each(|filter| self.expr(filter))
            }
            ItemKind::Each(each) => each.filter.as_mut().map_or(Some(()), |filter| self.expr(filter)),
            ItemKind::Group { when, items, .. } => {
                when.iter_mut().try_for_each(|when| self.expr(when))?;
                items.iter_mut().try_for_each(|i| self.item(i))
            }
        }
    }

    fn expr(&mut self, expr: &mut Expr) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        if let ExprKind::Definition(id) = expr.kind {
            *expr = self.model.definition(id)?.value.clone();
            return self.expr(expr);
        }
        expr.operands_mut().try_for_each(|x| self.expr(x))
    }
}

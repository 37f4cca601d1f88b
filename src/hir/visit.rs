//! One walk over the rules of a model, and what an item holds and gives, for whoever need not know every kind of item.

use super::{Arm, Bounds, Decay, Each, Exclusion, Expr, Item, ItemKind, Lifecycle, Model, ScoreBody, StageCondition, Times};
use crate::source::Span;

/// What of a rule an expression is.
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
    /// The `when` of a group.
    When,
    /// A `where`, of an `each` or an event function.
    Where,
    /// The events of one line of a `match each`: the `where` of all of them with the line's own keys.
    Line,
    /// The number that a `band` or `per` looks at.
    Amount,
    /// The `where` of a rollup; [`Model::visit`] leaves rollups out, so that only those who ask for them see it.
    Filter,
    /// What a `match` chooses its line by.
    Choice,
    /// The date since which points fade.
    Since,
}

/// An expression where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Site<'m> {
    /// The expression.
    pub expr: &'m Expr,
    /// What it is.
    pub role: Role,
    /// The item that it is part of; none of exclusions, formulas and lifecycles.
    pub item: Option<&'m Item>,
    /// The whole rule.
    pub rule: Span,
}

impl Site<'_> {
    /// What meets the condition or does not.
    #[must_use]
    pub fn who(&self) -> &'static str {
        if self.role == Role::Where { "event" } else { "record" }
    }
}

/// What is told of a model while it is walked: exclusions, scores with their items, lifecycles, each in the order of the source. What is
/// inside an expression, and what a definition stands for, is left to the visitor.
pub trait Visit<'m> {
    /// An item, before its expressions; a group before its items.
    fn item(&mut self, _item: &'m Item) {}

    /// A lifecycle, before its conditions.
    fn lifecycle(&mut self, _lifecycle: &'m Lifecycle) {}

    /// An expression of a rule.
    fn site(&mut self, site: Site<'m>);
}

impl Model {
    /// Walks all rules.
    pub fn visit<'m>(&'m self, visitor: &mut impl Visit<'m>) {
        exclusions(&self.exclusions, visitor);
        for score in &self.scores {
            match &score.body {
                ScoreBody::Items { exclusions: own, .. } => exclusions(own, visitor),
                ScoreBody::Conditional(formula) => {
                    let role = Role::Branch { unknown_part: formula.unknown.is_some() };
                    for (expr, then) in &formula.branches {
                        visitor.site(Site { expr, role, item: None, rule: then.arm.span });
                    }
                }
                ScoreBody::Formula(_) | ScoreBody::Given(_) => {}
            }
            Self::items_of(score, &mut |item, _| {
                visitor.item(item);
                for (role, expr) in item.exprs() {
                    visitor.site(Site { expr, role, item: Some(item), rule: item.span });
                }
            });
        }
        for lifecycle in &self.lifecycles {
            visitor.lifecycle(lifecycle);
            for hold in &lifecycle.holds {
                visitor.site(Site { expr: &hold.condition, role: Role::Hold, item: None, rule: hold.span });
            }
            for rule in &lifecycle.rules {
                if let StageCondition::Condition(expr) = &rule.when {
                    visitor.site(Site { expr, role: Role::Stage, item: None, rule: rule.span });
                }
            }
        }
    }

    /// Changes the expressions of all rules, in the order of [`Model::visit`], until one cannot be changed.
    pub fn change(&mut self, change: &mut impl FnMut(&mut Expr) -> Option<()>) -> Option<()> {
        self.exclusions.iter_mut().try_for_each(|exclusion| change(&mut exclusion.condition))?;
        for score in &mut self.scores {
            match &mut score.body {
                ScoreBody::Items { exclusions, items } => {
                    exclusions.iter_mut().try_for_each(|exclusion| change(&mut exclusion.condition))?;
                    items.iter_mut().try_for_each(|item| item.change(change))?;
                }
                ScoreBody::Conditional(formula) => {
                    formula.branches.iter_mut().try_for_each(|(condition, _)| change(condition))?;
                }
                ScoreBody::Formula(_) | ScoreBody::Given(_) => {}
            }
        }
        for lifecycle in &mut self.lifecycles {
            lifecycle.holds.iter_mut().try_for_each(|hold| change(&mut hold.condition))?;
            for rule in &mut lifecycle.rules {
                if let StageCondition::Condition(condition) = &mut rule.when {
                    change(condition)?;
                }
            }
        }
        Some(())
    }
}

fn exclusions<'m>(exclusions: &'m [Exclusion], visitor: &mut impl Visit<'m>) {
    for exclusion in exclusions {
        visitor.site(Site { expr: &exclusion.condition, role: Role::Exclusion, item: None, rule: exclusion.span });
    }
}

/// The expressions of an item with what they are, in the order of the source; not those of the items in a group.
macro_rules! exprs {
    ($item:expr, $each:ident $(, $mutable:tt)?) => {{
        let mut out: Vec<(Role, & $($mutable)? Expr)> = Vec::new();
        match & $($mutable)? $item.kind {
            ItemKind::If { branches, unknown, .. } => {
                let role = Role::Branch { unknown_part: unknown.is_some() };
                for branch in branches.$each() {
                    out.push((role, & $($mutable)? branch.condition));
                    out.extend(branch.decay.$each().map(|(_, since)| (Role::Since, since)));
                }
            }
            ItemKind::Band { value, .. } | ItemKind::Per { value, .. } => out.push((Role::Amount, value)),
            ItemKind::Match { value, .. } | ItemKind::MatchEach { set: value, .. } => out.push((Role::Choice, value)),
            ItemKind::MatchEvents { filter, lines, .. } => {
                out.extend(filter.$each().map(|filter| (Role::Where, filter)));
                let filters = lines.$each().flat_map(|line| line.each.filter.$each());
                out.extend(filters.map(|filter| (Role::Line, filter)));
            }
            ItemKind::Each(each) => out.extend(each.filter.$each().map(|filter| (Role::Where, filter))),
            ItemKind::Group { when, .. } => out.extend(when.$each().map(|when| (Role::When, when))),
        }
        out
    }};
}

impl Item {
    /// The items of a group; none of any other item.
    #[must_use]
    pub fn inner(&self) -> &[Self] {
        if let ItemKind::Group { items, .. } = &self.kind { items } else { &[] }
    }

    /// Whether it has lines below a head: `band`, `match`, `match each` and their like.
    #[must_use]
    pub const fn has_lines(&self) -> bool {
        matches!(
            self.kind,
            ItemKind::Band { .. } | ItemKind::Match { .. } | ItemKind::MatchEach { .. } | ItemKind::MatchEvents { .. }
        )
    }

    /// Its expressions with what they are, in the order of the source; not those of the items in a group.
    #[must_use]
    pub fn exprs(&self) -> Vec<(Role, &Expr)> {
        exprs!(self, iter)
    }

    /// The same, to be changed.
    pub fn exprs_mut(&mut self) -> Vec<(Role, &mut Expr)> {
        exprs!(self, iter_mut, mut)
    }

    fn change(&mut self, change: &mut impl FnMut(&mut Expr) -> Option<()>) -> Option<()> {
        self.exprs_mut().into_iter().try_for_each(|(_, expr)| change(expr))?;
        if let ItemKind::Group { items, .. } = &mut self.kind {
            items.iter_mut().try_for_each(|item| item.change(change))?;
        }
        Some(())
    }

    /// The rules for each event that it is made of: an `each`, or the lines of a `match each` over events.
    #[must_use]
    pub fn event_rules(&self) -> Vec<&Each> {
        match &self.kind {
            ItemKind::Each(each) => vec![each],
            ItemKind::MatchEvents { lines, .. } => lines.iter().map(|line| &line.each).collect(),
            ItemKind::If { .. }
            | ItemKind::Band { .. }
            | ItemKind::Match { .. }
            | ItemKind::MatchEach { .. }
            | ItemKind::Per { .. }
            | ItemKind::Group { .. } => Vec::new(),
        }
    }

    /// Its arms that have bounds of their own and give points for each of something, with how many events may count.
    #[must_use]
    pub fn bounded(&self) -> Vec<(&Arm, &Bounds, Option<Times>)> {
        if let ItemKind::Per { arm, bounds, .. } = &self.kind {
            return vec![(arm, bounds, None)];
        }
        self.event_rules().into_iter().map(|each| (&each.arm, &each.bounds, each.times)).collect()
    }

    /// Whether it gives points for each of something: events, members of a set, units of a number.
    #[must_use]
    pub const fn counts(&self) -> bool {
        matches!(self.kind, ItemKind::MatchEach { .. } | ItemKind::MatchEvents { .. } | ItemKind::Each(_) | ItemKind::Per { .. })
    }

    /// Its arms, each with how its points fade, in the order of the source.
    pub fn arms(&self) -> Vec<(&Arm, Option<&Decay>)> {
        let mut arms: Vec<(&Arm, Option<&Decay>)> = match &self.kind {
            ItemKind::If { branches, otherwise, unknown } => {
                let branches = branches.iter().map(|b| (&b.arm, b.decay.as_ref().map(|(decay, _)| decay)));
                branches.chain(otherwise.iter().chain(unknown).map(|arm| (arm, None))).collect()
            }
            ItemKind::Band { lines, otherwise, unknown, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).chain(unknown).map(|arm| (arm, None)).collect()
            }
            ItemKind::Match { lines, otherwise, unknown, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).chain(unknown).map(|arm| (arm, None)).collect()
            }
            ItemKind::MatchEach { lines, otherwise, .. } => {
                lines.iter().map(|l| &l.arm).chain(otherwise).map(|arm| (arm, None)).collect()
            }
            ItemKind::MatchEvents { lines, .. } => lines.iter().map(|l| (&l.each.arm, l.each.decay.as_ref())).collect(),
            ItemKind::Each(each) => vec![(&each.arm, each.decay.as_ref())],
            ItemKind::Per { arm, .. } => vec![(arm, None)],
            ItemKind::Group { .. } => Vec::new(),
        };
        arms.sort_by_key(|(arm, _)| arm.span.start);
        arms
    }
}

//! What expressions look at, through definitions.

use std::collections::BTreeSet;

use crate::hir::{DefId, Expr, ExprKind, Model};
use crate::schema::PropId;

/// What an expression looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Properties, those within event functions left out.
    pub(super) properties: BTreeSet<PropId>,
    /// Whether it looks at anything else: events, scores, labels, stages.
    pub(super) other: bool,
}

/// What every definition looks at.
#[derive(Debug, Default)]
pub(super) struct Facts {
    mentions: Vec<Mentions>,
    refers: Vec<Vec<DefId>>,
}

impl Facts {
    pub(super) fn of(model: &Model) -> Self {
        let mut facts = Self::default();
        for definition in &model.definitions {
            let mentions = facts.mentions(&definition.value);
            let mut refers = Vec::new();
            collect_definitions(&definition.value, &mut refers);
            facts.mentions.push(mentions);
            facts.refers.push(refers);
        }
        facts
    }

    /// What an expression looks at.
    pub(super) fn mentions(&self, expr: &Expr) -> Mentions {
        let mut mentions = Mentions::default();
        self.add(expr, &mut mentions);
        mentions
    }

    fn add(&self, expr: &Expr, into: &mut Mentions) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the leaves that look at something are named; everything else holds them"
        )]
        match &expr.kind {
            ExprKind::Property(id) => {
                into.properties.insert(*id);
            }
            ExprKind::Definition(id) => {
                if let Some(known) = self.mentions.get(id.index()) {
                    into.properties.extend(&known.properties);
                    into.other |= known.other;
                }
            }
            ExprKind::Score(_)
            | ExprKind::Label(_)
            | ExprKind::Stage(_)
            | ExprKind::NoStage
            | ExprKind::Move(_)
            | ExprKind::Excluded
            | ExprKind::NoEvents(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Field(..) => into.other = true,
            _ => children(expr, &mut |child| self.add(child, into)),
        }
    }

    /// The definitions that `id` refers to, over any number of steps, and itself, each after those it refers to; those that are `done`
    /// are left out.
    pub(super) fn chain(&self, id: DefId, done: impl Fn(DefId) -> bool) -> BTreeSet<DefId> {
        let mut found = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !done(id) && found.insert(id) {
                open.extend(self.refers.get(id.index()).into_iter().flatten());
            }
        }
        found
    }
}

fn collect_definitions(expr: &Expr, into: &mut Vec<DefId>) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only two forms matter here; everything else holds them")]
    match &expr.kind {
        ExprKind::Definition(id) => into.push(*id),
        ExprKind::Aggregate(aggregate) => {
            if let Some(filter) = &aggregate.filter {
                collect_definitions(filter, into);
            }
        }
        _ => children(expr, &mut |child| collect_definitions(child, into)),
    }
}

/// Visits the operands of an expression; the condition of an event function is none, since it is looked at once an event.
pub(super) fn children<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    if !matches!(expr.kind, ExprKind::Aggregate(_)) {
        expr.operands().for_each(visit);
    }
}

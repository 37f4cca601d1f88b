//! Which properties and events the rules of a model read, and where.

use std::collections::BTreeSet;

use super::visit::{Site, Visit};
use super::{Expr, ExprKind, Item, ItemKind, Lifecycle, Model, Rollup};
use crate::schema::{EventId, FieldId, PropId};
use crate::source::Span;
use crate::value::Value;

/// What the rules of a model read; the key is not counted, unless a rule reads it.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// By property: the places of the rules that read it, in source order within their kind.
    pub properties: Vec<Vec<Span>>,
    /// By event list.
    pub events: Vec<EventUse>,
    /// By property: the codes of its options that a rule names.
    pub named: Vec<BTreeSet<u32>>,
}

/// What the rules read of an event list.
#[derive(Debug, Clone, Default)]
pub struct EventUse {
    /// The places of the rules that read it.
    pub rules: Vec<Span>,
    /// By field: whether a rule reads it; `at` always counts where the list is read.
    pub fields: Vec<bool>,
}

impl Uses {
    /// What the rules of `model` read.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let mut walk = Walk { model, uses: Self::none(model), rule: Span::default() };
        model.visit(&mut walk);
        walk.uses
    }

    /// What a rollup reads of the records, beside what the scores and labels that it goes by read.
    #[must_use]
    pub fn of_rollup(model: &Model, rollup: &Rollup) -> Self {
        let mut walk = Walk { model, uses: Self::none(model), rule: rollup.key.span };
        walk.expr(&rollup.key);
        for condition in rollup.conditions() {
            walk.rule = condition.span;
            walk.expr(condition);
        }
        walk.uses
    }

    /// What one expression reads, definitions included.
    #[must_use]
    pub fn of_expr(model: &Model, expr: &Expr) -> Self {
        let mut walk = Walk { model, uses: Self::none(model), rule: expr.span };
        walk.expr(expr);
        walk.uses
    }

    fn none(model: &Model) -> Self {
        let properties = model.schema.properties.len();
        let unread = |fields: usize| EventUse { rules: Vec::new(), fields: vec![false; fields] };
        Self {
            properties: vec![Vec::new(); properties],
            events: model.schema.events.iter().map(|e| unread(e.fields.len())).collect(),
            named: vec![BTreeSet::new(); properties],
        }
    }
}

struct Walk<'m> {
    model: &'m Model,
    uses: Uses,
    rule: Span,
}

impl<'m> Visit<'m> for Walk<'m> {
    fn item(&mut self, item: &'m Item) {
        self.rule = item.span;
        for each in item.event_rules() {
            self.event(each.event, each.times.and_then(|times| times.field()));
        }
        if let ItemKind::Match { value, lines, .. } | ItemKind::MatchEach { set: value, lines, .. } = &item.kind {
            self.names(value, lines.iter().flat_map(|l| &l.keys).filter_map(option_code));
        }
    }

    fn lifecycle(&mut self, lifecycle: &'m Lifecycle) {
        self.rule = lifecycle.name_span;
        lifecycle.property.into_iter().for_each(|property| self.property(property));
    }

    fn site(&mut self, site: Site<'m>) {
        self.rule = site.rule;
        self.expr(site.expr);
    }
}

impl Walk<'_> {
    fn names(&mut self, value: &Expr, codes: impl Iterator<Item = u32>) {
        let mut inner = value;
        while let ExprKind::Definition(id) = inner.kind
            && let Some(definition) = self.model.definition(id)
        {
            inner = &definition.value;
        }
        if let ExprKind::Property(id) = inner.kind
            && let Some(named) = self.uses.named.get_mut(id.0 as usize)
        {
            named.extend(codes);
        }
    }

    fn property(&mut self, id: PropId) {
        let rule = self.rule;
        if let Some(rules) = self.uses.properties.get_mut(id.0 as usize)
            && rules.last() != Some(&rule)
        {
            rules.push(rule);
        }
    }

    fn event(&mut self, id: EventId, field: Option<FieldId>) {
        let rule = self.rule;
        let at = self.model.schema.event(id).map(|list| list.at);
        let Some(list) = self.uses.events.get_mut(id.0 as usize) else { return };
        if list.rules.last() != Some(&rule) {
            list.rules.push(rule);
        }
        for field in [at, field].into_iter().flatten() {
            if let Some(used) = list.fields.get_mut(field.0 as usize) {
                *used = true;
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Property(id) = expr.kind {
            self.property(id);
        } else if let ExprKind::Field(event, field) = expr.kind {
            self.event(event, Some(field));
        } else if let ExprKind::NoEvents(event) = expr.kind {
            self.event(event, None);
        } else if let ExprKind::Aggregate(aggregate) = &expr.kind {
            self.event(aggregate.event, aggregate.field);
        } else if let ExprKind::InOptions(value, codes) | ExprKind::HasOptions { set: value, codes, .. } = &expr.kind {
            self.names(value, codes.iter().copied());
        } else if let ExprKind::Compare(_, a, b) = &expr.kind {
            for (value, constant) in [(a, b), (b, a)] {
                if let ExprKind::Literal(constant) = &constant.kind {
                    self.names(value, option_code(constant).into_iter());
                }
            }
        } else if let ExprKind::Definition(id) = expr.kind
            && let Some(definition) = self.model.definition(id)
        {
            self.expr(&definition.value);
        }
        expr.operands().for_each(|child| self.expr(child));
    }
}

fn option_code(value: &Value) -> Option<u32> {
    if let Value::Option(code) = value { Some(*code) } else { None }
}

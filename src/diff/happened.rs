//! Events to try when a record is looked for that comes out differently: one at each end of every window, with what a `where` names.

use std::collections::BTreeSet;

use super::proof::closed;
use crate::hir::visit::{Role, Site, Visit};
use crate::hir::{Aggregate, AsOf, Expr, ExprKind, Item, Model};
use crate::op::{Duration, Unit};
use crate::schema::EventId;
use crate::time::months_back;
use crate::value::{Type, Value};

/// An event with a value for each field of its list.
pub(super) type Event = (EventId, Vec<Option<Value>>);

/// The events to try for these models.
pub(super) fn events(models: [&Model; 2], as_of: AsOf) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    for model in models {
        let Some(model) = closed(model) else { continue };
        let mut walk = Walk { model: &model, as_of, out: &mut out };
        model.visit(&mut walk);
    }
    out
}

struct Walk<'a> {
    model: &'a Model,
    as_of: AsOf,
    out: &'a mut Vec<Event>,
}

impl<'m> Visit<'m> for Walk<'_> {
    fn item(&mut self, item: &'m Item) {
        item.event_rules().into_iter().for_each(|each| self.happened(each.event, each.within, each.filter.as_ref()));
    }

    fn site(&mut self, site: Site<'m>) {
        // What an event rule asks for is told with the rule.
        if !matches!(site.role, Role::Where | Role::Line | Role::Since) {
            self.expr(site.expr);
        }
    }
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Aggregate(it) = &expr.kind {
            let Aggregate { event, within, filter, .. } = &**it;
            self.happened(*event, *within, filter.as_ref());
        }
        expr.operands().for_each(|child| self.expr(child));
    }

    fn happened(&mut self, event: EventId, within: Option<Duration>, filter: Option<&Expr>) {
        let Some(list) = self.model.schema.event(event) else { return };
        let mut days = BTreeSet::from([0_i64]);
        if let Some(Duration { count, unit }) = within {
            let n = i64::from(count);
            let far = match unit {
                Unit::Hours => n / 24,
                Unit::Days => n,
                Unit::Weeks => 7 * n,
                Unit::Months | Unit::Years => {
                    let months = if unit == Unit::Years { 12 * n } else { n };
                    // Nothing is so long ago.
                    months_back(self.as_of.day, months).map_or(0, |day| i64::from(self.as_of.day - day))
                }
            };
            days.extend([far - 1, far, far + 1]);
        }
        let mut named: Vec<Option<Value>> = vec![None; list.fields.len()];
        if let Some(filter) = filter {
            fill(filter, &mut named);
        }
        let Some(at) = list.field(list.at) else { return };
        for days in days {
            let Ok(day) = i32::try_from(i64::from(self.as_of.day) - days) else { continue };
            let moment = AsOf::end_of(day, &self.model.schema.zone);
            let mut fields = named.clone();
            if let Some(slot) = fields.get_mut(list.at.0 as usize) {
                *slot = Some(if at.ty == Type::Date { Value::Date(day) } else { Value::DateTime(moment.micros) });
            }
            let event = (event, fields);
            if !self.out.contains(&event) {
                self.out.push(event);
            }
        }
    }
}

/// Gives the fields that a `where` names the first value that it names for them.
fn fill(filter: &Expr, fields: &mut [Option<Value>]) {
    let mut put = |field: &Expr, value: Option<Value>| {
        if let ExprKind::Field(_, id) = field.kind
            && let Some(slot) = fields.get_mut(id.0 as usize)
            && slot.is_none()
        {
            *slot = value;
        }
    };
    if let ExprKind::TextTest { text, texts, .. } = &filter.kind {
        put(text, texts.items.first().cloned().map(Value::Text));
    } else if let ExprKind::InOptions(field, codes) = &filter.kind {
        put(field, codes.first().copied().map(Value::Option));
    } else if let ExprKind::InValues(field, values) = &filter.kind {
        put(field, values.first().cloned());
    } else if let ExprKind::Compare(_, field, other) = &filter.kind
        && let ExprKind::Literal(value) = &other.kind
    {
        put(field, Some(value.clone()));
    } else {
        filter.operands().for_each(|child| fill(child, fields));
    }
}

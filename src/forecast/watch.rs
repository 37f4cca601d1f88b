//! Which dates a model looks at, and what about them time can change.

use super::turn::{Date, Turn};
use crate::hir::visit::{Role, Site, Visit};
use crate::hir::{Each, Expr, ExprKind, Item, ItemKind, Model, RangeEnd};
use crate::op::{Duration, Unit};
use crate::schema::{EventId, FieldId, PropId};
use crate::time::day_of;
use crate::value::Value;

/// Where a date comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A property.
    Property(PropId),
    /// A field of events.
    Field(EventId, FieldId),
    /// A constant.
    Fixed(Date),
    /// It is not known from where, so every day may be one.
    Everything,
}

/// A date and what time can change about it.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) source: Source,
    pub(super) turns: Vec<Turn>,
}

impl Watch {
    /// Whether the time of day matters.
    pub(super) fn hours(&self) -> bool {
        self.turns.iter().any(|turn| turn.hours())
    }
}

/// All dates that the rules of a model look at.
pub(super) fn watches(model: &Model) -> Vec<Watch> {
    let mut walk = Walk { model, watches: Vec::new() };
    model.visit(&mut walk);
    walk.watches
}

struct Walk<'m> {
    model: &'m Model,
    watches: Vec<Watch>,
}

impl<'m> Visit<'m> for Walk<'m> {
    fn item(&mut self, item: &'m Item) {
        if let ItemKind::If { branches, .. } = &item.kind {
            for branch in branches {
                if let Some((decay, since)) = &branch.decay {
                    self.date(since, &[Turn::Fades(*decay, branch.arm.points)]);
                }
            }
        }
        if let ItemKind::Band { value, lines, .. } = &item.kind {
            self.compared(value, &lines.iter().flat_map(|l| ends(&l.range)).collect::<Vec<_>>());
        }
        item.event_rules().into_iter().for_each(|each| self.each(each));
    }

    fn site(&mut self, site: Site<'m>) {
        let compared = site.item.is_some_and(|item| matches!(item.kind, ItemKind::Band { .. }));
        if site.role != Role::Since && !compared {
            self.expr(site.expr);
        }
    }
}

impl Walk<'_> {
    fn watch(&mut self, source: Source, turn: Turn) {
        match self.watches.iter_mut().find(|w| w.source == source) {
            Some(watch) if watch.turns.contains(&turn) => {}
            Some(watch) => watch.turns.push(turn),
            None => self.watches.push(Watch { source, turns: vec![turn] }),
        }
    }

    fn date(&mut self, date: &Expr, turns: &[Turn]) {
        let source = self.source(date);
        turns.iter().for_each(|&turn| self.watch(source, turn));
        // The date may itself come from events whose `where` or window looks at time.
        self.expr(date);
    }

    /// Where the value of a date comes from; of events, any of theirs.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a form of date that is not known here is looked at every day")]
    fn source(&self, date: &Expr) -> Source {
        match &date.kind {
            ExprKind::Property(id) => Source::Property(*id),
            ExprKind::Field(event, field) => Source::Field(*event, *field),
            ExprKind::ToDate(inner) => self.source(inner),
            ExprKind::Definition(id) => self.model.definition(*id).map_or(Source::Everything, |d| self.source(&d.value)),
            ExprKind::Literal(Value::Date(day)) => Source::Fixed(Date { day: i64::from(*day), micros: None }),
            ExprKind::Literal(Value::DateTime(micros)) => {
                let day = i64::from(day_of(*micros, &self.model.schema.zone));
                Source::Fixed(Date { day, micros: Some(*micros) })
            }
            ExprKind::Aggregate(it) => match it.field.or_else(|| self.model.schema.event(it.event).map(|list| list.at)) {
                Some(field) => Source::Field(it.event, field),
                None => Source::Everything,
            },
            _ => Source::Everything,
        }
    }

    fn events(&mut self, event: EventId, within: Option<Duration>) {
        let source = self.model.schema.event(event).map_or(Source::Everything, |list| Source::Field(event, list.at));
        // An event after the moment of the run does not exist yet.
        self.watch(source, Turn::Comes);
        if let Some(within) = within {
            self.watch(source, Turn::Passes(within.unit, i64::from(within.count)));
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Within { date, duration, next } = &expr.kind {
            let (unit, n) = (duration.unit, i64::from(duration.count));
            self.date(
                date,
                &if *next { [Turn::Nears(unit, n), Turn::IsOver(unit)] } else { [Turn::Comes, Turn::Passes(unit, n)] },
            );
        } else if let ExprKind::MoreThanAgo(date, duration) = &expr.kind {
            self.date(date, &[Turn::Passes(duration.unit, i64::from(duration.count))]);
        } else if let ExprKind::Elapsed { unit, date, .. } = &expr.kind {
            self.date(date, &[Turn::Counts(*unit)]);
        } else if let ExprKind::Compare(_, a, b) = &expr.kind {
            let measured = |x: &Expr, y: &Expr| constant(y).map(|n| vec![n]).filter(|_| self.measured(x).is_some());
            if let Some(ends) = measured(a, b) {
                self.compared(a, &ends);
            } else if let Some(ends) = measured(b, a) {
                self.compared(b, &ends);
            } else {
                self.expr(a);
                self.expr(b);
            }
        } else if let ExprKind::InRange(x, range) = &expr.kind {
            self.compared(x, &ends(range));
        } else if let ExprKind::InValues(x, values) = &expr.kind {
            self.compared(x, &values.iter().filter_map(number).collect::<Vec<_>>());
        } else if let ExprKind::Definition(id) = expr.kind {
            if let Some(definition) = self.model.definition(id) {
                self.expr(&definition.value);
            }
        } else {
            if let ExprKind::Aggregate(it) = &expr.kind {
                self.events(it.event, it.within);
            } else if let ExprKind::NoEvents(event) = expr.kind {
                self.events(event, None);
            }
            expr.operands().for_each(|child| self.expr(child));
        }
    }

    /// A value that is compared with these constants: where it is a time since a date, only these matter.
    fn compared(&mut self, value: &Expr, ends: &[f64]) {
        let Some((unit, until, date)) = self.measured(value).map(|(unit, until, date)| (unit, until, date.clone())) else {
            self.expr(value);
            return;
        };
        for &end in ends {
            let end = if until { -end } else { end };
            // A whole number turns a comparison where it becomes the constant, and where it becomes more than that.
            for n in [end.ceil(), end.floor() + 1.0] {
                if let Some(n) = whole(n) {
                    self.date(&date, &[Turn::Reaches(unit, n)]);
                }
            }
        }
        self.expr(&date);
    }

    /// The unit, direction and date of a time since or until a date.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are a time since a date")]
    fn measured<'e>(&'e self, expr: &'e Expr) -> Option<(Unit, bool, &'e Expr)> {
        match &expr.kind {
            ExprKind::Elapsed { unit, until, date } => Some((*unit, *until, date)),
            ExprKind::ToNumber(x) => self.measured(x),
            ExprKind::Definition(id) => self.measured(&self.model.definition(*id)?.value),
            _ => None,
        }
    }

    fn each(&mut self, each: &Each) {
        self.events(each.event, each.within);
        if let (Some(decay), Some(list)) = (each.decay, self.model.schema.event(each.event)) {
            self.watch(Source::Field(each.event, list.at), Turn::Fades(decay, each.arm.points));
        }
    }
}

fn ends(range: &crate::hir::Range) -> Vec<f64> {
    let end = |end: RangeEnd| if let RangeEnd::Decimal(d) = end { Some(d.to_f64()) } else { None };
    [range.lo, range.hi].into_iter().flatten().filter_map(end).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are constant numbers")]
fn constant(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Literal(value) => number(value),
        ExprKind::ToNumber(x) => constant(x),
        ExprKind::Negate(x) => constant(x).map(|n| -n),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are numbers")]
fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "no time since a date is so long that it matters")]
        Value::Integer(n) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        Value::Decimal(d) => Some(d.to_f64()),
        _ => None,
    }
}

/// A number of units, if any date can be so far away.
#[expect(clippy::cast_possible_truncation, reason = "held to small numbers just before")]
fn whole(n: f64) -> Option<i64> {
    (n.abs() < 1e9).then_some(n as i64)
}

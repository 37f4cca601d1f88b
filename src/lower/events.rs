//! Events: which exist, which are selected, and what functions make of them.

use super::Lowerer;
use super::expr::Val;
use crate::bytecode::{Clock, ColumnRef, Distinct, Domain, InstrKind, IntReg, MaskReg, Window};
use crate::hir::{Aggregate, AggregateFunction, Duration, Expr, Unit};
use crate::invariant::Sure as _;
use crate::schema::{EventId, FieldId};
use crate::source::Span;
use crate::value::Type;

/// The points in time of a list's events.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    /// As they are: days or moments.
    pub(super) raw: IntReg,
    /// Calendar days.
    pub(super) day: IntReg,
    /// What `raw` counts.
    clock: Clock,
    known: MaskReg,
}

impl Lowerer<'_> {
    pub(super) fn field_type(&self, event: EventId, field: FieldId) -> Option<Type> {
        self.model.schema.event(event).and_then(|e| e.field(field)).map(|f| f.ty.clone())
    }

    pub(super) fn at(&mut self, event: EventId, span: Span) -> At {
        let domain = Domain::Events(event);
        let field = self.model.schema.event(event).map_or(FieldId(0), |e| e.at);
        let (raw, known) = self.builder.int(InstrKind::LoadInt(ColumnRef::Field(event, field)), domain, span);
        if self.field_type(event, field) == Some(Type::DateTime) {
            let day = self.builder.int(InstrKind::ToDay(raw), domain, span).0;
            At { raw, day, clock: Clock::Micros, known }
        } else {
            At { raw, day: raw, clock: Clock::Days, known }
        }
    }

    /// The events that exist: those with a point in time that is not after `as of`.
    pub(super) fn existing(&mut self, event: EventId, span: Span) -> MaskReg {
        let domain = Domain::Events(event);
        let at = self.at(event, span);
        let past = self.builder.mask(InstrKind::Window(at.raw, at.clock, Window::Past), domain, span);
        self.builder.and(past, at.known, domain, span)
    }

    /// The events that exist, are recent enough, and pass the filter.
    pub(super) fn selected(&mut self, event: EventId, within: Option<Duration>, filter: Option<&Expr>, span: Span) -> MaskReg {
        let domain = Domain::Events(event);
        let mut selected = self.existing(event, span);
        if let Some(duration) = within {
            let at = self.at(event, span);
            let (value, clock) = if duration.unit == Unit::Hours { (at.raw, at.clock) } else { (at.day, Clock::Days) };
            let recent = self.builder.mask(InstrKind::Window(value, clock, Window::Within(duration)), domain, span);
            selected = self.builder.and(selected, recent, domain, span);
        }
        if let Some(filter) = filter {
            let (t, _) = self.truth(filter, domain);
            selected = self.builder.and(selected, t, domain, span);
        }
        selected
    }

    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, span: Span) -> Val {
        let event = aggregate.event;
        let domain = Domain::Events(event);
        let selected = self.selected(event, aggregate.within, aggregate.filter.as_ref(), span);
        let function = aggregate.function;
        match function {
            AggregateFunction::Count => {
                let (value, known) = self.builder.int(InstrKind::Count(event, selected), Domain::Records, span);
                return Val::Int(value, known);
            }
            AggregateFunction::Any => {
                let t = self.builder.mask(InstrKind::HasEvent(event, selected), Domain::Records, span);
                return Val::Truth(t, self.builder.not(t, Domain::Records, span));
            }
            AggregateFunction::First | AggregateFunction::Last => {
                let at = self.at(event, span);
                return self.aggregate_int(function, event, selected, at.raw, span);
            }
            AggregateFunction::Sum
            | AggregateFunction::Max
            | AggregateFunction::Min
            | AggregateFunction::Average
            | AggregateFunction::Distinct => {}
        }
        let field = aggregate.field.sure("what sums, picks and counts values has a field");
        let ty = self.field_type(event, field).sure("a field of the schema has a type");
        let value = self.column(ColumnRef::Field(event, field), &ty, domain, span);
        let known = self.known(value, domain, span);
        let selected = self.builder.and(selected, known, domain, span);
        if function == AggregateFunction::Distinct {
            let of = match value {
                Val::Int(i, _) => Distinct::Int(i),
                Val::Num(n, _) => Distinct::Num(n),
                Val::Code(c) => Distinct::Code(c),
                Val::Truth(t, _) => Distinct::Truth(t),
                Val::Text(t) => Distinct::Text(t),
                Val::Texts(_) | Val::Set(_) => Distinct::Truth(selected),
            };
            let (value, known) = self.builder.int(InstrKind::Distinct(event, selected, of), Domain::Records, span);
            return Val::Int(value, known);
        }
        match (value, function) {
            (Val::Int(i, _), AggregateFunction::Average) => {
                let (value, known) = self.builder.num(InstrKind::AverageInt(event, selected, i), Domain::Records, span);
                Val::Num(value, known)
            }
            (Val::Int(i, _), _) => self.aggregate_int(function, event, selected, i, span),
            (Val::Num(n, _), _) => {
                let (value, known) = self.builder.num(InstrKind::AggNum(function, event, selected, n), Domain::Records, span);
                Val::Num(value, known)
            }
            (Val::Code(_) | Val::Truth(..) | Val::Text(_) | Val::Texts(_) | Val::Set(_), _) => {
                let none = self.builder.fill(false, Domain::Records, span);
                Val::Truth(none, none)
            }
        }
    }

    fn aggregate_int(
        &mut self,
        function: AggregateFunction,
        event: EventId,
        selected: MaskReg,
        value: IntReg,
        span: Span,
    ) -> Val {
        let (value, known) = self.builder.int(InstrKind::AggInt(function, event, selected, value), Domain::Records, span);
        Val::Int(value, known)
    }
}

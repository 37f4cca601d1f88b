//! Event functions.

use super::compare::{is_dated, is_numeric};
use super::name::Meaning;
use crate::check::checker::{Checker, Scope, as_ident, boolean, type_words, typed};
use crate::check::near::{as_name, nearest};
use crate::check::rollup::GatheredAt;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Aggregate, AggregateFunction, Expr, ExprKind};
use crate::schema::{EventId, FieldId};
use crate::source::Span;
use crate::syntax::ast::{Call, Ident};
use crate::value::Type;

const FUNCTIONS: [(&str, AggregateFunction, bool); 9] = [
    ("count", AggregateFunction::Count, false),
    ("any", AggregateFunction::Any, false),
    ("first", AggregateFunction::First, false),
    ("last", AggregateFunction::Last, false),
    ("sum", AggregateFunction::Sum, true),
    ("max", AggregateFunction::Max, true),
    ("min", AggregateFunction::Min, true),
    ("average", AggregateFunction::Average, true),
    ("distinct", AggregateFunction::Distinct, true),
];

impl Checker<'_> {
    /// `count(E ..)`, `sum(E.f ..)`
    pub(super) fn call(&mut self, call: &Call, span: Span, scope: Scope) -> Option<Expr> {
        let name = &*call.function.name;
        match self.gathered(span) {
            Some(Some(GatheredAt::Score(id))) => return Some(typed(ExprKind::Score(id), Type::Score, span)),
            Some(Some(GatheredAt::Truth(id))) => return Some(boolean(ExprKind::Property(id), span)),
            Some(None) => return None,
            None => {}
        }
        let Some(&(_, function, takes_field)) = FUNCTIONS.iter().find(|f| f.0 == name) else {
            let near = nearest(name, FUNCTIONS.iter().map(|f| f.0));
            let problem = Diagnostic::new(Code::UnknownName, call.function.span, format!("there is no function `{name}`"));
            let all = "the functions are count, any, first, last, sum, max, min, average and distinct";
            self.push(near.advise(problem, call.function.span, all, str::to_owned));
            return None;
        };
        if scope.event.is_some() {
            let message = format!("`{name}( )` cannot be used inside a `where`, which looks at one event");
            return self.mismatch(span, message, "define it outside: `define NAME = ..`, and use that name in the `where`");
        }
        let (event_name, field_name) = match &call.event {
            Some(path) => (path.event.clone(), path.field.clone()),
            None => match call.args.as_slice() {
                [one] if as_ident(one).is_some() => (as_ident(one)?.clone(), None),
                [] => {
                    let message = format!("`{name}( )` names no event list");
                    return self.mismatch(span, message, format!("write `{name}(EVENTS)`"));
                }
                _ => {
                    let message = format!("`{name}( )` of several values belongs in the formula of a score");
                    return self.mismatch(span, message, format!("over events write `{name}(EVENTS.FIELD)`"));
                }
            },
        };
        if function == AggregateFunction::Count && self.is_count_of_set(&event_name, span, scope) {
            return None;
        }
        let event = self.event(&event_name, scope)?;
        let field = match (field_name, takes_field) {
            (Some(field), true) => Some(self.event_field(event, &field)?),
            (None, true) => {
                let help = format!("write `{name}({}.FIELD)`{}", as_name(&event_name.name), self.fields_listed(event));
                return self.mismatch(event_name.span, format!("`{name}( )` needs a field of `{}`", event_name.name), help);
            }
            (Some(field), false) => {
                let help =
                    format!("write `{name}({})`; for values use sum, max, min, average or distinct", as_name(&event_name.name));
                return self.mismatch(field.span, format!("`{name}( )` takes events, not one of their fields"), help);
            }
            (None, false) => None,
        };
        let ty = self.result(function, event, field.as_ref(), (name, span));
        // Every part is looked at before any of them stops the rest.
        let which = self.which_events(event, call.within.as_deref(), call.filter.as_deref(), scope.place);
        let ty = ty?;
        let (within, filter) = which?;
        let aggregate = Aggregate { function, event, field: field.map(|f| f.0), within, filter };
        Some(typed(ExprKind::Aggregate(Box::new(aggregate)), ty, span))
    }

    /// `count(form)` of a set: tells how its members are counted.
    fn is_count_of_set(&mut self, name: &Ident, span: Span, scope: Scope) -> bool {
        let Meaning::Value(value) = self.meaning(name, scope) else { return false };
        if !matches!(value.ty, Type::SetOf(_) | Type::SetOfText) {
            return false;
        }
        let instead = format!("size of {}", as_name(&name.name));
        let message = format!("`{}` is {}, and `count( )` takes events", name.name, type_words(&value.ty));
        let problem = Diagnostic::new(Code::TypeMismatch, name.span, message).help(format!("write `{instead}`")).fix(
            true,
            format!("replace with `{instead}`"),
            span,
            instead,
        );
        self.push(problem);
        true
    }

    /// The type of a function's result; what it cannot be taken of is told.
    fn result(
        &mut self,
        function: AggregateFunction,
        event: EventId,
        field: Option<&(FieldId, Type, Span)>,
        call: (&str, Span),
    ) -> Option<Type> {
        let (name, _) = call;
        let of = |wanted: &str, field: &(FieldId, Type, Span), this: &mut Self| {
            let message = format!("`{}` is {}, and `{name}( )` takes {wanted}", this.words(field.2), type_words(&field.1));
            this.error(Code::TypeMismatch, field.2, message, format!("name a field that is {wanted}"));
        };
        match (function, field) {
            (AggregateFunction::Count, _) => Some(Type::Integer),
            (AggregateFunction::Any, _) => Some(Type::Boolean),
            (AggregateFunction::First | AggregateFunction::Last, _) => {
                let list = self.env.schema.event(event)?;
                list.field(list.at).map(|f| f.ty.clone()).filter(is_dated)
            }
            (AggregateFunction::Distinct, Some(field)) => {
                if matches!(field.1, Type::SetOf(_) | Type::SetOfText) {
                    of("a single value", field, self);
                    return None;
                }
                Some(Type::Integer)
            }
            (AggregateFunction::Sum, Some(field)) if is_numeric(&field.1) => Some(field.1.clone()),
            (AggregateFunction::Average, Some(field)) if is_numeric(&field.1) => Some(Type::Number),
            (AggregateFunction::Max | AggregateFunction::Min, Some(field)) if is_numeric(&field.1) || is_dated(&field.1) => {
                Some(field.1.clone())
            }
            (AggregateFunction::Sum | AggregateFunction::Average, Some(field)) => {
                of("a number", field, self);
                None
            }
            (AggregateFunction::Max | AggregateFunction::Min, Some(field)) => {
                of("a number or a date", field, self);
                None
            }
            (
                AggregateFunction::Sum
                | AggregateFunction::Average
                | AggregateFunction::Max
                | AggregateFunction::Min
                | AggregateFunction::Distinct,
                None,
            ) => None,
        }
    }

    /// The event list of a name.
    pub(in crate::check) fn event(&mut self, name: &Ident, scope: Scope) -> Option<EventId> {
        match self.meaning(name, scope) {
            Meaning::Events(event) => return Some(event),
            Meaning::Broken => return None,
            Meaning::Unknown => {}
            Meaning::Value(_) | Meaning::List(_) | Meaning::Related(_) | Meaning::Hidden(..) => {
                let entity = self.env.entities.get(&name.name).map_or("something else", |e| e.0.words());
                let message = format!("`{}` is {entity}, not an event list", name.name);
                let help = self.events_listed();
                self.error(Code::TypeMismatch, name.span, message, help);
                return None;
            }
        }
        let events = self.env.schema.events.iter().map(|e| e.name.clone()).collect();
        let near = self.near(&name.name, events);
        let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no event list `{}`", name.name));
        let otherwise = self.events_listed();
        self.push(near.advise(problem, name.span, otherwise, as_name));
        None
    }

    fn events_listed(&self) -> String {
        let names: Vec<String> = self.env.schema.events.iter().take(12).map(|e| format!("`{}`", e.name)).collect();
        if names.is_empty() {
            "declare it in the schema: `events NAME { at: datetime }`".to_owned()
        } else {
            format!("the schema's event lists are {}", names.join(", "))
        }
    }

    fn fields_listed(&self, event: EventId) -> String {
        let Some(event) = self.env.schema.event(event) else { return String::new() };
        let names: Vec<String> = event.fields.iter().take(12).map(|f| format!("`{}`", f.name)).collect();
        format!("; its fields are {}", names.join(", "))
    }

    /// A field of an event list, with its type and where it is named.
    pub(in crate::check) fn event_field(&mut self, event: EventId, name: &Ident) -> Option<(FieldId, Type, Span)> {
        let list = self.env.schema.event(event)?;
        if let Some(at) = list.fields.iter().position(|f| f.name == name.name) {
            let id = FieldId(crate::check::env::to_u32(at));
            if self.env.broken_fields.contains(&(event, id)) {
                return None;
            }
            return list.field(id).map(|f| (id, f.ty.clone(), name.span));
        }
        let (list_name, declared) = (list.name.clone(), list.name_span);
        let fields = list.fields.iter().map(|f| f.name.clone()).collect();
        if !self.excused(&name.name) {
            let near = self.near(&name.name, fields);
            let message = format!("`{list_name}` has no field `{}`", name.name);
            let problem = Diagnostic::new(Code::UnknownName, name.span, message).also(declared, "declared here");
            let otherwise = format!("add the field to the schema{}", self.fields_listed(event));
            self.push(near.advise(problem, name.span, otherwise, as_name));
        }
        None
    }
}

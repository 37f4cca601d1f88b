//! Tests of the rules: what is given, and what is expected.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::checker::{Checker, Place, Scope, type_words};
use super::env::Entity;
use super::names::Target;
use super::near::{as_name, nearest};
use crate::diag::{Code, Diagnostic};
use crate::hir::{AsOf, Expectation, ExpectationKind, GivenEvent, Test};
use crate::schema::{EventId, PropId, Property, RelatedId};
use crate::source::Span;
use crate::syntax::ast::{self, DurationLit, Expectation as Expected, Given, GivenValue, Ident, TestClauseKind, TestDecl, Unit};
use crate::time::{civil, day_number, local_micros, months_back};
use crate::value::{Type, Value};

/// The day that a test without `as of` runs at.
const DEFAULT_DAY: jiff::civil::Date = jiff::civil::Date::constant(2026, 1, 1);

impl Checker<'_> {
    /// A test; `None` if it has an error.
    pub(super) fn trial(&mut self, decl: &TestDecl, span: Span) -> Option<Test> {
        let zone = self.env.schema.zone.clone();
        let as_of = match &decl.as_of {
            None => Some(AsOf::end_of(day_number(DEFAULT_DAY), &zone)),
            Some(date) => self.date(date).map(|value| match value {
                Value::DateTime(micros) => AsOf::at(micros, &zone),
                Value::Date(day) => AsOf::end_of(day, &zone),
                Value::Text(_)
                | Value::Integer(_)
                | Value::Number(_)
                | Value::Boolean(_)
                | Value::Option(_)
                | Value::Set(_)
                | Value::TextSet(_)
                | Value::Decimal(_) => AsOf::end_of(day_number(DEFAULT_DAY), &zone),
            }),
        };
        let day = as_of.unwrap_or_else(|| AsOf::end_of(day_number(DEFAULT_DAY), &zone));
        let mut test = Test {
            name: decl.name.value.clone(),
            as_of: day,
            table: decl.table.as_ref().map(|t| (t.value.clone(), t.span)),
            given: Vec::new(),
            events: Vec::new(),
            account: None,
            expect: Vec::new(),
            span,
            name_span: decl.name.span,
        };
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        let mut whole = as_of.is_some();
        let account = self.account_of(decl);
        if let Some((rollup, given)) = account {
            whole &= self.given_account(rollup, given, decl, &mut test).is_some();
        }
        for clause in &decl.clauses {
            match &clause.kind {
                TestClauseKind::Given(_) if account.is_some() => {}
                TestClauseKind::Given(all) => {
                    for given in all {
                        if let Some(first) = seen.insert(&given.name.name, given.name.span) {
                            whole = false;
                            let problem = Diagnostic::new(
                                Code::DuplicateName,
                                given.name.span,
                                format!("`{}` is given twice", given.name.name),
                            )
                            .also(first, "given here already")
                            .help("keep one of them");
                            self.push(problem);
                            continue;
                        }
                        whole &= self.given(given, &mut test).is_some();
                    }
                }
                TestClauseKind::Expect(all) => {
                    for expected in all {
                        let expectation = match account {
                            Some((rollup, _)) => self.account_expectation(rollup, expected),
                            None => self.expectation(expected),
                        };
                        match expectation {
                            Some(expectation) => test.expect.push(expectation),
                            None => whole = false,
                        }
                    }
                }
            }
        }
        whole.then_some(test)
    }

    pub(super) fn given(&mut self, given: &Given, test: &mut Test) -> Option<()> {
        let name = &given.name;
        match self.look_up(name) {
            Some((Entity::Property(id), _)) => self.given_property(id, given, test),
            Some((Entity::Events(id), _)) => self.given_events(id, given, test),
            Some((Entity::Related(id), _)) => self.given_related(id, given, test),
            Some((entity, declared)) => {
                let message = format!("`{}` is {}, which follows from the rules", name.name, entity.words());
                let mut problem =
                    Diagnostic::new(Code::TypeMismatch, name.span, message).help("give properties and events; expect the rest");
                if declared != Span::default() {
                    problem = problem.also(declared, "declared here");
                }
                self.push(problem);
                None
            }
            None => {
                if !self.excused(&name.name) {
                    let properties = self.env.schema.properties.iter().map(|p| p.name.clone());
                    let events = self.env.schema.events.iter().map(|e| e.name.clone());
                    let related = self.env.schema.related.iter().map(|r| r.name.clone());
                    let names = properties.chain(events).chain(related).collect();
                    let near = self.near(&name.name, names);
                    let message = format!("there is no property or event list `{}`", name.name);
                    let problem = Diagnostic::new(Code::UnknownName, name.span, message);
                    let otherwise = self.no_schema_help().unwrap_or("declare it in the schema");
                    self.push(near.advise(problem, name.span, otherwise, as_name));
                }
                None
            }
        }
    }

    fn given_property(&mut self, id: PropId, given: &Given, test: &mut Test) -> Option<()> {
        if self.env.broken_properties.contains(&id) {
            return None;
        }
        let property = self.env.schema.property(id)?.clone();
        if let Some((_, _, first)) = test.given.iter().find(|(given, _, _)| *given == id) {
            let problem = Diagnostic::new(Code::DuplicateName, given.span, format!("`{}` is given twice", property.name))
                .also(*first, "given here already")
                .help("keep one of them");
            self.push(problem);
            return None;
        }
        let value = self.given_value(&property, &given.value, test.as_of)?;
        test.given.push((id, value, given.span));
        Some(())
    }

    /// `company = { industry: software }`
    fn given_related(&mut self, id: RelatedId, given: &Given, test: &mut Test) -> Option<()> {
        let related = self.env.schema.related(id)?.clone();
        let GivenValue::Related(record) = &given.value else {
            let message = format!("`{}` is a related record", related.name);
            let help = format!("write its properties: `{} = {{ .. }}`", as_name(&related.name));
            let problem =
                Diagnostic::new(Code::TypeMismatch, given.span, message).also(related.name_span, "declared here").help(help);
            self.push(problem);
            return None;
        };
        test.given.push((related.known, Some(Value::Boolean(true)), given.span));
        let mut whole = true;
        for field in &record.fields {
            let name = Ident { name: Arc::from(format!("{}.{}", related.name, field.name.name)), ..field.name.clone() };
            match self.env.entities.get(&name.name).copied() {
                Some((entity @ Entity::Property(property), _)) => {
                    self.mention(field.name.span, Target::Entity(entity));
                    whole &= self.given_property(property, &Given { name, ..field.clone() }, test).is_some();
                }
                Some(_) | None => {
                    self.unknown_in_record(id, &field.name.name, field.name.span);
                    whole = false;
                }
            }
        }
        whole.then_some(())
    }

    /// A value of a property or field; the inner `None` is unknown.
    fn given_value(&mut self, property: &Property, value: &GivenValue, as_of: AsOf) -> Option<Option<Value>> {
        match value {
            GivenValue::Expr(expr) => self.cell(property, expr),
            GivenValue::Ago(duration, span) => self.ago(property, duration, *span, as_of).map(Some),
            GivenValue::Events(_, span) | GivenValue::Related(ast::GivenEvent { span, .. }) => {
                let (other, help) = match value {
                    GivenValue::Related(_) => ("a related record", "write one value"),
                    GivenValue::Events(..) | GivenValue::Expr(_) | GivenValue::Ago(..) => {
                        ("an event list", "write one value; events go after the name of an event list")
                    }
                };
                let message = format!("`{}` is {}, not {other}", property.name, type_words(&property.ty));
                let problem = Diagnostic::new(Code::TypeMismatch, *span, message).also(property.span, "declared here").help(help);
                self.push(problem);
                None
            }
        }
    }

    /// `3 days ago`: a date, or that much before `as of`.
    fn ago(&mut self, property: &Property, duration: &DurationLit, span: Span, as_of: AsOf) -> Option<Value> {
        let dated = matches!(property.ty, Type::Date | Type::DateTime);
        if !dated {
            let message = format!("`{}` is {}, and `{}` is a time", property.name, type_words(&property.ty), self.words(span));
            let problem = Diagnostic::new(Code::TypeMismatch, span, message)
                .also(property.span, "declared here")
                .help("write a value of its type");
            self.push(problem);
            return None;
        }
        let checked = self.duration(duration)?;
        let count = i64::from(checked.count);
        if checked.unit == Unit::Hours {
            if property.ty == Type::DateTime {
                return Some(Value::DateTime(as_of.micros - count * 3_600_000_000));
            }
            let message = format!("`{}` is a date without a time, so hours cannot be counted", property.name);
            let problem = Diagnostic::new(Code::TypeMismatch, span, message)
                .also(property.span, "declared here")
                .help("count days, or declare the property as `datetime`");
            self.push(problem);
            return None;
        }
        let back = |day: i32| match checked.unit {
            Unit::Days => day.checked_sub(i32::try_from(count).ok()?),
            Unit::Weeks => day.checked_sub(i32::try_from(count * 7).ok()?),
            Unit::Months => months_back(day, count),
            Unit::Years => months_back(day, count * 12),
            Unit::Hours => None,
        };
        let Some(day) = back(as_of.day) else {
            self.error(Code::BadDate, span, "this is before the calendar begins", "write a shorter time");
            return None;
        };
        if property.ty == Type::Date {
            return Some(Value::Date(day));
        }
        // The same time of the day on the earlier day.
        let zone = &self.env.schema.zone;
        let local = crate::time::local(as_of.micros, zone);
        let moved = local.zip(civil(day)).and_then(|(local, date)| local_micros(date.to_datetime(local.time()), zone));
        moved.map(Value::DateTime)
    }

    fn given_events(&mut self, id: EventId, given: &Given, test: &mut Test) -> Option<()> {
        let list = self.env.schema.event(id)?.clone();
        let events = match &given.value {
            GivenValue::Events(events, _) => events.as_slice(),
            // `[]` is a list of no events, too.
            GivenValue::Expr(ast::Expr { kind: ast::ExprKind::List(l), .. }) if l.items.is_empty() => &[],
            GivenValue::Expr(ast::Expr { span, .. })
            | GivenValue::Ago(_, span)
            | GivenValue::Related(ast::GivenEvent { span, .. }) => {
                let message = format!("`{}` is an event list", list.name);
                let help = format!("write its events: `{} = [{{ at: 2 days ago }}]`", as_name(&list.name));
                let problem =
                    Diagnostic::new(Code::TypeMismatch, *span, message).also(list.name_span, "declared here").help(help);
                self.push(problem);
                return None;
            }
        };
        let mut built = Vec::with_capacity(events.len());
        let mut whole = true;
        for event in events {
            let mut fields: Vec<Option<Value>> = list.fields.iter().map(|f| f.default.clone()).collect();
            let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
            for field in &event.fields {
                if let Some(first) = seen.insert(&field.name.name, field.name.span) {
                    whole = false;
                    let problem =
                        Diagnostic::new(Code::DuplicateName, field.name.span, format!("`{}` is given twice", field.name.name))
                            .also(first, "given here already")
                            .help("keep one of them");
                    self.push(problem);
                }
                whole &= self.given_field((id, &list), field, &mut fields, test.as_of).is_some();
            }
            if !seen.contains_key("at") {
                whole = false;
                let message = format!("an event of `{}` needs the time at which it happened", list.name);
                self.error(Code::TypeMismatch, event.span, message, "add `at: 2 days ago`");
            }
            built.push(GivenEvent { fields, span: event.span });
        }
        test.events.push((id, built));
        whole.then_some(())
    }

    fn given_field(
        &mut self,
        list: (EventId, &crate::schema::EventList),
        field: &Given,
        fields: &mut [Option<Value>],
        as_of: AsOf,
    ) -> Option<()> {
        let (id, list) = list;
        let name = &field.name;
        let Some(at) = list.fields.iter().position(|f| f.name == name.name) else {
            if !self.excused(&name.name) {
                let near = nearest(&name.name, list.fields.iter().map(|f| &*f.name));
                let message = format!("`{}` has no field `{}`", list.name, name.name);
                let problem = Diagnostic::new(Code::UnknownName, name.span, message).also(list.name_span, "declared here");
                self.push(near.advise(problem, name.span, "name a field of the schema", as_name));
            }
            return None;
        };
        if self.env.broken_fields.contains(&(id, crate::schema::FieldId(super::env::to_u32(at)))) {
            return None;
        }
        let value = self.given_value(list.fields.get(at)?, &field.value, as_of)?;
        if let (Some(slot), Some(value)) = (fields.get_mut(at), value) {
            *slot = Some(value);
        }
        Some(())
    }

    pub(super) fn expectation(&mut self, expected: &Expected) -> Option<Expectation> {
        let kind = match &expected.kind {
            ast::ExpectationKind::Condition(condition) => {
                ExpectationKind::Condition(self.condition(condition, Scope::at(Place::Outcome))?)
            }
            ast::ExpectationKind::Excluded(reason) => ExpectationKind::Excluded(reason.as_ref().map(|r| r.value.clone())),
            ast::ExpectationKind::Fired(reason) => ExpectationKind::Fired(reason.value.clone()),
        };
        Some(Expectation { kind, negated: expected.negated, span: expected.span })
    }
}

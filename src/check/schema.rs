//! From a `schema` item to the resolved schema.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

use super::env::to_u32;
use super::near::{as_name, nearest, quoted};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::schema::{DateForm, EventId, EventList, FieldId, NumberForm, PropId, Property, Schema};
use crate::source::Span;
use crate::syntax::ast::{EventsDecl, SchemaDecl, SchemaMemberKind, TextLit};
use crate::value::Type;

/// A schema being built.
pub(super) struct Building {
    pub(super) schema: Schema,
    pub(super) numbers: Option<NumberForm>,
    pub(super) dates: Option<DateForm>,
    pub(super) broken_properties: FxHashSet<PropId>,
    pub(super) broken_fields: FxHashSet<(EventId, FieldId)>,
    pub(super) diagnostics: Diagnostics,
}

/// Builds the schema. The defaults of properties come later, when names are known.
pub(super) fn build(decl: &SchemaDecl, span: Span) -> Building {
    let mut schema = Schema::empty();
    schema.name = decl.name.name.clone();
    schema.span = Some(span);
    let mut building = Building {
        schema,
        numbers: None,
        dates: None,
        broken_properties: FxHashSet::default(),
        broken_fields: FxHashSet::default(),
        diagnostics: Diagnostics::new(),
    };
    building.settings(decl);
    building.properties(decl);
    building.events(decl);
    building.claims();
    building
}

impl Building {
    pub(super) fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message).help(help));
    }

    pub(super) fn bad(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.error(Code::BadSchema, span, message, help);
    }

    /// What holds for the whole schema; it is read first, wherever it stands.
    fn settings(&mut self, decl: &SchemaDecl) {
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        for member in &decl.members {
            let what = match &member.kind {
                SchemaMemberKind::UnknownValues(texts) => {
                    self.schema.unknown_values.extend(texts.iter().map(|t| t.value.clone()));
                    continue;
                }
                SchemaMemberKind::TimeZone(name) => {
                    self.time_zone(name);
                    "time zone"
                }
                SchemaMemberKind::IgnoreAccents => {
                    self.schema.ignore_accents = true;
                    "ignore accents"
                }
                SchemaMemberKind::NumbersLike(example) => {
                    self.numbers = self.number_form(example, false);
                    "numbers like"
                }
                SchemaMemberKind::DatesLike(example) => {
                    self.dates = self.date_form(example);
                    "dates like"
                }
                SchemaMemberKind::Property(_) | SchemaMemberKind::Events(_) => continue,
            };
            if let Some(first) = seen.insert(what, member.span) {
                self.diagnostics.push(
                    Diagnostic::new(Code::BadSchema, member.span, format!("`{what}` stands twice"))
                        .also(first, "it stands here already")
                        .help("keep one of them"),
                );
            }
        }
    }

    fn time_zone(&mut self, name: &TextLit) {
        match TimeZone::get(&name.value) {
            Ok(zone) => {
                self.schema.zone = zone;
                self.schema.zone_name = name.value.clone();
            }
            Err(_) => {
                let zones: Vec<String> = jiff::tz::db().available().map(|z| z.as_str().to_owned()).collect();
                let near = nearest(&name.value, zones.iter().map(String::as_str));
                let near = if near.is_empty() {
                    // A city alone, as people say it.
                    let city = super::near::squeeze(&name.value);
                    let here = zones.iter().filter(|z| z.rsplit('/').next().is_some_and(|c| super::near::squeeze(c) == city));
                    here.map(String::as_str).next().map_or(near, super::near::Near::one)
                } else {
                    near
                };
                let problem = Diagnostic::new(Code::BadSchema, name.span, format!("there is no time zone `{}`", name.value));
                self.diagnostics.push(near.advise(problem, name.span, "write it as in \"Europe/Paris\" or \"UTC\"", quoted));
            }
        }
    }

    pub(super) fn number_form(&mut self, example: &TextLit, whole: bool) -> Option<NumberForm> {
        match NumberForm::by_example(&example.value, whole) {
            Ok(form) => Some(form),
            Err(message) => {
                self.bad(example.span, message, "write one of \"1 234,56\", \"1.234,56\", \"1'234.56\" and \"1,234.56\"");
                None
            }
        }
    }

    pub(super) fn date_form(&mut self, example: &TextLit) -> Option<DateForm> {
        match DateForm::by_example(&example.value) {
            Ok(form) => Some(form),
            Err(message) => {
                let help = "write the last day of 2026: \"31/12/2026\", \"12/31/2026 11:59 PM\" or \"31.12.2026 23:59\"";
                self.bad(example.span, message, help);
                None
            }
        }
    }

    fn properties(&mut self, decl: &SchemaDecl) {
        for member in &decl.members {
            let SchemaMemberKind::Property(property) = &member.kind else { continue };
            let id = PropId(to_u32(self.schema.properties.len()));
            let (built, whole) = self.property(property, member.docs.clone(), member.span);
            if !whole {
                self.broken_properties.insert(id);
            }
            if property.key {
                self.key(id, &built);
            }
            self.schema.properties.push(built);
        }
    }

    fn key(&mut self, id: PropId, property: &Property) {
        if let Some(first) = self.schema.key.and_then(|k| self.schema.property(k)) {
            self.diagnostics.push(
                Diagnostic::new(Code::BadSchema, property.name_span, format!("`{}` is a second key", property.name))
                    .also(first.name_span, "the first key")
                    .help("one property identifies a record: leave out one `key`"),
            );
            return;
        }
        if matches!(property.ty, Type::SetOf(_) | Type::SetOfText) && !self.broken_properties.contains(&id) {
            self.bad(
                property.name_span,
                format!("the key `{}` is a set", property.name),
                "a key is one value: a text or an integer",
            );
        }
        self.schema.key = Some(id);
    }

    fn events(&mut self, decl: &SchemaDecl) {
        for member in &decl.members {
            let SchemaMemberKind::Events(events) = &member.kind else { continue };
            self.event_list(events, member.span);
        }
    }

    fn event_list(&mut self, events: &EventsDecl, span: Span) {
        let id = EventId(to_u32(self.schema.events.len()));
        let mut fields: Vec<Property> = Vec::new();
        let mut names: FxHashMap<Arc<str>, Span> = FxHashMap::default();
        let mut at = None;
        for field in &events.fields {
            let number = FieldId(to_u32(fields.len()));
            let (built, whole) = self.property(&field.property, field.docs.clone(), field.span);
            if !whole {
                self.broken_fields.insert((id, number));
            }
            if field.property.key {
                let help = "the event's column that refers to the record stands after `by`: `events NAME by \"contact_id\"`";
                self.bad(field.span, "an event has no key of its own", help);
            }
            if let Some(first) = names.insert(built.name.clone(), built.name_span) {
                self.diagnostics.push(
                    Diagnostic::new(Code::DuplicateName, built.name_span, format!("`{}` is declared twice", built.name))
                        .also(first, "declared here first")
                        .help("give one of them another name"),
                );
            } else if &*built.name == "at" {
                if whole && !matches!(built.ty, Type::Date | Type::DateTime) {
                    let help = "write `at: datetime` or `at: date`";
                    self.bad(built.span, format!("`at` of `{}` is the time of the event", events.name.name), help);
                }
                at = Some(number);
            }
            fields.push(built);
        }
        if at.is_none() {
            let near = nearest("at", fields.iter().filter(|f| matches!(f.ty, Type::Date | Type::DateTime)).map(|f| &*f.name));
            let dated = fields.iter().find(|f| matches!(f.ty, Type::Date | Type::DateTime)).map(|f| f.name.clone());
            let help = match (near.question(), dated) {
                (_, Some(name)) => format!("if `{name}` says when, call it `at`: `at: datetime from {}`", quoted(&name)),
                (Some(question), None) => question,
                (None, None) => "add the time of the event: `at: datetime`".to_owned(),
            };
            self.bad(
                events.name.span,
                format!("the events `{}` have no field `at`, which says when they happened", events.name.name),
                help,
            );
        }
        let to = self.referred(events);
        self.schema.events.push(EventList {
            name: events.name.name.clone(),
            by: events.by.as_ref().map(|t| t.value.clone()),
            to,
            fields,
            at: at.unwrap_or(FieldId(0)),
            span,
            name_span: events.name.span,
        });
    }

    /// The property that `to` names.
    fn referred(&mut self, events: &EventsDecl) -> Option<PropId> {
        let to = events.to.as_ref()?;
        let Some((id, property)) = self.schema.find(&to.name) else {
            let near = nearest(&to.name, self.schema.properties.iter().map(|p| &*p.name));
            let problem = Diagnostic::new(Code::UnknownName, to.span, format!("there is no property `{}`", to.name));
            self.diagnostics.push(near.advise(problem, to.span, "name the property that the column refers to", as_name));
            return None;
        };
        if !matches!(property.ty, Type::Text | Type::Integer) && !self.broken_properties.contains(&id) {
            let (declared, ty) = (property.span, super::checker::type_words(&property.ty));
            self.diagnostics.push(
                Diagnostic::new(Code::BadSchema, to.span, format!("`{}` is {ty}, and cannot tell a record by its text", to.name))
                    .also(declared, "declared here")
                    .help("refer to a property that is `text` or `integer`"),
            );
        }
        Some(id)
    }

    /// Two properties that claim one header, compared as headers are: without case, spaces, `_` and `-`.
    fn claims(&mut self) {
        let mut found = claimed_twice(&self.schema.properties);
        for events in &self.schema.events {
            found.append(&mut claimed_twice(&events.fields));
        }
        self.diagnostics.append(found.into_iter().collect());
    }
}

fn claimed_twice(properties: &[Property]) -> Vec<Diagnostic> {
    let mut claims: FxHashMap<String, (usize, Arc<str>)> = FxHashMap::default();
    let mut found = Vec::new();
    for (at, property) in properties.iter().enumerate() {
        for header in property.from.iter().chain(std::iter::once(&property.name)) {
            let plain: String =
                header.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
            let Some((first, first_header)) = claims.get(&plain) else {
                claims.insert(plain, (at, header.clone()));
                continue;
            };
            let Some(other) = properties.get(*first).filter(|_| *first != at) else { continue };
            // The same name twice is told as that.
            if other.name == property.name {
                continue;
            }
            let message = format!("`{}` and `{}` both read the column \"{header}\"", other.name, property.name);
            let label = if header == first_header {
                "read here already".to_owned()
            } else {
                format!("\"{first_header}\" is the same header: case, spaces, `_` and `-` do not count")
            };
            found.push(
                Diagnostic::new(Code::BadSchema, property.span, message)
                    .also(other.span, label)
                    .help("one column fills one property: give one of them another column with `from`"),
            );
            break;
        }
    }
    found
}

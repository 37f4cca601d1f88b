//! From a `schema` item to the resolved schema.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

use super::env::to_u32;
use super::like::Forms;
use super::near::{as_name, nearest};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::invariant::SureAt as _;
use crate::schema::{EventId, EventList, FieldId, PropId, Property, RelatedFile, Schema};
use crate::source::Span;
use crate::syntax::ast::{EventsDecl, Ident, Modifier, SchemaDecl, SchemaMemberKind, TextLit};
use crate::syntax::written::quoted;
use crate::value::Type;

/// A schema being built.
pub(super) struct Building {
    pub(super) schema: Schema,
    /// How numbers and dates are written where a property does not say.
    pub(super) forms: Forms,
    pub(super) broken_properties: FxHashSet<PropId>,
    pub(super) broken_fields: FxHashSet<(EventId, FieldId)>,
    pub(super) diagnostics: Diagnostics,
}

/// Builds the schema. The defaults of properties come later, when names are known.
///
/// `files` are the files of related records, by the place of their path.
pub(super) fn build(decl: &SchemaDecl, span: Span, files: &FxHashMap<Span, RelatedFile>) -> Building {
    let mut schema = Schema::empty();
    schema.name = decl.name.name.clone();
    schema.span = Some(span);
    let mut building = Building {
        schema,
        forms: Forms::default(),
        broken_properties: FxHashSet::default(),
        broken_fields: FxHashSet::default(),
        diagnostics: Diagnostics::new(),
    };
    building.settings(decl);
    building.properties(decl);
    building.events(decl);
    building.related(decl, files);
    building.claims();
    building.identify();
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
                SchemaMemberKind::NumbersLike(examples) => {
                    self.forms.numbers = self.number_forms(examples, false);
                    "numbers like"
                }
                SchemaMemberKind::DatesLike(examples) => {
                    self.forms.dates = self.date_forms(examples);
                    "dates like"
                }
                SchemaMemberKind::Property(_) | SchemaMemberKind::Events(_) | SchemaMemberKind::Related(_) => continue,
            };
            if let Some(first) = seen.insert(what, member.span) {
                self.diagnostics.push(
                    Diagnostic::new(Code::BadSchema, member.span, format!("`{what}` is written twice"))
                        .also(first, "it is written here already")
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
        let mut key = None;
        for field in &events.fields {
            let number = FieldId(to_u32(fields.len()));
            let (built, whole) = self.property(&field.property, field.docs.clone(), field.span);
            if !whole {
                self.broken_fields.insert((id, number));
            }
            if field.property.key {
                key = self.event_key(key, number, &built, whole);
                let default = field
                    .property
                    .modifiers
                    .iter()
                    .find_map(|m| if let Modifier::Default(_, span) = m { Some(*span) } else { None });
                if let Some(span) = default {
                    let help = "leave it out: events without a key are separate events";
                    self.bad(span, format!("`{}` is a key, and a key has no default", built.name), help);
                }
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
        if key.is_some() {
            self.keyed_fields(&fields);
        }
        let to = self.referred(events);
        self.schema.events.push(EventList {
            name: events.name.name.clone(),
            by: events.by.as_ref().map(|t| t.value.clone()),
            to,
            fields,
            at: at.unwrap_or(FieldId(0)),
            key,
            span,
            name_span: events.name.span,
        });
    }

    /// What fields cannot be beside a key: of two events with one key the fields say which counts.
    fn keyed_fields(&mut self, fields: &[Property]) {
        for field in fields.iter().filter(|field| matches!(field.ty, Type::SetOf(_) | Type::SetOfText)) {
            let help = "leave out the set, or the `key`";
            self.bad(field.span, format!("`{}` is a set, and events with a key cannot have one", field.name), help);
        }
    }

    /// The key field of an event list, given the one before it.
    fn event_key(&mut self, before: Option<FieldId>, number: FieldId, field: &Property, whole: bool) -> Option<FieldId> {
        if before.is_some() {
            self.bad(field.span, "an event has one key", "keep `key` before the field that identifies events");
        }
        if whole && !matches!(field.ty, Type::Text | Type::Integer) {
            let ty = super::checker::type_words(&field.ty);
            self.bad(field.span, format!("`{}` is {ty}, which cannot be a key", field.name), "a key is `text` or `integer`");
        }
        before.or(Some(number))
    }

    /// The properties that `to` names.
    fn referred(&mut self, events: &EventsDecl) -> Vec<PropId> {
        let mut found: Vec<PropId> = Vec::new();
        for to in &events.to {
            if let Some(id) = self.referred_by(to) {
                if found.contains(&id) {
                    self.bad(to.span, format!("`{}` is named twice", to.name), "name each property once");
                } else {
                    found.push(id);
                }
            }
        }
        found
    }

    /// The property that a name after `to` is.
    pub(super) fn referred_by(&mut self, to: &Ident) -> Option<PropId> {
        let own = self.schema.properties.iter().filter(|p| p.related.is_none());
        let Some((id, property)) = self.schema.find(&to.name).filter(|(_, property)| property.related.is_none()) else {
            let near = nearest(&to.name, own.map(|p| &*p.name));
            let problem = Diagnostic::new(Code::UnknownName, to.span, format!("there is no property `{}`", to.name));
            self.diagnostics.push(near.advise(problem, to.span, "name the property that the column refers to", as_name));
            return None;
        };
        if !matches!(property.ty, Type::Text | Type::Integer | Type::SetOfText) && !self.broken_properties.contains(&id) {
            let (declared, ty) = (property.span, super::checker::type_words(&property.ty));
            self.diagnostics.push(
                Diagnostic::new(Code::BadSchema, to.span, format!("`{}` is {ty}, which events cannot refer to", to.name))
                    .also(declared, "declared here")
                    .help("refer to a property that is `text`, `integer` or `set of text`"),
            );
        }
        Some(id)
    }

    /// Two properties that claim one header, compared as headers are: without case, spaces, `_` and `-`.
    fn claims(&mut self) {
        // Every related record has columns of its own.
        let own = self.schema.properties.partition_point(|property| property.related.is_none());
        let mut found = claimed_twice(self.schema.properties.sure_at(..own));
        for properties in self.schema.properties.sure_at(own..).chunk_by(|a, b| a.related == b.related) {
            found.append(&mut claimed_twice(properties));
        }
        for events in &self.schema.events {
            found.append(&mut claimed_twice(&events.fields));
        }
        self.diagnostics.append(found.into_iter().collect());
    }
}

impl Building {
    /// Marks what tells records apart.
    fn identify(&mut self) {
        let related = self.schema.related.iter().filter(|related| !related.domain).map(|related| related.to);
        let referred = self.schema.events.iter().flat_map(|events| events.to.iter().copied()).chain(related);
        let ids: Vec<PropId> = self.schema.key.into_iter().chain(referred).collect();
        for id in ids {
            if let Some(property) = self.schema.properties.get_mut(id.0 as usize) {
                property.identifies = true;
            }
        }
        for events in &mut self.schema.events {
            if let Some(field) = events.key.and_then(|key| events.fields.get_mut(key.0 as usize)) {
                field.identifies = true;
            }
        }
    }
}

fn claimed_twice(properties: &[Property]) -> Vec<Diagnostic> {
    let mut claims: FxHashMap<String, (usize, Arc<str>)> = FxHashMap::default();
    let mut found = Vec::new();
    let mut positions: FxHashMap<u32, usize> = FxHashMap::default();
    for (at, property) in properties.iter().enumerate() {
        if let Some(column) = property.from_column
            && let Some(other) = positions.insert(column, at).and_then(|first| properties.get(first))
        {
            let message = format!("`{}` and `{}` both read column {column}", other.name, property.name);
            found.push(
                Diagnostic::new(Code::BadSchema, property.span, message)
                    .also(other.span, "read here already")
                    .help("one column fills one property"),
            );
        }
        // A column that is read by its position has no header to claim.
        let names = property.from.iter().chain(std::iter::once(&property.name)).filter(|_| property.from_column.is_none());
        for header in names {
            let plain = crate::text::header(header);
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

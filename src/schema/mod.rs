//! The schema of a program: properties, options, events, and how their cells are read.
//!
//! This is the resolved model that `check` builds from a `schema` item and that `input` reads data by.

mod forms;
mod months;

pub use forms::{CalendarForm, DateForm, DateOrder, Group, NumberForm};
pub(crate) use forms::{split_date, without_currency};
pub(crate) use months::month;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::invariant::Sure as _;
use crate::source::{FileId, Span};
use crate::value::{Type, Value};

/// The place of a property in [`Schema::properties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PropId(pub u32);

/// The place of an event list in [`Schema::events`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct EventId(pub u32);

/// The place of a field in [`EventList::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FieldId(pub u32);

/// The place of a related record in [`Schema::related`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelatedId(pub u32);

/// A schema.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Its name; `contact`.
    pub name: Arc<str>,
    /// The properties in the order of the source; those of related records follow.
    pub properties: Vec<Property>,
    /// The event lists in the order of the source.
    pub events: Vec<EventList>,
    /// The related records in the order of the source.
    pub related: Vec<Related>,
    /// The property that identifies a record.
    pub key: Option<PropId>,
    /// Texts that mean "no value" in every column, besides the empty cell; compared as text.
    pub unknown_values: Vec<Arc<str>>,
    /// The zone of calendar days.
    pub zone: TimeZone,
    /// The zone's name as written; `UTC` by default.
    pub zone_name: Arc<str>,
    /// Whether texts are compared without combining marks.
    pub ignore_accents: bool,
    /// Where the schema is written; `None` for an empty schema that a program without one has.
    pub span: Option<Span>,
}

/// A property of the record or a field of an event.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its name in rules.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// The headers or JSON names to read, in order; the own name is tried last and not repeated here.
    pub from: Vec<Arc<str>>,
    /// The column to read by its position, from 1; no header is then tried.
    pub from_column: Option<u32>,
    /// The related record that it belongs to; the name is then `company.industry`.
    pub related: Option<RelatedId>,
    /// Whether it tells records apart: the key, or what a list of events refers to.
    pub identifies: bool,
    /// What stands for every unknown value.
    pub default: Option<Value>,
    /// Whether an unknown value is a data error.
    pub required: bool,
    /// Separator of a set's members in text; `None` means `;` in CSV.
    pub split: Option<Arc<str>>,
    /// How numbers are written, if not plainly; a cell is read by the form that fits.
    pub number_forms: Arc<[NumberForm]>,
    /// How dates are written, if not as ISO 8601 alone.
    pub date_forms: Arc<[DateForm]>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where its line stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

impl Property {
    /// What `NAME: TYPE` declares, without anything behind it.
    #[must_use]
    pub fn plain(name: Arc<str>, ty: Type, span: Span) -> Self {
        Self {
            name,
            ty,
            from: Vec::new(),
            from_column: None,
            related: None,
            identifies: false,
            default: None,
            required: false,
            split: None,
            number_forms: Arc::default(),
            date_forms: Arc::default(),
            docs: Vec::new(),
            span,
            name_span: span,
        }
    }
}

/// A list of things that happened to the record.
#[derive(Debug, Clone)]
pub struct EventList {
    /// Its name in rules.
    pub name: Arc<str>,
    /// The column of a file of its own that refers to the record.
    pub by: Option<Arc<str>>,
    /// The properties that the column refers to, one of which is enough; without any the key.
    pub to: Vec<PropId>,
    /// The fields in the order of the source.
    pub fields: Vec<Property>,
    /// The field named `at`.
    pub at: FieldId,
    /// The field whose value an event has once: others of a record with the same value are the same event.
    pub key: Option<FieldId>,
    /// Where it stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// A record of another kind that a record names, such as the company of a contact.
#[derive(Debug, Clone)]
pub struct Related {
    /// Its name in rules.
    pub name: Arc<str>,
    /// The column that tells its rows apart.
    pub by: Arc<str>,
    /// The property that names a row.
    pub to: PropId,
    /// Whether the domain of the property is compared, not its text.
    pub domain: bool,
    /// Its properties, in the order of the source.
    pub properties: Vec<PropId>,
    /// The boolean property that says whether there is one; it is never unknown.
    pub known: PropId,
    /// The file of the rules that has its rows.
    pub file: Option<RelatedFile>,
    /// Where it is written.
    pub span: Span,
    /// Where its name is written.
    pub name_span: Span,
}

/// A file of related records that belongs to the rules.
#[derive(Debug, Clone)]
pub struct RelatedFile {
    /// Its path, as messages show it.
    pub path: Arc<str>,
    /// What it holds.
    pub text: Arc<str>,
    /// Where the rules name it.
    pub span: Span,
}

impl Schema {
    /// The schema of a program that declares none.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            name: Arc::from("record"),
            properties: Vec::new(),
            events: Vec::new(),
            related: Vec::new(),
            key: None,
            unknown_values: Vec::new(),
            zone: TimeZone::UTC,
            zone_name: Arc::from("UTC"),
            ignore_accents: false,
            span: None,
        }
    }

    /// The property with this id.
    #[must_use]
    pub fn property(&self, id: PropId) -> Option<&Property> {
        self.properties.get(id.0 as usize)
    }

    /// The event list with this id.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<&EventList> {
        self.events.get(id.0 as usize)
    }

    /// Where what concerns the whole schema stands: the begin of the rules where none of them declares one.
    #[must_use]
    pub fn place(&self) -> Span {
        self.span.unwrap_or_else(|| Span::new(FileId(0), 0, 0))
    }

    /// The property that an id of this schema stands for.
    #[track_caller]
    pub(crate) fn sure_property(&self, id: PropId) -> &Property {
        self.property(id).sure("an id of the schema names a property of it")
    }

    /// The related record that an id of this schema stands for.
    #[track_caller]
    pub(crate) fn sure_related(&self, id: RelatedId) -> &Related {
        self.related(id).sure("an id of the schema names a related record of it")
    }

    /// The event list that an id of this schema stands for.
    #[track_caller]
    pub(crate) fn sure_event(&self, id: EventId) -> &EventList {
        self.event(id).sure("an id of the schema names a list of it")
    }

    /// The id and property of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(PropId, &Property)> {
        let at = self.properties.iter().position(|p| &*p.name == name)?;
        Some((PropId(u32::try_from(at).ok()?), self.properties.get(at)?))
    }

    /// The related record with this id.
    #[must_use]
    pub fn related(&self, id: RelatedId) -> Option<&Related> {
        self.related.get(id.0 as usize)
    }

    /// The id and related record of this name.
    #[must_use]
    pub fn find_related(&self, name: &str) -> Option<(RelatedId, &Related)> {
        let at = self.related.iter().position(|r| &*r.name == name)?;
        Some((RelatedId(u32::try_from(at).ok()?), self.related.get(at)?))
    }

    /// The related record whose presence a property says.
    #[must_use]
    pub fn presence(&self, id: PropId) -> Option<&Related> {
        let related = self.property(id)?.related?;
        self.related(related).filter(|related| related.known == id)
    }

    /// The id and event list of this name.
    #[must_use]
    pub fn find_event(&self, name: &str) -> Option<(EventId, &EventList)> {
        let at = self.events.iter().position(|e| &*e.name == name)?;
        Some((EventId(u32::try_from(at).ok()?), self.events.get(at)?))
    }
}

impl Related {
    /// The properties that a row fills: its own, and the one that says that it is there.
    pub fn filled(&self) -> impl Iterator<Item = PropId> + '_ {
        self.properties.iter().copied().chain(std::iter::once(self.known))
    }

    /// What a property is called inside the record: `industry` of `company.industry`.
    #[must_use]
    pub fn short<'n>(&self, property: &'n Property) -> &'n str {
        property.name.strip_prefix(&*self.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(&property.name)
    }
}

impl Schema {
    /// The properties that the events of a list of their own refer to; none where it is the row number.
    #[must_use]
    pub fn referred(&self, list: &EventList) -> Vec<PropId> {
        if list.to.is_empty() { self.key.into_iter().collect() } else { list.to.clone() }
    }

    /// Whether a record has several values that events of a list can refer to.
    #[must_use]
    pub fn refers_to_several(&self, list: &EventList) -> bool {
        let is_set = |id: &PropId| self.property(*id).is_some_and(|property| property.ty == Type::SetOfText);
        list.to.len() > 1 || list.to.iter().any(is_set)
    }
}

impl EventList {
    /// The field with this id.
    #[must_use]
    pub fn field(&self, id: FieldId) -> Option<&Property> {
        self.fields.get(id.0 as usize)
    }
}

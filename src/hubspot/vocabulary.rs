//! What a draft speaks of: properties, event types with their fields, and segments, with their names in rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::input::import::{CrmField, CrmType, written};
use crate::input::infer::naming::{NamedOption, Names, name, named_options, quoted};
use crate::text::fold;

/// The names of segments (lists) by their ids.
pub type Lists = BTreeMap<String, String>;

/// The type of a property in rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Boolean,
    Date,
    /// `one of`: each data value with the option's name.
    OneOf(Vec<(String, String)>),
    /// `set of [..]`
    SetOf(Vec<(String, String)>),
    /// `set of text`: an enumeration whose options are not known. It reads a property with one value and one with several alike.
    TextSet,
}

impl Kind {
    pub(super) const fn is_set(&self) -> bool {
        matches!(self, Self::SetOf(_) | Self::TextSet)
    }

    /// A value of the property as rules write it.
    ///
    /// # Errors
    /// An option that the property does not have.
    pub(super) fn value(&self, value: &str) -> Result<String, String> {
        match self {
            Self::OneOf(options) | Self::SetOf(options) => options
                .iter()
                .find(|(form, _)| fold(form, false) == fold(value, false))
                .map(|(_, name)| name.clone())
                .ok_or_else(|| format!("{} is not an option of the property", quoted(value))),
            Self::Text | Self::Number | Self::Boolean | Self::Date | Self::TextSet => Ok(quoted(value)),
        }
    }
}

/// A property or an event's field, with its name in rules.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The line of the schema.
    line: String,
}

/// Where a property is looked up: the record, or an event of this type.
pub(super) type Scope<'a> = Option<&'a str>;

/// Everything that a draft names.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    properties: BTreeMap<String, Word>,
    /// By the type of the event: its name in rules, and its fields.
    events: BTreeMap<String, (String, BTreeMap<String, Word>)>,
    /// By the id of the segment.
    segments: BTreeMap<String, NamedOption>,
    segments_name: String,
    key: String,
}

/// What the operations on a property say about its type.
type Seen = BTreeMap<String, BTreeSet<String>>;

/// Collects what a draft names before anything is written.
#[derive(Debug, Default)]
struct Survey {
    properties: Seen,
    events: BTreeMap<String, Seen>,
    segments: BTreeSet<String>,
}

impl Survey {
    fn walk(&mut self, value: &Value, scope: Scope<'_>) {
        match value {
            Value::Array(list) => list.iter().for_each(|entry| self.walk(entry, scope)),
            Value::Object(object) => {
                let event = object.get("eventTypeId").and_then(Value::as_str);
                if let Some(event) = event {
                    self.events.entry(event.to_owned()).or_default();
                }
                let scope = event.or(scope);
                if let Some(property) = object.get("property").and_then(Value::as_str) {
                    let rules = object.get("matchRules").and_then(Value::as_array).into_iter().flatten();
                    let operations = object.get("operation").into_iter().chain(rules.filter_map(|rule| rule.get("operation")));
                    for operation in operations {
                        self.note(property, operation, scope);
                    }
                }
                for id in object.get("segmentIds").and_then(Value::as_array).into_iter().flatten() {
                    self.segments.extend(segment_id(id));
                }
                // Records behind an association are other records: their properties are none of the contact's.
                let other = matches!(object.get("type").and_then(Value::as_str), Some("ASSOCIATIONS" | "ASSOCIATION_UE"));
                if !other {
                    object.values().for_each(|entry| self.walk(entry, scope));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn note(&mut self, property: &str, operation: &Value, scope: Scope<'_>) {
        let seen = match scope {
            None => &mut self.properties,
            Some(event) => self.events.entry(event.to_owned()).or_default(),
        };
        let ty = operation.get("operationType").and_then(Value::as_str).unwrap_or("ALL_PROPERTY");
        seen.entry(property.to_owned()).or_default().insert(ty.to_owned());
        if let Some(compared) = operation.get("comparisonPropertyName").and_then(Value::as_str) {
            seen.entry(compared.to_owned()).or_default().insert("DATE".to_owned());
        }
    }
}

/// The type that operations of these types take.
fn inferred(operations: &BTreeSet<String>) -> Kind {
    let any = |words: &[&str]| operations.iter().any(|o| words.iter().any(|w| o.contains(w)));
    if any(&["STRING"]) {
        Kind::Text
    } else if any(&["NUMBER"]) {
        Kind::Number
    } else if any(&["ENUMERATION"]) {
        Kind::TextSet
    } else if any(&["BOOL"]) {
        Kind::Boolean
    } else if any(&["DATE", "TIME"]) {
        Kind::Date
    } else {
        Kind::Text
    }
}

/// The id of a segment, a number or a text in the draft.
pub(super) fn segment_id(id: &Value) -> Option<String> {
    match id {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn known(field: &CrmField) -> Kind {
    let same = |a: &str, b: &str| fold(a, false) == fold(b, false);
    let named = |list: &[(String, String)]| {
        let options = named_options(list.iter().map(|(value, label)| vec![value.clone(), label.clone()]));
        let name_of = |value: &str| {
            let option = options.iter().find(|o| same(&o.name, value) || o.forms.iter().any(|form| same(form, value)));
            option.map_or_else(|| quoted(value), |option| option.name.clone())
        };
        list.iter().map(|(value, _)| (value.clone(), name_of(value))).collect::<Vec<_>>()
    };
    match &field.ty {
        CrmType::Text => Kind::Text,
        CrmType::Integer | CrmType::Number => Kind::Number,
        CrmType::Boolean => Kind::Boolean,
        CrmType::Date | CrmType::DateTime => Kind::Date,
        CrmType::OneOf(list) => Kind::OneOf(named(list)),
        CrmType::SetOf(list) => Kind::SetOf(named(list)),
    }
}

impl Vocabulary {
    /// Everything that `draft` names; `fields` are the properties of the portal, `lists` the names of its segments by id.
    pub(super) fn of(draft: &Value, fields: Option<&[CrmField]>, lists: &Lists) -> Self {
        let mut survey = Survey::default();
        survey.walk(draft, None);
        let mut names = Names::new(survey.properties.keys().map(String::as_str));
        let key = names.property("record_id");
        let segments_name = names.property("segments");
        let mut made = Self { key, segments_name, ..Self::default() };
        for (property, operations) in &survey.properties {
            let field = fields.and_then(|fields| fields.iter().find(|f| f.name == *property));
            let name = names.property(property);
            made.properties.insert(property.clone(), word(name, property, operations, field));
        }
        for (event, seen) in &survey.events {
            let list = names.property(&format!("event_{event}"));
            let mut fields = Names::new(seen.keys().map(String::as_str).chain(["at"]));
            let words =
                seen.iter().map(|(field, operations)| (field.clone(), word(fields.property(field), field, operations, None)));
            made.events.insert(event.clone(), (list, words.collect()));
        }
        let ids: Vec<&String> = survey.segments.iter().collect();
        let forms = ids.iter().map(|id| {
            let label = lists.get(*id).filter(|label| name(label).is_some());
            vec![(*id).clone(), label.cloned().unwrap_or_else(|| format!("segment {id}"))]
        });
        made.segments = ids.iter().map(|&id| id.clone()).zip(named_options(forms)).collect();
        made
    }

    /// The property, or the field of an event.
    ///
    /// # Errors
    /// A name that the survey did not see.
    pub(super) fn word(&self, property: &str, scope: Scope<'_>) -> Result<&Word, String> {
        let words = match scope {
            None => Some(&self.properties),
            Some(event) => self.events.get(event).map(|(_, fields)| fields),
        };
        words.and_then(|w| w.get(property)).ok_or_else(|| format!("`{property}` is not a property of the record"))
    }

    /// The name of an event list.
    pub(super) fn event(&self, event: &str) -> Result<&str, String> {
        self.events.get(event).map(|(name, _)| name.as_str()).ok_or_else(|| format!("the event type {event} is not known"))
    }

    /// `segments in [a, b]`: membership in at least one of these segments.
    ///
    /// # Errors
    /// Ids that are missing.
    pub(super) fn membership(&self, ids: Option<&Value>) -> Result<String, String> {
        let ids: Vec<String> = ids.and_then(Value::as_array).into_iter().flatten().filter_map(segment_id).collect();
        let names: Vec<&str> = ids.iter().filter_map(|id| self.segments.get(id)).map(|option| option.name.as_str()).collect();
        match names.as_slice() {
            [] => Err("`segmentIds` is missing".to_owned()),
            [one] => Ok(format!("{} contains {one}", self.segments_name)),
            several => Ok(format!("{} in [{}]", self.segments_name, several.join(", "))),
        }
    }

    /// The schema as a rule file has it.
    pub(super) fn schema(&self, name: &str) -> String {
        let mut out = format!("schema {name} {{\n  key {}: integer from \"Record ID\", \"hs_object_id\"\n", self.key);
        for word in self.properties.values() {
            out.push_str(&word.line);
        }
        if !self.segments.is_empty() {
            let options: Vec<String> = self
                .segments
                .values()
                .map(|option| {
                    let forms: Vec<String> = option.forms.iter().map(|form| quoted(form)).collect();
                    if forms.is_empty() { option.name.clone() } else { format!("{} = {}", option.name, forms.join(" | ")) }
                })
                .collect();
            out.push_str("  ## The segments (lists) that the contact is a member of, by id.\n");
            out.push_str(&format!("  {}: set of [{}]\n", self.segments_name, options.join(", ")));
        }
        for (event, (list, fields)) in &self.events {
            out.push_str(&format!("\n  ## Events of HubSpot's type {event}.\n  events {list} by \"objectId\" {{\n"));
            for word in fields.values() {
                out.push_str("  ");
                out.push_str(&word.line);
            }
            out.push_str("    at: datetime from \"occurredAt\"\n  }\n");
        }
        out.push_str("}\n");
        out
    }
}

fn word(name: String, property: &str, operations: &BTreeSet<String>, field: Option<&CrmField>) -> Word {
    let kind = field.map_or_else(|| inferred(operations), known);
    let ty = field.map_or_else(
        || {
            match kind {
                Kind::Number => "number",
                Kind::Boolean => "boolean",
                Kind::Date => "date",
                Kind::TextSet => "set of text",
                Kind::Text | Kind::OneOf(_) | Kind::SetOf(_) => "text",
            }
            .to_owned()
        },
        |field| written(&field.ty),
    );
    let mut headers: Vec<&str> = field.map(|f| f.label.as_str()).filter(|label| !label.is_empty()).into_iter().collect();
    if property != name || !headers.is_empty() {
        headers.push(property);
    }
    let from = if headers.is_empty() {
        String::new()
    } else {
        format!(" from {}", headers.iter().map(|header| quoted(header)).collect::<Vec<_>>().join(", "))
    };
    Word { line: format!("  {name}: {ty}{from}\n"), name, kind }
}

//! The JSON Schema of a record.

use serde_json::{Map, Value as Json, json};

use crate::schema::{EventList, Property, Schema};
use crate::value::{Options, Type};

/// What a record may have, as its schema in the rules says.
pub(super) fn of(schema: &Schema) -> Json {
    let own = schema.properties.iter().filter(|property| property.related.is_none());
    let mut properties: Map<String, Json> = own.clone().map(named).collect();
    for related in &schema.related {
        let inside = related.properties.iter().filter_map(|id| schema.property(*id));
        let inside: Map<String, Json> =
            inside.map(|property| (related.short(property).to_owned(), property_schema(property))).collect();
        properties.insert(related.name.to_string(), json!({"type": ["object", "null"], "properties": inside}));
    }
    properties.extend(schema.events.iter().map(|list| (list.name.to_string(), list_schema(list))));
    let required: Vec<&str> = own.filter(|property| property.required).map(|property| &*property.name).collect();
    let mut out = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": &*schema.name,
        "type": "object",
        "properties": properties,
    });
    if let (false, Some(object)) = (required.is_empty(), out.as_object_mut()) {
        object.insert("required".to_owned(), json!(required));
    }
    out
}

fn named(property: &Property) -> (String, Json) {
    (property.name.to_string(), property_schema(property))
}

fn list_schema(list: &EventList) -> Json {
    let fields: Map<String, Json> = list.fields.iter().map(named).collect();
    let at = list.field(list.at).map(|field| field.name.to_string());
    json!({"type": ["array", "null"], "items": {"type": "object", "properties": fields, "required": at.into_iter().collect::<Vec<_>>()}})
}

/// What a value may be. Cells of files are texts, so numbers and dates may be texts too.
fn property_schema(property: &Property) -> Json {
    let mut out = match &property.ty {
        Type::Text | Type::Label => json!({"type": ["string", "null"]}),
        Type::Integer => json!({"type": ["integer", "string", "null"]}),
        Type::Number | Type::Score => json!({"type": ["number", "string", "null"]}),
        Type::Boolean => json!({"type": ["boolean", "string", "null"]}),
        Type::Date => json!({"type": ["string", "null"], "format": "date"}),
        Type::DateTime => json!({"type": ["string", "null"], "format": "date-time"}),
        Type::OneOf(options) => json!({"type": ["string", "null"], "examples": forms(options)}),
        Type::SetOf(options) => {
            json!({"type": ["array", "string", "null"], "items": {"type": "string", "examples": forms(options)}})
        }
        Type::SetOfText => json!({"type": ["array", "string", "null"], "items": {"type": "string"}}),
    };
    if let (false, Some(object)) = (property.docs.is_empty(), out.as_object_mut()) {
        object.insert("description".to_owned(), json!(property.docs.join("\n")));
    }
    out
}

/// The names of options, and the forms that they take in data.
fn forms(options: &Options) -> Vec<&str> {
    options.items.iter().flat_map(|item| std::iter::once(&*item.name).chain(item.forms.iter().map(|form| &**form))).collect()
}

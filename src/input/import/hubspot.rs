//! HubSpot's contact properties: the answer of its API, and the export of its settings.

use serde_json::Value;

use super::{CrmField, CrmType, Table, cell, choices};

pub(super) fn from_json(entries: &[Value]) -> Vec<CrmField> {
    entries.iter().filter_map(property).collect()
}

/// A property as the API describes it; `None` for one that is archived or has no name.
pub(crate) fn property(entry: &Value) -> Option<CrmField> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map_or_else(String::new, str::to_owned);
    let name = text("name");
    if name.is_empty() || entry.get("archived") == Some(&Value::Bool(true)) {
        return None;
    }
    let (ty, field_type) = (text("type"), text("fieldType"));
    Some(CrmField {
        key: name == "hs_object_id",
        label: text("label"),
        ty: typed(&ty, &field_type, choices(entry.get("options"), "value", "label")),
        description: text("description"),
        said: format!("{ty}, {field_type}"),
        name,
    })
}

pub(super) fn from_table(table: &Table) -> Option<(&'static str, Vec<CrmField>)> {
    let internal = table.column(&["Internal name"])?;
    let ty = table.column(&["Type"])?;
    let (label, options) = (table.column(&["Name", "Label"]), table.column(&["Options"]));
    let (description, deleted, shape) =
        (table.column(&["Description"]), table.column(&["Deleted"]), table.column(&["Field type"]));
    let mut fields = Vec::new();
    for row in 0..table.rows() {
        let name = cell(Some(internal), row);
        if name.is_empty() || cell(deleted, row).eq_ignore_ascii_case("true") {
            continue;
        }
        let ty = cell(Some(ty), row);
        let listed: Option<Value> = serde_json::from_str(&cell(options, row)).ok();
        let options = choices(listed.as_ref(), "value", "label");
        fields.push(CrmField {
            key: name == "hs_object_id",
            label: cell(label, row),
            ty: typed(&ty, &cell(shape, row), options),
            description: cell(description, row),
            said: ty,
            name,
        });
    }
    Some(("the export of HubSpot's properties", fields))
}

/// The type of a property; an enumeration without options in the list can be any text.
fn typed(ty: &str, field_type: &str, options: Vec<(String, String)>) -> CrmType {
    let truths = !options.is_empty() && options.iter().all(|(value, _)| matches!(value.as_str(), "true" | "false"));
    match ty {
        "number" => CrmType::Number,
        "bool" => CrmType::Boolean,
        "date" => CrmType::Date,
        "datetime" => CrmType::DateTime,
        "enumeration" if truths => CrmType::Boolean,
        "enumeration" if options.is_empty() => CrmType::Text,
        "enumeration" if field_type == "checkbox" => CrmType::SetOf(options),
        "enumeration" => CrmType::OneOf(options),
        _ => CrmType::Text,
    }
}

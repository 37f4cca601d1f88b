//! Salesforce's fields of an object: the answer of its describe call, or a table of labels, names and data types.

use serde_json::Value;

use super::{CrmField, CrmType, Table, cell, choices};

pub(super) fn from_json(entries: &[Value]) -> Vec<CrmField> {
    let mut fields = Vec::new();
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map_or_else(String::new, str::to_owned);
        let (name, ty) = (text("name"), text("type"));
        if name.is_empty() {
            continue;
        }
        let active: Vec<Value> = entry
            .get("picklistValues")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|v| v.get("active") != Some(&Value::Bool(false)))
            .cloned()
            .collect();
        let options = choices(Some(&Value::Array(active)), "value", "label");
        fields.push(CrmField {
            key: name == "Id",
            label: text("label"),
            ty: typed(&ty, options),
            description: text("inlineHelpText"),
            said: ty,
            name,
        });
    }
    fields
}

pub(super) fn from_table(table: &Table) -> Option<(&'static str, Vec<CrmField>)> {
    let name = table.column(&["Field Name", "API Name", "QualifiedApiName", "DeveloperName"])?;
    let ty = table.column(&["Data Type", "DataType", "Type"])?;
    let label = table.column(&["Field Label", "Label", "MasterLabel"]);
    let values = table.column(&["Picklist Values", "Values"]);
    let description = table.column(&["Description", "Help Text"]);
    let mut fields = Vec::new();
    for row in 0..table.rows() {
        let name = cell(Some(name), row);
        if name.is_empty() {
            continue;
        }
        let said = cell(Some(ty), row);
        let listed = cell(values, row);
        let options =
            listed.split([';', '\n']).map(str::trim).filter(|v| !v.is_empty()).map(|v| (v.to_owned(), String::new())).collect();
        fields.push(CrmField {
            key: name == "Id",
            label: cell(label, row),
            ty: typed(&said, options),
            description: cell(description, row),
            said,
            name,
        });
    }
    (!fields.is_empty()).then_some(("Salesforce's list of fields", fields))
}

/// The type of a field, as describe calls it (`picklist`, `double`) or as the setup pages do (`Picklist (Multi-Select)`, `Number(18, 0)`).
fn typed(said: &str, options: Vec<(String, String)>) -> CrmType {
    let lower = said.to_lowercase();
    let lower = lower.strip_prefix("formula (").and_then(|inner| inner.strip_suffix(')')).unwrap_or(&lower);
    let word: String = lower.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '/').collect();
    let several = lower.contains("multi");
    match word.as_str() {
        "picklist" | "multipicklist" | "combobox" if options.is_empty() => CrmType::Text,
        "multipicklist" => CrmType::SetOf(options),
        "picklist" if several => CrmType::SetOf(options),
        "picklist" | "combobox" => CrmType::OneOf(options),
        "boolean" | "checkbox" => CrmType::Boolean,
        "int" | "integer" | "long" => CrmType::Integer,
        "number" if lower.replace(' ', "").ends_with(",0)") => CrmType::Integer,
        "number" | "double" | "currency" | "percent" => CrmType::Number,
        "date" => CrmType::Date,
        "datetime" | "date/time" => CrmType::DateTime,
        _ => CrmType::Text,
    }
}

//! `lsrc schema import`: a schema from the list of fields that a CRM exports.

mod hubspot;
mod salesforce;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

#[cfg(feature = "hubspot")]
pub(crate) use self::hubspot::property as hubspot_property;
use super::error::{InputError, shown};
use super::files::Files;
use super::header::{Headers, Match, normal};
use super::infer::naming::{Names, options, quoted};
use super::table::ColumnBuilder;
use super::{BATCH_ROWS, Spec};
use crate::column::TextColumn;

/// A field as a CRM describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CrmField {
    /// What programs call it.
    pub(crate) name: String,
    /// What people call it; the header of an export.
    pub(crate) label: String,
    pub(crate) ty: CrmType,
    pub(crate) description: String,
    /// What the CRM calls its type.
    pub(crate) said: String,
    pub(crate) key: bool,
}

/// The type of a field in the language's terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum CrmType {
    #[default]
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    DateTime,
    /// Options with value and label.
    OneOf(Vec<(String, String)>),
    SetOf(Vec<(String, String)>),
}

/// Writes a schema of this name from a list of fields: HubSpot's properties as API JSON or settings export, Salesforce's fields as describe
/// JSON or as a table of them.
///
/// # Errors
/// A file that cannot be read, or that is no list of fields.
pub fn import(path: &Path, name: &str) -> Result<String, InputError> {
    let (source, fields) = read(path)?;
    Ok(write(&format!("{source} ({})", shown(path)), name, &fields))
}

/// The fields that a CRM's list describes, and which list it is.
///
/// # Errors
/// A file that cannot be read, or that is not a list of fields.
pub(crate) fn read(path: &Path) -> Result<(&'static str, Vec<CrmField>), InputError> {
    let opened = super::bytes::open(path, None)?;
    let first = opened.head.trim_ascii_start().first().copied();
    if matches!(first, Some(b'{' | b'[')) {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut super::bytes::decode(opened, path, None), &mut text)
            .map_err(|e| InputError::io(path, e))?;
        let whole: Value =
            serde_json::from_str(&text).map_err(|e| InputError::new(format!("{} is not JSON", shown(path))).cause(e))?;
        return from_json(&whole).ok_or_else(|| no_list(path));
    }
    let table = Table::read(path)?;
    hubspot::from_table(&table).or_else(|| salesforce::from_table(&table)).ok_or_else(|| no_list(path))
}

fn from_json(whole: &Value) -> Option<(&'static str, Vec<CrmField>)> {
    let list = |key: &str| whole.get(key).and_then(Value::as_array);
    let whole_list = whole.as_array();
    let entries = list("results").or_else(|| list("fields")).or(whole_list)?;
    let described = entries.iter().any(|e| e.get("picklistValues").is_some() || e.get("soapType").is_some());
    let fields = if described { salesforce::from_json(entries) } else { hubspot::from_json(entries) };
    let source = if described { "Salesforce's list of fields" } else { "HubSpot's list of properties" };
    (!fields.is_empty()).then_some((source, fields))
}

fn no_list(path: &Path) -> InputError {
    InputError::new(format!("{} is not a list of fields", shown(path))).help(
        "give HubSpot's properties (API JSON, or the export of Settings > Properties) or Salesforce's fields (describe JSON, or a table with \
         label, name and data type); for records use `lsrc schema infer`",
    )
}

/// A small table, read whole.
pub(crate) struct Table {
    headers: Headers,
    columns: Vec<TextColumn>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Result<Self, InputError> {
        let spec = Spec::file(path);
        let files = Files::open(&spec, &mut ColumnBuilder::default(), false)?;
        let mut taken = BTreeSet::new();
        let names: Vec<String> = files.headers.into_iter().filter(|h| !h.is_empty() && taken.insert(normal(h))).collect();
        let mut builder = ColumnBuilder {
            carried: vec![TextColumn::default(); names.len()],
            carried_names: names.clone(),
            ..ColumnBuilder::default()
        };
        let mut files = Files::open(&spec, &mut builder, false)?;
        // Nothing is taken from the builder in between, so that it holds the whole table at the end.
        while files.fill(&mut builder, BATCH_ROWS)? > 0 {}
        let (_, columns) = builder.take();
        Ok(Self { headers: Headers::new(names), columns })
    }

    /// The column that one of these headers names.
    pub(crate) fn column(&self, names: &[&str]) -> Option<&TextColumn> {
        match self.headers.find(names.iter().copied()) {
            Match::One(at) => self.columns.get(at),
            Match::None | Match::Several(_) => None,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, TextColumn::len)
    }
}

pub(crate) fn cell(column: Option<&TextColumn>, row: usize) -> String {
    column.and_then(|c| c.get(row)).map_or_else(String::new, |t| super::cell::trim(t).to_owned())
}

fn write(source: &str, name: &str, fields: &[CrmField]) -> String {
    let mut out = format!("lsr 1\n\n# Imported from {source}: {} fields.\nschema {name} {{\n", fields.len());
    // A label that two fields share names neither of them.
    let all = || fields.iter().flat_map(|f| [normal(&f.label), normal(&f.name)].into_iter().collect::<BTreeSet<_>>());
    let shared: BTreeSet<String> = {
        let mut once = BTreeSet::new();
        all().filter(|n| !once.insert(n.clone())).collect()
    };
    let mut names = Names::new(fields.iter().flat_map(|f| [&*f.label, &*f.name]));
    let mut claimed: BTreeSet<String> = fields.iter().map(|f| normal(&f.name)).collect();
    let key = fields.iter().position(|f| f.key);
    for (at, field) in fields.iter().enumerate() {
        let own = names.property(&field.name);
        let mut headers: Vec<&str> = Vec::new();
        let label_is_own = !field.label.is_empty() && !shared.contains(&normal(&field.label));
        if label_is_own && (normal(&field.label) == normal(&field.name) || claimed.insert(normal(&field.label))) {
            headers.push(&field.label);
        }
        if normal(&field.name) != normal(&own) || headers.is_empty() && field.name != own {
            headers.push(&field.name);
        }
        headers.retain(|h| *h != own);
        let from = match headers.as_slice() {
            [] => String::new(),
            all => format!(" from {}", all.iter().map(|h| quoted(h)).collect::<Vec<_>>().join(", ")),
        };
        let mut remark = field.said.clone();
        if !field.label.is_empty() && !label_is_own {
            remark.push_str(&format!("; another field is called {} too", quoted(&field.label)));
        }
        for line in field.description.lines().map(str::trim).filter(|l| !l.is_empty()) {
            out.push_str(&format!("  ## {line}\n"));
        }
        let key = if key == Some(at) { "key " } else { "" };
        out.push_str(&format!("  {key}{own}: {}{from} # {remark}\n", written(&field.ty)));
    }
    out.push_str("}\n");
    out
}

/// A type as a schema writes it.
pub(crate) fn written(ty: &CrmType) -> String {
    let forms = |list: &[(String, String)]| options(list.iter().map(|(value, label)| vec![value.clone(), label.clone()]));
    match ty {
        CrmType::Text => "text".to_owned(),
        CrmType::Integer => "integer".to_owned(),
        CrmType::Number => "number".to_owned(),
        CrmType::Boolean => "boolean".to_owned(),
        CrmType::Date => "date".to_owned(),
        CrmType::DateTime => "datetime".to_owned(),
        CrmType::OneOf(list) => format!("one of {}", forms(list)),
        CrmType::SetOf(list) => format!("set of {}", forms(list)),
    }
}

/// Options of a JSON list of objects with a value and a label.
fn choices(list: Option<&Value>, value: &str, label: &str) -> Vec<(String, String)> {
    let text = |entry: &Value, key: &str| match entry.get(key) {
        Some(Value::String(text)) => super::cell::trim(text).to_owned(),
        Some(other @ (Value::Bool(_) | Value::Number(_))) => other.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    };
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    entries.map(|e| (text(e, value), text(e, label))).filter(|(value, _)| !value.is_empty()).collect()
}

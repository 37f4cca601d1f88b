//! Reading contacts: first the list, then what changed, into a file that `lsrc run` reads.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value};

use super::api::{Contact, Definition, Portal};
use super::store::{Head, Row, Stage, Store};
use crate::failure::Failure;
use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::hubspot::names::{candidates, found, is_option, options_of, segments};
use crate::input::import::CrmField;
use crate::program::{Also, needs};
use crate::run::AtomicFile;
use crate::schema::Property;

/// A search may not show a change for some moments; so far back each span reaches into the one before, in milliseconds.
const OVERLAP: i64 = 5 * 60 * 1000;

/// HubSpot's name of the record id.
const ID: &str = "hs_object_id";

/// What a pull is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PullOptions<'a> {
    /// The file that is written; its ending is the format.
    pub output: &'a Path,
    /// Where the contacts are kept between pulls.
    pub state: &'a Path,
    /// Whether all contacts are read again.
    pub full: bool,
    /// Properties that rules use and the portal may lack; `all` for all of them.
    pub allow_missing: &'a [String],
}

/// What a pull came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Contacts in the file.
    pub contacts: u64,
    /// Contacts that were read.
    pub read: u64,
    /// Contacts that were deleted or merged since the last pull.
    pub gone: u64,
    /// Properties of HubSpot that were read.
    pub properties: u64,
    /// Whether only changes were read.
    pub incremental: bool,
    /// Whether an interrupted pull was finished.
    pub resumed: bool,
    /// Whether all had to be read again because the rules need other properties.
    pub other_properties: bool,
    /// Properties that the portal lacks, as they were allowed to.
    pub lacking: Vec<String>,
}

/// A column of the file.
struct Column<'a> {
    property: &'a Property,
    /// What the schema calls it in data.
    header: &'a str,
    field: Option<&'a CrmField>,
    /// HubSpot's name; empty for the segments.
    name: String,
    /// The segments whose members the column has.
    segments: Vec<&'a str>,
}

/// Reads the contacts of a portal, as far as the rules need them.
///
/// # Errors
/// As every request, and what the portal lacks; what was read until then is kept, and the same call goes on.
pub fn pull(portal: &Portal<'_>, model: &Model, options: PullOptions<'_>) -> Result<Pulled, Failure> {
    let definitions = portal.definitions()?;
    let fields: Vec<CrmField> = definitions.iter().map(|d: &Definition| d.field.clone()).collect();
    let mut lacking = Vec::new();
    let columns = columns(model, &fields, options.allow_missing, &mut lacking)?;
    let mut properties: Vec<String> =
        columns.iter().filter(|column| column.segments.is_empty()).map(|column| column.name.clone()).collect();
    properties.sort();
    properties.dedup();
    let head = Head { portal: portal.account.portal, properties: properties.clone() };
    let (mut store, other_properties) = Store::open(options.state, head, options.full)?;
    let mut pulled = Pulled {
        properties: properties.len() as u64,
        incremental: matches!(store.stage, Stage::Complete { .. }),
        resumed: matches!(store.stage, Stage::Listing { .. } | Stage::Listed { .. } | Stage::Changing { .. }),
        other_properties,
        lacking,
        ..Pulled::default()
    };
    list(portal, &mut store, &properties, &mut pulled)?;
    let until = changes(portal, &mut store, &properties, &mut pulled)?;
    let members = members(portal, &columns)?;
    let rows = store.complete(until)?;
    pulled.contacts = rows.len() as u64;
    write(options.output, &columns, &properties, &rows, &members)?;
    Ok(pulled)
}

/// Reads the list of all contacts, from where it was left.
fn list(portal: &Portal<'_>, store: &mut Store, properties: &[String], pulled: &mut Pulled) -> Result<(), Failure> {
    if store.stage == Stage::New {
        store.begin(time(portal)?)?;
    }
    while let Stage::Listing { next, .. } = &store.stage {
        let (page, next) = portal.page(next.as_deref(), properties, false)?;
        pulled.read += page.len() as u64;
        let merged: Vec<u64> = page.iter().flat_map(|contact| contact.merged.iter().copied()).collect();
        store.page(&page, next)?;
        store.gone(merged.into_iter())?;
        portal.client.host().advance(page.len() as u64, None);
    }
    Ok(())
}

/// Reads what changed since the last pull, or while the list was read; the time until which everything has been read.
fn changes(portal: &Portal<'_>, store: &mut Store, properties: &[String], pulled: &mut Pulled) -> Result<i64, Failure> {
    match store.stage {
        Stage::Complete { until: from } | Stage::Listed { began: from } => store.span(from - OVERLAP, time(portal)?)?,
        Stage::Changing { .. } | Stage::New | Stage::Listing { .. } => {}
    }
    let Stage::Changing { span, mut last } = store.stage.clone() else {
        return Err(Failure::new("the state of the pull does not go on").help("read all contacts again with --full"));
    };
    loop {
        let (page, more) = portal.changed(span, last, properties)?;
        pulled.read += page.len() as u64;
        last = page.iter().map(|contact| contact.id).max().unwrap_or(last);
        let merged: Vec<u64> = page.iter().flat_map(|contact| contact.merged.iter().copied()).collect();
        if !page.is_empty() {
            store.changed(&page, last)?;
        }
        pulled.gone += store.gone(merged.into_iter())?;
        portal.client.host().advance(page.len() as u64, None);
        if !more {
            break;
        }
    }
    deleted(portal, store, pulled)?;
    Ok(span.1)
}

/// Drops the contacts that HubSpot lists as deleted. Where nothing has been read before, the list had none of them.
fn deleted(portal: &Portal<'_>, store: &mut Store, pulled: &mut Pulled) -> Result<(), Failure> {
    if !pulled.incremental && !pulled.resumed {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let (page, next) = portal.page(after.as_deref(), &[], true)?;
        let archived: Vec<&Contact> = page.iter().filter(|contact| contact.archived).collect();
        pulled.gone += store.gone(archived.iter().map(|contact| contact.id))?;
        // A server that does not know deleted contacts lists all others; there is nothing to find then.
        if next.is_none() || (archived.is_empty() && !page.is_empty()) {
            return Ok(());
        }
        after = next;
    }
}

/// The segments that each contact is a member of. Membership has no history, so that all of it is read each time.
fn members<'a>(portal: &Portal<'_>, columns: &[Column<'a>]) -> Result<BTreeMap<u64, Vec<&'a str>>, Failure> {
    let mut members: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for segment in columns.iter().flat_map(|column| column.segments.iter().copied()) {
        for id in portal.members(segment)? {
            members.entry(id).or_default().push(segment);
        }
    }
    Ok(members)
}

/// HubSpot's time; the clock here may be wrong.
fn time(portal: &Portal<'_>) -> Result<i64, Failure> {
    portal.client.server_time().ok_or_else(|| Failure::new("HubSpot's answers have no time (`Date`)").help("check --base-url"))
}

/// The columns that the rules need, in the order of the schema, the key first.
fn columns<'a>(
    model: &'a Model,
    fields: &'a [CrmField],
    allowed: &[String],
    lacking: &mut Vec<String>,
) -> Result<Vec<Column<'a>>, Failure> {
    let needed = needs(model, &Uses::of(model), &Also::default()).properties;
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut refused: Vec<String> = Vec::new();
    let key = model.schema.key;
    let ids = key.into_iter().chain(needed.into_iter().filter(|id| Some(*id) != key));
    for id in ids {
        let Some(property) = model.schema.property(id) else { continue };
        if let Some(column) = column(property, fields, Some(id) == key) {
            columns.push(column);
        } else if allowed.iter().any(|name| name == "all" || *name == *property.name) {
            lacking.push(property.name.to_string());
        } else {
            refused.push(format!("`{}`", property.name));
        }
    }
    if refused.is_empty() {
        return Ok(columns);
    }
    let (names, them) = if refused.len() == 1 { ("property", "it is") } else { ("properties", "they are") };
    Err(Failure::new(format!("HubSpot has no {names} for {}", refused.join(", "))).help(format!(
        "name them in the schema as HubSpot does (`from \"jobtitle\"`), or say that {them} not there with --allow-missing"
    )))
}

fn column<'a>(property: &'a Property, fields: &'a [CrmField], key: bool) -> Option<Column<'a>> {
    if let Some(found) = found(property, fields) {
        let name = found.field.name.clone();
        return Some(Column { property, header: found.read_as, field: Some(found.field), name, segments: Vec::new() });
    }
    if let Some(segments) = segments(property) {
        let header = candidates(property).next().unwrap_or_default();
        return Some(Column { property, header, field: None, name: String::new(), segments });
    }
    let id = candidates(property).find(|name| matches!(*name, "id" | "Record ID" | "hs_object_id" | "vid"));
    id.filter(|_| key).map(|header| Column { property, header, field: None, name: ID.to_owned(), segments: Vec::new() })
}

/// The value of a cell as the schema reads it.
fn cell(column: &Column<'_>, value: &str) -> String {
    let options = column.property.ty.options();
    if let (Some(options), Some(known)) = (options, column.field.and_then(options_of)) {
        let one = |value: &str| {
            let value = value.trim();
            let label = known.iter().find(|(internal, _)| internal == value).map(|(_, label)| label.as_str());
            let reads = |text: &str| options.items.iter().any(|item| is_option(item, text));
            // The schema may know the label alone, as an export has it.
            label.filter(|label| !reads(value) && reads(label)).unwrap_or(value).to_owned()
        };
        let split = column.property.split.as_deref().unwrap_or(";");
        return value.split(';').map(one).collect::<Vec<_>>().join(split);
    }
    let decimal = column.property.number_forms.first().and_then(|form| form.decimal);
    match decimal {
        Some(sign) if value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') => {
            value.replace('.', &sign.to_string())
        }
        _ => value.to_owned(),
    }
}

/// Writes the file, complete or not at all.
fn write(
    output: &Path,
    columns: &[Column<'_>],
    properties: &[String],
    rows: &BTreeMap<u64, Row>,
    members: &BTreeMap<u64, Vec<&str>>,
) -> Result<(), Failure> {
    let failed = |e| Failure::writing(output, e);
    let lines = output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"));
    let places: Vec<Option<usize>> =
        columns.iter().map(|column| properties.iter().position(|name| *name == column.name)).collect();
    let mut file = AtomicFile::create(output).map_err(failed)?;
    if !lines {
        let header: Vec<String> = columns.iter().map(|column| quoted(column.header)).collect();
        writeln!(file, "{}", header.join(",")).map_err(failed)?;
    }
    for (id, row) in rows {
        let cells = columns.iter().zip(&places).map(|(column, place)| match place {
            _ if column.name == ID => Some(id.to_string()),
            _ if !column.segments.is_empty() => {
                members.get(id).map(|segments| segments.join(column.property.split.as_deref().unwrap_or(";")))
            }
            Some(place) => row.get(*place).and_then(Option::as_deref).map(|value| cell(column, value)),
            None => None,
        });
        let line = if lines {
            object(columns, cells)
        } else {
            cells.map(|cell| quoted(&cell.unwrap_or_default())).collect::<Vec<_>>().join(",")
        };
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.finish().map_err(failed)
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    let plain = !text.contains([',', '"', '\n', '\r']) && text.trim() == text;
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// A record of JSON Lines; a header with points is a path.
fn object(columns: &[Column<'_>], cells: impl Iterator<Item = Option<String>>) -> String {
    let mut object = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        let value = cell.map_or(Value::Null, Value::String);
        match column.header.split_once('.') {
            None => drop(object.insert(column.header.to_owned(), value)),
            Some((outer, inner)) => {
                let entry = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                if let Some(inside) = entry.as_object_mut() {
                    inside.insert(inner.to_owned(), value);
                }
            }
        }
    }
    Value::Object(object).to_string()
}

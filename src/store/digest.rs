//! Digests: of texts, and of what rules read of a record, whatever file it came from.

use sha2::{Digest as _, Sha256};

use crate::column::{Batch, Column, EventColumns, UNKNOWN_CODE};
use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::input::Needs;
use crate::program::{Also, needs};
use crate::value::Type;

/// The SHA-256 of several texts, in hexadecimal.
pub(super) fn hex(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What makes the digests of records: of the properties and events that the rules read, and of nothing else.
#[derive(Debug)]
pub(super) struct Digester {
    /// Each with its name and the names of its options.
    properties: Vec<(usize, Names)>,
    events: Vec<List>,
}

/// A list of events, with the fields that are read.
#[derive(Debug)]
struct List {
    at: usize,
    name: String,
    fields: Vec<(usize, Names)>,
}

#[derive(Debug)]
struct Names {
    name: String,
    options: Vec<String>,
}

impl Names {
    fn of(name: &str, ty: &Type) -> Self {
        let options = ty.options().map_or_else(Vec::new, |it| it.items.iter().map(|item| item.name.to_string()).collect());
        Self { name: name.to_owned(), options }
    }
}

impl Digester {
    pub(super) fn new(model: &Model) -> Self {
        let schema = &model.schema;
        let read: Needs = needs(model, &Uses::of(model), &Also::default());
        let property = |id: &crate::schema::PropId| {
            let property = schema.property(*id)?;
            Some((id.0 as usize, Names::of(&property.name, &property.ty)))
        };
        let events = schema.events.iter().enumerate().map(|(at, list)| {
            let fields = read.fields.get(at).into_iter().flatten();
            let fields = fields.filter_map(|id| {
                let field = list.fields.get(id.0 as usize)?;
                Some((id.0 as usize, Names::of(&field.name, &field.ty)))
            });
            List { at, name: list.name.to_string(), fields: fields.collect() }
        });
        Self { properties: read.properties.iter().filter_map(property).collect(), events: events.collect() }
    }

    /// The digest of a row, 32 hexadecimal digits.
    pub(super) fn row(&self, batch: &Batch, row: usize) -> String {
        let mut hash = Sha256::new();
        for (at, names) in &self.properties {
            if let Some(column) = batch.columns.get(*at).and_then(Option::as_ref) {
                cell(&mut hash, names, column, row);
            }
        }
        for List { at, name, fields } in &self.events {
            let Some(events) = batch.events.get(*at).and_then(Option::as_ref) else { continue };
            let rows = within(events, row);
            if rows.is_empty() {
                continue;
            }
            hash.update(name.as_bytes());
            // Their order within a record means nothing.
            let mut each: Vec<[u8; 32]> = rows.map(|event| one(events, fields, event)).collect();
            each.sort_unstable();
            each.iter().for_each(|event| hash.update(event));
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The places of a record's events.
fn within(events: &EventColumns, row: usize) -> std::ops::Range<usize> {
    match (events.offsets.get(row), events.offsets.get(row + 1)) {
        (Some(&from), Some(&to)) => from as usize..to as usize,
        (_, None) | (None, _) => 0..0,
    }
}

fn one(events: &EventColumns, fields: &[(usize, Names)], event: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (at, names) in fields {
        if let Some(column) = events.fields.get(*at).and_then(Option::as_ref) {
            cell(&mut hash, names, column, event);
        }
    }
    hash.finalize().into()
}

/// A cell with the name of its column; what is unknown, and a set without members, leave nothing.
fn cell(hash: &mut Sha256, names: &Names, column: &Column, row: usize) {
    let mut put = |bytes: &[u8]| {
        hash.update(names.name.as_bytes());
        hash.update([0]);
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    };
    let option = |code: u32| names.options.get(code as usize);
    match column {
        Column::Dictionary(it) => {
            if let Some(text) = it.codes.get(row).and_then(|&code| it.dictionary.get(code)) {
                put(text.as_bytes());
            }
        }
        Column::Text(it) => {
            if let Some(text) = it.get(row) {
                put(text.as_bytes());
            }
        }
        Column::Integer(it) | Column::DateTime(it) => {
            if let Some(number) = it.get(row) {
                put(&number.to_le_bytes());
            }
        }
        Column::Number(it) => {
            if let Some(number) = it.get(row) {
                put(&number.to_bits().to_le_bytes());
            }
        }
        Column::Boolean(it) => {
            if it.known.get(row) {
                put(&[u8::from(it.truth.get(row))]);
            }
        }
        Column::Date(it) => {
            if let Some(day) = it.get(row) {
                put(&day.to_le_bytes());
            }
        }
        Column::Option(codes) => {
            if let Some(name) = codes.get(row).filter(|&&code| code != UNKNOWN_CODE).and_then(|&code| option(code)) {
                put(name.as_bytes());
            }
        }
        Column::Set(it) => {
            let words = it.words.max(1);
            let own = it.bits.get(row * words..(row + 1) * words).into_iter().flatten();
            for (word, bits) in own.enumerate() {
                for bit in (0..64).filter(|bit| bits >> bit & 1 == 1) {
                    if let Some(name) = names.options.get(word * 64 + bit) {
                        put(name.as_bytes());
                    }
                }
            }
        }
        Column::TextSet(it) => {
            let mut members: Vec<&str> = it.members(row).iter().filter_map(|&code| it.dictionary.get(code)).collect();
            members.sort_unstable();
            members.iter().for_each(|member| put(member.as_bytes()));
        }
    }
}

//! A record as a `test` item: what its rules read as `given`, what came out as `expect`.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::column::Batch;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::invariant::SureAt as _;
use crate::schema::{EventId, PropId, Related, Schema};
use crate::syntax::written::{choice, name, quoted};
use crate::value::{Type, Value};
use crate::why::Explanation;
use crate::why::values::{date, instant, value_at, value_of};

/// The only record of `record` as a test that passes.
#[must_use]
pub fn test(model: &Model, record: &Batch, it: &Explanation, as_of: AsOf) -> String {
    let schema = &model.schema;
    let end_of_day = AsOf::end_of(as_of.day, &schema.zone) == as_of;
    let when = if end_of_day { date(as_of.day) } else { instant(as_of.micros, &schema.zone) };
    let mut out = format!("test {} as of {when} {{\n", quoted(&format!("record {}", it.key)));
    let uses = Uses::of(model);
    for (at, property) in schema.properties.iter().enumerate() {
        if uses.properties.get(at).is_none_or(Vec::is_empty) || property.related.is_some() {
            continue;
        }
        let Ok(id) = u32::try_from(at) else { continue };
        let value = value_of(record, PropId(id), Some(&property.ty)).filter(|value| !is_empty(value));
        if let Some(value) = value {
            if let Value::Number(n) = value
                && writable(n) != n.to_string()
            {
                let _ = writeln!(out, "  # The record has {n}; rules write at most 30 digits, 12 of them decimals.");
            }
            let _ = writeln!(out, "  given {} = {}", name(&property.name), written(&value, &property.ty, &schema.zone));
        }
    }
    for related in &schema.related {
        if let Some(given) = related_record(schema, related, record, &uses) {
            let _ = writeln!(out, "  given {} = {given}", name(&related.name));
        }
    }
    for (at, list) in schema.events.iter().enumerate() {
        let Ok(id) = u32::try_from(at) else { continue };
        let events = events(schema, EventId(id), record);
        if !events.is_empty() {
            let _ = writeln!(out, "  given {} = [{}]", name(&list.name), events.join(", "));
        }
    }
    let mut expected: Vec<String> = Vec::new();
    expected.push(if it.excluded { "excluded" } else { "not excluded" }.to_owned());
    for score in &it.scores {
        expected.push(
            score.value.map_or_else(|| format!("{} is unknown", name(&score.name)), |v| format!("{} = {v}", name(&score.name))),
        );
    }
    for label in &it.labels {
        expected.push(match &label.value {
            Some(text) => format!("{} is {}", name(&label.name), quoted(text)),
            None => format!("{} is unknown", name(&label.name)),
        });
    }
    for stage in &it.lifecycles {
        expected.push(match &stage.after {
            Some(after) => format!("{} is {}", name(&stage.name), choice(after)),
            None => format!("{} is unknown", name(&stage.name)),
        });
    }
    let _ = writeln!(out, "  expect {}", expected.join(", "));
    out.push_str("}\n");
    // As `lsrc fmt` lays it out, so that it can be kept as it is.
    crate::format::format(&crate::syntax::parse(crate::source::FileId(0), &out), &out)
}

/// `{ industry: software }`, as far as the rules read it; `None` where the record has none.
fn related_record(schema: &Schema, related: &Related, record: &Batch, uses: &Uses) -> Option<String> {
    let value = |id: PropId| value_of(record, id, schema.property(id).map(|p| &p.ty)).filter(|value| !is_empty(value));
    let read = |id: &&PropId| uses.properties.get(id.0 as usize).is_some_and(|rules| !rules.is_empty());
    let values = related.properties.iter().filter(read).filter_map(|&id| {
        let property = schema.property(id)?;
        Some(format!("{}: {}", name(related.short(property)), written(&value(id)?, &property.ty, &schema.zone)))
    });
    let values: Vec<String> = values.collect();
    match value(related.known) {
        Some(Value::Boolean(true)) => {}
        Some(_) => return None,
        None if values.is_empty() => return None,
        None => {}
    }
    Some(format!("{{ {} }}", values.join(", ")))
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Set(codes) if codes.is_empty()) || matches!(value, Value::TextSet(texts) if texts.is_empty())
}

fn events(schema: &Schema, id: EventId, record: &Batch) -> Vec<String> {
    let (Some(list), Some(Some(columns))) = (schema.event(id), record.events.get(id.0 as usize)) else { return Vec::new() };
    let count = *columns.offsets.sure_at(1) as usize;
    // An event without a time does not exist for rules, and a test has no way to give it.
    let at = columns.fields.get(list.at.0 as usize).and_then(Option::as_ref);
    let one = |place: usize| {
        value_at(at?, place)?;
        let fields = list.fields.iter().zip(&columns.fields).filter_map(|(field, column)| {
            let value = value_at(column.as_ref()?, place)?;
            Some(format!("{}: {}", name(&field.name), written(&value, &field.ty, &schema.zone)))
        });
        let fields: Vec<String> = fields.collect();
        Some(format!("{{ {} }}", fields.join(", ")))
    };
    (0..count).filter_map(one).collect()
}

/// The number as rules write it, or the nearest one that they can: with at most 30 digits, 12 of them decimals.
fn writable(n: f64) -> String {
    let text = n.to_string();
    if text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 12) {
        return format!("{n:.12}").trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    if text.bytes().filter(u8::is_ascii_digit).count() > 30 {
        return format!("{}{}", if n < 0.0 { "-" } else { "" }, "9".repeat(30));
    }
    text
}

/// A value as rules write it.
fn written(value: &Value, ty: &Type, zone: &TimeZone) -> String {
    let option = |code: &u32| ty.options().and_then(|o| o.name(*code)).map_or_else(String::new, |n| choice(n));
    let list = |all: Vec<String>| format!("[{}]", all.join(", "));
    match value {
        Value::Text(text) => quoted(text),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => writable(*n),
        Value::Boolean(truth) => truth.to_string(),
        Value::Date(day) => date(*day),
        Value::DateTime(micros) => instant(*micros, zone),
        Value::Option(code) => option(code),
        Value::Set(codes) => list(codes.iter().map(option).collect()),
        Value::TextSet(texts) => list(texts.iter().map(|t| quoted(t)).collect()),
        Value::Decimal(n) => n.to_string(),
    }
}

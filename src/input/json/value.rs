//! JSON values as cells, lists and events.

use std::borrow::Cow;

use sonic_rs::LazyValue;

use super::keys::Rank;
use super::loose;

use crate::input::build::Builder;
use crate::input::cell::Cell;
use crate::input::cell::number::{decimal, digits};
use crate::input::report::{BadRows, Fault};
use crate::input::table::WantedList;

/// A value that is no list and no object, as a cell. `text` keeps a string that had escapes in it.
pub(crate) fn cell<'a>(raw: &'a str, text: &'a mut String) -> Option<Cell<'a>> {
    Some(match raw.as_bytes().first()? {
        b'"' => match string(raw) {
            Some(Cow::Borrowed(plain)) => Cell::Text(plain),
            Some(Cow::Owned(owned)) => {
                *text = owned;
                Cell::Text(text)
            }
            // Escapes that are no text.
            None => Cell::Broken(raw),
        },
        b'[' | b'{' => return None,
        _ => match raw {
            "null" => Cell::Missing,
            "true" => Cell::Boolean(true),
            "false" => Cell::Boolean(false),
            _ => number(raw),
        },
    })
}

/// A number that fits in no type of ours stays as it is written; what is not JSON is no value.
fn number(raw: &str) -> Cell<'_> {
    let digits_of = raw.strip_prefix('-').unwrap_or(raw);
    if digits_of.len() > 1 && digits_of.starts_with('0') && digits_of.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        return Cell::Broken(raw);
    }
    if let Some(n) = digits(raw.as_bytes()) {
        return Cell::Integer(n);
    }
    if let Some(x) = decimal(raw.as_bytes()) {
        return Cell::Number(x);
    }
    if raw.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return raw.parse().map_or(Cell::Text(raw), Cell::Integer);
    }
    match raw {
        // As Python, R and JavaScript write them.
        "NaN" | "nan" => Cell::Number(f64::NAN),
        "Infinity" | "+Infinity" | "inf" | "Inf" => Cell::Number(f64::INFINITY),
        "-Infinity" | "-inf" | "-Inf" => Cell::Number(f64::NEG_INFINITY),
        _ if serde_json::from_str::<serde::de::IgnoredAny>(raw).is_ok() => raw.parse().map_or(Cell::Broken(raw), Cell::Number),
        _ => Cell::Broken(raw),
    }
}

/// The text of a JSON string.
pub(crate) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// Adds a value to a column.
pub(crate) fn push(builder: &mut Builder, value: Option<&str>, row: u64, bad: &mut BadRows) {
    let Some(raw) = value else { return builder.push(Cell::Missing, row, bad) };
    let mut text = String::new();
    if let Some(cell) = cell(raw, &mut text) {
        return builder.push(cell, row, bad);
    }
    if builder.is_associated()
        && let Some(ids) = associated(raw)
    {
        return push_associated(builder, &ids, row, bad);
    }
    // No type of a property is an object.
    let members = if raw.starts_with('[') { elements(raw) } else { None };
    let Some(members) = members else { return builder.push(Cell::Broken(raw), row, bad) };
    // A member that is a list or an object is shown as written, and is then no option.
    let mut members: Vec<(&str, String)> = members.into_iter().map(|member| (member, String::new())).collect();
    let cells = members.iter_mut().map(|(member, text)| cell_or_raw(member, text));
    builder.push_list(cells, raw, row, bad);
}

/// The ids in HubSpot's list of a contact's companies, `{"results": [{"id": "7", "type": "contact_to_company"}]}`, each once; other types
/// of association are left out. `None` where the text is something else.
fn associated(raw: &str) -> Option<Vec<String>> {
    let text = |raw: &str| string(raw).map_or_else(|| raw.to_owned(), Cow::into_owned);
    let found = members(raw)?.into_iter().find(|(key, _)| key == "results")?.1;
    let mut ids: Vec<String> = Vec::new();
    for result in elements(found)? {
        let result = members(result)?;
        let of = |name: &str| result.iter().find(|(key, _)| key == name).map(|(_, value)| text(value));
        if of("type").as_deref() == Some("contact_to_company") {
            ids.extend(of("id").filter(|id| !ids.contains(id)));
        }
    }
    Some(ids)
}

/// Adds the company of a contact, if it is one.
fn push_associated(builder: &mut Builder, ids: &[String], row: u64, bad: &mut BadRows) {
    match ids {
        [] => builder.push(Cell::Missing, row, bad),
        [id] => builder.push(Cell::Text(id), row, bad),
        several => {
            builder.push_nothing();
            builder.fault(Fault::Several, row, &several.join(", "), bad);
        }
    }
}

/// The elements of a JSON list; `None` where the text is something else, or goes on after it.
fn elements(raw: &str) -> Option<Vec<&str>> {
    let parsed: Result<Vec<LazyValue<'_>>, _> = sonic_rs::to_array_iter(raw).collect();
    if let Ok(values) = parsed {
        let parts: Option<Vec<&str>> = values.iter().map(|value| part_of(raw, value.as_raw_str())).collect();
        if let Some(parts) = parts {
            let end = parts.last().map_or(1, |part| part.as_ptr() as usize + part.len() - raw.as_ptr() as usize);
            return raw.get(end..).is_some_and(|rest| rest.trim_start() == "]").then_some(parts);
        }
    }
    loose::elements(raw)?.into_iter().map(|place| raw.get(place)).collect()
}

fn cell_or_raw<'a>(raw: &'a str, text: &'a mut String) -> Cell<'a> {
    if raw.starts_with(['[', '{']) { Cell::Text(raw) } else { cell(raw, text).unwrap_or(Cell::Text(raw)) }
}

/// The keys and values of a JSON object; `None` where the text is something else.
pub(super) fn members(raw: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let parsed: Result<Vec<(Cow<'_, str>, LazyValue<'_>)>, _> = sonic_rs::to_object_iter(raw).collect();
    if let Ok(pairs) = parsed {
        let members: Option<Vec<_>> =
            pairs.into_iter().map(|(key, value)| Some((key, part_of(raw, value.as_raw_str())?))).collect();
        if members.is_some() {
            return members;
        }
    }
    let pairs = loose::pairs(raw)?.into_iter();
    pairs.map(|(key, place)| Some((key, raw.get(place)?))).collect()
}

/// The part of a text that is at the place of `part`, which borrows from it.
fn part_of<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    text.get(start..start + part.len())
}

/// Adds the events of a record: a JSON array of objects. False when it is something else.
pub(crate) fn push_events(list: &mut WantedList, raw: &str, row: u64, bad: &mut BadRows) -> bool {
    let raw = raw.trim();
    if raw.is_empty() || raw == "null" {
        return true;
    }
    if !raw.starts_with('[') {
        return false;
    }
    let Some(events) = elements(raw) else { return false };
    let mut whole = true;
    for raw in events {
        if raw == "null" {
            continue;
        }
        if !raw.starts_with('{') {
            whole = false;
            continue;
        }
        let Some(members) = members(raw) else {
            whole = false;
            continue;
        };
        let mut values: Vec<Option<(Rank, &str)>> = vec![None; list.fields.len()];
        for (position, (key, value)) in members.iter().enumerate() {
            let place = list.keys.place(key, position);
            for &(target, rank) in list.keys.claims(place) {
                if let Some(slot) = values.get_mut(target)
                    && slot.is_none_or(|(known, _)| rank <= known)
                {
                    *slot = Some((rank, value));
                }
            }
        }
        for ((_, wanted), value) in list.fields.iter_mut().zip(&values) {
            push(&mut wanted.builder, value.map(|(_, raw)| raw), row, bad);
        }
        list.count += 1;
    }
    whole
}

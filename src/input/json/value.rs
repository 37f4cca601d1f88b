//! JSON values as cells, lists and events.

use std::borrow::Cow;

use sonic_rs::LazyValue;

use crate::input::build::Builder;
use crate::input::cell::Cell;
use crate::input::cell::number::{decimal, digits};
use crate::input::report::{BadRows, Fault};
use crate::input::table::WantedList;

/// A value that is no list and no object, as a cell. `text` keeps a string that had escapes in it.
pub(crate) fn cell<'a>(raw: &'a str, text: &'a mut String) -> Option<Cell<'a>> {
    Some(match raw.as_bytes().first()? {
        b'n' => Cell::Missing,
        b't' => Cell::Boolean(true),
        b'f' => Cell::Boolean(false),
        b'"' => match string(raw)? {
            Cow::Borrowed(plain) => Cell::Text(plain),
            Cow::Owned(owned) => {
                *text = owned;
                Cell::Text(text)
            }
        },
        b'[' | b'{' => return None,
        _ => number(raw),
    })
}

/// A number that fits in no type of ours stays as it is written.
fn number(raw: &str) -> Cell<'_> {
    if let Some(n) = digits(raw.as_bytes()) {
        return Cell::Integer(n);
    }
    if let Some(x) = decimal(raw.as_bytes()) {
        return Cell::Number(x);
    }
    if raw.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return raw.parse().map_or(Cell::Text(raw), Cell::Integer);
    }
    raw.parse().map_or(Cell::Text(raw), Cell::Number)
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
    if raw.starts_with('{') {
        // No type of a property is an object: an empty list of members, and the object as the fault.
        builder.push(Cell::Missing, row, bad);
        return builder.fault(Fault::Unreadable, row, raw, bad);
    }
    // A member that is a list or an object is shown as written, and is then no option.
    let members: Vec<(LazyValue<'_>, String)> =
        sonic_rs::to_array_iter(raw).map_while(Result::ok).map(|member| (member, String::new())).collect();
    let mut members = members;
    let cells = members.iter_mut().map(|(member, text)| {
        let raw = member.as_raw_str();
        cell_or_raw(raw, text)
    });
    builder.push_list(cells, raw, row, bad);
}

fn cell_or_raw<'a>(raw: &'a str, text: &'a mut String) -> Cell<'a> {
    if raw.starts_with(['[', '{']) { Cell::Text(raw) } else { cell(raw, text).unwrap_or(Cell::Text(raw)) }
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
    let mut whole = true;
    for event in sonic_rs::to_array_iter(raw) {
        let Ok(event) = event else { return false };
        let raw = event.as_raw_str();
        if raw == "null" {
            continue;
        }
        if !raw.starts_with('{') {
            whole = false;
            continue;
        }
        let mut values: Vec<Option<(u32, LazyValue<'_>)>> = list.fields.iter().map(|_| None).collect();
        for (position, pair) in sonic_rs::to_object_iter(raw).enumerate() {
            let Ok((key, value)) = pair else { return false };
            let place = list.keys.place(&key, position);
            for &(target, rank) in list.keys.claims(place) {
                if let Some(slot) = values.get_mut(target)
                    && slot.as_ref().is_none_or(|(known, _)| rank <= *known)
                {
                    *slot = Some((rank, value.clone()));
                }
            }
        }
        for ((_, wanted), value) in list.fields.iter_mut().zip(&values) {
            push(&mut wanted.builder, value.as_ref().map(|(_, v)| v.as_raw_str()), row, bad);
        }
        list.count += 1;
    }
    whole
}

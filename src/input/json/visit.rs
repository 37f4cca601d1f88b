//! Which of a record's values are wanted.

use std::borrow::Cow;

use fearless_simd::{Level as Instructions, Simd, dispatch};

use super::flat::{self, Kind};
use super::keys::{Claim, Level};
use super::loose;
use super::places::{Places, Slot};
use crate::invariant::Sure as _;

use super::value::string;

/// Why a record could not be read.
pub(super) enum Trouble {
    /// It is no JSON object; what is wrong, and where in it if that is known.
    NoRecord(String),
    /// Two keys fit one column equally well.
    Several(usize, String, String),
}

/// Two keys that fit a column equally well.
struct Clash {
    target: usize,
    first: usize,
    second: usize,
}

impl Clash {
    fn told(self, keys: &Level) -> Trouble {
        Trouble::Several(self.target, keys.key(self.first).to_owned(), keys.key(self.second).to_owned())
    }
}

/// Notes where the wanted values of the record at these bytes of a text stand, as one record more; on failure as none.
pub(super) fn visit(keys: &mut Level, text: &str, record: std::ops::Range<usize>, places: &mut Places) -> Result<(), Trouble> {
    places.open();
    let visited = visit_opened(keys, text, record, places);
    if visited.is_err() {
        places.abandon();
    }
    visited
}

fn visit_opened(keys: &mut Level, text: &str, record: std::ops::Range<usize>, places: &mut Places) -> Result<(), Trouble> {
    let Some(whole) = text.get(record.clone()) else { return Err(Trouble::NoRecord("is not a JSON object".to_owned())) };
    let body = whole.trim_start();
    let start = record.end - body.len();
    let body = body.trim_end();
    if !body.starts_with('{') {
        return Err(Trouble::NoRecord("is not a JSON object".to_owned()));
    }
    if dispatch!(Instructions::new(), simd => walk(simd, keys, text, start..start + body.len(), places))? {
        return Ok(());
    }
    places.abandon();
    places.open();
    let trouble = match descend(keys, body, start, places) {
        // What stands behind the last value must be the end of the object and nothing else.
        Ok(end) if body.get(end..).is_some_and(|rest| rest.trim_start() == "}") => return Ok(()),
        Ok(_) => Trouble::NoRecord("has something behind its JSON object".to_owned()),
        Err(several @ Trouble::Several(..)) => return Err(several),
        Err(trouble @ Trouble::NoRecord(_)) => trouble,
    };
    places.abandon();
    places.open();
    match loosely(keys, body, start, places)? {
        Some(()) => Ok(()),
        None => Err(trouble),
    }
}

/// As [`descend`] where single values are not JSON; `None` where more than that is wrong.
fn loosely(keys: &mut Level, object: &str, base: usize, places: &mut Places) -> Result<Option<()>, Trouble> {
    let Some(pairs) = loose::pairs(object) else { return Ok(None) };
    for (position, (key, value)) in pairs.into_iter().enumerate() {
        let place = keys.place(&key, position);
        let Some(raw) = object.get(value.clone()) else { continue };
        if let Some(below) = keys.entry(place).and_then(|entry| entry.below.as_mut())
            && raw.starts_with('{')
            && loosely(below, raw, base + value.start, places)?.is_none()
        {
            return Ok(None);
        }
        // Whatever it is, it is looked at in full.
        let kind = if raw == "null" { Kind::Null } else { Kind::Nested };
        claim(keys, place, Slot::new(kind, base + value.start, base + value.end), places).map_err(|clash| clash.told(keys))?;
    }
    Ok(Some(()))
}

/// Looks at the keys of a usual object; false where it is none.
#[inline(always)]
fn walk<S: Simd>(
    simd: S,
    keys: &mut Level,
    text: &str,
    object: std::ops::Range<usize>,
    places: &mut Places,
) -> Result<bool, Trouble> {
    let mut at = object.start + 1;
    for position in 0.. {
        let expected = keys.expected(position);
        let found =
            expected.and_then(|e| flat::value_behind(simd, text.as_bytes(), at, &e.written, || keys.key(e.place)).zip(expected));
        let (place, claimed, value) = match found {
            Some((value, expected)) => (expected.place, expected.claim, value),
            None => {
                let Some(pair) = flat::pair(simd, text, at) else { return Ok(false) };
                (keys.place(pair.key, position), Claim::Several, pair.value)
            }
        };
        let slot = Slot::new(value.kind, value.start, value.end);
        let claimed = match claimed {
            Claim::None => Ok(()),
            Claim::One(target, rank) => {
                places.claim(target, rank, place, slot).map_err(|first| Clash { target, first, second: place })
            }
            Claim::Several => claim(keys, place, slot, places),
        };
        claimed.map_err(|clash| clash.told(keys))?;
        if value.last {
            return Ok(value.next == object.end);
        }
        at = value.next;
    }
    Ok(false)
}

/// Gives a value to all columns that its key fits best so far; fails with a column that another key fits as well.
#[inline(always)]
fn claim(keys: &Level, place: usize, value: Slot, places: &mut Places) -> Result<(), Clash> {
    for &(target, rank) in keys.claims(place) {
        if let Err(first) = places.claim(target, rank, place, value) {
            return Err(Clash { target, first, second: place });
        }
    }
    Ok(())
}

/// Looks at the keys of one object, which starts at byte `base` of the text; gives the end of its last value, from the start of the object.
fn descend(keys: &mut Level, object: &str, base: usize, places: &mut Places) -> Result<usize, Trouble> {
    let address = object.as_ptr() as usize;
    let mut end = 1;
    for (position, pair) in sonic_rs::to_object_iter(object).enumerate() {
        let (key, value) = pair.map_err(|e| Trouble::NoRecord(format!("is not JSON: {}", first_line(&e))))?;
        let raw = value.as_raw_str();
        end = (raw.as_ptr() as usize + raw.len()).saturating_sub(address);
        let start = end - raw.len();
        let place = keys.place(&key, position);
        let Some(value) = object.get(start..end) else { continue };
        if let Some(below) = keys.entry(place).and_then(|entry| entry.below.as_mut())
            && value.starts_with('{')
        {
            descend(below, value, base + start, places)?;
        }
        claim(keys, place, Slot::new(kind(value), base + start, base + end), places).map_err(|clash| clash.told(keys))?;
    }
    Ok(end)
}

/// How a value is written that the parser has found.
fn kind(value: &str) -> Kind {
    match value.as_bytes().first() {
        Some(b'n') => Kind::Null,
        Some(b'"') => match string(value) {
            Some(Cow::Borrowed(_)) => Kind::Plain,
            Some(Cow::Owned(_)) => Kind::Escaped,
            // Escapes that are no text are told of as a list would be.
            None => Kind::Nested,
        },
        Some(b'{' | b'[') => Kind::Nested,
        Some(_) | None => Kind::Bare,
    }
}

/// The parser's message without the excerpt that it draws.
fn first_line(error: &sonic_rs::Error) -> String {
    let text = error.to_string();
    let line = text.split('\n').next().sure("a split text has a part");
    line.split(" at line ").next().unwrap_or(line).to_lowercase()
}

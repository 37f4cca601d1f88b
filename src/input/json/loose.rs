//! Objects and lists that are JSON but for single values, such as the `NaN` that Python and R write: each costs itself, nothing around it.

use std::borrow::Cow;
use std::ops::Range;

use super::split::{Member, member, skip_space, value_end};
use super::value::string;

/// A key and where its value is.
pub(super) type Pair<'a> = (Cow<'a, str>, Range<usize>);

/// The keys and values of the object that `text` is; `None` where it is none, or more than that.
pub(super) fn pairs(text: &str) -> Option<Vec<Pair<'_>>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    each(bytes, b'{', b'}', |at| {
        let Member::Found { key, value } = member(bytes, at) else { return None };
        let end = value.end;
        found.push((string(text.get(key)?)?, checked(bytes, value)?));
        Some(end)
    })?;
    Some(found)
}

/// Where the elements of the list are that `text` is; `None` where it is none, or more than that.
pub(super) fn elements(text: &str) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    each(bytes, b'[', b']', |at| {
        let end = value_end(bytes, at)?;
        found.push(checked(bytes, at..end)?);
        Some(end)
    })?;
    Some(found)
}

/// A value that is more than nothing, and whose brackets close as they open.
fn checked(bytes: &[u8], value: Range<usize>) -> Option<Range<usize>> {
    let closes = match bytes.get(value.start)? {
        b'{' => bytes.get(value.end.checked_sub(1)?) == Some(&b'}'),
        b'[' => bytes.get(value.end.checked_sub(1)?) == Some(&b']'),
        b'"' => true,
        // A token that goes on behind a quote or a bracket is no value.
        _ => bytes.get(value.clone())?.iter().all(|b| !matches!(b, b'"' | b'{' | b'[')),
    };
    (closes && !value.is_empty()).then_some(value)
}

/// Calls `item` for each item between two brackets, which gives where it ends; `None` unless the text is just that.
fn each(bytes: &[u8], open: u8, close: u8, mut item: impl FnMut(usize) -> Option<usize>) -> Option<()> {
    let start = skip_space(bytes, 0);
    if bytes.get(start) != Some(&open) {
        return None;
    }
    let mut at = skip_space(bytes, start + 1);
    let mut first = true;
    loop {
        match *bytes.get(at)? {
            b if b == close && first => break,
            b',' if !first => at = skip_space(bytes, at + 1),
            b if b == close => break,
            _ if !first => return None,
            _ => {}
        }
        first = false;
        at = skip_space(bytes, item(at)?);
    }
    bytes.get(at + 1..)?.trim_ascii().is_empty().then_some(())
}

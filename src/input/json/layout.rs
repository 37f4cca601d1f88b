//! Whether a file has one record a line or is a document, by its first bytes.

use super::split::{skip_space, value_end};
use crate::invariant::SureAt as _;

use super::wrap::{Judge, Verdict};

/// Whether each line is a record; `None` where the first value does not end in these bytes, and more of them would say. `usual` is what the
/// name of the file says, for what its bytes leave open.
pub(super) fn is_lines(text: &str, eof: bool, usual: bool, judge: &mut Judge) -> Option<bool> {
    let bytes = text.as_bytes();
    let at = skip_space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return Some(usual && bytes.get(at) != Some(&b'['));
    }
    let line_end = |at: usize| bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)).map(|n| at + n);
    let Some(end) = value_end(bytes, at) else {
        // An object over several lines, or a line that is cut off before others.
        let cut_off = line_end(at).is_some_and(|end| starts_record(bytes, end + 1));
        return match judge.verdict(text, at) {
            Verdict::List { .. } => Some(false),
            Verdict::Record(_) | Verdict::More | Verdict::Broken(_) if cut_off => Some(usual),
            Verdict::Record(_) | Verdict::More | Verdict::Broken(_) if line_end(at).is_some() => Some(false),
            Verdict::Record(_) | Verdict::More | Verdict::Broken(_) => eof.then_some(usual),
        };
    };
    let within = memchr::memchr(b'\n', bytes.sure_at(at..end)).is_some();
    if within {
        // The brackets of a line that is cut off close in a later one.
        let cut_off = line_end(at).is_some_and(|end| starts_record(bytes, end + 1));
        return Some(cut_off && usual);
    }
    if matches!(judge.verdict(text, at), Verdict::List { .. }) {
        return Some(false);
    }
    // No later record may go over several lines; what is neither a comma nor another value is a fault of its line, where the name says lines.
    let rest = line_end(end).map_or(bytes.len(), |at| at);
    let after = bytes.sure_at(end..rest).iter().find(|&&b| b != b',' && !b.is_ascii_whitespace());
    let alone = match after {
        None => true,
        Some(b'{' | b'[') => false,
        Some(_) => usual,
    };
    Some(alone && !later_spans_lines(bytes, rest))
}

/// Whether a record starts at the beginning of a line.
fn starts_record(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'{')
}

/// Whether an object from `at` on is written over several lines.
fn later_spans_lines(bytes: &[u8], mut at: usize) -> bool {
    while let Some(n) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        let (start, end) = (at, at + n);
        at = end + 1;
        let line = bytes.sure_at(start..end);
        let first = start + (line.len() - line.trim_ascii_start().len());
        if bytes.get(first) == Some(&b'{')
            && value_end(bytes, first).is_none_or(|close| close > end)
            && bytes.get(at..).is_some_and(|rest| !rest.is_empty())
            && !starts_record(bytes, at)
        {
            return true;
        }
    }
    false
}

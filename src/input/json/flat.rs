//! The usual record: an object of plain values, walked through without a parser.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x16};

/// A key of an object and its value.
pub(super) struct Pair<'a> {
    pub(super) key: &'a str,
    pub(super) value: Value<'a>,
}

/// A value as written.
pub(super) struct Value<'a> {
    pub(super) raw: &'a str,
    /// Where the pair behind it starts, if it is not the last.
    pub(super) next: Option<usize>,
    /// Behind the comma or brace after it.
    pub(super) end: usize,
}

/// The pair that starts at `at`, behind a brace or a comma. `None` says nothing about the text but that it is unusual: an escape in a key, a
/// nested value, a number with an exponent, or no JSON at all.
#[inline]
pub(super) fn pair(text: &str, at: usize) -> Option<Pair<'_>> {
    let bytes = text.as_bytes();
    let at = behind_space(bytes, at);
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let key_end = string_end(bytes, at + 1).filter(|end| bytes.get(at..*end).is_some_and(|key| !key.contains(&b'\\')))?;
    let key = text.get(at + 1..key_end)?;
    let colon = behind_space(bytes, key_end + 1);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    value(text, colon + 1).map(|value| Pair { key, value })
}

/// The value that stands behind the key `key`, quotes and colon and all, if that key starts at `at`.
#[inline]
pub(super) fn value_behind<'a>(text: &'a str, at: usize, key: &[u8]) -> Option<Value<'a>> {
    let at = behind_space(text.as_bytes(), at);
    if !text.as_bytes().get(at..)?.starts_with(key) {
        return None;
    }
    value(text, at + key.len())
}

#[inline]
fn value(text: &str, at: usize) -> Option<Value<'_>> {
    let bytes = text.as_bytes();
    let start = behind_space(bytes, at);
    let end = match bytes.get(start)? {
        b'"' => string_end(bytes, start + 1)? + 1,
        b'-' | b'0'..=b'9' => number_end(bytes, start)?,
        b't' => word_end(bytes, start, b"true")?,
        b'f' => word_end(bytes, start, b"false")?,
        b'n' => word_end(bytes, start, b"null")?,
        _ => return None,
    };
    let raw = text.get(start..end)?;
    let after = behind_space(bytes, end);
    let next = match bytes.get(after)? {
        b',' => Some(after + 1),
        b'}' => None,
        _ => return None,
    };
    Some(Value { raw, next, end: after + 1 })
}

#[inline]
fn behind_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

#[inline]
fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// The place of the quote that ends a string.
#[inline]
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = bytes.get(at..)?;
        let found = match rest.first_chunk() {
            Some(chunk) => match dispatch!(Level::baseline(), simd => special(simd, chunk)) {
                0 => {
                    at += chunk.len();
                    continue;
                }
                bits => at + bits.trailing_zeros() as usize,
            },
            None => at + rest.iter().position(|&b| b == b'"' || b == b'\\' || b < b' ')?,
        };
        match bytes.get(found)? {
            b'"' => return Some(found),
            b'\\' if matches!(bytes.get(found + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at = found + 2,
            _ => return None,
        }
    }
}

/// The quotes, backslashes and control characters of 16 bytes, the first byte in the lowest bit.
#[inline(always)]
fn special<S: Simd>(simd: S, chunk: &[u8; 16]) -> u64 {
    let lane = u8x16::from_slice(simd, chunk);
    let is = |byte| lane.simd_eq(u8x16::splat(simd, byte));
    (is(b'"') | is(b'\\') | lane.simd_lt(u8x16::splat(simd, b' '))).to_bitmask()
}

/// One byte behind digits, perhaps with a sign and with a part behind the point.
#[inline]
fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |mut at: usize| {
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > start).then_some(at)
    };
    let start = at + usize::from(bytes.get(at) == Some(&b'-'));
    let end = digits(start)?;
    // No number begins with a zero that says nothing.
    if end > start + 1 && bytes.get(start) == Some(&b'0') {
        return None;
    }
    match bytes.get(end) {
        Some(b'.') => digits(end + 1).filter(|end| !matches!(bytes.get(*end), Some(b'e' | b'E'))),
        Some(b'e' | b'E') => None,
        Some(_) | None => Some(end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All pairs of an object of plain values.
    fn pairs(text: &str) -> Option<Vec<(String, String)>> {
        let (mut at, mut all) = (1, Vec::new());
        loop {
            let pair = pair(text, at)?;
            let behind = value_behind(text, at, format!("\"{}\":", pair.key).as_bytes());
            assert!(behind.is_none_or(|value| value.raw == pair.value.raw && value.end == pair.value.end));
            all.push((pair.key.to_owned(), pair.value.raw.to_owned()));
            match pair.value.next {
                Some(next) => at = next,
                None => return (pair.value.end == text.len()).then_some(all),
            }
        }
    }

    #[test]
    fn the_usual_is_walked_through_and_all_else_is_left() {
        let found = pairs("{\"a\": 1, \"b\":\"x \\\"y\" ,\"c\":null,\"d\":-0.50,\"e\":true}").unwrap();
        let words: Vec<String> = found.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(words, ["a=1", "b=\"x \\\"y\"", "c=null", "d=-0.50", "e=true"]);
        for unusual in [
            "{}",
            "{\"a\":1",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":1e5}",
            "{\"a\":1.5E2}",
            "{\"a\":[1]}",
            "{\"a\":{}}",
            "{\"\\n\":1}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u0041\"}",
            "{\"a\":nul}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1}}",
            "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":1,}",
            "{\"a\":truex}",
            "{\"0123456789abcdefg\\\"\":1}",
        ] {
            assert!(pairs(unusual).is_none(), "{unusual}");
        }
    }

    proptest! {
        #[test]
        fn what_is_walked_through_is_json(text in "\\{[\"a,:\\\\ 0-2.e{}tru\u{e9}-]{0,30}\\}?", tail in "[a\"\\\\]{0,24}") {
            let text = format!("{text}\"x\":\"{tail}\"}}");
            if let Some(found) = pairs(&text) {
                let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
                for (key, value) in &found {
                    let _: serde_json::Value = serde_json::from_str(value).unwrap();
                    prop_assert!(parsed.get(key).is_some());
                }
            }
        }
    }
}

//! The usual record: an object of plain values, walked through without a parser.

use fearless_simd::prelude::*;
use fearless_simd::u8x32;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `null`.
    Null,
    /// A number or a truth value.
    Bare,
    /// A string without escapes.
    Plain,
    /// A string with escapes.
    Escaped,
    /// A list or an object.
    Nested,
}

/// A value.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Behind the comma or brace after it.
    pub(super) next: usize,
    /// Whether that was a brace.
    pub(super) last: bool,
}

/// A key of an object and its value.
pub(super) struct Pair<'a> {
    pub(super) key: &'a str,
    pub(super) value: Value,
}

/// A key as a record has it as a rule, with quotes and colon.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// Its bytes, as far as they fit in, and a bit for each of them.
    chunk: [u8; 32],
    mask: u64,
    length: usize,
}

impl Written {
    /// Of a key.
    pub(super) fn new(key: &str) -> Self {
        let mut chunk = [0; 32];
        let bytes = b"\"".iter().chain(key.as_bytes()).chain(b"\":");
        chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let length = key.len() + 3;
        let plain = !key.contains(|c: char| c == '"' || c == '\\' || c < ' ');
        // A key with escapes can be written in many ways: the bit of a byte that is not compared is never met.
        let mask = if plain { (1 << length.min(chunk.len())) - 1 } else { u64::MAX };
        Self { chunk, mask, length }
    }

    /// Whether it stands at `at`; `key` is the key, for the bytes that are not in here.
    #[inline(always)]
    fn starts<'k, S: Simd>(&self, simd: S, bytes: &[u8], at: usize, key: impl Fn() -> &'k str) -> bool {
        let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<32>) else { return false };
        let same = u8x32::from_slice(simd, chunk).simd_eq(u8x32::from_slice(simd, &self.chunk)).to_bitmask();
        same & self.mask == self.mask && (self.length <= 32 || self.goes_on(bytes, at, key()))
    }

    fn goes_on(&self, bytes: &[u8], at: usize, key: &str) -> bool {
        let rest = bytes.get(at + 1..at + self.length).and_then(|rest| rest.strip_prefix(key.as_bytes()));
        rest == Some(b"\":")
    }
}

/// The pair that starts at `at`, behind a brace or a comma. `None` says nothing about the text but that it is unusual: an escape in a key, a
/// nested value, a number with an exponent, or no JSON at all.
#[inline(always)]
pub(super) fn pair<S: Simd>(simd: S, text: &str, at: usize) -> Option<Pair<'_>> {
    let bytes = text.as_bytes();
    let at = behind_space(bytes, at);
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let (key_end, _) = string_end(simd, bytes, at + 1).filter(|(_, escaped)| !escaped)?;
    let key = text.get(at + 1..key_end)?;
    let colon = behind_space(bytes, key_end + 1);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    value(simd, bytes, colon + 1).map(|value| Pair { key, value })
}

/// The value that stands behind the key `key`, if that key starts at `at`; none is found in the last 32 bytes of a text.
#[inline(always)]
pub(super) fn value_behind<'k, S: Simd>(
    simd: S,
    bytes: &[u8],
    at: usize,
    written: &Written,
    key: impl Fn() -> &'k str,
) -> Option<Value> {
    let at = behind_space(bytes, at);
    if !written.starts(simd, bytes, at, key) {
        return None;
    }
    value(simd, bytes, at + written.length)
}

#[inline(always)]
fn value<S: Simd>(simd: S, bytes: &[u8], at: usize) -> Option<Value> {
    let start = behind_space(bytes, at);
    let (kind, end) = match bytes.get(start)? {
        b'"' => {
            let (end, escaped) = string_end(simd, bytes, start + 1)?;
            (if escaped { Kind::Escaped } else { Kind::Plain }, end + 1)
        }
        b'-' | b'0'..=b'9' => (Kind::Bare, number_end(bytes, start)?),
        b't' => (Kind::Bare, word_end(bytes, start, b"true")?),
        b'f' => (Kind::Bare, word_end(bytes, start, b"false")?),
        b'n' => (Kind::Null, word_end(bytes, start, b"null")?),
        _ => return None,
    };
    let after = behind_space(bytes, end);
    let last = match bytes.get(after)? {
        b',' => false,
        b'}' => true,
        _ => return None,
    };
    Some(Value { kind, start, end, next: after + 1, last })
}

#[inline(always)]
fn behind_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

#[inline(always)]
fn word_end<const N: usize>(bytes: &[u8], at: usize, word: &[u8; N]) -> Option<usize> {
    (bytes.get(at..)?.first_chunk::<N>()? == word).then_some(at + N)
}

/// The place of the quote that ends a string, and whether there are escapes before it.
#[inline(always)]
fn string_end<S: Simd>(simd: S, bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let rest = bytes.get(at..)?;
        let found = match rest.first_chunk() {
            Some(chunk) => match special(simd, chunk) {
                0 => {
                    at += chunk.len();
                    continue;
                }
                bits => at + bits.trailing_zeros() as usize,
            },
            None => at + rest.iter().position(|&b| b == b'"' || b == b'\\' || b < b' ')?,
        };
        match bytes.get(found)? {
            b'"' => return Some((found, escaped)),
            b'\\' if matches!(bytes.get(found + 1)?, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                escaped = true;
                at = found + 2;
            }
            _ => return None,
        }
    }
}

/// The quotes, backslashes and control characters of 32 bytes, the first byte in the lowest bit.
#[inline(always)]
fn special<S: Simd>(simd: S, chunk: &[u8; 32]) -> u64 {
    let lane = u8x32::from_slice(simd, chunk);
    let is = |byte| lane.simd_eq(u8x32::splat(simd, byte));
    (is(b'"') | is(b'\\') | lane.simd_lt(u8x32::splat(simd, b' '))).to_bitmask()
}

/// One byte behind digits, perhaps with a sign and with a part behind the point.
#[inline(always)]
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
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::*;

    /// All pairs of an object of plain values.
    fn pairs(text: &str) -> Option<Vec<(String, String)>> {
        dispatch!(Level::new(), simd => pairs_by(simd, text))
    }

    #[inline(always)]
    fn pairs_by<S: Simd>(simd: S, text: &str) -> Option<Vec<(String, String)>> {
        let (mut at, mut all) = (1, Vec::new());
        loop {
            let Pair { key, value } = pair(simd, text, at)?;
            let behind = value_behind(simd, text.as_bytes(), at, &Written::new(key), || key);
            assert!(behind.is_none_or(|v| (v.start, v.end, v.next, v.last) == (value.start, value.end, value.next, value.last)));
            let raw = &text[value.start..value.end];
            assert_eq!(value.kind == Kind::Plain, raw.starts_with('"') && !raw.contains('\\'));
            all.push((key.to_owned(), raw.to_owned()));
            if value.last {
                return (value.next == text.len()).then_some(all);
            }
            at = value.next;
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

//! Bytes of texts, and UTF-16 code units, which JavaScript counts.

use serde_json::{Value, json};

use crate::source::{Sources, Span};

/// How many code units stand before a byte; of the whole text for a byte beyond it.
pub(super) fn utf16(text: &str, byte: u32) -> usize {
    let before = text.get(..byte as usize).unwrap_or(text);
    if before.is_ascii() { before.len() } else { before.encode_utf16().count() }
}

/// The byte of a code unit: the start of a character for one inside it, and the end of the text for one beyond it.
pub(super) fn byte(text: &str, unit: usize) -> usize {
    let mut left = unit;
    for (at, c) in text.char_indices() {
        if c.len_utf16() > left {
            return at;
        }
        left -= c.len_utf16();
    }
    text.len()
}

/// File, first and last code unit, line and column of a span.
pub(super) fn place(sources: &Sources, span: Span) -> Value {
    let (from, to) = range(sources, span);
    let place = sources.place(span);
    json!({"file": sources.name(span), "from": from, "to": to, "line": place.line, "column": place.column})
}

/// The code units of a span.
pub(super) fn range(sources: &Sources, span: Span) -> (usize, usize) {
    match sources.get(span.file) {
        Some(file) => (utf16(file.text(), span.start), utf16(file.text(), span.end)),
        None => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_units_and_bytes_are_each_other() {
        let text = "a é 𝄞 x";
        for (at, _) in text.char_indices() {
            assert_eq!(byte(text, utf16(text, u32::try_from(at).unwrap())), at);
        }
        assert_eq!((utf16(text, 10), utf16(text, 99), byte(text, 5), byte(text, 99)), (7, 8, 5, text.len()));
    }
}

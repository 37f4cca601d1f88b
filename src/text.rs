//! How the language compares text: code point by code point in Unicode's simple lower case, perhaps without accents.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// `text` as it is compared: in simple lower case, and with `ignore_accents` decomposed without combining marks and with every
/// apostrophe as `'`.
#[must_use]
pub fn fold(text: &str, ignore_accents: bool) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    if ignore_accents {
        Cow::Owned(text.nfd().filter(|&c| !is_mark(c)).map(|c| if is_apostrophe(c) { '\'' } else { lower(c) }).collect())
    } else {
        Cow::Owned(text.chars().map(lower).collect())
    }
}

/// `text` with every character that cannot be seen by its number: control characters, zero width ones, soft hyphens, marks that turn the
/// direction of writing, and an accent that is a character of its own where one character would be both.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
            || is_mark(c) && unicode_normalization::char::compose(before, c).is_some();
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if hidden => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
        before = c;
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// A header as it is compared: in simple lower case, with composed characters, without spaces, `_` and `-`.
#[must_use]
pub fn header(text: &str) -> String {
    text.nfc().filter(|c| !(c.is_whitespace() || matches!(c, '_' | '-'))).map(lower).collect()
}

/// Unicode's simple lower case of a character. The full mapping differs from it in one character only, the Turkish capital dotted I.
#[must_use]
pub fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    mapped.next().unwrap_or(c)
}

/// Whether `c` continues a word: a letter, a digit or a combining mark.
#[must_use]
pub fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark)
        || c.general_category() == GeneralCategory::DecimalNumber
}

/// Whether `c` is a combining mark.
#[must_use]
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether `c` is one of the characters that people write for an apostrophe.
#[must_use]
pub const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{FF07}')
}

/// Whether a spreadsheet would run the text as a formula: it starts with `=`, `@`, a tab or a return, or with `+` or `-` when more
/// follows than digits, spaces and the signs of numbers.
#[must_use]
pub fn runs_as_formula(text: &str) -> bool {
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => {
            bytes.any(|b| !(b.is_ascii_digit() || matches!(b, b' ' | b'.' | b',' | b'(' | b')' | b'-' | b'/' | b'%')))
        }
        Some(_) | None => false,
    }
}

/// How many letters `word` and `name` lie apart (Damerau and Levenshtein), where that is little enough for the one to be a slip for the
/// other: a third of the letters of `word`, and one at least.
#[must_use]
pub fn slip(word: &str, name: &str) -> Option<usize> {
    let length = word.chars().count();
    let most = (length / 3).max(1);
    if name.chars().count().abs_diff(length) > most {
        return None;
    }
    Some(strsim::damerau_levenshtein(word, name)).filter(|distance| *distance <= most)
}

/// The name that `word` is most likely a slip for, if it can be one; the first of equally likely ones.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let slips = names.into_iter().filter_map(|name| Some((slip(word, name)?, name)));
    slips.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

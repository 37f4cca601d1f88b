//! Text as the language compares it.

use std::sync::LazyLock;

use lsrc::hir::TextTest;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{M}$").unwrap());
static IN_WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}\p{M}]$").unwrap());

fn is(class: &Regex, c: char) -> bool {
    class.is_match(c.encode_utf8(&mut [0; 4]))
}

/// Unicode's simple lower case; of the characters with a longer full lower case there is one, whose simple one is `i`.
fn lower(c: char) -> char {
    if c == '\u{130}' {
        return 'i';
    }
    let full: Vec<char> = c.to_lowercase().collect();
    assert_eq!(full.len(), 1, "{c:?}");
    full[0]
}

/// A text as a list of the characters that count.
pub(crate) fn folded(text: &str, ignore_accents: bool) -> Vec<char> {
    if !ignore_accents {
        return text.chars().map(lower).collect();
    }
    let apostrophe = |c| if "'\u{2018}\u{2019}\u{201B}\u{02BC}\u{FF07}".contains(c) { '\'' } else { c };
    text.nfd().filter(|&c| !is(&MARK, c)).map(apostrophe).map(lower).collect()
}

/// Whether two texts are equal.
pub(crate) fn same(a: &str, b: &str, ignore_accents: bool) -> bool {
    folded(a, ignore_accents) == folded(b, ignore_accents)
}

/// Whether `text` passes the test against one text.
pub(crate) fn passes(text: &str, test: TextTest, with: &str, ignore_accents: bool) -> bool {
    let (text, with) = (folded(text, ignore_accents), folded(with, ignore_accents));
    let places = (0..=text.len()).filter(|&at| text[at..].starts_with(&with));
    match test {
        TextTest::Is => text == with,
        TextTest::Contains => places.count() > 0,
        TextTest::StartsWith => text.starts_with(&with),
        TextTest::EndsWith => text.ends_with(&with),
        TextTest::ContainsWord => places.into_iter().any(|at| {
            let before = at.checked_sub(1).map(|at| text[at]);
            let after = text.get(at + with.len()).copied();
            ![before, after].into_iter().flatten().any(|c| is(&IN_WORD, c))
        }),
    }
}

//! Folding in SQL: only characters that a constant of the rules holds need their lower case, because a character whose lower case no
//! constant holds differs from all of them folded or not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::dialect::Dialect;
use crate::schema::Schema;
use crate::text;

/// Every character that has a lower case, with it.
static PAIRS: LazyLock<Vec<(char, char)>> =
    LazyLock::new(|| ('\0'..=char::MAX).map(|c| (c, text::lower(c))).filter(|(upper, lower)| upper != lower).collect());

/// What belongs to a word, as the inside of a class of characters.
static WORD: LazyLock<String> = LazyLock::new(|| class(text::is_word));

/// White space and the byte order mark, which the outer ends of a cell lose.
pub(super) fn white() -> String {
    ('\0'..='\u{ffff}').filter(|&c| c.is_whitespace() || c == '\u{feff}').collect()
}

/// The characters of the rules' constants.
#[derive(Debug, Clone, Default)]
pub(super) struct Alphabet {
    used: BTreeSet<char>,
    whole: bool,
}

impl Alphabet {
    /// Counts the characters of a constant in.
    pub(super) fn add(&mut self, folded: &str) {
        self.used.extend(folded.chars());
    }

    /// Counts every character in, because texts are compared with each other.
    pub(super) const fn add_all(&mut self) {
        self.whole = true;
    }

    /// Upper and lower case of the characters that matter.
    fn pairs(&self) -> Vec<(char, char)> {
        let matters = |(_, lower): &&(char, char)| self.whole || lower.is_ascii_lowercase() || self.used.contains(lower);
        PAIRS.iter().filter(matters).copied().collect()
    }

    /// `x` as texts are compared; `None` where the dialect cannot leave accents out.
    pub(super) fn fold(&self, x: &str, schema: &Schema, dialect: &dyn Dialect) -> Option<String> {
        let plain = if schema.ignore_accents { dialect.without_accents(x, &class(text::is_mark))? } else { x.to_owned() };
        Some(dialect.lower(&plain, &self.pairs()))
    }
}

/// The inside of a class of characters, in ranges: what belongs to a word.
pub(super) fn word_class() -> &'static str {
    &WORD
}

fn class(belongs: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut run: Option<(char, char)> = None;
    let mut close = |run: &mut Option<(char, char)>| {
        let Some((first, last)) = run.take() else { return };
        let _always = if first == last { write!(out, "{first}") } else { write!(out, "{first}-{last}") };
    };
    for c in '\0'..=char::MAX {
        match (&mut run, belongs(c)) {
            (Some((_, last)), true) => *last = c,
            (None, true) => run = Some((c, c)),
            (_, false) => close(&mut run),
        }
    }
    close(&mut run);
    out
}

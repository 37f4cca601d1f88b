//! Folding in SQL: only characters that a constant of the rules holds need their lower case, because a character whose lower case no
//! constant holds differs from all of them folded or not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::dialect::Dialect;
use crate::schema::Schema;
use crate::text;

/// Every character that has a lower case, with it.
static PAIRS: LazyLock<Vec<(char, char)>> =
    LazyLock::new(|| ('\0'..=char::MAX).map(|c| (c, text::lower(c))).filter(|(upper, lower)| upper != lower).collect());

/// What a character becomes without accents and in lower case: characters that become one other, and those that vanish.
static BARE: LazyLock<(Vec<(char, char)>, String)> = LazyLock::new(|| {
    let (mut pairs, mut marks) = (Vec::new(), String::new());
    for c in '\0'..=char::MAX {
        let folded = text::fold(c.encode_utf8(&mut [0; 4]), true).into_owned();
        let mut chars = folded.chars();
        match (chars.next(), chars.next()) {
            (None, _) => marks.push(c),
            (Some(to), None) if to != c => pairs.push((c, to)),
            // What becomes several characters (a syllable of Hangul) has its own way: see `Alphabet::fold`.
            (Some(_), _) => {}
        }
    }
    (pairs, marks)
});

/// The characters of the rules' constants.
#[derive(Debug, Clone, Default)]
pub(super) struct Alphabet {
    pub(super) used: BTreeSet<char>,
    pub(super) whole: bool,
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

    /// Of pairs of a character and what it becomes, those that matter.
    fn of(&self, pairs: &[(char, char)]) -> Vec<(char, char)> {
        let matters = |(_, to): &&(char, char)| self.whole || to.is_ascii_lowercase() || self.used.contains(to);
        pairs.iter().filter(matters).copied().collect()
    }

    /// Pairs of a character and what it becomes, and those that vanish.
    pub(super) fn pairs(&self, schema: &Schema, dialect: &dyn Dialect) -> (Vec<(char, char)>, &'static str) {
        if schema.ignore_accents && dialect.without_accents("", "").is_none() {
            (self.of(&BARE.0), &BARE.1)
        } else {
            (self.of(&PAIRS), "")
        }
    }

    /// The characters that are replaced, then those that vanish, and what the first of them become.
    pub(super) fn texts(&self, schema: &Schema, dialect: &dyn Dialect) -> (String, String) {
        let (pairs, removed) = self.pairs(schema, dialect);
        (pairs.iter().map(|pair| pair.0).chain(removed.chars()).collect(), pairs.iter().map(|pair| pair.1).collect())
    }
}

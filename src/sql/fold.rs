//! Folding in SQL: only characters that a constant of the rules holds need their lower case, because a character whose lower case no
//! constant holds differs from all of them folded or not.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::dialect::Dialect;
use super::letters::Letter;
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

/// Whether a character is one of those that a syllable of Hangul is made of.
const fn in_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}')
}

static BLANK: LazyLock<String> = LazyLock::new(|| ('\0'..='\u{ffff}').filter(|c| c.is_whitespace()).collect());

static WHITE: LazyLock<String> =
    LazyLock::new(|| ('\0'..='\u{ffff}').filter(|&c| c.is_whitespace() || c == '\u{feff}').collect());

/// Combining marks, as the inside of a class of characters.
static MARKS: LazyLock<String> = LazyLock::new(|| class(text::is_mark));

/// What belongs to a word, as the inside of a class of characters.
static WORD: LazyLock<String> = LazyLock::new(|| class(text::is_word));

/// White space.
pub(super) fn blank() -> &'static str {
    &BLANK
}

/// White space and the byte order mark, which the outer ends of a cell lose.
pub(super) fn white() -> &'static str {
    &WHITE
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

    /// Of pairs of a character and what it becomes, those that matter.
    fn of(&self, pairs: &[(char, char)]) -> Vec<(char, char)> {
        let matters = |(_, to): &&(char, char)| self.whole || to.is_ascii_lowercase() || self.used.contains(to);
        pairs.iter().filter(matters).copied().collect()
    }

    /// `x` as texts are compared; `None` where the dialect cannot leave accents out.
    pub(super) fn fold(&self, x: &str, schema: &Schema, dialect: &dyn Dialect) -> Option<String> {
        let (from, to) = if self.whole { (Letter::AllCapitals, Letter::AllSmall) } else { (Letter::Capitals, Letter::Small) };
        let decomposed =
            if schema.ignore_accents { dialect.without_accents(x, &Letter::Marks.sql(dialect)) } else { Some(x.to_owned()) };
        // Without decomposition each character is replaced by what is left of it. Only syllables of Hangul become several, which
        // matters where a constant holds some or any text may stand.
        let hangul = self.whole || self.used.iter().any(|c| in_hangul(*c));
        if decomposed.is_none() && hangul {
            return None;
        }
        let (pairs, removed) = self.pairs(schema, dialect);
        let replaced = Replaced { pairs: &pairs, removes: !removed.is_empty(), from: from.sql(dialect), to: to.sql(dialect) };
        dialect.lower(decomposed.as_deref().unwrap_or(x), &replaced)
    }

    /// Pairs of a character and what it becomes, and those that vanish.
    fn pairs(&self, schema: &Schema, dialect: &dyn Dialect) -> (Vec<(char, char)>, &'static str) {
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

/// What a text has replaced when it is folded.
pub(super) struct Replaced<'a> {
    /// A character and what it becomes.
    pub(super) pairs: &'a [(char, char)],
    /// Whether others vanish.
    pub(super) removes: bool,
    /// In SQL: all that is replaced, and behind it what vanishes.
    pub(super) from: String,
    /// In SQL: what stands in for each of the first.
    pub(super) to: String,
}

/// The inside of a class of characters, in ranges: combining marks.
pub(super) fn mark_class() -> &'static str {
    &MARKS
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

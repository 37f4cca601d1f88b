//! Tests of folded texts.

use std::sync::Arc;

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;
use rustc_hash::FxHashSet;

use crate::column::{Mask, TextColumn};
use crate::op::TextTest;
use crate::text;

/// Texts end to end, folded.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    bytes: String,
    ends: Vec<u32>,
}

impl Folded {
    /// No text, the memory kept.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds a text.
    pub fn push(&mut self, raw: &str, ignore_accents: bool) {
        if raw.is_ascii() {
            let start = self.bytes.len();
            self.bytes.push_str(raw);
            if let Some(added) = self.bytes.get_mut(start..) {
                added.make_ascii_lowercase();
            }
        } else {
            self.bytes.push_str(&text::fold(raw, ignore_accents));
        }
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// All rows of a column; an unknown row is empty.
    pub fn set_rows(&mut self, column: &TextColumn, ignore_accents: bool) {
        self.clear();
        if column.bytes.is_ascii() {
            self.bytes.push_str(&column.bytes);
            self.bytes.make_ascii_lowercase();
            self.ends.extend(column.offsets.iter().skip(1));
        } else {
            for row in 0..column.len() {
                self.push(column.get(row).unwrap_or_default(), ignore_accents);
            }
        }
    }

    /// The text at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&s| s as usize);
        self.bytes.get(start..end)
    }
}

/// The text after the last `@`, taken so many times; none without one.
#[must_use]
pub fn domain(text: &str, times: u8) -> Option<&str> {
    (0..times).try_fold(text, |text, _| {
        let at = memchr::memrchr(b'@', text.as_bytes())?;
        text.get(at + 1..)
    })
}

/// How many words a text has: runs of characters that are no white space.
#[must_use]
pub fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// A test made ready for its texts.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Equal to one of them.
    Is(FxHashSet<Arc<str>>),
    /// Contains the only one.
    One(Box<Finder<'static>>, usize),
    /// Contains one of many.
    Many(AhoCorasick),
    /// Contains one of many as a word.
    Words(AhoCorasick),
    /// Starts with one of them.
    Starts(Vec<Arc<str>>),
    /// Ends with one of them.
    Ends(Vec<Arc<str>>),
    /// No text at all passes.
    Never,
}

impl Matcher {
    /// The test against these folded texts.
    #[must_use]
    pub fn new(test: TextTest, texts: &[Arc<str>]) -> Self {
        match (test, texts) {
            (_, []) => Self::Never,
            (TextTest::Is, _) => Self::Is(texts.iter().cloned().collect()),
            (TextTest::Contains, [only]) => Self::One(Box::new(Finder::new(only.as_bytes()).into_owned()), only.len()),
            (TextTest::Contains, _) => automaton(texts).map_or(Self::Never, Self::Many),
            (TextTest::ContainsWord, _) => automaton(texts).map_or(Self::Never, Self::Words),
            (TextTest::StartsWith, _) => Self::Starts(texts.to_vec()),
            (TextTest::EndsWith, _) => Self::Ends(texts.to_vec()),
        }
    }

    /// Whether a folded text passes.
    #[must_use]
    pub fn matches(&self, folded: &str) -> bool {
        match self {
            Self::Is(texts) => texts.contains(folded),
            Self::One(finder, _) => finder.find(folded.as_bytes()).is_some(),
            Self::Many(automaton) => automaton.is_match(folded),
            Self::Words(automaton) => {
                automaton.find_overlapping_iter(folded).any(|found| stands_alone(folded, found.start(), found.end()))
            }
            Self::Starts(texts) => texts.iter().any(|text| folded.starts_with(&**text)),
            Self::Ends(texts) => texts.iter().any(|text| folded.ends_with(&**text)),
            Self::Never => false,
        }
    }

    /// The places from `from` on whose text passes; `out` has as many rows as there are texts.
    pub fn test_all(&self, texts: &Folded, domains: u8, from: usize, out: &mut Mask) {
        if let (Self::One(finder, length), 0, 0) = (self, domains, from) {
            find_in_rows(finder, *length, texts, out);
            return;
        }
        for at in from..texts.len() {
            let passes = texts.get(at).and_then(|text| domain(text, domains)).is_some_and(|text| self.matches(text));
            out.set(at, passes);
        }
    }
}

/// One pass over all texts end to end; what is found across the end of one is none.
fn find_in_rows(finder: &Finder<'_>, length: usize, texts: &Folded, out: &mut Mask) {
    let bytes = texts.bytes.as_bytes();
    let mut rows = texts.ends.iter().map(|&end| end as usize).enumerate();
    let Some((mut row, mut end)) = rows.next() else { return };
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        let at = from + found;
        while at >= end {
            let Some(next) = rows.next() else { return };
            (row, end) = next;
        }
        if at + length <= end {
            out.set(row, true);
            from = end;
        } else {
            from = at + 1;
        }
    }
}

/// A list of texts is limited by the size of a source file, which an automaton always holds.
fn automaton(texts: &[Arc<str>]) -> Option<AhoCorasick> {
    AhoCorasick::new(texts.iter().map(|t| t.as_bytes())).ok()
}

/// Whether neither neighbour of `start..end` continues a word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !before.is_some_and(text::is_word) && !after.is_some_and(text::is_word)
}

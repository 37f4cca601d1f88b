//! Tests of folded texts.

use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem::{self, Finder};
use rustc_hash::FxHashSet;

use crate::column::{Mask, TextColumn};
use crate::invariant::SureAt as _;
use crate::op::TextTest;
use crate::text;

/// Texts end to end, folded.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    bytes: String,
    ends: Vec<u32>,
    /// By text its last eight bytes, once they are asked for.
    tails: OnceLock<Vec<u64>>,
}

impl Folded {
    /// No text, the memory kept.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.tails.take();
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

    /// The last eight bytes of every text, as [`last_bytes`].
    fn tails(&self) -> &[u64] {
        self.tails.get_or_init(|| {
            let mut start = 0;
            let texts = self.ends.iter().map(|&end| {
                let from = std::mem::replace(&mut start, end as usize);
                self.bytes.as_bytes().sure_at(from..start)
            });
            texts.map(last_bytes).collect()
        })
    }

    /// Adds a text.
    pub fn push(&mut self, raw: &str, ignore_accents: bool) {
        self.tails.take();
        if raw.is_ascii() {
            let start = self.bytes.len();
            self.bytes.push_str(raw);
            if let Some(added) = self.bytes.get_mut(start..) {
                added.make_ascii_lowercase();
            }
        } else {
            self.bytes.push_str(&text::fold(raw, ignore_accents));
        }
        self.ends.push(crate::invariant::number(self.bytes.len()));
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

/// So many searches over all rows are quicker than one for all of the texts at once.
const FEW: usize = 8;

/// A test made ready for its texts.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Equal to one of them.
    Is(FxHashSet<Arc<str>>),
    /// Contains the only one.
    One(Box<Finder<'static>>, usize),
    /// Contains one of many, with a search for each where they are few.
    Many(Search, Vec<(Finder<'static>, usize)>),
    /// Contains one of many as a word.
    Words(Search),
    /// Starts with one of them.
    Starts(Vec<Arc<str>>),
    /// Ends with one of them.
    Ends(Endings),
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
            (TextTest::Contains, _) => {
                let few = if texts.len() <= FEW { texts } else { &[] };
                let each = few.iter().map(|text| (Finder::new(text.as_bytes()).into_owned(), text.len())).collect();
                Self::Many(Search::new(texts, MatchKind::LeftmostFirst), each)
            }
            (TextTest::ContainsWord, _) => Self::Words(Search::new(texts, MatchKind::Standard)),
            (TextTest::StartsWith, _) => Self::Starts(texts.to_vec()),
            (TextTest::EndsWith, _) => Self::Ends(Endings::new(texts)),
        }
    }

    /// Whether a folded text passes.
    #[must_use]
    pub fn matches(&mut self, folded: &str) -> bool {
        match self {
            Self::Is(texts) => texts.contains(folded),
            Self::One(finder, _) => finder.find(folded.as_bytes()).is_some(),
            Self::Many(search, _) => search.is_in(folded),
            Self::Words(search) => search.is_word_of(folded),
            Self::Starts(texts) => texts.iter().any(|text| folded.starts_with(&**text)),
            Self::Ends(endings) => endings.matches(folded),
            Self::Never => false,
        }
    }

    /// The places from `from` on whose text passes; `out` has as many rows as there are texts.
    pub fn test_all(&mut self, texts: &Folded, domains: u8, from: usize, out: &mut Mask) {
        if (domains, from) == (0, 0) {
            match self {
                Self::One(finder, length) => {
                    return find_in_rows(texts, out, |rest| finder.find(rest).map(|start| (start, start + *length)));
                }
                Self::Many(search, each) if each.is_empty() => {
                    if let Some(automaton) = search.automaton(texts.len()) {
                        return find_in_rows(texts, out, |rest| automaton.find(rest).map(|found| (found.start(), found.end())));
                    }
                }
                Self::Many(_, each) => {
                    for (finder, length) in each {
                        find_in_rows(texts, out, |rest| finder.find(rest).map(|start| (start, start + *length)));
                    }
                    return;
                }
                Self::Ends(endings) => return endings.find_in_rows(texts, out),
                Self::Is(_) | Self::Words(_) | Self::Starts(_) | Self::Never => {}
            }
        }
        for at in from..texts.len() {
            let passes = texts.get(at).and_then(|text| domain(text, domains)).is_some_and(|text| self.matches(text));
            out.set(at, passes);
        }
    }
}

/// A search for many texts at once. Its automaton is made when there has been enough to search, because that takes as long as many searches.
#[derive(Debug, Clone)]
pub struct Search {
    texts: Vec<Arc<str>>,
    kind: MatchKind,
    automaton: Option<AhoCorasick>,
    /// How many texts have been searched.
    searched: usize,
}

/// An automaton is made for so many texts.
const ENOUGH: usize = 64;

impl Search {
    fn new(texts: &[Arc<str>], kind: MatchKind) -> Self {
        Self { texts: texts.to_vec(), kind, automaton: None, searched: 0 }
    }

    /// The automaton, if it is worth its while for so many texts more.
    fn automaton(&mut self, more: usize) -> Option<&AhoCorasick> {
        self.searched = self.searched.saturating_add(more);
        if self.automaton.is_none() && self.searched >= ENOUGH {
            let texts = self.texts.iter().map(|text| text.as_bytes());
            self.automaton = AhoCorasick::builder().match_kind(self.kind).build(texts).ok();
        }
        self.automaton.as_ref()
    }

    fn is_in(&mut self, folded: &str) -> bool {
        match self.automaton(1) {
            Some(automaton) => automaton.is_match(folded),
            None => self.texts.iter().any(|text| memmem::find(folded.as_bytes(), text.as_bytes()).is_some()),
        }
    }

    fn is_word_of(&mut self, folded: &str) -> bool {
        match self.automaton(1) {
            Some(automaton) => {
                automaton.find_overlapping_iter(folded).any(|found| stands_alone(folded, found.start(), found.end()))
            }
            None => {
                self.texts.iter().any(|text| places(folded, text).any(|start| stands_alone(folded, start, start + text.len())))
            }
        }
    }
}

/// All places where a text stands in another, those that overlap too.
fn places<'a>(folded: &'a str, text: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + memmem::find(folded.as_bytes().get(from..)?, text.as_bytes())?;
        from = at + 1;
        Some(at)
    })
}

/// One pass over all texts end to end, by a search for what starts first.
fn find_in_rows(texts: &Folded, out: &mut Mask, find: impl Fn(&[u8]) -> Option<(usize, usize)>) {
    let bytes = texts.bytes.as_bytes();
    let mut rows = texts.ends.iter().map(|&end| end as usize).enumerate();
    let Some((mut row, mut end)) = rows.next() else { return };
    let mut from = 0;
    while let Some((start, stop)) = bytes.get(from..).and_then(&find) {
        let (start, stop) = (from + start, from + stop);
        while start >= end {
            let Some(next) = rows.next() else { return };
            (row, end) = next;
        }
        // What lies across the end of a text is no find, but something else may be found in what is left of it.
        if stop <= end || bytes.get(start..end).is_some_and(|left| find(left).is_some()) {
            out.set(row, true);
        }
        from = end;
    }
}

/// Endings by their last eight bytes, or all of those that have fewer.
#[derive(Debug, Clone)]
pub struct Endings {
    /// For each length that matters, up to eight: the last bytes of the endings of that length as numbers, ascending, with the endings.
    lengths: Vec<(u32, Vec<Ending>)>,
}

/// The last bytes of an ending as a number, and the ending.
type Ending = (u64, Arc<str>);

impl Endings {
    /// The endings; an empty one ends every text.
    fn new(texts: &[Arc<str>]) -> Self {
        let mut lengths: Vec<(u32, Vec<Ending>)> = Vec::new();
        for text in texts {
            let bytes = u32::try_from(text.len().min(8)).unwrap_or(8);
            let last = last_bytes(text.as_bytes()) & low_bytes(bytes);
            match lengths.iter_mut().find(|(length, _)| *length == bytes) {
                Some((_, known)) => known.push((last, Arc::clone(text))),
                None => lengths.push((bytes, vec![(last, Arc::clone(text))])),
            }
        }
        lengths.iter_mut().for_each(|(_, known)| known.sort_unstable());
        Self { lengths }
    }

    /// All texts, ending by ending: a comparison of numbers for each.
    fn find_in_rows(&self, texts: &Folded, out: &mut Mask) {
        let tails = texts.tails();
        for (length, known) in &self.lengths {
            let bytes = low_bytes(*length);
            for (ending, text) in known {
                let words = out.words_mut().iter_mut();
                for ((word, tails), first) in words.zip(tails.chunks(64)).zip((0..).step_by(64)) {
                    let mut found = tails.iter().rev().fold(0_u64, |bits, tail| bits << 1 | u64::from(tail & bytes == *ending));
                    // What is longer than what was compared, or looks like what a short text lacks, is looked at in full.
                    let mut open = if text.len() > 8 || text.starts_with('\0') { found } else { 0 };
                    while open != 0 {
                        let at = open.trailing_zeros();
                        open &= open - 1;
                        if !texts.get(first + at as usize).is_some_and(|whole| whole.ends_with(&**text)) {
                            found ^= 1 << at;
                        }
                    }
                    *word |= found;
                }
            }
        }
    }

    fn matches(&self, folded: &str) -> bool {
        let last = last_bytes(folded.as_bytes());
        self.lengths.iter().any(|(length, known)| {
            let last = last & low_bytes(*length);
            // A look at all of a few is quicker than a search.
            let from = if known.len() <= 16 { 0 } else { known.partition_point(|(ending, _)| *ending < last) };
            let near = known.iter().skip(from).take_while(|(ending, _)| *ending <= last);
            near.filter(|(ending, _)| *ending == last).any(|(_, text)| folded.ends_with(&**text))
        })
    }
}

/// The last eight bytes as a number, the very last in the lowest place; what a shorter text lacks is 0.
fn last_bytes(bytes: &[u8]) -> u64 {
    match bytes.last_chunk::<8>() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

/// The lowest `bytes` bytes of a number.
fn low_bytes(bytes: u32) -> u64 {
    u64::MAX.checked_shr(64 - 8 * bytes).unwrap_or(0)
}

/// Whether neither neighbour of `start..end` continues a word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    !before.is_some_and(text::is_word) && !after.is_some_and(text::is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tests_of_rows_are_those_of_each_text(
            rows in prop_oneof![
                proptest::collection::vec("[abc@.\\x00 -]{0,12}", 0..20),
                proptest::collection::vec("[abc@.\\x00 -]{0,12}", ENOUGH..ENOUGH + 9),
            ],
            wanted in prop_oneof![
                proptest::collection::vec("[abc@.\\x00 -]{1,10}", 1..5),
                proptest::collection::vec("[abc@. -]{1,2}", FEW..FEW + 4),
            ],
        ) {
            let wanted: Vec<Arc<str>> = wanted.iter().map(|text| Arc::from(text.as_str())).collect();
            let mut folded = Folded::default();
            rows.iter().for_each(|row| folded.push(row, false));
            type Plain = fn(&str, &str) -> bool;
            let word: Plain = |t, w| (0..t.len()).any(|at| t[at..].starts_with(w) && stands_alone(t, at, at + w.len()));
            let tests: [(TextTest, Plain); 3] =
                [(TextTest::Contains, |t, w| t.contains(w)), (TextTest::EndsWith, |t, w| t.ends_with(w)), (TextTest::ContainsWord, word)];
            for (test, plain) in tests {
                let mut out = Mask::filled(rows.len(), false);
                Matcher::new(test, &wanted).test_all(&folded, 0, 0, &mut out);
                for (at, row) in rows.iter().enumerate() {
                    prop_assert_eq!(out.get(at), wanted.iter().any(|w| plain(row, w)), "{:?} {} {:?}", test, row, &wanted);
                }
            }
        }
    }
}

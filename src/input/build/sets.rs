//! Set columns: bit masks of options, or lists of texts.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::column::{Column, Dictionary, Interner, SetColumn, TextSetColumn};
use crate::input::build::{Forms, Rules, take_rows, with_text};
use crate::input::cell::{Cell, trim};
use crate::invariant::{SureAt as _, number};
use crate::text::fold;

/// So many different cells are remembered.
const REMEMBERED: usize = 65_536;

/// Builds a column of sets of options.
#[derive(Debug)]
pub(crate) struct SetBuilder {
    forms: Forms,
    split: Arc<str>,
    column: SetColumn,
    words: usize,
    interner: Interner,
    cells: Arc<Dictionary>,
    /// The words of each remembered cell, end to end; a cell with an error is not remembered.
    remembered: Vec<u64>,
    /// The remembered cell that the last row has.
    last: Option<u32>,
}

impl SetBuilder {
    pub(crate) fn new(forms: Forms, options: usize, split: Arc<str>) -> Self {
        let words = options.div_ceil(64).max(1);
        Self {
            forms,
            split,
            column: SetColumn { words, bits: Vec::new() },
            words,
            interner: Interner::new(),
            cells: Arc::default(),
            remembered: Vec::new(),
            last: None,
        }
    }

    /// Adds the set of a remembered cell.
    #[inline]
    pub(crate) fn push_code(&mut self, code: u32) {
        let start = code as usize * self.words;
        for at in start..start + self.words {
            self.column.bits.push(*self.remembered.sure_at(at));
        }
        self.last = Some(code);
    }

    /// The remembered cell that the row added last has, if it is one.
    pub(crate) fn last_code(&self) -> Option<u32> {
        self.last
    }

    /// Adds the set that a text names; gives the members that are no option.
    pub(crate) fn push_text(&mut self, text: &str, rules: &Rules) -> Vec<String> {
        self.last = None;
        if let Some(at) = self.interner.find(text, &self.cells) {
            self.push_code(at);
            return Vec::new();
        }
        self.open();
        let mut faults = Vec::new();
        if let Some(whole) = rules.text(text) {
            let split = self.split.clone();
            for member in members(whole, &split) {
                self.add(&member, rules, &mut faults);
            }
        }
        if faults.is_empty() && self.interner.len() < REMEMBERED {
            self.last = Some(self.interner.intern(text, &mut self.cells));
            let start = self.column.bits.len().saturating_sub(self.words);
            self.remembered.extend_from_slice(self.column.bits.sure_at(start..));
        }
        faults
    }

    /// Adds the set of these members; gives those that are no option.
    pub(crate) fn push_members<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>, rules: &Rules) -> Vec<String> {
        self.open();
        self.last = None;
        let mut faults = Vec::new();
        for cell in cells {
            with_text(cell, |text| {
                if let Some(text) = text {
                    self.add(text, rules, &mut faults);
                }
            });
        }
        faults
    }

    pub(crate) fn take(&mut self) -> Column {
        let words = self.words;
        Column::Set(SetColumn { words, bits: take_rows(&mut self.column.bits) })
    }

    fn open(&mut self) {
        self.column.bits.resize(self.column.bits.len() + self.words, 0);
    }

    fn add(&mut self, member: &str, rules: &Rules, faults: &mut Vec<String>) {
        let Some(text) = rules.text(member) else { return };
        let Some(code) = self.forms.code(text) else {
            faults.push(text.to_owned());
            return;
        };
        let at = self.column.bits.len().saturating_sub(self.words) + code as usize / 64;
        if let Some(word) = self.column.bits.get_mut(at) {
            *word |= 1 << (code % 64);
        }
    }
}

/// Builds a column of sets of texts.
#[derive(Debug)]
pub(crate) struct TextSetBuilder {
    split: Arc<str>,
    ignore_accents: bool,
    offsets: Vec<u32>,
    codes: Vec<u32>,
    interner: Interner,
    dictionary: Arc<Dictionary>,
    /// By code: the first code that is the same text under folding.
    same: Vec<u32>,
    first: FxHashMap<String, u32>,
}

impl TextSetBuilder {
    pub(crate) fn new(split: Arc<str>, ignore_accents: bool) -> Self {
        Self {
            split,
            ignore_accents,
            offsets: vec![0],
            codes: Vec::new(),
            interner: Interner::new(),
            dictionary: Arc::default(),
            same: Vec::new(),
            first: FxHashMap::default(),
        }
    }

    pub(crate) fn push_text(&mut self, text: Option<&str>, rules: &Rules) {
        if let Some(whole) = text.and_then(|text| rules.text(text)) {
            let split = self.split.clone();
            for member in members(whole, &split) {
                self.add(&member, rules);
            }
        }
        self.close();
    }

    pub(crate) fn push_members<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>, rules: &Rules) {
        for cell in cells {
            with_text(cell, |text| {
                if let Some(text) = text {
                    self.add(text, rules);
                }
            });
        }
        self.close();
    }

    /// How many bytes the texts take.
    pub(crate) fn bytes(&self) -> usize {
        self.dictionary.byte_len()
    }

    pub(crate) fn take(&mut self) -> Column {
        let column = Column::TextSet(TextSetColumn {
            offsets: std::mem::replace(&mut self.offsets, vec![0]),
            codes: std::mem::take(&mut self.codes),
            dictionary: self.dictionary.clone(),
        });
        if self.dictionary.byte_len() > LARGE {
            // A new dictionary has a new identity, so nothing that was worked out for the old codes is used for the new ones.
            self.interner = Interner::new();
            self.dictionary = Arc::default();
            self.same.clear();
            self.first.clear();
        }
        column
    }

    fn add(&mut self, member: &str, rules: &Rules) {
        let Some(text) = rules.text(member) else { return };
        let code = self.interner.intern(text, &mut self.dictionary);
        if self.same.len() <= code as usize {
            let folded = fold(text, self.ignore_accents).into_owned();
            let first = *self.first.entry(folded).or_insert(code);
            self.same.push(first);
        }
        let same = self.same.get(code as usize);
        let start = self.offsets.last().map_or(0, |&start| start as usize);
        let already = self.codes.get(start..).is_some_and(|row| row.iter().any(|&c| self.same.get(c as usize) == same));
        if !already {
            self.codes.push(code);
        }
    }

    fn close(&mut self) {
        self.offsets.push(number(self.codes.len()));
    }
}

/// A dictionary of more bytes is replaced by a new one.
const LARGE: usize = 32 << 20;

/// The members that a text names: a JSON list of texts, or the parts between separators. A member in double quotes may hold a separator.
fn members<'a>(text: &'a str, split: &'a str) -> Box<dyn Iterator<Item = Cow<'a, str>> + 'a> {
    if text.starts_with('[')
        && text.ends_with(']')
        && let Ok(list) = serde_json::from_str::<Vec<String>>(text)
    {
        return Box::new(list.into_iter().map(Cow::Owned));
    }
    if !text.contains('"') {
        return Box::new(text.split(split).map(trim).map(Cow::Borrowed));
    }
    let mut rest = Some(text);
    Box::new(std::iter::from_fn(move || {
        let here = rest?;
        if let Some((member, after)) = quoted(here.trim_start(), split) {
            rest = after;
            return Some(Cow::Owned(member));
        }
        let (member, after) = here.split_once(split).map_or((here, None), |(member, after)| (member, Some(after)));
        rest = after;
        Some(Cow::Borrowed(trim(member)))
    }))
}

/// A member in double quotes at the start of a text, and what is behind its separator; a doubled quote in it is one.
fn quoted<'a>(text: &'a str, split: &str) -> Option<(String, Option<&'a str>)> {
    let mut rest = text.strip_prefix('"')?;
    let mut member = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        member.push_str(part);
        if let Some(more) = after.strip_prefix('"') {
            member.push('"');
            rest = more;
            continue;
        }
        let after = after.trim_start();
        return if after.is_empty() { Some((member, None)) } else { Some((member, Some(after.strip_prefix(split)?))) };
    }
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn members_in_quotes_lose_them_and_may_hold_a_separator() {
        let parts = |text| members(text, ",").map(std::borrow::Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(parts("\"VIP\", \"Blog\""), ["VIP", "Blog"]);
        assert_eq!(parts("a,\"b, c\" ,d"), ["a", "b, c", "d"]);
        assert_eq!(parts("\"say \"\"hi\"\"\""), ["say \"hi\""]);
        assert_eq!(parts("12\" disk, \"open"), ["12\" disk", "\"open"]);
        assert_eq!(parts("\"a\"b,c"), ["\"a\"b", "c"]);
        assert_eq!(parts("\"a\","), ["a", ""]);
    }
}

//! Texts of columns and tables: folded once, tested once for each distinct text.

use rustc_hash::FxHashMap;

use crate::bytecode::{Chunk, ColumnRef, Domain, TextBase, TextOperand};
use crate::column::{Batch, Column, Dictionary, Mask, TextColumn};
use crate::invariant::{Sure as _, fits};
use crate::kernel::texts::{Folded, Matcher, domain};

use super::frame::Frame;
use super::load::Places;
use super::run::column_of;

/// What was folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Column(ColumnRef),
    Table(u32),
}

/// Folded texts by where they come from.
#[derive(Debug, Clone, Default)]
pub(super) struct TextCache {
    folded: FxHashMap<Source, Entry>,
    /// Changes with every batch.
    batch: u64,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    /// The dictionary whose texts these are; 0 for the rows of a batch.
    dictionary: u64,
    batch: u64,
    texts: Folded,
}

/// The texts of an operand: entries, and for each row which of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextView<'a> {
    raw: Raw<'a>,
    folded: &'a Folded,
    /// The entry of each row; without it the entries are the rows.
    codes: Option<&'a [u32]>,
    /// The record of each event, where a record's text stands for its events.
    owners: Option<&'a [u32]>,
    domains: u8,
}

#[derive(Debug, Clone, Copy)]
enum Raw<'a> {
    Dictionary(&'a Dictionary),
    Rows(&'a TextColumn),
    Table(&'a [std::sync::Arc<str>]),
    Constant(&'a [std::sync::Arc<str>]),
}

impl TextCache {
    pub(super) fn start(&mut self) {
        self.batch += 1;
    }

    /// Folds what an operand needs and is not folded yet.
    pub(super) fn prepare(&mut self, operand: TextOperand, chunk: &Chunk, batch: &Batch) {
        let (source, column) = match operand.base {
            TextBase::Column(column) => (Source::Column(column), column_of(batch, column)),
            TextBase::Codes(_, table) | TextBase::Constant(table) => (Source::Table(table), None),
        };
        let entry = self.folded.entry(source).or_default();
        match (source, column) {
            (Source::Table(table), _) => {
                if entry.texts.is_empty() {
                    for text in chunk.tables.texts.get(table as usize).into_iter().flatten() {
                        entry.texts.push(text, chunk.ignore_accents);
                    }
                }
            }
            (Source::Column(_), Some(Column::Dictionary(column))) => {
                if entry.dictionary != column.dictionary.id() {
                    entry.texts.clear();
                    entry.dictionary = column.dictionary.id();
                }
                for code in entry.texts.len()..column.dictionary.len() {
                    let text = column.dictionary.get(fits(code)).sure("a dictionary has a text for each code");
                    entry.texts.push(text, chunk.ignore_accents);
                }
            }
            (Source::Column(_), Some(Column::Text(column))) => {
                if entry.batch != self.batch || entry.dictionary != 0 {
                    entry.dictionary = 0;
                    entry.texts.set_rows(column, chunk.ignore_accents);
                }
            }
            (Source::Column(_), Some(_) | None) => {}
        }
        entry.batch = self.batch;
    }

    /// The texts of an operand that was prepared; none where the batch has no such column.
    pub(super) fn view<'a>(
        &'a self,
        operand: TextOperand,
        own: Domain,
        frame: &'a Frame,
        chunk: &'a Chunk,
        batch: &'a Batch,
    ) -> Option<TextView<'a>> {
        let view = |source, raw, codes| {
            let folded = &self.folded.get(&source)?.texts;
            Some(TextView { raw, folded, codes, owners: None, domains: operand.domains })
        };
        let table = |at: u32| chunk.tables.texts.get(at as usize).map(Vec::as_slice);
        let mut found = match operand.base {
            TextBase::Codes(codes, at) => view(Source::Table(at), Raw::Table(table(at)?), Some(frame.code(codes))),
            TextBase::Constant(at) => view(Source::Table(at), Raw::Constant(table(at)?), None),
            TextBase::Column(column) => match column_of(batch, column)? {
                Column::Dictionary(d) => view(Source::Column(column), Raw::Dictionary(&d.dictionary), Some(&d.codes)),
                Column::Text(t) => view(Source::Column(column), Raw::Rows(t), None),
                Column::Integer(_)
                | Column::Number(_)
                | Column::Boolean(_)
                | Column::Date(_)
                | Column::DateTime(_)
                | Column::Option(_)
                | Column::Set(_)
                | Column::TextSet(_) => None,
            },
        }?;
        if let (TextBase::Column(ColumnRef::Property(_)), Domain::Events(event)) = (operand.base, own) {
            found.owners = Some(frame.owners(event));
        }
        Some(found)
    }
}

/// What was worked out for the entries of a dictionary or table.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo {
    matcher: Option<Matcher>,
    dictionary: u64,
    done: usize,
    bits: Mask,
    numbers: Vec<i64>,
    /// For sets of texts.
    pub(super) places: Places,
}

impl<'a> TextView<'a> {
    fn entries(&self) -> usize {
        self.folded.len()
    }

    fn entry(&self, row: usize) -> Option<usize> {
        let row = match self.owners {
            Some(owners) => *owners.get(row)? as usize,
            None => row,
        };
        match (self.codes, self.raw) {
            (Some(codes), _) => codes.get(row).map(|&code| code as usize),
            (None, Raw::Constant(_)) => Some(0),
            (None, Raw::Rows(column)) => column.known.get(row).then_some(row),
            (None, Raw::Dictionary(_) | Raw::Table(_)) => None,
        }
    }

    /// The folded text of a row.
    pub(super) fn folded(&self, row: usize) -> Option<&'a str> {
        domain(self.folded.get(self.entry(row)?)?, self.domains)
    }

    fn raw_entry(&self, at: usize) -> Option<&'a str> {
        let text = match self.raw {
            Raw::Dictionary(dictionary) => dictionary.get(u32::try_from(at).ok()?)?,
            Raw::Rows(column) => column.get(at)?,
            Raw::Table(texts) | Raw::Constant(texts) => texts.get(at).map(|text| &**text)?,
        };
        domain(text, self.domains)
    }

    /// The text of a row as in the data.
    pub(super) fn raw(&self, row: usize) -> Option<&'a str> {
        self.raw_entry(self.entry(row)?)
    }

    /// Works out a bit for every entry that is new, and gives each row its entry's.
    fn bits(&self, rows: usize, learnt: &mut Memo, out: &mut Mask, work: impl FnOnce(&mut Memo, usize)) {
        let from = learnt.start(self.dictionary());
        if from == 0 {
            learnt.bits.reset(self.entries(), false);
        } else if learnt.bits.len() < self.entries() {
            let mut longer = Mask::filled(self.entries(), false);
            for (new, old) in longer.words_mut().iter_mut().zip(learnt.bits.words()) {
                *new = *old;
            }
            learnt.bits = longer;
        }
        if from < self.entries() {
            work(learnt, from);
        }
        learnt.done = self.entries();
        match (self.codes, self.owners) {
            (Some(codes), None) => crate::kernel::masks::gather(codes, &learnt.bits, out),
            (None, None) if matches!(self.raw, Raw::Rows(_)) => crate::kernel::masks::copy(&learnt.bits, out),
            (Some(_) | None, _) => *out = Mask::from_fn(rows, |row| self.entry(row).is_some_and(|at| learnt.bits.get(at))),
        }
    }

    fn dictionary(&self) -> u64 {
        match self.raw {
            Raw::Dictionary(dictionary) => dictionary.id(),
            Raw::Rows(_) => 0,
            Raw::Table(_) | Raw::Constant(_) => u64::MAX,
        }
    }

    /// The rows that pass a test against a table of texts.
    pub(super) fn test(&self, rows: usize, learnt: &mut Memo, make: impl FnOnce() -> Matcher, out: &mut Mask) {
        let mut matcher = learnt.matcher.take().unwrap_or_else(make);
        self.bits(rows, learnt, out, |learnt, from| matcher.test_all(self.folded, self.domains, from, &mut learnt.bits));
        learnt.matcher = Some(matcher);
    }

    /// The rows whose text is known.
    pub(super) fn known(&self, rows: usize, learnt: &mut Memo, out: &mut Mask) {
        self.bits(rows, learnt, out, |learnt, from| {
            for at in from..self.entries() {
                learnt.bits.set(at, self.folded.get(at).and_then(|text| domain(text, self.domains)).is_some());
            }
        });
        if let (None, None, Raw::Rows(column)) = (self.codes, self.owners, self.raw) {
            out.and(&column.known);
        }
    }

    /// The rows whose text as in the data passes a test.
    pub(super) fn test_raw(&self, rows: usize, learnt: &mut Memo, out: &mut Mask, test: impl Fn(&str) -> bool) {
        self.bits(rows, learnt, out, |learnt, from| {
            for at in from..self.entries() {
                let passes = self.raw_entry(at).is_some_and(&test);
                learnt.bits.set(at, passes);
            }
        });
    }

    /// A number for the text of every row as in the data.
    pub(super) fn numbers(&self, rows: usize, learnt: &mut Memo, out: &mut Vec<i64>, number: impl Fn(&str) -> usize) {
        let from = learnt.start(self.dictionary());
        learnt.numbers.truncate(from);
        learnt.numbers.extend((from..self.entries()).map(|at| self.raw_entry(at).map_or(0, |text| fits(number(text)))));
        learnt.done = self.entries();
        out.clear();
        // The code of an unknown text is that of no entry.
        out.extend((0..rows).map(|row| self.entry(row).and_then(|at| learnt.numbers.get(at)).map_or(0, |&number| number)));
    }
}

impl Memo {
    /// How many entries are known already of a dictionary (0: the rows of one batch, of which none is).
    fn start(&mut self, dictionary: u64) -> usize {
        if dictionary == 0 || dictionary != self.dictionary {
            self.done = 0;
            self.dictionary = dictionary;
        }
        self.done
    }
}

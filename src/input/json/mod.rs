//! JSON Lines, a JSON array of records, and HubSpot's list; only the keys that are wanted are parsed.

mod flat;
mod keys;
mod layout;
mod loose;
mod places;
mod split;
mod value;
mod visit;
mod wrap;

pub(crate) use keys::Level;
pub(crate) use value::push_events;

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::blocks::{Blocks, LONGEST};
use super::error::{InputError, shown};
use super::header::Headers;
use super::piece::Piece;
use super::report::BadLine;
use super::table::{ColumnBuilder, Mapping, Source};
use places::{JsonRows, Places};
use rustc_hash::FxHashSet;
use split::{Next, Stand};
use visit::{Trouble, visit};
use wrap::Judge;

use crate::invariant::SureAt as _;

/// JSON records being read.
pub(crate) struct JsonSource {
    blocks: Blocks,
    /// How far a document has been read; `None` for one record a line.
    document: Option<Stand>,
    judge: Judge,
    finder: Finder,
    /// The records given last, for [`Source::cells`].
    records: Vec<String>,
    keep: bool,
}

/// The keys of what is wanted: columns, lists, carried columns.
fn keys_of(builder: &ColumnBuilder) -> Level {
    let columns = builder.wanted.iter().map(|w| w.names.iter().map(|n| &**n).collect());
    let lists = builder.lists.iter().map(|l| vec![&*l.name]);
    let carried = builder.carried_names.iter().map(|n| vec![n.as_str()]);
    let names: Vec<Vec<&str>> = columns.chain(lists).chain(carried).collect();
    Level::new(names.into_iter().enumerate()).also_under("properties")
}

/// What decodes JSON records: which keys they have, and where wanted values stand.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    keys: Level,
    places: Places,
    /// Wanted values are numbered as the places have them.
    mapping: Mapping,
}

impl Finder {
    /// For what is wanted by a builder.
    pub(crate) fn new(builder: &ColumnBuilder) -> Self {
        let (columns, lists) = (builder.wanted.len(), builder.lists.len());
        let wanted = columns + lists + builder.carried_names.len();
        let mapping = Mapping {
            columns: (0..columns).map(Some).collect(),
            lists: (columns..columns + lists).map(Some).collect(),
            carried: (columns + lists..wanted).map(Some).collect(),
        };
        Self { keys: keys_of(builder), places: Places::new(wanted), mapping }
    }

    /// Adds a single record to a builder.
    pub(crate) fn record(&mut self, json: &str, builder: &mut ColumnBuilder) -> Result<(), InputError> {
        if u32::try_from(json.len()).is_err() {
            return Err(InputError::new("the record is longer than 4 GiB"));
        }
        visit(&mut self.keys, json, 0..json.len(), &mut self.places).map_err(|trouble| alone(trouble, builder))?;
        self.add(json, 1, builder);
        Ok(())
    }

    /// Adds the records at these places of a text to a builder, as far as they are records; gives how many are.
    pub(crate) fn records(
        &mut self,
        text: &str,
        records: &[Range<usize>],
        builder: &mut ColumnBuilder,
        broken: &mut dyn FnMut(usize, InputError),
    ) -> usize {
        let mut rows = 0;
        for (at, record) in records.iter().enumerate() {
            match visit(&mut self.keys, text, record.clone(), &mut self.places) {
                Ok(()) => rows += 1,
                Err(trouble) => broken(at, alone(trouble, builder)),
            }
        }
        self.add(text, rows, builder);
        rows
    }

    /// Adds the records that were found in a text to a builder.
    fn add(&mut self, text: &str, rows: usize, builder: &mut ColumnBuilder) {
        builder.columns(rows, &self.mapping, &mut JsonRows { text, places: &self.places, scratch: String::new() });
        builder.end_rows(rows);
        self.places.clear();
    }
}

/// Why a record that stands alone could not be read.
fn alone(trouble: Trouble, builder: &ColumnBuilder) -> InputError {
    match trouble {
        Trouble::NoRecord(message) => {
            InputError::new(format!("the record {message}")).help("give one JSON object: {\"name\": value, ..}")
        }
        Trouble::Several(target, a, b) => several("the record", builder.name_of(target), &a, &b),
    }
}

fn several(place: &str, name: &str, a: &str, b: &str) -> InputError {
    InputError::new(format!("{place} has two keys that equally fit `{name}`: `{a}` and `{b}`"))
        .help("rename one of them in the file, or name the right one exactly with `from \"..\"` in the schema")
}

/// What is done with the records of a block.
trait Visitor {
    /// A record at these bytes of the text, which begins on this line. Gives what is wrong with it if it is no record.
    fn record(&mut self, text: &str, record: Range<usize>, line: u64) -> Result<Option<String>, InputError>;

    /// What gave no record, and what is wrong with it.
    fn broken(&mut self, _text: &str, _record: Range<usize>, _line: u64, _message: String) {}

    /// The records of the text have been given.
    fn end(&mut self, _text: &str) {}
}

impl<F: FnMut(&str, Range<usize>) -> Result<Option<String>, InputError>> Visitor for F {
    fn record(&mut self, text: &str, record: Range<usize>, _line: u64) -> Result<Option<String>, InputError> {
        self(text, record)
    }
}

/// Gives a record to a visitor; a line that is not one record may be several.
fn give(visitor: &mut impl Visitor, text: &str, record: Range<usize>, line: u64, lines: bool) -> Result<(), InputError> {
    let Some(message) = visitor.record(text, record.clone(), line)? else { return Ok(()) };
    let parts = if lines { split::sequence(text.as_bytes(), record.clone()) } else { None };
    let Some(parts) = parts else {
        visitor.broken(text, record, line, message);
        return Ok(());
    };
    for part in parts {
        if let Some(message) = visitor.record(text, part.clone(), line)? {
            visitor.broken(text, part, line, message);
        }
    }
    Ok(())
}

/// Adds records to a builder.
struct Filling<'a> {
    builder: &'a mut ColumnBuilder,
    finder: &'a mut Finder,
    file: &'a str,
    /// Records as they are, if they are kept.
    records: Option<&'a mut Vec<String>>,
    /// How many of the block there are.
    rows: usize,
    /// How many of all blocks.
    all: usize,
}

impl Visitor for Filling<'_> {
    fn record(&mut self, text: &str, record: Range<usize>, line: u64) -> Result<Option<String>, InputError> {
        match visit(&mut self.finder.keys, text, record.clone(), &mut self.finder.places) {
            Ok(()) => {
                self.rows += 1;
                if let Some(records) = &mut self.records {
                    records.push(text.sure_at(record).trim().to_owned());
                }
                Ok(None)
            }
            Err(Trouble::NoRecord(message)) => Ok(Some(message)),
            Err(Trouble::Several(target, a, b)) => {
                Err(several(&format!("{}:{line}", self.file), self.builder.name_of(target), &a, &b))
            }
        }
    }

    fn broken(&mut self, text: &str, record: Range<usize>, line: u64, message: String) {
        let kept = self.records.is_some().then(|| text.sure_at(record).trim().to_owned());
        self.builder.broken(BadLine { file: self.file.to_owned(), line, row: None, message }, kept);
    }

    fn end(&mut self, text: &str) {
        self.finder.add(text, self.rows, self.builder);
        self.all += std::mem::take(&mut self.rows);
    }
}

impl JsonSource {
    /// Records of UTF-8 text: one a line, or a document. `lines` says which where its first bytes leave it open.
    pub(crate) fn open(
        path: &Path,
        reader: Box<dyn Read + Send>,
        lines: bool,
        builder: &ColumnBuilder,
        keep: bool,
    ) -> Result<Self, InputError> {
        let finder = Finder::new(builder);
        let mut judge = Judge::new(keys_of(builder), keys_of(builder), finder.mapping.wanted());
        let mut blocks = Blocks::new(path, reader);
        blocks.refill()?;
        if blocks.unread().iter().all(u8::is_ascii_whitespace) && blocks.eof {
            return Err(InputError::new(format!("{} is empty", shown(path))));
        }
        let lines = loop {
            match layout::is_lines(blocks.text()?, blocks.eof, lines, &mut judge) {
                Some(lines) => break lines,
                // The first value does not end in the block.
                None if blocks.eof || !blocks.extend()? => break lines,
                None => {}
            }
        };
        let document = (!lines).then_some(Stand::Between { first: true });
        Ok(Self { blocks, document, judge, finder, records: Vec::new(), keep })
    }

    /// Which of what is wanted occurs in the file, and every key that does. Reads the whole file, unless all is found before.
    /// What is wrong with the file is told when it is read, unless there is nothing of it.
    /// `found` says of what nobody has to look for.
    pub(crate) fn survey(mut self, mut found: Vec<bool>) -> Result<(Vec<bool>, Vec<String>), InputError> {
        let mut finder = std::mem::take(&mut self.finder);
        while found.contains(&false) {
            let used = self.each_record(usize::MAX, &mut |text: &str, record: Range<usize>| {
                let mut wrong = None;
                match visit(&mut finder.keys, text, record, &mut finder.places) {
                    Ok(()) => found.iter_mut().zip(finder.places.last()).for_each(|(found, slot)| *found |= slot.found()),
                    // The reader will stop there and say so.
                    Err(Trouble::Several(..)) => found.fill(true),
                    Err(Trouble::NoRecord(message)) => wrong = Some(message),
                }
                finder.places.clear();
                Ok(wrong)
            });
            match used {
                Ok(Some(_)) => {}
                Err(e) if !found.contains(&true) => return Err(e),
                Ok(None) | Err(_) => break,
            }
        }
        Ok((found, finder.keys.keys().map(str::to_owned).collect()))
    }

    /// The paths of all keys, in the order in which they occur first.
    pub(crate) fn paths(mut self, paths: &mut Vec<String>) -> Result<(), InputError> {
        let mut known: FxHashSet<String> = paths.iter().cloned().collect();
        while self
            .each_record(usize::MAX, &mut |text: &str, record: Range<usize>| {
                let noted = note_paths(text.sure_at(record).trim(), "", 0, &mut known, paths);
                Ok(noted.is_none().then(String::new))
            })?
            .is_some()
        {}
        Ok(())
    }

    /// The records of the first block alone, for a stream that cannot be read twice.
    pub(crate) fn first_block(&self, lines: bool, builder: &ColumnBuilder) -> Result<Self, InputError> {
        let bytes = std::io::Cursor::new(self.blocks.unread().to_vec());
        Self::open(&self.blocks.path, Box::new(bytes), lines, builder, false)
    }

    /// Gives at most `max` records of the block to a visitor; returns how many, `None` at the end.
    fn each_record(&mut self, max: usize, visitor: &mut impl Visitor) -> Result<Option<usize>, InputError> {
        loop {
            self.blocks.refill()?;
            let Self { blocks, document, judge, .. } = &mut *self;
            let text = blocks.text()?;
            let (mut at, mut line, mut count) = (0, blocks.line, 0);
            let mut ended = false;
            while count < max {
                let next = match document {
                    Some(stand) => split::next(text.as_bytes(), at, stand, &mut |at| judge.verdict(text, at)),
                    None => next_line(text.as_bytes(), at, blocks.eof),
                };
                match next {
                    Next::Record(range) => {
                        line += memchr::memchr_iter(b'\n', text.as_bytes().sure_at(at..range.start)).count() as u64;
                        let record = text.sure_at(range.clone());
                        // A record of a line has no line end but its own.
                        let within = match document {
                            Some(_) => memchr::memchr_iter(b'\n', record.as_bytes()).count() as u64,
                            None => u64::from(record.ends_with('\n')),
                        };
                        at = range.end;
                        if !record.trim_start().is_empty() {
                            give(visitor, text, range, line, document.is_none())?;
                            count += 1;
                        }
                        line += within;
                    }
                    Next::More(end) => {
                        at = end;
                        ended = blocks.eof;
                        break;
                    }
                    Next::Broken(place, message) => {
                        return Err(InputError::new(message).at(blocks.excerpt(place, "here")));
                    }
                }
            }
            visitor.end(text);
            let unfinished = ended && document.is_some_and(|stand| !matches!(stand, Stand::Between { .. }) || at < text.len());
            if unfinished {
                let end = text.trim_end().len();
                return Err(
                    InputError::new("the JSON document ends too early: it is cut off").at(self.blocks.excerpt(end, "ends here"))
                );
            }
            match self.document {
                Some(_) => self.blocks.advance(at, b'\n'),
                None => self.blocks.advance_to_line(at, line),
            }
            if count > 0 {
                return Ok(Some(count));
            }
            if ended {
                return Ok(None);
            }
            if at == 0 && !self.blocks.extend()? {
                return Err(self.too_long());
            }
        }
    }

    /// Cuts off the lines of the next block, at most so many; `None` at the end.
    fn cut_block(&mut self, most: usize) -> Result<Option<Lines>, InputError> {
        self.blocks.refill()?;
        loop {
            let (unread, eof) = (self.blocks.unread(), self.blocks.eof);
            let ends = memchr::memchr_iter(b'\n', unread).take(most);
            let (mut count, mut used) = ends.fold((0, 0), |(count, _), end| (count + 1, end + 1));
            if count < most && eof && used < unread.len() {
                (count, used) = (count + 1, unread.len());
            }
            if count > 0 {
                let first = self.blocks.line;
                let bytes = self.blocks.cut_off(used, first + count as u64);
                return Ok(Some(Lines { bytes, first, count }));
            }
            if eof {
                return Ok(None);
            }
            if !self.blocks.extend()? {
                return Err(self.too_long());
            }
        }
    }

    fn too_long(&self) -> InputError {
        let limit = LONGEST >> 20;
        InputError::new(format!("a record is longer than {limit} MiB")).at(self.blocks.excerpt(0, "starts here"))
    }
}

/// Lines that are not decoded.
pub(crate) struct JsonPiece {
    path: PathBuf,
    blocks: Vec<Lines>,
}

/// The lines of a block.
struct Lines {
    bytes: Vec<u8>,
    /// The number of the first.
    first: u64,
    count: usize,
}

impl JsonPiece {
    /// How many lines there are.
    pub(crate) fn lines(&self) -> usize {
        self.blocks.iter().map(|lines| lines.count).sum()
    }

    /// Adds the records to a builder.
    pub(crate) fn decode(&mut self, builder: &mut ColumnBuilder, finder: &mut Finder) -> Result<(), InputError> {
        for lines in &mut self.blocks {
            let mut source = JsonSource {
                blocks: Blocks::whole(&self.path, std::mem::take(&mut lines.bytes), lines.first),
                document: None,
                judge: Judge::default(),
                finder: std::mem::take(finder),
                records: Vec::new(),
                keep: false,
            };
            let filled = source.fill(builder, lines.count);
            *finder = source.finder;
            lines.bytes = source.blocks.into_buffer();
            filled?;
        }
        Ok(())
    }
}

/// A batch is filled from so many blocks, so that each step of scoring has enough to do.
const BLOCKS: usize = 4;

/// Objects are gone into so deep for their keys.
const DEEP: usize = 4;

/// Notes the paths of the keys of an object; `None` where the text is none.
fn note_paths(object: &str, prefix: &str, depth: usize, known: &mut FxHashSet<String>, paths: &mut Vec<String>) -> Option<()> {
    for (key, raw) in value::members(object)? {
        let path = format!("{prefix}{key}");
        if raw.starts_with('{') && depth < DEEP && note_paths(raw, &format!("{path}."), depth + 1, known, paths).is_some() {
            continue;
        }
        if !known.contains(&path) {
            known.insert(path.clone());
            paths.push(path);
        }
    }
    Some(())
}

/// The line from byte `at` on.
fn next_line(bytes: &[u8], at: usize, eof: bool) -> Next {
    let rest = bytes.sure_at(at..);
    match memchr::memchr(b'\n', rest) {
        Some(end) => Next::Record(at..at + end + 1),
        None if rest.is_empty() || !eof => Next::More(at),
        None => Next::Record(at..bytes.len()),
    }
}

impl Source for JsonSource {
    fn headers(&self) -> Option<&Headers> {
        None
    }

    fn map(&mut self, _mapping: Mapping) {}

    fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError> {
        let file = shown(&self.blocks.path);
        let mut finder = std::mem::take(&mut self.finder);
        self.records.clear();
        let mut records = self.keep.then(|| std::mem::take(&mut self.records));
        let mut filling = Filling { builder, finder: &mut finder, file: &file, records: records.as_mut(), rows: 0, all: 0 };
        let mut blocks = 0;
        let filled = loop {
            let used = self.each_record(max_rows.saturating_sub(filling.all), &mut filling);
            blocks += 1;
            let rows = filling.all;
            // Blocks of nothing but broken lines are no end; the records of one block alone are kept.
            let more = matches!(used, Ok(Some(_))) && rows < max_rows && (rows == 0 || !self.keep && blocks < BLOCKS);
            if !more {
                break used.map(|_| rows);
            }
        };
        self.finder = finder;
        self.records = records.unwrap_or_default();
        filled
    }

    fn found(&self) -> Option<String> {
        self.judge.taken.as_ref().map(|list| format!("the records are the list `{list}`"))
    }

    fn note(&self) -> Option<String> {
        // HubSpot's answers are known.
        self.found().filter(|_| self.judge.taken.as_deref() != Some("results"))
    }

    fn can_cut(&self) -> bool {
        self.document.is_none()
    }

    fn cut(&mut self, max_rows: usize) -> Result<Option<Piece>, InputError> {
        let mut piece = JsonPiece { path: self.blocks.path.clone(), blocks: Vec::new() };
        let mut left = max_rows;
        while piece.blocks.len() < BLOCKS && left > 0 {
            let Some(lines) = self.cut_block(left)? else { break };
            left -= lines.count;
            piece.blocks.push(lines);
        }
        Ok((!piece.blocks.is_empty()).then_some(Piece::Json(piece)))
    }

    fn reuse(&mut self, piece: Piece) {
        if let Piece::Json(piece) = piece {
            piece.blocks.into_iter().for_each(|lines| self.blocks.reuse(lines.bytes));
        }
    }

    fn cells(&self, row: usize) -> Vec<String> {
        self.records.get(row).cloned().into_iter().collect()
    }
}

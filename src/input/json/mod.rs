//! JSON Lines, a JSON array of records, and HubSpot's list; only the keys that are wanted are parsed.

mod flat;
mod keys;
mod split;
mod value;

pub(crate) use keys::Level;
pub(crate) use value::push_events;

use std::io::Read;
use std::path::{Path, PathBuf};

use super::blocks::{Blocks, LONGEST};
use super::error::{InputError, shown};
use super::header::Headers;
use super::piece::Piece;
use super::report::BadLine;
use super::table::{Mapping, Sink, Source};
use rustc_hash::FxHashSet;
use split::{Next, Stand};

/// JSON records being read.
pub(crate) struct JsonSource {
    blocks: Blocks,
    /// How far a document has been read; `None` for one record a line.
    document: Option<Stand>,
    keys: Level,
    columns: usize,
    lists: usize,
    /// The records given last, for [`Source::cells`].
    records: Vec<String>,
    keep: bool,
}

/// The keys of what is wanted: columns, lists, carried columns.
pub(crate) fn keys_of(sink: &Sink) -> Level {
    let columns = sink.wanted.iter().map(|w| w.names.iter().map(|n| &**n).collect());
    let lists = sink.lists.iter().map(|l| vec![&*l.name]);
    let carried = sink.carried_names.iter().map(|n| vec![n.as_str()]);
    let names: Vec<Vec<&str>> = columns.chain(lists).chain(carried).collect();
    Level::new(names.into_iter().enumerate()).also_under("properties")
}

/// The values of a single record.
pub(crate) fn find<'a>(keys: &mut Level, json: &'a str, wanted: usize, sink: &Sink) -> Result<Found<'a>, InputError> {
    visit(keys, json, wanted).map_err(|trouble| match trouble {
        Trouble::NoRecord(message) => {
            InputError::new(format!("the record {message}")).help("give one JSON object: {\"name\": value, ..}")
        }
        Trouble::Several(target, a, b) => several("the record", sink.name_of(target), &a, &b),
    })
}

fn several(place: &str, name: &str, a: &str, b: &str) -> InputError {
    InputError::new(format!("{place} has two keys that equally fit `{name}`: `{a}` and `{b}`"))
        .help("rename one of them in the file, or name the right one exactly with `from \"..\"` in the schema")
}

/// The values of one record as written, by what is wanted, with how well the key fitted and which entry of the keys it was.
pub(crate) type Found<'a> = Vec<Option<(u32, usize, &'a str)>>;

impl JsonSource {
    /// Records of UTF-8 text: lines, or one document.
    pub(crate) fn open(
        path: &Path,
        reader: Box<dyn Read + Send>,
        lines: bool,
        sink: &Sink,
        keep: bool,
    ) -> Result<Self, InputError> {
        let mut blocks = Blocks::new(path, reader);
        blocks.refill()?;
        if blocks.unread().iter().all(u8::is_ascii_whitespace) && blocks.eof {
            return Err(InputError::new(format!("{} is empty", shown(path))));
        }
        let keys = keys_of(sink);
        Ok(Self {
            blocks,
            document: (!lines).then_some(Stand::Start),
            keys,
            columns: sink.wanted.len(),
            lists: sink.lists.len(),
            records: Vec::new(),
            keep,
        })
    }

    /// Which of what is wanted occurs in the file, and every key that does. Reads the whole file, unless all is found before.
    /// What is wrong with the file is told when it is read.
    pub(crate) fn survey(mut self, wanted: usize) -> (Vec<bool>, Vec<String>) {
        let mut found = vec![false; wanted];
        while found.contains(&false) {
            let used = self.each_record(usize::MAX, &mut |keys, record, _| {
                match visit(keys, record, wanted) {
                    Ok(values) => found.iter_mut().zip(&values).for_each(|(found, value)| *found |= value.is_some()),
                    // The reader will stop there and say so.
                    Err(Trouble::Several(..)) => found.fill(true),
                    Err(Trouble::NoRecord(_)) => {}
                }
                Ok(())
            });
            if !matches!(used, Ok(Some(_))) {
                break;
            }
        }
        (found, self.keys.keys().map(str::to_owned).collect())
    }

    /// The paths of all keys, in the order in which they occur first.
    pub(crate) fn paths(mut self, paths: &mut Vec<String>) -> Result<(), InputError> {
        let mut known: FxHashSet<String> = paths.iter().cloned().collect();
        while self
            .each_record(usize::MAX, &mut |_, record, _| {
                note_paths(record.trim(), "", 0, &mut known, paths);
                Ok(())
            })?
            .is_some()
        {}
        Ok(())
    }

    /// The records of the first block alone, for a stream that cannot be read twice.
    pub(crate) fn first_block(&self, lines: bool, sink: &Sink) -> Result<Self, InputError> {
        let bytes = std::io::Cursor::new(self.blocks.unread().to_vec());
        Self::open(&self.blocks.path, Box::new(bytes), lines, sink, false)
    }

    /// Calls `then` for at most `max` records of the block; gives how many, `None` at the end.
    fn each_record(
        &mut self,
        max: usize,
        then: &mut dyn FnMut(&mut Level, &str, u64) -> Result<(), InputError>,
    ) -> Result<Option<usize>, InputError> {
        loop {
            self.blocks.refill()?;
            let Self { blocks, document, keys, .. } = &mut *self;
            let text = blocks.text()?;
            let (mut at, mut line, mut count) = (0, blocks.line, 0);
            let mut ended = false;
            while count < max {
                let next = match document {
                    Some(stand) => split::next(text.as_bytes(), at, stand),
                    None => next_line(text.as_bytes(), at, blocks.eof),
                };
                match next {
                    Next::Record(range) => {
                        line += memchr::memchr_iter(b'\n', text.as_bytes().get(at..range.start).unwrap_or(&[])).count() as u64;
                        let record = text.get(range.clone()).unwrap_or("");
                        // A record of a line has no line end but its own.
                        let within = match document {
                            Some(_) => memchr::memchr_iter(b'\n', record.as_bytes()).count() as u64,
                            None => u64::from(record.ends_with('\n')),
                        };
                        at = range.end;
                        if !record.trim().is_empty() {
                            then(keys, record, line)?;
                            count += 1;
                        }
                        line += within;
                    }
                    Next::End(end) => {
                        at = end;
                        ended = true;
                        break;
                    }
                    Next::More => {
                        ended = blocks.eof;
                        break;
                    }
                    Next::Broken(place, message) => {
                        return Err(InputError::new(message).at(blocks.excerpt(place, "here")));
                    }
                }
            }
            let unfinished = ended && document.is_some_and(|stand| stand != Stand::End);
            if unfinished && count == 0 {
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

    /// Adds the records to a sink.
    pub(crate) fn decode(&mut self, sink: &mut Sink, keys: &mut Level) -> Result<(), InputError> {
        for lines in &mut self.blocks {
            let mut source = JsonSource {
                blocks: Blocks::whole(&self.path, std::mem::take(&mut lines.bytes), lines.first),
                document: None,
                keys: std::mem::take(keys),
                columns: sink.wanted.len(),
                lists: sink.lists.len(),
                records: Vec::new(),
                keep: false,
            };
            let filled = source.fill(sink, lines.count);
            *keys = source.keys;
            lines.bytes = source.blocks.into_buffer();
            filled?;
        }
        Ok(())
    }
}

/// A batch is filled from so many blocks, so that each step of scoring has enough to do.
const BLOCKS: usize = 8;

/// Objects are gone into so deep for their keys.
const DEEP: usize = 4;

fn note_paths(object: &str, prefix: &str, depth: usize, known: &mut FxHashSet<String>, paths: &mut Vec<String>) {
    for pair in sonic_rs::to_object_iter(object).map_while(Result::ok) {
        let path = format!("{prefix}{}", pair.0);
        let raw = pair.1.as_raw_str();
        if raw.starts_with('{') && depth < DEEP {
            note_paths(raw, &format!("{path}."), depth + 1, known, paths);
        } else if !known.contains(&path) {
            known.insert(path.clone());
            paths.push(path);
        }
    }
}

/// The line from byte `at` on.
fn next_line(bytes: &[u8], at: usize, eof: bool) -> Next {
    let rest = bytes.get(at..).unwrap_or(&[]);
    match memchr::memchr(b'\n', rest) {
        Some(end) => Next::Record(at..at + end + 1),
        None if rest.is_empty() || !eof => Next::More,
        None => Next::Record(at..bytes.len()),
    }
}

/// Why a record could not be read.
enum Trouble {
    /// It is no JSON object; what is wrong, and where in it if that is known.
    NoRecord(String),
    /// Two keys fit one column equally well.
    Several(usize, String, String),
}

/// The values of a record that are wanted.
fn visit<'a>(keys: &mut Level, record: &'a str, wanted: usize) -> Result<Found<'a>, Trouble> {
    let mut found: Found<'a> = vec![None; wanted];
    let body = record.trim();
    if !body.starts_with('{') {
        return Err(Trouble::NoRecord("is no JSON object".to_owned()));
    }
    if walk(keys, body, &mut found)? {
        return Ok(found);
    }
    found.fill(None);
    let end = descend(keys, body, &mut found)?;
    // What stands behind the last value must be the end of the object and nothing else.
    if body.get(end..).unwrap_or("").trim_start() != "}" {
        return Err(Trouble::NoRecord("has something behind its JSON object".to_owned()));
    }
    Ok(found)
}

/// Looks at the keys of a usual object; false where it is none.
fn walk<'a>(keys: &mut Level, object: &'a str, found: &mut Found<'a>) -> Result<bool, Trouble> {
    let mut at = 1;
    for position in 0.. {
        let expected = keys.expected(position).and_then(|(place, key)| Some((place, flat::value_behind(object, at, key)?)));
        let (place, value) = match expected {
            Some(found) => found,
            None => {
                let Some(pair) = flat::pair(object, at) else { return Ok(false) };
                (keys.place(pair.key, position), pair.value)
            }
        };
        claim(keys, place, value.raw, found).map_err(|(target, other)| several_keys(keys, target, other, place))?;
        match value.next {
            Some(next) => at = next,
            None => return Ok(value.end == object.len()),
        }
    }
    Ok(false)
}

/// Gives a value to all columns that its key fits best so far; fails with a column that another key fits as well.
#[inline]
fn claim<'a>(keys: &mut Level, place: usize, value: &'a str, found: &mut Found<'a>) -> Result<(), (usize, usize)> {
    let Some(entry) = keys.entry(place) else { return Ok(()) };
    let mut clash = None;
    for &(target, rank) in &entry.claims {
        let Some(slot) = found.get_mut(target) else { continue };
        match slot {
            Some((known, other, _)) if *known == rank && *other != place => clash = Some((target, *other)),
            Some((known, ..)) if *known < rank => {}
            Some(_) | None => *slot = Some((rank, place, value)),
        }
    }
    clash.map_or(Ok(()), Err)
}

fn several_keys(keys: &Level, target: usize, other: usize, place: usize) -> Trouble {
    Trouble::Several(target, keys.key(other).to_owned(), keys.key(place).to_owned())
}

/// Looks at the keys of one object; gives the end of its last value.
fn descend<'a>(keys: &mut Level, object: &'a str, found: &mut Found<'a>) -> Result<usize, Trouble> {
    let base = object.as_ptr() as usize;
    let mut end = 1;
    for (position, pair) in sonic_rs::to_object_iter(object).enumerate() {
        let (key, value) = pair.map_err(|e| Trouble::NoRecord(format!("is no JSON: {}", first_line(&e))))?;
        let raw = value.as_raw_str();
        end = (raw.as_ptr() as usize + raw.len()).saturating_sub(base);
        let place = keys.place(&key, position);
        let Some(value) = object.get(end - raw.len()..end) else { continue };
        if let Some(below) = keys.entry(place).and_then(|entry| entry.below.as_mut())
            && value.starts_with('{')
        {
            descend(below, value, found)?;
        }
        claim(keys, place, value, found).map_err(|(target, other)| several_keys(keys, target, other, place))?;
    }
    Ok(end)
}

/// The parser's message without the excerpt that it draws.
fn first_line(error: &sonic_rs::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or("");
    line.split(" at line ").next().unwrap_or(line).to_lowercase()
}

impl Source for JsonSource {
    fn headers(&self) -> Option<&Headers> {
        None
    }

    fn map(&mut self, _mapping: Mapping) {}

    fn fill(&mut self, sink: &mut Sink, max_rows: usize) -> Result<usize, InputError> {
        let (columns, lists, keep) = (self.columns, self.lists, self.keep);
        let wanted = columns + lists + sink.carried.len();
        let file = shown(&self.blocks.path);
        let mut records = std::mem::take(&mut self.records);
        records.clear();
        let (mut rows, mut blocks) = (0, 0);
        loop {
            let used = self.each_record(max_rows - rows, &mut |keys, record, line| {
                let found = match visit(keys, record, wanted) {
                    Ok(found) => found,
                    Err(Trouble::NoRecord(message)) => {
                        let kept = keep.then(|| record.trim().to_owned());
                        sink.broken(BadLine { file: file.clone(), line, row: None, message }, kept);
                        return Ok(());
                    }
                    Err(Trouble::Several(target, a, b)) => {
                        return Err(several(&format!("{file}:{line}"), sink.name_of(target), &a, &b));
                    }
                };
                sink.json_record(&found);
                rows += 1;
                if keep {
                    records.push(record.trim().to_owned());
                }
                Ok(())
            })?;
            blocks += 1;
            // Blocks of nothing but broken lines are no end; the records of one block alone are kept.
            if used.is_none() || rows == max_rows || rows > 0 && (keep || blocks >= BLOCKS) {
                break;
            }
        }
        self.records = records;
        Ok(rows)
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

impl Sink {
    /// Adds a record whose values stand in the order columns, lists, carried.
    pub(crate) fn json_record(&mut self, found: &Found<'_>) {
        let row = self.next_row();
        let mut values = found.iter().map(|f| f.map(|(_, _, value)| value));
        for (wanted, value) in self.wanted.iter_mut().zip(values.by_ref()) {
            value::push(&mut wanted.builder, value, row, &mut self.bad);
        }
        for list in &mut self.lists {
            let raw = values.next().flatten().unwrap_or("");
            list.push_text(raw, row, &mut self.bad);
        }
        for texts in &mut self.carried {
            let raw = values.next().flatten().unwrap_or("null");
            match raw {
                "null" => texts.push(None),
                _ => texts.push(Some(value::string(raw).as_deref().unwrap_or(raw)).filter(|t| !t.is_empty())),
            }
        }
        self.end_rows(1);
    }
}

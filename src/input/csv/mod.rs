//! CSV in all its dialects, in blocks, straight into columns.

mod dialect;
mod index;

use std::io::Read;
use std::path::{Path, PathBuf};

use super::bytes::as_windows_1252;
use super::cell::Cell;
use super::error::{Excerpt, InputError, shown};
use super::header::Headers;
use super::report::BadLine;
use super::table::{Cells, Mapping, Sink, Source};
use index::{Index, Marks};

/// A block, and with it the working memory.
const BLOCK: usize = 1 << 20;

/// A row may not be longer than this.
const LONGEST: usize = 64 << 20;

/// A CSV file being read.
pub(crate) struct CsvSource {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    eof: bool,
    marks: Marks,
    headers: Headers,
    index: Index,
    /// The line of `buffer[start]`.
    line: u64,
    /// The bytes of the rows given last, for [`Source::cells`].
    given: std::ops::Range<usize>,
    mapping: Mapping,
}

impl CsvSource {
    /// Reads the header of a file that is UTF-8 by now.
    pub(crate) fn open(path: &Path, reader: Box<dyn Read + Send>) -> Result<Self, InputError> {
        let mut source = Self {
            path: path.to_owned(),
            reader,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            eof: false,
            marks: Marks { delimiter: b',', newline: b'\n' },
            headers: Headers::new(Vec::new()),
            index: Index::default(),
            line: 1,
            given: 0..0,
            mapping: Mapping::default(),
        };
        source.refill()?;
        let head = source.buffer.get(..source.end).unwrap_or(&[]);
        let dialect = dialect::detect(head, source.eof);
        source.marks = dialect.marks;
        source.start = dialect.skip;
        source.line += u64::from(dialect.skip > 0);
        if !source.next_rows(1, 0)? {
            return Err(InputError::new(format!("{} is empty: it has no header", shown(path)))
                .help("the first row of a CSV file names its columns"));
        }
        let names = source.cells(0).into_iter().map(|name| super::cell::trim(&name).to_owned()).collect();
        source.headers = Headers::new(names);
        Ok(source)
    }

    /// Moves the unread part to the front and reads until the buffer is full.
    fn refill(&mut self) -> Result<(), InputError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => {
                    self.eof = true;
                    break;
                }
                Ok(n) => self.end += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(InputError::io(&self.path, e)),
            }
        }
        Ok(())
    }

    /// Indexes the next rows, at most `max`; false when there are no more.
    fn next_rows(&mut self, max: usize, columns: usize) -> Result<bool, InputError> {
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or(&[]);
            self.index.build(unread, self.marks, columns, max, self.eof);
            if self.index.rows() > 0 {
                break;
            }
            if self.eof {
                return match self.index.open_quote {
                    Some(at) => Err(self.open_quote(at)),
                    None => Ok(false),
                };
            }
            if self.start == 0 && self.end == self.buffer.len() {
                if self.buffer.len() >= LONGEST {
                    return Err(self.too_long());
                }
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            self.refill()?;
        }
        let used = self.index.used;
        self.given = self.start..self.start + used;
        let block = self.buffer.get(self.given.clone()).unwrap_or(&[]);
        if let Err(e) = std::str::from_utf8(block) {
            return Err(self.not_utf8(e.valid_up_to()));
        }
        Ok(true)
    }

    /// Goes on behind the rows given last.
    fn pass(&mut self) {
        let block = self.buffer.get(self.given.clone()).unwrap_or(&[]);
        self.line += memchr::memchr_iter(self.marks.newline, block).count() as u64;
        self.start = self.given.end;
        self.given = self.start..self.start;
    }

    fn open_quote(&self, at: usize) -> InputError {
        let unread = self.buffer.get(self.start..self.end).unwrap_or(&[]);
        InputError::new("a quote opens here and is never closed")
            .help("close the quote, or double it (\"\") if it is part of the text")
            .at(Excerpt::new(&self.path, unread, self.line, at, "opens here"))
    }

    fn too_long(&self) -> InputError {
        let unread = self.buffer.get(self.start..self.end).unwrap_or(&[]);
        let place = |at, label: &str| Excerpt::new(&self.path, unread, self.line, at, label);
        let limit = LONGEST >> 20;
        match self.index.open_quote {
            Some(at) => InputError::new(format!("a quote opens here and is not closed within {limit} MiB"))
                .help("close the quote, or double it (\"\") if it is part of the text")
                .at(place(at, "opens here")),
            None => InputError::new(format!("a row is longer than {limit} MiB")).at(place(0, "starts here")),
        }
    }

    fn not_utf8(&self, at: usize) -> InputError {
        let unread = self.buffer.get(self.start..self.end).unwrap_or(&[]);
        let from =
            unread.get(..at).and_then(|b| memchr::memrchr2(self.marks.delimiter, self.marks.newline, b)).map_or(0, |n| n + 1);
        let to = unread
            .get(at..)
            .and_then(|b| memchr::memchr3(self.marks.delimiter, self.marks.newline, b'\r', b))
            .map_or(unread.len(), |n| at + n);
        let meant: String = as_windows_1252(unread.get(from..to).unwrap_or(&[])).chars().take(60).collect();
        InputError::new("this is not UTF-8 text")
            .help(format!("as Windows-1252 it would read `{}`: if that is right, say --encoding windows-1252", meant.trim()))
            .at(Excerpt::new(&self.path, unread, self.line, at, "no UTF-8"))
    }

    fn ragged(&self, sink: &mut Sink, first_row: u64) {
        let block = self.buffer.get(self.given.clone()).unwrap_or(&[]);
        for &(row, found) in &self.index.ragged {
            let at = self.index.starts.get(row).copied().unwrap_or_default() as usize;
            let before = block.get(..at).unwrap_or(&[]);
            let line = self.line + memchr::memchr_iter(self.marks.newline, before).count() as u64;
            let message = format!("has {found} cells, the header has {}", self.index.columns);
            sink.ragged(BadLine { file: shown(&self.path), line, row: Some(first_row + row as u64), message });
        }
    }
}

impl Source for CsvSource {
    fn headers(&self) -> Option<&Headers> {
        Some(&self.headers)
    }

    fn map(&mut self, mapping: Mapping) {
        self.mapping = mapping;
    }

    fn fill(&mut self, sink: &mut Sink, max_rows: usize) -> Result<usize, InputError> {
        self.pass();
        if !self.eof {
            self.refill()?;
        }
        if !self.next_rows(max_rows, self.headers.names.len())? {
            return Ok(0);
        }
        let rows = self.index.rows();
        let first_row = sink.next_row();
        let block = self.buffer.get(self.given.clone()).unwrap_or(&[]);
        let text = std::str::from_utf8(block).unwrap_or("");
        sink.columns(rows, &self.mapping, &mut CsvCells { text, index: &self.index, scratch: String::new() });
        self.ragged(sink, first_row);
        sink.end_rows(rows);
        Ok(rows)
    }

    fn cells(&self, row: usize) -> Vec<String> {
        let block = self.buffer.get(self.given.clone()).unwrap_or(&[]);
        let mut scratch = String::new();
        (0..self.index.columns)
            .map(|column| {
                let raw = self.index.cell(row, column).and_then(|range| block.get(range)).unwrap_or(&[]);
                unquote(&String::from_utf8_lossy(raw), &mut scratch).to_owned()
            })
            .collect()
    }
}

/// The cells of an indexed block.
struct CsvCells<'a> {
    text: &'a str,
    index: &'a Index,
    /// A cell with doubled quotes, without them.
    scratch: String,
}

impl Cells for CsvCells<'_> {
    #[inline]
    fn cell(&mut self, row: usize, column: usize) -> Cell<'_> {
        let raw = self.index.cell(row, column).and_then(|range| self.text.get(range));
        raw.map_or(Cell::Missing, |raw| Cell::Text(unquote(raw, &mut self.scratch)))
    }
}

/// The text of a cell without the quotes around it.
#[inline]
fn unquote<'a>(raw: &'a str, scratch: &'a mut String) -> &'a str {
    let Some(inner) = raw.strip_prefix('"') else { return raw };
    if let Some(plain) = inner.strip_suffix('"')
        && !plain.contains('"')
    {
        return plain;
    }
    scratch.clear();
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('"') {
        scratch.push_str(before);
        match after.strip_prefix('"') {
            Some(next) => {
                scratch.push('"');
                rest = next;
            }
            None => {
                // The quote is closed; what follows belongs to the cell as it stands.
                rest = after;
                break;
            }
        }
    }
    scratch.push_str(rest);
    scratch
}

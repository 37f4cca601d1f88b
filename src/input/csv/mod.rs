//! CSV in all its dialects, in blocks, straight into columns.

mod dialect;
mod index;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::{Blocks, LONGEST};
use super::cell::{Cell, Cells};
use super::error::{InputError, shown};
use super::header::Headers;
use super::piece::Piece;
use super::report::BadLine;
use super::table::{ColumnBuilder, Mapping, Rows, Source};
pub(crate) use index::Index;
use index::Marks;

use crate::invariant::SureAt as _;

/// A CSV file being read.
pub(crate) struct CsvSource {
    blocks: Blocks,
    marks: Marks,
    headers: Headers,
    /// The rows given last, at the start of what is not used up.
    index: Index,
    mapping: Arc<Mapping>,
    /// Whether the cells of rows are wanted as they are, which only the rows of one block can give.
    keep: bool,
    /// How many columns there are up to the last one with a name.
    named: usize,
    /// Rows without a value in parts of the file that have no others.
    skipped: u64,
    /// How the file begins: rows with their lines.
    head: Vec<(u64, Vec<String>)>,
}

/// So many rows of the start are kept, in case that the header is not the first of them.
const HEAD: usize = 20;

/// A batch is filled from blocks until it has so many rows, so that small blocks make no small batches.
const ENOUGH: usize = 4096;

impl CsvSource {
    /// Reads the header of a file that is UTF-8 by now: its first row, or the one on a line that is named.
    pub(crate) fn open(
        path: &Path,
        reader: Box<dyn Read + Send>,
        header_row: Option<u32>,
        keep: bool,
    ) -> Result<Self, InputError> {
        let mut blocks = Blocks::new(path, reader);
        blocks.refill()?;
        go_to(&mut blocks, header_row.unwrap_or(1).into())?;
        let dialect = dialect::detect(blocks.unread(), blocks.eof);
        blocks.advance(dialect.skip, dialect.marks.newline);
        let mut source = Self {
            blocks,
            marks: dialect.marks,
            headers: Headers::new(Vec::new()),
            index: Index::default(),
            mapping: Arc::default(),
            keep,
            named: 0,
            skipped: 0,
            head: Vec::new(),
        };
        source.head = source.first_rows();
        if !source.next_rows(|index, block, marks, eof| index.build(block, marks, 0, 1, eof))? {
            return Err(InputError::new(format!("{} is empty: it has no header", shown(path)))
                .help("the first row of a CSV file names its columns"));
        }
        source.text()?;
        let names: Vec<String> = source.cells(0).into_iter().map(|name| super::cell::trim(&name).to_owned()).collect();
        source.named = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        source.headers = Headers::new(names);
        // What is above the header is no record.
        source.skipped = 0;
        Ok(source)
    }

    /// The first rows with their lines, as far as they are in memory and text.
    fn first_rows(&self) -> Vec<(u64, Vec<String>)> {
        let mut rows = Vec::new();
        let mut rest = self.blocks.unread();
        let mut line = self.blocks.line;
        let mut row = Index::default();
        while rows.len() < HEAD {
            row.build(rest, self.marks, 0, 1, self.blocks.eof);
            let Some(block) = rest.get(..row.used).filter(|_| row.rows() > 0) else { break };
            let Ok(_) = std::str::from_utf8(block) else { break };
            let before = block.sure_at(..row.start(0));
            rows.push((line + memchr::memchr_iter(self.marks.newline, before).count() as u64, cells_of(&row, block, 0)));
            line += row.lines;
            rest = rest.sure_at(row.used..);
        }
        rows
    }

    /// Finds the next rows, `look` says how, in more and more of the file until there is one; false when there are no more.
    fn next_rows(&mut self, look: impl Fn(&mut Index, &[u8], Marks, bool)) -> Result<bool, InputError> {
        loop {
            look(&mut self.index, self.blocks.unread(), self.marks, self.blocks.eof);
            if self.index.rows() > 0 {
                break;
            }
            if self.index.used > 0 && self.index.open_quote.is_none() {
                // Rows without a value, and no other.
                self.skipped += self.index.empty;
                self.blocks.advance_to_line(self.index.used, self.blocks.line + self.index.lines);
                self.index.clear();
                if !self.blocks.eof {
                    self.blocks.refill()?;
                    continue;
                }
            }
            if self.blocks.eof {
                return match self.index.open_quote {
                    Some(at) => Err(InputError::new("a quote opens here and is never closed")
                        .help("close the quote, or double it (\"\") if it is part of the text")
                        .at(self.blocks.excerpt(at, "opens here"))),
                    None => Ok(false),
                };
            }
            if !self.blocks.extend()? {
                return Err(self.too_long());
            }
        }
        Ok(true)
    }

    /// The rows given last, as text.
    fn text(&self) -> Result<&str, InputError> {
        text(self.block(), self.marks, &self.blocks)
    }

    /// The bytes of the rows given last.
    fn block(&self) -> &[u8] {
        self.blocks.unread().sure_at(..self.index.used)
    }

    fn too_long(&self) -> InputError {
        let limit = LONGEST >> 20;
        match self.index.open_quote {
            Some(at) => InputError::new(format!("a quote opens here and is not closed within {limit} MiB"))
                .help("close the quote, or double it (\"\") if it is part of the text")
                .at(self.blocks.excerpt(at, "opens here")),
            None => InputError::new(format!("a row is longer than {limit} MiB")).at(self.blocks.excerpt(0, "starts here")),
        }
    }
}

/// The first rows of what is in memory, as text.
fn text<'a>(block: &'a [u8], marks: Marks, blocks: &Blocks) -> Result<&'a str, InputError> {
    simdutf8::compat::from_utf8(block).map_err(|e| {
        let at = e.valid_up_to();
        let (delimiter, newline) = (marks.delimiter, marks.newline);
        let from = block.get(..at).and_then(|b| memchr::memrchr2(delimiter, newline, b)).map_or(0, |n| n + 1);
        let to = block.get(at..).and_then(|b| memchr::memchr3(delimiter, newline, b'\r', b)).map_or(block.len(), |n| at + n);
        blocks.not_utf8(at, from..to)
    })
}

/// Adds the indexed rows at the start of what is in memory to a builder.
fn decode(
    blocks: &Blocks,
    index: &Index,
    marks: Marks,
    named: usize,
    mapping: &Mapping,
    builder: &mut ColumnBuilder,
) -> Result<(), InputError> {
    let block = blocks.unread().sure_at(..index.used);
    let first_row = builder.next_row();
    let text = text(block, marks, blocks)?;
    builder.columns(index.rows(), mapping, &mut CsvCells { text, index, scratch: String::new() });
    builder.empty_rows += index.empty;
    for &(row, found) in &index.ragged {
        let at = index.start(row);
        if is_as_wide(found, named, index.columns, || whole_row(block.sure_at(at..), marks)) {
            continue;
        }
        let before = block.sure_at(..at);
        let line = blocks.line + memchr::memchr_iter(marks.newline, before).count() as u64;
        let message = format!("has {found} cell{}, the header has {}", if found == 1 { "" } else { "s" }, index.columns);
        builder.ragged(BadLine { file: shown(&blocks.path), line, row: Some(first_row + row as u64), message });
    }
    builder.end_rows(index.rows());
    Ok(())
}

/// Whether a row with a different number of cells than the header has them all the same: only nameless columns are missing, or what is
/// behind the last header is empty.
fn is_as_wide(found: usize, named: usize, columns: usize, cells: impl FnOnce() -> Vec<String>) -> bool {
    if found < columns {
        return found >= named;
    }
    cells().iter().skip(columns).all(|cell| super::cell::trim(cell).is_empty())
}

/// All cells of the first row of a block, those among them that the header does not have.
fn whole_row(block: &[u8], marks: Marks) -> Vec<String> {
    let mut row = Index::default();
    row.build(block, marks, 0, 1, true);
    cells_of(&row, block, 0)
}

/// Uses up the lines before the line `line`, counted from 1.
fn go_to(blocks: &mut Blocks, line: u64) -> Result<(), InputError> {
    while blocks.line < line {
        let unread = blocks.unread();
        // A file that has no line feed has carriage returns.
        let newline = if !unread.contains(&b'\n') && unread.contains(&b'\r') { b'\r' } else { b'\n' };
        match memchr::memchr(newline, unread) {
            Some(at) => blocks.advance(at + 1, newline),
            None if blocks.eof => {
                return Err(InputError::new(format!("{} has no line {line}, so it has no header there", shown(&blocks.path)))
                    .help("--header-row is the number of the line with the names of the columns, counted from 1"));
            }
            None => blocks.advance(unread.len(), newline),
        }
        blocks.refill()?;
    }
    Ok(())
}

/// Whole rows that are not decoded.
pub(crate) struct CsvPiece {
    path: PathBuf,
    marks: Marks,
    named: usize,
    mapping: Arc<Mapping>,
    columns: usize,
    blocks: Vec<Whole>,
}

/// The rows of a block.
struct Whole {
    bytes: Vec<u8>,
    rows: usize,
    /// The line on which they begin.
    line: u64,
}

impl CsvPiece {
    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.blocks.iter().map(|whole| whole.rows).sum()
    }

    /// Adds the rows to a builder. They are indexed here, so that the index is near the processor that decodes.
    pub(crate) fn decode(&mut self, builder: &mut ColumnBuilder, index: &mut Index) -> Result<(), InputError> {
        for whole in &mut self.blocks {
            let blocks = Blocks::whole(&self.path, std::mem::take(&mut whole.bytes), whole.line);
            index.build(blocks.unread(), self.marks, self.columns, usize::MAX, true);
            decode(&blocks, index, self.marks, self.named, &self.mapping, builder)?;
            whole.bytes = blocks.into_buffer();
        }
        Ok(())
    }
}

impl Source for CsvSource {
    fn headers(&self) -> Option<&Headers> {
        Some(&self.headers)
    }

    fn map(&mut self, mapping: Mapping) {
        self.mapping = Arc::new(mapping);
    }

    fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError> {
        let mut filled = 0;
        let enough = if self.keep { 1 } else { max_rows.min(ENOUGH) };
        while filled < enough {
            self.blocks.advance_to_line(self.index.used, self.blocks.line + self.index.lines);
            self.blocks.refill()?;
            let columns = self.headers.names.len();
            if !self.next_rows(|index, block, marks, eof| index.build(block, marks, columns, max_rows - filled, eof))? {
                break;
            }
            decode(&self.blocks, &self.index, self.marks, self.named, &self.mapping, builder)?;
            filled += self.index.rows();
        }
        builder.empty_rows += self.skipped();
        Ok(filled)
    }

    fn skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    fn head(&self) -> Vec<(u64, Vec<String>)> {
        self.head.clone()
    }

    fn can_cut(&self) -> bool {
        true
    }

    fn cut(&mut self, max_rows: usize) -> Result<Option<Piece>, InputError> {
        let mut piece = CsvPiece {
            path: self.blocks.path.clone(),
            marks: self.marks,
            named: self.named,
            mapping: Arc::clone(&self.mapping),
            columns: self.headers.names.len(),
            blocks: Vec::new(),
        };
        let mut rows = 0;
        while rows < max_rows.min(ENOUGH) {
            self.blocks.advance_to_line(self.index.used, self.blocks.line + self.index.lines);
            self.blocks.refill()?;
            if !self.next_rows(|index, block, marks, eof| index.measure(block, marks, max_rows - rows, eof))? {
                break;
            }
            let (found, line) = (&self.index, self.blocks.line);
            let bytes = self.blocks.cut_off(found.used, line + found.lines);
            piece.blocks.push(Whole { bytes, rows: found.rows(), line });
            rows += found.rows();
            self.index.clear();
        }
        Ok((rows > 0).then_some(Piece::Csv(piece)))
    }

    fn reuse(&mut self, piece: Piece) {
        if let Piece::Csv(piece) = piece {
            piece.blocks.into_iter().for_each(|whole| self.blocks.reuse(whole.bytes));
        }
    }

    fn cells(&self, row: usize) -> Vec<String> {
        let longer = self.index.ragged.iter().any(|&(at, found)| at == row && found > self.index.columns);
        if !longer {
            return cells_of(&self.index, self.block(), row);
        }
        // The index cuts a row with too many cells: the row alone has them all.
        whole_row(self.block().sure_at(self.index.start(row)..), self.marks)
    }
}

/// The cells of a row as they are in the data.
fn cells_of(index: &Index, block: &[u8], row: usize) -> Vec<String> {
    let mut scratch = String::new();
    let mut cell = |column| {
        let raw = index.cell(row, column).map_or(&[][..], |range| block.sure_at(range));
        unquote(&String::from_utf8_lossy(raw), &mut scratch).to_owned()
    };
    (0..index.columns).map(&mut cell).collect()
}

/// The cells of an indexed block.
struct CsvCells<'a> {
    text: &'a str,
    index: &'a Index,
    /// A cell with doubled quotes, without them.
    scratch: String,
}

impl<'a> Rows<'a> for CsvCells<'a> {}

impl<'a> Cells<'a> for CsvCells<'a> {
    type Column = index::Column<'a>;

    #[inline]
    fn cell(&mut self, row: usize, column: usize) -> Cell<'_> {
        let raw = self.index.cell(row, column).and_then(|range| self.text.get(range));
        raw.map_or(Cell::Missing, |raw| Cell::Text(unquote(raw, &mut self.scratch)))
    }

    #[inline]
    fn column(&self, column: usize, _texts: bool) -> index::Column<'a> {
        self.index.column(self.text, column)
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

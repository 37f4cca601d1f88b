//! Where the cells of a block of CSV stand: an index of ends, found 64 bytes at a time.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

use crate::input::cell::{Raw, trim};
use crate::invariant::SureAt as _;

/// The bytes that structure a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Between cells.
    pub(crate) delimiter: u8,
    /// Between rows: a line feed, or a carriage return in files that have no line feed.
    pub(crate) newline: u8,
}

/// The cells of the complete rows of a block.
///
/// A row has one bound more than cells: where the byte before it stands (before the first row, the one that turns over to 0), then where
/// each cell ends, so that every cell starts one byte behind the bound before it. A row with too few cells is filled up with cells that
/// start behind their end, one with too many is cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// How many cells a row has.
    pub(crate) columns: usize,
    /// By row, as far as [`filled`](Self::filled); what stands behind is of earlier blocks.
    bounds: Vec<u32>,
    /// How many bounds there are.
    filled: usize,
    /// How many rows are complete.
    rows: usize,
    /// Rows with a different number of cells than `columns`, with that number.
    pub(crate) ragged: Vec<(usize, usize)>,
    /// How many rows are left out because all their cells are empty.
    pub(crate) empty: u64,
    /// How many bytes the complete rows take.
    pub(crate) used: usize,
    /// How many line ends are among them, those within quotes too.
    pub(crate) lines: u64,
    /// Where a quote stands open at the end, if one does.
    pub(crate) open_quote: Option<usize>,
}

impl Index {
    /// Forgets the rows, and keeps the room for others.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
        self.rows = 0;
        self.ragged.clear();
        (self.used, self.lines, self.empty) = (0, 0, 0);
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Where a row starts.
    pub(crate) fn start(&self, row: usize) -> usize {
        self.bounds.get(row * (self.columns + 1)).map_or(0, |before| before.wrapping_add(1) as usize)
    }

    /// The bytes of a cell, quotes and all; `None` where the row is too short to have it.
    #[inline]
    pub(crate) fn cell(&self, row: usize, column: usize) -> Option<std::ops::Range<usize>> {
        let at = row * (self.columns + 1) + column;
        let &[before, end] = self.bounds.get(at..)?.first_chunk()?;
        let (start, end) = (before.wrapping_add(1) as usize, end as usize);
        (start <= end).then_some(start..end)
    }

    /// The cells of a column, row by row, as they stand in the text; `None` for those that are quoted in an unusual way or missing.
    #[inline]
    pub(super) fn column<'a>(&'a self, text: &'a str, column: usize) -> Column<'a> {
        let width = self.columns + 1;
        let rows = self.bounds.sure_at(..self.rows * width).chunks_exact(width);
        Column { text: text.as_bytes(), rows, column }
    }

    /// Room for the bounds of 64 bytes, more than are needed as a rule.
    #[inline]
    fn room(&mut self) -> Option<&mut [u32]> {
        let to = self.filled + 64;
        if self.bounds.len() < to {
            self.bounds.resize(to * 2, 0);
        }
        self.bounds.get_mut(self.filled..to)
    }

    fn push(&mut self, bound: u32) {
        if let Some(place) = self.room().and_then(<[u32]>::first_mut) {
            *place = bound;
            self.filled += 1;
        }
    }

    /// Indexes the rows of `block`, at most `max_rows`; `last` says that no further block follows, so that a last row needs no line end. With
    /// `columns` of 0 the first row says how many cells a row has.
    pub(crate) fn build(&mut self, block: &[u8], marks: Marks, columns: usize, max_rows: usize, last: bool) {
        self.clear();
        self.columns = columns;
        self.push(u32::MAX);
        self.scan::<true>(block, marks, max_rows, last);
    }

    /// As [`build`](Self::build), but only counts rows, bytes and lines: no cell is to be found.
    pub(crate) fn measure(&mut self, block: &[u8], marks: Marks, max_rows: usize, last: bool) {
        self.clear();
        self.scan::<false>(block, marks, max_rows, last);
    }

    fn scan<const CELLS: bool>(&mut self, block: &[u8], marks: Marks, max_rows: usize, last: bool) {
        let mut scan: Scan<'_, CELLS> = Scan {
            index: self,
            block,
            marks,
            row_start: 0,
            cell_start: 0,
            row_cells: 0,
            quote: Quote::Outside,
            lines: 0,
            max_rows,
        };
        dispatch!(Level::new(), simd => scan.run(simd, last));
        self.open_quote = match scan.quote {
            Quote::Inside => Some(scan.cell_start),
            Quote::Outside | Quote::Closed(_) => None,
        };
    }
}

/// The cells of a column.
pub(crate) struct Column<'a> {
    text: &'a [u8],
    /// The bounds of each row.
    rows: std::slice::ChunksExact<'a, u32>,
    column: usize,
}

impl<'a> Iterator for Column<'a> {
    type Item = Option<Raw<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        let (before, end) = (*row.get(self.column)?, *row.get(self.column + 1)?);
        let (start, end) = (before.wrapping_add(1) as usize, end as usize);
        Some(match Raw::new(self.text, start, end) {
            Some(cell) if cell.bytes.first() == Some(&b'"') => within_quotes(self.text, start, end),
            cell => cell,
        })
    }
}

/// What stands between the quotes of a cell that has no others.
fn within_quotes(text: &[u8], start: usize, end: usize) -> Option<Raw<'_>> {
    let inner = Raw::new(text, start + 1, end.checked_sub(1)?)?;
    (text.get(end - 1) == Some(&b'"') && memchr::memchr(b'"', inner.bytes).is_none()).then_some(inner)
}

/// Whether all cells of a row are empty: nothing but white space, perhaps within quotes.
#[cold]
fn has_no_value(row: &[u8], delimiter: u8) -> bool {
    row.split(|&byte| byte == delimiter).all(|cell| is_empty_cell(std::str::from_utf8(cell).unwrap_or("?")))
}

/// Whether a cell as written has no value.
pub(super) fn is_empty_cell(written: &str) -> bool {
    let bare = trim(written);
    let inner = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.map_or(bare.is_empty(), |inner| trim(inner).is_empty())
}

/// Bit n: whether an odd number of the bits 0 to n is set.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// Where the scan stands with regard to quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// In a cell without quotes.
    Outside,
    /// Behind an opening quote.
    Inside,
    /// Behind a quote that closes the cell, unless the next byte is a quote too; with its place.
    Closed(usize),
}

/// Walks through a block; without `CELLS` nothing is noted of cells.
struct Scan<'a, const CELLS: bool> {
    index: &'a mut Index,
    block: &'a [u8],
    marks: Marks,
    row_start: usize,
    cell_start: usize,
    row_cells: usize,
    quote: Quote,
    /// Line ends so far.
    lines: u64,
    max_rows: usize,
}

/// Bits of the delimiters, line ends and quotes among 64 bytes.
struct Bits {
    delimiter: u64,
    newline: u64,
    quote: u64,
}

impl<const CELLS: bool> Scan<'_, CELLS> {
    /// Everything that this calls for each 64 bytes is inlined, so that it is compiled for the instructions of `simd`.
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, last: bool) {
        let mut chunks = self.block.chunks_exact(64);
        let mut base = 0;
        for chunk in &mut chunks {
            if self.index.rows >= self.max_rows {
                return;
            }
            let Ok(chunk) = <&[u8; 64]>::try_from(chunk) else { return };
            let bits = self.bits(simd, chunk);
            self.chunk(base, &bits);
            base += 64;
        }
        let rest = chunks.remainder();
        if !rest.is_empty() && self.index.rows < self.max_rows {
            let mut padded = [0; 64];
            for (to, from) in padded.iter_mut().zip(rest) {
                *to = *from;
            }
            let bits = self.bits(simd, &padded);
            self.chunk(base, &bits);
        }
        let full = self.index.rows >= self.max_rows;
        if last && !full && self.row_start < self.block.len() && self.quote != Quote::Inside {
            self.end_row(self.block.len(), self.block.len());
            self.index.used = self.block.len();
        }
    }

    #[inline(always)]
    fn bits<S: Simd>(&self, simd: S, chunk: &[u8; 64]) -> Bits {
        let lane = u8x64::from_slice(simd, chunk);
        let places = |byte| lane.simd_eq(u8x64::splat(simd, byte)).to_bitmask();
        Bits { delimiter: places(self.marks.delimiter), newline: places(self.marks.newline), quote: places(b'"') }
    }

    #[inline(always)]
    fn chunk(&mut self, base: usize, bits: &Bits) {
        if bits.quote == 0 {
            match self.quote {
                Quote::Inside => {
                    self.lines += u64::from(bits.newline.count_ones());
                    return;
                }
                Quote::Outside => return self.plain(base, bits),
                Quote::Closed(_) => {
                    self.plain(base, bits);
                    if bits.delimiter | bits.newline != 0 {
                        self.quote = Quote::Outside;
                    }
                    return;
                }
            }
        }
        if self.quoted(base, bits) {
            return;
        }
        let mut all = bits.delimiter | bits.newline | bits.quote;
        while all != 0 {
            let shift = all.trailing_zeros();
            all &= all - 1;
            let at = base + shift as usize;
            if bits.quote >> shift & 1 == 1 {
                self.quote_at(at);
                continue;
            }
            if self.quote == Quote::Inside {
                self.lines += bits.newline >> shift & 1;
                continue;
            }
            if bits.newline >> shift & 1 == 1 {
                if self.line_end(at) {
                    return;
                }
            } else {
                self.end_cell(at);
            }
        }
    }

    /// Quotes as they are as a rule: those that open one stand at the start of a cell or double the one before, and no line ends between them.
    /// False, and nothing done, for all others.
    #[inline(always)]
    fn quoted(&mut self, base: usize, bits: &Bits) -> bool {
        let (open, may_open) = match self.quote {
            Quote::Outside => (0, self.cell_start == base),
            Quote::Inside => (u64::MAX, false),
            Quote::Closed(before) => (0, before + 1 == base),
        };
        // From each quote that opens up to the one that closes.
        let inside = parity(bits.quote) ^ open;
        let (opening, closing) = (bits.quote & inside, bits.quote & !inside);
        let outer = Bits { delimiter: bits.delimiter & !inside, newline: bits.newline, quote: 0 };
        let ends = outer.delimiter | outer.newline;
        if opening & !((ends | closing) << 1 | u64::from(may_open)) != 0 || bits.newline & inside != 0 {
            return false;
        }
        self.plain(base, &outer);
        self.quote = if self.index.rows >= self.max_rows {
            Quote::Outside
        } else if inside >> 63 == 1 {
            Quote::Inside
        } else if closing > ends {
            Quote::Closed(base + 63 - closing.leading_zeros() as usize)
        } else {
            Quote::Outside
        };
        true
    }

    /// No quote in sight: every delimiter ends a cell, every line end a row.
    #[inline(always)]
    fn plain(&mut self, base: usize, bits: &Bits) {
        let mut newlines = bits.newline;
        // Up to each line end, and behind the last, stand delimiters alone.
        let mut rest = bits.delimiter;
        while newlines != 0 {
            let shift = newlines.trailing_zeros();
            newlines &= newlines - 1;
            let before = rest & ((1 << shift) - 1);
            rest ^= before;
            self.end_cells(base, before);
            if self.line_end(base + shift as usize) {
                return;
            }
        }
        self.end_cells(base, rest);
    }

    /// Ends a cell at each bit.
    #[inline(always)]
    fn end_cells(&mut self, base: usize, mut delimiters: u64) {
        if delimiters == 0 {
            return;
        }
        let count = delimiters.count_ones() as usize;
        let last = base + 63 - delimiters.leading_zeros() as usize;
        self.cell_start = last + 1;
        if !CELLS {
            return;
        }
        let Some(room) = self.index.room() else { return };
        // Eight at a time whether there are as many or not: what is too much is overwritten.
        let (eights, _) = room.as_chunks_mut::<8>();
        for ends in eights {
            for end in ends {
                *end = base as u32 + delimiters.trailing_zeros();
                delimiters &= delimiters.wrapping_sub(1);
            }
            if delimiters == 0 {
                break;
            }
        }
        self.index.filled += count;
        self.row_cells += count;
    }

    fn quote_at(&mut self, at: usize) {
        self.quote = match self.quote {
            Quote::Outside if at == self.cell_start => Quote::Inside,
            Quote::Outside => Quote::Outside,
            Quote::Inside => Quote::Closed(at),
            Quote::Closed(before) if before + 1 == at => Quote::Inside,
            // A quote behind the closing one is a character like any other, so that it swallows nothing.
            Quote::Closed(before) => Quote::Closed(before),
        };
    }

    #[inline]
    fn end_cell(&mut self, at: usize) {
        if CELLS {
            self.index.push(at as u32);
            self.row_cells += 1;
        }
        self.cell_start = at + 1;
        self.quote = Quote::Outside;
    }

    /// Ends the row at a line end; true when there are rows enough.
    #[inline]
    fn line_end(&mut self, at: usize) -> bool {
        let end = if self.marks.newline == b'\n' && at > self.row_start && self.block.get(at - 1) == Some(&b'\r') {
            at - 1
        } else {
            at
        };
        self.end_row(end, at);
        self.row_start = at + 1;
        self.cell_start = at + 1;
        self.index.used = at + 1;
        self.lines += 1;
        self.index.lines = self.lines;
        self.index.rows >= self.max_rows
    }

    /// Whether the row has no value: what it starts with decides that nearly always.
    #[inline]
    fn is_blank(&self, end: usize) -> bool {
        let row = self.block.get(self.row_start..end).unwrap_or(&[]);
        let delimiter = self.marks.delimiter;
        let may_be = match row {
            [] => false,
            [b'"', second, ..] => *second == b'"' || !second.is_ascii_graphic(),
            [first, ..] => *first == delimiter || !first.is_ascii_graphic(),
        };
        may_be && has_no_value(row, delimiter)
    }

    /// Ends the row, unless there is nothing on its line or in its cells; the next begins behind `at`.
    fn end_row(&mut self, end: usize, at: usize) {
        let blank = self.is_blank(end);
        self.index.empty += u64::from(blank);
        if !CELLS {
            self.quote = Quote::Outside;
            self.index.rows += usize::from(end > self.row_start && !blank);
            return;
        }
        if blank || self.row_cells == 0 && end == self.row_start {
            self.index.filled -= 1 + self.row_cells;
            self.row_cells = 0;
            self.quote = Quote::Outside;
        } else {
            self.end_cell(end);
            let index = &mut *self.index;
            if index.columns == 0 {
                index.columns = self.row_cells;
            }
            if self.row_cells != index.columns {
                index.ragged.push((index.rows, self.row_cells));
                let whole = (index.rows + 1) * (index.columns + 1);
                let last = index.filled.checked_sub(1).map_or(0, |at| *index.bounds.sure_at(at));
                // What is filled up ends one byte before it starts.
                while index.filled < whole {
                    index.push(last);
                }
                index.filled = whole;
            }
            index.rows += 1;
            self.row_cells = 0;
        }
        self.index.push(at as u32);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKS: Marks = Marks { delimiter: b',', newline: b'\n' };

    /// The cells of all whole rows, byte by byte, and whether a quote stands open at the end.
    fn slowly(block: &[u8]) -> (Vec<Vec<(usize, usize)>>, bool) {
        let (mut rows, mut row, mut start, mut row_start) = (Vec::new(), Vec::new(), 0, 0);
        let mut quote = Quote::Outside;
        for (at, &byte) in block.iter().enumerate() {
            match (byte, quote) {
                (b'"', Quote::Outside) if at == start => quote = Quote::Inside,
                (b'"', Quote::Inside) => quote = Quote::Closed(at),
                (b'"', Quote::Closed(before)) if before + 1 == at => quote = Quote::Inside,
                (b',', Quote::Outside | Quote::Closed(_)) => {
                    row.push((start, at));
                    (start, quote) = (at + 1, Quote::Outside);
                }
                (b'\n', Quote::Outside | Quote::Closed(_)) => {
                    let end = if at > row_start && block[at - 1] == b'\r' { at - 1 } else { at };
                    if !row.is_empty() || end > row_start {
                        row.push((start, end));
                        rows.push(std::mem::take(&mut row));
                    }
                    (start, row_start, quote) = (at + 1, at + 1, Quote::Outside);
                }
                _ => {}
            }
        }
        (rows, quote == Quote::Inside)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn cells_stand_where_a_walk_byte_by_byte_finds_them(
            cells in prop::collection::vec("(\"([a,\n]|\"\"){0,40}\"|\"[a, ]{0,70}\"|[a\"]{0,3}|a{60,66})[a\"]?", 0..24),
            columns in 1_usize..5,
            end in "(\n|\r\n)",
        ) {
            let rows: Vec<String> = cells.chunks(columns).map(|row| row.join(",") + &end).collect();
            let block = rows.concat();
            let (mut expected, open) = slowly(block.as_bytes());
            let all = expected.len();
            expected.retain(|row| row.iter().any(|&(start, end)| {
                let cell = block[start..end].trim();
                let inner = if cell.len() > 1 && cell.starts_with('"') && cell.ends_with('"') { &cell[1..cell.len() - 1] } else { cell };
                !inner.trim().is_empty()
            }));
            let empty = (all - expected.len()) as u64;
            let mut index = Index::default();
            // As many columns as the longest row has: none is cut.
            let columns = expected.iter().map(Vec::len).max().unwrap_or(1);
            index.build(block.as_bytes(), MARKS, columns, usize::MAX, false);
            prop_assert_eq!(index.rows(), expected.len());
            prop_assert_eq!(index.empty, empty);
            prop_assert_eq!(index.open_quote.is_some(), open);
            for (at, row) in expected.iter().enumerate() {
                for (column, &(start, end)) in row.iter().enumerate() {
                    prop_assert_eq!(index.cell(at, column), Some(start..end));
                }
            }
            let used = block.get(..index.used).unwrap_or_default();
            prop_assert_eq!(index.lines, used.matches('\n').count() as u64);
            for max_rows in [1, 2, usize::MAX] {
                index.build(block.as_bytes(), MARKS, columns, max_rows, true);
                let mut measured = Index::default();
                measured.measure(block.as_bytes(), MARKS, max_rows, true);
                let told = |index: &Index| (index.rows(), index.used, index.lines, index.open_quote, index.empty);
                prop_assert_eq!(told(&index), told(&measured));
            }
        }
    }
}

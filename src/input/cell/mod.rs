//! How one cell becomes a value: the reading rules of the language, without any knowledge of columns or files.

pub(crate) mod moment;
pub(crate) mod number;
mod shown;
pub(crate) mod word;

/// What a source has in a cell, before the property's type is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing: a JSON null, a Parquet null, a field that is not there.
    Missing,
    /// Text, as CSV has everywhere.
    Text(&'a str),
    /// A whole number that the source types as a number.
    Integer(i64),
    /// A float that the source types as a number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A calendar day.
    Date(i32),
    /// A point in time, in microseconds since 1970-01-01T00:00Z, and by how many seconds the clock that wrote it is ahead of UTC.
    Instant(i64, i32),
    /// A date and time without zone: microseconds since 1970-01-01T00:00 of the wall clock.
    Local(i64),
    /// Something that is a value of no type, as messages show it: an error of a workbook, a token that is not JSON, bytes that are not UTF-8.
    Broken(&'a str),
}

/// The bytes of a cell where they stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'t> {
    pub(crate) bytes: &'t [u8],
    /// The text up to the end of the cell.
    upto: &'t [u8],
}

impl<'t> Raw<'t> {
    pub(crate) const EMPTY: Self = Self { bytes: &[], upto: &[] };

    /// The bytes `start..end` of a text.
    #[inline(always)]
    pub(crate) fn new(text: &'t [u8], start: usize, end: usize) -> Option<Self> {
        let upto = text.get(..end)?;
        Some(Self { bytes: upto.get(start..)?, upto })
    }

    /// So many bytes up to the end of the cell, those before a shorter cell among them.
    #[inline(always)]
    pub(crate) fn tail<const N: usize>(&self) -> Option<&'t [u8; N]> {
        self.upto.last_chunk()
    }
}

/// The cells of some rows, to be asked for by row and column.
pub(crate) trait Cells<'t> {
    /// What [`column`](Self::column) gives, perhaps without end.
    type Column: Iterator<Item = Option<Raw<'t>>>;

    /// The cell of a row and column.
    fn cell(&mut self, row: usize, column: usize) -> Cell<'_>;

    /// The cells of a column, row by row, whose text stands in the source as it is, white space and all; `None` leaves open what a cell
    /// holds. With `texts` so does a cell that is no text there.
    fn column(&self, column: usize, texts: bool) -> Self::Column;
}

/// Takes outer white space off, no-break spaces too.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => text,
        _ => text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'),
    }
}

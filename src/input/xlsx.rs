//! Excel workbooks: the first sheet that can be seen or a named one, read whole.

use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use calamine::{CellErrorType, Data, DataRef, Range, Reader as _, SheetType, SheetVisible, Sheets};

use super::bytes::too_much;
use super::cell::{Cell, Cells, Raw};
use super::error::{InputError, shown};
use super::guard::guarded;
use super::header::Headers;
use crate::invariant::SureAt as _;

use super::table::{ColumnBuilder, Mapping, Rows, Source};

/// A sheet being read.
pub(crate) struct XlsxSource {
    headers: Headers,
    range: Range<Data>,
    /// The sheet, and the others of the workbook.
    sheets: String,
    /// The rows of the range that have a value, without the header; and how many others there are behind it.
    rows: Vec<usize>,
    empty: u64,
    /// Rows that have been given, and how many of them last.
    given: usize,
    last: usize,
    mapping: Mapping,
}

impl XlsxSource {
    /// The sheet of this name, or the first one, of a workbook that takes at most `max_decoded` bytes when it is unpacked.
    pub(crate) fn open(
        path: &Path,
        bytes: Vec<u8>,
        sheet: Option<&str>,
        header_row: Option<u32>,
        max_decoded: Option<u64>,
    ) -> Result<Self, InputError> {
        if let Some(most) = max_decoded {
            hold(path, &bytes, most)?;
        }
        if let Some(error) = super::foreign::not_a_workbook(&bytes, path) {
            return Err(error);
        }
        guarded(|| unreadable(path), || Self::read(path, bytes, sheet, header_row))
    }

    fn read(path: &Path, bytes: Vec<u8>, sheet: Option<&str>, header_row: Option<u32>) -> Result<Self, InputError> {
        let damaged = |e: calamine::Error| unreadable(path).cause(e);
        // A workbook of the older format may hold an archive, such as its theme.
        if bytes.starts_with(b"PK") && zip::ZipArchive::new(Cursor::new(&bytes)).is_ok_and(|archive| archive.offset() > 0) {
            return Err(InputError::new(format!("{} has something before its workbook", shown(path)))
                .help("it may be two files, one after the other: pass each of them"));
        }
        let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(damaged)?;
        let names = book.sheet_names();
        // What nobody sees in Excel is not what was meant, nor is a chart.
        let is_seen = |sheet: &&calamine::Sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet;
        let first = book.sheets_metadata().iter().find(is_seen).map(|sheet| sheet.name.clone());
        let name = match sheet {
            None => first.as_ref().or(names.first()),
            Some(wanted) => names.iter().find(|n| *n == wanted).or_else(|| names.iter().find(|n| n.eq_ignore_ascii_case(wanted))),
        };
        let Some(name) = name.cloned() else {
            let wanted = sheet.map_or_else(String::new, |sheet| format!(" `{sheet}`"));
            let message = format!("{} has no sheet{wanted}", shown(path));
            return Err(InputError::new(message).help(format!("its sheets are {}", names.join(", "))));
        };
        let range = match used(&mut book, &name).map_err(damaged)? {
            Some(cells) => {
                spread(&cells, &name, path)?;
                Range::from_sparse(cells)
            }
            None => book.worksheet_range(&name).map_err(damaged)?,
        };
        let range = match header_row.and_then(|row| row.checked_sub(1)) {
            Some(row) => below(&range, row, &name, path)?,
            None => range,
        };
        let others: Vec<String> = names.iter().filter(|other| **other != name).map(|other| format!("`{other}`")).collect();
        let Some(first) = range.rows().next() else {
            let error = InputError::new(format!("the sheet `{name}` of {} is empty", shown(path)));
            return Err(if others.is_empty() { error } else { error.help(other_sheets(&others)) });
        };
        let headers = Headers::new(first.iter().map(|cell| super::cell::trim(&text_of(cell)).to_owned()).collect());
        let is_empty = |row: &[Data]| row.iter().all(|cell| super::cell::trim(&text_of(cell)).is_empty());
        let rows: Vec<usize> = range.rows().enumerate().skip(1).filter(|(_, row)| !is_empty(row)).map(|(at, _)| at).collect();
        let empty = (range.height() - 1 - rows.len()) as u64;
        let sheets = if others.is_empty() {
            format!("the sheet `{name}` was read")
        } else {
            format!("the sheet `{name}` was read; {}", other_sheets(&others))
        };
        Ok(Self { headers, range, sheets, rows, empty, given: 0, last: 0, mapping: Mapping::default() })
    }
}

/// The part of a sheet from a row on, counted from 0.
fn below(range: &Range<Data>, row: u32, name: &str, path: &Path) -> Result<Range<Data>, InputError> {
    match (range.start(), range.end()) {
        (Some(start), Some(end)) if row <= end.0 => Ok(range.range((row.max(start.0), start.1), end)),
        _ => Err(InputError::new(format!(
            "the sheet `{name}` of {} has no row {}, so it has no header there",
            shown(path),
            row + 1
        ))
        .help("--header-row is the number of the row with the names of the columns, counted from 1")),
    }
}

/// Names sheets that were not read, and how to read one.
fn other_sheets(names: &[String]) -> String {
    let (verb, noun) = if names.len() == 1 { ("is", "sheet") } else { ("are", "sheets") };
    format!("the other {noun} {verb} {}: say which with --sheet", names.join(", "))
}

fn unreadable(path: &Path) -> InputError {
    InputError::new(format!("{} is not a readable workbook", shown(path)))
}

/// Makes sure that a workbook takes at most `most` bytes when it is unpacked. What its parts say of their length is not to be trusted, so
/// they are unpacked to see; the oldest format is not packed.
fn hold(path: &Path, bytes: &[u8], most: u64) -> Result<(), InputError> {
    let Ok(mut parts) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Ok(()) };
    let mut left = most;
    for at in 0..parts.len() {
        let part = parts.by_index(at).map_err(|e| unreadable(path).cause(e))?;
        let taken = io::copy(&mut part.take(left.saturating_add(1)), &mut io::sink()).map_err(|e| unreadable(path).cause(e))?;
        left = left.checked_sub(taken).ok_or_else(|| too_much(&shown(path)))?;
    }
    Ok(())
}

/// The cells of a sheet that are not empty; `None` for the older formats, whose sheets are small.
fn used<R: Read + Seek>(book: &mut Sheets<R>, name: &str) -> Result<Option<Vec<calamine::Cell<Data>>>, calamine::Error> {
    let mut cells = Vec::new();
    let mut keep = |cell: &calamine::Cell<DataRef<'_>>| {
        if !matches!(cell.get_value(), DataRef::Empty) {
            cells.push(calamine::Cell::new(cell.get_position(), cell.get_value().clone().into()));
        }
    };
    match book {
        Sheets::Xlsx(book) => {
            let mut reader = book.worksheet_cells_reader(name)?;
            while let Some(cell) = reader.next_cell_with_formula_metadata()? {
                // A program that writes formulas without working them out leaves no value.
                let missing = cell.formula.is_some() && matches!(cell.value, DataRef::Empty);
                let value = if missing { DataRef::Error(CellErrorType::GettingData) } else { cell.value };
                keep(&calamine::Cell::new(cell.pos, value));
            }
        }
        Sheets::Xlsb(book) => {
            let mut reader = book.worksheet_cells_reader(name)?;
            while let Some(cell) = reader.next_cell()? {
                keep(&cell);
            }
        }
        Sheets::Xls(_) | Sheets::Ods(_) => return Ok(None),
    }
    Ok(Some(cells))
}

/// So many places a sheet may span however few of them are filled.
const SPAN: u64 = 20_000_000;

/// A sheet is held as a rectangle, and a small workbook can claim one of billions of places.
fn spread(cells: &[calamine::Cell<Data>], name: &str, path: &Path) -> Result<(), InputError> {
    let span = |at: &dyn Fn((u32, u32)) -> u32| {
        let (low, high) = cells.iter().map(|cell| at(cell.get_position())).fold((u32::MAX, 0), |(l, h), n| (l.min(n), h.max(n)));
        u64::from(high.saturating_sub(low)) + 1
    };
    let (rows, columns) = (span(&|(row, _)| row), span(&|(_, column)| column));
    if rows * columns <= SPAN.max(4 * cells.len() as u64) {
        return Ok(());
    }
    let message = format!(
        "the sheet `{name}` of {} spans {rows} rows and {columns} columns, but {} cells are filled",
        shown(path),
        cells.len()
    );
    Err(InputError::new(message).help("delete the cells far away from the table, or save the sheet as CSV"))
}

impl Source for XlsxSource {
    fn headers(&self) -> Option<&Headers> {
        Some(&self.headers)
    }

    fn map(&mut self, mapping: Mapping) {
        self.mapping = mapping;
    }

    fn head(&self) -> Vec<(u64, Vec<String>)> {
        let first = self.range.start().map_or(0, |(row, _)| u64::from(row));
        (first + 1..).zip(self.range.rows().take(20).map(|row| row.iter().map(text_of).collect())).collect()
    }

    fn found(&self) -> Option<String> {
        Some(self.sheets.clone())
    }

    fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError> {
        builder.empty_rows += std::mem::take(&mut self.empty);
        let rows = self.rows.len().saturating_sub(self.given).min(max_rows);
        if rows == 0 {
            return Ok(0);
        }
        let mut cells = SheetCells { range: &self.range, rows: self.rows.sure_at(self.given..) };
        builder.columns(rows, &self.mapping, &mut cells);
        builder.end_rows(rows);
        self.given += rows;
        self.last = rows;
        Ok(rows)
    }

    fn cells(&self, row: usize) -> Vec<String> {
        let Some(&at) = self.rows.get(self.given - self.last + row) else { return Vec::new() };
        (0..self.range.width()).map(|column| self.range.get((at, column)).map_or_else(String::new, text_of)).collect()
    }
}

/// One day after 9999-12-31, the last one that Excel has.
const SERIALS: f64 = 2_958_466.0;

/// The cells of some rows of a sheet.
struct SheetCells<'a> {
    range: &'a Range<Data>,
    rows: &'a [usize],
}

impl<'t> Rows<'t> for SheetCells<'t> {}

impl<'t> Cells<'t> for SheetCells<'t> {
    type Column = std::iter::Repeat<Option<Raw<'t>>>;

    fn column(&self, _column: usize, _texts: bool) -> Self::Column {
        std::iter::repeat(None)
    }

    fn cell(&mut self, row: usize, column: usize) -> Cell<'_> {
        match self.rows.get(row).and_then(|&row| self.range.get((row, column))) {
            None | Some(Data::Empty) => Cell::Missing,
            Some(Data::Int(n)) => Cell::Integer(*n),
            // Excel keeps every number as a float.
            Some(Data::Float(x)) if x.fract() == 0.0 && x.abs() < 9e15 => Cell::Integer(*x as i64),
            Some(Data::Float(x)) => Cell::Number(*x),
            Some(Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text)) => Cell::Text(text),
            Some(Data::Bool(b)) => Cell::Boolean(*b),
            Some(Data::DateTime(serial)) if serial.is_duration() => Cell::Number(serial.as_f64()),
            // Day 0 is no day: a time alone.
            Some(Data::DateTime(serial)) if (0.0..1.0).contains(&serial.as_f64()) && serial.as_f64() > 0.0 => {
                Cell::Broken("a time without a day")
            }
            Some(Data::DateTime(serial)) if !(0.0..SERIALS).contains(&serial.as_f64()) => {
                Cell::Broken("a day beyond the calendar")
            }
            Some(Data::DateTime(serial)) => {
                let (year, month, day, hour, minute, second, millis) = serial.to_ymd_hms_milli();
                local(year, month, day).map_or(Cell::Broken("a day beyond the calendar"), |date| {
                    let time = ((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1000 + i64::from(millis);
                    if time == 0 { Cell::Date(date) } else { Cell::Local(i64::from(date) * 86_400_000_000 + time * 1000) }
                })
            }
            Some(Data::Error(e)) => Cell::Broken(error_text(e)),
        }
    }
}

fn local(year: u16, month: u8, day: u8) -> Option<i32> {
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(crate::time::day_number(date))
}

fn error_text(error: &calamine::CellErrorType) -> &'static str {
    match error {
        calamine::CellErrorType::Div0 => "#DIV/0!",
        calamine::CellErrorType::NA => "#N/A",
        calamine::CellErrorType::Name => "#NAME?",
        calamine::CellErrorType::Null => "#NULL!",
        calamine::CellErrorType::Num => "#NUM!",
        calamine::CellErrorType::Ref => "#REF!",
        calamine::CellErrorType::Value => "#VALUE!",
        calamine::CellErrorType::GettingData => "a formula without a value",
    }
}

fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Error(e) => error_text(e).to_owned(),
        Data::Int(_)
        | Data::Float(_)
        | Data::String(_)
        | Data::Bool(_)
        | Data::DateTime(_)
        | Data::DateTimeIso(_)
        | Data::DurationIso(_) => cell.to_string(),
    }
}

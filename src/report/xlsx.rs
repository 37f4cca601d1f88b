//! XLSX: one sheet, its header in bold and in view, with filters; numbers, dates and texts are what they are, and no text is a formula.
//!
//! A workbook has limits that a file of text has not: 1,048,576 rows, 32,767 characters a cell, 15 digits a number, and days from March
//! 1900 to 9999. What exceeds the first two is refused; longer whole numbers and other days are written as text.

use std::io::Write;
use std::sync::Arc;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use unicode_width::UnicodeWidthStr as _;

use super::WriteError;
use super::cells::{self, Datum, datum};
use super::layout::{Cell, Layout};
use crate::column::{Batch, ExtraKind};
use crate::vm::scores::{Reason, Scores};

/// Rows of a sheet, its header among them.
const ROWS: u32 = 1_048_576;
/// Characters of a cell.
const CHARACTERS: usize = 32_767;
/// The first whole number that a workbook does not hold to the last digit.
const DIGITS: u64 = 1_000_000_000_000_000;
/// The day of 1970-01-01 in a workbook.
const EPOCH: i32 = 25_569;
/// The days that a workbook counts as the calendar does: 1900-03-01 to 9999-12-31.
const DAYS: std::ops::RangeInclusive<i32> = 61..=2_958_465;
/// Micros of a day.
const DAY: i64 = 86_400_000_000;
/// The widest that a column is made, in characters.
const WIDEST: usize = 60;

/// A cell of the sheet.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// Text.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// A whole number, a key.
    Whole(f64),
    /// Yes or no.
    Boolean(bool),
    /// A day of the workbook's calendar.
    Day(i32),
    /// A moment, in days of the workbook's calendar, in UTC.
    Moment(f64),
}

impl Value {
    fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.into()) }
    }

    #[expect(clippy::cast_precision_loss, reason = "points stay below 2^53 hundredths")]
    fn points(hundredths: i64) -> Self {
        Self::Number(hundredths as f64 / 100.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 15 digits")]
    fn whole(n: i64) -> Self {
        if n.unsigned_abs() < DIGITS { Self::Whole(n as f64) } else { Self::Text(n.to_string().into()) }
    }

    fn day(day: i32) -> Self {
        match day.checked_add(EPOCH).filter(|day| DAYS.contains(day)) {
            Some(day) => Self::Day(day),
            None => written(|out| cells::date(out, day)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a part of a day in micros")]
    fn moment(micros: i64) -> Self {
        let day = i32::try_from(micros.div_euclid(DAY)).ok().and_then(|day| day.checked_add(EPOCH));
        match day.filter(|day| DAYS.contains(day)) {
            Some(day) => Self::Moment(f64::from(day) + micros.rem_euclid(DAY) as f64 / DAY as f64),
            None => written(|out| cells::datetime(out, micros)),
        }
    }

    /// How wide it is, in characters.
    fn width(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Text(text) => text.width(),
            Self::Number(n) | Self::Whole(n) => n.to_string().len(),
            Self::Boolean(_) => 5,
            Self::Day(_) => 10,
            Self::Moment(_) => 19,
        }
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    Value::text(&String::from_utf8_lossy(&out))
}

/// The cells of a record.
pub type Row = Box<[Value]>;

/// Turns rows into cells of a sheet.
#[derive(Debug)]
pub struct Sheet {
    layout: Layout,
    options: Vec<Arc<str>>,
}

impl Sheet {
    /// For this layout; `options` are the names of the key's options, if it has any.
    #[must_use]
    pub fn new(layout: &Layout, options: &[Arc<str>]) -> Self {
        Self { layout: layout.clone(), options: options.to_vec() }
    }

    /// The header.
    pub(super) fn header(&self) -> impl Iterator<Item = &str> {
        self.layout.columns.iter().map(|column| &*column.name)
    }

    /// The cells of a row.
    #[must_use]
    pub fn row(&self, batch: &Batch, scores: &Scores, row: usize) -> Row {
        self.layout.columns.iter().map(|column| self.cell(column.cell, batch, scores, row)).collect()
    }

    fn cell(&self, cell: Cell, batch: &Batch, scores: &Scores, row: usize) -> Value {
        let found = match cell {
            Cell::Row => i64::try_from(batch.first_row + row as u64).ok().map(Value::whole),
            Cell::Key(id) => {
                let column = batch.columns.get(id.0 as usize).and_then(Option::as_ref);
                column.and_then(|c| datum(c, row)).map(|value| self.datum(value))
            }
            Cell::Score(at) => scores.scores.get(at).and_then(|s| s.get(row)).map(Value::points),
            Cell::Excluded => {
                let code = scores.excluded.get(row).and_then(|&code| self.layout.texts.exclusions.get(code as usize));
                code.map(|reason| Value::text(reason.as_deref().unwrap_or("true")))
            }
            Cell::Carried(at) => batch.carried.get(at).and_then(|c| c.get(row)).map(Value::text),
            Cell::Extra(at, kind) => batch.extras.get(at).and_then(|c| datum(c, row)).map(|value| match (kind, value) {
                (ExtraKind::Points, Datum::Integer(points)) => Value::points(points),
                (_, value) => self.datum(value),
            }),
            Cell::Reasons => Some(Value::text(&self.reasons(scores, row))),
            Cell::Label(_) | Cell::Stage(_) | Cell::Before(_) | Cell::Move(_) | Cell::StageReason(_) => {
                self.layout.texts.get(cell, scores, row).map(|text| Value::text(text))
            }
        };
        found.unwrap_or(Value::Empty)
    }

    fn datum(&self, value: Datum<'_>) -> Value {
        match value {
            Datum::Text(text) => Value::text(text),
            Datum::Integer(n) => Value::whole(n),
            Datum::Number(n) => Value::Number(n),
            Datum::Boolean(truth) => Value::Boolean(truth),
            Datum::Date(day) => Value::day(day),
            Datum::DateTime(micros) => Value::moment(micros),
            Datum::Option(code) => self.options.get(code as usize).map_or(Value::Empty, |name| Value::text(name)),
        }
    }

    /// `engagement +50 asked for sales; fit -5 small company`
    fn reasons(&self, scores: &Scores, row: usize) -> String {
        let mut entries: Vec<&Reason> = Vec::new();
        self.layout.accounts.entries(scores, row, &mut entries);
        let words = entries.iter().filter_map(|entry| {
            let party = self.layout.accounts.party(entry)?;
            let line = if self.layout.lines { format!(" (line {})", party.line) } else { String::new() };
            let words = party.because.as_ref().unwrap_or(&party.rule);
            Some(format!("{} {} {words}{line}", self.layout.accounts.score(entry), crate::value::Points(entry.points).signed()))
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

/// A workbook being written.
pub struct Book<W> {
    workbook: Workbook,
    sink: W,
    rows: u32,
    widths: Vec<usize>,
    day: Format,
    moment: Format,
    whole: Format,
}

impl From<XlsxError> for WriteError {
    fn from(error: XlsxError) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the crate's list is long")]
        match error {
            XlsxError::IoError(io) => Self::Io(io),
            other => Self::Columns(other.to_string()),
        }
    }
}

impl<W: Write + Send> Book<W> {
    /// Starts a workbook with the header of its sheet.
    ///
    /// # Errors
    /// When a header does not fit a cell.
    pub fn start(sheet: &Sheet, sink: W) -> Result<Self, WriteError> {
        let mut workbook = Workbook::new();
        // The same scores give the same bytes, so the file does not say when it was made.
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
        let page = workbook.add_worksheet_with_constant_memory()?;
        page.set_name("Scores")?;
        page.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        let mut widths = Vec::new();
        for (column, name) in (0_u16..).zip(sheet.header()) {
            fits(name, 1)?;
            page.write_string_with_format(0, column, name, &bold)?;
            // The arrow of the filter stands beside the name.
            widths.push(name.width() + 3);
        }
        Ok(Self {
            workbook,
            sink,
            rows: 1,
            widths,
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            whole: Format::new().set_num_format("0"),
        })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the sheet is full, or a text does not fit a cell.
    pub fn write(&mut self, row: &Row) -> Result<(), WriteError> {
        if self.rows == ROWS {
            return Err(WriteError::Columns(
                "a sheet holds at most 1,048,575 records; write .csv or .parquet, or fewer records with --where or --top"
                    .to_owned(),
            ));
        }
        let at = self.rows;
        let page = self.workbook.worksheet_from_index(0)?;
        for ((column, value), width) in (0_u16..).zip(row).zip(&mut self.widths) {
            *width = (*width).max(value.width().min(WIDEST));
            match value {
                Value::Empty => continue,
                Value::Text(text) => {
                    fits(text, at + 1)?;
                    page.write_string(at, column, &**text)?
                }
                Value::Number(n) => page.write_number(at, column, *n)?,
                Value::Whole(n) => page.write_number_with_format(at, column, *n, &self.whole)?,
                Value::Boolean(truth) => page.write_boolean(at, column, *truth)?,
                Value::Day(day) => page.write_number_with_format(at, column, *day, &self.day)?,
                Value::Moment(moment) => page.write_number_with_format(at, column, *moment, &self.moment)?,
            };
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends the workbook and gives the sink back.
    ///
    /// # Errors
    /// The sink's.
    pub fn finish(mut self) -> Result<W, WriteError> {
        let page = self.workbook.worksheet_from_index(0)?;
        for (column, width) in (0_u16..).zip(&self.widths) {
            page.set_column_width(column, u8::try_from(*width + 1).map_or(255.0, f64::from))?;
        }
        if let Some(last) = u16::try_from(self.widths.len()).ok().and_then(|n| n.checked_sub(1)) {
            page.autofilter(0, 0, self.rows - 1, last)?;
        }
        self.sink.write_all(&self.workbook.save_to_buffer()?)?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}

/// Refuses a text that no cell holds.
fn fits(text: &str, row: u32) -> Result<(), WriteError> {
    let long = text.len() > CHARACTERS && text.encode_utf16().count() > CHARACTERS;
    if !long {
        return Ok(());
    }
    Err(WriteError::Columns(format!(
        "a text in row {row} has more than 32,767 characters, which no cell of a workbook holds; write .csv"
    )))
}

//! Rows in the formats of files: [`Encoder`] turns them into what a format holds, on any thread; [`Writer`] puts that into a sink, in
//! order.

use std::io::Write;
use std::sync::Arc;

use ::parquet::errors::ParquetError;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use super::csv::Dialect;
use super::layout::Layout;
use super::{Format, arrow, csv, jsonl, parquet, xlsx};
use crate::column::Batch;
use crate::hir::Model;
use crate::input::Frame;
use crate::vm::scores::Scores;

/// Turns rows into what a format holds.
#[derive(Debug)]
pub enum Encoder {
    /// Lines of CSV.
    Csv(csv::Csv),
    /// Lines of JSON.
    JsonLines(jsonl::JsonLines),
    /// Record batches, for Parquet.
    Parquet(arrow::Columns),
    /// Record batches, for Arrow IPC.
    Arrow(arrow::Columns),
    /// Cells of a workbook.
    Xlsx(xlsx::Sheet),
}

/// Encoded rows.
#[derive(Debug)]
pub enum Encoded {
    /// Text.
    Text(Vec<u8>),
    /// Columns.
    Columns(RecordBatch),
    /// Cells.
    Cells(Vec<xlsx::Row>),
}

/// Why an output could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// The sink failed.
    Io(std::io::Error),
    /// Arrow or Parquet refused, in its own words.
    Columns(String),
}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ArrowError> for WriteError {
    fn from(error: ArrowError) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "arrow's list is long and open")]
        match error {
            ArrowError::IoError(_, io) => Self::Io(io),
            other => Self::Columns(other.to_string()),
        }
    }
}

impl From<ParquetError> for WriteError {
    fn from(error: ParquetError) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "parquet's list is open")]
        match error {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(io) => Self::Io(*io),
                Err(inner) => Self::Columns(inner.to_string()),
            },
            other => Self::Columns(other.to_string()),
        }
    }
}

impl Encoder {
    /// For a format and layout; the dialect is that of CSV.
    #[must_use]
    pub fn new(format: Format, layout: &Layout, model: &Model, dialect: Dialect) -> Self {
        let key = model.schema.key.and_then(|id| model.schema.property(id));
        let options: Vec<Arc<str>> = key
            .and_then(|p| p.ty.options())
            .map_or_else(Vec::new, |options| options.items.iter().map(|o| Arc::clone(&o.name)).collect());
        match format {
            Format::Csv => Self::Csv(csv::Csv::new(layout, &options, dialect)),
            Format::JsonLines => Self::JsonLines(jsonl::JsonLines::new(layout, &options)),
            Format::Parquet => Self::Parquet(arrow::Columns::new(layout, model, &options)),
            Format::Arrow => Self::Arrow(arrow::Columns::new(layout, model, &options)),
            Format::Xlsx => Self::Xlsx(xlsx::Sheet::new(layout, &options)),
        }
    }

    /// Encodes these rows, in this order.
    ///
    /// # Errors
    /// When a column does not fit its format.
    pub fn encode(&self, batch: &Batch, scores: &Scores, rows: &[u32]) -> Result<Encoded, WriteError> {
        match self {
            Self::Csv(csv) => {
                let mut out = Vec::with_capacity(rows.len() * 32);
                csv.rows(batch, scores, rows, &mut out);
                Ok(Encoded::Text(out))
            }
            Self::JsonLines(lines) => {
                let mut out = Vec::with_capacity(rows.len() * 128);
                rows.iter().for_each(|&row| lines.row(batch, scores, row as usize, &mut out));
                Ok(Encoded::Text(out))
            }
            Self::Parquet(columns) | Self::Arrow(columns) => Ok(Encoded::Columns(columns.batch(batch, scores, rows)?)),
            Self::Xlsx(sheet) => Ok(Encoded::Cells(rows.iter().map(|&row| sheet.row(batch, scores, row as usize)).collect())),
        }
    }
}

impl Encoder {
    /// Encoded rows as a table in memory.
    ///
    /// # Errors
    /// Rows of a format without columns.
    pub fn frame(&self, rows: Vec<Encoded>) -> Result<Frame, WriteError> {
        let (Self::Parquet(columns) | Self::Arrow(columns)) = self else {
            return Err(WriteError::Columns("rows were encoded for another format".to_owned()));
        };
        let batches = rows.into_iter().filter_map(|rows| if let Encoded::Columns(batch) = rows { Some(batch) } else { None });
        Ok(Frame::new(Arc::clone(columns.schema()), batches)?)
    }
}

/// Puts encoded rows into a sink.
pub enum Writer<W: Write + Send> {
    /// Text goes as it is.
    Text(W),
    /// A Parquet file.
    Parquet(Box<parquet::ParquetWriter<W>>),
    /// An Arrow IPC file.
    Arrow(Box<arrow::IpcWriter<W>>),
    /// A workbook.
    Xlsx(Box<xlsx::Book<W>>),
}

impl<W: Write + Send> Writer<W> {
    /// Starts an output: writes what stands before the first row.
    ///
    /// # Errors
    /// The sink's.
    pub fn start(encoder: &Encoder, mut sink: W) -> Result<Self, WriteError> {
        let parquet = |sink, schema: &SchemaRef| parquet::start(sink, schema);
        Ok(match encoder {
            Encoder::Csv(csv) => {
                sink.write_all(csv.header())?;
                Self::Text(sink)
            }
            Encoder::JsonLines(_) => Self::Text(sink),
            Encoder::Parquet(columns) => Self::Parquet(Box::new(parquet(sink, columns.schema())?)),
            Encoder::Arrow(columns) => Self::Arrow(Box::new(arrow::start(sink, columns.schema())?)),
            Encoder::Xlsx(sheet) => Self::Xlsx(Box::new(xlsx::Book::start(sheet, sink)?)),
        })
    }

    /// Writes encoded rows.
    ///
    /// # Errors
    /// The sink's.
    pub fn write(&mut self, encoded: &Encoded) -> Result<(), WriteError> {
        match (self, encoded) {
            (Self::Text(sink), Encoded::Text(bytes)) => Ok(sink.write_all(bytes)?),
            (Self::Parquet(file), Encoded::Columns(batch)) => Ok(file.write(batch)?),
            (Self::Arrow(file), Encoded::Columns(batch)) => Ok(file.write(batch)?),
            (Self::Xlsx(book), Encoded::Cells(rows)) => rows.iter().try_for_each(|row| book.write(row)),
            (Self::Text(_) | Self::Parquet(_) | Self::Arrow(_) | Self::Xlsx(_), _) => {
                Err(WriteError::Columns("rows were encoded for another format".to_owned()))
            }
        }
    }

    /// Writes what stands behind the last row and gives the sink back.
    ///
    /// # Errors
    /// The sink's.
    pub fn finish(self) -> Result<W, WriteError> {
        match self {
            Self::Text(mut sink) => {
                sink.flush()?;
                Ok(sink)
            }
            Self::Parquet(file) => Ok(file.into_inner()?),
            Self::Arrow(file) => Ok(file.into_inner()?),
            Self::Xlsx(book) => book.finish(),
        }
    }
}

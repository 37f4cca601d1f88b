//! Rows in the order of a score or of what a command adds: unknown last, equal ones in the order of the input.

use std::cmp::Reverse;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_select::interleave::interleave_record_batch;

use super::order::{By, Limit};
use super::{Encoded, Encoder, WriteError, xlsx};
use crate::column::Batch;
use crate::vm::scores::Scores;

/// Rows put in order are written in pieces of this many.
const PIECE: usize = 8192;

/// The place of a row: what it is put in order by, then its number.
type Rank = (Reverse<Option<i64>>, u64);

/// The rows of one batch with their ranks.
#[derive(Debug)]
pub struct Ranked {
    ranks: Vec<Rank>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Text(Vec<Box<[u8]>>),
    Columns(RecordBatch),
    Cells(Vec<xlsx::Row>),
}

/// Encodes rows one by one, with their ranks.
///
/// # Errors
/// When a column does not fit its format.
pub fn rank(encoder: &Encoder, batch: &Batch, scores: &Scores, rows: &[u32], by: By) -> Result<Ranked, WriteError> {
    let rank = |&row: &u32| (Reverse(by.value(batch, scores, row as usize)), batch.first_row + u64::from(row));
    let ranks = rows.iter().map(rank).collect();
    let text = |row: &u32| match encoder.encode(batch, scores, &[*row])? {
        Encoded::Text(bytes) => Ok(bytes.into_boxed_slice()),
        Encoded::Columns(_) | Encoded::Cells(_) => Ok(Box::default()),
    };
    let rows = match encoder {
        Encoder::Csv(_) | Encoder::JsonLines(_) => Rows::Text(rows.iter().map(text).collect::<Result<_, WriteError>>()?),
        Encoder::Parquet(columns) | Encoder::Arrow(columns) => Rows::Columns(columns.batch(batch, scores, rows)?),
        Encoder::Xlsx(sheet) => Rows::Cells(rows.iter().map(|&row| sheet.row(batch, scores, row as usize)).collect()),
    };
    Ok(Ranked { ranks, rows })
}

/// Rows being put in order; where so many are wanted it holds no more than a few times as many.
#[derive(Debug, Default)]
pub struct Ranking {
    top: Option<Limit>,
    texts: Vec<(Rank, Box<[u8]>)>,
    cells: Vec<(Rank, xlsx::Row)>,
    batches: Vec<RecordBatch>,
    places: Vec<(Rank, usize, usize)>,
}

impl Ranking {
    /// For all rows, or the first `top`.
    #[must_use]
    pub fn new(top: Option<Limit>) -> Self {
        Self { top, ..Self::default() }
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// Arrow's own.
    pub fn add(&mut self, ranked: Ranked) -> Result<(), WriteError> {
        match ranked.rows {
            Rows::Text(rows) => self.texts.extend(ranked.ranks.into_iter().zip(rows)),
            Rows::Cells(rows) => self.cells.extend(ranked.ranks.into_iter().zip(rows)),
            Rows::Columns(batch) => {
                let at = self.batches.len();
                self.batches.push(batch);
                self.places.extend(ranked.ranks.into_iter().enumerate().map(|(row, rank)| (rank, at, row)));
            }
        }
        if let Some(Limit::Rows(top)) = self.top
            && self.len() > 2 * top + PIECE
        {
            self.cut(top)?;
        }
        Ok(())
    }

    /// How many rows there are.
    fn len(&self) -> usize {
        self.texts.len().max(self.places.len()).max(self.cells.len())
    }

    fn cut(&mut self, top: usize) -> Result<(), WriteError> {
        self.texts.sort_unstable_by_key(|(rank, _)| *rank);
        self.texts.truncate(top);
        self.cells.sort_unstable_by_key(|(rank, _)| *rank);
        self.cells.truncate(top);
        self.places.sort_unstable();
        self.places.truncate(top);
        if !self.places.is_empty() {
            let kept = self.interleaved(&self.places)?;
            self.batches = vec![kept];
            self.places = self.places.iter().enumerate().map(|(row, (rank, ..))| (*rank, 0, row)).collect();
        }
        Ok(())
    }

    fn interleaved(&self, places: &[(Rank, usize, usize)]) -> Result<RecordBatch, ArrowError> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let places: Vec<(usize, usize)> = places.iter().map(|(_, batch, row)| (*batch, *row)).collect();
        interleave_record_batch(&batches, &places)
    }

    /// All rows in order, in pieces; with how many there are.
    ///
    /// # Errors
    /// Arrow's own.
    pub fn finish(mut self) -> Result<(Vec<Encoded>, u64), WriteError> {
        let rows = self.len();
        self.cut(self.top.map_or(rows, |top| top.of(rows)))?;
        let count = self.len() as u64;
        let mut out: Vec<Encoded> = self
            .texts
            .chunks(PIECE)
            .map(|piece| Encoded::Text(piece.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()))
            .collect();
        if !self.cells.is_empty() {
            out.push(Encoded::Cells(self.cells.drain(..).map(|(_, row)| row).collect()));
        }
        for piece in self.places.chunks(PIECE) {
            out.push(Encoded::Columns(self.interleaved(piece)?));
        }
        Ok((out, count))
    }
}

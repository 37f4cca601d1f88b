//! Rows in the order of a score: the greatest first, unknown last, equal ones in the order of the input.

use std::cmp::Reverse;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::error::ArrowError;

use super::{Encoded, Encoder, WriteError};
use crate::column::Batch;
use crate::vm::scores::Scores;

/// Rows put in order are written in pieces of this many.
const PIECE: usize = 8192;

/// The place of a row: its score, then its number.
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
}

/// Encodes rows one by one, with their ranks by a score.
///
/// # Errors
/// When a column does not fit its format.
pub fn rank(encoder: &Encoder, batch: &Batch, scores: &Scores, rows: &[u32], by: usize) -> Result<Ranked, WriteError> {
    let rank = |&row: &u32| {
        let points = scores.scores.get(by).and_then(|s| s.get(row as usize));
        (Reverse(points), batch.first_row + u64::from(row))
    };
    let ranks = rows.iter().map(rank).collect();
    let text = |row: &u32| match encoder.encode(batch, scores, &[*row])? {
        Encoded::Text(bytes) => Ok(bytes.into_boxed_slice()),
        Encoded::Columns(_) => Ok(Box::default()),
    };
    let rows = match encoder {
        Encoder::Csv(_) | Encoder::JsonLines(_) => Rows::Text(rows.iter().map(text).collect::<Result<_, WriteError>>()?),
        Encoder::Parquet(columns) | Encoder::Arrow(columns) => Rows::Columns(columns.batch(batch, scores, rows)?),
    };
    Ok(Ranked { ranks, rows })
}

/// Rows being put in order; with `top` it holds no more than a few times as many.
#[derive(Debug, Default)]
pub struct Ranking {
    top: Option<usize>,
    texts: Vec<(Rank, Box<[u8]>)>,
    batches: Vec<RecordBatch>,
    places: Vec<(Rank, usize, usize)>,
}

impl Ranking {
    /// For all rows, or the first `top`.
    #[must_use]
    pub fn new(top: Option<usize>) -> Self {
        Self { top, ..Self::default() }
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// Arrow's own.
    pub fn add(&mut self, ranked: Ranked) -> Result<(), WriteError> {
        match ranked.rows {
            Rows::Text(rows) => self.texts.extend(ranked.ranks.into_iter().zip(rows)),
            Rows::Columns(batch) => {
                let at = self.batches.len();
                self.batches.push(batch);
                self.places.extend(ranked.ranks.into_iter().enumerate().map(|(row, rank)| (rank, at, row)));
            }
        }
        if let Some(top) = self.top
            && self.texts.len().max(self.places.len()) > 2 * top + PIECE
        {
            self.cut(top)?;
        }
        Ok(())
    }

    fn cut(&mut self, top: usize) -> Result<(), WriteError> {
        self.texts.sort_unstable_by_key(|(rank, _)| *rank);
        self.texts.truncate(top);
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
        self.cut(self.top.unwrap_or(usize::MAX))?;
        let count = self.texts.len().max(self.places.len()) as u64;
        let mut out: Vec<Encoded> = self
            .texts
            .chunks(PIECE)
            .map(|piece| Encoded::Text(piece.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect()))
            .collect();
        for piece in self.places.chunks(PIECE) {
            out.push(Encoded::Columns(self.interleaved(piece)?));
        }
        Ok((out, count))
    }
}

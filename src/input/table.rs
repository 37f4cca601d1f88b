//! A table being read, whatever its format: which columns are wanted, where they are, and what has come of them.

use std::sync::Arc;

use super::build::Builder;
use super::cell::Cell;
use super::error::InputError;
use super::header::Headers;
use super::report::{BadLine, BadRows, RowFault, SAMPLES};
use crate::column::{Column, TextColumn};
use crate::schema::{Property, Schema};

/// A column that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The headers that fit, in order.
    pub(crate) names: Vec<Arc<str>>,
    /// What the data call it.
    pub(crate) column: String,
    /// Where its cells go.
    pub(crate) builder: Builder,
}

impl Wanted {
    /// The column of a property or field.
    pub(crate) fn new(property: &Property, schema: &Schema) -> Self {
        Self { names: candidates(property), column: property.name.to_string(), builder: Builder::new(property, schema) }
    }
}

/// The headers that fit a property, in order.
pub(crate) fn candidates(property: &Property) -> Vec<Arc<str>> {
    property.from.iter().chain(std::iter::once(&property.name)).cloned().collect()
}

/// Where a file has what is wanted: by wanted column and by carried column, `None` where the file has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mapping {
    pub(crate) columns: Vec<Option<usize>>,
    pub(crate) carried: Vec<Option<usize>>,
}

/// A file of records, read into a sink some rows at a time.
pub(crate) trait Source: Send {
    /// The columns of the file; `None` where every record names its own.
    fn headers(&self) -> Option<&Headers>;

    /// Says which columns are wanted; called once, before the first `fill`.
    fn map(&mut self, mapping: Mapping);

    /// Reads at most `max_rows` records; 0 means that there are no more.
    fn fill(&mut self, sink: &mut Sink, max_rows: usize) -> Result<usize, InputError>;

    /// All cells of a record of the last `fill`, as in the data.
    fn cells(&self, row: usize) -> Vec<String>;
}

/// The cells of some rows, to be asked for by row and column.
pub(crate) trait Cells {
    /// The cell of a row and column.
    fn cell(&mut self, row: usize, column: usize) -> Cell<'_>;
}

/// Where cells become columns.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) carried: Vec<TextColumn>,
    /// Records so far, over all files.
    pub(crate) rows: u64,
    /// The row number before the first of the present batch.
    pub(crate) before: u64,
    /// Faults of the present batch.
    pub(crate) bad: BadRows,
    pub(crate) ragged: u64,
    pub(crate) broken: u64,
    pub(crate) bad_lines: Vec<BadLine>,
}

impl Sink {
    /// The number of the row that comes next.
    pub(crate) fn next_row(&self) -> u64 {
        self.rows + 1
    }

    /// Adds `rows` rows column by column.
    pub(crate) fn columns(&mut self, rows: usize, mapping: &Mapping, cells: &mut impl Cells) {
        let first = self.next_row();
        let bad = &mut self.bad;
        for (wanted, place) in self.wanted.iter_mut().zip(&mapping.columns) {
            let builder = &mut wanted.builder;
            match *place {
                None => (0..rows).for_each(|row| builder.push(Cell::Missing, first + row as u64, bad)),
                Some(column) => {
                    for row in 0..rows {
                        builder.push(cells.cell(row, column), first + row as u64, bad);
                    }
                }
            }
        }
        for (texts, place) in self.carried.iter_mut().zip(&mapping.carried) {
            match *place {
                None => (0..rows).for_each(|_| texts.push(None)),
                Some(column) => {
                    for row in 0..rows {
                        carry(texts, cells.cell(row, column));
                    }
                }
            }
        }
    }

    /// Counts rows that have been added to every column.
    pub(crate) fn end_rows(&mut self, rows: usize) {
        self.rows += rows as u64;
    }

    /// Starts the next batch.
    pub(crate) fn begin_batch(&mut self) {
        self.before = self.rows;
    }

    /// The place in the present batch of a row number.
    pub(crate) fn place_in_batch(&self, row: u64) -> usize {
        row.saturating_sub(self.before + 1) as usize
    }

    /// Notes a fault of a row that is counted elsewhere.
    pub(crate) fn fault(&mut self, row: u64, message: String) {
        self.bad.faults.push(RowFault { row, message });
    }

    /// Counts a row that is not shaped like its header.
    pub(crate) fn ragged(&mut self, line: BadLine) {
        self.ragged += 1;
        if let Some(row) = line.row {
            self.bad.faults.push(RowFault { row, message: line.message.clone() });
        }
        self.sample(line);
    }

    /// Counts a line that gave no record.
    pub(crate) fn broken(&mut self, line: BadLine) {
        self.broken += 1;
        self.sample(line);
    }

    fn sample(&mut self, line: BadLine) {
        if self.bad_lines.len() < SAMPLES {
            self.bad_lines.push(line);
        }
    }

    /// The columns so far, in the order of `wanted`, and the carried ones.
    pub(crate) fn take(&mut self) -> (Vec<Column>, Vec<TextColumn>) {
        let columns = self.wanted.iter_mut().map(|w| w.builder.take()).collect();
        let carried = self.carried.iter_mut().map(std::mem::take).collect();
        (columns, carried)
    }
}

/// A cell carried along is the text of the input, not trimmed; an empty one is unknown.
fn carry(texts: &mut TextColumn, cell: Cell<'_>) {
    super::build::with_text(cell, |text| texts.push(text.filter(|t| !t.is_empty())));
}

//! Records cut out of a file by one thread, to be decoded by another.

use super::csv::{CsvPiece, Index};
use super::error::InputError;
use super::json::{Finder, JsonPiece};
use super::table::ColumnBuilder;

/// Whole records, not decoded.
pub(crate) enum Piece {
    Csv(CsvPiece),
    Json(JsonPiece),
}

/// What decoding keeps from one piece to the next.
pub(crate) struct Aids {
    /// The room for where cells stand.
    index: Index,
    /// Knows the keys of JSON records.
    finder: Finder,
}

impl Aids {
    pub(crate) fn new(builder: &ColumnBuilder) -> Self {
        Self { index: Index::default(), finder: Finder::new(builder) }
    }
}

impl Piece {
    /// How many records there are, or at most.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Csv(piece) => piece.rows(),
            Self::Json(piece) => piece.lines(),
        }
    }

    /// Adds the records to a builder.
    pub(crate) fn decode(&mut self, builder: &mut ColumnBuilder, aids: &mut Aids) -> Result<(), InputError> {
        match self {
            Self::Csv(piece) => piece.decode(builder, &mut aids.index),
            Self::Json(piece) => piece.decode(builder, &mut aids.finder),
        }
    }
}

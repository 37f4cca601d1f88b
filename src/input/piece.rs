//! Records cut out of a file by one thread, to be decoded by another.

use super::csv::CsvPiece;
use super::error::InputError;
use super::json::{Finder, JsonPiece};
use super::table::Sink;

/// Whole records, not decoded.
pub(crate) enum Piece {
    Csv(CsvPiece),
    Json(JsonPiece),
}

impl Piece {
    /// How many records there are, or at most.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Csv(piece) => piece.rows(),
            Self::Json(piece) => piece.lines(),
        }
    }

    /// Adds the records to a sink. `finder` knows the keys of JSON records.
    pub(crate) fn decode(&mut self, sink: &mut Sink, finder: &mut Finder) -> Result<(), InputError> {
        match self {
            Self::Csv(piece) => piece.decode(sink),
            Self::Json(piece) => piece.decode(sink, finder),
        }
    }
}

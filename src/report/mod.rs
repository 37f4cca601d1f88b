//! Results for people and machines: one file a format.
//!
//! [`Encoder`] turns rows into what a format holds, on any thread; [`Writer`] puts that into a sink, in order.

#[cfg(feature = "data")]
pub mod arrow;
pub mod as_test;
pub mod backtest;
pub mod calibrate;
pub mod cells;
pub mod csv;
pub mod data;
pub mod dbt;
pub mod diff;
pub mod finding;
#[cfg(feature = "data")]
pub mod history;
pub mod hits;
pub mod html;
pub mod jsonl;
pub mod layout;
pub mod order;
pub mod page;
#[cfg(feature = "data")]
pub mod parquet;
pub mod plain;
#[cfg(feature = "data")]
pub mod ranking;
pub mod returned;
pub mod sheet;
pub mod summary;
pub mod tally;
#[cfg(feature = "cli")]
pub mod trial;
pub mod why;
#[cfg(feature = "data")]
mod write;
#[cfg(feature = "data")]
pub mod xlsx;

#[cfg(feature = "data")]
pub use write::{Encoded, Encoder, WriteError, Writer};

/// The formats of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV.
    Csv,
    /// JSON Lines.
    JsonLines,
    /// Parquet.
    Parquet,
    /// Arrow IPC.
    Arrow,
    /// A workbook.
    Xlsx,
}

impl Format {
    /// The endings that mean a format, for messages.
    pub const ENDINGS: &str = ".csv, .xlsx, .jsonl, .parquet or .arrow";

    /// The format that a file's ending means.
    #[must_use]
    pub fn of_ending(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            "arrow" | "feather" => Some(Self::Arrow),
            _ => None,
        }
    }
}

//! A backtest for people and programs.

mod html;
mod md;
mod tables;
mod text;

pub use html::html;
pub use md::md;
pub use text::text;

use crate::learn::backtest::Backtest;

/// The backtest as one document for programs.
///
/// # Errors
/// None in practice: the document holds numbers and texts alone.
pub fn json(it: &Backtest) -> serde_json::Result<String> {
    serde_json::to_string_pretty(it).map(|text| text + "\n")
}

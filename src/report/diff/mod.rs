//! A difference of rules, for a terminal, a pull request, a page and programs.

mod html;
mod md;
mod text;
mod words;

pub use html::html;
pub(in crate::report) use md::escaped as escaped_md;
pub use md::md;
pub use text::text;

use crate::diff::Difference;

/// The difference as one JSON document.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(it: &Difference) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(it).map(|json| json + "\n")
}

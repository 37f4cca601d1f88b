//! Data files to batches.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it fails"
)]

mod columnar;
mod dialects;
mod exports;
mod formats;
mod rules;
mod sequences;
mod support;
mod tools;

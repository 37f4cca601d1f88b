//! Data files to batches.

mod dialects;
mod support;

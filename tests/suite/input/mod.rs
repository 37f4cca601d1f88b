//! Data files to batches.

mod dialects;
mod formats;
mod rules;
mod support;
mod tools;

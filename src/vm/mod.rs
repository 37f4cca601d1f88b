//! Chunk and batch to scores.
pub mod scores;

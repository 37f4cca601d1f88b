//! Data in any format to batches.

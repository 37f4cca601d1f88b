//! Reachable ranges: what every score can come to over all records that the schema allows, before any data is read.

pub mod cells;
pub mod eval;
pub mod formula;
pub mod picture;
pub mod search;
pub mod terms;
pub mod truth;

//! The workload that the benches measure: contacts and models, the same on every machine.
#![allow(dead_code, clippy::indexing_slicing, reason = "each bench takes what it needs; places are drawn below the length")]

pub mod contacts;
pub mod files;
pub mod models;
pub mod rng;
pub mod words;

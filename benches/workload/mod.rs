//! The workload that the benches measure: contacts and models, the same on every machine.
#![allow(dead_code, clippy::indexing_slicing, reason = "each bench takes what it needs; places are drawn below the length")]

pub(crate) mod contacts;
pub(crate) mod files;
pub(crate) mod models;
pub(crate) mod rng;
pub(crate) mod words;

//! The one integration binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and says so when it is skipped"
)]

mod bounds;
mod check;
mod circles;
mod cli;
mod command;
mod conformance;
mod database;
mod diag;
mod diff;
mod docs;
mod english;
mod events;
mod examples;
mod face;
mod fault;
mod faults;
mod forecast;
mod format;
mod frame;
mod fuzz;
mod hubspot;
mod input;
mod learn;
mod lint;
mod lsp;
mod oracle;
mod playground;
mod property;
mod published;
mod real;
mod related;
mod report;
mod run;
mod schema;
mod serve;
mod since;
mod sql;
#[cfg(feature = "sqlite")]
mod store;
mod syntax;
mod tidy;
mod trial;
mod vm;
mod why;
mod workbook;

//! The one integration binary.

mod bounds;
mod check;
mod cli;
mod conformance;
mod diag;
mod diff;
mod docs;
mod examples;
mod fault;
mod format;
mod input;
mod lint;
mod oracle;
mod property;
mod real;
mod report;
mod run;
mod schema;
mod sql;
mod syntax;
mod tidy;
mod trial;
mod vm;
mod why;

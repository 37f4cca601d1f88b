//! The language, compiler and engine for lead scoring.

pub mod bounds;
pub mod bytecode;
pub mod check;
pub mod cli;
pub mod column;
pub mod diag;
pub mod diff;
pub mod engine;
pub mod format;
pub mod hir;
pub mod input;
pub mod kernel;
pub mod lint;
pub mod lower;
pub mod report;
pub mod schema;
pub mod source;
pub mod sql;
pub mod syntax;
pub mod text;
pub mod time;
pub mod trial;
pub mod value;
pub mod vm;
pub mod why;

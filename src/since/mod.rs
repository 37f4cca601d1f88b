//! What changed since an earlier run, and why: the output of that run against the one of now, record by record.
//!
//! [`Previous`] holds the earlier output by key. [`Split`] says how much of each change comes from where, as far as what is given
//! can tell; its parts add up to the change exactly. [`Since`] makes the columns and counts.

mod columns;
mod counts;
mod previous;
mod split;

pub use columns::{CHANGED, Since, extras};
pub use counts::{Change, Counts, LifecycleChange, Report, ScoreChange, Source, Transition};
pub use previous::{Previous, key_text};
pub use split::{Base, BaseReader, Cause, Earlier, Split};

//! The language, compiler and engine for lead scoring.
//!
//! Rules in `.lsr` files are compiled once and score batches or single records from any thread:
//!
//! ```
//! let rules = lsrc::RuleSet::from_text("score.lsr", r#"
//!     lsr 1
//!     schema contact { visits: integer }
//!     score interest { band visits { ..1: 0  2..5: +3  6..: +6 } }
//! "#)?;
//! let threads: Vec<_> = (0..4).map(|n| {
//!     let mut scorer = rules.scorer(rules.now());
//!     std::thread::spawn(move || scorer.score_json(&format!("{{\"visits\": {n}}}")).map(|it| it.score("interest")))
//! }).collect();
//! let points: Vec<i64> = threads.into_iter().filter_map(|t| t.join().ok()?.ok()?).map(|points| points.0 / 100).collect();
//! assert_eq!(points, [0, 0, 3, 3]);
//! # Ok::<(), lsrc::RulesError>(())
//! ```
//!
//! The public face is what is named here; modules that the documentation hides are the inside of the command and change freely.
//! `docs/architecture.md` shows the way from text to score.

pub use column::Batch;
pub use engine::{Compiled, Finding, RuleSet, RulesError, Scored, Scorer, Stage, Wanted};
pub use input::InputError;
pub use time::AsOf;
pub use value::Points;
pub use vm::scores::Scores;
pub use why::Explanation;

#[doc(hidden)]
pub mod bounds;
#[doc(hidden)]
pub mod bytecode;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod column;
#[doc(hidden)]
pub mod decay;
#[doc(hidden)]
pub mod diag;
#[doc(hidden)]
pub mod diff;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod forecast;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod hir;
#[doc(hidden)]
pub mod hubspot;
#[doc(hidden)]
pub mod id;
#[doc(hidden)]
pub mod input;
#[doc(hidden)]
pub mod kernel;
#[doc(hidden)]
pub mod learn;
#[doc(hidden)]
pub mod lint;
#[doc(hidden)]
pub mod lower;
#[doc(hidden)]
pub mod op;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod since;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod sql;
#[doc(hidden)]
pub mod syntax;
#[doc(hidden)]
pub mod text;
#[doc(hidden)]
pub mod time;
#[doc(hidden)]
pub mod trial;
#[doc(hidden)]
pub mod value;
#[doc(hidden)]
pub mod vm;
#[doc(hidden)]
pub mod warehouse;
#[doc(hidden)]
pub mod why;

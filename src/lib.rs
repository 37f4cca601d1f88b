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
//! let points: Vec<i64> = threads.into_iter().filter_map(|t| t.join().ok()?.ok()?).map(|points| points.whole()).collect();
//! assert_eq!(points, [0, 0, 3, 3]);
//! # Ok::<(), lsrc::RulesError>(())
//! ```
//!
//! What there is, each with an example at its place:
//!
//! | to | ask |
//! | --- | --- |
//! | load rules from files or texts, with params | [`RuleLoader`], [`RuleSet::load`], [`RuleSet::from_text`] |
//! | get errors and warnings | [`RuleLoader::findings`], [`RulesError::findings`] |
//! | know what scores can reach | [`RuleSet::ranges`] |
//! | score JSON records | [`RuleSet::scorer`], [`Scorer::score_json`] |
//! | score a file | [`RuleSet::score_file`] |
//! | score a table in memory (Arrow) | `RuleSet::score_frame`, with the feature `data` |
//! | account for every point | [`Scorer::explain_json`] |
//! | run the rules in a database | [`RuleSet::sql`] |
//! | compare rules | [`RuleSet::difference`] |
//!
//! The public face is what is named here; modules that the documentation hides are the inside of the command and change freely.
//! `docs/dev/architecture.md` shows the way from text to score.
//!
//! # Features
//!
//! `data` reads and writes Excel, Parquet, Arrow and compressed files (CSV and JSON are always read), `cli` is the command, `sqlite` and
//! `postgres` score the tables of databases. Without any, the library builds for browsers too.

pub use column::Batch;
pub use diff::{Answer, Difference};
pub use engine::{
    Finding, MomentError, RuleLoader, RulesError, ScoreRange, Scored, ScoredRecord, ScoredRecords, Scorer, SqlError, Stage,
};
pub use failure::Failure;
#[cfg(feature = "data")]
pub use input::Frame;
pub use input::InputError;
pub use program::{Compiled, RuleSet, Wanted};
#[cfg(feature = "data")]
pub use run::{FrameOptions, ScoredFrame};
pub use sql::DialectName;
pub use time::AsOf;
pub use value::{Points, PointsError};
pub use vm::scores::{Move, Scores};
pub use why::Explanation;

#[doc(hidden)]
pub mod analysis;
#[doc(hidden)]
pub mod bounds;
#[doc(hidden)]
pub mod bytecode;
#[doc(hidden)]
pub mod check;
#[cfg(feature = "cli")]
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
pub mod failure;
#[doc(hidden)]
pub mod forecast;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod hir;
#[doc(hidden)]
pub mod hits;
#[cfg(any(feature = "cli", feature = "hubspot"))]
#[doc(hidden)]
pub mod hubspot;
#[doc(hidden)]
pub mod id;
#[doc(hidden)]
pub mod ide;
#[doc(hidden)]
pub mod input;
#[doc(hidden)]
pub mod invariant;
#[doc(hidden)]
pub mod kernel;
#[doc(hidden)]
pub mod learn;
#[doc(hidden)]
pub mod lint;
#[doc(hidden)]
pub mod lower;
#[cfg(feature = "lsp")]
#[doc(hidden)]
pub mod lsp;
#[doc(hidden)]
pub mod op;
#[doc(hidden)]
pub mod playground;
#[cfg(feature = "hubspot")]
#[doc(hidden)]
pub mod portal;
#[doc(hidden)]
pub mod program;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod rollup;
#[cfg(feature = "data")]
#[doc(hidden)]
pub mod run;
#[doc(hidden)]
pub mod schema;
#[cfg(feature = "serve")]
#[doc(hidden)]
pub mod serve;
#[doc(hidden)]
pub mod since;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod sql;
#[doc(hidden)]
pub mod store;
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

//! HubSpot's scoring drafts as rules, and rules as drafts.
//!
//! A draft is the JSON that HubSpot's Lead Scoring API gives for a score (`GET /marketing/lead-scoring/2027-03-beta/scores/ID/draft`). It has
//! groups of rules in two categories, FIT and INTENT, and outputs: the score, labels by threshold, and a matrix of both categories.
//! `import` writes it as a rule file. What the language cannot say stays in the file as a comment with the reason, and is counted.
//! `export` writes the scores of rules as a draft, or refuses with the place. `names` finds HubSpot's own names of a schema's properties.

#[cfg(feature = "cli")]
mod clause;
#[cfg(feature = "cli")]
mod condition;
#[cfg(feature = "cli")]
mod dates;
#[cfg(feature = "cli")]
mod draft;
#[cfg(feature = "cli")]
mod export;
#[cfg(feature = "cli")]
mod groups;
pub(crate) mod names;
#[cfg(feature = "cli")]
mod outputs;
#[cfg(feature = "cli")]
mod points;
#[cfg(feature = "cli")]
mod table;
#[cfg(feature = "cli")]
mod vocabulary;

#[cfg(feature = "cli")]
pub(crate) use draft::import;
#[cfg(feature = "cli")]
pub use draft::{Draft, DraftError, Imported};
#[cfg(feature = "cli")]
pub(crate) use export::{Refusal, Wish, export};
#[cfg(feature = "cli")]
pub(crate) use table::{Criterion, import as import_table};
#[cfg(feature = "cli")]
pub use vocabulary::Lists;

/// `1 rule`, `2 rules`.
#[cfg(feature = "cli")]
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

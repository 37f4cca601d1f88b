//! HubSpot's scoring drafts as rules, and rules as drafts.
//!
//! A draft is the JSON that HubSpot's Lead Scoring API gives for a score (`GET /marketing/lead-scoring/2027-03-beta/scores/ID/draft`). It has
//! groups of rules in two categories, FIT and INTENT, and outputs: the score, labels by threshold, and a matrix of both categories.
//! `import` writes it as a rule file. What the language cannot say stays in the file as a comment with the reason, and is counted.
//! `export` writes the scores of rules as a draft, or refuses with the place. `names` finds HubSpot's own names of a schema's properties.

mod clause;
mod condition;
mod dates;
mod draft;
mod export;
mod groups;
pub(crate) mod names;
mod outputs;
mod points;
mod table;
mod vocabulary;

pub(crate) use draft::import;
pub use draft::{Draft, DraftError, Imported};
pub(crate) use export::{Refusal, Wish, export};
pub(crate) use table::{Criterion, import as import_table};
pub use vocabulary::Lists;

/// `1 rule`, `2 rules`.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

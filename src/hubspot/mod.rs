//! HubSpot's scoring drafts as rules.
//!
//! A draft is the JSON that HubSpot's Lead Scoring API gives for a score (`GET /marketing/lead-scoring/2027-03-beta/scores/ID/draft`). It has
//! groups of rules in two categories, FIT and INTENT, and outputs: the score, labels by threshold, and a matrix of both categories.
//! `import` writes it as a rule file. What the language cannot say stays in the file as a comment with the reason, and is counted.

mod clause;
mod condition;
mod dates;
mod draft;
mod groups;
mod outputs;
mod points;
mod table;
mod vocabulary;

pub(crate) use draft::import;
pub use draft::{Draft, DraftError, Imported};
pub(crate) use table::{Criterion, import as import_table};
pub use vocabulary::Lists;

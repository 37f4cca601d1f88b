//! The library's public face: rules from files and texts, checked, scored, explained, compared, and written as SQL.

mod change;
mod error;
mod explain;
mod load;
mod moments;
mod query;
mod records;
mod scorer;

pub use change::ScoreRange;
pub use error::{Finding, RulesError};
pub use explain::Explainer;
pub use load::RuleLoader;
pub use moments::{Moments, Portion};
pub use query::SqlError;
pub use records::{ScoredRecord, ScoredRecords};
pub use scorer::{MomentError, Scored, Scorer, Stage};

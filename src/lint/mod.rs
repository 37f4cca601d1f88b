//! Warnings: what is probably a mistake though the rules run. One file a finding.

pub mod allow;
mod missing_version;

use crate::diag::{Code, Diagnostics};
use crate::hir::Model;
use crate::source::Sources;
use crate::syntax::Parsed;

/// The findings that somebody looks for; a suppression of another one cannot be told to be unused.
pub const FOUND: &[Code] = &[Code::MissingVersion, Code::UnusedAllow];

/// All warnings about a program without errors, those that are off by default included; suppressions are not yet applied.
#[must_use]
pub fn run(_sources: &Sources, files: &[Parsed], _model: &Model) -> Diagnostics {
    let mut found = Diagnostics::new();
    for parsed in files {
        missing_version::find(parsed, &mut found);
    }
    found
}

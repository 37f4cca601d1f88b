//! Warnings: what is probably a mistake though the rules run, given only on proof. One file a finding.

pub mod allow;
mod asked;
mod bad_provenance;
mod context;
mod missing_version;
mod once;
mod rules;
mod tree;

use std::sync::Arc;

pub use context::Context;

use crate::diag::{Code, Diagnostics};
use crate::hir::Model;
use crate::source::Sources;
use crate::syntax::Parsed;

/// The findings that somebody looks for; a suppression of another one cannot be told to be unused.
pub const FOUND: &[Code] = &[
    Code::MissingVersion,
    Code::UnusedAllow,
    Code::BandGap,
    Code::MatchIncomplete,
    Code::NeverTrue,
    Code::AlwaysTrue,
    Code::UnreachableBranch,
    Code::DuplicateRule,
    Code::SubsumedRule,
    Code::DeadPoints,
    Code::UnreachableThreshold,
    Code::IdleBound,
    Code::MixedAndOr,
    Code::UnknownNeverFires,
    Code::ShortContains,
    Code::UnusedName,
    Code::EmptyList,
    Code::NoSuchReason,
    Code::OptionNeverRead,
    Code::UnscoredOption,
    Code::UnusedProperty,
    Code::FormulaUnknown,
    Code::BadProvenance,
    Code::UnusableRow,
];

/// A warning and how it is found.
struct Lint(fn(&Context<'_>, &mut Diagnostics));

/// The warnings that look at the model, in the order of their codes.
const LINTS: &[Lint] = &[
    Lint(rules::band_gap::check),
    Lint(rules::match_incomplete::check),
    Lint(rules::never_true::check),
    Lint(rules::always_true::check),
    Lint(rules::unreachable_branch::check),
    Lint(rules::duplicate_rule::check),
    Lint(rules::subsumed_rule::check),
    Lint(rules::dead_points::check),
    Lint(rules::unreachable_threshold::check),
    Lint(rules::idle_bound::check),
    Lint(rules::mixed_and_or::check),
    Lint(rules::unknown_never_fires::check),
    Lint(rules::formula_unknown::check),
    Lint(rules::short_contains::check),
    Lint(rules::unused_name::check),
    Lint(rules::empty_list::check),
    Lint(rules::no_such_reason::check),
    Lint(rules::option_never_read::check),
    Lint(rules::unscored_option::check),
    Lint(rules::unused_property::check),
    Lint(rules::unusable_row::check),
];

/// The warnings that look at what accounts come to.
const OF_ACCOUNTS: &[Lint] = &[
    Lint(rules::band_gap::check),
    Lint(rules::match_incomplete::check),
    Lint(rules::never_true::check),
    Lint(rules::always_true::check),
    Lint(rules::unreachable_branch::check),
    Lint(rules::unreachable_threshold::check),
    Lint(rules::idle_bound::check),
    Lint(rules::formula_unknown::check),
];

/// All warnings about a program without errors, those that are off by default included; suppressions are not yet applied.
#[must_use]
pub fn run(sources: &Sources, files: &[Arc<Parsed>], model: &Model) -> Diagnostics {
    let mut found = Diagnostics::new();
    for parsed in files {
        missing_version::find(parsed, &mut found);
        bad_provenance::find(parsed, &mut found);
    }
    let context = Context::new(sources, files, model);
    for Lint(check) in LINTS {
        check(&context, &mut found);
    }
    for rollup in &model.rollups {
        let accounts = context.of_accounts(rollup);
        OF_ACCOUNTS.iter().for_each(|Lint(check)| check(&accounts, &mut found));
    }
    found.sort();
    once::told(&found)
}

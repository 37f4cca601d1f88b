//! A record with its results, and what accounts of several kinds of rules have in common.

use super::cause::Context;
use super::values::Seen;
use super::{BoundAccount, Check, Outcome};
use crate::column::Batch;
use crate::hir::words::squeezed;
use crate::hir::{self, AsOf, Bounds};
use crate::value::{Points, Value};
use crate::vm::scores::Scores;

/// A record, its results and what its conditions saw; the batch and the scores hold this record alone.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// Its data.
    pub batch: &'a Batch,
    /// Its results.
    pub scores: &'a Scores,
    /// What its conditions saw.
    pub seen: &'a dyn Seen,
    /// The moment of the run.
    pub as_of: AsOf,
    /// The key in words.
    pub key: &'a str,
    /// What is wrong with its cells; what is about a property begins with its name and a colon.
    pub faults: &'a [String],
}

/// How a condition with a line of its own came out.
pub(super) fn condition_check(
    context: &Context<'_>,
    condition: &hir::Expr,
    rule: String,
    because: Option<&hir::Because>,
    span: crate::source::Span,
    passed: bool,
) -> Check {
    let outcome = match context.seen.truth(condition) {
        _ if passed => Outcome::Passed,
        Some(true) => Outcome::Fired,
        Some(false) => Outcome::NotFired,
        None => Outcome::Unknown,
    };
    Check {
        line: context.sources.place(span).line,
        rule,
        because: because.map(|b| b.text.to_string()),
        outcome,
        seen: context.seen_values(&[condition]),
        why: if passed { Vec::new() } else { context.causes(condition) },
    }
}

/// What bounds did to a sum of hundredths, if they did anything.
pub(super) fn bound(context: &Context<'_>, bounds: &Bounds, sum: i128) -> Option<BoundAccount> {
    let to = bounds.clamp(sum);
    let from = Points(i64::try_from(sum).ok()?);
    if to == from {
        return None;
    }
    let acting = if to < from { bounds.max } else { bounds.min };
    let rule = match acting.filter(|(at, _)| *at == to) {
        Some((_, span)) => squeezed(context.sources, span),
        None => format!("the limit of {} points", Points::LIMIT),
    };
    Some(BoundAccount { rule, from, to })
}

/// A number for a sentence.
pub(super) fn number(value: &Value) -> Option<f64> {
    super::cause::decimal(value).map(crate::value::Decimal::to_f64)
}

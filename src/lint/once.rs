//! One cause gives one finding: what follows from another finding is left out.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// The findings without those that only repeat the cause of another.
pub(super) fn told(found: &Diagnostics) -> Diagnostics {
    let causes: Vec<&Diagnostic> = found.iter().filter(|d| is_cause(d.code)).collect();
    found.iter().filter(|d| !causes.iter().any(|cause| follows(d, cause))).cloned().collect()
}

/// Whether other findings can follow from this one.
const fn is_cause(code: Code) -> bool {
    matches!(code, Code::NeverTrue | Code::AlwaysTrue | Code::DeadPoints | Code::DuplicateRule)
}

fn follows(d: &Diagnostic, cause: &Diagnostic) -> bool {
    match (cause.code, d.code) {
        (Code::NeverTrue, Code::UnknownNeverFires | Code::UnreachableThreshold) => holds(cause.span, d.span),
        (Code::AlwaysTrue, Code::UnknownNeverFires) => holds(cause.span, d.span),
        (Code::AlwaysTrue, Code::UnreachableBranch) => d.labels.iter().any(|l| holds(l.span, cause.span)),
        (Code::DeadPoints, Code::SubsumedRule) => holds(cause.span, d.span),
        (Code::DuplicateRule, Code::DeadPoints) => {
            holds(d.span, cause.span) || cause.labels.iter().any(|l| holds(d.span, l.span))
        }
        _ => false,
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

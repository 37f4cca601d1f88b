//! One cause gives one finding: what follows from another finding is left out.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// The findings without those that only repeat the cause of another.
pub(super) fn told(found: &Diagnostics) -> Diagnostics {
    let causes = Causes::of(found);
    found.iter().filter(|d| !causes.explain(d)).cloned().collect()
}

/// The findings from which others can follow.
struct Causes {
    never_true: Places,
    always_true: Places,
    dead_points: Places,
    duplicate_rule: Places,
    /// Where the rules stand that duplicates repeat.
    repeated: Places,
}

impl Causes {
    fn of(found: &Diagnostics) -> Self {
        let of = |code: Code| found.iter().filter(move |d| d.code == code);
        let places = |code: Code| Places::of(of(code).map(|d| d.span));
        Self {
            never_true: places(Code::NeverTrue),
            always_true: places(Code::AlwaysTrue),
            dead_points: places(Code::DeadPoints),
            duplicate_rule: places(Code::DuplicateRule),
            repeated: Places::of(of(Code::DuplicateRule).flat_map(|d| &d.labels).map(|l| l.span)),
        }
    }

    fn explain(&self, d: &Diagnostic) -> bool {
        if d.code == Code::UnknownNeverFires {
            self.never_true.any_around(d.span) || self.always_true.any_around(d.span)
        } else if d.code == Code::UnreachableThreshold {
            self.never_true.any_around(d.span)
        } else if d.code == Code::UnreachableBranch {
            d.labels.iter().any(|l| self.always_true.any_within(l.span))
        } else if d.code == Code::SubsumedRule {
            self.dead_points.any_around(d.span)
        } else if d.code == Code::DeadPoints {
            self.duplicate_rule.any_within(d.span) || self.repeated.any_within(d.span)
        } else {
            false
        }
    }
}

/// Spans in order of their starts, so that one that holds another is found without going through all.
struct Places {
    spans: Vec<Span>,
    /// For each: the greatest end of its file up to it, and the least from it on.
    ends: Vec<(u32, u32)>,
}

impl Places {
    fn of(spans: impl Iterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_unstable_by_key(|s| (s.file, s.start));
        let mut ends: Vec<(u32, u32)> = spans.iter().map(|s| (s.end, s.end)).collect();
        let mut before: Option<(Span, u32)> = None;
        for (span, (greatest, _)) in spans.iter().zip(&mut ends) {
            *greatest = before.filter(|(s, _)| s.file == span.file).map_or(span.end, |(_, end)| end.max(span.end));
            before = Some((*span, *greatest));
        }
        let mut behind: Option<(Span, u32)> = None;
        for (span, (_, least)) in spans.iter().zip(&mut ends).rev() {
            *least = behind.filter(|(s, _)| s.file == span.file).map_or(span.end, |(_, end)| end.min(span.end));
            behind = Some((*span, *least));
        }
        Self { spans, ends }
    }

    /// Whether one of the spans holds this one.
    fn any_around(&self, inner: Span) -> bool {
        let behind = self.spans.partition_point(|s| (s.file, s.start) <= (inner.file, inner.start));
        let last = behind.checked_sub(1).and_then(|at| self.spans.get(at).zip(self.ends.get(at)));
        last.is_some_and(|(s, (greatest, _))| s.file == inner.file && inner.end <= *greatest)
    }

    /// Whether this span holds one of the spans.
    fn any_within(&self, outer: Span) -> bool {
        let at = self.spans.partition_point(|s| (s.file, s.start) < (outer.file, outer.start));
        let first = self.spans.get(at).zip(self.ends.get(at));
        first.is_some_and(|(s, (_, least))| s.file == outer.file && *least <= outer.end)
    }
}

//! `band-gap`: values between the lowest and the highest line that no line names, in bands, labels, and stages that are ranges of
//! one score.

use std::collections::BTreeMap;

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{CompareOp, Expr, ExprKind, ItemKind, LabelBody, Range, RangeEnd, ScoreId, StageCondition};
use crate::source::Span;
use crate::value::{Decimal, Points, Type, Value};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    context.items(&mut |_, item| {
        if let ItemKind::Band { value, lines, otherwise: None, .. } = &item.kind {
            let ranges: Vec<&Range> = lines.iter().map(|l| &l.range).collect();
            band(value, &ranges, out);
        }
    });
    for label in &context.model.labels {
        if let LabelBody::Ranges { score, lines, otherwise: None } = &label.body {
            let ranges: Vec<&Range> = lines.iter().map(|l| &l.range).collect();
            by_score(context, *score, &ranges, "label", out);
        }
    }
    lifecycles(context, out);
}

/// Two neighbours in order of their lower ends.
fn neighbours<'r>(ranges: &[&'r Range]) -> Vec<(&'r Range, &'r Range)> {
    let mut sorted: Vec<&Range> = ranges.to_vec();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)));
    sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| (*a, *b)).collect()
}

fn key(range: &Range) -> f64 {
    range.lo.map_or(f64::NEG_INFINITY, |e| number(&e))
}

fn number(end: &RangeEnd) -> f64 {
    match end {
        RangeEnd::Decimal(d) => d.to_f64(),
        RangeEnd::Date(d) => f64::from(*d),
        #[expect(clippy::cast_precision_loss, reason = "only for an order")]
        RangeEnd::DateTime(m) => *m as f64,
    }
}

fn band(value: &Expr, ranges: &[&Range], out: &mut Diagnostics) {
    for (below, above) in neighbours(ranges) {
        let (Some(hi), Some(lo)) = (below.hi, above.lo) else { continue };
        let gap = match (&value.ty, hi, lo) {
            (Type::Integer, RangeEnd::Decimal(hi), RangeEnd::Decimal(lo)) => integers_between(hi, below.hi_included, lo),
            (Type::Number, RangeEnd::Decimal(hi), RangeEnd::Decimal(lo)) => (hi != lo).then(|| format!("between {hi} and {lo}")),
            (_, RangeEnd::Date(hi), RangeEnd::Date(lo)) => {
                let first = if below.hi_included { hi + 1 } else { hi };
                (first < lo).then(|| days(first, lo - 1))
            }
            _ => None,
        };
        if let Some(gap) = gap {
            report(below.span, above.span, &format!("no line of this band takes values {gap}"), "such a value gives 0", out);
        }
    }
}

fn days(first: i32, last: i32) -> String {
    let text = |day| crate::time::civil(day).map_or_else(String::new, |d| d.to_string());
    if first == last { format!("on {}", text(first)) } else { format!("from {} to {}", text(first), text(last)) }
}

#[expect(clippy::cast_possible_truncation, reason = "ends of bands; beyond the range of i64 there is no gap to tell")]
fn integers_between(hi: Decimal, included: bool, lo: Decimal) -> Option<String> {
    let (h, l) = (hi.to_f64(), lo.to_f64());
    let first = if h.fract() == 0.0 && !included { h } else { h.floor() + 1.0 };
    let last = l.ceil() - 1.0;
    if first > last {
        None
    } else if first == last {
        Some(format!("of {}", first as i64))
    } else {
        Some(format!("from {} to {}", first as i64, last as i64))
    }
}

fn report(below: Span, above: Span, message: &str, note: &str, out: &mut Diagnostics) {
    out.push(
        Diagnostic::new(Code::BandGap, above, message)
            .label("the next line starts here")
            .also(below, "the line before ends here")
            .note(note)
            .help("let the lines meet (`2..<5`, `5..`), or add an `else`"),
    );
}

fn by_score(context: &Context<'_>, score: ScoreId, ranges: &[&Range], what: &str, out: &mut Diagnostics) {
    let neighbours = neighbours(ranges);
    if neighbours.is_empty() {
        return;
    }
    let name = &context.model.sure_score(score).name;
    for (below, above) in neighbours {
        let (Some(RangeEnd::Decimal(hi)), Some(RangeEnd::Decimal(lo))) = (below.hi, above.lo) else { continue };
        let lost = context.reaches(score, &|v| {
            let over = match hi.cmp_points(Points(v)) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Equal => !below.hi_included,
                std::cmp::Ordering::Greater => false,
            };
            over && lo.cmp_points(Points(v)).is_gt()
        });
        if let Some(lost) = lost {
            let message = format!("no line of this {what} matches a `{name}` between {hi} and {lo}, such as {}", Points(lost));
            let gets = if what == "label" { "label" } else { "stage of these" };
            report(below.span, above.span, &message, &format!("such {} gets no {gets}", context.one()), out);
        }
    }
}

/// Stages whose conditions are plain ranges of one score, without `otherwise`.
fn lifecycles(context: &Context<'_>, out: &mut Diagnostics) {
    for lifecycle in context.model.lifecycles.iter().filter(|l| l.otherwise.is_none()) {
        let mut ranges: BTreeMap<ScoreId, Vec<Range>> = BTreeMap::new();
        let mut plain = true;
        for rule in &lifecycle.rules {
            let StageCondition::Condition(condition) = &rule.when else { continue };
            match range_of(condition) {
                Some((score, range)) => ranges.entry(score).or_default().push(range),
                None => plain = false,
            }
        }
        if let (true, 1, Some((&score, ranges))) = (plain, ranges.len(), ranges.iter().next()) {
            let merged = merged(ranges);
            let refs: Vec<&Range> = merged.iter().collect();
            by_score(context, score, &refs, "lifecycle", out);
        }
    }
}

/// Ranges in order, those that overlap or hold one another put together: the first stage that is true wins, so they may.
fn merged(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)));
    let mut out: Vec<Range> = Vec::new();
    for range in sorted {
        match out.last_mut() {
            Some(last) if last.hi.is_none_or(|h| number(&h) >= key(&range)) => {
                let longer = match (last.hi, range.hi) {
                    (None, _) => false,
                    (_, None) => true,
                    (Some(a), Some(b)) => number(&b) > number(&a) || (number(&b) >= number(&a) && range.hi_included),
                };
                if longer {
                    last.hi = range.hi;
                    last.hi_included = range.hi_included;
                    last.span = range.span;
                }
            }
            _ => out.push(range),
        }
    }
    out
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are ranges of one score")]
fn range_of(expr: &Expr) -> Option<(ScoreId, Range)> {
    match &expr.kind {
        ExprKind::InRange(x, range) => match x.kind {
            ExprKind::Score(id) => Some((id, range.clone())),
            _ => None,
        },
        ExprKind::Compare(op, a, b) => {
            let (ExprKind::Score(id), ExprKind::Literal(Value::Decimal(n))) = (&a.kind, &b.kind) else { return None };
            let end = Some(RangeEnd::Decimal(*n));
            let range = |lo, hi, hi_included| Range { lo, hi, hi_included, span: expr.span };
            Some((
                *id,
                match op {
                    CompareOp::GreaterEqual => range(end, None, true),
                    CompareOp::Less => range(None, end, false),
                    CompareOp::LessEqual => range(None, end, true),
                    CompareOp::Equal => range(end, end, true),
                    CompareOp::Greater => {
                        let above = Decimal { mantissa: n.as_points()?.0.checked_add(1)?.into(), scale: 2 };
                        range(Some(RangeEnd::Decimal(above)), None, true)
                    }
                },
            ))
        }
        ExprKind::And(parts) => {
            let mut found: Option<(ScoreId, Range)> = None;
            for part in parts {
                let (id, range) = range_of(part)?;
                match &mut found {
                    None => found = Some((id, range)),
                    Some((have, all)) if *have == id => {
                        all.lo = all.lo.or(range.lo);
                        if all.hi.is_none() {
                            all.hi = range.hi;
                            all.hi_included = range.hi_included;
                        }
                        all.span = expr.span;
                    }
                    Some(_) => return None,
                }
            }
            found
        }
        _ => None,
    }
}

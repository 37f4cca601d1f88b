//! `unreachable-threshold`: a threshold that no score can reach.

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{CompareOp, Expr, ExprKind, LabelBody, Range, RangeEnd, ScoreId, StageCondition};
use crate::invariant::SureAt as _;
use crate::source::Span;
use crate::value::{Decimal, Points, Value};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for label in &context.model.labels {
        if let LabelBody::Ranges { score, lines, .. } = &label.body {
            for line in lines {
                let text = label.values.sure_at(line.value as usize);
                range(context, *score, &line.range, line.span, &format!("the label `{text}`"), out);
            }
        }
    }
    for lifecycle in &context.model.lifecycles {
        for rule in &lifecycle.rules {
            if let StageCondition::Condition(condition) = &rule.when {
                let stage = lifecycle.stages.sure_at(rule.stage as usize);
                condition_of(context, condition, &format!("the stage `{stage}`"), out);
            }
        }
        for hold in &lifecycle.holds {
            condition_of(context, &hold.condition, "this hold", out);
        }
    }
    for gathered in context.model.rollups.iter().flat_map(|rollup| &rollup.gathered) {
        if let Some(condition) = gathered.fold.condition() {
            condition_of(context, condition, &format!("`{}`", context.words(gathered.span)), out);
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these compare a score; everything else holds them")]
fn condition_of(context: &Context<'_>, expr: &Expr, what: &str, out: &mut Diagnostics) {
    match &expr.kind {
        ExprKind::InRange(x, r) => {
            if let ExprKind::Score(id) = x.kind {
                range(context, id, r, expr.span, what, out);
            }
        }
        ExprKind::Compare(op, a, b) => {
            if let (ExprKind::Score(id), ExprKind::Literal(Value::Decimal(n))) = (&a.kind, &b.kind) {
                let wanted = match op {
                    CompareOp::Equal => (Some((*n, true)), Some((*n, true))),
                    CompareOp::Less => (None, Some((*n, false))),
                    CompareOp::LessEqual => (None, Some((*n, true))),
                    CompareOp::Greater => (Some((*n, false)), None),
                    CompareOp::GreaterEqual => (Some((*n, true)), None),
                };
                compare(context, *id, wanted, expr.span, what, out);
            }
        }
        ExprKind::Not(_) => {}
        ExprKind::Definition(id) => {
            if let Some(definition) = context.model.definition(*id) {
                condition_of(context, &definition.value, what, out);
            }
        }
        _ => expr.operands().for_each(|x| condition_of(context, x, what, out)),
    }
}

fn range(context: &Context<'_>, id: ScoreId, range: &Range, span: Span, what: &str, out: &mut Diagnostics) {
    let decimal = |end: Option<RangeEnd>| match end {
        Some(RangeEnd::Decimal(d)) => Some(d),
        Some(RangeEnd::Date(_) | RangeEnd::DateTime(_)) | None => None,
    };
    let wanted = (decimal(range.lo).map(|d| (d, true)), decimal(range.hi).map(|d| (d, range.hi_included)));
    compare(context, id, wanted, span, what, out);
}

/// Lower and upper end, each with whether it is included.
type Wanted = (Option<(Decimal, bool)>, Option<(Decimal, bool)>);

fn compare(context: &Context<'_>, id: ScoreId, wanted: Wanted, span: Span, what: &str, out: &mut Diagnostics) {
    let Some((min, max)) = context.ends(id) else { return };
    let name = &context.model.sure_score(id).name;
    let (who, one) = (context.who(), context.one());
    let finding = |message: String, help: String| {
        Diagnostic::new(Code::UnreachableThreshold, span, message).label(format!("no {who} gets here")).help(help)
    };
    if let (Some((lo, included)), Some(max)) = (wanted.0, max) {
        let order = lo.cmp_points(max);
        if order.is_gt() || (order.is_eq() && !included) {
            let beyond = if included { format!("{lo}") } else { format!("above {lo}") };
            out.push(finding(
                format!("{what} asks for a `{name}` of {beyond}, but {max} is the most that {one} can get"),
                format!("lower the threshold to {max} or less, or give more points"),
            ));
            return;
        }
    }
    if let (Some((hi, included)), Some(min)) = (wanted.1, min) {
        let order = hi.cmp_points(min);
        if order.is_lt() || (order.is_eq() && !included) {
            out.push(finding(
                format!("{what} asks for a `{name}` of at most {hi}, but {min} is the least that {one} can get"),
                format!("raise the threshold to {min} or more, or take points away"),
            ));
            return;
        }
    }
    // A score has steps, and both ends can lie between two of them.
    if let ((Some((lo, with_lo)), Some((hi, with_hi))), Some(values)) = (wanted, context.possible(id)) {
        let inside = |p: Points| {
            let (above, below) = (lo.cmp_points(p), hi.cmp_points(p));
            (above.is_lt() || (with_lo && above.is_eq())) && (below.is_gt() || (with_hi && below.is_eq()))
        };
        if !values.iter().any(|v| inside(Points(*v))) {
            let near = |p: Option<&i64>| p.map(|v| Points(*v).to_string());
            let under = near(values.iter().rev().find(|v| lo.cmp_points(Points(**v)).is_gt()));
            let over = near(values.iter().find(|v| hi.cmp_points(Points(**v)).is_lt()));
            let nearest: Vec<String> = under.into_iter().chain(over).collect();
            let from = if lo == hi { format!("of {lo}") } else { format!("from {lo} to {hi}") };
            out.push(finding(
                format!("{what} asks for a `{name}` {from}, and no {who} gets there"),
                format!("the nearest values that {one} can get: {}", nearest.join(" and ")),
            ));
        }
    }
}

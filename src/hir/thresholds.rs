//! Where labels and stages begin on a score.

use super::{CompareOp, Expr, ExprKind, LabelBody, Model, RangeEnd, ScoreId, StageCondition};
use crate::invariant::SureAt as _;
use crate::source::Span;
use crate::value::{Points, Value};

/// A number of points from which a label or stage begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The points.
    pub at: Points,
    /// What begins: `grade A`, `lifecycle_stage sql`.
    pub name: String,
    /// Whether a stage begins, and not a label.
    pub stage: bool,
    /// Where the number, the param or its range is written.
    pub span: Span,
}

/// Lower ends of label ranges, and comparisons with numbers in stages, ascending.
#[must_use]
pub fn thresholds(model: &Model, score: ScoreId) -> Vec<Threshold> {
    let mut out = Vec::new();
    for label in &model.labels {
        if let LabelBody::Ranges { score: by, lines, .. } = &label.body
            && *by == score
        {
            for line in lines {
                let name = label.values.sure_at(line.value as usize);
                if let Some(RangeEnd::Decimal(at)) = line.range.lo
                    && let Some(at) = at.as_points()
                {
                    let name = format!("{} {name}", label.name);
                    out.push(Threshold { at, name, stage: false, span: line.range.span });
                }
            }
        }
    }
    for lifecycle in &model.lifecycles {
        for rule in &lifecycle.rules {
            if let StageCondition::Condition(condition) = &rule.when {
                let name = lifecycle.stages.sure_at(rule.stage as usize);
                lower_ends(model, condition, score, &mut |at, span| {
                    out.push(Threshold { at, name: format!("{} {name}", lifecycle.name), stage: true, span });
                });
            }
        }
    }
    out.sort_by_key(|t| t.at);
    out.dedup_by(|a, b| a.at == b.at && a.name == b.name);
    out
}

fn lower_ends(model: &Model, expr: &Expr, score: ScoreId, found: &mut impl FnMut(Points, Span)) {
    if let ExprKind::Compare(CompareOp::GreaterEqual | CompareOp::Greater, a, b) = &expr.kind
        && let (ExprKind::Score(id), ExprKind::Literal(Value::Decimal(at))) = (&a.kind, &b.kind)
        && *id == score
        && let Some(at) = at.as_points()
    {
        found(at, b.span);
    } else if let ExprKind::InRange(a, range) = &expr.kind
        && let (ExprKind::Score(id), Some(RangeEnd::Decimal(at))) = (&a.kind, range.lo)
        && *id == score
        && let Some(at) = at.as_points()
    {
        found(at, range.span);
    } else if let ExprKind::Definition(id) = expr.kind
        && let Some(definition) = model.definition(id)
    {
        lower_ends(model, &definition.value, score, found);
    } else if let ExprKind::And(all) | ExprKind::Or(all) = &expr.kind {
        all.iter().for_each(|part| lower_ends(model, part, score, found));
    } else if let ExprKind::Unless(condition, _) = &expr.kind {
        lower_ends(model, condition, score, found);
    }
}

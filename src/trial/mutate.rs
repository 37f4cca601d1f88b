//! Small changes of the rules that good tests would notice.

use crate::hir::{Bounds, CompareOp, Expr, ExprKind, Fold, Item, ItemKind, Model, RangeEnd, Rollup, ScoreBody, StageCondition};
use crate::source::Span;
use crate::value::{Decimal, Points, Value};

/// A change of a model.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// What was changed, in words.
    pub what: String,
    /// Where.
    pub span: Span,
    /// The changed model.
    pub model: Model,
}

/// Calls `visit` with every changed model, one at a time: points one more, ends of bands one on, comparisons turned, exclusions
/// and bounds left out.
pub fn mutants(model: &Model, visit: &mut dyn FnMut(Mutant)) {
    let mut number = 0;
    loop {
        let mut changed = model.clone();
        let mut change = Change { number, next: 0, done: None };
        change.model(&mut changed);
        let Some((what, span)) = change.done else { return };
        visit(Mutant { what, span, model: changed });
        number += 1;
    }
}

/// Makes the change with this number and no other.
struct Change {
    number: usize,
    next: usize,
    done: Option<(String, Span)>,
}

impl Change {
    /// Whether it is this one's turn.
    fn turn(&mut self, what: impl FnOnce() -> String, span: Span) -> bool {
        let mine = self.next == self.number && self.done.is_none();
        self.next += 1;
        if mine {
            self.done = Some((what(), span));
        }
        mine
    }

    fn model(&mut self, model: &mut Model) {
        for exclusion in &mut model.exclusions {
            if self.turn(|| "the exclusion is left out".into(), exclusion.span) {
                exclusion.condition.kind = ExprKind::Literal(Value::Boolean(false));
            }
            self.condition(&mut exclusion.condition);
        }
        for definition in &mut model.definitions {
            self.condition(&mut definition.value);
        }
        for score in &mut model.scores {
            self.bounds(&mut score.bounds);
            if let ScoreBody::Items { exclusions, items } = &mut score.body {
                for exclusion in exclusions {
                    if self.turn(|| "the exclusion is left out".into(), exclusion.span) {
                        exclusion.condition.kind = ExprKind::Literal(Value::Boolean(false));
                    }
                    self.condition(&mut exclusion.condition);
                }
                items.iter_mut().for_each(|i| self.item(i));
            }
            if let ScoreBody::Conditional(formula) = &mut score.body {
                formula.branches.iter_mut().for_each(|(condition, _)| self.condition(condition));
            }
        }
        for lifecycle in &mut model.lifecycles {
            for hold in &mut lifecycle.holds {
                if self.turn(|| "the hold is left out".into(), hold.span) {
                    hold.condition.kind = ExprKind::Literal(Value::Boolean(false));
                }
                self.condition(&mut hold.condition);
            }
            for rule in &mut lifecycle.rules {
                if let StageCondition::Condition(c) = &mut rule.when {
                    self.condition(c);
                }
            }
        }
        model.rollups.iter_mut().for_each(|rollup| self.rollup(rollup));
    }

    fn rollup(&mut self, rollup: &mut Rollup) {
        if let Some(filter) = &mut rollup.filter {
            self.condition(filter);
            if self.turn(|| "`where ..` is left out".into(), filter.span) {
                rollup.filter = None;
            }
        }
        for gathered in &mut rollup.gathered {
            match &mut gathered.fold {
                Fold::Count(Some(condition)) | Fold::Any(condition) => self.condition(condition),
                Fold::Max(id) => {
                    if self.turn(|| "`max` becomes `min`".into(), gathered.span) {
                        gathered.fold = Fold::Min(*id);
                    }
                }
                Fold::Min(id) => {
                    if self.turn(|| "`min` becomes `max`".into(), gathered.span) {
                        gathered.fold = Fold::Max(*id);
                    }
                }
                Fold::Count(None) | Fold::Sum(_) | Fold::Average(_) => {}
            }
        }
        self.model(&mut rollup.accounts);
    }

    fn points(&mut self, points: &mut Points, span: Span) {
        let more = Points(points.0 + 100);
        if self.turn(|| format!("{} becomes {}", points.signed(), more.signed()), span) {
            *points = more;
        }
    }

    fn bounds(&mut self, bounds: &mut Bounds) {
        for (bound, word) in [(&mut bounds.min, "min"), (&mut bounds.max, "max")] {
            if let Some((points, span)) = *bound
                && self.turn(|| format!("`{word} {points}` is left out"), span)
            {
                *bound = None;
            }
        }
    }

    fn item(&mut self, item: &mut Item) {
        match &mut item.kind {
            ItemKind::If { branches, otherwise, unknown } => {
                for branch in branches {
                    self.condition(&mut branch.condition);
                    self.points(&mut branch.arm.points, branch.arm.points_span);
                }
                otherwise.iter_mut().chain(unknown).for_each(|a| self.points(&mut a.points, a.points_span));
            }
            ItemKind::Band { lines, otherwise, unknown, .. } => {
                for at in 0..lines.len() {
                    self.edge(lines, at);
                }
                lines.iter_mut().for_each(|l| self.points(&mut l.arm.points, l.arm.points_span));
                otherwise.iter_mut().chain(unknown).for_each(|a| self.points(&mut a.points, a.points_span));
            }
            ItemKind::Match { lines, otherwise, unknown, .. } => {
                lines.iter_mut().for_each(|l| self.points(&mut l.arm.points, l.arm.points_span));
                otherwise.iter_mut().chain(unknown).for_each(|a| self.points(&mut a.points, a.points_span));
            }
            ItemKind::MatchEach { lines, otherwise, .. } => {
                lines.iter_mut().for_each(|l| self.points(&mut l.arm.points, l.arm.points_span));
                otherwise.iter_mut().for_each(|a| self.points(&mut a.points, a.points_span));
            }
            ItemKind::MatchEvents { lines, .. } => {
                for line in lines {
                    self.points(&mut line.each.arm.points, line.each.arm.points_span);
                    self.bounds(&mut line.each.bounds);
                }
            }
            ItemKind::Each(each) => {
                self.points(&mut each.arm.points, each.arm.points_span);
                self.bounds(&mut each.bounds);
            }
            ItemKind::Per { arm, bounds, .. } => {
                self.points(&mut arm.points, arm.points_span);
                self.bounds(bounds);
            }
            ItemKind::Group { best, when, bounds, items, .. } => {
                if let Some(count) = best
                    && self.turn(|| format!("`best {count}` becomes `best {}`", *count + 1), item.span)
                {
                    *count += 1;
                }
                if let Some(condition) = when {
                    self.condition(condition);
                    if self.turn(|| "`when ..` is left out".into(), condition.span) {
                        *when = None;
                    }
                }
                self.bounds(bounds);
                items.iter_mut().for_each(|i| self.item(i));
            }
        }
    }

    /// The upper end of a band's line one on, and with it the lower end of the line that starts behind it.
    fn edge(&mut self, lines: &mut [crate::hir::BandLine], at: usize) {
        let Some(line) = lines.get(at) else { return };
        let (Some(hi), span) = (line.range.hi, line.range.span) else { return };
        let on = |end: RangeEnd| match end {
            RangeEnd::Decimal(d) => {
                let unit = 10_i128.pow(d.scale.min(30));
                RangeEnd::Decimal(Decimal { mantissa: d.mantissa.saturating_add(unit), scale: d.scale })
            }
            RangeEnd::Date(day) => RangeEnd::Date(day + 1),
            RangeEnd::DateTime(m) => RangeEnd::DateTime(m + 86_400_000_000),
        };
        let behind = if line.range.hi_included { on(hi) } else { hi };
        let next = lines.iter().position(|l| l.range.lo == Some(behind));
        if !self.turn(|| "this line's upper end is one on".into(), span) {
            return;
        }
        if let Some(next) = next.and_then(|n| lines.get_mut(n)) {
            next.range.lo = Some(on(behind));
        }
        if let Some(line) = lines.get_mut(at) {
            line.range.hi = Some(on(hi));
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are changed")]
    fn condition(&mut self, expr: &mut Expr) {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Not(x) => self.condition(x),
            ExprKind::And(xs) => {
                xs.iter_mut().for_each(|x| self.condition(x));
                if self.turn(|| "`and` becomes `or`".into(), span) {
                    let xs = std::mem::take(xs);
                    expr.kind = ExprKind::Or(xs);
                }
            }
            ExprKind::Or(xs) => {
                xs.iter_mut().for_each(|x| self.condition(x));
                if self.turn(|| "`or` becomes `and`".into(), span) {
                    let xs = std::mem::take(xs);
                    expr.kind = ExprKind::And(xs);
                }
            }
            ExprKind::AtLeast(count, xs) => {
                xs.iter_mut().for_each(|x| self.condition(x));
                if (*count as usize) < xs.len()
                    && self.turn(|| format!("`at least {count}` becomes `at least {}`", *count + 1), span)
                {
                    *count += 1;
                }
            }
            ExprKind::Unless(kept, exception) => {
                self.condition(kept);
                if self.turn(|| "`unless ..` is left out".into(), exception.span) {
                    let kept = std::mem::replace(kept.as_mut(), exception.as_ref().clone());
                    *expr = kept;
                }
            }
            ExprKind::Compare(op, ..) => {
                let turned = match op {
                    CompareOp::Less => CompareOp::LessEqual,
                    CompareOp::LessEqual => CompareOp::Less,
                    CompareOp::Greater => CompareOp::GreaterEqual,
                    CompareOp::GreaterEqual => CompareOp::Greater,
                    CompareOp::Equal => return,
                };
                if self.turn(|| format!("`{}` becomes `{}`", op.sign(), turned.sign()), span) {
                    *op = turned;
                }
            }
            _ => {}
        }
    }
}

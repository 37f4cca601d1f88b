//! Formulas, labels and lifecycles.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Lowerer;
use super::block::add;
use super::compare::{scaled_floor, whole_ends};
use super::items::limits;
use crate::bytecode::{Bands, Domain, FormulaChoice, FormulaStep, InstrKind, Join, LifecyclePlan, MaskReg, StageLine};
use crate::hir::{
    Conditional, Formula, FormulaArm, FormulaOp, Label, LabelBody, LabelId, Lifecycle, LifecycleId, Score, ScoreId,
    StageCondition,
};
use crate::invariant::{Sure as _, number};
use crate::schema::PropId;
use crate::value::{Decimal, Type};
use crate::vm::scores::NONE;

const ROWS: Domain = Domain::Records;

impl Lowerer<'_> {
    pub(super) fn formula(&mut self, id: ScoreId, score: &Score, formula: &Formula) {
        let mut steps = Vec::new();
        let denominator = fraction(formula, &mut steps);
        // In hundredths: a hundred times the numerator, with what both share taken out.
        let shared = gcd(100, denominator);
        scale(&mut steps, 100 / shared);
        let op = InstrKind::Formula(id, steps.into(), denominator / shared, limits(&score.bounds));
        self.builder.effect(op, score.span);
    }

    /// One of several formulas: each for the records whose branch decides.
    pub(super) fn conditional(&mut self, id: ScoreId, score: &Score, formula: &Conditional) {
        let span = score.span;
        let mut taken = self.builder.fill(false, ROWS, span);
        let mut all_false = self.builder.fill(true, ROWS, span);
        let mut choices = Vec::new();
        for (condition, then) in &formula.branches {
            let (t, f) = self.truth(condition, ROWS);
            let rows = self.builder.and_not(t, taken, ROWS, span);
            taken = self.builder.or(taken, t, ROWS, span);
            all_false = self.builder.and(all_false, f, ROWS, span);
            choices.push(choice(then, rows));
        }
        choices.push(choice(&formula.otherwise, all_false));
        let decided = self.builder.or(taken, all_false, ROWS, span);
        let open = self.builder.not(decided, ROWS, span);
        self.builder.effect(InstrKind::Unknown(id, formula.item, open), span);
        choices.extend(formula.unknown.as_ref().map(|unknown| choice(unknown, open)));
        self.builder.effect(InstrKind::Choose(id, formula.item, choices.into(), limits(&score.bounds)), span);
    }

    pub(super) fn label(&mut self, id: LabelId, label: &Label) {
        let op = match &label.body {
            LabelBody::Ranges { score, lines, otherwise } => {
                let held: Vec<((i64, i64), u32)> = lines.iter().map(|l| (whole_ends(&l.range, 2), l.value)).collect();
                let mut ends: Vec<i64> = held.iter().flat_map(|((lo, hi), _)| [Some(*lo), hi.checked_add(1)]).flatten().collect();
                ends.retain(|&end| end != i64::MIN);
                ends.sort_unstable();
                ends.dedup();
                let starts = std::iter::once(i64::MIN).chain(ends.iter().copied());
                let codes = starts
                    .map(|start| {
                        let line = held.iter().find(|((lo, hi), _)| (*lo..=*hi).contains(&start));
                        line.map(|(_, value)| *value).or(otherwise.as_ref().map(|o| o.value)).unwrap_or(NONE)
                    })
                    .collect();
                InstrKind::Band(id, *score, add(&mut self.tables.tables.bands, Bands { ends, codes }))
            }
            LabelBody::Labels { label: by, lines, otherwise } => {
                let size = self.model.sure_label(*by).values.len();
                let rest = otherwise.as_ref().map_or(NONE, |line| line.value);
                let mut codes = vec![rest; size];
                for line in lines {
                    for key in &line.keys {
                        if let Some(slot) = codes.get_mut(*key as usize) {
                            *slot = line.value;
                        }
                    }
                }
                let join = Join { sizes: vec![number(size)], codes };
                InstrKind::Join(id, [*by].as_slice().into(), add(&mut self.tables.tables.joins, join))
            }
            LabelBody::Join(parts) => {
                let join = self.join(label, parts);
                InstrKind::Join(id, parts.as_slice().into(), add(&mut self.tables.tables.joins, join))
            }
        };
        self.builder.effect(op, label.span);
    }

    fn join(&self, label: &Label, parts: &[LabelId]) -> Join {
        let places: FxHashMap<&str, u32> = (0..).zip(&label.values).map(|(at, text)| (&**text, at)).collect();
        let mut texts = vec![String::new()];
        let mut sizes = Vec::new();
        for part in parts {
            let values = &self.model.sure_label(*part).values;
            sizes.push(number(values.len()));
            texts = texts.iter().flat_map(|text| values.iter().map(move |value| format!("{text}{value}"))).collect();
        }
        let codes = texts.iter().map(|text| *places.get(text.as_str()).sure("a join has each text of its parts")).collect();
        Join { sizes, codes }
    }

    pub(super) fn lifecycle(&mut self, id: LifecycleId, lifecycle: &Lifecycle) {
        let span = lifecycle.span;
        let before = lifecycle
            .property
            .map(|property| self.builder.code(InstrKind::LoadCode(crate::bytecode::ColumnRef::Property(property)), ROWS, span));
        let mut holds = Vec::new();
        for hold in &lifecycle.holds {
            let (t, f) = self.truth(&hold.condition, ROWS);
            holds.push((hold.item, t, f));
        }
        let mut lines = Vec::new();
        let mut open: Vec<(PropId, MaskReg)> = Vec::new();
        for rule in &lifecycle.rules {
            let condition = match &rule.when {
                StageCondition::Excluded => None,
                StageCondition::Condition(condition) => {
                    let (t, f) = self.truth(condition, ROWS);
                    let decided = self.builder.or(t, f, ROWS, rule.span);
                    let unknown = self.builder.not(decided, ROWS, rule.span);
                    open.extend(self.facts.mentions(condition).properties.iter().map(|p| (*p, unknown)));
                    Some((t, f))
                }
            };
            lines.push(StageLine { stage: rule.stage, item: rule.item, condition });
        }
        let plan = LifecyclePlan {
            lifecycle: id,
            before,
            holds,
            lines,
            otherwise: lifecycle.otherwise.as_ref().map(|o| o.0),
            forward_only: lifecycle.forward_only.is_some(),
            blame: self.blame(open, lifecycle),
        };
        self.builder.effect(InstrKind::Lifecycle(Arc::new(plan)), span);
    }

    /// For each property: where it is unknown together with a condition that looks at it.
    fn blame(&mut self, mut open: Vec<(PropId, MaskReg)>, lifecycle: &Lifecycle) -> Vec<(PropId, MaskReg)> {
        let span = lifecycle.span;
        open.sort_unstable();
        let mut blame: Vec<(PropId, MaskReg)> = Vec::new();
        for (property, unknown) in open {
            match blame.last_mut() {
                Some((last, mask)) if *last == property => *mask = self.builder.or(*mask, unknown, ROWS, span),
                Some(_) | None => blame.push((property, unknown)),
            }
        }
        let mut result = Vec::new();
        for (property, mask) in blame {
            let Some(ty) = self.model.schema.property(property).map(|p| p.ty.clone()) else { continue };
            if matches!(ty, Type::SetOf(_) | Type::SetOfText) {
                continue;
            }
            let value = self.column(crate::bytecode::ColumnRef::Property(property), &ty, ROWS, span);
            let known = self.known(value, ROWS, span);
            result.push((property, self.builder.and_not(mask, known, ROWS, span)));
        }
        result
    }
}

fn choice(arm: &FormulaArm, rows: MaskReg) -> FormulaChoice {
    let mut steps = Vec::new();
    let denominator = fraction(&arm.formula, &mut steps);
    let shared = gcd(100, denominator);
    scale(&mut steps, 100 / shared);
    FormulaChoice { arm: arm.arm.id, rows, steps: steps.into(), denominator: denominator / shared }
}

/// Puts the steps for a formula's numerator and gives its denominator, above zero.
pub(super) fn fraction(formula: &Formula, steps: &mut Vec<FormulaStep>) -> i128 {
    match formula {
        Formula::Score(id, _) => {
            steps.push(FormulaStep::Score(*id));
            100
        }
        Formula::Number(n, _) => {
            let n = n.normalized();
            steps.push(FormulaStep::Constant(n.mantissa));
            power_of_ten(n)
        }
        Formula::Negate(a) => {
            let denominator = fraction(a, steps);
            steps.push(FormulaStep::Scale(-1));
            denominator
        }
        Formula::Binary(FormulaOp::Add, a, b) => {
            let denominator = together(&[a, b], steps, None);
            steps.push(FormulaStep::Add);
            denominator
        }
        Formula::Binary(FormulaOp::Subtract, a, b) => {
            let denominator = together(&[a, b], steps, None);
            steps.push(FormulaStep::Subtract);
            denominator
        }
        Formula::Binary(FormulaOp::Multiply, a, b) => {
            let denominator = fraction(a, steps).saturating_mul(fraction(b, steps));
            steps.push(FormulaStep::Multiply);
            denominator
        }
        Formula::Divide(a, n) => {
            let denominator = fraction(a, steps);
            let n = n.normalized();
            let (up, down) = (power_of_ten(n), denominator.saturating_mul(n.mantissa.saturating_abs()).max(1));
            let shared = gcd(up, down);
            scale(steps, up / shared * n.mantissa.signum());
            down / shared
        }
        Formula::Min(parts) => together(&parts.iter().collect::<Vec<_>>(), steps, Some(FormulaStep::Min)),
        Formula::Max(parts) => together(&parts.iter().collect::<Vec<_>>(), steps, Some(FormulaStep::Max)),
    }
}

/// The parts over one denominator; `between` joins each but the first with what is before it.
fn together(parts: &[&Formula], steps: &mut Vec<FormulaStep>, between: Option<FormulaStep>) -> i128 {
    let each: Vec<(Vec<FormulaStep>, i128)> = parts
        .iter()
        .map(|part| {
            let mut steps = Vec::new();
            let denominator = fraction(part, &mut steps);
            (steps, denominator)
        })
        .collect();
    let common = each.iter().fold(1_i128, |all, (_, d)| (all / gcd(all, *d)).saturating_mul(*d));
    for (at, (part, denominator)) in each.into_iter().enumerate() {
        steps.extend(part);
        scale(steps, common / denominator);
        steps.extend(between.filter(|_| at > 0));
    }
    common
}

fn scale(steps: &mut Vec<FormulaStep>, by: i128) {
    if by != 1 {
        steps.push(FormulaStep::Scale(by));
    }
}

fn power_of_ten(n: Decimal) -> i128 {
    scaled_floor(Decimal::whole(1), n.scale)
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.saturating_abs(), b.saturating_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

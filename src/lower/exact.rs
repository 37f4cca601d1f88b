//! Sums and products of scores: exact numerators over a power of ten.

use super::Lowerer;
use super::expr::Val;
use super::outputs::fraction;
use crate::bytecode::{Domain, FormulaStep, InstrKind};
use crate::hir::{CompareOp, Expr, Formula, FormulaOp, Range, RangeEnd};
use crate::source::Span;
use crate::value::Value;

impl Lowerer<'_> {
    /// Both sides of a comparison of which at least one is computed from scores.
    pub(super) fn exact_sides(&self, a: &Expr, b: &Expr) -> Option<(Formula, Formula)> {
        if self.model.computed(a).is_none() && self.model.computed(b).is_none() {
            return None;
        }
        self.model.exact(a).zip(self.model.exact(b))
    }

    /// `a OP b`, exactly.
    pub(super) fn exact_compare(
        &mut self,
        op: CompareOp,
        (a, b): (Formula, Formula),
        operands: [&Expr; 2],
        domain: Domain,
        span: Span,
    ) -> Val {
        operands.iter().for_each(|operand| self.seen(operand, domain));
        self.exact_test(op, a, b, domain, span)
    }

    fn exact_test(&mut self, op: CompareOp, a: Formula, b: Formula, domain: Domain, span: Span) -> Val {
        let mut steps = Vec::new();
        fraction(&Formula::Binary(FormulaOp::Subtract, Box::new(a), Box::new(b)), &mut steps);
        let (sign, known) = self.builder.int(InstrKind::ExactSign(steps.into()), domain, span);
        let (lo, hi) = match op {
            CompareOp::Equal => (0, 0),
            CompareOp::Less => (-1, -1),
            CompareOp::LessEqual => (-1, 0),
            CompareOp::Greater => (1, 1),
            CompareOp::GreaterEqual => (0, 1),
        };
        let mask = self.builder.mask(InstrKind::RangeInt(sign, lo, hi), domain, span);
        self.leaf(mask, known, domain, span)
    }

    /// Whether an exact value lies in a range.
    pub(super) fn exact_in_range(&mut self, value: &Expr, x: &Formula, range: &Range, domain: Domain, span: Span) -> Val {
        self.seen(value, domain);
        let upper = if range.hi_included { CompareOp::LessEqual } else { CompareOp::Less };
        let ends = [(range.lo, CompareOp::GreaterEqual), (range.hi, upper)];
        let tests: Vec<Val> = ends
            .into_iter()
            .filter_map(|(end, op)| match end? {
                RangeEnd::Decimal(n) => Some((n, op)),
                RangeEnd::Date(_) | RangeEnd::DateTime(_) => None,
            })
            .map(|(n, op)| self.exact_test(op, x.clone(), Formula::Number(n, span), domain, span))
            .collect();
        self.both(tests, domain, span)
    }

    fn both(&mut self, tests: Vec<Val>, domain: Domain, span: Span) -> Val {
        let start = (self.builder.fill(true, domain, span), self.builder.fill(false, domain, span));
        let (t, f) = tests.into_iter().fold(start, |(t, f), test| match test {
            Val::Truth(pt, pf) => (self.builder.and(t, pt, domain, span), self.builder.or(f, pf, domain, span)),
            Val::Int(..) | Val::Num(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => (t, f),
        });
        Val::Truth(t, f)
    }

    /// Whether an exact value is one of some constants.
    pub(super) fn exact_in_values(&mut self, value: &Expr, x: &Formula, values: &[Value], domain: Domain, span: Span) -> Val {
        self.seen(value, domain);
        let (_, known) = self.exact_number(x, domain, span);
        let mut any = self.builder.fill(false, domain, span);
        for n in values.iter().filter_map(Value::as_decimal) {
            if let Val::Truth(t, _) = self.exact_test(CompareOp::Equal, x.clone(), Formula::Number(n, span), domain, span) {
                any = self.builder.or(any, t, domain, span);
            }
        }
        self.leaf(any, known, domain, span)
    }

    /// The float nearest to an exact value, and where it is known.
    pub(super) fn exact_number(
        &mut self,
        x: &Formula,
        domain: Domain,
        span: Span,
    ) -> (crate::bytecode::NumReg, crate::bytecode::MaskReg) {
        let mut steps: Vec<FormulaStep> = Vec::new();
        let denominator = fraction(x, &mut steps);
        self.builder.num(InstrKind::ExactNum(steps.into(), denominator.max(1).ilog10()), domain, span)
    }

    /// Keeps the values of an operand for those who ask how a comparison came about.
    fn seen(&mut self, operand: &Expr, domain: Domain) {
        if !self.options.fuse {
            self.lower(operand, domain);
        }
    }
}

//! Sums and products of scores in conditions: they are exact, so they must be small enough.

use super::checker::Checker;
use super::formula::{Size, common, fits, number_size};
use crate::diag::Code;
use crate::hir::{ArithmeticOp, Expr, ExprKind, Range, RangeEnd};
use crate::source::Span;
use crate::value::{Decimal, Points, Type, Value};

/// A sum or product may have this many operands, definitions written out.
const OPERANDS: usize = 4096;

/// How large the exact value of an expression can be, and how many operands it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact {
    size: Size,
    operands: usize,
}

impl Exact {
    fn pair(a: Self, b: Self, size: Option<Size>) -> Option<Self> {
        let operands = a.operands.saturating_add(b.operands);
        size.filter(|_| operands <= OPERANDS).map(|size| Self { size, operands })
    }

    fn sum(a: Self, b: Self) -> Option<Self> {
        let (x, y) = common(a.size, b.size)?;
        let numerator = x.numerator.checked_add(y.numerator)?;
        Self::pair(a, b, fits(Size { numerator, denominator: x.denominator }))
    }

    fn product(a: Self, b: Self) -> Option<Self> {
        let numerator = a.size.numerator.checked_mul(b.size.numerator)?;
        let denominator = a.size.denominator.checked_mul(b.size.denominator)?;
        Self::pair(a, b, fits(Size { numerator, denominator }))
    }
}

impl Checker<'_> {
    /// How large an exact expression can be; `None` where that is more than can be computed with.
    pub(super) fn exact_size(&self, expr: &Expr) -> Option<Exact> {
        let score = Size { numerator: u128::from(Points::LIMIT.0.unsigned_abs()), denominator: 100 };
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are exact; a score is all else that is one")]
        match &expr.kind {
            ExprKind::Literal(Value::Decimal(n)) => number_size(*n).map(|size| Exact { size, operands: 1 }),
            ExprKind::Definition(id) => self.exact_sizes.get(id).copied(),
            ExprKind::Negate(x) => self.exact_size(x),
            ExprKind::Arithmetic(ArithmeticOp::Add | ArithmeticOp::Subtract, a, b) => {
                Exact::sum(self.exact_size(a)?, self.exact_size(b)?)
            }
            ExprKind::Arithmetic(_, a, b) => Exact::product(self.exact_size(a)?, self.exact_size(b)?),
            _ => Some(Exact { size: score, operands: 1 }),
        }
    }

    /// Whether an expression over scores is a sum or product, which may have more than two decimals.
    pub(super) fn is_computed(&self, expr: &Expr) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are computed")]
        match &expr.kind {
            ExprKind::Negate(_) | ExprKind::Arithmetic(..) => true,
            ExprKind::Definition(id) => self.env.definitions.get(id.index()).is_some_and(|d| self.is_computed(&d.value)),
            _ => false,
        }
    }

    /// Whether an exact expression can be computed with; reports where it cannot.
    pub(super) fn fits_exactly(&mut self, expr: &Expr) -> bool {
        let fits = self.exact_size(expr).is_some();
        if !fits {
            self.too_large(expr.span);
        }
        fits
    }

    /// Whether an exact expression can be compared with what is opposite; reports where it cannot.
    pub(super) fn compares_exactly(&mut self, value: &Expr, opposite: impl IntoIterator<Item = Opposite>, span: Span) -> bool {
        if value.ty != Type::Score {
            return true;
        }
        let value = self.exact_size(value);
        let fits = opposite.into_iter().all(|opposite| {
            let opposite = match opposite {
                Opposite::Value(expr) => self.exact_size(&expr),
                Opposite::Number(n) => number_size(n).map(|size| Exact { size, operands: 1 }),
            };
            // Two that are not computed are compared as they are.
            value.zip(opposite).is_none_or(|(a, b)| a.operands + b.operands <= 2 || Exact::sum(a, b).is_some())
        });
        if !fits {
            self.too_large(span);
        }
        fits
    }

    fn too_large(&mut self, span: Span) {
        let message = "this could need more than 36 digits to compute exactly";
        let help = "multiply fewer scores, or use fewer decimals; `score NAME = FORMULA` rounds to two places";
        self.error(Code::TooLarge, span, message, help);
    }
}

/// What an exact expression is compared with.
pub(super) enum Opposite {
    /// Another one.
    Value(Expr),
    /// A constant.
    Number(Decimal),
}

impl Opposite {
    /// The ends of a range.
    pub(super) fn ends(range: &Range) -> Vec<Self> {
        let end = |end: RangeEnd| match end {
            RangeEnd::Decimal(n) => Some(Self::Number(n)),
            RangeEnd::Date(_) | RangeEnd::DateTime(_) => None,
        };
        [range.lo, range.hi].into_iter().flatten().filter_map(end).collect()
    }
}

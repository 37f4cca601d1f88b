//! Sums and products of scores in conditions, in whole numbers: never in floats.

use super::Refusal;
use super::builder::{Builder, Place};
use super::expr::{against, joined};
use super::formula::Fraction;
use crate::hir::{CompareOp, Expr, ExprKind, Range, RangeEnd};
use crate::value::Value;

/// Whole numbers up to this one are floats as they are.
const FLOATS: i128 = 1 << 53;

impl Builder<'_> {
    fn exact(&mut self, expr: &Expr) -> Result<Option<Fraction>, Refusal> {
        self.model.computed(expr).map(|formula| self.fraction(&formula, expr.span)).transpose()
    }

    /// The float nearest to a sum or product.
    pub(super) fn exact_number(&mut self, expr: &Expr) -> Result<String, Refusal> {
        let Some(x) = self.exact(expr)? else { return self.lost(expr) };
        if x.most >= FLOATS {
            return self.refuse(
                "this as a number, since it can have more digits than a float; bounds on its scores would keep it within,",
                expr.span,
            );
        }
        #[expect(clippy::cast_precision_loss, reason = "a power of ten below ten to the 22 is a float as it is")]
        let bottom = x.bottom as f64;
        Ok(format!("(CAST({} AS {}) / {})", x.top, self.dialect.double(), self.dialect.number(bottom)))
    }

    /// A comparison of which a side is a sum or product.
    pub(super) fn exact_compare(&mut self, op: CompareOp, a: &Expr, b: &Expr) -> Result<Option<String>, Refusal> {
        if self.model.computed(a).is_none() && self.model.computed(b).is_none() {
            return Ok(None);
        }
        let constant = |x: &Expr| if let ExprKind::Literal(Value::Decimal(n)) = x.kind { Some(n) } else { None };
        let (op, a, b) = if constant(a).is_some() { (op.mirrored(), b, a) } else { (op, a, b) };
        let Some(left) = self.model.exact(a) else { return Ok(None) };
        let left = self.fraction(&left, a.span)?;
        if let Some(n) = constant(b) {
            return Ok(Some(against(&left.top, op, n, places(&left))));
        }
        let Some(right) = self.model.exact(b) else { return Ok(None) };
        let right = self.fraction(&right, b.span)?;
        let (sides, _) = self.level(vec![left, right], a.span.to(b.span))?;
        let tops: Vec<String> = sides.into_iter().map(|side| side.top).collect();
        Ok(Some(tops.join(&format!(" {} ", op.sign()))))
    }

    /// Whether a sum or product lies in a range.
    pub(super) fn exact_in_range(&mut self, x: &Expr, range: &Range, place: Place) -> Result<Option<String>, Refusal> {
        let Some((column, places)) = self.exact_column(x, place)? else { return Ok(None) };
        let upper = if range.hi_included { CompareOp::LessEqual } else { CompareOp::Less };
        let ends = [(range.lo, CompareOp::GreaterEqual), (range.hi, upper)];
        let parts: Vec<String> = ends
            .into_iter()
            .filter_map(|(end, op)| match end? {
                RangeEnd::Decimal(n) => Some(against(&column, op, n, places)),
                RangeEnd::Date(_) | RangeEnd::DateTime(_) => None,
            })
            .collect();
        Ok(Some(joined(&parts, "AND")))
    }

    /// Whether a sum or product is one of some constants.
    pub(super) fn exact_in_values(&mut self, x: &Expr, values: &[Value], place: Place) -> Result<Option<String>, Refusal> {
        let Some((column, places)) = self.exact_column(x, place)? else { return Ok(None) };
        let numbers = values.iter().filter_map(Value::as_decimal);
        let parts: Vec<String> = numbers.map(|n| against(&column, CompareOp::Equal, n, places)).collect();
        Ok(Some(if parts.is_empty() { format!("{column} <> {column}") } else { joined(&parts, "OR") }))
    }

    /// The numerator as a column, and how many decimals it stands for.
    fn exact_column(&mut self, x: &Expr, place: Place) -> Result<Option<(String, u32)>, Refusal> {
        let Some(formula) = self.model.computed(x) else { return Ok(None) };
        let mut decimals = 0;
        let column = self.worked_out(x.span, " exact", place, |b| {
            let x = b.fraction(&formula, x.span)?;
            decimals = places(&x);
            Ok(x.top)
        })?;
        Ok(Some((column, decimals)))
    }
}

/// How many decimals the numerator of a fraction over a power of ten stands for.
fn places(x: &Fraction) -> u32 {
    x.bottom.max(1).ilog10()
}

//! Arithmetic over columns; what has no result is left out of `ok`.

use crate::column::Mask;
use crate::invariant::fits;
use crate::op::{ArithmeticOp, PickFunction};

use super::masks;

/// Applies `f` to every value.
pub fn map<A: Copy, B>(a: &[A], out: &mut Vec<B>, f: impl Fn(A) -> B) {
    out.clear();
    out.extend(a.iter().map(|&a| f(a)));
}

fn map2<T: Copy>(a: &[T], b: &[T], out: &mut Vec<T>, f: impl Fn(T, T) -> T) {
    out.clear();
    out.extend(a.iter().zip(b).map(|(&a, &b)| f(a, b)));
}

/// Whole numbers; `ok` where the result stays within 64 bits.
pub fn whole(op: ArithmeticOp, a: &[i64], b: &[i64], out: &mut Vec<i64>, ok: &mut Mask) {
    match op {
        ArithmeticOp::Add => {
            map2(a, b, out, i64::wrapping_add);
            masks::test2(a, b, ok, |a, b| a.checked_add(b).is_some());
        }
        ArithmeticOp::Subtract => {
            map2(a, b, out, i64::wrapping_sub);
            masks::test2(a, b, ok, |a, b| a.checked_sub(b).is_some());
        }
        ArithmeticOp::Multiply => {
            map2(a, b, out, i64::wrapping_mul);
            masks::test2(a, b, ok, |a, b| a.checked_mul(b).is_some());
        }
        ArithmeticOp::Divide => {
            // Division gives a number, never a whole one.
            map2(a, b, out, |_, _| 0);
            ok.reset(a.len(), false);
        }
    }
}

/// Floats; `ok` where the result is finite.
pub fn floats(op: ArithmeticOp, a: &[f64], b: &[f64], out: &mut Vec<f64>, ok: &mut Mask) {
    match op {
        ArithmeticOp::Add => map2(a, b, out, |a, b| a + b),
        ArithmeticOp::Subtract => map2(a, b, out, |a, b| a - b),
        ArithmeticOp::Multiply => map2(a, b, out, |a, b| a * b),
        ArithmeticOp::Divide => map2(a, b, out, |a, b| a / b),
    }
    masks::test(out, ok, f64::is_finite);
}

/// Of two columns, each where the mask beside it knows it, the value that the function takes; nothing in particular where neither is
/// known.
pub fn pick<T: Copy + PartialOrd>(function: PickFunction, a: (&[T], &Mask), b: (&[T], &Mask), out: &mut Vec<T>) {
    out.clear();
    out.extend(a.0.iter().zip(b.0).enumerate().map(|(row, (&left, &right))| match (a.1.get(row), b.1.get(row)) {
        (true, true) => function.of(left, right),
        (false, true) => right,
        (true | false, false) => left,
    }));
}

/// A whole number as the nearest float.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "the nearest float is meant")]
pub fn to_float(n: i64) -> f64 {
    n as f64
}

/// Hundredths as the nearest float.
#[must_use]
pub fn points_to_float(n: i64) -> f64 {
    to_float(n) / 100.0
}

/// How many whole steps a float holds; none below zero.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a float beyond 128 bits stands at their end, far above every bound")]
pub fn float_units(value: f64, step: i64) -> i128 {
    if value < 0.0 { 0 } else { value.floor() as i128 / i128::from(step.max(1)) }
}

/// How many whole steps a whole number holds; none below zero.
#[must_use]
pub fn whole_units(value: i64, step: i64) -> i128 {
    i128::from(value.max(0) / step.max(1))
}

/// The float nearest to a quotient of whole numbers, rounded once. The divisor is at most 2 to the 63.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "the numerator holds a bit more than a float for what is cut off, so it is rounded once"
)]
pub fn quotient(dividend: i128, divisor: u64) -> f64 {
    const EXACT: u128 = 1 << 53;
    let (size, by) = (dividend.unsigned_abs(), u128::from(divisor.max(1)));
    let result = if size <= EXACT && by <= EXACT {
        size as f64 / by as f64
    } else {
        // Shifted so that the quotient has 64 bits or more; its last one says whether anything was left over.
        let bits = |n: u128| u128::BITS - n.leading_zeros();
        let shift = (bits(by) + 64).saturating_sub(bits(size));
        let shift = shift.min(size.leading_zeros());
        let shifted = size << shift;
        let whole = (shifted / by) | u128::from(shifted % by != 0);
        whole as f64 / 2.0_f64.powi(fits(shift))
    };
    if dividend < 0 { -result } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_once() {
        assert_eq!(quotient(300_000, 3_000_000), 0.1);
        assert_eq!(quotient(-300_000, 3_000_000), -0.1);
        assert_eq!(quotient(0, 7), 0.0);
        // 2^53 + 1 halves is halfway between two floats, and 2^54 + 3 quarters a little above.
        assert_eq!(quotient((1 << 54) + 1, 1), (1_i64 << 54) as f64);
        assert_eq!(quotient(9_007_199_254_740_993 * 3, 3), 9_007_199_254_740_992.0);
        assert_eq!(quotient(9_007_199_254_740_993 * 3 + 1, 3), 9_007_199_254_740_994.0);
        assert_eq!(quotient(i128::from(i64::MAX) * 4_000_000_000, 4_000_000_000), i64::MAX as f64);
    }
}

//! Arithmetic over columns; what has no result is left out of `ok`.

use crate::column::Mask;
use crate::op::ArithmeticOp;

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

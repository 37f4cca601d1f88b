//! Exact numbers: fractions, the rounding rule, decay, formulas.

use lsrc::hir::{Decay, DecayKind, Formula, FormulaOp};
use lsrc::value::Decimal;

/// A fraction with a positive denominator, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) top: i128,
    pub(crate) bottom: i128,
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Fraction {
    pub(crate) fn new(top: i128, bottom: i128) -> Self {
        assert_ne!(bottom, 0, "a fraction over nothing");
        let common = gcd(top, bottom).max(1) * bottom.signum();
        Self { top: top / common, bottom: bottom / common }
    }

    pub(crate) fn hundredths(points: i64) -> Self {
        Self::new(i128::from(points), 100)
    }

    pub(crate) fn decimal(decimal: Decimal) -> Self {
        Self::new(decimal.mantissa, 10_i128.pow(decimal.scale))
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let (a, b) = (Self::new(self.top, other.bottom), Self::new(other.top, self.bottom));
        Self::new(a.top.checked_mul(b.top).unwrap(), a.bottom.checked_mul(b.bottom).unwrap())
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let bottom = self.bottom / gcd(self.bottom, other.bottom) * other.bottom;
        let top = self.top.checked_mul(bottom / self.bottom).unwrap();
        Self::new(top.checked_add(other.top.checked_mul(bottom / other.bottom).unwrap()).unwrap(), bottom)
    }

    pub(crate) fn negated(self) -> Self {
        Self { top: -self.top, bottom: self.bottom }
    }

    /// As a decimal, which a sum or product of decimals is.
    pub(crate) fn to_decimal(self) -> Decimal {
        let scale = (0..=36).find(|scale| 10_i128.pow(*scale) % self.bottom == 0).expect("a decimal");
        Decimal { mantissa: self.top.checked_mul(10_i128.pow(scale) / self.bottom).unwrap(), scale }
    }

    /// In hundredths, half away from zero.
    pub(crate) fn rounded(self) -> i128 {
        let (whole, rest) = (self.top / self.bottom, self.top % self.bottom);
        let cents = rest * 100;
        let (cent, left) = (cents / self.bottom, cents % self.bottom);
        let away = if left.abs() * 2 >= self.bottom { self.top.signum() } else { 0 };
        whole * 100 + cent + away
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    /// Whole parts first, so that nothing overflows.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let whole = |f: &Self| (f.top.div_euclid(f.bottom), f.top.rem_euclid(f.bottom));
        let ((a, rest_a), (b, rest_b)) = (whole(self), whole(other));
        a.cmp(&b).then_with(|| match (rest_a, rest_b) {
            (0, 0) => std::cmp::Ordering::Equal,
            (0, _) => std::cmp::Ordering::Less,
            (_, 0) => std::cmp::Ordering::Greater,
            // a/b against c/d is d/c against b/a.
            _ => Self { top: other.bottom, bottom: rest_b }.cmp(&Self { top: self.bottom, bottom: rest_a }),
        })
    }
}

/// The value of a formula, unknown if a score in it is.
pub(crate) fn formula(formula: &Formula, scores: &[Option<i64>]) -> Option<Fraction> {
    let all = |parts: &[Formula]| parts.iter().map(|part| self::formula(part, scores)).collect::<Option<Vec<_>>>();
    Some(match formula {
        Formula::Score(id, _) => Fraction::hundredths(scores[id.index()]?),
        Formula::Number(number, _) => Fraction::decimal(*number),
        Formula::Negate(x) => self::formula(x, scores)?.negated(),
        Formula::Binary(FormulaOp::Add, a, b) => self::formula(a, scores)?.plus(self::formula(b, scores)?),
        Formula::Binary(FormulaOp::Subtract, a, b) => self::formula(a, scores)?.plus(self::formula(b, scores)?.negated()),
        Formula::Binary(FormulaOp::Multiply, a, b) => self::formula(a, scores)?.times(self::formula(b, scores)?),
        Formula::Divide(a, number) => {
            let by = Fraction::decimal(*number);
            self::formula(a, scores)?.times(Fraction::new(by.bottom, by.top))
        }
        Formula::Min(parts) => all(parts)?.into_iter().min()?,
        Formula::Max(parts) => all(parts)?.into_iter().max()?,
    })
}

/// What is left of `points` (hundredths) after `age` whole days; an age below zero counts as zero.
pub(crate) fn decayed(points: i64, decay: &Decay, age: i64) -> i128 {
    let age = age.max(0);
    let k = age / i64::from(decay.days);
    let p = i128::from(points);
    match decay.kind {
        DecayKind::Linear { percent } => {
            let left = (100 - i128::from(percent) * i128::from(k)).max(0);
            Fraction::new(p * left, 100 * 100).rounded()
        }
        DecayKind::Compound { percent } => compound(points, u64::from(100 - percent), k),
        DecayKind::Fixed { amount } => {
            let lost = i128::from(amount.0) * i128::from(k);
            p.signum() * (p.abs() - lost).max(0)
        }
        DecayKind::All => {
            let left = (i128::from(decay.days) - i128::from(age)).max(0);
            Fraction::new(p * left, i128::from(decay.days) * 100).rounded()
        }
    }
}

/// `points` times `left` percent, `k` times over, rounded once: multiplied as on paper, digit by digit, and only then cut.
fn compound(points: i64, left: u64, k: i64) -> i128 {
    let mut digits: Vec<u64> = points.unsigned_abs().to_string().bytes().rev().map(|digit| u64::from(digit - b'0')).collect();
    let mut behind_point = 0;
    for _ in 0..k {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * left + carry;
            *digit = product % 10;
            carry = product / 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
        behind_point += 2;
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.len() < behind_point {
            return 0; // below a tenth of a hundredth, and only ever less
        }
    }
    let whole: i128 = digits.iter().skip(behind_point).rev().fold(0, |n, digit| n * 10 + i128::from(*digit));
    let half = behind_point > 0 && digits.get(behind_point - 1).is_some_and(|digit| *digit >= 5);
    i128::from(points.signum()) * (whole + i128::from(half))
}

#[test]
fn rounding_goes_half_away_from_zero() {
    assert_eq!(Fraction::new(5, 1000).rounded(), 1);
    assert_eq!(Fraction::new(-5, 1000).rounded(), -1);
    assert_eq!(Fraction::new(4999, 1_000_000).rounded(), 0);
    assert_eq!(Fraction::new(-125, 10).rounded(), -1250);
    assert_eq!(compound(500, 50, 3), 63); // 5, 2.5, 1.25, 0.625
    assert_eq!(compound(-500, 50, 3), -63);
    assert_eq!(compound(500, 0, 1), 0);
    assert_eq!(compound(1, 50, 1), 1); // 0.005 is rounded to 0.01
    assert_eq!(compound(1, 50, 2), 0);
}

//! How points fade with age: the one place that computes them, so that evaluator, SQL and messages share the same numbers.

use crate::invariant::{Sure as _, fits};
use crate::source::Span;
use crate::value::Points;

/// How points fade with age in whole calendar days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Decay {
    /// The form.
    pub kind: DecayKind,
    /// The period (or, for [`DecayKind::All`], the whole time) in days.
    pub days: u32,
    /// Where it is written.
    pub span: Span,
}

/// The forms of decay; k is the number of whole periods of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum DecayKind {
    /// P x max(0, 1 - percent/100 x k)
    Linear {
        /// 1 to 100.
        percent: u32,
    },
    /// P x (1 - percent/100) to the k
    Compound {
        /// 1 to 100.
        percent: u32,
    },
    /// P less `amount` x k, towards zero and not past it.
    Fixed {
        /// Above zero.
        amount: Points,
    },
    /// P x max(0, 1 - age / days)
    All,
}

impl Decay {
    /// What is left of `points` at `age` calendar days, rounded to hundredths half away from zero, once; an age below zero counts as zero.
    #[must_use]
    pub fn at(&self, points: Points, age: i64) -> Points {
        let days = i64::from(self.days.max(1));
        let age = age.max(0);
        let period = age / days;
        let value = i128::from(points.0);
        let left = match self.kind {
            DecayKind::Linear { percent } => {
                let lost = i128::from(percent) * i128::from(period);
                divide_rounded(value * (100 - lost).max(0), 100)
            }
            DecayKind::Compound { percent } => i128::from(Compound::new(points, percent).nth(period)),
            DecayKind::Fixed { amount } => {
                let lost = i128::from(amount.0.unsigned_abs()) * i128::from(period);
                value.signum() * (value.abs() - lost).max(0)
            }
            DecayKind::All => divide_rounded(value * i128::from((days - age).max(0)), i128::from(days)),
        };
        Points(i64::try_from(left).sure("what is left of points is at most what they were"))
    }

    /// How many days each entry of [`Decay::series`] stands for.
    #[must_use]
    pub fn step(&self) -> i64 {
        if matches!(self.kind, DecayKind::All) { 1 } else { i64::from(self.days.max(1)) }
    }

    /// The points by whole periods of age (for [`DecayKind::All`] by days), until they come to nothing; at most `longest` entries.
    /// Where the series is complete its last entry is zero.
    #[must_use]
    pub fn series(&self, points: Points, longest: usize) -> Vec<Points> {
        let step = self.step();
        let mut compound = match self.kind {
            DecayKind::Compound { percent } => Some(Compound::new(points, percent)),
            DecayKind::Linear { .. } | DecayKind::Fixed { .. } | DecayKind::All => None,
        };
        let mut series = Vec::new();
        let mut age = 0;
        while series.len() < longest {
            let left = match &mut compound {
                Some(compound) => {
                    let left = Points(compound.rounded());
                    compound.step();
                    left
                }
                None => self.at(points, age),
            };
            series.push(left);
            age += step;
            if left.0 == 0 {
                break;
            }
        }
        series
    }
}

/// `a / b` rounded to a whole number, half away from zero; `b` above zero.
#[must_use]
pub fn divide_rounded(a: i128, b: i128) -> i128 {
    let whole = a / b;
    let rest = (a % b).abs();
    // Twice the rest could leave 128 bits; comparing with what is missing cannot.
    if rest >= b - rest { whole + a.signum() } else { whole }
}

/// P x (1 - percent/100) to the k, exactly: the magnitude times 100 to the k, as digits to the base of 100, lowest first.
struct Compound {
    digits: Vec<u8>,
    keep: u16,
    periods: usize,
    sign: i64,
}

impl Compound {
    fn new(points: Points, percent: u32) -> Self {
        let mut rest = points.0.unsigned_abs();
        let mut digits = Vec::new();
        while rest > 0 {
            digits.push(fits(rest % 100));
            rest /= 100;
        }
        let keep = fits(100_u32.saturating_sub(percent));
        Self { digits, keep, periods: 0, sign: points.0.signum() }
    }

    fn step(&mut self) {
        self.periods += 1;
        let mut carry = 0_u16;
        for digit in &mut self.digits {
            let product = u16::from(*digit) * self.keep + carry;
            *digit = fits(product % 100);
            carry = product / 100;
        }
        if carry > 0 {
            self.digits.push(fits(carry));
        }
    }

    /// The value after the periods gone through so far, rounded half away from zero: digits below the point are dropped, the first
    /// of them decides.
    fn rounded(&self) -> i64 {
        let whole = self.digits.iter().skip(self.periods).rev().fold(0_i64, |n, &d| n * 100 + i64::from(d));
        let first_dropped = self.periods.checked_sub(1).and_then(|at| self.digits.get(at));
        self.sign * (whole + i64::from(first_dropped.is_some_and(|&digit| digit >= 50)))
    }

    /// The value after `period` periods.
    fn nth(mut self, period: i64) -> i64 {
        for _ in 0..period {
            if self.rounded() == 0 {
                return 0;
            }
            self.step();
        }
        self.rounded()
    }
}

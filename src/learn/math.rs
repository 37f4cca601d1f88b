//! Logarithms, intervals and tests. `exp`, `ln` and `erfc` come from one library, so that figures are the same on every machine.

use crate::value::Points;

/// The 97.5 % point of the normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// The natural logarithm.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `e` to the `x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The log-odds of a probability.
#[must_use]
pub fn logit(p: f64) -> f64 {
    ln(p / (1.0 - p))
}

/// The probability of log-odds.
#[must_use]
pub fn expit(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// `ln(1 + e^x)`, without overflow.
#[must_use]
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(exp(-x.abs()))
}

/// The two-sided probability of a normal deviate at least this far from 0.
#[must_use]
pub fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Wilson's 95 % interval of the rate of `events` in `n` (Wilson 1927; Newcombe, Statistics in Medicine 17, 857, 1998); the whole
/// range of rates where there is no row.
#[must_use]
pub fn wilson(events: f64, n: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let (rate, z2) = (events / n, Z * Z);
    let centre = rate + z2 / (2.0 * n);
    let half = Z * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).max(0.0).sqrt();
    let whole = 1.0 + z2 / n;
    let low = if events <= 0.0 { 0.0 } else { (centre - half) / whole };
    let high = if events >= n { 1.0 } else { (centre + half) / whole };
    (low, high)
}

/// The false discovery rates of these probabilities (Benjamini and Hochberg, JRSS B 57, 289, 1995), in their order.
#[must_use]
pub fn discovery_rates(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut out = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, (at, p)) in order.iter().enumerate().rev() {
        least = least.min(p * real(order.len()) / real(rank + 1));
        if let Some(q) = out.get_mut(*at) {
            *q = least;
        }
    }
    out
}

/// Log-odds as points, rounded half away from zero to a multiple of `step`; `pdo` points double the odds.
#[must_use]
pub fn points(log_odds: f64, pdo: f64, step: f64) -> f64 {
    let exact = pdo / std::f64::consts::LN_2 * log_odds;
    let rounded = (exact / step).round() * step;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Points as a number.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "points stay far below 2^53 hundredths")]
pub fn number(points: Points) -> f64 {
    points.0 as f64 / 100.0
}

/// A count as a number.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub fn real(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_that_newcombe_prints() {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (events, n, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611), (1.0, 29.0, 0.0061, 0.1718)]
        {
            let (l, h) = wilson(events, n);
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{events} of {n}: {l} {h}");
        }
    }

    #[test]
    fn discovery_rates_never_fall_with_the_probability() {
        let q = discovery_rates(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        let expected = [0.025, 0.05, 0.05, 0.025, 0.5];
        assert!(q.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{q:?}");
    }

    #[test]
    fn points_are_rounded_half_away_from_zero() {
        let doubled = std::f64::consts::LN_2;
        assert_eq!(points(doubled, 10.0, 5.0), 10.0);
        assert_eq!(points(-0.25 * doubled, 10.0, 5.0), -5.0);
        assert_eq!(points(0.2 * doubled, 10.0, 5.0), 0.0);
    }
}

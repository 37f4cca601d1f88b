//! What a value says about conversion: rates, lift, weight of evidence, and points.

use super::math::{discovery_rates, ln, logit, points, two_sided, wilson};

/// Records are shrunk towards the overall rate as if so many more of it had been seen.
pub const PRIOR: f64 = 20.0;

/// Points that double the odds, the step of whole points, and the prior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Points that double the odds.
    pub pdo: f64,
    /// Points are multiples of this.
    pub step: f64,
}

/// Records and conversions of one value, and of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Records.
    pub n: f64,
    /// Conversions.
    pub events: f64,
}

impl Level {
    /// The share that converted.
    #[must_use]
    pub fn rate(self) -> f64 {
        if self.n > 0.0 { self.events / self.n } else { 0.0 }
    }

    /// Its 95 % interval.
    #[must_use]
    pub fn interval(self) -> (f64, f64) {
        wilson(self.events, self.n)
    }

    /// The share over the share of all.
    #[must_use]
    pub fn lift(self, all: Self) -> f64 {
        self.rate() / all.rate()
    }

    /// The weight of evidence, positive where more convert (Good 1950; Siddiqi 2006 has it the other way round), and its part of the
    /// information value; `None` where nobody or everybody of the value converted.
    #[must_use]
    pub fn evidence(self, all: Self) -> Option<(f64, f64)> {
        let (e, o) = (self.events / all.events, (self.n - self.events) / (all.n - all.events));
        if self.events <= 0.0 || self.events >= self.n {
            return None;
        }
        let woe = ln(e / o);
        Some((woe, (e - o) * woe))
    }

    /// The share, drawn towards the share of all.
    #[must_use]
    pub fn shrunk(self, all: Self) -> f64 {
        (self.events + PRIOR * all.rate()) / (self.n + PRIOR)
    }

    /// The log-odds of the shrunk share, less those of all.
    #[must_use]
    pub fn log_odds(self, all: Self) -> f64 {
        logit(self.shrunk(all)) - logit(all.rate())
    }

    /// The points of the value by itself.
    #[must_use]
    pub fn points_alone(self, all: Self, scale: Scale) -> f64 {
        points(self.log_odds(all), scale.pdo, scale.step)
    }

    /// The probability that a value with no bearing on conversion differs so much from the other records (score test).
    #[must_use]
    pub fn chance(self, all: Self) -> f64 {
        let rate = all.rate();
        let spread = (self.n * (1.0 - self.n / all.n) * rate * (1.0 - rate)).sqrt();
        if spread > 0.0 { two_sided((self.events - self.n * rate) / spread) } else { 1.0 }
    }
}

/// The false discovery rates of these levels, over those with at least [`PRIOR`] records; `None` for the others.
#[must_use]
pub fn rates_of_discovery(levels: &[Level], all: Level) -> Vec<Option<f64>> {
    let tested: Vec<f64> = levels.iter().filter(|l| l.n >= PRIOR).map(|l| l.chance(all)).collect();
    let mut q = discovery_rates(&tested).into_iter();
    levels.iter().map(|l| if l.n >= PRIOR { q.next() } else { None }).collect()
}

/// The information value of a column; levels of which nobody or everybody converted are left out.
#[must_use]
pub fn information(levels: &[Level], all: Level) -> f64 {
    levels.iter().filter_map(|l| l.evidence(all)).fold(0.0, |sum, (_, part)| sum + part)
}

/// The mean of some coefficients, weighted by records.
#[must_use]
pub fn weighted_mean(of: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weight) = of.fold((0.0, 0.0), |(sum, weight), (x, n)| (sum + x * n, weight + n));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The probability that two shares differ so much by chance (two-proportion test).
#[must_use]
pub fn two_proportions(a: Level, b: Level) -> f64 {
    let pooled = (a.events + b.events) / (a.n + b.n);
    let spread = (pooled * (1.0 - pooled) * (1.0 / a.n + 1.0 / b.n)).sqrt();
    if a.n > 0.0 && b.n > 0.0 && spread > 0.0 { two_sided((a.rate() - b.rate()) / spread) } else { 1.0 }
}

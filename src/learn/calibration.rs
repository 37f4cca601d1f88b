//! From points to probabilities: a logistic fit of the outcome on the score, and how far it is from the truth.

use super::math::{expit, logit, real, softplus, wilson};

/// A score with its records and conversions.
pub type Cell = (f64, f64, f64);

/// `logit(p) = intercept + slope * score`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Line {
    /// The log-odds at a score of 0.
    pub intercept: f64,
    /// The log-odds for each point.
    pub slope: f64,
}

impl Line {
    /// The line of greatest likelihood less `ridge / 2` times the slope squared; the slope is not below zero where `rising`.
    #[must_use]
    pub fn fit(cells: &[Cell], ridge: f64, rising: bool) -> Self {
        let (n, events) = cells.iter().fold((0.0, 0.0), |(n, e), c| (n + c.1, e + c.2));
        if events <= 0.0 || events >= n {
            return Self::default();
        }
        let level = Self { intercept: logit(events / n), slope: 0.0 };
        // Around the mean, and in units of the spread, the two parts of the line hardly depend on one another.
        let mean = cells.iter().map(|c| c.0 * c.1).sum::<f64>() / n;
        let spread = (cells.iter().map(|c| (c.0 - mean) * (c.0 - mean) * c.1).sum::<f64>() / n).sqrt();
        if spread <= 0.0 {
            return level;
        }
        let scaled: Vec<Cell> = cells.iter().map(|c| ((c.0 - mean) / spread, c.1, c.2)).collect();
        let ridge = ridge / (spread * spread);
        let (mut a, mut b) = (level.intercept, 0.0);
        let mut loss = penalised(&scaled, a, b, ridge);
        for _ in 0..100 {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, -ridge * b, 1e-12, 0.0, ridge + 1e-12);
            for (x, rows, converted) in &scaled {
                let p = expit(a + b * x);
                let (residual, weight) = (converted - rows * p, rows * p * (1.0 - p));
                ga += residual;
                gb += residual * x;
                haa += weight;
                hab += weight * x;
                hbb += weight * x * x;
            }
            let determinant = haa * hbb - hab * hab;
            if determinant.abs() < 1e-300 {
                break;
            }
            let (mut da, mut db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
            let mut shorter = 0;
            let next = loop {
                let next = penalised(&scaled, a + da, b + db, ridge);
                if next <= loss + 1e-12 || shorter > 30 {
                    break next;
                }
                (da, db) = (da / 2.0, db / 2.0);
                shorter += 1;
            };
            (a, b, loss) = (a + da, b + db, next);
            if da.abs() < 1e-12 && db.abs() < 1e-12 || b.abs() > 1e3 {
                break;
            }
        }
        if rising && b < 0.0 {
            return level;
        }
        Self { intercept: a - b * mean / spread, slope: b / spread }
    }

    /// The same from a line nearby, with a slope that is not below zero, in a few steps: for the many fits of a search.
    #[must_use]
    pub fn fit_from(cells: &[Cell], ridge: f64, start: Option<Self>) -> Self {
        let (n, events) = cells.iter().fold((0.0, 0.0), |(n, e), c| (n + c.1, e + c.2));
        if events <= 0.0 || events >= n {
            return Self::default();
        }
        let Some(Self { intercept: mut a, slope: mut b }) = start else { return Self::fit(cells, ridge, true) };
        for _ in 0..6 {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, -ridge * b, 1e-12, 0.0, ridge + 1e-12);
            for (x, rows, converted) in cells {
                let p = expit(a + b * x);
                let (residual, weight) = (converted - rows * p, rows * p * (1.0 - p));
                ga += residual;
                gb += residual * x;
                haa += weight;
                hab += weight * x;
                hbb += weight * x * x;
            }
            let determinant = haa * hbb - hab * hab;
            let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
            if !da.is_finite() || !db.is_finite() || da.abs() > 5.0 || db.abs() > 5.0 {
                return Self::fit(cells, ridge, true);
            }
            (a, b) = (a + da, b + db);
            // The loss is flat where it is least: an error of this size changes it by its square.
            if da.abs() < 1e-6 && db.abs() < 1e-6 {
                break;
            }
        }
        if b < 0.0 { Self { intercept: logit(events / n), slope: 0.0 } } else { Self { intercept: a, slope: b } }
    }

    /// The probability at a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        expit(self.intercept + self.slope * score)
    }

    /// The mean log loss over these records.
    #[must_use]
    pub fn log_loss(&self, cells: &[Cell]) -> f64 {
        let n: f64 = cells.iter().map(|c| c.1).sum();
        penalised(cells, self.intercept, self.slope, 0.0) / n.max(f64::MIN_POSITIVE)
    }

    /// The mean squared error of the probabilities (Brier 1950).
    #[must_use]
    pub fn brier(&self, cells: &[Cell]) -> f64 {
        let n: f64 = cells.iter().map(|c| c.1).sum();
        let part = |(x, rows, converted): &Cell| {
            let p = self.probability(*x);
            converted * (1.0 - p) * (1.0 - p) + (rows - converted) * p * p
        };
        cells.iter().map(part).sum::<f64>() / n.max(f64::MIN_POSITIVE)
    }

    /// Predictions against what happened, in at most ten groups of a tenth of the records or more; those of one prediction stay together.
    #[must_use]
    pub fn groups(&self, cells: &[Cell]) -> Vec<Group> {
        let total: f64 = cells.iter().map(|c| c.1).sum();
        let mut sorted: Vec<(f64, f64, f64)> = cells.iter().map(|c| (self.probability(c.0), c.1, c.2)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut out = Vec::new();
        let (mut rows, mut events, mut sum) = (0.0, 0.0, 0.0);
        for (at, (p, n, e)) in sorted.iter().enumerate() {
            rows += n;
            events += e;
            sum += p * n;
            let last = at + 1 == sorted.len();
            if rows > 0.0 && (rows >= total / 10.0 || last) {
                let (low, high) = wilson(events, rows);
                out.push(Group { rows, converted: events, predicted: sum / rows, observed: events / rows, low, high });
                (rows, events, sum) = (0.0, 0.0, 0.0);
            }
        }
        out
    }
}

/// Records with nearly one prediction.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Group {
    /// How many.
    pub rows: f64,
    /// How many converted.
    pub converted: f64,
    /// The mean prediction.
    pub predicted: f64,
    /// The share that converted.
    pub observed: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The mean and the greatest distance between prediction and share, by groups.
#[must_use]
pub fn errors(groups: &[Group]) -> (f64, f64) {
    let n: f64 = groups.iter().map(|g| g.rows).sum();
    let distance = |g: &Group| (g.predicted - g.observed).abs();
    let mean = groups.iter().map(|g| g.rows * distance(g)).sum::<f64>() / n.max(f64::MIN_POSITIVE);
    (mean, groups.iter().map(distance).fold(0.0, f64::max))
}

/// The sum of log losses and the penalty.
fn penalised(cells: &[Cell], a: f64, b: f64, ridge: f64) -> f64 {
    let part = |(x, rows, converted): &Cell| {
        let t = a + b * x;
        rows * softplus(t) - converted * t
    };
    cells.iter().map(part).sum::<f64>() + ridge / 2.0 * b * b
}

/// The mean of some figures and the standard error of that mean.
#[must_use]
pub fn mean_error(figures: &[f64]) -> (f64, f64) {
    let n = real(figures.len());
    if n < 1.0 {
        return (0.0, 0.0);
    }
    let mean = figures.iter().sum::<f64>() / n;
    let squares: f64 = figures.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, if n > 1.0 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 })
}

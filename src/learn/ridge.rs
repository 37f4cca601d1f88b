//! Ridge logistic regression over patterns: rows that agree in all columns are one pattern with its counts.

use crate::invariant::SureAt as _;

use super::math::{expit, logit, softplus};

/// Rows that agree in all columns: the columns with their values (0 left out), records and conversions.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Column and value.
    pub cells: Vec<(usize, f64)>,
    /// Records.
    pub n: f64,
    /// Conversions.
    pub events: f64,
    /// Log-odds that are given.
    pub offset: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fit {
    /// The log-odds where every column is 0.
    pub intercept: f64,
    /// What each column adds.
    pub coefficients: Vec<f64>,
}

impl Fit {
    /// The log-odds of a pattern.
    #[must_use]
    pub fn log_odds(&self, pattern: &Pattern) -> f64 {
        let add = |(column, value): &(usize, f64)| self.coefficients.get(*column).map_or(0.0, |c| c * value);
        self.intercept + pattern.offset + pattern.cells.iter().map(add).sum::<f64>()
    }

    /// The sum of log losses and the penalty `lambda / 2` times the squares of the coefficients.
    #[must_use]
    pub fn loss(&self, patterns: &[Pattern], lambda: f64) -> f64 {
        let part = |p: &Pattern| {
            let t = self.log_odds(p);
            p.n * softplus(t) - p.events * t
        };
        patterns.iter().map(part).sum::<f64>() + lambda / 2.0 * self.coefficients.iter().map(|c| c * c).sum::<f64>()
    }
}

/// Fits by Newton steps, halved where they would raise the loss; the intercept is not penalised.
#[must_use]
pub fn fit(patterns: &[Pattern], columns: usize, lambda: f64) -> Fit {
    let (n, events) = patterns.iter().fold((0.0, 0.0), |(n, e), p| (n + p.n, e + p.events));
    if events <= 0.0 || events >= n {
        return Fit { intercept: 0.0, coefficients: vec![0.0; columns] };
    }
    improve(Fit { intercept: logit(events / n), coefficients: vec![0.0; columns] }, patterns, lambda, 100).0
}

/// Makes a fit better by at most so many steps; the fit and its loss.
#[must_use]
pub fn improve(start: Fit, patterns: &[Pattern], lambda: f64, steps: usize) -> (Fit, f64) {
    let mut it = start;
    let mut loss = it.loss(patterns, lambda);
    for _ in 0..steps {
        let (gradient, hessian) = derivatives(&it, patterns, lambda);
        let Some(step) = solve(hessian, gradient) else { break };
        let mut part = 1.0;
        let (next, next_loss) = loop {
            let mut next = it.clone();
            for (at, by) in step.iter().enumerate() {
                match at.checked_sub(1) {
                    None => next.intercept += part * by,
                    Some(at) => {
                        if let Some(c) = next.coefficients.get_mut(at) {
                            *c += part * by;
                        }
                    }
                }
            }
            let next_loss = next.loss(patterns, lambda);
            if next_loss <= loss + 1e-12 * loss.abs() || part < 1e-9 {
                break (next, next_loss);
            }
            part /= 2.0;
        };
        let largest = step.iter().fold(0.0_f64, |most, by| most.max((part * by).abs()));
        (it, loss) = (next, next_loss);
        if largest < 1e-11 {
            break;
        }
    }
    (it, loss)
}

/// The gradient of the likelihood and the matrix of second derivatives (lower triangle, row by row); place 0 is the intercept.
fn derivatives(it: &Fit, patterns: &[Pattern], lambda: f64) -> (Vec<f64>, Lower) {
    let size = it.coefficients.len() + 1;
    let mut gradient = vec![0.0; size];
    let mut hessian = Lower::new(size);
    for (at, c) in it.coefficients.iter().enumerate() {
        if let Some(g) = gradient.get_mut(at + 1) {
            *g -= lambda * c;
        }
        hessian.add(at + 1, at + 1, lambda);
    }
    for pattern in patterns {
        let p = expit(it.log_odds(pattern));
        let (residual, weight) = (pattern.events - pattern.n * p, pattern.n * p * (1.0 - p));
        let cells = || std::iter::once((0, 1.0)).chain(pattern.cells.iter().map(|(c, x)| (c + 1, *x)));
        for (row, x) in cells() {
            if let Some(g) = gradient.get_mut(row) {
                *g += residual * x;
            }
            for (column, y) in cells() {
                if column <= row {
                    hessian.add(row, column, weight * x * y);
                }
            }
        }
    }
    (gradient, hessian)
}

/// A symmetric matrix by its lower triangle.
#[derive(Debug, Clone)]
pub struct Lower {
    size: usize,
    cells: Vec<f64>,
}

impl Lower {
    /// Zeros.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * (size + 1) / 2] }
    }

    fn place(row: usize, column: usize) -> usize {
        row * (row + 1) / 2 + column
    }

    /// Adds to a cell of the lower triangle.
    pub fn add(&mut self, row: usize, column: usize, by: f64) {
        if let Some(cell) = self.cells.get_mut(Self::place(row, column)) {
            *cell += by;
        }
    }

    fn get(&self, row: usize, column: usize) -> f64 {
        *self.cells.sure_at(Self::place(row, column))
    }
}

/// Solves `matrix x = right` by Cholesky's decomposition; a direction without curvature gets no step. `None` where the matrix is not
/// positive.
#[must_use]
pub fn solve(mut matrix: Lower, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = matrix.size;
    for row in 0..size {
        for column in 0..=row {
            let (start_r, start_c) = (Lower::place(row, 0), Lower::place(column, 0));
            let sum: f64 = {
                let a = matrix.cells.get(start_r..start_r + column)?;
                let b = matrix.cells.get(start_c..start_c + column)?;
                a.iter().zip(b).map(|(x, y)| x * y).sum()
            };
            let rest = matrix.get(row, column) - sum;
            let value = if row == column {
                if rest < -1e-6 {
                    return None;
                }
                rest.max(1e-12).sqrt()
            } else {
                rest / matrix.get(column, column)
            };
            *matrix.cells.get_mut(Lower::place(row, column))? = value;
        }
    }
    for row in 0..size {
        let sum: f64 = (0..row).map(|c| matrix.get(row, c) * *right.sure_at(c)).sum();
        let value = (right.get(row)? - sum) / matrix.get(row, row);
        *right.get_mut(row)? = value;
    }
    for row in (0..size).rev() {
        let sum: f64 = (row + 1..size).map(|r| matrix.get(r, row) * *right.sure_at(r)).sum();
        let value = (right.get(row)? - sum) / matrix.get(row, row);
        *right.get_mut(row)? = value;
    }
    Some(right)
}

//! From coefficients to small whole points, and the line that turns their sum into a probability.

use super::calibration::{Cell as Point, Line};
use super::histogram::{Histogram, whole};
use crate::invariant::fits;

use super::search::{Cell, LAMBDA, Stop};

/// Points go so far either way.
pub const MOST: i32 = 10;

/// So many scales are tried.
const SCALES: usize = 13;

/// Whole points with their calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// By term.
    pub points: Vec<i32>,
    /// From the sum of points to log-odds.
    pub line: Line,
    /// The penalised loss over what it was learned from.
    pub loss: f64,
}

/// The best whole points for a model.
#[must_use]
pub fn card(stop: &Stop, unit: f64) -> Card {
    let cells: Vec<(u64, f64, f64)> = stop
        .cells
        .iter()
        .filter(|c| c.seen.rows > 0)
        .map(|c| (c.terms, whole(c.seen.rows) / unit, whole(c.seen.events) / unit))
        .collect();
    let size = |c: &f64| c.abs();
    let largest = stop.fit.coefficients.iter().map(size).fold(0.0, f64::max);
    let mut sizes: Vec<f64> = stop.fit.coefficients.iter().map(size).collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(largest).max(largest / 50.0).max(1e-9);
    let most = f64::from(MOST);
    let (low, high) = (0.5 * most / largest.max(1e-9), 0.6 * most / median);
    let high = high.max(low);
    let mut best: Option<Card> = None;
    let mut tried: Vec<Vec<i32>> = Vec::new();
    for step in 0..SCALES {
        let share = super::math::real(step) / super::math::real(SCALES - 1);
        let scale = low * super::math::exp(share * super::math::ln(high / low));
        #[expect(clippy::cast_possible_truncation, reason = "held within bounds")]
        let round = |c: &f64| (c * scale).round().clamp(-most, most) as i32;
        let start: Vec<i32> = stop.fit.coefficients.iter().map(round).collect();
        if tried.contains(&start) {
            continue;
        }
        tried.push(start.clone());
        let found = descend(start, &cells);
        if best.as_ref().is_none_or(|b| found.loss < b.loss - 1e-9) {
            best = Some(found);
        }
    }
    best.unwrap_or_else(|| Card { points: vec![0; stop.terms.len()], line: Line::default(), loss: f64::INFINITY })
}

/// Moves single points by one as long as that lowers the loss.
fn descend(start: Vec<i32>, cells: &[(u64, f64, f64)]) -> Card {
    let mut totals: Vec<i32> = cells.iter().map(|(terms, ..)| total(*terms, &start)).collect();
    let (line, loss) = profiled(&start, &totals, cells, None);
    let mut it = Card { points: start, line, loss };
    loop {
        let before = it.loss;
        for at in 0..it.points.len() {
            for by in [1, -1] {
                let Some(old) = it.points.get(at).copied() else { continue };
                if (old + by).abs() > MOST {
                    continue;
                }
                let mut points = it.points.clone();
                if let Some(p) = points.get_mut(at) {
                    *p += by;
                }
                let moved: Vec<i32> = totals
                    .iter()
                    .zip(cells)
                    .map(|(total, (terms, ..))| if terms >> at & 1 == 1 { total + by } else { *total })
                    .collect();
                let (line, loss) = profiled(&points, &moved, cells, Some(it.line));
                if loss < it.loss - 1e-9 * it.loss.abs() {
                    it = Card { points, line, loss };
                    totals = moved;
                    break;
                }
            }
        }
        if it.loss >= before - 1e-7 * before.abs() {
            return it;
        }
    }
}

/// The points of the terms that hold.
#[must_use]
pub fn total(terms: u64, points: &[i32]) -> i32 {
    points.iter().enumerate().filter(|(bit, _)| terms >> bit & 1 == 1).map(|(_, p)| p).sum()
}

/// The best line for these points, and its penalised loss.
fn profiled(points: &[i32], totals: &[i32], cells: &[(u64, f64, f64)], start: Option<Line>) -> (Line, f64) {
    let (low, high) = totals.iter().fold((0, 0), |(l, h), t| (l.min(*t), h.max(*t)));
    let mut sums = vec![(0.0, 0.0); fits(high - low + 1)];
    for (total, (_, n, events)) in totals.iter().zip(cells) {
        if let Some(slot) = usize::try_from(total - low).ok().and_then(|at| sums.get_mut(at)) {
            slot.0 += n;
            slot.1 += events;
        }
    }
    let scored: Vec<Point> =
        (low..).zip(sums).filter(|(_, (n, _))| *n > 0.0).map(|(total, (n, events))| (f64::from(total), n, events)).collect();
    let squares: f64 = points.iter().map(|p| f64::from(p * p)).sum();
    let ridge = LAMBDA * squares;
    let line = Line::fit_from(&scored, ridge, start);
    let n: f64 = scored.iter().map(|c| c.1).sum();
    (line, line.log_loss(&scored) * n + ridge / 2.0 * line.slope * line.slope)
}

/// Log loss, Brier score and AUC of a card over the records that were left out.
#[must_use]
pub fn measured(card: &Card, cells: &[Cell], unit: f64) -> Option<(f64, f64, f64)> {
    let mut histogram = Histogram::new(unit);
    for cell in cells {
        let score = i64::from(total(cell.terms, &card.points)) * 100;
        histogram.add(score, cell.held.events, true);
        histogram.add(score, cell.held.rows - cell.held.events, false);
    }
    let scored: Vec<Point> = histogram.cells().map(|(s, n, e)| (super::math::number(s), n, e)).collect();
    let separation = histogram.separation()?;
    Some((card.line.log_loss(&scored), card.line.brier(&scored), separation.auc))
}

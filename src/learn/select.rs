//! How many lines: the whole path is cross-validated, and the smallest size within one standard error of the best is taken.

use serde::Serialize;

use super::calibration::{Line, mean_error};
use super::histogram::{Histogram, whole};
use super::integers::{Card, card, measured};
use super::math::{expit, softplus};
use super::search::{Data, Stop, Width, path};

/// What a size comes to on records that were left out.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    /// Terms.
    pub terms: usize,
    /// The mean AUC over the folds.
    pub auc: f64,
    /// Its standard error.
    pub auc_error: f64,
    /// The mean log loss.
    pub log_loss: f64,
    /// The mean Brier score.
    pub brier: f64,
    /// The log loss of each fold.
    #[serde(skip)]
    losses: Vec<f64>,
}

/// A model that was learned.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The terms.
    pub stop: Stop,
    /// Their points.
    pub card: Card,
    /// Quality by size; empty where no fold could be measured.
    pub sizes: Vec<Size>,
}

/// The folds of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Each fold by the four others.
    Across,
    /// Each fold by those before it.
    Forward,
}

/// Learns a model: of so many terms if that is said, else of the size that cross-validation finds. `None` where no term helps.
#[must_use]
pub fn learn(data: Data<'_>, width: Width, split: Split, wanted: Option<usize>, threads: usize) -> Option<Learned> {
    let jobs: Vec<Option<u8>> = std::iter::once(None).chain((0..5).map(Some)).collect();
    let run = |job: Option<u8>| -> (Vec<Stop>, Vec<Card>) {
        let stops = match (job, split) {
            (None, _) => path(data, width, |_| true, |_| false),
            (Some(held), Split::Across) => path(data, width, |fold| fold != held, |fold| fold == held),
            (Some(0), Split::Forward) => Vec::new(),
            (Some(held), Split::Forward) => path(data, width, |fold| fold < held, |fold| fold == held),
        };
        // Beside given log-odds points follow from their scale, and no sum of points stands for itself.
        let card = |stop: &Stop| match data.given {
            None => card(stop, data.unit),
            Some(_) => Card { points: vec![0; stop.terms.len()], line: Line::default(), loss: 0.0 },
        };
        let cards = stops.iter().map(card).collect();
        (stops, cards)
    };
    let mut results: Vec<(Vec<Stop>, Vec<Card>)> = Vec::new();
    for jobs in jobs.chunks(threads.max(1)) {
        let done: Vec<(Vec<Stop>, Vec<Card>)> = std::thread::scope(|scope| {
            let handles: Vec<_> = jobs.iter().map(|job| scope.spawn(|| run(*job))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        results.extend(done);
    }
    let mut results = results.into_iter();
    let (stops, cards) = results.next()?;
    let folds: Vec<(Vec<Stop>, Vec<Card>)> = results.collect();
    let sizes = sizes(&folds, stops.len(), data.unit, data.given.is_some());
    let at = match wanted {
        Some(terms) => terms.min(stops.len()),
        None => chosen(&sizes).unwrap_or(stops.len()),
    };
    let stop = stops.get(at.checked_sub(1)?)?.clone();
    let card = cards.get(at - 1)?.clone();
    Some(Learned { stop, card, sizes })
}

/// Log loss, Brier score and AUC of a fit beside given log-odds, over the records that were left out.
fn beside(stop: &Stop, unit: f64) -> Option<(f64, f64, f64)> {
    let mut histogram = Histogram::new(unit);
    let (mut loss, mut squares) = (0.0, 0.0);
    for cell in &stop.cells {
        let add = |(bit, c): (usize, &f64)| if cell.terms >> bit & 1 == 1 { *c } else { 0.0 };
        let odds = stop.fit.intercept + cell.offset + stop.fit.coefficients.iter().enumerate().map(add).sum::<f64>();
        let (n, events) = (whole(cell.held.rows) / unit, whole(cell.held.events) / unit);
        let p = expit(odds);
        loss += n * softplus(odds) - events * odds;
        squares += events * (1.0 - p) * (1.0 - p) + (n - events) * p * p;
        #[expect(clippy::cast_possible_truncation, reason = "log-odds are small")]
        let score = (odds * 1e9).round() as i64;
        histogram.add(score, cell.held.events, true);
        histogram.add(score, cell.held.rows - cell.held.events, false);
    }
    let (n, _) = histogram.total();
    Some((loss / n, squares / n, histogram.separation()?.auc))
}

fn sizes(folds: &[(Vec<Stop>, Vec<Card>)], most: usize, unit: f64, given: bool) -> Vec<Size> {
    let mut out = Vec::new();
    for at in 0..most {
        let mut figures = Vec::new();
        for (stops, cards) in folds {
            // A fold whose path ended earlier keeps its last model.
            let last = stops.len().saturating_sub(1).min(at);
            if let (Some(stop), Some(card)) = (stops.get(last), cards.get(last)) {
                figures.extend(if given { beside(stop, unit) } else { measured(card, &stop.cells, unit) });
            }
        }
        if figures.len() < 2 {
            return Vec::new();
        }
        let of = |pick: fn(&(f64, f64, f64)) -> f64| figures.iter().map(pick).collect::<Vec<f64>>();
        let losses = of(|f| f.0);
        let (auc, auc_error) = mean_error(&of(|f| f.2));
        let (log_loss, brier) = (mean_error(&losses).0, mean_error(&of(|f| f.1)).0);
        out.push(Size { terms: at + 1, auc, auc_error, log_loss, brier, losses });
    }
    out
}

/// The smallest size whose loss is within one standard error of the best, fold by fold.
fn chosen(sizes: &[Size]) -> Option<usize> {
    let best = sizes.iter().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss))?;
    let close = |size: &&Size| {
        let differences: Vec<f64> = size.losses.iter().zip(&best.losses).map(|(a, b)| a - b).collect();
        let (mean, error) = mean_error(&differences);
        mean <= error
    };
    sizes.iter().find(close).map(|size| size.terms)
}

//! Records and conversions by score: all that AUC, KS, deciles and thresholds need, whatever the order of the records.

use std::collections::BTreeMap;

use serde::Serialize;

use super::math::{Z, real, wilson};
use super::short;
use crate::value::Points;

/// Records and how many of them converted; weights are whole numbers of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The records.
    pub rows: u64,
    /// Those that converted.
    pub events: u64,
}

impl Tally {
    /// One record of this weight.
    pub fn add(&mut self, weight: u64, converted: bool) {
        self.rows += weight;
        if converted {
            self.events += weight;
        }
    }

    /// Joins two.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.events += other.events;
    }

    /// The share that converted.
    #[must_use]
    pub fn rate(self) -> Option<f64> {
        (self.rows > 0).then(|| whole(self.events) / whole(self.rows))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub(crate) fn whole(n: u64) -> f64 {
    n as f64
}

/// Records and conversions by score in hundredths.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    cells: BTreeMap<i64, Tally>,
    /// How many weights make one record.
    unit: f64,
}

/// How well a score tells those who convert from those who do not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// The chance that a convert scores higher than another record, ties counting half.
    pub auc: f64,
    /// Its standard error (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 837, 1988).
    pub error: f64,
    /// The greatest distance between the two distribution functions.
    pub ks: f64,
    /// The smallest score at which it is.
    pub ks_at: Points,
}

impl Separation {
    /// The 95 % interval of the AUC.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        ((self.auc - Z * self.error).max(0.0), (self.auc + Z * self.error).min(1.0))
    }
}

/// A tenth of the records, highest scores first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decile {
    /// From 1, the highest.
    pub decile: usize,
    /// The lowest score in it.
    #[serde(serialize_with = "short")]
    pub from: f64,
    /// The highest score in it.
    #[serde(serialize_with = "short")]
    pub to: f64,
    /// Records; those of one score that lie across a border are split in proportion.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Conversions, split likewise.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// The share that converted.
    pub rate: f64,
    /// That share over the overall share.
    pub lift: f64,
    /// The share of all conversions in this tenth and those above it.
    pub captured: f64,
}

/// What a cut-off would give: everybody with at least so many points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cut {
    /// The least points.
    #[serde(serialize_with = "short")]
    pub at: f64,
    /// Records at or above.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub precision: Option<f64>,
    /// The lower end of its 95 % interval.
    pub precision_low: Option<f64>,
    /// The upper end.
    pub precision_high: Option<f64>,
    /// The share of all conversions.
    pub recall: f64,
    /// The share of those that did not convert and lie below.
    pub specificity: f64,
    /// The harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Precision over the overall share.
    pub lift: Option<f64>,
}

impl Histogram {
    /// An empty one, in which `unit` weights make one record.
    #[must_use]
    pub fn new(unit: f64) -> Self {
        Self { cells: BTreeMap::new(), unit }
    }

    /// Counts a record.
    pub fn add(&mut self, score: i64, weight: u64, converted: bool) {
        self.cells.entry(score).or_default().add(weight, converted);
    }

    /// Joins two.
    pub fn merge(&mut self, other: &Self) {
        for (score, tally) in &other.cells {
            self.cells.entry(*score).or_default().merge(*tally);
        }
    }

    /// Records and conversions by score, ascending.
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = (Points, f64, f64)> + '_ {
        self.cells.iter().map(|(score, t)| (Points(*score), whole(t.rows) / self.unit, whole(t.events) / self.unit))
    }

    /// All records and conversions.
    #[must_use]
    pub fn total(&self) -> (f64, f64) {
        let all = self.cells.values().fold(Tally::default(), |mut all, t| {
            all.merge(*t);
            all
        });
        (whole(all.rows) / self.unit, whole(all.events) / self.unit)
    }

    /// AUC and KS; `None` where one of the classes is empty.
    #[must_use]
    pub fn separation(&self) -> Option<Separation> {
        let (n, events) = self.total();
        let others = n - events;
        if events <= 0.0 || others <= 0.0 {
            return None;
        }
        // First the two distribution functions, then the mean and spread of each record's place among the other class.
        let (mut below_e, mut below_o) = (0.0, 0.0);
        let (mut sum, mut squares_e, mut squares_o) = (0.0, 0.0, 0.0);
        let (mut ks, mut ks_at) = (-1.0_f64, Points(0));
        for (score, rows, converted) in self.cells() {
            let lost = rows - converted;
            let place_e = (below_o + lost / 2.0) / others;
            let place_o = 1.0 - (below_e + converted / 2.0) / events;
            sum += converted * place_e;
            squares_e += converted * place_e * place_e;
            squares_o += lost * place_o * place_o;
            below_e += converted;
            below_o += lost;
            let distance = (below_e / events - below_o / others).abs();
            if distance > ks + 1e-15 {
                (ks, ks_at) = (distance, score);
            }
        }
        let auc = sum / events;
        let spread = |squares: f64, n: f64| if n > 1.0 { ((squares - n * auc * auc) / (n - 1.0)).max(0.0) } else { 0.0 };
        let error = (spread(squares_e, events) / events + spread(squares_o, others) / others).sqrt();
        Some(Separation { auc, error, ks, ks_at })
    }

    /// Tenths of the records, highest first.
    #[must_use]
    pub fn deciles(&self) -> Vec<Decile> {
        let (n, events) = self.total();
        if n <= 0.0 {
            return Vec::new();
        }
        let overall = events / n;
        let cells: Vec<(f64, f64, f64)> = self.cells().rev().map(|(s, rows, e)| (super::math::number(s), rows, e)).collect();
        let mut out = Vec::new();
        let mut cell = cells.iter().copied().filter(|c| c.1 > 0.0);
        let mut left = cell.next();
        let mut used = 0.0;
        let mut captured = 0.0;
        for decile in 1..=10 {
            let size = n / 10.0;
            let (mut need, mut converted) = (size, 0.0);
            let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
            while let Some((score, rows, e)) = left {
                let free = rows - used;
                if need <= size * 1e-12 {
                    break;
                }
                let taken = free.min(need);
                converted += e * taken / rows;
                from = from.min(score);
                to = to.max(score);
                need -= taken;
                if taken >= free {
                    left = cell.next();
                    used = 0.0;
                } else {
                    used += taken;
                }
            }
            captured += converted;
            let rate = converted / size;
            let lift = if overall > 0.0 { rate / overall } else { 0.0 };
            let share = if events > 0.0 { captured / events } else { 0.0 };
            out.push(Decile { decile, from, to, rows: size, converted, rate, lift, captured: share });
        }
        out
    }

    /// What the cut-off `at` gives.
    #[must_use]
    pub fn cut(&self, at: Points) -> Cut {
        let (n, events) = self.total();
        let above = self.cells.range(at.0..).fold(Tally::default(), |mut all, (_, t)| {
            all.merge(*t);
            all
        });
        let (rows, converted) = (whole(above.rows) / self.unit, whole(above.events) / self.unit);
        let precision = (rows > 0.0).then(|| converted / rows);
        let (low, high) = wilson(converted, rows);
        let recall = if events > 0.0 { converted / events } else { 0.0 };
        let others = n - events;
        let specificity = if others > 0.0 { 1.0 - (rows - converted) / others } else { 0.0 };
        Cut {
            at: super::math::number(at),
            rows,
            converted,
            precision,
            precision_low: precision.map(|_| low),
            precision_high: precision.map(|_| high),
            recall,
            specificity,
            f1: precision.map(|p| if p + recall > 0.0 { 2.0 * p * recall / (p + recall) } else { 0.0 }),
            lift: precision.filter(|_| events > 0.0).map(|p| p * n / events),
        }
    }

    /// The lowest score from which at most `capacity` records are left, and the next lower score.
    #[must_use]
    pub fn capacity(&self, capacity: f64) -> (Option<Points>, Option<Points>) {
        let mut above = 0.0;
        let mut lowest = None;
        for (score, rows, _) in self.cells().rev() {
            above += rows;
            if above > capacity {
                return (lowest, Some(score));
            }
            lowest = Some(score);
        }
        (lowest, None)
    }

    /// The tenths of this distribution as upper ends: order statistics `v[floor(k(n - 1)/10)]`, each once.
    #[must_use]
    pub fn tenths(&self) -> Vec<Points> {
        let (n, _) = self.total();
        let mut cuts: Vec<Points> = Vec::new();
        for k in 1..10_usize {
            let place = (real(k) * (n - 1.0) / 10.0).floor();
            let mut before = 0.0;
            let found = self.cells().find(|(_, rows, _)| {
                before += rows;
                before > place
            });
            if let Some((score, ..)) = found
                && cuts.last() != Some(&score)
            {
                cuts.push(score);
            }
        }
        cuts
    }

    /// Records by bin: each holds what is above the cut before it and not above its own; the last what is above all.
    #[must_use]
    pub fn binned(&self, cuts: &[Points]) -> Vec<f64> {
        let mut bins = vec![0.0; cuts.len() + 1];
        for (score, rows, _) in self.cells() {
            let at = cuts.partition_point(|cut| *cut < score);
            if let Some(bin) = bins.get_mut(at) {
                *bin += rows;
            }
        }
        bins
    }
}

/// The population stability index of `current` against `reference` by bins, and the value that chance alone gives on average
/// (Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020). Half a record is added everywhere where a bin is empty.
#[must_use]
pub fn stability(reference: &[f64], current: &[f64]) -> Option<(f64, f64)> {
    let (n1, n2): (f64, f64) = (reference.iter().sum(), current.iter().sum());
    if n1 <= 0.0 || n2 <= 0.0 {
        return None;
    }
    let empty = reference.iter().chain(current).any(|&n| n <= 0.0);
    let add = if empty { 0.5 } else { 0.0 };
    let bins = real(reference.len());
    let (w1, w2) = (n1 + add * bins, n2 + add * bins);
    let part = |(r, c): (&f64, &f64)| {
        let (r, c) = ((r + add) / w1, (c + add) / w2);
        (c - r) * super::math::ln(c / r)
    };
    let psi = reference.iter().zip(current).map(part).sum();
    Some((psi, (bins - 1.0) * (1.0 / n1 + 1.0 / n2)))
}

/// Two scores of the same records, compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    /// The AUC of the first.
    pub auc: f64,
    /// The AUC of the second.
    pub against: f64,
    /// The first less the second.
    pub difference: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The probability of a difference at least so great by chance.
    pub p: f64,
}

/// Compares two scores of the same records by the paired test of DeLong, from the counts of every pair of scores.
#[must_use]
pub fn paired(table: &BTreeMap<(i64, i64), Tally>, unit: f64) -> Option<Paired> {
    let (mut first, mut second) = (Histogram::new(unit), Histogram::new(unit));
    for ((a, b), t) in table {
        first.cells.entry(*a).or_default().merge(*t);
        second.cells.entry(*b).or_default().merge(*t);
    }
    let (one, two) = (first.separation()?, second.separation()?);
    let (n, events) = first.total();
    let others = n - events;
    // Each record's place among the other class, for each score.
    let places = |it: &Histogram| -> BTreeMap<i64, (f64, f64)> {
        let (mut below_e, mut below_o) = (0.0, 0.0);
        let place = |(score, rows, converted): (Points, f64, f64)| {
            let lost = rows - converted;
            let it = ((below_o + lost / 2.0) / others, 1.0 - (below_e + converted / 2.0) / events);
            below_e += converted;
            below_o += lost;
            (score.0, it)
        };
        it.cells().map(place).collect()
    };
    let (p1, p2) = (places(&first), places(&second));
    let (mut cross_e, mut cross_o) = (0.0, 0.0);
    for ((a, b), t) in table {
        let (Some(x), Some(y)) = (p1.get(a), p2.get(b)) else { continue };
        let (e, o) = (whole(t.events) / unit, whole(t.rows - t.events) / unit);
        cross_e += e * (x.0 - one.auc) * (y.0 - two.auc);
        cross_o += o * (x.1 - one.auc) * (y.1 - two.auc);
    }
    let covariance = cross_e / (events - 1.0).max(1.0) / events + cross_o / (others - 1.0).max(1.0) / others;
    let variance = (one.error * one.error + two.error * two.error - 2.0 * covariance).max(0.0);
    let difference = one.auc - two.auc;
    let error = variance.sqrt();
    let p = if error > 1e-12 { super::math::two_sided(difference / error) } else { 1.0 };
    Some(Paired { auc: one.auc, against: two.auc, difference, low: difference - Z * error, high: difference + Z * error, p })
}

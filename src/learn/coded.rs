//! Attributes as few levels: bands of numbers, values that are frequent enough, unknown as a level of its own.

use super::columns::{Attribute, Records, Subject, Values};
use super::histogram::Tally;
use crate::column::UNKNOWN_CODE;
use crate::invariant::{SureAt as _, fits};

/// The code of unknown values.
pub const UNKNOWN: u8 = 0;

/// What a level stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// No value.
    Unknown,
    /// A number from the first end to just below the second.
    Range(Option<f64>, Option<f64>),
    /// A text, option or truth value.
    Value(String),
    /// Values that are too rare to stand alone: so many.
    Other(usize),
    /// A member or word that is there.
    Has,
    /// One that is not.
    HasNot,
}

/// An attribute by levels.
#[derive(Debug, Clone)]
pub struct Coded {
    /// What it is about.
    pub subject: Subject,
    /// As rules write it.
    pub words: String,
    /// Whether its numbers are whole.
    pub whole: bool,
    /// By code: what it stands for. Code 0 is unknown.
    pub levels: Vec<Meaning>,
    /// By record.
    pub codes: Vec<u8>,
    /// How many different values the data have.
    pub distinct: usize,
}

/// How attributes are cut.
#[derive(Debug, Clone, Copy)]
pub struct Cutting {
    /// At most so many bands before they are joined.
    pub bands: usize,
    /// At least so many records in a level, and outside of it.
    pub least: usize,
    /// At most so many levels of a text.
    pub levels: usize,
}

impl Coded {
    /// An attribute by levels.
    #[must_use]
    pub fn of(attribute: Attribute, records: usize, cutting: Cutting) -> Self {
        let Attribute { subject, words, whole, values } = attribute;
        let mut it = Self { subject, words, whole, levels: Vec::new(), codes: Vec::new(), distinct: 0 };
        match values {
            Values::Number(values) => it.number(&values, cutting),
            Values::Code(codes, names) => it.texts(&codes, names, cutting),
            Values::Rows(rows) => {
                it.levels = vec![Meaning::HasNot, Meaning::Has];
                it.codes = vec![0; records];
                for row in rows {
                    if let Some(code) = it.codes.get_mut(row as usize) {
                        *code = 1;
                    }
                }
                it.distinct = 2;
            }
        }
        it
    }

    fn number(&mut self, values: &[f64], cutting: Cutting) {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        self.distinct = sorted.chunk_by(|a, b| a == b).count();
        let cuts = cuts(&sorted, cutting, self.whole);
        self.levels = std::iter::once(Meaning::Unknown)
            .chain((0..=cuts.len()).map(|at| {
                let low = at.checked_sub(1).and_then(|at| cuts.get(at)).copied();
                Meaning::Range(low, cuts.get(at).copied())
            }))
            .collect();
        let code = |value: &f64| {
            if value.is_nan() { UNKNOWN } else { fits(cuts.partition_point(|cut| cut <= value) + 1) }
        };
        self.codes = values.iter().map(code).collect();
    }

    fn texts(&mut self, codes: &[u32], names: Vec<String>, cutting: Cutting) {
        let mut counts = vec![0_usize; names.len()];
        for code in codes {
            if let Some(n) = counts.get_mut(*code as usize) {
                *n += 1;
            }
        }
        self.distinct = counts.iter().filter(|n| **n > 0).count();
        let mut frequent: Vec<(usize, usize)> = counts.iter().copied().enumerate().map(|(code, n)| (n, code)).collect();
        frequent.retain(|(n, _)| *n >= cutting.least.max(1));
        frequent.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| names.get(a.1).cmp(&names.get(b.1))));
        frequent.truncate(cutting.levels);
        let rare = self.distinct - frequent.len();
        let mut place = vec![fits(frequent.len() + 1); names.len()];
        self.levels.push(Meaning::Unknown);
        for (at, (_, code)) in (1_u8..).zip(&frequent) {
            if let Some(slot) = place.get_mut(*code) {
                *slot = at;
            }
            self.levels.push(Meaning::Value(names.sure_at(*code).clone()));
        }
        if rare > 0 {
            self.levels.push(Meaning::Other(rare));
        }
        let code = |code: &u32| if *code == UNKNOWN_CODE { UNKNOWN } else { *place.sure_at(*code as usize) };
        self.codes = codes.iter().map(code).collect();
    }

    /// Records and conversions by level.
    #[must_use]
    pub fn tallies(&self, records: &Records) -> Vec<Tally> {
        let mut out = vec![Tally::default(); self.levels.len()];
        for ((code, converted), weight) in self.codes.iter().zip(&records.converted).zip(&records.weights) {
            if let Some(tally) = out.get_mut(usize::from(*code)) {
                tally.add(*weight, *converted);
            }
        }
        out
    }

    /// Whether its levels have an order: bands of a number.
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.levels.iter().any(|l| matches!(l, Meaning::Range(..)))
    }
}

/// Where a number is cut: each cut is the least value of the band above it.
fn cuts(sorted: &[f64], cutting: Cutting, whole: bool) -> Vec<f64> {
    let m = sorted.len();
    let least = cutting.least.max(1);
    let mut cuts: Vec<f64> = Vec::new();
    if m < 2 * least {
        return cuts;
    }
    let slack = m / 100;
    for k in 1..cutting.bands {
        let place = k * (m - 1) / cutting.bands;
        let value = |at: usize| *sorted.sure_at(at.min(m - 1));
        let cut = roundest(value(place.saturating_sub(slack)), value(place + slack), value(place), whole);
        let below = sorted.partition_point(|v| *v < cut);
        let last = cuts.last().map_or(0, |last| sorted.partition_point(|v| v < last));
        // The first value alone is a cut of its own: what is behind it, so that zeros are a band.
        let cut = if below == 0 { sorted.iter().copied().find(|v| *v > cut).unwrap_or(cut) } else { cut };
        let below = sorted.partition_point(|v| *v < cut);
        if below >= least && m - below >= least && below - last >= 1 && cuts.last().is_none_or(|last| cut > *last) {
            cuts.push(cut);
        }
    }
    cuts
}

/// The number between two with the fewest digits; of equally round ones the nearest to `wish`.
fn roundest(low: f64, high: f64, wish: f64, whole: bool) -> f64 {
    if low >= high {
        return wish;
    }
    let mut power = 10_f64.powi(libm::floor(libm::log10(high.abs().max(low.abs()).max(1e-9))) as i32 + 1);
    for _ in 0..18 {
        for step in [power, power / 2.0] {
            if whole && step < 1.0 {
                return wish;
            }
            let near = (wish / step).round() * step;
            let found =
                [near, (low / step).ceil() * step, (high / step).floor() * step].into_iter().find(|x| low <= *x && *x <= high);
            if let Some(x) = found {
                // As it is written: a decimal that prints as it compares.
                return format!("{x:.9}").parse().map_or(wish, |x: f64| if x == 0.0 { 0.0 } else { x });
            }
        }
        power /= 10.0;
    }
    wish
}

/// Records and conversions by level, joined over the bands that start at these bins.
#[must_use]
pub fn joined(tallies: &[Tally], starts: &[usize]) -> Vec<Tally> {
    let mut out = vec![Tally::default(); starts.len()];
    for (at, tally) in tallies.iter().enumerate() {
        let band = starts.partition_point(|start| *start <= at).saturating_sub(1);
        if let Some(slot) = out.get_mut(band) {
            slot.merge(*tally);
        }
    }
    out
}

/// The least number of records in a level: 20, or half a percent.
#[must_use]
pub fn support(records: usize) -> usize {
    records.div_ceil(200).max(20)
}

/// A number as rules write it.
#[must_use]
pub fn written(x: f64) -> String {
    let text = format!("{x:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A range of numbers as rules write it; of whole numbers with the last one that it holds.
#[must_use]
pub fn range(low: Option<f64>, high: Option<f64>, whole: bool) -> String {
    let start = low.map_or_else(String::new, written);
    match high {
        None => format!("{start}.."),
        Some(high) if whole && low == Some(high - 1.0) => start,
        Some(high) if whole => format!("{start}..{}", written(high - 1.0)),
        Some(high) => format!("{start}..<{}", written(high)),
    }
}

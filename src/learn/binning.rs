//! Optimal binning: pre-bins of a number joined into bands of the greatest information value, by dynamic programming.
//!
//! Exact, and the same every time; it agrees with the constraint and integer programmes of optbinning (Navas-Palencia 2020,
//! arXiv:2001.08025), which look for the same bands.

use super::level::Level;

/// The shape that rates over the bands must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Any.
    None,
    /// Never falling.
    Up,
    /// Never rising.
    Down,
    /// Rising, then falling.
    Peak,
    /// Falling, then rising.
    Valley,
}

/// What bands must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The shape of the rates.
    pub trend: Trend,
    /// At most so many bands.
    pub most: usize,
    /// At least so many records in each.
    pub least: f64,
}

/// A state: the best value, and how it came about.
#[derive(Debug, Clone, Copy)]
struct State {
    value: f64,
    /// The start of the band before the last one, and its phase; `None` where the last is the first.
    before: Option<(usize, usize)>,
}

/// The best bands over these pre-bins: the places of their first pre-bins, and the information value. One band where no cut is allowed.
#[must_use]
pub fn bands(bins: &[Level], limits: Limits) -> (Vec<usize>, f64) {
    let n = bins.len();
    let sums: Vec<Level> = std::iter::once(Level { n: 0.0, events: 0.0 })
        .chain(bins.iter().scan(Level { n: 0.0, events: 0.0 }, |sum, bin| {
            *sum = Level { n: sum.n + bin.n, events: sum.events + bin.events };
            Some(*sum)
        }))
        .collect();
    let all = sums.last().copied().unwrap_or(Level { n: 0.0, events: 0.0 });
    let band = |from: usize, to: usize| match (sums.get(from), sums.get(to)) {
        (Some(a), Some(b)) => Level { n: b.n - a.n, events: b.events - a.events },
        (_, _) => Level { n: 0.0, events: 0.0 },
    };
    let value = |from: usize, to: usize| {
        let level = band(from, to);
        (level.n >= limits.least).then(|| level.evidence(all).map(|(_, part)| part)).flatten()
    };
    // By number of bands, then by [end][start][phase] of the last band.
    let phases = 2;
    let at = |to: usize, from: usize, phase: usize| (to * (n + 1) + from) * phases + phase;
    let mut layers: Vec<Vec<Option<State>>> = Vec::new();
    let mut first = vec![None; (n + 1) * (n + 1) * phases];
    for to in 1..=n {
        if let (Some(value), Some(slot)) = (value(0, to), first.get_mut(at(to, 0, 0))) {
            *slot = Some(State { value, before: None });
        }
    }
    layers.push(first);
    for _ in 1..limits.most.min(n) {
        let Some(last) = layers.last() else { break };
        let mut next = vec![None; (n + 1) * (n + 1) * phases];
        for to in 2..=n {
            for from in 1..to {
                let Some(value) = value(from, to) else { continue };
                let rate = band(from, to).rate();
                for start in 0..from {
                    let before = band(start, from).rate();
                    for phase in 0..phases {
                        let Some(state) = last.get(at(from, start, phase)).copied().flatten() else { continue };
                        for turned in allowed(limits.trend, phase, before, rate) {
                            let Some(slot) = next.get_mut(at(to, from, turned)) else { continue };
                            let total = state.value + value;
                            if slot.is_none_or(|s: State| total > s.value + 1e-12) {
                                *slot = Some(State { value: total, before: Some((start, phase)) });
                            }
                        }
                    }
                }
            }
        }
        layers.push(next);
    }
    best(&layers, n, phases, at)
}

/// The phases in which a band of `rate` may follow one of `before` in `phase` (0 before the turn, 1 behind it).
fn allowed(trend: Trend, phase: usize, before: f64, rate: f64) -> impl Iterator<Item = usize> {
    let (up, down) = (rate >= before, rate <= before);
    let (stay, turn) = match (trend, phase) {
        (Trend::None, _) => (true, false),
        (Trend::Up, _) => (up, false),
        (Trend::Down, _) => (down, false),
        (Trend::Peak, 0) => (up, down),
        (Trend::Peak, _) => (down, false),
        (Trend::Valley, 0) => (down, up),
        (Trend::Valley, _) => (up, false),
    };
    stay.then_some(phase).into_iter().chain((turn && phase == 0).then_some(1))
}

/// The best way to the end, read backwards; of equal ones the one with fewer bands.
fn best(layers: &[Vec<Option<State>>], n: usize, phases: usize, at: impl Fn(usize, usize, usize) -> usize) -> (Vec<usize>, f64) {
    let mut found: Option<(f64, usize, usize, usize)> = None;
    for (layer, states) in layers.iter().enumerate() {
        for from in 0..n {
            for phase in 0..phases {
                if let Some(state) = states.get(at(n, from, phase)).copied().flatten()
                    && found.is_none_or(|(value, ..)| state.value > value + 1e-12)
                {
                    found = Some((state.value, layer, from, phase));
                }
            }
        }
    }
    let Some((value, mut layer, mut from, mut phase)) = found else { return (vec![0], 0.0) };
    let (mut starts, mut to) = (vec![from], n);
    while let Some((start, before)) =
        layers.get(layer).and_then(|states| states.get(at(to, from, phase)).copied().flatten()).and_then(|s| s.before)
    {
        (to, from, phase) = (from, start, before);
        starts.push(from);
        layer = layer.saturating_sub(1);
    }
    starts.reverse();
    (starts, value)
}

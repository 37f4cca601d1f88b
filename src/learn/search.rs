//! The path of sparse models: one term more at each step, the best few kept, each refitted over patterns of rows.

use std::collections::BTreeSet;

use super::coded::{Coded, Meaning, UNKNOWN, support};
use super::columns::Records;
use super::histogram::{Tally, whole};
use super::math::expit;
use crate::invariant::SureAt as _;

use super::ridge::{Fit, Pattern, improve};

/// A set of the codes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Codes([u64; 4]);

impl Codes {
    /// Whether a code is in it.
    #[must_use]
    pub fn has(self, code: u8) -> bool {
        self.0.get(usize::from(code) / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }

    fn add(&mut self, code: u8) {
        if let Some(word) = self.0.get_mut(usize::from(code) / 64) {
            *word |= 1 << (code % 64);
        }
    }
}

/// A term: the records whose attribute has one of these codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The attribute.
    pub attribute: usize,
    /// Its codes.
    pub codes: Codes,
}

/// Records that agree in all terms: those that are learned from, and those that are left out to measure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    /// The terms that hold, one bit each.
    pub terms: u64,
    /// Log-odds that are given.
    pub offset: f64,
    /// To learn from.
    pub seen: Tally,
    /// To measure.
    pub held: Tally,
}

/// One size of the path.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The terms.
    pub terms: Vec<Term>,
    /// Their coefficients.
    pub fit: Fit,
    /// The patterns.
    pub cells: Vec<Cell>,
}

/// Whether rates must rise or fall with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monotone {
    /// They must rise.
    Up,
    /// They must fall.
    Down,
}

/// What is learned from.
#[derive(Debug, Clone, Copy)]
pub struct Data<'a> {
    /// The attributes.
    pub attributes: &'a [Coded],
    /// By attribute: what its shape must be.
    pub shapes: &'a [Option<Monotone>],
    /// The records.
    pub records: &'a Records,
    /// How many weights make one record.
    pub unit: f64,
    /// By record and by group: log-odds that are given.
    pub given: Option<(&'a [u16], &'a [f64])>,
}

/// How long a path is looked for, and how widely.
#[derive(Debug, Clone, Copy)]
pub struct Width {
    /// The most terms.
    pub most: usize,
    /// The models kept at each size.
    pub beam: usize,
}

/// The ridge penalty.
pub const LAMBDA: f64 = 5.0;

/// Of a model so many children are refitted, of one attribute so many.
const CHILDREN: usize = 10;
const SIBLINGS: usize = 3;

/// The most patterns that a model may have.
const PATTERNS: usize = 60_000;

/// Sums are kept as whole numbers of this part of one, so that they do not depend on the order of rows.
const PART: f64 = 1_073_741_824.0;

/// Rows are looked at so many at a time.
const CHUNK: usize = 4096;

/// A model that may still grow.
#[derive(Debug, Clone)]
struct State {
    terms: Vec<Term>,
    fit: Fit,
    loss: f64,
    cells: Vec<Cell>,
    /// By record: its cell.
    places: Vec<u16>,
}

/// What a record is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Learned,
    Measured,
    Unused,
}

/// A child that may be refitted.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    gain: i64,
    term: Term,
}

/// The best model of each size, from one term up to the most that there are; `seen` says which folds are learned from, `held` which
/// ones measure.
#[must_use]
pub fn path(data: Data<'_>, width: Width, seen: impl Fn(u8) -> bool, held: impl Fn(u8) -> bool) -> Vec<Stop> {
    let records = data.records;
    let role = |fold: &u8| match (seen(*fold), held(*fold)) {
        (true, _) => Role::Learned,
        (false, true) => Role::Measured,
        (false, false) => Role::Unused,
    };
    let learned: Vec<Role> = records.folds.iter().map(role).collect();
    let first = root(data, &learned);
    let counts = counts(data, &learned);
    let rows: usize = learned.iter().filter(|l| **l == Role::Learned).count();
    let least = support(rows);
    let mut beam = vec![first];
    let mut out = Vec::new();
    for _ in 0..width.most {
        let mut children: Vec<State> = Vec::new();
        let mut made: BTreeSet<Vec<Term>> = BTreeSet::new();
        for state in &beam {
            for candidate in candidates(data, state, &learned, &counts, least) {
                let mut terms = state.terms.clone();
                terms.push(candidate.term);
                let mut sorted = terms.clone();
                sorted.sort();
                if !made.insert(sorted) {
                    continue;
                }
                children.extend(child(data, state, terms, candidate, &learned));
            }
        }
        // Equal models stay in the order in which they were found.
        children.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        children.truncate(width.beam);
        for state in &mut children {
            let patterns = patterns(&state.cells, data.unit);
            (state.fit, state.loss) = improve(state.fit.clone(), &patterns, LAMBDA, 8);
        }
        for state in &mut children {
            state.places = placed(data, state);
        }
        children.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        let Some(best) = children.first() else { break };
        out.push(Stop { terms: best.terms.clone(), fit: best.fit.clone(), cells: best.cells.clone() });
        beam = children;
    }
    out
}

/// The model without terms.
fn root(data: Data<'_>, learned: &[Role]) -> State {
    let records = data.records;
    let groups = data.given.map_or(1, |(_, offsets)| offsets.len());
    let offset = |at: usize| data.given.map_or(0.0, |(_, offsets)| *offsets.sure_at(at));
    let mut cells: Vec<Cell> = (0..groups).map(|at| Cell { offset: offset(at), ..Cell::default() }).collect();
    let places: Vec<u16> = data.given.map_or_else(|| vec![0; records.len()], |(places, _)| places.to_vec());
    for (row, place) in places.iter().enumerate() {
        if let Some(cell) = cells.get_mut(usize::from(*place)) {
            count(cell, records, row, learned);
        }
    }
    let (fit, loss) = improve(Fit::default(), &patterns(&cells, data.unit), LAMBDA, 20);
    State { terms: Vec::new(), fit, loss, cells, places }
}

fn count(cell: &mut Cell, records: &Records, row: usize, learned: &[Role]) {
    let (weight, converted) = (*records.weights.sure_at(row), *records.converted.sure_at(row));
    match learned.get(row) {
        Some(Role::Learned) => cell.seen.add(weight, converted),
        Some(Role::Measured) => cell.held.add(weight, converted),
        Some(Role::Unused) | None => {}
    }
}

fn patterns(cells: &[Cell], unit: f64) -> Vec<Pattern> {
    let pattern = |cell: &Cell| Pattern {
        cells: (0..64).filter(|bit| cell.terms >> bit & 1 == 1).map(|bit| (bit, 1.0)).collect(),
        n: whole(cell.seen.rows) / unit,
        events: whole(cell.seen.events) / unit,
        offset: cell.offset,
    };
    cells.iter().filter(|cell| cell.seen.rows > 0).map(pattern).collect()
}

/// By attribute and code: the records that are learned from.
fn counts(data: Data<'_>, learned: &[Role]) -> Vec<Vec<usize>> {
    let of = |it: &Coded| {
        let mut counts = vec![0; it.levels.len()];
        for (code, learned) in it.codes.iter().zip(learned) {
            if let Some(n) = counts.get_mut(usize::from(*code))
                && *learned == Role::Learned
            {
                *n += 1;
            }
        }
        counts
    };
    data.attributes.iter().map(of).collect()
}

/// By attribute and code: the sums of residuals and of weights `p (1 - p)`, in parts.
fn sums(data: Data<'_>, state: &State, learned: &[Role]) -> Vec<Vec<(i64, i64)>> {
    let records = data.records;
    let odds = |cell: &Cell| {
        let add = |bit: usize| {
            if cell.terms >> bit & 1 == 1 { *state.fit.coefficients.sure_at(bit) } else { 0.0 }
        };
        state.fit.intercept + cell.offset + (0..state.terms.len()).map(add).sum::<f64>()
    };
    let chances: Vec<f64> = state.cells.iter().map(|cell| expit(odds(cell))).collect();
    let mut out: Vec<[(i64, i64); 256]> = vec![[(0, 0); 256]; data.attributes.len()];
    let mut residuals = [0_i64; CHUNK];
    let mut weights = [0_i64; CHUNK];
    let mut start = 0;
    while start < records.len() {
        let end = (start + CHUNK).min(records.len());
        for (slot, row) in (start..end).enumerate() {
            let p = *chances.sure_at(usize::from(*state.places.sure_at(row)));
            let on = learned.get(row) == Some(&Role::Learned);
            let weight = if on { whole(*records.weights.sure_at(row)) / data.unit } else { 0.0 };
            let y = f64::from(u8::from(*records.converted.sure_at(row)));
            if let (Some(r), Some(w)) = (residuals.get_mut(slot), weights.get_mut(slot)) {
                *r = fixed(weight * (y - p));
                *w = fixed(weight * p * (1.0 - p));
            }
        }
        for (attribute, sums) in data.attributes.iter().zip(&mut out) {
            let codes = attribute.codes.sure_at(start..end);
            for ((code, r), w) in codes.iter().zip(&residuals).zip(&weights) {
                if let Some(slot) = sums.get_mut(usize::from(*code)) {
                    slot.0 += r;
                    slot.1 += w;
                }
            }
        }
        start = end;
    }
    let own = |(it, sums): (&Coded, [(i64, i64); 256])| sums.into_iter().take(it.levels.len()).collect();
    data.attributes.iter().zip(out).map(own).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "weights stay below 10^9")]
fn fixed(x: f64) -> i64 {
    (x * PART).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "parts of sums")]
fn plain(x: i64) -> f64 {
    x as f64 / PART
}

/// The terms that promise most, by the score test of adding each.
fn candidates(data: Data<'_>, state: &State, learned: &[Role], counts: &[Vec<usize>], least: usize) -> Vec<Candidate> {
    let sums = sums(data, state, learned);
    let mut all: Vec<Candidate> = Vec::new();
    for (at, ((it, sums), counts)) in data.attributes.iter().zip(&sums).zip(counts).enumerate() {
        let total = sums.iter().fold((0, 0), |(r, w), s| (r + s.0, w + s.1));
        let rows: usize = counts.iter().sum();
        let shape = data.shapes.get(at).copied().flatten();
        let (lines, kinds) = lines(it, state, at, counts, None);
        let mut own: Vec<Candidate> = Vec::new();
        for codes in sets(it, sums) {
            let mut sum = (0_i64, 0_i64);
            let mut n = 0;
            for (code, (s, count)) in (0_u8..=255).zip(sums.iter().zip(counts)) {
                if codes.has(code) {
                    sum = (sum.0 + s.0, sum.1 + s.1);
                    n += count;
                }
            }
            if n < least || rows - n < least || !fits(it, codes, sum.0 > 0, shape) {
                continue;
            }
            let (u, w, all) = (plain(sum.0), plain(sum.1), plain(total.1));
            let spread = (w - w * w / all.max(f64::MIN_POSITIVE)).max(0.0);
            let gain = u * u / (spread + LAMBDA);
            let term = Term { attribute: at, codes };
            #[expect(clippy::cast_possible_truncation, reason = "gains are rounded to be compared")]
            let gain = (gain * 1e9).min(9e18) as i64;
            own.push(Candidate { gain, term });
        }
        own.sort_by(|a, b| b.gain.cmp(&a.gain).then(a.term.cmp(&b.term)));
        // A term that tells no records apart that were not told apart before says nothing.
        let fits = |c: &Candidate| {
            let (after, apart) = self::lines(it, state, at, counts, Some(c.term.codes));
            after <= lines + 1 && apart > kinds
        };
        all.extend(own.into_iter().filter(fits).take(SIBLINGS));
    }
    all.sort_by(|a, b| b.gain.cmp(&a.gain).then(a.term.cmp(&b.term)));
    all.truncate(CHILDREN);
    all
}

/// The sets of codes that a term of this attribute may have.
fn sets(it: &Coded, sums: &[(i64, i64)]) -> Vec<Codes> {
    let mut out: BTreeSet<Codes> = BTreeSet::new();
    let of = |codes: &[u8]| {
        let mut set = Codes::default();
        codes.iter().for_each(|code| set.add(*code));
        set
    };
    let known: Vec<u8> = (0_u8..=255)
        .zip(&it.levels)
        .filter(|(_, level)| !matches!(level, Meaning::Unknown | Meaning::HasNot))
        .map(|(code, _)| code)
        .collect();
    if matches!(it.levels.first(), Some(Meaning::Unknown)) {
        out.insert(of(&[UNKNOWN]));
    }
    if it.ordered() {
        for from in 0..known.len() {
            for to in from + 1..=known.len() {
                if to - from < known.len() {
                    out.extend(known.get(from..to).map(of));
                }
            }
        }
        return out.into_iter().collect();
    }
    out.extend(known.iter().map(|code| of(&[*code])));
    // Groups: levels in the order of gradient over curvature (Fisher 1958), cut once.
    let mut ranked: Vec<(f64, u8)> = known
        .iter()
        .map(|code| {
            let (r, w) = *sums.sure_at(usize::from(*code));
            (plain(r) / (plain(w) + LAMBDA), *code)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let ranked: Vec<u8> = ranked.into_iter().map(|(_, code)| code).collect();
    for cut in 1..ranked.len() {
        let (high, low) = ranked.split_at(cut);
        out.insert(of(high));
        out.insert(of(low));
    }
    out.into_iter().collect()
}

/// Whether a term keeps to a wish: rising rates by high ends that raise or low ends that lower them, falling ones the other way round.
fn fits(it: &Coded, codes: Codes, raises: bool, shape: Option<Monotone>) -> bool {
    let Some(shape) = shape else { return true };
    if !it.ordered() || codes.has(UNKNOWN) {
        return true;
    }
    let last = crate::invariant::fits(it.levels.len().saturating_sub(1));
    let (low, high) = (codes.has(1), codes.has(last));
    match shape {
        Monotone::Up => high && !low && raises || low && !high && !raises,
        Monotone::Down => high && !low && !raises || low && !high && raises,
    }
}

/// How many lines the block of an attribute needs beside the commonest one, with one more set, and how many kinds of codes it tells
/// apart.
fn lines(it: &Coded, state: &State, attribute: usize, counts: &[usize], more: Option<Codes>) -> (usize, usize) {
    let own: Vec<Codes> = state.terms.iter().filter(|t| t.attribute == attribute).map(|t| t.codes).chain(more).collect();
    let signature = |code: u8| own.iter().enumerate().fold(0_u64, |bits, (at, codes)| bits | (u64::from(codes.has(code)) << at));
    let signed: Vec<(u8, u64, usize)> =
        (0_u8..=255).zip(counts).filter(|(_, n)| **n > 0).map(|(code, n)| (code, signature(code), *n)).collect();
    let mut sizes: Vec<(u64, usize)> = Vec::new();
    for (_, signature, n) in &signed {
        match sizes.iter_mut().find(|(s, _)| s == signature) {
            Some((_, sum)) => *sum += n,
            None => sizes.push((*signature, *n)),
        }
    }
    let Some(zero) = sizes.iter().max_by_key(|(_, n)| *n).map(|(s, _)| *s) else { return (0, 0) };
    // Unknown has a line of its own.
    let is_unknown = |code: u8| code == UNKNOWN && matches!(it.levels.first(), Some(Meaning::Unknown));
    let unknown = signed.iter().filter(|(code, s, _)| is_unknown(*code) && *s != zero).count();
    let known: Vec<u64> = signed.iter().filter(|(code, ..)| !is_unknown(*code)).map(|(_, s, _)| *s).collect();
    let runs = if it.ordered() {
        known.chunk_by(|a, b| a == b).filter(|run| run.first() != Some(&zero)).count()
    } else {
        known.iter().filter(|s| **s != zero).collect::<BTreeSet<_>>().len()
    };
    (unknown + runs, sizes.len())
}

/// A model with one term more, refitted shortly; `None` where it would have too many patterns or a wish is not kept.
fn child(data: Data<'_>, state: &State, terms: Vec<Term>, candidate: Candidate, learned: &[Role]) -> Option<State> {
    let bit = terms.len() - 1;
    let mut halves: Vec<[Cell; 2]> = state
        .cells
        .iter()
        .map(|cell| {
            let bare = Cell { seen: Tally::default(), held: Tally::default(), ..*cell };
            [bare, Cell { terms: bare.terms | 1 << bit, ..bare }]
        })
        .collect();
    let codes = &data.attributes.sure_at(candidate.term.attribute).codes;
    for (row, (place, code)) in state.places.iter().zip(codes).enumerate() {
        let half = usize::from(candidate.term.codes.has(*code));
        if let Some(cell) = halves.get_mut(usize::from(*place)).and_then(|h| h.get_mut(half)) {
            count(cell, data.records, row, learned);
        }
    }
    let cells: Vec<Cell> = halves.into_iter().flatten().filter(|c| c.seen.rows + c.held.rows > 0).collect();
    if cells.len() > PATTERNS {
        return None;
    }
    let mut start = state.fit.clone();
    start.coefficients.push(0.0);
    let (fit, loss) = improve(start, &patterns(&cells, data.unit), LAMBDA, 3);
    let kept = |term: &Term, c: f64| {
        let shape = data.shapes.get(term.attribute).copied().flatten();
        data.attributes.get(term.attribute).is_none_or(|it| fits(it, term.codes, c > 0.0, shape))
    };
    let keeps = terms.iter().zip(&fit.coefficients).all(|(term, c)| kept(term, *c));
    keeps.then(|| State { terms, fit, loss, cells, places: state.places.clone() })
}

/// By record: its cell in a model that has one term more than when its places were found.
fn placed(data: Data<'_>, state: &State) -> Vec<u16> {
    let Some(term) = state.terms.last() else { return state.places.clone() };
    let bit = state.terms.len() - 1;
    // Cells are in the order of their parents, those without the new term first.
    let mut next: Vec<[u16; 2]> = Vec::new();
    let mut parent: Option<(u64, f64)> = None;
    for (at, cell) in (0_u16..).zip(&state.cells) {
        let (own, half) = (cell.terms & !(1 << bit), usize::from(cell.terms >> bit & 1 == 1));
        if parent != Some((own, cell.offset)) {
            next.push([u16::MAX; 2]);
            parent = Some((own, cell.offset));
        }
        if let Some(slot) = next.last_mut().and_then(|n| n.get_mut(half)) {
            *slot = at;
        }
    }
    let codes = &data.attributes.sure_at(term.attribute).codes;
    let place = |(place, code): (&u16, &u8)| {
        let half = usize::from(term.codes.has(*code));
        *next.sure_at(usize::from(*place)).sure_at(half)
    };
    state.places.iter().zip(codes).map(place).collect()
}

//! Formulas over scores: their exact value, their direction in each score, and outer bounds.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::abstraction::clamp;
use crate::decay::divide_rounded;
use crate::hir::{Bounds, Formula, FormulaOp, Model, ScoreBody, ScoreId};
use crate::value::Decimal;

/// Whether more or less is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The greatest.
    Up,
    /// The least.
    Down,
}

impl Direction {
    /// The better of two values.
    #[must_use]
    pub fn better(self, a: i64, b: i64) -> i64 {
        match self {
            Self::Up => a.max(b),
            Self::Down => a.min(b),
        }
    }

    /// This direction as seen from one that looks `other` way.
    #[must_use]
    pub fn turned(self, other: Self) -> Self {
        if self == other { Self::Up } else { Self::Down }
    }

    fn flipped(self) -> Self {
        self.turned(Self::Down)
    }
}

/// The direction in which `score` follows `base`: up where it does not follow it at all, `None` where both ways.
#[must_use]
pub fn way(model: &Model, score: ScoreId, base: ScoreId) -> Option<Direction> {
    follow(model, score, base).map(|w| w.unwrap_or(Direction::Up)).ok()
}

/// `Ok(None)` where it does not follow, `Err` where it follows both ways.
fn follow(model: &Model, score: ScoreId, base: ScoreId) -> Result<Option<Direction>, ()> {
    if score == base {
        return Ok(Some(Direction::Up));
    }
    match model.score(score).map(|s| &s.body) {
        Some(ScoreBody::Formula(f)) => follow_formula(model, f, base),
        // Which formula decides turns with other scores.
        Some(ScoreBody::Conditional(_)) => Err(()),
        _ => Ok(None),
    }
}

fn follow_formula(model: &Model, formula: &Formula, base: ScoreId) -> Result<Option<Direction>, ()> {
    let both = |a: Option<Direction>, b: Option<Direction>| match (a, b) {
        (Some(a), Some(b)) if a != b => Err(()),
        (a, b) => Ok(a.or(b)),
    };
    match formula {
        Formula::Score(id, _) => follow(model, *id, base),
        Formula::Number(..) => Ok(None),
        Formula::Negate(x) => Ok(follow_formula(model, x, base)?.map(Direction::flipped)),
        Formula::Binary(FormulaOp::Add, a, b) => both(follow_formula(model, a, base)?, follow_formula(model, b, base)?),
        Formula::Binary(FormulaOp::Subtract, a, b) => {
            both(follow_formula(model, a, base)?, follow_formula(model, b, base)?.map(Direction::flipped))
        }
        Formula::Divide(x, n) => Ok(follow_formula(model, x, base)?.map(|w| if n.mantissa < 0 { w.flipped() } else { w })),
        Formula::Binary(FormulaOp::Multiply, a, b) => {
            let (a_way, b_way) = (follow_formula(model, a, base)?, follow_formula(model, b, base)?);
            match (a_way, b_way) {
                (None, None) => Ok(None),
                (Some(w), None) => by_sign(w, constant(b)),
                (None, Some(w)) => by_sign(w, constant(a)),
                (Some(_), Some(_)) => Err(()),
            }
        }
        Formula::Min(xs) | Formula::Max(xs) => xs.iter().try_fold(None, |way, x| both(way, follow_formula(model, x, base)?)),
    }
}

fn by_sign(way: Direction, factor: Option<Ratio>) -> Result<Option<Direction>, ()> {
    match factor {
        Some(f) if f.num < 0 => Ok(Some(way.flipped())),
        Some(_) => Ok(Some(way)),
        None => Err(()),
    }
}

/// An exact fraction; the denominator is above zero.
#[derive(Debug, Clone, Copy)]
struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    fn new(num: i128, den: i128) -> Option<Self> {
        let (num, den) = if den < 0 { (num.checked_neg()?, den.checked_neg()?) } else { (num, den) };
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()).max(1);
        let divisor = i128::try_from(divisor).ok()?;
        (den != 0).then_some(Self { num: num / divisor, den: den / divisor })
    }

    fn of(decimal: Decimal) -> Option<Self> {
        Self::new(decimal.mantissa, 10_i128.checked_pow(decimal.scale)?)
    }

    fn add(self, other: Self) -> Option<Self> {
        let left = self.num.checked_mul(other.den)?;
        Self::new(left.checked_add(other.num.checked_mul(self.den)?)?, self.den.checked_mul(other.den)?)
    }

    fn negate(self) -> Option<Self> {
        Self::new(self.num.checked_neg()?, self.den)
    }

    fn times(self, other: Self) -> Option<Self> {
        Self::new(self.num.checked_mul(other.num)?, self.den.checked_mul(other.den)?)
    }

    fn order(self, other: Self) -> Option<std::cmp::Ordering> {
        Some(self.num.checked_mul(other.den)?.cmp(&other.num.checked_mul(self.den)?))
    }

    /// In hundredths, rounded half away from zero.
    fn rounded(self) -> Option<i64> {
        i64::try_from(divide_rounded(self.num.checked_mul(100)?, self.den)).ok()
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn constant(formula: &Formula) -> Option<Ratio> {
    ratio(formula, &|_| None)
}

/// The value of a score, given those of the scores that it rests on, in hundredths.
#[must_use]
pub fn value(model: &Model, score: ScoreId, bases: &BTreeMap<ScoreId, i64>) -> Option<i64> {
    if let Some(&points) = bases.get(&score) {
        return Some(points);
    }
    Some(clamp(&model.score(score)?.bounds, before_bounds(model, score, bases)?))
}

/// The value of a formula before its own bounds.
#[must_use]
pub fn before_bounds(model: &Model, score: ScoreId, bases: &BTreeMap<ScoreId, i64>) -> Option<i64> {
    let ScoreBody::Formula(formula) = &model.score(score)?.body else { return None };
    ratio(formula, &|id| Ratio::new(i128::from(value(model, id, bases)?), 100))?.rounded()
}

fn ratio(formula: &Formula, score: &dyn Fn(ScoreId) -> Option<Ratio>) -> Option<Ratio> {
    let pick = |xs: &[Formula], wanted: std::cmp::Ordering| {
        let mut best: Option<Ratio> = None;
        for x in xs {
            let x = ratio(x, score)?;
            if best.is_none_or(|b| x.order(b) == Some(wanted)) {
                best = Some(x);
            }
        }
        best
    };
    match formula {
        Formula::Score(id, _) => score(*id),
        Formula::Number(n, _) => Ratio::of(*n),
        Formula::Negate(x) => ratio(x, score)?.negate(),
        Formula::Binary(FormulaOp::Add, a, b) => ratio(a, score)?.add(ratio(b, score)?),
        Formula::Binary(FormulaOp::Subtract, a, b) => ratio(a, score)?.add(ratio(b, score)?.negate()?),
        Formula::Binary(FormulaOp::Multiply, a, b) => ratio(a, score)?.times(ratio(b, score)?),
        Formula::Divide(x, n) => {
            let n = Ratio::of(*n)?;
            ratio(x, score)?.times(Ratio::new(n.den, n.num)?)
        }
        Formula::Min(xs) => pick(xs, std::cmp::Ordering::Less),
        Formula::Max(xs) => pick(xs, std::cmp::Ordering::Greater),
    }
}

/// Outer bounds in hundredths; `None` where an end has none.
pub type Interval = (Option<i64>, Option<i64>);

/// Outer bounds of a score by interval arithmetic over those of the scores that it rests on.
#[must_use]
pub fn interval(model: &Model, score: ScoreId, bases: &BTreeMap<ScoreId, Interval>) -> Option<Interval> {
    if let Some(&range) = bases.get(&score) {
        return Some(range);
    }
    within(model, score, bases, &model.score(score)?.bounds)
}

/// The same of a formula, held within these bounds instead of its own.
#[must_use]
pub fn within(model: &Model, score: ScoreId, bases: &BTreeMap<ScoreId, Interval>, bounds: &Bounds) -> Option<Interval> {
    match &model.score(score)?.body {
        ScoreBody::Items { .. } | ScoreBody::Given(_) => None,
        ScoreBody::Formula(formula) => of_formula(model, formula, bases, bounds),
        ScoreBody::Conditional(all) => {
            let arms = all.arms().filter_map(|arm| of_arm(model, &arm.formula, bases, bounds));
            // An end that any of them leaves open is open.
            arms.reduce(|(lo, hi), (l, h)| (lo.zip(l).map(|(a, b)| a.min(b)), hi.zip(h).map(|(a, b)| a.max(b))))
        }
    }
}

/// The ends of a formula that conditions choose: exactly at the ends of its scores, where it follows each of them one way.
fn of_arm(model: &Model, formula: &Formula, bases: &BTreeMap<ScoreId, Interval>, bounds: &Bounds) -> Option<Interval> {
    let mut own = std::collections::BTreeSet::new();
    formula.scores(&mut |id| super::rests::bases_of(model, id, &mut own));
    let outer = of_formula(model, formula, bases, bounds)?;
    let end = |up: Direction| -> Option<i64> {
        let mut ends = BTreeMap::new();
        for base in &own {
            let way = follow_formula(model, formula, *base).ok()?.unwrap_or(Direction::Up).turned(up);
            let (lo, hi) = bases.get(base)?;
            ends.insert(*base, if way == Direction::Up { (*hi)? } else { (*lo)? });
        }
        let points = ratio(formula, &|id| Ratio::new(i128::from(value(model, id, &ends)?), 100))?.rounded()?;
        Some(clamp(bounds, points))
    };
    Some((end(Direction::Down).or(outer.0), end(Direction::Up).or(outer.1)))
}

fn of_formula(model: &Model, formula: &Formula, bases: &BTreeMap<ScoreId, Interval>, bounds: &Bounds) -> Option<Interval> {
    let ends = exact_span(formula, &|id| {
        let (lo, hi) = interval(model, id, bases)?;
        Some((Ratio::new(i128::from(lo?), 100)?, Ratio::new(i128::from(hi?), 100)?))
    });
    if let Some((lo, hi)) = ends.and_then(|(lo, hi)| Some((lo.rounded()?, hi.rounded()?))) {
        return Some((Some(clamp(bounds, lo)), Some(clamp(bounds, hi))));
    }
    let (lo, hi) = span(formula, &|id| {
        let (lo, hi) = interval(model, id, bases)?;
        #[expect(clippy::cast_precision_loss, reason = "an outer bound, widened below")]
        Some((lo.map_or(f64::NEG_INFINITY, |p| p as f64), hi.map_or(f64::INFINITY, |p| p as f64)))
    })?;
    let close = |n: f64, up: bool| -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "held to the range of points just before")]
        let points = if up { (n.ceil() as i64).saturating_add(1) } else { (n.floor() as i64).saturating_sub(1) };
        let held = clamp(bounds, points);
        (n.abs() < 1.0e14 || held != points).then_some(held)
    };
    Some((close(lo, false), close(hi, true)))
}

/// Exact ends; `None` where there is none, or where they take more than 128 bits.
fn exact_span(formula: &Formula, score: &dyn Fn(ScoreId) -> Option<(Ratio, Ratio)>) -> Option<(Ratio, Ratio)> {
    let pick = |a: Ratio, b: Ratio, wanted: Ordering| -> Option<Ratio> { Some(if b.order(a)? == wanted { b } else { a }) };
    let corners = |a: (Ratio, Ratio), b: (Ratio, Ratio)| {
        let all = [a.0.times(b.0)?, a.0.times(b.1)?, a.1.times(b.0)?, a.1.times(b.1)?];
        let [first, rest @ ..] = all;
        rest.into_iter()
            .try_fold((first, first), |(lo, hi), x| Some((pick(lo, x, Ordering::Less)?, pick(hi, x, Ordering::Greater)?)))
    };
    match formula {
        Formula::Score(id, _) => score(*id),
        Formula::Number(n, _) => Ratio::of(*n).map(|n| (n, n)),
        Formula::Negate(x) => {
            let (lo, hi) = exact_span(x, score)?;
            Some((hi.negate()?, lo.negate()?))
        }
        Formula::Binary(sign, a, b) => {
            let (a, b) = (exact_span(a, score)?, exact_span(b, score)?);
            match sign {
                FormulaOp::Add => Some((a.0.add(b.0)?, a.1.add(b.1)?)),
                FormulaOp::Subtract => Some((a.0.add(b.1.negate()?)?, a.1.add(b.0.negate()?)?)),
                FormulaOp::Multiply => corners(a, b),
            }
        }
        Formula::Divide(x, n) => {
            let n = Ratio::of(*n)?;
            let part = Ratio::new(n.den, n.num)?;
            corners(exact_span(x, score)?, (part, part))
        }
        Formula::Min(xs) | Formula::Max(xs) => {
            let wanted = if matches!(formula, Formula::Min(_)) { Ordering::Less } else { Ordering::Greater };
            let mut best: Option<(Ratio, Ratio)> = None;
            for x in xs {
                let (lo, hi) = exact_span(x, score)?;
                best = Some(match best {
                    None => (lo, hi),
                    Some((a, b)) => (pick(a, lo, wanted)?, pick(b, hi, wanted)?),
                });
            }
            best
        }
    }
}

/// Ends in hundredths as floats.
fn span(formula: &Formula, score: &dyn Fn(ScoreId) -> Option<(f64, f64)>) -> Option<(f64, f64)> {
    let corners = |a: (f64, f64), b: (f64, f64), f: &dyn Fn(f64, f64) -> f64| {
        let all = [f(a.0, b.0), f(a.0, b.1), f(a.1, b.0), f(a.1, b.1)];
        (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    };
    match formula {
        Formula::Score(id, _) => score(*id),
        Formula::Number(n, _) => Some((n.to_f64() * 100.0, n.to_f64() * 100.0)),
        Formula::Negate(x) => span(x, score).map(|(a, b)| (-b, -a)),
        Formula::Binary(FormulaOp::Add, a, b) => {
            let (a, b) = (span(a, score)?, span(b, score)?);
            Some((a.0 + b.0, a.1 + b.1))
        }
        Formula::Binary(FormulaOp::Subtract, a, b) => {
            let (a, b) = (span(a, score)?, span(b, score)?);
            Some((a.0 - b.1, a.1 - b.0))
        }
        Formula::Binary(FormulaOp::Multiply, a, b) => Some(corners(span(a, score)?, span(b, score)?, &|x, y| x * y / 100.0)),
        Formula::Divide(x, n) => {
            let n = n.to_f64();
            Some(corners(span(x, score)?, (n, n), &|x, n| x / n))
        }
        Formula::Min(xs) | Formula::Max(xs) => {
            let pick = if matches!(formula, Formula::Min(_)) { f64::min } else { f64::max };
            xs.iter().map(|x| span(x, score)).try_fold(None, |acc: Option<(f64, f64)>, r| {
                let r = r?;
                Some(Some(acc.map_or(r, |a| (pick(a.0, r.0), pick(a.1, r.1)))))
            })?
        }
    }
}

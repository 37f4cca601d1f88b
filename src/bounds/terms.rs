//! Which conditions look at one property alone, and where they cut its values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decay::{Decay, DecayKind};
use crate::hir::{ArithmeticOp, Expr, ExprKind, Model, Range, RangeEnd, TextTest, Texts, Unit};
use crate::schema::PropId;
use crate::value::{Points, Value};

/// How many steps of a fading series are looked at; one that goes on for longer is left undecided.
const LONGEST_SERIES: usize = 100_000;

/// What of a property an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lens {
    /// Its value, as `scale * value + shift` for numbers.
    Whole {
        /// Factor.
        scale: f64,
        /// Summand.
        shift: f64,
    },
    /// Its domain.
    Domain,
    /// Its length in characters, or words.
    Count,
    /// The size of a set.
    Size,
    /// Units elapsed since it (`sign` 1) or until it (-1).
    Age {
        /// The unit.
        unit: Unit,
        /// 1 for since, -1 for until.
        sign: i64,
    },
}

/// A test of a text property that a cell has to decide.
#[derive(Debug, Clone)]
pub struct TextLeaf {
    /// Whether it looks at the domain.
    pub domain: bool,
    /// Which test; `None` for a pattern.
    pub test: Option<TextTest>,
    /// The constants.
    pub texts: Arc<Texts>,
    /// The expression, to evaluate it.
    pub expr: Expr,
}

/// Where the conditions of a model cut the values of one property.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    /// Numbers, on the scale of the property.
    pub numbers: BTreeSet<OrdF64>,
    /// Absolute days.
    pub days: BTreeSet<i32>,
    /// Absolute moments.
    pub moments: BTreeSet<i64>,
    /// Ages in days at which something changes; negative ahead.
    pub ages: BTreeSet<i64>,
    /// Ages in months.
    pub months: BTreeSet<i64>,
    /// Ages in hours.
    pub hours: BTreeSet<i64>,
    /// Tests of the text.
    pub texts: Vec<TextLeaf>,
    /// Numbers of characters, words or members.
    pub counts: BTreeSet<i64>,
    /// The option codes that a condition or line names together.
    pub option_groups: Vec<BTreeSet<u32>>,
    /// The texts that a condition on a set of texts names.
    pub set_texts: BTreeSet<Arc<str>>,
}

/// A float with a total order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrdF64(pub f64);

impl Eq for OrdF64 {}

impl PartialOrd for OrdF64 {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrdF64 {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Finds terms over single properties and gathers cuts.
pub struct Terms<'m> {
    model: &'m Model,
    /// By property.
    pub cuts: BTreeMap<PropId, Cuts>,
}

impl<'m> Terms<'m> {
    /// No cut yet.
    pub fn new(model: &'m Model) -> Self {
        Self { model, cuts: BTreeMap::new() }
    }

    /// The property and lens of an expression that looks at one property in a way that cells can decide.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these look at one property through a lens")]
    pub fn term(&self, expr: &Expr) -> Option<(PropId, Lens)> {
        match &expr.kind {
            ExprKind::Property(p) => Some((*p, Lens::Whole { scale: 1.0, shift: 0.0 })),
            ExprKind::Definition(d) => self.term(&self.model.definition(*d)?.value),
            ExprKind::ToNumber(x) | ExprKind::ToDate(x) => self.term(x),
            ExprKind::DomainOf(x) => self.plain(x).map(|p| (p, Lens::Domain)),
            ExprKind::LengthOf(x) | ExprKind::WordsOf(x) => self.plain(x).map(|p| (p, Lens::Count)),
            ExprKind::SizeOf(x) => self.plain(x).map(|p| (p, Lens::Size)),
            ExprKind::Elapsed { unit, until, date } => {
                self.plain(date).map(|p| (p, Lens::Age { unit: *unit, sign: if *until { -1 } else { 1 } }))
            }
            ExprKind::Negate(x) => linear(self.term(x)?, |s, b| (-s, -b)),
            ExprKind::Arithmetic(op, a, b) => {
                if let Some(n) = constant(b) {
                    return linear(self.term(a)?, |s, c| match op {
                        ArithmeticOp::Add => (s, c + n),
                        ArithmeticOp::Subtract => (s, c - n),
                        ArithmeticOp::Multiply => (s * n, c * n),
                        ArithmeticOp::Divide => (s / n, c / n),
                    });
                }
                let n = constant(a)?;
                linear(self.term(b)?, |s, c| match op {
                    ArithmeticOp::Add => (s, c + n),
                    ArithmeticOp::Subtract => (-s, n - c),
                    ArithmeticOp::Multiply => (s * n, c * n),
                    ArithmeticOp::Divide => (f64::NAN, f64::NAN),
                })
            }
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are a property as it stands")]
    fn plain(&self, expr: &Expr) -> Option<PropId> {
        match &expr.kind {
            ExprKind::Property(p) => Some(*p),
            ExprKind::ToDate(x) => self.plain(x),
            ExprKind::Definition(d) => self.plain(&self.model.definition(*d)?.value),
            _ => None,
        }
    }

    /// Gathers the cuts of a test that is no connective; gives its property, or `None` where cells cannot decide it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these can be decided by cells")]
    pub fn leaf(&mut self, expr: &Expr) -> Option<PropId> {
        match &expr.kind {
            ExprKind::Property(p) => {
                self.cuts.entry(*p).or_default();
                Some(*p)
            }
            ExprKind::IsKnown(x) => {
                let (p, lens) = self.term(x)?;
                if lens == Lens::Domain {
                    self.text(p, true, None, &Arc::new(Texts::default()), expr);
                }
                self.cuts.entry(p).or_default();
                Some(p)
            }
            ExprKind::Compare(_, a, b) => {
                let (term, other) = if literal(b).is_some() { (a, b) } else { (b, a) };
                let value = literal(other)?.clone();
                let (p, lens) = self.term(term)?;
                self.cut(p, lens, &value)?;
                Some(p)
            }
            ExprKind::InRange(x, range) => {
                let (p, lens) = self.term(x)?;
                self.range(p, lens, range)?;
                Some(p)
            }
            ExprKind::InValues(x, values) => {
                let (p, lens) = self.term(x)?;
                values.iter().try_for_each(|v| self.cut(p, lens, v))?;
                Some(p)
            }
            ExprKind::InOptions(x, codes) | ExprKind::HasOptions { set: x, codes, .. } => {
                let p = self.plain(x)?;
                let all = matches!(&expr.kind, ExprKind::HasOptions { all: true, .. });
                let cuts = self.cuts.entry(p).or_default();
                if all {
                    cuts.option_groups.extend(codes.iter().map(|c| BTreeSet::from([*c])));
                } else {
                    cuts.option_groups.push(codes.clone());
                }
                Some(p)
            }
            ExprKind::HasTexts { set, texts, .. } => {
                let p = self.plain(set)?;
                self.cuts.entry(p).or_default().set_texts.extend(texts.items.iter().cloned());
                Some(p)
            }
            ExprKind::TextTest { text, test, texts } => {
                let (p, lens) = self.term(text)?;
                let domain = match lens {
                    Lens::Domain => true,
                    Lens::Whole { .. } => false,
                    Lens::Count | Lens::Size | Lens::Age { .. } => return None,
                };
                self.text(p, domain, Some(*test), texts, expr);
                Some(p)
            }
            ExprKind::Matches(text, _) => {
                let (p, lens) = self.term(text)?;
                self.text(p, lens == Lens::Domain, None, &Arc::new(Texts::default()), expr);
                Some(p)
            }
            ExprKind::IsEmpty(x) => {
                let p = self.plain(x)?;
                self.cuts.entry(p).or_default();
                Some(p)
            }
            ExprKind::Within { date, duration, next } => {
                let p = self.plain(date)?;
                let n = i64::from(duration.count) * if *next { -1 } else { 1 };
                self.age(p, duration.unit, n);
                self.age(p, duration.unit, 0);
                Some(p)
            }
            ExprKind::MoreThanAgo(date, duration) => {
                let p = self.plain(date)?;
                self.age(p, duration.unit, i64::from(duration.count));
                Some(p)
            }
            _ => None,
        }
    }

    /// Gathers the cuts of a banded value; `None` where cells cannot decide it.
    pub fn band<'r>(&mut self, value: &Expr, ranges: impl Iterator<Item = &'r Range>) -> Option<PropId> {
        let (p, lens) = self.term(value)?;
        self.cuts.entry(p).or_default();
        for range in ranges {
            self.range(p, lens, range)?;
        }
        Some(p)
    }

    /// Gathers the cuts of `per STEP value` at these numbers of units.
    pub fn per(&mut self, value: &Expr, step: i64, units: &[i64]) -> Option<PropId> {
        let (p, lens) = self.term(value)?;
        self.cuts.entry(p).or_default();
        for &n in [0, 1].iter().chain(units) {
            self.cut(p, lens, &Value::Integer(n.checked_mul(step)?))?;
        }
        Some(p)
    }

    /// Gathers the lines of a match; `None` where cells cannot decide it.
    pub fn match_lines<'k>(&mut self, value: &Expr, lines: impl Iterator<Item = &'k [Value]>) -> Option<PropId> {
        let (p, lens) = self.term(value)?;
        for keys in lines {
            let mut codes = BTreeSet::new();
            for key in keys {
                match key {
                    Value::Option(code) => {
                        codes.insert(*code);
                    }
                    Value::Text(t) => {
                        let texts = Arc::new(Texts { items: vec![t.clone()], written: vec![t.clone()], list: None });
                        let kind = ExprKind::TextTest { text: Box::new(value.clone()), test: TextTest::Is, texts: texts.clone() };
                        let expr = Expr { kind, ty: crate::value::Type::Boolean, span: value.span };
                        self.text(p, lens == Lens::Domain, Some(TextTest::Is), &texts, &expr);
                    }
                    Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::Date(_) | Value::DateTime(_) => {}
                    Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => {}
                }
            }
            self.cuts.entry(p).or_default().option_groups.push(codes);
        }
        self.cuts.entry(p).or_default();
        Some(p)
    }

    /// Gathers the ages at which points that fade since a date have their greatest and their least; `None` where cells cannot decide it.
    pub fn decay(&mut self, since: &Expr, decay: &Decay, points: Points) -> Option<PropId> {
        let p = self.plain(since)?;
        let days = i64::from(decay.days);
        let step = if matches!(decay.kind, DecayKind::All) { 1 } else { days };
        let end = step.checked_mul(i64::try_from(decay.series(points, LONGEST_SERIES).len()).ok()?)?;
        let ages = &mut self.cuts.entry(p).or_default().ages;
        ages.insert(0);
        ages.insert(end);
        Some(p)
    }

    fn text(&mut self, p: PropId, domain: bool, test: Option<TextTest>, texts: &Arc<Texts>, expr: &Expr) {
        let leaf = TextLeaf { domain, test, texts: texts.clone(), expr: expr.clone() };
        self.cuts.entry(p).or_default().texts.push(leaf);
    }

    fn range(&mut self, p: PropId, lens: Lens, range: &Range) -> Option<()> {
        for end in [range.lo, range.hi].into_iter().flatten() {
            let value = match end {
                RangeEnd::Decimal(d) => Value::Decimal(d),
                RangeEnd::Date(d) => Value::Date(d),
                RangeEnd::DateTime(m) => Value::DateTime(m),
            };
            self.cut(p, lens, &value)?;
        }
        Some(())
    }

    fn cut(&mut self, p: PropId, lens: Lens, value: &Value) -> Option<()> {
        let number = match value {
            #[expect(clippy::cast_precision_loss, reason = "a cut; its neighbours are candidates too")]
            Value::Integer(n) => Some(*n as f64),
            Value::Number(n) => Some(*n),
            Value::Decimal(d) => Some(d.to_f64()),
            Value::Boolean(_) | Value::Date(_) | Value::DateTime(_) | Value::Option(_) => None,
            Value::Text(_) | Value::Set(_) | Value::TextSet(_) => None,
        };
        let cuts = self.cuts.entry(p).or_default();
        match (lens, value, number) {
            (Lens::Whole { scale, shift }, _, Some(n)) => {
                let at = (n - shift) / scale;
                if !at.is_finite() {
                    return None;
                }
                cuts.numbers.insert(OrdF64(at));
            }
            (Lens::Whole { .. }, Value::Date(d), _) => {
                cuts.days.insert(*d);
            }
            (Lens::Whole { .. }, Value::DateTime(m), _) => {
                cuts.moments.insert(*m);
            }
            (Lens::Whole { .. }, Value::Boolean(_) | Value::Option(_), _) => {}
            (Lens::Count | Lens::Size, _, Some(n)) => {
                cuts.counts.insert(whole(n)?);
            }
            (Lens::Age { unit, sign }, _, Some(n)) => {
                let n = whole(n)?;
                self.age(p, unit, n * sign);
            }
            _ => return None,
        }
        Some(())
    }

    fn age(&mut self, p: PropId, unit: Unit, n: i64) {
        let cuts = self.cuts.entry(p).or_default();
        match unit {
            Unit::Hours => cuts.hours.insert(n),
            Unit::Days => cuts.ages.insert(n),
            Unit::Weeks => cuts.ages.insert(n.saturating_mul(7)),
            Unit::Months => cuts.months.insert(n),
            Unit::Years => cuts.months.insert(n.saturating_mul(12)),
        };
    }
}

fn linear(term: (PropId, Lens), map: impl Fn(f64, f64) -> (f64, f64)) -> Option<(PropId, Lens)> {
    match term {
        (p, Lens::Whole { scale, shift }) => {
            let (scale, shift) = map(scale, shift);
            (scale.is_finite() && shift.is_finite() && scale != 0.0).then_some((p, Lens::Whole { scale, shift }))
        }
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are constants")]
fn literal(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Literal(v) => Some(v),
        ExprKind::ToNumber(x) => literal(x),
        _ => None,
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only these are numbers")]
fn constant(expr: &Expr) -> Option<f64> {
    match literal(expr)? {
        #[expect(clippy::cast_precision_loss, reason = "a cut; its neighbours are candidates too")]
        Value::Integer(n) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        Value::Decimal(d) => Some(d.to_f64()),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "held to the range of i64 just before")]
fn whole(n: f64) -> Option<i64> {
    (n.abs() < 9.0e15).then(|| n.floor() as i64)
}

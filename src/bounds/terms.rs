//! Which conditions look at one subject alone, and where they cut its values.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::abstraction::UNBOUNDED;
use super::cuts::{Cuts, OrdF64, TextLeaf};
use super::pattern::Meaning;
use super::subject::{Events, Subject, labelled};
use crate::decay::{Decay, DecayKind};
use crate::hir::walk::shape;
use crate::hir::{
    ArithmeticOp, Arm, Bounds, Each, Expr, ExprKind, LabelBody, LabelId, Model, Range, RangeEnd, TextTest, Texts, Unit,
};
use crate::value::{Points, Type, Value};

/// How many units of one rule are gone through one by one.
const MOST_UNITS: i64 = 200;
/// How many steps of a fading series are looked at; one that goes on for longer is left undecided.
const LONGEST_SERIES: usize = 100_000;

/// What of a subject an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lens {
    /// Its value, as `scale * value + shift` for numbers.
    Whole {
        /// Factor.
        scale: f64,
        /// Summand.
        shift: f64,
        /// Whether something is computed, which fails where the result is too great.
        computed: bool,
    },
    /// Its domain.
    Domain,
    /// The label that it bears.
    Label(LabelId),
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

impl Lens {
    /// The value as it stands.
    const WHOLE: Self = Self::Whole { scale: 1.0, shift: 0.0, computed: false };

    fn is_computed(self) -> bool {
        matches!(self, Self::Whole { computed: true, .. })
    }
}

/// Finds terms over single subjects and gathers cuts.
pub struct Terms<'m> {
    model: &'m Model,
    /// By subject.
    pub cuts: BTreeMap<Subject, Cuts>,
    /// By the address of a test of the model's that was gathered: its subject, and its place among the tests of a text.
    pub(super) told: HashMap<usize, (Subject, Option<usize>)>,
}

impl<'m> Terms<'m> {
    /// No cut yet.
    pub fn new(model: &'m Model) -> Self {
        Self { model, cuts: BTreeMap::new(), told: HashMap::new() }
    }

    /// The subject and lens of an expression that looks at one subject in a way that cells can decide.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these look at one subject through a lens")]
    pub fn term(&self, expr: &Expr) -> Option<(Subject, Lens)> {
        if let Some(subject) = Subject::of(expr) {
            return Some((subject, Lens::WHOLE));
        }
        match &expr.kind {
            ExprKind::Negate(_) | ExprKind::Arithmetic(..) if expr.ty == Type::Score => None,
            ExprKind::Definition(d) => self.term(&self.model.definition(*d)?.value),
            ExprKind::ToNumber(x) | ExprKind::ToDate(x) => self.term(x),
            ExprKind::Label(id) => labelled(self.model, *id).map(|score| (Subject::Score(score), Lens::Label(*id))),
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

    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are a subject as it stands")]
    fn plain(&self, expr: &Expr) -> Option<Subject> {
        match &expr.kind {
            ExprKind::ToDate(x) => self.plain(x),
            ExprKind::Definition(d) => self.plain(&self.model.definition(*d)?.value),
            _ => Subject::of(expr),
        }
    }

    /// Gathers the cuts of a test that is no connective; gives its subject, or `None` where cells cannot decide it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these can be decided by cells")]
    pub fn leaf(&mut self, expr: &Expr) -> Option<Subject> {
        if let Some(subject) = Subject::of(expr) {
            self.cuts.entry(subject.clone()).or_default();
            return Some(subject);
        }
        match &expr.kind {
            ExprKind::IsKnown(x) => {
                let (p, lens) = self.term(x)?;
                if let Lens::Label(id) = lens {
                    self.label(&p, id);
                }
                if lens == Lens::Domain {
                    self.text(&p, true, None, &Arc::new(Texts::default()), expr);
                }
                self.cuts.entry(p.clone()).or_default().computed |= lens.is_computed();
                Some(p)
            }
            ExprKind::Compare(_, a, b) => {
                let (term, other) = if literal(b).is_some() { (a, b) } else { (b, a) };
                let value = literal(other)?.clone();
                let (p, lens) = self.term(term)?;
                self.cut(&p, lens, &value)?;
                self.counted(&p, lens, expr);
                Some(p)
            }
            ExprKind::InRange(x, range) => {
                let (p, lens) = self.term(x)?;
                self.range(&p, lens, range)?;
                self.counted(&p, lens, expr);
                Some(p)
            }
            ExprKind::InValues(x, values) => {
                let (p, lens) = self.term(x)?;
                values.iter().try_for_each(|v| self.cut(&p, lens, v))?;
                self.counted(&p, lens, expr);
                Some(p)
            }
            ExprKind::InOptions(x, codes) | ExprKind::HasOptions { set: x, codes, .. } => {
                let p = self.plain(x)?;
                let all = matches!(&expr.kind, ExprKind::HasOptions { all: true, .. });
                let cuts = self.cuts.entry(p.clone()).or_default();
                if all {
                    cuts.option_groups.extend(codes.iter().map(|c| BTreeSet::from([*c])));
                } else {
                    cuts.option_groups.push(codes.clone());
                }
                Some(p)
            }
            ExprKind::HasTexts { set, texts, .. } => {
                let p = self.plain(set)?;
                self.cuts.entry(p.clone()).or_default().set_texts.extend(texts.items.iter().cloned());
                Some(p)
            }
            ExprKind::TextTest { text, test, texts } => {
                let (p, lens) = self.term(text)?;
                let domain = match lens {
                    Lens::Domain => true,
                    Lens::Whole { .. } => false,
                    Lens::Label(id) => {
                        self.label(&p, id);
                        return Some(p);
                    }
                    Lens::Count | Lens::Size | Lens::Age { .. } => return None,
                };
                self.text(&p, domain, Some(*test), texts, expr);
                Some(p)
            }
            ExprKind::Matches(text, _) => {
                let (p, lens) = self.term(text)?;
                if let Lens::Label(id) = lens {
                    self.label(&p, id);
                    return Some(p);
                }
                self.text(&p, lens == Lens::Domain, None, &Arc::new(Texts::default()), expr);
                Some(p)
            }
            ExprKind::IsEmpty(x) => {
                let p = self.plain(x)?;
                self.cuts.entry(p.clone()).or_default();
                Some(p)
            }
            ExprKind::Within { date, duration, next } => {
                let p = self.plain(date)?;
                let n = i64::from(duration.count) * if *next { -1 } else { 1 };
                self.age(&p, duration.unit, n);
                self.age(&p, duration.unit, 0);
                Some(p)
            }
            ExprKind::MoreThanAgo(date, duration) => {
                let p = self.plain(date)?;
                self.age(&p, duration.unit, i64::from(duration.count));
                Some(p)
            }
            _ => None,
        }
    }

    /// Gathers the cuts of a test of the model's, and keeps what it looks at.
    pub(super) fn gather(&mut self, expr: &'m Expr) {
        if let Some(subject) = self.leaf(expr) {
            let place = self.cuts.get(&subject).and_then(|cuts| cuts.place(expr));
            self.told.insert(address(expr), (subject, place));
        }
    }

    /// Gathers the cuts of a banded value; `None` where cells cannot decide it.
    pub fn band<'r>(&mut self, value: &Expr, ranges: impl Iterator<Item = &'r Range>) -> Option<Subject> {
        let (p, lens) = self.term(value)?;
        self.cuts.entry(p.clone()).or_default().computed |= lens.is_computed();
        for range in ranges {
            self.range(&p, lens, range)?;
        }
        Some(p)
    }

    /// Gathers the cuts of `per STEP value`.
    pub fn per(&mut self, value: &Expr, step: i64, arm: &Arm, bounds: &Bounds) -> Option<Subject> {
        let (p, lens) = self.term(value)?;
        self.cuts.entry(p.clone()).or_default();
        for n in [0, 1].into_iter().chain(units(arm, bounds)) {
            self.cut(&p, lens, &Value::Integer(n.checked_mul(step)?))?;
        }
        let bound = if arm.points.0 < 0 { bounds.min } else { bounds.max };
        let most = bound.and_then(|(b, _)| b.0.abs().checked_div(arm.points.0.abs())).filter(|&n| n < MOST_UNITS);
        let steps = most.filter(|_| lens == Lens::WHOLE).map(|most| (0..=most + 1).map(|n| n.saturating_mul(step)).collect());
        self.cuts.entry(p.clone()).or_default().units.push(steps);
        Some(p)
    }

    /// Gathers the lines of a match; `None` where cells cannot decide it.
    pub fn match_lines<'k>(&mut self, value: &Expr, lines: impl Iterator<Item = &'k [Value]>) -> Option<Subject> {
        let (p, lens) = self.term(value)?;
        self.cuts.entry(p.clone()).or_default().computed |= lens.is_computed();
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
                        let expr = Expr { kind, ty: Type::Boolean, span: value.span };
                        self.text(&p, lens == Lens::Domain, Some(TextTest::Is), &texts, &expr);
                    }
                    Value::Integer(_) => self.cut(&p, lens, key)?,
                    Value::Boolean(_) | Value::Number(_) | Value::Date(_) | Value::DateTime(_) => {}
                    Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => {}
                }
            }
            self.cuts.entry(p.clone()).or_default().option_groups.push(codes);
        }
        self.cuts.entry(p.clone()).or_default();
        Some(p)
    }

    /// Gathers the ages at which points that fade since a date have their greatest and their least; `None` where cells cannot decide it.
    pub fn decay(&mut self, since: &Expr, decay: &Decay, points: Points) -> Option<Subject> {
        let p = self.plain(since)?;
        let days = i64::from(decay.days);
        let step = if matches!(decay.kind, DecayKind::All) { 1 } else { days };
        let steps = i64::try_from(decay.series(points, LONGEST_SERIES).len()).ok()?;
        let cuts = self.cuts.entry(p.clone()).or_default();
        cuts.ages.extend([0, step.checked_mul(steps)?]);
        cuts.fading.push((0..=steps).map(|k| k.saturating_mul(step)).collect());
        Some(p)
    }

    /// Gathers an item that gives points for each event.
    pub fn each(&mut self, each: &Each) {
        self.cuts.entry(Subject::Events(Events::of(each))).or_default().items.push(each.clone());
    }

    fn text(&mut self, p: &Subject, domain: bool, test: Option<TextTest>, texts: &Arc<Texts>, expr: &Expr) {
        let cuts = self.cuts.entry(p.clone()).or_default();
        let place = cuts.texts.len();
        let std::collections::hash_map::Entry::Vacant(vacant) = cuts.places.entry(shape(expr)) else { return };
        vacant.insert(place);
        let (mut test, mut texts) = (test, texts.clone());
        let mut pattern = None;
        if let ExprKind::Matches(_, source) = &expr.kind {
            let meaning = Meaning::of(source.regex.as_str(), self.model.schema.ignore_accents);
            if let Some((plain, items)) = meaning.passed_by.as_ref().filter(|_| meaning.same) {
                test = Some(*plain);
                texts = Arc::new(Texts { written: items.clone(), items: items.clone(), list: None });
            }
            pattern = Some(meaning);
        }
        let asks_known = matches!(expr.kind, ExprKind::IsKnown(_));
        let counts = matches!(expr.kind, ExprKind::Compare(..) | ExprKind::InRange(..) | ExprKind::InValues(..));
        cuts.texts.push(TextLeaf {
            domain,
            test,
            texts,
            pattern,
            asks_known,
            counts,
            expr: expr.clone(),
            means: OnceCell::new(),
        });
    }

    /// Gathers a test of the number of characters or words beside the other tests of the text.
    fn counted(&mut self, p: &Subject, lens: Lens, expr: &Expr) {
        if lens == Lens::Count {
            self.text(p, false, None, &Arc::new(Texts::default()), expr);
        }
    }

    /// Gathers the ends of a label's ranges.
    fn label(&mut self, p: &Subject, id: LabelId) {
        let model = self.model;
        self.cuts.entry(p.clone()).or_default();
        match model.label(id).map(|l| &l.body) {
            Some(LabelBody::Ranges { lines, .. }) => {
                for line in lines {
                    self.range(p, Lens::WHOLE, &line.range);
                }
            }
            Some(LabelBody::Labels { label, .. }) => self.label(p, *label),
            Some(LabelBody::Join(parts)) => parts.iter().for_each(|part| self.label(p, *part)),
            None => {}
        }
    }

    fn range(&mut self, p: &Subject, lens: Lens, range: &Range) -> Option<()> {
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

    fn cut(&mut self, p: &Subject, lens: Lens, value: &Value) -> Option<()> {
        let number = match value {
            #[expect(clippy::cast_precision_loss, reason = "a cut; its neighbours are candidates too")]
            Value::Integer(n) => Some(*n as f64),
            Value::Number(n) => Some(*n),
            Value::Decimal(d) => Some(d.to_f64()),
            Value::Boolean(_) | Value::Date(_) | Value::DateTime(_) | Value::Option(_) => None,
            Value::Text(_) | Value::Set(_) | Value::TextSet(_) => None,
        };
        let declared = p.declared(&self.model.schema);
        let listed = declared.is_some_and(|p| matches!(p.ty, Type::SetOf(_)));
        let whole_numbers = declared.is_some_and(|p| matches!(p.ty, Type::Integer));
        let cuts = self.cuts.entry(p.clone()).or_default();
        match (lens, value, number) {
            (Lens::Whole { scale, shift, computed }, _, Some(n)) => {
                let at = (n - shift) / scale;
                // So far out a float does not tell whole numbers apart.
                if !at.is_finite() || computed && whole_numbers && whole(at).is_none() {
                    return None;
                }
                cuts.computed |= computed;
                if !computed && whole_numbers {
                    cuts.integers.extend(beside(value));
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
            (Lens::Count, _, Some(n)) => {
                cuts.counts.insert(whole(n).filter(|&n| n < LONGEST_TEXT)?);
            }
            (Lens::Size, _, Some(n)) => {
                cuts.counts.insert(whole(n).filter(|&n| listed || n < MOST_MEMBERS)?);
            }
            (Lens::Age { unit, sign }, _, Some(n)) => {
                let n = whole(n)? * sign;
                self.age(p, unit, n);
                // The times that whole hours, weeks, months and years count alike end where the next unit, away from today, is full.
                if unit != Unit::Days {
                    let next = if n == 0 { [-1, 1] } else { [n, n + n.signum()] };
                    next.into_iter().for_each(|n| self.age(p, unit, n));
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn age(&mut self, p: &Subject, unit: Unit, n: i64) {
        let cuts = self.cuts.entry(p.clone()).or_default();
        match unit {
            Unit::Hours => cuts.hours.insert(n),
            Unit::Days => cuts.ages.insert(n),
            Unit::Weeks => cuts.ages.insert(n.saturating_mul(7)),
            Unit::Months => cuts.months.insert(n),
            Unit::Years => cuts.months.insert(n.saturating_mul(12)),
        };
    }
}

/// The greatest whole number below a value, the value if it is whole, and the least above it.
fn beside(value: &Value) -> Vec<i64> {
    let (mantissa, scale) = match value {
        Value::Integer(n) => (i128::from(*n), 0),
        Value::Decimal(d) => (d.mantissa, d.scale),
        Value::Number(_) | Value::Boolean(_) | Value::Date(_) | Value::DateTime(_) => return Vec::new(),
        Value::Option(_) | Value::Text(_) | Value::Set(_) | Value::TextSet(_) => return Vec::new(),
    };
    let unit = 10_i128.saturating_pow(scale);
    let floor = mantissa.div_euclid(unit);
    let above = floor.saturating_add(1);
    let below = if mantissa.rem_euclid(unit) == 0 { floor.saturating_sub(1) } else { floor };
    [below, floor, above].into_iter().filter_map(|n| i64::try_from(n).ok()).collect()
}

/// Numbers of units beside which the points of a `per` turn: the first, and that from which on its bound holds.
fn units(arm: &Arm, bounds: &Bounds) -> Vec<i64> {
    let bound = if arm.points.0 < 0 { bounds.min } else { bounds.max };
    let last = match bound {
        Some((b, _)) => b.0.abs().checked_div(arm.points.0.abs()).map(|n| n + 1),
        None => UNBOUNDED.checked_div(arm.points.0.abs()),
    };
    (2..6).chain(last).collect()
}

/// No cells are made of longer texts: what is asked of one is open.
pub(super) const LONGEST_TEXT: i64 = 1000;

/// The same of sets of texts of more members.
pub(super) const MOST_MEMBERS: i64 = 8;

/// What tells a test of the model's from all others.
pub(super) fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

fn linear(term: (Subject, Lens), map: impl Fn(f64, f64) -> (f64, f64)) -> Option<(Subject, Lens)> {
    match term {
        (p, Lens::Whole { scale, shift, .. }) => {
            let (scale, shift) = map(scale, shift);
            (scale.is_finite() && shift.is_finite() && scale != 0.0).then_some((p, Lens::Whole { scale, shift, computed: true }))
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

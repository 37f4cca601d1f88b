//! Ranges: their ends, whether they hold a value, and whether two of them share one.
//!
//! Every value that a range can be over has a place in a whole order (an integer by itself, a number by its float's bits, a score
//! by its hundredths, dates by day or microsecond), so that a range is an interval of whole numbers and nothing is rounded.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::checker::{Checker, type_words, value_words};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, Range, RangeEnd};
use crate::source::Span;
use crate::syntax::ast::{self, RangeLit};
use crate::value::{Decimal, Type, Value};

/// What ranges are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers.
    Integer,
    /// Floats.
    Number,
    /// Hundredths.
    Score,
    /// Calendar days.
    Date,
    /// Moments.
    DateTime,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Score => "a score",
            Self::Date => "a date",
            Self::DateTime => "a date-time",
        }
    }

    const fn is_dated(self) -> bool {
        matches!(self, Self::Date | Self::DateTime)
    }
}

impl Checker<'_> {
    /// What the ranges over a value are of; a date-time is made a date where the ranges' ends are dates.
    pub(super) fn ranged(&mut self, value: Expr, ranges: &[&RangeLit], words: &str) -> Option<(Expr, Kind)> {
        let kind = match &value.ty {
            Type::Integer => Kind::Integer,
            Type::Number => Kind::Number,
            Type::Score if self.is_computed(&value) => Kind::Number,
            Type::Score => Kind::Score,
            Type::Date => Kind::Date,
            Type::DateTime => {
                let moments = ranges.iter().flat_map(|r| r.lo.iter().chain(r.hi.iter())).any(|end| self.is_moment(end));
                if moments {
                    return Some((value, Kind::DateTime));
                }
                let span = value.span;
                return Some((
                    super::checker::typed(crate::hir::ExprKind::ToDate(Box::new(value)), Type::Date, span),
                    Kind::Date,
                ));
            }
            Type::Text | Type::Boolean | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Label => {
                let name = self.words(value.span);
                let message =
                    format!("`{name}` is {}, and `{words}` with ranges needs a number or a date", type_words(&value.ty));
                let help = match (&value.ty, words) {
                    (Type::OneOf(_) | Type::Boolean, "band") => format!("use `match {name} {{ .. }}`"),
                    (Type::SetOf(_) | Type::SetOfText, "band") => {
                        format!("use `match each {name} {{ .. }}` or `band size of {name} {{ .. }}`")
                    }
                    (Type::Text, "band") => format!("use `match {name} {{ \"..\": +5 }}` or `band length of {name} {{ .. }}`"),
                    (_, _) => format!("list the values: `{name} in [..]`"),
                };
                self.error(Code::TypeMismatch, value.span, message, help);
                return None;
            }
        };
        Some((value, kind))
    }

    /// Whether a range's end is written as a date-time.
    fn is_moment(&self, end: &ast::Expr) -> bool {
        if let ast::ExprKind::Date(date) = &super::checker::inner(end).kind {
            return date.has_time;
        }
        let entity = super::checker::as_ident(end).and_then(|name| self.env.entities.get(&name.name));
        let Some((super::env::Entity::Param(at), _)) = entity else { return false };
        matches!(self.env.params.get(*at).and_then(|p| p.value.as_ref()), Some(Value::DateTime(_)))
    }

    /// A range with checked ends that holds at least one value.
    pub(super) fn range(&mut self, range: &RangeLit, kind: Kind) -> Option<Range> {
        let lo = self.end(range.lo.as_deref(), kind);
        let hi = if range.single { lo } else { self.end(range.hi.as_deref(), kind) };
        let built = Range { lo: lo?, hi: hi?, hi_included: range.single || !range.hi_open, span: range.span };
        if interval(&built, kind).is_none() {
            let swapped = Range { lo: built.hi, hi: built.lo, hi_included: true, span: range.span };
            let message = format!("the range `{}` holds no value", self.words(range.span));
            let mut problem = Diagnostic::new(Code::EmptyRange, range.span, message);
            for end in [range.lo.as_deref(), range.hi.as_deref()].into_iter().flatten() {
                if let Some((name, declared)) = self.param_place(end) {
                    problem = problem.also(declared, format!("`{name}` is declared here"));
                }
            }
            let help = if built.lo != built.hi && interval(&swapped, kind).is_some() {
                "write the smaller end first"
            } else {
                "`a..<b` leaves out b; write `a..b` to include it"
            };
            self.push(problem.help(help));
            return None;
        }
        Some(built)
    }

    /// An end: `None` is an error, `Some(None)` an open end.
    fn end(&mut self, end: Option<&ast::Expr>, kind: Kind) -> Option<Option<RangeEnd>> {
        let Some(end) = end else { return Some(None) };
        let value = self.constant(end, "the end of a range")?;
        let zone = &self.env.schema.zone;
        let checked = match (&value, kind) {
            (Value::Decimal(number), Kind::Integer | Kind::Number | Kind::Score) => RangeEnd::Decimal(*number),
            (Value::Date(day), Kind::Date) => RangeEnd::Date(*day),
            (Value::DateTime(micros), Kind::Date) => RangeEnd::Date(crate::time::day_of(*micros, zone)),
            (Value::DateTime(micros), Kind::DateTime) => RangeEnd::DateTime(*micros),
            (
                Value::Decimal(_)
                | Value::Integer(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::Boolean(_)
                | Value::Date(_)
                | Value::DateTime(_)
                | Value::Option(_)
                | Value::Set(_)
                | Value::TextSet(_),
                _,
            ) => {
                let message =
                    format!("`{}` is {}, and the range is over {}", self.words(end.span), value_words(&value), kind.words());
                let help = match (&value, kind) {
                    (Value::Date(_), Kind::DateTime) => "give all ends a time, or none",
                    (Value::Text(_), _) => "write the end without quotes",
                    (_, k) if k.is_dated() => "write dates, as in `2026-01-01..2026-03-31`",
                    (_, _) => "write numbers, as in `10..49`",
                };
                let mut problem = Diagnostic::new(Code::TypeMismatch, end.span, message).help(help);
                if let Some((name, declared)) = self.param_place(end) {
                    problem = problem.also(declared, format!("`{name}` is declared here"));
                }
                self.push(problem);
                return None;
            }
        };
        Some(Some(checked))
    }
}

/// The places of a range's values, both ends included; `None` if it holds none.
pub(super) fn interval(range: &Range, kind: Kind) -> Option<(i128, i128)> {
    let lo = range.lo.map_or(i128::MIN, |end| place(end, kind).1);
    let hi = match range.hi {
        None => i128::MAX,
        Some(end) => {
            let (below, at) = place(end, kind);
            // An end between two places is the lower of them either way.
            if range.hi_included || below != at { below } else { below.checked_sub(1)? }
        }
    };
    (lo <= hi).then_some((lo, hi))
}

/// The greatest place not above, and the least not below, a range's end.
fn place(end: RangeEnd, kind: Kind) -> (i128, i128) {
    match end {
        RangeEnd::Date(day) => (i128::from(day), i128::from(day)),
        RangeEnd::DateTime(micros) => (i128::from(micros), i128::from(micros)),
        RangeEnd::Decimal(number) => match kind {
            Kind::Number => {
                let place = float_place(number.to_f64());
                (place, place)
            }
            Kind::Score => scaled(number, 2),
            Kind::Integer | Kind::Date | Kind::DateTime => scaled(number, 0),
        },
    }
}

/// A float's place in the order of all floats.
fn float_place(number: f64) -> i128 {
    let number = if number == 0.0 { 0.0 } else { number };
    let bits = i128::from(number.abs().to_bits());
    if number.is_sign_negative() { -bits } else { bits }
}

/// A number times ten to the `places`, rounded down and up.
fn scaled(number: Decimal, places: u32) -> (i128, i128) {
    let n = number.normalized();
    if n.scale <= places {
        let factor = 10_i128.pow(places - n.scale);
        let exact = n.mantissa.saturating_mul(factor);
        return (exact, exact);
    }
    let divisor = 10_i128.pow((n.scale - places).min(38));
    let down = n.mantissa.div_euclid(divisor);
    (down, down + 1)
}

/// The ranges met so far in a band or label, none sharing a value with another.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    by_start: BTreeMap<i128, (i128, Span)>,
}

impl Ranges {
    /// Adds a range, or gives one that it shares a value with.
    pub(super) fn add(&mut self, range: &Range, kind: Kind) -> Option<Shared> {
        let (lo, hi) = interval(range, kind)?;
        let below = self.by_start.range(..=lo).next_back().filter(|(_, (end, _))| *end >= lo);
        let above = self.by_start.range(lo..=hi).next();
        if let Some((start, (_, span))) = below.or(above) {
            return Some(Shared { with: *span, start: start.cmp(&lo) });
        }
        self.by_start.insert(lo, (hi, range.span));
        None
    }
}

/// A range that shares a value with a later one.
pub(super) struct Shared {
    with: Span,
    /// Where it starts, beside the later one.
    start: Ordering,
}

impl Checker<'_> {
    /// Tells that a range shares a value with one before it.
    pub(super) fn overlap(&mut self, range: &Range, shared: &Shared) {
        let (this, other) = (self.words(range.span), self.words(shared.with));
        let help = match shared.start {
            Ordering::Less => shortened(&other, &this),
            Ordering::Greater => shortened(&this, &other),
            Ordering::Equal => "both start at the same value; delete one, or start it elsewhere".to_owned(),
        };
        let message = format!("the ranges `{other}` and `{this}` share a value");
        self.push(
            Diagnostic::new(Code::OverlappingRanges, range.span, message)
                .label("this one")
                .also(shared.with, "shares a value with this one")
                .help(help),
        );
    }
}

/// How the lower range ends where the other one starts.
fn shortened(first: &str, second: &str) -> String {
    let start = |words: &str| words.split_once("..").map_or(words, |(start, _)| start).trim().to_owned();
    format!("end the lower one where the other starts: `{}..<{}`, then `{second}`", start(first), start(second))
}

//! Comparisons, ranges and membership.

use super::Lowerer;
use super::expr::Val;
use crate::bytecode::{Domain, InstrKind, IntReg, MaskReg};
use crate::hir::{CompareOp, Expr, ExprKind, Range, RangeEnd, TextTest};
use crate::source::Span;
use crate::value::{Decimal, Type, Value};

impl Lowerer<'_> {
    /// The constant that an expression stands for.
    fn constant<'e>(&'e self, expr: &'e Expr) -> Option<&'e Value> {
        let mut expr = expr;
        loop {
            #[expect(clippy::wildcard_enum_match_arm, reason = "only a constant and its name are constants")]
            match &expr.kind {
                ExprKind::Literal(value) => return Some(value),
                ExprKind::Definition(id) => expr = &self.model.definition(*id)?.value,
                ExprKind::ToNumber(inner) => expr = inner,
                _ => return None,
            }
        }
    }

    pub(super) fn compare(&mut self, op: CompareOp, a: &Expr, b: &Expr, domain: Domain, span: Span) -> Val {
        if let Some(sides) = self.exact_sides(a, b) {
            return self.exact_compare(op, sides, [a, b], domain, span);
        }
        if let Some(value) = self.constant(b).cloned()
            && let Some(done) = self.compare_constant(op, a, &value, domain, span)
        {
            return done;
        }
        if let Some(value) = self.constant(a).cloned()
            && let Some(done) = self.compare_constant(flipped(op), b, &value, domain, span)
        {
            return done;
        }
        match (self.lower(a, domain), self.lower(b, domain)) {
            (Val::Int(x, kx), Val::Int(y, ky)) => {
                let mask = self.builder.mask(InstrKind::CompareInt(op, x, y), domain, span);
                let known = self.builder.and(kx, ky, domain, span);
                self.leaf(mask, known, domain, span)
            }
            (Val::Num(x, kx), Val::Num(y, ky)) => {
                let mask = self.builder.mask(InstrKind::CompareNum(op, x, y), domain, span);
                let known = self.builder.and(kx, ky, domain, span);
                self.leaf(mask, known, domain, span)
            }
            (Val::Truth(at, af), Val::Truth(bt, bf)) => {
                let (both, neither) = (self.builder.and(at, bt, domain, span), self.builder.and(af, bf, domain, span));
                let t = self.builder.or(both, neither, domain, span);
                let (one, other) = (self.builder.and(at, bf, domain, span), self.builder.and(af, bt, domain, span));
                Val::Truth(t, self.builder.or(one, other, domain, span))
            }
            (Val::Code(x), Val::Code(y)) => {
                let mask = self.builder.mask(InstrKind::EqualCode(x, y), domain, span);
                let (kx, ky) = (self.known(Val::Code(x), domain, span), self.known(Val::Code(y), domain, span));
                let known = self.builder.and(kx, ky, domain, span);
                self.leaf(mask, known, domain, span)
            }
            (x @ (Val::Text(_) | Val::Texts(_)), y @ (Val::Text(_) | Val::Texts(_))) => self.same_text(x, y, domain, span),
            (Val::Int(..) | Val::Num(..) | Val::Truth(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_), _) => {
                let none = self.builder.fill(false, domain, span);
                Val::Truth(none, none)
            }
        }
    }

    /// A comparison with a constant, where there is a shorter way.
    fn compare_constant(&mut self, op: CompareOp, a: &Expr, value: &Value, domain: Domain, span: Span) -> Option<Val> {
        match value {
            Value::Decimal(n) if a.ty == Type::Score => {
                Some(self.int_between(a, op, (scaled_floor(*n, 2), scaled_ceil(*n, 2)), domain, span))
            }
            Value::Integer(n) if a.ty == Type::Score => {
                let n = i128::from(*n) * 100;
                Some(self.int_between(a, op, (n, n), domain, span))
            }
            Value::Integer(n) if a.ty == Type::Integer => Some(self.exactly(a, op, *n, domain, span)),
            Value::Decimal(n) if a.ty == Type::Integer => {
                Some(self.int_between(a, op, (scaled_floor(*n, 0), scaled_ceil(*n, 0)), domain, span))
            }
            Value::Date(day) if a.ty == Type::Date => Some(self.exactly(a, op, i64::from(*day), domain, span)),
            Value::DateTime(micros) if a.ty == Type::DateTime => Some(self.exactly(a, op, *micros, domain, span)),
            Value::Number(n) if a.ty == Type::Number => Some(self.num_against(a, op, *n, domain, span)),
            Value::Decimal(n) if a.ty == Type::Number => Some(self.num_against(a, op, n.to_f64(), domain, span)),
            #[expect(clippy::cast_precision_loss, reason = "an integer opposite a number is turned into one")]
            Value::Integer(n) if a.ty == Type::Number => Some(self.num_against(a, op, *n as f64, domain, span)),
            Value::Option(code) if matches!(a.ty, Type::OneOf(_)) => {
                let x = self.code(a, domain);
                Some(self.code_in(x, [*code], domain, span))
            }
            Value::Text(_) if matches!(a.ty, Type::Text | Type::Label) => {
                let Value::Text(text) = value else { return None };
                let x = self.text(a, domain);
                let folded = crate::text::fold(text, self.model.schema.ignore_accents);
                let table = self.tables.texts(vec![std::sync::Arc::from(&*folded)]);
                let mask = self.where_text(x, domain, span, |this, x| {
                    this.builder.mask(InstrKind::Text(x, TextTest::Is, table), domain, span)
                });
                let known = self.known(x, domain, span);
                Some(self.leaf(mask, known, domain, span))
            }
            Value::Integer(_)
            | Value::Number(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::Boolean(_)
            | Value::Option(_)
            | Value::Text(_)
            | Value::Set(_)
            | Value::TextSet(_) => None,
        }
    }

    fn exactly(&mut self, a: &Expr, op: CompareOp, n: i64, domain: Domain, span: Span) -> Val {
        self.int_between(a, op, (i128::from(n), i128::from(n)), domain, span)
    }

    /// Compares with a constant that lies between two whole numbers, or is both.
    fn int_between(&mut self, a: &Expr, op: CompareOp, (floor, ceil): (i128, i128), domain: Domain, span: Span) -> Val {
        let (x, known) = self.int(a, domain);
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let (lo, hi) = match op {
            CompareOp::Equal if floor == ceil => (floor, floor),
            CompareOp::Equal => (1, 0),
            CompareOp::Less => (least, ceil.saturating_sub(1)),
            CompareOp::LessEqual => (least, floor),
            CompareOp::Greater => (floor.saturating_add(1), most),
            CompareOp::GreaterEqual => (ceil, most),
        };
        let (lo, hi) = held((lo, hi));
        let mask = self.int_range(x, lo, hi, domain, span);
        self.leaf(mask, known, domain, span)
    }

    fn int_range(&mut self, x: IntReg, lo: i64, hi: i64, domain: Domain, span: Span) -> MaskReg {
        if lo > hi {
            self.builder.fill(false, domain, span)
        } else {
            self.builder.mask(InstrKind::RangeInt(x, lo, hi), domain, span)
        }
    }

    fn num_against(&mut self, a: &Expr, op: CompareOp, n: f64, domain: Domain, span: Span) -> Val {
        let (x, known) = self.num(a, domain);
        let (lo, hi) = match op {
            CompareOp::Equal => (n, n),
            CompareOp::Less => (f64::NEG_INFINITY, n.next_down()),
            CompareOp::LessEqual => (f64::NEG_INFINITY, n),
            CompareOp::Greater => (n.next_up(), f64::INFINITY),
            CompareOp::GreaterEqual => (n, f64::INFINITY),
        };
        let mask = self.builder.mask(InstrKind::RangeNum(x, lo.to_bits(), hi.to_bits()), domain, span);
        self.leaf(mask, known, domain, span)
    }

    pub(super) fn in_range(&mut self, value: &Expr, range: &Range, domain: Domain, span: Span) -> Val {
        if let Some(x) = self.model.computed(value) {
            return self.exact_in_range(value, &x, range, domain, span);
        }
        let (mask, known) = self.range_mask(value, range, domain, span);
        self.leaf(mask, known, domain, span)
    }

    /// Where a value lies in a range (whatever stands in unknown rows), and where it is known.
    pub(super) fn range_mask(&mut self, value: &Expr, range: &Range, domain: Domain, span: Span) -> (MaskReg, MaskReg) {
        match &value.ty {
            Type::Number => {
                let (x, known) = self.num(value, domain);
                let lo = range.lo.map_or(f64::NEG_INFINITY, number_end);
                let hi = range.hi.map_or(f64::INFINITY, number_end);
                let hi = if range.hi_included || range.hi.is_none() { hi } else { hi.next_down() };
                (self.builder.mask(InstrKind::RangeNum(x, lo.to_bits(), hi.to_bits()), domain, span), known)
            }
            Type::DateTime => {
                let (moments, known) = self.int(value, domain);
                let day = self.builder.int(InstrKind::ToDay(moments), domain, span).0;
                let mut mask = self.builder.fill(true, domain, span);
                for (end, upper) in [(range.lo, false), (range.hi, true)] {
                    let Some(end) = end else { continue };
                    let (x, at) = match end {
                        RangeEnd::DateTime(micros) => (moments, micros),
                        RangeEnd::Date(day_number) => (day, i64::from(day_number)),
                        RangeEnd::Decimal(_) => continue,
                    };
                    let (lo, hi) = match (upper, range.hi_included) {
                        (false, _) => (at, i64::MAX),
                        (true, true) => (i64::MIN, at),
                        (true, false) => (i64::MIN, at.saturating_sub(1)),
                    };
                    let part = self.int_range(x, lo, hi, domain, span);
                    mask = self.builder.and(mask, part, domain, span);
                }
                (mask, known)
            }
            Type::Score
            | Type::Integer
            | Type::Date
            | Type::Boolean
            | Type::Text
            | Type::OneOf(_)
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Label => {
                let (x, known) = self.int(value, domain);
                let (lo, hi) = whole_ends(range, if value.ty == Type::Score { 2 } else { 0 });
                (self.int_range(x, lo, hi, domain, span), known)
            }
        }
    }

    pub(super) fn in_values(&mut self, value: &Expr, values: &[Value], domain: Domain, span: Span) -> Val {
        if let Some(x) = self.model.computed(value) {
            return self.exact_in_values(value, &x, values, domain, span);
        }
        if value.ty == Type::Number {
            let (x, known) = self.num(value, domain);
            let table = self.tables.nums(values.iter().filter_map(as_number).collect());
            let mask = self.builder.mask(InstrKind::MemberNum(x, table), domain, span);
            return self.leaf(mask, known, domain, span);
        }
        let places = if value.ty == Type::Score { 2 } else { 0 };
        let (x, known) = self.int(value, domain);
        let table = self.tables.ints(values.iter().filter_map(|v| as_whole(v, places)).collect());
        let mask = self.builder.mask(InstrKind::MemberInt(x, table), domain, span);
        self.leaf(mask, known, domain, span)
    }
}

fn flipped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Equal => CompareOp::Equal,
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
    }
}

fn number_end(end: RangeEnd) -> f64 {
    match end {
        RangeEnd::Decimal(n) => n.to_f64(),
        RangeEnd::Date(_) | RangeEnd::DateTime(_) => f64::NAN,
    }
}

fn as_number(value: &Value) -> Option<f64> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are numbers")]
    match value {
        Value::Number(n) => Some(*n),
        Value::Decimal(n) => Some(n.to_f64()),
        #[expect(clippy::cast_precision_loss, reason = "an integer opposite a number is turned into one")]
        Value::Integer(n) => Some(*n as f64),
        _ => None,
    }
}

/// A constant as a whole number of units with so many places, if it is one.
fn as_whole(value: &Value, places: u32) -> Option<i64> {
    match value {
        Value::Integer(n) => n.checked_mul(10_i64.checked_pow(places)?),
        Value::Date(day) => Some(i64::from(*day)),
        Value::DateTime(micros) => Some(*micros),
        Value::Decimal(n) if scaled_floor(*n, places) == scaled_ceil(*n, places) => i64::try_from(scaled_floor(*n, places)).ok(),
        Value::Decimal(_)
        | Value::Text(_)
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Option(_)
        | Value::Set(_)
        | Value::TextSet(_) => None,
    }
}

/// The whole numbers (of units with so many places) that a range holds, both ends included; the first is greater where it holds none.
pub(super) fn whole_ends(range: &Range, places: u32) -> (i64, i64) {
    let lo = match range.lo {
        None => i128::from(i64::MIN),
        Some(RangeEnd::Decimal(n)) => scaled_ceil(n, places),
        Some(RangeEnd::Date(day)) => i128::from(day),
        Some(RangeEnd::DateTime(micros)) => i128::from(micros),
    };
    let hi = match (range.hi, range.hi_included) {
        (None, _) => i128::from(i64::MAX),
        (Some(RangeEnd::Decimal(n)), true) => scaled_floor(n, places),
        (Some(RangeEnd::Decimal(n)), false) => scaled_ceil(n, places).saturating_sub(1),
        (Some(RangeEnd::Date(day)), included) => i128::from(day) - i128::from(!included),
        (Some(RangeEnd::DateTime(micros)), included) => i128::from(micros) - i128::from(!included),
    };
    held((lo, hi))
}

/// The part of a range that 64 bits hold; the first end is greater where that is none.
fn held((lo, hi): (i128, i128)) -> (i64, i64) {
    if lo > hi || lo > i128::from(i64::MAX) || hi < i128::from(i64::MIN) { (1, 0) } else { (saturate(lo), saturate(hi)) }
}

/// The greatest whole number of units with so many places that is not above `n`.
pub(super) fn scaled_floor(n: Decimal, places: u32) -> i128 {
    let n = n.normalized();
    if n.scale <= places {
        n.mantissa.saturating_mul(10_i128.saturating_pow(places - n.scale))
    } else {
        n.mantissa.div_euclid(10_i128.saturating_pow(n.scale - places))
    }
}

/// The least whole number of units with so many places that is not below `n`.
pub(super) fn scaled_ceil(n: Decimal, places: u32) -> i128 {
    -scaled_floor(Decimal { mantissa: n.mantissa.saturating_neg(), scale: n.scale }, places)
}

fn saturate(n: i128) -> i64 {
    i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })
}

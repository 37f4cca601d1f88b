//! Walks over expressions.

use std::fmt::Write as _;

use super::{Expr, ExprKind, Range};

/// The direct operands of an expression, borrowed as it is: at most two of their own, or a row of them.
macro_rules! operands {
    ($kind:expr $(, $mutable:tt)?) => {{
        let (first, second, row): (_, _, &$($mutable)? [Expr]) = match $kind {
            ExprKind::Not(x)
            | ExprKind::InRange(x, _)
            | ExprKind::InOptions(x, _)
            | ExprKind::InValues(x, _)
            | ExprKind::Matches(x, _)
            | ExprKind::IsKnown(x)
            | ExprKind::IsEmpty(x)
            | ExprKind::MoreThanAgo(x, _)
            | ExprKind::DomainOf(x)
            | ExprKind::LengthOf(x)
            | ExprKind::WordsOf(x)
            | ExprKind::SizeOf(x)
            | ExprKind::Negate(x)
            | ExprKind::ToNumber(x)
            | ExprKind::ScoreToNumber(x)
            | ExprKind::ToDate(x)
            | ExprKind::Moved(x, ..)
            | ExprKind::HasOptions { set: x, .. }
            | ExprKind::HasTexts { set: x, .. }
            | ExprKind::TextTest { text: x, .. }
            | ExprKind::Within { date: x, .. }
            | ExprKind::Elapsed { date: x, .. } => (Some(& $($mutable)? **x), None, & $($mutable)? []),
            ExprKind::Unless(a, b) | ExprKind::Compare(_, a, b) | ExprKind::Arithmetic(_, a, b) => {
                (Some(& $($mutable)? **a), Some(& $($mutable)? **b), & $($mutable)? [])
            }
            ExprKind::And(xs) | ExprKind::Or(xs) | ExprKind::AtLeast(_, xs) | ExprKind::Pick(_, xs) => (None, None, xs),
            ExprKind::Aggregate(a) => match & $($mutable)? a.filter {
                Some(filter) => (Some(filter), None, & $($mutable)? []),
                None => (None, None, & $($mutable)? []),
            },
            ExprKind::Literal(_)
            | ExprKind::Property(_)
            | ExprKind::Field(..)
            | ExprKind::Definition(_)
            | ExprKind::Score(_)
            | ExprKind::Label(_)
            | ExprKind::Stage(_)
            | ExprKind::Move(_)
            | ExprKind::NoStage
            | ExprKind::Excluded
            | ExprKind::NoEvents(_) => (None, None, & $($mutable)? []),
        };
        first.into_iter().chain(second).chain(row)
    }};
}

impl Expr {
    /// The expressions directly inside this one; the filter of an event function counts, a definition's value does not.
    pub fn operands(&self) -> impl Iterator<Item = &Self> {
        operands!(&self.kind)
    }

    /// The same, to be changed.
    pub fn operands_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        operands!(&mut self.kind, mut)
    }
}

/// The form of an expression without its places: equal for expressions that say the same.
#[must_use]
pub fn shape(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, &mut out);
    out
}

fn write(expr: &Expr, out: &mut String) {
    let range = |r: &Range| format!("{:?}..{:?}{}", r.lo, r.hi, if r.hi_included { "" } else { "<" });
    let head = match &expr.kind {
        ExprKind::Literal(v) => format!("{v:?}"),
        ExprKind::Property(p) => format!("p{}", p.0),
        ExprKind::Field(e, f) => format!("f{}.{}", e.0, f.0),
        ExprKind::Definition(d) => format!("d{}", d.0),
        ExprKind::Score(s) => format!("s{}", s.0),
        ExprKind::Label(l) => format!("l{}", l.0),
        ExprKind::Stage(l) => format!("stage{}", l.0),
        ExprKind::Move(l) => format!("move{}", l.0),
        ExprKind::NoStage => "no stage".into(),
        ExprKind::Excluded => "excluded".into(),
        ExprKind::NoEvents(e) => format!("no events {}", e.0),
        ExprKind::Not(_) => "not".into(),
        ExprKind::And(_) => "and".into(),
        ExprKind::Or(_) => "or".into(),
        ExprKind::Unless(..) => "unless".into(),
        ExprKind::AtLeast(n, _) => format!("at least {n}"),
        ExprKind::Pick(function, _) => format!("pick {function:?}"),
        ExprKind::Compare(op, ..) => format!("{op:?}"),
        ExprKind::InRange(_, r) => format!("in {}", range(r)),
        ExprKind::InOptions(_, codes) => format!("in {codes:?}"),
        ExprKind::InValues(_, values) => format!("in {values:?}"),
        ExprKind::HasOptions { codes, all, .. } => format!("has {codes:?} {all}"),
        ExprKind::HasTexts { texts, all, .. } => format!("has {:?} {all}", texts.items),
        ExprKind::TextTest { test, texts, .. } => format!("{test:?} {:?}", texts.items),
        ExprKind::Matches(_, pattern) => format!("matches {:?}", pattern.source),
        ExprKind::IsKnown(_) => "known".into(),
        ExprKind::IsEmpty(_) => "empty".into(),
        ExprKind::Within { duration, next, .. } => format!("within {duration:?} {next}"),
        ExprKind::MoreThanAgo(_, duration) => format!("more than {duration:?}"),
        ExprKind::Elapsed { unit, until, .. } => format!("{unit:?} {until}"),
        ExprKind::DomainOf(_) => "domain".into(),
        ExprKind::LengthOf(_) => "length".into(),
        ExprKind::WordsOf(_) => "words".into(),
        ExprKind::SizeOf(_) => "size".into(),
        ExprKind::Aggregate(a) => format!("{:?} {}.{:?} {:?}", a.function, a.event.0, a.field, a.within),
        ExprKind::Negate(_) => "-".into(),
        ExprKind::Arithmetic(op, ..) => format!("{op:?}"),
        ExprKind::ToNumber(_) => "number".into(),
        ExprKind::ScoreToNumber(_) => "score number".into(),
        ExprKind::ToDate(_) => "date".into(),
        ExprKind::Moved(_, by, later) => format!("moved {by:?} {later}"),
    };
    let _ = write!(out, "({head}");
    for operand in expr.operands() {
        write(operand, out);
    }
    out.push(')');
}

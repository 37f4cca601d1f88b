//! What an operation reads, told in one place for everyone who asks.

use super::op::InstrKind;
use super::parts::{CodeReg, ColumnRef, IntReg, MaskReg, NumReg, TextBase, TextOperand};
use super::parts::{Distinct, PerValue};
use super::{Domain, ProbeValue};

/// Something that an operation reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A mask register.
    Mask(MaskReg),
    /// A register of whole numbers.
    Int(IntReg),
    /// A register of floats.
    Num(NumReg),
    /// A register of codes.
    Code(CodeReg),
    /// A column.
    Column(ColumnRef),
    /// A text.
    Text(TextOperand),
}

impl InstrKind {
    /// Visits everything that the operation reads; a text by codes is followed by its register.
    pub fn operands(&self, visit: &mut dyn FnMut(Operand)) {
        use Operand::{Column, Int, Mask, Num};
        match self {
            Self::Fill(_)
            | Self::Excluded
            | Self::ConstInt(_)
            | Self::Score(_)
            | Self::ConstNum(_)
            | Self::NoCode
            | Self::ConstCode(_) => {}
            Self::Label(_) | Self::Stage(_) | Self::Moves(_) | Self::Hold | Self::EndScore(..) | Self::Formula(..) => {}
            Self::Choose(_, _, choices, _) => choices.iter().for_each(|choice| visit(Mask(choice.rows))),
            Self::Release { when, .. } | Self::EndGroup { when, .. } => when.iter().for_each(|m| visit(Mask(*m))),
            Self::Band(..) | Self::Join(..) | Self::Region(_) | Self::ExactSign(_) | Self::ExactNum(..) => {}
            Self::Not(a) | Self::SpreadMask(_, a) | Self::HasEvent(_, a) | Self::Count(_, a) => visit(Mask(*a)),
            Self::Give(_, a, _) | Self::Unknown(_, _, a) => visit(Mask(*a)),
            Self::And(a, b) | Self::Or(a, b) | Self::AndNot(a, b) => [a, b].into_iter().for_each(|m| visit(Mask(*m))),
            Self::Exclude(_, _, a, b) | Self::ExcludeScore(_, _, _, a, b) | Self::Condition(_, a, b) => {
                [a, b].into_iter().for_each(|m| visit(Mask(*m)))
            }
            Self::Known(c) | Self::Truth(c) | Self::SetEmpty(c) | Self::SetSize(c) => visit(Column(*c)),
            Self::LoadInt(c) | Self::LoadNum(c) | Self::LoadCode(c) => visit(Column(*c)),
            Self::SetHas { set, .. } | Self::TextSetHas { set, .. } => visit(Column(*set)),
            Self::Given(_, c) => visit(Column(*c)),
            Self::Value(_, of) => value(of, visit),
            Self::MatchOptions(_, c, _) | Self::MatchTexts(_, c, _) | Self::Collect(_, c, _) => visit(Column(*c)),
            Self::RangeInt(a, ..) | Self::MemberInt(a, _) | Self::Window(a, ..) | Self::ToDay(a) => visit(Int(*a)),
            Self::ElapsedDays(a, ..) | Self::ElapsedHours(a, _) | Self::NegInt(a) | Self::SpreadInt(_, a) => visit(Int(*a)),
            Self::IntToNum(a) | Self::PointsToNum(a) => visit(Int(*a)),
            Self::RangeNum(a, ..) | Self::MemberNum(a, _) | Self::NegNum(a) | Self::SpreadNum(_, a) => visit(Num(*a)),
            Self::CompareInt(_, a, b) | Self::ArithInt(_, a, b) => [a, b].into_iter().for_each(|i| visit(Int(*i))),
            Self::CompareNum(_, a, b) | Self::ArithNum(_, a, b) => [a, b].into_iter().for_each(|n| visit(Num(*n))),
            Self::PickInt(_, a, b) => [a, b].into_iter().for_each(|(i, known)| {
                visit(Int(*i));
                visit(Mask(*known));
            }),
            Self::PickNum(_, a, b) => [a, b].into_iter().for_each(|(n, known)| {
                visit(Num(*n));
                visit(Mask(*known));
            }),
            Self::EqualCode(a, b) | Self::PickCode(a, b) => [a, b].into_iter().for_each(|c| visit(Operand::Code(*c))),
            Self::CodeIn(a, _) | Self::CodeKnown(a) | Self::SpreadCode(_, a) => visit(Operand::Code(*a)),
            Self::Text(t, ..) | Self::Matches(t, _) | Self::TextKnown(t) | Self::Length(t) | Self::Words(t) => text(*t, visit),
            Self::TextEqual(a, b) => {
                text(*a, visit);
                text(*b, visit);
            }
            Self::AggInt(_, _, m, i) | Self::AverageInt(_, m, i) => {
                visit(Mask(*m));
                visit(Int(*i));
            }
            Self::AggNum(_, _, m, n) => {
                visit(Mask(*m));
                visit(Num(*n));
            }
            Self::Distinct(_, m, of) => {
                visit(Mask(*m));
                distinct(*of, visit);
            }
            Self::NumberOf(of) => distinct(*of, visit),
            Self::Moved(day, ..) | Self::PeriodOf(day, _) => visit(Int(*day)),
            Self::Fade(_, m, i, known, _) => {
                visit(Mask(*m));
                visit(Int(*i));
                visit(Mask(*known));
            }
            Self::Per { known, value, .. } => {
                visit(Mask(*known));
                match value {
                    PerValue::Int(i) => visit(Int(*i)),
                    PerValue::Num(n) => visit(Num(*n)),
                }
            }
            Self::Each { selected, day, at, newest, .. } => {
                visit(Mask(*selected));
                visit(Int(*day));
                visit(Int(*at));
                newest.and_then(|newest| newest.per).into_iter().for_each(|per| visit(Int(per)));
            }
            Self::Lifecycle(plan) => {
                plan.before.iter().for_each(|c| visit(Operand::Code(*c)));
                plan.holds.iter().flat_map(|(_, t, f)| [t, f]).for_each(|m| visit(Mask(*m)));
                plan.lines.iter().filter_map(|l| l.condition).for_each(|(t, f)| {
                    visit(Mask(t));
                    visit(Mask(f));
                });
                plan.blame.iter().for_each(|(_, m)| visit(Mask(*m)));
            }
        }
    }

    /// What the rows of the registers are that the operation reads, where they differ from those of its value.
    #[must_use]
    pub fn operand_domain(&self, own: Domain) -> Domain {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the few operations that cross domains are named, and no other does")]
        match self {
            Self::HasEvent(event, _)
            | Self::Count(event, _)
            | Self::AggInt(_, event, ..)
            | Self::AggNum(_, event, ..)
            | Self::AverageInt(event, ..)
            | Self::Distinct(event, ..)
            | Self::Each { event, .. } => Domain::Events(*event),
            Self::SpreadMask(..) | Self::SpreadInt(..) | Self::SpreadNum(..) | Self::SpreadCode(..) => Domain::Records,
            _ => own,
        }
    }
}

fn value(of: &ProbeValue, visit: &mut dyn FnMut(Operand)) {
    match *of {
        ProbeValue::Truth(t, f) => [t, f].into_iter().for_each(|m| visit(Operand::Mask(m))),
        ProbeValue::Integer(i, known)
        | ProbeValue::Date(i, known)
        | ProbeValue::DateTime(i, known)
        | ProbeValue::Score(i, known) => {
            visit(Operand::Int(i));
            visit(Operand::Mask(known));
        }
        ProbeValue::Number(n, known) => {
            visit(Operand::Num(n));
            visit(Operand::Mask(known));
        }
        ProbeValue::Option(code) => visit(Operand::Code(code)),
        ProbeValue::Text(operand) => text(operand, visit),
        ProbeValue::Set(column) => visit(Operand::Column(column)),
        ProbeValue::Chosen(ref texts) => texts.iter().for_each(|(when, operand)| {
            visit(Operand::Mask(*when));
            text(*operand, visit);
        }),
    }
}

fn distinct(of: Distinct, visit: &mut dyn FnMut(Operand)) {
    match of {
        Distinct::Int(i) => visit(Operand::Int(i)),
        Distinct::Num(n) => visit(Operand::Num(n)),
        Distinct::Code(c) => visit(Operand::Code(c)),
        Distinct::Truth(m) => visit(Operand::Mask(m)),
        Distinct::Text(t) => text(t, visit),
    }
}

fn text(operand: TextOperand, visit: &mut dyn FnMut(Operand)) {
    visit(Operand::Text(operand));
    match operand.base {
        TextBase::Codes(codes, _) => visit(Operand::Code(codes)),
        TextBase::Column(_) | TextBase::Constant(_) => {}
    }
}

/// Registers as the listing writes them.
macro_rules! shown {
    ($($kind:ident $letter:literal),*) => {$(
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )*};
}

shown!(MaskReg "m", IntReg "i", NumReg "n", CodeReg "c");

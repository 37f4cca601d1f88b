//! How the value of an expression is kept, so that it can be read after a run.

use super::Lowerer;
use super::expr::Val;
use crate::bytecode::{Domain, Probe, ProbeValue};
use crate::hir::Expr;
use crate::value::Type;

impl Lowerer<'_> {
    /// Lets the value of an expression be looked up after a traced run.
    pub(super) fn probe(&mut self, expr: &Expr, domain: Domain, value: Val) {
        if !self.options.fuse {
            self.probes.push(Probe { span: expr.span, domain, value: value.probed(&expr.ty) });
        }
    }
}

impl Val {
    /// The registers of a value of this type.
    pub(super) fn probed(self, ty: &Type) -> ProbeValue {
        match self {
            Self::Truth(t, f) => ProbeValue::Truth(t, f),
            Self::Int(value, known) => match ty {
                Type::Date => ProbeValue::Date(value, known),
                Type::DateTime => ProbeValue::DateTime(value, known),
                Type::Score => ProbeValue::Score(value, known),
                Type::Integer
                | Type::Number
                | Type::Boolean
                | Type::Text
                | Type::OneOf(_)
                | Type::SetOf(_)
                | Type::SetOfText
                | Type::Label => ProbeValue::Integer(value, known),
            },
            Self::Num(value, known) => ProbeValue::Number(value, known),
            Self::Code(code) => ProbeValue::Option(code),
            Self::Text(text) => ProbeValue::Text(text),
            Self::Set(set) => ProbeValue::Set(set),
        }
    }
}

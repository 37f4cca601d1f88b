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
            let value = self.probed(value, &expr.ty);
            self.probes.push(Probe { span: expr.span, domain, value });
        }
    }

    /// The registers of a value of this type.
    pub(super) fn probed(&self, value: Val, ty: &Type) -> ProbeValue {
        match value {
            Val::Truth(t, f) => ProbeValue::Truth(t, f),
            Val::Int(value, known) => match ty {
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
            Val::Num(value, known) => ProbeValue::Number(value, known),
            Val::Code(code) => ProbeValue::Option(code),
            Val::Text(text) => ProbeValue::Text(text),
            Val::Texts(_) => ProbeValue::Chosen(self.chosen(value).iter().map(|chosen| (chosen.when, chosen.text)).collect()),
            Val::Set(set) => ProbeValue::Set(set),
        }
    }
}

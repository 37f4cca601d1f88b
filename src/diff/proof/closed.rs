//! A model with its definitions put in where they are used, so that its expressions stand by themselves.

use crate::hir::{Expr, ExprKind, Model};

/// Definitions that grow to more expressions than this are left alone.
const LARGEST: usize = 100_000;

/// The model with its definitions put in; `None` where that becomes too large.
#[must_use]
pub(in crate::diff) fn closed(model: &Model) -> Option<Model> {
    let mut out = model.clone();
    let mut fill = Fill { model, left: LARGEST };
    out.change(&mut |expr| fill.expr(expr))?;
    Some(out)
}

struct Fill<'m> {
    model: &'m Model,
    left: usize,
}

impl Fill<'_> {
    fn expr(&mut self, expr: &mut Expr) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        if let ExprKind::Definition(id) = expr.kind {
            *expr = self.model.definition(id)?.value.clone();
            return self.expr(expr);
        }
        expr.operands_mut().try_for_each(|x| self.expr(x))
    }
}

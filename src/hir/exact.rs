//! Sums and products of scores in conditions, which are exact decimals.

use super::{Expr, ExprKind, Formula, Model};
use crate::value::{Type, Value};

impl Model {
    /// An expression over scores as a formula, through definitions: a constant, a score, or sums, differences and products of
    /// them. `None` for every other expression.
    #[must_use]
    pub fn exact(&self, expr: &Expr) -> Option<Formula> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these are exact")]
        match &expr.kind {
            ExprKind::Literal(Value::Decimal(n)) => Some(Formula::Number(*n, expr.span)),
            ExprKind::Score(id) => Some(Formula::Score(*id, expr.span)),
            _ if expr.ty != Type::Score => None,
            ExprKind::Definition(id) => self.exact(&self.definition(*id)?.value),
            ExprKind::Negate(x) => Some(Formula::Negate(Box::new(self.exact(x)?))),
            ExprKind::Arithmetic(op, a, b) => {
                Some(Formula::Binary(op.in_formula()?, Box::new(self.exact(a)?), Box::new(self.exact(b)?)))
            }
            _ => None,
        }
    }

    /// The formula of an expression that is a sum or product over scores, and not just a score.
    #[must_use]
    pub fn computed(&self, expr: &Expr) -> Option<Formula> {
        if expr.ty != Type::Score || matches!(expr.kind, ExprKind::Score(_)) {
            return None;
        }
        self.exact(expr).filter(|formula| !matches!(formula, Formula::Score(..)))
    }
}

//! Conditions as HubSpot has them: tests of single properties, joined by AND alone.
//!
//! HubSpot knows two outcomes, a record matches or not; rules know three. So a condition is written as the tests that all match exactly
//! where it is true ([`Context::holds`]), where it is false ([`Context::fails`]), or where it is not true ([`Context::not_true`]).

#![expect(clippy::wildcard_enum_match_arm, reason = "HubSpot knows a few of the forms of expressions")]

use super::operation::How;
use super::shapes::Single;
use super::{Context, Done, Refusal};
use crate::hir::{Expr, ExprKind};
use crate::value::Value as Constant;

fn no_or(expr: &Expr) -> Refusal {
    Refusal::new(expr.span, "HubSpot joins the conditions of a rule by AND alone")
        .instead("write a rule for each side of `or`, or one list such as `country in [france, spain]`")
}

impl Context<'_> {
    /// The tests that all match exactly where the condition is true.
    pub(super) fn holds(&self, expr: &Expr) -> Done<Vec<Single>> {
        let expr = self.resolved(expr);
        match &expr.kind {
            ExprKind::Literal(Constant::Boolean(true)) => Ok(Vec::new()),
            ExprKind::Not(inner) => self.fails(inner),
            ExprKind::And(parts) => self.all(parts, Self::holds),
            ExprKind::Or(parts) => self.or_unknown(expr, parts),
            ExprKind::Unless(condition, exception) => {
                let mut tests = self.holds(condition)?;
                tests.extend(self.not_true(exception)?);
                Ok(tests)
            }
            _ => self.single(expr, How { negated: false, unknown: false }),
        }
    }

    /// The tests that all match exactly where the condition is false.
    pub(super) fn fails(&self, expr: &Expr) -> Done<Vec<Single>> {
        let expr = self.resolved(expr);
        match &expr.kind {
            ExprKind::Not(inner) => self.holds(inner),
            ExprKind::Or(parts) => self.all(parts, Self::fails),
            ExprKind::And(_) | ExprKind::Unless(..) => Err(no_or(expr)),
            _ => self.single(expr, How { negated: true, unknown: false }),
        }
    }

    /// The tests that all match exactly where the condition is false or unknown.
    fn not_true(&self, expr: &Expr) -> Done<Vec<Single>> {
        let expr = self.resolved(expr);
        match &expr.kind {
            ExprKind::Not(inner) => {
                let inner = self.resolved(inner);
                match &inner.kind {
                    ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Unless(..) => Err(no_or(expr)),
                    _ => self.single(inner, How { negated: false, unknown: true }),
                }
            }
            ExprKind::Or(parts) => self.all(parts, Self::not_true),
            ExprKind::And(_) | ExprKind::Unless(..) => Err(no_or(expr)),
            _ => self.single(expr, How { negated: true, unknown: true }),
        }
    }

    fn all(&self, parts: &[Expr], write: impl Fn(&Self, &Expr) -> Done<Vec<Single>>) -> Done<Vec<Single>> {
        let mut tests = Vec::new();
        for part in parts {
            tests.extend(write(self, part)?);
        }
        Ok(tests)
    }

    /// `x is unknown or TEST of x`, which HubSpot says within the test.
    fn or_unknown(&self, expr: &Expr, parts: &[Expr]) -> Done<Vec<Single>> {
        let [a, b] = parts else { return Err(no_or(expr)) };
        let sides = [(a, b), (b, a)];
        let Some((blank, test)) = sides.into_iter().find_map(|(blank, test)| Some((self.blank(blank)?, test))) else {
            return Err(no_or(expr));
        };
        match self.holds(test)?.as_slice() {
            [single] if single.property == blank => Ok(vec![single.clone().including_unknown()]),
            _ => Err(no_or(expr)),
        }
    }

    /// HubSpot's name of the property that this condition says to be unknown or empty.
    fn blank(&self, expr: &Expr) -> Option<String> {
        let expr = self.resolved(expr);
        let subject = match &expr.kind {
            ExprKind::IsEmpty(subject) => subject,
            ExprKind::Not(inner) => match &self.resolved(inner).kind {
                ExprKind::IsKnown(subject) => subject,
                _ => return None,
            },
            _ => return None,
        };
        self.subject(subject).ok().map(|subject| subject.name)
    }

    /// Tests of one property of which one is enough: HubSpot says them as points by value.
    pub(super) fn alternatives(&self, expr: &Expr) -> Option<Vec<Single>> {
        let ExprKind::Or(parts) = &self.resolved(expr).kind else { return None };
        let tests: Vec<Single> = parts
            .iter()
            .map(|part| match self.holds(part).ok()?.as_slice() {
                [single] => Some(single.clone()),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let first = tests.first()?.property.clone();
        tests.iter().all(|test| test.property == first).then_some(tests)
    }
}

//! The formulas of scores.

use super::checker::{Checker, Place, Scope, as_ident, inner};
use super::env::{Entity, to_u32};
use super::near::{as_name, nearest};
use super::points::because;
use super::rollup::GatheredAt;
use crate::diag::{Code, Diagnostic};
use crate::hir::{ArithmeticOp, Arm, Bounds, Conditional, Formula, FormulaArm, FormulaOp, ScoreId};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Call, ConditionalFormula, FormulaPart, Ident};
use crate::value::{Decimal, Points};

/// A numerator and a denominator may have this many digits.
const DIGITS: u32 = 36;

/// The largest numerator (without its sign) and the denominator of a fraction, over the least common denominators.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) numerator: u128,
    pub(super) denominator: u128,
}

impl Checker<'_> {
    /// `if C then F else if C then F else F unknown F`; the conditions see the scores declared so far and labels over them.
    pub(super) fn conditional(&mut self, decl: &ConditionalFormula, declared: &[Bounds]) -> Option<Conditional> {
        let item = self.item_id();
        let own = ScoreId(to_u32(declared.len()));
        let mut branches = Vec::with_capacity(decl.branches.len());
        for branch in &decl.branches {
            let condition = self.condition(&branch.condition, Scope::at(Place::Formula(own)));
            branches.push(condition.zip(self.formula_arm(&branch.part, declared)));
        }
        let otherwise = decl.otherwise.as_ref().map(|part| self.formula_arm(part, declared));
        let unknown = decl.unknown.as_ref().map_or(Some(None), |part| self.formula_arm(part, declared).map(Some));
        let Some(otherwise) = otherwise else {
            let message = "a formula with `if` needs an `else`";
            self.error(Code::Syntax, decl.span, message, "say what the score is otherwise, as in `.. else 0`");
            return None;
        };
        let branches = branches.into_iter().collect::<Option<_>>()?;
        Some(Conditional { item, branches, otherwise: otherwise?, unknown: unknown? })
    }

    fn formula_arm(&mut self, part: &FormulaPart, declared: &[Bounds]) -> Option<FormulaArm> {
        let id = self.arm_id();
        let formula = self.formula(&part.formula, declared)?;
        let because = because(part.because.as_ref());
        let arm = Arm { id, points: Points(0), because, span: part.span, points_span: part.formula.span };
        Some(FormulaArm { formula, arm })
    }

    /// A formula over the scores declared so far.
    pub(super) fn formula(&mut self, expr: &ast::Expr, declared: &[Bounds]) -> Option<Formula> {
        let formula = self.term(expr, declared)?;
        if size(&formula, declared).is_none() {
            let message = "this formula could need more than 36 digits";
            let help = "multiply fewer scores, or give them `min` and `max`";
            self.error(Code::TooLarge, expr.span, message, help);
            return None;
        }
        Some(formula)
    }

    fn term(&mut self, expr: &ast::Expr, declared: &[Bounds]) -> Option<Formula> {
        let expr = inner(expr);
        match &expr.kind {
            ast::ExprKind::Name(name) => self.formula_name(name, declared),
            ast::ExprKind::Number(number) => Some(Formula::Number(number.value, expr.span)),
            ast::ExprKind::Negate(operand) => self.term(operand, declared).map(|f| Formula::Negate(Box::new(f))),
            ast::ExprKind::Binary { op, left, right, .. } => {
                let op = match op {
                    BinaryOp::Arithmetic(ArithmeticOp::Add) => FormulaOp::Add,
                    BinaryOp::Arithmetic(ArithmeticOp::Subtract) => FormulaOp::Subtract,
                    BinaryOp::Arithmetic(ArithmeticOp::Multiply) => FormulaOp::Multiply,
                    BinaryOp::Arithmetic(ArithmeticOp::Divide) => return self.division(left, right, declared),
                    BinaryOp::Unless | BinaryOp::Or | BinaryOp::And => return self.no_formula(expr),
                };
                let left = self.term(left, declared);
                let right = self.term(right, declared);
                Some(Formula::Binary(op, Box::new(left?), Box::new(right?)))
            }
            ast::ExprKind::Call(call) => match self.gathered(expr.span) {
                Some(Some(GatheredAt::Score(id))) => Some(Formula::Score(id, expr.span)),
                Some(Some(GatheredAt::Truth(_))) => self.no_number(expr),
                Some(None) => None,
                None => self.formula_call(call, expr, declared),
            },
            ast::ExprKind::Paren(inside) => self.term(inside, declared),
            ast::ExprKind::Text(_)
            | ast::ExprKind::Date(_)
            | ast::ExprKind::Boolean(_)
            | ast::ExprKind::List(_)
            | ast::ExprKind::Not(_)
            | ast::ExprKind::Compare { .. }
            | ast::ExprKind::Test { .. }
            | ast::ExprKind::Elapsed { .. }
            | ast::ExprKind::AtLeast { .. }
            | ast::ExprKind::Pick { .. }
            | ast::ExprKind::Of { .. } => self.no_formula(expr),
        }
    }

    fn no_formula(&mut self, expr: &ast::Expr) -> Option<Formula> {
        let message = format!("`{}` cannot be part of the formula of a score", self.words(expr.span));
        let help = "a formula is made of scores, numbers and params with `+ - * /`, `min( )` and `max( )`; rules go into `score NAME { .. }`";
        self.error(Code::TypeMismatch, expr.span, message, help);
        None
    }

    fn no_number(&mut self, expr: &ast::Expr) -> Option<Formula> {
        let words = self.words(expr.span);
        let message = format!("`{words}` is true or false, and a formula computes with numbers");
        let help = format!("count the records, as in `count(..)`, or choose by it: `if {words} then 10 else 0`");
        self.error(Code::TypeMismatch, expr.span, message, help);
        None
    }

    fn formula_call(&mut self, call: &Call, expr: &ast::Expr, declared: &[Bounds]) -> Option<Formula> {
        let build = match &*call.function.name {
            "min" => Formula::Min,
            "max" => Formula::Max,
            other => {
                let near = nearest(other, ["min", "max"]);
                if near.is_empty() {
                    return self.no_formula(expr);
                }
                let message = format!("there is no function `{other}` in formulas");
                let problem = Diagnostic::new(Code::UnknownName, call.function.span, message);
                self.push(near.advise(problem, call.function.span, "formulas know `min( )` and `max( )`", str::to_owned));
                return None;
            }
        };
        if call.event.is_some() || call.args.is_empty() {
            return self.no_formula(expr);
        }
        let args: Vec<Option<Formula>> = call.args.iter().map(|a| self.term(a, declared)).collect();
        args.into_iter().collect::<Option<_>>().map(build)
    }

    fn division(&mut self, left: &ast::Expr, right: &ast::Expr, declared: &[Bounds]) -> Option<Formula> {
        let dividend = self.term(left, declared);
        let right = inner(right);
        if let Some(name) = as_ident(right)
            && let Some((Entity::Score(_), _)) = self.env.entities.get(&name.name)
        {
            let message = format!("`{}` is a score, and a formula divides by a number or param only", name.name);
            self.error(Code::TypeMismatch, right.span, message, "a score may be 0; divide by a number");
            return None;
        }
        let value = self.constant(right, "what is divided by")?;
        let Some(divisor) = value.as_decimal() else {
            let what = super::checker::value_words(&value);
            let message = format!("`{}` is {what}, and a formula divides by a number", self.words(right.span));
            self.error(Code::TypeMismatch, right.span, message, "divide by a number or a param that is one");
            return None;
        };
        if divisor.mantissa == 0 {
            let mut problem = Diagnostic::new(Code::TypeMismatch, right.span, "nothing can be divided by 0")
                .help("divide by a number that is not 0");
            if let Some((name, span)) = self.param_place(right) {
                problem = problem.also(span, format!("`{name}` is declared here"));
            }
            self.push(problem);
            return None;
        }
        dividend.map(|d| Formula::Divide(Box::new(d), divisor))
    }

    fn formula_name(&mut self, name: &Ident, declared: &[Bounds]) -> Option<Formula> {
        match self.look_up(name) {
            Some((Entity::Score(id), _)) if id.index() < declared.len() => Some(Formula::Score(id, name.span)),
            Some((Entity::Score(_), place)) => {
                let message = format!("`{}` is further down, and a formula sees the scores above it", name.name);
                self.push(
                    Diagnostic::new(Code::UnknownName, name.span, message)
                        .also(place, "declared here")
                        .help("move this formula below the scores that it goes by"),
                );
                None
            }
            Some((Entity::Param(_), _)) => {
                let value = self.param_value(name, "a formula")?;
                if value.as_decimal().is_none() {
                    let what = super::checker::value_words(&value);
                    let message = format!("`{}` is {what}, and a formula computes with numbers", name.name);
                    self.error(Code::TypeMismatch, name.span, message, "name a score or a param that is a number");
                }
                value.as_decimal().map(|number| Formula::Number(number, name.span))
            }
            Some(_) if self.env.broken_names.contains(&name.name) => None,
            Some((entity, place)) => {
                let message = format!("`{}` is {}, and a formula goes by scores", name.name, entity.words());
                let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
                    .help("rules over the record go into `score NAME { .. }`; name that score here");
                if place != Span::default() {
                    problem = problem.also(place, "declared here");
                }
                self.push(problem);
                None
            }
            None => {
                if let Some((message, help)) = self.of_records(name) {
                    self.error(Code::TypeMismatch, name.span, message, help);
                } else if !self.excused(&name.name) {
                    let scores = self.env.scores.iter().take(declared.len()).map(|s| s.name.clone());
                    let names = scores.chain(self.env.params.iter().map(|p| p.name.clone())).collect();
                    let near = self.near(&name.name, names);
                    let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no score `{}`", name.name));
                    self.push(near.advise(problem, name.span, "name a score above this one, or a param", as_name));
                }
                None
            }
        }
    }
}

fn size(formula: &Formula, declared: &[Bounds]) -> Option<Size> {
    match formula {
        Formula::Score(id, _) => fits(Size { numerator: reach(*id, declared), denominator: 100 }),
        Formula::Number(number, _) => number_size(*number),
        Formula::Negate(x) => size(x, declared),
        Formula::Binary(FormulaOp::Add | FormulaOp::Subtract, a, b) => {
            let (a, b) = common(size(a, declared)?, size(b, declared)?)?;
            fits(Size { numerator: a.numerator.checked_add(b.numerator)?, denominator: a.denominator })
        }
        Formula::Binary(FormulaOp::Multiply, a, b) => {
            let (a, b) = (size(a, declared)?, size(b, declared)?);
            fits(Size {
                numerator: a.numerator.checked_mul(b.numerator)?,
                denominator: a.denominator.checked_mul(b.denominator)?,
            })
        }
        Formula::Divide(a, by) => {
            let (a, n) = (size(a, declared)?, by.normalized());
            fits(Size {
                numerator: a.numerator.checked_mul(10_u128.checked_pow(n.scale)?)?,
                denominator: a.denominator.checked_mul(n.mantissa.unsigned_abs())?,
            })
        }
        Formula::Min(all) | Formula::Max(all) => {
            let mut sizes = all.iter().map(|f| size(f, declared));
            let first = sizes.next()??;
            sizes.try_fold(first, |most, next| {
                let (most, next) = common(most, next?)?;
                Some(Size { numerator: most.numerator.max(next.numerator), denominator: most.denominator })
            })
        }
    }
}

pub(super) fn number_size(number: Decimal) -> Option<Size> {
    let n = number.normalized();
    fits(Size { numerator: n.mantissa.unsigned_abs(), denominator: 10_u128.checked_pow(n.scale)? })
}

/// The most hundredths that a score can have either way.
fn reach(id: ScoreId, declared: &[Bounds]) -> u128 {
    let limit = Points::LIMIT.0.unsigned_abs();
    let bounds = declared.get(id.index()).copied().unwrap_or_default();
    let far = |bound: Option<(Points, Span)>| bound.map_or(limit, |b| b.0.0.unsigned_abs().min(limit));
    u128::from(far(bounds.min).max(far(bounds.max)))
}

/// Both over their least common denominator.
pub(super) fn common(a: Size, b: Size) -> Option<(Size, Size)> {
    let denominator = (a.denominator / gcd(a.denominator, b.denominator)).checked_mul(b.denominator)?;
    let over = |s: Size| Some(Size { numerator: s.numerator.checked_mul(denominator / s.denominator)?, denominator });
    Some((fits(over(a)?)?, fits(over(b)?)?))
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

pub(super) fn fits(size: Size) -> Option<Size> {
    let limit = 10_u128.pow(DIGITS);
    (size.numerator < limit && size.denominator < limit).then_some(size)
}

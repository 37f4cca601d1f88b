//! `formula-unknown`: the conditions of a formula may be unknown, and nothing says what the score is then.

use std::collections::BTreeSet;

use super::super::context::Context;
use crate::bounds::abstraction::{Choice, Cond, Var};
use crate::bounds::truth::Truth;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Conditional, ScoreBody};

/// So many values of scores are gone through for one record.
const MOST_SCORES: usize = 5_000;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for score in &context.model.scores {
        if let ScoreBody::Conditional(formula) = &score.body
            && formula.unknown.is_none()
            && may_be_unknown(context, formula)
            && let Some((condition, _)) = formula.branches.first()
        {
            out.push(
                Diagnostic::new(
                    Code::FormulaUnknown,
                    condition.span,
                    format!("`{}` may be unknown, and then so is the score `{}`", context.words(condition.span), score.name),
                )
                .label("may be unknown")
                .help("add `unknown 0`, or another formula, at the end; or ask `is known` too"),
            );
        }
    }
}

/// Whether a record, whatever scores it has, makes no condition true and not all of them false. Only conditions over properties and
/// scores are looked at.
fn may_be_unknown(context: &Context<'_>, formula: &Conditional) -> bool {
    let picture = &context.picture;
    let conds: Option<Vec<&Cond>> = formula.branches.iter().map(|(condition, _)| context.cond(condition)).collect();
    let Some(conds) = conds else { return false };
    let mut vars = BTreeSet::new();
    conds.iter().for_each(|cond| picture.vars_of(cond, &mut vars));
    let (scores, properties): (BTreeSet<Var>, BTreeSet<Var>) = vars.into_iter().partition(|&var| picture.is_score(var));
    let plain = |var: &Var| {
        picture.vars.get(*var).is_some_and(|v| {
            v.property.is_some() && matches!(v.choice, Choice::Other) && v.cells.iter().all(|cell| cell.assumed.is_none())
        })
    };
    if properties.is_empty() || !properties.iter().all(plain) || picture.assignments(&properties, conds.len()).is_none() {
        return false;
    }
    let undecided = |assignment: &[usize]| {
        let truths: Vec<Truth> = conds.iter().map(|cond| picture.eval(cond, assignment)).collect();
        !truths.contains(&Truth::True) && truths.contains(&Truth::Unknown)
    };
    let sizes: Vec<(Var, usize)> = scores.iter().map(|&var| (var, picture.vars.get(var).map_or(1, |v| v.len.max(1)))).collect();
    let total = sizes.iter().try_fold(1_usize, |n, (_, size)| n.checked_mul(*size).filter(|&n| n <= MOST_SCORES));
    let Some(total) = total else { return false };
    let whatever_scores = |assignment: &[usize]| {
        let mut assignment = assignment.to_vec();
        (0..total).all(|mut number| {
            for (var, size) in &sizes {
                if let Some(slot) = assignment.get_mut(*var) {
                    *slot = number % size;
                }
                number /= size;
            }
            undecided(&assignment)
        })
    };
    picture.find(&properties, &whatever_scores).is_some()
}

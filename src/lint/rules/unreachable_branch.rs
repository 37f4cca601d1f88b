//! `unreachable-branch`: a branch, stage or exclusion that an earlier one takes whole.

use std::collections::BTreeMap;

use super::super::context::Context;
use crate::bounds::picture::{Cond, Var};
use crate::bounds::truth::Truth;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Arm, Exclusion, Expr, ItemKind, ScoreBody, StageCondition};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    context.items(&mut |_, item| {
        if let ItemKind::If { branches, otherwise, unknown } = &item.kind {
            let conditions: Vec<&Expr> = branches.iter().map(|b| &b.condition).collect();
            sequence(context, &conditions, "branch", out);
            rest(context, &conditions, otherwise.as_ref(), unknown.as_ref(), out);
        }
    });
    exclusions(context, &context.model.exclusions, out);
    for score in &context.model.scores {
        if let ScoreBody::Items { exclusions: own, .. } = &score.body {
            exclusions(context, own, out);
        }
    }
    for lifecycle in &context.model.lifecycles {
        let conditions: Vec<&Expr> = lifecycle
            .rules
            .iter()
            .filter_map(|r| match &r.when {
                StageCondition::Condition(c) => Some(c),
                StageCondition::Excluded => None,
            })
            .collect();
        sequence(context, &conditions, "stage", out);
    }
}

fn exclusions(context: &Context<'_>, all: &[Exclusion], out: &mut Diagnostics) {
    let conditions: Vec<&Expr> = all.iter().map(|e| &e.condition).collect();
    sequence(context, &conditions, "exclusion", out);
}

/// Reports each condition that is true only where one before it is.
fn sequence(context: &Context<'_>, conditions: &[&Expr], what: &str, out: &mut Diagnostics) {
    let mut earlier: Vec<Earlier<'_>> = Vec::new();
    let mut taken: BTreeMap<Var, Vec<u64>> = BTreeMap::new();
    for expr in conditions {
        let Some(cond) = context.cond(expr) else { continue };
        let possible = context.picture.truths(cond).is_some_and(|[_, _, t]| t);
        let bits = context.picture.bits(cond);
        if possible && is_taken(context, cond, bits.as_ref(), &taken, &earlier) {
            report(context, expr, cond, bits.as_ref(), what, &earlier, out);
            continue;
        }
        if let Some((var, bits)) = &bits {
            let all = taken.entry(*var).or_insert_with(|| vec![0; bits.len()]);
            all.iter_mut().zip(bits).for_each(|(a, b)| *a |= b);
        }
        earlier.push(Earlier { cond, expr, bits });
    }
}

/// A condition before the one that is looked at.
struct Earlier<'c> {
    cond: &'c Cond,
    expr: &'c Expr,
    bits: Option<(Var, Vec<u64>)>,
}

/// How many earlier conditions over several variables are gone through together.
const MOST_TOGETHER: usize = 40;

fn is_taken(
    context: &Context<'_>,
    cond: &Cond,
    bits: Option<&(Var, Vec<u64>)>,
    taken: &BTreeMap<Var, Vec<u64>>,
    earlier: &[Earlier<'_>],
) -> bool {
    let alone = bits.and_then(|(var, bits)| Some(bits.iter().zip(taken.get(var)?).all(|(b, t)| b & !t == 0)));
    if alone == Some(true) {
        return true;
    }
    let conds: Vec<&Cond> = earlier.iter().map(|e| e.cond).collect();
    !conds.is_empty() && conds.len() <= MOST_TOGETHER && context.picture.implies(cond, &conds) == Some(true)
}

fn report(
    context: &Context<'_>,
    expr: &Expr,
    cond: &Cond,
    bits: Option<&(Var, Vec<u64>)>,
    what: &str,
    earlier: &[Earlier<'_>],
    out: &mut Diagnostics,
) {
    let single = earlier.iter().find(|e| match (bits, &e.bits) {
        (Some((var, own)), Some((other, wide))) => var == other && own.iter().zip(wide).all(|(o, w)| o & !w == 0),
        _ => earlier.len() <= MOST_TOGETHER && context.picture.implies(cond, &[e.cond]) == Some(true),
    });
    let finding = Diagnostic::new(
        Code::UnreachableBranch,
        expr.span,
        format!("this {what} is never reached: whoever meets `{}` is taken by an earlier one", context.words(expr.span)),
    )
    .label("never reached")
    .help(format!("put it before the other, or take the {what} out"));
    out.push(match single {
        Some(first) => finding.also(first.expr.span, "takes all of them"),
        None => finding.note("the earlier ones take all of them together"),
    });
}

/// Reports an `else` or `unknown` that no record reaches.
fn rest(context: &Context<'_>, conditions: &[&Expr], otherwise: Option<&Arm>, unknown: Option<&Arm>, out: &mut Diagnostics) {
    let conds: Vec<&Cond> = conditions.iter().filter_map(|e| context.cond(e)).collect();
    let always = |cond: &&Cond| context.picture.truths(cond) == Some([false, false, true]);
    if (otherwise.is_none() && unknown.is_none()) || conds.iter().any(always) {
        return;
    }
    let (mut all_false, mut undecided) = (false, false);
    let whole = context.picture.each_assignment(&conds, &mut |truths| {
        let none_true = !truths.contains(&Truth::True);
        let some_unknown = truths.contains(&Truth::Unknown);
        all_false |= none_true && !some_unknown;
        undecided |= none_true && some_unknown;
    });
    if whole.is_none() {
        return;
    }
    for (arm, reached, word, why) in [
        (otherwise, all_false, "else", "the conditions are never all false"),
        (unknown, undecided, "unknown", "the conditions are never unknown"),
    ] {
        if let Some(arm) = arm.filter(|_| !reached) {
            out.push(
                Diagnostic::new(Code::UnreachableBranch, arm.span, format!("this `{word}` is never reached: {why}"))
                    .label("never reached")
                    .help(format!("take the `{word}` out")),
            );
        }
    }
}

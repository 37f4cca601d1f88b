//! `unreachable-branch`: a branch, stage or exclusion that an earlier one, or an exclusion, takes whole.

use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Context;
use crate::bounds::abstraction::{Cond, Var};
use crate::bounds::truth::Truth;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Arm, Expr, ItemKind, Score, ScoreBody, StageCondition};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let top: Vec<&Expr> = context.model.exclusions.iter().map(|e| &e.condition).collect();
    sequence(context, &[], &top, "exclusion", out);
    for score in &context.model.scores {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            let own: Vec<&Expr> = exclusions.iter().map(|e| &e.condition).collect();
            sequence(context, &top, &own, "exclusion", out);
        }
    }
    context.items(&mut |score, item| {
        if let ItemKind::If { branches, otherwise, unknown } = &item.kind {
            let conditions: Vec<&Expr> = branches.iter().map(|b| &b.condition).collect();
            let excluded = top.iter().copied().chain(score_exclusions(score)).collect::<Vec<_>>();
            sequence(context, &excluded, &conditions, "branch", out);
            rest(context, &conditions, otherwise.as_ref(), unknown.as_ref(), out);
        }
    });
    for lifecycle in &context.model.lifecycles {
        let conditions: Vec<&Expr> = lifecycle
            .rules
            .iter()
            .filter_map(|r| match &r.when {
                StageCondition::Condition(c) => Some(c),
                StageCondition::Excluded => None,
            })
            .collect();
        sequence(context, &top, &conditions, "stage", out);
    }
}

fn score_exclusions(score: &Score) -> impl Iterator<Item = &Expr> {
    let own = if let ScoreBody::Items { exclusions, .. } = &score.body { exclusions.as_slice() } else { &[] };
    own.iter().map(|e| &e.condition)
}

/// Reports each condition that is true only where one before it is, or an exclusion that comes before all of them.
fn sequence(context: &Context<'_>, excluded: &[&Expr], conditions: &[&Expr], what: &str, out: &mut Diagnostics) {
    if conditions.len() < 2 && excluded.is_empty() {
        return;
    }
    let mut earlier: Vec<Earlier<'_>> = Vec::new();
    let mut taken: BTreeMap<Var, Vec<u64>> = BTreeMap::new();
    let excluded: Vec<Earlier<'_>> = excluded.iter().filter_map(|e| Earlier::of(context, e)).collect();
    for expr in conditions {
        let Some(this) = Earlier::of(context, expr) else { continue };
        let possible = context.picture.truths(this.cond).is_some_and(|[_, _, t]| t);
        if possible && let Some(first) = excluded.iter().find(|e| e.takes(context, &this)) {
            let finding = never_reached(context, expr, what).help(format!("take the {what} out, or the exclusion"));
            out.push(finding.also(first.expr.span, "excludes all of them"));
            continue;
        }
        if possible && is_taken(context, &this, &taken, &earlier) {
            report(context, &this, what, &earlier, out);
            continue;
        }
        if let Some((var, bits)) = &this.bits {
            let all = taken.entry(*var).or_insert_with(|| vec![0; bits.len()]);
            all.iter_mut().zip(bits).for_each(|(a, b)| *a |= b);
        }
        earlier.push(this);
    }
}

/// A condition, and for one over a single variable the values for which it is true.
struct Earlier<'c> {
    cond: &'c Cond,
    expr: &'c Expr,
    bits: Option<(Var, Vec<u64>)>,
}

impl<'c> Earlier<'c> {
    fn of(context: &'c Context<'_>, expr: &'c Expr) -> Option<Self> {
        let cond = context.cond(expr)?;
        Some(Self { cond, expr, bits: context.picture.bits(cond) })
    }

    /// Whether the other condition is true only where this one is.
    fn takes(&self, context: &Context<'_>, other: &Self) -> bool {
        if let (Some((var, own)), Some((others, narrow))) = (&self.bits, &other.bits)
            && var == others
        {
            return narrow.iter().zip(own).all(|(n, o)| n & !o == 0);
        }
        if context.picture.truths(self.cond) == Some([false, false, true]) {
            return true;
        }
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        context.picture.vars_of(self.cond, &mut own);
        context.picture.vars_of(other.cond, &mut others);
        own.is_subset(&others) && context.picture.implies(other.cond, &[self.cond]) == Some(true)
    }
}

/// How many earlier conditions over several variables are gone through together.
const MOST_TOGETHER: usize = 40;

fn is_taken(context: &Context<'_>, this: &Earlier<'_>, taken: &BTreeMap<Var, Vec<u64>>, earlier: &[Earlier<'_>]) -> bool {
    let alone = this.bits.as_ref().and_then(|(var, bits)| Some(bits.iter().zip(taken.get(var)?).all(|(b, t)| b & !t == 0)));
    if alone == Some(true) {
        return true;
    }
    let conds: Vec<&Cond> = earlier.iter().map(|e| e.cond).collect();
    !conds.is_empty() && conds.len() <= MOST_TOGETHER && context.picture.implies(this.cond, &conds) == Some(true)
}

fn never_reached(context: &Context<'_>, expr: &Expr, what: &str) -> Diagnostic {
    let words = context.words(expr.span);
    Diagnostic::new(
        Code::UnreachableBranch,
        expr.span,
        format!("this {what} is never reached: an earlier one matches every record that meets `{words}`"),
    )
    .label("never reached")
}

fn report(context: &Context<'_>, this: &Earlier<'_>, what: &str, earlier: &[Earlier<'_>], out: &mut Diagnostics) {
    let finding = never_reached(context, this.expr, what).help(format!("put it before the other, or take the {what} out"));
    out.push(match earlier.iter().find(|e| e.takes(context, this)) {
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

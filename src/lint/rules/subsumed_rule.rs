//! `subsumed-rule`: whenever this rule fires that one fires too, so the points add up.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::context::Context;
use crate::bounds::picture::{Cond, Picture, Var};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::walk::shape;
use crate::hir::{Branch, ItemKind};
use crate::value::Points;

/// A rule of one branch; where its condition is an `and` of tests of single variables, the values that each leaves.
struct Rule<'m> {
    branch: &'m Branch,
    cond: &'m Cond,
    vars: BTreeSet<Var>,
    parts: Option<BTreeMap<Var, Vec<u64>>>,
    shape: String,
}

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    let mut by_score: BTreeMap<&str, Vec<Rule<'_>>> = BTreeMap::new();
    context.items(&mut |score, item| {
        let ItemKind::If { branches, .. } = &item.kind else { return };
        let [branch] = branches.as_slice() else { return };
        let Some(cond) = context.cond(&branch.condition) else { return };
        let varied = context.picture.truths(cond).is_some_and(|[f, u, t]| t && (f || u));
        if branch.arm.points.0 == 0 || !varied {
            return;
        }
        let mut vars = BTreeSet::new();
        context.picture.vars_of(cond, &mut vars);
        let parts = parts(&context.picture, cond);
        by_score.entry(&score.name).or_default().push(Rule { branch, cond, vars, parts, shape: shape(&branch.condition) });
    });
    for rules in by_score.values() {
        pairs(context, rules, out);
    }
}

/// How many pairs of conditions with `or` and the like are compared by going through their values.
const MOST_COMPARED: usize = 2_000;

fn pairs(context: &Context<'_>, rules: &[Rule<'_>], out: &mut Diagnostics) {
    let compared = Cell::new(0);
    let mut by_var: BTreeMap<Var, Vec<usize>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        for &var in &rule.vars {
            by_var.entry(var).or_default().push(at);
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        let near: BTreeSet<usize> = rule.vars.iter().filter_map(|v| by_var.get(v)).flatten().copied().collect();
        let wider = near.into_iter().filter(|&other| other != at).filter_map(|other| rules.get(other).map(|r| (other, r))).find(
            |(other, r)| {
                rule.shape != r.shape
                    && r.vars.is_subset(&rule.vars)
                    && implies(context, rule, r, &compared)
                    && !(*other > at && implies(context, r, rule, &compared))
            },
        );
        if let Some((_, wider)) = wider {
            report(context, rule, wider, out);
        }
    }
}

fn implies(context: &Context<'_>, a: &Rule<'_>, b: &Rule<'_>, compared: &Cell<usize>) -> bool {
    match (&a.parts, &b.parts) {
        (Some(a), Some(b)) => {
            b.iter().all(|(var, wide)| a.get(var).is_some_and(|narrow| narrow.iter().zip(wide).all(|(n, w)| n & !w == 0)))
        }
        _ => {
            compared.set(compared.get() + 1);
            compared.get() <= MOST_COMPARED && context.picture.implies(a.cond, &[b.cond]) == Some(true)
        }
    }
}

fn report(context: &Context<'_>, rule: &Rule<'_>, wider: &Rule<'_>, out: &mut Diagnostics) {
    let (a, b) = (&rule.branch.arm, &wider.branch.arm);
    let line = context.sources.place(wider.branch.condition.span).line;
    let together = Points(a.points.0 + b.points.0);
    out.push(
        Diagnostic::new(
            Code::SubsumedRule,
            rule.branch.condition.span,
            format!("whoever meets this rule also meets line {line}: together {}", together.signed()),
        )
        .label(format!("{} here", a.points.signed()))
        .also(wider.branch.condition.span, format!("and {} here, for all of them", b.points.signed()))
        .help("if only one of them is meant, write them as one rule with `else if`; if both are, say so with `# lsrc: allow(subsumed-rule) reason`"),
    );
}

/// The values of each variable for which a condition is true, where it is an `and` of tests of single variables.
fn parts(picture: &Picture<'_>, cond: &Cond) -> Option<BTreeMap<Var, Vec<u64>>> {
    let mut out: BTreeMap<Var, Vec<u64>> = BTreeMap::new();
    let list: Vec<&Cond> = match cond {
        Cond::And(parts) => parts.iter().collect(),
        Cond::Const(_) | Cond::Test(_) | Cond::Not(_) | Cond::Or(_) | Cond::Unless(..) => vec![cond],
    };
    for part in list {
        let (var, bits) = picture.bits(part)?;
        match out.get_mut(&var) {
            Some(have) => have.iter_mut().zip(bits).for_each(|(h, b)| *h &= b),
            None => {
                out.insert(var, bits);
            }
        }
    }
    Some(out)
}

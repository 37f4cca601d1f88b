//! `subsumed-rule`: whenever this rule fires that one fires too, so the points add up.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::asked::Asked;
use super::super::context::Context;
use crate::bounds::abstraction::Var;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::value::Points;

/// How many values of variables are gone through to compare conditions with `or` and the like.
const MOST_WORK: usize = 2_000_000;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for rules in context.asked() {
        let rules: Vec<&Asked<'_>> = rules.iter().filter(|r| r.alone && r.branch.arm.points.0 != 0).collect();
        pairs(context, &rules, out);
    }
}

fn pairs(context: &Context<'_>, rules: &[&Asked<'_>], out: &mut Diagnostics) {
    let work = Cell::new(0);
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
                rule.key != r.key
                    && (r.parts.is_none() || r.vars.is_subset(&rule.vars))
                    && implies(context, rule, r, &work)
                    && !(*other > at && implies(context, r, rule, &work))
            },
        );
        if let Some((_, wider)) = wider {
            report(context, rule, wider, out);
        }
    }
}

fn implies(context: &Context<'_>, a: &Asked<'_>, b: &Asked<'_>, work: &Cell<usize>) -> bool {
    match (&a.parts, &b.parts) {
        (Some(a), Some(b)) => {
            b.iter().all(|(var, wide)| a.get(var).is_some_and(|narrow| narrow.iter().zip(wide).all(|(n, w)| n & !w == 0)))
        }
        _ => {
            let cost = a.cond.size() + b.cond.size();
            let vars = a.vars.union(&b.vars).copied().collect();
            work.set(work.get() + context.picture.assignments(&vars, cost).map_or(0, |count| count * cost));
            work.get() <= MOST_WORK && context.picture.implies(&a.cond, &[&b.cond]) == Some(true)
        }
    }
}

fn report(context: &Context<'_>, rule: &Asked<'_>, wider: &Asked<'_>, out: &mut Diagnostics) {
    let (a, b) = (&rule.branch.arm, &wider.branch.arm);
    let line = context.sources.place(wider.branch.condition.span).line;
    let together = Points(a.points.0 + b.points.0);
    out.push(
        Diagnostic::new(
            Code::SubsumedRule,
            rule.branch.condition.span,
            format!("every record that matches this rule also matches line {line}: together {}", together.signed()),
        )
        .label(format!("{} here", a.points.signed()))
        .also(wider.branch.condition.span, format!("and {} here, for all of them", b.points.signed()))
        .help("if only one of them is meant, write them as one rule with `else if`; if both are, say so with `# lsrc: allow(subsumed-rule) reason`"),
    );
}

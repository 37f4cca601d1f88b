//! `no-such-reason`: a test's `fired` (or `excluded because`) names no rule.

use std::collections::BTreeSet;

use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Because, ExpectationKind, Rollup, ScoreBody};

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    if context.model.tests.is_empty() {
        return;
    }
    let (mut fired, mut excluded) = (BTreeSet::new(), BTreeSet::new());
    let add = |because: Option<&Because>, to: &mut BTreeSet<String>| to.extend(because.map(|b| b.text.to_string()));
    context.model.exclusions.iter().for_each(|e| add(e.because.as_ref(), &mut excluded));
    for score in &context.model.scores {
        if let ScoreBody::Conditional(formula) = &score.body {
            formula.arms().for_each(|arm| add(arm.arm.because.as_ref(), &mut fired));
        }
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            exclusions.iter().for_each(|e| add(e.because.as_ref(), &mut excluded));
        }
    }
    context.items(&mut |_, item| {
        item.arms().into_iter().for_each(|(arm, _)| add(arm.because.as_ref(), &mut fired));
    });
    for test in &context.model.tests {
        let fired = match test.account.as_ref().and_then(|it| context.model.rollups.get(it.rollup)) {
            Some(rollup) => of_accounts(rollup),
            None => fired.clone(),
        };
        for expectation in &test.expect {
            let (text, known, what) = match &expectation.kind {
                ExpectationKind::Fired(text) => (text, &fired, "rule"),
                ExpectationKind::Excluded(Some(text)) => (text, &excluded, "exclusion"),
                ExpectationKind::Condition(_) | ExpectationKind::Excluded(None) => continue,
            };
            if known.contains(&**text) {
                continue;
            }
            let near = crate::text::nearest(text, known.iter().map(String::as_str));
            let mut finding =
                Diagnostic::new(Code::NoSuchReason, expectation.span, format!("no {what} has the reason \"{text}\""))
                    .label(if expectation.negated { "so this always holds" } else { "so this cannot hold" });
            finding = match near {
                Some(near) => finding.help(format!("did you mean \"{near}\"?")),
                None => finding.help(format!("write the text after `because` of the {what}")),
            };
            out.push(finding);
        }
    }
}

/// The reasons that the formulas of a rollup give.
fn of_accounts(rollup: &Rollup) -> BTreeSet<String> {
    let formulas = rollup.accounts.scores.iter().filter_map(|score| match &score.body {
        ScoreBody::Conditional(formula) => Some(formula),
        ScoreBody::Items { .. } | ScoreBody::Formula(_) | ScoreBody::Given(_) => None,
    });
    formulas.flat_map(|formula| formula.arms()).filter_map(|arm| Some(arm.arm.because.as_ref()?.text.to_string())).collect()
}

//! `duplicate-rule`: one condition twice in one score, in the same words or in others.

use std::collections::HashMap;

use super::super::asked::Asked;
use super::super::context::Context;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::value::Points;

pub(crate) fn check(context: &Context<'_>, out: &mut Diagnostics) {
    for (score, rules) in context.model.scores.iter().zip(context.asked()) {
        let mut seen: HashMap<u64, &Asked<'_>> = HashMap::new();
        for rule in rules {
            let Some(first) = seen.get(&rule.key) else {
                seen.insert(rule.key, rule);
                continue;
            };
            let (a, b) = (&first.branch.arm, &rule.branch.arm);
            let (asked, again) = (first.branch.condition.span, rule.branch.condition.span);
            let (words, other) = (context.words(again), context.words(asked));
            let message = if words == other {
                format!("the score `{}` asks `{words}` twice", score.name)
            } else {
                format!("the score `{}` asks `{words}`, which is the same as `{other}`", score.name)
            };
            out.push(
                Diagnostic::new(Code::DuplicateRule, again, message)
                    .label("asked again")
                    .also(asked, "asked first here")
                    .note(format!(
                        "whoever meets it gets {} and {}: together {}",
                        a.points.signed(),
                        b.points.signed(),
                        Points(a.points.0 + b.points.0).signed()
                    ))
                    .help("keep one of them"),
            );
        }
    }
}

//! The account of a lifecycle.

use super::cause::Context;
use super::record::condition_check;
use super::{Check, Outcome, StageAccount};
use crate::hir::words::{self, stage_reasons};
use crate::hir::{self, StageCondition};
use crate::invariant::{Sure as _, SureAt as _};
use crate::source::Sources;
use crate::vm::scores::{Cause, NONE, Scores};

pub(super) fn account(context: &Context<'_>, scores: &Scores, at: usize, it: &hir::Lifecycle) -> StageAccount {
    let stages = scores.lifecycles.sure_at(at);
    let first = |codes: &[u32]| Some(*codes.sure_at(0)).filter(|&code| code != NONE);
    let name = |code: Option<u32>| code.and_then(|c| it.stages.get(c as usize)).map(ToString::to_string);
    let cause = *stages.causes.sure_at(0);
    let excluded = scores.excluded.first().is_some_and(|&code| code != NONE);
    StageAccount {
        name: it.name.to_string(),
        line: context.sources.place(it.span).line,
        property: it.property.is_some(),
        before: name(first(&stages.before)),
        after: name(first(&stages.after)),
        step: *stages.moves.sure_at(0),
        reason: stage_reason(it, cause, context.sources),
        checks: checks(context, it, cause, excluded),
        ways: Vec::new(),
    }
}

/// Why a record has its stage, as `NAME_reason` says it.
#[must_use]
pub fn stage_reason(it: &hir::Lifecycle, cause: Cause, sources: &Sources) -> String {
    let fixed = match cause {
        Cause::Hold(at) => return it.hold_reason(at as usize, sources).sure("the hold that decided is one of the lifecycle's"),
        Cause::Rule(at) => return it.rule_reason(at as usize, sources).sure("the line that decided is one of the lifecycle's"),
        Cause::Otherwise => stage_reasons::OTHERWISE,
        Cause::Undecided(true) => stage_reasons::UNDECIDED,
        Cause::Undecided(false) => stage_reasons::NO_STAGE,
        Cause::Excluded => stage_reasons::EXCLUDED,
        Cause::Refused(_) => stage_reasons::REFUSED,
        Cause::Open => "",
    };
    fixed.to_owned()
}

/// Holds, stage lines and `otherwise`; what stands behind the one that decided is passed.
fn checks(context: &Context<'_>, it: &hir::Lifecycle, cause: Cause, excluded: bool) -> Vec<Check> {
    let mut out = Vec::new();
    let held = if let Cause::Hold(at) = cause { Some(at as usize) } else { None };
    for (at, hold) in it.holds.iter().enumerate() {
        let passed = excluded || held.is_some_and(|h| at > h);
        let rule = words::hold(context.sources, hold);
        out.push(condition_check(context, &hold.condition, rule, hold.because.as_ref(), hold.span, passed));
    }
    let chosen = match cause {
        Cause::Rule(at) | Cause::Refused(at) if at != NONE => Some(at as usize),
        Cause::Rule(_)
        | Cause::Refused(_)
        | Cause::Hold(_)
        | Cause::Otherwise
        | Cause::Undecided(_)
        | Cause::Excluded
        | Cause::Open => None,
    };
    for (at, rule) in it.rules.iter().enumerate() {
        let passed = held.is_some() || chosen.is_some_and(|c| at > c);
        let said = words::stage_rule(context.sources, rule);
        out.push(match &rule.when {
            StageCondition::Condition(condition) => {
                condition_check(context, condition, said, rule.because.as_ref(), rule.span, passed || excluded)
            }
            StageCondition::Excluded => Check {
                line: context.sources.place(rule.span).line,
                rule: said,
                because: rule.because.as_ref().map(|b| b.text.to_string()),
                outcome: match (passed, excluded) {
                    (true, _) => Outcome::Passed,
                    (false, true) => Outcome::Fired,
                    (false, false) => Outcome::NotFired,
                },
                seen: Vec::new(),
                why: vec![if excluded { "the record is excluded" } else { "the record is not excluded" }.to_owned()],
            },
        });
    }
    if let Some((stage, span)) = it.otherwise {
        let name = it.stages.sure_at(stage as usize);
        let chosen = matches!(cause, Cause::Otherwise) || matches!(cause, Cause::Refused(NONE));
        out.push(Check {
            line: context.sources.place(span).line,
            rule: format!("otherwise {name}"),
            because: None,
            outcome: if chosen { Outcome::Fired } else { Outcome::Passed },
            seen: Vec::new(),
            why: Vec::new(),
        });
    }
    out
}

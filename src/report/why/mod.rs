//! The account of a record as text, Markdown and HTML; as JSON it is serialised as it is.

mod headline;
mod html;
mod md;
mod text;

pub use headline::headline;
pub use html::html;
pub use md::md;
pub use text::text;

use crate::value::Points;
use crate::why::{BoundAccount, Check, Explanation, ItemAccount, MadeOf, Member, Outcome, SeenValue, StageAccount};

/// How a condition came out, in words.
const fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fired => "fired",
        Outcome::NotFired => "not fired",
        Outcome::Unknown => "unknown",
        Outcome::Passed => "skipped",
    }
}

/// `Record 4711`, `Account acme.example`
fn title(it: &Explanation) -> String {
    format!("{} {}", if it.account.is_some() { "Account" } else { "Record" }, it.key)
}

/// `Row 3, as of 2026-01-15`, `company_domain of account, as of 2026-01-15`
fn place_words(it: &Explanation) -> String {
    match &it.account {
        None => format!("Row {}, as of {}", it.row, it.as_of_words),
        Some(account) => format!("By {}, rollup {}, as of {}", account.by, account.rollup, it.as_of_words),
    }
}

/// `Made of 2 records`
fn made_of(account: &MadeOf) -> String {
    format!("Made of {}", crate::report::plain::of(account.records.len() as u64, "record", "records"))
}

/// `lead is 40, lead >= 35 is true`
fn member_words(member: &Member) -> String {
    member.seen.iter().map(|s| format!("{} is {}", s.what, s.value)).collect::<Vec<_>>().join(", ")
}

/// What was asked for beside: `Email: jane@example.com, Company: Acme`.
fn selected_words(it: &Explanation) -> Option<String> {
    let words = it.selected.iter().map(|s| format!("{}: {}", s.column, s.value.as_deref().unwrap_or("empty")));
    (!it.selected.is_empty()).then(|| words.collect::<Vec<_>>().join(", "))
}

/// The words of an item with the line that decided.
fn item_words(item: &ItemAccount) -> String {
    match &item.chosen {
        Some(chosen) if item.branches.is_empty() => format!("{}  {chosen}", item.rule),
        Some(chosen) => chosen.clone(),
        None => item.rule.clone(),
    }
}

/// What is told below an item: why it came out so, what is near, and the arithmetic.
fn item_notes(item: &ItemAccount) -> Vec<String> {
    let mut notes = item.why.clone();
    notes.extend(left_over(&item.seen, &item.why));
    notes.extend(item.near.iter().cloned());
    notes.extend(item.arithmetic.iter().cloned());
    if item.items.is_empty() {
        notes.extend(item.bound.as_ref().map(bound_words));
    }
    notes
}

/// What is told below a check.
fn check_notes(check: &Check) -> Vec<String> {
    let mut notes = check.why.clone();
    if check.outcome != Outcome::Passed {
        notes.extend(left_over(&check.seen, &check.why));
    }
    notes
}

/// The values seen that no reason mentions: `country is unknown, visits is 3`.
fn left_over(seen: &[SeenValue], why: &[String]) -> Option<String> {
    let untold = |s: &&SeenValue| !why.iter().any(|line| line.contains(&s.what));
    let rest: Vec<String> = seen.iter().filter(untold).map(|s| format!("{} is {}", s.what, s.value)).collect();
    (!rest.is_empty()).then(|| rest.join(", "))
}

/// `max 70 holds 85 at 70`
fn bound_words(bound: &BoundAccount) -> String {
    format!("{} makes {} of {}", bound.rule, bound.to, bound.from)
}

/// What a bound adds or takes.
fn bound_points(bound: &BoundAccount) -> Points {
    Points(bound.to.0 - bound.from.0)
}

/// `lead to mql, forward: asked for sales`
fn stage_words(stage: &StageAccount) -> String {
    let name = |s: &Option<String>| s.clone().unwrap_or_else(|| "unknown".to_owned());
    let step = match stage.step {
        crate::vm::scores::Move::Forward => "forward",
        crate::vm::scores::Move::Backward => "backward",
        crate::vm::scores::Move::None => "stays",
        crate::vm::scores::Move::Held => "held",
    };
    if !stage.property {
        format!("{}: {}", name(&stage.after), stage.reason)
    } else if stage.before == stage.after {
        format!("{}, {step}: {}", name(&stage.after), stage.reason)
    } else {
        format!("{} to {}, {step}: {}", name(&stage.before), name(&stage.after), stage.reason)
    }
}

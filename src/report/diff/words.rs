//! The parts of a difference in words; every format says them the same way.

use crate::diff::accounts::{OutputChange, OutputKind};
use crate::diff::people::{Bar, Mover, StageChange};
use crate::diff::{AccountChange, Answer, Change, ChangeKind, Difference, Range, RangeChange};
use crate::invariant::fits;
use crate::report::plain::{count, number, of, share, signed};
use crate::value::Points;

/// A change in one line, its place left out.
pub(super) fn change(it: &Change) -> String {
    let whole = |text: &Option<String>| text.as_ref().map_or_else(String::new, String::clone);
    match it.change {
        ChangeKind::Added => format!("added: {}{}", whole(&it.new), reason(it, &it.new)),
        ChangeKind::Removed => format!("removed: {}{}", whole(&it.old), reason(it, &it.old)),
        ChangeKind::Reordered => format!("{}: in a different order", it.rule),
        ChangeKind::Changed => {
            let parts: Vec<String> = it.aspects.iter().map(|a| aspect(it, a.what, &a.old, &a.new)).collect();
            format!("{}: {}", name(it), parts.join("; "))
        }
    }
}

/// The reason behind words that do not hold it.
fn reason(it: &Change, words: &Option<String>) -> String {
    let said = words.as_ref().is_some_and(|w| *w == it.rule);
    if it.rule.starts_with('"') && !said { format!(" because {}", it.rule) } else { String::new() }
}

/// The name of a changed rule without what changed of it.
fn name(it: &Change) -> String {
    let condition = it.aspects.iter().any(|a| a.what == "condition");
    let points = it.aspects.iter().find(|a| a.what == "points").filter(|_| !it.rule.starts_with('"') && !condition);
    let Some(points) = points else { return it.rule.clone() };
    // The words of an `if` hold its points, which stand behind the name.
    it.rule.split_once(&format!(" then {}", points.new)).map_or_else(|| it.rule.clone(), |(name, _)| name.to_owned())
}

fn aspect(it: &Change, what: &str, old: &str, new: &str) -> String {
    let none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    match what {
        "place" => format!("moved from {old} to {new}"),
        "condition" if !it.rule.starts_with('"') && it.old.is_some() => {
            it.old.as_ref().map_or_else(String::new, |old| format!("was {old}"))
        }
        "condition" => format!("condition {} → {}", bare(old), bare(new)),
        "reason" => format!("reason {} → {}", none(old), none(new)),
        "bounds" => format!("bounds {} → {}", none(old), none(new)),
        _ => format!("{} → {}", none(old), none(new)),
    }
}

/// A condition without the words around it.
fn bare(text: &str) -> &str {
    let text = text.trim().trim_end_matches(':');
    text.strip_suffix(" then").unwrap_or(text)
}

/// `-40 to 125`
pub(super) fn range(it: Option<Range>) -> String {
    let Some(it) = it else { return "none".to_owned() };
    let end = |points: Option<Points>| points.map_or_else(|| "no limit".to_owned(), |p| p.to_string());
    let about = if it.exact { "" } else { "within " };
    format!("{about}{} to {}", end(it.min), end(it.max))
}

/// Whether a score can come to something else than before.
pub(super) fn moved_range(it: &RangeChange) -> bool {
    it.old != it.new
}

/// `12 of 400 records change stage (3%)`, or that there are no data.
pub(super) fn summary(it: &Difference) -> String {
    let rules = match it.changes.len() {
        0 => "The rules are the same".to_owned(),
        n => of(n as u64, "change to the rules", "changes to the rules"),
    };
    match &it.people {
        None => rules,
        Some(people) => {
            let share = share(people.moved, people.records);
            let share = if share.is_empty() { share } else { format!(" ({share})") };
            format!("{rules}; {} of {} change stage{share}", count(people.moved), of(people.records, "record", "records"))
        }
    }
}

/// `4 accounts (3 before); 1 only after, 0 only before; 2 changed`
pub(super) fn accounts(it: &AccountChange) -> String {
    let before = if it.old == it.new { String::new() } else { format!(" ({} before)", count(it.old)) };
    let mut parts = Vec::new();
    if it.appeared + it.gone > 0 {
        parts.push(format!("{} only after, {} only before", count(it.appeared), count(it.gone)));
    }
    parts.push(format!("{} changed", count(it.changed)));
    format!("{}{before}; {}", of(it.new, "account", "accounts"), parts.join("; "))
}

/// By output of accounts that is another for any: its name and what becomes of it.
pub(super) fn account_outputs(it: &AccountChange) -> Vec<(String, String)> {
    let words = |output: &OutputChange| {
        let mut parts = Vec::new();
        if output.kind == OutputKind::Score {
            parts.push(format!("{} up", count(output.up)));
            parts.push(format!("{} down", count(output.down)));
            let other = output.changed - output.up - output.down;
            if other > 0 {
                parts.push(format!("{} known only before or only after", count(other)));
            }
        }
        parts.extend(
            output.moves.iter().map(|m| format!("{} → {}: {}", stage(m.from.as_ref()), stage(m.to.as_ref()), count(m.accounts))),
        );
        (output.name.clone(), parts.join(", "))
    };
    it.outputs.iter().filter(|output| output.changed > 0).map(words).collect()
}

/// What so many changes are called.
pub(super) const fn noun(changes: usize) -> &'static str {
    if changes == 1 { "change to the rules" } else { "changes to the rules" }
}

/// A stage, or that it is unknown.
pub(super) fn stage(name: Option<&String>) -> &str {
    name.map_or("unknown", |n| n)
}

/// `+3`, `-2`, `0`
pub(super) fn delta(old: u64, new: u64) -> String {
    match new.cmp(&old) {
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", count(new - old)),
        std::cmp::Ordering::Less => format!("-{}", count(old - new)),
    }
}

/// What moved a record: `"asked for sales" +10`
pub(super) fn cause(it: &Mover) -> String {
    let points = it.points.map_or_else(String::new, |p| format!(" {}", signed(p)));
    format!("{}{points}", it.rule)
}

/// The change of a bar in words: `+5 to +10`.
pub(super) fn bar(it: &Bar) -> String {
    match (it.from, it.to) {
        (Some(0), Some(0)) => "no change".to_owned(),
        (Some(0), Some(to)) => format!("up by less than {}", steps(to)),
        (Some(from), Some(0)) => format!("down by less than {}", steps(-from)),
        (Some(from), Some(to)) if from > 0 => format!("up by {} to {}", steps(from), steps(to)),
        (Some(from), Some(to)) => format!("down by {} to {}", steps(-to), steps(-from)),
        (Some(from), None) => format!("up by {} or more", steps(from)),
        (None, Some(to)) => format!("down by {} or more", steps(-to)),
        (None, None) => String::new(),
    }
}

fn steps(n: i64) -> String {
    number(f64::from(fits::<i32, _>(n.clamp(i32::MIN.into(), i32::MAX.into()))))
}

/// How many more enter or leave a stage than are named.
pub(super) fn unnamed(total: u64, named: usize) -> Option<String> {
    let more = total.saturating_sub(named as u64);
    (more > 0).then(|| format!("and {} more", count(more)))
}

/// The stages of a lifecycle that any record has, before or after.
pub(super) fn used(it: &StageChange) -> Vec<&crate::diff::people::StageCount> {
    it.stages.iter().filter(|s| s.stage.is_some() || s.old + s.new > 0).collect()
}

/// Whether both give every record the same, and how that is known.
pub(super) fn equivalence(it: &Difference) -> String {
    let found = &it.equivalence;
    let answer = match found.verdict {
        Answer::Equivalent => "Every record gets the same results",
        Answer::Different => "Not every record gets the same results",
        Answer::NotDecided => "Whether every record gets the same results is not decided",
    };
    let Some(witness) = &found.witness else { return format!("{answer}: {}", found.how) };
    let parts: Vec<String> = witness.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let record = if parts.is_empty() { "of which nothing is known".to_owned() } else { format!("with {}", parts.join(", ")) };
    format!("{answer}: {}: one {record}", found.how)
}

//! The account as Markdown; foreign text is escaped.

use std::fmt::Write as _;

use super::{
    bound_points, bound_words, check_notes, headline, item_notes, item_words, made_of, member_words, outcome_words, place_words,
    selected_words, stage_words, title,
};
use crate::report::plain::harmless;
use crate::value::Points;
use crate::why::{Check, Explanation, ItemAccount, Outcome, ScoreAccount, StageAccount};

/// The account as Markdown.
#[must_use]
pub fn md(it: &Explanation) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n\n{}", escaped(&title(it)), escaped(&place_words(it)));
    for line in headline(it).iter().chain(&selected_words(it)) {
        let _ = writeln!(out, "\n{}", escaped(line));
    }
    if let Some(account) = &it.account {
        let _ = writeln!(out, "\n## {}\n\n| record | row | has |\n| --- | ---: | --- |", made_of(account));
        for member in &account.records {
            let _ = writeln!(out, "| {} | {} | {} |", escaped(&member.key), member.row, escaped(&member_words(member)));
        }
    }
    if !it.exclusions.is_empty() {
        let _ = writeln!(out, "\n## {}\n", if it.excluded { "Excluded: no score, no label" } else { "Not excluded" });
        checks(&mut out, &it.exclusions);
    }
    it.scores.iter().for_each(|it| score(&mut out, it));
    if !it.labels.is_empty() {
        out.push_str("\n## Labels\n\n| label | line | value | why |\n| --- | ---: | --- | --- |\n");
        for label in &it.labels {
            let why = [Some(&label.why), label.near.as_ref()].into_iter().flatten().map(|t| escaped(t)).collect::<Vec<_>>();
            let value = label.value.as_deref().unwrap_or("unknown");
            let _ = writeln!(out, "| {} | {} | {} | {} |", escaped(&label.name), label.line, escaped(value), why.join("<br>"));
        }
    }
    it.lifecycles.iter().for_each(|it| stage(&mut out, it));
    out
}

fn score(out: &mut String, it: &ScoreAccount) {
    let value = it.value.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
    let _ = writeln!(out, "\n## {} = {value}\n", escaped(&it.name));
    if let Some(because) = &it.unknown_because {
        let _ = writeln!(out, "{}\n", escaped(because));
    }
    if !it.exclusions.is_empty() {
        checks(out, &it.exclusions);
        out.push('\n');
    }
    if !it.branches.is_empty() {
        checks(out, &it.branches);
        out.push('\n');
    }
    if let Some(formula) = &it.formula {
        let _ = writeln!(out, "{} = {} = {value}", code(&formula.rule), escaped(&formula.numbers));
    }
    if it.items.is_empty() {
        return;
    }
    out.push_str("| line | rule | outcome | why | points |\n| ---: | --- | --- | --- | ---: |\n");
    it.items.iter().for_each(|i| item(out, i, 0));
    if let (Some(sum), Some(bound)) = (it.sum, &it.bound) {
        let _ = writeln!(
            out,
            "| | sum | | | {sum} |\n| | {} | | {} | {} |",
            code(&bound.rule),
            escaped(&bound_words(bound)),
            bound_points(bound).signed()
        );
    }
    let _ = writeln!(out, "| | **{}** | | | **{value}** |", escaped(&it.name));
}

fn item(out: &mut String, it: &ItemAccount, depth: usize) {
    let indent = "&emsp;".repeat(depth);
    let reason = it.because.as_ref().map_or_else(String::new, |b| format!("<br>{}", escaped(b)));
    let mut notes: Vec<String> = item_notes(it).iter().map(|n| escaped(n)).collect();
    notes.extend(it.branches.iter().map(|b| {
        let why = check_notes(b).join("; ");
        format!(
            "{}: {}{}",
            code(&b.rule),
            outcome_words(b.outcome),
            if why.is_empty() { String::new() } else { format!(" ({})", escaped(&why)) }
        )
    }));
    let points = if it.items.is_empty() && (it.outcome == Outcome::Fired || it.points != Points(0)) {
        it.points.signed()
    } else {
        String::new()
    };
    let outcome = outcome_words(it.outcome);
    let _ = writeln!(
        out,
        "| {} | {indent}{}{reason} | {outcome} | {} | {points} |",
        it.line,
        code(&item_words(it)),
        notes.join("<br>")
    );
    if !it.items.is_empty() {
        it.items.iter().for_each(|inner| item(out, inner, depth + 1));
        let indent = "&emsp;".repeat(depth + 1);
        if let Some(bound) = &it.bound {
            let _ = writeln!(
                out,
                "| | {indent}{} | | {} | {} |",
                code(&bound.rule),
                escaped(&bound_words(bound)),
                bound_points(bound).signed()
            );
        }
        let _ = writeln!(out, "| | {indent}subtotal | | | = {} |", it.points);
    }
}

fn checks(out: &mut String, all: &[Check]) {
    out.push_str("| line | rule | outcome | why |\n| ---: | --- | --- | --- |\n");
    for check in all {
        let reason = check.because.as_ref().map_or_else(String::new, |b| format!("<br>{}", escaped(b)));
        let why: Vec<String> = check_notes(check).iter().map(|n| escaped(n)).collect();
        let outcome = outcome_words(check.outcome);
        let _ = writeln!(out, "| {} | {}{reason} | {outcome} | {} |", check.line, code(&check.rule), why.join("<br>"));
    }
}

fn stage(out: &mut String, it: &StageAccount) {
    let _ = writeln!(out, "\n## {}: {}\n", escaped(&it.name), escaped(&stage_words(it)));
    checks(out, &it.checks);
    if !it.ways.is_empty() {
        out.push_str("\nThe smallest single changes that reach the next stage:\n\n");
        for way in &it.ways {
            let effects = if way.effects.is_empty() { String::new() } else { format!(" ({})", escaped(&way.effects.join(", "))) };
            let _ = writeln!(out, "- {}: {}{effects}", escaped(&way.stage), escaped(&way.change));
        }
    }
}

/// Text as Markdown shows it: nothing in it is obeyed.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in harmless(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Source in backticks, more of them than it holds itself; a bar would end the cell.
fn code(text: &str) -> String {
    let text = harmless(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).fold(0, Ord::max);
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

//! The account as one self-contained page.

use std::fmt::Write as _;

use super::{
    bound_points, bound_words, check_notes, headline, item_notes, item_words, made_of, member_words, outcome_words, place_words,
    selected_words, stage_words, title,
};
use crate::report::html::{escaped, page};
use crate::value::Points;
use crate::why::{Check, Explanation, ItemAccount, Outcome, ScoreAccount, StageAccount};

/// The accounts as a page.
#[must_use]
pub fn html(all: &[Explanation]) -> String {
    let mut out = String::new();
    all.iter().for_each(|it| account(&mut out, it));
    let keys: Vec<&str> = all.iter().map(|it| it.key.as_str()).collect();
    let what = if all.iter().any(|it| it.account.is_some()) { "Account" } else { "Record" };
    page(&format!("{what} {}", keys.join(", ")), &out)
}

fn account(out: &mut String, it: &Explanation) {
    let _ = writeln!(out, "<h1>{}</h1>\n<p class=\"soft\">{}</p>", escaped(&title(it)), escaped(&place_words(it)));
    for line in headline(it).iter().chain(&selected_words(it)) {
        let _ = writeln!(out, "<p>{}</p>", escaped(line));
    }
    if let Some(account) = &it.account {
        let _ = writeln!(
            out,
            "<h2>{}</h2>\n<table>\n<tr><th scope=\"col\">record</th><th scope=\"col\" class=\"n\">row</th><th scope=\"col\">has</th></tr>",
            made_of(account)
        );
        for member in &account.records {
            let has = member_words(member);
            let _ = writeln!(
                out,
                "<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
                escaped(&member.key),
                member.row,
                escaped(&has)
            );
        }
        out.push_str("</table>\n");
    }
    if !it.exclusions.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2>", if it.excluded { "Excluded: no score, no label" } else { "Not excluded" });
        checks(out, &it.exclusions);
    }
    it.scores.iter().for_each(|it| score(out, it));
    if !it.labels.is_empty() {
        out.push_str("<h2>Labels</h2>\n<table>\n<tr><th scope=\"col\" class=\"n\">line</th><th scope=\"col\">label</th><th scope=\"col\">value</th><th scope=\"col\">why</th></tr>\n");
        for label in &it.labels {
            let why: Vec<_> = [Some(&label.why), label.near.as_ref()].into_iter().flatten().map(|t| escaped(t)).collect();
            let _ = writeln!(
                out,
                "<tr><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                label.line,
                escaped(&label.name),
                escaped(label.value.as_deref().unwrap_or("unknown")),
                why.join("<br>")
            );
        }
        out.push_str("</table>\n");
    }
    it.lifecycles.iter().for_each(|it| stage(out, it));
}

const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fired => "fired",
        Outcome::NotFired => "not-fired",
        Outcome::Unknown => "unknown",
        Outcome::Passed => "passed",
    }
}

fn score(out: &mut String, it: &ScoreAccount) {
    let value = it.value.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
    let _ = writeln!(out, "<h2>{} = {value}</h2>", escaped(&it.name));
    if let Some(because) = &it.unknown_because {
        let _ = writeln!(out, "<p>{}</p>", escaped(because));
    }
    if !it.exclusions.is_empty() {
        checks(out, &it.exclusions);
    }
    if !it.branches.is_empty() {
        checks(out, &it.branches);
    }
    if let Some(formula) = &it.formula {
        let _ = writeln!(out, "<p><code>{}</code> = {} = {value}</p>", escaped(&formula.rule), escaped(&formula.numbers));
    }
    if it.items.is_empty() {
        return;
    }
    out.push_str(
        "<table>\n<tr><th scope=\"col\" class=\"n\">line</th><th scope=\"col\">rule</th><th scope=\"col\">outcome</th><th scope=\"col\">why</th><th scope=\"col\" class=\"n\">points</th></tr>\n",
    );
    it.items.iter().for_each(|i| item(out, i, false));
    if let (Some(sum), Some(bound)) = (it.sum, &it.bound) {
        total(out, "sum", &sum.to_string());
        plain_row(out, &bound.rule, &bound_words(bound), &bound_points(bound).signed(), false);
    }
    total(out, &it.name, &value);
    out.push_str("</table>\n");
}

fn total(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(
        out,
        "<tr class=\"total\"><td></td><td>{}</td><td></td><td></td><td class=\"n\">{value}</td></tr>",
        escaped(name)
    );
}

fn plain_row(out: &mut String, rule: &str, why: &str, points: &str, deep: bool) {
    let class = if deep { " class=\"deep\"" } else { "" };
    let _ = writeln!(
        out,
        "<tr{class}><td></td><td><code>{}</code></td><td></td><td>{}</td><td class=\"n\">{points}</td></tr>",
        escaped(rule),
        escaped(why)
    );
}

fn item(out: &mut String, it: &ItemAccount, deep: bool) {
    let reason = it.because.as_ref().map_or_else(String::new, |b| format!("<small>{}</small>", escaped(b)));
    let mut notes: Vec<String> = item_notes(it).iter().map(|n| escaped(n).into_owned()).collect();
    notes.extend(it.branches.iter().map(|b| {
        let why = check_notes(b).join("; ");
        let why = if why.is_empty() { String::new() } else { format!(" ({})", escaped(&why)) };
        format!("<code>{}</code>: {}{why}", escaped(&b.rule), outcome_words(b.outcome))
    }));
    let points = if it.items.is_empty() && (it.outcome == Outcome::Fired || it.points != Points(0)) {
        it.points.signed()
    } else {
        String::new()
    };
    let _ = writeln!(
        out,
        "<tr{}><td class=\"n\">{}</td><td><code>{}</code>{reason}</td><td class=\"{}\">{}</td><td>{}</td><td class=\"n\">{points}</td></tr>",
        if deep { " class=\"deep\"" } else { "" },
        it.line,
        escaped(&item_words(it)),
        class(it.outcome),
        outcome_words(it.outcome),
        notes.join("<br>")
    );
    if !it.items.is_empty() {
        it.items.iter().for_each(|inner| item(out, inner, true));
        if let Some(bound) = &it.bound {
            plain_row(out, &bound.rule, &bound_words(bound), &bound_points(bound).signed(), true);
        }
        plain_row(out, "subtotal", "", &format!("= {}", it.points), true);
    }
}

fn checks(out: &mut String, all: &[Check]) {
    out.push_str("<table>\n<tr><th scope=\"col\" class=\"n\">line</th><th scope=\"col\">rule</th><th scope=\"col\">outcome</th><th scope=\"col\">why</th></tr>\n");
    for check in all {
        let reason = check.because.as_ref().map_or_else(String::new, |b| format!("<small>{}</small>", escaped(b)));
        let why: Vec<_> = check_notes(check).iter().map(|n| escaped(n).into_owned()).collect();
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td><code>{}</code>{reason}</td><td class=\"{}\">{}</td><td>{}</td></tr>",
            check.line,
            escaped(&check.rule),
            class(check.outcome),
            outcome_words(check.outcome),
            why.join("<br>")
        );
    }
    out.push_str("</table>\n");
}

fn stage(out: &mut String, it: &StageAccount) {
    let _ = writeln!(out, "<h2>{}: {}</h2>", escaped(&it.name), escaped(&stage_words(it)));
    checks(out, &it.checks);
    if !it.ways.is_empty() {
        out.push_str("<p>The smallest single changes that reach the next stage:</p>\n<ul>\n");
        for way in &it.ways {
            let effects = if way.effects.is_empty() {
                String::new()
            } else {
                format!(" <small>{}</small>", escaped(&way.effects.join(", ")))
            };
            let _ = writeln!(out, "<li>{}: {}{effects}</li>", escaped(&way.stage), escaped(&way.change));
        }
        out.push_str("</ul>\n");
    }
}

//! What every rule gives to the whole population, and which rules give nothing.

use std::fmt::Write as _;

use super::draw::{Waterfall, length, short, table};
use super::{Facts, Section};
use crate::report::html::escaped;
use crate::report::plain::{count, number, share, signed};
use crate::report::summary::{Rule, Score, decimal};

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let summary = facts.summary;
    if summary.rules_fired.is_empty() {
        return;
    }
    let mut body = String::from(
        "<p>Each bar starts where the one before it ends: together they lead from 0 to what a record has on average. Records \
         whose score is unknown do not count.</p>\n",
    );
    for (score, tally) in summary.scores.iter().zip(&facts.tally.scores) {
        let rules: Vec<&Rule> = summary.rules_fired.iter().filter(|r| r.score == score.name).collect();
        if !rules.is_empty() {
            contributions(&mut body, score, decimal(tally.sum), rules, summary.records.read);
        }
    }
    into.push(Section { id: "contributions", title: "What each rule contributes", body });
    let silent: Vec<&Rule> = summary.rules_fired.iter().filter(|r| r.hits == 0).collect();
    let body = if silent.is_empty() {
        "<p>Every rule fired for at least one record.</p>\n".to_owned()
    } else {
        let rows: Vec<Vec<String>> =
            silent.iter().map(|r| vec![r.line.to_string(), escaped(&r.score).into_owned(), words(r), unknown(r)]).collect();
        table(
            "Rules that did not fire for any record",
            &[("line", true), ("score", false), ("rule", false), ("unknown for", true)],
            &rows,
        )
    };
    into.push(Section { id: "silent", title: "Rules that never fired", body });
}

fn words(rule: &Rule) -> String {
    let because = rule.because.as_ref().map_or_else(String::new, |b| format!("<small>{}</small>", escaped(b)));
    format!("<code>{}</code>{because}", escaped(&rule.rule))
}

fn unknown(rule: &Rule) -> String {
    if rule.unknown > 0 { count(rule.unknown) } else { String::new() }
}

/// The rules of a score whose sum over all records is `total`.
fn contributions(out: &mut String, score: &Score, total: f64, mut rules: Vec<&Rule>, read: u64) {
    let _ = writeln!(out, "<h3>{}</h3>", escaped(&score.name));
    rules.retain(|rule| rule.hits > 0);
    rules.sort_by(|a, b| b.points.total_cmp(&a.points));
    let known = length(score.known.max(1));
    let bounds = total - rules.iter().map(|r| r.points).sum::<f64>();
    // Sums of hundredths as floats: what is less than one is no bound's doing.
    let bounds = (bounds.abs() >= 0.005).then_some(bounds / known);
    let steps: Vec<f64> = rules.iter().map(|r| r.points / known).chain(bounds).collect();
    let mut fall = Waterfall::new(&steps);
    let mut rows: Vec<Vec<String>> = rules
        .iter()
        .map(|r| {
            vec![
                r.line.to_string(),
                words(r),
                count(r.hits),
                share(r.hits, read),
                unknown(r),
                signed(r.points),
                fall.step(r.points / known),
                signed(r.points / known),
            ]
        })
        .collect();
    let blank = String::new;
    if let Some(bounds) = bounds {
        let what = "<em>Limits of groups and of the score</em>".to_owned();
        let bar = fall.step(bounds);
        rows.push(vec![blank(), what, blank(), blank(), blank(), signed(bounds * known), bar, signed(bounds)]);
    }
    if let Some(mean) = score.mean {
        let bar = fall.bar(0.0, mean, "whole");
        let what = "<strong>Mean</strong>".to_owned();
        rows.push(vec![blank(), what, blank(), blank(), blank(), blank(), bar, format!("<strong>{}</strong>", number(mean))]);
    }
    let columns = [
        ("line", true),
        ("rule", false),
        ("records", true),
        ("share", true),
        ("unknown", true),
        ("total points", true),
        ("", false),
        ("per record", true),
    ];
    out.push_str("<div class=\"waterfall\">\n");
    out.push_str(&table(&format!("Contributions to {}", short(&score.name, 60)), &columns, &rows));
    out.push_str("</div>\n");
}

//! A backtest for a terminal.

use std::fmt::Write as _;

use super::tables::{self, Table};
use crate::diag::render::wrap;
use crate::learn::backtest::{Backtest, ScoreTest};
use crate::report::plain::{self, Side, harmless};
use crate::report::summary::Style;

/// The backtest as text.
#[must_use]
pub fn text(it: &Backtest, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&harmless(&format!("{}: {}", it.rules, tables::whole(it)))));
    let note = |out: &mut String, text: &str| {
        let text = harmless(text).into_owned();
        for line in wrap::fill(&text, style.width.clamp(40, 110) - 2).lines() {
            let _ = writeln!(out, "  {line}");
        }
    };
    for fact in tables::facts(it).iter().chain(&it.notes) {
        note(&mut out, fact);
    }
    for score in &it.scores {
        one(&mut out, score, style, &note);
    }
    if let Some(against) = &it.against {
        let _ = writeln!(out, "\n{}", style.heading(&harmless(&format!("Against {}", against.rules))));
        against.scores.iter().for_each(|s| note(&mut out, &tables::against(s, &against.rules)));
    }
    for (title, classes) in [("Labels", &it.labels), ("Stages", &it.stages)] {
        if let Some(shown) = tables::classes(title, classes, it.records) {
            table(&mut out, &shown, style);
            let known = classes.iter().filter(|c| c.value.is_some());
            known.for_each(|c| note(&mut out, &format!("{} {}", c.name, tables::promise(c, it.records))));
        }
    }
    for shown in tables::periods(it).iter().chain(&tables::segments(it)) {
        table(&mut out, shown, style);
    }
    if !it.gates.is_empty() {
        out.push('\n');
    }
    for gate in &it.gates {
        let holds = if gate.holds { "passed" } else { "failed" };
        let _ = writeln!(out, "{holds}: {}: {}", harmless(&gate.gate), harmless(&gate.found));
    }
    out
}

fn one(out: &mut String, it: &ScoreTest, style: Style, note: &impl Fn(&mut String, &str)) {
    let _ = writeln!(out, "\n{}", style.heading(&harmless(&format!("{}: {}", it.name, tables::headline(it)))));
    note(out, &tables::meaning(it));
    table(out, &tables::deciles(it), style);
    if let Some(shown) = tables::thresholds(it) {
        table(out, &shown, style);
    }
    it.capacity.iter().for_each(|c| note(out, &tables::capacity(c)));
}

fn table(out: &mut String, it: &Table, style: Style) {
    if it.rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", style.heading(&harmless(&it.title)));
    let sides: Vec<Side> = it.columns.iter().map(|(_, number)| if *number { Side::Right } else { Side::Left }).collect();
    let header = it.columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let rows = it.rows.iter().map(|row| row.iter().map(|cell| harmless(cell).into_owned()).collect());
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    out.push_str(&plain::table(&sides, &rows, 2, style.width.max(90), style.unicode));
}

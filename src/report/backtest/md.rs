//! A backtest as Markdown: for a pull request or a wiki. Foreign text is escaped.

use std::fmt::Write as _;

use super::tables::{self, Table};
use crate::learn::backtest::Backtest;
use crate::report::diff::escaped_md as escaped;

/// The backtest as Markdown.
#[must_use]
pub fn md(it: &Backtest) -> String {
    let mut out = format!("### Backtest of {}\n\n{}.\n\n", escaped(&it.rules), tables::whole(it));
    for gate in &it.gates {
        let sign = if gate.holds { "✅" } else { "❌" };
        let _ = writeln!(out, "{sign} `{}`: {}\n", gate.gate.replace('`', "'"), escaped(&gate.found));
    }
    for fact in tables::facts(it).iter().chain(&it.notes) {
        let _ = writeln!(out, "* {}", escaped(fact));
    }
    out.push('\n');
    for score in &it.scores {
        let _ = writeln!(out, "**{}**: {}. {}\n", escaped(&score.name), tables::headline(score), tables::meaning(score));
        table(&mut out, &tables::deciles(score));
        if let Some(shown) = tables::thresholds(score) {
            table(&mut out, &shown);
        }
        for capacity in &score.capacity {
            let _ = writeln!(out, "* {}", tables::capacity(capacity));
        }
    }
    if let Some(against) = &it.against {
        out.push('\n');
        for score in &against.scores {
            let _ = writeln!(out, "* {}", escaped(&tables::against(score, &against.rules)));
        }
        out.push('\n');
    }
    let classes = [tables::classes("Labels", &it.labels, it.records), tables::classes("Stages", &it.stages, it.records)];
    for shown in classes.iter().flatten().chain(&tables::periods(it)).chain(&tables::segments(it)) {
        table(&mut out, shown);
    }
    out
}

fn table(out: &mut String, it: &Table) {
    if it.rows.is_empty() {
        return;
    }
    let cells = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let _ = writeln!(out, "\n{}\n", escaped(&it.title));
    let _ = writeln!(out, "{}", cells(it.columns.iter().map(|(title, _)| (*title).to_owned()).collect()));
    let _ = writeln!(out, "{}", cells(it.columns.iter().map(|(_, n)| if *n { "---:" } else { "---" }.to_owned()).collect()));
    for row in &it.rows {
        let _ = writeln!(out, "{}", cells(row.iter().map(|cell| escaped(cell)).collect()));
    }
    out.push('\n');
}

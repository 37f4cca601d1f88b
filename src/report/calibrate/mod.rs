//! A calibration for people and programs.

use std::fmt::Write as _;

use super::diff::escaped_md as escaped;
use super::plain::{self, Side, harmless, number};
use super::summary::Style;
use crate::diag::render::wrap;
use crate::learn::calibrate::{AttributeTest, Calibration, ValueTest};

/// The calibration as one document for programs.
///
/// # Errors
/// None in practice: the document holds numbers and texts alone.
pub fn json(it: &Calibration) -> serde_json::Result<String> {
    serde_json::to_string_pretty(it).map(|text| text + "\n")
}

fn heading(it: &Calibration) -> String {
    format!(
        "{} records, of which {} ({:.1}%) converted by {}",
        number(it.records),
        number(it.converted),
        it.rate * 100.0,
        it.outcome
    )
}

fn quality(it: &Calibration) -> Option<String> {
    let quality = it.quality.as_ref()?;
    let (now, refitted) = (quality.auc_now?, quality.auc_refitted?);
    Some(format!(
        "AUC {now:.4} by the points as they are, {refitted:.4} by refitted points, measured on records left out of the fit."
    ))
}

/// The columns of the table; rules have two more.
fn columns(rules: bool) -> Vec<(&'static str, bool)> {
    let first = if rules { vec![("line", true), ("rule", false), ("points now", true)] } else { vec![("value", false)] };
    let rest = [
        ("records", true),
        ("converted", true),
        ("rate", true),
        ("95% interval", true),
        ("lift", true),
        ("WoE", true),
        ("alone", true),
        ("beside", true),
        ("q", true),
        ("notes", false),
    ];
    first.into_iter().chain(rest).collect()
}

fn row(it: &ValueTest, rules: bool) -> Vec<String> {
    let value = it.value.clone().unwrap_or_else(|| "unknown".to_owned());
    let some = |x: Option<f64>, shown: &dyn Fn(f64) -> String| x.map_or_else(String::new, shown);
    let interval = match (it.low, it.high) {
        (Some(low), Some(high)) => format!("{:.1}..{:.1}", low * 100.0, high * 100.0),
        (_, _) => String::new(),
    };
    let mut cells = Vec::new();
    if rules {
        cells.push(it.line.map_or_else(String::new, |line| line.to_string()));
        cells.push(value);
        cells.push(some(it.points_now, &plain::signed));
    } else {
        cells.push(value);
    }
    cells.extend([
        number(it.rows),
        number(it.converted),
        some(it.rate, &|r| format!("{:.1}%", r * 100.0)),
        interval,
        some(it.lift, &|l| format!("{l:.2}")),
        some(it.woe, &|w| format!("{w:.2}")),
        plain::signed(it.points_alone),
        some(it.points, &plain::signed),
        some(it.q, &|q| if q < 0.001 { "<0.001".to_owned() } else { format!("{q:.3}") }),
        it.notes.join(", "),
    ]);
    cells
}

fn is_rules(it: &Calibration) -> bool {
    it.attributes.iter().flat_map(|a| &a.values).any(|v| v.line.is_some())
}

/// The calibration for a terminal.
#[must_use]
pub fn text(it: &Calibration, style: Style) -> String {
    let rules = is_rules(it);
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&harmless(&heading(it))));
    let note = |out: &mut String, text: &str| {
        let text = harmless(text).into_owned();
        for line in wrap::fill(&text, style.width.clamp(40, 110) - 2).lines() {
            let _ = writeln!(out, "  {line}");
        }
    };
    quality(it).iter().chain(&it.notes).for_each(|n| note(&mut out, n));
    let columns = columns(rules);
    let sides: Vec<Side> = columns.iter().map(|(_, number)| if *number { Side::Right } else { Side::Left }).collect();
    for attribute in &it.attributes {
        let _ = writeln!(out, "\n{}", style.heading(&harmless(&format!("{}: IV {:.3}", attribute.name, attribute.iv))));
        attribute.notes.iter().for_each(|n| note(&mut out, n));
        let header = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
        let rows = attribute.values.iter().map(|v| row(v, rules).iter().map(|c| harmless(c).into_owned()).collect());
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
        out.push_str(&plain::table(&sides, &rows, 2, style.width.max(100), style.unicode));
    }
    out
}

/// The calibration as Markdown.
#[must_use]
pub fn md(it: &Calibration) -> String {
    let rules = is_rules(it);
    let mut out = format!("### {}\n\n", escaped(&heading(it)));
    for note in quality(it).iter().chain(&it.notes) {
        let _ = writeln!(out, "* {}", escaped(note));
    }
    it.attributes.iter().for_each(|a| one(&mut out, a, rules));
    out
}

fn one(out: &mut String, it: &AttributeTest, rules: bool) {
    let columns = columns(rules);
    let cells = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let _ = writeln!(out, "\n**{}**: IV {:.3}\n", escaped(&it.name), it.iv);
    for note in &it.notes {
        let _ = writeln!(out, "* {}\n", escaped(note));
    }
    let _ = writeln!(out, "{}", cells(columns.iter().map(|(title, _)| (*title).to_owned()).collect()));
    let _ = writeln!(out, "{}", cells(columns.iter().map(|(_, n)| if *n { "---:" } else { "---" }.to_owned()).collect()));
    for value in &it.values {
        let _ = writeln!(out, "{}", cells(row(value, rules).iter().map(|c| escaped(c)).collect()));
    }
}

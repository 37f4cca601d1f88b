//! Data errors for people.

use std::fmt::Write as _;

use super::plain::Style;
use super::plain::{count, harmless, of};
use crate::input::{ColumnErrors, DataReport, DuplicateKey, Fault, Sample};

/// So many samples of one kind are shown.
const SHOWN: usize = 3;

/// What is wrong with the data, with samples and cures; nothing where nothing is wrong.
#[must_use]
pub fn text(report: &DataReport, style: Style) -> String {
    let mut out = String::new();
    for event in report.events.iter().filter(|event| event.repeated > 0) {
        let (n, was) = (event.repeated, if event.repeated == 1 { "was" } else { "were" });
        let what = of(n, "repeated event", "repeated events");
        let _ = writeln!(out, "\n{}: {what} {was} left out: another event of the record has the same key", event.event);
    }
    for event in report.events.iter().filter(|event| event.equal > 0) {
        let n = of(event.equal, "event", "events");
        let verb = if event.equal == 1 { "equals another" } else { "equal others" };
        let _ = writeln!(out, "\n{}: {n} {verb} of the same record in every field (equal events count separately)", event.event);
    }
    for note in &report.notes {
        let _ = writeln!(out, "\n{}", harmless(note));
    }
    // A list of the rules' own names few records; rows that come with the data should be there.
    for related in report.related.iter().filter(|related| related.lost > 0 && !related.of_rules) {
        let (found, lost) = (of(related.found, "record has", "records have"), of(related.lost, "names", "name"));
        let _ = writeln!(out, "\n{}: {found} a row, {lost} a row that is not there", related.related);
    }
    let total = report.errors();
    if total == 0 {
        return out;
    }
    let errors = of(total, "data error", "data errors");
    // Events of a file of their own are in no row.
    for column in report.columns.iter().filter(|column| column.total) {
        let _ = writeln!(out, "\n{}", style.heading(&headline(column)));
    }
    let title = if report.bad_rows == 0 { errors } else { format!("{errors} in {}", of(report.bad_rows, "row", "rows")) };
    let _ = writeln!(out, "\n{}", style.heading(&title));
    for column in &report.columns {
        let place = column.event.as_ref().map_or_else(|| column.property.clone(), |e| format!("{e}.{}", column.property));
        let _ = writeln!(out, "  {place}: {}", told(column));
        for cure in &column.cures {
            let _ = writeln!(out, "    {}", harmless(cure));
        }
    }
    keys(&mut out, report);
    let lines = report.ragged + report.broken;
    if lines > 0 {
        let _ = writeln!(out, "  {} not shaped like the header or unreadable", of(lines, "line", "lines"));
        for line in report.bad_lines.iter().take(SHOWN) {
            let _ = writeln!(out, "    {}:{}: {}", harmless(&line.file), line.line, harmless(&line.message));
        }
    }
    events(&mut out, report);
    related(&mut out, report);
    out
}

/// What is to be said first of a column no cell of which could be read.
fn headline(column: &ColumnErrors) -> String {
    let name = column.event.as_ref().map_or_else(|| column.property.clone(), |e| format!("{e}.{}", column.property));
    let cells = of(column.count, "cell", "cells");
    format!("No value of `{name}` could be read ({cells} of the column \"{}\")", harmless(&column.column))
}

/// A colon and samples, where there are any.
fn with_samples(samples: &str) -> String {
    if samples.is_empty() { String::new() } else { format!(": {samples}") }
}

/// `12 not a whole number: "1,5" (row 3)`
fn told(column: &ColumnErrors) -> String {
    let samples = || -> String {
        let some = column.samples.iter().take(SHOWN);
        let row = |s: &Sample| match s.count {
            0 | 1 => format!("\"{}\" (row {})", harmless(&s.value), count(s.row)),
            n => format!("\"{}\" ({} times, first in row {})", harmless(&s.value), count(n), count(s.row)),
        };
        some.map(row).collect::<Vec<_>>().join(", ")
    };
    let rows = || rows(column.samples.iter().map(|s| s.row));
    let n = count(column.count);
    match column.fault {
        Fault::Unreadable => format!("{n} not {}{}", column.expected, with_samples(&samples())),
        Fault::Shortened => format!("{n} in scientific notation, which is not a key: {}", samples()),
        Fault::NotFinite => format!("{n} not finite: {}", samples()),
        Fault::Unlisted => format!("{n} not listed in the schema: {}", samples()),
        Fault::Required => format!("{n} empty, and required: {}", rows()),
        Fault::NoKey => format!("{n} without a key: {}", rows()),
        Fault::DuplicateKey => format!("{n} whose key occurred before: {}", samples()),
        Fault::Several => format!("{n} with several companies, where one is meant: {}", samples()),
        Fault::Ragged => format!("{n} of another length than the header: {}", rows()),
    }
}

/// `row 3`, `rows 3, 7, 12`
fn rows(numbers: impl Iterator<Item = u64>) -> String {
    let shown: Vec<String> = numbers.take(SHOWN).map(count).collect();
    format!("{} {}", if shown.len() == 1 { "row" } else { "rows" }, shown.join(", "))
}

fn keys(out: &mut String, report: &DataReport) {
    let keys = &report.keys;
    if keys.duplicates > 0 {
        let records = of(keys.duplicates, "record", "records");
        let samples = with_samples(&twice(&keys.duplicate_samples));
        let _ = writeln!(out, "  {records} whose key occurred before{samples}");
    }
    if keys.unknown > 0 {
        let rows = if keys.unknown_rows.is_empty() { String::new() } else { rows(keys.unknown_rows.iter().copied()) };
        let _ = writeln!(out, "  {} without a key{}", of(keys.unknown, "record", "records"), with_samples(&rows));
    }
}

/// `"acme.com" (rows 3 and 7)`
fn twice(samples: &[DuplicateKey]) -> String {
    let told = |d: &DuplicateKey| format!("\"{}\" (rows {} and {})", harmless(&d.key), count(d.first_row), count(d.row));
    samples.iter().take(SHOWN).map(told).collect::<Vec<_>>().join(", ")
}

fn related(out: &mut String, report: &DataReport) {
    for related in report.related.iter().filter(|related| related.duplicates > 0) {
        let rows = of(related.duplicates, "row", "rows");
        let samples = with_samples(&twice(&related.duplicate_samples));
        let _ = writeln!(out, "  {}: {rows} whose key occurred before, so no row has it{samples}", related.related);
    }
}

fn events(out: &mut String, report: &DataReport) {
    for event in &report.events {
        if event.without_record > 0 {
            let samples: Vec<String> =
                event.without_record_samples.iter().take(SHOWN).map(|s| format!("\"{}\"", harmless(s))).collect();
            let _ = writeln!(
                out,
                "  {}: {} of {} belong to no record: {}",
                event.event,
                count(event.without_record),
                of(event.read, "event", "events"),
                samples.join(", ")
            );
        }
        if event.without_time > 0 {
            let _ = writeln!(out, "  {}: {} without a point in time", event.event, of(event.without_time, "event", "events"));
        }
    }
}

//! The tables as Markdown, HTML and CSV.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Row, Section, Sheet};
use crate::report::html::escaped;

/// What a column shows of a row.
pub(super) type Field = fn(&Row) -> Cow<'_, str>;

/// The columns that a section fills, with their titles.
pub(super) fn columns(section: &Section) -> Vec<(&'static str, Field)> {
    let mut columns: Vec<(&'static str, Field)> = Vec::new();
    let filled = |of: Field| section.rows.iter().any(|row| !of(row).is_empty());
    if filled(|r| Cow::Borrowed(&r.group)) {
        columns.push(("Group", |r| Cow::Borrowed(&r.group)));
    }
    let names = section.rows.iter().all(|row| matches!(row.kind, "definition" | "list" | "param" | "column" | "related"));
    columns.push((if names { "Name" } else { "When" }, |r| Cow::Borrowed(&r.when)));
    columns.push((section.gives, points));
    if filled(|r| Cow::Borrowed(&r.because)) {
        columns.push((if names { "Note" } else { "Because" }, |r| Cow::Borrowed(&r.because)));
    }
    columns.push(("Line", |r| Cow::Borrowed(&r.line)));
    columns
}

/// Points with their terms: `+5 each, at most 20`.
pub(super) fn points(row: &Row) -> Cow<'_, str> {
    match row.terms.as_str() {
        "" => Cow::Borrowed(&row.gives),
        terms if terms.starts_with("each") => Cow::Owned(format!("{} {terms}", row.gives)),
        terms => Cow::Owned(format!("{}, {terms}", row.gives)),
    }
}

#[must_use]
pub fn markdown(sheet: &Sheet) -> String {
    let mut out = format!("# {}\n", markdown_text(&sheet.title));
    for section in &sheet.sections {
        let _ = writeln!(out, "\n## {}", markdown_text(&section.heading));
        for sentence in &section.sentences {
            let _ = writeln!(out, "\n{}", markdown_text(sentence));
        }
        if section.rows.is_empty() {
            continue;
        }
        let columns = columns(section);
        let titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
        let _ = writeln!(out, "\n| {} |\n|{}", titles.join(" | "), " --- |".repeat(titles.len()));
        for row in &section.rows {
            let cells: Vec<String> = columns.iter().map(|(_, of)| markdown_text(&of(row))).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}

/// Text that Markdown takes for text.
fn markdown_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            hidden if hidden.is_control() => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}

const PAGE_STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
td.line{opacity:.6;white-space:nowrap}
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}";

#[must_use]
pub fn html(sheet: &Sheet) -> String {
    let title = escaped(&sheet.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{PAGE_STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for section in &sheet.sections {
        let _ = writeln!(out, "<h2>{}</h2>", escaped(&section.heading));
        for sentence in &section.sentences {
            let _ = writeln!(out, "<p>{}</p>", escaped(sentence));
        }
        if section.rows.is_empty() {
            continue;
        }
        let columns = columns(section);
        out.push_str("<table>\n<thead><tr>");
        for (title, _) in &columns {
            let _ = write!(out, "<th scope=\"col\">{title}</th>");
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &section.rows {
            out.push_str("<tr>");
            for (title, of) in &columns {
                let class = if *title == "Line" { " class=\"line\"" } else { "" };
                let _ = write!(out, "<td{class}>{}</td>", escaped(&of(row)));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

#[must_use]
pub fn csv(sheet: &Sheet) -> String {
    let mut out = String::from("kind,name,group,when,gives,terms,because,line\n");
    for row in sheet.sections.iter().flat_map(|s| &s.rows) {
        let cells = [row.kind, &row.of, &row.group, &row.when, &row.gives, &row.terms, &row.because, &row.line];
        let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
        let _ = writeln!(out, "{}", cells.join(","));
    }
    out
}

/// A cell; one that a spreadsheet would take for a formula gets an apostrophe in front, points excepted.
fn csv_cell(cell: &str) -> String {
    let number = cell.starts_with(['+', '-']) && cell.get(1..).is_some_and(|rest| rest.parse::<f64>().is_ok());
    let guarded = if cell.starts_with(['=', '+', '-', '@', '\t']) && !number { format!("'{cell}") } else { cell.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

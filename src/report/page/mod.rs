//! A run as one self-contained page, for people who look rather than read (`--report FILE.html`).
//!
//! Its pictures are inline SVG, and every one has its figures as a table behind it. The only script searches and sorts the records;
//! without it the page still says everything.

mod accounts;
mod changes;
pub(in crate::report) mod draw;
mod excerpt;
pub(in crate::report) mod flow;
mod quality;
mod records;
mod rows;
mod rules;
mod scores;
mod stages;

use std::fmt::Write as _;

pub use rows::{Row, SHIPPED, Shipper, Top};

use super::html::{Frame, escaped};
use super::plain::{count, of, share};
use super::summary::Summary;
use super::tally::Tally;
use crate::hir::Model;
use crate::source::Sources;

/// What pages with pictures look like.
pub(in crate::report) const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the browser compares [`SCRIPT`] with before it runs it (`Content-Security-Policy`), so that no other script runs.
const SCRIPT_HASH: &str = include_str!("page.js.sha256");

/// All that the page shows.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its sources.
    pub sources: &'a Sources,
    /// What was counted.
    pub tally: &'a Tally,
    /// The same in words.
    pub summary: &'a Summary,
    /// How the records were made.
    pub shipper: &'a Shipper,
    /// The records.
    pub top: &'a Top,
}

/// The page.
#[must_use]
pub fn html(facts: &Facts<'_>) -> String {
    let mut sections: Vec<Section> = Vec::new();
    scores::sections(&mut sections, facts);
    stages::sections(&mut sections, facts);
    accounts::sections(&mut sections, facts);
    changes::sections(&mut sections, facts);
    records::sections(&mut sections, facts);
    rules::sections(&mut sections, facts);
    excerpt::sections(&mut sections, facts);
    quality::sections(&mut sections, facts);
    let mut body = String::new();
    head(&mut body, facts, &sections);
    for section in &sections {
        let _ = writeln!(
            body,
            "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>",
            section.id, section.title, section.body
        );
    }
    let title = format!("Scores of {}", data(&facts.summary.data));
    super::html::framed(&Frame { title: &title, style: STYLE, script: Some((SCRIPT, SCRIPT_HASH.trim())) }, &body)
}

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    body: String,
}

/// The files by name; their paths stand at the end of the page.
fn data(files: &[String]) -> String {
    let name = |file: &String| std::path::Path::new(file).file_name().map_or(file.clone(), |n| n.to_string_lossy().into_owned());
    match files {
        [first, _, _, _, ..] => format!("{} and {} more files", name(first), files.len() - 1),
        few => few.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

fn head(out: &mut String, facts: &Facts<'_>, sections: &[Section]) {
    let summary = facts.summary;
    let _ = writeln!(out, "<header>\n<h1>Scores of {}</h1>", escaped(&data(&summary.data)));
    let _ = writeln!(out, "<p>As of <strong>{}</strong></p>", escaped(&summary.as_of_words));
    if summary.as_of_past {
        out.push_str("<p>Events and the clock are as of that moment; properties are as they are in the data now.</p>\n");
    }
    tiles(out, summary);
    out.push_str("<nav aria-label=\"Sections\"><ul>");
    for section in sections {
        let _ = write!(out, "<li><a href=\"#{}\">{}</a></li>", section.id, section.title);
    }
    out.push_str("</ul></nav>\n</header>\n");
}

fn tiles(out: &mut String, summary: &Summary) {
    let records = &summary.records;
    let mut tiles = vec![
        (count(records.read), "records read".to_owned()),
        (count(records.scored), format!("scored, {}", share(records.scored, records.read))),
    ];
    if !summary.exclusions.is_empty() {
        tiles.push((count(records.excluded), format!("excluded, {}", share(records.excluded, records.read))));
    }
    for lifecycle in &summary.lifecycles {
        let name = escaped(&lifecycle.name);
        tiles.push((count(lifecycle.moves.forward), format!("move forward in {name}")));
        if lifecycle.moves.backward > 0 {
            tiles.push((count(lifecycle.moves.backward), format!("move backward in {name}")));
        }
    }
    tiles.push((count(summary.errors.bad_rows), "rows with data errors".to_owned()));
    let silent = summary.rules_fired.iter().filter(|rule| rule.hits == 0).count() as u64;
    tiles.push((count(silent), format!("of {} did not fire", of(summary.rules_fired.len() as u64, "rule", "rules"))));
    out.push_str("<dl class=\"tiles\">\n");
    for (value, name) in tiles {
        let value = if value.is_empty() { "0".to_owned() } else { value };
        let _ = writeln!(out, "<div><dd>{value}</dd><dt>{}</dt></div>", name.trim_end_matches(", "));
    }
    out.push_str("</dl>\n");
}

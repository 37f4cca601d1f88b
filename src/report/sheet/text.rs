//! The tables as text for a terminal.

use std::fmt::Write as _;

use comfy_table::{Attribute, Cell, ContentArrangement, LineStyle, Table, presets};

use super::write::{columns, points};
use super::{Row, Sheet};
use crate::diag::render::wrap;
use crate::invariant::fits;

/// Below this width tables are no help; each row becomes a few lines.
const NARROW: usize = 60;

/// A row as lines, for a narrow terminal.
fn lines(row: &Row, width: usize) -> String {
    let mut text = format!("- {}: {}", row.when, points(row));
    for more in [&row.group, &row.because, &row.line].into_iter().filter(|more| !more.is_empty()) {
        let _ = write!(text, "\n    {more}");
    }
    wrap::fill(&text, width)
}

/// The tables for a terminal of this width.
#[must_use]
pub fn text(sheet: &Sheet, width: usize, unicode: bool, color: bool) -> String {
    let (on, off) = if color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let mut out = format!("{on}{}{off}\n", sheet.title);
    for section in &sheet.sections {
        let _ = writeln!(out, "\n{on}{}{off}", section.heading);
        for sentence in &section.sentences {
            let _ = writeln!(out, "{}", wrap::fill(sentence, width));
        }
        if section.rows.is_empty() {
            continue;
        }
        if width < NARROW {
            section.rows.iter().for_each(|row| {
                let _ = writeln!(out, "{}", lines(row, width));
            });
            continue;
        }
        let columns = columns(section);
        let mut table = Table::new();
        let rule = if unicode { '─' } else { '-' };
        table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill(rule).junction(rule)));
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(fits(width.min(u16::MAX.into())));
        table.set_header(columns.iter().map(|(title, _)| {
            let cell = Cell::new(title);
            if color { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        if color {
            table.enforce_styling();
        }
        for row in &section.rows {
            table.add_row(columns.iter().map(|(_, of)| Cell::new(of(row))));
        }
        for line in table.to_string().lines() {
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

//! The records with their reasons, to be searched and sorted.

use std::fmt::Write as _;

use super::rows::{Row, SHIPPED};
use super::{Facts, Section};
use crate::column::ExtraKind;
use crate::report::html::escaped;
use crate::report::layout::{Cell, Column};
use crate::report::order::By;
use crate::report::plain::{count, of, signed};

/// So many entries of an account are seen before it is opened.
const SEEN: usize = 3;

/// So many records are printed; the style says the same.
const PRINTED: usize = 50;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let rows = facts.top.rows();
    if rows.is_empty() {
        return;
    }
    let columns = &facts.shipper.layout().columns;
    let mut body = String::new();
    let _ = writeln!(body, "<p id=\"shipped\">{}</p>", shipped(facts));
    body.push_str(
        "<form role=\"search\" id=\"search\" hidden><label for=\"words\">Search these records</label> \
         <input type=\"search\" id=\"words\" autocomplete=\"off\"> <output id=\"found\" for=\"words\" aria-live=\"polite\"></output></form>\n\
         <div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Records\">\n<table id=\"records\" aria-describedby=\"shipped\">\
         <caption>Records with their reasons</caption>\n<thead><tr>",
    );
    let place = columns.iter().rposition(|c| matches!(c.cell, Cell::Score(_))).unwrap_or_default();
    for (at, column) in columns.iter().enumerate() {
        let _ = write!(body, "<th scope=\"col\"{}>{}</th>", class(column.cell), escaped(&column.name));
        if at == place {
            body.push_str("<th scope=\"col\" class=\"why\">reasons</th>");
        }
    }
    body.push_str("</tr></thead>\n<tbody>\n");
    rows.iter().for_each(|row| record(&mut body, columns, place, row));
    body.push_str("</tbody></table></div>\n");
    if rows.len() > PRINTED {
        let _ = writeln!(body, "<p class=\"printed\">The print shows the first {PRINTED}.</p>");
    }
    into.push(Section { id: "top", title: "Top records", body });
}

/// Which of how many records the page has.
fn shipped(facts: &Facts<'_>) -> String {
    let left_out = facts.top.left_out;
    let (shown, written) = (facts.top.rows().len() as u64, facts.summary.records.written.saturating_sub(left_out));
    let columns = &facts.shipper.layout().columns;
    let extra = |at| columns.iter().find(|c| matches!(c.cell, Cell::Extra(n, _) if n == at)).map(|c| &c.name);
    let order = match facts.shipper.by() {
        Some(By::Score(at)) => facts.model.scores.get(at).map(|s| format!("by {}, the greatest first", escaped(&s.name))),
        Some(By::Extra(at)) => extra(at).map(|name| format!("by {}", escaped(name))),
        None => None,
    };
    let order = order.unwrap_or_else(|| "in the order of the data".to_owned());
    let without = match left_out {
        0 => String::new(),
        n => format!(
            " {} left out; --report-all lists them too.",
            of(n, "excluded or held record is", "excluded or held records are")
        ),
    };
    if shown < written {
        format!(
            "The first {} of {} records, {order}. A page holds at most {SHIPPED}; the others are in the output of the run, and search and \
             sorting here do not reach them.{without}",
            count(shown),
            count(written)
        )
    } else {
        format!("{}, {order}.{without}", of(shown, "record", "records"))
    }
}

const fn class(cell: Cell) -> &'static str {
    match cell {
        Cell::Row | Cell::Score(_) => " class=\"n\"",
        Cell::Extra(_, ExtraKind::Points | ExtraKind::Count) => " class=\"n extra\"",
        Cell::Extra(_, ExtraKind::Text | ExtraKind::Date) => " class=\"extra\"",
        Cell::Key(_)
        | Cell::Label(_)
        | Cell::Stage(_)
        | Cell::Before(_)
        | Cell::Move(_)
        | Cell::StageReason(_)
        | Cell::Excluded
        | Cell::Carried(_)
        | Cell::Reasons => "",
    }
}

/// A row; the reasons stand behind the column numbered `place`.
fn record(out: &mut String, columns: &[Column], place: usize, row: &Row) {
    out.push_str("<tr>");
    for (at, (column, text)) in columns.iter().zip(&row.cells).enumerate() {
        let _ = if at == 0 {
            write!(out, "<th scope=\"row\">{}</th>", escaped(text))
        } else {
            write!(out, "<td{}>{}</td>", class(column.cell), escaped(text))
        };
        if at == place {
            out.push_str("<td class=\"why\">");
            reasons(out, row);
            out.push_str("</td>");
        }
    }
    out.push_str("</tr>\n");
}

fn points(hundredths: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "points stay below 2^53 hundredths")]
    signed(hundredths as f64 / 100.0)
}

fn reasons(out: &mut String, row: &Row) {
    if row.entries.is_empty() {
        return;
    }
    let first: Vec<String> =
        row.entries.iter().take(SEEN).map(|e| format!("<b>{}</b> {}", points(e.points), escaped(&e.words))).collect();
    let hidden = row.entries.len().saturating_sub(SEEN) + row.further;
    let more = if hidden > 0 { format!(" <small>and {hidden} more</small>") } else { String::new() };
    let _ = write!(out, "<details><summary>{}{more}</summary><ul>", first.join("; "));
    for entry in &row.entries {
        let _ = write!(out, "<li><b>{}</b> {}, {}</li>", points(entry.points), escaped(&entry.score), escaped(&entry.words));
    }
    if row.further > 0 {
        let _ = write!(out, "<li>and {} smaller</li>", row.further);
    }
    out.push_str("</ul></details>");
}

//! Who was left out, what could not be read, and which version of what the page is about.

use std::fmt::Write as _;

use super::draw::{share_bar, table};
use super::{Facts, Section};
use crate::input::{ColumnErrors, DataReport};
use crate::report::html::escaped;
use crate::report::plain::{count, of, share};
use crate::report::summary::{Summary, UnnamedValue};

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let summary = facts.summary;
    if !summary.exclusions.is_empty() {
        let rows: Vec<Vec<String>> = summary
            .exclusions
            .iter()
            .map(|e| {
                let reason = e.reason.as_ref().map_or_else(String::new, |r| format!("<small>{}</small>", escaped(r)));
                vec![
                    e.line.to_string(),
                    format!("<code>{}</code>{reason}", escaped(&e.rule)),
                    share_bar(e.records, summary.records.read, "minus"),
                    count(e.records),
                    share(e.records, summary.records.read),
                ]
            })
            .collect();
        let columns = [("line", true), ("rule", false), ("", false), ("records", true), ("share", true)];
        let mut body = table("Excluded, by the first exclusion that applies", &columns, &rows);
        body.push_str("<p>Excluded records have no score and no label.</p>\n");
        into.push(Section { id: "excluded", title: "Excluded", body });
    }
    into.push(Section { id: "data", title: "The data", body: data(summary) });
    if !summary.unnamed_values.is_empty() {
        let row = |v: &UnnamedValue| {
            let note = if v.listed { "" } else { "not in the schema" };
            vec![escaped(&v.property).into_owned(), escaped(&v.value).into_owned(), count(v.records), note.to_owned()]
        };
        let rows: Vec<Vec<String>> = summary.unnamed_values.iter().map(row).collect();
        let columns = [("property", false), ("value", false), ("records", true), ("", false)];
        let body = table("Frequent values that no rule uses, with the number of records", &columns, &rows);
        into.push(Section { id: "unnamed", title: "Frequent values that no rule uses", body });
    }
    into.push(Section { id: "about", title: "About this page", body: about(facts) });
}

fn data(summary: &Summary) -> String {
    let errors: &DataReport = &summary.errors;
    let mut out = String::new();
    if errors.errors() == 0 {
        out.push_str("<p>Every cell could be read.</p>\n");
    } else {
        let _ = writeln!(
            out,
            "<p>{} of {} have data errors. A cell that cannot be read counts as unknown.</p>",
            of(errors.bad_rows, "row", "rows"),
            count(errors.rows)
        );
    }
    if !summary.missing.is_empty() {
        let missing: Vec<String> = summary.missing.iter().map(|m| format!("<code>{}</code>", escaped(m))).collect();
        let _ = writeln!(out, "<p>Missing from the data (allowed): {}.</p>", missing.join(", "));
    }
    if !errors.columns.is_empty() {
        let rows: Vec<Vec<String>> = errors.columns.iter().map(column).collect();
        let columns = [("column", false), ("what is wrong", false), ("cells", true), ("such as", false)];
        out.push_str(&table("Cells that could not be read", &columns, &rows));
    }
    let keys = &errors.keys;
    let sentences = [
        (keys.unknown, "record has no key", "records have no key"),
        (keys.duplicates, "record has a duplicate key", "records have duplicate keys"),
        (errors.ragged, "row has more or fewer cells than the header", "rows have more or fewer cells than the header"),
        (errors.broken, "line is not a record", "lines are not records"),
    ];
    let mut items: Vec<String> = sentences.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| of(n, one, many)).collect();
    items.extend(keys.duplicate_samples.iter().map(|d| {
        format!("key <code>{}</code> in row {} and again in row {}", escaped(&d.key), count(d.first_row), count(d.row))
    }));
    items.extend(errors.bad_lines.iter().map(|l| format!("{}:{}: {}", escaped(&l.file), l.line, escaped(&l.message))));
    for event in &errors.events {
        let mut words = format!("<code>{}</code>: {}", escaped(&event.event), of(event.read, "event", "events"));
        if event.without_record > 0 {
            let _ = write!(words, ", {} without a record", count(event.without_record));
        }
        if event.without_time > 0 {
            let _ = write!(words, ", {} without a time", count(event.without_time));
        }
        if event.repeated > 0 {
            let _ = write!(words, ", {} left out as repeated", count(event.repeated));
        }
        items.push(words);
    }
    if !items.is_empty() {
        out.push_str("<ul>\n");
        items.iter().for_each(|item| {
            let _ = writeln!(out, "<li>{item}</li>");
        });
        out.push_str("</ul>\n");
    }
    out
}

fn column(it: &ColumnErrors) -> Vec<String> {
    let event = it.event.as_ref().map_or_else(String::new, |e| format!("{} of ", escaped(e)));
    let cure: String = it.cures.iter().map(|c| format!("<small>{}</small>", escaped(c))).collect();
    let samples: Vec<String> =
        it.samples.iter().take(3).map(|s| format!("<code>{}</code> in row {}", escaped(&s.value), count(s.row))).collect();
    vec![
        format!("{event}<code>{}</code><small>{}</small>", escaped(&it.property), escaped(&it.column)),
        format!("not {}{cure}", escaped(&it.expected)),
        count(it.count),
        samples.join(", "),
    ]
}

fn about(facts: &Facts<'_>) -> String {
    let summary = facts.summary;
    let mut out = String::from("<dl class=\"facts\">\n");
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{value}</dd>");
    };
    fact("Rules", &format!("<code>{}</code>", escaped(&summary.rules)));
    let data: Vec<String> = summary.data.iter().map(|d| format!("<code>{}</code>", escaped(d))).collect();
    fact("Data", &format!("{}, {}", data.join(", "), of(summary.records.read, "record", "records")));
    fact("As of", &format!("{} (<code>{}</code>)", escaped(&summary.as_of_words), escaped(&summary.as_of)));
    if !summary.params.is_empty() {
        let row = |p: &crate::report::summary::Param| format!("<code>{} = {}</code>", escaped(&p.name), escaped(&p.value));
        fact("Params", &summary.params.iter().map(row).collect::<Vec<_>>().join(", "));
    }
    fact("Created by", concat!("lsrc ", env!("CARGO_PKG_VERSION")));
    out.push_str("</dl>\n");
    let rows: Vec<Vec<String>> = facts
        .sources
        .iter()
        .map(|(_, file)| {
            let lines = count(file.line_count() as u64);
            vec![
                escaped(file.name()).into_owned(),
                lines,
                format!("<code>{:08x}</code>", crc32fast::hash(file.text().as_bytes())),
            ]
        })
        .collect();
    out.push_str(&table("Files of the rules", &[("file", false), ("lines", true), ("CRC-32", false)], &rows));
    out
}

//! A table of criteria, as people keep it in a spreadsheet: criterion, value, points.
//!
//! The rows of one criterion are one item: a `band` where every value is a range of numbers, else a `match` of texts.

use std::collections::BTreeMap;

use super::draft::Imported;
use super::points::Hundredths;
use crate::input::infer::naming::{Names, quoted};

/// A row of the table: the line of the file, counted from 1 with the header, and its cells.
#[derive(Debug, Clone)]
pub(crate) struct Criterion {
    pub(crate) line: usize,
    pub(crate) criterion: String,
    pub(crate) value: String,
    pub(crate) points: String,
}

/// A value of a criterion.
enum Cell {
    /// A range of the language.
    Range(String),
    /// Any value at all.
    Any,
    Text(String),
}

/// Writes a table of criteria as rules for one score.
pub(crate) fn import(name: &str, rows: &[Criterion]) -> Imported {
    let mut order: Vec<&str> = Vec::new();
    let mut groups: BTreeMap<&str, Vec<(&Criterion, Hundredths)>> = BTreeMap::new();
    let mut left: Vec<(String, String)> = Vec::new();
    for row in rows {
        if row.criterion.is_empty() {
            left.push((format!("line {}", row.line), "its criterion is empty".to_owned()));
            continue;
        }
        match points(&row.points) {
            Err(reason) => left.push((format!("line {}", row.line), reason)),
            Ok(points) => {
                let group = groups.entry(&row.criterion).or_default();
                if group.is_empty() {
                    order.push(&row.criterion);
                }
                group.push((row, points));
            }
        }
    }
    let mut names = Names::new(order.iter().copied().chain(["record_id", "lead"]));
    let (mut schema, mut items) = (String::new(), String::new());
    for criterion in order {
        let property = names.property(criterion);
        let from = if property == criterion { String::new() } else { format!(" from {}", quoted(criterion)) };
        let group = groups.get(criterion).map_or(&[][..], Vec::as_slice);
        let cells: Vec<Cell> = group.iter().map(|(row, _)| cell(&row.value)).collect();
        let numbers = cells.iter().any(|c| matches!(c, Cell::Range(_))) && cells.iter().all(|c| !matches!(c, Cell::Text(_)));
        schema.push_str(&format!("  {property}: {}{from}\n", if numbers { "number" } else { "text" }));
        items.push_str(&format!("  {} {property} {{\n", if numbers { "band" } else { "match" }));
        let mut otherwise = String::from("    else: 0\n");
        for ((row, points), cell) in group.iter().zip(cells) {
            let value = match cell {
                Cell::Any => {
                    otherwise = format!("    else: {} # line {}\n", points.signed(), row.line);
                    continue;
                }
                Cell::Range(range) if numbers => range,
                Cell::Range(_) => quoted(&row.value),
                Cell::Text(text) => quoted(&text),
            };
            items.push_str(&format!("    {value}: {} # line {}\n", points.signed(), row.line));
        }
        items.push_str(&otherwise);
        items.push_str("    unknown: 0\n  }\n");
    }
    let imported = groups.values().map(Vec::len).sum();
    let mut rules =
        format!("lsr 1\n\n# Imported from the table {name}.\n\nschema contact {{\n  key record_id: integer from \"Record ID\"\n");
    rules.push_str(&schema);
    rules.push_str("}\n\nscore lead {\n");
    rules.push_str(&items);
    for (place, reason) in &left {
        rules.push_str(&format!("  # NOT IMPORTED: {place}: {reason}\n"));
    }
    rules.push_str("}\n");
    Imported { rules, imported, off: 0, review: 0, left }
}

/// `+20`, `-5`, `10 points`: the points of a row.
fn points(text: &str) -> Result<Hundredths, String> {
    let number = text.trim().trim_start_matches('+').trim_end_matches(|c: char| c.is_alphabetic() || c == '.').trim();
    let number = number.replace('\u{2212}', "-");
    let value: Option<serde_json::Value> = serde_json::from_str(&number).ok();
    value.map_or_else(|| Err(format!("its points are {}, which is not a number", quoted(text))), |v| Hundredths::read(&v))
}

fn cell(value: &str) -> Cell {
    let text = value.trim();
    let number = |text: &str| {
        let text = text.trim().replace(['\u{a0}', '\u{202f}', ' ', ','], "");
        (text.parse::<f64>().is_ok() && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-')).then_some(text)
    };
    if text.is_empty() || matches!(text.to_lowercase().as_str(), "any" | "*" | "known" | "is known") {
        return Cell::Any;
    }
    let after = |mark: &str| text.strip_prefix(mark).and_then(number);
    let range = after(">=")
        .map(|n| format!("{n}.."))
        .or_else(|| after("<=").map(|n| format!("..{n}")))
        .or_else(|| after("<").map(|n| format!("..<{n}")))
        .or_else(|| text.strip_suffix('+').and_then(number).map(|n| format!("{n}..")))
        .or_else(|| {
            let (low, high) = ["..", " to ", "\u{2013}", "-"].iter().find_map(|dash| text.split_once(dash))?;
            Some(format!("{}..{}", number(low)?, number(high)?))
        })
        .or_else(|| number(text));
    range.map_or_else(|| Cell::Text(text.to_owned()), Cell::Range)
}

//! A history as rows.

use std::io::{self, Write};

use crate::store::Change;
use crate::time::{civil, moment_text};

const COLUMNS: [&str; 10] = ["day", "key", "kind", "what", "before", "after", "cause", "why", "as_of", "revision"];

pub(super) fn header(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))
}

pub(super) fn change(out: &mut dyn Write, it: &Change) -> io::Result<()> {
    let (day, as_of) = (civil(it.as_of.day).map(|day| day.to_string()), moment_text(it.as_of.micros));
    let cells: [Option<&str>; 10] = [
        day.as_deref(),
        Some(&it.key),
        Some(it.kind.name()),
        Some(&it.what),
        it.before.as_deref(),
        it.after.as_deref(),
        Some(it.cause.name()),
        Some(&it.why),
        Some(&as_of),
        Some(&it.revision),
    ];
    let cells = cells.map(|cell| cell.map_or_else(String::new, quoted));
    writeln!(out, "{}", cells.join(","))
}

fn quoted(text: &str) -> String {
    let plain = !text.contains([',', '"', '\n', '\r']) && !text.starts_with(' ') && !text.ends_with(' ');
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

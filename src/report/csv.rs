//! CSV: comma, quotes where they are needed, `\n` at the end of a line.
//!
//! A text that comes from the data (the key and the `--select` columns) and that a spreadsheet would run as a formula gets an
//! apostrophe in front: one that starts with `=`, `@`, a tab or a return, or with `+` or `-` when more follows than digits, spaces
//! and the signs of numbers. Numbers and telephone numbers stay as they are.

use std::sync::Arc;

use super::cells::{self, Datum, datum};
use super::layout::{Accounts, Cell, Layout, Party, Texts};
use crate::column::{Batch, ExtraKind};
use crate::text::runs_as_formula;
use crate::vm::scores::{Origin, Reason, Scores};

/// Writes rows of a layout as CSV.
#[derive(Debug)]
pub struct Csv {
    cells: Vec<Cell>,
    header: Vec<u8>,
    texts: Texts<Vec<u8>>,
    options: Vec<Vec<u8>>,
    accounts: Accounts,
    /// What stands behind the points of an entry, as [`Accounts`] has its parties.
    tails: Tails,
}

/// What stands behind the points of an entry, by who gave them.
#[derive(Debug, Default)]
struct Tails {
    arms: Vec<Tail>,
    groups: Vec<Tail>,
    bounds: Vec<Tail>,
}

/// ` asked for sales (line 31)`, with its quotes doubled.
#[derive(Debug, Default)]
struct Tail {
    bytes: Vec<u8>,
    /// Whether a cell that it stands in needs quotes.
    quoted: bool,
}

impl Tail {
    fn new(party: &Party) -> Self {
        let text = format!(" {} (line {})", party.because.as_ref().unwrap_or(&party.rule), party.line);
        Self { quoted: needs_quotes(text.as_bytes()), bytes: text.replace('"', "\"\"").into_bytes() }
    }
}

impl Tails {
    fn new(accounts: &Accounts) -> Self {
        let all = |parties: &[Party]| parties.iter().map(Tail::new).collect();
        Self { arms: all(&accounts.arms), groups: all(&accounts.groups), bounds: all(&accounts.bounds) }
    }

    fn of(&self, reason: &Reason) -> Option<&Tail> {
        match reason.origin {
            Origin::Arm(id) => self.arms.get(id.index()),
            Origin::Group(id) => self.groups.get(id.index()),
            Origin::Score => self.bounds.get(reason.score as usize),
        }
    }
}

impl Csv {
    /// For this layout; `options` are the names of the key's options, if it has any.
    #[must_use]
    pub fn new(layout: &Layout, options: &[Arc<str>]) -> Self {
        let quoted = |text: &Arc<str>| {
            let mut bytes = Vec::new();
            field(&mut bytes, text);
            bytes
        };
        let mut header = Vec::new();
        for (at, column) in layout.columns.iter().enumerate() {
            if at > 0 {
                header.push(b',');
            }
            field(&mut header, &column.name);
        }
        header.push(b'\n');
        Self {
            cells: layout.columns.iter().map(|c| c.cell).collect(),
            header,
            texts: layout.texts.map(quoted),
            options: options.iter().map(quoted).collect(),
            tails: Tails::new(&layout.accounts),
            accounts: layout.accounts.clone(),
        }
    }

    /// The header line.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Appends rows.
    pub fn rows(&self, batch: &Batch, scores: &Scores, rows: &[u32], out: &mut Vec<u8>) {
        let mut entries = Vec::new();
        for &row in rows {
            for (at, cell) in self.cells.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                self.cell(*cell, batch, scores, row as usize, &mut entries, out);
            }
            out.push(b'\n');
        }
    }

    fn cell<'s>(
        &self,
        cell: Cell,
        batch: &Batch,
        scores: &'s Scores,
        row: usize,
        entries: &mut Vec<&'s Reason>,
        out: &mut Vec<u8>,
    ) {
        match cell {
            Cell::Score(at) => {
                if let Some(points) = scores.scores.get(at).and_then(|s| s.get(row)) {
                    cells::points(out, points);
                }
            }
            Cell::Row => cells::unsigned(out, batch.first_row + row as u64),
            Cell::Key(id) => {
                if let Some(value) = batch.columns.get(id.0 as usize).and_then(Option::as_ref).and_then(|c| datum(c, row)) {
                    self.datum(value, out);
                }
            }
            Cell::Carried(at) => {
                if let Some(text) = batch.carried.get(at).and_then(|c| c.get(row)) {
                    foreign(out, text);
                }
            }
            Cell::Extra(at, kind) => {
                if let Some(value) = batch.extras.get(at).and_then(|c| datum(c, row)) {
                    self.extra(value, kind, out);
                }
            }
            Cell::Excluded => {
                let code = scores.excluded.get(row).and_then(|&code| self.texts.exclusions.get(code as usize));
                match code {
                    Some(Some(reason)) => out.extend_from_slice(reason),
                    Some(None) => out.extend_from_slice(b"true"),
                    None => {}
                }
            }
            Cell::Reasons => {
                self.accounts.entries(scores, row, entries);
                self.reasons(entries, out);
            }
            Cell::Label(_) | Cell::Stage(_) | Cell::Before(_) | Cell::Move(_) | Cell::StageReason(_) => {
                if let Some(text) = self.texts.get(cell, scores, row) {
                    out.extend_from_slice(text);
                }
            }
        }
    }

    /// Texts that a command adds are of the rules, not of the data.
    fn extra(&self, value: Datum<'_>, kind: ExtraKind, out: &mut Vec<u8>) {
        match (kind, value) {
            (ExtraKind::Points, Datum::Integer(points)) => cells::points(out, points),
            (_, Datum::Text(text)) => field(out, text),
            (_, other) => self.datum(other, out),
        }
    }

    fn datum(&self, value: Datum<'_>, out: &mut Vec<u8>) {
        match value {
            Datum::Text(text) => foreign(out, text),
            Datum::Integer(n) => cells::integer(out, n),
            Datum::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Datum::Boolean(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Datum::Date(day) => cells::date(out, day),
            Datum::DateTime(micros) => cells::datetime(out, micros),
            Datum::Option(code) => out.extend_from_slice(self.options.get(code as usize).map_or(&[], Vec::as_slice)),
        }
    }

    /// `engagement +50 asked for sales (line 31); fit -5 band employees ..9: -5 (line 16)`
    fn reasons(&self, entries: &[&Reason], out: &mut Vec<u8>) {
        let quoted = entries.iter().any(|entry| self.tails.of(entry).is_some_and(|tail| tail.quoted));
        if quoted {
            out.push(b'"');
        }
        for (at, entry) in entries.iter().enumerate() {
            let Some(tail) = self.tails.of(entry) else { continue };
            if at > 0 {
                out.extend_from_slice(b"; ");
            }
            out.extend_from_slice(self.accounts.score(entry).as_bytes());
            out.extend_from_slice(if entry.points > 0 { b" +" } else { b" " });
            cells::points(out, entry.points);
            out.extend_from_slice(&tail.bytes);
        }
        if quoted {
            out.push(b'"');
        }
    }
}

/// Appends a text of ours, in quotes where CSV needs them.
pub fn field(out: &mut Vec<u8>, text: &str) {
    quoted(out, text.as_bytes());
}

/// Appends a text of the data, in quotes where CSV needs them, and with an apostrophe where a spreadsheet would run it.
pub fn foreign(out: &mut Vec<u8>, text: &str) {
    if runs_as_formula(text) {
        let mut guarded = Vec::with_capacity(text.len() + 1);
        guarded.push(b'\'');
        guarded.extend_from_slice(text.as_bytes());
        quoted(out, &guarded);
    } else {
        quoted(out, text.as_bytes());
    }
}

fn needs_quotes(text: &[u8]) -> bool {
    memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    if !needs_quotes(text) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

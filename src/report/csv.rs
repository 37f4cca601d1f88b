//! CSV: comma, quotes where they are needed, `\n` at the end of a line.
//!
//! A text that comes from the data (the key and the `--select` columns) and that a spreadsheet would run as a formula gets an
//! apostrophe in front: one that starts with `=`, `@`, a tab or a return, or with `+` or `-` when more follows than digits, spaces
//! and the signs of numbers. Numbers and telephone numbers stay as they are.

use std::sync::Arc;

use super::cells::{self, Datum, datum};
use super::layout::{Accounts, Cell, Layout, Texts};
use crate::column::{Batch, ExtraKind};
use crate::text::runs_as_formula;
use crate::vm::scores::{Reason, Scores};

/// Writes rows of a layout as CSV.
#[derive(Debug)]
pub struct Csv {
    cells: Vec<Cell>,
    header: Vec<u8>,
    texts: Texts<Vec<u8>>,
    options: Vec<Vec<u8>>,
    accounts: Accounts,
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
            accounts: layout.accounts.clone(),
        }
    }

    /// The header line.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Appends a row.
    pub fn row(&self, batch: &Batch, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        for (at, cell) in self.cells.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.cell(*cell, batch, scores, row, out);
        }
        out.push(b'\n');
    }

    fn cell(&self, cell: Cell, batch: &Batch, scores: &Scores, row: usize, out: &mut Vec<u8>) {
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
            Cell::Reasons => self.reasons(scores, row, out),
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
    fn reasons(&self, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        let mut entries: Vec<&Reason> = Vec::new();
        self.accounts.entries(scores, row, &mut entries);
        let mut text = Vec::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let Some(party) = self.accounts.party(entry) else { continue };
            if at > 0 {
                text.extend_from_slice(b"; ");
            }
            text.extend_from_slice(self.accounts.score(entry).as_bytes());
            text.extend_from_slice(if entry.points > 0 { b" +" } else { b" " });
            cells::points(&mut text, entry.points);
            text.push(b' ');
            text.extend_from_slice(party.because.as_ref().unwrap_or(&party.rule).as_bytes());
            text.extend_from_slice(b" (line ");
            cells::unsigned(&mut text, party.line as u64);
            text.push(b')');
        }
        quoted(out, &text);
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

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    let needs = memchr::memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some();
    if !needs {
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

//! JSON Lines: one object a record, unknown as `null`.

use std::sync::Arc;

use super::cells::{self, Datum, datum};
use super::layout::{Accounts, Cell, Layout, Texts};
use crate::column::{Batch, ExtraKind};
use crate::invariant::SureAt as _;
use crate::vm::scores::{Reason, Scores};

/// Writes rows of a layout as JSON Lines.
#[derive(Debug)]
pub struct JsonLines {
    /// What stands before each value: the brace or comma, the name, the colon.
    cells: Vec<(Vec<u8>, Cell)>,
    texts: Texts<Vec<u8>>,
    options: Vec<Vec<u8>>,
    accounts: Accounts,
}

impl JsonLines {
    /// For this layout; `options` are the names of the key's options, if it has any.
    #[must_use]
    pub fn new(layout: &Layout, options: &[Arc<str>]) -> Self {
        let quoted = |text: &Arc<str>| {
            let mut bytes = Vec::new();
            string(&mut bytes, text);
            bytes
        };
        let lead = |at: usize, name: &Arc<str>| {
            let mut bytes = vec![if at == 0 { b'{' } else { b',' }];
            string(&mut bytes, name);
            bytes.push(b':');
            bytes
        };
        Self {
            cells: layout.columns.iter().enumerate().map(|(at, c)| (lead(at, &c.name), c.cell)).collect(),
            texts: layout.texts.map(quoted),
            options: options.iter().map(quoted).collect(),
            accounts: layout.accounts.clone(),
        }
    }

    /// Appends a row.
    pub fn row(&self, batch: &Batch, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        for (lead, cell) in &self.cells {
            out.extend_from_slice(lead);
            let before = out.len();
            self.cell(*cell, batch, scores, row, out);
            if out.len() == before {
                out.extend_from_slice(b"null");
            }
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the value of a cell, or nothing where it is unknown.
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
                    string(out, text);
                }
            }
            Cell::Extra(at, kind) => match (kind, batch.extras.get(at).and_then(|c| datum(c, row))) {
                (ExtraKind::Points, Some(Datum::Integer(points))) => cells::points(out, points),
                (_, Some(value)) => self.datum(value, out),
                (_, None) => {}
            },
            Cell::Excluded => {
                let reason = scores.excluded.get(row).and_then(|&code| self.texts.exclusions.get(code as usize));
                match reason {
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

    fn datum(&self, value: Datum<'_>, out: &mut Vec<u8>) {
        match value {
            Datum::Text(text) => string(out, text),
            Datum::Integer(n) => cells::integer(out, n),
            Datum::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Datum::Boolean(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Datum::Date(day) => {
                out.push(b'"');
                cells::date(out, day);
                out.push(b'"');
            }
            Datum::DateTime(micros) => {
                out.push(b'"');
                cells::datetime(out, micros);
                out.push(b'"');
            }
            Datum::Option(code) => out.extend_from_slice(self.options.get(code as usize).map_or(&[], Vec::as_slice)),
        }
    }

    fn reasons(&self, scores: &Scores, row: usize, out: &mut Vec<u8>) {
        let mut entries: Vec<&Reason> = Vec::new();
        self.accounts.entries(scores, row, &mut entries);
        out.push(b'[');
        let mut first = true;
        for entry in entries {
            let Some(party) = self.accounts.party(entry) else { continue };
            out.extend_from_slice(if first { b"{\"score\":" } else { b",{\"score\":" });
            first = false;
            string(out, self.accounts.score(entry));
            match &party.because {
                Some(because) => {
                    out.extend_from_slice(b",\"because\":");
                    string(out, because);
                }
                None => {
                    out.extend_from_slice(b",\"rule\":");
                    string(out, &party.rule);
                }
            }
            out.extend_from_slice(b",\"points\":");
            cells::points(out, entry.points);
            out.extend_from_slice(b",\"line\":");
            cells::unsigned(out, party.line as u64);
            out.push(b'}');
        }
        out.push(b']');
    }
}

/// Appends a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut clean = 0;
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let escape: Option<&[u8]> = match byte {
            b'"' => Some(b"\\\""),
            b'\\' => Some(b"\\\\"),
            b'\n' => Some(b"\\n"),
            b'\r' => Some(b"\\r"),
            b'\t' => Some(b"\\t"),
            0..0x20 => Some(&[]),
            _ => None,
        };
        let Some(escape) = escape else { continue };
        out.extend_from_slice(bytes.sure_at(clean..at));
        clean = at + 1;
        if escape.is_empty() {
            let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(bytes.sure_at(clean..));
    out.push(b'"');
}

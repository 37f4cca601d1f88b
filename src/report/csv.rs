//! CSV: comma, quotes where they are needed, `\n` at the end of a line; or as a spreadsheet of some locale opens it ([`Dialect`]).
//!
//! A text that comes from the data (the key and the `--select` columns) and that a spreadsheet would run as a formula gets an
//! apostrophe in front: one that starts with `=`, `@`, a tab or a return, or with `+` or `-` when more follows than digits, spaces
//! and the signs of numbers. Numbers and telephone numbers stay as they are.

use std::sync::Arc;

use super::cells::{self, Datum, datum};
use super::layout::{Accounts, Cell, Layout, Party, Texts};
use crate::column::{Batch, ExtraKind};
use crate::invariant::{Sure as _, SureAt as _};
use crate::text::runs_as_formula;
use crate::vm::scores::{Origin, Reason, Scores};

/// How the cells of a line are set apart and numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells.
    pub delimiter: u8,
    /// Before the decimals of numbers.
    pub decimal: u8,
    /// Whether the file starts with the mark by which Excel knows UTF-8.
    pub mark: bool,
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The locales of [`Dialect::excel`] with their delimiter and decimal sign, as Windows has them (Unicode CLDR 48 for the decimal sign;
/// the list separator is `;` where that sign is a comma).
const LOCALES: [(&str, u8, u8); 20] = [
    ("en", b',', b'.'),
    ("cs", b';', b','),
    ("da", b';', b','),
    ("de", b';', b','),
    ("de-ch", b';', b'.'),
    ("es", b';', b','),
    ("es-mx", b',', b'.'),
    ("fi", b';', b','),
    ("fr", b';', b','),
    ("hu", b';', b','),
    ("it", b';', b','),
    ("it-ch", b';', b'.'),
    ("ja", b',', b'.'),
    ("nb", b';', b','),
    ("nl", b';', b','),
    ("pl", b';', b','),
    ("pt", b';', b','),
    ("sv", b';', b','),
    ("tr", b';', b','),
    ("zh", b',', b'.'),
];

impl Dialect {
    /// Commas, points, no mark: what programs read.
    pub const PLAIN: Self = Self { delimiter: b',', decimal: b'.', mark: false };

    /// What Excel opens by a double click where it is set to this locale: `fr`, `de-CH`; a region that differs in nothing from its
    /// language is taken too.
    ///
    /// # Errors
    /// Lists the locales there are.
    pub fn excel(locale: &str) -> Result<Self, String> {
        let asked = locale.to_ascii_lowercase().replace('_', "-");
        let language = asked.split('-').next().sure("a split text has a part");
        let find = |name: &str| LOCALES.iter().find(|(known, ..)| *known == name);
        match find(&asked).or_else(|| find(language)) {
            Some(&(_, delimiter, decimal)) => Ok(Self { delimiter, decimal, mark: true }),
            None => {
                let known: Vec<&str> = LOCALES.iter().map(|(name, ..)| *name).collect();
                Err(format!("`{locale}` is not a known locale; the locales are {}", known.join(", ")))
            }
        }
    }
}

/// Writes rows of a layout as CSV.
#[derive(Debug)]
pub struct Csv {
    dialect: Dialect,
    cells: Vec<Cell>,
    header: Vec<u8>,
    texts: Texts<Vec<u8>>,
    options: Vec<Vec<u8>>,
    accounts: Accounts,
    /// What stands behind the points of an entry: by arm, then by group, then by score.
    tails: Vec<String>,
}

/// What the accounts of a batch are written with.
struct Account<'s> {
    /// The entries of a row.
    entries: Vec<&'s Reason>,
    /// By place in the tails.
    written: Vec<Written>,
}

/// An entry as it was written last: most givers of points give everybody the same.
#[derive(Debug, Default, Clone)]
struct Written {
    points: i64,
    /// With `; ` before it and its quotes doubled; empty before the first.
    bytes: Vec<u8>,
    /// Whether a cell that it stands in needs quotes.
    quoted: bool,
}

/// ` asked for sales (line 31)`
fn tail(party: &Party, lines: bool) -> String {
    let words = party.because.as_ref().unwrap_or(&party.rule);
    if lines { format!(" {words} (line {})", party.line) } else { format!(" {words}") }
}

impl Csv {
    /// For this layout; `options` are the names of the key's options, if it has any.
    #[must_use]
    pub fn new(layout: &Layout, options: &[Arc<str>], dialect: Dialect) -> Self {
        let quoted = |text: &Arc<str>| {
            let mut bytes = Vec::new();
            dialect.quoted(&mut bytes, text.as_bytes());
            bytes
        };
        let mut header = if dialect.mark { MARK.to_vec() } else { Vec::new() };
        for (at, column) in layout.columns.iter().enumerate() {
            if at > 0 {
                header.push(dialect.delimiter);
            }
            dialect.quoted(&mut header, column.name.as_bytes());
        }
        header.push(b'\n');
        Self {
            dialect,
            cells: layout.columns.iter().map(|c| c.cell).collect(),
            header,
            texts: layout.texts.map(quoted),
            options: options.iter().map(quoted).collect(),
            tails: [&layout.accounts.arms, &layout.accounts.groups, &layout.accounts.bounds]
                .into_iter()
                .flatten()
                .map(|party| tail(party, layout.lines))
                .collect(),
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
        let mut account = Account { entries: Vec::new(), written: vec![Written::default(); self.tails.len()] };
        for &row in rows {
            for (at, cell) in self.cells.iter().enumerate() {
                if at > 0 {
                    out.push(self.dialect.delimiter);
                }
                self.cell(*cell, batch, scores, row as usize, &mut account, out);
            }
            out.push(b'\n');
        }
    }

    fn cell<'s>(&self, cell: Cell, batch: &Batch, scores: &'s Scores, row: usize, account: &mut Account<'s>, out: &mut Vec<u8>) {
        match cell {
            Cell::Score(at) => {
                if let Some(points) = scores.scores.get(at).and_then(|s| s.get(row)) {
                    self.dialect.points(out, points);
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
                    self.dialect.foreign(out, text);
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
                self.accounts.entries(scores, row, &mut account.entries);
                self.reasons(account, out);
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
            (ExtraKind::Points, Datum::Integer(points)) => self.dialect.points(out, points),
            (_, Datum::Text(text)) => self.dialect.quoted(out, text.as_bytes()),
            (_, other) => self.datum(other, out),
        }
    }

    fn datum(&self, value: Datum<'_>, out: &mut Vec<u8>) {
        match value {
            Datum::Text(text) => self.dialect.foreign(out, text),
            Datum::Integer(n) => cells::integer(out, n),
            Datum::Number(n) => self.dialect.number(out, |out| out.extend_from_slice(n.to_string().as_bytes())),
            Datum::Boolean(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
            Datum::Date(day) => cells::date(out, day),
            Datum::DateTime(micros) => cells::datetime(out, micros),
            Datum::Option(code) => out.extend_from_slice(self.options.get(code as usize).map_or(&[], Vec::as_slice)),
        }
    }

    /// The place in the tails of who gave an entry.
    fn place(&self, reason: &Reason) -> usize {
        let (arms, groups) = (self.accounts.arms.len(), self.accounts.groups.len());
        match reason.origin {
            Origin::Arm(id) => id.index(),
            Origin::Group(id) => arms + id.index(),
            Origin::Score => arms + groups + reason.score as usize,
        }
    }

    /// `engagement +50 asked for sales (line 31); fit -5 band employees ..9: -5 (line 16)`
    fn reasons(&self, account: &mut Account<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        let mut quoted = false;
        for entry in &account.entries {
            let place = self.place(entry);
            let (Some(tail), Some(known)) = (self.tails.get(place), account.written.get_mut(place)) else { continue };
            if known.points != entry.points || known.bytes.is_empty() {
                let mut text = b"; ".to_vec();
                text.extend_from_slice(self.accounts.score(entry).as_bytes());
                text.extend_from_slice(if entry.points > 0 { b" +" } else { b" " });
                self.dialect.points(&mut text, entry.points);
                text.extend_from_slice(tail.as_bytes());
                let mut bytes = Vec::with_capacity(text.len());
                doubled(&mut bytes, &text);
                *known = Written { points: entry.points, quoted: self.dialect.needs_quotes(&text), bytes };
            }
            let behind = if out.len() == start { 2 } else { 0 };
            out.extend_from_slice(known.bytes.sure_at(behind..));
            quoted |= known.quoted;
        }
        if quoted {
            out.insert(start, b'"');
            out.push(b'"');
        }
    }
}

impl Dialect {
    /// Appends a text of the data, with an apostrophe where a spreadsheet would run it.
    fn foreign(self, out: &mut Vec<u8>, text: &str) {
        if runs_as_formula(text) {
            let mut guarded = Vec::with_capacity(text.len() + 1);
            guarded.push(b'\'');
            guarded.extend_from_slice(text.as_bytes());
            self.quoted(out, &guarded);
        } else {
            self.quoted(out, text.as_bytes());
        }
    }

    /// Appends hundredths.
    fn points(self, out: &mut Vec<u8>, hundredths: i64) {
        self.number(out, |out| cells::points(out, hundredths));
    }

    /// Appends a number that `write` writes with a point.
    fn number(self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        write(out);
        if self.decimal != b'.'
            && let Some(point) = out.iter_mut().skip(start).find(|byte| **byte == b'.')
        {
            *point = self.decimal;
        }
    }

    fn needs_quotes(self, text: &[u8]) -> bool {
        memchr::memchr3(self.delimiter, b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
    }

    fn quoted(self, out: &mut Vec<u8>, text: &[u8]) {
        if !self.needs_quotes(text) {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'"');
        doubled(out, text);
        out.push(b'"');
    }
}

/// Appends a text of ours, in quotes where CSV needs them.
pub fn field(out: &mut Vec<u8>, text: &str) {
    Dialect::PLAIN.quoted(out, text.as_bytes());
}

/// Appends a text of the data, in quotes where CSV needs them, and with an apostrophe where a spreadsheet would run it.
pub fn foreign(out: &mut Vec<u8>, text: &str) {
    Dialect::PLAIN.foreign(out, text);
}

/// Appends a text with its quotes doubled.
fn doubled(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
}

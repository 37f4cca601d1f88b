//! Where the wanted values of some records stand in their text, and how they become cells.

use super::flat::Kind;
use super::keys::Rank;
use super::value;
use crate::column::TextColumn;
use crate::input::build::Builder;
use crate::input::cell::{Cell, Cells, Raw};
use crate::input::report::BadRows;
use crate::input::table::{Rows, WantedList};
use crate::invariant::SureAt as _;

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    start: u32,
    end: u32,
    kind: Kind,
    /// How well its key fits; [`NO_KEY`] where there is none.
    rank: Rank,
    /// The entry of its key.
    key: u32,
}

const NO_KEY: Rank = Rank::MAX;

const EMPTY: Slot = Slot { start: 0, end: 0, kind: Kind::Null, rank: NO_KEY, key: 0 };

impl Slot {
    /// A value at these bytes; no text has more than 2^32.
    #[inline(always)]
    pub(super) fn new(kind: Kind, start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32, kind, ..EMPTY }
    }

    /// Whether the record has a key for the column.
    pub(super) fn found(&self) -> bool {
        self.rank != NO_KEY
    }

    /// Its bytes, without the quotes of a plain string.
    #[inline]
    fn range(&self) -> std::ops::Range<usize> {
        let quote = usize::from(self.kind == Kind::Plain);
        self.start as usize + quote..(self.end as usize).saturating_sub(quote)
    }
}

/// The places of the wanted values of some records of one text.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// How many values of a record are wanted.
    wanted: usize,
    /// By record and wanted value.
    slots: Vec<Slot>,
    /// By wanted value: whether it is a list or an object in any of the records.
    nested: Vec<bool>,
}

impl Places {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, nested: vec![false; wanted], ..Self::default() }
    }

    /// Forgets the records.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.nested.fill(false);
    }

    /// A record more, of which nothing is known.
    pub(super) fn open(&mut self) {
        self.slots.resize(self.slots.len() + self.wanted, EMPTY);
    }

    /// Forgets the last record.
    pub(super) fn abandon(&mut self) {
        self.slots.truncate(self.slots.len().saturating_sub(self.wanted));
    }

    /// The last record.
    pub(super) fn last(&self) -> &[Slot] {
        self.slots.sure_at(self.slots.len().saturating_sub(self.wanted)..)
    }

    /// Gives a value of the last record to a column if no key fits it better; fails with the entry of another key that fits as well.
    #[inline(always)]
    pub(super) fn claim(&mut self, target: usize, rank: Rank, key: usize, value: Slot) -> Result<(), usize> {
        let at = self.slots.len() - self.wanted + target;
        let Some(slot) = self.slots.get_mut(at) else { return Ok(()) };
        if slot.rank == rank && slot.key != key as u32 {
            return Err(slot.key as usize);
        }
        if slot.rank >= rank {
            *slot = Slot { rank, key: key as u32, ..value };
            if value.kind == Kind::Nested
                && let Some(nested) = self.nested.get_mut(target)
            {
                *nested = true;
            }
        }
        Ok(())
    }
}

/// Records as rows of cells.
pub(super) struct JsonRows<'a> {
    pub(super) text: &'a str,
    pub(super) places: &'a Places,
    /// A string with escapes, without them.
    pub(super) scratch: String,
}

impl<'a> JsonRows<'a> {
    #[inline]
    fn slot(&self, row: usize, column: usize) -> Option<&'a Slot> {
        self.places.slots.get(row * self.places.wanted + column)
    }

    /// A value as written; `None` where the record has no such key.
    fn raw(&self, row: usize, column: usize) -> Option<&'a str> {
        let slot = self.slot(row, column).filter(|slot| slot.found())?;
        self.text.get(slot.start as usize..slot.end as usize)
    }
}

/// The values of one column, record by record.
pub(super) struct Values<'a> {
    text: &'a [u8],
    records: std::slice::ChunksExact<'a, Slot>,
    column: usize,
    /// Whether numbers and truth values are left open.
    texts: bool,
}

impl<'a> Iterator for Values<'a> {
    type Item = Option<Raw<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.records.next()?.get(self.column)?;
        Some(match slot.kind {
            Kind::Null => Some(Raw::EMPTY),
            Kind::Bare if self.texts => None,
            Kind::Plain | Kind::Bare => {
                let range = slot.range();
                Raw::new(self.text, range.start, range.end)
            }
            Kind::Escaped | Kind::Nested => None,
        })
    }
}

impl<'a> Cells<'a> for JsonRows<'a> {
    type Column = Values<'a>;

    fn cell(&mut self, row: usize, column: usize) -> Cell<'_> {
        let Some(slot) = self.slot(row, column) else { return Cell::Missing };
        let raw = self.text.sure_at(slot.range());
        match slot.kind {
            Kind::Null => Cell::Missing,
            Kind::Plain | Kind::Nested => Cell::Text(raw),
            Kind::Bare | Kind::Escaped => value::cell(raw, &mut self.scratch).unwrap_or(Cell::Text(raw)),
        }
    }

    #[inline]
    fn column(&self, column: usize, texts: bool) -> Values<'a> {
        let records = self.places.slots.chunks_exact(self.places.wanted.max(1));
        Values { text: self.text.as_bytes(), records, column, texts }
    }
}

impl<'a> Rows<'a> for JsonRows<'a> {
    fn push_all(&mut self, builder: &mut Builder, rows: usize, column: usize, first: u64, bad: &mut BadRows) {
        if !self.places.nested.get(column).is_some_and(|&nested| nested) {
            return builder.push_rows(self, rows, column, first, bad);
        }
        for (row, number) in (0..rows).zip(first..) {
            value::push(builder, self.raw(row, column), number, bad);
        }
    }

    /// As written, but a string without its quotes.
    fn carry(&mut self, texts: &mut TextColumn, at: usize, column: usize) -> Option<String> {
        let raw = self.raw(at, column).unwrap_or("null");
        match raw {
            "null" => texts.push(None),
            raw => texts.push(Some(value::string(raw).as_deref().unwrap_or(raw)).filter(|text| !text.is_empty())),
        }
        match value::cell(raw, &mut self.scratch) {
            Some(Cell::Broken(_)) => Some(raw.to_owned()),
            Some(Cell::Number(x)) if !x.is_finite() => Some(raw.to_owned()),
            Some(_) | None => None,
        }
    }

    fn push_events(&mut self, list: &mut WantedList, at: usize, column: usize, row: u64, bad: &mut BadRows) {
        list.push_text(self.raw(at, column).unwrap_or(""), row, bad);
    }
}

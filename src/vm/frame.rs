//! Registers.

use crate::bytecode::{CodeReg, Domain, IntReg, MaskReg, NumReg, Registers};
use crate::column::{Batch, Mask};
use crate::invariant::{SureAt as _, SureAtMut as _};
use crate::kernel::events;
use crate::schema::EventId;

/// The registers of a block; their memory is kept from batch to batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// How many records.
    pub(super) rows: usize,
    /// By event list: where each record's events are, and whose each event is.
    events: Vec<EventRows>,
    pub(super) masks: Vec<Mask>,
    pub(super) ints: Vec<Vec<i64>>,
    pub(super) nums: Vec<Vec<f64>>,
    pub(super) codes: Vec<Vec<u32>>,
    none: Mask,
}

#[derive(Debug, Clone, Default)]
struct EventRows {
    offsets: Vec<u32>,
    owners: Vec<u32>,
}

impl Frame {
    pub(super) fn new(registers: &Registers) -> Self {
        Self {
            masks: vec![Mask::new(); registers.masks as usize],
            ints: vec![Vec::new(); registers.ints as usize],
            nums: vec![Vec::new(); registers.nums as usize],
            codes: vec![Vec::new(); registers.codes as usize],
            ..Self::default()
        }
    }

    /// Takes the shape of a batch.
    pub(super) fn start(&mut self, batch: &Batch, lists: usize) {
        self.rows = batch.rows;
        self.events.resize_with(lists, EventRows::default);
        for (at, list) in self.events.iter_mut().enumerate() {
            list.offsets.clear();
            match batch.events.get(at).and_then(Option::as_ref) {
                Some(columns) if columns.offsets.len() == batch.rows + 1 => list.offsets.extend_from_slice(&columns.offsets),
                Some(_) | None => list.offsets.resize(batch.rows + 1, 0),
            }
            events::owners(&list.offsets, &mut list.owners);
        }
    }

    /// How many rows a domain has.
    pub(super) fn len(&self, domain: Domain) -> usize {
        match domain {
            Domain::Records => self.rows,
            Domain::Events(event) => self.owners(event).len(),
        }
    }

    pub(super) fn offsets(&self, event: EventId) -> &[u32] {
        &self.events.sure_at(event.0 as usize).offsets
    }

    pub(super) fn owners(&self, event: EventId) -> &[u32] {
        &self.events.sure_at(event.0 as usize).owners
    }

    pub(super) fn mask(&self, at: MaskReg) -> &Mask {
        self.masks.get(at.index()).unwrap_or(&self.none)
    }

    pub(super) fn int(&self, at: IntReg) -> &[i64] {
        self.ints.sure_at(at.index())
    }

    pub(super) fn num(&self, at: NumReg) -> &[f64] {
        self.nums.sure_at(at.index())
    }

    pub(super) fn code(&self, at: CodeReg) -> &[u32] {
        self.codes.sure_at(at.index())
    }

    /// Writes a mask register, with all others to read.
    pub(super) fn write_mask(&mut self, dst: u32, write: impl FnOnce(&Self, &mut Mask)) {
        let mut out = std::mem::take(self.masks.sure_at_mut(dst as usize));
        write(self, &mut out);
        if let Some(slot) = self.masks.get_mut(dst as usize) {
            *slot = out;
        }
    }

    /// Writes a register of whole numbers and the mask of the rows that have one.
    pub(super) fn write_int(&mut self, dst: u32, ok: Option<u32>, write: impl FnOnce(&Self, &mut Vec<i64>, &mut Mask)) {
        let mut out = std::mem::take(self.ints.sure_at_mut(dst as usize));
        let mut mask = ok.map_or_else(Mask::new, |ok| std::mem::take(self.masks.sure_at_mut(ok as usize)));
        write(self, &mut out, &mut mask);
        if let Some(slot) = self.ints.get_mut(dst as usize) {
            *slot = out;
        }
        if let Some(slot) = ok.and_then(|ok| self.masks.get_mut(ok as usize)) {
            *slot = mask;
        }
    }

    /// Writes a register of floats and the mask of the rows that have one.
    pub(super) fn write_num(&mut self, dst: u32, ok: Option<u32>, write: impl FnOnce(&Self, &mut Vec<f64>, &mut Mask)) {
        let mut out = std::mem::take(self.nums.sure_at_mut(dst as usize));
        let mut mask = ok.map_or_else(Mask::new, |ok| std::mem::take(self.masks.sure_at_mut(ok as usize)));
        write(self, &mut out, &mut mask);
        if let Some(slot) = self.nums.get_mut(dst as usize) {
            *slot = out;
        }
        if let Some(slot) = ok.and_then(|ok| self.masks.get_mut(ok as usize)) {
            *slot = mask;
        }
    }

    /// Writes a register of codes.
    pub(super) fn write_code(&mut self, dst: u32, write: impl FnOnce(&Self, &mut Vec<u32>)) {
        let mut out = std::mem::take(self.codes.sure_at_mut(dst as usize));
        write(self, &mut out);
        if let Some(slot) = self.codes.get_mut(dst as usize) {
            *slot = out;
        }
    }
}

//! Builds a block: every operation once, so that a sub-condition that stands in many rules is worked out once.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::bytecode::{Block, CodeReg, Domain, Gives, Instr, InstrKind, IntReg, MaskReg, NumReg, OptionLines, Tables, TextLines};
use crate::decay::Decay;
use crate::source::Span;
use crate::value::Points;

/// A block being built, with the values that it has so far.
#[derive(Debug, Default)]
pub(super) struct Builder {
    block: Block,
    values: FxHashMap<(InstrKind, Domain), (u32, u32)>,
    constants: FxHashMap<(MaskReg, Domain), bool>,
}

impl Builder {
    pub(super) fn finish(self) -> Block {
        self.block
    }

    fn emit(&mut self, op: InstrKind, domain: Domain, span: Span) -> (u32, u32) {
        if let Some(&found) = self.values.get(&(op.clone(), domain)) {
            return found;
        }
        let registers = &mut self.block.registers;
        let dst = match op.gives() {
            Gives::Mask => next(&mut registers.masks),
            Gives::Int => next(&mut registers.ints),
            Gives::Num => next(&mut registers.nums),
            Gives::Code => next(&mut registers.codes),
            Gives::Nothing => 0,
        };
        let ok = if op.can_fail() { next(&mut registers.masks) } else { 0 };
        if op.gives() != Gives::Nothing {
            self.values.insert((op.clone(), domain), (dst, ok));
        }
        self.block.instrs.push(Instr { op, dst, ok, domain });
        self.block.spans.push(span);
        (dst, ok)
    }

    pub(super) fn effect(&mut self, op: InstrKind, span: Span) {
        self.emit(op, Domain::Records, span);
    }

    pub(super) fn mask(&mut self, op: InstrKind, domain: Domain, span: Span) -> MaskReg {
        MaskReg(self.emit(op, domain, span).0)
    }

    pub(super) fn int(&mut self, op: InstrKind, domain: Domain, span: Span) -> (IntReg, MaskReg) {
        let fails = op.can_fail();
        let (dst, ok) = self.emit(op, domain, span);
        (IntReg(dst), if fails { MaskReg(ok) } else { self.fill(true, domain, span) })
    }

    pub(super) fn num(&mut self, op: InstrKind, domain: Domain, span: Span) -> (NumReg, MaskReg) {
        let fails = op.can_fail();
        let (dst, ok) = self.emit(op, domain, span);
        (NumReg(dst), if fails { MaskReg(ok) } else { self.fill(true, domain, span) })
    }

    pub(super) fn code(&mut self, op: InstrKind, domain: Domain, span: Span) -> CodeReg {
        CodeReg(self.emit(op, domain, span).0)
    }

    pub(super) fn fill(&mut self, bit: bool, domain: Domain, span: Span) -> MaskReg {
        let mask = self.mask(InstrKind::Fill(bit), domain, span);
        self.constants.insert((mask, domain), bit);
        mask
    }

    fn constant(&self, mask: MaskReg, domain: Domain) -> Option<bool> {
        self.constants.get(&(mask, domain)).copied()
    }

    pub(super) fn and(&mut self, a: MaskReg, b: MaskReg, domain: Domain, span: Span) -> MaskReg {
        match (self.constant(a, domain), self.constant(b, domain)) {
            (Some(true), _) | (_, Some(false)) => b,
            (_, Some(true)) | (Some(false), _) => a,
            (None, None) if a == b => a,
            (None, None) => self.mask(InstrKind::And(a.min(b), a.max(b)), domain, span),
        }
    }

    pub(super) fn or(&mut self, a: MaskReg, b: MaskReg, domain: Domain, span: Span) -> MaskReg {
        match (self.constant(a, domain), self.constant(b, domain)) {
            (Some(false), _) | (_, Some(true)) => b,
            (_, Some(false)) | (Some(true), _) => a,
            (None, None) if a == b => a,
            (None, None) => self.mask(InstrKind::Or(a.min(b), a.max(b)), domain, span),
        }
    }

    pub(super) fn and_not(&mut self, a: MaskReg, b: MaskReg, domain: Domain, span: Span) -> MaskReg {
        match (self.constant(a, domain), self.constant(b, domain)) {
            (_, Some(false)) | (Some(false), _) => a,
            (_, Some(true)) => self.fill(false, domain, span),
            (Some(true), None) => self.not(b, domain, span),
            (None, None) if a == b => self.fill(false, domain, span),
            (None, None) => self.mask(InstrKind::AndNot(a, b), domain, span),
        }
    }

    pub(super) fn not(&mut self, a: MaskReg, domain: Domain, span: Span) -> MaskReg {
        match self.constant(a, domain) {
            Some(bit) => self.fill(!bit, domain, span),
            None => self.mask(InstrKind::Not(a), domain, span),
        }
    }
}

fn next(count: &mut u32) -> u32 {
    let at = *count;
    *count += 1;
    at
}

/// The tables being built; an equal table is kept once.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    pub(super) tables: Tables,
    texts: FxHashMap<Vec<Arc<str>>, u32>,
    bits: FxHashMap<Vec<u64>, u32>,
    ints: FxHashMap<Vec<i64>, u32>,
    patterns: FxHashMap<Arc<str>, u32>,
    decays: FxHashMap<(Decay, Points), u32>,
}

impl TableBuilder {
    pub(super) fn texts(&mut self, texts: Vec<Arc<str>>) -> u32 {
        *self.texts.entry(texts).or_insert_with_key(|texts| add(&mut self.tables.texts, texts.clone()))
    }

    /// A table of bits for these codes.
    pub(super) fn bits(&mut self, codes: impl IntoIterator<Item = u32>) -> u32 {
        let mut words = Vec::new();
        for code in codes {
            let word = code as usize / 64;
            if words.len() <= word {
                words.resize(word + 1, 0_u64);
            }
            if let Some(bits) = words.get_mut(word) {
                *bits |= 1 << (code % 64);
            }
        }
        *self.bits.entry(words).or_insert_with_key(|words| add(&mut self.tables.bits, words.clone()))
    }

    pub(super) fn ints(&mut self, mut values: Vec<i64>) -> u32 {
        values.sort_unstable();
        values.dedup();
        *self.ints.entry(values).or_insert_with_key(|values| add(&mut self.tables.ints, values.clone()))
    }

    pub(super) fn nums(&mut self, mut values: Vec<f64>) -> u32 {
        values.sort_unstable_by(f64::total_cmp);
        add(&mut self.tables.nums, values)
    }

    pub(super) fn pattern(&mut self, source: &Arc<str>) -> u32 {
        *self.patterns.entry(Arc::clone(source)).or_insert_with_key(|source| add(&mut self.tables.patterns, Arc::clone(source)))
    }

    pub(super) fn decay(&mut self, decay: Decay, points: Points) -> u32 {
        *self.decays.entry((decay, points)).or_insert_with_key(|&key| add(&mut self.tables.decays, key))
    }

    pub(super) fn option_lines(&mut self, lines: OptionLines) -> u32 {
        add(&mut self.tables.option_lines, lines)
    }

    pub(super) fn text_lines(&mut self, lines: TextLines) -> u32 {
        add(&mut self.tables.text_lines, lines)
    }
}

pub(super) fn add<T>(tables: &mut Vec<T>, table: T) -> u32 {
    tables.push(table);
    crate::invariant::number(tables.len() - 1)
}

//! Fusing: all items that look at one property only become one table from that property's value to their points.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::Lowerer;
use super::items::Place;
use crate::bytecode::{Block, ColumnRef, InstrKind, Key, Operand, Region, Sum};
use crate::hir::{Item, ItemId};
use crate::invariant::Sure as _;
use crate::schema::PropId;
use crate::value::Type;

/// Items by the one property that they look at, in order.
pub(super) type Plan<'m> = BTreeMap<PropId, Vec<(&'m Item, Place)>>;

impl<'m> Lowerer<'m> {
    /// The property that an item looks at, if it is one only and its points could come from a table.
    pub(super) fn one_property(&self, item: &Item) -> Option<PropId> {
        let mut all = super::facts::Mentions::default();
        for expr in Self::looked_at(item)? {
            let mentions = self.facts.mentions(expr);
            all.properties.extend(mentions.properties);
            all.other |= mentions.other;
        }
        let mut properties = all.properties.into_iter();
        match (properties.next(), properties.next(), all.other) {
            (Some(property), None, false) => Some(property),
            _ => None,
        }
    }

    /// Makes a region of the items of each property where its values can be numbered; gives the items that found a place in one.
    pub(super) fn regions(&mut self, plan: Plan<'m>) -> FxHashSet<ItemId> {
        let mut placed = FxHashSet::default();
        for (property, items) in plan {
            let outer = std::mem::take(&mut self.builder);
            let defined = std::mem::take(&mut self.defined);
            for (item, place) in &items {
                self.item(item, *place);
            }
            let block = std::mem::replace(&mut self.builder, outer).finish();
            self.defined = defined;
            let Some(ty) = self.model.schema.property(property).map(|p| &p.ty) else { continue };
            let Some(key) = key(ty, &block) else { continue };
            placed.extend(items.iter().map(|(item, _)| item.id));
            let mut sums: Vec<Sum> = items.iter().map(|(_, place)| place.sum).collect();
            sums.sort_unstable();
            sums.dedup();
            let span = items.first().sure("a region has items").0.span;
            let number = crate::invariant::number(self.regions.len());
            self.regions.push(Region { column: ColumnRef::Property(property), key, block, sums });
            self.builder.effect(InstrKind::Region(number), span);
        }
        placed
    }
}

/// How the values of a property of this type are numbered for what `block` asks of them, if they can be.
fn key(ty: &Type, block: &Block) -> Option<Key> {
    Some(match ty {
        Type::OneOf(options) => Key::Options(u32::try_from(options.len()).ok()?),
        Type::Boolean => Key::Boolean,
        Type::Text | Type::Label => Key::Text,
        // Distinct sets are numbered by one word of bits.
        Type::SetOf(options) if options.len() <= 64 => Key::Set(u32::try_from(options.len()).ok()?),
        Type::SetOf(_) | Type::SetOfText | Type::Score => return None,
        Type::Integer if by_intervals(block, false) => Key::Integer,
        Type::Date if by_intervals(block, false) => Key::Date,
        Type::DateTime if by_intervals(block, true) => Key::DateTime,
        Type::Number if floats_by_intervals(block) => Key::Number,
        Type::Integer | Type::Date | Type::DateTime | Type::Number => return None,
    })
}

/// Whether every whole number is only ever held against ranges, tables and windows, or counted from `as of`: then all values of an
/// interval between their ends are alike. With `moments` the column holds moments, of which only the day may be looked at.
fn by_intervals(block: &Block, moments: bool) -> bool {
    let mut raw = FxHashSet::default();
    block.instrs.iter().all(|instr| {
        let mut looks_at_raw = false;
        let mut reads = false;
        instr.op.operands(&mut |operand| {
            if let Operand::Int(i) = operand {
                reads = true;
                looks_at_raw |= raw.contains(&i.0);
            }
        });
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these keep the values of an interval alike")]
        match &instr.op {
            InstrKind::LoadInt(_) => {
                if moments {
                    raw.insert(instr.dst);
                }
                true
            }
            InstrKind::ToDay(_) => true,
            InstrKind::RangeInt(..) | InstrKind::MemberInt(..) | InstrKind::Window(..) | InstrKind::ElapsedDays(..) => {
                !looks_at_raw
            }
            _ => !reads,
        }
    })
}

fn floats_by_intervals(block: &Block) -> bool {
    block.instrs.iter().all(|instr| {
        let mut reads = false;
        instr.op.operands(&mut |operand| reads |= matches!(operand, Operand::Num(_) | Operand::Int(_)));
        matches!(instr.op, InstrKind::RangeNum(..) | InstrKind::MemberNum(..)) || !reads
    })
}

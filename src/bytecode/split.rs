//! Events that are summed up while they are read: what of a program looks at single events, and the program without it.

use super::{Chunk, ColumnRef, Domain, Instr, InstrKind, MaskReg, Operand, Registers, TextBase};
use crate::schema::EventId;

/// What of a program looks at the single events of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventPart {
    /// The instructions whose rows are events, by their place in the main block.
    pub steps: Vec<usize>,
    /// The instructions that make one value a record of them, by place, with the number of the column that takes its place.
    pub sums: Vec<(usize, u32)>,
}

impl Chunk {
    /// What looks at the single events of a list; `None` where a part of it looks at their record too, so that no event can be worked
    /// out by itself.
    #[must_use]
    pub fn event_part(&self, event: EventId) -> Option<EventPart> {
        let mut part = EventPart::default();
        let mut number = 0;
        for (at, instr) in self.main.instrs.iter().enumerate() {
            if instr.domain == Domain::Events(event) {
                if !looks_at_events_alone(&instr.op, event) {
                    return None;
                }
                part.steps.push(at);
            } else if let Some(of) = summed(instr) {
                if of == event {
                    part.sums.push((at, number));
                }
                number += 1;
            }
        }
        Some(part)
    }

    /// The program for records whose events of these lists have been summed up: what they came to stands in columns.
    #[must_use]
    pub fn without_events(&self, lists: &[EventId]) -> Self {
        let mut rest = Self { main: super::Block { registers: self.main.registers, ..super::Block::default() }, ..self.clone() };
        let mut number = 0;
        for (instr, span) in self.main.instrs.iter().zip(&self.main.spans) {
            if matches!(instr.domain, Domain::Events(event) if lists.contains(&event)) {
                continue;
            }
            let of = summed(instr);
            let instr = match of {
                Some(event) if lists.contains(&event) => replaced(instr, number, &mut rest.main.registers),
                Some(_) | None => instr.clone(),
            };
            number += u32::from(of.is_some());
            rest.main.instrs.push(instr);
            rest.main.spans.push(*span);
        }
        rest
    }
}

/// Whether an instruction over events needs nothing but the events' fields and what was made of them.
fn looks_at_events_alone(op: &InstrKind, event: EventId) -> bool {
    let mut alone = op.operand_domain(Domain::Events(event)) == Domain::Events(event)
        && !matches!(
            op,
            InstrKind::Excluded | InstrKind::Score(_) | InstrKind::Label(_) | InstrKind::Stage(_) | InstrKind::Moves(_)
        )
        && !matches!(op, InstrKind::ExactSign(_) | InstrKind::ExactNum(..));
    op.operands(&mut |operand| {
        let column = match operand {
            Operand::Column(column) => Some(column),
            Operand::Text(text) => match text.base {
                TextBase::Column(column) => Some(column),
                TextBase::Codes(..) | TextBase::Constant(_) => None,
            },
            Operand::Mask(_) | Operand::Int(_) | Operand::Num(_) | Operand::Code(_) => None,
        };
        alone &= column.is_none_or(|column| matches!(column, ColumnRef::Field(..)));
    });
    alone
}

/// The list whose events an instruction makes one value a record of.
fn summed(instr: &Instr) -> Option<EventId> {
    match instr.op.operand_domain(instr.domain) {
        Domain::Events(event) if instr.domain == Domain::Records => Some(event),
        Domain::Events(_) | Domain::Records => None,
    }
}

/// The instruction that takes a value from a column instead of making it of events.
fn replaced(instr: &Instr, number: u32, registers: &mut Registers) -> Instr {
    let column = ColumnRef::Summed(number);
    #[expect(clippy::wildcard_enum_match_arm, reason = "the few operations that make one value of events are named")]
    let op = match &instr.op {
        InstrKind::HasEvent(..) => InstrKind::Known(column),
        InstrKind::AggNum(..) | InstrKind::AverageInt(..) => InstrKind::LoadNum(column),
        InstrKind::Each { target, limits, .. } => InstrKind::Collect(*target, column, *limits),
        _ => InstrKind::LoadInt(column),
    };
    let mut ok = MaskReg(instr.ok);
    if op.can_fail() && !instr.op.can_fail() {
        ok = MaskReg(registers.masks);
        registers.masks += 1;
    }
    Instr { op, ok: ok.0, ..instr.clone() }
}

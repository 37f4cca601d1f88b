//! Definitions in an order in which each needs only those before it.

use super::checker::{Checker, Place, Scope};
use super::env::{DefState, to_u32};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{DefId, Definition};
use crate::source::Span;
use crate::syntax::ast::DefineDecl;
use crate::value::Type;

/// A definition as written.
pub(super) struct Defined<'a> {
    pub(super) decl: &'a DefineDecl,
    pub(super) docs: &'a [String],
    pub(super) span: Span,
}

impl Checker<'_> {
    /// Works out all definitions. A definition that meets another one not worked out yet waits for it on a stack of its own, so
    /// that a long chain cannot exhaust the program's.
    pub(super) fn definitions(&mut self, defined: &[Defined<'_>]) {
        let mut waiting: Vec<usize> = Vec::new();
        for start in 0..defined.len() {
            waiting.push(start);
            while let Some(&slot) = waiting.last() {
                match self.try_definition(slot, defined) {
                    Some(needed) if needed == slot || self.is_waiting(needed) => {
                        let ring = waiting.iter().position(|&w| w == needed).map_or_else(Vec::new, |at| waiting.split_off(at));
                        self.cycle(&ring, defined);
                    }
                    Some(needed) => {
                        self.set_state(slot, DefState::Waiting);
                        waiting.push(needed);
                    }
                    None => {
                        waiting.pop();
                    }
                }
            }
        }
    }

    /// Works out one definition, or gives the one that must come first.
    fn try_definition(&mut self, slot: usize, defined: &[Defined<'_>]) -> Option<usize> {
        let open = self.env.slots.get(slot).is_some_and(|s| matches!(s.state, DefState::Open | DefState::Waiting));
        let definition = defined.get(slot).filter(|_| open)?;
        let before = std::mem::replace(&mut self.diagnostics, Diagnostics::new());
        let told = self.told.clone();
        self.need = None;
        self.sees_outputs = false;
        let value = self.value(&definition.decl.value, Scope::at(Place::Definition));
        let found = std::mem::replace(&mut self.diagnostics, before);
        if let Some(needed) = self.need.take() {
            // What was found is found again once the other one is known.
            self.told = told;
            return Some(needed);
        }
        self.diagnostics.append(found);
        let state = match value {
            None => DefState::Failed,
            Some(value) => {
                let id = DefId(to_u32(self.env.definitions.len()));
                if value.ty == Type::Score
                    && let Some(size) = self.exact_size(&value)
                {
                    self.exact_sizes.insert(id, size);
                }
                self.env.definitions.push(Definition {
                    name: definition.decl.name.name.clone(),
                    value,
                    over_outputs: self.sees_outputs,
                    docs: definition.docs.to_vec(),
                    span: definition.span,
                    name_span: definition.decl.name.span,
                });
                DefState::Done(id)
            }
        };
        self.set_state(slot, state);
        None
    }

    fn is_waiting(&self, slot: usize) -> bool {
        self.env.slots.get(slot).is_some_and(|s| matches!(s.state, DefState::Waiting))
    }

    fn set_state(&mut self, slot: usize, state: DefState) {
        if let Some(slot) = self.env.slots.get_mut(slot) {
            slot.state = state;
        }
    }

    /// Tells a circle of definitions; what needs one of them is silent.
    fn cycle(&mut self, ring: &[usize], defined: &[Defined<'_>]) {
        for &slot in ring {
            self.set_state(slot, DefState::Failed);
        }
        let names: Vec<(String, Span)> =
            ring.iter().filter_map(|&s| defined.get(s)).map(|d| (d.decl.name.name.to_string(), d.decl.name.span)).collect();
        let Some(((name, span), others)) = names.split_first() else { return };
        let message = if others.is_empty() {
            format!("`{name}` is defined by itself")
        } else {
            format!(
                "`{name}` is defined by itself, through {}",
                others.iter().map(|o| format!("`{}`", o.0)).collect::<Vec<_>>().join(", ")
            )
        };
        let mut problem = Diagnostic::new(Code::DefinitionCycle, *span, message)
            .help("break the circle: one of them must go by properties alone");
        for (_, span) in others {
            problem = problem.also(*span, "which needs it");
        }
        self.push(problem);
    }
}

//! Option columns: codes, found through the cells seen before.

use std::sync::Arc;

use crate::column::{Column, Dictionary, Interner, UNKNOWN_CODE};
use crate::input::build::{Forms, Read, Rules, take_rows};
use crate::input::report::Fault;
use crate::value::Value;

/// So many different cells are remembered.
const REMEMBERED: usize = 65_536;

/// Builds a column of option codes.
#[derive(Debug)]
pub(crate) struct OptionBuilder {
    forms: Forms,
    interner: Interner,
    cells: Arc<Dictionary>,
    /// What each remembered cell is.
    meanings: Vec<Read<u32>>,
    codes: Vec<u32>,
}

impl OptionBuilder {
    pub(crate) fn new(forms: Forms) -> Self {
        Self { forms, interner: Interner::new(), cells: Arc::default(), meanings: Vec::new(), codes: Vec::new() }
    }

    pub(crate) fn push(&mut self, text: Option<&str>, rules: &Rules, default: Option<&Value>) -> Read<()> {
        let read = text.map_or(Read::Unknown, |text| self.meaning(text, rules));
        let (code, outcome) = match read {
            Read::Known(code) => (code, Read::Known(())),
            Read::Unknown => (stand_in(default), Read::Unknown),
            Read::Bad(fault) => (stand_in(default), Read::Bad(fault)),
        };
        self.codes.push(code);
        outcome
    }

    /// Adds options by their codes; how many.
    #[inline]
    pub(crate) fn push_codes(&mut self, codes: impl Iterator<Item = u32>) -> usize {
        let before = self.codes.len();
        self.codes.extend(codes);
        self.codes.len() - before
    }

    /// The code added last.
    pub(crate) fn last_code(&self) -> Option<u32> {
        self.codes.last().copied()
    }

    pub(crate) fn take(&mut self) -> Column {
        Column::Option(take_rows(&mut self.codes))
    }

    fn meaning(&mut self, cell: &str, rules: &Rules) -> Read<u32> {
        if cell.is_empty() {
            return Read::Unknown;
        }
        if self.meanings.len() < REMEMBERED {
            let at = self.interner.intern(cell, &mut self.cells) as usize;
            if let Some(&known) = self.meanings.get(at) {
                return known;
            }
            let meaning = look(cell, rules, &self.forms);
            self.meanings.push(meaning);
            return meaning;
        }
        match self.interner.find(cell, &self.cells).and_then(|at| self.meanings.get(at as usize)) {
            Some(&known) => known,
            None => look(cell, rules, &self.forms),
        }
    }
}

fn look(cell: &str, rules: &Rules, forms: &Forms) -> Read<u32> {
    match rules.text(cell) {
        None => Read::Unknown,
        Some(text) => forms.code(text).map_or(Read::Bad(Fault::Unlisted), Read::Known),
    }
}

fn stand_in(default: Option<&Value>) -> u32 {
    if let Some(Value::Option(code)) = default { *code } else { UNKNOWN_CODE }
}

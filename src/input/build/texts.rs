//! Text columns: a dictionary as long as the texts repeat themselves, plain text when they do not.

use std::sync::Arc;

use crate::column::{Column, Dictionary, DictionaryColumn, Interner, TextColumn, UNKNOWN_CODE};
use crate::input::build::{Read, Rules, take_rows};
use crate::input::report::Fault;
use crate::value::Value;

/// Up to so many distinct texts nobody asks whether they repeat themselves.
const FEW: usize = 1024;
/// A dictionary is given up beyond so many distinct texts ...
const MANY: usize = 65_536;
/// ... or so many bytes.
const LARGE: usize = 8 << 20;

/// Builds a text column.
#[derive(Debug, Default)]
pub(crate) struct TextBuilder {
    interner: Interner,
    dictionary: Arc<Dictionary>,
    codes: Vec<u32>,
    plain: TextColumn,
    /// Known texts that went through the dictionary.
    seen: usize,
    given_up: bool,
}

impl TextBuilder {
    #[inline]
    pub(crate) fn push(&mut self, text: Option<&str>, rules: &Rules, default: Option<&Value>) -> Read<()> {
        match text.and_then(|text| rules.text(text)) {
            Some(text) if rules.is_shortened(text) => {
                self.add(if let Some(Value::Text(text)) = default { Some(text) } else { None });
                Read::Bad(Fault::Shortened)
            }
            Some(text) => {
                self.add(Some(text));
                Read::Known(())
            }
            None => {
                self.add(if let Some(Value::Text(text)) = default { Some(text) } else { None });
                Read::Unknown
            }
        }
    }

    #[inline]
    fn add(&mut self, text: Option<&str>) {
        if self.given_up {
            self.plain.push(text);
            return;
        }
        let code = match text {
            None => UNKNOWN_CODE,
            Some(text) => {
                self.seen += 1;
                self.interner.intern(text, &mut self.dictionary)
            }
        };
        self.codes.push(code);
    }

    /// Adds texts by their codes in the dictionary, which there still is; how many.
    #[inline]
    pub(crate) fn push_codes(&mut self, codes: impl Iterator<Item = u32>) -> usize {
        let before = self.codes.len();
        let seen = &mut self.seen;
        self.codes.extend(codes.inspect(|&code| *seen += usize::from(code != UNKNOWN_CODE)));
        self.codes.len() - before
    }

    /// Whether texts have codes of a dictionary.
    pub(crate) fn has_codes(&self) -> bool {
        !self.given_up
    }

    /// The code of the last text, if there is a dictionary.
    pub(crate) fn last_code(&self) -> Option<u32> {
        self.codes.last().copied().filter(|_| !self.given_up)
    }

    /// How many bytes the texts of the present batch take.
    pub(crate) fn bytes(&self) -> usize {
        self.dictionary.byte_len() + self.plain.bytes.len()
    }

    pub(crate) fn take(&mut self) -> Column {
        if self.given_up {
            return Column::Text(self.plain.take_rows());
        }
        let codes = take_rows(&mut self.codes);
        let distinct = self.dictionary.len();
        let repeats = distinct <= FEW || distinct * 2 <= self.seen;
        if repeats && distinct <= MANY && self.dictionary.byte_len() <= LARGE {
            return Column::Dictionary(DictionaryColumn { codes, dictionary: self.dictionary.clone() });
        }
        self.given_up = true;
        self.interner = Interner::new();
        Column::Dictionary(DictionaryColumn { codes, dictionary: std::mem::take(&mut self.dictionary) })
    }
}

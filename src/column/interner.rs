//! From texts to the codes of a dictionary.

use std::hash::BuildHasher;
use std::sync::Arc;

use crate::invariant::SureAt as _;

use super::Dictionary;

/// Finds the code of a text in a [`Dictionary`], or gives it one.
///
/// An open-addressed table of codes; the texts themselves stand in the dictionary only.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    /// Code + 1 by slot, 0 where free; the length is a power of two.
    slots: Vec<u32>,
    /// The upper half of the hash by code, to tell most texts apart without looking at them.
    tags: Vec<u32>,
}

impl Interner {
    /// For a dictionary without any text yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The code of `text`, if it has one.
    #[must_use]
    pub fn find(&self, text: &str, dictionary: &Dictionary) -> Option<u32> {
        self.slot(hash(text), text, dictionary).ok()
    }

    /// The code of `text`, which is added where it has none yet. Batches that still hold the dictionary keep theirs.
    pub fn intern(&mut self, text: &str, dictionary: &mut Arc<Dictionary>) -> u32 {
        let hashed = hash(text);
        if let Ok(code) = self.slot(hashed, text, dictionary) {
            return code;
        }
        if (self.tags.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let code = Arc::make_mut(dictionary).push(text);
        self.tags.push((hashed >> 32) as u32);
        self.place(hashed, code);
        code
    }

    /// How many texts have a code.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether no text has a code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The code, or nothing where the text is not in the table.
    fn slot(&self, hashed: u64, text: &str, dictionary: &Dictionary) -> Result<u32, ()> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hashed as usize & mask;
        loop {
            match self.slots.get(at) {
                None | Some(0) => return Err(()),
                Some(&taken) => {
                    let code = taken - 1;
                    if self.tags.get(code as usize) == Some(&((hashed >> 32) as u32)) && dictionary.get(code) == Some(text) {
                        return Ok(code);
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn place(&mut self, hashed: u64, code: u32) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hashed as usize & mask;
        while self.slots.get(at).is_some_and(|&slot| slot != 0) {
            at = (at + 1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = code + 1;
        }
    }

    fn grow(&mut self) {
        // The lower half of a hash is not kept, so slots are placed by the tag mixed again.
        let codes = std::mem::take(&mut self.slots).len();
        self.slots = vec![0; (codes * 2).max(64)];
        for code in 0..self.tags.len() {
            let tag = *self.tags.sure_at(code);
            self.place(spread(tag), code as u32);
        }
    }
}

/// The upper half names the text, the lower half its first slot; the lower follows from the upper, so that a table can grow without the texts.
fn hash(text: &str) -> u64 {
    spread((rustc_hash::FxBuildHasher.hash_one(text.as_bytes()) >> 32) as u32)
}

fn spread(tag: u32) -> u64 {
    u64::from(tag) << 32 | u64::from(tag.wrapping_mul(0x9E37_79B1).rotate_left(15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_keeps_its_code() {
        let mut dictionary = Arc::new(Dictionary::new());
        let mut interner = Interner::new();
        for round in 0..3 {
            for n in 0..5000_u32 {
                let code = interner.intern(&format!("text {n}"), &mut dictionary);
                assert_eq!(code, n, "round {round}");
            }
        }
        assert_eq!(dictionary.len(), 5000);
        assert_eq!(interner.find("text 4999", &dictionary), Some(4999));
        assert_eq!(interner.find("text 5000", &dictionary), None);
    }
}

//! Distinct texts with dense codes.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::invariant::number;

/// Distinct texts by code. A reader that goes on from batch to batch grows a copy under the same [`id`](Dictionary::id): codes
/// never change their text, so what was worked out for a code stays true.
#[derive(Debug, Clone)]
pub struct Dictionary {
    id: u64,
    bytes: String,
    ends: Vec<u32>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Default for Dictionary {
    fn default() -> Self {
        Self::new()
    }
}

impl Dictionary {
    /// No text yet.
    #[must_use]
    pub fn new() -> Self {
        Self { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), bytes: String::new(), ends: Vec::new() }
    }

    /// The same for this dictionary and everything that grows from it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds a text that is not in here yet and gives its code. Finding out whether it is, is the reader's work.
    pub fn push(&mut self, text: &str) -> u32 {
        let code = number(self.ends.len());
        self.bytes.push_str(text);
        self.ends.push(number(self.bytes.len()));
        code
    }

    /// The text of a code.
    #[must_use]
    pub fn get(&self, code: u32) -> Option<&str> {
        let code = code as usize;
        let end = *self.ends.get(code)? as usize;
        let start = code.checked_sub(1).and_then(|c| self.ends.get(c)).map_or(0, |&s| s as usize);
        self.bytes.get(start..end)
    }

    /// All texts in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..number(self.ends.len())).map_while(|code| self.get(code))
    }

    /// How many bytes all texts take.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }
}

//! Bitmaps over the rows of a batch.

use crate::invariant::Sure as _;

/// One bit a row; bits past the last row are always 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    words: Vec<u64>,
    len: usize,
}

impl Mask {
    /// No row yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `len` rows, all with `bit`.
    #[must_use]
    pub fn filled(len: usize, bit: bool) -> Self {
        let mut mask = Self { words: vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)], len };
        mask.trim();
        mask
    }

    /// Makes this `len` rows, all with `bit`, and keeps the memory that it has.
    pub fn reset(&mut self, len: usize, bit: bool) {
        self.words.clear();
        self.words.resize(len.div_ceil(64), if bit { u64::MAX } else { 0 });
        self.len = len;
        self.trim();
    }

    /// The rows for which `bit` is true.
    #[must_use]
    pub fn from_fn(len: usize, mut bit: impl FnMut(usize) -> bool) -> Self {
        let words = (0..len.div_ceil(64))
            .map(|word| {
                let rows = (len - word * 64).min(64);
                (0..rows).fold(0_u64, |bits, at| bits | (u64::from(bit(word * 64 + at)) << at))
            })
            .collect();
        Self { words, len }
    }

    /// `len` rows whose bits these words have, the first row in the lowest bit.
    #[must_use]
    pub fn from_words(words: impl Iterator<Item = u64>, len: usize) -> Self {
        let mut words: Vec<u64> = words.take(len.div_ceil(64)).collect();
        words.resize(len.div_ceil(64), 0);
        let mut mask = Self { words, len };
        mask.trim();
        mask
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit of a row; false past the end.
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Sets the bit of a row; does nothing past the end.
    pub fn set(&mut self, row: usize, bit: bool) {
        if row >= self.len {
            return;
        }
        if let Some(word) = self.words.get_mut(row / 64) {
            let one = 1_u64 << (row % 64);
            *word = if bit { *word | one } else { *word & !one };
        }
    }

    /// Adds a row.
    pub fn push(&mut self, bit: bool) {
        let shift = self.len % 64;
        match self.words.last_mut() {
            Some(word) if shift > 0 => *word |= u64::from(bit) << shift,
            Some(_) | None => self.words.push(u64::from(bit)),
        }
        self.len += 1;
    }

    /// Adds `rows` rows, each with the bit that `bit` gives for its place among them.
    #[inline]
    pub fn extend_from_fn(&mut self, rows: usize, mut bit: impl FnMut(usize) -> bool) {
        let mut shift = self.len % 64;
        let mut word = if shift > 0 { self.words.pop().sure("a word that is begun is there") } else { 0 };
        self.words.reserve(rows / 64 + 2);
        for row in 0..rows {
            word |= u64::from(bit(row)) << shift;
            shift += 1;
            if shift == 64 {
                self.words.push(word);
                (word, shift) = (0, 0);
            }
        }
        if shift > 0 {
            self.words.push(word);
        }
        self.len += rows;
    }

    /// Adds the rows of `other`.
    pub fn extend(&mut self, other: &Self) {
        let shift = self.len % 64;
        if shift == 0 {
            self.words.extend_from_slice(&other.words);
        } else {
            for &word in &other.words {
                if let Some(last) = self.words.last_mut() {
                    *last |= word << shift;
                }
                self.words.push(word >> (64 - shift));
            }
        }
        self.len += other.len;
        self.words.truncate(self.len.div_ceil(64));
    }

    /// How many bits are set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether a bit is set.
    #[must_use]
    pub fn any(&self) -> bool {
        self.words.iter().any(|&word| word != 0)
    }

    /// Whether every bit is set.
    #[must_use]
    pub fn all(&self) -> bool {
        self.count() == self.len
    }

    /// Keeps the bits that `other` has too.
    pub fn and(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }

    /// Adds the bits of `other`.
    pub fn or(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Takes away the bits of `other`.
    pub fn and_not(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= !b;
        }
    }

    /// Turns every bit round.
    pub fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// The rows whose bit is set, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| bits_of(word).map(move |bit| at * 64 + bit))
    }

    /// The rows whose bit is not set, ascending.
    pub fn zeros(&self) -> impl Iterator<Item = usize> + '_ {
        let last = self.len;
        self.words
            .iter()
            .enumerate()
            .flat_map(|(at, &word)| bits_of(!word).map(move |bit| at * 64 + bit))
            .take_while(move |row| *row < last)
    }

    /// The words, 64 rows each, the first row in the lowest bit.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words, to change; the caller leaves the bits past the last row at 0.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    fn trim(&mut self) {
        if !self.len.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }
}

/// The places of the bits of a word, ascending.
fn bits_of(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_behind_those_of_any_number() {
        let bit = |row: usize| row.is_multiple_of(3) || row % 7 == 2;
        for first in [0, 1, 63, 64, 65, 130] {
            for second in [0, 1, 62, 63, 64, 65, 128, 200] {
                let mut mask = Mask::from_fn(first, bit);
                // Bits behind the last row are those of nobody.
                let words = Mask::from_fn(second + 64, |row| bit(first + row));
                mask.extend(&Mask::from_words(words.words().iter().copied(), second));
                assert_eq!(mask, Mask::from_fn(first + second, bit), "{first} and {second}");
            }
        }
    }
}

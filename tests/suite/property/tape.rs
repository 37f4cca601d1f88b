//! Choices read off a tape of numbers. A tape that has run out gives 0, and 0 is always the simplest choice, so a shorter tape of
//! smaller numbers is a simpler program: proptest shrinks tapes, and with them programs and records.

/// A tape and the place of the next choice.
pub(crate) struct Tape<'a> {
    words: &'a [u32],
    at: usize,
}

impl<'a> Tape<'a> {
    pub(crate) fn new(words: &'a [u32]) -> Self {
        Self { words, at: 0 }
    }

    fn next(&mut self) -> u32 {
        let word = self.words.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        word
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n.max(1)
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of these.
    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    /// Up to `most` different places of a list of `len`, in order.
    pub(crate) fn some_of(&mut self, len: usize, most: usize) -> Vec<usize> {
        let count = self.between(1, most.min(len));
        let mut places: Vec<usize> = (0..count).map(|_| self.below(len)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether the tape has run out.
    pub(crate) fn is_over(&self) -> bool {
        self.at >= self.words.len()
    }
}

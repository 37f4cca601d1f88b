//! Changes of seeds: bytes and words, cut, doubled, mixed.

/// The longest input.
const LONGEST: usize = 16_384;

/// Numbers at which lengths and offsets break.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// Gives changed seeds, one after the other.
pub(super) struct Changer<'a> {
    state: u64,
    seeds: &'a [Vec<u8>],
    /// The words of all seeds that are texts.
    words: Vec<&'a [u8]>,
}

impl<'a> Changer<'a> {
    pub(super) fn new(seed: u64, seeds: &'a [Vec<u8>]) -> Self {
        let texts = seeds.iter().filter_map(|seed| std::str::from_utf8(seed).ok());
        let mut words: Vec<&[u8]> = texts.flat_map(words_of).map(str::as_bytes).collect();
        words.sort_unstable();
        words.dedup();
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seeds, words }
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.random() >> 8).unwrap() % n.max(1)
    }

    /// A seed with some changes.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
            input.truncate(LONGEST);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let to = (at + 1 + self.below(12)).min(input.len());
        match self.below(if self.words.is_empty() { 6 } else { 10 }) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.state.wrapping_rem(8);
                }
            }
            1 => {
                let byte = self.random().to_le_bytes()[3];
                input.insert(at, byte);
            }
            2 => drop(input.drain(at.min(to)..to)),
            3 => {
                let part = input[at.min(to)..to].to_vec();
                let place = self.below(input.len() + 1);
                input.splice(place..place, part);
            }
            4 => {
                let edge = EDGES[self.below(EDGES.len())].to_le_bytes();
                let width = [1, 2, 4, 8][self.below(4)].min(input.len() - at);
                input[at..at + width].copy_from_slice(&edge[..width]);
            }
            5 => {
                let other = &self.seeds[self.below(self.seeds.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            // A word in another's place, or beside it.
            n => {
                let word = self.below(self.words.len());
                let word = self.words[word];
                let text = String::from_utf8_lossy(input).into_owned();
                let own: Vec<&str> = words_of(&text).collect();
                let Some(old) = (!own.is_empty()).then(|| own[self.below(own.len())]) else { return };
                let begin = old.as_ptr() as usize - text.as_ptr() as usize;
                let end = if n < 9 { begin + old.len() } else { begin };
                *input = [&text.as_bytes()[..begin], word, &text.as_bytes()[end..]].concat();
            }
        }
    }
}

/// Words, numbers and single marks.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split_inclusive(move |c: char| !is_word(c))
        .flat_map(move |part| {
            let end = part.trim_end_matches(|c: char| !is_word(c)).len();
            [&part[..end], &part[end..]]
        })
        .filter(|word| !word.is_empty())
}

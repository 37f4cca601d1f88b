//! Codes of short cells, found by comparing words instead of texts.

/// Cells of more bytes are none of ours.
const LONGEST: usize = 32;
/// So many cells at most.
const MOST: usize = 512;

/// From the bytes of a cell to a code; a column has few different cells as a rule.
#[derive(Debug, Default)]
pub(super) struct ShortCells {
    /// Open-addressed; the length is a power of two.
    slots: Vec<Slot>,
    count: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: Key,
    code: u32,
}

/// A cell as words: its first and last eight bytes (four of a short one), and for more than sixteen the eight behind and before them. With
/// the length they are the cell.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    words: [u64; 4],
    /// One more than it has bytes; 0 in a free slot.
    length: u32,
}

impl Key {
    #[inline]
    fn new(cell: &[u8]) -> Option<Self> {
        let length = u32::try_from(cell.len()).ok()? + 1;
        let words = match cell.len() {
            0 => [0; 4],
            // Its first byte, the one in the middle, and its last.
            1..=3 => {
                [u64::from(*cell.first()?) << 16 | u64::from(*cell.get(cell.len() / 2)?) << 8 | u64::from(*cell.last()?), 0, 0, 0]
            }
            4..=7 => [half(cell.first_chunk())? << 32 | half(cell.last_chunk())?, 0, 0, 0],
            8..=16 => [word(cell.first_chunk())?, word(cell.last_chunk())?, 0, 0],
            17..=LONGEST => {
                let (first, rest) = cell.split_at_checked(8)?;
                let (_, last) = cell.split_at_checked(cell.len() - 16)?;
                [word(first.first_chunk())?, word(rest.first_chunk())?, word(last.first_chunk())?, word(cell.last_chunk())?]
            }
            _ => return None,
        };
        Some(Self { words, length })
    }

    /// Word by word, for words that were just put together are not in memory yet.
    #[inline]
    fn is(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.words, other.words);
        (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) | u64::from(self.length ^ other.length) == 0
    }

    #[inline]
    fn hash(&self) -> usize {
        let [a, b, c, d] = self.words;
        let mixed = (a ^ b.rotate_left(21) ^ c.rotate_left(42) ^ d.rotate_left(11) ^ u64::from(self.length))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as usize
    }
}

#[inline]
fn word(bytes: Option<&[u8; 8]>) -> Option<u64> {
    bytes.map(|bytes| u64::from_le_bytes(*bytes))
}

#[inline]
fn half(bytes: Option<&[u8; 4]>) -> Option<u64> {
    bytes.map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
}

impl ShortCells {
    /// The code of a cell that was added.
    #[inline]
    pub(super) fn find(&self, cell: &[u8]) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let key = Key::new(cell)?;
        let mut at = key.hash() & mask;
        loop {
            let slot = self.slots.get(at)?;
            if slot.key.is(&key) {
                return Some(slot.code);
            }
            if slot.key.length == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a cell that is not in here, unless it is long or there are many already.
    pub(super) fn add(&mut self, cell: &[u8], code: u32) {
        let Some(key) = Key::new(cell).filter(|_| self.count < MOST) else { return };
        if (self.count + 1) * 2 > self.slots.len() {
            let longer = vec![Slot::default(); (self.slots.len() * 2).max(32)];
            let slots = std::mem::replace(&mut self.slots, longer);
            slots.into_iter().filter(|slot| slot.key.length > 0).for_each(|slot| self.place(slot));
        }
        self.count += 1;
        self.place(Slot { key, code });
    }

    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = slot.key.hash() & mask;
        while self.slots.get(at).is_some_and(|slot| slot.key.length > 0) {
            at = (at + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(at) {
            *free = slot;
        }
    }

    /// Forgets all cells.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_any_length_keeps_its_code() {
        let cell = |n: usize| format!("{n}").repeat(1 + n % 12);
        let mut cells = ShortCells::default();
        for n in 0..MOST {
            assert_eq!(cells.find(cell(n).as_bytes()), None, "{n}");
            cells.add(cell(n).as_bytes(), n as u32);
        }
        for n in 0..MOST {
            let known = cells.find(cell(n).as_bytes());
            assert!(known == Some(n as u32) || cell(n).len() > LONGEST, "{n}: {known:?}");
        }
        assert_eq!(ShortCells::default().find(b""), None);
        assert_eq!(cells.find(&[b'x'; LONGEST + 1]), None);
        assert_eq!(cells.find("\0".as_bytes()), None);
    }
}

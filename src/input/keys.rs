//! Finding keys that occur twice, in at most 16 bytes a key.

use std::hash::BuildHasher;

use crate::column::Column;
use crate::invariant::SureAt as _;

/// So many fingerprints stand in one piece, so that growing copies none.
const PIECE: usize = 1 << 16;

/// Fingerprints of 64 bits by row, and a table of row numbers.
///
/// A fingerprint takes 8 bytes. As long as each is greater than the one before, as the numbers of a sorted export are, none occurs twice
/// and there is no table. The table is never filled beyond four fifths and grows by half, so it takes between 5 and 7.5 bytes a key.
/// Whole numbers are their own fingerprints; two of a billion texts are confused once in forty runs.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    fingerprints: Vec<Vec<u64>>,
    /// Rows that the fingerprints stand for, ascending, where they are not the place + 1.
    count: u32,
    /// Place of a fingerprint + 1, 0 where free.
    table: Vec<u32>,
    /// Rows without a key, which have no fingerprint: ascending.
    gaps: Vec<u64>,
    /// Whether a fingerprint was no greater than the one before, so that there is a table.
    scattered: bool,
}

impl Keys {
    /// Notes the key of the next row; gives the row that had it first.
    pub(crate) fn add(&mut self, fingerprint: u64, row: u64) -> Option<u64> {
        if !self.scattered {
            if self.fingerprints.last().and_then(|piece| piece.last()).is_none_or(|last| *last < fingerprint) {
                self.append(fingerprint);
                return None;
            }
            self.scattered = true;
            self.rebuild((self.count as usize * 3 / 2).max(1024));
        }
        if (self.count as usize + 1) * 5 > self.table.len() * 4 {
            self.rebuild(self.table.len() * 3 / 2);
        }
        match self.find(fingerprint) {
            Ok(place) => {
                self.gaps.push(row);
                Some(self.row_of(place))
            }
            Err(slot) => {
                self.append(fingerprint);
                if let Some(free) = self.table.get_mut(slot) {
                    *free = self.count;
                }
                None
            }
        }
    }

    fn append(&mut self, fingerprint: u64) {
        self.count = self.count.saturating_add(1);
        match self.fingerprints.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(fingerprint),
            Some(_) | None => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(fingerprint);
                self.fingerprints.push(piece);
            }
        }
    }

    /// Notes a row that has no key.
    pub(crate) fn skip(&mut self, row: u64) {
        self.gaps.push(row);
    }

    /// The row of a fingerprint: its place, moved on by the rows without one before it.
    fn row_of(&self, place: u32) -> u64 {
        let (mut low, mut high) = (0, self.gaps.len());
        while low < high {
            let middle = (low + high) / 2;
            let gap = *self.gaps.sure_at(middle);
            if gap <= u64::from(place) + 1 + middle as u64 { low = middle + 1 } else { high = middle }
        }
        u64::from(place) + 1 + low as u64
    }

    fn fingerprint(&self, place: u32) -> Option<u64> {
        self.fingerprints.get(place as usize / PIECE)?.get(place as usize % PIECE).copied()
    }

    /// The place of a fingerprint, or the slot where it belongs.
    fn find(&self, fingerprint: u64) -> Result<u32, usize> {
        let mut slot = slot_of(fingerprint, self.table.len());
        loop {
            match *self.table.sure_at(slot) {
                0 => return Err(slot),
                taken if self.fingerprint(taken - 1) == Some(fingerprint) => return Ok(taken - 1),
                _ => slot = if slot + 1 >= self.table.len() { 0 } else { slot + 1 },
            }
        }
    }

    fn rebuild(&mut self, len: usize) {
        self.table = vec![0; len];
        for place in 0..self.count {
            if let Some(fingerprint) = self.fingerprint(place)
                && let Err(slot) = self.find(fingerprint)
                && let Some(free) = self.table.get_mut(slot)
            {
                *free = place + 1;
            }
        }
    }
}

/// Spreads fingerprints over a table of any length.
fn slot_of(fingerprint: u64, len: usize) -> usize {
    let mixed = (fingerprint ^ fingerprint >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((u128::from(mixed) * len as u128) >> 64) as usize
}

/// The fingerprints of a key column by row, `None` where the key is unknown.
pub(crate) fn fingerprints(column: &Column) -> Box<dyn Iterator<Item = Option<u64>> + '_> {
    match column {
        Column::Integer(values) | Column::DateTime(values) => {
            Box::new((0..values.values.len()).map(|row| values.get(row).map(|n| n as u64)))
        }
        Column::Number(values) => Box::new((0..values.values.len()).map(|row| values.get(row).map(|x| (x + 0.0).to_bits()))),
        Column::Date(values) => Box::new((0..values.values.len()).map(|row| values.get(row).map(|d| d as u64))),
        Column::Text(texts) => Box::new((0..texts.len()).map(|row| texts.get(row).map(of_text))),
        Column::Dictionary(d) => Box::new(d.codes.iter().map(|&code| d.dictionary.get(code).map(of_text))),
        Column::Option(codes) => Box::new(codes.iter().map(|&c| (c != crate::column::UNKNOWN_CODE).then_some(u64::from(c)))),
        Column::Boolean(b) => Box::new((0..b.known.len()).map(|row| b.known.get(row).then_some(u64::from(b.truth.get(row))))),
        Column::Set(_) | Column::TextSet(_) => Box::new(std::iter::empty()),
    }
}

/// The fingerprint of a text key.
pub(crate) fn of_text(text: &str) -> u64 {
    rustc_hash::FxBuildHasher.hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn the_first_row_of_a_key_is_found_again() {
        let mut keys = Keys::default();
        for row in 1..=300_000_u64 {
            match row % 10 {
                3 => keys.skip(row),
                7 => assert_eq!(keys.add(row - 1, row), Some(row - 1)),
                _ => assert_eq!(keys.add(row, row), None),
            }
        }
        assert_eq!(keys.add(5, 300_001), Some(5));
        assert_eq!(keys.add(299_999, 300_002), Some(299_999));
        let bytes = keys.table.len() * 4 + keys.fingerprints.len() * super::PIECE * 8;
        assert!(bytes <= keys.count as usize * 16 + super::PIECE * 8, "{bytes} bytes for {} keys", keys.count);
    }

    #[test]
    fn ascending_keys_need_no_table_until_one_is_not() {
        let mut keys = Keys::default();
        for row in 1..=5000_u64 {
            assert_eq!(keys.add(row * 10, row), None);
        }
        assert!(keys.table.is_empty());
        assert_eq!(keys.add(50_000, 5001), Some(5000));
        assert_eq!(keys.add(25, 5002), None);
        assert_eq!(keys.add(25, 5003), Some(5002));
        assert_eq!(keys.add(10, 5004), Some(1));
    }
}

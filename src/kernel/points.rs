//! Loops that give points.

use crate::column::Mask;
use crate::invariant::number;

/// Adds `points` to the rows of the mask.
pub fn add(sums: &mut [i64], rows: &Mask, points: i64) {
    for (sums, word) in sums.chunks_mut(64).zip(rows.words()) {
        match *word {
            0 => {}
            u64::MAX => sums.iter_mut().for_each(|sum| *sum += points),
            bits if bits.count_ones() < 8 => {
                let mut bits = bits;
                while bits != 0 {
                    if let Some(sum) = sums.get_mut(bits.trailing_zeros() as usize) {
                        *sum += points;
                    }
                    bits &= bits - 1;
                }
            }
            bits => {
                // All bits or none as a mask, so that the loop has no branch.
                for (at, sum) in sums.iter_mut().enumerate() {
                    *sum += points & 0_i64.wrapping_sub(i64::from(bits >> at & 1 == 1));
                }
            }
        }
    }
}

/// Adds each row's own points.
pub fn add_each(sums: &mut [i64], points: &[i64]) {
    for (sum, points) in sums.iter_mut().zip(points) {
        *sum = sum.saturating_add(*points);
    }
}

/// Adds to each row what a table says for its key; the last entry stands for every key beyond.
#[expect(clippy::indexing_slicing, reason = "the place is held below the length, and the table is not empty")]
pub fn add_by_key(sums: &mut [i64], keys: &[u32], table: &[i64]) {
    let Some(last) = table.len().checked_sub(1) else { return };
    for (sum, key) in sums.iter_mut().zip(keys) {
        *sum += table[(*key as usize).min(last)];
    }
}

/// How often each key below `len` stands, in `counts`.
///
/// Neighbouring rows often have one key; four counters a key keep each addition from waiting for the one before.
pub fn count_keys(keys: &[u32], len: usize, lanes: &mut Vec<u32>, counts: &mut Vec<u64>) {
    lanes.clear();
    lanes.resize(4 * len, 0);
    let mut add = |at: usize| {
        if let Some(count) = lanes.get_mut(at) {
            *count += 1;
        }
    };
    let (fours, rest) = keys.as_chunks::<4>();
    for &[a, b, c, d] in fours {
        add(a as usize);
        add(len + b as usize);
        add(2 * len + c as usize);
        add(3 * len + d as usize);
    }
    rest.iter().for_each(|&key| add(key as usize));
    counts.clear();
    counts.resize(len, 0);
    for lane in lanes.chunks(len.max(1)) {
        for (count, n) in counts.iter_mut().zip(lane) {
            *count += u64::from(*n);
        }
    }
}

/// For each value the number of ends at or below it.
pub fn intervals<T: Copy + PartialOrd>(values: &[T], ends: &[T], out: &mut Vec<u32>) {
    out.clear();
    if ends.len() <= 8 {
        out.resize(values.len(), 0);
        for end in ends {
            for (key, value) in out.iter_mut().zip(values) {
                *key += u32::from(*value >= *end);
            }
        }
    } else {
        out.extend(values.iter().map(|value| number(ends.partition_point(|end| end <= value))));
    }
}

/// The number of ends at or below each whole number from a little below the first end to the last, so that none is looked for.
#[derive(Debug, Clone, Default)]
pub struct NearEnds {
    low: i64,
    keys: Vec<u16>,
}

impl NearEnds {
    /// So many whole numbers at most have their own place.
    const MOST: i64 = 1 << 15;

    /// For these ends, ascending; `None` where they lie too far apart.
    #[must_use]
    pub fn new(ends: &[i64]) -> Option<Self> {
        let (first, last) = (ends.first()?, ends.last()?);
        let low = first.checked_sub(1)?;
        let len = last.checked_sub(low).filter(|span| *span < Self::MOST)? + 1;
        let mut keys = Vec::with_capacity(usize::try_from(len).ok()?);
        let mut key = 0_u16;
        let mut ends = ends.iter().peekable();
        for value in low..low + len {
            while ends.next_if(|end| **end <= value).is_some() {
                key += 1;
            }
            keys.push(key);
        }
        Some(Self { low, keys })
    }

    /// Whether no number has a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// As [`intervals`].
    #[expect(clippy::indexing_slicing, reason = "the place is held below the length, and the table is not empty")]
    pub fn intervals(&self, values: &[i64], out: &mut Vec<u32>) {
        out.clear();
        let Some(last) = self.keys.len().checked_sub(1) else { return };
        out.extend(values.iter().map(|value| {
            let above = value.saturating_sub(self.low).max(0) as u64;
            u32::from(self.keys[(above as usize).min(last)])
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ends_are_found_as_far_ones() {
        let ends = [-3, -1, 0, 7, 8, 4000];
        let values: Vec<i64> = (-10..20).chain([3998, 3999, 4000, 4001, i64::MIN, i64::MAX]).collect();
        let (mut near, mut far) = (Vec::new(), Vec::new());
        NearEnds::new(&ends).unwrap().intervals(&values, &mut near);
        intervals(&values, &ends, &mut far);
        assert_eq!(near, far);
        let one_by_one: Vec<u32> = values.iter().map(|v| ends.iter().filter(|end| *end <= v).count() as u32).collect();
        assert_eq!(far, one_by_one);
        assert!(NearEnds::new(&[i64::MIN, i64::MAX]).is_none() && NearEnds::new(&[0, 1 << 20]).is_none());
    }

    #[test]
    fn every_key_is_counted() {
        let keys: Vec<u32> = (0..1003).map(|n| n * n % 7).collect();
        let mut counts = Vec::new();
        count_keys(&keys, 7, &mut Vec::new(), &mut counts);
        for (key, count) in (0..).zip(&counts) {
            assert_eq!(*count, keys.iter().filter(|&&k| k == key).count() as u64);
        }
    }
}

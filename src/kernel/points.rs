//! Loops that give points.

use crate::column::Mask;

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

/// For each value the number of ends at or below it.
pub fn intervals<T: Copy + PartialOrd>(values: &[T], ends: &[T], out: &mut Vec<u32>) {
    out.clear();
    if ends.len() <= 24 {
        out.resize(values.len(), 0);
        for end in ends {
            for (key, value) in out.iter_mut().zip(values) {
                *key += u32::from(*value >= *end);
            }
        }
    } else {
        out.extend(values.iter().map(|value| u32::try_from(ends.partition_point(|end| end <= value)).unwrap_or(u32::MAX)));
    }
}

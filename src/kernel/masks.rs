//! Loops that end in a bitmap.

use crate::column::Mask;
use crate::invariant::SureAt as _;

/// The rows whose value passes `test`.
pub fn test<T: Copy>(values: &[T], out: &mut Mask, test: impl Fn(T) -> bool) {
    out.reset(values.len(), false);
    for (word, rows) in out.words_mut().iter_mut().zip(values.chunks(64)) {
        *word = rows.iter().rev().fold(0, |bits, &value| bits << 1 | u64::from(test(value)));
    }
}

/// The rows whose two values pass `test`.
pub fn test2<T: Copy>(a: &[T], b: &[T], out: &mut Mask, test: impl Fn(T, T) -> bool) {
    out.reset(a.len().min(b.len()), false);
    for (word, (a, b)) in out.words_mut().iter_mut().zip(a.chunks(64).zip(b.chunks(64))) {
        *word = a.iter().zip(b).rev().fold(0, |bits, (&a, &b)| bits << 1 | u64::from(test(a, b)));
    }
}

/// The words of two masks put together.
pub fn combine(a: &Mask, b: &Mask, out: &mut Mask, with: impl Fn(u64, u64) -> u64) {
    out.reset(a.len(), false);
    for (word, (a, b)) in out.words_mut().iter_mut().zip(a.words().iter().zip(b.words())) {
        *word = with(*a, *b);
    }
}

/// The same rows.
pub fn copy(a: &Mask, out: &mut Mask) {
    combine(a, a, out, |a, _| a);
}

/// The rows whose code has its bit in `set`; an unknown code never has.
pub fn code_in(codes: &[u32], set: &[u64], out: &mut Mask) {
    if let [only] = set {
        test(codes, out, |code| code < 64 && only >> (code % 64) & 1 == 1);
    } else {
        test(codes, out, |code| set.get(code as usize / 64).is_some_and(|word| word >> (code % 64) & 1 == 1));
    }
}

/// The rows whose code has its bit in `bits`; an unknown code never has.
pub fn gather(codes: &[u32], bits: &Mask, out: &mut Mask) {
    code_in(codes, bits.words(), out);
}

/// The rows whose set has any (all) of the bits of `wanted`.
pub fn set_has(bits: &[u64], words: usize, wanted: &[u64], all: bool, out: &mut Mask) {
    if let (1, [wanted]) = (words, wanted) {
        if all {
            test(bits, out, |row| row & wanted == *wanted);
        } else {
            test(bits, out, |row| row & wanted != 0);
        }
        return;
    }
    let words = words.max(1);
    *out = Mask::from_fn(bits.len() / words, |row| {
        let row = bits.sure_at(row * words..(row + 1) * words);
        let bit = |at: usize| row.get(at).copied().unwrap_or_default();
        let mut pairs = wanted.iter().enumerate().map(|(at, wanted)| (bit(at), *wanted));
        if all { pairs.all(|(has, wanted)| has & wanted == wanted) } else { pairs.any(|(has, wanted)| has & wanted != 0) }
    });
}

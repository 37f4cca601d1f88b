//! What tells two findings apart, and the same finding again in a later version of its file.

use std::collections::HashMap;

use super::View;
use crate::diag::Diagnostic;

/// Fingerprints of the findings of one view: from the file, the code and the text of the line, not from its number, so that
/// lines added above change nothing; the n-th equal one is told apart by n.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: HashMap<u128, u32>,
}

impl Fingerprints {
    pub(super) fn of(&mut self, d: &Diagnostic, view: &View<'_>) -> String {
        let line = view.sources.get(d.span.file).and_then(|file| {
            let range = file.line_range(file.line_index(d.span.start));
            file.text().get(range)
        });
        let words: Vec<&str> = line.into_iter().flat_map(str::split_whitespace).collect();
        let hash = fnv(&[view.path(d.span.file), d.code.id(), &words.join(" ")]);
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        if *count == 1 { format!("{hash:032x}") } else { format!("{:032x}", fnv(&[&format!("{hash:032x}"), &count.to_string()])) }
    }
}

/// FNV-1a with 128 bits over the parts, each closed by a zero byte (<https://datatracker.ietf.org/doc/html/rfc9923>).
fn fnv(parts: &[&str]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

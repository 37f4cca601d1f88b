//! Finding out how a CSV file is written from how it begins.

use super::index::{Index, Marks};

/// How a file is written, and where its header starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Its structuring bytes.
    pub(crate) marks: Marks,
    /// How many bytes a `sep=` line takes at the start.
    pub(crate) skip: usize,
}

/// Candidates, the more usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// So many rows are looked at.
const ROWS: usize = 50;

/// The dialect of a file that begins with `head`; `whole` says that this is all of it.
pub(crate) fn detect(head: &[u8], whole: bool) -> Dialect {
    let newline = if !head.contains(&b'\n') && head.contains(&b'\r') { b'\r' } else { b'\n' };
    if let Some((delimiter, skip)) = announced(head, newline) {
        return Dialect { marks: Marks { delimiter, newline }, skip };
    }
    let mut index = Index::default();
    let mut best = (b',', (0, 0));
    // Where the first row is a title, the most cells that several rows have tell.
    let mut wide = (b',', 1);
    for delimiter in DELIMITERS {
        index.build(head, Marks { delimiter, newline }, 0, ROWS, whole);
        if index.rows() == 0 {
            // The first row is longer than what we see of it: count what there is.
            index.build(head, Marks { delimiter, newline }, 0, ROWS, true);
        }
        if index.columns < 2 {
            let of = |cells: usize| index.ragged.iter().filter(|(_, found)| *found == cells).count();
            let most = index.ragged.iter().map(|&(_, found)| found).filter(|&cells| of(cells) > 1).max().unwrap_or(1);
            if most > wide.1 {
                wide = (delimiter, most);
            }
            continue;
        }
        // In tenths, so that a ragged row here and there does not outweigh the number of columns.
        let even = (index.rows() - index.ragged.len()) * 10 / index.rows().max(1);
        let rating = (even, index.columns);
        if rating > best.1 {
            best = (delimiter, rating);
        }
    }
    let delimiter = if best.1 == (0, 0) { wide.0 } else { best.0 };
    Dialect { marks: Marks { delimiter, newline }, skip: 0 }
}

/// `sep=;` on the first line.
fn announced(head: &[u8], newline: u8) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=").or_else(|| head.strip_prefix(b"SEP=")).or_else(|| head.strip_prefix(b"\"sep="))?;
    let (&delimiter, _) = rest.split_first()?;
    let end = memchr::memchr(newline, head)?;
    Some((delimiter, end + 1))
}

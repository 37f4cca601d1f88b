//! Any text: the parser gives a tree and places that exist; the layout of a sound text is the same a second time and has its tree.

use lsrc::source::FileId;
use lsrc::{format, syntax};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parsed = syntax::parse(FileId(0), text);
    for finding in parsed.diagnostics.iter() {
        let (start, end) = (finding.span.start as usize, finding.span.end as usize);
        assert!(start <= end && end <= text.len(), "{finding:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{finding:?}");
    }
    if parsed.diagnostics.has_errors() {
        return;
    }
    let once = format::format(&parsed, text);
    let again = syntax::parse(FileId(0), &once);
    assert!(format::same_tree((&parsed, text), (&again, &once)), "another tree:\n{once}");
    assert_eq!(once, format::format(&again, &once), "another layout");
}

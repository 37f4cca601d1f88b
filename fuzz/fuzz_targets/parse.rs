//! Any text: the parser gives a tree and places that exist.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lsrc::source::FileId;

fuzz_target!(|text: &str| {
    let parsed = lsrc::syntax::parse(FileId(0), text);
    for finding in parsed.diagnostics.iter() {
        assert!(finding.span.start <= finding.span.end, "{finding:?}");
        assert!(finding.span.end as usize <= text.len(), "{finding:?}");
        assert!(text.is_char_boundary(finding.span.start as usize), "{finding:?}");
        assert!(text.is_char_boundary(finding.span.end as usize), "{finding:?}");
    }
});

//! `missing-version`: a file without `lsr 1`.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::Parsed;
use crate::syntax::ast::ItemKind;

pub(super) fn find(parsed: &Parsed, found: &mut Diagnostics) {
    let items = &parsed.file.items;
    let Some(first) = items.first() else { return };
    if items.iter().any(|item| matches!(item.kind, ItemKind::Version(_))) {
        return;
    }
    let top = Span::new(first.span.file, 0, 0);
    found.push(
        Diagnostic::new(Code::MissingVersion, top, "the file does not say which version of the language it means")
            .help("write `lsr 1` at the top, so that the rules mean the same for ever")
            .fix(true, "insert `lsr 1`", top, "lsr 1\n\n"),
    );
}

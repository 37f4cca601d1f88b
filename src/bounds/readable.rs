//! Which texts a record can have: readers drop outer white space, and some texts mean that there is no value.

use std::sync::Arc;

use crate::input::trim;
use crate::schema::Schema;
use crate::text::fold;
use crate::value::Options;

/// A combining mark: with `ignore accents` a text has as many more of them as anybody likes.
pub(super) const MARK: char = '\u{301}';

/// Whether some cell reads as exactly this text.
pub(super) fn is_read(schema: &Schema, text: &str) -> bool {
    !text.is_empty() && trim(text) == text && !is_no_value(schema, text)
}

/// Whether a text means that there is no value.
fn is_no_value(schema: &Schema, text: &str) -> bool {
    if schema.unknown_values.is_empty() {
        return false;
    }
    let accents = schema.ignore_accents;
    let folded = fold(text, accents);
    schema.unknown_values.iter().any(|value| fold(trim(value), accents) == folded)
}

/// A text that some cell reads as, and that is compared as this constant; `None` where there is none.
#[must_use]
pub fn spelled(schema: &Schema, constant: &Arc<str>) -> Option<Arc<str>> {
    if is_read(schema, constant) {
        return Some(constant.clone());
    }
    // A mark that is skipped keeps white space from being dropped.
    let guarded = format!("{MARK}{constant}{MARK}");
    (schema.ignore_accents && is_read(schema, &guarded)).then(|| guarded.into())
}

/// Whether some cell reads as the option of this code.
pub(super) fn is_option_read(schema: &Schema, options: &Options, code: u32) -> bool {
    let option = options.items.get(code as usize);
    option.is_some_and(|o| std::iter::once(&o.name).chain(&o.forms).any(|form| is_read(schema, trim(form))))
}

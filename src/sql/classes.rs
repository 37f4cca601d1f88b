//! Classes of characters as queries hold them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::text;

static BLANK: LazyLock<String> = LazyLock::new(|| ('\0'..='\u{ffff}').filter(|c| c.is_whitespace()).collect());

static WHITE: LazyLock<String> =
    LazyLock::new(|| ('\0'..='\u{ffff}').filter(|&c| c.is_whitespace() || c == '\u{feff}').collect());

/// Combining marks, as the inside of a class of characters.
static MARKS: LazyLock<String> = LazyLock::new(|| class(text::is_mark));

/// What belongs to a word, as the inside of a class of characters.
static WORD: LazyLock<String> = LazyLock::new(|| class(text::is_word));

/// White space.
pub(super) fn blank() -> &'static str {
    &BLANK
}

/// White space and the byte order mark, which the outer ends of a cell lose.
pub(super) fn white() -> &'static str {
    &WHITE
}

/// The inside of a class of characters, in ranges: combining marks.
pub(super) fn mark_class() -> &'static str {
    &MARKS
}

/// The inside of a class of characters, in ranges: what belongs to a word.
pub(super) fn word_class() -> &'static str {
    &WORD
}

fn class(belongs: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut run: Option<(char, char)> = None;
    let mut close = |run: &mut Option<(char, char)>| {
        let Some((first, last)) = run.take() else { return };
        let _always = if first == last { write!(out, "{first}") } else { write!(out, "{first}-{last}") };
    };
    for c in '\0'..=char::MAX {
        match (&mut run, belongs(c)) {
            (Some((_, last)), true) => *last = c,
            (None, true) => run = Some((c, c)),
            (_, false) => close(&mut run),
        }
    }
    close(&mut run);
    out
}

//! Positions of the protocol and bytes of texts.

use super::types::{Position, Range};
use crate::source::{SourceFile, Span, Utf16Position};

/// What the columns of positions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes
    Utf8,
    /// UTF-16 code units, which every client knows.
    Utf16,
}

impl Encoding {
    /// Its name in the protocol.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    /// The position of a byte.
    pub(super) fn position(self, file: &SourceFile, offset: u32) -> Position {
        let (line, character) = match self {
            Self::Utf16 => {
                let at = file.utf16(offset);
                (at.line, at.character)
            }
            Self::Utf8 => {
                let line = file.line_index(offset);
                (line, (offset as usize).saturating_sub(file.line_range(line).start))
            }
        };
        Position { line: crate::invariant::number(line), character: crate::invariant::number(character) }
    }

    /// The byte of a position: the end of its line for one behind it, the end of the text for a line that there is not, and the start
    /// of a character for one inside it.
    pub(super) fn offset(self, file: &SourceFile, position: Position) -> u32 {
        let (line, character) = (position.line as usize, position.character as usize);
        match self {
            Self::Utf16 => file.offset_of_utf16(Utf16Position { line, character }),
            Self::Utf8 => {
                let range = file.line_range(line);
                let mut at = range.start.saturating_add(character).min(range.end);
                while !file.text().is_char_boundary(at) {
                    at -= 1;
                }
                crate::invariant::number(at)
            }
        }
    }

    /// The range of a span.
    pub(super) fn range(self, file: &SourceFile, span: Span) -> Range {
        Range { start: self.position(file, span.start), end: self.position(file, span.end) }
    }

    /// The bytes of a range; one whose ends are exchanged is turned.
    pub(super) fn bytes(self, file: &SourceFile, range: Range) -> std::ops::Range<u32> {
        let (start, end) = (self.offset(file, range.start), self.offset(file, range.end));
        start.min(end)..start.max(end)
    }
}

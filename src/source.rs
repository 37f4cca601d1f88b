//! Source files, spans, and the one place where a byte offset becomes a line and a column.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::invariant::SureAt as _;

/// The number of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The file that the range is in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of bytes `start..end` of `file`.
    #[must_use]
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that holds both; `other` must be in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        debug_assert_eq!(self.file, other.file);
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside this span.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A place in a file as people count it: both numbers from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A position as editors count it: both numbers from 0, columns in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utf16Position {
    /// Line, from 0.
    pub line: usize,
    /// UTF-16 code units before it on its line.
    pub character: usize,
}

/// One source text with its line index.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: String,
    path: Option<PathBuf>,
    text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// A source text shown to people as `name`; `path` is where `use` and `list from` start from.
    #[must_use]
    pub fn new(name: impl Into<String>, path: Option<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let mut line_starts = vec![0];
        let bytes = text.as_bytes();
        // `\n`, `\r\n` and a lone `\r` end a line.
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|&at| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
        line_starts.extend(ends.map(|at| to_u32(at + 1)));
        Self { name: name.into(), path, text, line_starts }
    }

    /// The name shown in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the file was read from, if it was.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// How many lines the text has; a final line end starts no further line.
    #[must_use]
    pub fn line_count(&self) -> usize {
        let open = self.line_starts.last().is_some_and(|&start| (start as usize) < self.text.len());
        self.line_starts.len() - usize::from(!open && self.line_starts.len() > 1)
    }

    /// Index from 0 of the line that holds byte `offset`.
    #[must_use]
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Bytes of the line with this index from 0, without its line end.
    #[must_use]
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let start = self.line_starts.get(line).map_or(self.text.len(), |&s| s as usize);
        let end = self.line_starts.get(line + 1).map_or(self.text.len(), |&s| s as usize);
        let body = self.text.sure_at(start..end);
        start..start + body.trim_end_matches(['\n', '\r']).len()
    }

    /// Line and column of byte `offset`.
    #[must_use]
    pub fn place(&self, offset: u32) -> Place {
        let line = self.line_index(offset);
        Place { line: line + 1, column: self.before(line, offset).chars().count() + 1 }
    }

    /// What stands on a line before a byte of it; nothing before a byte that is not of the text.
    fn before(&self, line: usize, offset: u32) -> &str {
        let start = self.line_starts.get(line).map_or(0, |&s| s as usize);
        self.text.get(start..offset as usize).unwrap_or("")
    }

    /// The position of byte `offset` as editors count it.
    ///
    /// ```
    /// use lsrc::source::{SourceFile, Utf16Position};
    /// let file = SourceFile::new("a.lsr", None, "lsr 1\n# 𝄞 é x");
    /// assert_eq!(file.utf16(16), Utf16Position { line: 1, character: 7 });
    /// assert_eq!(file.offset_of_utf16(Utf16Position { line: 1, character: 7 }), 16);
    /// ```
    #[must_use]
    pub fn utf16(&self, offset: u32) -> Utf16Position {
        let line = self.line_index(offset);
        Utf16Position { line, character: self.before(line, offset).encode_utf16().count() }
    }

    /// The byte at a position as editors count it; one beyond the end of its line is the line's end, as the language server protocol
    /// asks, and one inside a character is the character's start.
    #[must_use]
    pub fn offset_of_utf16(&self, position: Utf16Position) -> u32 {
        let range = self.line_range(position.line);
        let mut left = position.character;
        let mut at = range.start;
        for c in self.text.sure_at(range).chars() {
            if c.len_utf16() > left {
                break;
            }
            left -= c.len_utf16();
            at += c.len_utf8();
        }
        to_u32(at)
    }
}

/// All source files of one program, by [`FileId`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No file yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and gives its number.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(to_u32(self.files.len() - 1))
    }

    /// The file with this number.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(to_u32(at)), file))
    }

    /// The text that a span covers; empty where the span is not of these files.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// The name of the span's file.
    #[must_use]
    pub fn name(&self, span: Span) -> &str {
        self.get(span.file).map_or("", SourceFile::name)
    }

    /// Line and column of the span's first byte.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.get(span.file).map_or(Place { line: 1, column: 1 }, |f| f.place(span.start))
    }

    /// Line and column just behind the span's last byte.
    #[must_use]
    pub fn end_place(&self, span: Span) -> Place {
        self.get(span.file).map_or(Place { line: 1, column: 1 }, |f| f.place(span.end))
    }
}

/// Source files are limited to 16 MiB, so that offsets always fit.
fn to_u32(n: usize) -> u32 {
    crate::invariant::number(n)
}

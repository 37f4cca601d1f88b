//! What stands beside the tree: comments, documentation, and suppressions.

use crate::invariant::SureAt as _;
use crate::source::{FileId, Span};

/// A comment with its `#`, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// As written, trailing white space left out.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether nothing stands before it on its line.
    pub own_line: bool,
    /// Its line, from 0.
    pub line: usize,
}

impl Comment {
    /// Whether it is documentation: `##`.
    #[must_use]
    pub fn is_doc(&self) -> bool {
        self.text.starts_with("##")
    }
}

/// `# lsrc: allow(NAME, ..) reason`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The names in the brackets with their places.
    pub names: Vec<(String, Span)>,
    /// Why; empty where none is given.
    pub reason: String,
    /// The whole comment.
    pub span: Span,
    /// The bytes of the line that it speaks of: its own at a line's end, else the next line that holds something besides comments.
    pub covers: Span,
}

/// A comment that says where the line below it was measured from: `# lsrc: measured ..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The comment.
    pub text: String,
    /// Where it is.
    pub span: Span,
    /// The line that it is about, from 0; `None` where none follows.
    pub line: Option<usize>,
}

/// The comments of a file in order, and its lines.
#[derive(Debug, Clone, Default)]
pub struct Trivia {
    file: FileId,
    comments: Vec<Comment>,
    /// Where each line starts; a last entry for the end of the text.
    lines: Vec<u32>,
    /// For each line the first line from it on that holds more than white space and comments.
    code_lines: Vec<usize>,
}

impl Trivia {
    /// The trivia of a text whose comments stand at these bytes, in order.
    pub(super) fn new(file: FileId, text: &str, comments: &[(usize, usize)]) -> Self {
        let mut lines = vec![0];
        let bytes = text.as_bytes();
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n') {
                lines.push(to_u32(at + 1));
            }
        }
        let mut trivia = Self { file, comments: Vec::with_capacity(comments.len()), lines, code_lines: Vec::new() };
        for &(start, end) in comments {
            let line = trivia.line_of(to_u32(start));
            let line_start = trivia.lines.get(line).map_or(0, |&s| s as usize);
            let own_line = text.get(line_start..start).is_some_and(|before| before.chars().all(is_blank));
            let written = text.sure_at(start..end).trim_end();
            let span = Span::new(file, to_u32(start), to_u32(start + written.len()));
            trivia.comments.push(Comment { text: written.to_owned(), span, own_line, line });
        }
        trivia.lines.push(to_u32(text.len()));
        trivia.find_code_lines(text);
        trivia
    }

    fn find_code_lines(&mut self, text: &str) {
        let mut next = self.comments.iter().rev().filter(|c| c.own_line).peekable();
        let count = self.lines.len().saturating_sub(1);
        let mut found = count;
        let mut code_lines = vec![count; count];
        for line in (0..count).rev() {
            let comment = next.next_if(|c| c.line == line).is_some();
            if !comment && !self.line_text(text, line).chars().all(is_blank) {
                found = line;
            }
            if let Some(slot) = code_lines.get_mut(line) {
                *slot = found;
            }
        }
        self.code_lines = code_lines;
    }

    fn line_text<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let start = self.lines.get(line).map_or(0, |&s| s as usize);
        let end = self.lines.get(line + 1).map_or(text.len(), |&s| s as usize);
        text.sure_at(start..end)
    }

    /// All comments, `##` lines among them, in order.
    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The line, from 0, that holds this byte.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.lines.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The `##` lines directly above this byte, if it is the first thing on its line: without `##` and the blank after it.
    #[must_use]
    pub fn docs_above(&self, offset: u32) -> Vec<String> {
        let line = self.line_of(offset);
        let before = self.comments.partition_point(|c| c.span.start < offset);
        let above = self.comments.sure_at(..before);
        let mut docs: Vec<String> = Vec::new();
        for comment in above.iter().rev() {
            if !comment.own_line || !comment.is_doc() || comment.line + docs.len() + 1 != line {
                break;
            }
            let body = comment.text.sure_at(2..);
            docs.push(body.strip_prefix(' ').unwrap_or(body).to_owned());
        }
        docs.reverse();
        docs
    }

    /// The suppressions in order.
    #[must_use]
    pub fn allows(&self) -> Vec<Allow> {
        self.comments.iter().filter_map(|comment| self.allow(comment)).collect()
    }

    /// The comments that say where lines were measured from, in order.
    #[must_use]
    pub fn measured(&self) -> Vec<Measured> {
        let of = |comment: &Comment| {
            let _form = super::Provenance::parse(&comment.text)?;
            let below = self.code_lines.get(comment.line + 1).copied().filter(|line| *line < self.code_lines.len());
            let line = if comment.own_line { below } else { Some(comment.line) };
            Some(Measured { text: comment.text.clone(), span: comment.span, line })
        };
        self.comments.iter().filter_map(of).collect()
    }

    fn allow(&self, comment: &Comment) -> Option<Allow> {
        let body = comment.text.trim_start_matches('#').trim_start();
        let body = body.strip_prefix("lsrc:")?.trim_start();
        let inside = body.strip_prefix("allow")?.trim_start().strip_prefix('(')?;
        let (list, reason) = inside.split_once(')')?;
        let mut at = comment.text.len() - inside.len();
        let mut names = Vec::new();
        for part in list.split(',') {
            let name = part.trim();
            if !name.is_empty() {
                let start = comment.span.start + to_u32(at + part.len() - part.trim_start().len());
                names.push((name.to_owned(), Span::new(self.file, start, start + to_u32(name.len()))));
            }
            at += part.len() + 1;
        }
        let line = if comment.own_line { self.code_lines.get(comment.line + 1).copied() } else { Some(comment.line) };
        let start_of = |line: usize| self.lines.get(line).copied();
        let start = line.and_then(start_of).unwrap_or(comment.span.end);
        let end = line.and_then(|line| start_of(line.checked_add(1)?)).unwrap_or(start);
        let reason = reason.trim_start_matches([':', '-', ' ']).trim().to_owned();
        Some(Allow { names, reason, span: comment.span, covers: Span::new(self.file, start, end) })
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// Source texts are limited to 16 MiB, so that offsets always fit.
fn to_u32(n: usize) -> u32 {
    crate::invariant::number(n)
}

/// How many line ends a text has: `\n`, `\r\n` and a lone `\r` count one each.
pub(crate) fn count_lines(text: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'))
        .count()
}

//! A stream in blocks: what is not used up stays for the next block.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::invariant::{Sure as _, SureAt as _};

use super::error::{Excerpt, InputError};

/// The usual length of a block: with an index of its cells it stays near the processor, so that columns can be picked from it one after
/// the other.
const BLOCK: usize = 128 << 10;

/// A block grows up to this length to hold one record.
pub(crate) const LONGEST: usize = 64 << 20;

/// A stream with the part of it that is in memory.
pub(crate) struct Blocks {
    pub(crate) path: PathBuf,
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Buffers that were given away and came back.
    spare: Vec<Vec<u8>>,
    start: usize,
    end: usize,
    /// Whether the stream has ended.
    pub(crate) eof: bool,
    /// The line of the first byte not used up.
    pub(crate) line: u64,
}

impl Blocks {
    /// Nothing read yet.
    pub(crate) fn new(path: &Path, reader: Box<dyn Read + Send>) -> Self {
        Self { path: path.to_owned(), reader, buffer: vec![0; BLOCK], spare: Vec::new(), start: 0, end: 0, eof: false, line: 1 }
    }

    /// A stream that is in memory as a whole and begins with line `line`.
    pub(crate) fn whole(path: &Path, bytes: Vec<u8>, line: u64) -> Self {
        let end = bytes.len();
        Self {
            path: path.to_owned(),
            reader: Box::new(std::io::empty()),
            buffer: bytes,
            spare: Vec::new(),
            start: 0,
            end,
            eof: true,
            line,
        }
    }

    /// What is in memory and not used up.
    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.sure_at(self.start..self.end)
    }

    /// Fills the block up behind what is not used up.
    pub(crate) fn refill(&mut self) -> Result<(), InputError> {
        if self.eof {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => {
                    self.eof = true;
                    break;
                }
                Ok(n) => self.end += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(InputError::io(&self.path, e)),
            }
        }
        Ok(())
    }

    /// Reads on because the block holds no whole record; false when it may grow no more.
    pub(crate) fn extend(&mut self) -> Result<bool, InputError> {
        if self.start == 0 && self.end == self.buffer.len() {
            if self.buffer.len() >= LONGEST {
                return Ok(false);
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.refill()?;
        Ok(true)
    }

    /// Uses up the next `n` bytes, in which lines end with `newline`.
    pub(crate) fn advance(&mut self, n: usize, newline: u8) {
        let used = self.unread().sure_at(..n);
        self.line += memchr::memchr_iter(newline, used).count() as u64;
        self.start += n;
    }

    /// Uses up the next `n` bytes, behind which stands the line `line`.
    pub(crate) fn advance_to_line(&mut self, n: usize, line: u64) {
        self.line = line;
        self.start += n;
    }

    /// Uses up the next `n` bytes, behind which stands the line `line`, and gives them away.
    pub(crate) fn cut_off(&mut self, n: usize, line: u64) -> Vec<u8> {
        let mut rest = self.spare.pop().unwrap_or_default();
        rest.resize(self.buffer.len(), 0);
        let left = self.unread().sure_at(n..);
        let end = left.len();
        if let Some(place) = rest.get_mut(..end) {
            place.copy_from_slice(left);
        }
        let mut cut = std::mem::replace(&mut self.buffer, rest);
        cut.truncate(self.start + n);
        cut.drain(..self.start);
        (self.start, self.end, self.line) = (0, end, line);
        cut
    }

    /// Takes a buffer back that was given away.
    pub(crate) fn reuse(&mut self, buffer: Vec<u8>) {
        self.spare.push(buffer);
    }

    /// The buffer of a stream that is not read on.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// The place `at`, counted from the first byte not used up.
    pub(crate) fn excerpt(&self, at: usize, label: &str) -> Excerpt {
        Excerpt::new(&self.path, self.unread(), self.line, at, label)
    }

    /// What is not used up as text, up to its last whole character.
    pub(crate) fn text(&self) -> Result<&str, InputError> {
        let bytes = self.unread();
        let broken = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => return Ok(text),
            Err(e) => e,
        };
        let at = broken.valid_up_to();
        if broken.error_len().is_some() || self.eof {
            return Err(self.not_utf8(at, at.saturating_sub(20)..(at + 20).min(bytes.len())));
        }
        Ok(std::str::from_utf8(bytes.sure_at(..at)).sure("the text before the fault is UTF-8"))
    }

    /// The failure that the byte `at` is no UTF-8; `cell` is the text around it.
    pub(crate) fn not_utf8(&self, at: usize, cell: std::ops::Range<usize>) -> InputError {
        let meant = super::bytes::as_windows_1252(self.unread().sure_at(cell));
        let meant: String = meant.trim().chars().take(60).collect();
        InputError::new("this is not UTF-8 text")
            .help(format!("as Windows-1252 it would read `{meant}`: if that is right, say --encoding windows-1252"))
            .at(self.excerpt(at, "no UTF-8"))
    }
}

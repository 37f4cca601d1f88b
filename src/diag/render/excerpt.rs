//! The source around a finding, as codespan-reporting asks for it. Of a long line only a window is shown, so that a finding in a line
//! of a megabyte takes no megabyte.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::files::{Error as FilesError, Files};

use super::shown;
use crate::diag::Diagnostic;
use crate::invariant::{Sure as _, SureAt as _, number};
use crate::source::{FileId, SourceFile, Sources, Span};

/// A line of more bytes than this is long.
pub(super) const LONG: usize = 400;
/// So many bytes of a long line are kept before what a finding points at.
const BEFORE: usize = 80;
/// So many are kept from there on.
const BEHIND: usize = 240;
/// Stands where a line goes on.
const MORE: &str = "…";

/// The sources of one finding.
pub(super) struct Excerpt<'a> {
    sources: &'a Sources,
    clipped: BTreeMap<FileId, Clipped>,
}

/// The lines of a file that a finding touches, long ones as windows.
struct Clipped {
    first_line: usize,
    text: String,
    lines: Vec<Window>,
}

/// What is kept of a line.
struct Window {
    /// Where the line begins in the clipped text.
    start: usize,
    /// Bytes before the window there.
    lead: usize,
    /// What of the file it shows.
    of: Range<usize>,
}

/// The lines that a span touches.
fn lines(file: &SourceFile, span: Span) -> Range<usize> {
    file.line_index(span.start)..file.line_index(span.end) + 1
}

fn is_long(file: &SourceFile, line: usize) -> bool {
    file.line_range(line).len() > LONG
}

/// Whether a span lies in lines of which one is long.
pub(super) fn in_long_line(sources: &Sources, span: Span) -> bool {
    sources.get(span.file).is_some_and(|file| lines(file, shown(sources, span)).any(|line| is_long(file, line)))
}

impl<'a> Excerpt<'a> {
    /// For a finding and its labels.
    pub(super) fn of(finding: &Diagnostic, sources: &'a Sources) -> Self {
        let spans: Vec<Span> =
            std::iter::once(finding.span).chain(finding.labels.iter().map(|l| l.span)).map(|s| shown(sources, s)).collect();
        let mut clipped = BTreeMap::new();
        for id in spans.iter().map(|span| span.file) {
            let own: Vec<Span> = spans.iter().copied().filter(|span| span.file == id).collect();
            if !clipped.contains_key(&id)
                && own.iter().any(|span| in_long_line(sources, *span))
                && let Some(file) = sources.get(id)
            {
                clipped.insert(id, Clipped::of(file, &own));
            }
        }
        Self { sources, clipped }
    }

    /// Where a span stands in what is shown.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        let span = shown(self.sources, span);
        let (start, end) = (span.start as usize, span.end as usize);
        match (self.clipped.get(&span.file), self.sources.get(span.file)) {
            (Some(clipped), Some(file)) => clipped.place(file, start)..clipped.place(file, end),
            _ => start..end,
        }
    }

    fn file(&self, id: FileId) -> Result<&'a SourceFile, FilesError> {
        self.sources.get(id).ok_or(FilesError::FileMissing)
    }
}

impl Clipped {
    fn of(file: &SourceFile, spans: &[Span]) -> Self {
        let touched: Vec<Range<usize>> = spans.iter().map(|span| lines(file, *span)).collect();
        let first_line = touched.iter().map(|lines| lines.start).min().sure("an excerpt has a span");
        let last_line = touched.iter().map(|lines| lines.end).fold(0, Ord::max);
        let mut out = Self { first_line, text: String::new(), lines: Vec::new() };
        for line in first_line..last_line {
            let whole = file.line_range(line);
            let anchor = spans.iter().map(|span| span.start as usize).find(|at| whole.contains(at)).unwrap_or(whole.start);
            out.add(file.text(), whole, anchor);
        }
        out
    }

    fn add(&mut self, text: &str, whole: Range<usize>, anchor: usize) {
        let of = if whole.len() > LONG {
            let from = text.floor_char_boundary(anchor.saturating_sub(BEFORE).max(whole.start));
            from..text.floor_char_boundary((anchor + BEHIND).min(whole.end))
        } else {
            whole.clone()
        };
        let start = self.text.len();
        let lead = if of.start > whole.start { MORE } else { "" };
        let tail = if of.end < whole.end { MORE } else { "" };
        self.text.push_str(lead);
        self.text.push_str(text.sure_at(of.clone()).trim_end_matches(['\n', '\r']));
        self.text.push_str(tail);
        self.text.push('\n');
        self.lines.push(Window { start, lead: lead.len(), of });
    }

    /// Where a byte of the file stands in the clipped text; what lies outside of a window stands at its end.
    fn place(&self, file: &SourceFile, byte: usize) -> usize {
        let line = file.line_index(number(byte)).saturating_sub(self.first_line);
        let Some(window) = self.lines.get(line) else { return self.text.len() };
        window.start + window.lead + byte.clamp(window.of.start, window.of.end) - window.of.start
    }

    /// The number of the window that a byte of the clipped text is in.
    fn window(&self, byte: usize) -> usize {
        self.lines.partition_point(|window| window.start <= byte).saturating_sub(1)
    }
}

impl<'a> Files<'a> for Excerpt<'a> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, FilesError> {
        Ok(self.file(id)?.name())
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, FilesError> {
        match self.clipped.get(&id) {
            Some(clipped) => Ok(&clipped.text),
            None => Ok(self.file(id)?.text()),
        }
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, FilesError> {
        let file = self.file(id)?;
        Ok(match self.clipped.get(&id) {
            Some(clipped) => clipped.first_line + clipped.window(byte),
            None => file.line_index(number(byte)),
        })
    }

    fn column_number(&'a self, id: FileId, _line: usize, byte: usize) -> Result<usize, FilesError> {
        let file = self.file(id)?;
        let window = self.clipped.get(&id).and_then(|clipped| clipped.lines.get(clipped.window(byte)));
        let byte = window.map_or(byte, |window| window.of.start + byte.saturating_sub(window.start + window.lead));
        Ok(file.place(number(byte)).column)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, FilesError> {
        let file = self.file(id)?;
        let Some(clipped) = self.clipped.get(&id) else {
            return Ok(file.line_range(line).start..file.line_range(line + 1).start);
        };
        let max = clipped.first_line + clipped.lines.len();
        let at = line.checked_sub(clipped.first_line).ok_or(FilesError::LineTooLarge { given: line, max })?;
        let window = clipped.lines.get(at).ok_or(FilesError::LineTooLarge { given: line, max })?;
        Ok(window.start..clipped.lines.get(at + 1).map_or(clipped.text.len(), |next| next.start))
    }
}

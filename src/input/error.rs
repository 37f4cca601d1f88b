//! Why data could not be read, shown in the data where there is a place.

use std::fmt;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::invariant::SureAt as _;
use crate::schema::{EventId, FieldId, PropId, RelatedId};

/// Why data could not be read.
#[derive(Debug)]
pub struct InputError {
    message: String,
    help: Option<String>,
    excerpt: Option<Box<Excerpt>>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    missing: Option<Box<MissingColumns>>,
}

/// What rules need and the data do not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingColumns {
    /// Properties without a column.
    pub properties: Vec<MissingProperty>,
    /// Event lists without events.
    pub events: Vec<EventId>,
    /// Related records that are neither in the records nor in a file.
    pub related: Vec<RelatedId>,
    /// Files of related records without the column that tells their rows apart.
    pub keys: Vec<MissingKey>,
    /// Columns of files of events that are not there.
    pub fields: Vec<MissingField>,
    /// Columns to carry along that are not there.
    pub carried: Vec<MissingHeader>,
    /// What the files have instead, in words, one sentence for each file.
    pub found: Vec<String>,
}

/// A column of a file of events that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingField {
    /// The list.
    pub event: EventId,
    /// The field; `None` for the column that refers to the record.
    pub field: Option<FieldId>,
    /// Its name.
    pub name: String,
    /// The file that lacks it.
    pub file: PathBuf,
    /// The headers that come nearest, the best first.
    pub nearest: Vec<String>,
}

/// A file of related records without the column that tells its rows apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingKey {
    /// The related record.
    pub related: RelatedId,
    /// The column's name.
    pub name: String,
    /// The file that lacks it.
    pub file: PathBuf,
    /// The headers that come nearest, the best first.
    pub nearest: Vec<String>,
}

/// A property without a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingProperty {
    /// The property.
    pub property: PropId,
    /// Its name.
    pub name: String,
    /// The file that lacks it.
    pub file: PathBuf,
    /// The headers that come nearest, the best first.
    pub nearest: Vec<String>,
}

/// A column to carry along that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingHeader {
    /// As asked for.
    pub name: String,
    /// The file that lacks it.
    pub file: PathBuf,
    /// The headers that come nearest, the best first.
    pub nearest: Vec<String>,
}

impl MissingColumns {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
            && self.events.is_empty()
            && self.related.is_empty()
            && self.keys.is_empty()
            && self.fields.is_empty()
            && self.carried.is_empty()
    }
}

impl InputError {
    /// A failure described by a sentence without full stop.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, excerpt: None, cause: None, missing: None }
    }

    /// A file that could not be opened or read.
    #[must_use]
    pub fn io(path: &Path, cause: std::io::Error) -> Self {
        let name = shown(path);
        let kind = cause.kind();
        let message = if kind == std::io::ErrorKind::NotFound {
            format!("there is no file {name}")
        } else if kind == std::io::ErrorKind::PermissionDenied {
            format!("{name} may not be read")
        } else if kind == std::io::ErrorKind::UnexpectedEof {
            format!("{name} ends before it should: it is cut off")
        } else {
            format!("{name} could not be read")
        };
        // A failure of ours travels through the reader as an error of its own.
        match cause.downcast::<Self>() {
            Ok(own) => own,
            Err(cause) => Self::new(message).cause(cause),
        }
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what lies behind it.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says which failure lies behind it.
    #[must_use]
    pub(crate) fn because(mut self, failure: Self) -> Self {
        self.cause = Some(failure.cause.unwrap_or_else(|| failure.message.into()));
        self
    }

    /// What lies behind it, or itself.
    pub(crate) fn root_cause(&self) -> String {
        self.cause.as_ref().map_or_else(|| self.message.clone(), ToString::to_string)
    }

    /// Shows the place in the data.
    #[must_use]
    pub(crate) fn at(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(Box::new(excerpt));
        self
    }

    /// Says which columns are missing.
    #[must_use]
    pub(crate) fn of_missing(missing: MissingColumns, message: String) -> Self {
        let mut error = Self::new(message);
        error.missing = Some(Box::new(missing));
        error
    }

    /// What is missing, if that is the failure: the caller names the rules that need it.
    #[must_use]
    pub fn missing(&self) -> Option<&MissingColumns> {
        self.missing.as_deref()
    }

    /// File, line and column (both from 1) of the failure, where it has a place.
    #[must_use]
    pub fn place(&self) -> Option<(&str, usize, usize)> {
        self.excerpt.as_ref().map(|e| (e.name.as_str(), e.line, e.column))
    }

    /// The way out, if there is one to name.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(e) = &self.excerpt {
            write!(f, "{}:{}:{}: ", e.name, e.line, e.column)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|c| c as &(dyn std::error::Error + 'static))
    }
}

impl Diagnostic for InputError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_deref().map(|e| e as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let e = self.excerpt.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(Some(e.label.clone()), e.offset, e.length))))
    }
}

/// A line of a data file around the place of a failure.
#[derive(Debug, Clone)]
pub(crate) struct Excerpt {
    name: String,
    /// The line's text, as far as it is shown.
    text: String,
    line: usize,
    column: usize,
    offset: usize,
    length: usize,
    label: String,
}

/// So much of a line is shown before and after the place.
const AROUND: usize = 60;

impl Excerpt {
    /// The place `at` (a byte in `text`) of a file whose byte `text[0]` stands on line `first_line`.
    pub(crate) fn new(path: &Path, text: &[u8], first_line: u64, at: usize, label: impl Into<String>) -> Self {
        let at = at.min(text.len());
        let before = text.sure_at(..at);
        let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        let end = memchr::memchr(b'\n', text.sure_at(at..)).map_or(text.len(), |n| at + n);
        let line = first_line as usize + memchr::memchr_iter(b'\n', before).count();
        let head = String::from_utf8_lossy(text.sure_at(start..at)).into_owned();
        let tail: String = String::from_utf8_lossy(text.sure_at(at..end)).chars().take(AROUND).collect();
        let column = head.chars().count() + 1;
        let skipped = column.saturating_sub(1 + AROUND);
        let head: String = head.chars().skip(skipped).collect();
        let offset = head.len();
        let length = tail.chars().next().map_or(0, char::len_utf8);
        let text = format!("{head}{}", tail.trim_end());
        Self { name: shown(path), text, line, column, offset, length, label: label.into() }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, context_lines_before, context_lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            self.line - 1 + inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// A path as messages name it.
pub(crate) fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

//! What `lsrc` has to say about a source: one value for every renderer.
//!
//! A stage builds a [`Diagnostic`] with the constructor of its code, adds labels, help and fixes, and puts it into its
//! basket. Nothing here writes text for people; that is for `render`.

pub mod codes;
pub mod render;

pub use codes::Code;

use crate::source::Span;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Probably a mistake; the rules still run.
    Warning,
    /// The rules do not run.
    Error,
}

/// A finding: one cause, one place, and the way out.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Which finding.
    pub code: Code,
    /// Its severity: the code's own unless the configuration says otherwise.
    pub severity: Severity,
    /// What is wrong, lower case, no full stop, the user's words in backticks.
    pub message: String,
    /// The place it is about.
    pub span: Span,
    /// What to write under the place itself.
    pub label: Option<String>,
    /// Further places, possibly in other files.
    pub labels: Vec<Label>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    /// The way out, as advice: "did you mean `visits`?"
    pub help: Option<String>,
    /// Repairs as edits of the text.
    pub fixes: Vec<Fix>,
}

/// A further place.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// A repair.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What it does, in the imperative: "replace with `visits`".
    pub message: String,
    /// Whether it keeps what the rules compute (or can only be what was meant), guesses no spelling and takes nothing away; `--fix`
    /// applies these alone.
    pub safe: bool,
    /// The edits, none overlapping another.
    pub edits: Vec<Edit>,
}

/// Replaces a span by a text; an empty span inserts.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Diagnostic {
    /// A finding of this code at `span`.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            span,
            label: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Says what to write under the place itself.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.label = Some(message.into());
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a repair of one edit. One that only takes away is never safe.
    #[must_use]
    pub fn fix(mut self, safe: bool, message: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        let safe = safe && !(text.trim().is_empty() && span.start < span.end);
        self.fixes.push(Fix { message: message.into(), safe, edits: vec![Edit { span, text }] });
        self
    }
}

/// The findings of a run.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No finding yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds all findings of another basket.
    pub fn append(&mut self, other: Self) {
        self.items.extend(other.items);
    }

    /// Sorts by file, place, then code, and drops findings that say the same about the same place.
    pub fn sort(&mut self) {
        self.items.sort_by_key(|d| (d.span.file, d.span.start, d.span.end, d.code));
        self.items.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.message == b.message);
    }

    /// Whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// How many have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|d| d.severity == severity).count()
    }

    /// The findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Keeps those for which `keep` is true.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.items.retain(keep);
    }

    /// The findings, to change.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.items.iter_mut()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self { items: iter.into_iter().collect() }
    }
}

//! What an editor asks of rules, without any protocol: spans and words in, spans and words out.
//!
//! Every answer is about a [`File`]: one file of an [`Analysis`] with its tree. Where the rules have errors the answers are those of
//! what could be resolved.

pub mod annotate;
pub mod complete;
pub mod fix;
pub mod grammar;
pub mod hover;
pub mod keywords;
pub mod names;
pub mod outline;
pub mod structure;
pub mod tokens;
pub mod trials;

use std::path::Path;

use crate::analysis::{Analysed, Analysis};
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::Parsed;

/// A file of an analysis.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The analysis.
    pub analysis: &'a Analysis,
    /// Which of its files.
    pub id: FileId,
    /// The text.
    pub source: &'a SourceFile,
    /// Its tree; spans are of this file.
    pub parsed: &'a Parsed,
}

impl<'a> File<'a> {
    /// The first sound program that has the file, with the file's number in that program's own texts.
    #[must_use]
    pub fn sound(&self) -> Option<(&'a Analysed, FileId)> {
        self.analysis.programs_of(self.id).find_map(|program| {
            let sources = program.rules.as_ref()?.sources();
            let (id, _) = sources.iter().find(|(_, file)| file.path() == self.source.path())?;
            Some((program, id))
        })
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &'a str {
        self.source.text().get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The folder of the file.
    #[must_use]
    pub fn folder(&self) -> &'a Path {
        self.source.path().and_then(Path::parent).unwrap_or(Path::new(""))
    }
}

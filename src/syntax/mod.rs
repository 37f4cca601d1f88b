//! Text to tree.
//!
//! [`parse`] reads a sound file with one run of the grammar (`grammar/lsr.pest`).

pub mod ast;
mod build;
mod grammar;
mod scan;
pub mod trivia;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use build::Builder;
use grammar::Rule;
use trivia::Trivia;

/// What a text came to.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The sound items.
    pub file: ast::File,
    /// Comments and suppressions.
    pub trivia: Trivia,
    /// What is not written as the language writes it.
    pub diagnostics: Diagnostics,
    /// The names that broken items declare, so that nothing need say that they are unknown.
    pub broken_names: BTreeSet<Arc<str>>,
}

/// Reads a text; always gives a tree, of the items that are sound.
#[must_use]
pub fn parse(id: FileId, text: &str) -> Parsed {
    let scan = scan::scan(text);
    let trivia = Trivia::new(id, text, &scan.comments);
    let mut file = ast::File { id, items: Vec::new() };
    let mut diagnostics = Diagnostics::new();
    match grammar::parse(Rule::file, text) {
        Ok(pair) => {
            let mut builder = Builder::new(id, 0, &trivia);
            for item in pair.into_inner().filter(|p| p.as_rule() != Rule::EOI) {
                file.items.extend(builder.item(item));
            }
            diagnostics.append(builder.problems);
        }
        Err(refusal) => {
            let at = u32::try_from(refusal.at).unwrap_or(u32::MAX);
            let message = format!("unexpected text: {:?}", refusal.expected);
            diagnostics.push(Diagnostic::new(Code::Syntax, Span::new(id, at, at), message));
        }
    }
    Parsed { file, trivia, diagnostics, broken_names: BTreeSet::new() }
}

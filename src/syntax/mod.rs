//! Text to tree.
//!
//! [`parse`] reads a sound file with one run of the grammar (`grammar/lsr.pest`, run only by `grammar`), and `build` turns its pairs into
//! the tree. A file that does not parse is cut into pieces by `recover`, which keeps the sound ones; what is wrong with the others is
//! told by `words`, in the language's words. `scan` is one linear pass over the text for everything that must not depend on the
//! grammar: comments, the depth of nesting (before pest recurses), and the tokens to cut at.
//!
//! Keywords are told from names by place: the reserved words never stand for a name without backticks, every other word is special
//! only where the grammar asks for it, and in a schema a word before `:` is always a property.

pub mod ast;
mod build;
pub mod cursor;
mod grammar;
pub(crate) mod keywords;
mod provenance;
mod recover;
pub(crate) mod scan;
pub mod trivia;
mod words;
pub mod written;

pub use provenance::Provenance;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use build::Builder;
use grammar::Rule;
use recover::Recovery;
use scan::{Depth, Scan};
use trivia::Trivia;

pub use keywords::{is_keyword, is_reserved, keyword_table, keywords};

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
    /// Whether a broken item would have brought in names that the text does not show: a `use`.
    pub incomplete: bool,
}

/// The largest text that is read: 16 MiB.
pub const MAX_BYTES: usize = 16 << 20;

/// Reads a text; always gives a tree, of the items that are sound.
#[must_use]
pub fn parse(id: FileId, text: &str) -> Parsed {
    if text.len() > MAX_BYTES {
        let large = Diagnostic::new(
            Code::TooLarge,
            Span::new(id, 0, 0),
            format!("the file has {} MiB; at most 16 are read", text.len() >> 20),
        )
        .help("keep long lists in files of their own: `list NAME from \"file.txt\"`");
        return Parsed { diagnostics: Diagnostics::from_iter([large]), ..nothing(id) };
    }
    let scan = scan::scan(text);
    let depth = scan::depth(text, &scan.tokens);
    if depth.deepest <= SHALLOW {
        return read(id, text, &scan, &depth);
    }
    std::thread::scope(|scope| {
        let roomy = std::thread::Builder::new().stack_size(ROOM).spawn_scoped(scope, || read(id, text, &scan, &depth));
        let read_there = roomy.ok().and_then(|thread| thread.join().ok());
        read_there.unwrap_or_else(|| {
            let refused =
                Diagnostic::new(Code::TooDeep, Span::new(id, 0, 0), "too many levels of nesting for the memory at hand")
                    .help("give parts of it names with `define`, and use the names");
            Parsed { diagnostics: Diagnostics::from_iter([refused]), ..nothing(id) }
        })
    })
}

/// How many levels of nesting the parser reads on any thread's stack.
const SHALLOW: usize = 24;
/// The stack, in bytes, of the thread that reads deeper texts.
const ROOM: usize = 64 << 20;

fn nothing(id: FileId) -> Parsed {
    Parsed {
        file: ast::File { id, items: Vec::new() },
        trivia: Trivia::new(id, "", &[]),
        diagnostics: Diagnostics::new(),
        broken_names: BTreeSet::new(),
        incomplete: false,
    }
}

fn read(id: FileId, text: &str, scan: &Scan, depth: &Depth) -> Parsed {
    let trivia = Trivia::new(id, text, &scan.comments);
    if depth.too_deep.is_empty()
        && let Some((items, diagnostics)) = whole(id, text, &trivia)
    {
        return Parsed { file: ast::File { id, items }, trivia, diagnostics, ..nothing(id) };
    }
    let mut recovery = Recovery {
        id,
        text,
        tokens: &scan.tokens,
        trivia: &trivia,
        deep: &depth.too_deep,
        diagnostics: Diagnostics::new(),
        broken_names: BTreeSet::new(),
        incomplete: false,
    };
    let items = recovery.items();
    let Recovery { mut diagnostics, broken_names, incomplete, .. } = recovery;
    diagnostics.sort();
    Parsed { file: ast::File { id, items }, trivia, diagnostics, broken_names, incomplete }
}

/// All items of a file that parses whole.
fn whole(id: FileId, text: &str, trivia: &Trivia) -> Option<(Vec<ast::Item>, Diagnostics)> {
    let pair = grammar::parse(Rule::file, text).ok()?;
    let mut builder = Builder::new(id, 0, trivia);
    let mut items = Vec::new();
    for item in pair.into_inner().filter(|p| p.as_rule() != Rule::EOI) {
        items.push(builder.item(item)?);
    }
    Some((items, builder.problems))
}

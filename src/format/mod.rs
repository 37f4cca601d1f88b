//! Tree and trivia to the canonical text.
//!
//! Only white space changes: every line is written from the tokens of the source. The tree says which tokens share a line (`walk`),
//! `spacing` sets the blanks between them and breaks lines that are too long, `rows` aligns columns. A statement that has comments
//! inside, or blank lines in its brackets, keeps its own lines. Lines end as the first one of the source does.

mod rows;
mod spacing;
mod walk;

use crate::invariant::Sure as _;
use crate::syntax::Parsed;
use crate::syntax::scan::{self, Scan};
use spacing::Tokens;
use walk::Walk;

/// The canonical text of a file. A file with errors of syntax is left as it is.
#[must_use]
pub fn format(parsed: &Parsed, text: &str) -> String {
    if parsed.diagnostics.has_errors() {
        return text.to_owned();
    }
    let scan = scan::scan(text);
    let code = Tokens { text, tokens: &scan.tokens };
    rows::write(&Walk::new(parsed, code).rows(), line_end(text))
}

/// How the lines of the text end: as its first one does.
fn line_end(text: &str) -> &'static str {
    let windows = text.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r'));
    if windows { "\r\n" } else { "\n" }
}

/// Whether two parsed texts have the same tree, the same words and signs, and the same comments; only places may differ.
#[must_use]
pub fn same_tree(a: (&Parsed, &str), b: (&Parsed, &str)) -> bool {
    let tree = |parsed: &Parsed| without_spans(&format!("{:?}", parsed.file.items));
    let comments = |parsed: &Parsed| parsed.trivia.comments().iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    let words = |scan: Scan, text: &str| scan.tokens.iter().map(|t| t.text(text).to_owned()).collect::<Vec<_>>();
    words(scan::scan(a.1), a.1) == words(scan::scan(b.1), b.1) && comments(a.0) == comments(b.0) && tree(a.0) == tree(b.0)
}

/// The debug form of a tree with its places left out.
fn without_spans(tree: &str) -> String {
    let mut rest = tree;
    let mut out = String::with_capacity(tree.len());
    while let Some(at) = rest.find("Span {") {
        let (before, span) = rest.split_at(at);
        out.push_str(before);
        rest = span.split_once('}').sure("the debug form of a span ends").1;
    }
    out.push_str(rest);
    out
}

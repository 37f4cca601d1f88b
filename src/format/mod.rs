//! Tree and trivia to the canonical text.
//!
//! Only white space changes: every line is written from the tokens of the source. The tree says which tokens share a line (`walk`),
//! `spacing` sets the blanks between them and breaks lines that are too long, `rows` aligns columns. A statement that has comments
//! inside, or blank lines in its brackets, keeps its own lines. Lines end as the first one of the source does.

mod outputs;
mod rows;
mod spacing;
mod walk;

use std::ops::Range;

use crate::invariant::{Sure as _, SureAt as _};
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

/// What changes between a text and its canonical form: the white space between two tokens, each with its bytes and what takes its
/// place. `formatted` must come from [`format`]; of another text all is replaced.
#[must_use]
pub fn changes<'f>(text: &str, formatted: &'f str) -> Vec<(Range<usize>, &'f str)> {
    if text == formatted {
        return Vec::new();
    }
    let (old, new) = (pieces(text), pieces(formatted));
    let same = |(a, b): (&Range<usize>, &Range<usize>)| text.get(a.clone()) == formatted.get(b.clone());
    if old.len() != new.len() || !old.iter().zip(&new).all(same) {
        return vec![(0..text.len(), formatted)];
    }
    let gaps = |pieces: &[Range<usize>], length: usize| -> Vec<Range<usize>> {
        let starts = std::iter::once(0).chain(pieces.iter().map(|piece| piece.end));
        starts.zip(pieces.iter().map(|piece| piece.start).chain([length])).map(|(start, end)| start..end).collect()
    };
    let pairs = gaps(&old, text.len()).into_iter().zip(gaps(&new, formatted.len()));
    let changed = pairs.filter_map(|(before, after)| {
        let after = formatted.get(after)?;
        (text.get(before.clone()) != Some(after)).then_some((before, after))
    });
    changed.collect()
}

/// The bytes of tokens and comments, in order.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let Scan { tokens, comments } = scan::scan(text);
    let comments = comments.into_iter().map(|(start, end)| {
        let written = text.sure_at(start..end).trim_end();
        start..start + written.len()
    });
    let mut pieces: Vec<Range<usize>> = tokens.iter().map(|token| token.start..token.end).chain(comments).collect();
    pieces.sort_by_key(|piece| piece.start);
    pieces
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

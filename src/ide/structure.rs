//! How a text is built: what can be folded, and what a selection grows to.

use super::outline::{Entry, outline};
use crate::source::{SourceFile, Span};
use crate::syntax::Parsed;
use crate::syntax::scan::{self, Kind};

/// Lines that can be folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// The line that stays, from 0.
    pub first: usize,
    /// The last line that is hidden.
    pub last: usize,
    /// Whether they are comments.
    pub comment: bool,
}

/// What can be folded: brackets over several lines, up to the line before the closing one, and comments of several lines.
#[must_use]
pub fn folds(parsed: &Parsed, source: &SourceFile) -> Vec<Fold> {
    let text = source.text();
    let mut folds = Vec::new();
    let mut open = Vec::new();
    for token in scan::scan(text).tokens {
        let line = source.line_index(crate::invariant::number(token.start));
        match token.kind {
            Kind::Open => open.push(line),
            Kind::Close => {
                let first = open.pop().filter(|first| line > first + 1);
                folds.extend(first.map(|first| Fold { first, last: line - 1, comment: false }));
            }
            Kind::Word | Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Sign => {}
        }
    }
    let mut lines = parsed.trivia.comments().iter().filter(|comment| comment.own_line).map(|comment| comment.line).peekable();
    while let Some(first) = lines.next() {
        let mut last = first;
        while let Some(next) = lines.next_if(|next| *next == last + 1) {
            last = next;
        }
        folds.extend((last > first).then_some(Fold { first, last, comment: true }));
    }
    folds.sort_by_key(|fold| (fold.first, fold.last));
    // Of brackets that begin on one line the outermost is folded.
    folds.dedup_by(|later, earlier| {
        let same = later.first == earlier.first;
        earlier.last = if same { later.last } else { earlier.last };
        same
    });
    folds
}

/// What a selection at a byte grows to, the smallest first: the word, what is between brackets, the brackets, the rule, the item, the
/// text.
#[must_use]
pub fn selections(parsed: &Parsed, source: &SourceFile, offset: u32) -> Vec<Span> {
    let text = source.text();
    let at = offset as usize;
    let file = parsed.file.id;
    let span = |start: usize, end: usize| Span::new(file, crate::invariant::number(start), crate::invariant::number(end));
    let mut found = vec![span(0, text.len())];
    found.extend(enclosing(&outline(parsed, source), offset));
    let mut open: Vec<(usize, usize)> = Vec::new();
    for token in scan::scan(text).tokens {
        if token.start <= at && at <= token.end {
            found.push(span(token.start, token.end));
        }
        match token.kind {
            Kind::Open => open.push((token.start, token.end)),
            Kind::Close => {
                let Some((start, inner)) = open.pop() else { continue };
                if start <= at && at <= token.end {
                    found.push(span(start, token.end));
                }
                if inner <= at && at <= token.start {
                    let inside = text.get(inner..token.start).unwrap_or("");
                    let lead = inside.len() - inside.trim_start().len();
                    found.push(span(inner + lead, inner + lead + inside.trim().len()));
                }
            }
            Kind::Word | Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Sign => {}
        }
    }
    found.retain(|span| span.start <= offset && offset <= span.end);
    found.sort_by_key(|span| (span.end - span.start, std::cmp::Reverse(span.start)));
    found.dedup();
    // Each holds the one before it.
    let mut grown: Vec<Span> = Vec::new();
    for span in found {
        if grown.last().is_none_or(|last| span.contains(*last) && span != *last) {
            grown.push(span);
        }
    }
    grown
}

fn enclosing(entries: &[Entry], offset: u32) -> Vec<Span> {
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| entry.span.start <= offset && offset <= entry.span.end) {
        found.push(entry.span);
        found.extend(enclosing(&entry.children, offset));
    }
    found
}

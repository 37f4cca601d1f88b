//! What could be written at a place of a text, whether or not the text around it is sound.

use super::Trivia;
use super::grammar::{self, Rule};
use super::keywords::Level;
use super::recover::Recovery;
use super::scan::{self, Kind, Token};
use super::words;
use crate::diag::Diagnostics;
use crate::source::FileId;

/// A block as it is seen from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// No block: the items of a file.
    File,
    /// `schema`
    Schema,
    /// `events`
    Events,
    /// `score` or `group`
    Score,
    /// `lifecycle`
    Lifecycle,
    /// `test`
    Test,
    /// `band`
    Band,
    /// `match`
    Match,
    /// `label`
    Label,
}

/// A place of a text: the words before it, and what the grammar lets follow.
#[derive(Debug, Clone)]
pub struct Cursor<'t> {
    /// First byte of the word that is being written; the place itself where none is.
    pub start: usize,
    /// The innermost block around the place.
    pub block: Block,
    /// The words and signs of that block's head, up to its brace.
    pub head: Vec<&'t str>,
    /// The words and signs of the line or item before the word that is being written.
    pub before: Vec<&'t str>,
    /// The keywords that can be written.
    pub keywords: Vec<&'static str>,
    /// Whether a name or a value can be written.
    pub value: bool,
    /// Whether a text in quotes is open at the place; `start` is then the byte behind its quote.
    pub in_text: bool,
    /// Whether the place is in a comment.
    pub in_comment: bool,
}

/// Looks at byte `offset` of `text`. An offset beyond the text or inside a character is the last whole character before it.
#[must_use]
pub fn cursor(text: &str, offset: usize) -> Cursor<'_> {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = text.get(..offset).unwrap_or("");
    let scan = scan::scan(before);
    let mut tokens = scan.tokens;
    let in_comment = scan.comments.last().is_some_and(|&(start, end)| end == offset && start < offset);
    let in_text = !in_comment && tokens.last().is_some_and(|last| last.kind == Kind::OpenText && last.end == offset);
    let being_written = tokens
        .last()
        .copied()
        .filter(|last| last.end == offset && !in_comment && matches!(last.kind, Kind::Word | Kind::OpenText));
    let start = match being_written {
        Some(token) => {
            tokens.pop();
            token.start + usize::from(in_text)
        }
        None => offset,
    };
    let empty = Trivia::new(FileId(0), "", &[]);
    let recovery = Recovery {
        id: FileId(0),
        text: before,
        tokens: &tokens,
        trivia: &empty,
        deep: &[],
        diagnostics: Diagnostics::new(),
        broken_names: std::collections::BTreeSet::new(),
        incomplete: false,
    };
    let place = recovery.last_piece();
    let words = |range: std::ops::Range<usize>| -> Vec<&str> {
        tokens.get(range).unwrap_or_default().iter().map(|token| token.text(before)).collect()
    };
    // Deeper texts need a stack of their own, and are rare where somebody writes.
    let too_deep = scan::depth(before, &tokens).deepest > super::SHALLOW;
    let expected = if too_deep || in_comment { Vec::new() } else { expected(before, &tokens, place.level, place.from, in_text) };
    Cursor {
        start,
        block: place.level.block(),
        head: words(place.head.clone()),
        before: words(place.from..tokens.len()),
        keywords: words::keywords(&expected),
        value: expected.iter().any(|rule| VALUES.contains(rule)),
        in_text,
        in_comment,
    }
}

/// The rules that a name or a value of somebody's own can follow.
const VALUES: [Rule; 20] = [
    Rule::name,
    Rule::expr,
    Rule::primary,
    Rule::literal,
    Rule::points,
    Rule::bound_value,
    Rule::range,
    Rule::range_end,
    Rule::path,
    Rule::option,
    Rule::match_keys,
    Rule::label_keys,
    Rule::giving,
    Rule::given_value,
    Rule::expectation,
    Rule::event_args,
    Rule::formula_args,
    Rule::match_lines,
    Rule::label_lines,
    Rule::applied,
];

/// What the grammar expects behind the tokens from `from` on; nothing where they are not sound themselves.
fn expected(text: &str, tokens: &[Token], level: Level, from: usize, in_text: bool) -> Vec<Rule> {
    // A character that the language has nowhere, so that the parser stops at the place.
    const STOP: &str = " \u{1}";
    let piece = tokens.get(from..).unwrap_or_default();
    let start = piece.first().map_or(text.len(), |token| token.start);
    let end = piece.last().map_or(start, |token| token.end);
    let slice = format!("{}{STOP}", text.get(start..end).unwrap_or(""));
    match grammar::parse(level.rule(), &slice) {
        Err(refusal) if refusal.at >= end - start && !in_text => refusal.expected,
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// The innermost piece at the end of a text.
pub(super) struct Last {
    pub(super) level: Level,
    /// Its first token.
    pub(super) from: usize,
    /// The tokens of the head of the block around it.
    pub(super) head: std::ops::Range<usize>,
}

impl Level {
    const fn block(self) -> Block {
        match self {
            // The items of a rollup are items of a file.
            Self::File | Self::Rollup => Block::File,
            Self::Schema => Block::Schema,
            Self::Events => Block::Events,
            Self::Score => Block::Score,
            Self::Lifecycle => Block::Lifecycle,
            Self::Test => Block::Test,
            Self::Band => Block::Band,
            Self::Match => Block::Match,
            Self::Label => Block::Label,
        }
    }
}

impl Recovery<'_> {
    /// The piece that the last token belongs to, in the innermost block that is open there.
    fn last_piece(&self) -> Last {
        let all = self.tokens.len();
        let mut last = Last { level: Level::File, from: 0, head: 0..0 };
        let mut body = 0;
        loop {
            let pieces = self.cut(last.level, body, all).pieces;
            let Some(&(from, to)) = pieces.last() else {
                last.from = all;
                return last;
            };
            last.from = if to < all { all } else { from };
            let inside = last.level.inside(self.word(from));
            let open = (from..to).find(|&at| self.word(at) == "{");
            let (Some(inside), Some(open)) = (inside, open) else { return last };
            if self.cut(inside, open + 1, all).close.is_some() {
                return last;
            }
            last = Last { level: inside, from, head: from..open };
            body = open + 1;
        }
    }
}

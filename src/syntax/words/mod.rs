//! A place where the text stops being the language, told in the language's words.

mod expected;
mod habits;
mod phrases;

use super::grammar::Rule;
use super::keywords::{Level, is_reserved};
use super::scan::{Kind, Token};
use crate::diag::{Code, Diagnostic};
use crate::invariant::{Sure as _, SureAt as _};
use crate::source::{FileId, Span};

/// A piece of text that does not parse.
pub(super) struct Case<'t> {
    /// Its file.
    pub(super) file: FileId,
    /// The whole text.
    pub(super) text: &'t str,
    /// The tokens of the piece.
    pub(super) tokens: &'t [Token],
    /// Where the piece stands.
    pub(super) level: Level,
    /// The byte at which the parser could not go on.
    pub(super) at: usize,
    /// What could have stood there.
    pub(super) expected: &'t [Rule],
}

impl<'t> Case<'t> {
    fn has(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    /// The token at which the parser could not go on, by its place in the piece; none at the piece's end.
    fn found(&self) -> Option<usize> {
        let at = self.tokens.partition_point(|t| t.end <= self.at);
        (at < self.tokens.len()).then_some(at)
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    fn word(&self, at: usize) -> &'t str {
        self.token(at).map_or("", |t| t.text(self.text))
    }

    /// The word before the place.
    fn before(&self) -> &'t str {
        self.found().unwrap_or(self.tokens.len()).checked_sub(1).map_or("", |at| self.word(at))
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.file, to_u32(from), to_u32(to))
    }

    fn span_at(&self, at: usize) -> Span {
        self.token(at).map_or_else(|| self.end(), |t| self.span(t.start, t.end))
    }

    /// The empty place behind the piece.
    fn end(&self) -> Span {
        let end = self.tokens.last().map_or(self.at, |t| t.end);
        self.span(end, end)
    }

    /// The innermost bracket that is open at the token `until`.
    fn open_bracket(&self, until: usize) -> Option<usize> {
        let mut open = Vec::new();
        for at in 0..until.min(self.tokens.len()) {
            match self.token(at)?.kind {
                Kind::Open => open.push(at),
                Kind::Close => {
                    open.pop();
                }
                Kind::Word | Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Sign => {}
            }
        }
        open.pop()
    }
}

/// The keywords that the expected rules can begin with, in the order of the alphabet.
pub(super) fn keywords(expected: &[Rule]) -> Vec<&'static str> {
    expected::keywords(expected)
}

/// The finding for a piece that does not parse.
pub(super) fn explain(case: &Case<'_>) -> Diagnostic {
    let Some(found) = case.found() else { return at_end(case) };
    if let Some(diagnostic) = phrases::explain(case, found).or_else(|| habits::explain(case, found)) {
        return diagnostic;
    }
    let span = case.span_at(found);
    let written = case.word(found);
    let is_word = case.token(found).is_some_and(|t| t.kind == Kind::Word);
    let nearest = if is_word { expected::nearest(case, written) } else { None };
    let mut expected = expected::phrase(case);
    if let Some(word) = nearest
        && !expected.contains(word)
    {
        expected = format!("`{word}`");
    }
    let mut diagnostic = Diagnostic::new(Code::Syntax, span, format!("expected {expected}; found {}", quote(written)));
    if let Some(open) = case.open_bracket(found)
        && (case.has(Rule::close_paren) || case.has(Rule::close_bracket))
    {
        diagnostic = diagnostic.also(case.span_at(open), format!("this `{}` is not closed before it", case.word(open)));
    }
    if let Some(word) = nearest {
        return diagnostic.help(format!("did you mean `{word}`?")).fix(false, format!("replace with `{word}`"), span, word);
    }
    if is_word && is_reserved(written) && expected::wants_name(case, written) {
        return diagnostic
            .help(format!("`{written}` is a word of the language; as a name, write it in backticks: `` `{written}` ``"))
            .fix(true, "put it in backticks", span, format!("`{written}`"));
    }
    diagnostic
}

fn at_end(case: &Case<'_>) -> Diagnostic {
    if let Some(open) = case.open_bracket(case.tokens.len()) {
        let bracket = case.word(open);
        if bracket == "{" {
            return unclosed_brace(case.span_at(open), case.word(0));
        }
        let closing = if bracket == "[" { "]" } else { ")" };
        return Diagnostic::new(Code::Syntax, case.span_at(open), format!("this `{bracket}` is never closed"))
            .label(format!("no `{closing}` belongs to it"))
            .help(format!("write `{closing}` where it ends"));
    }
    if let Some(diagnostic) = phrases::explain(case, case.tokens.len()) {
        return diagnostic;
    }
    let expected = expected::phrase(case);
    Diagnostic::new(Code::Syntax, case.end(), format!("expected {expected}; found {}", what_follows(case)))
}

/// What stands behind the piece.
fn what_follows(case: &Case<'_>) -> String {
    let rest = case.text.sure_at(case.end().end as usize..);
    if rest.trim().is_empty() {
        return "the end of the file".to_owned();
    }
    let line = rest.lines().next().sure("what is not blank has a line").trim();
    match line.split_whitespace().next() {
        Some(word) if !word.starts_with('#') => quote(word),
        _ => "the end of the line".to_owned(),
    }
}

/// An opening brace without its closing one; `word` starts the block.
pub(super) fn unclosed_brace(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::Syntax, span, format!("the `{{` of this `{word}` is never closed"))
        .label("no `}` belongs to it")
        .help(format!("write `}}` where the `{word}` ends"))
}

/// What was written, in backticks, shortened.
fn quote(written: &str) -> String {
    const LONGEST: usize = 30;
    if written.contains('`') {
        return written.chars().take(LONGEST).collect();
    }
    if written.chars().count() > LONGEST {
        let start: String = written.chars().take(LONGEST).collect();
        return format!("`{start}…`");
    }
    format!("`{written}`")
}

fn to_u32(n: usize) -> u32 {
    crate::invariant::number(n)
}

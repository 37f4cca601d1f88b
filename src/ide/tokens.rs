//! What every word of a text is, for colours.

use super::File;
use crate::check::SymbolKind;
use crate::source::Span;
use crate::syntax::is_keyword;
use crate::syntax::scan::{self, Kind};

/// A word, text, number or comment with what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where; on one line.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
    /// Whether the name is declared here.
    pub declared: bool,
}

/// The kinds of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// A property, field or list of events.
    Property,
    /// An option or a stage.
    Option,
    /// A score, label or lifecycle.
    Output,
    /// A definition, list or param.
    Variable,
    /// A text.
    Text,
    /// A number, date or points.
    Number,
    /// A pattern.
    Pattern,
    /// A comment.
    Comment,
}

impl TokenKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Keyword,
        Self::Property,
        Self::Option,
        Self::Output,
        Self::Variable,
        Self::Text,
        Self::Number,
        Self::Pattern,
        Self::Comment,
    ];
}

/// What the words of a file are, in order.
#[must_use]
pub fn tokens(file: &File<'_>) -> Vec<Token> {
    let text = file.source.text();
    let scan = scan::scan(text);
    let span = |start: usize, end: usize| Span::new(file.id, crate::invariant::number(start), crate::invariant::number(end));
    let comments =
        scan.comments.iter().map(|&(start, end)| Token { span: span(start, end), kind: TokenKind::Comment, declared: false });
    let words = scan.tokens.iter().filter_map(|token| {
        let place = span(token.start, token.end);
        let plain = |kind| Some(Token { span: place, kind, declared: false });
        match token.kind {
            Kind::Word | Kind::Backticked | Kind::Text => {
                if let Some(named) = named(file, place) {
                    return Some(named);
                }
                if token.kind == Kind::Text {
                    return plain(TokenKind::Text);
                }
                let reserved = token.kind == Kind::Word && is_keyword(token.text(text));
                if reserved { plain(TokenKind::Keyword) } else { None }
            }
            Kind::OpenText => plain(TokenKind::Text),
            Kind::Number => plain(TokenKind::Number),
            Kind::Pattern => plain(TokenKind::Pattern),
            Kind::Open | Kind::Close | Kind::Sign => None,
        }
    });
    let mut all: Vec<Token> = words.chain(comments).collect();
    all.sort_by_key(|token| token.span.start);
    all
}

/// What a name stands for.
fn named(file: &File<'_>, place: Span) -> Option<Token> {
    let mention = file.analysis.name_at(file.id, place.start).filter(|mention| mention.span == place)?;
    let kind = match mention.symbol.kind {
        SymbolKind::Property | SymbolKind::Events | SymbolKind::Related | SymbolKind::Field => TokenKind::Property,
        SymbolKind::Definition | SymbolKind::List | SymbolKind::Param => TokenKind::Variable,
        SymbolKind::Score | SymbolKind::Label | SymbolKind::Lifecycle | SymbolKind::Column | SymbolKind::Rollup => {
            TokenKind::Output
        }
        SymbolKind::Option => TokenKind::Option,
    };
    Some(Token { span: place, kind, declared: mention.symbol.definition == Some(place) })
}

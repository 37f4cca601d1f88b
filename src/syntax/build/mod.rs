//! From pest's pairs to the tree.
//!
//! The grammar guarantees the order of the pairs, so a missing one cannot happen; where the code below answers `None` it says so without
//! a panic, and the item is reported as one that could not be read.

mod expr;
mod rest;
mod schema;
mod score;

use std::iter::Peekable;
use std::sync::Arc;

use pest::iterators::{Pair, Pairs};

use super::ast::{
    Because, DefineDecl, DurationLit, Ident, Item, ItemKind, ListDecl, ListSource, NumberLit, OptionName, ParamDecl, TextLit,
    Unit,
};
use super::grammar::Rule;
use super::trivia::Trivia;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::value::Decimal;

/// Builds the tree of one piece of a file.
pub(super) struct Builder<'t> {
    file: FileId,
    base: usize,
    trivia: &'t Trivia,
    /// What is wrong although it parses: points without a sign, numbers beyond the limits.
    pub(super) problems: Diagnostics,
    /// How many levels of nesting the expression built last has.
    height: usize,
}

/// The children of a pair, read from the left.
struct Cursor<'i> {
    pairs: Peekable<Pairs<'i, Rule>>,
}

impl<'i> Cursor<'i> {
    fn new(pair: Pair<'i, Rule>) -> Self {
        Self { pairs: pair.into_inner().peekable() }
    }

    fn rule(&mut self) -> Option<Rule> {
        self.pairs.peek().map(Pair::as_rule)
    }

    fn next(&mut self) -> Option<Pair<'i, Rule>> {
        self.pairs.next()
    }

    /// The next child if it is of this rule.
    fn take(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        self.pairs.next_if(|pair| pair.as_rule() == rule)
    }

    /// Whether the next child was of this rule; it is behind us then.
    fn skip(&mut self, rule: Rule) -> bool {
        self.take(rule).is_some()
    }
}

impl<'t> Builder<'t> {
    /// A builder for a piece of `file` that starts at byte `base`.
    pub(super) fn new(file: FileId, base: usize, trivia: &'t Trivia) -> Self {
        Self { file, base, trivia, problems: Diagnostics::new(), height: 0 }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.span_of(span.start(), span.end())
    }

    fn span_of(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, offset(self.base + start), offset(self.base + end))
    }

    /// The documentation directly above this place.
    pub(in crate::syntax) fn docs(&self, span: Span) -> Vec<String> {
        self.trivia.docs_above(span.start)
    }

    /// An item of the top level.
    pub(in crate::syntax) fn item(&mut self, pair: Pair<'_, Rule>) -> Option<Item> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut children = Cursor::new(pair);
        let c = &mut children;
        let kind = if rule == Rule::version {
            c.next()?;
            ItemKind::Version(self.number(&c.next()?))
        } else if rule == Rule::use_item {
            c.next()?;
            ItemKind::Use(self.text(&c.next()?))
        } else if rule == Rule::list_item {
            ItemKind::List(self.list_item(c)?)
        } else if rule == Rule::param {
            c.next()?;
            let name = self.ident(&c.next()?);
            c.next()?;
            ItemKind::Param(ParamDecl { name, value: self.literal(c.next()?)? })
        } else if rule == Rule::define {
            c.next()?;
            let name = self.ident(&c.next()?);
            c.next()?;
            ItemKind::Define(DefineDecl { name, value: self.expr(c.next()?)? })
        } else if rule == Rule::exclude {
            ItemKind::Exclude(self.exclude(c)?)
        } else if rule == Rule::schema {
            ItemKind::Schema(self.schema(c)?)
        } else if rule == Rule::score {
            ItemKind::Score(self.score(c)?)
        } else if rule == Rule::label {
            ItemKind::Label(self.label(c)?)
        } else if rule == Rule::lifecycle {
            ItemKind::Lifecycle(self.lifecycle(c)?)
        } else if rule == Rule::rollup {
            ItemKind::Rollup(self.rollup(c)?)
        } else {
            ItemKind::Test(self.test(c, span)?)
        };
        Some(Item { docs: self.docs(span), kind, span })
    }

    fn list_item(&mut self, c: &mut Cursor<'_>) -> Option<ListDecl> {
        c.next()?;
        let name = self.ident(&c.next()?);
        let written_out = c.skip(Rule::equals);
        if !written_out {
            c.next()?;
        }
        let entries = c.next()?;
        let source = if written_out { ListSource::Inline(self.list(entries)?) } else { ListSource::File(self.text(&entries)) };
        Some(ListDecl { name, source })
    }

    fn because(&mut self, c: &mut Cursor<'_>) -> Option<Option<Because>> {
        let Some(pair) = c.take(Rule::because) else { return Some(None) };
        let span = self.span(&pair);
        let mut inner = Cursor::new(pair);
        inner.next()?;
        Some(Some(Because { text: self.text(&inner.next()?), span }))
    }

    // ---- words ------------------------------------------------------------------------------

    fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        let written = pair.as_str();
        let bare = written.strip_prefix('`').and_then(|w| w.strip_suffix('`'));
        Ident { name: Arc::from(bare.unwrap_or(written)), quoted: bare.is_some(), span: self.span(pair) }
    }

    /// The name of a related record's property: `company.industry`.
    fn dotted(record: &Ident, property: &Ident) -> Ident {
        Ident {
            name: Arc::from(format!("{}.{}", record.name, property.name)),
            quoted: record.quoted || property.quoted,
            span: record.span.to(property.span),
        }
    }

    fn text(&mut self, pair: &Pair<'_, Rule>) -> TextLit {
        let written = pair.as_str();
        let body = written.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap_or(written);
        let span = self.span(pair);
        TextLit { value: Arc::from(self.unescape(body, span)), span }
    }

    fn unescape(&mut self, body: &str, span: Span) -> String {
        let mut value = String::with_capacity(body.len());
        let mut rest = body;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            value.push_str(before);
            let mut chars = escape.chars();
            chars.next();
            match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('u') => {
                    let digits: String = chars.by_ref().take_while(|&c| c != '}').filter(|&c| c != '{').collect();
                    if let Some(c) = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                        value.push(c);
                    } else {
                        let message = format!("`\\u{{{digits}}}` is not a character");
                        self.problems.push(Diagnostic::new(Code::Syntax, span, message));
                    }
                }
                Some(c) => value.push(c),
                None => {}
            }
            rest = chars.as_str();
        }
        value.push_str(rest);
        value
    }

    fn option_name(&mut self, pair: &Pair<'_, Rule>) -> OptionName {
        if pair.as_rule() == Rule::text { OptionName::Text(self.text(pair)) } else { OptionName::Word(self.ident(pair)) }
    }

    fn number(&mut self, pair: &Pair<'_, Rule>) -> NumberLit {
        let text = pair.as_str();
        let span = self.span(pair);
        let value = decimal(text).unwrap_or_else(|| {
            let message = format!("the number {text} is too large: at most 30 digits, of them at most 12 behind the point");
            self.problems.push(Diagnostic::new(Code::TooLarge, span, message));
            Decimal::whole(0)
        });
        NumberLit { text: Arc::from(text), value, span }
    }

    fn duration(&mut self, pair: Pair<'_, Rule>) -> Option<DurationLit> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let count = self.number(&c.next()?);
        Some(DurationLit { count, unit: unit(c.next()?.as_str())?, span })
    }
}

/// The unit that a word names, in the singular or the plural.
fn unit(word: &str) -> Option<Unit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "hour" => Unit::Hours,
        "day" => Unit::Days,
        "week" => Unit::Weeks,
        "month" => Unit::Months,
        "year" => Unit::Years,
        _ => return None,
    })
}

/// The exact value of a number as written: `1_200`, `2.5k`, `30%`. `None` beyond 30 digits or 12 decimals.
fn decimal(text: &str) -> Option<Decimal> {
    let (digits, zeros, percent) = match text.char_indices().next_back() {
        Some((at, 'k')) => (text.get(..at)?, 3, 0),
        Some((at, 'M')) => (text.get(..at)?, 6, 0),
        Some((at, 'B')) => (text.get(..at)?, 9, 0),
        Some((at, '%')) => (text.get(..at)?, 0, 2),
        _ => (text, 0, 0),
    };
    let scale = digits.split_once('.').map_or(0, |(_, fraction)| fraction.bytes().filter(u8::is_ascii_digit).count());
    let plain: String = digits.chars().filter(char::is_ascii_digit).collect();
    let plain = plain.trim_start_matches('0');
    if plain.len() > 30 || scale > 12 {
        return None;
    }
    let mantissa: i128 = if plain.is_empty() { 0 } else { plain.parse().ok()? };
    let scale = u32::try_from(scale).ok()? + percent;
    let (mantissa, scale) =
        if zeros > scale { (mantissa.checked_mul(10_i128.pow(zeros - scale))?, 0) } else { (mantissa, scale - zeros) };
    Some(Decimal { mantissa, scale })
}

/// Texts are limited to 16 MiB, so that offsets always fit.
fn offset(n: usize) -> u32 {
    crate::invariant::number(n)
}

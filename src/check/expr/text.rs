//! Tests of text against constants and patterns.

use std::sync::Arc;

use regex::RegexBuilder;

use super::choice::{Word, as_word};
use super::entries::{Entries, empty_text};
use super::name::Meaning;
use crate::check::checker::{Checker, Scope, boolean, inner, value_words};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ExprKind, Pattern, TextTest, Texts};
use crate::source::Span;
use crate::syntax::ast::{self, PatternLit};
use crate::value::{Type, Value};

/// A compiled pattern may take this many bytes.
const PATTERN_SIZE: usize = 1 << 20;

impl Checker<'_> {
    /// `t contains "x"`, `t starts with ["x", "y"]` and the like. `words` are those of the test.
    pub(super) fn text_test(
        &mut self,
        text: Expr,
        test: TextTest,
        argument: &ast::Expr,
        spans: (Span, &str),
        scope: Scope,
    ) -> Option<Expr> {
        let (span, words) = spans;
        if !matches!(text.ty, Type::Text | Type::Label) {
            let name = self.words(text.span);
            let message = format!("{}, and `{words}` takes text", self.is_what(&text));
            let help = match &text.ty {
                Type::OneOf(_) => format!("name the option: `{name} is ..` or `{name} in [..]`"),
                Type::SetOf(_) | Type::SetOfText => format!("ask for a member: `{name} contains ..` or `{name} in [..]`"),
                Type::Integer | Type::Number | Type::Score | Type::Date | Type::DateTime => {
                    format!("compare it, as in `{name} in a..b`")
                }
                Type::Text | Type::Label | Type::Boolean => "name a property that is text".to_owned(),
            };
            return self.mismatch(text.span, message, help);
        }
        let texts = self.texts(argument, scope)?;
        Some(boolean(ExprKind::TextTest { text: Box::new(text), test, texts }, span))
    }

    /// The constant texts of an argument: a text, a list, a list's name, or a param.
    pub(super) fn texts(&mut self, argument: &ast::Expr, scope: Scope) -> Option<Arc<Texts>> {
        let argument = inner(argument);
        match as_word(argument) {
            Some(Word::Text(text)) if self.is_empty_text(&text.value) => {
                self.push(empty_text(text.span, &text.value));
                None
            }
            Some(Word::Text(text)) => Some(Arc::new(self.folded([text.value.clone()], None))),
            Some(Word::Name(name)) => match self.meaning(name, scope) {
                Meaning::List(at) => {
                    let entries = self.named_entries(at, argument.span)?;
                    self.as_texts(&entries)
                }
                Meaning::Unknown => {
                    self.unquoted(name, scope);
                    None
                }
                Meaning::Value(value) => self.constant_text(&value),
                Meaning::Events(_) | Meaning::Related(_) | Meaning::Broken | Meaning::Hidden(..) => {
                    self.name(name, scope).and(None)
                }
            },
            None => {
                let entries: Entries = self.entries(argument, scope)?;
                self.as_texts(&entries)
            }
        }
    }

    /// A text that is the same for every record.
    fn constant_text(&mut self, value: &Expr) -> Option<Arc<Texts>> {
        match self.constant_of(value) {
            Some(Value::Text(text)) if self.is_empty_text(&text) => {
                self.push(empty_text(value.span, &text));
                None
            }
            Some(Value::Text(text)) => Some(Arc::new(self.folded([text], None))),
            Some(other) => {
                let message = format!("`{}` is {}, and here text is wanted", self.words(value.span), value_words(&other));
                self.error(Code::TypeMismatch, value.span, message, "write the text in quotes");
                None
            }
            None => {
                let message = format!("{}, but what is looked for must be the same for every record", self.is_what(value));
                self.error(Code::TypeMismatch, value.span, message, "write the text in quotes, or name a list or a param");
                None
            }
        }
    }

    /// `t matches /re/`
    pub(super) fn matches(&mut self, text: Expr, pattern: &PatternLit, span: Span) -> Option<Expr> {
        if !matches!(text.ty, Type::Text | Type::Label) {
            let message = format!("{}, and `matches` takes text", self.is_what(&text));
            return self.mismatch(text.span, message, "name a property that is text");
        }
        let pattern = Arc::new(self.pattern(pattern)?);
        Some(boolean(ExprKind::Matches(Box::new(text), pattern), span))
    }

    fn pattern(&mut self, pattern: &PatternLit) -> Option<Pattern> {
        let build =
            |source: &str| RegexBuilder::new(source).case_insensitive(true).size_limit(PATTERN_SIZE).nest_limit(100).build();
        // The pattern as written first, so that the place of an error is the user's.
        let built = build(&pattern.source).and_then(|_| build(&ascii_classes(&pattern.source)));
        match built {
            Ok(regex) => Some(Pattern { source: pattern.source.clone(), regex }),
            Err(error) => {
                let problem = self.bad_pattern(pattern, &error);
                self.push(problem);
                None
            }
        }
    }

    fn bad_pattern(&self, pattern: &PatternLit, error: &regex::Error) -> Diagnostic {
        if let regex::Error::CompiledTooBig(_) = error {
            let message = "this pattern is too large to be matched fast";
            return Diagnostic::new(Code::BadPattern, pattern.span, message)
                .help("make the counts in `{ }` smaller, or ask several tests");
        }
        let text = error.to_string();
        let what = text.lines().rev().find_map(|l| l.strip_prefix("error: ")).unwrap_or("it cannot be read");
        let place = self.pattern_place(pattern, &text);
        let help = if what.contains("look-around") {
            "look-ahead and look-behind would make it slow: ask two tests joined by `and`"
        } else if what.contains("backreference") {
            "a pattern cannot refer back to a group"
        } else if what.contains("repetition operator missing") {
            "write what is repeated before `*`, `+` and `?`; for any text write `.*`; for the sign itself write `\\*`"
        } else if what.contains("unclosed") || what.contains("unopened") {
            "close what is open, or put `\\` before a bracket that is meant itself"
        } else if what.contains("unrecognized escape") {
            "before a letter `\\` must be one of `\\d \\w \\s \\b` and their capitals"
        } else {
            "put `\\` before a sign that is meant itself, as in `\\.`"
        };
        Diagnostic::new(Code::BadPattern, place, format!("the pattern cannot be read: {what}")).help(help)
    }

    /// The place inside the pattern that an error is about, from the signs `^` under it.
    fn pattern_place(&self, pattern: &PatternLit, error: &str) -> Span {
        let marks = error.lines().find(|l| l.contains('^') && l.chars().all(|c| c == ' ' || c == '^'));
        let Some((marks, start)) = marks.and_then(|m| m.find('^').map(|at| (m, at))) else { return pattern.span };
        let (from, to) = (start.saturating_sub(4), marks.len().saturating_sub(4));
        // In the source `\/` is one character of the pattern.
        let source = self.sources.text(pattern.span);
        let mut offsets = Vec::new();
        let mut chars = source.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            offsets.push(at);
            if c == '\\' && chars.peek().is_some_and(|next| next.1 == '/') {
                chars.next();
            }
        }
        let place = |at: usize| {
            let offset = offsets.get(at).or(offsets.last()).copied().unwrap_or_default();
            pattern.span.start + crate::invariant::number(offset)
        };
        Span::new(pattern.span.file, place(from), place(to).max(place(from) + 1).min(pattern.span.end))
    }
}

/// A pattern whose `\d \w \s \b` and their capitals are ASCII, while letters keep Unicode's cases.
fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next().unwrap_or('\\');
                match escape(next, depth > 0) {
                    Some(class) => out.push_str(class),
                    None => out.extend(['\\', next]),
                }
            }
            '[' => {
                depth += 1;
                out.push(c);
                // A `]` that comes first is itself.
                let mut rest = chars.clone();
                if rest.next() == Some('^') {
                    out.push('^');
                    chars = rest.clone();
                }
                let mut rest = chars.clone();
                if rest.next() == Some(']') {
                    out.push(']');
                    chars = rest;
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

fn escape(letter: char, in_class: bool) -> Option<&'static str> {
    Some(match (letter, in_class) {
        ('d', false) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('d', true) => "0-9",
        ('s', false) => r"[\t-\r ]",
        ('S', _) => r"[^\t-\r ]",
        ('s', true) => r"\t-\r ",
        ('w', false) => "(?-i:[0-9A-Za-z_])",
        ('W', false) => "(?-i:[^0-9A-Za-z_])",
        ('w', true) => "0-9A-Za-z_",
        ('W', true) => "[^0-9A-Za-z_]",
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        (_, _) => return None,
    })
}

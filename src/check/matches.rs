//! `match` and `match each`.

use rustc_hash::FxHashMap;

use super::checker::{Checker, type_words};
use super::expr::Choice;
use super::items::{End, Ends, RECORD};
use super::near::quoted;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ItemKind, MatchLine};
use crate::source::Span;
use crate::syntax::ast::{MatchHead, MatchItem, MatchKey, OptionName};
use crate::text::fold;
use crate::value::{Type, Value};

/// What the keys of a match are.
enum Keys {
    Options(Choice),
    Truth,
    Texts,
}

impl Checker<'_> {
    /// `match X { .. }`, `match each S { .. }`
    pub(super) fn match_item(&mut self, rule: &MatchItem) -> Option<ItemKind> {
        let value = self.value(&rule.value, RECORD);
        let keys = value.as_ref().and_then(|v| self.keys(v, rule.each));
        let mut lines = Vec::with_capacity(rule.lines.len());
        let (mut ends, mut whole) = (Ends::default(), true);
        let mut seen: FxHashMap<String, Span> = FxHashMap::default();
        for line in &rule.lines {
            let named = match &line.head {
                MatchHead::Else(head) => {
                    self.end_line(&mut ends, End::Else, *head, &line.outcome);
                    continue;
                }
                MatchHead::Unknown(head) => {
                    if rule.each {
                        let message = "a set is never unknown: without members nothing counts";
                        self.error(Code::TypeMismatch, *head, message, "leave this line out; for no member ask `is empty`");
                        whole = false;
                    }
                    self.end_line(&mut ends, End::Unknown, *head, &line.outcome);
                    continue;
                }
                MatchHead::Keys(named) => named,
            };
            if let Some(first) = named.first() {
                self.line_behind(&mut ends, key_span(first));
            }
            let mut values = Vec::with_capacity(named.len());
            for key in named {
                match keys.as_ref().and_then(|keys| self.key(keys, key)) {
                    Some(value) => {
                        self.first_time(&mut seen, &value, key);
                        values.push(value);
                    }
                    None => whole = false,
                }
            }
            match self.arm(&line.outcome.points, line.outcome.because.as_ref(), line.outcome.span) {
                Some(arm) => lines.push(MatchLine { keys: values, arm }),
                None => whole = false,
            }
        }
        let (otherwise, unknown) = ends.arms()?;
        let value = value?;
        keys?;
        if !whole {
            return None;
        }
        Some(if rule.each {
            ItemKind::MatchEach { set: value, lines, otherwise }
        } else {
            ItemKind::Match { value, lines, otherwise, unknown }
        })
    }

    /// What the keys must be; told where the value cannot be matched.
    fn keys(&mut self, value: &Expr, each: bool) -> Option<Keys> {
        let words = self.words(value.span);
        let help = match (&value.ty, each) {
            (Type::OneOf(_), false) | (Type::SetOf(_), true) => return self.choice_of(value).map(Keys::Options),
            (Type::Boolean, false) => return Some(Keys::Truth),
            (Type::Text, false) | (Type::SetOfText, true) => return Some(Keys::Texts),
            (Type::SetOf(_) | Type::SetOfText, false) => format!("write `match each {words} {{ .. }}`"),
            (Type::OneOf(_) | Type::Boolean | Type::Text, true) => format!("write `match {words} {{ .. }}`"),
            (Type::Integer | Type::Number | Type::Date | Type::DateTime, _) => {
                format!("write `band {words} {{ .. }}` with ranges")
            }
            (Type::Score | Type::Label, _) => "a lifecycle or a label goes by scores".to_owned(),
        };
        let wanted = if each { "a set" } else { "a `one of`, true or false, or text" };
        let what = if each { "match each" } else { "match" };
        let message = format!("`{words}` is {}, and `{what}` takes {wanted}", type_words(&value.ty));
        self.error(Code::TypeMismatch, value.span, message, help);
        None
    }

    fn key(&mut self, keys: &Keys, key: &MatchKey) -> Option<Value> {
        match (keys, key) {
            (Keys::Options(choice), MatchKey::Option(name)) => self.option(choice, name).map(Value::Option),
            (Keys::Options(choice), MatchKey::Boolean(truth, span)) => {
                // `true` is a reserved word, so an option of that name stands in quotes.
                let word = truth.to_string();
                let help = match self.option_code(&choice.options, &word, false) {
                    Some(_) => format!("write it in quotes: \"{word}\""),
                    None => format!("name an option of `{}`", choice.owner),
                };
                let message = format!("`{word}` is no option of `{}`", choice.owner);
                self.error(Code::UnknownOption, *span, message, help);
                None
            }
            (Keys::Truth, MatchKey::Boolean(truth, _)) => Some(Value::Boolean(*truth)),
            (Keys::Truth, MatchKey::Option(name)) => {
                let meant = match name.name().to_lowercase().as_str() {
                    "yes" | "y" | "true" | "1" => Some("true"),
                    "no" | "n" | "false" | "0" => Some("false"),
                    _ => None,
                };
                let mut problem =
                    Diagnostic::new(Code::UnknownOption, name.span(), format!("`{}` is neither `true` nor `false`", name.name()));
                problem = match meant {
                    Some(word) => problem.help(format!("did you mean `{word}`?")).fix(
                        true,
                        format!("replace with `{word}`"),
                        name.span(),
                        word,
                    ),
                    None => problem.help("write `true: +5` or `false: 0`"),
                };
                self.push(problem);
                None
            }
            (Keys::Texts, MatchKey::Option(OptionName::Text(text))) => {
                if text.value.is_empty() {
                    let help = "an empty cell is an unknown value: write an `unknown` line";
                    self.error(Code::TypeMismatch, text.span, "no value is the empty text", help);
                    return None;
                }
                let folded = fold(&text.value, self.env.schema.ignore_accents);
                Some(Value::Text(folded.as_ref().into()))
            }
            (Keys::Texts, MatchKey::Option(OptionName::Word(word))) => {
                let text = quoted(&word.name);
                let problem = Diagnostic::new(Code::TypeMismatch, word.span, format!("`{}` stands for no text", word.name));
                self.push(problem.help(format!("text stands in quotes: {text}")).fix(
                    true,
                    format!("replace with `{text}`"),
                    word.span,
                    text.clone(),
                ));
                None
            }
            (Keys::Texts, MatchKey::Boolean(truth, span)) => {
                self.error(
                    Code::TypeMismatch,
                    *span,
                    format!("`{truth}` is no text"),
                    format!("text stands in quotes: \"{truth}\""),
                );
                None
            }
        }
    }

    /// Tells a key that stands for the second time.
    fn first_time(&mut self, seen: &mut FxHashMap<String, Span>, value: &Value, key: &MatchKey) {
        let name = match value {
            Value::Option(code) => code.to_string(),
            Value::Boolean(truth) => truth.to_string(),
            Value::Text(text) => text.to_string(),
            Value::Integer(_)
            | Value::Number(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::Set(_)
            | Value::TextSet(_)
            | Value::Decimal(_) => return,
        };
        let span = key_span(key);
        if let Some(first) = seen.insert(name, span) {
            let problem = Diagnostic::new(Code::DuplicateOption, span, format!("`{}` stands twice", self.words(span)))
                .also(first, "it stands here already")
                .help("leave out one of them: an option takes one line");
            self.push(problem);
        }
    }
}

fn key_span(key: &MatchKey) -> Span {
    match key {
        MatchKey::Option(name) => name.span(),
        MatchKey::Boolean(_, span) => *span,
    }
}

//! Lists: entries as written, resolved for their use.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::choice::Choice;
use super::literal::number_text;
use super::name::Meaning;
use crate::check::checker::{Checker, Scope, inner, value_words};
use crate::check::env::Entity;
use crate::check::names::Target;
use crate::check::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::{ListEntry, ListValue, Texts};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::written::quoted;
use crate::text::fold;
use crate::value::{Decimal, Value};

/// The entries that a test goes by: written out, or those of a list with a name.
#[derive(Debug, Clone)]
pub(super) struct Entries {
    pub(super) items: Arc<[ListEntry]>,
    /// The list's place, if it has a name.
    pub(super) list: Option<usize>,
    /// Where it is used.
    pub(super) span: Span,
}

/// What is wrong with an entry; `None` where its cause has been told.
type Wrong = Option<Box<Diagnostic>>;

fn wrong(problem: Diagnostic) -> Wrong {
    Some(Box::new(problem))
}

/// Of a list with a name no more wrong entries than these are told.
const TOLD: usize = 20;

impl Checker<'_> {
    /// The entries of a list written out.
    pub(in crate::check) fn list_entries(&mut self, list: &ast::ListLit) -> Option<Arc<[ListEntry]>> {
        let mut entries = Vec::with_capacity(list.items.len());
        let mut whole = true;
        for item in &list.items {
            match self.list_entry(item) {
                Some(entry) => entries.push(entry),
                None => whole = false,
            }
        }
        whole.then(|| entries.into())
    }

    fn list_entry(&mut self, item: &ast::Expr) -> Option<ListEntry> {
        let item = inner(item);
        let span = item.span;
        if let ast::ExprKind::Name(name) = &item.kind {
            return Some(ListEntry { value: ListValue::Word(name.name.clone()), span });
        }
        let value = match self.constant(item, "an entry of a list")? {
            Value::Text(text) => ListValue::Text(text),
            Value::Decimal(number) => ListValue::Number(number),
            Value::Integer(n) => ListValue::Number(Decimal::whole(n)),
            Value::Boolean(truth) => ListValue::Boolean(truth),
            Value::Date(day) => ListValue::Date(day),
            Value::DateTime(micros) => ListValue::DateTime(micros),
            Value::Number(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => return None,
        };
        Some(ListEntry { value, span })
    }

    /// The entries of `[a, b]` or of a list's name; `None` where that is neither (told).
    pub(super) fn entries(&mut self, expr: &ast::Expr, scope: Scope) -> Option<Entries> {
        let expr = inner(expr);
        if let ast::ExprKind::List(list) = &expr.kind {
            return self.list_entries(list).map(|items| Entries { items, list: None, span: expr.span });
        }
        let ast::ExprKind::Name(name) = &expr.kind else {
            let message = format!("`{}` is not a list", self.words(expr.span));
            self.error(Code::TypeMismatch, expr.span, message, "write `[a, b]` or a list's name");
            return None;
        };
        match self.meaning(name, scope) {
            Meaning::List(at) => self.named_entries(at, expr.span),
            Meaning::Broken => None,
            Meaning::Hidden(why, help) => {
                self.error(Code::UnknownName, name.span, why, help);
                None
            }
            Meaning::Unknown => {
                let lists = self.env.lists.iter().map(|l| l.name.clone()).collect();
                let near = self.near(&name.name, lists);
                let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no list `{}`", name.name));
                let otherwise =
                    format!("write the entries: `in [{}]`, or declare the list: `list {0} = [..]`", as_name(&name.name));
                self.push(near.advise(problem, name.span, otherwise, as_name));
                None
            }
            Meaning::Value(_) | Meaning::Events(_) | Meaning::Related(_) => {
                let message = format!("`{}` is not a list", name.name);
                let help = format!("write brackets around it, as in `in [{}]`, or compare with `is`", as_name(&name.name));
                self.error(Code::TypeMismatch, name.span, message, help);
                None
            }
        }
    }

    pub(super) fn named_entries(&self, at: usize, span: Span) -> Option<Entries> {
        let items = self.env.lists.get(at)?.entries.clone()?;
        Some(Entries { items, list: Some(at), span })
    }

    /// Resolves every entry; the wrong ones are told at their places, or once at the use where none is right.
    fn resolve<T>(
        &mut self,
        entries: &Entries,
        wanted: &str,
        mut one: impl FnMut(&mut Self, &ListEntry) -> Result<T, Wrong>,
    ) -> Option<Vec<T>> {
        let mut found = Vec::with_capacity(entries.items.len());
        let mut problems: Vec<Diagnostic> = Vec::new();
        let mut failed = false;
        for entry in entries.items.iter() {
            match one(self, entry) {
                Ok(value) => found.push(value),
                Err(problem) => {
                    failed = true;
                    if problems.len() < TOLD {
                        problems.extend(problem.map(|p| *p));
                    }
                }
            }
        }
        let name = entries.list.and_then(|at| self.env.lists.get(at)).map(|l| (l.name.clone(), l.name_span));
        match name {
            Some((name, declared)) if found.is_empty() && problems.len() > 1 => {
                let code = problems.first().map_or(Code::TypeMismatch, |d| d.code);
                let message = format!("no entry of the list `{name}` is {wanted}");
                let problem = Diagnostic::new(code, entries.span, message)
                    .also(declared, "the list")
                    .help("use a different list here, or fix its entries");
                self.push(problem);
            }
            Some(_) => {
                for problem in problems {
                    self.push_once(problem.span, problem);
                }
            }
            None => problems.into_iter().for_each(|problem| self.push(problem)),
        }
        (!failed).then_some(found)
    }

    /// A bare word of a list as the param that it is.
    fn word_param(&mut self, word: &str, span: Span) -> Option<Value> {
        let (Entity::Param(at), _) = self.env.entities.get(word).copied()? else { return None };
        self.mention(span, Target::Entity(Entity::Param(at)));
        self.env.params.get(at)?.value.clone()
    }

    /// The entries as options of a choice.
    pub(super) fn as_options(&mut self, entries: &Entries, choice: &Choice) -> Option<BTreeSet<u32>> {
        let wanted = format!("an option of `{}`", choice.owner);
        let codes = self.resolve(entries, &wanted, |this, entry| {
            let (text, bare) = match &entry.value {
                ListValue::Word(word) => (word.clone(), true),
                ListValue::Text(text) | ListValue::Line(text) => (text.clone(), false),
                ListValue::Number(n) => return Err(wrong(this.not_a_word(choice, &Value::Decimal(*n), entry.span))),
                ListValue::Date(d) => return Err(wrong(this.not_a_word(choice, &Value::Date(*d), entry.span))),
                ListValue::DateTime(d) => return Err(wrong(this.not_a_word(choice, &Value::DateTime(*d), entry.span))),
                ListValue::Boolean(b) => return Err(wrong(this.not_a_word(choice, &Value::Boolean(*b), entry.span))),
            };
            if let Some(code) = this.named_option(&choice.options, &text, bare, entry.span) {
                return Ok(code);
            }
            if bare && let Some(Value::Text(value)) = this.word_param(&text, entry.span) {
                return this
                    .option_code(&choice.options, &value, false)
                    .ok_or_else(|| wrong(this.unknown_option_problem(choice, &value, entry.span, Code::UnknownOption)));
            }
            Err(wrong(this.unknown_option_problem(choice, &text, entry.span, Code::UnknownOption)))
        })?;
        Some(codes.into_iter().collect())
    }

    /// The entries as texts, folded; those of a list with a name are folded once.
    pub(super) fn as_texts(&mut self, entries: &Entries) -> Option<Arc<Texts>> {
        if let Some(known) = entries.list.and_then(|at| self.env.lists.get(at)).and_then(|l| l.texts.get()) {
            return Some(known.clone());
        }
        let texts = self.resolve(entries, "text", |this, entry| match &entry.value {
            ListValue::Text(text) | ListValue::Line(text) if this.is_empty_text(text) => Err(wrong(empty_text(entry.span, text))),
            ListValue::Text(text) | ListValue::Line(text) => Ok(text.clone()),
            ListValue::Word(word) => match this.word_param(word, entry.span) {
                Some(Value::Text(text)) if this.is_empty_text(&text) => Err(wrong(empty_text(entry.span, &text))),
                Some(Value::Text(text)) => Ok(text),
                Some(_) | None => Err((!this.excused(word)).then(|| Box::new(unquoted_entry(word, entry.span)))),
            },
            ListValue::Number(_) | ListValue::Date(_) | ListValue::DateTime(_) | ListValue::Boolean(_) => {
                let words = this.words(entry.span);
                let message = format!("`{words}` is {}, and here texts are wanted", value_words(&plain_value(&entry.value)));
                Err(wrong(
                    Diagnostic::new(Code::TypeMismatch, entry.span, message).help(format!("write text in quotes: \"{words}\"")),
                ))
            }
        });
        let name = entries.list.and_then(|at| self.env.lists.get(at)).map(|l| l.name.clone());
        let texts = Arc::new(self.folded(texts?, name));
        if let Some(list) = entries.list.and_then(|at| self.env.lists.get(at)) {
            // A second use would give the same.
            let _ = list.texts.set(texts.clone());
        }
        Some(texts)
    }

    /// Texts folded, each once, sorted, with those written.
    pub(super) fn folded(&self, written: impl IntoIterator<Item = Arc<str>>, list: Option<Arc<str>>) -> Texts {
        let written: Vec<Arc<str>> = written.into_iter().collect();
        let accents = self.env.schema.ignore_accents;
        let fold_one = |text: &Arc<str>| match fold(text, accents) {
            std::borrow::Cow::Borrowed(_) => text.clone(),
            std::borrow::Cow::Owned(folded) => Arc::from(folded),
        };
        let mut items: Vec<Arc<str>> = written.iter().map(fold_one).collect();
        items.sort_unstable();
        items.dedup();
        Texts { items, written, list }
    }

    /// Whether nothing of a text is compared.
    pub(in crate::check) fn is_empty_text(&self, text: &str) -> bool {
        fold(text, self.env.schema.ignore_accents).is_empty()
    }

    /// The entries as numbers.
    pub(super) fn as_numbers(&mut self, entries: &Entries) -> Option<Vec<Decimal>> {
        self.resolve(entries, "a number", |this, entry| {
            let value = match &entry.value {
                ListValue::Number(n) => return Ok(*n),
                ListValue::Word(word) => match this.word_param(word, entry.span) {
                    Some(Value::Decimal(n)) => return Ok(n),
                    Some(value) => value,
                    None => return Err(this.unknown_entry(word, entry.span).map(Box::new)),
                },
                ListValue::Line(line) => match number_text(line) {
                    Some(n) => return Ok(n),
                    None => Value::Text(line.clone()),
                },
                ListValue::Text(_) | ListValue::Date(_) | ListValue::DateTime(_) | ListValue::Boolean(_) => {
                    plain_value(&entry.value)
                }
            };
            Err(wrong(this.wrong_entry(&value, entry.span, "numbers", "write the number without quotes")))
        })
    }

    /// The entries as dates or date-times.
    pub(super) fn as_dates(&mut self, entries: &Entries) -> Option<Vec<Value>> {
        self.resolve(entries, "a date", |this, entry| {
            let value = match &entry.value {
                ListValue::Date(day) => return Ok(Value::Date(*day)),
                ListValue::DateTime(micros) => return Ok(Value::DateTime(*micros)),
                ListValue::Word(word) => match this.word_param(word, entry.span) {
                    Some(value @ (Value::Date(_) | Value::DateTime(_))) => return Ok(value),
                    Some(value) => value,
                    None => return Err(this.unknown_entry(word, entry.span).map(Box::new)),
                },
                ListValue::Line(line) => match crate::time::parse_date(line) {
                    Ok(day) => return Ok(Value::Date(day)),
                    Err(_) => match crate::time::parse_datetime(line, &this.env.schema.zone) {
                        Ok(micros) => return Ok(Value::DateTime(micros)),
                        Err(_) => Value::Text(line.clone()),
                    },
                },
                ListValue::Text(_) | ListValue::Number(_) | ListValue::Boolean(_) => plain_value(&entry.value),
            };
            Err(wrong(this.wrong_entry(&value, entry.span, "dates", "write the date without quotes: 2026-01-15")))
        })
    }

    /// The entries as `true` and `false`.
    pub(super) fn as_truths(&mut self, entries: &Entries) -> Option<Vec<bool>> {
        self.resolve(entries, "`true` or `false`", |this, entry| match &entry.value {
            ListValue::Boolean(truth) => Ok(*truth),
            ListValue::Text(_)
            | ListValue::Line(_)
            | ListValue::Number(_)
            | ListValue::Date(_)
            | ListValue::DateTime(_)
            | ListValue::Word(_) => Err(wrong(this.wrong_entry(
                &plain_value(&entry.value),
                entry.span,
                "`true` and `false`",
                "write `true` or `false`",
            ))),
        })
    }

    fn wrong_entry(&self, value: &Value, span: Span, wanted: &str, help: &str) -> Diagnostic {
        let message = format!("`{}` is {}, and here {wanted} are wanted", self.words(span), value_words(value));
        Diagnostic::new(Code::TypeMismatch, span, message).help(help)
    }

    fn unknown_entry(&mut self, word: &str, span: Span) -> Option<Diagnostic> {
        if self.excused(word) {
            return None;
        }
        if let Some((entity, _)) = self.env.entities.get(word) {
            let message = format!("`{word}` is {}, and an entry of a list must be the same for every record", entity.words());
            return Some(Diagnostic::new(Code::TypeMismatch, span, message).help("write the value itself, or name a param"));
        }
        let params = self.env.params.iter().map(|p| p.name.clone()).collect();
        let near = self.near(word, params);
        let problem = Diagnostic::new(Code::UnknownName, span, format!("there is no param `{word}`"));
        Some(near.advise(problem, span, "write the value itself", as_name))
    }
}

/// An entry's value for messages.
fn plain_value(value: &ListValue) -> Value {
    match value {
        ListValue::Word(text) | ListValue::Text(text) | ListValue::Line(text) => Value::Text(text.clone()),
        ListValue::Number(n) => Value::Decimal(*n),
        ListValue::Date(day) => Value::Date(*day),
        ListValue::DateTime(micros) => Value::DateTime(*micros),
        ListValue::Boolean(truth) => Value::Boolean(*truth),
    }
}

fn unquoted_entry(word: &str, span: Span) -> Diagnostic {
    let text = quoted(word);
    Diagnostic::new(Code::UnknownName, span, format!("there is nothing called `{word}`"))
        .help(format!("write text in quotes: {text}"))
        .fix(true, format!("replace with `{text}`"), span, text)
}

/// The finding that a text test goes by the empty text.
pub(super) fn empty_text(span: Span, text: &str) -> Diagnostic {
    let message = if text.is_empty() {
        "every text contains the empty text, so this tests nothing"
    } else {
        "this text is nothing but accents, which `ignore accents` leaves out, so this tests nothing"
    };
    Diagnostic::new(Code::TypeMismatch, span, message).help("write the text to look for; for a missing value ask `is unknown`")
}

//! `match` and `match each`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::checker::{Checker, Place, boolean, type_words, typed};
use super::expr::Choice;
use super::items::{EachParts, End, Ends, RECORD};
use crate::diag::{Code, Diagnostic};
use crate::hir::{EventLine, Expr, ExprKind, ItemKind, MatchLine, TextTest, Texts};
use crate::source::Span;
use crate::syntax::ast::{self, EachClause, Ident, MatchHead, MatchItem, MatchKey, MatchSubject, OptionName};
use crate::syntax::written::quoted;
use crate::text::fold;
use crate::value::{Decimal, Type, Value};

/// What the keys of a match are.
enum Keys {
    Options(Choice),
    Truth,
    Texts,
    Numbers,
}

/// What a match goes by: one value, the members of a set, or a field of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Value,
    Members,
    Field,
}

/// The keys of the lines so far.
struct Lines {
    keys: Option<Keys>,
    seen: FxHashMap<String, Span>,
}

impl Checker<'_> {
    /// `match X { .. }`, `match each S { .. }`, `match each E.f { .. }`
    pub(super) fn match_item(&mut self, rule: &MatchItem) -> Option<ItemKind> {
        let members;
        let (value, by) = match &rule.subject {
            MatchSubject::Value(value) => (value, By::Value),
            MatchSubject::Members(set) => (set, By::Members),
            MatchSubject::Events { event, field, within: None, filter: None } if self.is_related(event) => {
                let name = Arc::from(format!("{}.{}", event.name, field.name));
                let span = event.span.to(field.span);
                members = ast::Expr { kind: ast::ExprKind::Name(Ident { name, span, ..event.clone() }), span };
                (&members, By::Members)
            }
            MatchSubject::Events { event, field, within, filter } => {
                return self.match_events(rule, event, field, within.as_deref(), filter.as_ref());
            }
        };
        let value = self.value(value, RECORD);
        let mut so_far = Lines { keys: value.as_ref().and_then(|v| self.keys(v, by)), seen: FxHashMap::default() };
        let mut lines = Vec::with_capacity(rule.lines.len());
        let (mut ends, mut whole) = (Ends::default(), true);
        for line in &rule.lines {
            if let Some(clause) = line.tail.first() {
                let help = "bounds, `max N times` and `losing` go with events: `match each EVENTS.FIELD`";
                self.error(Code::Syntax, clause_span(clause), "points of this match are one number", help);
                whole = false;
            }
            let named = match &line.head {
                MatchHead::Else(head) => {
                    self.end_line(&mut ends, End::Else, *head, &line.outcome);
                    continue;
                }
                MatchHead::Unknown(head) => {
                    if by == By::Members {
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
            let values = self.line_keys(&mut so_far, named);
            match values.zip(self.arm(&line.outcome.points, line.outcome.because.as_ref(), line.outcome.span)) {
                Some((keys, arm)) => lines.push(MatchLine { keys, arm }),
                None => whole = false,
            }
        }
        let (otherwise, unknown) = ends.arms()?;
        let value = value?;
        so_far.keys?;
        if !whole {
            return None;
        }
        Some(if by == By::Members {
            ItemKind::MatchEach { set: value, lines, otherwise }
        } else {
            ItemKind::Match { value, lines, otherwise, unknown }
        })
    }

    fn is_related(&self, name: &Ident) -> bool {
        self.env.schema.find_related(&name.name).is_some()
    }

    /// `match each E.f [within D] [where C] { .. }`: each line is an `each` whose `where` asks for the keys besides.
    fn match_events(
        &mut self,
        rule: &MatchItem,
        event: &Ident,
        field: &Ident,
        within: Option<&ast::Window>,
        filter: Option<&ast::Expr>,
    ) -> Option<ItemKind> {
        let id = self.event(event, RECORD)?;
        let of = self.event_field(id, field);
        let which = self.which_events(id, within, filter, Place::Record);
        let field = of.map(|(field, ty, span)| typed(ExprKind::Field(id, field), ty, event.span.to(span)));
        let mut so_far = Lines { keys: field.as_ref().and_then(|f| self.keys(f, By::Field)), seen: FxHashMap::default() };
        let mut found: Vec<(Vec<Value>, EachParts, Span)> = Vec::with_capacity(rule.lines.len());
        let (mut otherwise, mut whole) = (None, true);
        for line in &rule.lines {
            let parts =
                self.each_parts(&line.outcome.points, line.outcome.because.as_ref(), &line.tail, (Some(id), line.outcome.span));
            let (keys, head) = match &line.head {
                MatchHead::Else(head) => {
                    if let Some(first) = otherwise.replace(*head) {
                        let problem = Diagnostic::new(Code::Syntax, *head, "`else` is listed twice")
                            .also(first, "listed here first")
                            .help("keep one of them");
                        self.push(problem);
                        whole = false;
                    }
                    (Some(Vec::new()), *head)
                }
                MatchHead::Unknown(head) => {
                    let message = "events whose field is unknown are left out, so there is no `unknown` line here";
                    let help = format!("leave this line out; for such events write `each {} where .. is unknown`", event.name);
                    self.error(Code::Syntax, *head, message, help);
                    whole = false;
                    continue;
                }
                MatchHead::Keys(named) => {
                    let span = named.iter().map(key_span).reduce(Span::to).unwrap_or(line.outcome.span);
                    if let Some(first) = otherwise {
                        let problem = Diagnostic::new(Code::Syntax, span, "this line comes after `else`")
                            .also(first, "`else` comes last")
                            .help("move the `else` line to the end");
                        self.push_once(first, problem);
                    }
                    (self.line_keys(&mut so_far, named), span)
                }
            };
            match keys.zip(parts) {
                Some((keys, parts)) => found.push((keys, parts, head)),
                None => whole = false,
            }
        }
        let (field, (within, filter)) = (field?, which?);
        so_far.keys?;
        if !whole {
            return None;
        }
        let all: Vec<Value> = found.iter().flat_map(|(keys, ..)| keys.iter().cloned()).collect();
        let lines = found.into_iter().map(|(keys, parts, head)| {
            let asked = if keys.is_empty() { none_of(&field, &all, head) } else { one_of(&field, &keys, head) };
            let filter = match filter.clone() {
                None => asked,
                Some(filter) => {
                    let whole = Span::new(head.file, head.start, parts.arm.points_span.start);
                    boolean(ExprKind::And(vec![filter, asked]), whole)
                }
            };
            EventLine { keys, each: parts.each(id, within, Some(filter)) }
        });
        Some(ItemKind::MatchEvents { lines: lines.collect(), filter, field })
    }

    /// The keys of a line; `None` where one of them is wrong.
    fn line_keys(&mut self, so_far: &mut Lines, named: &[MatchKey]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(named.len());
        for key in named {
            if let Some(value) = so_far.keys.as_ref().and_then(|keys| self.key(keys, key)) {
                self.first_time(&mut so_far.seen, &value, key);
                values.push(value);
            }
        }
        (values.len() == named.len()).then_some(values)
    }

    /// What the keys must be; told where the value cannot be matched.
    fn keys(&mut self, value: &Expr, by: By) -> Option<Keys> {
        let words = self.words(value.span);
        let help = match (&value.ty, by) {
            (Type::OneOf(_), By::Value | By::Field) | (Type::SetOf(_), By::Members) => {
                return self.choice_of(value).map(Keys::Options);
            }
            (Type::Boolean, By::Value | By::Field) => return Some(Keys::Truth),
            (Type::Text, By::Value | By::Field) | (Type::SetOfText, By::Members) => return Some(Keys::Texts),
            (Type::Integer, By::Value | By::Field) => return Some(Keys::Numbers),
            (Type::SetOf(_) | Type::SetOfText, By::Value) => format!("write `match each {words} {{ .. }}`"),
            (Type::OneOf(_) | Type::Boolean | Type::Text | Type::Integer, By::Members) => {
                format!("write `match {words} {{ .. }}`")
            }
            (_, By::Field) => "write one `each .. where ..` for each case".to_owned(),
            (Type::Number | Type::Date | Type::DateTime, _) => {
                format!("write `band {words} {{ .. }}` with ranges")
            }
            (Type::Score | Type::Label, _) => "a lifecycle or a label goes by scores".to_owned(),
        };
        let wanted = if by == By::Members { "a set" } else { "a `one of`, true or false, a whole number, or text" };
        let what = if by == By::Value { "match" } else { "match each" };
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
                let message = format!("`{word}` is not an option of `{}`", choice.owner);
                self.error(Code::UnknownOption, *span, message, help);
                None
            }
            (Keys::Numbers, MatchKey::Number(number)) => {
                let value = self.constant(number, "a key of a match")?;
                let whole = value.as_decimal().and_then(Decimal::as_integer);
                if whole.is_none() {
                    let message = format!("`{}` is not a whole number", self.words(number.span));
                    self.error(Code::TypeMismatch, number.span, message, "write whole numbers, or ranges in a `band`");
                }
                whole.map(Value::Integer)
            }
            (Keys::Numbers, MatchKey::Boolean(..) | MatchKey::Option(_)) => {
                let span = key_span(key);
                let message = format!("`{}` is not a whole number", self.words(span));
                self.error(Code::TypeMismatch, span, message, "write whole numbers, as in `5: +20`");
                None
            }
            (Keys::Options(choice), MatchKey::Number(number)) => {
                let word = self.words(number.span);
                self.unknown_option(choice, &word, number.span, Code::UnknownOption);
                None
            }
            (Keys::Truth, MatchKey::Number(number)) => {
                let message = format!("`{}` is neither `true` nor `false`", self.words(number.span));
                self.error(Code::UnknownOption, number.span, message, "write `true: +5` or `false: 0`");
                None
            }
            (Keys::Texts, MatchKey::Number(number)) => {
                let word = self.words(number.span);
                let text = quoted(&word);
                let problem = Diagnostic::new(Code::TypeMismatch, number.span, format!("`{word}` is not text"))
                    .help(format!("write text in quotes: {text}"));
                self.push(problem.fix(true, format!("replace with `{text}`"), number.span, text.clone()));
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
                if self.is_empty_text(&text.value) {
                    let help = "an empty cell is an unknown value: write an `unknown` line";
                    self.error(Code::TypeMismatch, text.span, "no value is the empty text", help);
                    return None;
                }
                let folded = fold(&text.value, self.env.schema.ignore_accents);
                Some(Value::Text(folded.as_ref().into()))
            }
            (Keys::Texts, MatchKey::Option(OptionName::Word(word))) => {
                let text = quoted(&word.name);
                let problem = Diagnostic::new(Code::TypeMismatch, word.span, format!("`{}` is not text", word.name));
                self.push(problem.help(format!("write text in quotes: {text}")).fix(
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
                    format!("`{truth}` is not text"),
                    format!("write text in quotes: \"{truth}\""),
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
            Value::Integer(number) => number.to_string(),
            Value::Number(_) | Value::Date(_) | Value::DateTime(_) | Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => {
                return;
            }
        };
        let span = key_span(key);
        if let Some(first) = seen.insert(name, span) {
            let problem = Diagnostic::new(Code::DuplicateOption, span, format!("`{}` is written twice", self.words(span)))
                .also(first, "it is written here already")
                .help("leave out one of them: an option takes one line");
            self.push(problem);
        }
    }
}

fn key_span(key: &MatchKey) -> Span {
    match key {
        MatchKey::Option(name) => name.span(),
        MatchKey::Boolean(_, span) => *span,
        MatchKey::Number(number) => number.span,
    }
}

fn clause_span(clause: &EachClause) -> Span {
    match clause {
        EachClause::Bound(bound) => bound.span,
        EachClause::Times { span, .. } => *span,
        EachClause::Decay(decay) => decay.span,
    }
}

/// `field in [keys]`
fn one_of(field: &Expr, keys: &[Value], span: Span) -> Expr {
    let own = || Box::new(field.clone());
    let codes = keys.iter().filter_map(|key| if let Value::Option(code) = key { Some(*code) } else { None });
    let kind = match &field.ty {
        Type::OneOf(_) => ExprKind::InOptions(own(), codes.collect()),
        Type::Boolean => match (keys.contains(&Value::Boolean(true)), keys.contains(&Value::Boolean(false))) {
            (true, false) => field.kind.clone(),
            (false, _) => ExprKind::Not(own()),
            (true, true) => ExprKind::IsKnown(own()),
        },
        Type::Text => {
            let mut items: Vec<Arc<str>> = keys.iter().filter_map(|key| key.as_text().cloned()).collect();
            items.sort_unstable();
            items.dedup();
            let texts = Texts { written: items.clone(), items, list: None };
            ExprKind::TextTest { text: own(), test: TextTest::Is, texts: Arc::new(texts) }
        }
        Type::Integer
        | Type::Number
        | Type::Date
        | Type::DateTime
        | Type::SetOf(_)
        | Type::SetOfText
        | Type::Score
        | Type::Label => ExprKind::InValues(own(), keys.into()),
    };
    boolean(kind, span)
}

/// `field not in [keys]`; of no keys `field is known`.
fn none_of(field: &Expr, keys: &[Value], span: Span) -> Expr {
    if keys.is_empty() {
        return boolean(ExprKind::IsKnown(Box::new(field.clone())), span);
    }
    let all_known = keys.contains(&Value::Boolean(true)) && keys.contains(&Value::Boolean(false));
    let kind =
        if all_known { ExprKind::Literal(Value::Boolean(false)) } else { ExprKind::Not(Box::new(one_of(field, keys, span))) };
    boolean(kind, span)
}

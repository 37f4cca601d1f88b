//! The tests that are no comparisons: `in`, `contains`, `is known` and the like.

use std::sync::Arc;

use super::choice::{Word, as_word};
use super::compare::to_number;
use super::name::Meaning;
use crate::check::checker::{Checker, Scope, as_ident, boolean, inner, perhaps_not};
use crate::check::exact::Opposite;
use crate::check::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::{CompareOp, Expr, ExprKind, TextTest};
use crate::source::Span;
use crate::syntax::ast::{self, OptionName, Test};
use crate::value::{Type, Value};

/// Where a test stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spans {
    /// All of it.
    pub(super) whole: Span,
    /// Its words.
    pub(super) op: Span,
}

impl Checker<'_> {
    /// A test, or its opposite.
    pub(super) fn test(&mut self, operand: &ast::Expr, negated: bool, test: &Test, spans: Spans, scope: Scope) -> Option<Expr> {
        let span = spans.whole;
        let checked = match test {
            Test::Known => self.known(operand, span, scope),
            Test::Unknown => {
                let known = self.known(operand, span, scope)?;
                return Some(perhaps_not(!negated, known));
            }
            Test::Empty => self.empty(operand, spans, scope),
            Test::Within { next, duration } => self.within(operand, *next, duration, span, scope),
            Test::MoreThanAgo(duration) => self.more_than(operand, duration, span, scope),
            Test::Before(other) => self.beside(operand, other, true, (span, spans.op), scope),
            Test::After(other) => self.beside(operand, other, false, (span, spans.op), scope),
            Test::InRange(range) => self.in_range(operand, range, spans, scope),
            Test::In(list) => match self.range_of_one(list, scope) {
                Some(range) => self.in_range(operand, &range, spans, scope),
                None => self.in_list(operand, list, spans, scope),
            },
            Test::Contains(argument) => self.contains(operand, argument, spans, scope),
            Test::ContainsAll(list) => self.contains_all(operand, list, spans, scope),
            Test::ContainsWord(argument) => {
                self.text_operand(operand, TextTest::ContainsWord, argument, (span, "contains word"), scope)
            }
            Test::StartsWith(argument) => {
                self.text_operand(operand, TextTest::StartsWith, argument, (span, "starts with"), scope)
            }
            Test::EndsWith(argument) => self.text_operand(operand, TextTest::EndsWith, argument, (span, "ends with"), scope),
            Test::Matches(pattern) => {
                let text = self.expr(operand, scope)?;
                self.matches(text, pattern, span)
            }
        };
        Some(perhaps_not(negated, checked?))
    }

    fn text_operand(
        &mut self,
        operand: &ast::Expr,
        test: TextTest,
        argument: &ast::Expr,
        spans: (Span, &str),
        scope: Scope,
    ) -> Option<Expr> {
        let text = self.expr(operand, scope)?;
        self.text_test(text, test, argument, spans, scope)
    }

    fn known(&mut self, operand: &ast::Expr, span: Span, scope: Scope) -> Option<Expr> {
        if let Some(name) = as_ident(operand)
            && let Meaning::Events(_) = self.meaning(name, scope)
        {
            let n = as_name(&name.name);
            let message = format!("`{n}` is an event list, which is always known: it has events or none");
            return self.mismatch(name.span, message, format!("ask `{n} is empty` or `{n} is not empty`"));
        }
        if let Some(name) = as_ident(operand)
            && let Meaning::Related(related) = self.meaning(name, scope)
        {
            let known = self.env.schema.related(related)?.known;
            return Some(boolean(ExprKind::Property(known), span));
        }
        let value = self.value(operand, scope)?;
        Some(boolean(ExprKind::IsKnown(Box::new(value)), span))
    }

    fn empty(&mut self, operand: &ast::Expr, spans: Spans, scope: Scope) -> Option<Expr> {
        if let Some(name) = as_ident(operand)
            && let Meaning::Events(event) = self.meaning(name, scope)
        {
            return Some(boolean(ExprKind::NoEvents(event), spans.whole));
        }
        let value = self.value(operand, scope)?;
        if matches!(value.ty, Type::SetOf(_) | Type::SetOfText) {
            return Some(boolean(ExprKind::IsEmpty(Box::new(value)), spans.whole));
        }
        let message = format!("{}, and only sets and event lists can be empty", self.is_what(&value));
        let words = self.sources.text(spans.op).replace("empty", "unknown");
        let problem = Diagnostic::new(Code::TypeMismatch, spans.op, message)
            .help("a value that is missing is unknown: ask `is unknown`")
            .fix(true, format!("replace with `{words}`"), spans.op, words.clone());
        self.push(problem);
        None
    }

    /// `in NAME` is a range of one value where the name is a param that is a number or a date.
    fn range_of_one(&mut self, name: &ast::Expr, scope: Scope) -> Option<ast::RangeLit> {
        let ident = as_ident(name)?;
        let Meaning::Value(value) = self.meaning(ident, scope) else { return None };
        let constant = matches!(value.kind, ExprKind::Literal(Value::Decimal(_) | Value::Date(_) | Value::DateTime(_)));
        constant.then(|| ast::RangeLit {
            lo: Some(Box::new(name.clone())),
            hi: None,
            hi_open: false,
            single: true,
            span: name.span,
        })
    }

    fn in_range(&mut self, operand: &ast::Expr, range: &ast::RangeLit, spans: Spans, scope: Scope) -> Option<Expr> {
        // `in NAME` may be read as a range of one value.
        if range.single
            && let Some(lo) = &range.lo
            && let ast::ExprKind::Name(name) = &inner(lo).kind
            && !matches!(self.meaning(name, scope), Meaning::Value(_))
        {
            return self.in_list(operand, lo, spans, scope);
        }
        let value = self.value(operand, scope)?;
        let (value, kind) = self.ranged(value, std::slice::from_ref(&range), "in")?;
        let range = self.range(range, kind)?;
        if !self.compares_exactly(&value, Opposite::ends(&range), spans.whole) {
            return None;
        }
        Some(boolean(ExprKind::InRange(Box::new(value), range), spans.whole))
    }

    fn in_list(&mut self, operand: &ast::Expr, list: &ast::Expr, spans: Spans, scope: Scope) -> Option<Expr> {
        let span = spans.whole;
        let value = self.expr(operand, scope)?;
        let entries = self.entries(list, scope)?;
        let of = Box::new(value.clone());
        let kind = match &value.ty {
            Type::OneOf(_) => {
                let choice = self.choice_of(&value)?;
                ExprKind::InOptions(of, self.as_options(&entries, &choice)?)
            }
            Type::SetOf(_) => {
                let choice = self.choice_of(&value)?;
                ExprKind::HasOptions { set: of, codes: self.as_options(&entries, &choice)?, all: false }
            }
            Type::SetOfText => ExprKind::HasTexts { set: of, texts: self.as_texts(&entries)?, all: false },
            Type::Label => {
                let choice = self.choice_of(&value)?;
                let codes = self.as_options(&entries, &choice)?;
                let values = codes.iter().filter_map(|c| choice.options.name(*c).cloned());
                let texts = Arc::new(self.folded(values.collect::<Vec<_>>(), None));
                ExprKind::TextTest { text: of, test: TextTest::Is, texts }
            }
            Type::Text => ExprKind::TextTest { text: of, test: TextTest::Is, texts: self.as_texts(&entries)? },
            Type::Integer | Type::Number | Type::Score => return self.in_numbers(value, &entries, span),
            Type::Date | Type::DateTime => return self.in_dates(value, &entries, span),
            Type::Boolean => {
                let truths = self.as_truths(&entries)?;
                let one = |truth: bool| {
                    let literal = boolean(ExprKind::Literal(Value::Boolean(truth)), entries.span);
                    boolean(ExprKind::Compare(CompareOp::Equal, of.clone(), Box::new(literal)), span)
                };
                ExprKind::Or([true, false].into_iter().filter(|t| truths.contains(t)).map(one).collect())
            }
        };
        Some(boolean(kind, span))
    }

    fn in_numbers(&mut self, value: Expr, entries: &super::entries::Entries, span: Span) -> Option<Expr> {
        let numbers = self.as_numbers(entries)?;
        if !self.compares_exactly(&value, numbers.iter().copied().map(Opposite::Number), span) {
            return None;
        }
        let whole: Option<Vec<Value>> = numbers.iter().map(|n| n.as_integer().map(Value::Integer)).collect();
        let (value, constants) = match (&value.ty, whole) {
            (Type::Score, _) => (value, numbers.into_iter().map(Value::Decimal).collect()),
            (Type::Integer, Some(whole)) => (super::settled(value), whole),
            (_, _) => (to_number(value), numbers.iter().map(|n| Value::Number(n.to_f64())).collect()),
        };
        Some(boolean(ExprKind::InValues(Box::new(value), constants.into()), span))
    }

    fn in_dates(&mut self, value: Expr, entries: &super::entries::Entries, span: Span) -> Option<Expr> {
        let dates = self.as_dates(entries)?;
        let zone = self.env.schema.zone.clone();
        let day = |v: &Value| if let Value::DateTime(m) = v { Value::Date(crate::time::day_of(*m, &zone)) } else { v.clone() };
        let within = |e: Expr, values: Vec<Value>| boolean(ExprKind::InValues(Box::new(e), values.into()), span);
        if value.ty == Type::Date {
            return Some(within(value, dates.iter().map(day).collect()));
        }
        // A date-time is on one of the dates, or is one of the moments.
        let (moments, days): (Vec<Value>, Vec<Value>) = dates.into_iter().partition(|v| matches!(v, Value::DateTime(_)));
        let on_day = |this: &Self, e: Expr| within(this.to_date(e), days.clone());
        Some(match (moments.is_empty(), days.is_empty()) {
            (true, _) => on_day(self, value),
            (false, true) => within(value, moments),
            (false, false) => {
                let by_day = on_day(self, value.clone());
                boolean(ExprKind::Or(vec![by_day, within(value, moments)]), span)
            }
        })
    }

    fn contains(&mut self, operand: &ast::Expr, argument: &ast::Expr, spans: Spans, scope: Scope) -> Option<Expr> {
        let value = self.expr(operand, scope)?;
        let span = spans.whole;
        if !matches!(value.ty, Type::SetOf(_) | Type::SetOfText) {
            return self.text_test(value, TextTest::Contains, argument, (span, "contains"), scope);
        }
        let set = Box::new(value.clone());
        let Some(word) = as_word(argument) else { return self.contains_list(&value, argument) };
        if let Word::Name(name) = &word
            && let Meaning::List(_) = self.meaning(name, scope)
            && self.choice_of(&value).is_none_or(|c| self.option_code(&c.options, &name.name, true).is_none())
        {
            return self.contains_list(&value, argument);
        }
        if value.ty == Type::SetOfText {
            let texts = self.texts(argument, scope)?;
            return Some(boolean(ExprKind::HasTexts { set, texts, all: false }, span));
        }
        let choice = self.choice_of(&value)?;
        let option = match word {
            Word::Name(name) => OptionName::Word(name.clone()),
            Word::Text(text) => OptionName::Text(text.clone()),
        };
        let bare = matches!(option, OptionName::Word(_));
        let code = match self.named_option(&choice.options, option.name(), bare, option.span()) {
            Some(code) => code,
            None => self.member_param(&choice, &option, scope)?,
        };
        Some(boolean(ExprKind::HasOptions { set, codes: [code].into(), all: false }, span))
    }

    /// A param as the option that it names, or what is wrong with a word that is no option.
    fn member_param(&mut self, choice: &super::choice::Choice, option: &OptionName, scope: Scope) -> Option<u32> {
        if let OptionName::Word(name) = option {
            match self.meaning(name, scope) {
                Meaning::Value(value) => {
                    if let Some(Value::Text(text)) = self.constant_of(&value) {
                        let named = OptionName::Text(ast::TextLit { value: text, span: name.span });
                        return self.option(choice, &named);
                    }
                    let message = format!("{}, and here an option of `{}` is wanted", self.is_what(&value), choice.owner);
                    self.error(Code::TypeMismatch, name.span, message, "write the option's name");
                    return None;
                }
                Meaning::Broken => return None,
                Meaning::List(_) | Meaning::Events(_) | Meaning::Related(_) | Meaning::Hidden(..) => {
                    return self.name(name, scope).and(None);
                }
                Meaning::Unknown => {}
            }
        }
        self.option(choice, option)
    }

    fn contains_list(&mut self, set: &Expr, argument: &ast::Expr) -> Option<Expr> {
        let (set, list) = (self.words(set.span), self.words(inner(argument).span));
        let message = format!("a set contains one member; `{list}` does not say whether any or all of several are asked for");
        let help = format!("for any of them write `{set} in {list}`, for all `{set} contains all {list}`");
        self.mismatch(inner(argument).span, message, help)
    }

    fn contains_all(&mut self, operand: &ast::Expr, list: &ast::Expr, spans: Spans, scope: Scope) -> Option<Expr> {
        let value = self.expr(operand, scope)?;
        let entries = self.entries(list, scope)?;
        let set = Box::new(value.clone());
        let kind = match &value.ty {
            Type::SetOf(_) => {
                let choice = self.choice_of(&value)?;
                ExprKind::HasOptions { set, codes: self.as_options(&entries, &choice)?, all: true }
            }
            Type::SetOfText => ExprKind::HasTexts { set, texts: self.as_texts(&entries)?, all: true },
            Type::Text
            | Type::Label
            | Type::OneOf(_)
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Date
            | Type::DateTime
            | Type::Score => {
                let message = format!("{}, and `contains all` needs a set", self.is_what(&value));
                let help = "for text ask several tests: `t contains \"x\" and t contains \"y\"`";
                return self.mismatch(value.span, message, help);
            }
        };
        Some(boolean(kind, spans.whole))
    }
}

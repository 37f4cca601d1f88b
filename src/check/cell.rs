//! Values of properties and fields as rules write them: a `default`, and what a test gives.

use std::sync::Arc;

use jiff::civil::Time;

use super::checker::{Checker, as_ident, inner, value_words};
use super::expr::{Choice, as_word};
use crate::diag::{Code, Diagnostic};
use crate::schema::Property;
use crate::source::Span;
use crate::syntax::ast;
use crate::text::fold;
use crate::time::{civil, local_micros, parse_date};
use crate::value::{Options, Type, Value};

impl Checker<'_> {
    /// The value of a property; the inner `None` is an unknown value, such as an empty text.
    pub(super) fn cell(&mut self, property: &Property, expr: &ast::Expr) -> Option<Option<Value>> {
        let expr = inner(expr);
        let choice = |options: &Arc<Options>| Choice {
            owner: property.name.to_string(),
            declared: Some(property.span),
            options: options.clone(),
        };
        if let ast::ExprKind::Text(text) = &expr.kind
            && self.is_no_value(&text.value)
            && !matches!(property.ty, Type::SetOf(_) | Type::SetOfText)
        {
            return Some(None);
        }
        match &property.ty {
            Type::OneOf(options) => self.cell_option(&choice(options), expr).map(|c| Some(Value::Option(c))),
            Type::SetOf(options) => {
                let list = self.cell_list(property, expr)?;
                let choice = choice(options);
                let codes: Vec<Option<u32>> = list.items.iter().map(|item| self.cell_option(&choice, item)).collect();
                let mut codes: Vec<u32> = codes.into_iter().collect::<Option<_>>()?;
                codes.sort_unstable();
                codes.dedup();
                Some(Some(Value::Set(codes)))
            }
            Type::SetOfText => {
                let list = self.cell_list(property, expr)?;
                let texts: Vec<Option<Arc<str>>> = list.items.iter().map(|item| self.cell_text(property, item)).collect();
                let texts: Vec<Arc<str>> = texts.into_iter().collect::<Option<_>>()?;
                let accents = self.env.schema.ignore_accents;
                let mut seen = std::collections::BTreeSet::new();
                let texts = texts.into_iter().filter(|t| !self.is_no_value(t) && seen.insert(fold(t, accents).into_owned()));
                Some(Some(Value::TextSet(texts.collect())))
            }
            Type::Text | Type::Label => self.cell_text(property, expr).map(|t| Some(Value::Text(t))),
            Type::Integer | Type::Number | Type::Score | Type::Boolean | Type::Date | Type::DateTime => {
                self.cell_plain(property, expr).map(Some)
            }
        }
    }

    /// Whether a text reads as an unknown value.
    fn is_no_value(&self, text: &str) -> bool {
        let accents = self.env.schema.ignore_accents;
        let plain = fold(text.trim(), accents);
        plain.is_empty() || self.env.schema.unknown_values.iter().any(|u| fold(u.trim(), accents) == plain)
    }

    fn cell_option(&mut self, choice: &Choice, expr: &ast::Expr) -> Option<u32> {
        let expr = inner(expr);
        let Some(word) = as_word(expr) else {
            let message = format!("`{}` needs an option, not `{}`", choice.owner, self.words(expr.span));
            let mut problem = Diagnostic::new(Code::TypeMismatch, expr.span, message).help("write the option's name");
            if let Some(declared) = choice.declared {
                problem = problem.also(declared, "declared here");
            }
            self.push(problem);
            return None;
        };
        let (word, bare) = word.text();
        if let Some(code) = self.named_option(&choice.options, &word, bare, expr.span) {
            return Some(code);
        }
        let param = as_ident(expr).filter(|_| self.param_place(expr).is_some());
        if let Some(Value::Text(text)) = param.and_then(|name| self.param_value(name, "a value"))
            && let Some(code) = self.option_code(&choice.options, &text, false)
        {
            return Some(code);
        }
        self.unknown_option(choice, &word, expr.span, Code::UnknownOption);
        None
    }

    fn cell_list<'e>(&mut self, property: &Property, expr: &'e ast::Expr) -> Option<&'e ast::ListLit> {
        if let ast::ExprKind::List(list) = &expr.kind {
            return Some(list);
        }
        let words = self.words(expr.span);
        let message = format!("`{}` is a set, and `{words}` is one value", property.name);
        self.push(
            Diagnostic::new(Code::TypeMismatch, expr.span, message)
                .also(property.span, "declared here")
                .help(format!("write it in brackets: `[{words}]`"))
                .fix(true, format!("replace with `[{words}]`"), expr.span, format!("[{words}]")),
        );
        None
    }

    fn cell_text(&mut self, property: &Property, expr: &ast::Expr) -> Option<Arc<str>> {
        if let ast::ExprKind::Name(name) = &inner(expr).kind
            && !self.env.entities.contains_key(&name.name)
        {
            if !self.excused(&name.name) {
                let text = crate::syntax::written::quoted(&name.name);
                self.push(
                    Diagnostic::new(Code::UnknownName, name.span, format!("there is nothing called `{}`", name.name))
                        .help(format!("write text in quotes: {text}"))
                        .fix(false, format!("replace with `{text}`"), name.span, text),
                );
            }
            return None;
        }
        let value = self.constant(expr, "a value")?;
        if value.as_text().is_none() {
            self.wrong_cell(property, &value, expr.span);
        }
        value.as_text().cloned()
    }

    fn cell_plain(&mut self, property: &Property, expr: &ast::Expr) -> Option<Value> {
        if let (Type::Date, ast::ExprKind::Date(date)) = (&property.ty, &expr.kind)
            && date.has_time
        {
            // From a text with a time the date is the one written.
            self.date(date)?;
            return parse_date(date.text.get(..10)?).ok().map(Value::Date);
        }
        let value = self.constant(expr, "a value")?;
        let read = match (&property.ty, &value) {
            (Type::Integer, Value::Decimal(n)) => match n.as_integer() {
                Some(whole) => Some(Value::Integer(whole)),
                None if n.normalized().scale == 0 => {
                    let message = format!("`{}` is beyond what an integer holds", self.words(expr.span));
                    self.error(
                        Code::TooLarge,
                        expr.span,
                        message,
                        "an integer has at most 19 digits: declare the property as `number`",
                    );
                    return None;
                }
                None => None,
            },
            (Type::Number, Value::Decimal(n)) => Some(Value::Number(n.to_f64())),
            (Type::Boolean, Value::Boolean(_)) | (Type::Date, Value::Date(_)) | (Type::DateTime, Value::DateTime(_)) => {
                Some(value.clone())
            }
            (Type::Date, Value::DateTime(micros)) => Some(Value::Date(crate::time::day_of(*micros, &self.env.schema.zone))),
            (Type::DateTime, Value::Date(day)) => {
                let midnight = civil(*day).map(|d| d.to_datetime(Time::midnight()));
                midnight.and_then(|m| local_micros(m, &self.env.schema.zone)).map(Value::DateTime)
            }
            (_, _) => None,
        };
        if read.is_none() {
            self.wrong_cell(property, &value, expr.span);
        }
        read
    }

    fn wrong_cell(&mut self, property: &Property, value: &Value, span: Span) {
        let wanted = super::checker::type_words(&property.ty);
        let message = format!("`{}` is {wanted}, and `{}` is {}", property.name, self.words(span), value_words(value));
        let help = match (&property.ty, value) {
            (Type::Integer, Value::Decimal(_)) => "write a whole number, or declare the property as `number`",
            (Type::Integer | Type::Number, Value::Text(_)) => "write the number without quotes",
            (Type::Date | Type::DateTime, _) => "write a date such as 2026-01-15, or `3 days ago` in a test",
            (Type::Boolean, _) => "write `true` or `false`",
            (_, _) => "write the text in quotes",
        };
        self.push(Diagnostic::new(Code::TypeMismatch, span, message).also(property.span, "declared here").help(help));
    }
}

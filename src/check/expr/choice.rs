//! Options and labels: words whose meaning comes from what stands opposite.

use std::sync::Arc;

use super::name::Meaning;
use crate::check::checker::{Checker, Scope, inner, typed, value_words};
use crate::check::near::{Near, as_name};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ExprKind, LabelId};
use crate::source::Span;
use crate::syntax::ast::{self, Ident, OptionName};
use crate::syntax::written::quoted;
use crate::text::fold;
use crate::value::{Options, Type, Value};

/// A closed choice: the options of a `one of` or a set, or the texts of a label.
#[derive(Debug, Clone)]
pub(in crate::check) struct Choice {
    /// What it is a choice of: `industry`.
    pub(in crate::check) owner: String,
    /// Where the choice is declared.
    pub(in crate::check) declared: Option<Span>,
    /// The options.
    pub(in crate::check) options: Arc<Options>,
}

/// The word that an expression is, if it is a bare name or a text.
pub(in crate::check) enum Word<'a> {
    /// A bare name.
    Name(&'a Ident),
    /// A text.
    Text(&'a ast::TextLit),
}

impl Word<'_> {
    /// The word, and whether it is bare.
    pub(in crate::check) fn text(&self) -> (Arc<str>, bool) {
        match self {
            Self::Name(name) => (name.name.clone(), true),
            Self::Text(text) => (text.value.clone(), false),
        }
    }
}

/// The word that an expression is.
pub(in crate::check) fn as_word(expr: &ast::Expr) -> Option<Word<'_>> {
    let expr = inner(expr);
    if let ast::ExprKind::Name(name) = &expr.kind {
        return Some(Word::Name(name));
    }
    if let ast::ExprKind::Text(text) = &expr.kind { Some(Word::Text(text)) } else { None }
}

impl Checker<'_> {
    /// The choice that an expression's values are from: a `one of`, a set of options or a label.
    pub(in crate::check) fn choice_of(&self, expr: &Expr) -> Option<Choice> {
        let (owner, declared) = self.owner(expr);
        match &expr.ty {
            Type::OneOf(options) | Type::SetOf(options) => Some(Choice { owner, declared, options: options.clone() }),
            Type::Label => {
                let label = self.env.labels.get(self.label_id(expr)?.index())?;
                let values = label.values.clone()?;
                let options = crate::check::env::stage_options(values.into_iter());
                Some(Choice { owner: label.name.to_string(), declared: Some(label.name_span), options })
            }
            Type::Text
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Date
            | Type::DateTime
            | Type::SetOfText
            | Type::Score => None,
        }
    }

    /// The label that an expression is, through definitions.
    fn label_id(&self, expr: &Expr) -> Option<LabelId> {
        let mut kind = &expr.kind;
        while let ExprKind::Definition(id) = kind {
            kind = &self.env.definition(*id)?.value.kind;
        }
        if let ExprKind::Label(id) = kind { Some(*id) } else { None }
    }

    /// What an expression is called in messages, and where it is declared.
    fn owner(&self, expr: &Expr) -> (String, Option<Span>) {
        if let ExprKind::Property(id) = expr.kind
            && let Some(p) = self.env.schema.property(id)
        {
            return (p.name.to_string(), Some(p.span));
        }
        if let ExprKind::Field(event, field) = expr.kind
            && let Some(f) = self.env.schema.event(event).and_then(|e| e.field(field))
        {
            return (f.name.to_string(), Some(f.span));
        }
        if let ExprKind::Stage(id) = expr.kind
            && let Some(l) = self.env.lifecycles.get(id.index())
        {
            let property = l.property.and_then(|p| self.env.schema.property(p));
            return (l.name.to_string(), Some(property.map_or(l.name_span, |p| p.span)));
        }
        if let ExprKind::Definition(id) = expr.kind
            && let Some(d) = self.env.definition(id)
        {
            let (_, declared) = self.owner(&d.value);
            return (d.name.to_string(), declared);
        }
        (self.words(expr.span), None)
    }

    /// The code of an option: a bare word is its name, a text is its name or any of its forms.
    pub(in crate::check) fn option_code(&self, options: &Options, word: &str, bare: bool) -> Option<u32> {
        let accents = self.env.schema.ignore_accents;
        let at = options.items.iter().position(|o| &*o.name == word).or_else(|| {
            if bare {
                return None;
            }
            let word = fold(word.trim(), accents);
            let same = |form: &Arc<str>| fold(form.trim(), accents) == word;
            options.items.iter().position(|o| same(&o.name) || o.forms.iter().any(same))
        });
        at.map(crate::check::env::to_u32)
    }

    /// The code of an option, or what is wrong with it.
    pub(in crate::check) fn option(&mut self, choice: &Choice, name: &OptionName) -> Option<u32> {
        let bare = matches!(name, OptionName::Word(_));
        let code = self.named_option(&choice.options, name.name(), bare, name.span());
        if code.is_none() {
            self.unknown_option(choice, name.name(), name.span(), Code::UnknownOption);
        }
        code
    }

    /// Tells that a word is none of the options.
    pub(in crate::check) fn unknown_option(&mut self, choice: &Choice, word: &str, span: Span, code: Code) {
        let problem = self.unknown_option_problem(choice, word, span, code);
        self.push(problem);
    }

    /// The finding that a word is none of the options.
    pub(in crate::check) fn unknown_option_problem(&mut self, choice: &Choice, word: &str, span: Span, code: Code) -> Diagnostic {
        let near = match self.option_code(&choice.options, word, false).and_then(|c| choice.options.name(c)) {
            Some(meant) => Near::one(meant),
            None => self.near(word, choice.options.items.iter().map(|o| o.name.clone()).collect()),
        };
        let (what, one) = if code == Code::UnknownStage { ("stage", "a stage") } else { ("option", "an option") };
        let mut problem = Diagnostic::new(code, span, format!("`{word}` is not {one} of `{}`", choice.owner));
        let all: Vec<&str> = choice.options.items.iter().take(13).map(|o| &*o.name).collect();
        let listed = if all.len() > 12 || all.is_empty() {
            format!("`{}` has {} {what}s", choice.owner, choice.options.len())
        } else {
            format!("`{}` is one of {}", choice.owner, all.join(", "))
        };
        let otherwise = match choice.declared {
            Some(declared) => {
                problem = problem.also(declared, listed);
                format!("name one of its {what}s, or add this one to the schema")
            }
            None => listed,
        };
        near.advise(problem, span, otherwise, |n| {
            let plain = as_name(n);
            if plain.starts_with('`') { quoted(n) } else { plain }
        })
    }

    /// A word opposite an expression: an option or a label's text before any other meaning.
    pub(super) fn opposite(&mut self, word: &ast::Expr, other: &Expr, scope: Scope) -> Option<Expr> {
        let span = inner(word).span;
        let Some(choice) = self.choice_of(other) else {
            // A label whose own error has been told.
            if other.ty == Type::Label {
                return None;
            }
            return self.opposite_plain(word, other, scope);
        };
        if matches!(other.ty, Type::SetOf(_)) {
            return self.opposite_set(word, other, &choice, scope);
        }
        let (text, bare) = as_word(word)?.text();
        if let Some(code) = self.named_option(&choice.options, &text, bare, span) {
            return Some(self.chosen(&choice, other, code, span));
        }
        let Some(Word::Name(name)) = as_word(word) else {
            self.unknown_option(&choice, &text, span, Code::UnknownOption);
            return None;
        };
        match self.meaning(name, scope) {
            Meaning::Unknown if self.is_nothing(name, other.span) => None,
            Meaning::Unknown => {
                self.unknown_option(&choice, &text, span, Code::UnknownOption);
                None
            }
            Meaning::Value(value) => match self.constant_of(&value) {
                Some(Value::Text(text)) => match self.option_code(&choice.options, &text, false) {
                    Some(code) => Some(self.chosen(&choice, other, code, span)),
                    None => {
                        self.unknown_option(&choice, &text, span, Code::UnknownOption);
                        None
                    }
                },
                Some(_) | None => Some(value),
            },
            Meaning::List(_) | Meaning::Events(_) | Meaning::Related(_) | Meaning::Broken | Meaning::Hidden(..) => {
                self.name(name, scope)
            }
        }
    }

    /// `x is null` and the like: tells how to ask for no value.
    fn is_nothing(&mut self, name: &ast::Ident, other: Span) -> bool {
        let small = name.name.to_lowercase();
        if !matches!(&*small, "null" | "nil" | "none" | "na" | "blank" | "missing" | "undefined" | "nothing") {
            return false;
        }
        let words = self.words(other);
        let problem = Diagnostic::new(
            Code::UnknownName,
            name.span,
            format!("a value that is missing is called unknown, not `{}`", name.name),
        )
        .help(format!("write `{words} is unknown`, or `{words} is known` for the opposite"))
        .fix(true, "replace with `unknown`", name.span, "unknown");
        self.push(problem);
        true
    }

    /// An option as an expression of its `one of`; a label's text as text.
    fn chosen(&self, choice: &Choice, other: &Expr, code: u32, span: Span) -> Expr {
        if other.ty == Type::Label {
            let text = choice.options.name(code).cloned().unwrap_or_else(|| Arc::from(""));
            return typed(ExprKind::Literal(Value::Text(text)), Type::Text, span);
        }
        typed(ExprKind::Literal(Value::Option(code)), Type::OneOf(choice.options.clone()), span)
    }

    /// A word opposite something that is no choice.
    fn opposite_plain(&mut self, word: &ast::Expr, other: &Expr, scope: Scope) -> Option<Expr> {
        let Some(Word::Name(name)) = as_word(word) else { return self.expr(word, scope) };
        let Meaning::Unknown = self.meaning(name, scope) else { return self.name(name, scope) };
        if self.is_nothing(name, other.span) {
            return None;
        }
        match &other.ty {
            Type::Text => self.unquoted(name, scope),
            Type::Boolean
            | Type::Integer
            | Type::Number
            | Type::Date
            | Type::DateTime
            | Type::OneOf(_)
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Score
            | Type::Label => self.unknown_name(name, scope),
        }
        None
    }

    /// `form is demo`: a set is no option.
    fn opposite_set(&mut self, word: &ast::Expr, other: &Expr, choice: &Choice, scope: Scope) -> Option<Expr> {
        let (text, bare) = as_word(word)?.text();
        if self.option_code(&choice.options, &text, bare).is_none() {
            return self.expr(word, scope);
        }
        let (set, member) = (self.words(other.span), self.words(inner(word).span));
        let message = format!("`{set}` is a set of options, and `{member}` is one of them");
        self.mismatch(inner(word).span, message, format!("write `{set} contains {member}`"))
    }

    /// The constant that an expression is, through definitions.
    pub(in crate::check) fn constant_of(&self, expr: &Expr) -> Option<Value> {
        let mut kind = &expr.kind;
        while let ExprKind::Definition(id) = kind {
            kind = &self.env.definition(*id)?.value.kind;
        }
        if let ExprKind::Literal(value) = kind { Some(value.clone()) } else { None }
    }

    /// Tells that a value of a list or match is none of the options because of its type.
    pub(super) fn not_a_word(&mut self, choice: &Choice, value: &Value, span: Span) -> Diagnostic {
        let message = format!("`{}` is {}, and `{}` takes options", self.words(span), value_words(value), choice.owner);
        Diagnostic::new(Code::TypeMismatch, span, message).help("write the option's name, or its text in quotes")
    }
}

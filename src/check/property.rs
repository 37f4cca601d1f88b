//! A property of the schema or a field of an event: its type, its options, and what follows the type.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::near::nearest;
use super::schema::Building;
use crate::diag::{Code, Diagnostic};
use crate::schema::Property;
use crate::source::Span;
use crate::syntax::ast::{Modifier, OptionDecl, PropertyDecl, TextLit, TypeExprKind};
use crate::text::fold;
use crate::value::{OptionItem, Options, Type};

const TYPES: [&str; 6] = ["text", "integer", "number", "boolean", "date", "datetime"];

/// What other systems call the types.
const FOREIGN: [(&str, &str); 24] = [
    ("string", "text"),
    ("str", "text"),
    ("varchar", "text"),
    ("char", "text"),
    ("email", "text"),
    ("url", "text"),
    ("phone", "text"),
    ("int", "integer"),
    ("int64", "integer"),
    ("bigint", "integer"),
    ("long", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("numeric", "number"),
    ("currency", "number"),
    ("percent", "number"),
    ("bool", "boolean"),
    ("checkbox", "boolean"),
    ("timestamp", "datetime"),
    ("time", "datetime"),
    ("day", "date"),
    ("enum", "one of [..]"),
    ("picklist", "one of [..]"),
];

impl Building {
    /// A property, and whether its type is sound.
    pub(super) fn property(&mut self, decl: &PropertyDecl, docs: Vec<String>, span: Span) -> (Property, bool) {
        let ty = self.type_of(decl);
        let whole = ty.is_some();
        let mut property = Property {
            docs,
            name_span: decl.name.span,
            ..Property::plain(decl.name.name.clone(), ty.unwrap_or(Type::Text), span)
        };
        let mut seen: FxHashMap<&'static str, Span> = FxHashMap::default();
        for modifier in &decl.modifiers {
            let (what, at) = match modifier {
                Modifier::Required(at) => {
                    property.required = true;
                    ("required", *at)
                }
                Modifier::Default(_, at) => ("default", *at),
                Modifier::From(texts, at) => {
                    self.headers(&mut property, texts);
                    ("from", *at)
                }
                Modifier::FromColumn(number, at) => {
                    self.column(&mut property, number);
                    ("from", *at)
                }
                Modifier::Split(text, at) => {
                    self.split(&mut property, text, whole);
                    ("split by", *at)
                }
                Modifier::Like(examples, at) => {
                    self.like(&mut property, examples, *at, whole);
                    ("like", *at)
                }
            };
            if let Some(first) = seen.insert(what, at) {
                self.diagnostics.push(
                    Diagnostic::new(Code::BadSchema, at, format!("`{what}` is written twice"))
                        .also(first, "it is written here already")
                        .help("keep one of them; several headers follow one `from`, with commas"),
                );
            }
        }
        if let (Some(required), Some(default)) = (seen.get("required"), seen.get("default")) {
            let message = format!("`{}` is `required` and has a `default`, so it can never be missing", property.name);
            self.diagnostics.push(
                Diagnostic::new(Code::BadSchema, *default, message)
                    .also(*required, "required here")
                    .help("keep `default` to fill the gaps, or `required` to have them reported"),
            );
        }
        if let Some(default) = seen.get("default")
            && matches!(property.ty, Type::SetOf(_) | Type::SetOfText)
        {
            let help = "leave out `default`: an empty cell is the empty set";
            self.bad(*default, format!("`{}` is a set, and a set is never unknown", property.name), help);
        }
        match property.ty {
            Type::Integer | Type::Number if !seen.contains_key("like") => {
                property.number_forms = Arc::clone(&self.forms.numbers);
            }
            Type::Date | Type::DateTime if !seen.contains_key("like") => property.date_forms = Arc::clone(&self.forms.dates),
            Type::Integer | Type::Number | Type::Date | Type::DateTime => {}
            Type::Text | Type::Boolean | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {}
        }
        (property, whole)
    }

    fn headers(&mut self, property: &mut Property, texts: &[TextLit]) {
        for text in texts {
            if text.value.trim().is_empty() {
                self.bad(text.span, "a header cannot be empty", "write the header as the data have it");
            } else if *text.value != *property.name {
                property.from.push(text.value.clone());
            }
        }
    }

    fn split(&mut self, property: &mut Property, text: &TextLit, whole: bool) {
        if !matches!(property.ty, Type::SetOf(_) | Type::SetOfText) {
            if whole {
                let help = "leave out `split by`, or make the property a `set of ..`";
                self.bad(text.span, format!("`{}` is not a set, so nothing is split", property.name), help);
            }
        } else if text.value.is_empty() {
            self.bad(text.span, "members cannot be split by nothing", "write the sign between them, as in `split by \",\"`");
        } else {
            property.split = Some(text.value.clone());
        }
    }

    fn type_of(&mut self, decl: &PropertyDecl) -> Option<Type> {
        match &decl.ty.kind {
            TypeExprKind::Text => Some(Type::Text),
            TypeExprKind::Integer => Some(Type::Integer),
            TypeExprKind::Number => Some(Type::Number),
            TypeExprKind::Boolean => Some(Type::Boolean),
            TypeExprKind::Date => Some(Type::Date),
            TypeExprKind::DateTime => Some(Type::DateTime),
            TypeExprKind::SetOfText => Some(Type::SetOfText),
            TypeExprKind::OneOf(options) => Some(Type::OneOf(self.options(options, decl))),
            TypeExprKind::SetOf(options) => Some(Type::SetOf(self.options(options, decl))),
            TypeExprKind::Unknown(word) => {
                let problem = Diagnostic::new(Code::BadSchema, word.span, format!("there is no type `{}`", word.name));
                let lower = word.name.to_lowercase();
                let near = match FOREIGN.iter().find(|f| f.0 == lower) {
                    Some((_, "one of [..]")) => super::near::Near::default(),
                    Some((_, ours)) => super::near::Near::one(ours),
                    None => nearest(&word.name, TYPES),
                };
                let all = "the types are text, integer, number, boolean, date, datetime, `one of [..]`, `set of [..]` and `set of text`";
                self.diagnostics.push(near.advise(problem, word.span, all, str::to_owned));
                None
            }
        }
    }

    fn options(&mut self, decls: &[OptionDecl], property: &PropertyDecl) -> Arc<Options> {
        if decls.is_empty() {
            self.bad(
                property.ty.span,
                format!("`{}` has no options", property.name.name),
                "list them: `one of [software, finance]`",
            );
        }
        let accents = self.schema.ignore_accents;
        let mut seen: FxHashMap<String, (usize, Span)> = FxHashMap::default();
        let mut items = Vec::with_capacity(decls.len());
        for (at, decl) in decls.iter().enumerate() {
            let names =
                std::iter::once((decl.name.name(), decl.name.span())).chain(decl.forms.iter().map(|f| (&f.value, f.span)));
            for (text, span) in names {
                if text.trim().is_empty() {
                    let help = "an empty cell is an unknown value; leave this out";
                    self.bad(span, "an option cannot be the empty text", help);
                    continue;
                }
                let folded = fold(text.trim(), accents).into_owned();
                match seen.get(&folded) {
                    Some((first, _)) if *first == at => {}
                    Some((_, first)) => {
                        let problem = Diagnostic::new(
                            Code::DuplicateOption,
                            span,
                            format!("`{text}` is listed twice in `{}`", property.name.name),
                        );
                        self.diagnostics.push(
                            problem
                                .also(*first, "it is listed here already, compared without case")
                                .help("leave out one of them; a text in the data can mean one option only"),
                        );
                    }
                    None => {
                        seen.insert(folded, (at, span));
                    }
                }
            }
            let forms = decl.forms.iter().map(|f| f.value.clone()).filter(|f| !f.trim().is_empty()).collect();
            items.push(OptionItem { name: decl.name.name().clone(), forms });
        }
        Arc::new(Options { items })
    }
}

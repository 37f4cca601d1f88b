//! What there is to say about a place: Markdown.

use super::File;
use super::annotate::{Counts, Facts, range_of, range_words};
use super::keywords;
use super::outline::tight;
use crate::analysis::Mention;
use crate::check::{Symbol, SymbolKind};
use crate::hits;
use crate::schema::{Property, Schema};
use crate::source::Span;
use crate::syntax::scan::{self, Kind};
use crate::syntax::{Provenance, is_keyword, written};
use crate::value::{Options, Type};

/// What there is to say, and the word that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// In Markdown.
    pub text: String,
    /// The word.
    pub span: Span,
}

/// So many options are named.
const MOST_OPTIONS: usize = 12;

/// What there is to say about the place of a byte: the name or word there, the rule around it, and the finding under it.
#[must_use]
pub fn hover(file: &File<'_>, offset: u32, facts: &Facts<'_>) -> Option<About> {
    let mention = file.analysis.name_at(file.id, offset);
    let word = || keyword(file, offset);
    let (mut parts, span) = match &mention {
        Some(mention) => (vec![name(mention, facts)], Some(mention.span)),
        None => word().map_or((Vec::new(), None), |(text, span)| (vec![text], Some(span))),
    };
    let rule = rule(file, offset, facts);
    let finding = finding(file, offset);
    let span = span.or(finding.as_ref().map(|(_, span)| *span)).or(rule.as_ref().map(|(_, span)| *span))?;
    parts.extend(rule.map(|(text, _)| text));
    parts.extend(finding.map(|(text, _)| text));
    Some(About { text: parts.join("\n\n---\n\n"), span })
}

/// A name: what it is, its type, its documentation.
fn name(mention: &Mention<'_>, facts: &Facts<'_>) -> String {
    let Symbol { name, kind, ty, owner, docs, .. } = mention.symbol;
    let shown = written::name(name);
    let typed = ty.as_ref().map(type_words);
    let mut text = match (kind, owner) {
        (SymbolKind::Field, Some(list)) => format!("field `{list}.{shown}`"),
        (SymbolKind::Option, Some(property)) => format!("option `{name}` of `{property}`"),
        (SymbolKind::Property, _) => format!("property `{shown}`"),
        (SymbolKind::Events, _) => format!("list of events `{shown}`"),
        (SymbolKind::Related, _) => format!("related record `{shown}`"),
        (SymbolKind::Rollup, _) => format!("rollup `{shown}`"),
        (SymbolKind::Definition, _) => format!("definition `{shown}`"),
        (SymbolKind::List, _) => format!("list `{shown}`"),
        (SymbolKind::Param, _) => format!("param `{shown}`"),
        (SymbolKind::Score, _) => format!("score `{shown}`"),
        (SymbolKind::Label, _) => format!("label `{shown}`"),
        (SymbolKind::Lifecycle, _) => format!("lifecycle `{shown}`"),
        (SymbolKind::Column, _) => format!("column of the output `{shown}`"),
        (SymbolKind::Field | SymbolKind::Option, None) => format!("`{shown}`"),
    };
    if let Some(typed) = typed.filter(|_| !matches!(kind, SymbolKind::Score | SymbolKind::Label)) {
        text.push_str(&format!(": {typed}"));
    }
    let mut parts = vec![text];
    parts.extend((!docs.is_empty()).then(|| docs.join("\n")));
    let schema = &mention.program.schema;
    match kind {
        SymbolKind::Property => parts.extend(schema.find(name).and_then(|(_, property)| read_from(property))),
        SymbolKind::Field => parts.extend(field(schema, owner.as_deref(), name).and_then(read_from)),
        SymbolKind::Option => parts.extend(forms(schema, owner.as_deref(), name)),
        SymbolKind::Score => parts.extend(range_of(mention.program, facts, name).map(range_words)),
        SymbolKind::Events
        | SymbolKind::Related
        | SymbolKind::Rollup
        | SymbolKind::Definition
        | SymbolKind::List
        | SymbolKind::Param
        | SymbolKind::Label
        | SymbolKind::Lifecycle
        | SymbolKind::Column => {}
    }
    parts.join("\n\n")
}

/// A type as the schema writes it, long lists of options cut.
pub(super) fn type_words(ty: &Type) -> String {
    let options = |options: &Options| {
        let names: Vec<String> = options.items.iter().take(MOST_OPTIONS).map(|option| written::choice(&option.name)).collect();
        let more = options.len().saturating_sub(MOST_OPTIONS);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("[{}{more}]", names.join(", "))
    };
    match ty {
        Type::Text => "text".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Date => "date".to_owned(),
        Type::DateTime => "datetime".to_owned(),
        Type::OneOf(of) => format!("one of {}", options(of)),
        Type::SetOf(of) => format!("set of {}", options(of)),
        Type::SetOfText => "set of text".to_owned(),
        Type::Score => "score".to_owned(),
        Type::Label => "label".to_owned(),
    }
}

fn field<'s>(schema: &'s Schema, list: Option<&str>, name: &str) -> Option<&'s Property> {
    let list = schema.events.iter().find(|events| Some(&*events.name) == list)?;
    list.fields.iter().find(|field| &*field.name == name)
}

/// Where a property is read from, and what stands for a missing value.
fn read_from(property: &Property) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(column) = property.from_column {
        parts.push(format!("Read from column {column}."));
    } else if !property.from.is_empty() {
        let names: Vec<String> = property.from.iter().map(|name| written::quoted(name)).collect();
        parts.push(format!("Read from {}.", names.join(", ")));
    }
    parts.extend(property.required.then(|| "Required: a record without it is a data error.".to_owned()));
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The forms of an option in data.
fn forms(schema: &Schema, owner: Option<&str>, name: &str) -> Option<String> {
    let (_, property) = schema.find(owner?)?;
    let option = property.ty.options()?.items.iter().find(|option| &*option.name == name)?;
    let forms: Vec<String> = option.forms.iter().map(|form| written::quoted(form)).collect();
    (!forms.is_empty()).then(|| format!("In data: {}.", forms.join(", ")))
}

/// A word of the language.
fn keyword(file: &File<'_>, offset: u32) -> Option<(String, Span)> {
    let text = file.source.text();
    let at = offset as usize;
    let tokens = scan::scan(text).tokens;
    let token = tokens.into_iter().find(|token| token.start <= at && at < token.end && token.kind == Kind::Word)?;
    let word = token.text(text);
    let (meaning, example) = keywords::meaning(word).filter(|_| is_keyword(word))?;
    let span = Span::new(file.id, crate::invariant::number(token.start), crate::invariant::number(token.end));
    Some((format!("`{word}`\n\n{meaning}\n\n```lsr\n{example}\n```"), span))
}

/// The rule around a byte: what the last run counted, and where its points come from.
fn rule(file: &File<'_>, offset: u32, facts: &Facts<'_>) -> Option<(String, Span)> {
    let (program, own) = file.sound()?;
    let rules = program.rules.as_ref()?;
    let around = |rule: &hits::Counted<'_>| {
        let span = rule.arm.span;
        span.file == own && span.start <= offset && offset <= span.end
    };
    let counted = hits::counted(rules.model());
    let rule = counted.iter().filter(|rule| around(rule)).min_by_key(|rule| rule.arm.span.end - rule.arm.span.start)?;
    let mut parts = Vec::new();
    if let Some(counts) = Counts::of(program, facts)
        && let Some(hits) = counts.get(rule.arm.id)
    {
        parts.push(counts.words(hits));
    }
    parts.extend(
        Provenance::above(rules.sources(), rule.arm.span).map(|from| format!("The points come from data: {}.", from.words())),
    );
    let tokens = scan::scan(file.source.text()).tokens;
    let span = tight(&tokens, Span { file: file.id, ..rule.arm.span });
    (!parts.is_empty()).then(|| (parts.join("\n\n"), span))
}

/// The page of the finding under a byte.
fn finding(file: &File<'_>, offset: u32) -> Option<(String, Span)> {
    let under = |span: Span| span.file == file.id && span.start <= offset && offset <= span.end;
    let found = file.analysis.findings.iter().filter(|finding| under(finding.span));
    let smallest = found.min_by_key(|finding| finding.span.end - finding.span.start)?;
    Some((smallest.code.page().trim_end().to_owned(), smallest.span))
}

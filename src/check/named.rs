//! Where options are named, for the index of names.

use std::sync::Arc;

use super::checker::Checker;
use super::names::{Index, Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{EventField, OptionDecl, PropertyDecl, SchemaDecl, SchemaMemberKind, TypeExprKind};
use crate::value::Options;

/// An option of a closed choice at its place.
#[derive(Debug, Clone)]
pub(super) struct NamedOption {
    /// The choice. It is kept so that its address stays its own.
    options: Arc<Options>,
    /// Which of its options.
    code: u32,
    /// Where it is named.
    span: Span,
}

impl Checker<'_> {
    /// The code of an option that is named at `span`, as [`option_code`](Self::option_code) finds it; kept for the index.
    pub(super) fn named_option(&mut self, options: &Arc<Options>, word: &str, bare: bool, span: Span) -> Option<u32> {
        let code = self.option_code(options, word, bare)?;
        self.named_options.push(NamedOption { options: Arc::clone(options), code, span });
        Some(code)
    }

    /// Adds the options of the schema and the stages of lifecycles without a property to the index, with all places that name them.
    pub(super) fn index_options(&mut self, schema: Option<&SchemaDecl>, index: &mut Index) {
        let declared = schema.map(declared).unwrap_or_default();
        let properties = self.env.schema.properties.iter();
        let fields = self.env.schema.events.iter().flat_map(|list| &list.fields);
        for property in properties.chain(fields) {
            let Some(options) = property.ty.options() else { continue };
            let Some((_, written)) = declared.iter().find(|(name, _)| *name == property.name_span) else { continue };
            for (code, option) in (0..).zip(*written) {
                let symbol = Symbol::new(option.name.name(), SymbolKind::Option, option.name.span());
                index.add_option(options, code, Symbol { owner: Some(Arc::clone(&property.name)), ..symbol });
            }
        }
        let stages = self.env.lifecycles.iter().filter(|lifecycle| lifecycle.property.is_none());
        for lifecycle in stages {
            for (code, stage) in (0..).zip(&lifecycle.stages.items) {
                let symbol = Symbol { definition: None, ..Symbol::new(&stage.name, SymbolKind::Option, Span::default()) };
                index.add_option(&lifecycle.stages, code, Symbol { owner: Some(Arc::clone(&lifecycle.name)), ..symbol });
            }
        }
        for named in &self.named_options {
            index.name_option(&named.options, named.code, named.span);
        }
    }
}

/// The options that properties and fields declare, by the place of the property's name.
fn declared(schema: &SchemaDecl) -> Vec<(Span, &[OptionDecl])> {
    fn options(property: &PropertyDecl) -> Option<(Span, &[OptionDecl])> {
        match &property.ty.kind {
            TypeExprKind::OneOf(options) | TypeExprKind::SetOf(options) => Some((property.name.span, options)),
            TypeExprKind::Text
            | TypeExprKind::Integer
            | TypeExprKind::Number
            | TypeExprKind::Boolean
            | TypeExprKind::Date
            | TypeExprKind::DateTime
            | TypeExprKind::SetOfText
            | TypeExprKind::Unknown(_) => None,
        }
    }
    let mut found = Vec::new();
    for member in &schema.members {
        match &member.kind {
            SchemaMemberKind::Property(property) => found.extend(options(property)),
            SchemaMemberKind::Events(events) => {
                found.extend(events.fields.iter().filter_map(|EventField { property, .. }| options(property)));
            }
            SchemaMemberKind::Related(related) => {
                found.extend(related.fields.iter().filter_map(|EventField { property, .. }| options(property)));
            }
            SchemaMemberKind::UnknownValues(_)
            | SchemaMemberKind::TimeZone(_)
            | SchemaMemberKind::IgnoreAccents
            | SchemaMemberKind::NumbersLike(_)
            | SchemaMemberKind::DatesLike(_) => {}
        }
    }
    found
}

//! Related records of the schema: their properties join those of the record, under dotted names.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::checker::Checker;
use super::env::to_u32;
use super::near::as_name;
use super::schema::Building;
use crate::diag::{Code, Diagnostic};
use crate::input::RelatedRows;
use crate::schema::{PropId, Property, Related, RelatedFile, RelatedId};
use crate::source::Span;
use crate::syntax::ast::{EventField, RelatedDecl, SchemaDecl, SchemaMemberKind};
use crate::syntax::written::quoted;
use crate::value::{Type, Value};

impl Building {
    /// The related records, once the record's own properties are known.
    pub(super) fn related(&mut self, decl: &SchemaDecl, files: &FxHashMap<Span, RelatedFile>) {
        for member in &decl.members {
            let SchemaMemberKind::Related(related) = &member.kind else { continue };
            self.related_record(related, member.span, files);
        }
    }

    fn related_record(&mut self, decl: &RelatedDecl, span: Span, files: &FxHashMap<Span, RelatedFile>) {
        if decl.by.value.trim().is_empty() {
            self.bad(decl.by.span, "a header cannot be empty", "name the column that identifies its rows");
        }
        if decl.fields.is_empty() {
            let help = "list what the rules ask of it, as in `industry: text`";
            self.bad(decl.name.span, format!("`{}` has no properties", decl.name.name), help);
        }
        let id = RelatedId(to_u32(self.schema.related.len()));
        let to = self.related_to(decl);
        let mut names: FxHashMap<Arc<str>, Span> = FxHashMap::default();
        let mut properties = Vec::with_capacity(decl.fields.len());
        for field in &decl.fields {
            properties.push(self.related_property(id, decl, field, &mut names));
        }
        let known = self.add(presence(id, decl));
        // A file that cannot be read has been told.
        let file = decl.from.as_ref().and_then(|path| files.get(&path.span).cloned());
        self.schema.related.push(Related {
            name: decl.name.name.clone(),
            by: decl.by.value.clone(),
            to: to.unwrap_or(PropId(0)),
            domain: decl.domain,
            properties,
            known,
            file,
            span,
            name_span: decl.name.span,
        });
    }

    /// The property that names a row.
    fn related_to(&mut self, decl: &RelatedDecl) -> Option<PropId> {
        let id = self.referred_by(&decl.to)?;
        let property = self.schema.property(id)?;
        if decl.domain && property.ty != Type::Text && !self.broken_properties.contains(&id) {
            let declared = property.span;
            let what = super::checker::type_words(&property.ty);
            self.diagnostics.push(
                Diagnostic::new(Code::BadSchema, decl.to.span, format!("`{}` is {what}, which has no domain", decl.to.name))
                    .also(declared, "declared here")
                    .help("refer to the domain of a property that is `text`, such as an e-mail address"),
            );
        }
        Some(id)
    }

    /// A property of a related record, and its number.
    fn related_property(
        &mut self,
        id: RelatedId,
        decl: &RelatedDecl,
        field: &EventField,
        names: &mut FxHashMap<Arc<str>, Span>,
    ) -> PropId {
        let (mut built, sound) = self.property(&field.property, field.docs.clone(), field.span);
        if field.property.key {
            let help = format!("the column that identifies the rows follows `by`: `by {}`", quoted(&built.name));
            self.bad(field.span, "a related record has no key", help);
        }
        if let Some(first) = names.insert(built.name.clone(), built.name_span) {
            self.diagnostics.push(
                Diagnostic::new(Code::DuplicateName, built.name_span, format!("`{}` is declared twice", built.name))
                    .also(first, "declared here first")
                    .help("give one of them another name"),
            );
        }
        built.name = Arc::from(format!("{}.{}", decl.name.name, built.name));
        built.related = Some(id);
        let place = self.add(built);
        if !sound {
            self.broken_properties.insert(place);
        }
        place
    }

    fn add(&mut self, property: Property) -> PropId {
        let id = PropId(to_u32(self.schema.properties.len()));
        self.schema.properties.push(property);
        id
    }
}

impl Checker<'_> {
    /// Reads the files of related records, so that a run finds nothing amiss with their columns.
    pub(super) fn related_files(&mut self) {
        let schema = &self.env.schema;
        let mut found = Vec::new();
        for (id, related) in (0..).map(RelatedId).zip(&schema.related) {
            let broken = related.filled().any(|id| self.env.broken_properties.contains(&id));
            let Some(file) = related.file.as_ref().filter(|_| !broken) else { continue };
            if let Some(Err(error)) = RelatedRows::of_rules(schema, id) {
                let problem = Diagnostic::new(Code::BadSchema, file.span, error.to_string());
                found.push(match miette::Diagnostic::help(&error) {
                    Some(help) => problem.help(help.to_string()),
                    None => problem.help("write it as CSV with a header, or as JSON Lines"),
                });
            }
        }
        found.into_iter().for_each(|problem| self.push(problem));
    }
}

/// The property that says whether there is a related record.
fn presence(id: RelatedId, decl: &RelatedDecl) -> Property {
    let name = Arc::from(format!("{} is known", as_name(&decl.name.name)));
    Property { related: Some(id), default: Some(Value::Boolean(false)), ..Property::plain(name, Type::Boolean, decl.name.span) }
}

//! The schema: properties, their types and modifiers, event lists.

use pest::iterators::Pair;

use super::super::ast::{
    EventField, EventsDecl, ExampleKind, ExampleLit, Modifier, OptionDecl, PropertyDecl, RelatedDecl, SchemaDecl, SchemaMember,
    SchemaMemberKind, TextLit, TypeExpr, TypeExprKind,
};
use super::super::grammar::Rule;
use super::{Builder, Cursor};

impl Builder<'_> {
    pub(super) fn schema(&mut self, c: &mut Cursor<'_>) -> Option<SchemaDecl> {
        let head = c.next()?;
        let mut decl = self.schema_head(head)?;
        while let Some(member) = c.take(Rule::schema_member) {
            decl.members.push(self.schema_member(member)?);
        }
        decl.close = self.span(&c.next()?);
        Some(decl)
    }

    /// A schema of its head alone; `close` is the opening brace until the closing one is known.
    pub(in crate::syntax) fn schema_head(&mut self, pair: Pair<'_, Rule>) -> Option<SchemaDecl> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        Some(SchemaDecl { name, members: Vec::new(), close: self.span(&c.next()?) })
    }

    /// A line of a schema.
    pub(in crate::syntax) fn schema_member(&mut self, pair: Pair<'_, Rule>) -> Option<SchemaMember> {
        let span = self.span(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let kind = if rule == Rule::property {
            SchemaMemberKind::Property(self.property(inner)?)
        } else if rule == Rule::events {
            SchemaMemberKind::Events(self.events(inner)?)
        } else if rule == Rule::related {
            SchemaMemberKind::Related(self.related(inner)?)
        } else if rule == Rule::ignore_accents {
            SchemaMemberKind::IgnoreAccents
        } else {
            let mut c = Cursor::new(inner);
            c.next()?;
            c.next()?;
            let value = c.next()?;
            if rule == Rule::unknown_values {
                SchemaMemberKind::UnknownValues(self.texts(value))
            } else if rule == Rule::time_zone {
                SchemaMemberKind::TimeZone(self.text(&value))
            } else if rule == Rule::numbers_like {
                SchemaMemberKind::NumbersLike(self.examples(value)?)
            } else {
                SchemaMemberKind::DatesLike(self.examples(value)?)
            }
        };
        Some(SchemaMember { docs: self.docs(span), kind, span })
    }

    fn texts(&mut self, pair: Pair<'_, Rule>) -> Vec<TextLit> {
        let texts = pair.into_inner().filter(|p| p.as_rule() == Rule::text);
        texts.map(|p| self.text(&p)).collect()
    }

    fn examples(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<ExampleLit>> {
        let mut examples = Vec::new();
        for example in pair.into_inner().filter(|p| p.as_rule() == Rule::example) {
            let span = self.span(&example);
            let first = example.into_inner().next()?;
            let kind = if first.as_rule() == Rule::k_serial {
                ExampleKind::Serial
            } else if first.as_rule() == Rule::k_epoch {
                ExampleKind::EpochSeconds
            } else {
                ExampleKind::Text(self.text(&first))
            };
            examples.push(ExampleLit { kind, span });
        }
        Some(examples)
    }

    fn events(&mut self, pair: Pair<'_, Rule>) -> Option<EventsDecl> {
        let mut c = Cursor::new(pair);
        let head = c.next()?;
        let mut decl = self.events_head(head)?;
        while let Some(field) = c.take(Rule::event_field) {
            decl.fields.push(self.event_field(field)?);
        }
        decl.close = self.span(&c.next()?);
        Some(decl)
    }

    /// An event list of its head alone.
    pub(in crate::syntax) fn events_head(&mut self, pair: Pair<'_, Rule>) -> Option<EventsDecl> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        let by = if c.skip(Rule::k_by) { Some(self.text(&c.next()?)) } else { None };
        let to = if c.skip(Rule::k_to) { Some(self.ident(&c.next()?)) } else { None };
        Some(EventsDecl { name, by, to, fields: Vec::new(), close: self.span(&c.next()?) })
    }

    fn related(&mut self, pair: Pair<'_, Rule>) -> Option<RelatedDecl> {
        let mut c = Cursor::new(pair);
        let head = c.next()?;
        let mut decl = self.related_head(head)?;
        while let Some(field) = c.take(Rule::event_field) {
            decl.fields.push(self.event_field(field)?);
        }
        decl.close = self.span(&c.next()?);
        Some(decl)
    }

    /// A related record of its head alone.
    pub(in crate::syntax) fn related_head(&mut self, pair: Pair<'_, Rule>) -> Option<RelatedDecl> {
        let mut c = Cursor::new(pair);
        c.next()?;
        let name = self.ident(&c.next()?);
        let from = if c.skip(Rule::k_from) { Some(self.text(&c.next()?)) } else { None };
        c.next()?;
        let by = self.text(&c.next()?);
        c.next()?;
        let domain = c.skip(Rule::k_domain);
        if domain {
            c.next()?;
        }
        let to = self.ident(&c.next()?);
        Some(RelatedDecl { name, from, by, domain, to, fields: Vec::new(), close: self.span(&c.next()?) })
    }

    /// A field of an event list, or a property of a related record.
    pub(in crate::syntax) fn event_field(&mut self, pair: Pair<'_, Rule>) -> Option<EventField> {
        let span = self.span(&pair);
        let property = self.property(pair.into_inner().next()?)?;
        Some(EventField { docs: self.docs(span), property, span })
    }

    fn property(&mut self, pair: Pair<'_, Rule>) -> Option<PropertyDecl> {
        let mut c = Cursor::new(pair);
        let key = c.skip(Rule::k_key);
        let name = self.ident(&c.next()?);
        c.next()?;
        let ty = self.type_expr(c.next()?)?;
        let mut modifiers = Vec::new();
        while let Some(modifier) = c.take(Rule::modifier) {
            modifiers.push(self.modifier(modifier.into_inner().next()?)?);
        }
        Some(PropertyDecl { key, name, ty, modifiers })
    }

    fn type_expr(&mut self, pair: Pair<'_, Rule>) -> Option<TypeExpr> {
        let span = self.span(&pair);
        let mut c = Cursor::new(pair);
        let first = c.next()?;
        let kind = if first.as_rule() == Rule::type_name {
            let name = self.ident(&first.into_inner().next()?);
            match &*name.name {
                "text" => TypeExprKind::Text,
                "integer" => TypeExprKind::Integer,
                "number" => TypeExprKind::Number,
                "boolean" => TypeExprKind::Boolean,
                "date" => TypeExprKind::Date,
                "datetime" => TypeExprKind::DateTime,
                _ => TypeExprKind::Unknown(name),
            }
        } else {
            c.next()?;
            let last = c.next()?;
            if last.as_rule() == Rule::k_text {
                TypeExprKind::SetOfText
            } else if first.as_rule() == Rule::k_one {
                TypeExprKind::OneOf(self.options(last)?)
            } else {
                TypeExprKind::SetOf(self.options(last)?)
            }
        };
        Some(TypeExpr { kind, span })
    }

    fn options(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<OptionDecl>> {
        let mut options = Vec::new();
        for entry in pair.into_inner().filter(|p| p.as_rule() == Rule::option) {
            let span = self.span(&entry);
            let mut parts = entry.into_inner();
            let name = self.option_name(&parts.next()?);
            let forms = parts.filter(|p| p.as_rule() == Rule::text).map(|p| self.text(&p)).collect();
            options.push(OptionDecl { name, forms, span });
        }
        Some(options)
    }

    fn modifier(&mut self, pair: Pair<'_, Rule>) -> Option<Modifier> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut c = Cursor::new(pair);
        c.next()?;
        Some(if rule == Rule::m_required {
            Modifier::Required(span)
        } else if rule == Rule::m_default {
            Modifier::Default(Box::new(self.value(c.next()?)?), span)
        } else if rule == Rule::m_from {
            if c.skip(Rule::k_column) {
                Modifier::FromColumn(self.number(&c.next()?), span)
            } else {
                Modifier::From(self.texts(c.next()?), span)
            }
        } else if rule == Rule::m_split {
            c.next()?;
            Modifier::Split(self.text(&c.next()?), span)
        } else {
            Modifier::Like(self.examples(c.next()?)?, span)
        })
    }
}

//! The index of names: what a program declares, and where each name stands. It is whole as far as names could be resolved, with or
//! without errors elsewhere, so that an editor can go to a definition while a line is being typed.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::Items;
use super::build::sort_outputs;
use super::checker::Checker;
use super::env::{Column, DefState, Entity, RollupPart};
use crate::schema::{EventId, FieldId, PropId, Property, RelatedId};
use crate::source::{FileId, Span};
use crate::syntax::ast::{self, Ident, SchemaMemberKind};
use crate::value::{Options, Type, Value};

/// What a program declares, and where each name stands.
#[derive(Debug, Clone, Default)]
pub struct Names {
    symbols: Vec<Symbol>,
    /// Where names stand, definitions included, by place; the number is the symbol's.
    mentions: Vec<(Span, usize)>,
}

/// Something that has a name.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Its name; that of a field or of a related record's property without its list or record.
    pub name: Arc<str>,
    /// What it is.
    pub kind: SymbolKind,
    /// Its type; `None` for lists of values and of events, and where it has an error.
    pub ty: Option<Type>,
    /// Where its name is declared; `None` for columns that every output has.
    pub definition: Option<Span>,
    /// The list of events that a field belongs to, the related record of a property, the rollup of a score, label or lifecycle, or the
    /// property, field or lifecycle of an option.
    pub owner: Option<Arc<str>>,
    /// The lines of documentation above it.
    pub docs: Vec<String>,
}

/// The kinds of things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// A property of the schema.
    Property,
    /// A list of events.
    Events,
    /// A related record.
    Related,
    /// A field of a list of events.
    Field,
    /// `define`
    Definition,
    /// `list`
    List,
    /// `param`
    Param,
    /// `score`
    Score,
    /// `label`
    Label,
    /// `lifecycle`, where it governs no property.
    Lifecycle,
    /// An option of a property or field, or a stage of a lifecycle.
    Option,
    /// A column of the output: `excluded`, `NAME_move`.
    Column,
    /// `rollup`; its scores, labels and lifecycles are symbols of theirs, whose owner it is.
    Rollup,
}

impl Names {
    /// Everything that has a name, kind by kind, each kind in the order of the source.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The symbol whose name stands at this byte, with the span of the name.
    #[must_use]
    pub fn at(&self, file: FileId, offset: u32) -> Option<(&Symbol, Span)> {
        let after = self.mentions.partition_point(|(span, _)| (span.file, span.start) <= (file, offset));
        let (span, number) = self.mentions.get(after.checked_sub(1)?)?;
        let symbol = self.symbols.get(*number)?;
        (span.file == file && offset <= span.end).then_some((symbol, *span))
    }

    /// Everywhere that a symbol's name stands, its definition included, by place.
    pub fn mentions<'n>(&'n self, symbol: &'n Symbol) -> impl Iterator<Item = Span> + 'n {
        self.mentions
            .iter()
            .filter(|(_, number)| self.symbols.get(*number).is_some_and(|other| std::ptr::eq(other, symbol)))
            .map(|(span, _)| *span)
    }

    /// The same names where files have other numbers.
    #[must_use]
    pub fn moved(mut self, file: impl Fn(FileId) -> FileId) -> Self {
        let place = |span: &mut Span| span.file = file(span.file);
        self.mentions.iter_mut().for_each(|(span, _)| place(span));
        self.symbols.iter_mut().filter_map(|symbol| symbol.definition.as_mut()).for_each(place);
        self.mentions.sort_unstable();
        self
    }
}

/// What a name was found to mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A name of the one name space.
    Entity(Entity),
    /// A field inside a `where`.
    Field(EventId, FieldId),
}

impl Checker<'_> {
    /// What a name stands for, with the place of its declaration; that it stands here is kept for the index.
    pub(super) fn look_up(&mut self, name: &Ident) -> Option<(Entity, Span)> {
        let found = self.env.entities.get(&name.name).copied()?;
        match self.within_record(name, found.0) {
            Some((record, record_span, property_span)) => {
                self.mention(record_span, Target::Entity(Entity::Related(record)));
                self.mention(property_span, Target::Entity(found.0));
            }
            None => self.mention(name.span, Target::Entity(found.0)),
        }
        Some(found)
    }

    /// The related record of a dotted name, with the places of both parts.
    fn within_record(&self, name: &Ident, entity: Entity) -> Option<(RelatedId, Span, Span)> {
        let Entity::Property(id) = entity else { return None };
        let record = self.env.schema.property(id)?.related?;
        let written = self.sources.text(name.span);
        let last = match written.strip_suffix('`') {
            Some(open) => open.rfind('`')?,
            None => written.rfind('.')? + 1,
        };
        // All of it can be one name in backticks.
        let dot = written.get(..last)?.strip_suffix('.')?.len();
        let Span { file, start, end } = name.span;
        let at = |offset: usize| start + crate::invariant::number(offset);
        Some((record, Span::new(file, start, at(dot)), Span::new(file, at(last), end)))
    }

    /// Keeps that a name stands here.
    pub(super) fn mention(&mut self, span: Span, target: Target) {
        let target = match (&self.aside, target) {
            (Some(aside), Target::Entity(entity)) => Target::Entity(aside.seen_from_outside(entity)),
            (_, target) => target,
        };
        self.mentions.push((span, target));
    }

    /// Keeps that a name of records stands here, in the body of a rollup.
    pub(super) fn mention_of_records(&mut self, span: Span, entity: Entity) {
        self.mentions.push((span, Target::Entity(entity)));
    }

    /// The index, once everything has been looked at.
    pub(super) fn index(&mut self, items: &Items<'_>) -> Names {
        let mut index = Index::default();
        for (at, property) in (0..).map(PropId).zip(&self.env.schema.properties) {
            if self.env.schema.presence(at).is_some() {
                continue;
            }
            let broken = self.env.broken_properties.contains(&at);
            let symbol = property_symbol(property, SymbolKind::Property, broken);
            let symbol = match property.related.and_then(|id| self.env.schema.related(id)) {
                Some(related) => {
                    Symbol { name: Arc::from(related.short(property)), owner: Some(Arc::clone(&related.name)), ..symbol }
                }
                None => symbol,
            };
            index.add(Target::Entity(Entity::Property(at)), symbol);
        }
        for (at, related) in (0..).map(RelatedId).zip(&self.env.schema.related) {
            let symbol = Symbol::new(&related.name, SymbolKind::Related, related.name_span);
            index.add(Target::Entity(Entity::Related(at)), symbol);
        }
        for (event, list) in (0..).map(EventId).zip(&self.env.schema.events) {
            let symbol = Symbol::new(&list.name, SymbolKind::Events, list.name_span);
            index.add(Target::Entity(Entity::Events(event)), symbol);
            for (field, property) in (0..).map(FieldId).zip(&list.fields) {
                let broken = self.env.broken_fields.contains(&(event, field));
                let symbol = property_symbol(property, SymbolKind::Field, broken);
                index.add(Target::Field(event, field), Symbol { owner: Some(Arc::clone(&list.name)), ..symbol });
            }
        }
        for (at, ((item, _), slot)) in items.params.iter().zip(&self.env.params).enumerate() {
            let symbol = Symbol::new(&slot.name, SymbolKind::Param, slot.name_span).docs(&item.docs);
            index.add(Target::Entity(Entity::Param(at)), Symbol { ty: slot.value.as_ref().map(type_of), ..symbol });
        }
        for (at, ((item, _), slot)) in items.lists.iter().zip(&self.env.lists).enumerate() {
            let symbol = Symbol::new(&slot.name, SymbolKind::List, slot.name_span).docs(&item.docs);
            index.add(Target::Entity(Entity::List(at)), symbol);
        }
        for (at, (definition, slot)) in items.definitions.iter().zip(&self.env.slots).enumerate() {
            let name = &definition.decl.name;
            let symbol = Symbol::new(&name.name, SymbolKind::Definition, name.span).docs(definition.docs);
            let id = if let DefState::Done(id) = slot.state { Some(id) } else { None };
            let ty = id.and_then(|id| self.env.definition(id)).map(|d| d.value.ty.clone());
            index.add(Target::Entity(Entity::Definition(at)), Symbol { ty, ..symbol });
        }
        for (id, (item, score)) in (0..).map(crate::id::ScoreId).zip(&items.scores) {
            let symbol = Symbol::new(&score.name.name, SymbolKind::Score, score.name.span).docs(&item.docs);
            index.add(Target::Entity(Entity::Score(id)), Symbol { ty: Some(Type::Score), ..symbol });
        }
        for (id, (item, label)) in (0..).map(crate::id::LabelId).zip(&items.labels) {
            let symbol = Symbol::new(&label.name.name, SymbolKind::Label, label.name.span).docs(&item.docs);
            index.add(Target::Entity(Entity::Label(id)), Symbol { ty: Some(Type::Label), ..symbol });
        }
        for ((id, (item, _)), slot) in (0..).map(crate::id::LifecycleId).zip(&items.lifecycles).zip(&self.env.lifecycles) {
            if slot.property.is_none() {
                let symbol = Symbol::new(&slot.name, SymbolKind::Lifecycle, slot.name_span).docs(&item.docs);
                let ty = Some(Type::OneOf(Arc::clone(&slot.stages)));
                index.add(Target::Entity(Entity::Lifecycle(id)), Symbol { ty, ..symbol });
            }
        }
        for (at, (item, rollup)) in items.rollups.iter().enumerate() {
            index.rollup(at, item, rollup);
        }
        let mut columns: Vec<(&Arc<str>, Column)> =
            self.env.entities.iter().filter_map(|(name, (entity, _))| column(*entity).map(|column| (name, column))).collect();
        columns.sort_unstable_by_key(|(name, _)| *name);
        for (name, column) in columns {
            let symbol = Symbol { definition: None, ..Symbol::new(name, SymbolKind::Column, Span::default()) };
            index.add(Target::Entity(Entity::Column(column)), symbol);
        }
        // The property that a list of events or a related record refers to is named in the schema alone, which knows no checker.
        let members = items.schemas.first().into_iter().flat_map(|(_, schema)| &schema.members);
        for member in members {
            if let SchemaMemberKind::Events(ast::EventsDecl { to: Some(name), .. }) = &member.kind {
                self.look_up(name);
            } else if let SchemaMemberKind::Related(ast::RelatedDecl { to: name, .. }) = &member.kind {
                self.look_up(name);
            }
        }
        self.index_options(items.schemas.first().map(|(_, schema)| *schema), &mut index);
        index.finish(&self.mentions)
    }
}

/// The index while it is being built.
#[derive(Default)]
pub(super) struct Index {
    symbols: Vec<Symbol>,
    numbers: FxHashMap<Target, usize>,
    /// By the address of the options, which the checker keeps alive, and the code.
    options: FxHashMap<(usize, u32), usize>,
    named: Vec<(Span, usize)>,
}

impl Index {
    fn add(&mut self, target: Target, symbol: Symbol) {
        self.numbers.insert(target, self.symbols.len());
        self.symbols.push(symbol);
    }

    fn rollup(&mut self, at: usize, item: &ast::Item, rollup: &ast::RollupDecl) {
        let whole = Symbol::new(&rollup.name.name, SymbolKind::Rollup, rollup.name.span).docs(&item.docs);
        self.add(Target::Entity(Entity::Rollup(at, RollupPart::Whole)), whole);
        let mut part = |name: &Ident, kind, ty, docs: &[String], part| {
            let symbol = Symbol::new(&name.name, kind, name.span).docs(docs);
            let owner = Some(Arc::clone(&rollup.name.name));
            self.add(Target::Entity(Entity::Rollup(at, part)), Symbol { ty, owner, ..symbol });
        };
        let items = sort_outputs(&rollup.items);
        for (n, (item, score)) in items.scores.iter().enumerate() {
            part(&score.name, SymbolKind::Score, Some(Type::Score), &item.docs, RollupPart::Score(n));
        }
        for (n, (item, label)) in items.labels.iter().enumerate() {
            part(&label.name, SymbolKind::Label, Some(Type::Label), &item.docs, RollupPart::Label(n));
        }
        for (n, (item, lifecycle)) in items.lifecycles.iter().enumerate() {
            part(&lifecycle.name, SymbolKind::Lifecycle, None, &item.docs, RollupPart::Lifecycle(n));
        }
    }

    /// Adds an option of a choice.
    pub(super) fn add_option(&mut self, options: &Arc<Options>, code: u32, symbol: Symbol) {
        self.options.insert((Arc::as_ptr(options).addr(), code), self.symbols.len());
        self.symbols.push(symbol);
    }

    /// Adds a place where an option is named.
    pub(super) fn name_option(&mut self, options: &Arc<Options>, code: u32, span: Span) {
        self.named.extend(self.options.get(&(Arc::as_ptr(options).addr(), code)).map(|number| (span, *number)));
    }

    fn finish(self, mentions: &[(Span, Target)]) -> Names {
        let declared = self.symbols.iter().enumerate().filter_map(|(number, symbol)| Some((symbol.definition?, number)));
        let used = mentions.iter().filter_map(|(span, target)| Some((*span, *self.numbers.get(target)?)));
        // A name is looked at as often as its place is checked; it stands there once.
        let mut mentions: Vec<(Span, usize)> = declared.chain(used).chain(self.named.iter().copied()).collect();
        mentions.sort_unstable();
        mentions.dedup_by_key(|(span, _)| *span);
        Names { symbols: self.symbols, mentions }
    }
}

impl Symbol {
    pub(super) fn new(name: &Arc<str>, kind: SymbolKind, span: Span) -> Self {
        Self { name: Arc::clone(name), kind, ty: None, definition: Some(span), owner: None, docs: Vec::new() }
    }

    fn docs(mut self, docs: &[String]) -> Self {
        self.docs = docs.to_vec();
        self
    }
}

fn property_symbol(property: &Property, kind: SymbolKind, broken: bool) -> Symbol {
    let ty = (!broken).then(|| property.ty.clone());
    Symbol { ty, ..Symbol::new(&property.name, kind, property.name_span).docs(&property.docs) }
}

const fn column(entity: Entity) -> Option<Column> {
    match entity {
        Entity::Column(column) => Some(column),
        Entity::Property(_)
        | Entity::Events(_)
        | Entity::Related(_)
        | Entity::Definition(_)
        | Entity::List(_)
        | Entity::Param(_)
        | Entity::Score(_)
        | Entity::Label(_)
        | Entity::Lifecycle(_)
        | Entity::Rollup(..) => None,
    }
}

/// The type of a param's value.
fn type_of(value: &Value) -> Type {
    match value {
        Value::Integer(_) => Type::Integer,
        Value::Decimal(_) | Value::Number(_) => Type::Number,
        Value::Boolean(_) => Type::Boolean,
        Value::Date(_) => Type::Date,
        Value::DateTime(_) => Type::DateTime,
        // A param is written out, so that it is never one of somebody's options.
        Value::Text(_) | Value::Option(_) | Value::Set(_) => Type::Text,
        Value::TextSet(_) => Type::SetOfText,
    }
}

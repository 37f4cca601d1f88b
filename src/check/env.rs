//! What names mean: the one name space of a program.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::hir::{DefId, Definition, LabelId, LifecycleId, List, ListEntry, Model, Param, ScoreId, Texts};
use crate::schema::{EventId, FieldId, PropId, RelatedId, Schema};
use crate::source::Span;
use crate::value::{OptionItem, Options};

/// What a name of the one name space stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Entity {
    /// A property (which a lifecycle may govern).
    Property(PropId),
    /// An event list.
    Events(EventId),
    /// A related record.
    Related(RelatedId),
    /// A definition, by its place in [`Env::slots`].
    Definition(usize),
    /// A list, by its place in [`Env::lists`].
    List(usize),
    /// A param, by its place in [`Env::params`].
    Param(usize),
    /// A score.
    Score(ScoreId),
    /// A label.
    Label(LabelId),
    /// A lifecycle without a property.
    Lifecycle(LifecycleId),
    /// A column that outputs have.
    Column(Column),
    /// A rollup, by its place, or what it holds, as seen from outside of it.
    Rollup(usize, RollupPart),
}

/// What of a rollup has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RollupPart {
    /// The rollup itself.
    Whole,
    /// A score, by its place among those of the rollup.
    Score(usize),
    /// A label.
    Label(usize),
    /// A lifecycle.
    Lifecycle(usize),
    /// A column of its output that no item is called after.
    Column,
}

/// A column of outputs that no item is called after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Column {
    /// `row`, where the schema has no key.
    Row,
    /// `excluded`
    Excluded,
    /// `NAME_before`
    Before(LifecycleId),
    /// `NAME_move`
    Move(LifecycleId),
    /// `NAME_reason`
    Reason(LifecycleId),
}

/// A definition, perhaps not worked out yet.
#[derive(Debug, Clone)]
pub(super) struct DefSlot {
    pub(super) state: DefState,
}

/// How far a definition is.
#[derive(Debug, Clone)]
pub(super) enum DefState {
    /// Nobody has looked at it.
    Open,
    /// It needs another one first.
    Waiting,
    /// It has an error, which has been told.
    Failed,
    /// It is whole; its number in the model.
    Done(DefId),
}

/// A list with what its uses have made of it.
#[derive(Debug)]
pub(super) struct ListSlot {
    pub(super) name: Arc<str>,
    pub(super) name_span: Span,
    /// `None` where its file cannot be read.
    pub(super) entries: Option<Arc<[ListEntry]>>,
    /// The entries as texts.
    pub(super) texts: OnceLock<Arc<Texts>>,
}

/// A param; without a value where that has an error.
#[derive(Debug, Clone)]
pub(super) struct ParamSlot {
    pub(super) name: Arc<str>,
    pub(super) name_span: Span,
    pub(super) value: Option<crate::value::Value>,
    /// Whether it is written with a percent sign.
    pub(super) percent: bool,
}

/// A score's or label's name and, for labels, the texts it can give.
#[derive(Debug, Clone)]
pub(super) struct OutputSlot {
    pub(super) name: Arc<str>,
    pub(super) name_span: Span,
    /// A label's texts; `None` where it has an error.
    pub(super) values: Option<Vec<Arc<str>>>,
    /// How many scores, from the first on, are worked out where a label is; `None` where it has an error.
    pub(super) needs: Option<usize>,
}

/// A lifecycle's name and stages.
#[derive(Debug, Clone)]
pub(super) struct LifecycleSlot {
    pub(super) name: Arc<str>,
    pub(super) name_span: Span,
    pub(super) property: Option<PropId>,
    pub(super) stages: Arc<Options>,
}

/// All that names can stand for.
#[derive(Debug)]
pub(super) struct Env {
    pub(super) schema: Schema,
    pub(super) entities: FxHashMap<Arc<str>, (Entity, Span)>,
    pub(super) params: Vec<ParamSlot>,
    pub(super) lists: Vec<ListSlot>,
    /// By the order of the source.
    pub(super) slots: Vec<DefSlot>,
    /// Those that are whole, in the model's order.
    pub(super) definitions: Vec<Definition>,
    pub(super) scores: Vec<OutputSlot>,
    pub(super) labels: Vec<OutputSlot>,
    pub(super) lifecycles: Vec<LifecycleSlot>,
    /// The lifecycle that governs a property.
    pub(super) governed: FxHashMap<PropId, LifecycleId>,
    /// Properties and fields whose type has an error.
    pub(super) broken_properties: FxHashSet<PropId>,
    pub(super) broken_fields: FxHashSet<(EventId, FieldId)>,
    /// Names whose declaration has an error of syntax.
    pub(super) broken_names: FxHashSet<Arc<str>>,
    /// Whether a file is missing, so that an unknown name proves nothing.
    pub(super) incomplete: bool,
    /// Whether the program has a schema.
    pub(super) has_schema: bool,
}

impl Env {
    /// Nothing but a schema.
    pub(super) fn new(schema: Schema) -> Self {
        Self {
            has_schema: schema.span.is_some(),
            schema,
            entities: FxHashMap::default(),
            params: Vec::new(),
            lists: Vec::new(),
            slots: Vec::new(),
            definitions: Vec::new(),
            scores: Vec::new(),
            labels: Vec::new(),
            lifecycles: Vec::new(),
            governed: FxHashMap::default(),
            broken_properties: FxHashSet::default(),
            broken_fields: FxHashSet::default(),
            broken_names: FxHashSet::default(),
            incomplete: false,
        }
    }

    /// The params and lists that accounts see too; their values are not moved.
    pub(super) fn beside(&self, schema: Schema) -> Self {
        let seen = self.entities.iter().filter(|(_, (entity, _))| matches!(entity, Entity::Param(_) | Entity::List(_)));
        Self {
            entities: seen.map(|(name, found)| (name.clone(), *found)).collect(),
            broken_names: self.broken_names.clone(),
            incomplete: self.incomplete,
            ..Self::new(schema)
        }
    }

    /// The names of a whole model, for a condition beside it.
    pub(super) fn of_model(model: &Model) -> Self {
        let mut env = Self::new(model.schema.clone());
        env.add_schema_names(|_, _, _| {});
        for (at, param) in model.params.iter().enumerate() {
            env.entities.insert(param.name.clone(), (Entity::Param(at), param.name_span));
            let Param { name, value, name_span, .. } = param.clone();
            env.params.push(ParamSlot { name, name_span, value: Some(value), percent: false });
        }
        for (at, list) in model.lists.iter().enumerate() {
            env.entities.insert(list.name.clone(), (Entity::List(at), list.name_span));
            let List { name, entries, name_span, .. } = list.clone();
            env.lists.push(ListSlot { name, name_span, entries: Some(entries), texts: OnceLock::new() });
        }
        for (at, definition) in model.definitions.iter().enumerate() {
            let id = DefId(to_u32(at));
            env.entities.insert(definition.name.clone(), (Entity::Definition(at), definition.name_span));
            env.slots.push(DefSlot { state: DefState::Done(id) });
        }
        env.definitions.clone_from(&model.definitions);
        for (at, score) in model.scores.iter().enumerate() {
            env.entities.insert(score.name.clone(), (Entity::Score(ScoreId(to_u32(at))), score.name_span));
            env.scores.push(OutputSlot { name: score.name.clone(), name_span: score.name_span, values: None, needs: None });
        }
        for (at, label) in model.labels.iter().enumerate() {
            env.entities.insert(label.name.clone(), (Entity::Label(LabelId(to_u32(at))), label.name_span));
            let values = Some(label.values.clone());
            env.labels.push(OutputSlot { name: label.name.clone(), name_span: label.name_span, values, needs: None });
        }
        for lifecycle in &model.lifecycles {
            let slot = LifecycleSlot {
                name: lifecycle.name.clone(),
                name_span: lifecycle.name_span,
                property: lifecycle.property,
                stages: stage_options(lifecycle.stages.iter().cloned()),
            };
            env.add_lifecycle(slot, |_, _, _| {});
        }
        env.add_columns(|_, _, _| {});
        env
    }

    /// Adds a name, or tells `taken` of the name, its place and the first one.
    pub(super) fn declare(
        &mut self,
        name: &Arc<str>,
        entity: Entity,
        span: Span,
        taken: &mut impl FnMut(&str, Span, (Entity, Span)),
    ) {
        match self.entities.get(name) {
            Some(first) => taken(name, span, *first),
            None => {
                self.entities.insert(name.clone(), (entity, span));
            }
        }
    }

    /// Adds properties, event lists and related records.
    pub(super) fn add_schema_names(&mut self, mut taken: impl FnMut(&str, Span, (Entity, Span))) {
        let properties: Vec<_> = self.schema.properties.iter().map(|p| (p.name.clone(), p.name_span, p.related)).collect();
        for (at, (name, span, related)) in properties.iter().enumerate() {
            let id = PropId(to_u32(at));
            let again = related.is_some() && self.is_of(name, *related);
            // Whether there is a related record is asked by its own name; what is written twice in it has been reported.
            if !again && self.schema.presence(id).is_none() {
                self.declare(name, Entity::Property(id), *span, &mut taken);
            }
        }
        let events: Vec<_> = self.schema.events.iter().map(|e| (e.name.clone(), e.name_span)).collect();
        for (at, (name, span)) in events.iter().enumerate() {
            self.declare(name, Entity::Events(EventId(to_u32(at))), *span, &mut taken);
        }
        let related: Vec<_> = self.schema.related.iter().map(|r| (r.name.clone(), r.name_span)).collect();
        for (at, (name, span)) in related.iter().enumerate() {
            self.declare(name, Entity::Related(RelatedId(to_u32(at))), *span, &mut taken);
        }
    }

    /// Whether a name is that of a property of this related record.
    fn is_of(&self, name: &str, related: Option<RelatedId>) -> bool {
        match self.entities.get(name) {
            Some((Entity::Property(id), _)) => self.schema.property(*id).is_some_and(|p| p.related == related),
            Some(_) | None => false,
        }
    }

    /// Adds the columns that every output has.
    pub(super) fn add_columns(&mut self, mut taken: impl FnMut(&str, Span, (Entity, Span))) {
        let nowhere = Span::default();
        if self.schema.key.is_none() {
            self.column("row", Column::Row, nowhere, &mut taken);
        }
        self.column("excluded", Column::Excluded, nowhere, &mut taken);
    }

    /// Adds a lifecycle, its name where it governs no property, and its columns.
    pub(super) fn add_lifecycle(&mut self, slot: LifecycleSlot, mut taken: impl FnMut(&str, Span, (Entity, Span))) {
        let id = LifecycleId(to_u32(self.lifecycles.len()));
        let (name, span) = (slot.name.clone(), slot.name_span);
        match slot.property {
            Some(property) => match self.governed.get(&property).and_then(|l| self.lifecycles.get(l.index())) {
                Some(first) => taken(&name, span, (Entity::Property(property), first.name_span)),
                None => {
                    self.governed.insert(property, id);
                }
            },
            None => self.declare(&name, Entity::Lifecycle(id), span, &mut taken),
        }
        let repeated = self.lifecycles.iter().any(|l| l.name == name);
        self.lifecycles.push(slot);
        if repeated {
            return;
        }
        self.column(&format!("{name}_before"), Column::Before(id), span, &mut taken);
        self.column(&format!("{name}_move"), Column::Move(id), span, &mut taken);
        self.column(&format!("{name}_reason"), Column::Reason(id), span, &mut taken);
    }

    /// A column's name; what is called the same is told at its own place.
    fn column(&mut self, name: &str, column: Column, span: Span, taken: &mut impl FnMut(&str, Span, (Entity, Span))) {
        match self.entities.get(name) {
            Some((_, other)) => taken(name, *other, (Entity::Column(column), span)),
            None => {
                self.entities.insert(Arc::from(name), (Entity::Column(column), span));
            }
        }
    }

    /// A definition that is whole.
    pub(super) fn definition(&self, id: DefId) -> Option<&Definition> {
        self.definitions.get(id.index())
    }
}

/// Stages as the options of a type.
pub(super) fn stage_options(names: impl Iterator<Item = Arc<str>>) -> Arc<Options> {
    Arc::new(Options { items: names.map(|name| OptionItem { name, forms: Vec::new() }).collect() })
}

/// Counts of items are far below four thousand million: a source has 16 MiB.
pub(super) fn to_u32(n: usize) -> u32 {
    crate::invariant::number(n)
}

impl Entity {
    /// What it is, in the users' words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Property(_) => "a property",
            Self::Events(_) => "an event list",
            Self::Related(_) => "a related record",
            Self::Definition(_) => "a definition",
            Self::List(_) => "a list",
            Self::Param(_) => "a param",
            Self::Score(_) => "a score",
            Self::Label(_) => "a label",
            Self::Lifecycle(_) => "a lifecycle",
            Self::Column(_) => "a column of the output",
            Self::Rollup(_, RollupPart::Whole) => "a rollup",
            Self::Rollup(_, RollupPart::Score(_)) => "a score of a rollup",
            Self::Rollup(_, RollupPart::Label(_)) => "a label of a rollup",
            Self::Rollup(_, RollupPart::Lifecycle(_)) => "a lifecycle of a rollup",
            Self::Rollup(_, RollupPart::Column) => "a column of a rollup",
        }
    }
}

//! What conditions look at: a property, a field of an event, how many events there are, or a score.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::hir::walk::shape;
use crate::hir::{AggregateFunction, Duration, Each, Expr, ExprKind, LabelBody, LabelId, Model, ScoreId};
use crate::schema::{EventId, FieldId, PropId, Property, Schema};

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A property of the record.
    Property(PropId),
    /// A field of the event that a `where` looks at.
    Field(EventId, FieldId),
    /// How many events of a kind there are.
    Events(Events),
    /// A score, by itself or by its labels.
    Score(ScoreId),
}

/// A kind of events: those of a list that are recent enough and meet a condition.
#[derive(Debug, Clone)]
pub struct Events {
    /// The list.
    pub event: EventId,
    /// Only events this recent.
    pub within: Option<Duration>,
    /// Only events that meet this.
    pub filter: Option<Arc<Expr>>,
    shape: Arc<str>,
}

impl Events {
    /// These events.
    #[must_use]
    pub fn new(event: EventId, within: Option<Duration>, filter: Option<&Expr>) -> Self {
        let shape = format!("{within:?} {}", filter.map_or_else(String::new, shape)).into();
        Self { event, within, filter: filter.map(|f| Arc::new(f.clone())), shape }
    }

    /// The events that an item counts.
    #[must_use]
    pub fn of(each: &Each) -> Self {
        Self::new(each.event, each.within, each.filter.as_ref())
    }

    /// Whether both have the same condition.
    #[must_use]
    pub fn same_filter(&self, other: &Self) -> bool {
        self.filter.as_deref().map(shape) == other.filter.as_deref().map(shape)
    }

    fn key(&self) -> (EventId, &str) {
        (self.event, &self.shape)
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Events {}

impl PartialOrd for Events {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Events {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Events {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Subject {
    /// The subject that an expression is, as it stands.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these are a subject as they stand")]
    pub fn of(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Property(id) => Some(Self::Property(*id)),
            ExprKind::Field(event, field) => Some(Self::Field(*event, *field)),
            ExprKind::Score(id) => Some(Self::Score(*id)),
            ExprKind::NoEvents(event) => Some(Self::Events(Events::new(*event, None, None))),
            ExprKind::Aggregate(a) if matches!(a.function, AggregateFunction::Count | AggregateFunction::Any) => {
                Some(Self::Events(Events::new(a.event, a.within, a.filter.as_ref())))
            }
            _ => None,
        }
    }

    /// The declaration of a property or field.
    #[must_use]
    pub fn declared<'s>(&self, schema: &'s Schema) -> Option<&'s Property> {
        match self {
            Self::Property(id) => schema.property(*id),
            Self::Field(event, field) => schema.event(*event)?.field(*field),
            Self::Events(_) | Self::Score(_) => None,
        }
    }

    /// Whether it is the time of an event.
    #[must_use]
    pub fn is_at(&self, schema: &Schema) -> bool {
        match self {
            Self::Field(event, field) => schema.event(*event).is_some_and(|e| e.at == *field),
            Self::Property(_) | Self::Events(_) | Self::Score(_) => false,
        }
    }
}

/// The one score that a label goes by.
#[must_use]
pub fn labelled(model: &Model, label: LabelId) -> Option<ScoreId> {
    match &model.label(label)?.body {
        LabelBody::Ranges { score, .. } => Some(*score),
        LabelBody::Labels { label, .. } => labelled(model, *label),
        LabelBody::Join(parts) => {
            let mut scores = parts.iter().map(|part| labelled(model, *part));
            let first = scores.next()??;
            scores.all(|score| score == Some(first)).then_some(first)
        }
    }
}

/// Calls `visit` with the condition of every event function in an expression, through definitions.
pub fn filters<'m>(model: &'m Model, expr: &'m Expr, visit: &mut dyn FnMut(&'m Expr)) {
    if let ExprKind::Definition(id) = &expr.kind {
        if let Some(definition) = model.definition(*id) {
            filters(model, &definition.value, visit);
        }
        return;
    }
    if let ExprKind::Aggregate(a) = &expr.kind {
        a.filter.iter().for_each(&mut *visit);
        return;
    }
    expr.operands().for_each(|x| filters(model, x, visit));
}

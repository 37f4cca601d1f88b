//! The typed, resolved model of a program: the waist of the house.
//!
//! `check` builds it from trees and a schema; `lower`, `lint`, `bounds`, `sql`, `why`, `trial` and the oracle of the tests read
//! it. Every name is an id, every option a code, every list resolved for its use, every conversion written out, every
//! parameter replaced by its value. A model exists only for a program without errors.

mod exact;
mod expr;
mod output;
mod rollup;
mod score;
mod thresholds;
mod trial;
pub mod uses;
pub mod visit;
pub mod walk;
pub mod words;

use std::sync::Arc;

use crate::invariant::Sure as _;
use crate::schema::Schema;
use crate::source::Span;
use crate::value::{Decimal, Value};

pub use crate::decay::{Decay, DecayKind};
pub use crate::id::{ArmId, DefId, ItemId, LabelId, LifecycleId, ScoreId};
pub use crate::op::{AggregateFunction, ArithmeticOp, CompareOp, Duration, FormulaOp, PickFunction, TextTest, Unit};
pub use crate::time::AsOf;

pub use self::expr::{Aggregate, Expr, ExprKind, Pattern, Range, RangeEnd, Texts, moved};
pub use self::output::{Hold, Label, LabelBody, LabelElse, LabelLine, LabelMatch, Lifecycle, MOVES, StageCondition, StageRule};
pub use self::rollup::{Fold, Gathered, Rollup};
pub use self::score::{
    Arm, BandLine, Bounds, Branch, Conditional, Each, EventLine, Formula, FormulaArm, Item, ItemKind, MatchLine, Score,
    ScoreBody, Times, TimesPer,
};
pub use self::thresholds::{Threshold, thresholds};
pub use self::trial::{Expectation, ExpectationKind, GivenAccount, GivenEvent, GivenRecord, Test};

/// A whole program.
#[derive(Debug, Clone)]
pub struct Model {
    /// The schema.
    pub schema: Schema,
    /// The params in source order, at their final values.
    pub params: Vec<Param>,
    /// The lists declared by name, in source order.
    pub lists: Vec<List>,
    /// The definitions; one refers only to those before it here.
    pub definitions: Vec<Definition>,
    /// The top-level exclusions in source order.
    pub exclusions: Vec<Exclusion>,
    /// The scores in source order; a formula refers only to those before it.
    pub scores: Vec<Score>,
    /// The labels in source order; a join refers only to those before it here.
    pub labels: Vec<Label>,
    /// The lifecycles in source order.
    pub lifecycles: Vec<Lifecycle>,
    /// The rollups in source order.
    pub rollups: Vec<Rollup>,
    /// Scores and labels in the order of the source, as outputs are written.
    pub outputs: Vec<Output>,
    /// The tests in source order.
    pub tests: Vec<Test>,
    /// How many [`ItemId`]s there are.
    pub item_count: u32,
    /// How many [`ArmId`]s there are.
    pub arm_count: u32,
}

/// A column of the output that is neither key nor lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A score.
    Score(ScoreId),
    /// A label.
    Label(LabelId),
}

/// `param NAME = VALUE`
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Arc<str>,
    /// [`Value::Decimal`], [`Value::Text`], [`Value::Date`] or [`Value::DateTime`].
    pub value: Value,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `list NAME = ..`
#[derive(Debug, Clone)]
pub struct List {
    /// Its name.
    pub name: Arc<str>,
    /// How many entries it has.
    pub len: usize,
    /// Its entries as written; what they are is decided where the list is used.
    pub entries: Arc<[ListEntry]>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListEntry {
    /// What is written.
    pub value: ListValue,
    /// Where.
    pub span: Span,
}

/// What stands in a list.
#[derive(Debug, Clone, PartialEq)]
pub enum ListValue {
    /// A bare word: an option, or a param.
    Word(Arc<str>),
    /// A quoted text.
    Text(Arc<str>),
    /// A line of a file: an option, a text, a number or a date, as its use wants it.
    Line(Arc<str>),
    /// A number.
    Number(Decimal),
    /// A calendar day.
    Date(i32),
    /// A moment.
    DateTime(i64),
    /// `true` or `false`.
    Boolean(bool),
}

/// `define NAME = EXPRESSION`
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: Arc<str>,
    /// What it stands for.
    pub value: Expr,
    /// Whether it sees scores, labels or lifecycles, so that only outputs may use it.
    pub over_outputs: bool,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `exclude if C [because T]`, at the top or in a score.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// Its number among the items.
    pub item: ItemId,
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// `because "T"`
#[derive(Debug, Clone)]
pub struct Because {
    /// The reason.
    pub text: Arc<str>,
    /// Where the text stands.
    pub span: Span,
}

impl Model {
    /// The score with this id.
    #[must_use]
    pub fn score(&self, id: ScoreId) -> Option<&Score> {
        self.scores.get(id.index())
    }

    /// The label with this id.
    #[must_use]
    pub fn label(&self, id: LabelId) -> Option<&Label> {
        self.labels.get(id.index())
    }

    /// How many scores, from the first on, a label rests on.
    #[must_use]
    pub fn label_needs(&self, id: LabelId) -> usize {
        match self.label(id).map(|label| &label.body) {
            Some(LabelBody::Ranges { score, .. }) => score.index() + 1,
            Some(LabelBody::Labels { label, .. }) => self.label_needs(*label),
            Some(LabelBody::Join(parts)) => parts.iter().map(|part| self.label_needs(*part)).fold(0, Ord::max),
            None => usize::MAX,
        }
    }

    /// The lifecycle with this id.
    #[must_use]
    pub fn lifecycle(&self, id: LifecycleId) -> Option<&Lifecycle> {
        self.lifecycles.get(id.index())
    }

    /// The definition with this id.
    #[must_use]
    pub fn definition(&self, id: DefId) -> Option<&Definition> {
        self.definitions.get(id.index())
    }

    /// The score that an id of this model stands for.
    #[track_caller]
    pub(crate) fn sure_score(&self, id: ScoreId) -> &Score {
        self.score(id).sure("an id of the model names a score of it")
    }

    /// The label that an id of this model stands for.
    #[track_caller]
    pub(crate) fn sure_label(&self, id: LabelId) -> &Label {
        self.label(id).sure("an id of the model names a label of it")
    }

    /// The definition that an id of this model stands for.
    #[track_caller]
    pub(crate) fn sure_definition(&self, id: DefId) -> &Definition {
        self.definition(id).sure("an id of the model names a definition of it")
    }
}

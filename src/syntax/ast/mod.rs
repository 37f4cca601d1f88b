//! The tree of a source file as its author wrote it: every name unresolved, every node with its span.
//!
//! Comments and blank lines are not in the tree; they stand beside it in [`Trivia`](super::trivia::Trivia).

mod expr;
mod output;
mod reuse;
mod schema;
mod score;
mod trial;

use std::sync::Arc;

use crate::source::{FileId, Span};
use crate::value::Decimal;

pub use crate::op::Unit;

pub use self::expr::{BinaryOp, Call, CompareOp, EventPath, Expr, ExprKind, ListLit, OfFunction, PickFunction, Test};
pub use self::output::{LabelBody, LabelDecl, LabelHead, LabelLine, LifecycleDecl, LifecycleLine, LifecycleLineKind, RollupDecl};
pub use self::reuse::{Because, DefineDecl, ExcludeRule, ListDecl, ListSource, ParamDecl};
pub use self::schema::{
    EventField, EventsDecl, ExampleKind, ExampleLit, Modifier, OptionDecl, PropertyDecl, RelatedDecl, SchemaDecl, SchemaMember,
    SchemaMemberKind, TypeExpr, TypeExprKind,
};
pub use self::score::{
    BandHead, BandItem, BandLine, BoundClause, Branch, ConditionalFormula, DecayClause, DecayKind, EachClause, EachItem,
    FormulaBranch, FormulaPart, GroupItem, IfItem, MatchHead, MatchItem, MatchKey, MatchLine, MatchSubject, Outcome, PerItem,
    PointsKind, PointsLit, RangeLit, ScoreBody, ScoreDecl, ScoreItem, ScoreItemKind,
};
pub use self::trial::{Expectation, ExpectationKind, Given, GivenEvent, GivenValue, TestClause, TestClauseKind, TestDecl};

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// The items in order; broken ones are left out and told as diagnostics.
    pub items: Vec<Item>,
}

/// A top-level item with the `##` lines directly above it.
#[derive(Debug, Clone)]
pub struct Item {
    /// The documentation lines, without `##` and the blank after it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: ItemKind,
    /// From its keyword to its end; documentation left out.
    pub span: Span,
}

/// The kinds of item.
#[derive(Debug, Clone)]
pub enum ItemKind {
    /// `lsr 1`
    Version(NumberLit),
    /// `use "contact.lsr"`
    Use(TextLit),
    /// `schema contact { .. }`
    Schema(SchemaDecl),
    /// `list free_mail = [..]` or `list competitors from "file.txt"`
    List(ListDecl),
    /// `param bofu = 50`
    Param(ParamDecl),
    /// `define fits = industry in [..]`
    Define(DefineDecl),
    /// `exclude if C because "T"`
    Exclude(ExcludeRule),
    /// `score fit max 60 { .. }` or `score lead = fit + engagement`
    Score(ScoreDecl),
    /// `label grade by fit { .. }` or `label grade = a + b`
    Label(LabelDecl),
    /// `lifecycle lifecycle_stage { .. }`
    Lifecycle(LifecycleDecl),
    /// `rollup account by company_domain { .. }`
    Rollup(RollupDecl),
    /// `test "..." { .. }`
    Test(TestDecl),
}

/// A name; `quoted` where it stands in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name without backticks.
    pub name: Arc<str>,
    /// Whether it was written in backticks.
    pub quoted: bool,
    /// Where, backticks included.
    pub span: Span,
}

/// A text in double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLit {
    /// The text with its escapes resolved.
    pub value: Arc<str>,
    /// Where, quotes included.
    pub span: Span,
}

/// A number without a sign: `1_200`, `2.5k`, `30%`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberLit {
    /// As written.
    pub text: Arc<str>,
    /// Its exact value; suffix and percent sign applied.
    pub value: Decimal,
    /// Where.
    pub span: Span,
}

/// A date or date-time as written; whether it exists is for `check` to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateLit {
    /// As written: `2026-01-15`, `2026-01-15T10:30Z`, `2026-01-15T10:30:05.25+02:00`.
    pub text: Arc<str>,
    /// Whether it has a time.
    pub has_time: bool,
    /// Where.
    pub span: Span,
}

/// A pattern between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternLit {
    /// The regular expression, `\/` resolved to `/`.
    pub source: Arc<str>,
    /// Where, slashes included.
    pub span: Span,
}

/// `30 days`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationLit {
    /// How many.
    pub count: NumberLit,
    /// Of what.
    pub unit: Unit,
    /// Where, number and unit.
    pub span: Span,
}

/// An option as rules name it: a bare word or a quoted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionName {
    /// A bare word (or a word in backticks).
    Word(Ident),
    /// A quoted text.
    Text(TextLit),
}

impl OptionName {
    /// The name itself.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Word(w) => &w.name,
            Self::Text(t) => &t.value,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Word(w) => w.span,
            Self::Text(t) => t.span,
        }
    }
}

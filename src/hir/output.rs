//! Labels and lifecycles.

use std::sync::Arc;

use super::{Because, Expr, ItemId, LabelId, Range, ScoreId};
use crate::schema::PropId;
use crate::source::Span;

/// A label: its values are numbered, so that columns can hold codes.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its name.
    pub name: Arc<str>,
    /// Ranges or a join.
    pub body: LabelBody,
    /// Every text that it can give, each once: by order of lines, or for a join by the product in order.
    pub values: Vec<Arc<str>>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// The kinds of label.
#[derive(Debug, Clone)]
pub enum LabelBody {
    /// By the ranges of a score.
    Ranges {
        /// The score.
        score: ScoreId,
        /// Range and place of its text in [`Label::values`], in source order.
        lines: Vec<LabelLine>,
        /// The text of `else`.
        otherwise: Option<LabelElse>,
    },
    /// Texts joined; the parts in order.
    Join(Vec<LabelId>),
    /// By the texts of a label further up.
    Labels {
        /// The label.
        label: LabelId,
        /// Its texts and the place of this label's text, in source order.
        lines: Vec<LabelMatch>,
        /// The text of `else`.
        otherwise: Option<LabelElse>,
    },
}

/// A line of a label by a label.
#[derive(Debug, Clone)]
pub struct LabelMatch {
    /// The places of its texts in [`Label::values`] of the label that it goes by; none twice in one label.
    pub keys: Vec<u32>,
    /// The place of the line's text in [`Label::values`].
    pub value: u32,
    /// Where the keys stand.
    pub keys_span: Span,
    /// Where it stands.
    pub span: Span,
}

/// A line of a label.
#[derive(Debug, Clone)]
pub struct LabelLine {
    /// Its range, over a score.
    pub range: Range,
    /// The place of its text in [`Label::values`].
    pub value: u32,
    /// Where it stands.
    pub span: Span,
}

/// The `else` of a label.
#[derive(Debug, Clone)]
pub struct LabelElse {
    /// The place of its text in [`Label::values`].
    pub value: u32,
    /// Where it stands.
    pub span: Span,
}

/// A lifecycle.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// Its name.
    pub name: Arc<str>,
    /// The `one of` property that it governs; `None` for a new output.
    pub property: Option<PropId>,
    /// The stages: the options of the property in their order, or for a new output each stage once in order of mention.
    pub stages: Vec<Arc<str>>,
    /// The holds in order.
    pub holds: Vec<Hold>,
    /// The `stage` lines in order.
    pub rules: Vec<StageRule>,
    /// `otherwise S`: the stage's number in [`Lifecycle::stages`].
    pub otherwise: Option<(u32, Span)>,
    /// `forward only`
    pub forward_only: Option<Span>,
    /// The documentation lines.
    pub docs: Vec<String>,
    /// Where the item stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// `hold when C [because T]`
#[derive(Debug, Clone)]
pub struct Hold {
    /// Its number among the items.
    pub item: ItemId,
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
    /// Where it stands.
    pub span: Span,
}

/// `stage S when C [because T]`
#[derive(Debug, Clone)]
pub struct StageRule {
    /// Its number among the items.
    pub item: ItemId,
    /// The stage's number in [`Lifecycle::stages`].
    pub stage: u32,
    /// The condition.
    pub when: StageCondition,
    /// The reason.
    pub because: Option<Because>,
    /// Where it stands.
    pub span: Span,
}

/// When a stage is chosen.
#[derive(Debug, Clone)]
pub enum StageCondition {
    /// `when C`
    Condition(Expr),
    /// `when excluded`
    Excluded,
}

/// The moves of a lifecycle, in the order of their codes in an [`ExprKind::Move`](super::ExprKind::Move).
pub const MOVES: [&str; 4] = ["forward", "backward", "none", "held"];

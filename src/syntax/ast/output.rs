//! Labels, lifecycles and rollups.

use super::{Because, Expr, Ident, Item, OptionName, RangeLit};
use crate::source::Span;

/// `label NAME by SCORE { .. }`, `label NAME by LABEL { .. }` or `label NAME = LABEL + LABEL`
#[derive(Debug, Clone)]
pub struct LabelDecl {
    /// Its name.
    pub name: Ident,
    /// Ranges or a join.
    pub body: LabelBody,
}

/// The kinds of label.
#[derive(Debug, Clone)]
pub enum LabelBody {
    /// `by SCORE { RANGE: NAME .. }` or `by LABEL { A, B: NAME .. }`
    Lines {
        /// The score or label.
        by: Ident,
        /// The lines in order.
        lines: Vec<LabelLine>,
        /// The closing brace.
        close: Span,
    },
    /// `= LABEL + LABEL`
    Join(Vec<Ident>),
}

/// What a label's line covers.
#[derive(Debug, Clone)]
pub enum LabelHead {
    /// A range of a score; a single name may also be a value of a label.
    Range(RangeLit),
    /// Values of a label.
    Keys(Vec<OptionName>),
    /// `else`
    Else,
}

/// `RANGE: NAME-OR-TEXT`, `A, B: ..` or `else: ..`
#[derive(Debug, Clone)]
pub struct LabelLine {
    /// What it covers.
    pub head: LabelHead,
    /// The label's text.
    pub text: OptionName,
    /// Where.
    pub span: Span,
}

/// `lifecycle NAME { .. }`
#[derive(Debug, Clone)]
pub struct LifecycleDecl {
    /// The property that it governs, or a new output.
    pub name: Ident,
    /// The lines in order.
    pub lines: Vec<LifecycleLine>,
    /// The closing brace.
    pub close: Span,
}

/// One line of a lifecycle.
#[derive(Debug, Clone)]
pub struct LifecycleLine {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: LifecycleLineKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a lifecycle's lines.
#[derive(Debug, Clone)]
pub enum LifecycleLineKind {
    /// `hold when C [because T]`
    Hold {
        /// The condition.
        condition: Expr,
        /// The reason.
        because: Option<Because>,
    },
    /// `stage S when C [because T]`; `condition` is `None` for `when excluded`.
    Stage {
        /// The stage.
        stage: OptionName,
        /// The condition.
        condition: Option<Expr>,
        /// The reason.
        because: Option<Because>,
    },
    /// `otherwise S`
    Otherwise {
        /// The stage.
        stage: OptionName,
    },
    /// `forward only`
    ForwardOnly,
}

/// `rollup NAME by KEY [where C] { .. }`
#[derive(Debug, Clone)]
pub struct RollupDecl {
    /// Its name.
    pub name: Ident,
    /// The property or definition whose values make the accounts.
    pub key: Ident,
    /// `where C`
    pub filter: Option<Expr>,
    /// Its scores, labels and lifecycles, in order; no other kind of item.
    pub items: Vec<Item>,
    /// The closing brace.
    pub close: Span,
}

//! Names for reuse, reasons and exclusions.

use super::{Expr, Ident, ListLit, TextLit};
use crate::source::Span;

/// `list NAME = [..]` or `list NAME from "file"`
#[derive(Debug, Clone)]
pub struct ListDecl {
    /// Its name.
    pub name: Ident,
    /// Where its entries come from.
    pub source: ListSource,
}

/// The entries of a list.
#[derive(Debug, Clone)]
pub enum ListSource {
    /// Written out.
    Inline(ListLit),
    /// In a file, one a line.
    File(TextLit),
}

/// `param NAME = VALUE`
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// Its name.
    pub name: Ident,
    /// A number (perhaps with `-`), text or date.
    pub value: Expr,
}

/// `define NAME = EXPRESSION`
#[derive(Debug, Clone)]
pub struct DefineDecl {
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub value: Expr,
}

/// `because "T"`
#[derive(Debug, Clone)]
pub struct Because {
    /// The reason.
    pub text: TextLit,
    /// From `because` to the text's end.
    pub span: Span,
}

/// `exclude if C [because T]`
#[derive(Debug, Clone)]
pub struct ExcludeRule {
    /// The condition.
    pub condition: Expr,
    /// The reason.
    pub because: Option<Because>,
}

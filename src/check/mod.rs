//! Tree to model: names resolved, types checked, everything that is wrong told at once.
//!
//! [`load`] reads a program with all that it uses, [`check`] makes a [`Model`] of it. A model exists only without errors. One cause
//! gives one finding: what uses a thing that has an error is silent.

mod account;
mod build;
mod cell;
mod checker;
mod definitions;
mod env;
mod exact;
mod expr;
mod formula;
mod items;
mod label;
mod lifecycle;
mod like;
mod matches;
mod named;
mod names;
mod near;
mod points;
mod program;
mod property;
mod range;
mod related;
mod rollup;
mod schema;
mod trial;

pub use names::{Names, Symbol, SymbolKind};
pub use program::{ListFile, LoadOptions, Loader, MAX_LIST, MAX_SOURCE, Program, Texts, load, load_text};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Expr, Model};
use crate::schema::Schema;
use crate::source::{SourceFile, Sources, Span};
use crate::syntax::ast::{self, ItemKind};
use checker::{Checker, Place, Scope};

/// What a program came to.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The model, if nothing is wrong.
    pub model: Option<Model>,
    /// The schema, as far as it could be read.
    pub schema: Schema,
    /// The names that could be resolved, whether or not anything is wrong.
    pub names: Names,
    /// The findings of loading, syntax and checking, in the order of the sources.
    pub diagnostics: Diagnostics,
}

/// Checks a whole program; `set` gives params other values, as pairs of name and value.
#[must_use]
pub fn check(program: &Program, set: &[(String, String)]) -> Checked {
    build::build(program, set)
}

/// A condition over the input and output of a model, as `--where` takes it.
///
/// # Errors
/// What is wrong with the condition.
pub fn condition(sources: &Sources, model: &Model, text: &str) -> Result<Expr, Diagnostics> {
    condition_at(sources, model, text, "--where", Place::Outcome)
}

/// A condition over the input alone, as `--outcome` takes it: a property that a lifecycle governs is the one of the data.
///
/// # Errors
/// What is wrong with the condition.
pub fn record_condition(sources: &Sources, model: &Model, text: &str) -> Result<Expr, Diagnostics> {
    condition_at(sources, model, text, "--outcome", Place::Record)
}

fn condition_at(sources: &Sources, model: &Model, text: &str, flag: &str, place: Place) -> Result<Expr, Diagnostics> {
    let mut sources = sources.clone();
    // The grammar knows a condition by the item that it stands in.
    let item = format!("exclude if {text}");
    let id = sources.add(SourceFile::new(flag, None, item.as_str()));
    let parsed = crate::syntax::parse(id, &item);
    if parsed.diagnostics.has_errors() {
        return Err(parsed.diagnostics);
    }
    let [ast::Item { kind: ItemKind::Exclude(ast::ExcludeRule { condition, because: None }), .. }] = parsed.file.items.as_slice()
    else {
        let end = crate::invariant::number(item.len());
        let problem = Diagnostic::new(Code::Syntax, Span::new(id, 0, end), format!("`{text}` is not one condition"));
        return Err(Diagnostics::from_iter([problem.help("write a condition, as in `lead >= 65 and not excluded`")]));
    };
    let mut checker = Checker::new(&sources, env::Env::of_model(model));
    let condition = checker.condition(condition, Scope::at(place));
    let mut diagnostics = checker.diagnostics;
    diagnostics.sort();
    condition.ok_or(diagnostics)
}

//! `--where`: a condition over the input, the results, and what `--compare` and `--forecast` add.

use std::sync::Arc;

use miette::Report;

use super::RunOptions;
use crate::column::{Batch, Column, Extra, ExtraKind, Values};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Expr, Model};
use crate::program::{Compiled, RuleSet, Wanted};
use crate::schema::Property;
use crate::source::Sources;
use crate::value::Type;
use crate::vm::Vm;
use crate::vm::scores::Scores;

/// The condition of a run.
pub(super) struct Filter {
    /// The condition, over the model or the one with the added columns.
    pub(super) condition: Expr,
    /// The rules with the added columns as properties, where the condition names one of these.
    added: Option<Compiled>,
}

impl Filter {
    /// Reads the condition of the arguments, if they have one.
    pub(super) fn read(options: &RunOptions, rules: &RuleSet, extras: &[Extra]) -> Result<Option<Self>, Report> {
        let Some(text) = &options.filter else { return Ok(None) };
        let own = rules.model().schema.properties.len();
        let model = extended(rules.model(), extras);
        let condition = condition(rules.sources(), &model, text)?;
        let uses = Uses::of_expr(&model, &condition);
        let names_added = uses.properties.iter().skip(own).any(|uses| !uses.is_empty());
        let added = names_added.then(|| {
            let wanted = Wanted { conditions: vec![condition.clone()], ..Wanted::default() };
            RuleSet::of(rules.sources().clone(), model).compile(&wanted)
        });
        Ok(Some(Self { condition, added }))
    }

    /// Whether the condition is worked out with the scores, so that the program has it too.
    pub(super) fn is_of_rules(&self) -> bool {
        self.added.is_none()
    }

    /// What finds the rows, on one thread.
    pub(super) fn worker(&self, as_of: AsOf) -> Option<Vm> {
        self.added.as_ref().map(|compiled| Vm::new(compiled.chunk(), as_of))
    }
}

/// Reads `--where` over the input and the results alone.
///
/// # Errors
/// What is wrong with the text.
pub fn filter(rules: &RuleSet, text: &str) -> Result<Expr, Report> {
    condition(rules.sources(), rules.model(), text)
}

fn condition(sources: &Sources, model: &Model, text: &str) -> Result<Expr, Report> {
    crate::check::condition(sources, model, text).map_err(|found| {
        let first = found.iter().next();
        let message = first.map_or_else(|| "that is not a condition".to_owned(), |d| d.message.clone());
        let failure = Failure::new(format!("--where: {message}"));
        match first.and_then(|d| d.help.clone()) {
            Some(help) => failure.help(help).into(),
            None => failure.into(),
        }
    })
}

/// The rows of a batch for which the condition is true; `vm` is that of [`Filter::worker`].
pub(super) fn rows(filtered: bool, vm: Option<&mut Vm>, extras: &[Extra], batch: &mut Batch, scores: &Scores) -> Vec<u32> {
    let number = |row: usize| crate::invariant::number(row);
    let ones = |scores: &Scores| scores.conditions.first().map(|it| it.truth.ones().map(number).collect());
    let found = match vm {
        _ if !filtered => None,
        None => ones(scores),
        Some(vm) => {
            let own = batch.columns.len();
            let cells = extras.iter().zip(&batch.extras).map(|(extra, column)| Some(cells(extra.kind, column)));
            let cells: Vec<Option<Column>> = cells.collect();
            batch.columns.extend(cells);
            let found = ones(&vm.run(batch));
            batch.columns.truncate(own);
            found
        }
    };
    found.unwrap_or_else(|| (0..number(scores.rows)).collect())
}

/// An added column as that of a property.
#[expect(clippy::cast_precision_loss, reason = "points stay below 2^53 hundredths")]
fn cells(kind: ExtraKind, column: &Column) -> Column {
    match (kind, column) {
        (ExtraKind::Points, Column::Integer(values)) => {
            let mut out = Values::default();
            for row in 0..column.len() {
                out.push(values.get(row).map(|points| points as f64 / 100.0));
            }
            Column::Number(out)
        }
        (_, other) => other.clone(),
    }
}

/// The model with the added columns as properties behind its own; a name that the rules know already keeps its meaning.
fn extended(model: &Model, extras: &[Extra]) -> Model {
    let mut model = model.clone();
    let span = model.schema.place();
    model.schema.properties.extend(extras.iter().map(|extra| {
        let ty = match extra.kind {
            ExtraKind::Points => Type::Number,
            ExtraKind::Count => Type::Integer,
            ExtraKind::Text => Type::Text,
            ExtraKind::Date => Type::Date,
        };
        Property::plain(Arc::clone(&extra.name), ty, span)
    }));
    model
}

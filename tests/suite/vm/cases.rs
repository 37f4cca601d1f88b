//! The `test` items of a file, through the evaluator: what is expected is a condition of the chunk.

use std::fmt::Write as _;
use std::sync::Arc;

use lsrc::check::{check, load_text};
use lsrc::hir::{Expectation, ExpectationKind, Expr, Model, Test};
use lsrc::lower::{LowerOptions, lower_with};
use lsrc::vm::Vm;
use lsrc::vm::scores::{NONE, Origin, Scores};

use super::agree;
use crate::oracle::{Record, columns};

/// How many tests of a file hold, or what is wrong with them.
pub(crate) fn wrong(name: &str, source: &str) -> Result<usize, String> {
    let program = load_text(name, source);
    let checked = check(&program, &[]);
    let Some(model) = checked.model else {
        let findings = checked.diagnostics.iter().map(|d| format!("{}: {}", program.sources.place(d.span).line, d.message));
        return Err(findings.collect::<Vec<_>>().join("\n"));
    };
    let mut said = String::new();
    for test in &model.tests {
        let record = record(&model, test);
        let differ = agree::differences(&model, std::slice::from_ref(&record), test.as_of);
        if !differ.is_empty() {
            let _ = writeln!(said, "test \"{}\" differs from the oracle:\n{differ}", test.name);
        }
        for fuse in [false, true] {
            let conditions: Vec<&Expr> = test.expect.iter().filter_map(condition).collect();
            let chunk = Arc::new(lower_with(&model, LowerOptions { fuse, reasons: true }, &conditions, &[]));
            let scores = Vm::new(&chunk, test.as_of).run(&columns::batch(&model, std::slice::from_ref(&record), fuse));
            let mut number = 0;
            for expectation in &test.expect {
                if !holds(&model, &scores, expectation, &mut number) {
                    let line = program.sources.place(expectation.span).line;
                    let got: Vec<String> =
                        model.scores.iter().zip(&scores.scores).map(|(s, v)| format!("{} = {:?}", s.name, v.get(0))).collect();
                    let _ = writeln!(said, "{line}: `{}` fails; {}", program.sources.text(expectation.span), got.join(", "));
                }
            }
        }
    }
    if said.is_empty() { Ok(model.tests.len()) } else { Err(said) }
}

fn condition(expectation: &Expectation) -> Option<&Expr> {
    if let ExpectationKind::Condition(condition) = &expectation.kind { Some(condition) } else { None }
}

fn holds(model: &Model, scores: &Scores, expectation: &Expectation, number: &mut usize) -> bool {
    let is = match &expectation.kind {
        ExpectationKind::Condition(_) => {
            *number += 1;
            return scores.conditions[*number - 1].truth.get(0);
        }
        ExpectationKind::Excluded(because) => {
            scores.excluded[0] != NONE && {
                let found = model.exclusions[scores.excluded[0] as usize].because.as_ref().map(|b| &b.text);
                because.is_none() || found == because.as_ref()
            }
        }
        ExpectationKind::Fired(because) => {
            let entries = &scores.reasons.as_ref().unwrap().entries;
            entries.iter().any(|entry| match entry.origin {
                Origin::Arm(arm) => model.scores.iter().any(|score| {
                    let mut found = false;
                    Model::items_of(score, &mut |item, _| {
                        let arms = lsrc::hir::words::arms(item);
                        found |= arms.iter().any(|a| a.id == arm && a.because.as_ref().is_some_and(|b| b.text == *because));
                    });
                    found
                }),
                Origin::Group(_) | Origin::Score => false,
            })
        }
    };
    is != expectation.negated
}

/// The record that a test gives.
fn record(model: &Model, test: &Test) -> Record {
    let mut record =
        Record { values: vec![None; model.schema.properties.len()], events: vec![Vec::new(); model.schema.events.len()] };
    for (property, value, _) in &test.given {
        record.values[property.0 as usize].clone_from(value);
    }
    for (event, given) in &test.events {
        record.events[event.0 as usize] = given.iter().map(|event| event.fields.clone()).collect();
    }
    record
}

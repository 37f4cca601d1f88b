//! The tests of a program, run with their tables of cases and, where it is asked for, against small changes of the rules.

use std::collections::BTreeSet;

use miette::Report;

use super::cases::cases;
use crate::check::Program;
use crate::hir::Model;
use crate::trial::coverage::Coverage;
use crate::trial::{Case, Ran, Runner, mutate};

/// Which tests to run.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// Only those with this in their name, large or small.
    pub filter: Option<&'a str>,
    /// Whether to change the rules as well, and see whether a test notices.
    pub mutate: bool,
}

/// Runs the tests of a program that are chosen; those of files that several programs use are run once, `seen` knows which.
///
/// # Errors
/// A table of cases cannot be read.
pub fn trial(chosen: Chosen<'_>, program: Program, model: Model, seen: &mut BTreeSet<(String, u32)>) -> Result<Ran, Report> {
    let sources = program.sources.clone();
    let mut verdicts = Vec::new();
    let mut coverage = Coverage::new(&model, &sources);
    let runner = Runner::new(&model, &sources);
    let mut tests: Vec<usize> = Vec::new();
    for (at, test) in model.tests.iter().enumerate() {
        let wanted = chosen.filter.is_none_or(|f| test.name.to_lowercase().contains(&f.to_lowercase()));
        let path = sources
            .get(test.span.file)
            .and_then(|f| f.path())
            .map_or_else(String::new, |p| std::fs::canonicalize(p).unwrap_or_else(|_| p.to_owned()).display().to_string());
        if wanted && seen.insert((path, test.span.start)) {
            tests.push(at);
        }
    }
    let mut passing: Vec<(usize, Option<(usize, Case)>)> = Vec::new();
    for &at in &tests {
        let runs: Vec<Option<(usize, Case)>> = match cases(&model, &sources, at)? {
            Some(cases) => (1..).zip(cases).map(Some).collect(),
            None => vec![None],
        };
        for run in runs {
            if let Some((verdict, fired)) = runner.run(at, run.as_ref().map(|(n, case)| (*n, case))) {
                let passed = verdict.failures.is_empty();
                verdicts.push(verdict);
                fired.iter().for_each(|fired| coverage.count(fired));
                if passed && chosen.mutate {
                    passing.push((at, run));
                }
            }
        }
    }
    let (mut survivors, mut mutants) = (Vec::new(), 0);
    if chosen.mutate {
        mutate::mutants(&model, &mut |mutant| {
            mutants += 1;
            let runner = Runner::new(&mutant.model, &sources);
            // A test that fails as the rules are notices nothing.
            let noticed = passing.iter().any(|(at, run)| {
                let verdict = runner.run(*at, run.as_ref().map(|(n, case)| (*n, case)));
                verdict.is_some_and(|(verdict, _)| !verdict.failures.is_empty())
            });
            if !noticed {
                survivors.push(mutant);
            }
        });
    }
    Ok(Ran { program, sources, model, verdicts, coverage, survivors, mutants })
}

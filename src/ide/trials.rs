//! The tests of rules, run on demand.

use crate::hir::Model;
use crate::source::Sources;
use crate::trial::Runner;

/// Runs a test by its name, or all; the names with what did not hold, a line each. A test with a table of cases is run for its own
/// values alone.
#[must_use]
pub fn run(model: &Model, sources: &Sources, name: Option<&str>) -> Vec<(String, Vec<String>)> {
    let runner = Runner::new(model, sources);
    let wanted = model.tests.iter().enumerate().filter(|(_, test)| name.is_none_or(|name| &*test.name == name));
    let verdicts = wanted.filter_map(|(at, test)| {
        let (verdict, _) = runner.run(at, None)?;
        let failures = verdict.failures.iter().map(|failure| match failure.got.first() {
            Some(got) => format!("expected {}; {got}", failure.expected),
            None => format!("expected {}", failure.expected),
        });
        Some((test.name.to_string(), failures.collect()))
    });
    verdicts.collect()
}

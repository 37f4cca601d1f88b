//! Both rules over the same records.

use std::path::PathBuf;

use miette::Report;

use super::super::progress::Progress;
use super::super::{Failure, Terminal};
use crate::diff::{AccountChange, People, Plan};
use crate::program::RuleSet;
use crate::report::data as said;
use crate::report::summary::Style;
use crate::run::{self, DataOptions};

/// What becomes of the records of `data`, and of their accounts; says what is wrong with them.
pub(super) fn people(
    options: &DataOptions,
    data: &[PathBuf],
    rules: [&RuleSet; 2],
    plan: &Plan,
    named: (usize, &[String]),
    terminal: &Terminal,
) -> Result<(People, Vec<AccountChange>), Report> {
    let progress = Progress::new(terminal);
    let (changes, report) = run::people(options, data, rules, plan, named, &mut |rows| progress.advance(rows, None))?;
    progress.finish();
    if options.strict && report.errors() > 0 {
        let errors = crate::report::plain::of(report.errors(), "error", "errors");
        return Err(Failure::new(format!("--strict: the data have {errors}"))
            .help("fix the data, or leave --strict out to compare what can be read")
            .into());
    }
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    let told = said::text(&report, style);
    if !told.is_empty() {
        terminal.say(told.trim());
    }
    Ok(changes)
}

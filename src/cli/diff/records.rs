//! Both rules over the same records, in one pass.

use std::path::PathBuf;

use miette::Report;

use super::super::progress::Progress;
use super::super::{Failure, Terminal};
use crate::column::Batch;
use crate::diff::accounts::{self, Side};
use crate::diff::{AccountChange, People, Plan, Tally, Who};
use crate::hir::Model;
use crate::program::{Also, RuleSet, Wanted};
use crate::report::cells::shown;
use crate::report::data as said;
use crate::report::summary::Style;
use crate::run::{DataOptions, Pair, Readers, Reading, RulesAt};

/// What becomes of the records of `data`, and of their accounts.
pub(super) fn people(
    options: &DataOptions,
    data: &[PathBuf],
    [old, new]: [&RuleSet; 2],
    plan: &Plan,
    (most, select): (usize, &[String]),
    terminal: &Terminal,
) -> Result<(People, Vec<AccountChange>), Report> {
    let new_as_of = options.moment(new.model())?;
    // A day and a moment mean the same to both where the zones agree; the clock is read once.
    let same_zone = old.model().schema.zone_name == new.model().schema.zone_name;
    let old_as_of = if same_zone { new_as_of } else { options.moment(old.model())? };
    let runs = (RulesAt { rules: old, as_of: old_as_of }, RulesAt { rules: new, as_of: new_as_of });
    let also = Also { carried: select.to_vec(), ..Also::default() };
    let mut readers = Readers::open(options, data, Some(runs.0), runs.1, Reading { also, rollups: true, ..Reading::default() })?;
    let (mut old_accounts, of_old) = Side::of(old.model(), new.model());
    let (mut new_accounts, of_new) = Side::of(new.model(), old.model());
    let wanted = |more: Wanted| Wanted { reasons: true, ..more };
    let mut scorers = (old.compile(&wanted(of_old)).scorer(old_as_of), new.compile(&wanted(of_new)).scorer(new_as_of));
    let mut tally = Tally::new(plan, most);
    let progress = Progress::new(terminal);
    while let Some(Pair { old: before, new: after }) = readers.next()? {
        let of_old = scorers.0.score(before.as_ref().unwrap_or(&after));
        let of_new = scorers.1.score(&after);
        old_accounts.add(&of_old);
        new_accounts.add(&of_new);
        progress.advance(after.rows as u64, None);
        let who = |row: usize| Who { key: key(new.model(), &after, row), selected: after.selected(select, row) };
        tally.add(&of_old, &of_new, after.first_row, &who);
    }
    progress.finish();
    let report = readers.new.report();
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
    Ok((tally.finish(), accounts::changes(old_accounts.results(old_as_of), new_accounts.results(new_as_of))))
}

/// The key of a record, or its row.
fn key(model: &Model, batch: &Batch, row: usize) -> String {
    let number = || format!("row {}", batch.first_row + row as u64);
    let Some(id) = model.schema.key else { return number() };
    let column = batch.columns.get(id.0 as usize).and_then(Option::as_ref);
    let ty = model.schema.property(id).map(|p| &p.ty);
    column.and_then(|column| shown(column, ty, row)).unwrap_or_else(number)
}

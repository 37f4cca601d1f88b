//! Both rules over the same records, in one pass.

use std::path::PathBuf;

use miette::Report;

use super::{DataOptions, Pair, Readers, Reading, RulesAt};
use crate::column::Batch;
use crate::diff::accounts::{self, Side};
use crate::diff::{AccountChange, People, Plan, Tally, Who};
use crate::hir::Model;
use crate::input::DataReport;
use crate::program::{Also, RuleSet, Wanted};
use crate::report::cells::shown;

/// What becomes of the records of `data`, and of their accounts, under the old and the new rules, and what is wrong with the data. At most `most` people of each
/// kind are named, with their columns of `select`; `advance` is told how many records were read.
///
/// # Errors
/// The data cannot be read.
pub fn people(
    options: &DataOptions,
    data: &[PathBuf],
    [old, new]: [&RuleSet; 2],
    plan: &Plan,
    (most, select): (usize, &[String]),
    advance: &mut dyn FnMut(u64),
) -> Result<((People, Vec<AccountChange>), DataReport), Report> {
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
    while let Some(Pair { old: before, new: after }) = readers.next()? {
        let of_old = scorers.0.score(before.as_ref().unwrap_or(&after));
        let of_new = scorers.1.score(&after);
        old_accounts.add(&of_old);
        new_accounts.add(&of_new);
        advance(after.rows as u64);
        let who = |row: usize| Who { key: key(new.model(), &after, row), selected: after.selected(select, row) };
        tally.add(&of_old, &of_new, after.first_row, &who);
    }
    let accounts = accounts::changes(old_accounts.results(old_as_of), new_accounts.results(new_as_of));
    Ok(((tally.finish(), accounts), readers.new.report()))
}

/// The key of a record, or its row.
fn key(model: &Model, batch: &Batch, row: usize) -> String {
    let number = || format!("row {}", batch.first_row + row as u64);
    let Some(id) = model.schema.key else { return number() };
    let column = batch.columns.get(id.0 as usize).and_then(Option::as_ref);
    let ty = model.schema.property(id).map(|p| &p.ty);
    column.and_then(|column| shown(column, ty, row)).unwrap_or_else(number)
}

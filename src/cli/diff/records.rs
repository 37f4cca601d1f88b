//! Both rules over the same records, in one pass.

use std::collections::BTreeSet;
use std::path::PathBuf;

use miette::Report;

use super::super::data::{Also, DataArgs};
use super::super::progress::Progress;
use super::super::why::shown;
use super::super::{Failure, Terminal};
use crate::column::Batch;
use crate::diff::{People, Plan, Tally};
use crate::engine::{RuleSet, Wanted};
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::Reader;
use crate::report::data as said;
use crate::report::summary::Style;
use crate::schema::PropId;

/// What becomes of the records of `data`.
pub(super) fn people(
    args: &DataArgs,
    data: &[PathBuf],
    [old, new]: [&RuleSet; 2],
    plan: &Plan,
    most: usize,
    terminal: &Terminal,
) -> Result<People, Report> {
    let mut readers = Readers::open(args, data, old, new)?;
    let wanted = Wanted { reasons: true, ..Wanted::default() };
    let mut scorers = (old.compile(&wanted).scorer(readers.old_as_of), new.compile(&wanted).scorer(readers.new_as_of));
    let mut tally = Tally::new(plan, most);
    let progress = Progress::new(terminal);
    while let Some((before, after)) = readers.next()? {
        let of_old = scorers.0.score(before.as_ref().unwrap_or(&after));
        let of_new = scorers.1.score(&after);
        progress.advance(after.rows as u64);
        let key = |row: usize| key(new.model(), &after, row);
        tally.add(&of_old, &of_new, after.first_row, &key);
    }
    progress.finish();
    let report = readers.new.report();
    if args.strict && report.errors() > 0 {
        let errors = crate::report::plain::of(report.errors(), "error", "errors");
        return Err(Failure::new(format!("--strict: the data have {errors}"))
            .help("mend the data, or leave --strict out to compare what can be read")
            .into());
    }
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    let told = said::text(&report, style);
    if !told.is_empty() {
        terminal.say(told.trim());
    }
    Ok(tally.finish())
}

/// The key of a record, or its row.
fn key(model: &Model, batch: &Batch, row: usize) -> String {
    let number = || format!("row {}", batch.first_row + row as u64);
    let Some(id) = model.schema.key else { return number() };
    let column = batch.columns.get(id.0 as usize).and_then(Option::as_ref);
    let ty = model.schema.property(id).map(|p| &p.ty);
    column.and_then(|column| shown(column, ty, row)).unwrap_or_else(number)
}

/// The records: read once where both rules have one schema, else once for each, side by side.
struct Readers {
    old: Option<Reader>,
    new: Reader,
    old_as_of: AsOf,
    new_as_of: AsOf,
}

impl Readers {
    fn open(args: &DataArgs, data: &[PathBuf], old: &RuleSet, new: &RuleSet) -> Result<Self, Report> {
        let new_as_of = args.moment(new.model())?;
        if one_schema(old, new) {
            let uses = Uses::of(old.model());
            let also = Also { uses: Some(uses), ..Also::default() };
            let new = args.open(data, new.model(), new.sources(), new_as_of, &also)?;
            return Ok(Self { old: None, new, old_as_of: new_as_of, new_as_of });
        }
        if data.iter().any(|path| path.as_os_str() == "-") {
            return Err(Failure::new(
                "the old and the new rules have different schemas, and standard input cannot be read twice",
            )
            .help("write the records to a file first")
            .into());
        }
        // A day and a moment mean the same to both where the zones agree; the clock is read once.
        let same_zone = old.model().schema.zone_name == new.model().schema.zone_name;
        let old_as_of = if same_zone { new_as_of } else { args.moment(old.model())? };
        let open = |rules: &RuleSet, other: &RuleSet, as_of: AsOf| {
            let args = for_schema(args, rules.model(), other.model());
            // Both read the key, so that one record has one name.
            let keys: BTreeSet<PropId> = rules.model().schema.key.into_iter().collect();
            args.open(data, rules.model(), rules.sources(), as_of, &Also { properties: keys, ..Also::default() })
        };
        Ok(Self { old: Some(open(old, new, old_as_of)?), new: open(new, old, new_as_of)?, old_as_of, new_as_of })
    }

    /// The next records, for the old rules where they are read apart, and for the new ones.
    fn next(&mut self) -> Result<Option<(Option<Batch>, Batch)>, Report> {
        let after = self.new.next_batch().map_err(Report::new)?;
        let Some(reader) = &mut self.old else { return Ok(after.map(|after| (None, after))) };
        let before = reader.next_batch().map_err(Report::new)?;
        match (before, after) {
            (None, None) => Ok(None),
            (Some(before), Some(after)) if before.rows == after.rows && before.first_row == after.first_row => {
                Ok(Some((Some(before), after)))
            }
            (Some(_) | None, Some(_) | None) => {
                Err(Failure::new("the old and the new schema read different records from the data")
                    .help("check that the data do not change while they are read")
                    .into())
            }
        }
    }
}

/// Whether both read data by the same schema.
pub(super) fn one_schema(old: &RuleSet, new: &RuleSet) -> bool {
    let text = |rules: &RuleSet| rules.model().schema.span.map(|span| rules.sources().text(span).to_owned());
    text(old) == text(new)
}

/// The arguments with what only the other schema knows left out.
fn for_schema(args: &DataArgs, model: &Model, other: &Model) -> DataArgs {
    let knows = |model: &Model, name: &str| model.schema.find(name).is_some() || model.schema.find_event(name).is_some();
    let foreign = |name: &str| !knows(model, name) && knows(other, name);
    DataArgs {
        allow_missing: args.allow_missing.iter().filter(|name| !foreign(name.trim())).cloned().collect(),
        events: args.events.iter().filter(|(name, _)| !foreign(name)).cloned().collect(),
        ..args.clone()
    }
}

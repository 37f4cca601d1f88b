//! The same records for two models: read once where both have one schema, else once for each, side by side.

use std::collections::BTreeSet;
use std::path::PathBuf;

use miette::Report;

use super::Failure;
use super::data::{Also, DataArgs};
use crate::column::Batch;
use crate::engine::RuleSet;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{Decoding, Reader};
use crate::schema::PropId;

/// Records as both models read them.
pub(super) struct Pair {
    /// As the old one reads them, where it does so otherwise than the new one.
    pub(super) old: Option<Batch>,
    /// As the new one reads them.
    pub(super) new: Batch,
}

/// The records being read.
pub(super) struct Readers {
    old: Option<Reader>,
    /// The reader of the new model.
    pub(super) new: Reader,
}

/// Rules and the last moment that they are run as of.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) as_of: AsOf,
}

impl Readers {
    /// Opens the data for the new model, and for the old one if there is one.
    pub(super) fn open(
        args: &DataArgs,
        data: &[PathBuf],
        old: Option<Run<'_>>,
        new: Run<'_>,
        also: Also,
    ) -> Result<Self, Report> {
        let (model, sources) = (new.rules.model(), new.rules.sources());
        let Some(old) = old else { return Ok(Self { old: None, new: args.open(data, model, sources, new.as_of, &also)? }) };
        if one_schema(old.rules, new.rules) {
            let mut also = also;
            also.uses.push(Uses::of(old.rules.model()));
            return Ok(Self { old: None, new: args.open(data, model, sources, new.as_of, &also)? });
        }
        if data.iter().any(|path| path.as_os_str() == "-") {
            return Err(Failure::new(
                "the old and the new rules have different schemas, and standard input cannot be read twice",
            )
            .help("write the records to a file first")
            .into());
        }
        let open = |run: Run<'_>, other: &RuleSet, mut also: Also| {
            let (model, sources) = (run.rules.model(), run.rules.sources());
            let args = for_schema(args, model, other.model());
            // Both read the key, so that one record has one name.
            also.properties.extend(model.schema.key.into_iter().collect::<BTreeSet<PropId>>());
            args.open(data, model, sources, run.as_of, &also)
        };
        let before = open(old, new.rules, Also { batch_rows: also.batch_rows, ..Also::default() })?;
        Ok(Self { old: Some(before), new: open(new, old.rules, also)? })
    }

    /// What decodes the records on any thread, where that can be.
    pub(super) fn decoding(&self) -> Option<Decoding> {
        if self.old.is_some() { None } else { self.new.decoding() }
    }

    /// The next records.
    pub(super) fn next(&mut self) -> Result<Option<Pair>, Report> {
        let after = self.new.next_batch().map_err(Report::new)?;
        let Some(reader) = &mut self.old else { return Ok(after.map(|new| Pair { old: None, new })) };
        let before = reader.next_batch().map_err(Report::new)?;
        match (before, after) {
            (None, None) => Ok(None),
            (Some(old), Some(new)) if old.rows == new.rows && old.first_row == new.first_row => {
                Ok(Some(Pair { old: Some(old), new }))
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

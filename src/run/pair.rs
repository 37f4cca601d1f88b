//! The same records for two models: read once where both have one schema, else once for each, side by side.

use std::collections::BTreeSet;
use std::path::PathBuf;

use miette::Report;

use super::data::{DataOptions, Frames, Reading};
use crate::column::Batch;
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{Decoding, Reader};
use crate::program::{Also, RuleSet};
use crate::schema::PropId;

/// Records as both models read them.
pub struct Pair {
    /// As the old one reads them, where it does so otherwise than the new one.
    pub old: Option<Batch>,
    /// As the new one reads them.
    pub new: Batch,
}

/// The records being read.
pub struct Readers {
    old: Option<Reader>,
    /// The reader of the new model.
    pub new: Reader,
}

/// Rules and the last moment that they are run as of.
#[derive(Clone, Copy)]
pub struct RulesAt<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The moment.
    pub as_of: AsOf,
}

impl Readers {
    /// Opens the data for the new model, and for the old one if there is one.
    ///
    /// # Errors
    /// As [`DataOptions::open`], and standard input that would have to be read twice.
    pub fn open(
        options: &DataOptions,
        data: &[PathBuf],
        old: Option<RulesAt<'_>>,
        new: RulesAt<'_>,
        reading: Reading,
    ) -> Result<Self, Report> {
        let (model, sources) = (new.rules.model(), new.rules.sources());
        let Some(old) = old else { return Ok(Self { old: None, new: options.open(data, model, sources, new.as_of, &reading)? }) };
        if old.rules.has_schema_of(new.rules) {
            let mut reading = reading;
            let model = old.rules.model();
            reading.also.uses.push(Uses::of(model));
            if reading.rollups {
                reading.also.uses.extend(model.rollups.iter().map(|rollup| Uses::of_rollup(model, rollup)));
            }
            return Ok(Self { old: None, new: options.open(data, model, sources, new.as_of, &reading)? });
        }
        if data.iter().any(|path| path.as_os_str() == "-") {
            return Err(Failure::new(
                "the old and the new rules have different schemas, and standard input cannot be read twice",
            )
            .help("write the records to a file first")
            .into());
        }
        let open = |run: RulesAt<'_>, other: &RuleSet, mut reading: Reading| {
            let (model, sources) = (run.rules.model(), run.rules.sources());
            let options = for_schema(options, model, other.model());
            // Both read the key, so that one record has one name.
            reading.also.properties.extend(model.schema.key.into_iter().collect::<BTreeSet<PropId>>());
            options.open(data, model, sources, run.as_of, &reading)
        };
        let also = Also { batch_rows: reading.also.batch_rows, ..Also::default() };
        let before = open(old, new.rules, Reading { also, rollups: reading.rollups, ..Reading::default() })?;
        Ok(Self { old: Some(before), new: open(new, old.rules, reading)? })
    }

    /// What decodes the records on any thread, where that can be.
    pub(super) fn decoding(&self) -> Option<Decoding> {
        if self.old.is_some() { None } else { self.new.decoding() }
    }

    /// The next records; `None` at the end.
    ///
    /// # Errors
    /// Those of the data.
    #[expect(clippy::should_implement_trait, reason = "a failure ends the records, which no iterator says")]
    pub fn next(&mut self) -> Result<Option<Pair>, Report> {
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

/// The arguments with what only the other schema knows left out.
fn for_schema(options: &DataOptions, model: &Model, other: &Model) -> DataOptions {
    let knows = |model: &Model, name: &str| {
        let schema = &model.schema;
        schema.find(name).is_some() || schema.find_event(name).is_some() || schema.find_related(name).is_some()
    };
    let foreign = |name: &str| !knows(model, name) && knows(other, name);
    DataOptions {
        allow_missing: options.allow_missing.iter().filter(|name| !foreign(name.trim())).cloned().collect(),
        events: options.events.iter().filter(|(name, _)| !foreign(name)).cloned().collect(),
        related: options.related.iter().filter(|(name, _)| !foreign(name)).cloned().collect(),
        frames: Frames {
            events: options.frames.events.iter().filter(|(name, _)| !foreign(name)).cloned().collect(),
            related: options.frames.related.iter().filter(|(name, _)| !foreign(name)).cloned().collect(),
            ..options.frames.clone()
        },
        ..options.clone()
    }
}

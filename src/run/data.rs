//! How records are read, and what that comes to for a model.

use std::path::PathBuf;

use miette::Report;

use super::missing::{MissingReport, Words};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{self, EventSource, Frame, ReadOptions, Reader, RelatedSource, Spec};
use crate::program::{Also, Compiled, needs};
use crate::schema::{EventId, Related, RelatedId};
use crate::source::Sources;
use crate::text::nearest;
use crate::time::civil;
use crate::warehouse::Address;

/// How records are read; by default everything is found out from the data.
#[derive(Debug, Clone, Default)]
pub struct DataOptions {
    /// Files of events, each with the name of its list.
    pub events: Vec<(String, String)>,
    /// Files of related records, each with the record's name.
    pub related: Vec<(String, String)>,
    /// The moment to score at: a date (its last moment) or a date-time; `None` for now.
    pub as_of: Option<String>,
    /// Properties, events and related records that rules use and the data may lack, or `all`.
    pub allow_missing: Vec<String>,
    /// Whether any data error is a failure.
    pub strict: bool,
    /// The data's format, if it is not to be found out.
    pub input_format: Option<input::Format>,
    /// The encoding of text files, if it is not to be found out.
    pub encoding: Option<input::Encoding>,
    /// The sheet of a workbook; the first by default.
    pub sheet: Option<String>,
    /// The line of a CSV file, or the row of a sheet, with the names of the columns; the first by default.
    pub header_row: Option<u32>,
    /// Whether keys are taken to be unique, without a check that takes memory for every record.
    pub assume_unique: bool,
    /// The most bytes that a compressed file may hold.
    pub max_decoded: Option<u64>,
    /// Tables in memory that are read in place of files.
    pub frames: Frames,
}

/// Tables in memory, in place of files.
#[derive(Debug, Clone, Default)]
pub struct Frames {
    /// The records; they are in files otherwise.
    pub records: Option<Frame>,
    /// Events, each table with the name of its list.
    pub events: Vec<(String, Frame)>,
    /// Related records, each table with the record's name.
    pub related: Vec<(String, Frame)>,
}

/// What messages call records in memory.
pub(super) const RECORDS: &str = "the table";

/// What is read, beside what the rules need, and how.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What else is read.
    pub also: Also,
    /// Whether rows with data errors are kept.
    pub keep_rejects: bool,
    /// Whether what the rules' rollups go by is read.
    pub rollups: bool,
    /// The program whose events are summed up while they are read, if nobody else looks at them.
    pub summing: Option<Compiled>,
}

impl DataOptions {
    /// The moment of the run.
    ///
    /// # Errors
    /// A text that is not a date.
    pub fn moment(&self, model: &Model) -> Result<AsOf, Report> {
        match &self.as_of {
            None => Ok(AsOf::now(&model.schema.zone)),
            Some(text) if text == "yesterday" => {
                let day = civil(AsOf::now(&model.schema.zone).day - 1);
                let flag = self.words().flag("--as-of");
                let day = day.ok_or_else(|| Failure::new(format!("{flag} yesterday: the calendar has no day before today")))?;
                AsOf::parse(&day.to_string(), &model.schema.zone).map_err(|why| Failure::new(format!("{flag}: {why}")).into())
            }
            Some(text) => AsOf::parse(text, &model.schema.zone).map_err(|why| {
                Failure::new(format!("{}: {why}", self.words().flag("--as-of")))
                    .help("write it as 2026-01-15, 2026-01-15T10:30 or yesterday")
                    .into()
            }),
        }
    }

    /// How messages name what can be set.
    pub(super) fn words(&self) -> Words {
        if self.frames.records.is_some() { Words::Options } else { Words::Flags("FILE") }
    }

    /// A data set of these paths, or the table in memory.
    #[must_use]
    pub fn spec(&self, paths: &[PathBuf]) -> Spec {
        if let Some(frame) = &self.frames.records {
            return Spec::frame(RECORDS, frame);
        }
        Spec {
            paths: paths.to_vec(),
            format: self.input_format,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            max_decoded: self.max_decoded,
            content: None,
        }
    }

    /// Opens a data set with what the rules need of it; what is missing is told with the rules that need it and the ways out.
    ///
    /// # Errors
    /// Data that cannot be read, or that lack what the rules need.
    pub fn open(
        &self,
        paths: &[PathBuf],
        model: &Model,
        sources: &Sources,
        as_of: AsOf,
        reading: &Reading,
    ) -> Result<Reader, Report> {
        files_alone(paths)?;
        let uses = Uses::of(model);
        let mut options = self.read_options(model, reading.keep_rejects)?;
        options.allow_missing.extend(reading.also.if_there);
        let mut also = reading.also.clone();
        if reading.rollups {
            also.uses.extend(model.rollups.iter().map(|rollup| Uses::of_rollup(model, rollup)));
        }
        let needs = needs(model, &uses, &also);
        let events = self.event_sources(model)?;
        let mut sums = |event| reading.summing.as_ref()?.event_sums(event, as_of);
        let opened = input::open_with(&self.spec(paths), &events, &model.schema, &needs, as_of, &options, &mut sums);
        opened.map_err(|error| match error.missing() {
            Some(missing) => MissingReport { model, sources, uses: &uses, words: self.words() }.told(missing),
            None => error.into(),
        })
    }

    /// How strictly data are taken, and from where related records come.
    ///
    /// # Errors
    /// A name in `allow_missing` or `related` that the schema does not have.
    pub fn read_options(&self, model: &Model, keep_rejects: bool) -> Result<ReadOptions, Report> {
        let related = self.related_sources(model)?;
        let mut options = ReadOptions { assume_unique: self.assume_unique, keep_rejects, related, ..ReadOptions::default() };
        let schema = &model.schema;
        for name in self.allow_missing.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
            options.allow(schema, name).map_err(|names| {
                let names = names.iter().map(|name| &**name);
                unknown(&self.words().flag("--allow-missing"), "property, event list or related record", name, names)
            })?;
        }
        Ok(options)
    }

    /// The files of events.
    ///
    /// # Errors
    /// A list that the schema does not have, or no file.
    pub fn event_sources(&self, model: &Model) -> Result<Vec<EventSource>, Report> {
        let source = |(name, file): &(String, String)| {
            let event = event(model, name, "--events")?;
            if file.is_empty() {
                return Err(Failure::new(format!("--events {name}= names no file"))
                    .help(format!("write --events {name}=FILE"))
                    .into());
            }
            files_alone(&[PathBuf::from(file)])?;
            // Events have a format of their own, found by name and content.
            let spec = Spec { max_decoded: self.max_decoded, encoding: self.encoding, ..Spec::file(file) };
            Ok(EventSource { event, spec })
        };
        let in_memory = |(name, frame): &(String, Frame)| {
            let event = event(model, name, &self.words().flag("--events"))?;
            Ok(EventSource { event, spec: Spec::frame(&format!("the table of `{name}`"), frame) })
        };
        self.events.iter().map(source).chain(self.frames.events.iter().map(in_memory)).collect()
    }
}

impl DataOptions {
    /// The files of related records.
    fn related_sources(&self, model: &Model) -> Result<Vec<RelatedSource>, Report> {
        let mut sources: Vec<RelatedSource> = Vec::new();
        for (name, file) in &self.related {
            let (id, declared) = related(model, name, "--related")?;
            not_of_rules(name, declared, "--related")?;
            if file.is_empty() {
                return Err(Failure::new(format!("--related {name}= names no file"))
                    .help(format!("write --related {name}=FILE"))
                    .into());
            }
            files_alone(&[PathBuf::from(file)])?;
            match sources.iter_mut().find(|source| source.related == id) {
                Some(source) => source.spec.paths.push(PathBuf::from(file)),
                None => {
                    // Related records have a format of their own, found by name and content.
                    let spec = Spec { max_decoded: self.max_decoded, encoding: self.encoding, ..Spec::file(file) };
                    sources.push(RelatedSource { related: id, spec });
                }
            }
        }
        let flag = self.words().flag("--related");
        for (name, frame) in &self.frames.related {
            let (id, declared) = related(model, name, &flag)?;
            not_of_rules(name, declared, &flag)?;
            sources.push(RelatedSource { related: id, spec: Spec::frame(&format!("the table of `{name}`"), frame) });
        }
        Ok(sources)
    }
}

/// Refuses rows of a related record that the rules have a file of.
fn not_of_rules(name: &str, declared: &Related, flag: &str) -> Result<(), Report> {
    match &declared.file {
        None => Ok(()),
        Some(own) => Err(Failure::new(format!("{flag} {name}: the rules read `{name}` from {}", own.path))
            .help(format!(
                "leave {} out, or take `from` out of the schema",
                if flag.starts_with('-') { "the flag" } else { "it" }
            ))
            .into()),
    }
}

/// The related record of `--related NAME=..`, named by `flag` in messages.
pub(super) fn related<'m>(model: &'m Model, name: &str, flag: &str) -> Result<(RelatedId, &'m Related), Report> {
    let names = || model.schema.related.iter().map(|r| &*r.name);
    model.schema.find_related(name).ok_or_else(|| unknown(flag, "related record", name, names()))
}

/// Refuses tables of databases where only files are read; an address is not repeated as it is, for it may hold a password.
///
/// # Errors
/// That one of them is such a table.
pub fn files_alone(paths: &[PathBuf]) -> Result<(), Report> {
    match paths.iter().find_map(|path| Address::parse(path.to_str()?)) {
        Some(address) => Err(Failure::new(format!("{} is in a database, where `lsrc run` alone works", address.shown()))
            .help("export the table to CSV, and name that file")
            .into()),
        None => Ok(()),
    }
}

/// The event list of `--events NAME=..`, named by `flag` in messages.
pub(super) fn event(model: &Model, name: &str, flag: &str) -> Result<EventId, Report> {
    let names = || model.schema.events.iter().map(|e| &*e.name);
    model.schema.find_event(name).map(|(event, _)| event).ok_or_else(|| unknown(flag, "event list", name, names()))
}

fn unknown<'a>(flag: &str, kind: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Report {
    let failure = Failure::new(format!("{flag}: the schema has no {kind} `{name}`"));
    match nearest(name, names) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None => failure.help("`lsrc show` lists what the schema has").into(),
    }
}

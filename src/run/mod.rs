//! A run as a value: [`RunOptions`] say what is wanted, [`run`] reads, scores, compares, writes, and gives the summary.
//!
//! Nothing here speaks to a terminal or reads the environment; what a run needs of the program around it, it asks its [`Host`] for.

mod accounts;
mod added;
mod atomic;
mod cases;
mod crm;
mod data;
mod database;
mod filter;
mod frame;
mod history;
mod job;
mod kept;
mod missing;
mod options;
mod output;
mod pair;
mod people;
mod pipeline;
mod propose;
mod rejects;
mod trial;

use std::path::Path;
use std::time::Instant;

use miette::Report;

use crate::analysis::Disk;
use crate::bytecode::Chunk;
use crate::check::Loader;
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{Frame, Reader};
use crate::program::{Also, Compiled, RuleSet, Wanted, needs};
use crate::report::summary::{self, Summary};
use crate::report::tally::Tally;
use crate::report::{hits, page};
use crate::schema::PropId;
use crate::value::Type;
use crate::warehouse::Address;
use accounts::Rollups;
use added::Added;
use filter::Filter;
use job::{Batchwork, Job, Plan};
use output::{Destination, Finished, Output};
use rejects::Rejects;

pub use accounts::rollup_named;
pub use atomic::{AtomicFile, remove_unfinished};
pub use data::{DataOptions, Frames, Reading, files_alone};
pub use filter::filter;
pub use frame::{FrameOptions, ScoredFrame};
pub use history::{HistoryOptions, forget, history};
pub use kept::{now as present, send};
pub use options::{Ahead, MaxBadRows, NotifyOptions, RunOptions, StoreOptions};
pub use pair::{Pair, Readers, RulesAt};
pub use people::people;
pub use propose::{Proposals, proposals};
pub use trial::{Chosen, trial};

/// What a run needs of the program around it.
pub trait Host {
    /// Is told of so many more records; `share` is the part of the data that has been read, if their length is known.
    fn advance(&self, _records: u64, _share: Option<f64>) {}

    /// Is told that all records have been read.
    fn finish(&self) {}

    /// A variable of the environment, such as a password of a database; `None` where it is not set or empty.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

/// Nobody is told, and there are no variables.
impl Host for () {}

/// A run whose options go together.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    options: &'a RunOptions,
    /// The table that the records are in.
    table: Option<Address>,
}

impl<'a> Order<'a> {
    /// Refuses options that cannot be meant together, before anything is read.
    ///
    /// # Errors
    /// What does not go together, and the way out.
    pub fn of(options: &'a RunOptions) -> Result<Self, Report> {
        options.verify()?;
        Ok(Self { options, table: database::addressed(options)? })
    }
}

/// The rules of a run.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// Those of now.
    pub rules: &'a RuleSet,
    /// Those of the run that is compared with, where they are other ones.
    pub earlier: Option<&'a RuleSet>,
    /// Their bytecode, where a file held it.
    pub chunk: Option<Chunk>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// What is to be said of it.
    pub summary: Summary,
    /// Why nothing was written, where more records changed stage than may.
    pub refused: Option<String>,
    /// The rows, where they are kept in memory.
    pub kept: Option<Frame>,
}

/// Scores records.
///
/// # Errors
/// What could not be read, computed or written.
pub fn run(order: Order<'_>, rules: Rules<'_>, host: &dyn Host) -> Result<Outcome, Report> {
    let Order { options, table } = order;
    if let Some(table) = table {
        return database::run(options, &table, rules.rules, host);
    }
    let Rules { rules, earlier: old, chunk } = rules;
    let (model, sources) = (rules.model(), rules.sources());
    let as_of = options.data.moment(model)?;
    kept::verify(options)?;
    options.spare_inputs([Some(rules), old].into_iter().flatten().map(RuleSet::sources), None)?;
    let added = Added::open(options, rules, old, as_of, host)?;
    let who = options.report.as_ref().filter(|_| options.select.is_empty()).and_then(|_| who(model));
    let extras = added.extras(model);
    let filter = Filter::read(options, rules, &extras)?;
    let plan = Plan::new(options, model, sources, extras, who, crm::names(options, rules, as_of)?)?;
    let condition = filter.as_ref().filter(|filter| filter.is_of_rules()).map(|filter| filter.condition.clone());
    let mut wanted = Wanted { reasons: plan.reasons(), conditions: condition.into_iter().collect(), ..Wanted::default() };
    let rollups = Rollups::of(options, model, sources, &mut wanted)?;
    let mut store = kept::Keeping::open(options, rules, as_of, host, &mut wanted)?;
    let recorder = store.as_ref().map(kept::Keeping::recorder);
    let compiled = compiled(options, rules, chunk, &wanted)?;
    let asked = filter.iter().map(|filter| Uses::of_expr(model, &filter.condition)).chain(rollups.uses());
    let asked = asked.chain(store.iter().flat_map(|store| store.uses(model))).collect();
    let reading = Reading {
        also: also(options, model, asked, who),
        keep_rejects: options.rejects.is_some(),
        // Whoever scores the records again, or makes digests of them, needs their events as they are.
        summing: (old.is_none() && store.is_none() && !added.scores_again() && filter.as_ref().is_none_or(Filter::is_of_rules))
            .then(|| compiled.clone()),
        ..Reading::default()
    };
    let until = added.last_moment(as_of);
    let before = old.map(|rules| RulesAt { rules, as_of: until });
    let mut reader = Readers::open(&options.reading(model), &options.records, before, RulesAt { rules, as_of: until }, reading)?;
    let compiled = compiled.without_events(&reader.new.summed_lists().collect::<Vec<_>>());
    let threads = options.threads();
    let decoding = if threads > 1 { reader.decoding() } else { None };
    let (filtering, recording) = (filter.as_ref().zip(Some(as_of)), recorder.as_deref().zip(Some(as_of)));
    let work = Batchwork::new(&plan, model, &added, &rollups, decoding.as_ref(), filtering, recording);
    let mut outputs = Outputs::create(options, &plan, &rollups)?;
    let mut keeper = store.as_mut().map(kept::Keeping::begin).transpose()?;
    let begun = Instant::now();
    {
        let reader = &mut reader;
        // The reader is asked for batches and for its rejects in turns, from one thread.
        let reader = std::cell::RefCell::new(reader);
        pipeline::stream(
            &compiled,
            as_of,
            threads,
            || {
                let mut reader = reader.borrow_mut();
                let job = match &decoding {
                    Some(_) => reader.new.next_cut().map_err(Report::new)?.map(Job::Cut),
                    None => reader.next()?.map(Job::Batch),
                };
                host.advance(job.as_ref().map_or(0, |job| job.rows() as u64), reader.new.share());
                Ok(job)
            },
            || work.worker(),
            |done| {
                let mut done: job::Done = done?;
                if let Some(joint) = done.joint.take() {
                    reader.borrow_mut().new.join(joint);
                }
                if let Some(rejects) = &mut outputs.rejects {
                    rejects.take(&mut reader.borrow_mut().new)?;
                }
                if let Some(keeper) = &mut keeper {
                    keeper.take(std::mem::take(&mut done.kept))?;
                }
                outputs.take(done)
            },
        )?;
    }
    host.finish();
    judge(options, &reader.new)?;
    if let Some(rejects) = &mut outputs.rejects {
        rejects.take(&mut reader.new)?;
    }
    let (tally, mut top, counted, accounts) = work.counted();
    let refused = options.fail_if_moved.as_ref().zip(counted.since.as_ref());
    let refused = refused.and_then(|(gate, since)| gate.judge_moved(since.moved, since.matched)).filter(|result| !result.holds);
    let (since, forecast) = added.report(model, &counted);
    let accounts = rollups.write(accounts, refused.is_none().then_some(&mut outputs.accounts), as_of)?;
    let Finished { written, kept: frames } = if refused.is_some() { Finished::default() } else { outputs.finish()? };
    // A gate that does not hold leaves the store as it was.
    let kept = keeper.filter(|_| refused.is_none()).map(kept::Keeper::finish).transpose()?;
    let described = described(options, model, as_of, lacking(reader.new.lacking(), model, who));
    let seconds = begun.elapsed().as_secs_f64();
    let run = summary::Run { written, seconds, since, forecast, rollups: accounts, ..described };
    let mut summary = summary::build(model, sources, &tally, reader.new.report(), run);
    summary.store = store.as_mut().zip(kept).map(|(store, kept)| store.send(kept)).transpose()?;
    top.truncate(crate::invariant::fits(summary.records.written));
    if let Some(result) = refused {
        let refused = Some(format!("failed: {}: {}", result.gate, result.found));
        return Ok(Outcome { summary, refused, kept: None });
    }
    let facts = |shipper| page::Facts { model, sources, tally: &tally, summary: &summary, shipper, top: &top };
    write_page(options, plan.shipper.as_ref().map(facts))?;
    let kept = options.keep.then(|| plan.encoder.frame(frames).map_err(output::failed)).transpose()?;
    Ok(Outcome { kept, ..conclude(options, with_hits(options, rules, &tally, summary)?)? })
}

/// What a run is of, before anything of it is counted.
fn described(options: &RunOptions, model: &Model, as_of: AsOf, missing: Vec<String>) -> summary::Run {
    summary::Run {
        rules: options.rules.display().to_string(),
        data: options.records.iter().map(|p| p.display().to_string()).collect(),
        as_of: crate::why::values::instant(as_of.micros, &model.schema.zone),
        as_of_words: moment_words(as_of, model),
        as_of_past: options.data.as_of.is_some() && as_of.micros < AsOf::now(&model.schema.zone).micros,
        missing,
        written: 0,
        seconds: 0.0,
        since: None,
        forecast: None,
        rollups: Vec::new(),
        unknown: Vec::new(),
    }
}

/// Writes the page where it is asked for.
fn write_page(options: &RunOptions, facts: Option<page::Facts<'_>>) -> Result<(), Report> {
    let Some((path, facts)) = options.report.as_ref().zip(facts) else { return Ok(()) };
    AtomicFile::write(path, page::html(&facts).as_bytes()).map_err(|e| Failure::writing(path, e).into())
}

/// Writes the hits of every rule where they are asked for; rule files are named from the folder of their project.
fn with_hits(options: &RunOptions, rules: &RuleSet, tally: &Tally, summary: Summary) -> Result<Summary, Report> {
    let Some(path) = &options.hits else { return Ok(summary) };
    let disk = Disk::default();
    let entry = disk.real(&options.rules).unwrap_or_else(|_| options.rules.clone());
    let root = disk.project(&entry).or_else(|| entry.parent().map(Path::to_owned)).unwrap_or_default();
    let at = (root.as_path(), &disk as &dyn Loader);
    let counted = hits::build(rules.model(), rules.sources(), tally, summary.data.clone(), summary.as_of.clone(), at);
    let mut json = serde_json::to_vec_pretty(&counted).map_err(|e| Failure::new("the hits cannot be written").because(e))?;
    json.push(b'\n');
    AtomicFile::write(path, &json).map_err(|e| Failure::writing(path, e))?;
    Ok(summary)
}

/// What is read beside what the rules need: what is `asked` of the run, and who the report shows.
fn also(options: &RunOptions, model: &Model, asked: Vec<Uses>, who: Option<PropId>) -> Also {
    Also {
        carried: options.select.clone(),
        uses: asked,
        // What the rules need may not be missing because the report shows it.
        if_there: who.filter(|id| !needs_property(model, *id)),
        ..Also::default()
    }
}

/// The bytecode of the run: that of a compiled file where it has all that is wanted.
fn compiled(options: &RunOptions, rules: &RuleSet, chunk: Option<Chunk>, wanted: &Wanted) -> Result<Compiled, Report> {
    let as_compiled = !wanted.reasons && wanted.conditions.is_empty() && wanted.values.is_empty();
    match chunk.filter(|_| as_compiled) {
        None => Ok(rules.compile(wanted)),
        Some(chunk) => Compiled::of(rules, chunk).ok_or_else(|| {
            let message =
                format!("{}: the instructions do not belong to the rules that the file carries", options.rules.display());
            Failure::new(message).help("compile the rules again with `lsrc compile`").into()
        }),
    }
}

/// Writes the summary where it is asked for as data.
fn conclude(options: &RunOptions, summary: Summary) -> Result<Outcome, Report> {
    if let Some(path) = &options.summary {
        let mut json =
            serde_json::to_vec_pretty(&summary).map_err(|e| Failure::new("the summary cannot be written").because(e))?;
        json.push(b'\n');
        AtomicFile::write(path, &json).map_err(|e| Failure::writing(path, e))?;
    }
    Ok(Outcome { summary, refused: None, kept: None })
}

/// Whether the data errors are more than the flags allow.
fn judge(options: &RunOptions, reader: &Reader) -> Result<(), Report> {
    let report = reader.report();
    if options.data.strict && report.errors() > 0 {
        let first = first_error(&report);
        let strict = options.data.words().flag("--strict");
        return Err(Failure::new(format!(
            "{strict}: the data have {}{first}",
            crate::report::plain::of(report.errors(), "error", "errors")
        ))
        .help(format!("fix the data, or run without {strict} to score what can be read"))
        .into());
    }
    if let Some(most) = options.max_bad_rows
        && most.is_exceeded(report.bad_rows, report.rows)
    {
        let bad = crate::report::plain::of(report.bad_rows, "row has", "rows have");
        return Err(Failure::new(format!("--max-bad-rows {most}: {bad} data errors, of {}", report.rows))
            .help("fix the data, or allow more")
            .into());
    }
    Ok(())
}

/// `; the first in row 3: employees is not a whole number: "12 k"`
fn first_error(report: &crate::input::DataReport) -> String {
    let cells = report.columns.iter().filter_map(|c| Some((c.samples.first()?, c)));
    match cells.min_by_key(|(sample, _)| sample.row) {
        Some((sample, column)) => format!(
            "; the first in row {}: {} is not {}: \"{}\"",
            sample.row,
            column.property,
            column.expected,
            crate::report::plain::harmless(&sample.value)
        ),
        None if !report.related.is_empty() && report.bad_lines.is_empty() => {
            let twice = report.related.iter().find_map(|related| Some((related, related.duplicate_samples.first()?)));
            twice.map_or_else(String::new, |(related, twice)| {
                let key = crate::report::plain::harmless(&twice.key);
                format!("; rows {} and {} of `{}` both have the key `{key}`", twice.first_row, twice.row, related.related)
            })
        }
        None => report.bad_lines.first().map_or_else(String::new, |line| {
            format!("; the first in {}:{}: {}", crate::report::plain::harmless(&line.file), line.line, line.message)
        }),
    }
}

/// The property that tells people who a record is: its e-mail address, else its name; `None` where the key is that.
fn who(model: &Model) -> Option<PropId> {
    const NAMES: [&str; 10] = [
        "email",
        "e_mail",
        "email_address",
        "mail",
        "work_email",
        "name",
        "full_name",
        "contact_name",
        "company",
        "company_name",
    ];
    let schema = &model.schema;
    let found = NAMES.iter().filter_map(|name| schema.find(name)).find(|(_, property)| property.ty == Type::Text);
    found.map(|(id, _)| id).filter(|id| schema.key != Some(*id))
}

/// Whether the rules or the records' names cannot do without a property.
fn needs_property(model: &Model, id: PropId) -> bool {
    needs(model, &Uses::of(model), &Also::default()).properties.contains(&id)
}

/// The properties and events that the data lack, as they were allowed to.
fn lacking(missing: &crate::input::MissingColumns, model: &Model, beside: Option<PropId>) -> Vec<String> {
    let beside = beside.filter(|id| !needs_property(model, *id));
    let properties = missing.properties.iter().filter(|p| Some(p.property) != beside);
    let mut names: Vec<String> = properties.map(|p| p.name.clone()).collect();
    names.extend(missing.events.iter().filter_map(|id| Some(model.schema.event(*id)?.name.to_string())));
    names.extend(missing.related.iter().filter_map(|id| Some(model.schema.related(*id)?.name.to_string())));
    names.dedup();
    names
}

/// `the end of 2026-01-15 (Europe/Paris)`
fn moment_words(as_of: AsOf, model: &Model) -> String {
    format!("{} ({})", crate::why::values::as_of_words(as_of, &model.schema.zone), model.schema.zone_name)
}

/// Everything that a run writes.
struct Outputs {
    /// None where the results are kept in a store alone.
    main: Option<Output>,
    moves: Option<Output>,
    rejects: Option<Rejects>,
    /// By rollup.
    accounts: Vec<Output>,
}

impl Outputs {
    fn create(options: &RunOptions, plan: &Plan, rollups: &Rollups<'_>) -> Result<Self, Report> {
        // With a gate that is known only at the end, nothing may have been printed before.
        let hold = options.data.strict || options.max_bad_rows.is_some() || options.fail_if_moved.is_some();
        let place = match &options.output {
            Some(path) if path != Path::new("-") => Destination::File(path.clone()),
            Some(_) | None if options.keep => Destination::Memory,
            Some(_) | None if hold => Destination::HeldBack,
            Some(_) | None => Destination::Standard,
        };
        let wanted = options.store.is_none() || options.output.is_some();
        let main = wanted.then(|| Output::create(place, &plan.encoder, plan.sort.map(|_| options.top))).transpose()?;
        let moves = match (&options.moves, &plan.moves) {
            (Some(path), Some(encoder)) => Some(Output::create(Destination::File(path.clone()), encoder, None)?),
            (Some(_), None) | (None, _) => None,
        };
        let rejects = options.rejects.as_ref().map(|path| Rejects::create(path)).transpose()?;
        Ok(Self { main, moves, rejects, accounts: rollups.outputs()? })
    }

    fn take(&mut self, done: job::Done) -> Result<(), Report> {
        if let (Some(output), Some(rows)) = (&mut self.main, done.main) {
            output.write(rows)?;
        }
        if let (Some(output), Some(moves)) = (&mut self.moves, done.moves) {
            output.write(moves)?;
        }
        Ok(())
    }

    /// Finishes all files; what became of the main one.
    fn finish(self) -> Result<Finished, Report> {
        let finished = match self.main {
            Some(main) => main.finish()?,
            // The results are kept in a store alone.
            None => Finished::default(),
        };
        if let Some(moves) = self.moves {
            moves.finish()?;
        }
        for accounts in self.accounts {
            accounts.finish()?;
        }
        if let Some(rejects) = self.rejects {
            rejects.finish()?;
        }
        Ok(finished)
    }
}

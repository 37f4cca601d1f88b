//! `lsrc run RULES DATA..`

mod args;
mod crm;
mod database;
mod extra;
mod filter;
mod job;
mod output;
mod rejects;

use std::path::Path;
use std::time::Instant;

use miette::Report;

pub(super) use args::Run;

use super::data::{Also, needs};
use super::pair::{self, Readers};
use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::engine::{Compiled, RuleSet, Wanted};
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::Reader;
use crate::report::page;
use crate::report::summary::{self, Style, Summary};
use crate::schema::PropId;
use crate::value::Type;
use extra::Added;
use filter::Filter;
use job::{Batchwork, Job, Plan};
use output::{Destination, Output};
use rejects::Rejects;

pub(super) fn run(args: &Run, terminal: &Terminal) -> Result<Status, Report> {
    args.verify()?;
    if let Some(address) = database::addressed(args)? {
        return database::run(args, &address, terminal);
    }
    let (program, model) = rules::right(&args.rules, &args.data_args.set, terminal)?;
    let rules = RuleSet::of(program.sources, model);
    let (model, sources) = (rules.model(), rules.sources());
    let as_of = args.data_args.moment(model)?;
    let old = extra::earlier_rules(args, terminal)?;
    args.spare_inputs([Some(&rules), old.as_ref()].into_iter().flatten().map(RuleSet::sources), None)?;
    let added = Added::open(args, &rules, old.as_ref(), as_of)?;
    let who = args.report.as_ref().filter(|_| args.select.is_empty()).and_then(|_| who(model));
    let extras = added.extras(model);
    let filter = Filter::read(args, &rules, &extras)?;
    let plan = Plan::new(args, model, sources, extras, who, crm::names(args, &rules, as_of)?)?;
    let condition = filter.as_ref().filter(|filter| filter.is_of_rules()).map(|filter| filter.condition.clone());
    let wanted = Wanted { reasons: plan.reasons(), conditions: condition.into_iter().collect(), ..Wanted::default() };
    let compiled = compiled(args, &rules, &wanted)?;
    let also = Also {
        carried: args.select.clone(),
        uses: filter.iter().map(|filter| Uses::of_expr(model, &filter.condition)).collect(),
        keep_rejects: args.rejects.is_some(),
        // What the rules need may not be missing because the report shows it.
        if_there: who.filter(|id| !needs_property(model, *id)),
        // Whoever scores the records again needs their events as they are.
        summing: (old.is_none() && !added.scores_again() && filter.as_ref().is_none_or(Filter::is_of_rules))
            .then(|| compiled.clone()),
        ..Also::default()
    };
    let until = added.last_moment(as_of);
    let before = old.as_ref().map(|rules| pair::Run { rules, as_of: until });
    let mut reader = Readers::open(&args.reading(model), &args.data, before, pair::Run { rules: &rules, as_of: until }, also)?;
    let compiled = compiled.without_events(&reader.new.summed_lists().collect::<Vec<_>>());
    let threads = args.threads();
    let decoding = if threads > 1 { reader.decoding() } else { None };
    let work = Batchwork::new(&plan, model, &added, decoding.as_ref(), filter.as_ref().map(|filter| (filter, as_of)));
    let mut outputs = Outputs::create(args, &plan, terminal)?;
    let begun = Instant::now();
    let progress = super::progress::Progress::new(terminal);
    {
        let reader = &mut reader;
        // The reader is asked for batches and for its rejects in turns, from one thread.
        let reader = std::cell::RefCell::new(reader);
        compiled.stream(
            as_of,
            threads,
            || {
                let mut reader = reader.borrow_mut();
                let job = match &decoding {
                    Some(_) => reader.new.next_cut().map_err(Report::new)?.map(Job::Cut),
                    None => reader.next()?.map(Job::Batch),
                };
                progress.advance(job.as_ref().map_or(0, |job| job.rows() as u64), reader.new.share());
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
                outputs.take(done)
            },
        )?;
    }
    progress.finish();
    judge(args, &reader.new)?;
    if let Some(rejects) = &mut outputs.rejects {
        rejects.take(&mut reader.new)?;
    }
    let (tally, mut top, counted) = work.counted();
    let refused = args.fail_if_moved.as_ref().zip(counted.since.as_ref());
    let refused = refused.and_then(|(gate, since)| gate.judge_moved(since.moved, since.matched)).filter(|result| !result.holds);
    let (since, forecast) = added.report(model, &counted);
    let written = if refused.is_some() { 0 } else { outputs.finish()? };
    let run = summary::Run {
        rules: args.rules.display().to_string(),
        data: args.data.iter().map(|p| p.display().to_string()).collect(),
        as_of: crate::why::values::instant(as_of.micros, &model.schema.zone),
        as_of_words: moment_words(as_of, model),
        as_of_past: args.data_args.as_of.is_some() && as_of.micros < AsOf::now(&model.schema.zone).micros,
        missing: lacking(reader.new.lacking(), model, who),
        written,
        seconds: begun.elapsed().as_secs_f64(),
        since,
        forecast,
        unknown: Vec::new(),
    };
    let summary = summary::build(model, sources, &tally, reader.new.report(), run);
    if let Some(result) = refused {
        say(terminal, &summary);
        terminal.insist(&format!("failed: {}: {}; nothing is written", result.gate, result.found));
        return Ok(Status::No);
    }
    if let (Some(path), Some(shipper)) = (&args.report, &plan.shipper) {
        top.truncate(usize::try_from(summary.records.written).unwrap_or(usize::MAX));
        let facts = page::Facts { model, sources, tally: &tally, summary: &summary, shipper, top: &top };
        AtomicFile::write(path, page::html(&facts).as_bytes()).map_err(|e| Failure::writing(path, e))?;
    }
    conclude(args, terminal, &summary)
}

/// The bytecode of the run: that of a compiled file where it has all that is wanted.
fn compiled(args: &Run, rules: &RuleSet, wanted: &Wanted) -> Result<Compiled, Report> {
    let as_compiled = !wanted.reasons && wanted.conditions.is_empty() && args.data_args.set.is_empty();
    match rules::image(&args.rules)?.filter(|_| as_compiled) {
        None => Ok(rules.compile(wanted)),
        Some(image) => Compiled::of(rules, image.chunk).ok_or_else(|| {
            let message = format!("{}: the instructions do not belong to the rules that the file carries", args.rules.display());
            Failure::new(message).help("compile the rules again with `lsrc compile`").into()
        }),
    }
}

/// Shows the summary, and writes it where it is asked for as data.
fn conclude(args: &Run, terminal: &Terminal, summary: &Summary) -> Result<Status, Report> {
    if let Some(path) = &args.summary {
        let mut json =
            serde_json::to_vec_pretty(summary).map_err(|e| Failure::new("the summary cannot be written").because(e))?;
        json.push(b'\n');
        AtomicFile::write(path, &json).map_err(|e| Failure::writing(path, e))?;
    }
    say(terminal, summary);
    Ok(Status::Fine)
}

fn say(terminal: &Terminal, summary: &Summary) {
    if terminal.is_quiet() {
        return;
    }
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    terminal.say(summary::text(summary, style).trim_end());
}

/// Reads `--where`.
pub(super) fn filter(program: &crate::check::Program, model: &Model, text: &str) -> Result<crate::hir::Expr, Report> {
    crate::check::condition(&program.sources, model, text).map_err(|found| {
        let first = found.iter().next();
        let message = first.map_or_else(|| "that is not a condition".to_owned(), |d| d.message.clone());
        let failure = Failure::new(format!("--where: {message}"));
        match first.and_then(|d| d.help.clone()) {
            Some(help) => failure.help(help).into(),
            None => failure.into(),
        }
    })
}

/// Whether the data errors are more than the flags allow.
fn judge(args: &Run, reader: &Reader) -> Result<(), Report> {
    let report = reader.report();
    if args.data_args.strict && report.errors() > 0 {
        let first = first_error(&report);
        return Err(Failure::new(format!(
            "--strict: the data have {}{first}",
            crate::report::plain::of(report.errors(), "error", "errors")
        ))
        .help("fix the data, or run without --strict to score what can be read")
        .into());
    }
    if let Some(most) = args.max_bad_rows
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
    names.dedup();
    names
}

/// `the end of 2026-01-15 (Europe/Paris)`
fn moment_words(as_of: AsOf, model: &Model) -> String {
    format!("{} ({})", crate::why::values::as_of_words(as_of, &model.schema.zone), model.schema.zone_name)
}

/// Everything that a run writes.
struct Outputs {
    main: Output,
    moves: Option<Output>,
    rejects: Option<Rejects>,
}

impl Outputs {
    fn create(args: &Run, plan: &Plan, terminal: &Terminal) -> Result<Self, Report> {
        // With a gate that is known only at the end, nothing may have been printed before.
        let hold = args.data_args.strict || args.max_bad_rows.is_some() || args.fail_if_moved.is_some();
        let place = match &args.output {
            Some(path) if path != Path::new("-") => Destination::File(path.clone()),
            Some(_) | None if hold => Destination::HeldBack,
            Some(_) | None => Destination::Standard,
        };
        let main = Output::create(place, &plan.encoder, plan.sort.map(|_| args.top), terminal)?;
        let moves = match (&args.moves, &plan.moves) {
            (Some(path), Some(encoder)) => Some(Output::create(Destination::File(path.clone()), encoder, None, terminal)?),
            (Some(_), None) | (None, _) => None,
        };
        let rejects = args.rejects.as_ref().map(|path| Rejects::create(path)).transpose()?;
        Ok(Self { main, moves, rejects })
    }

    fn take(&mut self, done: job::Done) -> Result<(), Report> {
        if let Some(rows) = done.main {
            self.main.write(rows)?;
        }
        if let (Some(output), Some(moves)) = (&mut self.moves, done.moves) {
            output.write(moves)?;
        }
        Ok(())
    }

    /// Finishes all files; the number of records in the main one.
    fn finish(self) -> Result<u64, Report> {
        let written = self.main.finish()?;
        if let Some(moves) = self.moves {
            moves.finish()?;
        }
        if let Some(rejects) = self.rejects {
            rejects.finish()?;
        }
        Ok(written)
    }
}

//! `lsrc push hubspot`: a plan, and its application.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use miette::Report;
use serde_json::Value;

use super::data::DataArgs;
use super::portal::{Around, Connection};
use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::diff::Gate;
use crate::hir::Model;
use crate::portal::{self, Applied, ApplyOptions, Made, Mapping, Moves, Plan, Portal, Wanted};
use crate::program::RuleSet;
use crate::report::plain::{count, of};
use crate::run::{self, RunOptions};
use crate::time::moment_text;

/// Write scores, labels and stages into a CRM
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc push hubspot score.lsr contacts.csv --map lead=lsrc_lead,lifecycle_stage --plan plan.json\n  lsrc push hubspot --apply plan.json"
)]
pub(super) struct Push {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    Hubspot(Box<Hubspot>),
}

/// Write scores, labels and stages into properties of HubSpot's contacts
///
/// The first call scores the records, reads what HubSpot has, and writes a plan with the differences. The second call applies the plan.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 success, 1 contacts were left out or --fail-if-moved was exceeded, 2 an error.\nAn apply that was interrupted goes on with the same command."
)]
struct Hubspot {
    /// The rules: a .lsr file, or a .lsrb file of `lsrc compile`
    #[arg(required_unless_present = "apply", requires_all = ["map", "plan"])]
    rules: Option<PathBuf>,
    /// The records, with HubSpot's record id as the key
    #[arg(required_unless_present = "apply")]
    data: Vec<PathBuf>,
    /// The results to write and their properties: `lead=lsrc_lead`, or `lifecycle_stage` for the property that it reads
    #[arg(long, value_name = "RESULT=PROPERTY,..", value_delimiter = ',')]
    map: Vec<String>,
    /// Write the plan to this file
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    plan: Option<PathBuf>,
    /// Apply this plan
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["rules", "data", "map"])]
    apply: Option<PathBuf>,
    /// The property of HubSpot that the key is a value of, such as email [default: the record id]
    #[arg(long, value_name = "PROPERTY", conflicts_with = "apply")]
    by: Option<String>,
    /// Let the plan make the properties that HubSpot does not have
    #[arg(long, conflicts_with = "apply")]
    create_properties: bool,
    /// Only records whose results differ from an earlier output of `lsrc run`, as JSON Lines
    #[arg(long, value_name = "PREVIOUS.jsonl", conflicts_with = "apply")]
    changed_since: Option<PathBuf>,
    /// Write no plan and exit with status 1 if more than N contacts, or more than P%, change stage
    #[arg(long, value_name = "N|P%", value_parser = Gate::moved, allow_hyphen_values = true, conflicts_with = "apply")]
    fail_if_moved: Option<Gate>,
    /// With --apply: the most of today's remaining requests that the push may use
    #[arg(long, value_name = "P%", value_parser = percent, default_value = "50%")]
    day_share: f64,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    data_args: DataArgs,
}

/// `50%`
fn percent(text: &str) -> Result<f64, String> {
    let share = text.strip_suffix('%').and_then(|share| share.trim().parse::<f64>().ok());
    share.filter(|share| (0.0..=100.0).contains(share)).ok_or_else(|| "write a share such as 50%".to_owned())
}

pub(super) fn run(args: &Push, terminal: &Terminal) -> Result<Status, Report> {
    let To::Hubspot(args) = &args.to;
    match (&args.apply, &args.rules, &args.plan) {
        (Some(plan), ..) => applied(args, plan, terminal),
        (None, Some(rules), Some(plan)) => planned(args, rules, plan, terminal),
        (None, _, _) => {
            Err(Failure::new("there is nothing to push").help("name rules and data with --plan, or a plan with --apply").into())
        }
    }
}

/// The journal of a plan.
fn journal(plan: &Path) -> PathBuf {
    let mut name = plan.to_owned().into_os_string();
    name.push(".journal");
    PathBuf::from(name)
}

fn planned(args: &Hubspot, path: &Path, file: &Path, terminal: &Terminal) -> Result<Status, Report> {
    if portal::is_unfinished(&journal(file))? {
        return Err(Failure::new(format!("the plan in `{}` was applied in part only", file.display()))
            .help("finish it with --apply, or write the new plan to another file")
            .into());
    }
    let settings = args.connection.settings()?;
    let (program, model) = rules::right(path, &args.data_args.set, terminal)?;
    let set = RuleSet::of(program.sources, model);
    let host = Around::new(terminal);
    let portal = Portal::open(settings, args.connection.portal, &host)?;
    let shown = path.display().to_string();
    let mapping = Mapping::read(&args.map, set.model(), &portal.definitions()?, args.create_properties, &shown)?;
    let as_of = args.data_args.options().moment(set.model())?;
    let mut wanted = scored(args, path, &set, &mapping)?;
    if let Some(previous) = &args.changed_since {
        let key = key_name(set.model());
        let mut before = results(previous, &key)?;
        before.sort_by(|a, b| a.key.cmp(&b.key));
        wanted.retain(|record| !is_unchanged(record, &before, &mapping));
    }
    let made = Made { rules: &shown, as_of: &hubspot_moment(as_of.micros), by: args.by.as_deref() };
    let plan = portal::plan(&portal, &mapping, &wanted, made);
    host.finish();
    let (plan, moves) = plan?;
    terminal.say(&said_plan(&plan, &moves));
    terminal.say_more(&of(portal.requests(), "request", "requests"));
    let judged = args.fail_if_moved.as_ref().and_then(|gate| gate.judge_moved(moves.moved, plan.records));
    if let Some(result) = judged.filter(|result| !result.holds) {
        terminal.insist(&format!("failed: {}: {}; no plan is written", result.gate, result.found));
        return Ok(Status::No);
    }
    let mut text = serde_json::to_string(&plan).map_err(|e| Failure::new("the plan cannot be written").because(e))?;
    text.push('\n');
    AtomicFile::write(file, text.as_bytes()).map_err(|e| Failure::writing(file, e))?;
    terminal.say(&match plan.changes.len() {
        0 => format!("`{}`: nothing to write", file.display()),
        _ => format!("`{0}`: apply it with `lsrc push hubspot --apply {0}`", file.display()),
    });
    Ok(if plan.left.is_empty() { Status::Fine } else { Status::No })
}

/// `2026-03-02T23:59:59.999Z`: HubSpot's moments have milliseconds.
fn hubspot_moment(micros: i64) -> String {
    moment_text(micros.div_euclid(1000) * 1000)
}

/// The name of the key among the results.
fn key_name(model: &Model) -> String {
    let key = model.schema.key.and_then(|id| model.schema.property(id));
    key.map_or_else(|| "row".to_owned(), |property| property.name.to_string())
}

/// Scores the records.
fn scored(args: &Hubspot, path: &Path, set: &RuleSet, mapping: &Mapping) -> Result<Vec<Wanted>, Report> {
    if set.model().schema.key.is_none() {
        return Err(Failure::new("the schema has no key, so the records cannot be found in HubSpot")
            .help("write `key record_id: integer from \"Record ID\"` in the schema")
            .into());
    }
    let folder = tempfile::tempdir().map_err(|e| Failure::new("there is no place for the scores").because(e))?;
    let output = folder.path().join("scores.jsonl");
    let options = RunOptions {
        rules: path.to_owned(),
        records: args.data.clone(),
        data: args.data_args.options(),
        output: Some(output.clone()),
        explain: mapping.targets.iter().any(|target| target.output == "reasons"),
        ..RunOptions::default()
    };
    let order = run::Order::of(&options)?;
    run::run(order, run::Rules { rules: set, earlier: None, chunk: None }, &())?;
    Ok(results(&output, &key_name(set.model()))?)
}

/// The records of an output of `lsrc run` in JSON Lines.
fn results(path: &Path, key: &str) -> Result<Vec<Wanted>, Failure> {
    let file = std::fs::File::open(path).map_err(|e| Failure::reading(path, e))?;
    let mut records = Vec::new();
    for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|e| Failure::reading(path, e))?;
        let broken = |why: &str| {
            Failure::new(format!("`{}` line {}: {why}", path.display(), at + 1))
                .help("give an output of `lsrc run` as JSON Lines (-o scores.jsonl)")
        };
        let results: serde_json::Map<String, Value> =
            serde_json::from_str(&line).map_err(|_| broken("this is not a record in JSON Lines"))?;
        let key = match results.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
            None => return Err(broken(&format!("there is no `{key}`"))),
        };
        records.push(Wanted { key, results });
    }
    Ok(records)
}

/// Whether everything that is written is as it was.
fn is_unchanged(record: &Wanted, before: &[Wanted], mapping: &Mapping) -> bool {
    let known = before.binary_search_by(|other| other.key.as_str().cmp(&record.key)).ok().and_then(|at| before.get(at));
    known.is_some_and(|known| mapping.targets.iter().all(|t| known.results.get(&t.output) == record.results.get(&t.output)))
}

fn said_plan(plan: &Plan, moves: &Moves) -> String {
    let mut lines = vec![format!(
        "HubSpot account {}: {}, {} to change, {} unchanged, {} left out",
        plan.portal,
        of(plan.records, "contact", "contacts"),
        count(plan.changes.len() as u64),
        count(plan.unchanged),
        count(plan.left.len() as u64)
    )];
    for definition in &plan.create {
        let text = |key: &str| definition.get(key).and_then(Value::as_str).unwrap_or("");
        lines.push(format!("  new property {} ({})", text("name"), text("type")));
    }
    for (property, n) in &moves.changed {
        lines.push(format!("  {property}: {}", of(*n, "contact changes", "contacts change")));
    }
    for ((from, to), reasons) in &moves.moves {
        let n: u64 = reasons.values().sum();
        let from = if from.is_empty() { "no stage" } else { from };
        lines.push(format!("  {from} -> {to}: {}", count(n)));
        let mut by: Vec<(&String, &u64)> = reasons.iter().collect();
        by.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        lines.extend(by.into_iter().take(5).map(|(reason, n)| format!("    {} {reason}", count(*n))));
    }
    lines.extend(left(plan.left.iter().map(|(key, why)| (key.clone(), why.clone()))));
    lines.join("\n")
}

/// What was left out: each reason with how many and the first keys.
fn left(all: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (key, why) in all {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, keys)) => keys.push(key),
            None => reasons.push((why, vec![key])),
        }
    }
    let shown = |keys: &[String]| {
        let first: Vec<&str> = keys.iter().take(3).map(|key| if key.is_empty() { "(empty)" } else { key }).collect();
        format!("{}{}", first.join(", "), if keys.len() > 3 { ", .." } else { "" })
    };
    const MOST: usize = 20;
    let mut lines: Vec<String> = reasons
        .iter()
        .take(MOST)
        .map(|(why, keys)| format!("  left out: {} ({}): {why}", count(keys.len() as u64), shown(keys)))
        .collect();
    if reasons.len() > MOST {
        lines.push(format!("  and {} further reasons", reasons.len() - MOST));
    }
    lines
}

fn applied(args: &Hubspot, path: &Path, terminal: &Terminal) -> Result<Status, Report> {
    let settings = args.connection.settings()?;
    let text = std::fs::read_to_string(path).map_err(|e| Failure::reading(path, e))?;
    let plan = Plan::read(&text, &path.display().to_string())?;
    let host = Around::new(terminal);
    let portal = Portal::open(settings, args.connection.portal, &host)?;
    let options = ApplyOptions { journal: &journal(path), text: &text, day_share: args.day_share };
    let applied = portal::apply(&portal, &plan, options);
    host.finish();
    let applied = applied?;
    terminal.say(&said_applied(&plan, &applied));
    terminal.say_more(&of(portal.requests(), "request", "requests"));
    Ok(if applied.left.is_empty() { Status::Fine } else { Status::No })
}

fn said_applied(plan: &Plan, applied: &Applied) -> String {
    let mut first = format!("HubSpot account {}: {} written", plan.portal, of(applied.written, "contact", "contacts"));
    if applied.already > 0 {
        first.push_str(&format!(", {} had the new values already", count(applied.already)));
    }
    if !applied.left.is_empty() {
        first.push_str(&format!(", {} left out", count(applied.left.len() as u64)));
    }
    if applied.resumed {
        first.push_str(" (earlier calls with this plan included)");
    }
    let mut lines = vec![first];
    lines.extend(left(applied.left.iter().map(|(id, why)| (id.to_string(), why.clone()))));
    lines.join("\n")
}

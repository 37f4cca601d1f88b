//! `lsrc test PATHS..`

mod propose;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::files::{self, Named};
use super::{Failure, Status, Target, Terminal, rules};
use crate::analysis::{self, Disk};
use crate::check::Loader;
use crate::report::trial as write;
use crate::run::{Chosen, trial};
use crate::syntax::ast::ItemKind;
use crate::trial::Ran;

/// Run the tests of rules
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc test score.lsr\n  lsrc test . --coverage --min-coverage 80\n  lsrc test . --format junit=report.xml\n  \
                        lsrc test score.lsr --suggest >> tests.lsr"
)]
pub(super) struct Test {
    /// Rule files, and folders that are searched for *.lsr; - is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Report which parts of the rules the tests cover
    #[arg(long)]
    coverage: bool,
    /// Exit with status 1 if coverage is below this percentage
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// Write tests for the parts of the rules that no test covers; review them before you keep them
    #[arg(long, conflicts_with = "mutate")]
    suggest: bool,
    /// Make small changes to the rules, and list those that no test notices
    #[arg(long)]
    mutate: bool,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// text, json, junit, github or lcov (of the coverage); with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// One document for programs
    Json,
    /// A test report
    Junit,
    /// Annotations for GitHub
    Github,
    /// Coverage by line
    Lcov,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim_end_matches('%').parse().map_err(|_| "write a percentage such as 80".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("a percentage lies between 0 and 100".to_owned()) }
}

fn setting(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "write it as PARAM=VALUE, such as sql_at=70".to_owned())
}

pub(super) fn run(args: &Test, terminal: &Terminal) -> Result<Status, Report> {
    let mut all: Vec<Ran> = Vec::new();
    let mut seen: BTreeSet<(String, u32)> = BTreeSet::new();
    for entry in entries(&args.paths, terminal)? {
        let (program, model) = rules::right(&entry, &args.set, terminal)?;
        if !program
            .files
            .iter()
            .any(|f| f.file.items.iter().any(|i| !matches!(i.kind, ItemKind::Schema(_) | ItemKind::Version(_))))
        {
            continue;
        }
        let ran = trial(Chosen { filter: args.filter.as_deref(), mutate: args.mutate }, program, model, &mut seen)?;
        all.push(ran);
    }
    if args.suggest {
        return propose::propose(&all, &args.set, terminal);
    }
    let tests: usize = all.iter().map(|r| r.verdicts.len()).sum();
    if tests == 0 {
        let why =
            args.filter.as_ref().map_or_else(|| "there is no test".to_owned(), |f| format!("no test has \"{f}\" in its name"));
        return Err(Failure::new(why)
            .help("write one: test \"name\" { given ..  expect .. }; `lsrc test --suggest` proposes some")
            .into());
    }
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let text = match target.format {
            Format::Text => write::text(&all, args.coverage, args.mutate, terminal.out_color && target.file.is_none()),
            Format::Json => write::json(&all, args.coverage),
            Format::Junit => write::junit(&all)?,
            Format::Github => write::github(&all),
            Format::Lcov => write::lcov(&all),
        };
        target.write(&crate::diag::render::harmless(&text), terminal)?;
    }
    let failed: usize = all.iter().flat_map(|r| &r.verdicts).filter(|v| !v.failures.is_empty()).count();
    let covered = write::percent(&all);
    terminal.say(&write::summary(&all, tests, failed, args.coverage || args.min_coverage.is_some()));
    let enough = args.min_coverage.is_none_or(|least| covered >= least);
    if let (Some(least), false) = (args.min_coverage, enough) {
        terminal.say(&format!("the tests have seen {covered:.1}% of the rules at work, less than the {least}% asked for"));
    }
    let survived = args.mutate && all.iter().any(|r| !r.survivors.is_empty());
    Ok(if failed == 0 && enough && !survived { Status::Fine } else { Status::No })
}

/// The entry files: those that no other of them uses.
fn entries(paths: &[PathBuf], terminal: &Terminal) -> Result<Vec<PathBuf>, Report> {
    let disk = Disk::default();
    let mut found = Vec::new();
    for named in files::gather(paths)? {
        found.push(match named {
            Named::File(path) => path,
            Named::Standard => return Ok(vec![PathBuf::from("-")]),
        });
    }
    if found.len() == 1 {
        return Ok(found);
    }
    let real = |path: &PathBuf| disk.real(path).unwrap_or_else(|_| path.clone());
    let mut used = BTreeSet::new();
    for entry in &found {
        let program = analysis::load(&disk, entry, terminal.global.allow_outside);
        let own = real(entry);
        used.extend(program.sources.iter().filter_map(|(_, f)| f.path().map(|p| real(&p.to_owned()))).filter(|p| *p != own));
    }
    let tops: Vec<PathBuf> = found.iter().filter(|p| !used.contains(&real(p))).cloned().collect();
    Ok(if tops.is_empty() { found } else { tops })
}

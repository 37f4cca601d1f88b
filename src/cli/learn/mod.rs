//! `lsrc learn DATA.. --schema S --outcome C`

mod attributes;
mod into;

use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;
use serde::Serialize;

use super::data::{DataArgs, ReadArgs};
use super::study::{self, Folds, OutcomeArgs, Study, duration_words};
use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::analysis::{self, Disk};
use crate::check;
use crate::diag::Severity;
use crate::format;
use crate::learn::emit::{self, Source, Written};
use crate::learn::search::{Data, Monotone, Width};
use crate::learn::select::{self, Learned, Size, Split};
use crate::program::RuleSet;
use crate::report::plain::{count, of};
use crate::source::FileId;
use crate::syntax;
use attributes::{Gathered, gather};

/// Learn a score from records with outcomes, and write it as rules that one can read.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  lsrc learn leads.csv --schema contact.lsr --outcome converted -o learned.lsr\n  \
                        lsrc learn leads.csv --schema contact.lsr --outcome converted --at created_at --within 90d --outcome-at won_at\n  \
                        lsrc learn leads.csv --into score.lsr --outcome converted --rules 3")]
pub(super) struct Learn {
    /// The records with what became of them; several files are one data set
    #[arg(required = true)]
    pub(super) data: Vec<PathBuf>,
    /// The schema of the records
    #[arg(long, value_name = "FILE.lsr", required_unless_present = "into")]
    pub(super) schema: Option<PathBuf>,
    #[command(flatten)]
    pub(super) outcome: OutcomeArgs,
    /// So many lines with points [default: as many as cross-validation finds, at most 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=40))]
    pub(super) rules: Option<u8>,
    /// Write the rules here
    #[arg(short, long, value_name = "FILE.lsr")]
    pub(super) output: Option<PathBuf>,
    /// Propose lines to add to these rules instead
    #[arg(long, value_name = "RULES", conflicts_with_all = ["schema", "capacity"])]
    pub(super) into: Option<PathBuf>,
    /// How records are dealt out for cross-validation
    #[arg(long, value_name = "HOW", value_enum, default_value = "key")]
    pub(super) folds: Folds,
    /// The rates must rise or fall with this number: `--monotone up visits`; may be repeated
    #[arg(long, num_args = 2, value_names = ["up|down", "PROPERTY"])]
    pub(super) monotone: Vec<String>,
    /// Use this property or event list though it is doubtful
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub(super) keep: Vec<String>,
    /// Do not use this property or event list
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub(super) leave_out: Vec<String>,
    /// How many records sales can work: adds a stage for them
    #[arg(long, value_name = "N")]
    pub(super) capacity: Option<u64>,
    /// Write the figures here as JSON
    #[arg(long, value_name = "FILE.json")]
    pub(super) summary: Option<PathBuf>,
    /// Threads to learn with [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(flatten)]
    pub(super) data_args: DataArgs,
}

/// The models kept at each size.
const BEAM: usize = 3;

/// The figures as JSON.
#[derive(Debug, Serialize)]
struct Figures<'a> {
    version: u32,
    outcome: &'a str,
    records: u64,
    converted: u64,
    terms: usize,
    lines: usize,
    intercept: f64,
    slope: f64,
    sizes: &'a [Size],
    left_out: &'a [(String, String)],
}

pub(super) fn run(args: &Learn, terminal: &Terminal) -> Result<Status, Report> {
    let source = args.into.as_ref().or(args.schema.as_ref()).cloned().unwrap_or_default();
    if let Some(output) = &args.output
        && args.into.is_none()
        && same(output, &source)
    {
        return Err(Failure::new("the rules would take the place of their schema").help("write them to another file").into());
    }
    let (program, model) = rules::right(&source, &args.data_args.set, terminal)?;
    let rules = RuleSet::of(program.sources.clone(), model);
    let study = Study::new(&args.outcome, &args.data_args, rules)?;
    if args.into.is_some() {
        study.honest()?;
    }
    let gathered = gather(args, &study, terminal)?;
    if args.into.is_some() {
        return into::run(args, &study, &gathered, terminal);
    }
    let learned = args.learned(gathered.data(&study, None), &gathered)?;
    let facts = args.facts(&gathered);
    let name = schema_path(args.output.as_deref(), &source);
    let (data, hash) = study::fingerprint(&args.data)?;
    let date = crate::time::civil(study.as_of.day).map_or_else(String::new, |d| d.to_string());
    #[expect(clippy::cast_precision_loss, reason = "a capacity")]
    let written = emit::rules(Source {
        schema: &study.rules.model().schema,
        schema_path: &name,
        attributes: &gathered.attributes,
        records: &gathered.records,
        unit: study.unit(),
        learned: &learned,
        data: (&data, &hash),
        date: &date,
        facts: &facts,
        capacity: args.capacity.map(|n| n as f64),
    });
    let text = laid_out(&written.text);
    checked(args, &text, terminal)?;
    args.summarise(&study, &gathered, &learned, &written)?;
    match &args.output {
        Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?,
        None => terminal.print(&text)?,
    }
    args.say(&gathered, &learned, &written, terminal);
    Ok(Status::Fine)
}

/// Rules learned for a new project, as text: written beside their schema first.
pub(super) fn for_project(
    data: &Path,
    read: &ReadArgs,
    schema: &Path,
    outcome: &str,
    output: &Path,
    terminal: &Terminal,
) -> Result<String, Report> {
    let args = Learn {
        data: vec![data.to_owned()],
        schema: Some(schema.to_owned()),
        outcome: OutcomeArgs {
            outcome: outcome.to_owned(),
            at: None,
            within: None,
            outcome_at: None,
            filter: None,
            weight: None,
        },
        rules: None,
        output: Some(output.to_owned()),
        into: None,
        folds: Folds::Key,
        monotone: Vec::new(),
        keep: Vec::new(),
        leave_out: Vec::new(),
        capacity: None,
        summary: None,
        threads: None,
        data_args: DataArgs { read: read.clone(), ..DataArgs::default() },
    };
    run(&args, terminal)?;
    std::fs::read_to_string(output).map_err(|e| Failure::reading(output, e).into())
}

impl Learn {
    /// Learns, or says why there is nothing to learn.
    fn learned(&self, data: Data<'_>, gathered: &Gathered) -> Result<Learned, Report> {
        let (converted, all) = (gathered.taken.total.events, gathered.taken.total.rows);
        let rarer = converted.min(all - converted);
        let most = usize::try_from(rarer / 10).unwrap_or(20).clamp(1, 20);
        let wanted = self.rules.map(usize::from);
        let width = Width { most: wanted.unwrap_or(most), beam: BEAM };
        let split = if self.folds == Folds::Time { Split::Forward } else { Split::Across };
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        select::learn(data, width, split, wanted, threads).ok_or_else(|| {
            let left = gathered.left_out.len();
            Failure::new(format!(
                "no attribute says anything about `{}`: {} were looked at{}",
                self.outcome.outcome,
                of(gathered.attributes.len() as u64, "attribute", "attributes"),
                if left > 0 { format!(", and {left} were left out") } else { String::new() }
            ))
            .help("give more properties in the schema, or keep what was left out with --keep")
            .into()
        })
    }

    /// What the head of the rules says besides the figures.
    fn facts(&self, gathered: &Gathered) -> Vec<String> {
        let mut facts = vec![format!("Converted means: {}", self.outcome.outcome)];
        match (&self.outcome.at, self.outcome.within) {
            (Some(at), Some(within)) => {
                facts.push(format!("Each record as of its {at}; converted within {} of it.", duration_words(within)));
            }
            (Some(at), None) => facts.push(format!("Each record as of its {at}.")),
            (None, _) => facts.push("Properties as the data have them now.".to_owned()),
        }
        let left = gathered.taken.left_out();
        if !left.is_empty() {
            facts.push(format!("Of {} records read, {left}.", count(gathered.taken.intake.read)));
        }
        facts.extend(gathered.left_out.iter().map(|(name, why)| format!("Left out: {name}: {why}.")));
        facts
    }

    fn summarise(&self, study: &Study, gathered: &Gathered, learned: &Learned, written: &Written) -> Result<(), Report> {
        let Some(path) = &self.summary else { return Ok(()) };
        let _ = study;
        let figures = Figures {
            version: 1,
            outcome: &self.outcome.outcome,
            records: gathered.taken.total.rows,
            converted: gathered.taken.total.events,
            terms: learned.stop.terms.len(),
            lines: written.lines,
            intercept: written.line.intercept,
            slope: written.line.slope,
            sizes: &learned.sizes,
            left_out: &gathered.left_out,
        };
        let mut json = serde_json::to_vec_pretty(&figures).map_err(|e| Failure::new("the figures are not JSON").because(e))?;
        json.push(b'\n');
        AtomicFile::write(path, &json).map_err(|e| Failure::writing(path, e).into())
    }

    /// What there is to say beside the rules.
    fn say(&self, gathered: &Gathered, learned: &Learned, written: &Written, terminal: &Terminal) {
        for (name, why) in &gathered.left_out {
            terminal.say(&format!("left out {name}: {why}; --keep {name} uses it all the same"));
        }
        for (name, why) in &gathered.doubts {
            terminal.say(&format!("warning: {name}: {why}; --leave-out {name} learns without it"));
        }
        gathered.notes.iter().for_each(|note| terminal.say(note));
        let terms = learned.stop.terms.len();
        let quality = learned.sizes.get(terms.saturating_sub(1)).map_or_else(String::new, |size| {
            format!(": AUC {:.3}, give or take {:.3}, on records left out", size.auc, size.auc_error)
        });
        terminal.say(&format!("{}{quality}", of(written.lines as u64, "line with points", "lines with points")));
        if let Some(path) = &self.output {
            terminal.say(&format!("wrote {}; next: `lsrc check {}`, then read it", path.display(), path.display()));
        }
    }

    /// The wishes of `--monotone` by property name.
    fn shapes(&self) -> Result<Vec<(Monotone, String)>, Report> {
        let shape = |pair: &[String]| match pair {
            [way, name] if way == "up" => Ok((Monotone::Up, name.clone())),
            [way, name] if way == "down" => Ok((Monotone::Down, name.clone())),
            other => Err(Failure::new(format!("--monotone {}: write up or down, then a property", other.join(" ")))
                .help("as in `--monotone up visits`")
                .into()),
        };
        self.monotone.chunks(2).map(shape).collect()
    }
}

/// The rules in the canonical layout.
pub(super) fn laid_out(text: &str) -> String {
    format::format(&syntax::parse(FileId(0), text), text)
}

/// Refuses to write rules that would not check.
fn checked(args: &Learn, text: &str, terminal: &Terminal) -> Result<(), Report> {
    let entry = args.output.clone().unwrap_or_else(|| PathBuf::from("learned.lsr"));
    let disk = Disk::default();
    disk.put(&entry, text.as_bytes().to_vec());
    let program = analysis::load(&disk, &entry, terminal.global.allow_outside);
    let checked = check::check(&program, &[]);
    match checked.diagnostics.iter().find(|d| d.severity == Severity::Error) {
        None => Ok(()),
        Some(error) => {
            Err(Failure::new(format!("the learned rules would have an error, and are not written: {}", error.message))
                .help("write them beside their schema, or say --allow-outside")
                .into())
        }
    }
}

fn same(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        (_, _) => a == b,
    }
}

/// The schema as rules at `output` name it: relative to their folder.
fn schema_path(output: Option<&Path>, schema: &Path) -> String {
    let folder = output.and_then(Path::parent).filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let absolute =
        |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let (from, to) = (absolute(folder), absolute(schema));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - shared;
    let down = to.components().skip(shared).map(|c| c.as_os_str().to_string_lossy().into_owned());
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}

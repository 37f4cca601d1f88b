//! The arguments of `lsrc run`.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::Report;

use super::super::Failure;
use super::super::data::{DataArgs, pair};
use crate::diff::Gate;
use crate::hir::Model;
use crate::input;
use crate::op::Unit;
use crate::report::Format;
use crate::source::Sources;
use crate::time::months_on;

/// Score records: every contact's points, labels and stage, and a summary of the whole.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc run score.lsr contacts.csv > scores.csv\n  lsrc run score.lsr contacts.csv -o scores.parquet --explain\n  \
                        lsrc run score.lsr contacts.csv --sort lead --top 100 --select Email\n  \
                        lsrc run score.lsr contacts.csv --moves to-sales.csv --crm-names"
)]
pub(in crate::cli) struct Run {
    /// The rules: a .lsr file, or a .lsrb file of `lsrc compile`
    pub(super) rules: PathBuf,
    /// The records: CSV, XLSX, JSON, JSON Lines, Parquet or Arrow; several files are one data set; - is standard input
    #[arg(required = true)]
    pub(super) data: Vec<PathBuf>,
    /// Write the scores here; the ending says the format: .csv, .jsonl, .parquet, .arrow
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The format, where no ending says it [default: csv]
    #[arg(long, value_name = "NAME")]
    pub(super) output_format: Option<OutputFormat>,
    /// Columns of the input to carry along
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Only records for which this condition over input and output is true
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) filter: Option<String>,
    /// In the order of this score, the greatest first
    #[arg(long, value_name = "SCORE")]
    pub(super) sort: Option<String>,
    /// Only the first N in the order of `--sort` (without it: of the last score)
    #[arg(long, value_name = "N")]
    pub(super) top: Option<usize>,
    /// Add a column with the reasons of every score
    #[arg(long)]
    pub(super) explain: bool,
    /// Write the records whose stage moves here, with before, after and reasons
    #[arg(long, value_name = "FILE")]
    pub(super) moves: Option<PathBuf>,
    /// The CRM's own names for key, lifecycle and stages, ready for import
    #[arg(long)]
    pub(super) crm_names: bool,
    /// Fail if more than N rows, or P% of them, have data errors
    #[arg(long, value_name = "N|P%", value_parser = MaxBadRows::parse)]
    pub(super) max_bad_rows: Option<MaxBadRows>,
    /// Write the rows with data errors here, with what is wrong, as CSV
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// Write the summary here as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Write a page to look at here: distributions, moves, what each rule contributes, the top records with their reasons
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
    /// Say what changed since this output of an earlier run, for each record, and count it
    #[arg(long, value_name = "PREVIOUS")]
    pub(super) compare: Option<PathBuf>,
    /// With --compare: the rules of that run, to tell apart what they changed
    #[arg(long, value_name = "RULES", requires = "compare")]
    pub(super) previous_rules: Option<PathBuf>,
    /// With --previous-rules: a value that a param had, as in `--previous-set sql_at=65`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = pair, requires = "previous_rules")]
    pub(super) previous_set: Vec<(String, String)>,
    /// With --compare: the records of that run, to tell time and data apart; may be repeated
    #[arg(long, value_name = "DATA", requires_all = ["compare", "previous_as_of"])]
    pub(super) previous_data: Vec<PathBuf>,
    /// With --previous-data: a file of events of that run
    #[arg(long, value_name = "LIST=FILE", value_parser = pair, requires = "previous_data")]
    pub(super) previous_events: Vec<(String, String)>,
    /// With --previous-data: the moment of that run
    #[arg(long, value_name = "DATE", requires = "previous_data")]
    pub(super) previous_as_of: Option<String>,
    /// With --compare: write nothing and exit with 1 if more records than N, or than P% of them, change stage since then
    #[arg(long, value_name = "N|P%", value_parser = Gate::moved, allow_hyphen_values = true, requires = "compare")]
    pub(super) fail_if_moved: Option<Gate>,
    /// Say on which day each record will change stage if nothing new happens, so many days, weeks or months ahead: 30d, 6 weeks
    #[arg(long, value_name = "TIME", value_parser = Ahead::parse)]
    pub(super) forecast: Option<Ahead>,
    /// Threads to read and score with [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,
    #[command(flatten)]
    pub(super) data_args: DataArgs,
}

/// The formats of `--output-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// CSV
    Csv,
    /// JSON Lines
    Jsonl,
    /// Parquet
    Parquet,
    /// Arrow IPC
    Arrow,
}

impl OutputFormat {
    const fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Jsonl => Format::JsonLines,
            Self::Parquet => Format::Parquet,
            Self::Arrow => Format::Arrow,
        }
    }
}

/// How many rows may have data errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MaxBadRows {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}

impl MaxBadRows {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "write a number such as 100, or a share such as 5%".to_owned();
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Count).map_err(|_| wrong()),
            Some(share) => {
                let share: f64 = share.trim().parse().map_err(|_| wrong())?;
                if (0.0..=100.0).contains(&share) { Ok(Self::Percent(share)) } else { Err(wrong()) }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of rows")]
    pub(super) fn is_exceeded(self, bad: u64, rows: u64) -> bool {
        match self {
            Self::Count(most) => bad > most,
            Self::Percent(share) => bad as f64 * 100.0 > share * rows as f64,
        }
    }
}

impl fmt::Display for MaxBadRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(n) => write!(f, "{n}"),
            Self::Percent(share) => write!(f, "{share}%"),
        }
    }
}

/// How far a forecast looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ahead {
    count: u32,
    unit: Unit,
}

/// A forecast looks at most so many days ahead.
const FURTHEST: i32 = 3660;

impl Ahead {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "write a time such as 30d, 30 days, 6 weeks or 3 months".to_owned();
        let text = text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
        let unit = match unit.trim() {
            "d" | "day" | "days" => Unit::Days,
            "w" | "week" | "weeks" => Unit::Weeks,
            "mo" | "month" | "months" => Unit::Months,
            "y" | "year" | "years" => Unit::Years,
            _ => return Err(wrong()),
        };
        match number.parse() {
            Ok(count) if count > 0 => Ok(Self { count, unit }),
            Ok(_) | Err(_) => Err(wrong()),
        }
    }

    /// The last day that is looked at.
    pub(super) fn last(self, from: i32) -> Result<i32, Report> {
        let count = i64::from(self.count);
        let last = match self.unit {
            Unit::Hours | Unit::Days => i32::try_from(i64::from(from) + count).ok(),
            Unit::Weeks => i32::try_from(i64::from(from) + 7 * count).ok(),
            Unit::Months => months_on(from, count),
            Unit::Years => months_on(from, 12 * count),
        };
        last.filter(|last| last - from <= FURTHEST).ok_or_else(|| {
            Failure::new("--forecast: that is further ahead than a forecast looks").help("ask for ten years at most").into()
        })
    }
}

impl Run {
    /// Refuses flags that cannot be meant together, before anything is read.
    pub(super) fn verify(&self) -> Result<(), Report> {
        if self.threads == Some(0) {
            return Err(Failure::new("--threads 0: there must be a thread to work")
                .help("leave the flag out to use all cores")
                .into());
        }
        let places = [&self.output, &self.moves, &self.rejects, &self.summary, &self.report];
        let places: Vec<&PathBuf> = places.into_iter().flatten().collect();
        for (at, place) in places.iter().enumerate() {
            if places.iter().skip(at + 1).any(|other| other == place) {
                return Err(Failure::new(format!("two outputs would be written to `{}`", place.display()))
                    .help("give each its own file")
                    .into());
            }
        }
        Ok(())
    }

    /// Refuses an output that is a file which this run reads, whatever its name: rules, lists, records, events or an earlier output.
    pub(super) fn spare_inputs<'s>(
        &self,
        sources: impl Iterator<Item = &'s Sources>,
        database: Option<&Path>,
    ) -> Result<(), Report> {
        let outputs = [
            ("-o", &self.output),
            ("--moves", &self.moves),
            ("--rejects", &self.rejects),
            ("--summary", &self.summary),
            ("--report", &self.report),
        ];
        let written: Vec<_> = outputs
            .into_iter()
            .filter_map(|(flag, path)| path.as_ref().map(|path| (flag, path)))
            .filter_map(|(flag, path)| same_file::Handle::from_path(path).ok().map(|handle| (flag, path, handle)))
            .collect();
        if written.is_empty() {
            return Ok(());
        }
        let events = self.data_args.events.iter().chain(&self.previous_events).map(|(_, path)| PathBuf::from(path));
        let rules = sources.flat_map(|s| s.iter().filter_map(|(_, file)| file.path().map(PathBuf::from)).collect::<Vec<_>>());
        let read = input::named_files(&self.data).into_iter().chain(input::named_files(&self.previous_data));
        let single = [Some(&self.rules), self.compare.as_ref(), self.previous_rules.as_ref()];
        let read = read.chain(events).chain(rules).chain(single.into_iter().flatten().cloned());
        let read = read.chain(database.map(PathBuf::from));
        for path in read {
            let Ok(handle) = same_file::Handle::from_path(&path) else { continue };
            if let Some((flag, output, _)) = written.iter().find(|(_, _, output)| *output == handle) {
                let (output, path) = (output.display(), path.display());
                let same = if output.to_string() == path.to_string() { String::new() } else { format!(" (it is `{path}`)") };
                return Err(Failure::new(format!("{flag}: `{output}` is a file that this run reads{same}"))
                    .help("write to a file of another name")
                    .into());
            }
        }
        Ok(())
    }

    /// How records are read: with `--compare` an output that is new since then may be allowed to be missing too, and is no part of the data.
    pub(super) fn reading(&self, model: &Model) -> DataArgs {
        let outputs = model.scores.iter().map(|s| &s.name).chain(model.labels.iter().map(|l| &l.name));
        let outputs: Vec<&str> = outputs.chain(model.lifecycles.iter().map(|l| &l.name)).map(|name| &**name).collect();
        let is_output = |name: &str| outputs.contains(&name) && model.schema.find(name).is_none();
        let kept = self.data_args.allow_missing.iter().filter(|name| self.compare.is_none() || !is_output(name.trim()));
        DataArgs { allow_missing: kept.cloned().collect(), ..self.data_args.clone() }
    }

    /// The format of the main output.
    pub(super) fn format(&self) -> Result<Format, Report> {
        let of_ending = self.output.as_deref().and_then(Format::of_ending);
        match (of_ending, self.output_format) {
            (Some(format), _) => Ok(format),
            (None, Some(asked)) => Ok(asked.format()),
            (None, None) => match &self.output {
                Some(path) if path.as_os_str() != "-" && path.extension().is_some() => {
                    Err(Failure::new(format!("the ending of `{}` says no format", path.display()))
                        .help("end it with .csv, .jsonl, .parquet or .arrow, or say --output-format")
                        .into())
                }
                Some(_) | None => Ok(Format::Csv),
            },
        }
    }

    /// How many threads to use.
    pub(super) fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok().map(std::num::NonZero::get)).unwrap_or(1)
    }
}

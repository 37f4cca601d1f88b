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
use crate::report::csv::Dialect;
use crate::report::ranking::Limit;
use crate::source::Sources;
use crate::time::months_on;

/// Score records: points, labels and stage of every contact, and a summary
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc run score.lsr contacts.csv > scores.csv\n  lsrc run score.lsr contacts.csv -o scores.parquet --explain\n  \
                        lsrc run score.lsr contacts.csv --sort lead --top 100 --select Email\n  \
                        lsrc run score.lsr contacts.csv --moves to-sales.xlsx --select Email,Company\n  \
                        lsrc run score.lsr contacts.csv --top 10% -o call-today.csv --csv-for excel-fr"
)]
pub(in crate::cli) struct Run {
    /// The rules: a .lsr file, or a .lsrb file of `lsrc compile`
    pub(super) rules: PathBuf,
    /// The records: CSV, XLSX, JSON, JSON Lines, Parquet or Arrow, or - for standard input; several files are one data set
    #[arg(required = true)]
    pub(super) data: Vec<PathBuf>,
    /// Write the scores to this file; the extension selects the format: .csv, .xlsx, .jsonl, .parquet, .arrow
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The format, if no extension selects it [default: csv]
    #[arg(long, value_name = "NAME")]
    pub(super) output_format: Option<OutputFormat>,
    /// Write CSV as Excel opens it by a double click: `excel`, or `excel-fr` for where decimals have a comma
    #[arg(long, value_name = "excel[-LOCALE]", value_parser = dialect)]
    pub(super) csv_for: Option<Dialect>,
    /// Add these columns of the input to the output
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Write only records for which this condition is true; it sees input and output
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) filter: Option<String>,
    /// Sort by this score, or by a column of --compare or --forecast: the greatest points first, the earliest date first
    #[arg(long, value_name = "COLUMN")]
    pub(super) sort: Option<String>,
    /// Write only the first N or P% of the records, by --sort or by the last score
    #[arg(long, value_name = "N|P%", value_parser = top)]
    pub(super) top: Option<Limit>,
    /// Add a column with the reasons of every score
    #[arg(long)]
    pub(super) explain: bool,
    /// Write the records that change stage to this file, with scores, labels and reasons
    #[arg(long, value_name = "FILE")]
    pub(super) moves: Option<PathBuf>,
    /// Write headers and stages as they are in the data, for import into the CRM
    #[arg(long)]
    pub(super) crm_names: bool,
    /// Stop if more than N rows, or more than P% of them, have data errors
    #[arg(long, value_name = "N|P%", value_parser = MaxBadRows::parse)]
    pub(super) max_bad_rows: Option<MaxBadRows>,
    /// Write the rows with data errors to this CSV file, with the errors
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// Write the summary to this JSON file
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Write a report page: distributions, moves, the effect of each rule, the top records
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
    /// With --report: list excluded and held records too
    #[arg(long, requires = "report")]
    pub(super) report_all: bool,
    /// Compare with the output of an earlier run: what changed for each record
    #[arg(long, value_name = "PREVIOUS")]
    pub(super) compare: Option<PathBuf>,
    /// With --compare: the rules of that run, to separate their effect
    #[arg(long, value_name = "RULES", requires = "compare")]
    pub(super) previous_rules: Option<PathBuf>,
    /// With --previous-rules: set a param of that run, as in `--previous-set sql_at=65`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = pair, requires = "previous_rules")]
    pub(super) previous_set: Vec<(String, String)>,
    /// With --compare: the records of that run, to separate time from data; may be repeated
    #[arg(long, value_name = "DATA", requires_all = ["compare", "previous_as_of"])]
    pub(super) previous_data: Vec<PathBuf>,
    /// With --previous-data: an events file of that run
    #[arg(long, value_name = "LIST=FILE", value_parser = pair, requires = "previous_data")]
    pub(super) previous_events: Vec<(String, String)>,
    /// With --previous-data: the as-of date of that run
    #[arg(long, value_name = "DATE", requires = "previous_data")]
    pub(super) previous_as_of: Option<String>,
    /// With --compare: write nothing and exit with status 1 if more than N records, or more than P%, changed stage
    #[arg(long, value_name = "N|P%", value_parser = Gate::moved, allow_hyphen_values = true, requires = "compare")]
    pub(super) fail_if_moved: Option<Gate>,
    /// Forecast when each record changes stage if nothing new happens: 30d, 6 weeks, 3 months
    #[arg(long, value_name = "TIME", value_parser = Ahead::parse)]
    pub(super) forecast: Option<Ahead>,
    /// The number of threads [default: the number of cores]
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
    /// A workbook for Excel
    Xlsx,
}

impl OutputFormat {
    const fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Jsonl => Format::JsonLines,
            Self::Parquet => Format::Parquet,
            Self::Arrow => Format::Arrow,
            Self::Xlsx => Format::Xlsx,
        }
    }
}

/// `excel`, `excel-fr`
fn dialect(text: &str) -> Result<Dialect, String> {
    match text.split_once('-') {
        None if text == "excel" => Dialect::excel("en"),
        Some(("excel", locale)) => Dialect::excel(locale),
        Some(_) | None => Err("write excel, or excel-fr and the like for another locale".to_owned()),
    }
}

/// `100`, `10%`
fn top(text: &str) -> Result<Limit, String> {
    let wrong = || "write a number such as 100, or a share such as 10%".to_owned();
    match text.strip_suffix('%') {
        None => text.parse().map(Limit::Rows).map_err(|_| wrong()),
        Some(share) => {
            let share: f64 = share.trim().parse().map_err(|_| wrong())?;
            if (0.0..=100.0).contains(&share) { Ok(Limit::Percent(share)) } else { Err(wrong()) }
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
        let moves = self.moves.as_deref().and_then(Format::of_ending);
        if self.csv_for.is_some() && self.format()? != Format::Csv && moves != Some(Format::Csv) {
            return Err(Failure::new("--csv-for: nothing is written as CSV")
                .help("leave the flag out; a .xlsx file opens in Excel everywhere")
                .into());
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

    /// How CSV is written.
    pub(super) fn dialect(&self) -> Dialect {
        self.csv_for.unwrap_or(Dialect::PLAIN)
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
                        .help(format!("end it with {}, or add --output-format", Format::ENDINGS))
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

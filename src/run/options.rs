//! What a run is asked for, as plain data.

use std::fmt;
use std::path::{Path, PathBuf};

use miette::Report;

use super::DataOptions;
use crate::diff::Gate;
use crate::failure::Failure;
use crate::hir::Model;
use crate::input;
use crate::op::Unit;
use crate::report::Format as Output;
use crate::report::csv::Dialect;
use crate::report::order::Limit;
use crate::source::Sources;
use crate::store::Format;
use crate::time::{months_back, months_on};

/// What a run is asked for. Where something is `None` or empty it is not done, or is found out.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Where the rules are, for messages and the summary.
    pub rules: PathBuf,
    /// The records: files of one data set, or one table of a database.
    pub records: Vec<PathBuf>,
    /// How they are read.
    pub data: DataOptions,
    /// Where the scores go; standard output by default.
    pub output: Option<PathBuf>,
    /// Whether the scores are kept in memory, as Arrow, instead of written.
    pub keep: bool,
    /// Their format, where no ending says it; CSV by default.
    pub output_format: Option<Output>,
    /// How CSV is written where it is not for programs.
    pub csv_for: Option<Dialect>,
    /// Columns of the input to carry along.
    pub select: Vec<String>,
    /// A condition over input and output; only records for which it is true are written.
    pub filter: Option<String>,
    /// The score, or the added column, whose order the rows have: the greatest points first, the earliest date first.
    pub sort: Option<String>,
    /// Only so many rows, or such a share of them, in the order of `sort`, or else of the last score.
    pub top: Option<Limit>,
    /// Whether a column with the reasons of every score is added.
    pub explain: bool,
    /// Where the records go whose stage moves.
    pub moves: Option<PathBuf>,
    /// The rollups whose accounts are wanted, each with its file.
    pub rollups: Vec<(String, PathBuf)>,
    /// Whether key, lifecycle and stages have the CRM's own names.
    pub crm_names: bool,
    /// How many rows may have data errors.
    pub max_bad_rows: Option<MaxBadRows>,
    /// Where the rows with data errors go.
    pub rejects: Option<PathBuf>,
    /// Where the summary goes, as JSON.
    pub summary: Option<PathBuf>,
    /// Where the hits of every rule go, for editors.
    pub hits: Option<PathBuf>,
    /// Where the page goes.
    pub report: Option<PathBuf>,
    /// Whether the page lists excluded and held records too.
    pub report_all: bool,
    /// The output of an earlier run, to tell for each record what changed since then.
    pub compare: Option<PathBuf>,
    /// Whether only records are written whose results are not known to be those of that run, without columns of the comparison.
    pub changed_only: bool,
    /// Where the rules of that run are, for messages and the summary.
    pub previous_rules: Option<PathBuf>,
    /// The records of that run.
    pub previous_data: Vec<PathBuf>,
    /// The files of events of that run, each with the name of its list.
    pub previous_events: Vec<(String, String)>,
    /// The moment of that run.
    pub previous_as_of: Option<String>,
    /// How many records may have changed stage since that run; where more have, nothing is written.
    pub fail_if_moved: Option<Gate>,
    /// How far ahead changes of stage are looked for that come with time alone.
    pub forecast: Option<Ahead>,
    /// The store that the results are kept in.
    pub store: Option<StoreOptions>,
    /// How many threads read and score; as many as there are cores by default.
    pub threads: Option<usize>,
}

/// How results are kept in a store.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    /// Its address.
    pub address: String,
    /// How long changes are kept; for ever by default.
    pub keep: Option<Ahead>,
    /// Whether lifecycles of the store that the rules no longer have may be given up.
    pub new_lifecycles: bool,
    /// Where moves are sent.
    pub notify: Option<NotifyOptions>,
}

/// Where and how moves are sent.
#[derive(Clone, Default)]
pub struct NotifyOptions {
    /// The address of the webhook, which may be a secret.
    pub url: String,
    /// The format; that which the address is known for by default.
    pub format: Option<Format>,
    /// A condition over input and output: only moves of records for which it is true are sent.
    pub filter: Option<String>,
}

impl fmt::Debug for NotifyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotifyOptions").field("format", &self.format).field("filter", &self.filter).finish_non_exhaustive()
    }
}

/// How many rows may have data errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxBadRows {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}

impl MaxBadRows {
    /// Reads `100` or `5%`.
    ///
    /// # Errors
    /// How it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
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
pub struct Ahead {
    count: u32,
    unit: Unit,
}

/// A forecast looks at most so many days ahead.
const FURTHEST: i32 = 3660;

impl Ahead {
    /// Reads `30d`, `6 weeks`, `3 months`.
    ///
    /// # Errors
    /// How it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
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

    /// The first day of so long a time until a day.
    pub(super) fn first(self, until: i32) -> Option<i32> {
        let count = i64::from(self.count);
        match self.unit {
            Unit::Hours | Unit::Days => i32::try_from(i64::from(until) - count).ok(),
            Unit::Weeks => i32::try_from(i64::from(until) - 7 * count).ok(),
            Unit::Months => months_back(until, count),
            Unit::Years => months_back(until, 12 * count),
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

impl RunOptions {
    /// The flag that names the earlier run.
    pub(super) const fn compare_flag(&self) -> &'static str {
        if self.changed_only { "--changed-since" } else { "--compare" }
    }

    /// Refuses flags that cannot be meant together, before anything is read.
    pub(super) fn verify(&self) -> Result<(), Report> {
        if self.threads == Some(0) {
            return Err(Failure::new("--threads 0: there must be a thread to work")
                .help("leave the flag out to use all cores")
                .into());
        }
        let places = [&self.output, &self.moves, &self.rejects, &self.summary, &self.hits, &self.report];
        let rollups = self.rollups.iter().map(|(_, path)| path);
        let places: Vec<&PathBuf> = places.into_iter().flatten().chain(rollups).collect();
        for (at, place) in places.iter().enumerate() {
            if places.iter().skip(at + 1).any(|other| other == place) {
                return Err(Failure::new(format!("two outputs would be written to `{}`", place.display()))
                    .help("give each its own file")
                    .into());
            }
        }
        let moves = self.moves.as_deref().and_then(Output::of_ending);
        let accounts = self.rollups.iter().any(|(_, path)| Output::of_ending(path) == Some(Output::Csv));
        if self.csv_for.is_some() && self.format()? != Output::Csv && moves != Some(Output::Csv) && !accounts {
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
            ("--hits", &self.hits),
            ("--report", &self.report),
        ];
        let written: Vec<_> = outputs
            .into_iter()
            .filter_map(|(flag, path)| path.as_ref().map(|path| (flag, path)))
            .chain(self.rollups.iter().map(|(_, path)| ("--rollup", path)))
            .filter_map(|(flag, path)| same_file::Handle::from_path(path).ok().map(|handle| (flag, path, handle)))
            .collect();
        if written.is_empty() {
            return Ok(());
        }
        let events = self.data.events.iter().chain(&self.previous_events).map(|(_, path)| PathBuf::from(path));
        let rules = sources.flat_map(|s| s.iter().filter_map(|(_, file)| file.path().map(PathBuf::from)).collect::<Vec<_>>());
        let read = input::named_files(&self.records).into_iter().chain(input::named_files(&self.previous_data));
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
    pub(super) fn reading(&self, model: &Model) -> DataOptions {
        let outputs = model.scores.iter().map(|s| &s.name).chain(model.labels.iter().map(|l| &l.name));
        let outputs: Vec<&str> = outputs.chain(model.lifecycles.iter().map(|l| &l.name)).map(|name| &**name).collect();
        let is_output = |name: &str| outputs.contains(&name) && model.schema.find(name).is_none();
        let kept = self.data.allow_missing.iter().filter(|name| self.compare.is_none() || !is_output(name.trim()));
        DataOptions { allow_missing: kept.cloned().collect(), ..self.data.clone() }
    }

    /// The format of the main output.
    pub(super) fn format(&self) -> Result<Output, Report> {
        if self.keep {
            return Ok(Output::Arrow);
        }
        let of_ending = self.output.as_deref().and_then(Output::of_ending);
        match (of_ending, self.output_format) {
            (Some(format), _) => Ok(format),
            (None, Some(asked)) => Ok(asked),
            (None, None) => match &self.output {
                Some(path) if path.as_os_str() != "-" && path.extension().is_some() => {
                    Err(Failure::new(format!("the ending of `{}` says no format", path.display()))
                        .help(format!("end it with {}, or add --output-format", Output::ENDINGS))
                        .into())
                }
                Some(_) | None => Ok(Output::Csv),
            },
        }
    }

    /// How many threads to use.
    pub(super) fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok().map(std::num::NonZero::get)).unwrap_or(1)
    }
}

//! `lsrc run RULES DATA..`

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::Report;

use super::data::{DataArgs, pair};
use super::progress::Progress;
use super::{Failure, Status, Terminal, rules};
use crate::analysis::Configs;
use crate::diff::Gate;
use crate::hits;
use crate::program::RuleSet;
use crate::report::Format;
use crate::report::csv::Dialect;
use crate::report::order::Limit;
use crate::report::summary::{self, Style, Summary};
use crate::run::{self, Ahead, Host, MaxBadRows, NotifyOptions, Outcome, RunOptions, StoreOptions};
use crate::store;

/// Score records: points, labels and stage of every contact, and a summary
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc run score.lsr contacts.csv > scores.csv\n  lsrc run score.lsr contacts.csv -o scores.parquet --explain\n  \
                        lsrc run score.lsr contacts.csv --sort lead --top 100 --select Email\n  \
                        lsrc run score.lsr contacts.csv --moves to-sales.xlsx --select Email,Company\n  \
                        lsrc run score.lsr contacts.csv --top 10% -o call-today.csv --csv-for excel-fr\n  \
                        lsrc run score.lsr contacts.csv -o scores.csv --rollup account=accounts.csv"
)]
pub(super) struct Run {
    /// The rules: a .lsr file, or a .lsrb file of `lsrc compile`
    rules: PathBuf,
    /// The records: CSV, XLSX, JSON, JSON Lines, Parquet or Arrow, or - for standard input; several files are one data set
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Write the scores to this file; the extension selects the format: .csv, .xlsx, .jsonl, .parquet, .arrow
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format, if no extension selects it [default: csv]
    #[arg(long, value_name = "NAME")]
    output_format: Option<OutputFormat>,
    /// Write CSV as Excel opens it by a double click: `excel`, or `excel-fr` for where decimals have a comma
    #[arg(long, value_name = "excel[-LOCALE]", value_parser = dialect)]
    csv_for: Option<Dialect>,
    /// Add these columns of the input to the output
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    select: Vec<String>,
    /// Write only records for which this condition is true; it sees input and output
    #[arg(long = "where", value_name = "CONDITION")]
    filter: Option<String>,
    /// Sort by this score, or by a column of --compare or --forecast: the greatest points first, the earliest date first
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// Write only the first N or P% of the records, by --sort or by the last score
    #[arg(long, value_name = "N|P%", value_parser = top)]
    top: Option<Limit>,
    /// Add a column with the reasons of every score
    #[arg(long)]
    explain: bool,
    /// Write the records that change stage to this file, with scores, labels and reasons
    #[arg(long, value_name = "FILE")]
    moves: Option<PathBuf>,
    /// Write the accounts of a rollup to this file, as in `--rollup account=accounts.csv`; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = pair)]
    rollup: Vec<(String, String)>,
    /// Write headers and stages as they are in the data, for import into the CRM
    #[arg(long)]
    crm_names: bool,
    /// Stop if more than N rows, or more than P% of them, have data errors
    #[arg(long, value_name = "N|P%", value_parser = MaxBadRows::parse)]
    max_bad_rows: Option<MaxBadRows>,
    /// Write the rows with data errors to this CSV file, with the errors
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Write the summary to this JSON file
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write the hits of each rule to this JSON file; editors show them beside the rules
    #[arg(long, value_name = "FILE.json")]
    hits: Option<PathBuf>,
    /// Write a report page: distributions, moves, the effect of each rule, the top records
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// With --report: list excluded and held records too
    #[arg(long, requires = "report")]
    report_all: bool,
    /// Compare with the output of an earlier run, or with the last run kept in a store: what changed for each record
    #[arg(long, value_name = "PREVIOUS", group = "earlier")]
    compare: Option<PathBuf>,
    /// Write only records whose scores, labels or stages are not the same as in this output of an earlier run
    #[arg(long, value_name = "PREVIOUS", group = "earlier")]
    changed_since: Option<PathBuf>,
    /// With --compare: the rules of that run, to separate their effect
    #[arg(long, value_name = "RULES", requires = "earlier")]
    previous_rules: Option<PathBuf>,
    /// With --previous-rules: set a param of that run, as in `--previous-set sql_at=65`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = pair, requires = "previous_rules")]
    previous_set: Vec<(String, String)>,
    /// With --compare: the records of that run, to separate time from data; may be repeated
    #[arg(long, value_name = "DATA", requires_all = ["earlier", "previous_as_of"])]
    previous_data: Vec<PathBuf>,
    /// With --previous-data: an events file of that run
    #[arg(long, value_name = "LIST=FILE", value_parser = pair, requires = "previous_data")]
    previous_events: Vec<(String, String)>,
    /// With --previous-data: the as-of date of that run
    #[arg(long, value_name = "DATE", requires = "previous_data")]
    previous_as_of: Option<String>,
    /// With --compare: write nothing and exit with status 1 if more than N records, or more than P%, changed stage
    #[arg(long, value_name = "N|P%", value_parser = Gate::moved, allow_hyphen_values = true, requires = "earlier")]
    fail_if_moved: Option<Gate>,
    /// Forecast when each record changes stage if nothing new happens: 30d, 6 weeks, 3 months
    #[arg(long, value_name = "TIME", value_parser = Ahead::parse)]
    forecast: Option<Ahead>,
    /// Keep the results, and how they change, in this store: FILE.db or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// With --store: remove changes older than this, as in `--keep "2 years"` [default: keep all]
    #[arg(long, value_name = "TIME", value_parser = Ahead::parse, requires = "store")]
    keep: Option<Ahead>,
    /// With --store: give up lifecycles that the rules no longer have
    #[arg(long, requires = "store")]
    new_lifecycles: bool,
    /// With --store: send the moves of this run, and those not sent before, to this webhook
    #[arg(long, value_name = "URL", requires = "store")]
    notify: Option<String>,
    /// With --notify: the format of messages [default: from the address, else standard]
    #[arg(long, value_name = "slack|teams|standard", value_parser = notify_format, requires = "notify")]
    notify_format: Option<store::Format>,
    /// With --notify: send only moves of records for which this condition is true
    #[arg(long, value_name = "CONDITION", requires = "notify")]
    notify_where: Option<String>,
    /// The number of threads [default: the number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    data_args: DataArgs,
}

/// The formats of `--output-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
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

fn notify_format(text: &str) -> Result<store::Format, String> {
    match text {
        "slack" => Ok(store::Format::Slack),
        "teams" => Ok(store::Format::Teams),
        "standard" => Ok(store::Format::Standard),
        _other => Err("write slack, teams or standard".to_owned()),
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

impl Run {
    /// What the flags mean.
    fn options(&self) -> RunOptions {
        RunOptions {
            rules: self.rules.clone(),
            records: self.data.clone(),
            data: self.data_args.options(),
            output: self.output.clone(),
            output_format: self.output_format.map(OutputFormat::format),
            csv_for: self.csv_for,
            select: self.select.clone(),
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            top: self.top,
            explain: self.explain,
            moves: self.moves.clone(),
            rollups: self.rollup.iter().map(|(name, path)| (name.clone(), PathBuf::from(path))).collect(),
            crm_names: self.crm_names,
            max_bad_rows: self.max_bad_rows,
            rejects: self.rejects.clone(),
            summary: self.summary.clone(),
            hits: self.hits.clone(),
            report: self.report.clone(),
            report_all: self.report_all,
            compare: self.compare.clone().or_else(|| self.changed_since.clone()),
            changed_only: self.changed_since.is_some(),
            previous_rules: self.previous_rules.clone(),
            previous_data: self.previous_data.clone(),
            previous_events: self.previous_events.clone(),
            previous_as_of: self.previous_as_of.clone(),
            fail_if_moved: self.fail_if_moved.clone(),
            forecast: self.forecast,
            store: self.store.as_ref().map(|address| StoreOptions {
                address: address.clone(),
                keep: self.keep,
                new_lifecycles: self.new_lifecycles,
                notify: self.notify.as_ref().map(|url| NotifyOptions {
                    url: url.clone(),
                    format: self.notify_format,
                    filter: self.notify_where.clone(),
                }),
            }),
            threads: self.threads,
            ..RunOptions::default()
        }
    }

    /// The rules of the earlier run, where they are given.
    fn earlier_rules(&self, terminal: &Terminal) -> Result<Option<RuleSet>, Report> {
        let Some(path) = &self.previous_rules else { return Ok(None) };
        // What is set now held then too, unless it is said that it did not.
        let now = self.data_args.set.iter().filter(|(name, _)| !self.previous_set.iter().any(|(n, _)| n == name));
        let set: Vec<(String, String)> = now.chain(&self.previous_set).cloned().collect();
        let (program, model) = rules::right(path, &set, terminal)?;
        Ok(Some(RuleSet::of(program.sources, model)))
    }
}

pub(super) fn run(args: &Run, terminal: &Terminal) -> Result<Status, Report> {
    rules::in_order("run", &args.rules, &args.data)?;
    let mut options = args.options();
    if options.hits.is_none() && args.data_args.set.is_empty() {
        options.hits = hits_file(&args.rules, &args.data, terminal)?;
    }
    let order = run::Order::of(&options)?;
    let (program, model) = rules::right(&args.rules, &args.data_args.set, terminal)?;
    let rules = RuleSet::of(program.sources, model);
    let earlier = args.earlier_rules(terminal)?;
    // A compiled file is run as it is, unless its rules are asked for something else.
    let chunk = if args.data_args.set.is_empty() { rules::image(&args.rules)?.map(|image| image.chunk) } else { None };
    let host = Around::new(terminal);
    let Outcome { summary, refused, .. } =
        run::run(order, run::Rules { rules: &rules, earlier: earlier.as_ref(), chunk }, &host)?;
    say(terminal, &summary);
    match refused {
        Some(why) => {
            terminal.insist(&format!("{why}; nothing is written"));
            Ok(Status::No)
        }
        None => Ok(Status::Fine),
    }
}

/// Where editors read the hits of these data, if `lsrc.toml` names the same data for them.
fn hits_file(rules: &Path, data: &[PathBuf], terminal: &Terminal) -> Result<Option<PathBuf>, Report> {
    let config = Configs::on_disk(terminal.global.config.clone()).of(rules)?;
    let Some(own) = &config.editor.data else { return Ok(None) };
    let real =
        |paths: Vec<PathBuf>| -> Vec<PathBuf> { paths.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect() };
    let (own, data) = (real(own.paths(config.folder())), real(data.to_vec()));
    if own != data || own.is_empty() {
        return Ok(None);
    }
    let path = config.folder().join(hits::FILE);
    make_folder(config.folder())?;
    Ok(Some(path))
}

/// Makes the folder of what editors are shown in a project; git is told to leave it out.
pub(super) fn make_folder(root: &Path) -> Result<(), Failure> {
    let folder = root.join(hits::FOLDER);
    let made = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(".gitignore"), "*\n"));
    made.map_err(|error| Failure::writing(&folder, error))
}

fn say(terminal: &Terminal, summary: &Summary) {
    if terminal.is_quiet() {
        return;
    }
    let style = Style { color: terminal.err_color, unicode: terminal.unicode, width: terminal.width };
    terminal.say(summary::text(summary, style).trim_end());
}

/// The terminal and the environment of the command.
pub(super) struct Around<'a> {
    terminal: &'a Terminal,
    progress: OnceCell<Progress>,
}

impl<'a> Around<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, progress: OnceCell::new() }
    }
}

impl Host for Around<'_> {
    fn advance(&self, records: u64, share: Option<f64>) {
        self.progress.get_or_init(|| Progress::new(self.terminal)).advance(records, share);
    }

    fn finish(&self) {
        if let Some(progress) = self.progress.get() {
            progress.finish();
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

//! `lsrc history STORE`

use clap::{Args, ValueEnum};
use miette::Report;

use super::run::Around;
use super::{Status, Terminal};
use crate::report::history::HistoryFormat;
use crate::report::summary::Style;
use crate::run::{self, HistoryOptions};

/// Show how results in a store changed, and why
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc history scores.db ann@a.example\n  lsrc history scores.db --moves --since 2026-03-01\n  \
                        lsrc history scores.db --moves --where 'lifecycle_stage is sql' --format csv"
)]
pub(super) struct History {
    /// The store of `lsrc run --store`: FILE.db or postgres://USER@HOST/DATABASE
    store: String,
    /// The key of one record
    key: Option<String>,
    /// Only changes of stage
    #[arg(long)]
    moves: bool,
    /// Only changes of this day and later
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only changes for which this condition is true; it sees the record's results, `what`, `was`, `became` and `cause`
    #[arg(long = "where", value_name = "CONDITION")]
    filter: Option<String>,
    /// The format
    #[arg(long, value_enum, default_value = "text", value_name = "text|json|csv", hide_possible_values = true)]
    format: Format,
    /// Remove the record, its changes and its messages from the store
    #[arg(long, requires = "key", conflicts_with_all = ["moves", "since", "filter"])]
    forget: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

pub(super) fn run(args: &History, terminal: &Terminal) -> Result<Status, Report> {
    let host = Around::new(terminal);
    if let (true, Some(key)) = (args.forget, &args.key) {
        run::forget(&args.store, key, &host)?;
        terminal.say("1 record removed");
        return Ok(Status::Fine);
    }
    let options = HistoryOptions {
        store: args.store.clone(),
        key: args.key.clone(),
        moves: args.moves,
        since: args.since.clone(),
        filter: args.filter.clone(),
        format: match args.format {
            Format::Text => HistoryFormat::Text,
            Format::Json => HistoryFormat::Json,
            Format::Csv => HistoryFormat::Csv,
        },
    };
    let style = Style { color: terminal.out_color, unicode: terminal.unicode, width: terminal.width };
    run::history(&options, style, &mut terminal.out(), &host)?;
    Ok(Status::Fine)
}

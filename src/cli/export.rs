//! `lsrc export hubspot`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use miette::Report;

use super::failure::Reported;
use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::hubspot::{self, Refusal, Wish};
use crate::input::import as fields;
use crate::report::plain::of;
use crate::source::Sources;

/// Write rules as the scoring of another tool
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc export hubspot score.lsr -o draft.json\n  lsrc export hubspot score.lsr --properties properties.json --scores-only"
)]
pub(super) struct Export {
    #[command(subcommand)]
    to: To,
}

#[derive(Debug, Subcommand)]
enum To {
    Hubspot(Box<Hubspot>),
}

/// Write rules as a scoring draft of HubSpot's Lead Scoring API
///
/// The draft has the points of the rules exactly, or nothing is written. Reasons and tests have no place in it.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 the draft was written, 2 HubSpot cannot say a part of the rules.")]
struct Hubspot {
    /// The rules, or - for standard input
    rules: PathBuf,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The portal's properties, as `lsrc schema import` reads them: internal names and values
    #[arg(long, value_name = "FILE")]
    properties: Option<PathBuf>,
    /// The name of the score in HubSpot [default: the name of the rules file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The score that says who a record is [default: fit]
    #[arg(long, value_name = "SCORE")]
    fit: Option<String>,
    /// The score that says what a record does [default: engagement]
    #[arg(long, value_name = "SCORE")]
    engagement: Option<String>,
    /// HubSpot's type of an event list, as in `--event-type page_view=4-96000`
    #[arg(long, value_name = "LIST=TYPE", value_parser = super::data::pair)]
    event_type: Vec<(String, String)>,
    /// Leave out lifecycles, and what HubSpot cannot make of scores and labels after its two categories
    #[arg(long)]
    scores_only: bool,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = super::data::pair)]
    set: Vec<(String, String)>,
}

pub(super) fn run(args: &Export, terminal: &Terminal) -> Result<Status, Report> {
    match &args.to {
        To::Hubspot(args) => hubspot(args, terminal),
    }
}

fn hubspot(args: &Hubspot, terminal: &Terminal) -> Result<Status, Report> {
    let (program, model) = rules::right(&args.rules, &args.set, terminal)?;
    let known = args.properties.as_deref().map(fields::read).transpose()?;
    let stem = args.rules.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|stem| stem != "-");
    let wish = Wish {
        name: args.name.clone().or(stem).unwrap_or_else(|| "Lead score".to_owned()),
        fit: args.fit.as_deref(),
        engagement: args.engagement.as_deref(),
        events: &args.event_type,
        fields: known.as_ref().map(|(_, fields)| fields.as_slice()),
        scores_only: args.scores_only,
    };
    let exported = match hubspot::export(&model, &wish) {
        Ok(exported) => exported,
        Err(refusals) => return Err(refused(&refusals, &program.sources, terminal)),
    };
    let mut text =
        serde_json::to_string_pretty(&exported.draft).map_err(|e| Failure::new("the draft cannot be written").because(e))?;
    text.push('\n');
    match &args.output {
        None => terminal.print(&text)?,
        Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?,
    }
    let mut said = format!("{} exported", of(exported.rules as u64, "rule", "rules"));
    if !exported.left_out.is_empty() {
        said.push_str(&format!("; HubSpot has no place for {}", exported.left_out.join(", ")));
    }
    terminal.say(&args.output.as_ref().map_or_else(|| said.clone(), |path| format!("`{}`: {said}", path.display())));
    Ok(Status::Fine)
}

/// Tells every place that HubSpot cannot say, and the nearest thing that it can.
fn refused(refusals: &[Refusal], sources: &Sources, terminal: &Terminal) -> Report {
    let failure = Failure::new(format!(
        "nothing was written: HubSpot cannot say {} of the rules",
        of(refusals.len() as u64, "part", "parts")
    ))
    .help("change these lines, or keep scoring with lsrc and write the results with `lsrc push hubspot`");
    terminal.fail(&failure.into());
    for refusal in refusals {
        let place = sources.place(refusal.span);
        let mut line = format!("  {}:{}:{}: {}", sources.name(refusal.span), place.line, place.column, refusal.reason);
        if let Some(instead) = &refusal.instead {
            line.push_str(&format!("\n    instead: {instead}"));
        }
        terminal.insist(&line);
    }
    Reported.into()
}

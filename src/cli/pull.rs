//! `lsrc pull hubspot`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use miette::Report;

use super::portal::{Around, Connection};
use super::{Failure, Status, Terminal, rules};
use crate::portal::{Portal, PullOptions, Pulled, pull};
use crate::report::plain::of;
use crate::warehouse::Address;

/// Read contacts from a CRM into a file
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc pull hubspot --rules score.lsr -o contacts.csv\n  lsrc pull hubspot --rules score.lsr -o contacts.csv --full"
)]
pub(super) struct Pull {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    Hubspot(Box<Hubspot>),
}

/// Read contacts from HubSpot, with the properties that the rules need
///
/// The first pull reads all contacts; later ones read what changed since. A pull that was interrupted goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 the file was written, 2 an error.")]
struct Hubspot {
    /// The rules; what they need is read
    #[arg(long, value_name = "RULES")]
    rules: PathBuf,
    /// The file to write; the extension selects the format: .csv, .jsonl
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Where the contacts are kept between pulls [default: the output with .pull at its end]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Read all contacts again
    #[arg(long)]
    full: bool,
    /// Properties that HubSpot may lack, or `all`
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    allow_missing: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(args: &Pull, terminal: &Terminal) -> Result<Status, Report> {
    match &args.from {
        From::Hubspot(args) => hubspot(args, terminal),
    }
}

fn hubspot(args: &Hubspot, terminal: &Terminal) -> Result<Status, Report> {
    let ending = args.output.extension().map(|ending| ending.to_ascii_lowercase()).unwrap_or_default();
    let database = args.output.to_str().and_then(Address::parse).is_some();
    if database || (ending != "csv" && ending != "jsonl") {
        return Err(Failure::new(format!("`{}`: contacts are written as CSV or JSON Lines", args.output.display()))
            .help("name a file that ends in .csv or .jsonl")
            .into());
    }
    let settings = args.connection.settings()?;
    let (_, model) = rules::right(&args.rules, &[], terminal)?;
    let state = args.state.clone().unwrap_or_else(|| {
        let mut name = args.output.clone().into_os_string();
        name.push(".pull");
        PathBuf::from(name)
    });
    let host = Around::new(terminal);
    let portal = Portal::open(settings, args.connection.portal, &host)?;
    let options = PullOptions { output: &args.output, state: &state, full: args.full, allow_missing: &args.allow_missing };
    let pulled = pull(&portal, &model, options);
    host.finish();
    let pulled = pulled?;
    terminal.say(&said(&pulled, portal.account.portal, &args.output.display().to_string()));
    terminal.say_more(&of(portal.requests(), "request", "requests"));
    Ok(Status::Fine)
}

fn said(pulled: &Pulled, portal: u64, output: &str) -> String {
    let contacts = of(pulled.contacts, "contact", "contacts");
    let properties = of(pulled.properties, "property", "properties");
    let mut said = format!("`{output}`: {contacts} of the HubSpot account {portal}, {properties}");
    let read = crate::report::plain::count(pulled.read);
    if pulled.other_properties {
        said.push_str("; the rules need other properties than at the last pull, so all contacts were read again");
    } else if pulled.incremental {
        said.push_str(&format!("; {read} changed since the last pull, {} deleted or merged", pulled.gone));
    } else if pulled.resumed {
        said.push_str(&format!("; {read} read after the interruption"));
    }
    if !pulled.lacking.is_empty() {
        said.push_str(&format!("\nHubSpot lacks {}", pulled.lacking.join(", ")));
    }
    said
}

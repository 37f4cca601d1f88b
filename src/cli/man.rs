//! `lsrc man`

use clap::Args;
use miette::{IntoDiagnostic, Report};

use super::{Status, Terminal, command_line};

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc man | man -l -\n  lsrc man check > lsrc-check.1")]
pub(super) struct Man {
    /// The command [default: `lsrc` itself]
    command: Option<String>,
}

pub(super) fn run(args: &Man, terminal: &Terminal) -> Result<Status, Report> {
    let mut whole = command_line();
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                return Err(super::Failure::new(format!("there is no command `{name}`")).help("`lsrc --help` lists them").into());
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text).into_diagnostic()?;
    terminal.print(&String::from_utf8_lossy(&text))?;
    Ok(Status::Fine)
}

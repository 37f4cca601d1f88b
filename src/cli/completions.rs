//! `lsrc completions SHELL`

use clap::Args;
use miette::Report;

use super::{Status, Terminal, command_line};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lsrc completions bash > ~/.local/share/bash-completion/completions/lsrc")]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Completions, terminal: &Terminal) -> Result<Status, Report> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "lsrc", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Status::Fine)
}

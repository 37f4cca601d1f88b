//! `lsrc disasm FILE`

use std::path::PathBuf;

use clap::Args;
use miette::Report;

use super::{Status, Terminal, rules};
use crate::bytecode::listing;
use crate::program::{RuleSet, Wanted};

/// Print the bytecode of rules
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc disasm score.lsrb\n  lsrc disasm score.lsr")]
pub(super) struct Disasm {
    /// A .lsrb file, or rules to compile first
    file: PathBuf,
}

pub(super) fn run(args: &Disasm, terminal: &Terminal) -> Result<Status, Report> {
    let image = rules::image(&args.file)?;
    let (program, model) = rules::right(&args.file, &[], terminal)?;
    let rules = RuleSet::of(program.sources, model);
    let text = match image {
        Some(image) => listing(&image.chunk, rules.sources()),
        None => listing(rules.compile(&Wanted::default()).chunk(), rules.sources()),
    };
    terminal.show(&text)?;
    Ok(Status::Fine)
}

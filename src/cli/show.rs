//! `lsrc show RULES`: the model as a table of points that people can read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::{Status, Target, Terminal, rules};
use crate::report::sheet::{self, Sheet};

/// Print the rules as tables: who gets how many points, and why
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc show score.lsr\n  lsrc show score.lsr --format html=model.html --format csv=model.csv")]
pub(super) struct Show {
    /// The rule file, or - for standard input
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// text, md, html or csv; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Markdown
    Md,
    /// One page
    Html,
    /// One row a rule, for a spreadsheet
    Csv,
}

pub(super) fn run(args: &Show, terminal: &Terminal) -> Result<Status, Report> {
    let (program, model) = rules::right(&args.rules, &[], terminal)?;
    let sheet = Sheet::of(&model, &program.sources, &args.rules.display().to_string());
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let text = match target.format {
            Format::Text => {
                let width = if target.file.is_none() { terminal.width } else { 100 };
                sheet::text(&sheet, width, terminal.unicode, target.file.is_none() && terminal.out_color)
            }
            Format::Md => sheet::markdown(&sheet),
            Format::Html => sheet::html(&sheet),
            Format::Csv => sheet::csv(&sheet),
        };
        target.write(&crate::diag::render::harmless(&text), terminal)?;
    }
    Ok(Status::Fine)
}

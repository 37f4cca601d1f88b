//! `lsrc compile RULES [-o FILE]`

use std::path::PathBuf;

use clap::Args;
use miette::Report;

use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::bytecode::{Image, SourceText};
use crate::program::{RuleSet, Wanted};

/// Compile rules to one file that commands take in place of the rules
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc compile score.lsr\n  lsrc compile score.lsr -o build/score.lsrb --set sql_at=70")]
pub(super) struct Compile {
    /// The rules, or - for standard input
    rules: PathBuf,
    /// The file to write [default: next to the rules, with the extension .lsrb]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = super::data::pair)]
    set: Vec<(String, String)>,
}

pub(super) fn run(args: &Compile, terminal: &Terminal) -> Result<Status, Report> {
    let place = match &args.output {
        Some(path) => path.clone(),
        None if args.rules.as_os_str() == "-" => {
            return Err(Failure::new("rules from standard input have no file to be written beside")
                .help("name the file with -o FILE")
                .into());
        }
        None => args.rules.with_extension("lsrb"),
    };
    let (program, model) = rules::right(&args.rules, &args.set, terminal)?;
    let sources = program.sources.iter().map(|(_, file)| SourceText {
        name: file.name().to_owned(),
        path: file.path().map(|p| p.to_string_lossy().into_owned()),
        text: file.text().clone(),
    });
    let sources = sources.collect();
    let compiled = RuleSet::of(program.sources, model).compile(&Wanted::default());
    let image = Image { chunk: (**compiled.chunk()).clone(), sources, set: args.set.clone() };
    let bytes = image.to_bytes().map_err(Report::new)?;
    AtomicFile::write(&place, &bytes).map_err(|e| Failure::writing(&place, e))?;
    terminal.say(&format!("{}: {} bytes", place.display(), bytes.len()));
    Ok(Status::Fine)
}

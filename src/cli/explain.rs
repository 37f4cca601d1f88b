//! `lsrc explain CODE|NAME`

use clap::{Args, ValueEnum};
use miette::Report;

use super::{Failure, Status, Target, Terminal};
use crate::diag::Code;
use crate::report::finding;

/// Explain a finding: what it means, why it matters, and how to fix it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc explain band-gap\n  lsrc explain LSR0301\n  lsrc explain --all --format md > findings.md"
)]
pub(super) struct Explain {
    /// The name or code of the finding
    #[arg(required_unless_present = "all")]
    code: Option<String>,
    /// Print every page
    #[arg(long, conflicts_with = "code")]
    all: bool,
    /// text, md or json [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal.
    Text,
    /// Markdown.
    Md,
    /// One document for programs.
    Json,
}

pub(super) fn run(args: &Explain, terminal: &Terminal) -> Result<Status, Report> {
    let codes: Vec<Code> = match &args.code {
        Some(word) => vec![Code::find(word).ok_or_else(|| unknown(word))?],
        None => Code::ALL.to_vec(),
    };
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let text = match target.format {
            Format::Text => finding::text(&codes, target.file.is_none() && terminal.out_color, terminal.width.min(100)),
            Format::Md => codes.iter().map(|c| c.page().trim_end()).collect::<Vec<_>>().join("\n\n") + "\n",
            Format::Json => finding::json(&codes),
        };
        target.write(&text, terminal)?;
    }
    Ok(Status::Fine)
}

/// The nearest names for a word that is none.
fn unknown(word: &str) -> Failure {
    let folded = word.to_ascii_lowercase();
    let near = |name: &str| strsim::damerau_levenshtein(name, &folded);
    let mut names: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
    names.sort_by_key(|name| (!name.contains(&folded), near(name)));
    let close: Vec<String> = names
        .iter()
        .filter(|name| name.contains(&folded) || near(name) <= 3.max(folded.len() / 3))
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    let failure = Failure::new(format!("there is no finding `{word}`"));
    if close.is_empty() {
        failure.help("`lsrc explain --all` shows all of them")
    } else {
        failure.help(format!("did you mean {}?", close.join(" or ")))
    }
}

//! `lsrc init [DIR]`: a project to start from.

mod from;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;

use super::data::ReadArgs;
use super::{AtomicFile, Failure, Status, Terminal};

/// Create a project: schema, rules, tests, sample data, configuration, CI workflow
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc init my-model\n  lsrc init my-model --from export.csv\n  cd my-model && lsrc check . && lsrc run score.lsr contacts.csv"
)]
pub(super) struct Init {
    /// The folder; created if it does not exist
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Infer the schema from this file; the file itself is not copied
    #[arg(long, value_name = "DATA")]
    from: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// With --from: learn the first rules from what this condition says converted
    #[arg(long, value_name = "CONDITION", requires = "from")]
    outcome: Option<String>,
}

/// A file of the project: its path and what it holds.
type Content = (&'static str, &'static str);

const PROJECT: &[Content] = &[
    ("contact.lsr", include_str!("project/contact.lsr")),
    ("score.lsr", include_str!("project/score.lsr")),
    ("tests.lsr", include_str!("project/tests.lsr")),
    ("contacts.csv", include_str!("project/contacts.csv")),
    ("lsrc.toml", include_str!("project/lsrc.toml")),
    (".gitattributes", include_str!("project/gitattributes")),
    ("README.md", include_str!("project/README.md")),
    (".github/workflows/lsrc.yml", include_str!("project/workflows/lsrc.yml")),
];

pub(super) fn run(args: &Init, terminal: &Terminal) -> Result<Status, Report> {
    let files = match &args.from {
        None => PROJECT.iter().map(|(path, text)| (*path, (*text).to_owned())).collect(),
        Some(data) => with_own_rules(data, args, terminal)?,
    };
    let there: Vec<&str> = files.iter().map(|(path, _)| *path).filter(|path| args.folder.join(path).exists()).collect();
    let shown = args.folder.display();
    if !there.is_empty() {
        return Err(Failure::new(format!("`{shown}` already holds {}; nothing was written", there.join(", ")))
            .help("name an empty folder: `lsrc init my-model`")
            .into());
    }
    for (path, text) in &files {
        write(&args.folder.join(path), text)?;
        terminal.print(&format!("{}\n", args.folder.join(path).display()))?;
    }
    terminal.say(&format!("created a project in `{shown}`; next: run `lsrc check {shown}`, then read score.lsr"));
    if let Some(data) = &args.from {
        let rules = args.folder.join("score.lsr");
        let (rules, data) = (word(&rules.to_string_lossy()), word(&data.to_string_lossy()));
        terminal.say(&format!("to score your data: `lsrc run {rules} {data}{}`", args.read.flags()));
    }
    Ok(Status::Fine)
}

/// The project with rules from data in the place of the sample's, and without sample data.
fn with_own_rules(data: &Path, args: &Init, terminal: &Terminal) -> Result<Vec<(&'static str, String)>, Report> {
    let own = match &args.outcome {
        None => from::project(data, &args.read)?,
        Some(outcome) => from::learned(data, &args.read, outcome, terminal)?,
    };
    let name = word(&data.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
    let name = format!("{name}{}", args.read.flags());
    let rest = PROJECT.iter().filter(|(path, _)| !path.ends_with(".lsr") && *path != "contacts.csv").map(|(path, text)| {
        let lines = text.lines().filter(|line| {
            !line.starts_with("| `contacts.csv`") && !line.contains("lsrc why") && !line.contains("as of 2026-01-15")
        });
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        let text = text.replace(" --as-of 2026-01-15", "").replace("contacts.csv ", &format!("{name} "));
        (*path, format!("{}\n", text.trim_end()))
    });
    Ok(own.into_iter().chain(rest).collect())
}

/// A word of a command line, in quotes where it needs them.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '\\' | ':' | '+' | '=' | ',');
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn write(path: &Path, text: &str) -> Result<(), Report> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| Failure::writing(folder, e))?;
    }
    AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e).into())
}

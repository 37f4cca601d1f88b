//! `lsrc init [DIR]`: a project to start from.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::Report;

use super::{AtomicFile, Failure, Status, Terminal};

/// A starting project: schema, rules, tests, sample data, configuration and a CI workflow; nothing is overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc init my-model\n  cd my-model && lsrc check . && lsrc run score.lsr contacts.csv")]
pub(super) struct Init {
    /// The folder, made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// A file of the project: its path and what it holds.
type Content = (&'static str, &'static str);

const PROJECT: &[Content] = &[
    ("contact.lsr", include_str!("project/contact.lsr")),
    ("score.lsr", include_str!("project/score.lsr")),
    ("tests.lsr", include_str!("project/tests.lsr")),
    ("contacts.csv", include_str!("project/contacts.csv")),
    ("lsrc.toml", include_str!("project/lsrc.toml")),
    ("README.md", include_str!("project/README.md")),
    (".github/workflows/lsrc.yml", include_str!("project/workflows/lsrc.yml")),
];

pub(super) fn run(args: &Init, terminal: &Terminal) -> Result<Status, Report> {
    let there: Vec<&str> = PROJECT.iter().map(|(path, _)| *path).filter(|path| args.folder.join(path).exists()).collect();
    if !there.is_empty() {
        let shown = args.folder.display();
        return Err(Failure::new(format!("`{shown}` already holds {}; nothing was written", there.join(", ")))
            .help("name an empty folder: `lsrc init my-model`")
            .into());
    }
    for (path, text) in PROJECT {
        write(&args.folder.join(path), text)?;
        terminal.print(&format!("{}\n", args.folder.join(path).display()))?;
    }
    let shown = args.folder.display();
    terminal.say(&format!("a project in `{shown}`; next: `lsrc check {shown}`, then read score.lsr"));
    Ok(Status::Fine)
}

fn write(path: &Path, text: &str) -> Result<(), Report> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| Failure::writing(folder, e))?;
    }
    AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e).into())
}

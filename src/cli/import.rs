//! `lsrc import hubspot`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use miette::Report;

use super::{AtomicFile, Failure, Status, Terminal};
use crate::format;
use crate::hubspot::{self, Criterion, Draft, Imported, Lists};
use crate::input::import as fields;
use crate::invariant::Sure as _;
use crate::invariant::SureAt as _;
use crate::report::plain::of;
use crate::source::{SourceFile, Sources};
use crate::syntax;

/// Write rules from the scoring of another tool
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc import hubspot score.json -o score.lsr\n  lsrc import hubspot score.json --properties properties.json --lists lists.json"
)]
pub(super) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    Hubspot(Hubspot),
}

/// Write rules from a scoring draft of HubSpot, or from a table of criteria
///
/// What the language cannot say stays in the file as a comment with the reason.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 everything was imported, 1 some rules were not, 2 the draft could not be read.")]
struct Hubspot {
    /// The draft, as the API answers it, or a table (CSV, Excel) with the columns criterion, value and points
    #[arg(value_name = "SCORE")]
    score: PathBuf,
    /// The portal's properties, as `lsrc schema import` reads them: types, labels and options
    #[arg(long, value_name = "FILE")]
    properties: Option<PathBuf>,
    /// The portal's segments (lists) as JSON: their names by `listId`
    #[arg(long, value_name = "FILE")]
    lists: Option<PathBuf>,
    /// Write the rules into this file; it must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Import, terminal: &Terminal) -> Result<Status, Report> {
    match &args.from {
        From::Hubspot(args) => hubspot(args, terminal),
    }
}

fn hubspot(args: &Hubspot, terminal: &Terminal) -> Result<Status, Report> {
    if let Some(path) = args.output.as_deref().filter(|path| path.exists()) {
        return Err(Failure::new(format!("`{}` exists already; nothing was written", path.display()))
            .help("name another file, or remove it first")
            .into());
    }
    let imported = match criteria(&args.score)? {
        Some(rows) => {
            hubspot::import_table(&args.score.file_name().sure("a file that was read has a name").to_string_lossy(), &rows)
        }
        None => draft(args)?,
    };
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new("imported rules", None, imported.rules.as_str()));
    let text = format::format(&syntax::parse(id, &imported.rules), &imported.rules);
    match &args.output {
        None => terminal.print(&text)?,
        Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?,
    }
    report(&imported, args.output.as_deref(), terminal);
    Ok(if imported.left.is_empty() { Status::Fine } else { Status::No })
}

fn draft(args: &Hubspot) -> Result<Imported, Report> {
    let refused = |e: hubspot::DraftError| {
        let line = e.line.map_or_else(String::new, |line| format!(":{line}"));
        Failure::new(format!("`{}{line}` cannot be imported: {e}", args.score.display()))
            .help("save the answer of the Lead Scoring API for one score; it has `groupConfigs`")
    };
    let draft = Draft::read(&read(&args.score)?).map_err(refused)?;
    let known = args.properties.as_deref().map(fields::read).transpose()?;
    let lists = args.lists.as_deref().map(lists).transpose()?.unwrap_or_default();
    Ok(hubspot::import(&draft, known.as_ref().map(|(_, fields)| fields.as_slice()), &lists).map_err(refused)?)
}

/// The rows of a table of criteria; `None` for JSON.
fn criteria(path: &Path) -> Result<Option<Vec<Criterion>>, Report> {
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if json {
        return Ok(None);
    }
    let table = fields::Table::read(path)?;
    let column = |names: &[&str]| {
        table.column(names).ok_or_else(|| {
            Failure::new(format!("`{}` has no column `{}`", path.display(), names.sure_at(0)))
                .help("a table of criteria has the columns criterion, value and points; a scoring draft is a .json file")
        })
    };
    let criterion = column(&["criterion", "criteria", "attribute", "property", "field"])?;
    let value = column(&["value", "answer", "condition"])?;
    let points = column(&["points", "score"])?;
    let cell = |column, row| fields::cell(Some(column), row);
    let rows = (0..table.rows()).map(|row| Criterion {
        line: row + 2,
        criterion: cell(criterion, row),
        value: cell(value, row),
        points: cell(points, row),
    });
    Ok(Some(rows.collect()))
}

fn report(imported: &Imported, output: Option<&Path>, terminal: &Terminal) {
    let Imported { imported: rules, off, review, left, .. } = imported;
    let mut said = format!("{} imported", of(*rules as u64, "rule", "rules"));
    if *off > 0 {
        said.push_str(&format!(", {off} turned off in HubSpot and kept as comments"));
    }
    if *review > 0 {
        said.push_str(&format!(", {review} to review"));
    }
    if !left.is_empty() {
        said.push_str(&format!(", {} not imported", left.len()));
    }
    if let Some(path) = output {
        said = format!("`{}`: {said}", path.display());
    }
    terminal.say(&said);
    for (place, reason) in left {
        terminal.say(&format!("  {place}: {reason}"));
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|e| Failure::reading(path, e))
}

/// The names of segments: a list of objects with `listId` and `name`, alone or under `lists` or `results`.
fn lists(path: &Path) -> Result<Lists, Failure> {
    let broken = |what: &str| {
        Failure::new(format!("`{}` is not a list of segments: {what}", path.display()))
            .help("save the answer of `GET /crm/lists/2026-09/`: objects with `listId` and `name`")
    };
    let whole: serde_json::Value = serde_json::from_str(&read(path)?).map_err(|e| broken("it is not JSON").because(e))?;
    let entries = whole.get("lists").or_else(|| whole.get("results")).unwrap_or(&whole);
    let entries = entries.as_array().ok_or_else(|| broken("it has no list under `lists` or `results`"))?;
    let mut names = Lists::new();
    for entry in entries {
        let id = entry.get("listId").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let name = entry.get("name").and_then(serde_json::Value::as_str);
        let (Some(id), Some(name)) = (id, name) else { return Err(broken("an entry has no `listId` or no `name`")) };
        names.insert(id, name.to_owned());
    }
    Ok(names)
}

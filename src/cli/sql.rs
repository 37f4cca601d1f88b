//! `lsrc sql RULES`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::hir::{AsOf, Model};
use crate::report::dbt;
use crate::run::rollup_named;
use crate::schema::{EventId, RelatedId};
use crate::sql::{self, DialectName, Refusal, Request, Shape};
use crate::text::nearest;

/// Write the rules as one SQL query that gives the output of `run` in a database
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc sql score.lsr --dialect postgres --table crm.contacts --as-of now\n  lsrc sql score.lsr --dialect duckdb --events page_view=views --as-of 2026-01-15 -o score.sql"
)]
pub(super) struct Sql {
    /// The rules, or - for standard input
    rules: PathBuf,
    /// The SQL dialect
    #[arg(long, value_name = "NAME", value_parser = dialect)]
    dialect: DialectName,
    /// The table of the records, as in `crm.contacts` [default: the name of the schema with an s]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The table of an event list, as in `--events page_view=views` [default: the name of the list]
    #[arg(long, value_name = "LIST=TABLE", value_parser = super::data::pair)]
    events: Vec<(String, String)>,
    /// The table of a related record, as in `--related company=companies` [default: the name of the record]
    #[arg(long, value_name = "NAME=TABLE", value_parser = super::data::pair)]
    related: Vec<(String, String)>,
    /// Score as of this moment: a date (its end), a date-time, or `now` for the clock of the database [default: now]
    #[arg(long, value_name = "DATE|now")]
    as_of: Option<String>,
    /// What to write
    #[arg(long = "as", value_enum, value_name = "SHAPE", default_value = "select")]
    shape: ShapeName,
    /// The name of the view, table or model [default: the name of the rules file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write the query of the accounts of this rollup instead
    #[arg(long, value_name = "NAME", conflicts_with = "explain")]
    rollup: Option<String>,
    /// Add a column with the reasons of every score
    #[arg(long)]
    explain: bool,
    /// The file to write, or with `--as dbt` the folder of the project [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Set a param, as in `--set sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = super::data::pair)]
    set: Vec<(String, String)>,
}

/// The shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShapeName {
    /// The query alone
    Select,
    /// A view
    View,
    /// A table
    Table,
    /// A dbt model
    Dbt,
}

fn dialect(name: &str) -> Result<DialectName, String> {
    DialectName::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| {
        let names: Vec<&str> = DialectName::ALL.iter().map(|d| d.name()).collect();
        format!("the dialects are {}", names.join(", "))
    })
}

pub(super) fn run(args: &Sql, terminal: &Terminal) -> Result<Status, Report> {
    let (program, model) = rules::right(&args.rules, &args.set, terminal)?;
    let request = request(args, &model)?;
    let refused = |refusal: Refusal| {
        let place = program.sources.place(refusal.span);
        let at = format!("{}:{}:{}", program.sources.name(refusal.span), place.line, place.column);
        Failure::new(format!("{at}: {} cannot compute {} as the rules mean it", request.dialect.name(), refusal.construct)).help(
            "write the rule in a different way, or score with `lsrc run`; docs/reference/sql.md says what each dialect lacks",
        )
    };
    let rollup = args.rollup.as_deref().map(|name| rollup_named(&model, name)).transpose()?;
    if request.shape == Shape::Dbt && rollup.is_none() {
        return project(args, &dbt::files(&model, &program.sources, &request).map_err(refused)?, &request.name, terminal);
    }
    let is_file = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "sql");
    if request.shape == Shape::Dbt && args.output.as_ref().is_some_and(|path| !is_file(path)) {
        return Err(Failure::new("--as dbt: a project has a model for every rollup")
            .help("leave `--rollup` out, or write the one model to a file, as in `-o accounts.sql`")
            .into());
    }
    let text = match rollup {
        Some(rollup) => sql::write_rollup(&model, rollup, &program.sources, &request),
        None => sql::write(&model, &program.sources, &request),
    };
    let text = text.map_err(refused)?;
    match &args.output {
        Some(path) => AtomicFile::write(path, text.as_bytes()).map_err(|e| Failure::writing(path, e))?,
        None => terminal.print(&text)?,
    }
    Ok(Status::Fine)
}

/// Writes a dbt model: into a folder with its properties, or alone.
fn project(args: &Sql, files: &dbt::Files, name: &str, terminal: &Terminal) -> Result<Status, Report> {
    let Some(folder) = &args.output else {
        terminal.print(&files.model)?;
        return Ok(Status::Fine);
    };
    if folder.extension().is_some_and(|ending| ending == "sql") {
        AtomicFile::write(folder, files.model.as_bytes()).map_err(|e| Failure::writing(folder, e))?;
        return Ok(Status::Fine);
    }
    let models = folder.join("models");
    std::fs::create_dir_all(&models).map_err(|e| Failure::writing(&models, e))?;
    let own = [(format!("{name}.sql"), &files.model), (format!("{name}.yml"), &files.properties)];
    let rollups = files.rollups.iter().map(|(name, text)| (format!("{name}.sql"), text));
    for (file, text) in own.into_iter().chain(rollups) {
        let path = models.join(file);
        AtomicFile::write(&path, text.as_bytes()).map_err(|e| Failure::writing(&path, e))?;
        terminal.say(&format!("wrote {}", path.display()));
    }
    Ok(Status::Fine)
}

/// The name of a dbt model, which is the name of its file and of what it makes.
fn dbt_name(name: String) -> Result<String, Failure> {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        return Ok(name);
    }
    Err(Failure::new(format!("`{name}` is not a name for a dbt model"))
        .help("name it with letters, digits and underscores, as in --name lead_scores"))
}

fn request(args: &Sql, model: &Model) -> Result<Request, Report> {
    let schema = &model.schema;
    let as_of = match args.as_of.as_deref() {
        None | Some("now") => None,
        Some(text) => Some(AsOf::parse(text, &schema.zone).map_err(|why| {
            Failure::new(format!("--as-of: {why}")).help("write it as 2026-01-15 or 2026-01-15T10:30, or `now`")
        })?),
    };
    let mut events: Vec<(EventId, String)> = Vec::new();
    for (list, table) in &args.events {
        let Some((id, _)) = schema.find_event(list) else {
            let failure = Failure::new(format!("--events: the schema has no event list `{list}`"));
            return Err(match nearest(list, schema.events.iter().map(|e| &*e.name)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                None => failure.help("`lsrc show` lists what the schema has").into(),
            });
        };
        events.push((id, table.clone()));
    }
    for (id, list) in (0..).map(EventId).zip(&schema.events) {
        if !events.iter().any(|(known, _)| *known == id) {
            events.push((id, list.name.to_string()));
        }
    }
    let mut related: Vec<(RelatedId, String)> = Vec::new();
    for (name, table) in &args.related {
        let Some((id, _)) = schema.find_related(name) else {
            let failure = Failure::new(format!("--related: the schema has no related record `{name}`"));
            return Err(match nearest(name, schema.related.iter().map(|r| &*r.name)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                None => failure.help("`lsrc show` lists what the schema has").into(),
            });
        };
        related.push((id, table.clone()));
    }
    for (id, declared) in (0..).map(RelatedId).zip(&schema.related) {
        // The rows of a file of the rules are in no table, unless somebody has put them there.
        if declared.file.is_none() && !related.iter().any(|(known, _)| *known == id) {
            related.push((id, declared.name.to_string()));
        }
    }
    let stem = args.rules.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|stem| stem != "-");
    let name = args.name.clone().or(stem).unwrap_or_else(|| "scores".to_owned());
    let name = if matches!(args.shape, ShapeName::Dbt) { dbt_name(name)? } else { name };
    Ok(Request {
        dialect: args.dialect,
        table: args.table.clone().unwrap_or_else(|| format!("{}s", schema.name)),
        events,
        related,
        as_of,
        clock: None,
        explain: args.explain,
        shape: match args.shape {
            ShapeName::Select => Shape::Select,
            ShapeName::View => Shape::View,
            ShapeName::Table => Shape::Table,
            ShapeName::Dbt => Shape::Dbt,
        },
        name,
    })
}

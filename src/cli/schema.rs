//! `lsrc schema infer|import|check`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use miette::Report;

use super::data::{DataArgs, ReadArgs};
use super::target::Target;
use super::{AtomicFile, Failure, Status, Terminal, rules};
use crate::column::Column;
use crate::format;
use crate::hir::Model;
use crate::input::{self, DataReport, MissingColumns, Needs, Reader};
use crate::report::data;
use crate::report::plain::{Side, count, harmless, of, share, table};
use crate::report::summary::Style;
use crate::run::files_alone;
use crate::schema::{FieldId, PropId, RelatedId};
use crate::source::{FileId, SourceFile, Sources};
use crate::syntax;

/// Create a schema from data or a CRM's field list, or check data against one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc schema infer contacts.csv > contact.lsr\n  lsrc schema import properties.json > contact.lsr\n  lsrc schema check contact.lsr contacts.csv"
)]
pub(super) struct Schema {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Infer(Infer),
    Import(Import),
    Check(Box<Check>),
}

/// Infer a schema from data, with the evidence for each line as a comment
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc schema infer contacts.csv > contact.lsr\n  lsrc schema infer export.xlsx --sheet Leads -o contact.lsr"
)]
struct Infer {
    /// Data files or patterns; several are one data set
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    read: ReadArgs,
}

/// Create a schema from a field list of HubSpot (API JSON or export) or Salesforce
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc schema import properties.json > contact.lsr\n  lsrc schema import lead-fields.csv --name lead -o lead.lsr"
)]
struct Import {
    /// The list of fields
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    written: Written,
}

#[derive(Debug, Args)]
struct Written {
    /// The name of the schema
    #[arg(long, value_name = "NAME", default_value = "contact")]
    name: String,
    /// The file to write; it must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Check data against a schema: missing columns, unreadable cells, unknown options
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc schema check contact.lsr contacts.csv\n  lsrc schema check score.lsr contacts.csv --events page_view=views.csv\n\nExit status: 0 the data fit, 1 they do not, 2 an error."
)]
struct Check {
    /// A schema, or rules that use one
    #[arg(value_name = "SCHEMA")]
    schema: PathBuf,
    /// Data files or patterns; several are one data set; - for standard input
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    how: DataArgs,
    /// text or json; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// For programs
    Json,
}

pub(super) fn run(args: &Schema, terminal: &Terminal) -> Result<Status, Report> {
    match &args.action {
        Action::Infer(infer) => {
            files_alone(&infer.data)?;
            let spec = infer.read.spec(&infer.data);
            deliver(&input::infer(&spec, &infer.written.name)?, &infer.written, terminal)
        }
        Action::Import(import) => deliver(&input::import(&import.file, &import.written.name)?, &import.written, terminal),
        Action::Check(check) => fits(check, terminal),
    }
}

/// Lays a written schema out and puts it where it is wanted.
fn deliver(text: &str, written: &Written, terminal: &Terminal) -> Result<Status, Report> {
    let mut sources = Sources::new();
    let id: FileId = sources.add(SourceFile::new("schema", None, text));
    let laid_out = format::format(&syntax::parse(id, text), text);
    let Some(path) = &written.output else {
        terminal.print(&laid_out)?;
        return Ok(Status::Fine);
    };
    if path.exists() {
        return Err(Failure::new(format!("`{}` is already there; nothing was written", path.display()))
            .help("name another file, or remove it first")
            .into());
    }
    AtomicFile::write(path, laid_out.as_bytes()).map_err(|e| Failure::writing(path, e))?;
    terminal.say(&format!("`{}` is written; read it before you trust it", path.display()));
    Ok(Status::Fine)
}

/// How data fit a schema.
#[derive(Debug, serde::Serialize)]
struct Fit {
    version: u32,
    records: u64,
    properties: Vec<Row>,
    missing: Vec<String>,
    unread_columns: Vec<String>,
    errors: DataReport,
}

/// A property with what the data have for it.
#[derive(Debug, serde::Serialize)]
struct Row {
    property: String,
    #[serde(rename = "type")]
    ty: String,
    /// The column; null where the data have none.
    column: Option<String>,
    /// Records with a value.
    known: u64,
}

fn fits(args: &Check, terminal: &Terminal) -> Result<Status, Report> {
    let (_, model) = rules::right(&args.schema, &args.how.set, terminal)?;
    let schema = &model.schema;
    if schema.span.is_none() {
        return Err(Failure::new(format!("`{}` has no schema", args.schema.display()))
            .help("name the file with `schema .. { }`")
            .into());
    }
    let how = args.how.options();
    let mut options = how.read_options(&model, false)?;
    let allowed = options.clone();
    // What is missing is a finding here, no reason to stop.
    options.allow_missing.extend((0..).map(PropId).take(schema.properties.len()));
    options.allow_missing_events.extend((0..).map(crate::schema::EventId).take(schema.events.len()));
    options.allow_missing_related.extend((0..).map(RelatedId).take(schema.related.len()));
    let needs = Needs {
        properties: (0..).map(PropId).take(schema.properties.len()).collect(),
        fields: schema.events.iter().map(|e| (0..).map(FieldId).take(e.fields.len()).collect()).collect(),
        ..Needs::default()
    };
    let as_of = how.moment(&model)?;
    files_alone(&args.data)?;
    let mut reader = input::open(&how.spec(&args.data), &how.event_sources(&model)?, schema, &needs, as_of, &options)?;
    let mut known = vec![0_u64; schema.properties.len()];
    while let Some(batch) = reader.next_batch()? {
        for ((known, column), id) in known.iter_mut().zip(&batch.columns).zip((0..).map(PropId)) {
            let presence = schema.presence(id).is_some();
            // Whether a related record is there is always known.
            *known += match column {
                Some(Column::Boolean(column)) if presence => column.truth.count() as u64,
                Some(column) => column.filled() as u64,
                None => 0,
            };
        }
    }
    let mut lacking = reader.lacking().clone();
    let fit = fit(&model, &reader, &known);
    lacking.properties.retain(|p| !allowed.allow_missing.contains(&p.property));
    lacking.events.retain(|e| !allowed.allow_missing_events.contains(e));
    lacking.related.retain(|r| !allowed.allow_missing_related.contains(r));
    let standard = [Target::standard(Format::Text)];
    for target in if args.format.is_empty() { &standard[..] } else { &args.format } {
        let text = match target.format {
            Format::Text => text(&fit, args, terminal, target.file.is_none()),
            Format::Json => {
                serde_json::to_string(&fit).map_err(|e| Failure::new("the findings cannot be written").because(e))? + "\n"
            }
        };
        target.write(&text, terminal)?;
    }
    let clean = lacking.is_empty() && fit.errors.errors() == 0;
    if !clean && args.how.strict {
        return Err(Failure::new("the data do not fit the schema")
            .help("fix the data or the schema, or leave --strict out")
            .into());
    }
    Ok(if clean { Status::Fine } else { Status::No })
}

fn fit(model: &Model, reader: &Reader, known: &[u64]) -> Fit {
    let lacking: &MissingColumns = reader.lacking();
    let report = reader.report();
    let schema = &model.schema;
    let properties = (0..).map(PropId).zip(&schema.properties).zip(known).map(|((id, property), &known)| {
        let missing = lacking.properties.iter().any(|p| p.property == id);
        Row {
            property: schema.presence(id).map_or(&property.name, |related| &related.name).to_string(),
            ty: schema.presence(id).map_or_else(|| property.ty.to_string(), |_| "related record".to_owned()),
            column: reader.column_of(id).filter(|_| !missing).map(str::to_owned),
            known,
        }
    });
    let related = lacking.related.iter().filter_map(|&id| schema.related(id)).map(|r| r.name.to_string());
    let keys = lacking.keys.iter().map(|key| key.name.clone());
    let events = lacking.events.iter().filter_map(|&id| schema.event(id)).map(|e| e.name.to_string());
    let fields = lacking.fields.iter().map(|f| f.name.clone());
    Fit {
        version: 1,
        records: report.rows,
        properties: properties.collect(),
        missing: lacking
            .properties
            .iter()
            .map(|p| p.name.clone())
            .chain(related)
            .chain(keys)
            .chain(events)
            .chain(fields)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect(),
        unread_columns: reader.unread_columns().into_iter().map(str::to_owned).collect(),
        errors: report,
    }
}

fn text(fit: &Fit, args: &Check, terminal: &Terminal, standard: bool) -> String {
    let style = Style {
        color: standard && terminal.out_color,
        unicode: terminal.unicode,
        width: if standard { terminal.width } else { 100 },
    };
    let data: Vec<String> = args.data.iter().map(|p| p.display().to_string()).collect();
    let title = format!("{} of {} by {}", of(fit.records, "record", "records"), data.join(", "), args.schema.display());
    let mut out = format!("{}\n", style.heading(&title));
    let rows: Vec<Vec<String>> = fit
        .properties
        .iter()
        .map(|row| {
            let column = row.column.as_ref().map_or_else(|| "no column".to_owned(), |c| format!("\"{}\"", harmless(c)));
            vec![row.property.clone(), row.ty.clone(), column, count(row.known), share(row.known, fit.records)]
        })
        .collect();
    out.push_str(&table(&[Side::Left, Side::Left, Side::Left, Side::Right, Side::Right], &rows, 2, style.width, style.unicode));
    for event in &fit.errors.events {
        out.push_str(&format!("  {}: {}\n", event.event, of(event.read, "event", "events")));
    }
    if !fit.missing.is_empty() {
        out.push_str(&format!("\n{}\n  {}\n", style.heading("Missing in the data"), fit.missing.join(", ")));
    }
    if !fit.unread_columns.is_empty() {
        let names: Vec<String> = fit.unread_columns.iter().map(|c| format!("\"{}\"", harmless(c))).collect();
        out.push_str(&format!("\n{}\n  {}\n", style.heading("Columns that no property reads"), names.join(", ")));
    }
    out.push_str(&data::text(&fit.errors, style));
    if fit.errors.errors() == 0 && fit.missing.is_empty() {
        out.push_str("\nEverything fits.\n");
    }
    out
}

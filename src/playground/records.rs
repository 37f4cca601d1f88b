//! Questions about records: their scores, and the account of one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::request::{Content, Request};
use crate::check::Texts;
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{self, EventSource, Format, InputError, ReadOptions, Reader, RelatedSource, Spec};
use crate::program::{Also, RuleSet, Wanted, needs};
use crate::report::cells::shown;
use crate::report::jsonl::JsonLines;
use crate::report::layout::{Layout, LayoutOptions};
use crate::report::summary::Style;
use crate::report::tally::Tally;
use crate::report::{hits, why};
use crate::schema::Schema;
use crate::text::nearest;
use crate::vm::scores::Scores;

/// So many records are scored, if the caller asks for no other number.
const MOST_RECORDS: u64 = 100_000;

/// The results of records, each as `lsrc run -o FILE.jsonl` writes it, what was counted for every rule, and what is wrong with the data.
pub(super) fn score(rules: &RuleSet, request: &Request) -> Result<String, Failure> {
    let (model, sources) = (rules.model(), rules.sources());
    let as_of = moment(rules, request)?;
    let mut reader = open(model, request, as_of, false)?;
    let options = LayoutOptions { reasons: request.reasons, ..LayoutOptions::default() };
    let layout = Layout::new(model, sources, &options);
    let key = model.schema.key.and_then(|id| model.schema.property(id)?.ty.options());
    let names: Vec<Arc<str>> =
        key.map(|all| all.items.iter().map(|option| Arc::clone(&option.name)).collect()).unwrap_or_else(Vec::new);
    let lines = JsonLines::new(&layout, &names);
    let mut tally = Tally::new(model, &Uses::of(model), layout.texts.causes.iter().map(Vec::len).collect());
    let mut vm = rules.compile(&Wanted { reasons: request.reasons, ..Wanted::default() }).vm(as_of);
    let mut scores = Scores::default();
    let limit = request.limit.unwrap_or(MOST_RECORDS);
    let mut out = Vec::new();
    let mut records = 0;
    let mut cut = false;
    while let Some(batch) = reader.next_batch().map_err(|error| unreadable(&error, &model.schema))? {
        vm.run_into(&batch, &mut scores);
        tally.add(&batch, &scores);
        for row in 0..batch.rows {
            if records == limit {
                cut = true;
                break;
            }
            if records > 0 {
                out.push(b',');
            }
            records += 1;
            lines.row(&batch, &scores, row, &mut out);
        }
        if cut {
            break;
        }
    }
    let counted = hits::build(model, sources, &tally, Vec::new(), words_of(as_of, model), (Path::new(""), &Texts::new()));
    let columns: Vec<&str> = layout.columns.iter().map(|column| &*column.name).collect();
    let rest = json!({
        "as_of": words_of(as_of, model), "columns": columns, "key": columns.first(), "cut": cut,
        "hits": counted.rules, "data": reader.report(), "unread": reader.unread_columns(),
    });
    let mut document = String::from("{\"version\":1,\"records\":[");
    document.push_str(&String::from_utf8_lossy(&out).replace('\n', ""));
    // Writing to a text does not fail.
    let _ = write!(document, "],{}", rest.to_string().trim_start_matches('{'));
    Ok(document)
}

/// The account of one record, by its row.
pub(super) fn explain(rules: &RuleSet, request: &Request) -> Result<Value, Failure> {
    let model = rules.model();
    let as_of = moment(rules, request)?;
    let mut reader = open(model, request, as_of, true)?;
    let wanted = request.row.unwrap_or(1);
    while let Some(batch) = reader.next_batch().map_err(|error| unreadable(&error, &model.schema))? {
        let rejected = reader.rejected_rows();
        let row = wanted.checked_sub(batch.first_row).and_then(|row| usize::try_from(row).ok()).filter(|row| *row < batch.rows);
        let Some(row) = row else { continue };
        let record = batch.gather(&[row]);
        let key = model.schema.key.and_then(|id| {
            let column = record.columns.get(id.0 as usize)?.as_ref()?;
            shown(column, model.schema.property(id).map(|property| &property.ty), 0)
        });
        let faults = rejected.iter().find(|bad| bad.row == Some(record.first_row)).map_or(&[][..], |bad| &bad.faults);
        let account = rules.explainer(as_of).explain_read(&record, &key.unwrap_or_else(|| wanted.to_string()), faults);
        let style = Style { color: false, unicode: true, width: 80 };
        let headlines: Vec<String> = account.scores.iter().map(|it| it.name.clone()).collect();
        return Ok(json!({
            "text": why::text(&account, false, style), "scores": headlines, "faults": faults, "account": account,
        }));
    }
    Err(Failure::new(format!("the data have no row {wanted}")).help("rows are counted from 1, without the header"))
}

fn moment(rules: &RuleSet, request: &Request) -> Result<AsOf, Failure> {
    match request.as_of.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => rules.as_of(text).map_err(|error| Failure::new(format!("as of: {error}"))),
        // A browser's engine has no clock of its own.
        None if cfg!(target_family = "wasm") => {
            Err(Failure::new("`as_of` is missing").help("write the moment to score at as 2026-01-15 or 2026-01-15T10:30"))
        }
        None => Ok(rules.now()),
    }
}

fn words_of(as_of: AsOf, model: &Model) -> String {
    crate::why::values::instant(as_of.micros, &model.schema.zone)
}

/// Opens the records of a request, with their events and related records.
fn open(model: &Model, request: &Request, as_of: AsOf, keep_rejects: bool) -> Result<Reader, Failure> {
    let schema = &model.schema;
    let data = request.data.as_ref().ok_or_else(|| Failure::new("there are no records").help("give them in `data`"))?;
    let mut options = allowed(schema, &request.allow_missing)?;
    options.keep_rejects = keep_rejects;
    let mut events = Vec::new();
    for (name, content) in &request.events {
        let known = || schema.events.iter().map(|list| &*list.name);
        let (event, _) = schema.find_event(name).ok_or_else(|| unknown("event list", name, known()))?;
        events.push(EventSource { event, spec: spec(content, name)? });
    }
    for (name, content) in &request.related {
        let known = || schema.related.iter().map(|related| &*related.name);
        let (related, _) = schema.find_related(name).ok_or_else(|| unknown("related record", name, known()))?;
        options.related.push(RelatedSource { related, spec: spec(content, name)? });
    }
    let needs = needs(model, &Uses::of(model), &Also::default());
    let spec = spec(data, "records")?;
    input::open(&spec, &events, schema, &needs, as_of, &options).map_err(|error| unreadable(&error, schema))
}

fn spec(content: &Content, name: &str) -> Result<Spec, Failure> {
    let format = match content.format.as_deref() {
        None => None,
        Some(name @ ("csv" | "json" | "jsonl")) => Format::named(name),
        Some(other) => {
            return Err(
                Failure::new(format!("`{other}` is not a format that can be read here")).help("there are csv, json and jsonl")
            );
        }
    };
    let name = content.name.clone().unwrap_or_else(|| name.to_owned());
    Ok(Spec {
        paths: vec![PathBuf::from(name)],
        format,
        content: Some(input::Content::Text(Arc::from(content.text.as_str()))),
        ..Spec::default()
    })
}

fn allowed(schema: &Schema, names: &[String]) -> Result<ReadOptions, Failure> {
    let mut options = ReadOptions::default();
    for name in names {
        options
            .allow(schema, name)
            .map_err(|names| unknown("property, event list or related record", name, names.iter().map(|name| &**name)))?;
    }
    Ok(options)
}

fn unknown<'a>(kind: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Failure {
    let failure = Failure::new(format!("the schema has no {kind} `{name}`"));
    match nearest(name, names) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("the question `model` lists what the schema has"),
    }
}

/// Why data cannot be read, without the flags of the command.
fn unreadable(error: &InputError, schema: &Schema) -> Failure {
    let Some(missing) = error.missing() else {
        let failure = Failure::new(error.to_string());
        return match error.advice() {
            Some(help) => failure.help(help),
            None => failure,
        };
    };
    let named = |name: &str, nearest: &[String]| match nearest.first() {
        Some(near) => format!("`{name}` (the nearest column is `{near}`)"),
        None => format!("`{name}`"),
    };
    let mut parts: Vec<String> = missing.properties.iter().map(|it| named(&it.name, &it.nearest)).collect();
    parts.extend(missing.keys.iter().map(|it| named(&it.name, &it.nearest)));
    parts.extend(missing.fields.iter().map(|it| named(&it.name, &it.nearest)));
    parts.extend(missing.events.iter().filter_map(|&id| schema.event(id)).map(|list| format!("events `{}`", list.name)));
    parts.extend(missing.related.iter().filter_map(|&id| schema.related(id)).map(|it| format!("related records `{}`", it.name)));
    Failure::new(format!("the data lack {}", parts.join(", ")))
        .help("add them, or name them in `allow_missing`: their values are then unknown")
}

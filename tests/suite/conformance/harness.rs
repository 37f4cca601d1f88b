//! A case through the front of the program: rules to a model, data to records.

use std::path::{Path, PathBuf};

use lsrc::check::{self, Checked, LoadOptions, Program, Texts};
use lsrc::column::Batch;
use lsrc::hir::uses::Uses;
use lsrc::hir::{AsOf, Model};
use lsrc::input::{self, EventSource, Needs, ReadOptions, RelatedSource, Spec};
use lsrc::schema::{EventId, FieldId, PropId, RelatedId};

use super::archive::Case;

/// The rules of a case, read and checked.
pub(crate) fn program(case: &Case) -> (Program, Checked) {
    let mut texts = Texts::new();
    for (name, text) in &case.files {
        texts = texts.with(format!("project/{name}"), text.as_bytes());
    }
    let program = check::load(&texts, Path::new("project/rules.lsr"), &LoadOptions::default());
    let set: Vec<(String, String)> = flags(case, "--set")
        .iter()
        .filter_map(|set| set.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    let checked = check::check(&program, &set);
    (program, checked)
}

/// The arguments of a case.
pub(crate) fn arguments(case: &Case) -> Vec<String> {
    case.file("args").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The values of a flag among the arguments.
fn flags(case: &Case, flag: &str) -> Vec<String> {
    let arguments = arguments(case);
    arguments.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].clone()).collect()
}

/// The moment of a case's run.
pub(crate) fn as_of(case: &Case, model: &Model) -> AsOf {
    AsOf::parse(case.as_of(), &model.schema.zone).unwrap()
}

/// The file of a case's records.
pub(crate) fn records_file(case: &Case) -> &'static str {
    if case.file("records.csv").is_some() { "records.csv" } else { "records.jsonl" }
}

/// The event files of a case: list and file name.
pub(crate) fn event_files(case: &Case, model: &Model) -> Vec<(EventId, PathBuf)> {
    let lists = (0..).zip(&model.schema.events).map(|(at, list)| (EventId(at), format!("{}.csv", list.name)));
    lists.filter(|(_, file)| case.file(file).is_some()).map(|(id, file)| (id, PathBuf::from(file))).collect()
}

/// The files of related records of a case: `--related company=companies.csv` among its arguments.
fn related_files<'c>(case: &'c Case, model: &'c Model) -> impl Iterator<Item = (RelatedId, String)> + 'c {
    flags(case, "--related").into_iter().map(|given| {
        let (name, file) = given.split_once('=').unwrap();
        (model.schema.find_related(name).unwrap().0, file.to_owned())
    })
}

/// The records of a case, read by the program.
pub(crate) fn batch(case: &Case, model: &Model) -> Result<Batch, String> {
    let folder = tempfile::tempdir().unwrap();
    case.write_to(folder.path());
    let mut uses = Uses::of(model);
    let mut properties = std::collections::BTreeSet::new();
    for of in std::iter::once(uses.clone()).chain(model.rollups.iter().map(|rollup| Uses::of_rollup(model, rollup))) {
        properties.extend((0..).map(PropId).zip(&of.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id));
        for (all, more) in uses.events.iter_mut().zip(of.events) {
            all.fields.iter_mut().zip(more.fields).for_each(|(all, more)| *all |= more);
        }
    }
    properties.extend(model.schema.key);
    let fields = uses.events.iter().map(|event| {
        let ids = (0..).map(FieldId).zip(&event.fields);
        ids.filter(|(_, read)| **read).map(|(id, _)| id).collect()
    });
    let needs = Needs { properties, fields: fields.collect(), carried: Vec::new(), batch_rows: 100_000 };
    let events: Vec<EventSource> = event_files(case, model)
        .into_iter()
        .map(|(event, file)| EventSource { event, spec: Spec::file(folder.path().join(file)) })
        .collect();
    let missing: Vec<String> =
        flags(case, "--allow-missing").iter().flat_map(|names| names.split(',').map(str::to_owned).collect::<Vec<_>>()).collect();
    let related = related_files(case, model);
    let options = ReadOptions {
        allow_missing_related: missing.iter().filter_map(|name| model.schema.find_related(name)).map(|(id, _)| id).collect(),
        related: related.map(|(related, file)| RelatedSource { related, spec: Spec::file(folder.path().join(file)) }).collect(),
        allow_missing: missing.iter().filter_map(|name| model.schema.find(name)).map(|(id, _)| id).collect(),
        allow_missing_events: missing.iter().filter_map(|name| model.schema.find_event(name)).map(|(id, _)| id).collect(),
        ..ReadOptions::default()
    };
    let spec = Spec::file(folder.path().join(records_file(case)));
    let say = |error: input::InputError| format!("{error}");
    let mut reader = input::open(&spec, &events, &model.schema, &needs, as_of(case, model), &options).map_err(say)?;
    let batch = reader.next_batch().map_err(say)?.unwrap_or_default();
    assert!(reader.next_batch().map_err(say)?.is_none(), "a case fits one batch");
    Ok(batch)
}

/// Splits CSV without line ends in cells, which is all that cases hold.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

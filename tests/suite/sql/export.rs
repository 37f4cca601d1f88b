//! The cases as JSON for `tests/engines/run.py`: tables, the SQL of each dialect, and what the oracle gives.

use std::path::Path;

use lsrc::check::{self, LoadOptions};
use lsrc::hir::{AsOf, Model};
use lsrc::schema::{Property, Related};
use lsrc::source::Sources;
use lsrc::sql::{self, DialectName, Request};
use lsrc::value::{Type, Value};
use serde_json::{Value as Json, json};

use super::engine::named;
use super::{explained, request, words_of};
use crate::conformance::archive::{self, Case};
use crate::conformance::harness;
use crate::oracle::{Record, columns};
use crate::property::{contact, program, tape};

fn cell(property: &Property, value: Option<&Value>) -> Json {
    let names = |codes: &[u32]| -> Vec<String> {
        codes.iter().map(|code| property.ty.options().unwrap().name(*code).unwrap().to_string()).collect()
    };
    let list = |texts: Vec<String>| property.split.as_ref().map_or_else(|| json!(texts), |split| json!(texts.join(split)));
    match value {
        None => Json::Null,
        Some(Value::Text(text)) => json!(text),
        Some(Value::Integer(n) | Value::DateTime(n)) => json!(n),
        Some(Value::Number(x)) => json!(x),
        Some(Value::Boolean(b)) => json!(b),
        Some(Value::Date(day)) => json!(day),
        Some(Value::Option(code)) => json!(names(&[*code]).remove(0)),
        Some(Value::Set(codes)) => list(names(codes)),
        Some(Value::TextSet(texts)) => list(texts.iter().map(ToString::to_string).collect()),
        Some(other) => panic!("{other:?}"),
    }
}

fn kind(property: &Property) -> &'static str {
    match property.ty {
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Date => "date",
        Type::DateTime => "datetime",
        Type::SetOf(_) | Type::SetOfText if property.split.is_none() => "array",
        _ => "text",
    }
}

fn tables(model: &Model, records: &[Record]) -> Json {
    let schema = &model.schema;
    let columns = |of: &[Property]| of.iter().map(|p| json!([p.name, kind(p)])).collect::<Vec<_>>();
    let own = schema.properties.iter().take_while(|property| property.related.is_none()).count();
    let row =
        |of: &[Property], values: &[Option<Value>]| of.iter().zip(values).map(|(p, v)| cell(p, v.as_ref())).collect::<Vec<_>>();
    let rows: Vec<_> = records.iter().map(|record| row(&schema.properties[..own], &record.values)).collect();
    let mut out = vec![json!({"name": "contacts", "columns": columns(&schema.properties[..own]), "rows": rows})];
    out.extend(schema.related.iter().map(|related| related_table(model, related, records)));
    for (at, list) in schema.events.iter().enumerate() {
        let Some(to) = schema.referred(list).first().copied() else { continue };
        let target = &schema.properties[to.0 as usize];
        let mut columns = columns(&list.fields);
        columns.insert(0, json!([list.by.as_ref().unwrap_or(&target.name), kind(target)]));
        let mut seen = Vec::new();
        let mut rows = Vec::new();
        for record in records {
            // Records that an event refers to alike have the same events: the table holds them once.
            let reference = &record.values[to.0 as usize];
            let alike = match reference {
                Some(Value::Text(text)) => lsrc::text::fold(text, schema.ignore_accents).into_owned(),
                other => format!("{other:?}"),
            };
            if reference.is_none() || seen.contains(&alike) {
                continue;
            }
            seen.push(alike);
            for event in &record.events[at] {
                let mut cells = row(&list.fields, event);
                cells.insert(0, cell(target, reference.as_ref()));
                rows.push(cells);
            }
        }
        out.push(json!({"name": list.name, "columns": columns, "rows": rows}));
    }
    json!(out)
}

/// The rows of a related record, each once, and two of one key, which are none.
fn related_table(model: &Model, related: &Related, records: &[Record]) -> Json {
    let schema = &model.schema;
    let target = &schema.properties[related.to.0 as usize];
    let properties: Vec<&Property> = related.properties.iter().map(|id| schema.property(*id).unwrap()).collect();
    let mut columns = vec![json!([related.by, kind(target)])];
    columns.extend(properties.iter().map(|p| json!([related.short(p), kind(p)])));
    let (mut seen, mut rows) = (Vec::new(), Vec::new());
    for record in records {
        let there = record.values[related.known.0 as usize] == Some(Value::Boolean(true));
        let Some((key, written)) = named(model, related, record).filter(|(key, _)| there && !seen.contains(key)) else {
            continue;
        };
        let values = related.properties.iter().map(|id| record.values[id.0 as usize].as_ref());
        let cells = properties.iter().zip(values).map(|(p, value)| cell(p, value));
        rows.push(std::iter::once(cell(target, Some(&written))).chain(cells).collect::<Vec<_>>());
        seen.push(key);
    }
    let twice = if target.ty == Type::Integer { json!(-77_777) } else { json!("twice.example") };
    for key in [twice.clone(), twice, Json::Null] {
        rows.push(std::iter::once(key).chain(properties.iter().map(|_| Json::Null)).collect());
    }
    json!({"name": related.name, "columns": columns, "rows": rows})
}

fn texts(model: &Model, sources: &Sources, request: impl Fn(DialectName) -> Request) -> Json {
    let one = |dialect: DialectName| match sql::write(model, sources, &request(dialect)) {
        Ok(text) => json!({"sql": text}),
        Err(refusal) => json!({"refused": refusal.construct}),
    };
    DialectName::ALL.iter().map(|dialect| (dialect.name().to_owned(), one(*dialect))).collect::<serde_json::Map<_, _>>().into()
}

/// One entry: tables, queries, and what the oracle gives.
fn entry(name: &str, large: bool, model: &Model, sources: &Sources, records: &[Record], as_of: AsOf) -> Json {
    let queries = json!([
        {
            "name": name,
            "expected": super::expected(model, records, as_of),
            "dialects": texts(model, sources, |dialect| request(model, dialect, as_of)),
        },
        {
            "name": format!("{name} explained by the clock"),
            "expected": super::expected_explained(model, sources, records, as_of),
            "dialects": texts(model, sources, |dialect| explained(model, dialect, as_of)),
        },
    ]);
    json!({"large": large, "tables": tables(model, records), "queries": queries})
}

/// The case's entry; none where it does not run.
fn of_case(case: &Case) -> Option<Json> {
    let (loaded, checked) = harness::program(case);
    let model = checked.model?;
    let batch = harness::batch(case, &model).ok()?;
    let mut records = columns::records(&model, &batch);
    super::engine::relate(&model, &mut records);
    if !super::engine::holds(&model, &records) {
        return None;
    }
    Some(entry(&case.name, false, &model, &loaded.sources, &records, harness::as_of(case, &model)))
}

/// Generated rules over generated records.
fn of_seed(seed: u64) -> Option<Json> {
    let words = words_of(seed, 6000);
    let mut tape = tape::Tape::new(&words);
    let generated = program::program(&mut tape);
    let texts = check::Texts::new().with("rules.lsr", generated.source.as_bytes());
    let loaded = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let model = check::check(&loaded, &[]).model?;
    let as_of = AsOf::parse(generated.as_of, &model.schema.zone).unwrap();
    let records = generated_records(&mut tape, &model, as_of, 20);
    Some(entry(&format!("generated/{seed}"), false, &model, &loaded.sources, &records, as_of))
}

fn generated_records(tape: &mut tape::Tape<'_>, model: &Model, as_of: AsOf, count: i64) -> Vec<Record> {
    let key = model.schema.key.map(|key| key.0 as usize);
    let text_key = key.is_some_and(|key| model.schema.properties[key].ty == Type::Text);
    let record = |number: i64| {
        let mut record = contact::contact(tape, model, as_of);
        super::engine::tidy(model, &mut record, number);
        if let (Some(key), true) = (key, text_key) {
            record.values[key] = Some(Value::Text(format!("k{number:05}").into()));
        }
        record
    };
    let mut records: Vec<Record> = (1..=count).map(record).collect();
    super::engine::relate(model, &mut records);
    records
}

/// The product-led example over generated accounts and events.
fn events_model() -> Json {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/product-led");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let texts = check::Texts::new().with("score.lsr", read("score.lsr")).with("account.lsr", read("account.lsr"));
    let loaded = check::load(&texts, Path::new("score.lsr"), &LoadOptions::default());
    let model = check::check(&loaded, &[]).model.unwrap();
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    let words = words_of(7, 400_000);
    let records = generated_records(&mut tape::Tape::new(&words), &model, as_of, 3000);
    entry("large/events", true, &model, &loaded.sources, &records, as_of)
}

/// X Education's leads, their texts and options as the file has them.
fn x_education() -> Option<Json> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data/x-education/Leads.csv");
    let Ok(leads) = std::fs::read_to_string(&data) else {
        eprintln!("skipped: there is no ../shared/data/x-education");
        return None;
    };
    let rules = std::fs::read_to_string(root.join("tests/cases/real/x-education.lsr")).unwrap();
    let lines: Vec<&str> = leads.lines().collect();
    let header = harness::cells(lines[0]);
    let raw: Vec<Vec<String>> = lines[1..].iter().map(|line| harness::cells(line)).collect();
    let case = |rows: &[&str]| {
        let csv = [&lines[..1], rows].concat().join("\n");
        let files = vec![("rules.lsr".to_owned(), rules.clone()), ("records.csv".to_owned(), csv)];
        Case { name: "large/x-education".to_owned(), prose: String::new(), files }
    };
    let (loaded, checked) = harness::program(&case(&[]));
    let model = checked.model.unwrap();
    let batches = lines[1..].chunks(500).map(|rows| harness::batch(&case(rows), &model).unwrap());
    let records: Vec<Record> = batches.flat_map(|batch| columns::records(&model, &batch)).collect();
    let case = case(&[]);
    let mut entry = entry(&case.name, true, &model, &loaded.sources, &records, harness::as_of(&case, &model));
    for (at, property) in model.schema.properties.iter().enumerate() {
        if !matches!(property.ty, Type::Text | Type::OneOf(_)) {
            continue;
        }
        let place = property.from.iter().find_map(|from| header.iter().position(|name| **name == **from)).unwrap();
        for (row, cells) in raw.iter().enumerate() {
            entry["tables"][0]["rows"][row][at] = json!(cells[place]);
        }
    }
    Some(entry)
}

/// With `LSRC_ENGINES=FILE`, writes every case that runs, generated models and two larger ones to that file.
#[test]
fn cases_are_written_for_the_engines() {
    let mut all: Vec<Json> =
        archive::all().iter().filter(|case| case.file("expected.csv").is_some()).filter_map(of_case).collect();
    assert!(all.len() > 80, "only {} cases", all.len());
    let Ok(path) = std::env::var("LSRC_ENGINES") else { return };
    all.extend((0..40).filter_map(of_seed));
    let (loaded, model) = super::hostile(super::HOSTILE);
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    all.push(entry("hostile", false, &model, &loaded.sources, &super::hostile_records(), as_of));
    let (loaded, model) = super::hostile(&super::chained(6));
    all.push(entry("chained", false, &model, &loaded.sources, &super::chained_records(&model, as_of), as_of));
    all.push(events_model());
    all.extend(x_education());
    std::fs::write(path, json!(all).to_string()).unwrap();
}

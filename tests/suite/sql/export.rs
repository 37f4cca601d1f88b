//! The cases as JSON for `tests/engines/run.py`: tables, the SQL of each dialect, and what the oracle gives.

use lsrc::hir::Model;
use lsrc::schema::Property;
use lsrc::source::Sources;
use lsrc::sql::{self, DialectName};
use lsrc::value::{Type, Value};
use serde_json::{Value as Json, json};

use super::request;
use crate::conformance::{archive, harness};
use crate::oracle::{Record, columns};

const ENGINES: [DialectName; 3] = [DialectName::Duckdb, DialectName::Postgres, DialectName::Datafusion];

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
    let row =
        |of: &[Property], values: &[Option<Value>]| of.iter().zip(values).map(|(p, v)| cell(p, v.as_ref())).collect::<Vec<_>>();
    let rows: Vec<_> = records.iter().map(|record| row(&schema.properties, &record.values)).collect();
    let mut out = vec![json!({"name": "contacts", "columns": columns(&schema.properties), "rows": rows})];
    for (at, list) in schema.events.iter().enumerate() {
        let Some(to) = list.to.or(schema.key) else { continue };
        let target = &schema.properties[to.0 as usize];
        let mut columns = columns(&list.fields);
        columns.insert(0, json!([list.by.as_ref().unwrap_or(&target.name), kind(target)]));
        let mut seen = Vec::new();
        let mut rows = Vec::new();
        for record in records {
            // Records that an event refers to alike have the same events: the table holds them once.
            let reference = &record.values[to.0 as usize];
            let alike = format!("{reference:?}").to_lowercase();
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

fn texts(model: &Model, sources: &Sources, as_of: lsrc::hir::AsOf) -> Json {
    let one = |dialect: DialectName| match sql::write(model, sources, &request(model, dialect, as_of)) {
        Ok(text) => json!({"sql": text}),
        Err(refusal) => json!({"refused": refusal.construct}),
    };
    ENGINES.iter().map(|dialect| (dialect.name().to_owned(), one(*dialect))).collect::<serde_json::Map<_, _>>().into()
}

/// With `LSRC_ENGINES=FILE`, writes every case that runs to that file.
#[test]
fn cases_are_written_for_the_engines() {
    let mut all = Vec::new();
    for case in archive::all().iter().filter(|case| case.file("expected.csv").is_some()) {
        let (loaded, checked) = harness::program(case);
        let Some(model) = checked.model else { continue };
        let Ok(batch) = harness::batch(case, &model) else { continue };
        let records = columns::records(&model, &batch);
        let as_of = harness::as_of(case, &model);
        let expected = super::expected(&model, &records, as_of);
        let texts = texts(&model, &loaded.sources, as_of);
        all.push(json!({"name": case.name, "tables": tables(&model, &records), "expected": expected, "dialects": texts}));
    }
    assert!(all.len() > 80, "only {} cases", all.len());
    if let Ok(path) = std::env::var("LSRC_ENGINES") {
        std::fs::write(path, json!(all).to_string()).unwrap();
    }
}

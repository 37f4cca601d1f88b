//! Records as tables of SQLite, and a query over them.

use lsrc::hir::Model;
use lsrc::schema::Property;
use lsrc::value::{Type, Value};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};

use crate::oracle::{Record, calendar};

/// A record's key as the output has it.
pub(crate) fn key(model: &Model, record: &Record) -> String {
    match model.schema.key.and_then(|key| record.values[key.0 as usize].as_ref()) {
        Some(Value::Integer(n)) => n.to_string(),
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

/// Makes a generated record one that a table can hold: a key of its own, texts without outer white space.
pub(crate) fn tidy(model: &Model, record: &mut Record, number: i64) {
    let lists = model.schema.events.iter().zip(&mut record.events).flat_map(|(_, events)| events.iter_mut().flatten());
    for value in record.values.iter_mut().chain(lists) {
        match value {
            Some(Value::Text(text)) => {
                let trimmed = text.trim();
                *value = (!trimmed.is_empty()).then(|| Value::Text(trimmed.into()));
            }
            Some(Value::TextSet(texts)) => {
                let trimmed: Vec<std::sync::Arc<str>> = texts.iter().map(|text| text.trim().into()).collect();
                *texts = trimmed.into_iter().filter(|text: &std::sync::Arc<str>| !text.is_empty()).collect();
            }
            _ => {}
        }
    }
    if let Some(key) = model.schema.key {
        record.values[key.0 as usize] = Some(Value::Integer(number));
    }
}

fn date(day: i64) -> String {
    let ymd = calendar::from_days(day);
    format!("{:04}-{:02}-{:02}", ymd.year, ymd.month, ymd.day)
}

/// Whether the tables can hold these records: a member that holds its set's separator would be split again.
pub(crate) fn holds(model: &Model, records: &[Record]) -> bool {
    let fits = |property: &Property, value: &Option<Value>| match (&property.split, value) {
        (Some(split), Some(Value::TextSet(texts))) => !texts.iter().any(|text| text.contains(&**split)),
        _ => true,
    };
    records.iter().all(|record| model.schema.properties.iter().zip(&record.values).all(|(p, v)| fits(p, v)))
}

/// A value as the table has it.
fn cell(property: &Property, value: Option<&Value>) -> Cell {
    let names = |codes: &[u32]| -> Vec<String> {
        codes.iter().map(|code| property.ty.options().unwrap().name(*code).unwrap().to_string()).collect()
    };
    let list = |texts: &[String]| match &property.split {
        Some(split) => Cell::Text(texts.join(split)),
        None => Cell::Text(serde_json::to_string(texts).unwrap()),
    };
    match value {
        None => Cell::Null,
        Some(Value::Text(text)) => Cell::Text(text.to_string()),
        Some(Value::Integer(n)) => Cell::Integer(*n),
        Some(Value::Number(x)) => Cell::Real(*x),
        Some(Value::Boolean(b)) => Cell::Integer(i64::from(*b)),
        Some(Value::Date(day)) => Cell::Text(date(i64::from(*day))),
        Some(Value::DateTime(micros)) => Cell::Integer(*micros),
        Some(Value::Option(code)) => Cell::Text(names(&[*code]).remove(0)),
        Some(Value::Set(codes)) => list(&names(codes)),
        Some(Value::TextSet(texts)) => list(&texts.iter().map(ToString::to_string).collect::<Vec<_>>()),
        Some(other) => panic!("{other:?}"),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column's declared type; none where the storage tells it.
fn declared(ty: &Type) -> &'static str {
    match ty {
        Type::Number => "REAL",
        Type::Integer | Type::Boolean => "INTEGER",
        Type::DateTime => "",
        _ => "TEXT",
    }
}

fn create(connection: &Connection, table: &str, columns: &[(String, &'static str)]) {
    let columns: Vec<String> = columns.iter().map(|(name, ty)| format!("{} {ty}", quoted(name))).collect();
    connection.execute(&format!("CREATE TABLE {} ({})", quoted(table), columns.join(", ")), []).unwrap();
}

fn insert(connection: &Connection, table: &str, cells: Vec<Cell>) {
    let marks = vec!["?"; cells.len()].join(", ");
    connection
        .prepare_cached(&format!("INSERT INTO {} VALUES ({marks})", quoted(table)))
        .unwrap()
        .execute(params_from_iter(cells))
        .unwrap();
}

/// The tables of a model: `contacts`, and one an event list by its name.
pub(crate) fn load(connection: &Connection, model: &Model, records: &[Record]) {
    let schema = &model.schema;
    let columns: Vec<_> = schema.properties.iter().map(|p| (p.name.to_string(), declared(&p.ty))).collect();
    create(connection, "contacts", &columns);
    for record in records {
        let cells = schema.properties.iter().zip(&record.values).map(|(p, value)| cell(p, value.as_ref())).collect();
        insert(connection, "contacts", cells);
    }
    for (list, declaration) in schema.events.iter().enumerate() {
        let Some(to) = schema.referred(declaration).first().copied() else { continue };
        let target = &schema.properties[to.0 as usize];
        let by = declaration.by.as_ref().unwrap_or(&target.name).to_string();
        let mut columns = vec![(by, declared(&target.ty))];
        columns.extend(declaration.fields.iter().map(|f| (f.name.to_string(), declared(&f.ty))));
        create(connection, &declaration.name, &columns);
        let place = to.0 as usize;
        let mut seen = Vec::new();
        for record in records {
            // Records of one key have the same events: the table holds them once.
            let reference = record.values[place].clone();
            if reference.is_none() || seen.contains(&reference) {
                continue;
            }
            seen.push(reference.clone());
            for event in &record.events[list] {
                let mut cells = vec![cell(target, reference.as_ref())];
                cells.extend(declaration.fields.iter().zip(event).map(|(f, value)| cell(f, value.as_ref())));
                insert(connection, &declaration.name, cells);
            }
        }
    }
}

/// The rows that the query gives, sorted, as text.
pub(crate) fn run(model: &Model, records: &[Record], text: &str) -> rusqlite::Result<Vec<Vec<String>>> {
    let connection = Connection::open_in_memory()?;
    load(&connection, model, records);
    let mut statement = connection.prepare(text)?;
    let count = statement.column_count();
    let mut rows = statement.query([])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let mut cells = Vec::new();
        for at in 0..count {
            cells.push(match row.get::<_, Cell>(at)? {
                Cell::Null => String::new(),
                Cell::Integer(n) => n.to_string(),
                Cell::Real(x) => x.to_string(),
                Cell::Text(text) => text,
                Cell::Blob(_) => panic!("a blob"),
            });
        }
        out.push(cells);
    }
    out.sort();
    Ok(out)
}

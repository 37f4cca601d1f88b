//! Records as tables of SQLite, and a query over them.

use lsrc::hir::Model;
use lsrc::schema::{Property, Related};
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

/// What a record names, as it is compared, and as a table has it.
pub(crate) fn named(model: &Model, related: &Related, record: &Record) -> Option<(String, Value)> {
    match record.values[related.to.0 as usize].as_ref()? {
        Value::Text(text) => {
            let text = if related.domain { text.rsplit_once('@')?.1 } else { text };
            // What a table has loses its outer white space.
            let row = text.trim();
            (!row.is_empty() && row == text).then(|| {
                let folded = lsrc::text::fold(row, model.schema.ignore_accents).into_owned();
                (folded, Value::Text(row.into()))
            })
        }
        other => Some((format!("{other:?}"), other.clone())),
    }
}

/// Has records that have a related record name it, and those that name the same one have the same: the first of them decides.
pub(crate) fn relate(model: &Model, records: &mut [Record]) {
    for related in &model.schema.related {
        let mut rows: Vec<(String, Vec<Option<Value>>)> = Vec::new();
        let filled: Vec<usize> = related.filled().map(|id| id.0 as usize).collect();
        for (number, record) in records.iter_mut().enumerate() {
            let there = record.values[related.known.0 as usize] == Some(Value::Boolean(true));
            if there && named(model, related, record).is_none() {
                record.values[related.to.0 as usize] = Some(match model.schema.property(related.to).unwrap().ty {
                    Type::Integer => Value::Integer(number as i64 + 1_000_000),
                    _ => Value::Text(format!("someone@company{number}.example").into()),
                });
            }
            let own: Vec<_> = filled.iter().map(|at| record.values[*at].clone()).collect();
            let row = match named(model, related, record) {
                None => None,
                Some((key, _)) => Some(match rows.iter().find(|(known, _)| *known == key) {
                    Some((_, row)) => row.clone(),
                    None => {
                        rows.push((key, own.clone()));
                        own
                    }
                }),
            };
            for (place, at) in filled.iter().enumerate() {
                record.values[*at] = row.as_ref().and_then(|row| row[place].clone());
            }
        }
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
    let own = || schema.properties.iter().enumerate().filter(|(_, property)| property.related.is_none());
    let columns: Vec<_> = own().map(|(_, p)| (p.name.to_string(), declared(&p.ty))).collect();
    create(connection, "contacts", &columns);
    for record in records {
        let cells = own().map(|(at, p)| cell(p, record.values[at].as_ref())).collect();
        insert(connection, "contacts", cells);
    }
    for related in &schema.related {
        let properties: Vec<&Property> = related.properties.iter().map(|id| schema.property(*id).unwrap()).collect();
        let target = schema.property(related.to).unwrap();
        let mut columns = vec![(related.by.to_string(), declared(&target.ty))];
        columns.extend(properties.iter().map(|p| (related.short(p).to_owned(), declared(&p.ty))));
        create(connection, &related.name, &columns);
        let mut seen = Vec::new();
        for record in records {
            let there = record.values[related.known.0 as usize] == Some(Value::Boolean(true));
            let Some((key, written)) = named(model, related, record).filter(|(key, _)| there && !seen.contains(key)) else {
                continue;
            };
            let mut cells = vec![cell(target, Some(&written))];
            cells
                .extend(related.properties.iter().zip(&properties).map(|(id, p)| cell(p, record.values[id.0 as usize].as_ref())));
            insert(connection, &related.name, cells);
            seen.push(key);
        }
        // Two rows of one key are none, and a row without a key is nobody's.
        for key in [Cell::Integer(-77_777), Cell::Integer(-77_777), Cell::Null] {
            insert(connection, &related.name, std::iter::once(key).chain(properties.iter().map(|_| Cell::Null)).collect());
        }
    }
    for (list, declaration) in schema.events.iter().enumerate() {
        let target = declaration.to.or(schema.key).map(|id| &schema.properties[id.0 as usize]);
        let Some(target) = target else { continue };
        let by = declaration.by.as_ref().unwrap_or(&target.name).to_string();
        let mut columns = vec![(by, declared(&target.ty))];
        columns.extend(declaration.fields.iter().map(|f| (f.name.to_string(), declared(&f.ty))));
        create(connection, &declaration.name, &columns);
        let place = declaration.to.or(schema.key).unwrap().0 as usize;
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

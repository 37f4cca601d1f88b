//! Schemas in short, and batches as text.

use std::path::Path;
use std::sync::Arc;

use lsrc::column::{Batch, Column, UNKNOWN_CODE};
use lsrc::input::{EventSource, InputError, Needs, ReadOptions, Reader, Spec, open};
use lsrc::schema::{EventId, FieldId, PropId, Property, Schema};
use lsrc::source::Span;
use lsrc::time::AsOf;
use lsrc::value::{OptionItem, Options, Type};

/// A property of this name and type.
pub(super) fn property(name: &str, ty: Type, from: &[&str]) -> Property {
    Property { from: from.iter().map(|&f| Arc::from(f)).collect(), ..Property::plain(Arc::from(name), ty, Span::default()) }
}

/// Options by name, without further forms.
pub(super) fn options(names: &[&str]) -> Arc<Options> {
    let items = names.iter().map(|&n| OptionItem { name: Arc::from(n), forms: Vec::new() }).collect();
    Arc::new(Options { items })
}

/// A schema of these properties, the first of which is the key.
pub(super) fn schema(properties: Vec<Property>) -> Schema {
    Schema { properties, key: Some(PropId(0)), ..Schema::empty() }
}

/// Everything that the schema has.
pub(super) fn all(schema: &Schema) -> Needs {
    Needs {
        properties: (0..schema.properties.len()).map(|n| PropId(n as u32)).collect(),
        fields: schema.events.iter().map(|e| (0..e.fields.len()).map(|n| FieldId(n as u32)).collect()).collect(),
        ..Needs::default()
    }
}

pub(super) fn as_of(schema: &Schema) -> AsOf {
    AsOf::parse("2026-01-15", &schema.zone).unwrap()
}

/// Opens files for all that the schema has.
pub(super) fn reader(
    path: &Path,
    events: &[(u32, &Path)],
    schema: &Schema,
    needs: &Needs,
    options: &ReadOptions,
) -> Result<Reader, InputError> {
    let events: Vec<EventSource> =
        events.iter().map(|&(id, path)| EventSource { event: EventId(id), spec: Spec::file(path) }).collect();
    open(&Spec::file(path), &events, schema, needs, as_of(schema), options)
}

/// A value as JSON, null where unknown.
pub(super) fn value(column: &Column, row: usize, ty: &Type) -> serde_json::Value {
    use serde_json::{Value, json};
    let option = |code: u32, options: &Options| options.name(code).map_or(Value::Null, |n| json!(&**n));
    match column {
        Column::Dictionary(d) => match d.codes[row] {
            UNKNOWN_CODE => Value::Null,
            code => json!(d.dictionary.get(code).unwrap()),
        },
        Column::Text(t) => t.get(row).map_or(Value::Null, |t| json!(t)),
        Column::Integer(v) => json!(v.get(row)),
        Column::Number(v) => json!(v.get(row)),
        Column::Boolean(b) => json!(b.known.get(row).then(|| b.truth.get(row))),
        Column::Date(v) => v.get(row).map_or(Value::Null, |d| json!(lsrc::time::civil(d).unwrap().to_string())),
        Column::DateTime(v) => {
            v.get(row).map_or(Value::Null, |m| json!(jiff::Timestamp::from_microsecond(m).unwrap().to_string()))
        }
        Column::Option(codes) => match ty {
            Type::OneOf(options) => option(codes[row], options),
            other => panic!("{other}"),
        },
        Column::Set(s) => match ty {
            Type::SetOf(options) => {
                let has = |c: usize| s.bits[row * s.words + c / 64] >> (c % 64) & 1 == 1;
                json!((0..options.len()).filter(|&c| has(c)).map(|c| option(c as u32, options)).collect::<Vec<_>>())
            }
            other => panic!("{other}"),
        },
        Column::TextSet(s) => {
            let range = s.offsets[row] as usize..s.offsets[row + 1] as usize;
            json!(s.codes[range].iter().map(|&c| s.dictionary.get(c).unwrap()).collect::<Vec<_>>())
        }
    }
}

/// A record of a batch as JSON: its properties, then its events.
pub(super) fn record(batch: &Batch, row: usize, schema: &Schema) -> serde_json::Value {
    let mut out = serde_json::Map::new();
    for (property, column) in schema.properties.iter().zip(&batch.columns) {
        if let Some(column) = column {
            out.insert(property.name.to_string(), value(column, row, &property.ty));
        }
    }
    for (list, events) in schema.events.iter().zip(&batch.events) {
        let Some(events) = events else { continue };
        let range = events.offsets[row] as usize..events.offsets[row + 1] as usize;
        let all: Vec<serde_json::Value> = range
            .map(|at| {
                let fields = list.fields.iter().zip(&events.fields);
                fields
                    .filter_map(|(f, c)| c.as_ref().map(|c| (f.name.to_string(), value(c, at, &f.ty))))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            })
            .collect();
        out.insert(list.name.to_string(), all.into());
    }
    out.into()
}

/// All records of a reader.
pub(super) fn records(reader: &mut Reader, schema: &Schema) -> Result<Vec<serde_json::Value>, InputError> {
    let mut out = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        assert_eq!(batch.first_row as usize, out.len() + 1);
        out.extend((0..batch.rows).map(|row| record(&batch, row, schema)));
    }
    Ok(out)
}

/// A folder of public data beside the project; tests skip with a message where it is absent.
pub(super) fn shared(name: &str) -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

/// A folder with files of these names and contents.
pub(super) fn files(contents: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in contents {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The records of one CSV text, and what there is to say about it.
pub(super) fn read(text: &str, schema: &Schema) -> Result<(Vec<serde_json::Value>, lsrc::input::DataReport), InputError> {
    let folder = files(&[("data.csv", text)]);
    let mut reader = reader(&folder.path().join("data.csv"), &[], schema, &all(schema), &ReadOptions::default())?;
    let records = records(&mut reader, schema)?;
    Ok((records, reader.report()))
}

/// What is wrong, without the folder of the test.
pub(super) fn told(error: &InputError) -> String {
    let help = error.advice().map(|h| format!("\nhelp: {h}")).unwrap_or_default();
    let text = format!("{error}{help}");
    let folder = std::env::temp_dir();
    regex::Regex::new(&format!(r"{}/\.tmp\w+/", regex::escape(&folder.display().to_string())))
        .unwrap()
        .replace_all(&text, "")
        .into_owned()
}

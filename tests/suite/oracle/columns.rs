//! Records to the columns of a batch and back, so that the oracle and the evaluator look at the same contacts.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsrc::column::{
    Batch, BooleanColumn, Column, Dictionary, DictionaryColumn, EventColumns, Mask, SetColumn, TextColumn, TextSetColumn,
    UNKNOWN_CODE, Values,
};
use lsrc::hir::Model;
use lsrc::value::{Type, Value};

use super::{Event, Record};

/// The batch of some records.
pub(crate) fn batch(model: &Model, records: &[Record], dictionaries: bool) -> Batch {
    let columns = model
        .schema
        .properties
        .iter()
        .enumerate()
        .map(|(at, property)| {
            let values: Vec<Option<&Value>> =
                records.iter().map(|record| record.values[at].as_ref().or(property.default.as_ref())).collect();
            Some(column(&property.ty, &values, dictionaries))
        })
        .collect();
    let events = model
        .schema
        .events
        .iter()
        .enumerate()
        .map(|(list, declared)| {
            let all: Vec<&Event> = records.iter().flat_map(|record| &record.events[list]).collect();
            let mut offsets = vec![0];
            for record in records {
                offsets.push(offsets.last().unwrap() + u32::try_from(record.events[list].len()).unwrap());
            }
            let fields = declared
                .fields
                .iter()
                .enumerate()
                .map(|(at, field)| {
                    let values: Vec<_> = all.iter().map(|event| event[at].as_ref().or(field.default.as_ref())).collect();
                    Some(column(&field.ty, &values, dictionaries))
                })
                .collect();
            Some(EventColumns { offsets, fields }.distinct(declared.key.map(|key| key.0), declared.at.0).0)
        })
        .collect();
    Batch { rows: records.len(), first_row: 1, columns, events, ..Batch::default() }
}

fn values<T: Copy + Default>(values: &[Option<&Value>], get: impl Fn(&Value) -> T) -> Values<T> {
    let mut out = Values { values: Vec::new(), known: Mask::new() };
    for value in values {
        out.push(value.map(&get));
    }
    out
}

/// The column of a type.
fn column(ty: &Type, given: &[Option<&Value>], dictionaries: bool) -> Column {
    match ty {
        Type::Text if dictionaries => {
            let mut dictionary = Distinct::default();
            let codes = given
                .iter()
                .map(|value| match value {
                    Some(Value::Text(text)) => dictionary.code(text),
                    None => UNKNOWN_CODE,
                    other => panic!("{other:?}"),
                })
                .collect();
            Column::Dictionary(DictionaryColumn { codes, dictionary: Arc::new(dictionary.texts) })
        }
        Type::Text => {
            let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
            for value in given {
                out.push(value.map(|value| match value {
                    Value::Text(text) => &**text,
                    other => panic!("{other:?}"),
                }));
            }
            Column::Text(out)
        }
        Type::Integer => Column::Integer(values(given, |value| match value {
            Value::Integer(n) => *n,
            other => panic!("{other:?}"),
        })),
        Type::Number => Column::Number(values(given, |value| match value {
            Value::Number(x) => *x,
            other => panic!("{other:?}"),
        })),
        Type::Boolean => Column::Boolean(BooleanColumn {
            truth: Mask::from_fn(given.len(), |row| matches!(given[row], Some(Value::Boolean(true)))),
            known: Mask::from_fn(given.len(), |row| given[row].is_some()),
        }),
        Type::Date => Column::Date(values(given, |value| match value {
            Value::Date(day) => *day,
            other => panic!("{other:?}"),
        })),
        Type::DateTime => Column::DateTime(values(given, |value| match value {
            Value::DateTime(micros) => *micros,
            other => panic!("{other:?}"),
        })),
        Type::OneOf(_) => Column::Option(
            given
                .iter()
                .map(|value| match value {
                    Some(Value::Option(code)) => *code,
                    None => UNKNOWN_CODE,
                    other => panic!("{other:?}"),
                })
                .collect(),
        ),
        Type::SetOf(options) => {
            let words = options.len().div_ceil(64).max(1);
            let mut bits = vec![0; words * given.len()];
            for (row, value) in given.iter().enumerate() {
                let Some(Value::Set(codes)) = value else { continue };
                for code in codes {
                    bits[row * words + *code as usize / 64] |= 1_u64 << (code % 64);
                }
            }
            Column::Set(SetColumn { words, bits })
        }
        Type::SetOfText => {
            let mut dictionary = Distinct::default();
            let (mut offsets, mut codes) = (vec![0], Vec::new());
            for value in given {
                if let Some(Value::TextSet(texts)) = value {
                    codes.extend(texts.iter().map(|text| dictionary.code(text)));
                }
                offsets.push(u32::try_from(codes.len()).unwrap());
            }
            Column::TextSet(TextSetColumn { offsets, codes, dictionary: Arc::new(dictionary.texts) })
        }
        Type::Score | Type::Label => panic!("no column is a {ty}"),
    }
}

/// A dictionary that gives each text once.
#[derive(Default)]
struct Distinct {
    texts: Dictionary,
    codes: BTreeMap<String, u32>,
}

impl Distinct {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = self.texts.push(text);
        self.codes.insert(text.to_owned(), code);
        code
    }
}

/// The records of a batch.
pub(crate) fn records(model: &Model, batch: &Batch) -> Vec<Record> {
    (0..batch.rows)
        .map(|row| {
            let values = (0..model.schema.properties.len())
                .map(|at| batch.columns.get(at).and_then(Option::as_ref).and_then(|column| value(column, row)))
                .collect();
            let events = (0..model.schema.events.len())
                .map(|list| batch.events.get(list).and_then(Option::as_ref).map_or_else(Vec::new, |all| events(all, row)))
                .collect();
            Record { values, events }
        })
        .collect()
}

fn events(all: &EventColumns, row: usize) -> Vec<Event> {
    (all.offsets[row] as usize..all.offsets[row + 1] as usize)
        .map(|at| all.fields.iter().map(|field| field.as_ref().and_then(|column| value(column, at))).collect())
        .collect()
}

fn value(column: &Column, row: usize) -> Option<Value> {
    match column {
        Column::Dictionary(texts) => texts.dictionary.get(texts.codes[row]).map(|text| Value::Text(Arc::from(text))),
        Column::Text(texts) => texts.get(row).map(|text| Value::Text(Arc::from(text))),
        Column::Integer(values) => values.get(row).map(Value::Integer),
        Column::Number(values) => values.get(row).map(Value::Number),
        Column::Boolean(values) => values.known.get(row).then(|| Value::Boolean(values.truth.get(row))),
        Column::Date(values) => values.get(row).map(Value::Date),
        Column::DateTime(values) => values.get(row).map(Value::DateTime),
        Column::Option(codes) => Some(codes[row]).filter(|code| *code != UNKNOWN_CODE).map(Value::Option),
        Column::Set(sets) => {
            let has = |code: &u32| sets.bits[row * sets.words + *code as usize / 64] >> (code % 64) & 1 == 1;
            let all = u32::try_from(sets.words * 64).unwrap();
            Some(Value::Set((0..all).filter(has).collect()))
        }
        Column::TextSet(sets) => {
            let codes = &sets.codes[sets.offsets[row] as usize..sets.offsets[row + 1] as usize];
            Some(Value::TextSet(codes.iter().map(|code| Arc::from(sets.dictionary.get(*code).unwrap())).collect()))
        }
    }
}

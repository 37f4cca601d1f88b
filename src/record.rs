//! Records that are values already (a test's, a witness's) as a batch.

use std::collections::HashMap;
use std::sync::Arc;

use crate::column::{
    Batch, BooleanColumn, Column, Dictionary, EventColumns, SetColumn, TextColumn, TextSetColumn, UNKNOWN_CODE, Values,
};
use crate::invariant::Sure as _;
use crate::schema::{EventId, PropId, Property, Related, Schema};
use crate::text::fold;
use crate::value::{Type, Value};

/// A record: the properties that are known, and its events with a value for every field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// The known properties.
    pub properties: Vec<(PropId, Value)>,
    /// The events.
    pub events: Vec<(EventId, Vec<Option<Value>>)>,
}

/// What the property says that a related record is there.
static THERE: Value = Value::Boolean(true);
static NOT_THERE: Value = Value::Boolean(false);

impl Record {
    /// The value of a property; the one given last holds.
    #[must_use]
    pub fn value(&self, id: PropId) -> Option<&Value> {
        self.properties.iter().rev().find(|(given, _)| *given == id).map(|(_, value)| value)
    }

    /// Whether the record has this related record: it says so, or it says nothing of that and has a property of it.
    #[must_use]
    pub fn has(&self, related: &Related) -> bool {
        match self.value(related.known) {
            Some(value) => *value == Value::Boolean(true),
            None => self.properties.iter().any(|(id, _)| related.properties.contains(id)),
        }
    }
}

/// The records as a batch with a column for every property and field; defaults stand for what is unknown.
#[must_use]
pub fn batch(schema: &Schema, records: &[Record]) -> Batch {
    let columns = schema.properties.iter().enumerate().map(|(at, property)| {
        let values = records.iter().map(|record| {
            let id = PropId(crate::invariant::number(at));
            let value = || record.value(id);
            match property.related.and_then(|id| schema.related(id)) {
                None => value(),
                Some(related) if related.known == id => Some(if record.has(related) { &THERE } else { &NOT_THERE }),
                Some(related) => value().filter(|_| record.has(related)),
            }
        });
        Some(column(schema, property, values))
    });
    let events = schema.events.iter().enumerate().map(|(at, list)| {
        let of = |record: &'_ Record| record.events.iter().filter(|(id, _)| id.0 as usize == at).count();
        let mut offsets = vec![0_u32];
        for record in records {
            let last = *offsets.last().sure("offsets begin with 0");
            offsets.push(last + crate::invariant::number(of(record)));
        }
        let fields = list.fields.iter().enumerate().map(|(field, property)| {
            let happened = records.iter().flat_map(|r| &r.events).filter(|(id, _)| id.0 as usize == at);
            Some(column(schema, property, happened.map(|(_, fields)| fields.get(field).and_then(Option::as_ref))))
        });
        Some(EventColumns { offsets, fields: fields.collect() }.distinct(list.key.map(|key| key.0), list.at.0).0)
    });
    Batch {
        rows: records.len(),
        first_row: 1,
        columns: columns.collect(),
        events: events.collect(),
        summed: Vec::new(),
        carried: Vec::new(),
        extras: Vec::new(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a value of another type is unknown")]
fn column<'v>(schema: &Schema, property: &'v Property, values: impl Iterator<Item = Option<&'v Value>>) -> Column {
    let values = values.map(|v| v.or(property.default.as_ref()));
    match &property.ty {
        Type::Text | Type::Label => {
            let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
            values.for_each(|v| {
                out.push(match v {
                    Some(Value::Text(t)) => Some(t),
                    _ => None,
                })
            });
            Column::Text(out)
        }
        Type::Integer => Column::Integer(plain(values, |v| match v {
            Value::Integer(n) => Some(*n),
            _ => None,
        })),
        Type::Number | Type::Score => Column::Number(plain(values, |v| match v {
            Value::Number(n) => Some(*n),
            #[expect(clippy::cast_precision_loss, reason = "an integer opposite a number is turned into one")]
            Value::Integer(n) => Some(*n as f64),
            _ => None,
        })),
        Type::Boolean => {
            let mut out = BooleanColumn::default();
            for value in values {
                out.truth.push(matches!(value, Some(Value::Boolean(true))));
                out.known.push(matches!(value, Some(Value::Boolean(_))));
            }
            Column::Boolean(out)
        }
        Type::Date => Column::Date(plain(values, |v| match v {
            Value::Date(d) => Some(*d),
            _ => None,
        })),
        Type::DateTime => Column::DateTime(plain(values, |v| match v {
            Value::DateTime(m) => Some(*m),
            _ => None,
        })),
        Type::OneOf(_) => Column::Option(
            values
                .map(|v| match v {
                    Some(Value::Option(code)) => *code,
                    _ => UNKNOWN_CODE,
                })
                .collect(),
        ),
        Type::SetOf(options) => {
            let words = options.len().div_ceil(64).max(1);
            let mut bits = Vec::new();
            for value in values {
                let start = bits.len();
                bits.resize(start + words, 0_u64);
                if let Some(Value::Set(codes)) = value {
                    for &code in codes {
                        if let Some(word) = bits.get_mut(start + code as usize / 64) {
                            *word |= 1 << (code % 64);
                        }
                    }
                }
            }
            Column::Set(SetColumn { words, bits })
        }
        Type::SetOfText => text_sets(schema, values),
    }
}

fn plain<'v, T: Copy + Default>(
    values: impl Iterator<Item = Option<&'v Value>>,
    read: impl Fn(&Value) -> Option<T>,
) -> Values<T> {
    let mut out = Values::default();
    values.for_each(|v| out.push(v.and_then(&read)));
    out
}

fn text_sets<'v>(schema: &Schema, values: impl Iterator<Item = Option<&'v Value>>) -> Column {
    let mut dictionary = Dictionary::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let (mut offsets, mut codes) = (vec![0_u32], Vec::new());
    for value in values {
        let start = codes.len();
        if let Some(Value::TextSet(members)) = value {
            for member in members {
                let key = fold(member, schema.ignore_accents).into_owned();
                let code = *seen.entry(key).or_insert_with(|| dictionary.push(member));
                if !codes.get(start..).is_some_and(|own| own.contains(&code)) {
                    codes.push(code);
                }
            }
        }
        offsets.push(crate::invariant::number(codes.len()));
    }
    Column::TextSet(TextSetColumn { offsets, codes, dictionary: Arc::new(dictionary) })
}

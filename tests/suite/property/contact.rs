//! Records that stand on edges.

use std::sync::Arc;

use lsrc::hir::{AsOf, Model};
use lsrc::schema::PropId;
use lsrc::value::{Type, Value};

use super::pool;
use super::tape::Tape;
use crate::oracle::calendar::{self, Ymd};
use crate::oracle::{Event, Record, expr};

/// A record for a model's schema.
pub(crate) fn contact(tape: &mut Tape<'_>, model: &Model, as_of: AsOf) -> Record {
    let schema = &model.schema;
    let mut w = Writer { tape, as_of, zone: &schema.zone, ignore_accents: schema.ignore_accents };
    let there: Vec<bool> = schema.related.iter().map(|_| w.tape.chance(70)).collect();
    let values = (0..).map(PropId).zip(&schema.properties).map(|(id, property)| {
        let Some(related) = property.related else { return w.value(&property.ty, false) };
        let there = there[related.0 as usize];
        if schema.presence(id).is_some() {
            return Some(Value::Boolean(there));
        }
        let value = w.value(&property.ty, false);
        let empty = matches!(property.ty, Type::SetOf(_)).then(|| Value::Set(Vec::new()));
        if there { value } else { empty }
    });
    let values = values.collect();
    let events = schema
        .events
        .iter()
        .map(|list| {
            let count = if w.tape.chance(60) { w.tape.between(1, 4) } else { 0 };
            let mut events: Vec<Event> = Vec::new();
            for _ in 0..count {
                let field = |w: &mut Writer<'_, '_, '_>, at: usize| w.value(&list.fields[at].ty, at == list.at.0 as usize);
                // Equal events are separate ones: their sums and averages stand on edges of their own.
                let again = events.last().filter(|_| w.tape.chance(25)).cloned();
                events.push(again.unwrap_or_else(|| (0..list.fields.len()).map(|at| field(&mut w, at)).collect()));
            }
            events
        })
        .collect();
    Record { values, events }
}

struct Writer<'t, 'w, 'z> {
    tape: &'t mut Tape<'w>,
    as_of: AsOf,
    zone: &'z jiff::tz::TimeZone,
    ignore_accents: bool,
}

impl Writer<'_, '_, '_> {
    fn value(&mut self, ty: &Type, is_at: bool) -> Option<Value> {
        // A time for most events, and a value for most properties: what is unknown everywhere tests little.
        if !self.tape.chance(if is_at { 97 } else { 80 }) {
            return match ty {
                Type::SetOf(_) => Some(Value::Set(Vec::new())),
                Type::SetOfText => Some(Value::TextSet(Vec::new())),
                _ => None,
            };
        }
        Some(match ty {
            Type::Text => Value::Text(self.text()),
            Type::Integer => Value::Integer(self.integer()),
            Type::Number => Value::Number(self.number()),
            Type::Boolean => Value::Boolean(self.tape.chance(50)),
            Type::Date => Value::Date(self.date()),
            Type::DateTime => Value::DateTime(self.moment()),
            Type::OneOf(options) => Value::Option(self.code(options.len())),
            Type::SetOf(options) => {
                let mut codes: Vec<u32> = (0..self.tape.between(0, 4)).map(|_| self.code(options.len())).collect();
                codes.sort_unstable();
                codes.dedup();
                Value::Set(codes)
            }
            Type::SetOfText => {
                let texts: Vec<Arc<str>> = (0..self.tape.between(0, 4)).map(|_| self.text()).collect();
                let members = expr::members(&Value::TextSet(texts), self.ignore_accents);
                Value::TextSet(members.into_iter().map(as_text).collect())
            }
            Type::Score | Type::Label => panic!("no property is a {ty}"),
        })
    }

    fn code(&mut self, count: usize) -> u32 {
        u32::try_from(self.tape.below(count)).unwrap()
    }

    fn text(&mut self) -> Arc<str> {
        if self.tape.chance(25) {
            let parts =
                [self.tape.pick(pool::TEXTS), self.tape.pick(&["", " ", "@", "-", "é", "2"]), self.tape.pick(pool::TEXTS)];
            return Arc::from(parts.concat());
        }
        let text = self.tape.pick(pool::TEXTS);
        if self.tape.chance(10) { Arc::from(text.to_uppercase()) } else { Arc::from(text) }
    }

    fn integer(&mut self) -> i64 {
        let edge = pool::INTEGERS[self.tape.below(pool::INTEGERS.len())];
        edge.saturating_add([0, 1, -1][self.tape.below(3)])
    }

    fn number(&mut self) -> f64 {
        const EDGES: &[f64] = &[
            0.0,
            1.0,
            -1.0,
            0.1,
            0.3,
            0.5,
            2.5,
            -0.25,
            5.0,
            10.0,
            9.99,
            33.33,
            50.5,
            1e6,
            9e9,
            9_000_000_000.5,
            -9e9,
            1e15,
            1e308,
            -1e308,
            5e-324,
            0.000_000_4,
            0.000_001,
            9_007_199_254_740_993.0,
            1.005,
            0.2,
        ];
        let edge = EDGES[self.tape.below(EDGES.len())];
        let near = match self.tape.below(6) {
            0 => edge.next_up(),
            1 => edge.next_down(),
            2 => -edge,
            _ => edge,
        };
        if near.is_finite() { near } else { edge }
    }

    fn day(&mut self) -> i64 {
        let today = i64::from(self.as_of.day);
        let day = match self.tape.below(4) {
            0 => today,
            1 => today + [-1, -2, -7, -14, -30, -90, -365, 1, 7, 30, 90][self.tape.below(11)],
            2 => calendar::move_months(today, [-1, -2, -3, -12, -24, 1, 2, 3, 7, 12, -31, 31][self.tape.below(12)]),
            _ => {
                let text = self.tape.pick(pool::DATES);
                let part = |at: std::ops::Range<usize>| text[at].parse().unwrap();
                calendar::to_days(Ymd { year: part(0..4), month: part(5..7), day: part(8..10) })
            }
        };
        day + [0, 1, -1][self.tape.below(3)]
    }

    fn date(&mut self) -> i32 {
        i32::try_from(self.day()).unwrap()
    }

    fn moment(&mut self) -> i64 {
        const HOUR: i64 = 3_600_000_000;
        let edge = match self.tape.below(3) {
            0 => self.as_of.micros - [0, 1, 2, 3, 7, 12, 24, 30, 31, 90, 365, -1, -2, -3][self.tape.below(14)] * HOUR,
            1 => {
                // The first instant of a day here, or of the hour in which clocks change.
                let midnight = self.day() * 24 * HOUR;
                let offset = jiff::Timestamp::from_microsecond(midnight).map_or(0, |at| self.zone.to_offset(at).seconds());
                midnight - i64::from(offset) * 1_000_000 + [0, HOUR, 2 * HOUR, 3 * HOUR][self.tape.below(4)]
            }
            _ => self.day() * 24 * HOUR + i64::try_from(self.tape.below(86_400)).unwrap() * 1_000_000,
        };
        edge + [0, 1, -1][self.tape.below(3)]
    }
}

fn as_text(value: Value) -> Arc<str> {
    match value {
        Value::Text(text) => text,
        other => panic!("no text: {other:?}"),
    }
}

/// A record as a line of JSON, which the program can read again.
pub(crate) fn json(record: &Record, model: &Model) -> String {
    let schema = &model.schema;
    let mut object = serde_json::Map::new();
    for (property, value) in schema.properties.iter().zip(&record.values) {
        if let Some(value) = value.as_ref().filter(|_| property.related.is_none()) {
            object.insert(property.name.to_string(), cell(value, &property.ty));
        }
    }
    for related in &schema.related {
        if record.values[related.known.0 as usize] != Some(Value::Boolean(true)) {
            continue;
        }
        let own = related.properties.iter().filter_map(|id| {
            let property = schema.property(*id).unwrap();
            let value = record.values[id.0 as usize].as_ref()?;
            Some((related.short(property).to_owned(), cell(value, &property.ty)))
        });
        object.insert(related.name.to_string(), serde_json::Value::Object(own.collect()));
    }
    for (list, events) in schema.events.iter().zip(&record.events) {
        let nested = events.iter().map(|event| {
            let fields = list
                .fields
                .iter()
                .zip(event)
                .filter_map(|(field, value)| value.as_ref().map(|value| (field.name.to_string(), cell(value, &field.ty))));
            serde_json::Value::Object(fields.collect())
        });
        object.insert(list.name.to_string(), nested.collect());
    }
    serde_json::Value::Object(object).to_string()
}

fn cell(value: &Value, ty: &Type) -> serde_json::Value {
    let name = |code: &u32| match ty {
        Type::OneOf(options) | Type::SetOf(options) => serde_json::Value::from(&*options.items[*code as usize].name),
        other => panic!("no option of {other}"),
    };
    match value {
        Value::Text(text) => (**text).into(),
        Value::Integer(n) => (*n).into(),
        Value::Number(x) => (*x).into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Date(day) => {
            let date = calendar::from_days(i64::from(*day));
            format!("{:04}-{:02}-{:02}", date.year, date.month, date.day).into()
        }
        Value::DateTime(micros) => jiff::Timestamp::from_microsecond(*micros).unwrap().to_string().into(),
        Value::Option(code) => name(code),
        Value::Set(codes) => codes.iter().map(name).collect(),
        Value::TextSet(texts) => texts.iter().map(|text| serde_json::Value::from(&**text)).collect(),
        Value::Decimal(other) => panic!("no property holds {other}"),
    }
}

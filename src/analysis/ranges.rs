//! What every score can reach, as `check -v` tells it, as JSON has it, and as records for `--witness`.

use serde_json::{Map, Value as Json};

use crate::bounds::{Reach, Witness};
use crate::diag::render::ScoreRange;
use crate::hir::Model;
use crate::program;
use crate::schema::{Property, Schema};
use crate::time::{AsOf, civil};
use crate::value::{Points, Type, Value};
use crate::why::values::instant;

/// The ranges of a model's scores.
#[derive(Debug, Default)]
pub struct Ranges {
    /// For documents.
    pub scores: Vec<ScoreRange>,
    /// For people, one line each.
    pub lines: Vec<String>,
    /// The records that show the ends.
    pub witnesses: Vec<Json>,
}

impl Ranges {
    /// Works the ranges of a model out.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let mut out = Self::default();
        let reaches = program::ranges(model);
        for reach in &reaches {
            out.lines.push(line(reach, &format!("score {}", reach.name), "record"));
            for (witness, points, end) in [(&reach.at_min, reach.min, "least"), (&reach.at_max, reach.max, "most")] {
                if let (Some(witness), Some(points)) = (witness, points) {
                    let at = out.witnesses.len() + 1;
                    out.witnesses.push(record(&model.schema, witness, &format!("the {end} of {}: {points}", reach.name), at));
                }
            }
            out.scores.push(range(reach));
        }
        for rollup in &model.rollups {
            for reach in program::account_ranges(model, rollup, &reaches) {
                out.lines.push(line(&reach, &format!("score {} of {}", reach.name, rollup.name), "account"));
                out.scores.push(range(&reach));
            }
        }
        out
    }

    /// Adds those of another program, each score of one name once.
    pub(super) fn append(&mut self, other: Self) {
        self.scores.extend(other.scores);
        self.lines.extend(other.lines);
        self.witnesses.extend(other.witnesses);
    }
}

fn range(reach: &Reach) -> ScoreRange {
    ScoreRange { name: reach.name.to_string(), min: reach.min, max: reach.max, exact: reach.exact }
}

fn line(reach: &Reach, name: &str, of: &str) -> String {
    if !reach.possible {
        return format!("{name}: no {of} gets one, every record is excluded");
    }
    let end = |points: Option<Points>, sign: &str| points.map_or_else(|| format!("{sign}without bound"), |p| p.to_string());
    let range = format!("{} to {}", end(reach.min, "down "), end(reach.max, "up "));
    let open = reach.min.is_none() || reach.max.is_none();
    let what = if of == "record" { "events" } else { "records, events" };
    match (reach.exact, open) {
        (true, _) => format!("{name}: {range}"),
        (false, true) => format!("{name}: {range}, as {what} or units have no bound"),
        (false, false) => format!("{name}: within {range} (an outer bound: no {of} is known for each end)"),
    }
}

fn record(schema: &Schema, witness: &Witness, shows: &str, at: usize) -> Json {
    let mut out = Map::new();
    out.insert("witness".into(), Json::from(shows));
    let as_of = witness.as_of;
    if AsOf::end_of(as_of.day, &schema.zone) != as_of {
        out.insert("as_of".into(), Json::from(instant(as_of.micros, &schema.zone)));
    } else if let Some(day) = civil(as_of.day) {
        out.insert("as_of".into(), Json::from(day.to_string()));
    }
    if let Some(key) = schema.key.and_then(|k| schema.property(k)) {
        let value = if key.ty == Type::Text { Json::from(format!("witness-{at}")) } else { Json::from(at) };
        out.insert(key.name.to_string(), value);
    }
    for (id, value) in &witness.record.properties {
        if let Some(property) = schema.property(*id).filter(|property| property.related.is_none()) {
            out.insert(property.name.to_string(), json(property, value));
        }
    }
    for related in schema.related.iter().filter(|related| witness.record.has(related)) {
        let own = witness.record.properties.iter().filter(|(id, _)| related.properties.contains(id));
        let own = own.filter_map(|(id, value)| {
            let property = schema.property(*id)?;
            Some((related.short(property).to_owned(), json(property, value)))
        });
        out.insert(related.name.to_string(), Json::Object(own.collect()));
    }
    for (id, fields) in &witness.record.events {
        let Some(list) = schema.event(*id) else { continue };
        let mut event = Map::new();
        for (field, value) in list.fields.iter().zip(fields) {
            if let Some(value) = value {
                event.insert(field.name.to_string(), json(field, value));
            }
        }
        if let Json::Array(events) = out.entry(list.name.to_string()).or_insert_with(|| Json::Array(Vec::new())) {
            events.push(Json::Object(event));
        }
    }
    Json::Object(out)
}

/// A value as a record in JSON has it.
fn json(property: &Property, value: &Value) -> Json {
    let option = |code: u32| match &property.ty {
        Type::OneOf(options) | Type::SetOf(options) => options.name(code).map_or(Json::Null, |n| Json::from(&**n)),
        Type::Text | Type::Integer | Type::Number | Type::Boolean | Type::Date | Type::DateTime => Json::Null,
        Type::SetOfText | Type::Score | Type::Label => Json::Null,
    };
    match value {
        Value::Text(t) => Json::from(&**t),
        Value::Integer(n) => Json::from(*n),
        Value::Number(n) => Json::from(*n),
        Value::Boolean(b) => Json::from(*b),
        Value::Date(day) => civil(*day).map_or(Json::Null, |d| Json::from(d.to_string())),
        Value::DateTime(m) => Json::from(crate::time::moment_text(*m)),
        Value::Option(code) => option(*code),
        Value::Set(codes) => codes.iter().map(|&c| option(c)).collect(),
        Value::TextSet(texts) => texts.iter().map(|t| Json::from(&**t)).collect(),
        Value::Decimal(d) => Json::from(d.to_f64()),
    }
}

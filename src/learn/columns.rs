//! The records of a study as columns: properties, and what follows from dates, sets, texts and events.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::histogram::Tally;
use crate::column::{Batch, Column, EventColumns, UNKNOWN_CODE};
use crate::invariant::{SureAt as _, fits};
use crate::schema::{EventId, PropId, Property, Schema};
use crate::syntax::written;
use crate::text::{fold, is_word};
use crate::time::{AsOf, day_of};
use crate::value::Type;

/// The windows in which events are counted, in days.
pub const WINDOWS: [u32; 4] = [7, 30, 90, 365];

/// What an attribute is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The value of a property.
    Property(PropId),
    /// Days since a date.
    DaysSince(PropId),
    /// How many members a set has.
    Size(PropId),
    /// Whether a set has a member, by its option or text.
    Member(PropId, String),
    /// Whether a text contains a word.
    Word(PropId, String),
    /// How many events, in so many days if there is a window.
    Count(EventId, Option<u32>),
    /// Days since the last event.
    DaysSinceLast(EventId),
}

/// The values of an attribute by record.
#[derive(Debug, Clone)]
pub enum Values {
    /// Numbers, NaN where unknown.
    Number(Vec<f64>),
    /// Codes of texts, options or truth values, [`UNKNOWN_CODE`] where unknown, with what they stand for.
    Code(Vec<u32>, Vec<String>),
    /// The records that have it.
    Rows(Vec<u32>),
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// What it is about.
    pub subject: Subject,
    /// As rules write it.
    pub words: String,
    /// Whether its numbers are whole, whatever data are still to come.
    pub whole: bool,
    /// Its values.
    pub values: Values,
}

/// The records of a study.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Whether each converted.
    pub converted: Vec<bool>,
    /// The weight of each, in units.
    pub weights: Vec<u64>,
    /// The fold of each.
    pub folds: Vec<u8>,
    /// The day of each one's moment.
    pub days: Vec<i32>,
}

impl Records {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.converted.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.converted.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.converted.iter().zip(&self.weights).for_each(|(converted, weight)| total.add(*weight, *converted));
        total
    }
}

/// Gathers attributes from batches.
#[derive(Debug)]
pub struct Collector<'s> {
    schema: &'s Schema,
    properties: Vec<(PropId, Gathered)>,
    events: Vec<(EventId, Vec<Vec<f64>>, Vec<f64>)>,
    /// The records.
    pub records: Records,
}

/// What has been gathered of a property.
#[derive(Debug)]
enum Gathered {
    Numbers(Vec<f64>),
    Codes(Vec<u32>, Interner),
    /// The size of each set, and the records of each member.
    Sets(Vec<f64>, Vec<Vec<u32>>, Interner),
}

/// Texts by number.
#[derive(Debug, Default)]
struct Interner {
    /// As in the data.
    raw: FxHashMap<String, u32>,
    folded: FxHashMap<String, u32>,
    names: Vec<String>,
}

impl Interner {
    fn code(&mut self, text: &str, ignore_accents: bool) -> u32 {
        if let Some(code) = self.raw.get(text) {
            return *code;
        }
        let folded = fold(text, ignore_accents).into_owned();
        let next = crate::invariant::number(self.names.len());
        let code = *self.folded.entry(folded.clone()).or_insert(next);
        if code == next {
            self.names.push(folded);
        }
        self.raw.insert(text.to_owned(), code);
        code
    }
}

impl<'s> Collector<'s> {
    /// For the properties and events of a schema, those of `reserved` left out.
    #[must_use]
    pub fn new(schema: &'s Schema, reserved: &BTreeSet<PropId>) -> Self {
        let ids = (0..).map(PropId).zip(&schema.properties);
        let ids = ids.filter(|(id, _)| !reserved.contains(id) && schema.presence(*id).is_none());
        let gathered = |(id, property): (PropId, &Property)| {
            let names = |names: Vec<String>| Interner { names, ..Interner::default() };
            let it = match &property.ty {
                Type::Integer | Type::Number | Type::Date | Type::DateTime => Gathered::Numbers(Vec::new()),
                Type::Boolean => Gathered::Codes(Vec::new(), names(vec!["false".to_owned(), "true".to_owned()])),
                Type::OneOf(options) => {
                    Gathered::Codes(Vec::new(), names(options.items.iter().map(|o| o.name.to_string()).collect()))
                }
                Type::SetOf(options) => Gathered::Sets(
                    Vec::new(),
                    vec![Vec::new(); options.items.len()],
                    names(options.items.iter().map(|o| o.name.to_string()).collect()),
                ),
                Type::SetOfText => Gathered::Sets(Vec::new(), Vec::new(), Interner::default()),
                Type::Text | Type::Score | Type::Label => Gathered::Codes(Vec::new(), Interner::default()),
            };
            (id, it)
        };
        let events = (0..).map(EventId).take(schema.events.len());
        Self {
            schema,
            properties: ids.map(gathered).collect(),
            events: events.map(|id| (id, vec![Vec::new(); WINDOWS.len() + 1], Vec::new())).collect(),
            records: Records::default(),
        }
    }

    /// Adds a record of a batch, as of its moment.
    pub fn add(&mut self, batch: &Batch, row: usize, as_of: AsOf, (weight, converted, fold): (u64, bool, u8)) {
        let place = crate::invariant::number(self.records.len());
        self.records.converted.push(converted);
        self.records.weights.push(weight);
        self.records.folds.push(fold);
        self.records.days.push(as_of.day);
        let accents = self.schema.ignore_accents;
        for (id, gathered) in &mut self.properties {
            let column = batch.columns.get(id.0 as usize).and_then(Option::as_ref);
            match gathered {
                Gathered::Numbers(values) => {
                    values.push(column.and_then(|c| number(c, row, as_of, &self.schema.zone)).unwrap_or(f64::NAN));
                }
                Gathered::Codes(codes, interner) => {
                    codes.push(column.and_then(|c| code(c, row, interner, accents)).unwrap_or(UNKNOWN_CODE));
                }
                Gathered::Sets(sizes, members, interner) => {
                    let found = column.map_or_else(Vec::new, |c| set(c, row, interner, accents));
                    sizes.push(super::math::real(found.len()));
                    for member in found {
                        members.resize_with(members.len().max(member + 1), Vec::new);
                        if let Some(rows) = members.get_mut(member) {
                            rows.push(place);
                        }
                    }
                }
            }
        }
        for (id, counts, last) in &mut self.events {
            let days = batch.events.get(id.0 as usize).and_then(Option::as_ref);
            let at = self.schema.event(*id).map(|e| e.at.0 as usize);
            let days = days.zip(at).map_or_else(Vec::new, |(e, at)| event_days(e, at, row, as_of, &self.schema.zone));
            for (window, values) in WINDOWS.iter().map(|w| i64::from(*w)).chain([i64::MAX]).zip(counts) {
                values.push(super::math::real(days.iter().filter(|age| **age <= window).count()));
            }
            #[expect(clippy::cast_precision_loss, reason = "days of the calendar")]
            last.push(days.iter().min().map_or(f64::NAN, |age| *age as f64));
        }
    }

    /// The attributes, in the order of the schema.
    #[must_use]
    pub fn finish(self) -> (Vec<Attribute>, Records) {
        let mut out = Vec::new();
        for (id, gathered) in self.properties {
            let Some(property) = self.schema.property(id) else { continue };
            let name = written::property(property);
            match gathered {
                Gathered::Numbers(values) => {
                    let date = matches!(property.ty, Type::Date | Type::DateTime);
                    let (subject, words) =
                        if date { (Subject::DaysSince(id), format!("days since {name}")) } else { (Subject::Property(id), name) };
                    let whole = property.ty != Type::Number;
                    out.push(Attribute { subject, words, whole, values: Values::Number(values) });
                }
                Gathered::Codes(codes, interner) => {
                    let values = Values::Code(codes, interner.names);
                    out.push(Attribute { subject: Subject::Property(id), words: name, whole: false, values });
                }
                Gathered::Sets(sizes, members, interner) => {
                    let words = format!("size of {name}");
                    out.push(Attribute { subject: Subject::Size(id), words, whole: true, values: Values::Number(sizes) });
                    let mut members: Vec<(String, Vec<u32>)> = interner.names.into_iter().zip(members).collect();
                    members.sort();
                    for (member, rows) in members {
                        let words = format!("{name} has {member}");
                        out.push(Attribute {
                            subject: Subject::Member(id, member),
                            words,
                            whole: false,
                            values: Values::Rows(rows),
                        });
                    }
                }
            }
        }
        for (id, counts, last) in self.events {
            let Some(list) = self.schema.event(id) else { continue };
            let name = written::name(&list.name);
            for (window, values) in WINDOWS.iter().map(|w| Some(*w)).chain([None]).zip(counts) {
                let words = window.map_or(format!("count({name})"), |days| format!("count({name} within {days} days)"));
                out.push(Attribute { subject: Subject::Count(id, window), words, whole: true, values: Values::Number(values) });
            }
            let words = format!("days since last({name})");
            out.push(Attribute { subject: Subject::DaysSinceLast(id), words, whole: true, values: Values::Number(last) });
        }
        (out, self.records)
    }
}

fn number(column: &Column, row: usize, as_of: AsOf, zone: &jiff::tz::TimeZone) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "bands of numbers are cut at floats")]
    match column {
        Column::Integer(values) => values.get(row).map(|n| n as f64),
        Column::Number(values) => values.get(row),
        Column::Date(values) => values.get(row).map(|day| f64::from(as_of.day) - f64::from(day)),
        Column::DateTime(values) => values.get(row).map(|micros| f64::from(as_of.day) - f64::from(day_of(micros, zone))),
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Boolean(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => None,
    }
}

fn code(column: &Column, row: usize, interner: &mut Interner, accents: bool) -> Option<u32> {
    match column {
        Column::Dictionary(c) => {
            let text = c.codes.get(row).filter(|&&code| code != UNKNOWN_CODE).and_then(|&code| c.dictionary.get(code))?;
            Some(interner.code(text, accents))
        }
        Column::Text(c) => c.get(row).map(|text| interner.code(text, accents)),
        Column::Boolean(c) => c.known.get(row).then(|| u32::from(c.truth.get(row))),
        Column::Option(codes) => codes.get(row).copied().filter(|&code| code != UNKNOWN_CODE),
        Column::Integer(_) | Column::Number(_) | Column::Date(_) | Column::DateTime(_) | Column::Set(_) | Column::TextSet(_) => {
            None
        }
    }
}

fn set(column: &Column, row: usize, interner: &mut Interner, accents: bool) -> Vec<usize> {
    match column {
        Column::Set(c) => {
            let words = c.bits.sure_at(row * c.words..(row + 1) * c.words);
            let bits = |(at, word): (usize, &u64)| {
                let word = *word;
                (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
            };
            words.iter().enumerate().flat_map(bits).collect()
        }
        Column::TextSet(c) => {
            let from = c.offsets.get(row).map_or(0, |&o| o as usize);
            let to = c.offsets.get(row + 1).map_or(from, |&o| o as usize);
            let texts = c.codes.sure_at(from..to).iter().filter_map(|&code| c.dictionary.get(code));
            texts.map(|text| interner.code(text, accents) as usize).collect()
        }
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Date(_)
        | Column::DateTime(_)
        | Column::Option(_) => Vec::new(),
    }
}

/// The ages in days of a record's events; events after its moment do not exist.
fn event_days(events: &EventColumns, at: usize, row: usize, as_of: AsOf, zone: &jiff::tz::TimeZone) -> Vec<i64> {
    let from = events.offsets.get(row).map_or(0, |&o| o as usize);
    let to = events.offsets.get(row + 1).map_or(from, |&o| o as usize);
    let Some(column) = events.fields.get(at).and_then(Option::as_ref) else { return Vec::new() };
    let age = |event: usize| match column {
        Column::Date(values) => values.get(event).filter(|day| *day <= as_of.day).map(|day| i64::from(as_of.day - day)),
        Column::DateTime(values) => {
            values.get(event).filter(|micros| *micros <= as_of.micros).map(|micros| i64::from(as_of.day - day_of(micros, zone)))
        }
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => None,
    };
    (from..to).filter_map(age).collect()
}

/// The words of texts: the records of each word that at least `least` records have, the most frequent first.
#[must_use]
pub fn words_of(codes: &[u32], names: &[String], least: usize, most: usize) -> Vec<(String, Vec<u32>)> {
    let mut by_word: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (code, name) in (0_u32..).zip(names) {
        let words: BTreeSet<&str> = name.split(|c: char| !is_word(c)).filter(|w| w.chars().count() >= 2).collect();
        for word in words {
            by_word.entry(word).or_default().push(code);
        }
    }
    let mut counts = vec![0_usize; names.len()];
    for code in codes {
        if let Some(n) = counts.get_mut(*code as usize) {
            *n += 1;
        }
    }
    let count = |of: &[u32]| of.iter().filter_map(|c| counts.get(*c as usize)).sum::<usize>();
    let mut frequent: Vec<(usize, &str, BTreeSet<u32>)> = by_word
        .into_iter()
        .map(|(word, of)| (count(&of), word, of.into_iter().collect()))
        .filter(|(n, ..)| *n >= least && n + least <= codes.len())
        .collect();
    frequent.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    frequent.truncate(most);
    let rows = |of: &BTreeSet<u32>| (0_u32..).zip(codes).filter(|(_, code)| of.contains(code)).map(|(row, _)| row).collect();
    frequent.into_iter().map(|(_, word, of)| (word.to_owned(), rows(&of))).collect()
}

/// The fold of a record by its key: FNV-1a of 64 bits of the trimmed text, of five.
#[must_use]
pub fn fold_of(key: &str) -> u8 {
    let hash =
        key.trim().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    fits(hash % 5)
}

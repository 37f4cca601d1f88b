//! Whether two models give every record the same: proved, disproved by a record, or not decided.
//!
//! Three ways, all of them sound. Models whose rules are the same one by one are the same. A record that both evaluators are run
//! on and that comes out differently shows that they are not. Where the rules that are not the same tell only so many kinds of records
//! apart (`proof`), one of each kind is gone through. Anything else is not decided, and called so with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::happened;
use super::matching::Matching;
use super::people::People;
use super::plan::Plan;
use super::proof;
use super::unit::{Answers, Kind, Unit};
use crate::bounds::{Abstraction, Reach};
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::invariant::{Sure as _, fits};
use crate::program::Code;
use crate::record::{self, Record};
use crate::schema::{PropId, Schema};
use crate::syntax::written::{choice, name, quoted};
use crate::time::civil;
use crate::value::{Type, Value};
use crate::vm::scores::{NONE, Scores};

/// So many records are gone through to prove that all come out the same.
const MOST_RECORDS: usize = 200_000;
/// So many records are tried to find one that comes out differently.
const TRIES: usize = 4_000;
/// So many records are tried with each event.
const EVENT_TRIES: usize = 400;
/// Records a batch.
const BATCH: usize = 1_000;

/// Whether two models give every record the same scores, labels, stages and exclusion; reasons are words and not counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// `equivalent`, `different` or `not-decided`.
    pub verdict: Answer,
    /// How that is known.
    pub how: String,
    /// A record that comes out differently: its properties as rules write them; what is not named is unknown.
    pub witness: Option<BTreeMap<String, String>>,
}

/// The answers that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Every record comes out the same.
    Equivalent,
    /// A record comes out differently.
    Different,
    /// Neither is known.
    NotDecided,
}

fn verdict(verdict: Answer, how: &str) -> Verdict {
    Verdict { verdict, how: how.to_owned(), witness: None }
}

/// Both models with what is known of them.
pub struct Models<'a> {
    /// The old one.
    pub old: &'a Model,
    /// The new one.
    pub new: &'a Model,
    /// Whether both have the same schema, so that one record means the same to both.
    pub one_schema: bool,
    /// The ranges of their scores, with records that reach the ends.
    pub reaches: [&'a [Reach]; 2],
}

/// Compares two models.
#[must_use]
pub fn compare(models: &Models<'_>, matching: &Matching, plan: &Plan) -> Verdict {
    if same_outputs(matching) && identical(matching, false) {
        let how = if identical(matching, true) {
            "the rules are the same one by one"
        } else {
            "their rules are the same; what changed concerns accounts"
        };
        return verdict(Answer::Equivalent, how);
    }
    if !same_outputs(matching) {
        return verdict(Answer::Different, "they do not have the same scores, labels and lifecycles");
    }
    if !models.one_schema {
        return verdict(Answer::NotDecided, "their schemas differ, so records are not compared without data");
    }
    let trial = Trial::of(&models.new.schema, Some(plan), [models.old, models.new]);
    let shown = models.reaches.iter().flat_map(|side| side.iter());
    for witness in shown.flat_map(|reach| [&reach.at_min, &reach.at_max]).flatten() {
        if trial.differs(std::slice::from_ref(&witness.record), witness.as_of).is_some() {
            let least = trial.least(witness.record.clone(), witness.as_of);
            return different(models.new, &least, witness.as_of);
        }
    }
    let mut near = None;
    let why = match proved(models, plan) {
        Proof::Same(how) => return verdict(Answer::Equivalent, &how),
        Proof::Apart(record, as_of) if trial.differs(std::slice::from_ref(&record), as_of).is_some() => {
            return different(models.new, &trial.least(record, as_of), as_of);
        }
        // The changed rules differ on it; what else a record needs for that to be seen is searched.
        Proof::Apart(record, _) => {
            near = Some(record);
            "the changed rules differ, but bounds or exclusions may hide it".to_owned()
        }
        Proof::Open(why) => why,
    };
    let pictures = [Abstraction::of(models.old), Abstraction::of(models.new)];
    let base = AsOf::end_of(BASE, &models.new.schema.zone);
    let values = values(models, &pictures);
    let over = tries(&values).map(|record| near.as_ref().map_or_else(|| record.clone(), |near| laid_over(&record, near)));
    let happened = happened::events([models.old, models.new], base);
    let alone = happened.iter().map(|event| Record { properties: Vec::new(), events: vec![event.clone()] });
    let with_events = happened.iter().flat_map(|event| {
        let with = move |record: Record| Record { events: vec![event.clone()], ..record };
        tries(&values).take(EVENT_TRIES).map(with)
    });
    match trial.first(over.chain(tries(&values)).chain(alone).chain(with_events), base) {
        Some(found) => different(models.new, &trial.least(found, base), base),
        None => verdict(
            Answer::NotDecided,
            &format!("no record was found with a different result, and it cannot be proved, because {why}"),
        ),
    }
}

/// The day that records are gone through as of: 2026-01-01, as a test without `as of`.
const BASE: i32 = 20_454;

/// What going through all records that can be told apart shows.
enum Proof {
    /// All come out the same.
    Same(String),
    /// One does not.
    Apart(Record, AsOf),
    /// They cannot be gone through, and why.
    Open(String),
}

/// Goes through all records that the rules which are not the same can tell apart, else through all that any rules can.
fn proved(models: &Models<'_>, plan: &Plan) -> Proof {
    let as_of = AsOf::end_of(BASE, &models.new.schema.zone);
    let (Some(old), Some(new)) = (proof::closed(models.old), proof::closed(models.new)) else {
        return Proof::Open("the definitions are very large".to_owned());
    };
    let mut apart = None;
    let mut why = String::new();
    if let Some([old, new]) = proof::reduced(&old, &new) {
        match gone_through([&old, &new], models, None, as_of) {
            Ok((None, total)) => {
                return Proof::Same(format!("all {total} records that the changed rules treat differently get the same results"));
            }
            Ok((Some(record), _)) => apart = Some(record),
            Err(reason) => why = reason,
        }
    }
    match gone_through([&old, &new], models, Some(plan), as_of) {
        Ok((None, total)) => Proof::Same(format!("all {total} records that the rules treat differently get the same results")),
        Ok((Some(record), _)) => Proof::Apart(record, as_of),
        Err(reason) => match apart {
            Some(record) => Proof::Apart(record, as_of),
            None => Proof::Open(if why.is_empty() { reason } else { why }),
        },
    }
}

/// The first record that comes out differently of all that two models can tell apart, with how many these are.
fn gone_through(
    pair: [&Model; 2],
    models: &Models<'_>,
    plan: Option<&Plan>,
    as_of: AsOf,
) -> Result<(Option<Record>, usize), String> {
    let values = proof::domains(pair, as_of)?;
    let total = values.iter().try_fold(1_usize, |n, (_, list)| n.checked_mul(list.len()).filter(|&n| n <= MOST_RECORDS));
    let total = total.ok_or_else(|| format!("there are more than {MOST_RECORDS} kinds of records to go through"))?;
    let trial = Trial::of(&models.new.schema, plan, pair);
    Ok((trial.first((0..total).map(|n| record(&values, n)), as_of), total))
}

/// A record with the properties of another put over its own.
fn laid_over(record: &Record, over: &Record) -> Record {
    let own = record.properties.iter().filter(|(id, _)| !over.properties.iter().any(|(o, _)| o == id));
    Record { properties: own.chain(&over.properties).cloned().collect(), events: record.events.clone() }
}

/// Whether both have the same outputs by name.
fn same_outputs(matching: &Matching) -> bool {
    let places = |units: &[Unit]| -> BTreeSet<String> {
        let is_output = |u: &Unit| matches!(u.kind, Kind::Label | Kind::Stage) || matches!(u.answers, Answers::Score(_));
        units.iter().filter(|u| is_output(u) && !u.of_accounts).map(|u| u.place.clone()).collect()
    };
    places(&matching.old) == places(&matching.new)
}

/// Whether the rules of records, or those of accounts, are the same one by one, in the same order and by the same items; reasons do
/// not count.
fn identical(matching: &Matching, of_accounts: bool) -> bool {
    let of = |units: &[Unit]| -> Vec<_> {
        let units = units.iter().filter(|u| u.of_accounts == of_accounts);
        units.map(|u| (u.kind, [&u.place, &u.head, &u.condition, &u.value, &u.rest].map(String::clone), u.item)).collect()
    };
    of(&matching.old) == of(&matching.new)
}

/// All subsets of sets with at most so many options are gone through.
const MOST_OPTIONS: usize = 12;

/// The values to try of every property that a rule reads: all of them where they are few, else those at which a rule of either
/// model changes its mind.
fn values(models: &Models<'_>, pictures: &[Abstraction<'_>; 2]) -> Vec<(PropId, Vec<Option<Value>>)> {
    let mut read: BTreeSet<PropId> = BTreeSet::new();
    for model in [models.old, models.new] {
        let uses = Uses::of(model);
        read.extend((0..).map(PropId).zip(&uses.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id));
        read.extend(model.lifecycles.iter().filter_map(|l| l.property));
    }
    let of = |id: PropId| {
        let mut list: Vec<Option<Value>> = vec![None];
        match models.new.schema.property(id).map(|p| &p.ty) {
            Some(Type::Boolean) => list.extend([false, true].map(|b| Some(Value::Boolean(b)))),
            Some(Type::OneOf(options)) => list.extend((0..number(options.len())).map(|code| Some(Value::Option(code)))),
            Some(Type::SetOf(options)) if options.len() <= MOST_OPTIONS => {
                let subset = |bits: u32| (0..number(options.len())).filter(move |code| bits >> code & 1 == 1).collect();
                list.extend((1..1_u32 << options.len()).map(|bits| Some(Value::Set(subset(bits)))));
            }
            Some(_) | None => {
                let cells = pictures.iter().flat_map(|p| &p.vars).filter(|v| v.property == Some(id)).flat_map(|v| &v.cells);
                list.extend(cells.filter(|c| c.assumed.is_none() && c.value.is_some()).map(|c| c.value.clone()));
            }
        }
        (id, list)
    };
    read.into_iter().map(of).collect()
}

fn number(n: usize) -> u32 {
    crate::invariant::number(n)
}

/// The record with this number, of all that the values make.
fn record(values: &[(PropId, Vec<Option<Value>>)], mut n: usize) -> Record {
    let mut out = Record::default();
    for (id, list) in values {
        if let Some(Some(value)) = list.get(n % list.len().max(1)) {
            out.properties.push((*id, value.clone()));
        }
        n /= list.len().max(1);
    }
    out
}

/// Records to try: every value by itself, then combinations in an order that is the same on every run.
fn tries(values: &[(PropId, Vec<Option<Value>>)]) -> impl Iterator<Item = Record> {
    let single = |(id, list): &(PropId, Vec<Option<Value>>)| {
        let id = *id;
        let alone = move |value: Value| Record { properties: vec![(id, value)], events: Vec::new() };
        list.clone().into_iter().flatten().map(alone)
    };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mixed = (0..TRIES).map(move |_| {
        let mut out = Record::default();
        for (id, list) in values {
            // Marsaglia's xorshift, "Xorshift RNGs" (2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = fits::<usize, _>(state >> 33) % list.len().max(1);
            if let Some(Some(value)) = list.get(at) {
                out.properties.push((*id, value.clone()));
            }
        }
        out
    });
    values.iter().flat_map(single).take(TRIES).chain(mixed)
}

impl Verdict {
    /// What the data add: where records of it come out differently, that is known.
    #[must_use]
    pub fn with(self, people: Option<&People>) -> Self {
        let apart = people.is_some_and(|p| {
            p.now_excluded + p.no_longer_excluded + p.moved > 0
                || p.scores.iter().any(|s| s.same < p.records)
                || p.labels.iter().any(|l| l.changed > 0)
        });
        if apart && self.verdict == Answer::NotDecided {
            verdict(Answer::Different, "records of the data get different results")
        } else {
            self
        }
    }
}

/// Both evaluators.
struct Trial<'a> {
    schema: &'a Schema,
    /// What to compare; without it exclusions and all scores, number by number.
    plan: Option<&'a Plan>,
    codes: [Code; 2],
}

impl<'a> Trial<'a> {
    fn of(schema: &'a Schema, plan: Option<&'a Plan>, pair: [&Model; 2]) -> Self {
        Self { schema, plan, codes: pair.map(Code::plain) }
    }

    /// The first of these records that comes out differently.
    fn differs<'r>(&self, records: &'r [Record], as_of: AsOf) -> Option<&'r Record> {
        let batch = record::batch(self.schema, records);
        let [old, new] = self.codes.each_ref().map(|code| code.run(&batch, as_of));
        records.iter().enumerate().find(|(row, _)| !self.same(&old, &new, *row)).map(|(_, record)| record)
    }

    fn same(&self, old: &Scores, new: &Scores, row: usize) -> bool {
        match self.plan {
            Some(plan) => same(plan, old, new, row),
            None => {
                let excluded = |scores: &Scores| scores.excluded.get(row).is_some_and(|&code| code != NONE);
                let points = |scores: &Scores| scores.scores.iter().map(|s| s.get(row)).collect::<Vec<_>>();
                excluded(old) == excluded(new) && points(old) == points(new)
            }
        }
    }

    /// The record without what is not needed for it to come out differently.
    fn least(&self, mut record: Record, as_of: AsOf) -> Record {
        let differs = |r: &Record| self.differs(std::slice::from_ref(r), as_of).is_some();
        for at in (0..record.properties.len()).rev() {
            let mut without = record.clone();
            without.properties.remove(at);
            if differs(&without) {
                record = without;
            }
        }
        let without = Record { events: Vec::new(), ..record.clone() };
        if differs(&without) { without } else { record }
    }

    fn first(&self, all: impl Iterator<Item = Record>, as_of: AsOf) -> Option<Record> {
        let mut all = all.peekable();
        while all.peek().is_some() {
            let some: Vec<Record> = all.by_ref().take(BATCH).collect();
            if let Some(found) = self.differs(&some, as_of) {
                return Some(found.clone());
            }
        }
        None
    }
}

/// Whether a row has the same scores, labels, stages and exclusion on both sides.
fn same(plan: &Plan, old: &Scores, new: &Scores, row: usize) -> bool {
    let excluded = |scores: &Scores| scores.excluded.get(row).is_some_and(|&code| code != NONE);
    let points = |scores: &Scores, at: usize| scores.scores.get(at).and_then(|s| s.get(row));
    let code = |codes: Option<&Vec<u32>>| codes.and_then(|c| c.get(row)).copied().unwrap_or(NONE);
    let mapped = |codes: &[u32], code: u32| codes.get(code as usize).copied().unwrap_or(NONE);
    let stage = |scores: &Scores, at: usize| code(scores.lifecycles.get(at).map(|l| &l.after));
    excluded(old) == excluded(new)
        && plan.scores.iter().all(|b| points(old, b.old) == points(new, b.new))
        && plan.labels.iter().all(|b| mapped(&b.codes, code(old.labels.get(b.old))) == code(new.labels.get(b.new)))
        && plan.stages.iter().all(|l| mapped(&l.both.codes, stage(old, l.both.old)) == stage(new, l.both.new))
}

fn different(model: &Model, record: &Record, as_of: AsOf) -> Verdict {
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    for (id, value) in &record.properties {
        if let Some(property) = model.schema.property(*id).filter(|property| property.related.is_none()) {
            words.insert(name(&property.name), word(&property.ty, value));
        }
    }
    for related in model.schema.related.iter().filter(|related| record.has(related)) {
        let own = record.properties.iter().filter(|(id, _)| related.properties.contains(id));
        let parts: Vec<String> = own
            .filter_map(|(id, value)| {
                let property = model.schema.property(*id)?;
                Some(format!("{}: {}", name(related.short(property)), word(&property.ty, value)))
            })
            .collect();
        words.insert(name(&related.name), format!("{{ {} }}", parts.join(", ")));
    }
    for (id, _) in &record.events {
        if let Some(list) = model.schema.event(*id) {
            let of_list = record.events.iter().filter(|(other, _)| other == id);
            let one = |fields: &[Option<Value>]| {
                let known = list.fields.iter().zip(fields).filter_map(|(f, v)| Some((f, v.as_ref()?)));
                let parts: Vec<String> = known.map(|(f, v)| format!("{}: {}", name(&f.name), word(&f.ty, v))).collect();
                format!("{{ {} }}", parts.join(", "))
            };
            let events: Vec<String> = of_list.map(|(_, fields)| one(fields)).collect();
            words.insert(name(&list.name), format!("[{}]", events.join(", ")));
        }
    }
    let mut when = civil(as_of.day).sure("a run is on a day of the calendar").to_string();
    if AsOf::end_of(as_of.day, &model.schema.zone) != as_of {
        when = jiff::Timestamp::from_microsecond(as_of.micros).sure("a run is at a moment of the calendar").to_string();
    }
    Verdict { verdict: Answer::Different, how: format!("a record gets a different result, as of {when}"), witness: Some(words) }
}

/// A value as rules write it.
fn word(ty: &Type, value: &Value) -> String {
    let option = |code: u32| ty.options().and_then(|o| o.name(code)).map_or_else(String::new, |n| choice(n));
    match value {
        Value::Text(text) => quoted(text),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::Date(day) => civil(*day).map_or_else(|| day.to_string(), |d| d.to_string()),
        Value::DateTime(micros) => crate::time::moment_text(*micros),
        Value::Option(code) => option(*code),
        Value::Set(codes) => format!("[{}]", codes.iter().map(|&c| option(c)).collect::<Vec<_>>().join(", ")),
        Value::TextSet(texts) => {
            format!("[{}]", texts.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(", "))
        }
        Value::Decimal(d) => d.to_string(),
    }
}

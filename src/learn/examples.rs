//! Records that show what learned rules do: one of which nothing is known, one with much that speaks for it, one with much against it.

use std::collections::BTreeMap;

use super::block::{Block, value_text};
use super::coded::{Coded, Meaning, UNKNOWN};
use super::columns::Subject;
use crate::invariant::SureAt as _;
use crate::schema::{PropId, Schema};
use crate::syntax::written::name;
use crate::text::is_word;
use crate::value::{Type, Value};

/// A value of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A number.
    Number(f64),
    /// A text, option or truth value.
    Text(String),
    /// A date so many days back.
    DaysAgo(f64),
    /// Members of a set.
    Members(Vec<String>),
}

impl Given {
    /// As a test gives it: `visits = 3`.
    #[must_use]
    pub fn words(&self, schema: &Schema, id: PropId) -> Option<String> {
        let property = name(&schema.property(id)?.name);
        Some(match self {
            Self::Number(n) => format!("{property} = {}", super::coded::written(*n)),
            Self::Text(text) => format!("{property} = {}", value_text(schema, id, text)),
            Self::DaysAgo(days) => {
                format!("{property} = {} {} ago", super::coded::written(*days), if *days == 1.0 { "day" } else { "days" })
            }
            Self::Members(members) => {
                let members: Vec<String> = members.iter().map(|m| value_text(schema, id, m)).collect();
                format!("{property} = [{}]", members.join(", "))
            }
        })
    }
}

type Record = BTreeMap<u32, Given>;

/// Titles, records and their totals.
pub(super) fn examples(schema: &Schema, blocks: &[Block<'_>]) -> Vec<(String, Record, i32)> {
    // A default that is a date has an age only at a moment, which a test of no fixed day does not have.
    let dated = schema.properties.iter().any(|p| matches!(p.default, Some(Value::Date(_) | Value::DateTime(_))));
    if dated {
        return Vec::new();
    }
    let cases = [
        ("a record of which nothing is known", Wish::Nothing),
        ("a record with much that speaks for it", Wish::Best),
        ("a record with much that speaks against it", Wish::Worst),
    ];
    let example = |(title, wish): (&str, Wish)| {
        let record = wished(schema, blocks, wish);
        let total = blocks.iter().map(|block| points(schema, block, &record)).sum();
        (title.to_owned(), record, total)
    };
    cases.into_iter().map(example).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Nothing,
    Best,
    Worst,
}

fn wished(schema: &Schema, blocks: &[Block<'_>], wish: Wish) -> Record {
    let mut record = Record::new();
    if wish == Wish::Nothing {
        return record;
    }
    for block in blocks {
        let mut codes: Vec<(usize, i32)> = block.points.iter().copied().enumerate().collect();
        codes.sort_by_key(|(_, p)| if wish == Wish::Best { -p } else { *p });
        for (code, p) in codes {
            // What gives nothing needs not be given.
            if p == 0 || give(schema, block.it, code, &mut record) {
                break;
            }
        }
    }
    record
}

/// Gives a record what the code stands for; false where that cannot be written, or where it has another value already.
fn give(schema: &Schema, it: &Coded, code: usize, record: &mut Record) -> bool {
    let Some(level) = it.levels.get(code) else { return false };
    match (&it.subject, level) {
        (Subject::Property(id), Meaning::Range(low, high)) => {
            let value = match (low, high) {
                (Some(low), _) => *low,
                (None, Some(high)) => high - 1.0,
                (None, None) => return false,
            };
            put(record, *id, Given::Number(value))
        }
        (Subject::DaysSince(id), Meaning::Range(low, high)) => {
            let least = low.unwrap_or(1.0).max(1.0);
            let fits = high.is_none_or(|high| least < high);
            let date = schema.property(*id).is_some_and(|p| p.ty == Type::Date);
            fits && date && put(record, *id, Given::DaysAgo(least))
        }
        (Subject::Property(id), Meaning::Value(text)) => put(record, *id, Given::Text(text.clone())),
        (Subject::Word(id, word), Meaning::Has) => put(record, *id, Given::Text(word.clone())),
        (Subject::Member(id, member), Meaning::Has) => {
            match record.entry(id.0).or_insert_with(|| Given::Members(Vec::new())) {
                Given::Members(members) => members.push(member.clone()),
                Given::Number(_) | Given::Text(_) | Given::DaysAgo(_) => return false,
            }
            true
        }
        (Subject::Property(id) | Subject::DaysSince(id), Meaning::Unknown) => !record.contains_key(&id.0),
        (Subject::DaysSinceLast(_), Meaning::Unknown) => true,
        (_, _) => false,
    }
}

fn put(record: &mut Record, id: PropId, value: Given) -> bool {
    let free = !record.contains_key(&id.0);
    if free {
        record.insert(id.0, value);
    }
    free
}

/// The points of a block for a record.
fn points(schema: &Schema, block: &Block<'_>, record: &Record) -> i32 {
    let it = block.it;
    let value = |id: &PropId| record.get(&id.0).cloned().or_else(|| default(schema, *id));
    let code = match &it.subject {
        Subject::Property(id) => match value(id) {
            Some(Given::Number(n)) => number_code(it, n),
            Some(Given::Text(text)) => text_code(it, &text),
            Some(Given::DaysAgo(_) | Given::Members(_)) | None => usize::from(UNKNOWN),
        },
        Subject::DaysSince(id) => match value(id) {
            Some(Given::DaysAgo(days)) => number_code(it, days),
            Some(Given::Number(_) | Given::Text(_) | Given::Members(_)) | None => usize::from(UNKNOWN),
        },
        Subject::Size(id) => match value(id) {
            Some(Given::Members(members)) => number_code(it, super::math::real(members.len())),
            Some(Given::Number(_) | Given::Text(_) | Given::DaysAgo(_)) | None => number_code(it, 0.0),
        },
        Subject::Member(id, member) => match value(id) {
            Some(Given::Members(members)) => usize::from(members.contains(member)),
            Some(Given::Number(_) | Given::Text(_) | Given::DaysAgo(_)) | None => 0,
        },
        Subject::Word(id, word) => match value(id) {
            Some(Given::Text(text)) => usize::from(text.split(|c: char| !is_word(c)).any(|w| w == word)),
            Some(Given::Number(_) | Given::DaysAgo(_) | Given::Members(_)) | None => 0,
        },
        Subject::Count(..) => number_code(it, 0.0),
        Subject::DaysSinceLast(_) => usize::from(UNKNOWN),
    };
    *block.points.sure_at(code)
}

fn number_code(it: &Coded, value: f64) -> usize {
    let holds = |level: &Meaning| match level {
        Meaning::Range(low, high) => low.is_none_or(|low| value >= low) && high.is_none_or(|high| value < high),
        Meaning::Unknown | Meaning::Value(_) | Meaning::Other(_) | Meaning::Has | Meaning::HasNot => false,
    };
    it.levels.iter().position(holds).unwrap_or(usize::from(UNKNOWN))
}

fn text_code(it: &Coded, text: &str) -> usize {
    let is = |level: &Meaning| matches!(level, Meaning::Value(value) if value == text);
    let other = |level: &Meaning| matches!(level, Meaning::Other(_));
    // A value that the data did not have falls to `else`, which then gives nothing.
    it.levels.iter().position(is).or_else(|| it.levels.iter().position(other)).unwrap_or(it.levels.len())
}

fn default(schema: &Schema, id: PropId) -> Option<Given> {
    let property = schema.property(id)?;
    Some(match property.default.as_ref()? {
        Value::Boolean(truth) => Given::Text(truth.to_string()),
        Value::Number(n) => Given::Number(*n),
        #[expect(clippy::cast_precision_loss, reason = "a default of a schema")]
        Value::Integer(n) => Given::Number(*n as f64),
        Value::Text(text) => Given::Text(crate::text::fold(text, schema.ignore_accents).into_owned()),
        Value::Option(code) => Given::Text(property.ty.options()?.name(*code)?.to_string()),
        Value::Date(_) | Value::DateTime(_) | Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => return None,
    })
}

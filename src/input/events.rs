//! Events from files of their own: read first, kept by key, handed out with the records that they belong to.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::Builder;
use super::cell::Cell;
use super::keys::fingerprints;
use super::report::{BadRows, EventReport, SAMPLES};
use super::table::named_after;
use crate::column::{BooleanColumn, Dictionary, Interner};
use crate::column::{Column, DictionaryColumn, EventColumns, SetColumn, TextColumn, TextSetColumn, UNKNOWN_CODE, Values};
use crate::schema::{EventId, EventList, FieldId, PropId, Schema};
use crate::text::fold;
use crate::time::AsOf;
use crate::value::Type;

/// The number of a key among those that events refer to.
type KeyId = u32;

/// Everything that is known of the events of one list that came from files of their own.
pub(crate) struct EventStore {
    pub(crate) event: EventId,
    /// The property that events refer to; `None` when it is the row number.
    pub(crate) refers_to: Option<PropId>,
    keys: KeyMap,
    /// Whether a record had the key.
    matched: Vec<bool>,
    /// By key: where its events start in `order`.
    starts: Vec<u32>,
    /// Events by key.
    order: Vec<u32>,
    /// By field of the list.
    fields: Vec<Option<Column>>,
    /// The key of each event while they are read.
    references: Vec<KeyId>,
    pub(crate) report: EventReport,
    /// Builders for records that have events of both kinds.
    both: Vec<Option<Builder>>,
}

/// No key.
const NOWHERE: KeyId = KeyId::MAX;

/// Numbers for keys: whole numbers as they are, texts exactly or folded.
struct KeyMap {
    /// By whole number, up to [`NEAR`]; [`NOWHERE`] where no event has it.
    near: Vec<KeyId>,
    numbers: FxHashMap<u64, KeyId>,
    interner: Interner,
    texts: Arc<Dictionary>,
    /// `Some` when texts are compared as text; whether accents count is in it.
    folded: Option<bool>,
    count: KeyId,
}

/// Whole numbers below this are found by their place, others by a search.
const NEAR: u64 = 1 << 22;

impl KeyMap {
    fn number(&mut self, value: u64) -> KeyId {
        let next = self.count;
        if value < NEAR {
            let at = value as usize;
            if self.near.len() <= at {
                self.near.resize((at + 1).next_power_of_two(), NOWHERE);
            }
            let Some(id) = self.near.get_mut(at) else { return NOWHERE };
            if *id == NOWHERE {
                *id = next;
                self.count += 1;
            }
            return *id;
        }
        let id = *self.numbers.entry(value).or_insert(next);
        self.count += KeyId::from(id == next);
        id
    }

    fn find_number(&self, value: u64) -> Option<KeyId> {
        if value < NEAR {
            return self.near.get(value as usize).copied().filter(|&id| id != NOWHERE);
        }
        self.numbers.get(&value).copied()
    }

    fn text(&mut self, text: &str) -> KeyId {
        let id = match self.folded {
            Some(ignore_accents) => self.interner.intern(&fold(text, ignore_accents), &mut self.texts),
            None => self.interner.intern(text, &mut self.texts),
        };
        self.count = self.count.max(id + 1);
        id
    }

    /// The number of each row's key, given one where it has none.
    fn add(&mut self, column: &Column, out: &mut Vec<KeyId>) {
        each_text(column, |text| out.push(text.map_or(NOWHERE, |t| self.text(t)))).unwrap_or_else(|| {
            out.extend(fingerprints(column).map(|key| key.map_or(NOWHERE, |k| self.number(k))));
        });
    }

    /// The number of each row's key, if an event refers to it.
    fn find(&self, column: &Column, out: &mut Vec<KeyId>) {
        each_text(column, |text| {
            let found = text.and_then(|t| match self.folded {
                Some(ignore_accents) => self.interner.find(&fold(t, ignore_accents), &self.texts),
                None => self.interner.find(t, &self.texts),
            });
            out.push(found.unwrap_or(NOWHERE));
        })
        .unwrap_or_else(|| {
            out.extend(fingerprints(column).map(|key| key.and_then(|k| self.find_number(k)).unwrap_or(NOWHERE)));
        });
    }
}

/// Calls `then` for each row of a text column; `None` if it is none.
fn each_text(column: &Column, mut then: impl FnMut(Option<&str>)) -> Option<()> {
    match column {
        Column::Text(texts) => (0..texts.len()).for_each(|row| then(texts.get(row))),
        Column::Dictionary(d) => d.codes.iter().for_each(|&code| then(d.dictionary.get(code))),
        Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Date(_)
        | Column::DateTime(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => return None,
    }
    Some(())
}

impl EventStore {
    /// An empty store for a list.
    pub(crate) fn new(event: EventId, list: &EventList, schema: &Schema, fields: impl Iterator<Item = FieldId>) -> Self {
        let refers_to = list.to.or(schema.key);
        // A key is compared exactly, another property as text.
        let folded = list.to.is_some_and(|to| Some(to) != schema.key).then_some(schema.ignore_accents);
        let mut both: Vec<Option<Builder>> = list.fields.iter().map(|_| None).collect();
        for id in fields {
            if let (Some(place), Some(field)) = (both.get_mut(id.0 as usize), list.field(id)) {
                let mut field = named_after(list, field);
                field.required = false;
                *place = Some(Builder::new(&field, schema));
            }
        }
        Self {
            event,
            refers_to,
            keys: KeyMap {
                near: Vec::new(),
                numbers: FxHashMap::default(),
                interner: Interner::new(),
                texts: Arc::default(),
                folded,
                count: 0,
            },
            matched: Vec::new(),
            starts: Vec::new(),
            order: Vec::new(),
            fields: Vec::new(),
            references: Vec::new(),
            report: EventReport { event: list.name.to_string(), ..EventReport::default() },
            both,
        }
    }

    /// Notes which records some events belong to.
    pub(crate) fn refer(&mut self, references: &Column) {
        self.keys.add(references, &mut self.references);
    }

    /// Takes the fields of all events, in the order of `refer`, and groups them by key. Events after `as_of` do not exist.
    pub(crate) fn settle(&mut self, fields: Vec<Option<Column>>, at: FieldId, as_of: AsOf) {
        let keys = self.keys.count as usize;
        self.matched = vec![false; keys];
        self.report.read = self.references.len() as u64;
        let time = fields.get(at.0 as usize).and_then(Option::as_ref);
        self.report.without_time = time.map_or(0, |column| unknown(column) as u64);
        let kept = |event: usize| !time.is_some_and(|column| is_after(column, event, as_of));
        let mut starts = vec![0_u32; keys + 1];
        for (event, &key) in self.references.iter().enumerate() {
            if kept(event)
                && let Some(n) = starts.get_mut(key as usize + 1).filter(|_| key != NOWHERE)
            {
                *n += 1;
            }
        }
        let mut total = 0;
        for n in &mut starts {
            total += *n;
            *n = total;
        }
        let mut next = starts.clone();
        self.order = vec![0; total as usize];
        for (event, &key) in self.references.iter().enumerate() {
            if kept(event)
                && let Some(at) = next.get_mut(key as usize).filter(|_| key != NOWHERE)
            {
                if let Some(place) = self.order.get_mut(*at as usize) {
                    *place = event as u32;
                }
                *at += 1;
            }
        }
        self.starts = starts;
        self.fields = fields;
    }

    /// The events of some records, given the property that events refer to.
    pub(crate) fn hand_out(&mut self, records: &Column, rows: usize) -> EventColumns {
        let mut keys = Vec::with_capacity(rows);
        self.keys.find(records, &mut keys);
        let mut picked = Vec::new();
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        for key in keys {
            if let Some(matched) = self.matched.get_mut(key as usize) {
                *matched = true;
            }
            if let (Some(&start), Some(&end)) = (self.starts.get(key as usize), self.starts.get((key as usize).saturating_add(1)))
            {
                picked.extend_from_slice(self.order.get(start as usize..end as usize).unwrap_or(&[]));
            }
            offsets.push(picked.len() as u32);
        }
        EventColumns { offsets, fields: self.fields.iter().map(|f| f.as_ref().map(|column| gather(column, &picked))).collect() }
    }

    /// The events of records that have some of both kinds, together.
    pub(crate) fn add_up(&mut self, nested: &EventColumns, own: &EventColumns, types: &[Type]) -> EventColumns {
        let rows = nested.offsets.len().saturating_sub(1);
        let mut offsets = vec![0_u32];
        let range = |events: &EventColumns, row: usize| {
            let start = events.offsets.get(row).copied().unwrap_or_default() as usize;
            start..events.offsets.get(row + 1).copied().unwrap_or_default() as usize
        };
        for row in 0..rows {
            let before = offsets.last().copied().unwrap_or_default() as usize;
            offsets.push((before + range(nested, row).len() + range(own, row).len()) as u32);
        }
        let mut nothing = BadRows::default();
        let fields = self.both.iter_mut().enumerate().map(|(at, builder)| {
            let builder = builder.as_mut()?;
            let ty = types.get(at)?;
            for row in 0..rows {
                for events in [nested, own] {
                    let Some(Some(column)) = events.fields.get(at) else { continue };
                    for event in range(events, row) {
                        copy(column, event, ty, builder, &mut nothing);
                    }
                }
            }
            Some(builder.take())
        });
        let fields = fields.collect();
        EventColumns { offsets, fields }
    }

    /// What there is to say when every record has been read.
    pub(crate) fn report(&self) -> EventReport {
        let mut report = self.report.clone();
        let lost = |key: KeyId| self.matched.get(key as usize).is_none_or(|&matched| !matched);
        for &key in self.references.iter().filter(|&&key| lost(key)) {
            report.without_record += 1;
            if report.without_record_samples.len() < SAMPLES {
                let text = self.reference_text(key);
                if !report.without_record_samples.contains(&text) {
                    report.without_record_samples.push(text);
                }
            }
        }
        report
    }

    fn reference_text(&self, key: KeyId) -> String {
        if let Some(text) = self.keys.texts.get(key).filter(|_| key != NOWHERE) {
            return text.to_owned();
        }
        let near = self.keys.near.iter().position(|&id| id == key && id != NOWHERE).map(|value| value as i64);
        let number = near.or_else(|| self.keys.numbers.iter().find(|(_, id)| **id == key).map(|(value, _)| *value as i64));
        number.map_or_else(|| "(empty)".to_owned(), |n| n.to_string())
    }
}

fn unknown(column: &Column) -> usize {
    match column {
        Column::Date(values) => values.values.len() - values.known.count(),
        Column::DateTime(values) => values.values.len() - values.known.count(),
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => 0,
    }
}

/// How many events have no point in time.
pub(crate) fn without_time(events: &EventColumns, at: FieldId) -> u64 {
    events.fields.get(at.0 as usize).and_then(Option::as_ref).map_or(0, |column| unknown(column) as u64)
}

fn is_after(column: &Column, event: usize, as_of: AsOf) -> bool {
    match column {
        Column::Date(values) => values.get(event).is_some_and(|day| day > as_of.day),
        Column::DateTime(values) => values.get(event).is_some_and(|micros| micros > as_of.micros),
        Column::Dictionary(_)
        | Column::Text(_)
        | Column::Integer(_)
        | Column::Number(_)
        | Column::Boolean(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => false,
    }
}

/// The rows `picked` of a column.
fn gather(column: &Column, picked: &[u32]) -> Column {
    match column {
        Column::Dictionary(d) => Column::Dictionary(DictionaryColumn {
            codes: picked.iter().map(|&at| d.codes.get(at as usize).copied().unwrap_or(UNKNOWN_CODE)).collect(),
            dictionary: d.dictionary.clone(),
        }),
        Column::Text(texts) => {
            let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
            picked.iter().for_each(|&at| out.push(texts.get(at as usize)));
            Column::Text(out)
        }
        Column::Integer(values) => Column::Integer(gather_values(values, picked)),
        Column::Number(values) => Column::Number(gather_values(values, picked)),
        Column::Date(values) => Column::Date(gather_values(values, picked)),
        Column::DateTime(values) => Column::DateTime(gather_values(values, picked)),
        Column::Boolean(b) => {
            let mut out = BooleanColumn::default();
            for &at in picked {
                out.truth.push(b.truth.get(at as usize));
                out.known.push(b.known.get(at as usize));
            }
            Column::Boolean(out)
        }
        Column::Option(codes) => {
            Column::Option(picked.iter().map(|&at| codes.get(at as usize).copied().unwrap_or(UNKNOWN_CODE)).collect())
        }
        Column::Set(set) => {
            let mut bits = Vec::with_capacity(picked.len() * set.words);
            for &at in picked {
                let start = at as usize * set.words;
                bits.extend_from_slice(set.bits.get(start..start + set.words).unwrap_or(&[]));
            }
            Column::Set(SetColumn { words: set.words, bits })
        }
        Column::TextSet(set) => {
            let mut out = TextSetColumn { offsets: vec![0], codes: Vec::new(), dictionary: set.dictionary.clone() };
            for &at in picked {
                out.codes.extend_from_slice(members(set, at as usize));
                out.offsets.push(out.codes.len() as u32);
            }
            Column::TextSet(out)
        }
    }
}

fn members(set: &TextSetColumn, row: usize) -> &[u32] {
    let start = set.offsets.get(row).copied().unwrap_or_default() as usize;
    let end = set.offsets.get(row + 1).copied().unwrap_or_default() as usize;
    set.codes.get(start..end).unwrap_or(&[])
}

fn gather_values<T: Copy + Default>(values: &Values<T>, picked: &[u32]) -> Values<T> {
    let mut out = Values::default();
    let mut next = picked.iter();
    out.extend_from_fn(picked.len(), |_| values.get(*next.next()? as usize));
    out
}

/// Adds the value of a row to a builder of the same type.
fn copy(column: &Column, row: usize, ty: &Type, builder: &mut Builder, bad: &mut BadRows) {
    let known =
        |cell: Option<Cell<'_>>, builder: &mut Builder, bad: &mut BadRows| builder.push(cell.unwrap_or(Cell::Missing), 0, bad);
    let option = |code: u32| match ty {
        Type::OneOf(options) | Type::SetOf(options) => options.name(code).map(|name| Cell::Text(name)),
        Type::Text
        | Type::Integer
        | Type::Number
        | Type::Boolean
        | Type::Date
        | Type::DateTime
        | Type::SetOfText
        | Type::Score
        | Type::Label => None,
    };
    match column {
        Column::Dictionary(d) => known(d.codes.get(row).and_then(|&c| d.dictionary.get(c)).map(Cell::Text), builder, bad),
        Column::Text(texts) => known(texts.get(row).map(Cell::Text), builder, bad),
        Column::Integer(values) => known(values.get(row).map(Cell::Integer), builder, bad),
        Column::Number(values) => known(values.get(row).map(Cell::Number), builder, bad),
        Column::Date(values) => known(values.get(row).map(Cell::Date), builder, bad),
        Column::DateTime(values) => known(values.get(row).map(|micros| Cell::Instant(micros, 0)), builder, bad),
        Column::Boolean(b) => known(b.known.get(row).then(|| Cell::Boolean(b.truth.get(row))), builder, bad),
        Column::Option(codes) => known(codes.get(row).and_then(|&code| option(code)), builder, bad),
        Column::Set(set) => {
            let has = |code: u32| {
                let word = set.bits.get(row * set.words + code as usize / 64).copied().unwrap_or_default();
                word >> (code % 64) & 1 == 1
            };
            let codes = (0..set.words as u32 * 64).filter(|&code| has(code));
            builder.push_list(codes.filter_map(option), "", 0, bad);
        }
        Column::TextSet(set) => {
            let texts = members(set, row).iter().filter_map(|&code| set.dictionary.get(code).map(Cell::Text));
            builder.push_list(texts, "", 0, bad);
        }
    }
}

//! Events from files of their own: read first, summed up or kept by key, handed out with the records that they belong to.

use super::build::Builder;
use super::cell::Cell;
use super::references::{KeyId, NOWHERE, References};
use super::report::{BadRows, EventReport};
use crate::column::{
    BooleanColumn, Column, DictionaryColumn, EventColumns, SetColumn, TextColumn, TextSetColumn, UNKNOWN_CODE, Values,
};
use crate::invariant::{Sure as _, SureAt as _, SureAtMut as _};
use crate::schema::{EventId, EventList, FieldId, PropId, Schema};
use crate::time::AsOf;
use crate::value::Type;

/// Sums up the events of a list while they are read, so that none of them has to be kept.
pub trait SumEvents: Send + Sync {
    /// Adds events, whose owners are numbers below `count`; another number is nobody.
    fn add(&mut self, owners: &[u32], count: usize, fields: Vec<Option<Column>>);

    /// What the events of some owners came to, each column under its number.
    fn columns(&self, owners: &[u32]) -> Vec<(u32, Column)>;
}

/// Everything that is known of the events of one list that came from files of their own.
pub(crate) struct EventStore {
    pub(crate) event: EventId,
    /// The properties that events refer to; none when it is the row number.
    pub(crate) refers_to: Vec<PropId>,
    /// Whether a record has several values that events can refer to.
    several: bool,
    references: References,
    kept: Kept,
    at: FieldId,
    report: EventReport,
}

/// What is kept of the events.
enum Kept {
    /// Single events.
    Single(Single),
    /// What they come to.
    Summed(Box<dyn SumEvents>),
}

/// Single events by key.
#[derive(Default)]
struct Single {
    /// By key: where its events start in `order`.
    starts: Vec<u32>,
    /// Events by key.
    order: Vec<u32>,
    /// By field of the list.
    fields: Vec<Option<Column>>,
    /// The key of each event while they are read.
    owners: Vec<KeyId>,
}

impl EventStore {
    /// An empty store for a list, whose events are summed up if something does so.
    pub(crate) fn new(event: EventId, list: &EventList, schema: &Schema, sums: Option<Box<dyn SumEvents>>) -> Self {
        let refers_to = schema.referred(list);
        let several = schema.refers_to_several(list);
        // A key is compared exactly, another property as text.
        let exact = !several && refers_to.first().copied() == schema.key;
        let folded = (!exact).then_some(schema.ignore_accents);
        Self {
            event,
            refers_to,
            several,
            references: References::new(folded),
            kept: sums.map_or_else(|| Kept::Single(Single::default()), Kept::Summed),
            at: list.at,
            report: EventReport { event: list.name.to_string(), ..EventReport::default() },
        }
    }

    /// Whether the events are summed up, so that columns can be taken batch by batch.
    pub(crate) fn sums_up(&self) -> bool {
        matches!(self.kept, Kept::Summed(_))
    }

    /// Notes which records some events belong to.
    pub(crate) fn refer(&mut self, references: &Column) {
        let Kept::Single(single) = &mut self.kept else { return };
        self.references.add(references, &mut single.owners);
    }

    /// Adds events to the sums, given which records they belong to.
    pub(crate) fn sum_up(&mut self, references: &Column, fields: Vec<Option<Column>>) {
        let Kept::Summed(sums) = &mut self.kept else { return };
        let mut owners = Vec::with_capacity(references.len());
        self.references.add(references, &mut owners);
        self.report.read += owners.len() as u64;
        self.report.without_time += without_time(&fields, self.at);
        sums.add(&owners, self.references.count(), fields);
    }

    /// Takes the fields of all events, in the order of `refer`, and groups them by key. Events after `as_of` do not exist.
    pub(crate) fn settle(&mut self, fields: Vec<Option<Column>>, as_of: AsOf) {
        let Kept::Single(single) = &mut self.kept else { return };
        self.report.read = single.owners.len() as u64;
        self.report.without_time = without_time(&fields, self.at);
        single.settle(fields, self.references.count(), self.at, as_of);
    }

    /// What the events of some records came to, if they were summed up: each column under its number.
    pub(crate) fn summed(&self, records: &Column) -> Option<Vec<(u32, Column)>> {
        let Kept::Summed(sums) = &self.kept else { return None };
        let mut owners = Vec::with_capacity(records.len());
        self.references.find(records, &mut owners);
        Some(sums.columns(&owners))
    }

    /// The events of some records, given the properties that events refer to.
    pub(crate) fn hand_out(&self, records: &[Column], rows: usize) -> EventColumns {
        let mut keys = Vec::with_capacity(rows);
        if self.several {
            self.references.find_any(records, rows, &mut keys);
        } else {
            let mut found = Vec::with_capacity(rows);
            records.iter().for_each(|records| self.references.find(records, &mut found));
            keys.extend(found.into_iter().map(|key| vec![key]));
        }
        match &self.kept {
            Kept::Single(single) => single.hand_out(&keys),
            Kept::Summed(_) => EventColumns { offsets: vec![0; rows + 1], fields: Vec::new() },
        }
    }

    /// What there is to say when every record has been read.
    pub(crate) fn report(&self) -> EventReport {
        let mut report = self.report.clone();
        self.references.tell(&mut report);
        report
    }
}

impl Single {
    fn settle(&mut self, fields: Vec<Option<Column>>, keys: usize, at: FieldId, as_of: AsOf) {
        let time = fields.get(at.0 as usize).and_then(Option::as_ref);
        let kept = |event: usize| !time.is_some_and(|column| is_after(column, event, as_of));
        let mut starts = vec![0_u32; keys + 1];
        for (event, &key) in self.owners.iter().enumerate() {
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
        for (event, &key) in self.owners.iter().enumerate() {
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
        self.owners = Vec::new();
        self.fields = fields;
    }

    fn hand_out(&self, keys: &[Vec<KeyId>]) -> EventColumns {
        let mut picked = Vec::new();
        let mut offsets = Vec::with_capacity(keys.len() + 1);
        offsets.push(0);
        for keys in keys {
            let before = picked.len();
            for &key in keys {
                let ends = (self.starts.get(key as usize), self.starts.get((key as usize).saturating_add(1)));
                if let (Some(&start), Some(&end)) = ends {
                    picked.extend_from_slice(self.order.sure_at(start as usize..end as usize));
                }
            }
            if keys.len() > 1 {
                // In the order of the file, whichever of its names a record has first.
                picked.sure_at_mut(before..).sort_unstable();
            }
            offsets.push(picked.len() as u32);
        }
        EventColumns { offsets, fields: self.fields.iter().map(|f| f.as_ref().map(|column| gather(column, &picked))).collect() }
    }
}

/// The events of records that have some of both kinds, together.
pub(crate) fn add_up(both: &mut [Option<Builder>], nested: &EventColumns, own: &EventColumns, types: &[Type]) -> EventColumns {
    let rows = nested.offsets.len().saturating_sub(1);
    let mut offsets = vec![0_u32];
    let range = |events: &EventColumns, row: usize| {
        let at = |row: usize| *events.offsets.sure_at(row) as usize;
        at(row)..at(row + 1)
    };
    for row in 0..rows {
        let before = *offsets.last().sure("offsets begin with 0") as usize;
        offsets.push((before + range(nested, row).len() + range(own, row).len()) as u32);
    }
    let mut nothing = BadRows::default();
    let fields = both.iter_mut().enumerate().map(|(at, builder)| {
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
pub(crate) fn without_time(fields: &[Option<Column>], at: FieldId) -> u64 {
    fields.get(at.0 as usize).and_then(Option::as_ref).map_or(0, |column| unknown(column) as u64)
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
                bits.extend_from_slice(set.bits.sure_at(start..start + set.words));
            }
            Column::Set(SetColumn { words: set.words, bits })
        }
        Column::TextSet(set) => {
            let mut out = TextSetColumn { offsets: vec![0], codes: Vec::new(), dictionary: set.dictionary.clone() };
            for &at in picked {
                out.codes.extend_from_slice(set.members(at as usize));
                out.offsets.push(out.codes.len() as u32);
            }
            Column::TextSet(out)
        }
    }
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
                let word = *set.bits.sure_at(row * set.words + code as usize / 64);
                word >> (code % 64) & 1 == 1
            };
            let codes = (0..set.words as u32 * 64).filter(|&code| has(code));
            builder.push_list(codes.filter_map(option), "", 0, bad);
        }
        Column::TextSet(set) => {
            let texts = set.members(row).iter().filter_map(|&code| set.dictionary.get(code).map(Cell::Text));
            builder.push_list(texts, "", 0, bad);
        }
    }
}

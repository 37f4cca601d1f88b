//! From the rows in a builder to batches: on the thread that reads, or on another.

use std::sync::Arc;

use super::Needs;
use super::build::Builder;
use super::error::InputError;
use super::events::{EventStore, without_time};
use super::piece::{Aids, Piece};
use super::related::{self, Layout, RelatedRows};
use super::table::{ColumnBuilder, Reported, WantedList};
use crate::column::{Batch, Column, Mask, TextColumn, Values};
use crate::invariant::Sure as _;
use crate::schema::{EventId, PropId, Schema};
use crate::value::Type;

/// What is wanted of the records, as empty columns.
pub(crate) fn builder(schema: &Schema, needs: &Needs, layout: &Layout) -> ColumnBuilder {
    let fields_of = |event: EventId| needs.fields.get(event.0 as usize).filter(|fields| !fields.is_empty());
    let lists = (0..).zip(&schema.events).map(|(id, list)| (EventId(id), list));
    ColumnBuilder {
        wanted: layout.wanted(schema),
        lists: lists.filter_map(|(id, list)| Some(WantedList::new(id, list, fields_of(id)?.iter(), schema))).collect(),
        carried: vec![TextColumn::default(); needs.carried.len()],
        carried_names: needs.carried.clone(),
        ..ColumnBuilder::default()
    }
}

/// Makes batches of the rows in a builder.
pub(crate) struct Assembly {
    pub(crate) schema: Arc<Schema>,
    pub(crate) builder: ColumnBuilder,
    /// What the wanted columns are.
    pub(crate) layout: Layout,
    /// Events from files of their own.
    pub(crate) stores: Arc<[EventStore]>,
    /// Related records from files of their own.
    pub(crate) related: Arc<[RelatedRows]>,
    /// By list of the builder and field: builders for records that have events of both kinds.
    both: Vec<Vec<Option<Builder>>>,
    /// By list of the builder: events that were nested in records, and those of any origin that are the same as others.
    pub(crate) nested: Vec<NestedCounts>,
}

/// What is counted of the events of a list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NestedCounts {
    /// Nested events that were read, and how many of them have no time.
    pub(crate) read: u64,
    pub(crate) without_time: u64,
    /// Events with the key of another one of their record.
    pub(crate) repeated: u64,
}

impl NestedCounts {
    /// Counts more.
    pub(crate) fn add(&mut self, more: &Self) {
        self.read += more.read;
        self.without_time += more.without_time;
        self.repeated += more.repeated;
    }
}

impl Assembly {
    /// Of what is in a builder now and comes into it later.
    pub(crate) fn new(
        schema: Arc<Schema>,
        builder: ColumnBuilder,
        layout: Layout,
        stores: Arc<[EventStore]>,
        related: Arc<[RelatedRows]>,
    ) -> Self {
        let both = builder.lists.iter().map(|list| list.builders(&schema)).collect();
        let nested = vec![NestedCounts::default(); builder.lists.len()];
        Self { schema, builder, layout, stores, related, both, nested }
    }

    /// The rows in the builder as a batch, with their events and related records.
    ///
    /// # Errors
    /// A record that has what a file of related records has too.
    pub(crate) fn batch(&mut self, first_row: u64, rows: usize) -> Result<Batch, InputError> {
        let (columns, carried) = self.builder.take();
        let mut batch = Batch {
            rows,
            first_row,
            columns: vec![None; self.schema.properties.len()],
            events: self.schema.events.iter().map(|_| None).collect(),
            carried,
            ..Batch::default()
        };
        let own = self.layout.properties.len();
        let mut columns = columns.into_iter();
        for (id, column) in self.layout.properties.iter().zip(columns.by_ref()) {
            if let Some(place) = batch.columns.get_mut(id.0 as usize) {
                *place = Some(column);
            }
        }
        if let Some(twice) = related::mark(&mut batch, &self.layout.marks, own, columns.as_slice(), &self.schema) {
            return Err(related::both(&self.schema, twice, &self.related));
        }
        for rows in &*self.related {
            let without = rows.fill(&mut batch);
            related::require(&mut self.builder, &self.layout.marks, rows, &without, first_row, &self.schema);
        }
        self.add_events(&mut batch);
        Ok(batch)
    }

    /// The key of each record of a batch.
    pub(crate) fn key<'b>(&self, batch: &'b Batch) -> Option<&'b Column> {
        batch.columns.get(self.schema.key?.0 as usize)?.as_ref()
    }

    fn add_events(&mut self, batch: &mut Batch) {
        for ((list, counts), both) in self.builder.lists.iter_mut().zip(&mut self.nested).zip(&mut self.both) {
            let Some(declared) = self.schema.event(list.event) else { continue };
            let nested = list.take();
            counts.read += u64::from(*nested.offsets.last().sure("offsets begin with 0"));
            counts.without_time += without_time(&nested.fields, declared.at);
            let events = match self.stores.iter().find(|s| s.event == list.event) {
                None => nested,
                Some(store) => {
                    let records = referred_to(store, batch);
                    if let Some(columns) = records.first().and_then(|records| store.summed(records)) {
                        place(&mut batch.summed, columns);
                        continue;
                    }
                    let own = store.hand_out(&records, batch.rows);
                    if nested.offsets.last().is_none_or(|&n| n == 0) {
                        own
                    } else {
                        let types: Vec<Type> = declared.fields.iter().map(|f| f.ty.clone()).collect();
                        super::events::add_up(both, &nested, &own, &types)
                    }
                }
            };
            let (events, repeated) = events.distinct(declared.key.map(|key| key.0), declared.at.0);
            counts.repeated += repeated;
            if let Some(place) = batch.events.get_mut(list.event.0 as usize) {
                *place = Some(events);
            }
        }
    }
}

/// Puts columns at their numbers.
fn place(summed: &mut Vec<Option<Column>>, columns: Vec<(u32, Column)>) {
    for (number, column) in columns {
        if summed.len() <= number as usize {
            summed.resize(number as usize + 1, None);
        }
        if let Some(place) = summed.get_mut(number as usize) {
            *place = Some(column);
        }
    }
}

/// What the events of a store refer to.
fn referred_to(store: &EventStore, batch: &Batch) -> Vec<Column> {
    if store.refers_to.is_empty() {
        let values = (0..batch.rows as i64).map(|at| batch.first_row as i64 + at).collect();
        return vec![Column::Integer(Values { values, known: Mask::filled(batch.rows, true) })];
    }
    let column = |id: &PropId| batch.columns.get(id.0 as usize).cloned().flatten();
    store.refers_to.iter().map(|id| column(id).unwrap_or_else(|| Column::Option(vec![u32::MAX; batch.rows]))).collect()
}

/// Records cut out of their file, to be decoded on any thread.
pub struct Cut {
    /// The number of the first row; lines that give no record count too.
    pub(crate) first_row: u64,
    pub(crate) piece: Piece,
}

impl Cut {
    /// How many records there are, or at most.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.piece.rows()
    }
}

/// What is to be joined with what was read before, in the order of the input.
pub struct Joint {
    pub(crate) first_row: u64,
    pub(crate) rows: usize,
    pub(crate) key: Option<Column>,
    pub(crate) told: Reported,
    pub(crate) nested: Vec<NestedCounts>,
    /// What was decoded, whose memory serves for more.
    pub(crate) piece: Piece,
}

/// What decoding takes, to be shared by all threads.
#[derive(Clone)]
pub struct Decoding {
    pub(crate) schema: Arc<Schema>,
    pub(crate) needs: Needs,
    pub(crate) layout: Layout,
    pub(crate) stores: Arc<[EventStore]>,
    pub(crate) related: Arc<[RelatedRows]>,
}

impl Decoding {
    /// What decodes on one thread.
    #[must_use]
    pub fn decoder(&self) -> Decoder {
        let mut builder = builder(&self.schema, &self.needs, &self.layout);
        builder.keep_told();
        let aids = Aids::new(&builder);
        let (stores, related) = (Arc::clone(&self.stores), Arc::clone(&self.related));
        Decoder { assembly: Assembly::new(Arc::clone(&self.schema), builder, self.layout.clone(), stores, related), aids }
    }
}

/// Decodes what was cut; each thread has its own.
pub struct Decoder {
    assembly: Assembly,
    aids: Aids,
}

impl Decoder {
    /// The records as a batch, and what is to be joined.
    ///
    /// # Errors
    /// Bytes that are not what they should be, and a record that has what a file of related records has too.
    pub fn decode(&mut self, mut cut: Cut) -> Result<(Batch, Joint), InputError> {
        let first_row = cut.first_row;
        let assembly = &mut self.assembly;
        assembly.builder.rows = first_row - 1;
        assembly.builder.begin_batch();
        cut.piece.decode(&mut assembly.builder, &mut self.aids)?;
        let rows = (assembly.builder.rows + 1 - first_row) as usize;
        let batch = assembly.batch(first_row, rows)?;
        let none = vec![NestedCounts::default(); assembly.nested.len()];
        let joint = Joint {
            first_row,
            rows,
            key: assembly.key(&batch).cloned(),
            told: assembly.builder.told(),
            nested: std::mem::replace(&mut assembly.nested, none),
            piece: cut.piece,
        };
        Ok((batch, joint))
    }
}

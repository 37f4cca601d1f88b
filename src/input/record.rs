//! Single JSON records, one after the other, without a file around them.

use super::Needs;
use super::error::InputError;
use super::json::Finder;
use super::table::{Sink, Wanted, WantedList};
use crate::column::Batch;
use crate::schema::{EventId, EventList, PropId, Schema};

/// Reads JSON records of one shape; what was learnt of their keys serves the next.
#[derive(Debug)]
pub struct RecordReader {
    sink: Sink,
    finder: Finder,
    properties: Vec<PropId>,
    /// By event list of the schema: the list of the sink.
    lists: Vec<Option<usize>>,
    /// How many properties the schema has.
    all: usize,
    /// By event list of the schema.
    declared: Vec<EventList>,
}

impl RecordReader {
    /// A reader of what is needed; columns to carry along are none.
    #[must_use]
    pub fn new(schema: &Schema, needs: &Needs) -> Self {
        let needs = &needs.with_all_fields(schema);
        let fields_of = |event: EventId| needs.fields.get(event.0 as usize).filter(|fields| !fields.is_empty());
        let declared = || (0..).map(EventId).zip(&schema.events);
        let lists: Vec<WantedList> =
            declared().filter_map(|(id, list)| Some(WantedList::new(id, list, fields_of(id)?.iter(), schema))).collect();
        let properties: Vec<PropId> = needs.properties.iter().copied().collect();
        let wanted = properties.iter().filter_map(|&id| schema.property(id)).map(|p| Wanted::new(p, schema)).collect();
        let places = declared().map(|(id, _)| lists.iter().position(|l| l.event == id)).collect();
        let sink = Sink { wanted, lists, ..Sink::default() };
        let finder = Finder::new(&sink);
        Self { sink, finder, properties, lists: places, all: schema.properties.len(), declared: schema.events.clone() }
    }

    /// Reads a record as a batch of one; what it does not have is unknown, events are nested in it.
    ///
    /// # Errors
    /// A text that is no JSON object, or two keys that equally fit one property.
    pub fn read(&mut self, json: &str) -> Result<Batch, InputError> {
        self.sink.bad.faults.clear();
        let first_row = self.sink.next_row();
        self.finder.record(json, &mut self.sink)?;
        let (columns, carried) = self.sink.take();
        let mut batch = Batch { rows: 1, first_row, columns: vec![None; self.all], carried, ..Batch::default() };
        for (id, column) in self.properties.iter().zip(columns) {
            if let Some(place) = batch.columns.get_mut(id.0 as usize) {
                *place = Some(column);
            }
        }
        let lists = &mut self.sink.lists;
        let taken = self.lists.iter().map(|at| at.and_then(|at| lists.get_mut(at)).map(WantedList::take));
        let taken = taken.zip(&self.declared);
        batch.events =
            taken.map(|(events, list)| events.map(|events| events.distinct(list.key.map(|key| key.0), list.at.0).0)).collect();
        Ok(batch)
    }

    /// What is wrong with the record read last, one sentence each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.sink.bad.faults.iter().map(|fault| fault.message.as_str())
    }
}

//! Single JSON records, one after the other, without a file around them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::assembly::{self, Assembly};
use super::error::InputError;
use super::json::Finder;
use super::related::{self, Layout};
use super::{Needs, ReadOptions};
use crate::column::Batch;
use crate::schema::{PropId, Schema};

/// Reads JSON records of one shape; what was learnt of their keys serves the next.
pub struct RecordReader {
    assembly: Assembly,
    finder: Finder,
    /// What is wrong with a file of related records that belongs to the rules.
    broken: Option<String>,
}

impl RecordReader {
    /// A reader of what is needed; columns to carry along are none.
    #[must_use]
    pub fn new(schema: &Schema, needs: &Needs) -> Self {
        let properties: BTreeSet<PropId> = needs.properties.clone();
        let layout = Layout::new(schema, properties, &ReadOptions::default());
        let needs = Needs { carried: Vec::new(), ..needs.with_all_fields(schema) };
        let (rows, broken) = match related::open(&layout, schema, &needs, &ReadOptions::default()) {
            Ok((rows, _)) => (rows, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let builder = assembly::builder(schema, &needs, &layout);
        let finder = Finder::new(&builder);
        let assembly = Assembly::new(Arc::new(schema.clone()), builder, layout, Arc::default(), rows.into());
        Self { assembly, finder, broken }
    }

    /// Reads a record as a batch of one; what it does not have is unknown, events and related records are nested in it.
    ///
    /// # Errors
    /// A text that is no JSON object, or two keys that equally fit one property.
    pub fn read(&mut self, json: &str) -> Result<Batch, InputError> {
        if let Some(why) = &self.broken {
            return Err(InputError::new(why.clone()));
        }
        let builder = &mut self.assembly.builder;
        builder.bad.faults.clear();
        let first_row = builder.next_row();
        self.finder.record(json, builder)?;
        // It is the first record of whoever asks, however many were read before it.
        Ok(Batch { first_row: 1, ..self.assembly.batch(first_row, 1)? })
    }

    /// Reads the records at these places of a text as one batch. One that is not a record is left out; `broken` is given its number among
    /// them, and why.
    ///
    /// # Errors
    /// Records that together are no batch: one has what a file of related records has too.
    pub fn read_all(
        &mut self,
        text: &str,
        records: &[Range<usize>],
        broken: &mut dyn FnMut(usize, InputError),
    ) -> Result<Batch, InputError> {
        if let Some(why) = &self.broken {
            return Err(InputError::new(why.clone()));
        }
        let builder = &mut self.assembly.builder;
        builder.bad.faults.clear();
        let first_row = builder.next_row();
        builder.begin_batch();
        let rows = self.finder.records(text, records, builder, broken);
        self.assembly.batch(first_row, rows)
    }

    /// What is wrong with the records read last: the row in their batch, and a sentence.
    pub fn row_faults(&self) -> impl Iterator<Item = (usize, &str)> {
        let builder = &self.assembly.builder;
        builder.bad.faults.iter().map(|fault| (builder.place_in_batch(fault.row), fault.message.as_str()))
    }

    /// What is wrong with the record read last, one sentence each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.assembly.builder.bad.faults.iter().map(|fault| fault.message.as_str())
    }
}

impl std::fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader").field("finder", &self.finder).field("broken", &self.broken).finish_non_exhaustive()
    }
}

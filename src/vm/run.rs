//! What a run is about.

use crate::bytecode::{Chunk, ColumnRef};
use crate::column::{Batch, Column};
use crate::kernel::calendar::ZoneTable;
use crate::time::AsOf;

/// What a run is about, the same for all blocks.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) batch: &'a Batch,
    pub(super) as_of: AsOf,
    pub(super) zone: &'a ZoneTable,
}

/// A column of a batch.
pub(super) fn column_of(batch: &Batch, column: ColumnRef) -> Option<&Column> {
    match column {
        ColumnRef::Property(id) => batch.columns.get(id.0 as usize)?.as_ref(),
        ColumnRef::Field(event, field) => batch.events.get(event.0 as usize)?.as_ref()?.fields.get(field.0 as usize)?.as_ref(),
        ColumnRef::Summed(number) => batch.summed.get(number as usize)?.as_ref(),
    }
}

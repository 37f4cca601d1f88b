//! Whether a record has something at all: what a related record that is nested in it, or in columns of its own, leaves of itself.

use super::{Builder, Data, Rules};
use crate::column::{BooleanColumn, Column, Mask};
use crate::input::cell::Cell;
use crate::input::report::BadRows;
use crate::schema::{Property, Schema};

impl Builder {
    /// A builder that asks nothing but whether there is a value; with `object`, whether there is an object.
    pub(crate) fn present(property: &Property, schema: &Schema, object: bool) -> Self {
        let plain = Property { required: false, default: None, ..property.clone() };
        Self { data: Data::Present(PresentBuilder::new(object)), ..Self::new(&plain, schema) }
    }

    /// Whether it asks nothing but whether there is a value.
    pub(crate) fn asks_presence(&self) -> bool {
        matches!(self.data, Data::Present(_))
    }

    /// Adds a row that has nothing, which is no fault.
    pub(crate) fn push_nothing(&mut self) {
        let required = std::mem::take(&mut self.required);
        self.push(Cell::Missing, 0, &mut BadRows::default());
        self.required = required;
    }
}

/// Builds a column that is never unknown: true where a cell has a value, or where there is an object.
#[derive(Debug)]
pub(crate) struct PresentBuilder {
    present: Mask,
    /// Whether nothing but an object counts.
    object: bool,
}

impl PresentBuilder {
    pub(super) fn new(object: bool) -> Self {
        Self { present: Mask::new(), object }
    }

    pub(super) fn push(&mut self, cell: Cell<'_>, rules: &Rules) {
        let present = match cell {
            Cell::Missing => false,
            // A source has no other name for an object.
            Cell::Broken(text) if self.object => text.starts_with('{'),
            _ if self.object => false,
            Cell::Text(text) | Cell::Broken(text) => rules.text(text).is_some(),
            Cell::Integer(_) | Cell::Number(_) => !rules.is_no_number(cell),
            Cell::Boolean(_) | Cell::Date(_) | Cell::Instant(..) | Cell::Local(_) => true,
        };
        self.present.push(present);
    }

    pub(super) fn push_list<'a>(&mut self, mut members: impl Iterator<Item = Cell<'a>>) {
        self.present.push(!self.object && members.next().is_some());
    }

    pub(super) fn take(&mut self) -> Column {
        let truth = std::mem::take(&mut self.present);
        let known = Mask::filled(truth.len(), true);
        Column::Boolean(BooleanColumn { truth, known })
    }
}

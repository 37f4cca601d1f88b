//! Events that are summed up while they are read.

use std::sync::Arc;

use super::{Code, Compiled};
use crate::column::Column;
use crate::hir::AsOf;
use crate::input::SumEvents;
use crate::schema::EventId;
use crate::vm::EventSums;

impl Compiled {
    /// What sums up the events of a list while they are read; `None` where a rule looks at single events together with their record.
    #[must_use]
    pub fn event_sums(&self, event: EventId, as_of: AsOf) -> Option<Box<dyn SumEvents>> {
        EventSums::new(self.chunk(), event, as_of).map(|sums| Box::new(sums) as Box<dyn SumEvents>)
    }

    /// The program for records whose events of these lists have been summed up.
    #[must_use]
    pub fn without_events(self, lists: &[EventId]) -> Self {
        if lists.is_empty() {
            return self;
        }
        Self { code: Code { chunk: Arc::new(self.chunk().without_events(lists)) }, ..self }
    }
}

impl SumEvents for EventSums {
    fn add(&mut self, owners: &[u32], count: usize, fields: Vec<Option<Column>>) {
        Self::add(self, owners, count, fields);
    }

    fn columns(&self, owners: &[u32]) -> Vec<(u32, Column)> {
        Self::columns(self, owners).collect()
    }
}

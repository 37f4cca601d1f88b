//! Which columns and fields have to be decoded for a model.

use std::collections::BTreeSet;

use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::input::Needs;
use crate::schema::{FieldId, PropId};

/// What is read, beside what the rules need.
#[derive(Debug, Clone, Default)]
pub struct Also {
    /// Columns to carry along.
    pub carried: Vec<String>,
    /// Properties that the caller itself looks at.
    pub properties: BTreeSet<PropId>,
    /// A property that is read where the data have it.
    pub if_there: Option<PropId>,
    /// Events and fields that the caller itself looks at.
    pub uses: Vec<Uses>,
    /// Records a batch; 0 for the usual number.
    pub batch_rows: usize,
}

/// The key, all that the rules read, and what else is asked for.
#[must_use]
pub fn needs(model: &Model, uses: &Uses, also: &Also) -> Needs {
    let read = |uses: &Uses| -> BTreeSet<PropId> {
        (0..).map(PropId).zip(&uses.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id).collect()
    };
    let mut properties = read(uses);
    properties.extend(model.schema.key);
    properties.extend(&also.properties);
    properties.extend(also.if_there);
    let mut fields: Vec<BTreeSet<FieldId>> = vec![BTreeSet::new(); model.schema.events.len()];
    for uses in std::iter::once(uses).chain(&also.uses) {
        properties.extend(read(uses));
        for (fields, used) in fields.iter_mut().zip(&uses.events) {
            fields.extend((0..).map(FieldId).zip(&used.fields).filter(|(_, read)| **read).map(|(id, _)| id));
        }
    }
    // An event that refers to a property needs it.
    for (list, fields) in model.schema.events.iter().zip(&fields) {
        properties.extend(list.to.iter().filter(|_| !fields.is_empty()));
    }
    Needs { properties, fields, carried: also.carried.clone(), batch_rows: also.batch_rows }
}

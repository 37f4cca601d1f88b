//! The reachable range of every score, with records that the evaluator confirms.

use std::sync::Arc;

use crate::bounds::{self, Picture, Reach};
use crate::hir::Model;
use crate::input::records;
use crate::lower::{LowerOptions, lower};
use crate::value::Points;
use crate::vm::Vm;

/// What every score of a model can come to over all records that the schema allows and no exclusion takes.
#[must_use]
pub fn ranges(model: &Model) -> Vec<Reach> {
    let chunk = Arc::new(lower(model, LowerOptions::default()));
    bounds::ranges(&Picture::of(model), &mut |witness| {
        let batch = records::batch(&model.schema, std::slice::from_ref(&witness.record));
        let scores = Vm::new(&chunk, witness.as_of).run(&batch);
        scores.scores.iter().map(|column| column.get(0).map(Points)).collect()
    })
}

//! The reachable range of every score, with records that the evaluator confirms.

use super::Code;
use crate::bounds::{self, Picture, Reach};
use crate::hir::Model;
use crate::record;
use crate::value::Points;

/// What every score of a model can come to over all records that the schema allows and no exclusion takes.
#[must_use]
pub fn ranges(model: &Model) -> Vec<Reach> {
    let code = Code::plain(model);
    bounds::ranges(&Picture::of(model), &mut |witness| {
        // Rows of a file of the rules are what they are: no record has any other.
        if model.schema.related.iter().any(|related| related.file.is_some() && witness.record.has(related)) {
            return vec![None; model.scores.len()];
        }
        let batch = record::batch(&model.schema, std::slice::from_ref(&witness.record));
        let scores = code.run(&batch, witness.as_of);
        scores.scores.iter().map(|column| column.get(0).map(Points)).collect()
    })
}

//! The records of a file, scored one after the other.

use std::path::Path;

use super::scorer::{Scored, scored};
use crate::column::Batch;
use crate::hir::AsOf;
use crate::hir::uses::Uses;
use crate::input::{self, InputError, ReadOptions, Reader, Spec};
use crate::program::{Also, RuleSet, Wanted, needs};
use crate::report::cells::shown;
use crate::vm::Vm;
use crate::vm::scores::Scores;

/// The records of a file, as they are scored; memory is bounded by a batch.
pub struct ScoredRecords {
    rules: RuleSet,
    reader: Reader,
    vm: Vm,
    batch: Batch,
    scores: Scores,
    row: usize,
}

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRecord {
    /// Its number in the file, from 1.
    pub row: u64,
    /// Its key; `None` where the schema has none, or the record has no value for it.
    pub key: Option<String>,
    /// Its scores, labels and stages.
    pub results: Scored,
}

impl RuleSet {
    /// Opens a file of records (CSV or JSON; with the feature `data` Excel, Parquet and Arrow too) to score them as of a moment.
    ///
    /// # Errors
    /// A file that cannot be read, or that lacks columns that the rules read.
    ///
    /// ```no_run
    /// let rules = lsrc::RuleSet::load("score.lsr")?;
    /// for record in rules.score_file("contacts.csv", rules.now())? {
    ///     let record = record?;
    ///     println!("{:?}: {:?}", record.key, record.results.score("fit"));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn score_file(&self, path: impl AsRef<Path>, as_of: AsOf) -> Result<ScoredRecords, InputError> {
        let model = self.model();
        let needs = needs(model, &Uses::of(model), &Also::default());
        let reader = input::open(&Spec::file(path), &[], &model.schema, &needs, as_of, &ReadOptions::default())?;
        let vm = self.compile(&Wanted::default()).vm(as_of);
        Ok(ScoredRecords { rules: self.clone(), reader, vm, batch: Batch::default(), scores: Scores::default(), row: 0 })
    }
}

impl Iterator for ScoredRecords {
    type Item = Result<ScoredRecord, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.row >= self.batch.rows {
            match self.reader.next_batch() {
                Ok(Some(batch)) => {
                    self.vm.run_into(&batch, &mut self.scores);
                    self.batch = batch;
                    self.row = 0;
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let (model, row) = (self.rules.model(), self.row);
        self.row += 1;
        let key = model.schema.key;
        let column = key.and_then(|id| self.batch.columns.get(id.0 as usize)?.as_ref());
        let ty = key.and_then(|id| model.schema.property(id)).map(|property| &property.ty);
        Some(Ok(ScoredRecord {
            row: self.batch.first_row + row as u64,
            key: column.and_then(|column| shown(column, ty, row)),
            results: scored(model, self.rules.sources(), &self.scores, row),
        }))
    }
}

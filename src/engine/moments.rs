//! Records that are looked at each as of its own moment: a batch is cut into the records of each moment.

use std::collections::BTreeMap;

use crate::column::Batch;
use crate::hir::AsOf;
use crate::program::Compiled;
use crate::vm::Vm;
use crate::vm::scores::Scores;

/// The records of one moment, with their results.
#[derive(Debug)]
pub struct Portion<'a> {
    /// The moment.
    pub as_of: AsOf,
    /// Their rows in the batch that was cut.
    pub rows: &'a [usize],
    /// The records.
    pub batch: &'a Batch,
    /// Their results.
    pub scores: &'a Scores,
}

/// Scores records as of moments of their own. What has been learnt for a moment is kept for the records to come.
#[derive(Debug)]
pub struct Moments {
    compiled: Compiled,
    vms: BTreeMap<(i64, i32), Vm>,
}

/// So many moments are kept; beyond, an evaluator is made again where it is needed.
const KEPT: usize = 4096;

impl Compiled {
    /// What scores records as of moments of their own.
    #[must_use]
    pub fn moments(&self) -> Moments {
        Moments { compiled: self.clone(), vms: BTreeMap::new() }
    }
}

impl Moments {
    /// Scores these rows of a batch, each as of its moment, and hands on what came of the rows of each moment; moments ascend.
    pub fn each(&mut self, batch: &Batch, rows: &[(usize, AsOf)], mut take: impl FnMut(Portion<'_>)) {
        let mut groups: BTreeMap<(i64, i32), Vec<usize>> = BTreeMap::new();
        for (row, at) in rows {
            groups.entry((at.micros, at.day)).or_default().push(*row);
        }
        let mut scores = Scores::default();
        for ((micros, day), rows) in groups {
            let as_of = AsOf { micros, day };
            if self.vms.len() >= KEPT && !self.vms.contains_key(&(micros, day)) {
                self.vms.clear();
            }
            let vm = self.vms.entry((micros, day)).or_insert_with(|| self.compiled.vm(as_of));
            let whole = rows.len() == batch.rows && rows.iter().enumerate().all(|(at, row)| at == *row);
            let part = if whole { None } else { Some(batch.gather(&rows)) };
            let batch = part.as_ref().unwrap_or(batch);
            vm.run_into(batch, &mut scores);
            take(Portion { as_of, rows: &rows, batch, scores: &scores });
        }
    }
}

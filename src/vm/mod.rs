//! Chunk and batch to scores.
//!
//! A columnar register machine: an instruction works on a whole batch, so that branches are taken once a batch and loops run over
//! plain columns. A single record is a batch of one.

mod effects;
mod ends;
mod frame;
mod ledger;
mod load;
mod machine;
mod outputs;
mod region;
mod run;
pub mod scores;
mod stages;
mod step;
mod sums;
mod texts;
mod trace;

pub use step::{CountedEvent, Step, StepKind};
pub use sums::EventSums;
pub use trace::Trace;

use std::sync::Arc;

use crate::bytecode::{Chunk, InstrKind};
use crate::column::Batch;
use crate::invariant::Sure as _;
use crate::kernel::calendar::ZoneTable;
use crate::time::AsOf;

use effects::Fading;
use ledger::PointsLedger;
use machine::Machine;
use region::RegionState;
use run::Run;
use scores::Scores;

/// An evaluator of one program at one moment. It keeps registers and what it has learnt of texts from batch to batch; each thread
/// has its own.
#[derive(Debug)]
pub struct Vm {
    chunk: Arc<Chunk>,
    as_of: AsOf,
    zone: ZoneTable,
    machine: Machine,
    regions: Vec<RegionState>,
    fadings: Vec<Fading>,
    ledger: PointsLedger,
}

impl Vm {
    /// An evaluator of `chunk` as of a moment.
    #[must_use]
    pub fn new(chunk: &Arc<Chunk>, as_of: AsOf) -> Self {
        Self {
            chunk: Arc::clone(chunk),
            as_of,
            zone: ZoneTable::new(&chunk.zone),
            machine: Machine::new(&chunk.main),
            regions: chunk.regions.iter().map(|region| RegionState::new(region, as_of, &chunk.tables)).collect(),
            fadings: chunk.tables.decays.iter().map(|(decay, points)| Fading::new(*decay, *points)).collect(),
            ledger: PointsLedger { entries: chunk.reasons.then(Vec::new), ..PointsLedger::default() },
        }
    }

    /// Scores the records of a batch.
    pub fn run(&mut self, batch: &Batch) -> Scores {
        let mut scores = Scores::default();
        self.run_into(batch, &mut scores);
        scores
    }

    /// Scores the records of a batch into results whose memory is used again.
    pub fn run_into(&mut self, batch: &Batch, scores: &mut Scores) {
        self.evaluate(batch, scores, true);
    }

    /// As [`run_into`](Self::run_into), but hits, points and unknowns of the rules stay empty: a single record is quicker without.
    pub fn score_into(&mut self, batch: &Batch, scores: &mut Scores) {
        self.evaluate(batch, scores, false);
    }

    fn evaluate(&mut self, batch: &Batch, scores: &mut Scores, counting: bool) {
        let chunk = Arc::clone(&self.chunk);
        self.ledger.counting = counting;
        let run = Run { chunk: &chunk, batch, as_of: self.as_of, zone: &self.zone };
        self.machine.start(run);
        self.ledger.reset(&chunk.shape, batch.rows);
        outputs::start(scores, &chunk.shape, &chunk.scores_of_items, batch.rows);
        for (at, instr) in chunk.main.instrs.iter().enumerate() {
            if let InstrKind::Region(number) = &instr.op {
                let number = *number as usize;
                if let (Some(state), Some(region)) = (self.regions.get_mut(number), chunk.regions.get(number)) {
                    state.run(region, run, &self.fadings, &mut self.ledger);
                }
            } else if let InstrKind::Value(number, of) = &instr.op {
                let values = trace::values(of, instr.domain, &mut self.machine, run);
                if let Some(slot) = scores.values.get_mut(*number as usize) {
                    *slot = values;
                }
            } else if instr.op.gives() != crate::bytecode::Gives::Nothing {
                self.machine.value(at, instr, run, scores);
            } else if !self.ledger.effect(&instr.op, &self.machine.frame, run, &self.fadings) {
                outputs::effect(&instr.op, &self.machine.frame, run, &mut self.ledger, scores);
            }
        }
        scores.hits.clone_from(&self.ledger.hits);
        scores.points.clone_from(&self.ledger.points);
        scores.unknowns.clone_from(&self.ledger.unknowns);
        scores.left_out.clone_from(&self.ledger.left_out);
        scores.reasons = self.ledger.entries.as_ref().map(|entries| outputs::reasons(entries, batch.rows));
    }

    /// Scores the records of a small batch and keeps how everything came about. Expressions can be looked up only where the program
    /// was lowered without fusing.
    pub fn trace(&mut self, batch: &Batch) -> (Scores, Trace) {
        self.ledger.steps = Some(Vec::new());
        let scores = self.run(batch);
        let steps = self.ledger.steps.take().sure("a run keeps the steps that were asked for");
        let chunk = Arc::clone(&self.chunk);
        let run = Run { chunk: &chunk, batch, as_of: self.as_of, zone: &self.zone };
        (scores, Trace::read(steps, &mut self.machine, run))
    }
}

//! A forecast against a run as of every single day.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsrc::forecast::{Forecast, Horizon, Plan};
use lsrc::hir::{AsOf, Model};
use lsrc::lower::{self, LowerOptions};
use lsrc::vm::Vm;

use crate::oracle::{self, Record, columns, results};

use super::agree::checked;

/// From and to, by day, lifecycle and row.
type Moves = BTreeMap<(usize, usize, usize), (u32, u32)>;

/// Says where a forecast over so many days differs from runs as of each of them: by evaluator for all days, by the oracle for the days on
/// which somebody moves.
pub(crate) fn differs(model: &Model, as_of: AsOf, records: &[Record], days: i32) -> Result<usize, String> {
    let horizon = Horizon::new(as_of, as_of.day + days, model);
    let ends = horizon.days.clone();
    let plan = Plan::new(model, horizon);
    let batch = columns::batch(model, records, true);
    let chunk = Arc::new(lower::lower(model, LowerOptions { fuse: true, reasons: true }));
    let now = Vm::new(&chunk, as_of).run(&batch);
    let mut told = Moves::new();
    for step in Forecast::new(&plan).steps(&batch, &now) {
        told.insert((step.day, step.lifecycle, step.row as usize), (step.from, step.to));
    }
    let mut seen = Moves::new();
    let mut present: Vec<Vec<u32>> = now.lifecycles.iter().map(|l| l.after.clone()).collect();
    for (day, end) in ends.iter().enumerate() {
        let then = Vm::new(&chunk, *end).run(&batch);
        let before = seen.len();
        for (lifecycle, (present, then)) in present.iter_mut().zip(&then.lifecycles).enumerate() {
            for (row, (stage, &to)) in present.iter_mut().zip(&then.after).enumerate() {
                if *stage != to {
                    seen.insert((day, lifecycle, row), (*stage, to));
                    *stage = to;
                }
            }
        }
        if seen.len() > before {
            let moved = seen.keys().filter(|(d, ..)| *d == day).map(|(.., row)| *row);
            for row in moved.collect::<std::collections::BTreeSet<_>>() {
                let differences = results::differences(
                    model,
                    &oracle::evaluate(model, &records[row], *end),
                    &results::outcome(model, &then, row),
                );
                if !differences.is_empty() {
                    return Err(format!("day {day}, record {row}, oracle against evaluator:\n{differences}"));
                }
            }
        }
    }
    if told == seen {
        return Ok(seen.len());
    }
    let name = |lifecycle: usize| &model.lifecycles[lifecycle].name;
    let first = |a: &Moves, b: &Moves| {
        let (&(day, lifecycle, row), step) = a.iter().find(|(at, step)| b.get(at) != Some(step))?;
        Some(format!("{} of record {row} on day {day}: {step:?}", name(lifecycle)))
    };
    Err(format!(
        "the forecast tells {} moves, runs of every day {}; the forecast alone: {:?}; the runs alone: {:?}",
        told.len(),
        seen.len(),
        first(&told, &seen),
        first(&seen, &told)
    ))
}

/// The same for a generated program.
pub(crate) fn disagreement(source: &str, as_of: AsOf, records: &[Record]) -> Result<(), String> {
    let (_, model) = checked(source)?;
    if model.lifecycles.is_empty() {
        return Ok(());
    }
    differs(&model, as_of, records, 40).map(|_| ())
}

//! One program and some records through the oracle and through the evaluator in all its ways.

use std::fmt::Write as _;
use std::sync::Arc;

use lsrc::hir::{AsOf, Model};
use lsrc::lower::{LowerOptions, lower};
use lsrc::vm::Vm;
use lsrc::vm::scores::Scores;

use crate::oracle::{self, Outcome, Record, columns, results};

/// What a way of running gave for all records, batches put together.
struct Together {
    outcomes: Vec<Outcome>,
    hits: Vec<u64>,
    points: Vec<i128>,
    unknowns: Vec<u64>,
}

/// Where evaluator and oracle differ, in words; empty if nowhere.
pub(crate) fn differences(model: &Model, records: &[Record], as_of: AsOf) -> String {
    let expected: Vec<Outcome> = records.iter().map(|record| oracle::evaluate(model, record, as_of)).collect();
    let mut out = String::new();
    for (fuse, dictionaries, size) in
        [(false, false, 4096), (true, true, 4096), (true, false, 7), (true, true, 1), (false, true, 64), (true, true, 5)]
    {
        let way = format!("fuse {fuse}, dictionaries {dictionaries}, batches of {size}");
        let found = run(model, records, as_of, (fuse, dictionaries, size));
        let mut said = String::new();
        for (row, (expected, found)) in expected.iter().zip(&found.outcomes).enumerate() {
            let differ = results::differences(model, expected, found);
            if !differ.is_empty() {
                let _ = writeln!(said, "record {row}: {differ}");
            }
        }
        totals(model, &expected, &found, &mut said);
        if !said.is_empty() {
            let _ = writeln!(out, "-- {way}\n{said}");
            return out;
        }
    }
    out
}

fn run(model: &Model, records: &[Record], as_of: AsOf, (fuse, dictionaries, size): (bool, bool, usize)) -> Together {
    let chunk = Arc::new(lower(model, LowerOptions { fuse, reasons: true }));
    lsrc::bytecode::verify(&chunk).unwrap();
    let (mut vm, mut alone) = (Vm::new(&chunk, as_of), Vm::new(&chunk, as_of));
    let mut together = Together { outcomes: Vec::new(), hits: Vec::new(), points: Vec::new(), unknowns: Vec::new() };
    let mut scores = Scores::default();
    for records in records.chunks(size) {
        let batch = columns::batch(model, records, dictionaries);
        vm.run_into(&batch, &mut scores);
        add(&mut together.hits, &scores.hits);
        add(&mut together.points, &scores.points);
        add(&mut together.unknowns, &scores.unknowns);
        if size == 1 {
            // A record by itself is scored without what is counted.
            alone.score_into(&batch, &mut scores);
            assert!(scores.hits.is_empty() && scores.points.is_empty() && scores.unknowns.is_empty());
        }
        together.outcomes.extend((0..records.len()).map(|row| results::outcome(model, &scores, row)));
    }
    together
}

fn add<T: Copy + Default + std::ops::AddAssign>(all: &mut Vec<T>, some: &[T]) {
    all.resize(all.len().max(some.len()), T::default());
    for (all, some) in all.iter_mut().zip(some) {
        *all += *some;
    }
}

/// Hits and points of every arm, and unknowns of every item, as the oracle's records add up to them.
fn totals(model: &Model, expected: &[Outcome], found: &Together, said: &mut String) {
    let mut hits = vec![0_u64; model.arm_count as usize];
    let mut points = vec![0_i128; model.arm_count as usize];
    let mut unknowns = vec![0_u64; model.item_count as usize];
    for outcome in expected {
        for entry in &outcome.account {
            if let oracle::Source::Arm(arm) = entry.source {
                hits[arm.index()] += 1;
                points[arm.index()] += i128::from(entry.points);
            }
        }
        for (arm, more) in &outcome.more_hits {
            hits[arm.index()] += more;
        }
        for item in &outcome.unknown_items {
            unknowns[item.index()] += 1;
        }
    }
    if !found.outcomes.is_empty() {
        for (what, a, b) in [
            ("hits", format!("{hits:?}"), format!("{:?}", found.hits)),
            ("points", format!("{points:?}"), format!("{:?}", found.points)),
            ("unknowns", format!("{unknowns:?}"), format!("{:?}", found.unknowns)),
        ] {
            if a != b {
                let _ = writeln!(said, "{what}: oracle {a}\n evaluator {b}");
            }
        }
    }
}

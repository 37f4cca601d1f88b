//! Single stages, in CPU seconds of one thread: `cargo bench --bench stages -- STAGE RULES DATA`. STAGE is `decode` or `evaluate`, over
//! a whole file, or `record` or `reasons`, for a file of one record, once, without or with its account.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line, which fails by panicking"
)]

use std::hint::black_box;
use std::path::Path;

use lsrc::column::Batch;
use lsrc::hir::uses::Uses;
use lsrc::input::{self, Needs, ReadOptions, Reader, Spec};
use lsrc::program::{RuleSet, Wanted};
use lsrc::schema::PropId;
use lsrc::vm::Vm;
use lsrc::vm::scores::Scores;

/// The batches in memory are scored so often; the quickest round counts.
const ROUNDS: usize = 3;
/// One record is scored so often.
const RECORDS: u32 = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [stage, rules, data] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench stages -- decode|evaluate|record|reasons RULES DATA");
        return;
    };
    let (rules, data) = (RuleSet::load(rules).unwrap(), Path::new(data));
    let seconds = match stage.as_str() {
        "decode" => decode(&mut reader(&rules, data)),
        "evaluate" => evaluate(&rules, &mut reader(&rules, data)),
        _ => record(&rules, &mut reader(&rules, data), stage == "reasons"),
    };
    println!("{seconds:.9}");
}

fn decode(reader: &mut Reader) -> f64 {
    let begun = cpu_seconds();
    while let Some(batch) = reader.next_batch().unwrap() {
        black_box(batch);
    }
    cpu_seconds() - begun
}

/// One record in columns, scored again and again.
fn record(rules: &RuleSet, reader: &mut Reader, reasons: bool) -> f64 {
    let batch = reader.next_batch().unwrap().unwrap();
    assert_eq!(batch.rows, 1, "one record is measured");
    let compiled = rules.compile(&Wanted { reasons, ..Wanted::default() });
    let mut vm = Vm::new(compiled.chunk(), rules.as_of("2026-06-30").unwrap());
    let mut scores = Scores::default();
    let mut round = || {
        let begun = cpu_seconds();
        for _ in 0..RECORDS {
            vm.run_into(black_box(&batch), &mut scores);
            black_box(&scores);
        }
        (cpu_seconds() - begun) / f64::from(RECORDS)
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn reader(rules: &RuleSet, data: &Path) -> Reader {
    let model = rules.model();
    let uses = Uses::of(model);
    let used = (0..).map(PropId).zip(&uses.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id);
    let needs = Needs { properties: used.chain(model.schema.key).collect(), ..Needs::default() };
    let options = ReadOptions { assume_unique: true, ..ReadOptions::default() };
    input::open(&Spec::file(data), &[], &model.schema, &needs, rules.as_of("2026-06-30").unwrap(), &options).unwrap()
}

/// All batches are held in memory first.
fn evaluate(rules: &RuleSet, reader: &mut Reader) -> f64 {
    let batches: Vec<Batch> = std::iter::from_fn(|| reader.next_batch().unwrap()).collect();
    let compiled = rules.compile(&Wanted::default());
    let mut scores = Scores::default();
    let round = |_| {
        let mut vm = Vm::new(compiled.chunk(), rules.as_of("2026-06-30").unwrap());
        let begun = cpu_seconds();
        for batch in &batches {
            vm.run_into(black_box(batch), &mut scores);
            black_box(&scores);
        }
        cpu_seconds() - begun
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

/// How long this thread has run, as Linux counts it: nanoseconds, the first number of `schedstat`.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

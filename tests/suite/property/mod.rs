//! Properties over generated programs and records.
//!
//! `LSRC_PAIRS` says how many pairs of a program and a record are tried (12,000 without it), `LSRC_SEED` where to start.

mod agree;
pub(crate) mod ahead;
pub(crate) mod contact;
mod focus;
mod pool;
pub(crate) mod program;
mod proof;
mod proposed;
pub(crate) mod repair;
mod smaller;
pub(crate) mod tape;

use std::cell::Cell;

use lsrc::hir::{AsOf, Model};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tape::Tape;

use crate::conformance::archive::Case;
use crate::conformance::harness;
use crate::oracle::{Record, columns};

/// So many in a hundred ranges are exact.
const EXACT: usize = 35;
/// The same where programs ask one thing in many ways.
const EXACT_FOCUSED: usize = 35;
/// Records for each program.
const RECORDS: usize = 40;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// What writes programs and records.
#[derive(Clone, Copy)]
struct Generator {
    program: fn(&mut Tape<'_>) -> program::Program,
    record: fn(&mut Tape<'_>, &Model, AsOf) -> Record,
}

/// Of everything some.
const BROAD: Generator = Generator { program: program::program, record: contact::contact };
/// One thing in many ways.
const FOCUSED: Generator = Generator { program: focus::program, record: focus::contact };

impl Generator {
    /// A program and records from their tapes.
    fn generated(self, program: &[u32], records: &[Vec<u32>]) -> Result<(program::Program, AsOf, Vec<Record>), String> {
        let program = (self.program)(&mut Tape::new(program));
        let (_, model) = agree::checked(&program.source)?;
        let as_of = AsOf::parse(program.as_of, &model.schema.zone).unwrap();
        let records: Vec<Record> = records.iter().map(|words| (self.record)(&mut Tape::new(words), &model, as_of)).collect();
        Ok((program, as_of, records))
    }
}

/// Tries a claim on generated programs and records; a failure is made small and shown as a case.
fn holds(generator: Generator, pairs: u64, claim: impl Fn(&str, AsOf, &[Record], bool) -> Result<(), String>) {
    let programs = u32::try_from(pairs.div_ceil(RECORDS as u64)).unwrap();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&setting("LSRC_SEED", 1).to_le_bytes());
    // Leaving out lines and values (`smaller`) makes better cases than smaller tapes do.
    let config = Config { cases: programs, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let tapes = (vec(any::<u32>(), 0..600), vec(vec(any::<u32>(), 0..160), RECORDS));
    let tried = Cell::new(0_u64);
    let result = runner.run(&tapes, |(program, records)| {
        tried.set(tried.get() + records.len() as u64);
        let (program, as_of, records) = generator.generated(&program, &records).map_err(TestCaseError::fail)?;
        let large = tried.get().is_multiple_of(8);
        claim(&program.source, as_of, &records, large).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => eprintln!("{} pairs of a program and a record", tried.get()),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(_, (program, records))) => {
            let (program, as_of, records) = generator.generated(&program, &records).unwrap_or_else(|said| panic!("{said}"));
            let small = smaller::case(&program.source, (as_of, program.as_of), &records, &|source, as_of, records| {
                claim(source, as_of, records, false)
            });
            panic!("keep this as a case in tests/cases/property/:\n\n{small}");
        }
    }
}

/// The oracle and the evaluator agree on every record: fused and not, in batches of any size, in any order, stored and read again,
/// and laid out anew.
#[test]
fn the_evaluator_agrees_with_the_oracle() {
    holds(BROAD, setting("LSRC_PAIRS", 12_000), agree::disagreement);
}

/// Scores stay within the ranges that `check` tells, records that show an end do, and no record refutes a warning.
#[test]
fn what_check_proves_holds() {
    proofs_hold(BROAD, EXACT);
}

/// The same of programs that ask one thing in many ways.
#[test]
fn what_check_proves_of_one_thing_holds() {
    proofs_hold(FOCUSED, EXACT_FOCUSED);
}

/// Tries what `check` proves; at least so many in a hundred ranges are exact.
fn proofs_hold(generator: Generator, least: usize) {
    let (ranges, exact) = (Cell::new(0), Cell::new(0));
    holds(generator, setting("LSRC_PAIRS", 12_000) / 3, |source, as_of, records, _| {
        let told = proof::refuted(source, as_of, records)?;
        ranges.set(ranges.get() + told.ranges);
        exact.set(exact.get() + told.exact);
        Ok(())
    });
    let (ranges, exact) = (ranges.get(), exact.get());
    eprintln!("{exact} of {ranges} ranges exact");
    // A range that is too wide is still true: that fewer are exact is how it shows.
    assert!(exact * 100 >= ranges * least, "only {exact} of {ranges} ranges are exact");
}

/// Repairs keep what a program computes, and leave nothing to repair.
#[test]
fn repairs_keep_what_rules_compute() {
    let repairs = Cell::new(0);
    holds(BROAD, setting("LSRC_PAIRS", 12_000) / 6, |source, as_of, records, _| {
        let files = [("main.lsr".to_owned(), source.to_owned())].into();
        repairs.set(repairs.get() + u32::from(repair::wrong(&files, Some(as_of), &mut |_, _| records.to_vec())?));
        Ok(())
    });
    assert!(repairs.get() > 10, "only {} programs with something to repair", repairs.get());
}

/// The evaluator and the oracle agree there too.
#[test]
fn the_evaluator_agrees_with_the_oracle_on_one_thing() {
    holds(FOCUSED, setting("LSRC_PAIRS", 12_000) / 6, agree::disagreement);
}

/// Tests that `test --suggest` and `why --as-test` write pass.
#[test]
fn proposed_tests_pass() {
    let proposed = Cell::new(0);
    for generator in [BROAD, FOCUSED] {
        holds(generator, setting("LSRC_PAIRS", 12_000) / 12, |source, as_of, records, _| {
            proposed.set(proposed.get() + proposed::wrong(source, as_of, records)?);
            Ok(())
        });
    }
    assert!(proposed.get() > 10, "only {} tests were proposed", proposed.get());
}

/// A forecast tells what a run as of every single day would.
#[test]
fn a_forecast_is_a_run_of_every_day() {
    holds(BROAD, setting("LSRC_PAIRS", 12_000) / 12, |source, as_of, records, _| ahead::disagreement(source, as_of, records));
}

/// Every disagreement that was ever found stays mended.
#[test]
fn kept_cases_agree() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/property");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let case = Case::parse(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap());
        let (_, model) = agree::checked(case.file("rules.lsr").unwrap()).unwrap();
        let batch = harness::batch(&case, &model).unwrap();
        let records = columns::records(&model, &batch);
        let as_of = harness::as_of(&case, &model);
        let source = case.file("rules.lsr").unwrap();
        let said =
            agree::disagreement(source, as_of, &records, true).and_then(|()| proof::refuted(source, as_of, &records).map(drop));
        let said = said.and_then(|()| proposed::wrong(source, as_of, &records).map(drop));
        assert!(said.is_ok(), "{}: {}", path.display(), said.unwrap_err());
    }
}

//! What single stages cost: `cargo bench --bench micro`. The sizes stand in `docs/dev/performance.md`.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result, reason = "a bench fails by panicking")]

mod workload;

use std::path::Path;
use std::sync::OnceLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use lsrc::check::{self, LoadOptions, Texts};
use lsrc::column::Batch;
use lsrc::hir::uses::Uses;
use lsrc::input::{self, Needs, ReadOptions, Spec};
use lsrc::program::Wanted;
use lsrc::schema::PropId;
use lsrc::vm::Vm;
use lsrc::vm::scores::Scores;
use lsrc::{RuleSet, lint};
use workload::{files, models};

fn main() {
    divan::main();
}

/// Contacts in memory.
const CONTACTS: i64 = 32_768;

fn texts(model: &str) -> Texts {
    Texts::new().with("model.lsr", model).with("contact.lsr", models::CONTACT)
}

fn rules(model: &str) -> RuleSet {
    RuleSet::from_texts("model.lsr", [("model.lsr", model), ("contact.lsr", models::CONTACT)]).unwrap()
}

/// The contacts as a file, written once.
fn contacts() -> &'static Path {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        let text = files::csv_header() + &files::csv_rows(1, CONTACTS + 1);
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        file
    });
    file.path()
}

fn batches(rules: &RuleSet) -> Vec<Batch> {
    let model = rules.model();
    let uses = Uses::of(model);
    let used = (0..).map(PropId).zip(&uses.properties).filter(|(_, rules)| !rules.is_empty()).map(|(id, _)| id);
    let needs = Needs { properties: used.chain(model.schema.key).collect(), ..Needs::default() };
    let as_of = rules.as_of("2026-06-30").unwrap();
    let options = ReadOptions::default();
    let mut reader = input::open(&Spec::file(contacts()), &[], &model.schema, &needs, as_of, &options).unwrap();
    std::iter::from_fn(|| reader.next_batch().unwrap()).collect()
}

/// Parse and check with all warnings.
#[divan::bench(args = [400, 2000, 10_000], sample_count = 5)]
fn check_rules(bencher: Bencher<'_, '_>, count: usize) {
    let texts = texts(&models::model(count));
    bencher.counter(ItemsCount::new(count)).bench(|| checked(&texts));
}

/// One rule of many branches, and one of many alternatives.
#[divan::bench(args = ["else if", "or"], sample_count = 5)]
fn check_3000(bencher: Bencher<'_, '_>, kind: &str) {
    let text = if kind == "or" { models::alternatives(3000) } else { models::branches(3000) };
    let texts = texts(&text);
    bencher.bench(|| checked(&texts));
}

fn checked(texts: &Texts) -> usize {
    let program = check::load(texts, Path::new("model.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    let model = checked.model.unwrap();
    lint::run(&program.sources, &program.files, &model).len()
}

/// CSV to typed columns.
#[divan::bench(sample_count = 10)]
fn decode_csv(bencher: Bencher<'_, '_>) {
    let rules = rules(models::MODEL_40);
    let bytes = std::fs::metadata(contacts()).unwrap().len();
    bencher.counter(BytesCount::new(bytes)).bench(|| batches(&rules).len());
}

/// Columns to scores, nothing else.
#[divan::bench(args = [40, 400], sample_count = 10)]
fn evaluate(bencher: Bencher<'_, '_>, count: usize) {
    let rules = if count == 40 { rules(models::MODEL_40) } else { rules(&models::model(count)) };
    let batches = batches(&rules);
    let compiled = rules.compile(&Wanted::default());
    let mut vm = Vm::new(compiled.chunk(), rules.as_of("2026-06-30").unwrap());
    bencher.counter(ItemsCount::new(CONTACTS as usize)).bench_local(|| {
        for batch in &batches {
            black_box(vm.run(batch));
        }
    });
}

/// One contact in columns of one row; with `reasons` its account is kept.
#[divan::bench(args = [false, true])]
fn one_record(bencher: Bencher<'_, '_>, reasons: bool) {
    let rules = rules(models::MODEL_40);
    let json = files::json_rows(1, 2);
    let model = rules.model();
    let needs = Needs { properties: (0..).map(PropId).take(model.schema.properties.len()).collect(), ..Needs::default() };
    let batch = input::RecordReader::new(&model.schema, &needs).read(&json).unwrap();
    let compiled = rules.compile(&Wanted { reasons, ..Wanted::default() });
    let mut vm = Vm::new(compiled.chunk(), rules.as_of("2026-06-30").unwrap());
    let mut scores = Scores::default();
    bencher.bench_local(|| vm.score_into(black_box(&batch), black_box(&mut scores)));
}

/// One contact from JSON to results.
#[divan::bench]
fn one_record_of_json(bencher: Bencher<'_, '_>) {
    let rules = rules(models::MODEL_40);
    let json = files::json_rows(1, 2);
    let mut scorer = rules.scorer(rules.as_of("2026-06-30").unwrap());
    bencher.bench_local(|| scorer.score_json(black_box(&json)).unwrap());
}

/// Rules of text to a machine that has scored one contact.
#[divan::bench(args = [40, 400])]
fn start(bencher: Bencher<'_, '_>, count: usize) {
    let text = if count == 40 { models::MODEL_40.to_owned() } else { models::model(count) };
    let json = files::json_rows(1, 2);
    bencher.bench(|| {
        let rules = rules(&text);
        let mut scorer = rules.scorer(rules.as_of("2026-06-30").unwrap());
        scorer.score_json(&json).unwrap()
    });
}

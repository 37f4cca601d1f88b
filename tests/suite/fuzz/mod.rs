//! The fuzz targets on a stable compiler: every seed, and changes of seeds without a look at coverage.
//!
//! `LSRC_FUZZ_SECONDS` says how long each target runs (without it 300 changes are tried),
//! `LSRC_SEED` where to start. A find is written to `fuzz/artifacts/`, where cargo-fuzz would leave it; kept finds are in
//! `tests/cases/fuzz/TARGET/`.

#[path = "../../../fuzz/targets/bytecode.rs"]
mod bytecode;
mod change;
#[path = "../../../fuzz/targets/check.rs"]
mod check;
#[path = "../../../fuzz/targets/condition.rs"]
mod condition;
#[path = "../../../fuzz/targets/parse.rs"]
mod parse;
#[path = "../../../fuzz/targets/reading.rs"]
mod reading;
#[path = "../../../fuzz/targets/schema.rs"]
mod schema;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use change::Changer;
use lsrc::input::Format;

use crate::conformance::archive;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The files of the conformance cases whose names end so.
fn of_cases(ending: &str) -> Vec<Vec<u8>> {
    let cases = archive::all();
    let files = cases.iter().flat_map(|case| &case.files);
    files
        .filter(|(name, _)| name.ends_with(ending) && name != "expected.csv")
        .map(|(_, text)| text.clone().into_bytes())
        .collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Runs a target over its seeds, the finds that were kept, and changes of both.
fn survives(target: &str, mut seeds: Vec<Vec<u8>>, run: impl Fn(&[u8])) {
    seeds.extend(files(&root().join("fuzz/seeds").join(target)));
    seeds.extend(files(&root().join("tests/cases/fuzz").join(target)));
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| tried(target, seed, &run));
    let mut changer = Changer::new(number("LSRC_SEED", 1), &seeds);
    let (began, seconds) = (Instant::now(), number("LSRC_FUZZ_SECONDS", 0));
    let mut count = 0_u64;
    while if seconds == 0 { count < 300 } else { began.elapsed() < Duration::from_secs(seconds) } {
        tried(target, &changer.next(), &run);
        count += 1;
    }
    eprintln!("{target}: {} seeds and {count} changes of them", seeds.len());
}

/// Runs a target over one input; a panic is kept as a file and told.
fn tried(target: &str, input: &[u8], run: &impl Fn(&[u8])) {
    if catch_unwind(AssertUnwindSafe(|| run(input))).is_ok() {
        return;
    }
    let folder = root().join("fuzz/artifacts").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("crash-{:08x}", crc32fast::hash(input)));
    std::fs::write(&file, input).unwrap();
    panic!("{target}: the input is {}", file.display());
}

#[test]
fn parse_and_format() {
    survives("parse", of_cases(".lsr"), parse::run);
}

#[test]
fn check_and_run() {
    survives("check", of_cases("rules.lsr"), check::run);
}

#[test]
fn conditions_of_where() {
    let rules = of_cases("rules.lsr");
    let conditions = rules.iter().flat_map(|rules| {
        let text = std::str::from_utf8(rules).unwrap();
        text.lines()
            .filter_map(|line| Some(line.split_once("if ")?.1.split_once(" then")?.0.as_bytes().to_vec()))
            .collect::<Vec<_>>()
    });
    survives("condition", conditions.collect(), condition::run);
}

#[test]
fn compiled_programs() {
    survives("bytecode", Vec::new(), bytecode::run);
}

#[test]
fn csv() {
    survives("csv", of_cases(".csv"), |bytes| reading::read(bytes, Format::Csv));
}

#[test]
fn json() {
    survives("json", of_cases(".jsonl"), |bytes| {
        reading::read(bytes, Format::JsonLines);
        reading::read(bytes, Format::Json);
    });
}

#[test]
fn parquet() {
    survives("parquet", Vec::new(), |bytes| reading::read(bytes, Format::Parquet));
}

#[test]
fn arrow() {
    survives("arrow", Vec::new(), |bytes| reading::read(bytes, Format::Arrow));
}

#[test]
fn schemas_from_data() {
    survives("schema", [of_cases(".csv"), of_cases(".jsonl")].concat(), schema::run);
}

//! The evaluator against the oracle: fused and not, in batches of any size, over texts kept once and texts kept by row.

mod agree;
mod cases;
mod file;

use crate::conformance::{archive, harness};
use crate::oracle::columns;

/// Every case of the reference that runs gives what the oracle gives.
#[test]
fn conformance_cases_agree_with_the_oracle() {
    let mut wrong = String::new();
    let mut count = 0;
    for case in archive::all().iter().filter(|case| case.file("expected.csv").is_some()) {
        let (_, checked) = harness::program(case);
        let Some(model) = checked.model else { continue };
        let Ok(batch) = harness::batch(case, &model) else { continue };
        let records = columns::records(&model, &batch);
        count += 1;
        let said = agree::differences(&model, &records, harness::as_of(case, &model));
        if !said.is_empty() {
            wrong += &format!("== {}\n{said}\n", case.name);
        }
    }
    assert!(count > 80, "only {count} cases ran");
    assert!(wrong.is_empty(), "{wrong}");
}

/// The `test` items of every case hold, and their records agree with the oracle.
#[test]
fn cases_hold() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/vm");
    let mut wrong = String::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        match cases::wrong(&name, &source) {
            Ok(tests) => count += tests,
            Err(said) => wrong += &format!("== {name}\n{said}\n"),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 40, "only {count} tests");
}

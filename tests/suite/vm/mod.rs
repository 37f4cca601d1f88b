//! The evaluator against the oracle: fused and not, in batches of any size, over texts kept once and texts kept by row.

mod agree;
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

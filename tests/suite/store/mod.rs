//! Results kept between runs: cases under `tests/cases/store`, and what two writers, kills, clocks and receivers do to a store.

mod due;
mod kill;
#[cfg(feature = "notify")]
mod outbox;
mod writers;

use std::path::Path;
use std::time::Duration;

use lsrc::RuleSet;
use lsrc::store::{Access, Beginning, JsonRecorder, Put, Store};

use crate::command::check_area;

#[test]
fn every_case_prints_what_it_should() {
    check_area("store");
}

pub(super) const DAY: i64 = 86_400_000_000;

/// Rules with a stage that a demo reaches and time takes away again.
pub(super) const RULES: &str = r#"
lsr 1
schema contact { key email: text  plan: text  demo: date }
score interest {
  if plan is "pro" then +10 because "pays for more"
  if demo is known then +40 losing 20 every 1 week since demo because "asked for a demo"
}
label grade by interest { 30..: hot  ..<30: cold }
lifecycle status { stage sql when interest >= 40 because "ready for sales"  stage mql when interest >= 20 because "worth a look"  otherwise lead }
"#;

pub(super) fn rules() -> RuleSet {
    RuleSet::from_text("rules.lsr", RULES).unwrap()
}

pub(super) fn store(path: &Path) -> Store {
    Store::open(path.to_str().unwrap(), Access::Create, Duration::from_secs(60), &|_| None).unwrap()
}

pub(super) fn recorder(ahead: u16) -> JsonRecorder {
    JsonRecorder::new(&rules(), None, ahead).unwrap()
}

/// Scores and keeps single records as of the end of a day; what became of each.
pub(super) fn put(store: &mut Store, recorder: &mut JsonRecorder, day: &str, records: &[&str]) -> Vec<Put> {
    let as_of = rules().as_of(day).unwrap();
    let records: Vec<_> = records.iter().map(|json| recorder.record(json, as_of).unwrap().unwrap()).collect();
    let target = Some(lsrc::store::target("https://receiver.example/hook"));
    let beginning = Beginning { now: as_of.micros, target, ..Beginning::default() };
    let mut writing = store.begin(recorder.outline(), beginning).unwrap();
    let put = writing.put(&records).unwrap();
    writing.commit().unwrap();
    put
}

//! Results kept between runs: cases under `tests/cases/store`, and what two writers, kills, clocks and receivers do to a store.

mod due;
mod kill;
#[cfg(feature = "notify")]
mod outbox;
mod writers;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use lsrc::RuleSet;
use lsrc::store::{Access, Beginning, JsonRecorder, Put, Store};

use crate::command::{cases, check_area, lsrc as command, words};

#[test]
fn every_case_prints_what_it_should() {
    check_area("store");
}

/// The commands of the guide, one after the other on one store, print what it shows.
#[test]
fn the_guide_shows_what_commands_print() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/store.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(cases("store").join("nightly")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let mut blocks = guide.split("```console\n");
    let mut shown = blocks.next().unwrap().to_owned();
    for block in blocks {
        let (text, rest) = block.split_once("```").unwrap();
        shown.push_str("```console\n");
        for line in text.lines().filter_map(|line| line.strip_prefix("$ lsrc ")) {
            let output = command(folder.path()).args(words(line)).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            write!(shown, "$ lsrc {line}\n{said}").unwrap();
        }
        write!(shown, "```{rest}").unwrap();
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &shown).unwrap();
    } else {
        assert_eq!(guide, shown, "UPDATE_DOCS=1 writes docs/guide/store.md anew");
    }
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

//! Small faulty programs, one cause each, and near misses that must stay silent.
//!
//! `tests/cases/faults/*.txt` hold many of them: `=== NAME` starts one, `«finding|` stands before the place that is told, `--- FILE`
//! starts a further file of the same program. Without `raw` behind its name a program begins with two lines that take
//! `contact.lsr` of the same folder.

use std::fs;
use std::path::{Path, PathBuf};

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::hir::{AsOf, Model};
use lsrc::lint;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::property::contact::contact;
use crate::property::repair::{self, Files};
use crate::property::tape::Tape;

type Place = (usize, usize, String);

/// The text without marks, and what they say: line, column, name.
fn unmarked(text: &str) -> (String, Vec<Place>) {
    let (mut plain, mut places) = (String::new(), Vec::new());
    let mut parts = text.split('«');
    plain.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (name, rest) = part.split_once('|').unwrap();
        let line = plain.matches('\n').count() + 1;
        let column = plain.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        places.push((line, column, name.to_owned()));
        plain.push_str(rest);
    }
    places.sort();
    (plain, places)
}

/// What is found in the program's files, those of other files without column.
fn found(texts: &Texts) -> Vec<Place> {
    let program = check::load(texts, Path::new("main.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    let mut all = checked.diagnostics;
    if let Some(model) = &checked.model {
        all.append(lint::run(&program.sources, &program.files, model));
    }
    let all = lint::allow::apply(&program.sources, &program.files, all, checked.model.is_some());
    let mut places: Vec<Place> = all
        .iter()
        .filter(|d| d.code.on_by_default())
        .map(|d| {
            let place = program.sources.place(d.span);
            let name = program.sources.name(d.span).to_string();
            let of = if name == "main.lsr" { d.code.name().to_owned() } else { format!("{name}: {}", d.code.name()) };
            (place.line, place.column, of)
        })
        .collect();
    places.sort();
    places
}

/// A faulty program.
struct Fault {
    name: String,
    files: Files,
    wanted: Vec<Place>,
}

fn all() -> Vec<Fault> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/faults");
    let contact = fs::read_to_string(folder.join("contact.lsr")).unwrap();
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut faults = Vec::new();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        let text = fs::read_to_string(path).unwrap();
        for case in text.split("=== ").skip(1) {
            let (head, body) = case.split_once('\n').unwrap();
            let raw = head.ends_with(" raw");
            let mut parts = body.split("--- ");
            let before = if raw { "" } else { "lsr 1\nuse \"contact.lsr\"\n" };
            let (main, wanted) = unmarked(&format!("{before}{}", parts.next().unwrap()));
            let mut files = Files::from([("main.lsr".to_owned(), main)]);
            if !raw {
                files.insert("contact.lsr".to_owned(), contact.clone());
            }
            files.extend(parts.map(|file| file.split_once('\n').unwrap()).map(|(name, text)| (name.to_owned(), text.to_owned())));
            faults.push(Fault { name: head.to_owned(), files, wanted });
        }
    }
    assert!(faults.len() > 300, "only {} programs", faults.len());
    faults
}

#[test]
fn every_program_gives_its_findings_and_no_other() {
    let faults = all();
    let mut failures = Vec::new();
    for Fault { name, files, wanted } in &faults {
        let texts = files.iter().fold(Texts::new(), |texts, (name, text)| texts.with(name, text.as_str()));
        let found = found(&texts);
        if found != *wanted {
            failures.push(format!("{name}\n  wanted {wanted:?}\n  found  {found:?}\n{}", files["main.lsr"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), faults.len(), failures.join("\n"));
}

#[test]
fn every_repair_keeps_what_the_rules_compute() {
    let mut tried = 0;
    let mut failures = Vec::new();
    for Fault { name, files, .. } in all() {
        let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut records = |model: &Model, as_of: AsOf| {
            let mut words = || -> Vec<u32> { (0..160).map(|_| rng.next_u32()).collect() };
            (0..20).map(|_| words()).map(|words| contact(&mut Tape::new(&words), model, as_of)).collect()
        };
        match repair::wrong(&files, None, &mut records) {
            Ok(repaired) => tried += usize::from(repaired),
            Err(said) => failures.push(format!("{name}: {said}")),
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
    assert!(tried > 40, "only {tried} programs with something to repair");
}

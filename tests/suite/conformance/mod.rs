//! The conformance cases, through the oracle and through the program.

pub(crate) mod archive;
pub(crate) mod harness;
mod rollups;

use std::fmt::Write as _;
use std::sync::Arc;

use archive::Case;
use lsrc::hir::Model;
use lsrc::lower::{self, LowerOptions};
use lsrc::value::Value;
use lsrc::vm::Vm;

use crate::oracle::{self, columns, results};

/// The cases with a file of this name.
fn cases_with(file: &str) -> Vec<Case> {
    archive::all().into_iter().filter(|case| case.file(file).is_some()).collect()
}

/// Fails with every case that went wrong.
fn conclude(wrong: &str, cases: usize) {
    assert!(cases > 0, "no case");
    assert!(wrong.is_empty(), "{wrong}");
}

/// What `lsrc check` finds, `LINE NAME` each.
fn findings(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    case.write_to(folder.path());
    let mut command = assert_cmd::Command::cargo_bin("lsrc").unwrap();
    command.current_dir(folder.path()).args(["check", "rules.lsr", "--format", "json"]);
    let output = command.output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", case.name, String::from_utf8_lossy(&output.stderr)));
    let findings = json["diagnostics"].as_array().unwrap().iter().map(|finding| {
        let (file, line) = (finding["file"].as_str().unwrap(), finding["line"].as_u64().unwrap());
        let place = if file == "rules.lsr" { line.to_string() } else { format!("{file}:{line}") };
        format!("{place} {}", finding["name"].as_str().unwrap())
    });
    findings.collect()
}

#[test]
fn findings_are_those_of_the_reference() {
    let cases = cases_with("expected.diagnostics");
    let mut wrong = String::new();
    for case in &cases {
        let found = findings(case).join("\n");
        let expected = case.file("expected.diagnostics").unwrap().trim_end();
        if found != expected {
            let _ = writeln!(wrong, "== {}\nexpected:\n{expected}\nfound:\n{found}\n", case.name);
        }
    }
    conclude(&wrong, cases.len());
}

/// The model of a case that is to run.
fn model(case: &Case) -> Result<Model, String> {
    let (program, checked) = harness::program(case);
    checked.model.ok_or_else(|| {
        let said = checked.diagnostics.iter().map(|finding| {
            let place = program.sources.place(finding.span);
            format!("{}:{} {}: {}", program.sources.name(finding.span), place.line, finding.code.name(), finding.message)
        });
        said.collect::<Vec<_>>().join("\n")
    })
}

/// The rows of a result, as the output of `lsrc run`.
fn rows(model: &Model, records: &[oracle::Record], outcomes: &[oracle::Outcome]) -> Vec<Vec<String>> {
    let key = |row: usize| match model.schema.key {
        None => (row + 1).to_string(),
        Some(key) => match &records[row].values[key.0 as usize] {
            Some(Value::Integer(n)) => n.to_string(),
            Some(Value::Text(text)) => text.to_string(),
            None => String::new(),
            other => panic!("a key of {other:?}"),
        },
    };
    let row = |(at, outcome): (usize, &oracle::Outcome)| [vec![key(at)], results::cells(model, outcome)].concat();
    outcomes.iter().enumerate().map(row).collect()
}

/// Expected rows against found ones, by column name.
fn compare(expected: &str, found: &[Vec<String>]) -> Result<(), String> {
    let mut lines = expected.lines();
    let header = harness::cells(lines.next().unwrap());
    let expected: Vec<Vec<String>> = lines.map(harness::cells).collect();
    let mut out = String::new();
    if expected.len() != found.len() {
        let _ = writeln!(out, "{} rows expected, {} found", expected.len(), found.len());
    }
    for (row, (expected, found)) in expected.iter().zip(found).enumerate() {
        for (at, name) in header.iter().enumerate() {
            let (a, b) = (expected.get(at).map_or("", String::as_str), found.get(at).map_or("", String::as_str));
            if a != b {
                let _ = writeln!(out, "row {} (`{}`) {name}: expected `{a}`, found `{b}`", row + 1, expected[0]);
            }
        }
        if found.len() != header.len() {
            let _ = writeln!(out, "row {}: {} columns expected, {} found", row + 1, header.len(), found.len());
        }
    }
    if out.is_empty() { Ok(()) } else { Err(out) }
}

/// Takes every case with an output through `run`.
fn all_outputs(run: impl Fn(&Case) -> Result<(), String>) {
    let cases = cases_with("expected.csv");
    let mut wrong = String::new();
    for case in &cases {
        if let Err(said) = run(case) {
            let _ = writeln!(wrong, "== {}\n{said}", case.name);
        }
    }
    conclude(&wrong, cases.len());
}

#[test]
fn the_oracle_gives_what_the_reference_says() {
    all_outputs(|case| {
        let model = model(case)?;
        let records = columns::records(&model, &harness::batch(case, &model)?);
        let as_of = harness::as_of(case, &model);
        let outcomes: Vec<_> = records.iter().map(|record| oracle::evaluate(&model, record, as_of)).collect();
        compare(case.file("expected.csv").unwrap(), &rows(&model, &records, &outcomes))
    });
}

#[test]
fn the_evaluator_gives_what_the_reference_says() {
    all_outputs(|case| {
        let model = model(case)?;
        let batch = harness::batch(case, &model)?;
        let records = columns::records(&model, &batch);
        for fuse in [true, false] {
            let chunk = Arc::new(lower::lower(&model, LowerOptions { fuse, reasons: true }));
            let scores = Vm::new(&chunk, harness::as_of(case, &model)).run(&batch);
            let outcomes: Vec<_> = (0..batch.rows).map(|row| results::outcome(&model, &scores, row)).collect();
            compare(case.file("expected.csv").unwrap(), &rows(&model, &records, &outcomes))?;
        }
        Ok(())
    });
}

/// The command itself: the same bytes, and the exit status.
#[test]
fn the_command_gives_what_the_reference_says() {
    let mut wrong = String::new();
    for case in archive::all() {
        let status = case.file("expected.status").map_or(0, |text| text.trim().parse().unwrap());
        if status == 0 && case.file("expected.csv").is_none() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        case.write_to(folder.path());
        let mut command = assert_cmd::Command::cargo_bin("lsrc").unwrap();
        command.current_dir(folder.path()).args(["run", "rules.lsr", harness::records_file(&case), "--as-of", case.as_of()]);
        let lists = case.files.iter().filter_map(|(name, _)| name.strip_suffix(".csv"));
        // What is in a folder is a file of the rules, or one that the arguments name.
        let own = |list: &&str| ["records", "expected"].contains(list) || list.starts_with("expected.");
        for list in lists.filter(|list| !own(list) && !list.contains('/')) {
            command.args(["--events", &format!("{list}={list}.csv")]);
        }
        let output = command.args(harness::arguments(&case)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(status) {
            let _ = writeln!(wrong, "== {}: status {:?}\n{said}", case.name, output.status.code());
            continue;
        }
        let Some(expected) = case.file("expected.csv") else { continue };
        let found = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
        let unquoted = |text: &str| text.lines().map(harness::cells).collect::<Vec<_>>();
        if unquoted(&found) != unquoted(expected) {
            let _ = writeln!(wrong, "== {}\nexpected:\n{expected}\nfound:\n{found}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn tests_pass_and_fail_as_the_reference_says() {
    let cases = cases_with("expected.tests");
    let mut wrong = String::new();
    for case in &cases {
        let folder = tempfile::tempdir().unwrap();
        case.write_to(folder.path());
        let mut command = assert_cmd::Command::cargo_bin("lsrc").unwrap();
        let output = command.current_dir(folder.path()).args(["test", "rules.lsr", "--format", "json"]).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", case.name, String::from_utf8_lossy(&output.stderr)));
        let verdicts = json["tests"].as_array().unwrap().iter().map(|test| {
            let verdict = if test["passed"].as_bool().unwrap() { "pass" } else { "fail" };
            format!("{verdict} {}", test["name"].as_str().unwrap())
        });
        let found: Vec<String> = verdicts.collect();
        let expected: Vec<&str> = case.file("expected.tests").unwrap().lines().collect();
        if found != expected {
            let _ = writeln!(wrong, "== {}\nexpected:\n{expected:#?}\nfound:\n{found:#?}\n", case.name);
        }
    }
    conclude(&wrong, cases.len());
}

/// `INDEX.md` says which sentence each case holds; `INSTA_UPDATE=always` writes it anew.
#[test]
fn the_index_is_complete() {
    let mut lines: Vec<(String, String)> = Vec::new();
    for case in archive::all() {
        let sentences: Vec<&str> = case.prose.lines().filter(|line| is_sentence(line)).collect();
        assert!(!sentences.is_empty(), "{} names no sentence of the reference", case.name);
        lines.extend(sentences.iter().map(|sentence| ((*sentence).to_owned(), case.name.clone())));
    }
    lines.sort_by_key(|(sentence, case)| (section(sentence), case.clone()));
    let mut index = String::from("# Which sentence each case holds\n\nMade from the heads of the cases.\n");
    let mut area = None;
    for (sentence, case) in &lines {
        if area != Some(section(sentence)) {
            area = Some(section(sentence));
            let _ = write!(index, "\n## Section {}\n\n", section(sentence));
        }
        let words = sentence.split_once(". ").map_or(sentence.as_str(), |(_, words)| words);
        let _ = writeln!(index, "* {words} [{case}]({case}.txt)");
    }
    let path = archive::folder().join("INDEX.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &index).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == index, "INDEX.md is not what the cases say; INSTA_UPDATE=always writes it anew");
}

fn is_sentence(line: &str) -> bool {
    line.strip_prefix("Section ")
        .is_some_and(|rest| rest.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok()))
}

fn section(sentence: &str) -> u32 {
    let number = sentence.trim_start_matches("Section ").split('.').next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

//! Loading and checking programs.
//!
//! Each file of `tests/cases/check/` is a program. A comment line `# error: NAME LINE:COL` says that this finding is wanted at this place of
//! the file; every other error fails the case. A folder is a program of several files that starts at `main.lsr`; there the place is
//! `FILE:LINE:COL`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lsrc::check::{self, LoadOptions, Loader, Program};
use lsrc::diag::{Code, Severity};
use lsrc::source::Sources;

/// The files on disk.
struct Disk;

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check")
}

/// The entry files of all cases.
fn entries() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(cases()).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found.iter().map(|path| if path.is_dir() { path.join("main.lsr") } else { path.clone() }).collect()
}

fn file_name(sources: &Sources, span: lsrc::source::Span) -> String {
    Path::new(sources.name(span)).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The findings as `FILE NAME LINE:COL`, with their messages.
fn found(program: &Program, diagnostics: &lsrc::diag::Diagnostics) -> Vec<(String, String)> {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let shown = errors.map(|d| {
        let place = program.sources.place(d.span);
        let key = format!("{} {} {}:{}", file_name(&program.sources, d.span), d.code.name(), place.line, place.column);
        (key, d.message.clone())
    });
    shown.collect()
}

fn wanted(path: &Path) -> Vec<String> {
    let own = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let marks = text.lines().filter_map(|l| l.trim().strip_prefix("# error: "));
    let keys = marks.map(|mark| {
        let (name, place) = mark.trim().split_once(' ').unwrap_or_else(|| panic!("{}: bad mark `{mark}`", path.display()));
        assert!(Code::find(name).is_some(), "{}: there is no code `{name}`", path.display());
        match place.split(':').collect::<Vec<_>>().as_slice() {
            [file, line, column] => format!("{file} {name} {line}:{column}"),
            [line, column] => format!("{own} {name} {line}:{column}"),
            _ => panic!("{}: bad place `{place}`", path.display()),
        }
    });
    keys.collect()
}

#[test]
fn cases_give_their_findings_and_no_other() {
    let mut failures = Vec::new();
    let entries = entries();
    assert!(!entries.is_empty(), "no case found");
    for entry in entries {
        let program = check::load(&Disk, &entry, &LoadOptions::default());
        let checked = check::check(&program, &[]);
        let mut found = found(&program, &checked.diagnostics);
        let mut wanted = wanted(&entry);
        found.sort();
        wanted.sort();
        let keys: Vec<&String> = found.iter().map(|f| &f.0).collect();
        if keys != wanted.iter().collect::<Vec<_>>() {
            failures.push(format!("{}\n  wanted {wanted:#?}\n  found {found:#?}", entry.display()));
        }
        if checked.model.is_some() != found.is_empty() {
            failures.push(format!("{}: a model exists exactly without errors", entry.display()));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_error_says_the_way_out() {
    for entry in entries() {
        let program = check::load(&Disk, &entry, &LoadOptions::default());
        // What the parser expects says it already.
        for finding in check::check(&program, &[]).diagnostics.iter().filter(|d| d.code != Code::Syntax) {
            let place = program.sources.place(finding.span);
            assert!(finding.help.is_some(), "{}:{}: `{}` has no help", entry.display(), place.line, finding.message);
            for fix in &finding.fixes {
                for edit in &fix.edits {
                    assert_ne!(program.sources.text(edit.span), edit.text, "{}: a repair changes something", entry.display());
                }
            }
        }
    }
}

#[test]
fn every_error_code_has_a_case() {
    let with_cases: BTreeSet<String> =
        entries().iter().flat_map(|e| wanted(e)).filter_map(|key| key.split_whitespace().nth(1).map(str::to_owned)).collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|c| c.severity() == Severity::Error)
        .map(|c| c.name())
        .filter(|name| !with_cases.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

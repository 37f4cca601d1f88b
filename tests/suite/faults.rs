//! Small faulty programs, one cause each, and near misses that must stay silent.
//!
//! `tests/cases/faults/*.txt` hold many of them: `=== NAME` starts one, `«finding|` stands before the place that is told, `--- FILE`
//! starts a further file of the same program. Without `raw` behind its name a program begins with two lines that take
//! `contact.lsr` of the same folder.

use std::fs;
use std::path::{Path, PathBuf};

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::lint;

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

#[test]
fn every_program_gives_its_findings_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/faults");
    let contact = fs::read_to_string(folder.join("contact.lsr")).unwrap();
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let (mut tried, mut failures) = (0, Vec::new());
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        let text = fs::read_to_string(path).unwrap();
        for case in text.split("=== ").skip(1) {
            let (head, body) = case.split_once('\n').unwrap();
            let raw = head.ends_with(" raw");
            let mut files = body.split("--- ");
            let before = if raw { "" } else { "lsr 1\nuse \"contact.lsr\"\n" };
            let (main, wanted) = unmarked(&format!("{before}{}", files.next().unwrap()));
            let mut texts = Texts::new().with("main.lsr", main.as_str());
            if !raw {
                texts = texts.with("contact.lsr", contact.as_str());
            }
            for file in files {
                let (name, text) = file.split_once('\n').unwrap();
                texts = texts.with(name, text);
            }
            let found = found(&texts);
            tried += 1;
            if found != wanted {
                failures.push(format!("{head}\n  wanted {wanted:?}\n  found  {found:?}\n{main}"));
            }
        }
    }
    assert!(tried > 300, "only {tried} programs");
    assert!(failures.is_empty(), "{} of {tried}:\n{}", failures.len(), failures.join("\n"));
}

//! Text to tree.

use std::fmt::Write as _;

use lsrc::source::{FileId, SourceFile, Sources};
use lsrc::syntax::{Parsed, parse};

fn read(path: &str) -> (Sources, Parsed) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new(path, None, text.as_str()));
    let parsed = parse(id, &text);
    (sources, parsed)
}

/// Every finding with its place, the text it is about, its help and its fixes.
fn findings(sources: &Sources, parsed: &Parsed) -> String {
    let mut out = String::new();
    for d in parsed.diagnostics.iter() {
        let place = sources.place(d.span);
        let first = sources.text(d.span).lines().next().unwrap_or_default();
        writeln!(out, "{}:{} {} {:?}: {}", place.line, place.column, d.code.name(), first, d.message).unwrap();
        for label in &d.labels {
            let place = sources.place(label.span);
            writeln!(out, "    {}:{} {}", place.line, place.column, label.message).unwrap();
        }
        if let Some(help) = &d.help {
            writeln!(out, "    help: {help}").unwrap();
        }
        for fix in &d.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|e| format!("{:?} -> {:?}", sources.text(e.span), e.text)).collect();
            writeln!(out, "    fix{}: {} ({})", if fix.safe { "" } else { " (unsafe)" }, fix.message, edits.join(", ")).unwrap();
        }
    }
    let names: Vec<&str> = parsed.broken_names.iter().map(|n| &**n).collect();
    writeln!(out, "broken names: {}", names.join(" ")).unwrap();
    out
}

#[test]
fn sound_files_parse() {
    for entry in std::fs::read_dir("tests/cases/syntax/sound").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(FileId(0), &text);
        let said: Vec<String> = parsed
            .diagnostics
            .iter()
            .map(|d| format!("{} at {:?}", d.message, &text[d.span.start as usize..].chars().take(20).collect::<String>()))
            .collect();
        assert!(said.is_empty(), "{}: {said:?}", path.display());
        assert!(!parsed.file.items.is_empty());
    }
}

/// The files of a folder of cases with their names, in order.
fn cases(folder: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "lsr"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path.to_string_lossy().into_owned()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} has no cases");
    found
}

#[test]
fn broken_files_are_told() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../cases/syntax/broken");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, path) in cases("tests/cases/syntax/broken") {
            let (sources, parsed) = read(&path);
            insta::assert_snapshot!(name, findings(&sources, &parsed));
        }
    });
}

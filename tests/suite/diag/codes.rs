//! The pages of the codes: complete, true, and in the index.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use lsrc::diag::{Code, Severity};
use lsrc::lint;

/// The `lsr` examples of a page: the wrong one and the repaired one.
fn examples(code: Code) -> [String; 2] {
    let found: Vec<String> =
        code.page().split("```lsr\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect();
    found.try_into().unwrap_or_else(|found: Vec<_>| panic!("{}: {} examples instead of two", code.name(), found.len()))
}

/// The rows that a page gives to one of its examples, as `tiers.csv`.
fn rows(code: Code, example: usize) -> Option<String> {
    let rest = code.page().split("```lsr\n").nth(example + 1)?;
    let (_, rows) = rest.split_once("```csv\n")?;
    Some(rows.split("```").next()?.to_owned())
}

/// The names of what `lsrc check` finds in a file of its own; a code that is off by default is asked for.
fn found(code: Code, text: &str, rows: Option<String>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    if let Some(rows) = rows {
        std::fs::write(folder.path().join("tiers.csv"), rows).unwrap();
    }
    std::fs::write(folder.path().join("example.lsr"), text).unwrap();
    if !code.on_by_default() {
        let levels = format!("[levels]\n{} = \"warning\"\n", code.name());
        std::fs::write(folder.path().join("lsrc.toml"), levels).unwrap();
    }
    let mut command = Command::cargo_bin("lsrc").unwrap();
    let output = command.current_dir(folder.path()).args(["check", "example.lsr", "--format", "json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{}: {e}: {}", code.name(), String::from_utf8_lossy(&output.stderr)));
    let findings = document["diagnostics"].as_array().unwrap();
    findings.iter().map(|d| d["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_page_has_its_parts() {
    for code in Code::ALL {
        let (page, name) = (code.page(), code.name());
        let kind = match (code.severity(), code.on_by_default()) {
            (Severity::Error, _) => "an error",
            (Severity::Warning, true) => "a warning",
            (Severity::Warning, false) => "a warning, off unless asked for",
        };
        let top = format!("# {name}\n\n`{}`, {kind}: {}.\n\n", code.id(), code.summary());
        assert!(page.starts_with(&top), "{name} begins otherwise than\n{top}");
        for heading in ["\n## Why it matters\n", "\n## Wrong\n", "\n## Fixed\n"] {
            assert_eq!(page.matches(heading).count(), 1, "{name}: {heading}");
        }
        let [wrong, repaired] = examples(*code);
        assert_ne!((wrong, rows(*code, 0)), (repaired, rows(*code, 1)), "{name}");
    }
}

#[test]
fn wrong_examples_give_exactly_their_code() {
    let mut faults = String::new();
    for code in Code::ALL.iter().filter(|c| c.severity() == Severity::Error || lint::FOUND.contains(c)) {
        let [wrong, _] = examples(*code);
        let mut names = found(*code, &wrong, rows(*code, 0));
        names.dedup();
        if names != [code.name()] {
            let _ = writeln!(faults, "{}: {names:?}", code.name());
        }
    }
    assert_eq!(faults, "");
}

#[test]
fn repaired_examples_are_clean() {
    let mut faults = String::new();
    for code in Code::ALL {
        let [_, repaired] = examples(*code);
        let names = found(*code, &repaired, rows(*code, 1));
        if !names.is_empty() {
            let _ = writeln!(faults, "{}: {names:?}", code.name());
        }
    }
    assert_eq!(faults, "");
}

#[test]
fn examples_are_laid_out() {
    for code in Code::ALL {
        for text in examples(*code) {
            let parsed = lsrc::syntax::parse(lsrc::source::FileId(0), &text);
            assert_eq!(lsrc::format::format(&parsed, &text), text, "{}", code.name());
        }
    }
}

/// `docs/codes/README.md` is made from the registry: `LSRC_WRITE=1 cargo test codes::` writes it anew.
#[test]
fn the_index_is_fresh() {
    let mut index = String::from(
        "# What `lsrc check` finds\n\nEvery finding has a code that is never used again and a name. `lsrc explain NAME` shows its page in the terminal.\n\n\
         | code | name | severity | what it finds |\n| --- | --- | --- | --- |\n",
    );
    for code in Code::ALL {
        let (name, severity) = (code.name(), code.severity().word());
        let off = if code.on_by_default() { "" } else { ", off unless asked for" };
        let _ = writeln!(index, "| {} | [{name}]({name}.md) | {severity}{off} | {} |", code.id(), code.summary());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes/README.md");
    if std::env::var_os("LSRC_WRITE").is_some() {
        std::fs::write(&path, &index).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), index);
}

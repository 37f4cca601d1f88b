//! What stands in one file of JSON: every value of it is read, or the place where reading stops is named.
//!
//! `tests/cases/input/sequences.txt` holds the cases: `=== NAME FILE` and the bytes of the file up to `---`, where `\n` at the end of a line
//! of `===` says that the file ends with a line end; then a line for each record (`id x`), for each unreadable cell (`! row value`), for each
//! line without a record (`? line`), for what is told (`# ..`), or the failure.

use lsrc::input::{ReadOptions, Spec, infer};
use lsrc::value::Type;

use super::support::{all, as_of, property, records, schema};

fn outcome(path: &std::path::Path) -> Vec<String> {
    let model = schema(vec![property("id", Type::Integer, &[]), property("x", Type::Number, &[])]);
    let opened = lsrc::input::open(&Spec::file(path), &[], &model, &all(&model), as_of(&model), &ReadOptions::default());
    let read = opened.and_then(|mut reader| records(&mut reader, &model).map(|found| (found, reader.report())));
    let folder = format!("{}/", path.parent().unwrap().display());
    match read {
        Err(e) => format!("{e}").replace(&folder, "").lines().map(|line| format!("error: {line}")).collect(),
        Ok((found, report)) => {
            let mut out: Vec<String> = found.iter().map(|r| format!("{} {}", r["id"], r["x"])).collect();
            for column in &report.columns {
                out.extend(column.samples.iter().map(|s| format!("! {} {}", s.row, s.value)));
            }
            out.extend(report.bad_lines.iter().map(|l| format!("? {}", l.line)));
            out.extend(report.notes.iter().map(|note| format!("# {}", note.replace(&folder, ""))));
            out
        }
    }
}

#[test]
fn no_file_of_json_ends_before_its_end() {
    let text = include_str!("../../cases/input/sequences.txt");
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for case in text.split("=== ").skip(1) {
        let (head, rest) = case.split_once('\n').unwrap();
        let (data, expected) = rest.split_once("---\n").unwrap();
        let (name, file) = head.trim_end_matches("\\n").trim().rsplit_once(' ').unwrap();
        let data = if head.ends_with("\\n") { data } else { data.strip_suffix('\n').unwrap_or(data) };
        let data = data.replace("\\u{1e}", "\u{1e}").replace("\\u{feff}", "\u{feff}");
        let path = folder.path().join(file);
        std::fs::write(&path, data).unwrap();
        let expected: Vec<&str> = expected.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(outcome(&path), expected, "{name}");
        count += 1;
    }
    assert!(count > 20);
}

#[test]
fn records_longer_than_a_block_follow_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let long = "z".repeat(300_000);
    for (name, text) in [
        ("list.json", format!("[{{\"y\":\"{long}\",\"id\":1,\"x\":1}},{{\"id\":2,\"x\":2}}]")),
        ("values.json", format!("{{\"y\":\"{long}\",\"id\":1,\"x\":1}}{{\"id\":2,\"x\":2}}")),
        ("lines.jsonl", format!("{{\"y\":\"{long}\",\"id\":1,\"x\":1}}\n{{\"id\":2,\"x\":2}}\n")),
        (
            "answer.json",
            format!("{{\"page\":{{\"y\":\"{long}\"}},\"records\":[{{\"id\":1,\"x\":1}},{{\"id\":2,\"x\":2}}],\"z\":\"{long}\"}}"),
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let rows: Vec<String> = outcome(&path).into_iter().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(rows, ["1 1.0", "2 2.0"], "{name}");
    }
}

#[test]
fn a_schema_says_what_of_json_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.jsonl");
    std::fs::write(&path, "{\"id\":1,\"x\":undefined}\n{\"id\":2,\"x\":5}\nnothing\n").unwrap();
    let found = infer(&Spec::file(&path), "contact").unwrap();
    assert!(found.contains("1 unreadable, such as \"undefined\""), "{found}");
    assert!(found.contains("# 1 line gives no record"), "{found}");
}

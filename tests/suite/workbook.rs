//! `lsrc run -o scores.xlsx`: a workbook that Excel opens, with numbers as numbers and texts as texts.

use std::fs;

use calamine::{Data, Reader as _, Xlsx, open_workbook};

use crate::command::{cases, lsrc};

/// Runs over the contacts of a case and gives the rows of the workbook.
fn rows(folder: &std::path::Path, args: &[&str]) -> Vec<Vec<Data>> {
    let output = lsrc(folder)
        .args(["run", "rules.lsr", "contacts.csv", "--as-of", "2026-01-15", "-q", "-o", "scores.xlsx"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut book: Xlsx<_> = open_workbook(folder.join("scores.xlsx")).unwrap();
    assert_eq!(book.sheet_names(), ["Scores"]);
    book.worksheet_range("Scores").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn sales() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["rules.lsr", "contacts.csv"] {
        fs::copy(cases("run/sales").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn cells_are_what_they_are() {
    let folder = sales();
    let rows = rows(folder.path(), &["--select", "Company", "--explain"]);
    let column = |name: &str| rows[0].iter().position(|cell| *cell == Data::String(name.to_owned())).unwrap();
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[1][column("id")], Data::Float(1.0));
    assert_eq!(rows[1][column("fit")], Data::Float(12.5));
    assert_eq!(rows[1][column("grade")], Data::String("A1".to_owned()));
    assert_eq!(rows[3][column("fit")], Data::Empty, "excluded");
    assert_eq!(rows[3][column("excluded")], Data::String("opted out".to_owned()));
    assert_eq!(rows[5][column("Company")], Data::String("=Tiny()".to_owned()), "a text is not a formula");
    let reasons = "engagement +20 saw a demo; asked, \"how much\" (line 26); fit +12.5 large enough (line 21)";
    assert_eq!(rows[1][column("reasons")], Data::String(reasons.to_owned()));
}

#[test]
fn rows_can_be_sorted_and_cut() {
    let folder = sales();
    let rows = rows(folder.path(), &["--top", "2"]);
    let keys: Vec<&Data> = rows.iter().skip(1).map(|row| &row[0]).collect();
    assert_eq!(keys, [&Data::Float(1.0), &Data::Float(2.0)]);
}

#[test]
fn the_same_scores_are_the_same_bytes() {
    let folder = sales();
    let bytes = |args: &[&str]| {
        rows(folder.path(), args);
        fs::read(folder.path().join("scores.xlsx")).unwrap()
    };
    assert!(bytes(&[]) == bytes(&["--threads", "2"]));
}

#[test]
fn long_numbers_and_far_days_are_texts() {
    let folder = tempfile::tempdir().unwrap();
    let run = |ty: &str, cells: &str| {
        let rules = format!("lsr 1\nschema c {{\n  key k: {ty}\n}}\nscore s {{\n  if k is known then +1\n}}\n");
        fs::write(folder.path().join("rules.lsr"), rules).unwrap();
        fs::write(folder.path().join("contacts.csv"), format!("k\n{cells}")).unwrap();
        rows(folder.path(), &[]).into_iter().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        run("integer", "999999999999999\n1234567890123456\n"),
        [Data::Float(999_999_999_999_999.0), Data::String("1234567890123456".to_owned())]
    );
    assert_eq!(run("text", "007\n"), [Data::String("007".to_owned())]);
    let days = run("date", "2026-01-15\n1899-06-01\n");
    assert_eq!(days[0].to_string(), "46037");
    assert_eq!(days[1], Data::String("1899-06-01".to_owned()));
}

#[test]
fn moves_are_a_workbook_too() {
    let folder = sales();
    let output = lsrc(folder.path())
        .args(["run", "rules.lsr", "contacts.csv", "--as-of", "2026-01-15", "-q", "-o", "out.csv", "--moves", "moves.xlsx"])
        .args(["--select", "Email"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut book: Xlsx<_> = open_workbook(folder.path().join("moves.xlsx")).unwrap();
    let range = book.worksheet_range("Scores").unwrap();
    let header: Vec<String> = range.rows().next().unwrap().iter().map(ToString::to_string).collect();
    let lifecycle = ["status", "status_before", "status_move", "status_reason"];
    let expected: Vec<&str> = ["id", "fit", "engagement", "total", "size", "heat", "grade"]
        .into_iter()
        .chain(lifecycle)
        .chain(["Email", "reasons"])
        .collect();
    assert_eq!(header, expected);
    let reasons: Vec<String> = range.rows().skip(1).map(|row| row.last().unwrap().to_string()).collect();
    assert!(reasons.iter().all(|text| !text.contains("(line")), "{reasons:?}");
}

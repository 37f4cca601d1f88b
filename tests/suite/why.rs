//! `lsrc why`: cases under `tests/cases/why`, and that its numbers add up.

use std::fs;

use crate::command::{cases, check_area, lsrc};

#[test]
fn every_case_prints_what_it_should() {
    check_area("why");
}

/// The points of items, groups taken as a whole.
fn sum(items: &serde_json::Value) -> f64 {
    items.as_array().unwrap().iter().map(|item| item["points"].as_f64().unwrap()).sum()
}

#[test]
fn the_lines_add_up_to_the_score() {
    let folder = cases("why").join("account");
    let mut scored = 0;
    for key in ["1", "2", "3", "4", "5", "6", "7"] {
        let output = lsrc(&folder)
            .args(["why", "rules.lsr", "contacts.csv", key, "--as-of", "2026-01-15", "--format", "json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let account: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for score in account["scores"].as_array().unwrap() {
            let (Some(value), Some(total)) = (score["value"].as_f64(), score["sum"].as_f64()) else { continue };
            scored += 1;
            let bound = &score["bound"];
            let bounded = if bound.is_null() { 0.0 } else { bound["to"].as_f64().unwrap() - bound["from"].as_f64().unwrap() };
            assert_eq!(sum(&score["items"]), total, "{key} {}", score["name"]);
            assert_eq!(total + bounded, value, "{key} {}", score["name"]);
        }
    }
    assert_eq!(scored, 10, "five records with two scores of items");
}

#[test]
fn a_record_as_a_test_passes_check() {
    let folder = tempfile::tempdir().unwrap();
    let case = cases("why").join("events");
    for name in ["rules.lsr", "contacts.csv", "views.csv"] {
        fs::copy(case.join(name), folder.path().join(name)).unwrap();
    }
    let args =
        ["why", "rules.lsr", "contacts.csv", "a1", "--as-of", "2026-01-15", "--events", "page_view=views.csv", "--as-test"];
    let output = lsrc(folder.path()).args(args).output().unwrap();
    let test = String::from_utf8(output.stdout).unwrap();
    fs::write(folder.path().join("tests.lsr"), format!("lsr 1\nuse \"rules.lsr\"\n{test}")).unwrap();
    let output = lsrc(folder.path()).args(["check", "tests.lsr"]).output().unwrap();
    assert!(output.status.success(), "{test}\n{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_page_is_whole_escaped_and_asks_for_nothing_from_outside() {
    let folder = cases("why").join("events");
    let args = [
        "why",
        "rules.lsr",
        "contacts.csv",
        "a1",
        "--as-of",
        "2026-01-15",
        "--events",
        "page_view=views.csv",
        "--format",
        "html",
    ];
    let output = lsrc(&folder).args(args).output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("prefers-color-scheme"));
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("<script"));
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn a_test_of_a_number_that_rules_cannot_write_has_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\n\nschema c {\n  key id: integer\n  x: number\n  n: number\n}\n\nscore s {\n  if x > 5 then +1\n  if n > 0.1 then +2\n}\n";
    std::fs::write(folder.path().join("r.lsr"), rules).unwrap();
    std::fs::write(folder.path().join("d.jsonl"), "{\"id\": 1, \"x\": 1e35, \"n\": 0.1234567890123456}\n").unwrap();
    let args = ["why", "r.lsr", "d.jsonl", "1", "--as-test", "--as-of", "2026-01-01"];
    let output = crate::command::lsrc(folder.path()).args(args).output().unwrap();
    let test = String::from_utf8(output.stdout).unwrap();
    assert!(test.contains("  given x = 999999999999999999999999999999\n"), "{test}");
    assert!(
        test.contains("  # The record has 0.1234567890123456; rules write at most 30 digits, 12 of them decimals.\n"),
        "{test}"
    );
    assert!(test.contains("  given n = 0.123456789012\n"), "{test}");
    std::fs::write(folder.path().join("t.lsr"), format!("{rules}\n{test}")).unwrap();
    let output = crate::command::lsrc(folder.path()).args(["test", "t.lsr"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

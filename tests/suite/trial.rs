//! `lsrc test`: verdicts, coverage, proposals and changes that no test notices.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

fn lsrc(args: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/trial");
    Command::cargo_bin("lsrc").unwrap().current_dir(folder).env("NO_COLOR", "1").args(args).output().unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "status {}\n-- stdout\n{}-- stderr\n{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn failures_show_expected_got_and_the_account() {
    insta::assert_snapshot!(told(&lsrc(&["test", "score.lsr"])));
}

#[test]
fn formats() {
    let output = lsrc(&["test", "score.lsr", "--format", "junit"]);
    assert_eq!(crate::published::junit(&String::from_utf8_lossy(&output.stdout)), Vec::<String>::new());
    let junit = told(&output);
    insta::assert_snapshot!("junit", junit);
    insta::assert_snapshot!("github", told(&lsrc(&["test", "score.lsr", "--format", "github"])));
    let json: serde_json::Value =
        serde_json::from_slice(&lsrc(&["test", "score.lsr", "--coverage", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["summary"]["failed"], 1);
    assert_eq!(json["coverage"]["parts"].as_array().unwrap().len(), 12);
    insta::assert_snapshot!("lcov", told(&lsrc(&["test", "score.lsr", "--format", "lcov"])));
}

#[test]
fn tables_give_a_test_for_each_row() {
    insta::assert_snapshot!(told(&lsrc(&["test", "table.lsr", "--filter", "cases"])));
}

#[test]
fn coverage_marks_the_source() {
    insta::assert_snapshot!(told(&lsrc(&["test", "score.lsr", "--filter", "market", "--coverage", "--min-coverage", "80"])));
}

#[test]
fn proposals_are_tests_that_pass_and_cover() {
    let proposed = lsrc(&["test", "score.lsr", "--filter", "colleague", "--suggest"]);
    assert!(proposed.status.success(), "{}", told(&proposed));
    let folder = tempfile::tempdir().unwrap();
    let rules = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/trial/score.lsr")).unwrap();
    let (rules, _) = rules.split_once("test \"our").unwrap();
    let text = format!("{rules}\n{}", String::from_utf8_lossy(&proposed.stdout));
    std::fs::write(folder.path().join("score.lsr"), &text).unwrap();
    let mut run = Command::cargo_bin("lsrc").unwrap();
    let output = run.current_dir(folder.path()).args(["test", "score.lsr", "--min-coverage", "90"]).output().unwrap();
    assert!(output.status.success(), "{}\n{text}", told(&output));
}

#[test]
fn proposals_can_be_kept_as_they_are() {
    for example in ["b2b-saas", "b2c", "first-guide", "no-points-stage", "product-led"] {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.unwrap();
            let place = folder.path().join(entry.path().strip_prefix(&from).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(place).unwrap();
            } else {
                std::fs::copy(entry.path(), place).unwrap();
            }
        }
        let run = |args: &[&str]| Command::cargo_bin("lsrc").unwrap().current_dir(folder.path()).args(args).output().unwrap();
        let proposed = run(&["test", ".", "--suggest"]);
        assert!(proposed.status.success(), "{example}: {}", told(&proposed));
        let tests = std::fs::read_to_string(folder.path().join("tests.lsr")).unwrap();
        let text = format!("{tests}{}", String::from_utf8_lossy(&proposed.stdout));
        std::fs::write(folder.path().join("tests.lsr"), &text).unwrap();
        for args in [&["fmt", "--check", "tests.lsr"][..], &["check", "--fail-level", "warning", "."], &["test", "."]] {
            let output = run(args);
            assert!(output.status.success(), "{example}, {args:?}: {}\n{text}", told(&output));
        }
    }
}

#[test]
fn changes_that_no_test_notices_are_listed() {
    insta::assert_snapshot!(told(&lsrc(&["test", "score.lsr", "--filter", "our market", "--mutate"])));
}

#[test]
fn nothing_to_run_is_told() {
    let output = lsrc(&["test", "score.lsr", "--filter", "no such"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(told(&output));
}

#[test]
fn an_excluded_record_is_told_as_such_beside_a_lifecycle() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\nschema contact { n: integer }\nexclude if n < 0 because \"negative\"\nlifecycle step { stage go when n > 5 }\n\
                 test \"t\" {\n  given n = -1\n  expect excluded because \"other\"\n}\n";
    std::fs::write(folder.path().join("r.lsr"), rules).unwrap();
    let output = Command::cargo_bin("lsrc").unwrap().current_dir(folder.path()).args(["test", "r.lsr"]).output().unwrap();
    let said = told(&output);
    assert!(said.contains("got the record is excluded: negative"), "{said}");
}

/// Rules and a table of cases in a folder of their own.
fn with_cases(cases: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\nschema contact { visits: integer }\nscore s { if visits > 3 then +1 }\ntest \"t\" from \"t.csv\" { expect not excluded }\n";
    std::fs::write(folder.path().join("r.lsr"), rules).unwrap();
    std::fs::write(folder.path().join("t.csv"), cases).unwrap();
    Command::cargo_bin("lsrc").unwrap().current_dir(folder.path()).args(["test", "r.lsr"]).output().unwrap()
}

#[test]
fn what_is_wrong_with_a_table_of_cases_is_named() {
    insta::assert_snapshot!("a_column_that_is_no_property", told(&with_cases("visitz,expect_s\n5,1\n")));
    insta::assert_snapshot!("a_cell_that_cannot_be_read", told(&with_cases("visits,expect_s\n5,1\nmany,0\nfew,0\n")));
    assert!(with_cases("visits,expect_s\n5,1\n").status.success());
}

#[test]
fn a_test_that_fails_anyway_notices_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let rules =
        "lsr 1\nschema contact { n: integer }\nscore s { if n > 3 then +1 }\ntest \"wrong\" { given n = 4  expect s = 7 }\n";
    std::fs::write(folder.path().join("r.lsr"), rules).unwrap();
    let run = |args: &[&str]| Command::cargo_bin("lsrc").unwrap().current_dir(folder.path()).args(args).output().unwrap();
    let output = run(&["test", "r.lsr", "--mutate"]);
    let said = told(&output);
    assert!(said.contains("+1 becomes +2"), "{said}");
    // The cases of a table notice what they cover.
    std::fs::write(folder.path().join("t.csv"), "n,expect_s\n4,1\n3,0\n").unwrap();
    let with_table =
        rules.replace("expect s = 7 }", "expect s = 1 }") + "test \"cases\" from \"t.csv\" { expect not excluded }\n";
    std::fs::write(folder.path().join("r.lsr"), with_table).unwrap();
    let output = run(&["test", "r.lsr", "--mutate"]);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn reports_hold_nothing_that_xml_forbids() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\nschema contact { t: text }\nscore s { if t is \"a\" then +1 }\ntest \"t \u{FFFE}\" { given t = \"x\u{FFFF}\"  expect t is \"\u{FFFE}\" }\n";
    std::fs::write(folder.path().join("r.lsr"), rules).unwrap();
    let run = |args: &[&str]| Command::cargo_bin("lsrc").unwrap().current_dir(folder.path()).args(args).output().unwrap();
    let junit = String::from_utf8(run(&["test", "r.lsr", "--format", "junit"]).stdout).unwrap();
    assert!(junit.contains("<testcase") && !junit.contains(['\u{FFFE}', '\u{FFFF}']), "{junit}");
    std::fs::write(folder.path().join("r.lsr"), rules.replace("t is \"a\"", "`t\u{FFFE}\u{1}` is \"a\"")).unwrap();
    for format in ["junit", "sarif", "gitlab"] {
        let report = String::from_utf8(run(&["check", "r.lsr", "--format", format]).stdout).unwrap();
        assert!(report.contains("unknown-name") && !report.contains(['\u{FFFE}', '\u{1}']), "{report}");
        assert!(!report.contains("\\u0001"), "{report}");
    }
}

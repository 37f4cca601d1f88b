//! `lsrc diff`: cases under `tests/cases/diff`, the old side from git, and its figures against an account of their own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command::{cases, check_area, lsrc};

#[test]
fn every_case_prints_what_it_should() {
    check_area("diff");
}

fn diff(folder: &Path, args: &[&str]) -> Value {
    let output = lsrc(folder).arg("diff").args(args).args(["--format", "json", "-q", "--as-of", "2026-01-15"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_old_side_comes_from_a_revision() {
    let folder = tempfile::tempdir().unwrap();
    let case = cases("diff").join("figures");
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let copy = |from: &str, to: &str| fs::copy(case.join(from), rules.join(to)).unwrap();
    copy("contact.lsr", "contact.lsr");
    copy("old.lsr", "score.lsr");
    copy("contacts.csv", "contacts.csv");
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").current_dir(folder.path()).args(who).args(args).output().unwrap().status;
        assert!(status.success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "rules"]);
    copy("new.lsr", "score.lsr");
    // The schema of the revision is used, not the one on disk.
    let schema = fs::read_to_string(rules.join("contact.lsr")).unwrap();
    fs::write(rules.join("contact.lsr"), schema.replace("  email:", "  spare:         text\n  email:")).unwrap();
    let by_git = diff(&rules, &["--git", "HEAD", "score.lsr", "contacts.csv"]);
    let by_files = diff(&case, &["old.lsr", "new.lsr", "contacts.csv"]);
    assert_eq!(by_git["people"], by_files["people"], "two schemas and one give the same figures");
    let added: Vec<&str> = by_git["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["kind"] == "property")
        .map(|c| c["new"].as_str().unwrap())
        .collect();
    assert_eq!(added, ["spare: text"]);

    let output = lsrc(&rules).args(["diff", "--git", "nowhere", "score.lsr"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no revision `nowhere`"));
    let output = lsrc(&rules).args(["diff", "--git=--help", "score.lsr"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "a revision is no flag of git");
}

#[test]
fn the_page_is_whole_escaped_and_asks_for_nothing_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["contact.lsr", "old.lsr", "new.lsr", "contacts.csv"] {
        fs::copy(cases("diff").join("figures").join(name), folder.path().join(name)).unwrap();
    }
    let rules = fs::read_to_string(folder.path().join("new.lsr")).unwrap();
    fs::write(folder.path().join("new.lsr"), rules.replace("\"decides\"", "\"<script>alert(1)</script>\"")).unwrap();
    let args = ["diff", "old.lsr", "new.lsr", "contacts.csv", "--format", "html", "--as-of", "2026-01-15"];
    let page = String::from_utf8(lsrc(folder.path()).args(args).output().unwrap().stdout).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"));
    assert!(page.contains("prefers-color-scheme") && !page.contains("http:") && !page.contains("https:"));
}

/// The cells of a line; quotes hold one together.
fn cells(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}

/// What the two files of rules in `tests/cases/diff/x-education` say, written out by hand.
#[test]
fn figures_over_real_leads_agree_with_an_account_of_their_own() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/x-education/Leads.csv");
    let Ok(text) = fs::read_to_string(&data) else {
        eprintln!("skipped: there is no ../shared/data/x-education");
        return;
    };
    let mut lines = text.lines();
    let header = cells(lines.next().unwrap());
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    let (key, source, seconds, mail) =
        (at("Prospect ID"), at("Lead Source"), at("Total Time Spent on Website"), at("Do Not Email"));
    let stage = |points: i64| match points {
        30.. => "hot",
        10..30 => "warm",
        _ => "cold",
    };
    let (mut records, mut up, mut down, mut sum) = (0, 0, 0, 0);
    let mut matrix: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut rules: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    let mut enter_hot = Vec::new();
    for line in lines {
        let row = cells(line);
        let spent: i64 = row[seconds].parse().unwrap();
        let google = i64::from(row[source].eq_ignore_ascii_case("google"));
        let no_mail = i64::from(row[mail] == "Yes");
        let old = if spent >= 900 {
            30
        } else if spent >= 300 {
            10
        } else {
            0
        } + 10 * google
            - 20 * no_mail;
        let new = if spent >= 600 {
            30
        } else if spent >= 300 {
            10
        } else {
            0
        } + 15 * google;
        records += 1;
        up += u64::from(new > old);
        down += u64::from(new < old);
        sum += new - old;
        for (rule, change) in [("searched for us", 5 * google), ("no mail", 20 * no_mail)] {
            let entry = rules.entry(rule).or_default();
            entry.0 += u64::from(change != 0);
            entry.1 += change;
        }
        *matrix.entry((stage(old).to_owned(), stage(new).to_owned())).or_default() += 1;
        if stage(new) == "hot" && stage(old) != "hot" {
            enter_hot.push(row[key].clone());
        }
    }
    let found = diff(&cases("diff").join("x-education"), &["old.lsr", "new.lsr", data.to_str().unwrap(), "--people", "100000"]);
    let people = &found["people"];
    let score = &people["scores"][0];
    assert_eq!(people["records"], records);
    assert_eq!((score["up"].as_u64(), score["down"].as_u64()), (Some(up), Some(down)));
    assert!((score["mean"].as_f64().unwrap() - sum as f64 / records as f64).abs() < 1e-9);
    let moved: u64 = matrix.iter().filter(|((from, to), _)| from != to).map(|(_, n)| n).sum();
    assert_eq!(people["moved"], moved);
    let lifecycle = &people["lifecycles"][0];
    let shown: BTreeMap<(String, String), u64> = lifecycle["matrix"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| ((m["from"].as_str().unwrap().to_owned(), m["to"].as_str().unwrap().to_owned()), m["records"].as_u64().unwrap()))
        .collect();
    assert_eq!(shown, matrix);
    for (name, (records, points)) in rules {
        let rule = people["rules"].as_array().unwrap().iter().find(|r| r["rule"] == format!("\"{name}\"")).unwrap();
        assert_eq!((rule["records"].as_u64(), rule["points"].as_f64()), (Some(records), Some(points as f64)), "{name}");
    }
    let all: f64 = people["rules"].as_array().unwrap().iter().map(|r| r["points"].as_f64().unwrap()).sum();
    assert!((all - sum as f64).abs() < 1e-6, "the rules account for every point: {all} of {sum}");
    let hot = lifecycle["stages"].as_array().unwrap().iter().find(|s| s["stage"] == "hot").unwrap();
    let named: Vec<&str> = hot["enters"].as_array().unwrap().iter().map(|m| m["key"].as_str().unwrap()).collect();
    assert_eq!(named, enter_hot);
    let moved_by: u64 = lifecycle["causes"].as_array().unwrap().iter().map(|c| c["records"].as_u64().unwrap()).sum();
    assert_eq!(moved_by, moved, "every record that moves has its rule");
}

//! Real and real-shaped data, beside the repository in `../shared/data`: what `lsrc run` makes of them against figures worked out
//! elsewhere. Where the data are absent each test says so and passes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cases, lsrc};

/// The folder of a data set, if it is there.
fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.is_dir() {
        Some(folder)
    } else {
        eprintln!("skipped: there is no ../shared/data/{name}");
        None
    }
}

/// Rows by header, and the summary.
fn run(rules: &str, files: &[&Path], args: &[&str]) -> (Vec<BTreeMap<String, String>>, serde_json::Value) {
    let temp = tempfile::tempdir().unwrap();
    let summary = temp.path().join("summary.json");
    let output =
        lsrc(&cases("real")).args(["run", rules, "-q", "--summary"]).arg(&summary).args(files).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = rows(std::str::from_utf8(&output.stdout).unwrap());
    (rows, serde_json::from_str(&fs::read_to_string(summary).unwrap()).unwrap())
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

/// The rows of a CSV text whose cells hold no line ends, by header.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let header = cells(lines.next().unwrap());
    lines.map(|line| header.iter().cloned().zip(cells(line)).collect()).collect()
}

/// How often each line with a reason fired.
fn hits(summary: &serde_json::Value) -> BTreeMap<String, u64> {
    let rules = summary["rules_fired"].as_array().unwrap();
    rules.iter().filter_map(|r| Some((r["because"].as_str()?.to_owned(), r["hits"].as_u64().unwrap()))).collect()
}

#[test]
fn x_education_hits_are_the_counts_of_the_published_tables() {
    let Some(folder) = data("x-education") else { return };
    // Options and texts are compared without case, so "Google" and "google" are one level.
    let mut golden: BTreeMap<String, u64> = BTreeMap::new();
    for (file, level) in [("golden/levels.csv", "level"), ("golden/bands.csv", "band")] {
        for row in rows(&fs::read_to_string(folder.join(file)).unwrap()) {
            *golden.entry(format!("{}|{}", row["column"], row[level]).to_lowercase()).or_default() +=
                row["n"].parse::<u64>().unwrap();
        }
    }
    let unknown_cities = golden["city|"] + golden["city|select"];
    golden.insert("city [select=unknown]|unknown".to_owned(), unknown_cities);
    let (scored, summary) = run("x-education.lsr", &[&folder.join("Leads.csv")], &[]);
    assert_eq!(scored.len(), 9240);
    assert_eq!(summary["errors"]["columns"].as_array().unwrap().len(), 0);
    let hits = hits(&summary);
    assert_eq!(hits.len(), 33);
    for (reason, n) in &hits {
        assert_eq!(golden.get(&reason.to_lowercase()), Some(n), "{reason}");
    }
    for (key, by_hand) in [("660737", "-1.25"), ("660728", "4.75")] {
        let row = scored.iter().find(|r| r["number"] == key).unwrap();
        assert_eq!(row["lead"], by_hand, "{key}: {row:?}");
    }
}

#[test]
fn x_education_scores_the_same_from_every_format() {
    let Some(folder) = data("x-education") else { return };
    let (all, _) = run("x-education.lsr", &[&folder.join("Leads.csv")], &[]);
    for file in ["leads-snappy.parquet", "leads-zstd-v2.parquet"] {
        assert!(all == run("x-education.lsr", &[&folder.join(file)], &[]).0, "{file}");
    }
    for file in ["leads-500-plain.parquet", "leads-500-gzip.parquet", "leads-500.jsonl"] {
        assert!(all[..500] == run("x-education.lsr", &[&folder.join(file)], &[]).0, "{file}");
    }
}

/// Whole days between two dates.
fn days(from: &str, to: &str) -> i32 {
    let date = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    date(from).until(date(to)).unwrap().get_days()
}

#[test]
fn activities_join_by_email_and_fade_as_worked_out_by_hand() {
    let Some(folder) = data("hubspot-contacts") else { return };
    let (contacts, activities) = (folder.join("hubspot_contacts.csv"), folder.join("hubspot_activities.csv"));
    let events = format!("activity={}", activities.display());
    let as_of = "2025-01-15";
    let (scored, summary) =
        run("hubspot-contacts.lsr", &[&contacts], &["--as-of", as_of, "--events", &events, "--select", "Email"]);
    assert_eq!(scored.len(), 950);
    assert_eq!(summary["errors"]["events"][0]["read"], 2000);
    let mut by_email: BTreeMap<String, Vec<(String, i32)>> = BTreeMap::new();
    for row in rows(&fs::read_to_string(activities).unwrap().replace("\r\n", "\n")) {
        let age = days(&row["Activity Date"], as_of);
        if age >= 0 {
            by_email.entry(row["Associated Contact Email"].to_lowercase()).or_default().push((row["Activity Type"].clone(), age));
        }
    }
    let none = Vec::new();
    let mut points = 0;
    for row in &scored {
        let events = by_email.get(&row["Email"].to_lowercase()).unwrap_or(&none);
        assert_eq!(row["all_of_them"], events.len().to_string(), "{row:?}");
        let calls = events.iter().filter(|(kind, age)| kind == "Call" && *age <= 365).count() * 5;
        assert_eq!(row["calls"], calls.min(20).to_string(), "{row:?}");
        let mut ages: Vec<i32> =
            events.iter().filter(|(kind, _)| kind == "Email" || kind == "Meeting").map(|(_, age)| *age).collect();
        ages.sort_unstable();
        let latest: i32 = ages.iter().take(2).map(|age| 8 - (4 * (age / 90)).min(8)).sum();
        assert_eq!(row["latest"], latest.to_string(), "{row:?}");
        points += calls;
    }
    assert!(points > 500, "the window holds calls");
}

#[test]
fn one_data_set_in_four_dialects_and_json_scores_the_same() {
    let Some(folder) = data("csv-dialects") else { return };
    let args = ["--as-of", "2025-01-15"];
    let cp1252 = ["--as-of", "2025-01-15", "--encoding", "windows-1252"];
    let (expected, summary) = run("csv-dialects/plain.lsr", &[&folder.join("truth.jsonl")], &args);
    assert_eq!(expected.len(), 60);
    assert_eq!(summary["errors"]["bad_rows"], 0);
    let truth = fs::read_to_string(folder.join("truth.jsonl")).unwrap();
    let truth: Vec<serde_json::Value> = truth.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let count = |test: &dyn Fn(&serde_json::Value) -> bool| truth.iter().filter(|r| test(r)).count() as u64;
    let hits = hits(&summary);
    assert_eq!(hits["unsubscribed"], count(&|r| r["Unsubscribed from all email"] == true));
    assert_eq!(hits["no revenue"], count(&|r| r["Annual Revenue"].is_null()));
    assert_eq!(hits["negative"], count(&|r| r["Annual Revenue"].as_f64().is_some_and(|n| n < 0.0)));
    let decides = |r: &serde_json::Value| {
        r["Buying Role"].as_array().is_some_and(|roles| roles.iter().any(|role| role == "Decision Maker"))
    };
    assert_eq!(hits["decides"], count(&decides));
    let dialects: [(&str, &str, &[&str]); 4] = [
        ("plain", "utf8-comma.csv", &args),
        ("us", "utf8-bom-comma-crlf-us.csv", &args),
        ("fr", "utf16le-tab-crlf.txt", &args),
        ("fr", "cp1252-semicolon-crlf-fr.csv", &cp1252),
    ];
    for (rules, file, args) in dialects {
        let (scored, summary) = run(&format!("csv-dialects/{rules}.lsr"), &[&folder.join(file)], args);
        assert_eq!(summary["errors"]["bad_rows"], 0, "{file}: {}", summary["errors"]);
        assert!(scored == expected, "{file}");
    }
}

#[test]
fn a_warehouse_table_and_a_wide_lead_are_read() {
    if let Some(folder) = data("hubspot-warehouse") {
        let (scored, summary) = run("warehouse.lsr", &[&folder.join("contact_data.csv")], &["--as-of", "2021-05-01"]);
        assert_eq!(scored.len(), 22);
        assert_eq!(summary["errors"]["bad_rows"], 0, "{}", summary["errors"]);
        let row = scored.iter().find(|r| r["id"] == "78971951").unwrap();
        assert_eq!((row["age"].as_str(), row["merged"].as_str()), ("5", "3"));
    }
    if let Some(folder) = data("salesforce-lead") {
        let (scored, _) = run("salesforce.lsr", &[&folder.join("sf_lead_data.csv")], &["--as-of", "2026-01-15"]);
        assert_eq!(scored.len(), 1);
        assert_eq!((scored[0]["id"].as_str(), scored[0]["fit"].as_str()), ("00Q1G00000nDnM5UAK", "35"));
    }
}

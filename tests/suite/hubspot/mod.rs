//! `lsrc pull hubspot` and `lsrc push hubspot` against a stand-in for HubSpot's API.

mod command;
mod fake;
mod kill;
mod pull;
mod push;

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lsrc::RuleSet;
use lsrc::portal::{self, Applied, ApplyOptions, Host, Made, Mapping, Plan, Portal, Settings, Token, Wanted};
use serde_json::json;

use fake::{Fake, KEY};

/// The rules of these tests.
const RULES: &str = r#"lsr 1

schema contact {
  key record_id: integer  from "hs_object_id"
  email:         text
  title:         text     from "jobtitle"
  employees:     integer  from "numemployees"
  lifecycle_stage: one of [
    subscriber,
    lead,
    mql = "marketingqualifiedlead",
    sql = "salesqualifiedlead",
    customer
  ]  from "lifecyclestage"
}

## How well a contact fits.
score fit max 100 {
  if title contains "chief" then +40  because "decides"
  band employees { ..9: 0  10..: +30  unknown: 0 }
}

label grade by fit { 50..: A  ..<50: B }

lifecycle lifecycle_stage {
  stage sql when fit >= 50  because "good fit"
  stage lead when fit >= 30  because "some fit"
  otherwise subscriber
}
"#;

fn rules() -> RuleSet {
    RuleSet::from_text("score.lsr", RULES).unwrap()
}

/// A clock that goes on when somebody waits, and that the fake has too.
struct Clock<'a> {
    time: &'a AtomicU64,
    waited: Cell<Duration>,
}

impl<'a> Clock<'a> {
    fn of(fake: &'a Fake) -> Self {
        Self { time: &fake.clock, waited: Cell::new(Duration::ZERO) }
    }
}

impl Host for Clock<'_> {
    fn now(&self) -> Duration {
        Duration::from_millis(self.time.load(Ordering::SeqCst))
    }

    fn wait(&self, time: Duration, _why: Option<&str>) {
        // Whole milliseconds, upwards: a wait is never shorter than it was asked for.
        self.time.fetch_add(u64::try_from(time.as_millis()).unwrap() + 1, Ordering::SeqCst);
        self.waited.set(self.waited.get() + time);
    }
}

fn settings(fake: &Fake) -> Settings {
    let mut settings = Settings::new(&fake.url, Token::new(KEY).unwrap()).unwrap();
    settings.timeout = Duration::from_secs(2);
    settings
}

fn wanted(id: u64, fit: u32, stage: &str) -> Wanted {
    let results = json!({"record_id": id, "fit": fit, "grade": if fit >= 50 { "A" } else { "B" }, "lifecycle_stage": stage,
                         "lifecycle_stage_reason": "good fit"});
    Wanted { key: id.to_string(), results: results.as_object().unwrap().clone() }
}

const MAP: [&str; 3] = ["fit=lsrc_fit", "grade=lsrc_grade", "lifecycle_stage"];

/// A fake with the properties that the tests write.
fn prepared() -> Fake {
    let fake = Fake::start();
    fake.property("lsrc_fit", "number", &[]);
    fake.property("lsrc_grade", "enumeration", &["A", "B"]);
    fake
}

fn made() -> Made<'static> {
    Made { rules: "score.lsr", as_of: "2026-03-02T00:00:00Z", by: None }
}

/// A plan for these results.
fn planned(fake: &Fake, records: &[Wanted]) -> Plan {
    let clock = Clock::of(fake);
    let portal = Portal::open(settings(fake), None, &clock).unwrap();
    let pairs = MAP.map(str::to_owned);
    let mapping = Mapping::read(&pairs, rules().model(), &portal.definitions().unwrap(), false, "score.lsr").unwrap();
    portal::plan(&portal, &mapping, records, made()).unwrap().0
}

/// Applies a plan with its journal in a folder.
fn applied(fake: &Fake, plan: &Plan, folder: &Path) -> Result<Applied, String> {
    let clock = Clock::of(fake);
    let portal = Portal::open(settings(fake), None, &clock).map_err(|e| e.to_string())?;
    let text = serde_json::to_string(plan).unwrap();
    let options = ApplyOptions { journal: &folder.join("plan.json.journal"), text: &text, day_share: 50.0 };
    portal::apply(&portal, plan, options).map_err(|e| e.to_string())
}

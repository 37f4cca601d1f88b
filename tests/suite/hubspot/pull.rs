//! Contacts read into files.

use std::fs;
use std::path::Path;

use lsrc::portal::{Portal, PullOptions, Pulled, pull};

use super::fake::{Fake, Fault, START};
use super::{Clock, rules, settings};

fn pulled(fake: &Fake, folder: &Path, full: bool) -> Result<Pulled, String> {
    pulled_for(fake, folder, full, rules().model())
}

fn pulled_for(fake: &Fake, folder: &Path, full: bool, model: &lsrc::hir::Model) -> Result<Pulled, String> {
    let clock = Clock::of(fake);
    let portal = Portal::open(settings(fake), None, &clock).map_err(|e| e.to_string())?;
    let options =
        PullOptions { output: &folder.join("contacts.csv"), state: &folder.join("contacts.csv.pull"), full, allow_missing: &[] };
    pull(&portal, model, options).map_err(|e| e.to_string())
}

fn lines(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("contacts.csv")).unwrap().lines().map(str::to_owned).collect()
}

fn person(id: u64) -> Vec<(&'static str, String)> {
    vec![
        ("jobtitle", format!("Chief, {id}")),
        ("numemployees", "12".into()),
        ("lifecyclestage", "lead".into()),
        ("city", "Lyon".into()),
    ]
}

#[test]
fn contacts_have_what_the_rules_need() {
    let fake = Fake::start();
    fake.people(1..=250, person);
    let folder = tempfile::tempdir().unwrap();
    let result = pulled(&fake, folder.path(), false).unwrap();
    assert_eq!((result.contacts, result.read, result.properties), (250, 250, 4));
    let lines = lines(folder.path());
    assert_eq!(lines[..2], ["hs_object_id,jobtitle,numemployees,lifecyclestage", "1,\"Chief, 1\",12,lead"]);
    assert_eq!(lines.len(), 251);
}

#[test]
fn later_pulls_read_changes_deletions_and_merges() {
    let fake = Fake::start();
    fake.people(1..=250, person);
    let folder = tempfile::tempdir().unwrap();
    pulled(&fake, folder.path(), false).unwrap();
    {
        let mut world = fake.world();
        for id in [5, 17] {
            let person = world.people.get_mut(&id).unwrap();
            person.values.insert("jobtitle".into(), "Buyer".into());
            person.changed = START;
        }
        world.people.remove(&7);
        world.deleted.insert(7);
        world.people.remove(&8);
        world.merged.insert(8, 17);
    }
    fake.people([900], person);
    fake.world().people.get_mut(&900).unwrap().changed = START + 1;
    fake.clock.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
    let result = pulled(&fake, folder.path(), false).unwrap();
    assert!(result.incremental);
    assert_eq!((result.contacts, result.read, result.gone), (249, 3, 2));
    let text = lines(folder.path()).join("\n");
    assert!(text.contains("\n5,Buyer,12,lead\n") && text.contains("\n900,"), "{text}");
    assert!(!text.contains("\n7,") && !text.contains("\n8,"), "{text}");
    // The whole says the same.
    let before = lines(folder.path());
    let result = pulled(&fake, folder.path(), true).unwrap();
    assert_eq!((result.contacts, result.incremental), (249, false));
    assert_eq!(lines(folder.path()), before);
}

#[test]
fn many_contacts_of_one_millisecond_are_all_read() {
    let fake = Fake::start();
    fake.world().limits = Some((190, 5));
    fake.people(1..=3, person);
    let folder = tempfile::tempdir().unwrap();
    pulled(&fake, folder.path(), false).unwrap();
    fake.people(4..=12_003, person);
    fake.world().people.values_mut().skip(3).for_each(|person| person.changed = START + 5);
    fake.clock.fetch_add(10_000, std::sync::atomic::Ordering::SeqCst);
    let result = pulled(&fake, folder.path(), false).unwrap();
    assert_eq!((result.contacts, result.read), (12_003, 12_000));
    assert_eq!(fake.world().too_early, 0);
}

#[test]
fn a_pull_keeps_to_the_limits_and_uses_them() {
    let fake = Fake::start();
    fake.world().limits = Some((190, 5));
    fake.people(1..=60_000, person);
    let folder = tempfile::tempdir().unwrap();
    let before = fake.clock.load(std::sync::atomic::Ordering::SeqCst);
    let result = pulled(&fake, folder.path(), false).unwrap();
    let millis = fake.clock.load(std::sync::atomic::Ordering::SeqCst) - before;
    assert_eq!(result.contacts, 60_000);
    assert_eq!(fake.world().too_early, 0);
    assert!(60_000 * 1000 / millis >= 1_700, "{} contacts a second", 60_000 * 1000 / millis);
}

#[test]
fn faults_are_waited_for() {
    for status in [0, 423, 429, 477, 500, 502, 503, 504] {
        let fake = Fake::start();
        fake.people(1..=250, person);
        fake.fault(Fault { path: "contacts?limit", status, skip: 1, ..Fault::default() });
        fake.fault(Fault { path: "/search", status, ..Fault::default() });
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(pulled(&fake, folder.path(), false).unwrap().contacts, 250, "{status}");
        assert!(fake.world().faults.is_empty());
    }
}

#[test]
fn a_pull_that_was_interrupted_goes_on() {
    let fake = Fake::start();
    fake.people(1..=450, person);
    let folder = tempfile::tempdir().unwrap();
    // Nothing but failures from the third page on.
    for at in 0..8 {
        fake.fault(Fault { path: "contacts?limit", status: 503, skip: if at == 0 { 2 } else { 0 }, ..Fault::default() });
    }
    let why = pulled(&fake, folder.path(), false).unwrap_err();
    assert!(why.starts_with("HubSpot does not answer: injected"), "{why}");
    assert!(!folder.path().join("contacts.csv").exists());
    fake.world().faults.clear();
    fake.world().log.clear();
    let result = pulled(&fake, folder.path(), false).unwrap();
    assert_eq!((result.contacts, result.read, result.resumed), (450, 250, true));
    assert_eq!(fake.world().log.iter().filter(|(path, _)| path.contains("after=201")).count(), 1);
}

#[test]
fn the_state_may_be_cut_off_anywhere() {
    let fake = Fake::start();
    fake.people(1..=250, person);
    let folder = tempfile::tempdir().unwrap();
    pulled(&fake, folder.path(), false).unwrap();
    let expected = lines(folder.path());
    let state = folder.path().join("contacts.csv.pull");
    let text = fs::read(&state).unwrap();
    for cut in [0, 10, 200, text.len() / 2, text.len() - 3] {
        fs::write(&state, &text[..cut]).unwrap();
        pulled(&fake, folder.path(), false).unwrap();
        assert_eq!(lines(folder.path()), expected, "{cut}");
    }
}

#[test]
fn what_hubspot_lacks_is_refused() {
    let fake = Fake::start();
    fake.world().properties.retain(|p| p["name"] != "jobtitle");
    let folder = tempfile::tempdir().unwrap();
    let why = pulled(&fake, folder.path(), false).unwrap_err();
    assert_eq!(why, "HubSpot has no property for `title`");
}

#[test]
fn values_are_written_as_the_schema_reads_them() {
    let text = r#"lsr 1

schema contact {
  key id:    integer  from "Record ID"
  title:     text     from "jobtitle"
  stage_now: one of [new = "LEAD", won = "CUSTOMER"]  from "lifecyclestage"
  size:      number   from "numemployees" like "1 234,56"
  segments:  set of [rivals = "41", guests = "77" | "Guests"]
}

exclude if segments contains rivals

score fit {
  if stage_now is new then +1
  if size > 10 then +1
  if segments contains guests then +1
  if title contains "clerk" then +1
}
"#;
    let rules = lsrc::RuleSet::from_text("score.lsr", text).unwrap();
    let fake = Fake::start();
    fake.people(1..=3, |id| {
        vec![("jobtitle", " a \"clerk\",\n".into()), ("lifecyclestage", "lead".into()), ("numemployees", format!("{id}2.5"))]
    });
    fake.world().segments.insert(41, vec![3]);
    fake.world().segments.insert(77, (1..=150).collect());
    let folder = tempfile::tempdir().unwrap();
    pulled_for(&fake, folder.path(), false, rules.model()).unwrap();
    let written = fs::read_to_string(folder.path().join("contacts.csv")).unwrap();
    fs::write(folder.path().join("score.lsr"), text).unwrap();
    let run = ["run", "score.lsr", "contacts.csv", "--as-of", "2026-03-02", "--strict"];
    let output = crate::command::lsrc(folder.path()).args(run).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    insta::assert_snapshot!("values", format!("{written}\n{said}"));
    fake.world().segments.remove(&41);
    assert_eq!(pulled_for(&fake, folder.path(), false, rules.model()).unwrap_err(), "HubSpot has no segment 41");
}

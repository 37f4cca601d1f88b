//! Plans, and what becomes of them under every fault.

use std::collections::BTreeMap;

use lsrc::portal::{self, ApplyOptions, Mapping, Plan, Portal};
use serde_json::json;

use super::fake::{Fake, Fault};
use super::{Clock, MAP, applied, made, planned, prepared, rules, settings, wanted};

/// 250 contacts, of which every fifth goes back in its stage, with the results that they are to have.
fn crowd(fake: &Fake) -> Vec<portal::Wanted> {
    fake.people(1..=250, |id| {
        let stage = if id % 5 == 0 { "salesqualifiedlead" } else { "lead" };
        vec![("lsrc_fit", "10".to_owned()), ("lifecyclestage", stage.to_owned())]
    });
    (1..=250).map(|id| wanted(id, 60, if id % 5 == 0 { "lead" } else { "sql" })).collect()
}

/// Contacts that do not have what they should, and those that were written more often than once.
fn lost_and_doubled(fake: &Fake) -> (usize, usize) {
    let world = fake.world();
    let wrong = |id: &u64| {
        let value = |name: &str| world.people[id].values.get(name).cloned().unwrap_or_default();
        let stage = if id.is_multiple_of(5) { "lead" } else { "salesqualifiedlead" };
        value("lsrc_fit") != "60" || value("lsrc_grade") != "A" || value("lifecyclestage") != stage
    };
    let doubled = |id: &u64| {
        let person = &world.people[id];
        // A stage that goes back is emptied first.
        let back = u32::from(id.is_multiple_of(5));
        person.writes["lsrc_fit"] > 1 || person.writes["lifecyclestage"] > 1 + back || person.stages.len() > 2 + back as usize
    };
    let ids: Vec<u64> = world.people.keys().copied().collect();
    (ids.iter().filter(|id| wrong(id)).count(), ids.iter().filter(|id| doubled(id)).count())
}

#[test]
fn nothing_is_lost_or_doubled_under_any_fault() {
    let update = "batch/update";
    let mut table: Vec<(String, Vec<Fault>)> = Vec::new();
    for after in [false, true] {
        for status in [500, 502, 503, 504, 524, 0] {
            let when = if after { "after" } else { "before" };
            let fault = Fault { path: update, status, after, ..Fault::default() };
            table.push((format!("{status} {when} the write"), vec![fault.clone()]));
            table.push((format!("{status} {when} two writes in a row"), vec![fault.clone(), fault.clone()]));
            table.push((format!("{status} {when} the third write"), vec![Fault { skip: 2, ..fault }]));
        }
    }
    for status in [423, 477, 429] {
        let fault = Fault { path: update, status, ..Fault::default() };
        table.push((status.to_string(), vec![fault.clone(), fault.clone()]));
        let told = Fault { headers: vec![("Retry-After", "7".to_owned())], ..fault };
        table.push((format!("{status} with Retry-After"), vec![told]));
    }
    for (path, status) in [("batch/read", 504), ("batch/read", 0), ("account-info", 503)] {
        table.push((format!("{status} of {path}"), vec![Fault { path, status, ..Fault::default() }]));
    }
    // The write went wrong, and then the reading back too.
    let read = Fault { path: "batch/read", status: 502, skip: 1, ..Fault::default() };
    table.push((
        "504 after the write, 502 of the reading".to_owned(),
        vec![Fault { path: update, status: 504, after: true, ..Fault::default() }, read],
    ));
    for (name, faults) in table {
        let fake = prepared();
        let records = crowd(&fake);
        let plan = planned(&fake, &records);
        assert_eq!(plan.changes.len(), 250, "{name}");
        let folder = tempfile::tempdir().unwrap();
        let injected = faults.len();
        faults.into_iter().for_each(|fault| fake.fault(fault));
        let result = applied(&fake, &plan, folder.path()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(fake.world().faults.len() < injected, "{name}: no fault came up");
        assert_eq!((result.written, result.left.len()), (250, 0), "{name}");
        assert_eq!(lost_and_doubled(&fake), (0, 0), "{name}");
        let again = planned(&fake, &records);
        assert_eq!((again.changes.len(), again.unchanged), (0, 250), "{name}");
        let updates = fake.count(update);
        assert_eq!(applied(&fake, &again, tempfile::tempdir().unwrap().path()).unwrap().written, 0);
        assert_eq!(fake.count(update), updates, "{name}: a second push writes");
    }
}

#[test]
fn retry_after_is_waited_for() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let headers = vec![("Retry-After", "77".to_owned())];
    fake.fault(Fault { path: "batch/update", status: 477, headers, ..Fault::default() });
    let before = fake.clock.load(std::sync::atomic::Ordering::SeqCst);
    applied(&fake, &plan, tempfile::tempdir().unwrap().path()).unwrap();
    assert!(fake.clock.load(std::sync::atomic::Ordering::SeqCst) - before >= 77_000);
}

#[test]
fn a_server_that_stays_down_stops_the_push_which_goes_on_later() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let folder = tempfile::tempdir().unwrap();
    for at in 0..6 {
        fake.fault(Fault { path: "batch/update", status: 503, skip: if at == 0 { 2 } else { 0 }, ..Fault::default() });
    }
    let why = applied(&fake, &plan, folder.path()).unwrap_err();
    assert!(why.starts_with("HubSpot does not answer whether it wrote: injected (status 503"), "{why}");
    fake.world().faults.clear();
    let result = applied(&fake, &plan, folder.path()).unwrap();
    assert!(result.resumed);
    assert_eq!((result.written + result.already, result.left.len()), (250, 0));
    assert_eq!(lost_and_doubled(&fake), (0, 0));
    let requests = fake.world().log.len();
    assert_eq!(applied(&fake, &plan, folder.path()).unwrap().written, result.written);
    assert_eq!(fake.world().log.len(), requests + 1, "a plan that is applied asks for the account alone");
}

#[test]
fn a_stage_goes_back_in_two_requests() {
    let fake = prepared();
    fake.people([7], |_| vec![("lifecyclestage", "customer".to_owned())]);
    let plan = planned(&fake, &[wanted(7, 60, "lead")]);
    applied(&fake, &plan, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(fake.world().people[&7].stages, ["customer", "", "lead"]);
}

#[test]
fn a_stage_that_was_emptied_is_put_back_where_the_new_values_are_refused() {
    let fake = prepared();
    fake.people([7, 8], |_| vec![("lifecyclestage", "customer".to_owned())]);
    let plan = planned(&fake, &[wanted(7, 60, "lead"), wanted(8, 10, "lead")]);
    let grade = fake.world().properties.iter().position(|p| p["name"] == "lsrc_grade").unwrap();
    fake.world().properties[grade]["options"] = json!([{"label": "B", "value": "B"}]);
    let result = applied(&fake, &plan, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(result.left.keys().collect::<Vec<_>>(), [&7]);
    assert!(result.left[&7].starts_with("A was not one of the allowed values"), "{}", result.left[&7]);
    assert_eq!((fake.value(7, "lifecyclestage"), fake.value(7, "lsrc_fit")), ("customer".into(), String::new()));
    assert_eq!((fake.value(8, "lifecyclestage"), fake.value(8, "lsrc_grade")), ("lead".into(), "B".into()));
}

#[test]
fn what_others_changed_is_not_overwritten() {
    let fake = prepared();
    let records = crowd(&fake);
    let plan = planned(&fake, &records);
    {
        let mut world = fake.world();
        world.people.get_mut(&3).unwrap().values.insert("lifecyclestage".into(), "customer".into());
        world.people.get_mut(&4).unwrap().values.insert("lsrc_fit".into(), "60.0".into());
        world.people.remove(&8);
        world.people.remove(&9);
        world.merged.insert(9, 10);
        world.stubborn.insert(11, "Country is required.");
    }
    let result = applied(&fake, &plan, tempfile::tempdir().unwrap().path()).unwrap();
    let left: BTreeMap<u64, &str> = result.left.iter().map(|(id, why)| (*id, why.as_str())).collect();
    assert_eq!(left[&3], "`lifecyclestage` was changed to customer in HubSpot after the plan was made");
    assert_eq!(left[&8], "it was deleted in HubSpot");
    assert_eq!(left[&9], "it was merged into 10");
    assert!(left[&11].starts_with("Country is required (status 400"), "{}", left[&11]);
    assert_eq!((left.len(), result.written), (4, 246));
    assert_eq!(fake.value(3, "lifecyclestage"), "customer");
    assert_eq!(fake.value(3, "lsrc_fit"), "10");
    assert_eq!((fake.value(4, "lsrc_grade"), fake.value(12, "lsrc_fit")), ("A".into(), "60".into()));
}

#[test]
fn records_that_hubspot_does_not_have_are_left_out_of_the_plan() {
    let fake = prepared();
    fake.people([1, 2, 3, 5], |_| vec![("lifecyclestage", "lead".to_owned())]);
    fake.world().merged.insert(4, 5);
    let mut records: Vec<_> = [1, 2, 2, 4, 5, 6].map(|id| wanted(id, 60, "sql")).to_vec();
    records.push(portal::Wanted { key: "x".into(), ..records[0].clone() });
    let plan = planned(&fake, &records);
    assert_eq!(plan.changes.iter().map(|change| change.id).collect::<Vec<_>>(), [1, 2, 5]);
    let left: Vec<(&str, &str)> = plan.left.iter().map(|(key, why)| (key.as_str(), why.as_str())).collect();
    let expected = [
        ("2", "its key is there twice"),
        ("x", "its key is not a record id of HubSpot"),
        ("4", "it was merged into 5; pull the contacts again"),
        ("6", "HubSpot has no such contact; it may be deleted"),
    ];
    assert_eq!(left, expected);
}

#[test]
fn contacts_are_found_by_email() {
    let fake = prepared();
    fake.people([41], |_| vec![("email", "Ana@x.example".to_owned())]);
    let clock = Clock::of(&fake);
    let portal = Portal::open(settings(&fake), None, &clock).unwrap();
    let mapping = Mapping::read(&MAP.map(str::to_owned), rules().model(), &portal.definitions().unwrap(), false, "r").unwrap();
    let record = portal::Wanted { key: "ana@x.example".into(), ..wanted(1, 60, "sql") };
    let made = portal::Made { by: Some("email"), ..made() };
    let (plan, moves) = portal::plan(&portal, &mapping, &[record], made).unwrap();
    assert_eq!(plan.changes[0].id, 41);
    assert_eq!(moves.moved, 1);
}

#[test]
fn the_account_and_the_day_are_checked_before_anything_is_written() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let folder = tempfile::tempdir().unwrap();
    let other = Plan { portal: 99, ..plan.clone() };
    let why = applied(&fake, &other, folder.path()).unwrap_err();
    assert_eq!(why, "the plan is for the HubSpot account 99, and the key is for 7000001; nothing was written");
    // Three batches, each read, emptied and written, are nine requests: more than half of fifteen.
    fake.world().day_left = Some(15);
    let why = applied(&fake, &plan, folder.path()).unwrap_err();
    assert_eq!(why, "this push needs 9 requests, and the account has 15 left for today; nothing was written");
    assert_eq!(fake.count("batch/update"), 0);
    fake.world().day_left = Some(18);
    assert_eq!(applied(&fake, &plan, folder.path()).unwrap().written, 250);
}

#[test]
fn a_day_that_is_used_up_stops_the_push_which_goes_on_later() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let folder = tempfile::tempdir().unwrap();
    fake.fault(Fault { path: "batch/update", status: 429, skip: 3, body: json!({"policyName": "DAILY"}), ..Fault::default() });
    let why = applied(&fake, &plan, folder.path()).unwrap_err();
    assert_eq!(why, "the account has used up its requests to HubSpot for today");
    assert_eq!(applied(&fake, &plan, folder.path()).unwrap().written, 250);
    assert_eq!(lost_and_doubled(&fake), (0, 0));
}

#[test]
fn a_journal_is_of_one_plan_until_it_has_ended() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let folder = tempfile::tempdir().unwrap();
    let other = Plan { rules: "other.lsr".into(), ..plan.clone() };
    applied(&fake, &plan, folder.path()).unwrap();
    assert_eq!(applied(&fake, &other, folder.path()).unwrap().already, 250);
    let path = folder.path().join("plan.json.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n").unwrap();
    let other = plan;
    let why = applied(&fake, &other, folder.path()).unwrap_err();
    assert!(why.ends_with("belongs to another plan"), "{why}");
}

#[test]
fn a_journal_that_was_cut_off_in_a_line_is_read_up_to_it() {
    let fake = prepared();
    let plan = planned(&fake, &crowd(&fake));
    let folder = tempfile::tempdir().unwrap();
    applied(&fake, &plan, folder.path()).unwrap();
    let path = folder.path().join("plan.json.journal");
    let text = std::fs::read(&path).unwrap();
    for cut in [1, 40, 90, text.len() / 2, text.len() - 1] {
        std::fs::write(&path, &text[..cut]).unwrap();
        let result = applied(&fake, &plan, folder.path()).unwrap();
        assert_eq!((result.written + result.already, result.left.len()), (250, 0), "{cut}");
    }
    assert_eq!(lost_and_doubled(&fake), (0, 0));
}

#[test]
fn limits_are_kept_without_a_refusal() {
    let fake = prepared();
    fake.world().limits = Some((190, 5));
    fake.people(1..=20_000, |_| vec![("lifecyclestage", "lead".to_owned())]);
    let records: Vec<_> = (1..=20_000).map(|id| wanted(id, 60, "sql")).collect();
    let plan = planned(&fake, &records);
    assert_eq!(plan.changes.len(), 20_000);
    assert_eq!(fake.world().too_early, 0);
    // The second command does not know what the first has just sent.
    fake.clock.fetch_add(11_000, std::sync::atomic::Ordering::SeqCst);
    let result = applied(&fake, &plan, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(result.written, 20_000);
    assert_eq!(fake.world().too_early, 0);
}

#[test]
fn properties_are_made_once() {
    for fault in [None, Some(false), Some(true)] {
        let fake = Fake::start();
        fake.people([1], |_| vec![("lifecyclestage", "lead".to_owned())]);
        let clock = Clock::of(&fake);
        let portal = Portal::open(settings(&fake), None, &clock).unwrap();
        let definitions = portal.definitions().unwrap();
        let pairs = MAP.map(str::to_owned);
        let why = Mapping::read(&pairs, rules().model(), &definitions, false, "r").unwrap_err().to_string();
        assert_eq!(why, "HubSpot has no properties `lsrc_fit`, `lsrc_grade`");
        let mapping = Mapping::read(&pairs, rules().model(), &definitions, true, "score.lsr").unwrap();
        let (plan, _) = portal::plan(&portal, &mapping, &[wanted(1, 60, "sql")], made()).unwrap();
        if let Some(after) = fault {
            // The first is the list of the properties.
            fake.fault(Fault { path: "properties", status: 504, after, ..Fault::default() });
        }
        let folder = tempfile::tempdir().unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        let options = ApplyOptions { journal: &folder.path().join("j"), text: &text, day_share: 50.0 };
        assert_eq!(portal::apply(&portal, &plan, options).unwrap().written, 1);
        let made: Vec<String> = fake.world().properties.iter().filter_map(|p| Some(p["name"].as_str()?.to_owned())).collect();
        assert_eq!(made.iter().filter(|name| name.starts_with("lsrc_")).count(), 2);
        let fit = fake.world().properties.iter().find(|p| p["name"] == "lsrc_fit").unwrap().clone();
        insta::assert_json_snapshot!("made_property", fit);
        assert_eq!(fake.value(1, "lsrc_grade"), "A");
    }
}

//! The commands as their users meet them.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::fake::{Fake, Fault, KEY, PORTAL};
use super::{RULES, prepared};
use crate::command::lsrc;

fn told(fake: &Fake, folder: &Path, key: Option<&str>, args: &[&str]) -> String {
    let mut command = lsrc(folder);
    command.args(args).env_remove("LSRC_HUBSPOT_TOKEN");
    if let Some(key) = key {
        command.env("LSRC_HUBSPOT_TOKEN", key);
    }
    if !args.contains(&"--base-url") && !args.contains(&"--help") {
        command.args(["--base-url", &fake.url]);
    }
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&fake.url, "http://127.0.0.1:PORT");
    format!("$ lsrc {}\n{}{}status {}\n", args.join(" "), text(&stdout), text(&stderr), status.code().unwrap())
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("score.lsr"), RULES).unwrap();
    folder
}

const PLAN: [&str; 10] = [
    "push",
    "hubspot",
    "score.lsr",
    "contacts.csv",
    "--map",
    "fit=lsrc_fit,grade=lsrc_grade,lifecycle_stage",
    "--plan",
    "plan.json",
    "--as-of",
    "2026-03-02",
];

#[test]
fn contacts_are_pulled_scored_and_pushed() {
    let fake = prepared();
    fake.people(1..=6, |id| {
        let stage = if id == 6 { "salesqualifiedlead" } else { "lead" };
        vec![
            ("jobtitle", if id % 2 == 0 { "chief" } else { "clerk" }.into()),
            ("numemployees", (id * 4).to_string()),
            ("lifecyclestage", stage.into()),
        ]
    });
    let here = folder();
    let say = |args: &[&str]| told(&fake, here.path(), Some(KEY), args);
    let mut said = vec![
        say(&["pull", "hubspot", "--rules", "score.lsr", "-o", "contacts.csv"]),
        fs::read_to_string(here.path().join("contacts.csv")).unwrap(),
        say(&PLAN),
        say(&["push", "hubspot", "--apply", "plan.json"]),
        say(&["push", "hubspot", "--apply", "plan.json"]),
        say(&PLAN),
        say(&["pull", "hubspot", "--rules", "score.lsr", "-o", "contacts.csv"]),
    ];
    let stages: Vec<String> =
        (1..=6).map(|id| format!("{id}: {} {}", fake.value(id, "lsrc_fit"), fake.value(id, "lifecyclestage"))).collect();
    said.push(stages.join("\n"));
    insta::assert_snapshot!("pull_score_push", said.join("\n"));
}

#[test]
fn only_what_changed_since_an_earlier_run_is_looked_at() {
    let fake = prepared();
    fake.people(1..=4, |_| vec![("lifecyclestage", "lead".into())]);
    let here = folder();
    let rows = |titles: [&str; 4]| {
        let rows: Vec<String> = titles.iter().enumerate().map(|(at, title)| format!("{},{title},20,lead", at + 1)).collect();
        format!("hs_object_id,jobtitle,numemployees,lifecyclestage\n{}\n", rows.join("\n"))
    };
    fs::write(here.path().join("contacts.csv"), rows(["clerk"; 4])).unwrap();
    let run = ["run", "score.lsr", "contacts.csv", "-o", "before.jsonl", "--as-of", "2026-03-02"];
    assert!(lsrc(here.path()).args(run).output().unwrap().status.success());
    fs::write(here.path().join("contacts.csv"), rows(["clerk", "chief", "clerk", "clerk"])).unwrap();
    let args: Vec<&str> = PLAN.iter().copied().chain(["--changed-since", "before.jsonl"]).collect();
    insta::assert_snapshot!("changed_since", told(&fake, here.path(), Some(KEY), &args));
}

#[test]
fn what_cannot_be_done_is_said_with_the_way_out() {
    let fake = prepared();
    fake.people(1..=2, |_| vec![("lifecyclestage", "lead".into())]);
    let here = folder();
    fs::write(
        here.path().join("contacts.csv"),
        "hs_object_id,jobtitle,numemployees,lifecyclestage\n1,chief,20,lead\n2,clerk,1,lead\n",
    )
    .unwrap();
    fs::write(here.path().join("plan.txt"), "{}").unwrap();
    let pull = ["pull", "hubspot", "--rules", "score.lsr", "-o", "c.csv"];
    let with = |more: &[&'static str]| -> Vec<&str> { pull.iter().copied().chain(more.iter().copied()).collect() };
    let say = |key: Option<&str>, args: &[&str]| told(&fake, here.path(), key, args);
    let map = |map: &'static str| -> Vec<&str> {
        PLAN.iter().map(|word| if word.contains("lsrc_fit") { map } else { *word }).collect()
    };
    let mut said = vec![
        say(None, &pull),
        say(Some("pat with spaces"), &pull),
        say(Some("pat-wrong"), &pull),
        say(Some(KEY), &with(&["--portal", "12"])),
        say(Some(KEY), &with(&["--base-url", "http://api.example"])),
        say(Some(KEY), &with(&["--base-url", "http://127.0.0.1:1"])),
        say(Some(KEY), &["pull", "hubspot", "--rules", "score.lsr", "-o", "contacts.db?table=contacts"]),
        say(Some(KEY), &map("fitt=lsrc_fit")),
        say(Some(KEY), &map("fit=lsrc_grade")),
        say(Some(KEY), &map("fit=nowhere")),
        say(Some(KEY), &map("fit=lsrc_fit,grade=lsrc_fit")),
        say(Some(KEY), &map("fit=Not A Name")),
        say(Some(KEY), &["push", "hubspot", "--apply", "plan.txt"]),
        say(Some(KEY), &["push", "hubspot", "score.lsr", "contacts.csv"]),
        say(Some(KEY), &PLAN.iter().copied().chain(["--fail-if-moved", "0"]).collect::<Vec<_>>()),
    ];
    let errors = serde_json::json!({"category": "MISSING_SCOPES", "message": "This app hasn't been granted all required scopes.",
        "errors": [{"context": {"requiredGranularScopes": ["crm.objects.contacts.read"]}}]});
    fake.fault(Fault { path: "contacts?limit", status: 403, body: errors, ..Fault::default() });
    said.push(say(Some(KEY), &pull));
    let expired = serde_json::json!({"category": "EXPIRED_AUTHENTICATION", "message": format!("The key {KEY} expired.")});
    fake.fault(Fault { path: "account-info", status: 401, body: expired, ..Fault::default() });
    said.push(say(Some(KEY), &pull));
    let said = said.join("\n");
    assert!(!said.contains(KEY) && !said.contains("pat-wrong"), "{said}");
    assert!(!here.path().join("plan.json").exists());
    assert_eq!(fake.count("batch/update"), 0);
    insta::assert_snapshot!("refused", said.replace(&PORTAL.to_string(), "PORTAL"));
}

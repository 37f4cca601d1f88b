//! `lsrc import hubspot`.

use std::fs;

use super::{folder, lsrc, ran, told};

fn case(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/cases/hubspot/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn a_draft_becomes_rules_that_check_and_score() {
    let files = ["constructs.json", "contacts.csv", "views.csv", "mails.csv"].map(|name| (name, case(name)));
    let here = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let (status, _, said) = ran(&mut lsrc(here.path(), &["import", "hubspot", "constructs.json", "-o", "score.lsr"]));
    assert_eq!(status, 0, "{said}");
    insta::assert_snapshot!("draft_rules", fs::read_to_string(here.path().join("score.lsr")).unwrap() + &said);
    assert_eq!(ran(&mut lsrc(here.path(), &["check", "score.lsr"])).0, 0);
    assert_eq!(ran(&mut lsrc(here.path(), &["fmt", "--check", "score.lsr"])).0, 0);
    let run = [
        "run",
        "score.lsr",
        "contacts.csv",
        "--as-of",
        "2026-03-02",
        "--events",
        "event_4_96000=views.csv",
        "--events",
        "event_4_1=mails.csv",
    ];
    let (status, scores, said) = ran(&mut lsrc(here.path(), &run));
    assert_eq!(status, 0, "{said}");
    insta::assert_snapshot!("draft_scores", scores);
}

#[test]
fn what_rules_cannot_say_is_a_comment_and_status_1() {
    let here = folder(&[("refused.json", &case("refused.json"))]);
    let (status, rules, said) = ran(&mut lsrc(here.path(), &["import", "hubspot", "refused.json"]));
    assert_eq!(status, 1);
    insta::assert_snapshot!("draft_refused", rules + &said);
}

#[test]
fn properties_and_lists_give_types_labels_and_names() {
    let properties = r#"{"results":[
        {"name":"revenue","label":"Annual revenue","type":"number","fieldType":"number"},
        {"name":"hs_persona","label":"Persona","type":"enumeration","fieldType":"select","options":[
            {"value":"persona_1","label":"Manager Mary"},{"value":"persona_2","label":"Student Sam"}]}]}"#;
    let lists = r#"{"lists":[{"listId":"8","name":"Webinar guests"},{"listId":9,"name":"Fair 2026"}]}"#;
    let here = folder(&[("constructs.json", &case("constructs.json")), ("p.json", properties), ("l.json", lists)]);
    let args = ["import", "hubspot", "constructs.json", "--properties", "p.json", "--lists", "l.json"];
    let (status, rules, said) = ran(&mut lsrc(here.path(), &args));
    assert_eq!(status, 0, "{said}");
    let schema = rules.split("exclude if").next().unwrap_or_default().to_owned();
    insta::assert_snapshot!("draft_schema", schema);
    assert!(rules.contains("hs_persona is known and hs_persona is not student_sam"), "{rules}");
    assert!(rules.contains("segments in [webinar_guests, fair_2026]"), "{rules}");
}

#[test]
fn a_table_of_criteria_becomes_one_score() {
    let here = folder(&[("criteria.csv", &case("criteria.csv"))]);
    let (status, rules, said) = ran(&mut lsrc(here.path(), &["import", "hubspot", "criteria.csv"]));
    assert_eq!(status, 1);
    insta::assert_snapshot!("criteria", rules + &said);
}

#[test]
fn what_is_not_a_draft_is_refused() {
    let draft = case("constructs.json");
    let broken = draft.replace("\"groupCategory\": \"FIT\"", "\"groupCategory\": \"OTHER\"");
    let here = folder(&[
        ("cut.json", &draft[..draft.len() / 2]),
        ("other.json", r#"{"results": [], "paging": {}}"#),
        ("category.json", &broken),
        ("t.csv", "a,b\n1,2\n"),
        ("score.lsr", ""),
    ]);
    let told_of = |args: &[&str]| told(&mut lsrc(here.path(), &[&["import", "hubspot"], args].concat()));
    let said = [
        told_of(&["cut.json"]),
        told_of(&["other.json"]),
        told_of(&["category.json"]),
        told_of(&["t.csv"]),
        told_of(&["missing.json"]),
        told_of(&["cut.json", "-o", "score.lsr"]),
        told_of(&["cut.json", "--lists", "other.json"]),
    ];
    insta::assert_snapshot!("draft_not_one", said.join("\n"));
}

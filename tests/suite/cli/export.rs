//! `lsrc export hubspot`, and the way back by `lsrc import hubspot`.

use std::fs;

use super::{folder, lsrc, ran};

fn case(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/cases/hubspot/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The columns of a CSV text by their headers, without the ones that are named otherwise.
fn column(csv: &str, header: &str) -> Vec<String> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == header).unwrap_or_else(|| panic!("{header} in {csv}"));
    lines.map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

#[test]
fn rules_become_a_draft_that_scores_every_record_alike() {
    let files = ["whole.lsr", "contacts.csv", "views.csv"].map(|name| (name, case(&format!("export/{name}"))));
    let here = folder(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let run = |args: &[&str]| ran(&mut lsrc(here.path(), args));
    let (status, _, said) = run(&["export", "hubspot", "whole.lsr", "--event-type", "page_view=4-96000", "-o", "draft.json"]);
    assert_eq!(status, 0, "{said}");
    insta::assert_snapshot!("export_draft", fs::read_to_string(here.path().join("draft.json")).unwrap() + &said);
    let (status, _, said) = run(&["import", "hubspot", "draft.json", "-o", "back.lsr"]);
    assert_eq!(status, 0, "{said}");
    let (status, _, said) = run(&["check", "back.lsr", "--fail-level", "error"]);
    assert_eq!(status, 0, "{said}");
    let scored = |rules: &str, list: &str| {
        let events = format!("{list}=views.csv");
        let (status, scores, said) = run(&["run", rules, "contacts.csv", "--as-of", "2026-03-02", "--events", &events]);
        assert_eq!(status, 0, "{said}");
        scores
    };
    let (there, back) = (scored("whole.lsr", "page_view"), scored("back.lsr", "event_4_96000"));
    insta::assert_snapshot!("export_scores", there);
    for (before, after) in [
        ("fit", "fit"),
        ("engagement", "engagement"),
        ("lead", "lead"),
        ("heat", "heat"),
        ("grade", "grade"),
        ("excluded", "excluded"),
    ] {
        let told =
            |texts: Vec<String>| texts.into_iter().map(|t| if before == "excluded" { (!t.is_empty()).to_string() } else { t });
        assert!(told(column(&there, before)).eq(told(column(&back, after))), "{before}:\n{there}\n{back}");
    }
}

#[test]
fn what_hubspot_cannot_say_is_refused_with_its_line() {
    let here = folder(&[("refused.lsr", &case("export/refused.lsr"))]);
    let (status, draft, said) = ran(&mut lsrc(here.path(), &["export", "hubspot", "refused.lsr"]));
    assert_eq!((status, draft.as_str()), (2, ""));
    insta::assert_snapshot!("export_refused", said);
}

#[test]
fn an_imported_draft_is_exported_again() {
    let here = folder(&[("constructs.json", &case("constructs.json"))]);
    let run = |args: &[&str]| ran(&mut lsrc(here.path(), args));
    assert_eq!(run(&["import", "hubspot", "constructs.json", "-o", "score.lsr"]).0, 0);
    let (status, _, said) = run(&["export", "hubspot", "score.lsr", "-o", "draft.json"]);
    assert_eq!(status, 0, "{said}");
    let (status, _, said) = run(&["import", "hubspot", "draft.json", "-o", "again.lsr"]);
    assert_eq!(status, 0, "{said}");
    insta::assert_snapshot!("export_again", fs::read_to_string(here.path().join("again.lsr")).unwrap());
}

#[test]
fn scores_only_leaves_out_what_hubspot_does_not_have() {
    let rules = "lsr 1\n\nschema contact {\n  key id: integer from \"hs_object_id\"\n  visits: integer\n  phase: one of [lead, customer]\n}\n\n\
        score fit max 50 { if visits > 3 then +10 }\n\
        score spam { if visits > 900 then +10 }\n\
        score lead = 0.5 * fit\n\
        label heat by lead { 3..: hot  ..<3: cold }\n\
        lifecycle phase { stage lead when fit > 5 }\n";
    let here = folder(&[("score.lsr", rules)]);
    let (status, _, said) = ran(&mut lsrc(here.path(), &["export", "hubspot", "score.lsr", "-o", "draft.json"]));
    assert_eq!(status, 2, "{said}");
    let args = ["export", "hubspot", "score.lsr", "--scores-only", "-o", "draft.json"];
    let (status, _, said) = ran(&mut lsrc(here.path(), &args));
    assert_eq!(
        (status, said.trim()),
        (0, "`draft.json`: 1 rule exported; HubSpot has no place for 1 lifecycle, 2 scores, 1 label")
    );
    let draft: serde_json::Value = serde_json::from_str(&fs::read_to_string(here.path().join("draft.json")).unwrap()).unwrap();
    assert_eq!(draft["allowedGroupTypes"], serde_json::json!(["FIT"]));
    assert_eq!(draft["maxScorePerCategory"], 50);
}

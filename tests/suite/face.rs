//! A program outside of the crate, against its public face alone: load rules, list findings, score, explain, SQL, difference.

use std::fs;

use lsrc::{Answer, DialectName, Points, RuleLoader, RuleSet};

const RULES: &str = "lsr 1
schema contact { key email: text  visits: integer  title: text }
param vip = 20
param often = 5
score fit { if title contains word \"vp\" then +vip because \"decides\"  per visits then +1 max 5 }
lifecycle status { stage hot when fit >= 20  otherwise cold }
";

#[test]
fn a_program_of_ones_own_can_do_what_the_command_does() -> Result<(), Box<dyn std::error::Error>> {
    let loader = RuleLoader::new().text("score.lsr", RULES);
    let findings: Vec<_> = loader.findings("score.lsr")?.iter().map(|f| format!("{} {}", f.place(), f.name())).collect();
    assert_eq!(findings, ["score.lsr:4:7 unused-name"]);
    let rules = loader.load("score.lsr")?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("contacts.csv");
    fs::write(&file, "email,visits,title\nann@a.example,3,VP Sales\nbob@b.example,,\n")?;
    let as_of = rules.as_of("2026-01-15")?;
    let mut scored = Vec::new();
    for record in rules.score_file(&file, as_of)? {
        let record = record?;
        let stage = record.results.stage("status").and_then(|stage| stage.after.as_deref().map(str::to_owned));
        scored.push((record.row, record.key, record.results.score("fit"), stage));
    }
    let key = |key: &str| Some(key.to_owned());
    assert_eq!(
        scored,
        [
            (1, key("ann@a.example"), Some(Points(2300)), Some("hot".to_owned())),
            (2, key("bob@b.example"), Some(Points(0)), Some("cold".to_owned())),
        ]
    );

    let mut scorer = rules.scorer(as_of);
    let account = scorer.explain_json(r#"{"email": "ann@a.example", "title": "VP Sales"}"#)?;
    assert_eq!(account.scores[0].name, "fit");

    assert!(rules.sql(DialectName::Postgres, "contacts", Some(as_of))?.contains("contacts"));
    assert_eq!(rules.ranges()[0].max, Some("25".parse()?));

    let dearer = RuleLoader::new().text("score.lsr", RULES).param("vip", "30").load("score.lsr")?;
    assert_eq!(rules.difference(&dearer).equivalence.verdict, Answer::Different);
    Ok(())
}

#[test]
fn what_is_wrong_comes_as_an_error_of_its_own_type() {
    let wrong = RuleSet::from_text("a.lsr", "lsr 1\nscore s { if visits > 1 then +1 }").unwrap_err();
    assert_eq!(wrong.findings()[0].name(), "unknown-name");
    let rules = RuleSet::from_text("a.lsr", RULES).unwrap();
    let error = rules.as_of("yesterday").unwrap_err();
    assert!(error.to_string().contains("2026-01-15"), "{error}");
    assert!(rules.score_file("no-such-file.csv", rules.now()).is_err());
    assert_eq!("12.345".parse::<Points>().unwrap_err().to_string().split(':').next(), Some("`12.345` is not a number of points"));
}

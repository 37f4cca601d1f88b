//! Loading and checking programs.
//!
//! Each file of `tests/cases/check/` is a program. A comment line `# error: NAME LINE:COL` says that this finding is wanted at this place of
//! the file; every other error fails the case. A folder is a program of several files that starts at `main.lsr`; there the place is
//! `FILE:LINE:COL`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lsrc::check::{self, LoadOptions, Loader, Program, Texts};
use lsrc::diag::{Code, Severity};
use lsrc::hir::{Expr, ExprKind, ItemKind, ScoreBody};
use lsrc::source::{FileId, Sources};
use lsrc::value::{Decimal, Type, Value};

/// The files on disk.
struct Disk;

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check")
}

/// The entry files of all cases.
fn entries() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(cases()).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found.iter().map(|path| if path.is_dir() { path.join("main.lsr") } else { path.clone() }).collect()
}

fn file_name(sources: &Sources, span: lsrc::source::Span) -> String {
    Path::new(sources.name(span)).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The findings as `FILE NAME LINE:COL`, with their messages.
fn found(program: &Program, diagnostics: &lsrc::diag::Diagnostics) -> Vec<(String, String)> {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let shown = errors.map(|d| {
        let place = program.sources.place(d.span);
        let key = format!("{} {} {}:{}", file_name(&program.sources, d.span), d.code.name(), place.line, place.column);
        (key, d.message.clone())
    });
    shown.collect()
}

fn wanted(path: &Path) -> Vec<String> {
    let own = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let marks = text.lines().filter_map(|l| l.trim().strip_prefix("# error: "));
    let keys = marks.map(|mark| {
        let (name, place) = mark.trim().split_once(' ').unwrap_or_else(|| panic!("{}: bad mark `{mark}`", path.display()));
        assert!(Code::find(name).is_some(), "{}: there is no code `{name}`", path.display());
        match place.split(':').collect::<Vec<_>>().as_slice() {
            [file, line, column] => format!("{file} {name} {line}:{column}"),
            [line, column] => format!("{own} {name} {line}:{column}"),
            _ => panic!("{}: bad place `{place}`", path.display()),
        }
    });
    keys.collect()
}

#[test]
fn cases_give_their_findings_and_no_other() {
    let mut failures = Vec::new();
    let entries = entries();
    assert!(!entries.is_empty(), "no case found");
    for entry in entries {
        let program = check::load(&Disk, &entry, &LoadOptions::default());
        let checked = check::check(&program, &[]);
        let mut found = found(&program, &checked.diagnostics);
        let mut wanted = wanted(&entry);
        found.sort();
        wanted.sort();
        let keys: Vec<&String> = found.iter().map(|f| &f.0).collect();
        if keys != wanted.iter().collect::<Vec<_>>() {
            failures.push(format!("{}\n  wanted {wanted:#?}\n  found {found:#?}", entry.display()));
        }
        if checked.model.is_some() != found.is_empty() {
            failures.push(format!("{}: a model exists exactly without errors", entry.display()));
        }
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_error_says_the_way_out() {
    for entry in entries() {
        let program = check::load(&Disk, &entry, &LoadOptions::default());
        // What the parser expects says it already.
        for finding in check::check(&program, &[]).diagnostics.iter().filter(|d| d.code != Code::Syntax) {
            let place = program.sources.place(finding.span);
            assert!(finding.help.is_some(), "{}:{}: `{}` has no help", entry.display(), place.line, finding.message);
            for fix in &finding.fixes {
                for edit in &fix.edits {
                    assert_ne!(program.sources.text(edit.span), edit.text, "{}: a repair changes something", entry.display());
                }
            }
        }
    }
}

#[test]
fn every_error_code_has_a_case() {
    let with_cases: BTreeSet<String> =
        entries().iter().flat_map(|e| wanted(e)).filter_map(|key| key.split_whitespace().nth(1).map(str::to_owned)).collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|c| c.severity() == Severity::Error)
        .map(|c| c.name())
        .filter(|name| !with_cases.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

const SCHEMA: &str = "
schema contact {
  visits: integer
  revenue: number
  country: text
  industry: one of [software, finance = \"Financial Services\"]
  seen: date
  created: datetime
}
";

fn checked(rules: &str) -> (Program, check::Checked) {
    checked_with(rules, &[])
}

fn checked_with(rules: &str, set: &[(&str, &str)]) -> (Program, check::Checked) {
    let program = check::load_text("score.lsr", &format!("lsr 1{SCHEMA}{rules}"));
    let set: Vec<(String, String)> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let checked = check::check(&program, &set);
    (program, checked)
}

/// The condition of the first branch of the first score.
fn first_condition(rules: &str) -> Expr {
    let (_, checked) = checked(rules);
    let model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let ScoreBody::Items { items, .. } = &model.scores[0].body else { panic!("a formula") };
    let ItemKind::If { branches, .. } = &items[0].kind else { panic!("no `if`") };
    branches[0].condition.clone()
}

fn condition(text: &str) -> Expr {
    first_condition(&format!("score fit {{ if {text} then +1 }}"))
}

#[test]
fn an_integer_opposite_a_whole_number_stays_one_and_opposite_a_fraction_becomes_a_number() {
    let ExprKind::Compare(_, left, right) = condition("visits > 3").kind else { panic!() };
    assert_eq!((left.ty, right.ty), (Type::Integer, Type::Integer));
    let ExprKind::Compare(_, left, right) = condition("visits > 3.5").kind else { panic!() };
    assert!(matches!(left.kind, ExprKind::ToNumber(_)));
    assert!(matches!(right.kind, ExprKind::Literal(Value::Number(n)) if n == 3.5));
}

#[test]
fn a_date_time_opposite_a_date_is_its_calendar_date() {
    for text in ["created > 2026-01-01", "created before seen", "created in 2026-01-01..2026-01-31", "created in [2026-01-01]"] {
        let shown = format!("{:?}", condition(text).kind);
        assert!(shown.contains("ToDate"), "{text}: {shown}");
    }
    let shown = format!("{:?}", condition("created > 2026-01-01T10:00").kind);
    assert!(!shown.contains("ToDate"), "{shown}");
}

#[test]
fn an_option_goes_before_any_other_meaning_of_its_word() {
    let rules = "define software = visits > 3\nparam finance = \"software\"\nscore fit { if industry is software and industry in [finance] then +1 }";
    let ExprKind::And(both) = first_condition(rules).kind else { panic!() };
    let codes = both.iter().map(|c| match &c.kind {
        ExprKind::InOptions(_, codes) => codes.iter().copied().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    });
    assert_eq!(codes.collect::<Vec<_>>(), [vec![0], vec![1]]);
}

#[test]
fn a_score_opposite_a_constant_is_exact_and_opposite_a_property_a_number() {
    let rules =
        "param at = 0.1\nscore fit { if visits > 3 then +1 }\nlifecycle l { stage a when fit >= at stage b when fit > visits }";
    let (_, checked) = checked(rules);
    let model = checked.model.unwrap();
    let shown: Vec<String> = model.lifecycles[0].rules.iter().map(|r| format!("{:?}", r.when)).collect();
    assert!(shown[0].contains("Literal(Decimal(") && !shown[0].contains("ScoreToNumber"), "{}", shown[0]);
    assert!(shown[1].contains("ScoreToNumber") && shown[1].contains("ToNumber"), "{}", shown[1]);
}

#[test]
fn patterns_know_letters_of_all_cases_and_ascii_classes() {
    let pattern = |source: &str| {
        let ExprKind::Matches(_, pattern) = condition(&format!("country matches /{source}/")).kind else { panic!() };
        pattern.regex.clone()
    };
    assert!(pattern("^île").is_match("ÎLE-de-France"));
    assert!(!pattern("(?-i)^île").is_match("ÎLE-de-France"));
    assert!(!pattern(r"^\d$").is_match("٣"));
    assert!(!pattern(r"^\w$").is_match("é"));
    assert!(!pattern(r"^\w$").is_match("ſ"), "the long s is no ASCII letter");
    assert!(pattern(r"^\W\S\D$").is_match("ééé"));
    assert!(pattern(r"vp\b").is_match("vpé"), "after an ASCII word ends an ASCII boundary");
    assert!(pattern(r"^[\w.-]+@[^\s@]+\B").is_match("a.b-c@x.io"));
    assert!(pattern(r"a\/b").is_match("A/B"));
}

#[test]
fn set_replaces_a_param_before_checking() {
    let rules = "param low = 1\nparam start = 2026-01-01\nscore fit { band visits { low..10: +1 } if seen > start then +1 }";
    let (_, fine) = checked_with(rules, &[("low", "5"), ("start", "2026-02-01")]);
    assert_eq!(fine.model.unwrap().params[0].value, Value::Decimal(Decimal::whole(5)));
    let told = |set: &[(&str, &str)]| {
        let (_, checked) = checked_with(rules, set);
        checked.diagnostics.iter().map(|d| (d.code.name(), d.help.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    assert_eq!(told(&[("low", "11")])[0].0, "empty-range");
    assert_eq!(told(&[("low", "many")])[0].0, "type-mismatch");
    assert_eq!(told(&[("start", "5")])[0].0, "type-mismatch");
    assert_eq!(told(&[("lwo", "5")]), [("unknown-name", "did you mean `low`?".to_owned())]);
}

#[test]
fn a_condition_beside_the_rules_sees_input_and_output() {
    let rules = "list home = [\"France\"]\nparam at = 5\nscore fit { if visits > 3 then +1 }\nlabel g by fit { 1..: A ..<1: B }\n\
                 lifecycle l { stage a when fit > 0 }";
    let (program, checked) = checked(rules);
    let model = checked.model.unwrap();
    let sound = "fit > at and visits > 3 and g is A and country in home and l is a and l_move is none and not excluded unless seen is unknown";
    assert!(check::condition(&program.sources, &model, sound).is_ok());
    for (text, name) in [
        ("fitt > 3", "unknown-name"),
        ("g is C", "unknown-option"),
        ("fit", "type-mismatch"),
        ("fit >", "syntax"),
        ("fit > 3 because \"x\"", "syntax"),
        ("fit > 3 score other { }", "syntax"),
        ("", "syntax"),
    ] {
        let found = check::condition(&program.sources, &model, text).unwrap_err();
        assert_eq!(found.iter().next().map(|d| d.code.name()), Some(name), "{text}");
    }
}

#[test]
fn repairs_of_near_misses_take_the_finding_away_and_a_guess_is_never_safe() {
    let rules = "score fit { if vists > 3 then +1 if industry is sofware then +1 if country is empty then +1 match country { france: +1 } }";
    let (program, checked) = checked(rules);
    assert_eq!(checked.diagnostics.len(), 4);
    let mut text = program.sources.get(FileId(0)).unwrap().text().to_string();
    let safe: Vec<bool> = checked.diagnostics.iter().map(|d| d.fixes[0].safe).collect();
    assert_eq!(safe, [false, false, true, true], "{:?}", checked.diagnostics);
    let mut edits: Vec<_> = checked.diagnostics.iter().map(|d| d.fixes[0].edits[0].clone()).collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let program = check::load_text("score.lsr", &text);
    let again = check::check(&program, &[]);
    assert!(again.model.is_some(), "{text}\n{:?}", again.diagnostics);
}

#[test]
fn texts_that_cannot_be_read_say_so() {
    let first = |texts: &Texts, entry: &str| {
        let program = check::load(texts, Path::new(entry), &LoadOptions::default());
        let checked = check::check(&program, &[]);
        assert!(checked.model.is_none());
        assert_eq!(checked.diagnostics.len(), 1, "{:?}", checked.diagnostics);
        let d = checked.diagnostics.iter().next().unwrap();
        let place = program.sources.place(d.span);
        format!("{}:{}:{} {}: {}", program.sources.name(d.span), place.line, place.column, d.code.name(), d.message)
    };
    assert_eq!(first(&Texts::new(), "a.lsr"), "a.lsr:1:1 file-not-found: there is no file `a.lsr`");
    let latin = Texts::new().with("a.lsr", b"lsr 1\n# Caf\xe9\n".as_slice());
    assert_eq!(first(&latin, "a.lsr"), "a.lsr:2:6 syntax: `a.lsr` has a byte that is not UTF-8");
    let wide = Texts::new().with("a.lsr", b"\xff\xfel\0s\0".as_slice());
    assert!(first(&wide, "a.lsr").ends_with("(it looks like UTF-16)"));
    let zero = Texts::new().with("a.lsr", "lsr 1\nscore a\0 { }\n");
    assert_eq!(first(&zero, "a.lsr"), "a.lsr:2:8 syntax: `a.lsr` has a zero byte, which no text has");
    let large = Texts::new().with("a.lsr", vec![b'\n'; check::MAX_SOURCE + 1]);
    assert_eq!(first(&large, "a.lsr"), "a.lsr:1:1 too-large: `a.lsr` has 16 MiB; a rule file may have 16");
    let near = Texts::new().with("rules/a.lsr", "use \"contcat.lsr\"\n").with("rules/contact.lsr", "");
    assert_eq!(first(&near, "rules/a.lsr"), "rules/a.lsr:1:5 file-not-found: there is no file `rules/contcat.lsr`");
}

#[test]
fn paths_stay_in_the_project_unless_allowed() {
    let texts =
        Texts::new().with("shared/contact.lsr", "schema c { a: integer }").with("mine/a.lsr", "use \"../shared/contact.lsr\"\n");
    let load = |options: LoadOptions| {
        let program = check::load(&texts, Path::new("mine/a.lsr"), &options);
        check::check(&program, &[]).diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(load(LoadOptions::default()), ["`../shared/contact.lsr` lies outside of the project"]);
    assert!(load(LoadOptions { root: None, allow_outside: true }).is_empty());
    assert!(load(LoadOptions { root: Some(PathBuf::from(".")), allow_outside: false }).is_empty());
}

#[test]
fn times_of_tests_count_back_from_their_as_of() {
    let rules = "schema c { time zone \"Europe/Paris\" day: date   moment: datetime }\n\
        test \"t\" as of 2026-03-31 { given day = 1 month ago, moment = 2 hours ago }\n\
        test \"u\" as of 2026-03-30T12:00 { given day = 2026-01-01T23:30-05:00, moment = 1 day ago }\n\
        test \"v\" { given moment = 2026-07-01 }\n";
    let program = check::load_text("t.lsr", rules);
    let checked = check::check(&program, &[]);
    let tests = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)).tests;
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let day = |text: &str| Some(Value::Date(lsrc::time::parse_date(text).unwrap()));
    let moment = |text: &str| Some(Value::DateTime(lsrc::time::parse_datetime(text, &zone).unwrap()));
    assert_eq!(tests[0].given[0].1, day("2026-02-28"));
    assert_eq!(tests[0].given[1].1, moment("2026-03-31T21:59:59.999999"));
    assert_eq!(tests[1].given[0].1, day("2026-01-01"), "the date as written");
    // The clocks went forward on the 29th: a day earlier is the same time of the day.
    assert_eq!(tests[1].given[1].1, moment("2026-03-29T12:00"));
    assert_eq!(tests[2].given[0].1, moment("2026-07-01T00:00"));
    assert_eq!(tests[2].as_of.day, lsrc::time::parse_date("2026-01-01").unwrap());
}

#[test]
fn a_long_chain_of_definitions_is_no_danger() {
    let mut rules: String = (0..4_000).map(|i| format!("define d{i} = d{} and visits > {i}\n", i + 1)).collect();
    rules.push_str("define d4000 = visits > 3\nscore fit { if d0 then +1 }\n");
    let (_, checked) = checked(&rules);
    assert_eq!(checked.model.map(|m| m.definitions.len()), Some(4_001));
}

#[test]
fn nesting_up_to_the_limit_is_checked() {
    let deep = format!("score fit {{ if {}visits > 3{} then +1 }}", "(not ".repeat(90), ")".repeat(90));
    let groups = format!("score fit {{ {} if visits > 3 then +1 {} }}", "group \"g\" { ".repeat(190), "}".repeat(190));
    for rules in [deep, groups] {
        let (_, checked) = checked(&rules);
        assert!(checked.model.is_some(), "{:?}", checked.diagnostics);
    }
}

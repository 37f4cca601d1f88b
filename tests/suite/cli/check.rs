//! `lsrc check`.

use super::{FAULTY, SOUND, folder, lsrc, ran, told};

const SCHEMA: &str = "lsr 1\n\nschema contact {\n  key email: text\n  visits: integer\n}\n";
const RULES: &str = "lsr 1\n\nuse \"contact.lsr\"\n\nscore fit {\n  if visits >= 3 then +10\n}\n";

/// File, line, column and name of every finding.
fn findings(json: &str) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_str(json).unwrap();
    let found = document["diagnostics"].as_array().unwrap();
    found
        .iter()
        .map(|d| format!("{}:{}:{} {}", d["file"].as_str().unwrap(), d["line"], d["column"], d["name"].as_str().unwrap()))
        .collect()
}

#[test]
fn sound_rules_are_fine() {
    let here = folder(&[("score.lsr", SOUND)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr"])));
}

#[test]
fn an_error_is_shown_and_makes_the_answer_no() {
    let here = folder(&[("score.lsr", FAULTY)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr"])));
    insta::assert_snapshot!(told(lsrc(here.path(), &["check", "score.lsr"]).env("COLUMNS", "40")));
}

#[test]
fn an_error_of_meaning_is_found() {
    let here = folder(&[("score.lsr", &SOUND.replace("if visits", "if vists"))]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr"])));
    let (_, json, _) = ran(&mut lsrc(here.path(), &["check", "score.lsr", "--format", "json"]));
    assert_eq!(findings(&json), ["score.lsr:9:6 unknown-name"]);
}

#[test]
fn the_fail_level_decides_about_warnings() {
    let here = folder(&[("score.lsr", &SOUND.replace("lsr 1\n\n", ""))]);
    let status = |args: &[&str]| {
        let args: Vec<&str> = ["check", "score.lsr"].iter().chain(args).copied().collect();
        ran(&mut lsrc(here.path(), &args)).0
    };
    assert_eq!(status(&[]), 0);
    assert_eq!(status(&["--fail-level", "error"]), 0);
    assert_eq!(status(&["--fail-level", "warning"]), 1);
    let faulty = folder(&[("score.lsr", FAULTY)]);
    assert_eq!(ran(&mut lsrc(faulty.path(), &["check", ".", "--fail-level", "never"])).0, 0);
}

#[test]
fn folders_are_searched_and_shared_files_told_once() {
    let here = folder(&[
        ("a/contact.lsr", &SCHEMA.replace("lsr 1\n\n", "")),
        ("a/one.lsr", RULES),
        ("a/two.lsr", &RULES.replace("fit", "other")),
        ("b/alone.lsr", FAULTY),
        (".hidden/bad.lsr", FAULTY),
        ("b/notes.txt", "no rules"),
    ]);
    let (status, json, stderr) = ran(&mut lsrc(here.path(), &["check", ".", "--format", "json"]));
    assert_eq!(status, 1, "{stderr}");
    assert_eq!(findings(&json), ["a/contact.lsr:1:1 missing-version", "b/alone.lsr:9:18 syntax"]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["summary"], serde_json::json!({"errors": 1, "warnings": 1, "files": 4}));
}

#[test]
fn a_file_named_twice_is_checked_once() {
    let here = folder(&[("score.lsr", FAULTY)]);
    let (_, json, _) = ran(&mut lsrc(here.path(), &["check", "score.lsr", ".", "./score.lsr", "--format", "json"]));
    assert_eq!(findings(&json).len(), 1);
}

#[test]
fn files_that_use_each_other_are_still_checked() {
    let one = RULES.replace("contact.lsr", "two.lsr");
    let here = folder(&[("one.lsr", &one), ("two.lsr", "lsr 1\n\nuse \"one.lsr\"\n")]);
    let (status, json, _) = ran(&mut lsrc(here.path(), &["check", ".", "--format", "json"]));
    assert_eq!(status, 1);
    assert!(json.contains("use-cycle"), "{json}");
}

#[test]
fn standard_input_has_a_name() {
    let here = folder(&[("model/contact.lsr", SCHEMA)]);
    let mut command = lsrc(here.path(), &["check", "-", "--format", "short"]);
    let (status, stdout, _) = ran(command.write_stdin(FAULTY));
    assert_eq!(status, 1);
    assert!(stdout.starts_with("<stdin>:9:18: error[syntax]"), "{stdout}");
    let mut command = lsrc(here.path(), &["check", "-", "--stdin-filename", "model/score.lsr", "--format", "short"]);
    let (status, stdout, stderr) = ran(command.write_stdin(RULES));
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    let mut command = lsrc(here.path(), &["check", "-", "--stdin-filename", "model/score.lsr", "--format", "short"]);
    let (_, stdout, _) = ran(command.write_stdin(RULES.replace("then", "than")));
    assert!(stdout.starts_with("model/score.lsr:6:18: error[syntax]"), "{stdout}");
}

#[test]
fn no_more_than_the_most_are_shown_and_all_are_counted() {
    let broken = format!("{SOUND}\nscore a {{ if }}\n\nscore b {{ if }}\n\nscore c {{ if }}\n").replace("lsr 1\n\n", "");
    let here = folder(&[("score.lsr", &broken)]);
    let (_, json, stderr) = ran(&mut lsrc(here.path(), &["check", ".", "--max-diagnostics", "2", "--format", "json"]));
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 2);
    assert_eq!(document["summary"]["errors"], 3);
    assert!(document["diagnostics"].as_array().unwrap().iter().all(|d| d["severity"] == "error"), "errors come first");
    assert!(stderr.contains("the first 2 are shown"), "{stderr}");
}

#[test]
fn a_repair_is_shown_then_made_then_gone() {
    let text = SOUND.replace("lsr 1\n\n", "");
    let here = folder(&[("score.lsr", &text)]);
    let read = || std::fs::read_to_string(here.path().join("score.lsr")).unwrap();
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr", "--diff"])));
    assert_eq!(read(), text, "--diff writes nothing");
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr", "--fix"])));
    assert_eq!(read(), SOUND);
    assert_eq!(ran(&mut lsrc(here.path(), &["check", "score.lsr", "--diff"])).0, 0);
}

#[test]
fn a_suppression_needs_a_reason_and_something_to_silence() {
    let bare = SOUND.replace("lsr 1\n\n", "");
    let names = |first: &str| {
        let here = folder(&[("score.lsr", &format!("{first}\n{bare}"))]);
        let (_, json, _) = ran(&mut lsrc(here.path(), &["check", ".", "--format", "json"]));
        findings(&json).iter().map(|f| f.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("# a comment"), ["missing-version"]);
    assert_eq!(names("# lsrc: allow(missing-version) pinned by the build"), Vec::<String>::new());
    assert_eq!(names("# lsrc: allow(missing-version)"), ["missing-version", "unused-allow"]);
    assert_eq!(names("# lsrc: allow(missing-versoin) a reason"), ["missing-version", "unused-allow"]);
    assert_eq!(names("# lsrc: allow(unknown-name) a reason"), ["missing-version", "unused-allow"]);
    assert_eq!(names("lsr 1 # lsrc: allow(missing-version) a reason"), ["unused-allow"]);
}

#[test]
fn levels_by_name_and_by_path() {
    let bare = SOUND.replace("lsr 1\n\n", "");
    let files = [("a/score.lsr", bare.as_str()), ("old/score.lsr", bare.as_str())];
    let here = folder(&files);
    let write = |text: &str| std::fs::write(here.path().join("lsrc.toml"), text).unwrap();
    let check = |args: &[&str]| {
        let args: Vec<&str> = ["check", ".", "--format", "short"].iter().chain(args).copied().collect();
        ran(&mut lsrc(here.path(), &args))
    };
    write("[levels]\nmissing-version = \"error\"\n[[paths]]\nmatch = \"old/**\"\nlevels = { missing-version = \"off\" }\n");
    let (status, stdout, _) = check(&[]);
    assert_eq!(status, 1);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stdout.starts_with("a/score.lsr:1:1: error[missing-version]"), "{stdout}");
    write("[check]\nfail-level = \"warning\"\nmax-diagnostics = 1\n");
    let (status, stdout, _) = check(&[]);
    assert_eq!((status, stdout.lines().count()), (1, 1));
    assert_eq!(check(&["--fail-level", "error"]).0, 0, "a flag is stronger");
}

#[test]
fn a_wrong_configuration_is_told_with_its_place() {
    let here = folder(&[("score.lsr", SOUND)]);
    let told = |text: &str| {
        std::fs::write(here.path().join("lsrc.toml"), text).unwrap();
        told(&mut lsrc(here.path(), &["check", "--config", "lsrc.toml", "score.lsr"]))
    };
    insta::assert_snapshot!(told("[levels]\nband-gpa = \"off\"\n"));
    insta::assert_snapshot!(told("[levels]\nunknown-name = \"off\"\n"));
    insta::assert_snapshot!(told("[check]\nfail-level = \"sometimes\"\n"));
    insta::assert_snapshot!(told("[chekc]\n"));
    insta::assert_snapshot!(told("[levels\n"));
    insta::assert_snapshot!(told("[[paths]]\nmatch = \"a/***\"\nlevels = {}\n"));
}

#[test]
fn bytes_that_are_no_rules_are_told() {
    let mut utf16: Vec<u8> = vec![0xff, 0xfe];
    utf16.extend(SOUND.encode_utf16().flat_map(u16::to_le_bytes));
    let cases: [(&str, Vec<u8>, i32, &str); 7] = [
        ("invalid", b"lsr 1\nscore f\xff {}\n".to_vec(), 1, "x.lsr:2:8: error[syntax]"),
        ("nul", b"lsr 1\n\0".to_vec(), 1, "x.lsr:2:1: error[syntax]"),
        ("utf-16", utf16, 1, "UTF-16"),
        ("bom", [b"\xef\xbb\xbf", SOUND.as_bytes()].concat(), 0, ""),
        ("crlf", SOUND.replace('\n', "\r\n").into_bytes(), 0, ""),
        ("crlf fault", FAULTY.replace('\n', "\r\n").into_bytes(), 1, "x.lsr:9:18: error[syntax]"),
        ("17 MiB", [SOUND.as_bytes(), &b"# filler\n".repeat(2_000_000)].concat(), 1, "error[too-large]"),
    ];
    for (what, bytes, status, words) in cases {
        let here = folder(&[]);
        std::fs::write(here.path().join("x.lsr"), bytes).unwrap();
        let (found, stdout, stderr) = ran(&mut lsrc(here.path(), &["check", "x.lsr", "--format", "short"]));
        assert_eq!(found, status, "{what}: {stdout}{stderr}");
        assert!(stdout.contains(words), "{what}: {stdout}");
        assert!(stdout.lines().count() <= 1, "{what}: one cause, one finding: {stdout}");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_stops_the_command() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = folder(&[("score.lsr", SOUND)]);
    let path = here.path().join("score.lsr");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    if std::fs::read(&path).is_ok() {
        return; // Whoever runs the tests may read everything.
    }
    let (status, _, stderr) = ran(&mut lsrc(here.path(), &["check", "score.lsr"]));
    assert_eq!(status, 2);
    assert!(stderr.starts_with("error: cannot read `score.lsr`: you are not allowed to read it"), "{stderr}");
}

#[test]
fn paths_stay_in_the_project_unless_allowed() {
    let here = folder(&[
        ("project/lsrc.toml", ""),
        ("project/rules/score.lsr", &RULES.replace("contact.lsr", "../../contact.lsr")),
        ("contact.lsr", SCHEMA),
    ]);
    let (status, stdout, _) = ran(&mut lsrc(here.path(), &["check", "project", "--format", "short"]));
    assert_eq!(status, 1);
    assert!(stdout.contains("file-not-found") && stdout.contains("outside"), "{stdout}");
    let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["check", "project", "--allow-outside", "--format", "short"]));
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
}

#[cfg(unix)]
#[test]
fn watching_checks_again_after_a_change() {
    use std::io::{BufRead, BufReader};
    let here = folder(&[("score.lsr", SOUND)]);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("lsrc"));
    command.current_dir(here.path()).args(["check", "--watch", "score.lsr", "--format", "short"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|line| line.starts_with("watching")));
    std::fs::write(here.path().join("score.lsr"), FAULTY).unwrap();
    assert!(said.by_ref().any(|line| line.starts_with("1 error")));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn repairs_leave_a_file_laid_out_and_the_unsafe_ones_are_asked_for() {
    let text = "lsr 1\n\nschema contact {\n  key email:  text\n  job_title:  text\n}\n\nscore fit {\n  if job_title contains \"cto\" then +20\n  if email is known           then +5\n}\n";
    let here = folder(&[("score.lsr", text)]);
    let read = || std::fs::read_to_string(here.path().join("score.lsr")).unwrap();
    ran(&mut lsrc(here.path(), &["check", "score.lsr", "--fix"]));
    assert_eq!(read(), text, "another meaning is not given without being asked");
    let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["check", "score.lsr", "--fix", "--unsafe"]));
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    assert!(read().contains("contains word \"cto\""), "{}", read());
    assert_eq!(ran(&mut lsrc(here.path(), &["fmt", "--check", "score.lsr"])).0, 0, "{}", read());
}

#[test]
fn what_fades_is_told_with_its_series() {
    let text = "lsr 1\n\nschema contact {\n  key email:  text\n\n  events page_view {\n    at:  date\n  }\n}\n\nscore engagement {\n  each page_view then +5 max 20 losing 50% of its points every 30 days\n}\n";
    let here = folder(&[("score.lsr", text)]);
    let (status, stdout, _) = ran(&mut lsrc(here.path(), &["check", "-v", "score.lsr"]));
    assert_eq!(status, 0);
    assert!(stdout.contains("score.lsr:12: +5 losing 50% of its points every 30 days: 5, 2.5, 0"), "{stdout}");
}

#[test]
fn a_finding_in_a_long_line_shows_a_window_of_it() {
    let names: Vec<String> = (0..3000).map(|n| format!("visits > {n} or vists_{n} > 1")).collect();
    let rules = format!(
        "lsr 1\n\nschema contact {{\n  key email: text\n  visits: integer\n}}\n\nscore fit {{\n  if {} then +10\n}}\n",
        names.join(" or ")
    );
    let here = folder(&[("long.lsr", &rules)]);
    let (status, text, _) = ran(&mut lsrc(here.path(), &["check", "long.lsr", "--max-diagnostics", "100"]));
    assert_eq!(status, 1);
    assert!(text.len() < 100 * 2500, "{} bytes", text.len());
    assert!(text.lines().all(|line| line.chars().count() < 420), "{text}");
    let (_, first, _) = ran(&mut lsrc(here.path(), &["check", "long.lsr", "--max-diagnostics", "2"]));
    insta::assert_snapshot!(first);
    let (_, plain, _) = ran(&mut lsrc(here.path(), &["check", "long.lsr", "--max-diagnostics", "2", "--format", "plain"]));
    insta::assert_snapshot!(plain);
}

#[test]
fn many_findings_of_a_kind_are_summed_up_unless_asked_for() {
    let tests: String = (0..60).map(|n| format!("  if email contains \"ab{n}\" then +1\n")).collect();
    let rules = format!("lsr 1\n\nschema contact {{\n  key email: text\n}}\n\nscore fit {{\n{tests}}}\n");
    let here = folder(&[("many.lsr", &rules)]);
    let count = |args: &[&str]| {
        let (_, text, _) = ran(&mut lsrc(here.path(), &[&["check", "many.lsr"], args].concat()));
        (text.matches("warning[short-contains]").count(), text.lines().last().unwrap_or("").to_owned())
    };
    let (shown, last) = count(&[]);
    assert_eq!((shown, last.as_str()), (50, "10 more `short-contains` in many.lsr: `--max-diagnostics 60` shows all findings"));
    assert_eq!(count(&["--max-diagnostics", "60"]).0, 60);
    let (_, json, _) = ran(&mut lsrc(here.path(), &["check", "many.lsr", "--format", "json"]));
    assert_eq!(findings(&json).len(), 60);
}

#[test]
fn safe_repairs_guess_no_spelling_and_take_nothing_away() {
    let rules = "lsr 1\n\nschema contact {\n  key email: text\n  visits: integer\n}\n\ndefine unused = visits > 3\n\nscore fit {\n  if vists >= 3 then +10\n}\n";
    let here = folder(&[("score.lsr", rules)]);
    ran(&mut lsrc(here.path(), &["check", "score.lsr", "--fix"]));
    assert_eq!(std::fs::read_to_string(here.path().join("score.lsr")).unwrap(), rules);
    let (status, _, _) = ran(&mut lsrc(here.path(), &["check", "score.lsr", "--fix", "--unsafe", "--fail-level", "warning"]));
    assert_eq!(status, 0);
    let fixed = std::fs::read_to_string(here.path().join("score.lsr")).unwrap();
    assert!(fixed.contains("if visits >= 3") && !fixed.contains("unused"), "{fixed}");
}

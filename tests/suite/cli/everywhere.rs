//! What holds for every command: exit status, colours, streams, formats, completions, manual.

use super::{FAULTY, SOUND, folder, lsrc, ran, told};

#[test]
fn nothing_and_nonsense_are_usage_errors() {
    let here = folder(&[]);
    for args in [&[][..], &["chekc", "."], &["check"], &["check", ".", "--format", "yaml"], &["check", ".", "--color", "pink"]] {
        let (status, stdout, stderr) = ran(&mut lsrc(here.path(), args));
        assert_eq!((status, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
        assert!(!stderr.is_empty());
    }
}

#[test]
fn a_misspelt_command_or_format_is_answered_with_the_right_one() {
    let here = folder(&[]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["expalin", "."])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", ".", "--format", "yaml"])));
}

#[test]
fn help_is_short_and_has_examples() {
    let here = folder(&[]);
    let (status, all, _) = ran(lsrc(here.path(), &["--help"]).env("COLUMNS", "200"));
    assert_eq!(status, 0);
    let commands = all.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for line in commands.lines() {
        let name = line.split_whitespace().next().unwrap();
        if name == "help" {
            continue;
        }
        let (status, help, _) = ran(&mut lsrc(here.path(), &[name, "--help"]));
        assert_eq!(status, 0, "{name}");
        assert!(help.contains("Example"), "`lsrc {name} --help` has no example");
        assert!(help.contains(&format!("  lsrc {name}")), "`lsrc {name} --help`: the example is of another command");
        assert!(help.lines().next().unwrap().len() > 20, "{name}: {help}");
    }
}

#[test]
fn failures_say_what_and_how_on_their_first_line() {
    let here = folder(&[("empty/readme.txt", "")]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "nowhere.lsr"])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "empty"])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["explain", "bandgap"])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["explain", "zzzzzzzzzzzz"])));
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", ".", "--config", "no.toml"])));
}

#[test]
fn colours_are_for_terminals_unless_told_otherwise() {
    let here = folder(&[("score.lsr", FAULTY)]);
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let args: Vec<&str> = ["check", "score.lsr"].iter().chain(args).copied().collect();
        let mut command = lsrc(here.path(), &args);
        let (_, stdout, stderr) = ran(command.envs(env.iter().copied()));
        assert!(!stderr.contains('\u{1b}') || args.contains(&"always") || !env.is_empty());
        stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe has no colours");
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]), "the flag is stronger");
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_terminal_without_utf8_gets_ascii() {
    let here = folder(&[("score.lsr", FAULTY)]);
    let (_, stdout, _) = ran(lsrc(here.path(), &["check", "score.lsr"]).env("LC_ALL", "C"));
    assert!(stdout.is_ascii() && stdout.contains("-->"), "{stdout}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let here = folder(&[]);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("lsrc"));
    command.current_dir(here.path()).args(["explain", "--all"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn several_formats_go_to_several_files() {
    let here = folder(&[("score.lsr", FAULTY)]);
    let args = ["check", "score.lsr", "--format", "short", "--format", "json=out.json", "--format", "sarif=out.sarif"];
    let (status, stdout, _) = ran(&mut lsrc(here.path(), &args));
    assert_eq!(status, 1);
    assert!(stdout.starts_with("score.lsr:9:18: error[syntax]:"), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
    let read = |name: &str| std::fs::read_to_string(here.path().join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("out.json")).unwrap();
    assert_eq!(json["summary"]["errors"], 1);
    let sarif: serde_json::Value = serde_json::from_str(&read("out.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    let names: Vec<_> = std::fs::read_dir(here.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing else is left: {names:?}");
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let here = folder(&[("score.lsr", SOUND)]);
    insta::assert_snapshot!(told(&mut lsrc(here.path(), &["check", "score.lsr", "--format", "json=no/such/out.json"])));
    let (status, _, stderr) = ran(&mut lsrc(here.path(), &["check", "score.lsr", "--format", "json=."]));
    assert_eq!(status, 2);
    assert!(stderr.contains("it is a folder"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn results_go_through_links_and_into_devices() {
    let here = folder(&[("score.lsr", SOUND), ("real/old.json", "old")]);
    std::os::unix::fs::symlink("real/old.json", here.path().join("link.json")).unwrap();
    let (status, _, stderr) =
        ran(&mut lsrc(here.path(), &["check", "score.lsr", "--format", "json=link.json", "--format", "short=/dev/null"]));
    assert_eq!(status, 0, "{stderr}");
    assert!(std::fs::symlink_metadata(here.path().join("link.json")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(here.path().join("real/old.json")).unwrap().contains("\"version\": 1"));
}

#[test]
fn quiet_says_nothing_but_results() {
    let here = folder(&[("score.lsr", FAULTY)]);
    let (status, stdout, stderr) = ran(&mut lsrc(here.path(), &["check", "-q", "score.lsr"]));
    assert_eq!((status, stderr.as_str()), (1, ""));
    assert!(stdout.contains("error[syntax]"));
}

#[test]
fn explain_shows_a_page_by_name_and_by_code() {
    let here = folder(&[]);
    let (_, by_name, _) = ran(&mut lsrc(here.path(), &["explain", "band-gap"]));
    let (_, by_code, _) = ran(&mut lsrc(here.path(), &["explain", "lsr0301"]));
    assert_eq!(by_name, by_code);
    insta::assert_snapshot!(by_name);
    insta::assert_snapshot!(ran(lsrc(here.path(), &["explain", "band-gap"]).env("COLUMNS", "40")).1);
}

#[test]
fn explain_all_is_the_reference() {
    let here = folder(&[]);
    let (status, md, _) = ran(&mut lsrc(here.path(), &["explain", "--all", "--format", "md"]));
    assert_eq!(status, 0);
    for code in lsrc::diag::Code::ALL {
        assert!(md.contains(code.page().trim_end()), "{}", code.name());
    }
    let (_, json, _) = ran(&mut lsrc(here.path(), &["explain", "--all", "--format", "json"]));
    let pages: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(pages.len(), lsrc::diag::Code::ALL.len());
}

#[test]
fn completions_and_manual_know_every_command() {
    let here = folder(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (status, script, _) = ran(&mut lsrc(here.path(), &["completions", shell]));
        assert_eq!(status, 0);
        assert!(script.contains("explain") && script.contains("color"), "{shell}");
    }
    let (_, page, _) = ran(&mut lsrc(here.path(), &["man"]));
    assert!(page.contains(".TH lsrc 1") && page.contains("explain"), "{page}");
    let (_, page, _) = ran(&mut lsrc(here.path(), &["man", "check"]));
    assert!(page.contains("lsrc\\-check") && page.contains("fail\\-level"), "{page}");
    let (status, _, stderr) = ran(&mut lsrc(here.path(), &["man", "chek"]));
    assert_eq!(status, 2, "{stderr}");
}

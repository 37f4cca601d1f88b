//! The projects under `examples/`: what people copy must check, format, test and run.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// Each project with the arguments of its first run, as its README gives them.
const PROJECTS: &[(&str, &[&str])] = &[
    ("accounts", &["score.lsr", "contacts.csv", "--rollup", "account=accounts.csv", "--as-of", "2026-05-04"]),
    ("b2b-saas", &["score.lsr", "contacts.csv", "--as-of", "2026-03-02"]),
    ("first-guide", &["score.lsr", "contacts.csv", "--as-of", "2026-01-31"]),
    ("no-points-stage", &["score.lsr", "contacts.jsonl", "--as-of", "2026-05-18"]),
    ("product-led", &["score.lsr", "accounts.csv", "--events", "action=actions.csv", "--as-of", "2026-04-20"]),
    ("marketing-suite", &["score.lsr", "leads.jsonl", "--as-of", "2026-05-04"]),
    ("account-based", &["score.lsr", "contacts.csv", "--related", "company=companies.csv", "--as-of", "2026-04-20"]),
    ("b2c", &["score.lsr", "requests.csv", "--as-of", "2026-06-10"]),
    ("live", &["score.lsr", "contacts.jsonl", "--as-of", "2026-03-02"]),
];

fn folder(project: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(project)
}

fn lsrc(project: &str) -> Command {
    let mut command = Command::cargo_bin("lsrc").unwrap();
    command
        .current_dir(folder(project))
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CLICOLOR_FORCE");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_table_names_every_project() {
    let mut found: Vec<_> =
        fs::read_dir(folder("")).unwrap().map(|e| e.unwrap()).filter(|e| e.path().is_dir()).map(|e| e.file_name()).collect();
    let mut named: Vec<std::ffi::OsString> = PROJECTS.iter().map(|(name, _)| name.into()).collect();
    found.sort();
    named.sort();
    assert_eq!(found, named);
}

#[test]
fn projects_check_without_a_word() {
    for (project, _) in PROJECTS {
        let output = lsrc(project).args(["check", "--fail-level", "warning", "--format", "short", "."]).output().unwrap();
        assert!(output.status.success(), "{project}:\n{}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn projects_pass_their_tests() {
    for (project, _) in PROJECTS {
        let output = lsrc(project).args(["test", "."]).output().unwrap();
        assert!(output.status.success(), "{project}:\n{}{}", text(&output.stdout), text(&output.stderr));
    }
}

fn rules(project: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(project).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|x| x == "lsr")).collect();
    found.sort();
    found
}

/// Changes what a formatter must not care about: the width of white space outside texts, patterns and comments.
fn scramble(source: &str) -> String {
    let mut scrambled = String::new();
    let mut wheel = 7_u32;
    for line in source.lines() {
        let mut rest = line.trim_start();
        scrambled.push_str(&" ".repeat(wheel as usize % 5));
        while let Some(at) = rest.find([' ', '"', '#', '/']) {
            let (word, tail) = rest.split_at(at);
            scrambled.push_str(word);
            wheel = wheel.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) >> 3;
            let keep = match &tail[..1] {
                " " => {
                    scrambled.push_str(&" ".repeat(1 + wheel as usize % 4));
                    tail.len() - tail.trim_start().len()
                }
                "\"" => closing(tail, '"'),
                "/" if scrambled.trim_end().ends_with("matches") => closing(tail, '/'),
                "/" => 1,
                _ => tail.len(),
            };
            if !tail.starts_with(' ') {
                scrambled.push_str(&tail[..keep]);
            }
            rest = &tail[keep..];
        }
        scrambled.push_str(rest);
        scrambled.push('\n');
    }
    scrambled
}

/// The length of a text or pattern that starts here, its delimiters included.
fn closing(text: &str, delimiter: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == delimiter && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

#[test]
fn projects_are_formatted_and_formatting_restores_them() {
    for (project, _) in PROJECTS {
        let output = lsrc(project).args(["fmt", "--check", "--diff", "."]).output().unwrap();
        assert!(output.status.success(), "{project}:\n{}{}", text(&output.stdout), text(&output.stderr));

        let copy = tempfile::tempdir().unwrap();
        for path in rules(&folder(project)) {
            let source = fs::read_to_string(&path).unwrap();
            let scrambled = scramble(&source);
            assert_ne!(source, scrambled);
            let target = copy.path().join(path.file_name().unwrap());
            fs::write(&target, &scrambled).unwrap();
        }
        let output = lsrc(project).arg("fmt").arg(copy.path()).output().unwrap();
        assert!(output.status.success(), "{project}:\n{}{}", text(&output.stdout), text(&output.stderr));
        for path in rules(&folder(project)) {
            let restored = fs::read_to_string(copy.path().join(path.file_name().unwrap())).unwrap();
            assert_eq!(restored, fs::read_to_string(&path).unwrap(), "{} does not come back", path.display());
        }
    }
}

/// Copies a folder with its folders.
fn copied(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&place).unwrap();
            copied(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// The rows shown in a snapshot; a checksum stands for all of them.
const SHOWN_ROWS: usize = 12;

#[test]
fn projects_run_as_they_always_did() {
    for (project, arguments) in PROJECTS {
        // What a project writes beside its output is written into a copy of it.
        let copy = tempfile::tempdir().unwrap();
        copied(&folder(project), copy.path());
        let output = lsrc(project).current_dir(copy.path()).arg("run").args(*arguments).output().unwrap();
        let (scores, summary) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{project}:\n{summary}");
        let head: Vec<_> = scores.lines().take(SHOWN_ROWS + 1).collect();
        let mut shown = format!(
            "{}\n.. {} lines, crc32 {:08x}\n\n{summary}",
            head.join("\n"),
            scores.lines().count(),
            crc32fast::hash(scores.as_bytes())
        );
        let rollups = arguments.windows(2).filter(|pair| pair[0] == "--rollup");
        for (_, file) in rollups.filter_map(|pair| pair[1].split_once('=')) {
            shown += &format!("\n{file}\n{}", fs::read_to_string(copy.path().join(file)).unwrap());
        }
        insta::with_settings!({ description => format!("lsrc run {}", arguments.join(" ")), omit_expression => true, filters => vec![
            (r" in (?:less than )?[0-9.,]+ (?:ms|s|min)[^\n]* a second\)", " in [time]"),
        ] }, {
            insta::assert_snapshot!(*project, shown);
        });
    }
}

/// The README of a project gives the command that the test runs.
#[test]
fn projects_say_how_they_are_run() {
    for (project, arguments) in PROJECTS {
        let readme = fs::read_to_string(folder(project).join("README.md")).unwrap();
        let first = readme.lines().find(|line| line.starts_with("lsrc run ")).expect("a line that runs the project");
        let command = first.trim_start_matches("lsrc run ").split(" -o ").next().unwrap();
        assert_eq!(command.split_whitespace().collect::<Vec<_>>(), *arguments, "{project}/README.md");
    }
}

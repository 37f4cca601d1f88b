//! How the program speaks: words that it does not use, the length of sentences, and numbers that agree with what they count.
//!
//! Held where the texts have been put into plain English: the help of every command, the pages of findings, reports and summaries.

use std::fs;
use std::path::Path;

use regex::Regex;

use crate::command::lsrc;

/// Words that are not used, each with what to write instead.
const WORDS: [(&str, &str); 23] = [
    (r"\b(tell|tells|told)\b", "report, say"),
    (r"\b(mend|mends|mended)\b", "fix"),
    (r"\brepairs?\b|\brepaired\b", "fix"),
    (r"\bbears?\b", "has"),
    (r"\bstands?\b", "is, is written"),
    (r"\bleaves? with \d", "exits with status 1"),
    (r"\bthe answer is no\b", "the check failed"),
    (r"\bnothing to complain\b", "no problems found"),
    (r"\bas they should be\b", "already formatted"),
    (r"\bcomes? out (otherwise|the same)\b", "changed, is the same"),
    (r"\bheld (within|at)\b", "limited to"),
    (r"\bnot looked at\b", "skipped"),
    (r"\bhindered\b", "blocked"),
    (r"\bnumbers to turn\b", "parameters"),
    (r"\b(is|are|was|were|be) no [a-z]+\b", "is not a"),
    (r"\bwhoever\b|\bwho meets\b", "contacts that"),
    (r"\bnobody\b|\banybody\b", "no one, anyone"),
    (r"\bheed(s|ed)?\b", "follow"),
    (r"\bthereof\b|\bwherefrom\b|\bwhereof\b", "of it, from which"),
    (r"\bneeds? them right\b|\brules that are right\b", "valid rules"),
    (r"\bgets as far as\b", "reaches"),
    (r"\bhence\b|\bthus\b", "so"),
    (r"\bakin\b|\bamiss\b", "similar, wrong"),
];

/// What is wrong with the words of a text.
fn words(place: &str, text: &str, faults: &mut Vec<String>) {
    for (pattern, instead) in WORDS {
        let pattern = Regex::new(&format!("(?i){pattern}")).unwrap();
        for found in pattern.find_iter(text) {
            let before: String = text[..found.start()].chars().rev().take_while(|c| *c != '\n').take(60).collect();
            let before: String = before.chars().rev().collect();
            let behind: String = text[found.end()..].chars().take_while(|c| *c != '\n').take(60).collect();
            faults.push(format!("{place}: \"{}\" in `{before}{}{behind}`; write: {instead}", found.as_str(), found.as_str()));
        }
    }
}

/// The sentences of prose with more than so many words.
fn sentences(place: &str, text: &str, most: usize, faults: &mut Vec<String>) {
    let end = Regex::new(r"[.?;:](?:\s|$)").unwrap();
    for sentence in end.split(text) {
        let count = sentence.split_whitespace().count();
        if count > most {
            faults.push(format!("{place}: {count} words: `{}`", sentence.trim()));
        }
    }
}

/// The prose of a page: no code, no headings, no tables.
fn prose(page: &str) -> String {
    let mut code = false;
    let mut out = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            code = !code;
        } else if !code && !line.starts_with(['#', '|']) {
            out.push_str(if line.is_empty() { ". " } else { line });
            out.push(' ');
        }
    }
    out
}

/// Every command, with its subcommands.
const COMMANDS: [&[&str]; 27] = [
    &[],
    &["init"],
    &["check"],
    &["fmt"],
    &["run"],
    &["history"],
    &["why"],
    &["show"],
    &["test"],
    &["diff"],
    &["explain"],
    &["compile"],
    &["disasm"],
    &["sql"],
    &["schema"],
    &["schema", "infer"],
    &["schema", "import"],
    &["schema", "check"],
    &["import", "hubspot"],
    &["export"],
    &["export", "hubspot"],
    &["pull"],
    &["pull", "hubspot"],
    &["push", "hubspot"],
    &["lsp"],
    &["completions"],
    &["man"],
];

fn help(command: &[&str]) -> String {
    let output = lsrc(Path::new(".")).args(command).arg("--help").env("COLUMNS", "400").output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_of_every_command_is_short_and_plain() {
    let mut faults = Vec::new();
    for command in COMMANDS {
        let place = format!("lsrc {} --help", command.join(" "));
        let text = help(command);
        words(&place, &text, &mut faults);
        let about = text.lines().next().unwrap_or_default();
        if about.chars().count() > 90 {
            faults.push(format!("{place}: `{about}` is longer than 90 characters"));
        }
        if !about.starts_with(|c: char| c.is_ascii_uppercase()) {
            faults.push(format!("{place}: `{about}` does not begin with a capital"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_pages_of_findings_are_plain() {
    let mut faults = Vec::new();
    let mut pages = 0;
    for entry in fs::read_dir("docs/codes").unwrap() {
        let path = entry.unwrap().path();
        let place = path.display().to_string();
        let page = fs::read_to_string(&path).unwrap();
        words(&place, &prose(&page), &mut faults);
        sentences(&place, &prose(&page), 25, &mut faults);
        pages += 1;
    }
    assert!(pages > 40);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The texts in quotes of a source file, comments left out.
fn literals(source: &str) -> String {
    // A quote as a character, and raw texts, open nothing; a reason for the compiler is not a message.
    let token = r##"(?s)r#+".*?"#+|'(?:\\.|[^'\\])'|reason = "(?:[^"\\]|\\.)*"|"(?<text>(?:[^"\\]|\\.)*)""##;
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let found = Regex::new(token).unwrap();
    let texts: Vec<&str> = found.captures_iter(&lines).filter_map(|found| Some(found.name("text")?.as_str())).collect();
    texts.join("\n")
}

/// Every text in quotes of the program: messages, help, summaries, what is written into files. Names in braces are no text.
#[test]
fn messages_are_plain() {
    let placeholder = Regex::new(r"\{[^{}]*\}").unwrap();
    let mut faults = Vec::new();
    let mut files = 0;
    for entry in walkdir::WalkDir::new("src").sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(entry.path()).unwrap();
            let texts = placeholder.replace_all(&literals(&source), "{}").into_owned();
            // "There is no column `x`" is how one says it.
            let texts = texts.replace("there is no ", "there is not ").replace("there are no ", "there are not ");
            words(&entry.path().display().to_string(), &texts, &mut faults);
            files += 1;
        }
    }
    assert!(files > 300, "{files} files");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Pages for engineers who work on the program, and the record of what changed, keep their words.
const NOT_HELD: [&str; 5] =
    ["docs/dev/testing.md", "docs/dev/performance.md", "docs/dev/scale.md", "docs/changelog.md", "docs/dev/design.md"];

#[test]
fn documents_are_plain() {
    let mut faults = Vec::new();
    let mut pages = 0;
    let named = ["README.md", "CONTRIBUTING.md"].iter().map(|path| Path::new(path).to_path_buf());
    let found = ["docs", "examples"].iter().flat_map(walkdir::WalkDir::new).map(|entry| entry.unwrap().into_path());
    for path in named.chain(found).filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let place = path.to_string_lossy().replace('\\', "/");
        if !NOT_HELD.contains(&place.as_str()) {
            let text = prose(&fs::read_to_string(&path).unwrap());
            let text = text.replace("here is no ", "here is not ").replace("here are no ", "here are not ");
            words(&place, &text, &mut faults);
            pages += 1;
        }
    }
    assert!(pages > 60, "{pages} pages");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn numbers_agree_with_what_they_count() {
    let wrong = Regex::new(
        r"(?m)(?:^|[^0-9.,:=\-/])1 (?:records|files|rows|columns|options|contacts|rules|entries|errors|warnings|tests|cells|findings|events)\b",
    )
    .unwrap();
    let mut faults = Vec::new();
    let folders = ["tests/cases", "tests/suite", "docs", "examples"];
    for entry in folders.iter().flat_map(walkdir::WalkDir::new) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|ending| ending == "snap" || ending == "md") {
            let text = fs::read_to_string(&path).unwrap();
            faults.extend(wrong.find_iter(&text).map(|found| format!("{}: `{}`", path.display(), found.as_str().trim())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

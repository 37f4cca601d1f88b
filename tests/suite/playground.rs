//! What a page asks of rules, and the page that is committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lsrc::playground::{Playground, QUESTIONS};
use serde_json::{Value, json};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn ask(question: &str, request: &Value) -> Value {
    let answer: Value = serde_json::from_str(&Playground::default().answer(question, &request.to_string())).unwrap();
    assert!(answer["error"].is_null(), "{question}: {answer}");
    answer["ok"].clone()
}

fn refusal(question: &str, request: &Value) -> (String, String) {
    let answer: Value = serde_json::from_str(&Playground::default().answer(question, &request.to_string())).unwrap();
    let text = |name: &str| answer["error"][name].as_str().unwrap_or_default().to_owned();
    (text("message"), text("help"))
}

/// The rules and lists of an example.
fn rules(example: &Path) -> BTreeMap<String, String> {
    let folders = [example.to_owned(), example.join("lists")];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| (path.strip_prefix(example).unwrap().display().to_string(), fs::read_to_string(path).unwrap());
    let is_rule = |path: &PathBuf| {
        path.is_file() && (path.extension().is_some_and(|it| it == "lsr" || it == "txt") || path.ends_with("target-accounts.csv"))
    };
    entries.filter(is_rule).map(named).collect()
}

fn examples() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    assert!(all.len() >= 8);
    all
}

#[test]
fn records_have_the_results_that_the_command_writes() {
    for example in examples() {
        let readme = fs::read_to_string(example.join("README.md")).unwrap();
        let run = readme.lines().find(|line| line.starts_with("lsrc run ")).unwrap();
        let words: Vec<&str> = run.split_whitespace().collect();
        let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let as_of = after("--as-of").unwrap();
        let content = |path: &str| json!({"name": path, "text": fs::read_to_string(example.join(path)).unwrap()});
        let contents = |flag: &str| {
            let named = after(flag).and_then(|pair| pair.split_once('='));
            named.map_or_else(|| json!({}), |(name, path)| json!({name: content(path)}))
        };
        let request = json!({
            "files": rules(&example), "entry": words[2], "as_of": as_of, "data": content(words[3]),
            "events": contents("--events"), "related": contents("--related"),
        });
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("scores.jsonl");
        let mut command = Command::cargo_bin("lsrc").unwrap();
        command.current_dir(&example).args(["run", words[2], words[3], "--as-of", as_of, "-q", "-o"]).arg(&out);
        for flag in ["--events", "--related"] {
            command.args(after(flag).into_iter().flat_map(|value| [flag, value]));
        }
        command.assert().success();
        let written = fs::read_to_string(&out).unwrap();
        let expected: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(ask("score", &request)["records"], json!(expected), "{}", example.display());
        assert_eq!(ask("check", &request)["findings"], json!([]), "{}", example.display());
        assert_eq!(ask("test", &request)["failed"], json!(0), "{}", example.display());
    }
}

#[test]
fn a_finding_has_its_place_in_code_units_and_its_fix() {
    let text = "lsr 1\n# é 𝄞\nschema c { visits: integer }\nscore s { if vists > 3 then +1 }\n";
    let request = json!({"files": {"a.lsr": text}});
    let finding = ask("check", &request)["findings"][0].clone();
    let units: Vec<u16> = text.encode_utf16().collect();
    let at = |name: &str| usize::try_from(finding[name].as_u64().unwrap()).unwrap();
    assert_eq!(String::from_utf16(&units[at("from")..at("to")]).unwrap(), "vists");
    assert_eq!(finding["fixes"][0]["edits"][0]["text"], "visits");
    let action = ask("actions", &json!({"files": {"a.lsr": text}, "at": at("from") + 1}))["actions"][0].clone();
    assert_eq!(action["title"], "replace with `visits`");
}

#[test]
fn nothing_outside_of_the_texts_is_read() {
    let here = root().join("examples/b2b-saas/contact.lsr");
    for path in [here.to_str().unwrap(), "../b2b-saas/contact.lsr", "examples/b2b-saas/contact.lsr"] {
        let text = format!("lsr 1\nuse {path:?}\nscore s {{ if visits > 3 then +1 }}\n");
        let found = ask("check", &json!({"files": {"a.lsr": text}}));
        assert_eq!(found["findings"][0]["name"], "file-not-found", "{path}: {found}");
    }
    let list = "lsr 1\nschema c { email: text }\nlist free from \"README.md\"\nscore s { if email in free then +1 }\n";
    assert_eq!(ask("check", &json!({"files": {"a.lsr": list}}))["findings"][0]["name"], "file-not-found");
}

#[test]
fn what_cannot_be_answered_says_why_and_the_way_out() {
    let files = json!({"a.lsr": "lsr 1\nschema c { key id: integer  visits: integer }\nscore s { per visits then +1 }\n"});
    let cases = [
        ("chck", json!({}), "`chck` is not a question", "did you mean `check`?"),
        ("check", json!({"fils": {}}), "unknown field `fils`", "one JSON object"),
        ("score", json!({}), "there is no rule file", "score.lsr"),
        ("score", json!({"files": files}), "there are no records", "`data`"),
        ("score", json!({"files": files, "entry": "b.lsr"}), "`files` has no `b.lsr`", ""),
        ("score", json!({"files": files, "data": {"text": "id\n1\n"}}), "the data lack `visits`", "allow_missing"),
        (
            "score",
            json!({"files": files, "data": {"text": "", "format": "xlsx"}}),
            "`xlsx` is not a format",
            "csv, json and jsonl",
        ),
        ("score", json!({"files": files, "data": {"text": "[]"}, "as_of": "2026-02-30"}), "as of", ""),
        ("explain", json!({"files": files, "data": {"text": "id,visits\n1,2\n"}, "row": 2}), "no row 2", "from 1"),
        ("score", json!({"files": files, "data": {"text": "[]"}, "events": {"e": {}}}), "no event list `e`", "model"),
    ];
    for (question, request, message, help) in cases {
        let (said, way) = refusal(question, &request);
        assert!(said.contains(message) && way.contains(help), "{question} {request}: {said} | {way}");
    }
    for question in QUESTIONS.iter().filter(|it| **it != "words" && **it != "version") {
        assert!(refusal(question, &json!("x")).0.contains("cannot be read"), "{question}");
    }
}

/// `node build.mjs --check` compares byte by byte; this needs no Node.
#[test]
fn the_page_has_todays_examples_and_words() {
    let page = fs::read_to_string(root().join("bindings/page/dist/page.js")).unwrap();
    let plain = |line: &&str| !line.trim().is_empty() && !line.contains(['`', '\\', '$', '"', '\'']);
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let first = readme.split("```lsr complete\n").nth(1).unwrap().split("\n```").next().unwrap().to_owned();
    let of_examples = examples()
        .into_iter()
        .filter(|path| !["accounts", "live"].iter().any(|other| path.ends_with(other)))
        .map(|path| fs::read_to_string(path.join("score.lsr")).unwrap());
    for text in of_examples.chain([first]) {
        for line in text.lines().filter(plain) {
            assert!(page.contains(line), "bindings/page/dist is not fresh, run node build.mjs there: it has no {line:?}");
        }
    }
    for word in lsrc::syntax::keywords() {
        assert!(
            page.contains(&format!("\"{word}\"")),
            "bindings/page/dist is not fresh, run node build.mjs there: it has no {word}"
        );
    }
    for name in ["index.html", "page.css", "worker.js"] {
        assert!(root().join("bindings/page/dist").join(name).is_file());
    }
    let html = fs::read_to_string(root().join("bindings/page/dist/index.html")).unwrap();
    assert!(html.contains("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'") && !html.contains("unsafe-inline"));
}

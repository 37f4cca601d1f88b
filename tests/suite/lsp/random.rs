//! Random edits: the server never fails, and what it says in the end is what a fresh check says.

use std::fs;
use std::path::Path;

use lsrc::analysis::{Configs, Disk, Options, analyse};
use proptest::prelude::{any, prop};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::client::Client;

/// Where, how much, and what is written there: numbers that are taken as places of the text as it is then.
type Edit = (u32, u32, u8);

/// What is written: pieces of rules and of other texts.
const PIECES: [&str; 24] = [
    "",
    "if ",
    "visits",
    " >= 3",
    "then +1",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "`",
    "\n",
    "\r\n",
    "score x { ",
    "schema c { a: text }",
    "é",
    "𝄞",
    "..",
    "1",
    "# ",
    "use \"b.lsr\"",
    "band visits { ..3: 0  4..: +5 }",
    " is ",
    "industry",
];

const TEXT: &str =
    "lsr 1\nuse \"b.lsr\"\nscore fit {\n  if visits > 3 then +1 because \"é\"\n  match industry { software: +1 else: 0 }\n}\n";
const USED: &str = "lsr 1\nschema c { key email: text  visits: integer  industry: one of [software, finance] }\n";

#[test]
fn random_edits_end_in_the_diagnostics_of_a_fresh_check() {
    let cases = std::env::var("LSRC_PAIRS").map_or(12_000, |pairs| pairs.parse::<u32>().unwrap()) / 100;
    let config = Config { cases: cases.max(4), failure_persistence: None, ..Config::default() };
    let edits = prop::collection::vec((any::<u32>(), any::<u32>(), any::<u8>()), 1..12);
    TestRunner::new_with_rng(config.clone(), proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm))
        .run(&edits, |edits| played(&edits).map_err(TestCaseError::fail))
        .unwrap();
}

/// A position, in UTF-16 units; now and then one that there is not.
fn position(text: &str, number: u32) -> (usize, Value) {
    if number.is_multiple_of(17) {
        return (text.len(), json!({"line": 4_000_000, "character": number % 7}));
    }
    let mut at = number as usize % (text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    // Between the two characters of a line end there is no position.
    if text[..at].ends_with('\r') && text[at..].starts_with('\n') {
        at -= 1;
    }
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (at, json!({"line": line, "character": text[start..at].encode_utf16().count()}))
}

fn played(edits: &[Edit]) -> Result<(), String> {
    let mut client = Client::new();
    let folder = fs::canonicalize(client.folder()).unwrap();
    fs::write(folder.join("a.lsr"), TEXT).unwrap();
    fs::write(folder.join("b.lsr"), USED).unwrap();
    let uri = format!("file://{}", folder.join("a.lsr").display());
    client.tell(&json!({"id": 0, "method": "initialize", "params": {"capabilities": {}}}));
    let document = json!({"uri": uri, "languageId": "lsr", "version": 0, "text": TEXT});
    let mut last =
        diagnostics(&uri, &client.tell(&json!({"method": "textDocument/didOpen", "params": {"textDocument": document}})));
    let mut text = TEXT.to_owned();
    for (version, (from, to, piece)) in (1..).zip(edits) {
        let (start, first) = position(&text, *from);
        let (end, second) = position(&text, start as u32 + to % 12);
        let (start, end, range) = if start <= end {
            (start, end, json!({"start": first, "end": second}))
        } else {
            (end, start, json!({"start": second, "end": first}))
        };
        let new = PIECES[*piece as usize % PIECES.len()];
        text.replace_range(start..end, new);
        let changes = json!([{"range": range, "text": new}]);
        let document = json!({"uri": uri, "version": version});
        let params = json!({"textDocument": document, "contentChanges": changes});
        let said = client.tell(&json!({"method": "textDocument/didChange", "params": params}));
        last = diagnostics(&uri, &said).or(last);
        ask_everything(&mut client, &uri, &position(&text, to.wrapping_mul(31)).1)?;
    }
    let fresh = fresh(&folder, &text);
    let last = last.ok_or("no diagnostics were sent")?;
    if last == fresh { Ok(()) } else { Err(format!("after {text:?} the server says {last:?}; a fresh check says {fresh:?}")) }
}

/// Asks every question at a position; only the answers to what cannot be done are errors.
fn ask_everything(client: &mut Client, uri: &str, at: &Value) -> Result<(), String> {
    let methods = [
        "hover",
        "completion",
        "definition",
        "references",
        "documentHighlight",
        "prepareRename",
        "rename",
        "documentSymbol",
        "foldingRange",
        "selectionRange",
        "semanticTokens/full",
        "inlayHint",
        "codeLens",
        "formatting",
        "codeAction",
    ];
    for method in methods {
        let params = json!({
            "textDocument": {"uri": uri}, "position": at, "positions": [at], "range": {"start": at, "end": at},
            "context": {"includeDeclaration": true, "diagnostics": [], "triggerKind": 1}, "newName": "other",
            "options": {"tabSize": 2, "insertSpaces": true},
        });
        let answers = client.tell(&json!({"id": 1, "method": format!("textDocument/{method}"), "params": params}));
        let answer = answers.iter().find(|message| message.get("id").is_some()).ok_or(format!("{method} has no answer"))?;
        let refused = answer.pointer("/error/code").is_some_and(|code| *code != -32803);
        if refused || (answer.get("error").is_some() && !method.ends_with("ename")) {
            return Err(format!("{method}: {answer}"));
        }
    }
    Ok(())
}

/// The code and message of the diagnostics that were last sent for a document.
fn diagnostics(uri: &str, messages: &[Value]) -> Option<Vec<(String, String)>> {
    let mut sent = messages.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics");
    let own = sent.rfind(|message| message["params"]["uri"] == uri)?;
    let all = own["params"]["diagnostics"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Some(all.map(|it| (text(&it["code"]), text(&it["message"]).lines().next().unwrap_or_default().to_owned())).collect())
}

/// The same of a check that starts with the text.
fn fresh(folder: &Path, text: &str) -> Vec<(String, String)> {
    let path = folder.join("a.lsr");
    fs::write(&path, text).unwrap();
    let entries = [path.clone(), folder.join("b.lsr")];
    let analysis = analyse(&Disk::default(), &entries, &mut Configs::on_disk(None), Options::default()).unwrap();
    let own = analysis.findings.iter().filter(|finding| {
        let file = analysis.sources.get(finding.span.file).unwrap();
        file.path().map_or_else(|| file.name().to_owned(), |path| path.display().to_string()) == path.display().to_string()
    });
    own.map(|finding| (finding.code.name().to_owned(), finding.message.lines().next().unwrap_or_default().to_owned())).collect()
}

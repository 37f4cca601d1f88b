//! How long a client waits, in milliseconds: `cargo bench --bench lsp`. An edit in the middle of a file to its errors, from
//! there to the warnings, from there to ranges and hits; completion right after an edit, and hover; of projects of 250 lines and of 1,000 rules; p50 and p95.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for the command line, which fails by panicking"
)]

use std::fs;
use std::time::Instant;

use lsrc::lsp::{Message, Session};
use serde_json::{Value, json};

/// So many edits are measured.
const ROUNDS: usize = 60;

fn main() {
    println!("{:<12} {:<24} {:>8} {:>8}", "project", "what", "p50 ms", "p95 ms");
    measure("250 lines", 230, 20);
    measure("1,000 rules", 1000, 100);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("not known here");
    println!("peak memory: {}", peak.trim());
}

/// A project with so many rules, over so many properties.
fn project(rules: usize, properties: usize) -> (String, String) {
    let mut schema = "lsr 1\nschema contact {\n  key email: text\n".to_owned();
    for at in 0..properties {
        let ty = ["integer", "one of [a, b, c, d, e, f]", "date", "text"][at % 4];
        schema.push_str(&format!("  p{at}: {ty}\n"));
    }
    schema.push_str("}\n");
    let mut score = "lsr 1\nuse \"contact.lsr\"\nscore fit max 100 {\n".to_owned();
    for at in 0..rules {
        let name = at % properties;
        let condition = match name % 4 {
            0 => format!("p{name} > {}", at % 50),
            1 => format!("p{name} is {}", ["a", "b", "c", "d", "e", "f"][at / properties % 6]),
            2 => format!("p{name} within {} days", 1 + at % 90),
            _ => format!("p{name} contains \"word{at}\""),
        };
        score.push_str(&format!("  if {condition} then +{} because \"reason {at}\"\n", 1 + at % 9));
    }
    score.push_str("}\nlabel grade by fit { 50..: A  ..<50: B }\n");
    (schema, score)
}

fn measure(name: &str, rules: usize, properties: usize) {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let (schema, score) = project(rules, properties);
    fs::write(root.join("lsrc.toml"), "").unwrap();
    fs::write(root.join("contact.lsr"), schema).unwrap();
    fs::write(root.join("score.lsr"), &score).unwrap();
    let uri = format!("file://{}", root.join("score.lsr").display());
    let mut session = Session::new(Box::new(()));
    tell(&mut session, json!({"id": 0, "method": "initialize", "params": {"capabilities": {}}}));
    let document = json!({"uri": uri, "languageId": "lsr", "version": 0, "text": score});
    tell(&mut session, json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}));
    while session.work().is_some() {}
    let line = rules / 2;
    let mut times: [Vec<f64>; 5] = Default::default();
    for round in 0..ROUNDS {
        let at = json!({"line": line, "character": 5});
        let text = if round % 2 == 0 { "p0 > 3 and " } else { "" };
        let end = if round % 2 == 0 { 5 } else { 16 };
        let change = json!({"range": {"start": at, "end": {"line": line, "character": end}}, "text": text});
        let params = json!({"textDocument": {"uri": uri, "version": round + 1}, "contentChanges": [change]});
        times[2].push(timed(|| {
            tell(&mut session, json!({"method": "textDocument/didChange", "params": params}));
            ask(&mut session, "completion", &uri, &at);
        }));
        times[0].push(timed(|| {
            session.work();
        }));
        times[4].push(timed(|| while !published(&session.work().unwrap()) {}));
        times[1].push(timed(|| while session.work().is_some() {}));
        times[3].push(timed(|| ask(&mut session, "hover", &uri, &at)));
    }
    let what = ["edit to errors", "ranges and hits, after", "edit to completion", "hover", "warnings, after"];
    for (what, times) in what.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        println!("{name:<12} {what:<24} {:>8.2} {:>8.2}", times[ROUNDS / 2], times[ROUNDS * 95 / 100]);
    }
}

fn published(messages: &[Message]) -> bool {
    messages.iter().any(|message| matches!(message, Message::Notification(note) if note.method.ends_with("publishDiagnostics")))
}

fn timed(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1000.0
}

fn tell(session: &mut Session, message: Value) {
    session.handle(serde_json::from_value(message).unwrap());
}

fn ask(session: &mut Session, method: &str, uri: &str, at: &Value) {
    let params = json!({"textDocument": {"uri": uri}, "position": at});
    tell(session, json!({"id": 1, "method": format!("textDocument/{method}"), "params": params}));
}

//! What sources and data hold does not command the terminal, a page or a document.

use super::{RULES, folder, run};

const COMMANDS: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}";

#[track_caller]
fn is_harmless(bytes: &[u8]) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let hostile = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == '\u{202e}';
    assert!(!text.contains(hostile), "{text:?}");
}

#[test]
fn sources_are_shown_without_their_commands() {
    let rules = format!("{RULES}score x {{ if t is \"{COMMANDS}\" then {COMMANDS} }}\n");
    let dir = folder(&[("r.lsr", rules.as_bytes())]);
    for format in ["text", "short", "plain", "github"] {
        is_harmless(&run(dir.path(), &["check", "r.lsr", "--format", format]).stdout);
    }
    is_harmless(&run(dir.path(), &["run", "r.lsr", "d.csv"]).stderr);
}

#[test]
fn data_are_shown_without_their_commands() {
    let data = format!("id,n,t\n1,{COMMANDS},x\n{COMMANDS},2,y\n3,1,\"{COMMANDS}\"\n");
    let open = format!("id,n,t\n1,2,\"{COMMANDS}\n");
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", data.as_bytes()), ("open.csv", open.as_bytes())]);
    is_harmless(&run(dir.path(), &["run", "r.lsr", "d.csv"]).stderr);
    is_harmless(&run(dir.path(), &["run", "r.lsr", "open.csv"]).stderr);
    let why = run(dir.path(), &["why", "r.lsr", "d.csv", "3"]);
    is_harmless(&why.stdout);
    is_harmless(&why.stderr);
}

#[test]
fn data_stay_data_in_pages_and_documents() {
    let data = "id,n,t\n1,1,<script>alert(1)</script>\n2,1,a|b`c`\n";
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", data.as_bytes())]);
    let html = run(dir.path(), &["why", "r.lsr", "d.csv", "1", "--format", "html"]);
    let html = String::from_utf8(html.stdout).unwrap();
    assert!(html.contains("alert(1)") && !html.contains("<script>alert"), "{html}");
    let md = run(dir.path(), &["why", "r.lsr", "d.csv", "1", "--format", "md"]);
    assert!(!String::from_utf8(md.stdout).unwrap().contains("<script>"));
}

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

/// Rules whose every text holds commands, as the texts of a CRM might.
fn hostile_rules() -> String {
    let rules = r#"lsr 1
schema contact {
  key id: text
  n: integer
  t: text
  phase: one of [new, "done@"]
  out: boolean
}
## What @ is.
# A comment @
list words = ["@x", "chief"]
exclude if out because "out @"
score s {
  if t contains words then +2 because "because @"
  group "g @" max 5 { per n then +1 because "n @" }
  match phase { new: +1  "done@": +2 }
}
label grade by s { 0..: "grade @" }
lifecycle phase {
  stage "done@" when s > 2 because "stage @"
  otherwise new
}
test "passes @" { given n = 3  expect s = 3, fired "n @" }
test "fails @" { given t = "@x", n = 1  expect s = 9, grade is "grade @" }
"#;
    rules.replace('@', COMMANDS)
}

#[test]
fn no_command_passes_on_what_rules_and_data_hold() {
    let rules = hostile_rules();
    let data = format!("id,n,t,phase,out\n{COMMANDS},1,x,new,no\n2,{COMMANDS},{COMMANDS}x,{COMMANDS},no\n3,1,x,new,yes\n");
    let dir = folder(&[
        ("r.lsr", rules.as_bytes()),
        ("new.lsr", rules.replace("then +2", "then +9").as_bytes()),
        ("d.csv", data.as_bytes()),
    ]);
    let odd = format!("{COMMANDS}.lsr");
    for arguments in [
        &["check", "-v", "r.lsr"][..],
        &["check", "r.lsr", "--format", "html"],
        &["check", "r.lsr", "--fix", "--unsafe", "--diff"],
        &["fmt", "--diff", "r.lsr"],
        &["show", "r.lsr"],
        &["show", "r.lsr", "--format", "md"],
        &["show", "r.lsr", "--format", "html"],
        &["test", "r.lsr", "--coverage"],
        &["test", "r.lsr", "--mutate"],
        &["test", "r.lsr", "--suggest"],
        &["test", "r.lsr", "--format", "github"],
        &["why", "r.lsr", "d.csv", "2"],
        &["why", "r.lsr", "d.csv", "2", "--format", "md"],
        &["why", "r.lsr", "d.csv", "2", "--format", "html"],
        &["why", "r.lsr", "d.csv", COMMANDS],
        &["diff", "r.lsr", "new.lsr", "d.csv"],
        &["diff", "r.lsr", "new.lsr", "d.csv", "--format", "md"],
        &["diff", "r.lsr", "new.lsr", "d.csv", "--format", "html"],
        &["run", "r.lsr", "d.csv", "-o", "o.csv", "-v"],
        &["run", "r.lsr", "d.csv", "--strict"],
        &["run", "r.lsr", "d.csv", "--where", COMMANDS],
        &["run", "r.lsr", "d.csv", "--select", COMMANDS],
        &["run", "r.lsr", &odd],
        &["check", &odd],
        &["explain", COMMANDS],
        &["sql", "r.lsr", "--dialect", "sqlite"],
        &["compile", "r.lsr", "-o", "r.lsrb"],
        &["disasm", "r.lsrb"],
    ] {
        let output = run(dir.path(), arguments);
        let code = output.status.code();
        assert!(code.is_some_and(|code| code <= 2), "{arguments:?}: {code:?}");
        for bytes in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(bytes);
            let hostile = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == '\u{202e}';
            assert!(!text.contains(hostile), "{arguments:?}: {text:?}");
        }
    }
}

/// What a spreadsheet would run gets an apostrophe; numbers and telephone numbers stay, and so does JSON.
#[test]
fn formulas_in_the_data_do_not_run_in_a_spreadsheet() {
    let rules = RULES.replace("key id: integer", "key id: text");
    let data = "id,n,t\n=cmd|' /C calc'!A0,1,@SUM(A1)\n-5,1,+33 1 23-45\n-2+3+cmd|x,1,plain\n";
    let dir = folder(&[("r.lsr", rules.as_bytes()), ("d.csv", data.as_bytes())]);
    let csv = run(dir.path(), &["run", "r.lsr", "d.csv", "-q", "--select", "t"]);
    let csv = String::from_utf8(csv.stdout).unwrap();
    let expected = "id,s,excluded,t\n'=cmd|' /C calc'!A0,1,,'@SUM(A1)\n-5,1,,+33 1 23-45\n'-2+3+cmd|x,1,,plain\n";
    assert_eq!(csv.replace('\r', ""), expected);
    let json = run(dir.path(), &["run", "r.lsr", "d.csv", "-q", "--output-format", "jsonl"]);
    assert!(String::from_utf8(json.stdout).unwrap().starts_with("{\"id\":\"=cmd|' /C calc'!A0\""));
}

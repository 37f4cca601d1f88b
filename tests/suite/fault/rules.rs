//! Rules that are deep, long or climb out of their folder.

use super::{RULES, folder, noise, run, survives};

fn with_rule(rule: &str) -> String {
    RULES.replace("  per n then +1\n", &format!("  {rule}\n"))
}

/// What `check --format short` says of a program.
fn said(rules: &str) -> String {
    let dir = folder(&[("r.lsr", rules.as_bytes())]);
    let output = survives(dir.path(), &["check", "r.lsr", "--format", "short", "--max-diagnostics", "3"]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn nesting_beyond_two_hundred_is_refused_however_it_comes_about() {
    for rule in [
        format!("if {}n > 1{} then +1", "(".repeat(100_000), ")".repeat(100_000)),
        format!("if {}n > 1 then +1", "not ".repeat(5000)),
        format!("if {}n > 1 then +1", "-".repeat(50_000)),
        format!("{} if n > 1 then +1 {}", "group \"g\" { ".repeat(5000), "}".repeat(5000)),
        format!("if n > 1{} then +1", " + 1".repeat(20_000)),
    ] {
        assert!(said(&with_rule(&rule)).contains("too-deep"), "{}", &rule[..60]);
    }
    assert!(said(&"[".repeat(100_000)).contains("too-deep"));
    assert!(said(&"{".repeat(100_000)).contains("error"));
}

#[test]
fn long_programs_are_checked() {
    let rules: String = (0..2000).map(|n| format!("  if n = {n} then +1\n")).collect();
    assert_eq!(said(&with_rule(rules.trim())), "");
    let parts: Vec<String> = (0..2000).map(|n| format!("n != {n}")).collect();
    assert!(!said(&with_rule(&format!("if ({}) unless n = 1 then +1", parts.join(" and ")))).contains("error"));
}

#[test]
fn patterns_of_hostile_size_are_refused_and_those_that_backtrack_elsewhere_are_fast() {
    assert!(said(&with_rule("if t matches /((a{1000}){1000}){1000}/ then +1")).contains("bad-pattern"));
    assert!(said(&with_rule("if t matches /(unclosed/ then +1")).contains("bad-pattern"));
    let rules = with_rule("if t matches /(x+x+)+y/ then +1");
    let data = format!("id,n,t\n1,1,{}\n", "x".repeat(200_000));
    let dir = folder(&[("r.lsr", rules.as_bytes()), ("d.csv", data.as_bytes())]);
    let output = run(dir.path(), &["run", "r.lsr", "d.csv", "-q"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).replace('\r', ""), "id,s,excluded\n1,0,\n");
}

#[test]
fn a_list_of_many_entries_is_read() {
    let list: String = (0..200_000).map(|n| format!("company-{n}.com\n")).collect();
    let rules = with_rule("if t in rivals then +5").replace("score s", "list rivals from \"rivals.txt\"\nscore s");
    let dir = folder(&[
        ("r.lsr", rules.as_bytes()),
        ("rivals.txt", list.as_bytes()),
        ("d.csv", b"id,n,t\n1,0,COMPANY-199999.com\n2,0,company-200000.com\n"),
    ]);
    let output = run(dir.path(), &["run", "r.lsr", "d.csv", "-q"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).replace('\r', ""), "id,s,excluded\n1,5,\n2,0,\n");
}

#[test]
fn noise_is_no_program() {
    for seed in 0..20 {
        let dir = folder(&[("r.lsr", &noise(seed, 3000))]);
        for command in ["check", "fmt", "disasm"] {
            survives(dir.path(), &[command, "r.lsr"]);
        }
    }
}

#[test]
fn paths_do_not_climb_out_of_the_project() {
    let outside = folder(&[("secret.txt", b"a.com\n"), ("more.lsr", b"lsr 1\ndefine q = 1\n")]);
    let secret = outside.path().join("secret.txt").display().to_string();
    let depth = "../".repeat(20);
    let dir = folder(&[
        ("project/lsrc.toml", b""),
        (
            "project/absolute.lsr",
            with_rule("if t in l then +1").replace("score s", &format!("list l from \"{secret}\"\nscore s")).as_bytes(),
        ),
        (
            "project/climbs.lsr",
            with_rule("if t in l then +1")
                .replace("score s", &format!("list l from \"{depth}etc/hostname\"\nscore s"))
                .as_bytes(),
        ),
        ("project/uses.lsr", format!("lsr 1\nuse \"{}\"\n", outside.path().join("more.lsr").display()).as_bytes()),
        ("project/links.lsr", with_rule("if t in l then +1").replace("score s", "list l from \"link.txt\"\nscore s").as_bytes()),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(&secret, dir.path().join("project/link.txt")).unwrap();
    let project = dir.path().join("project");
    for file in ["absolute.lsr", "climbs.lsr", "uses.lsr", "links.lsr"] {
        let output = survives(&project, &["check", file, "--format", "short"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("file-not-found") && said.contains("outside"), "{file}: {said}");
    }
    let allowed = survives(&project, &["check", "absolute.lsr", "--format", "short", "--allow-outside"]);
    assert_eq!(String::from_utf8_lossy(&allowed.stdout), "");
}

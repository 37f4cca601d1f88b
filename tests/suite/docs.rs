//! The documents keep their word: their examples are right, and their tables are complete.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use lsrc::diag::{Code, Severity};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A fenced block of a document.
struct Block {
    line: usize,
    /// What follows `lsr` after the fence: how the block is made a whole file.
    kind: String,
    text: String,
}

fn lsr_blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```lsr") else { continue };
        let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
        blocks.push(Block { line: at + 1, kind: kind.trim().to_owned(), text });
    }
    blocks
}

const HEAD: &str = "lsr 1\n\nuse \"contact.lsr\"\n\n";

impl Block {
    /// The file that the block stands for, among the rules that use the document's schema.
    fn file(&self) -> String {
        match self.kind.as_str() {
            "" | "complete" | "schema" => self.text.clone(),
            "fragment" => format!("{HEAD}{}\n", self.text),
            "items" => format!("{HEAD}score points {{\n{}\n}}\n", self.text),
            "conditions" => {
                let mut file = HEAD.to_owned();
                for (at, line) in self.text.lines().enumerate() {
                    writeln!(file, "define condition_{at} = {line}").unwrap();
                }
                file
            }
            other => panic!("line {}: no block is called `lsr {other}`", self.line),
        }
    }
}

/// The blocks of a document that `check` has something to say about.
fn findings(document: &str) -> String {
    let mut said = String::new();
    let mut schema = String::new();
    for block in lsr_blocks(&read(document)) {
        if block.kind == "schema" {
            schema.clone_from(&block.text);
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("contact.lsr"), &schema).unwrap();
        fs::write(folder.path().join("block.lsr"), block.file()).unwrap();
        let output = Command::cargo_bin("lsrc")
            .unwrap()
            .args(["check", "--format", "short", "--fail-level", "warning", "block.lsr"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            writeln!(said, "{document}:{}: the block is not clean:\n{text}", block.line).unwrap();
        }
    }
    said
}

#[test]
fn examples_of_the_guide_are_clean() {
    let said = findings("docs/language.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn examples_of_the_reference_are_clean() {
    let said = findings("docs/reference.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_first_page_shows_sound_rules() {
    let said = findings("README.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_reference_lists_every_finding() {
    let reference = read("docs/reference.md");
    for (marker, severity) in [("<!-- errors -->", Severity::Error), ("<!-- warnings -->", Severity::Warning)] {
        let mut table = String::from("| name | finds |\n| --- | --- |\n");
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let off = if code.on_by_default() { "" } else { " (off unless `lsrc.toml` asks for it)" };
            writeln!(table, "| `{}` | {}{off} |", code.name(), code.summary()).unwrap();
        }
        let shown = reference.split(marker).nth(1).expect("the marker").trim_start();
        assert!(shown.starts_with(&table), "docs/reference.md, below {marker}, should read:\n\n{table}");
    }
}

/// Every long flag that clap knows, by command: `schema infer` is one.
fn flags_of(command: &clap::Command, path: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let own: Vec<_> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !argument.is_global_set())
        .filter_map(clap::Arg::get_long)
        .filter(|long| !["help", "version"].contains(long))
        .map(str::to_owned)
        .collect();
    if !command.has_subcommands() {
        found.insert(path.to_owned(), own);
    }
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        flags_of(sub, format!("{path} {}", sub.get_name()).trim(), found);
    }
}

/// The flags that a section of `docs/cli.md` names in the first cells of its tables, by section.
fn flags_in_docs(document: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = None;
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.strip_prefix("`lsrc ").map(|rest| rest.trim_end_matches('`').to_owned());
            if let Some(name) = &section {
                found.entry(name.clone()).or_default();
            }
        } else if let (Some(name), Some(cell)) = (&section, line.strip_prefix("| ").and_then(|rest| rest.split(" | ").next())) {
            let flags = cell.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("--"));
            let names = flags.map(|flag| flag.split([' ', '=', '[']).next().unwrap_or("").to_owned());
            found.entry(name.clone()).or_default().extend(names);
        }
    }
    found
}

#[test]
fn the_command_page_lists_every_command_and_flag() {
    let mut real = BTreeMap::new();
    flags_of(&lsrc::cli::command_line(), "", &mut real);
    let mut shown = flags_in_docs(&read("docs/cli.md"));
    for flags in real.values_mut().chain(shown.values_mut()) {
        flags.sort();
    }
    for (command, flags) in &real {
        let listed = shown.get(command).unwrap_or_else(|| panic!("docs/cli.md has no section \"## `lsrc {command}`\""));
        assert_eq!(listed, flags, "the flags of `lsrc {command}` in docs/cli.md (left) and in the program (right)");
    }
    for command in shown.keys() {
        assert!(real.contains_key(command), "docs/cli.md describes `lsrc {command}`, which is no command");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for path in ["README.md", "docs/language.md", "docs/reference.md", "docs/cli.md", "docs/architecture.md", "docs/design.md"] {
        let folder = Path::new(path).parent().unwrap();
        let text = read(path);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") {
                continue;
            }
            if !Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(file).exists() {
                dead.push(format!("{path}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "links to nothing:\n{}", dead.join("\n"));
}

/// Prints the blocks as the files that they stand for.
#[test]
#[ignore = "a tool"]
fn zz_dump() {
    for document in ["docs/language.md", "docs/reference.md"] {
        for block in lsr_blocks(&read(document)) {
            let text = block.file();
            let parsed = lsrc::syntax::parse(lsrc::source::FileId(0), &text);
            for d in parsed.diagnostics.iter() {
                println!("{document}:{} {} at {:?}", block.line, d.message, text[d.span.start as usize..].chars().take(40).collect::<String>());
            }
        }
    }
    for e in walkdir::WalkDir::new("examples") {
        let e = e.unwrap().into_path();
        if e.extension().is_some_and(|x| x == "lsr") {
            let text = fs::read_to_string(&e).unwrap();
            let parsed = lsrc::syntax::parse(lsrc::source::FileId(0), &text);
            for d in parsed.diagnostics.iter() {
                println!("{} {} at {:?}", e.display(), d.message, text[d.span.start as usize..].chars().take(40).collect::<String>());
            }
        }
    }
}

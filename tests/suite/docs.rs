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
    let said = findings("docs/guide/language.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn examples_of_the_reference_are_clean() {
    let said = findings("docs/reference/language.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn recipes_are_clean() {
    let said = findings("docs/guide/recipes.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_first_page_shows_sound_rules() {
    let said = findings("README.md");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_reference_lists_every_finding() {
    let reference = read("docs/reference/language.md");
    for (marker, severity) in [("<!-- errors -->", Severity::Error), ("<!-- warnings -->", Severity::Warning)] {
        let mut table = String::from("| name | finds |\n| --- | --- |\n");
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let off = if code.on_by_default() { "" } else { " (off unless `lsrc.toml` asks for it)" };
            writeln!(table, "| `{}` | {}{off} |", code.name(), code.summary()).unwrap();
        }
        let shown = reference.split(marker).nth(1).expect("the marker").trim_start();
        assert!(shown.starts_with(&table), "docs/reference/language.md, below {marker}, should read:\n\n{table}");
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

/// The section of the flags that all commands share that read records.
const READING: &str = "Reading records";

/// The flags that a section of `docs/reference/cli.md` names in the first cells of its tables, by section.
fn flags_in_docs(document: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = None;
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.strip_prefix("`lsrc ").map(|rest| rest.trim_end_matches('`').to_owned());
            if title == READING {
                section = Some(READING.to_owned());
            }
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
    let mut shown = flags_in_docs(&read("docs/reference/cli.md"));
    let reading = shown.remove(READING).expect("a section on reading records");
    // `sql` names tables, and reads no record.
    let readers = real.iter_mut().filter(|(command, flags)| *command != "sql" && flags.iter().any(|flag| flag == "events"));
    for (command, flags) in readers {
        for flag in &reading {
            let at = flags.iter().position(|real| real == flag);
            flags.remove(at.unwrap_or_else(|| panic!("`lsrc {command}` reads records and has no --{flag}")));
        }
    }
    for flags in real.values_mut().chain(shown.values_mut()) {
        flags.sort();
    }
    for (command, flags) in &real {
        let listed = shown.get(command).unwrap_or_else(|| panic!("docs/reference/cli.md has no section \"## `lsrc {command}`\""));
        assert_eq!(listed, flags, "the flags of `lsrc {command}` in docs/reference/cli.md (left) and in the program (right)");
    }
    for command in shown.keys() {
        assert!(real.contains_key(command), "docs/reference/cli.md describes `lsrc {command}`, which is no command");
    }
}

/// Every page of the repository.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let within = |folder: &str| {
        let entries = walkdir::WalkDir::new(root.join(folder)).sort_by_file_name().into_iter();
        let files = entries.map(|entry| entry.unwrap().into_path()).filter(|path| path.extension().is_some_and(|e| e == "md"));
        files.map(|path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")).collect::<Vec<_>>()
    };
    let all = [vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()], within("docs"), within("examples"), within("benches")]
        .concat();
    assert!(all.len() > 60, "{all:?}");
    all
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for path in pages() {
        let folder = Path::new(&path).parent().unwrap();
        let text = read(&path);
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

/// Documents whose ```console blocks show real output: the line after the fence says where, `$ lsrc ..` says what.
fn documents_with_output() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<_> = ["README.md", "docs/guide/workflow.md", "docs/guide/recipes.md"]
        .iter()
        .map(|path| root.join(path))
        .filter(|path| path.exists())
        .collect();
    for entry in fs::read_dir(root.join("examples")).unwrap() {
        found.push(entry.unwrap().path().join("README.md"));
    }
    found.retain(|path| path.exists());
    found.sort();
    found
}

/// Words of a command line; single quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// What a command prints, first its result and then what it says about it; what differs from run to run is `[..]`.
fn printed(command: &str, folder: &Path) -> String {
    let output = Command::cargo_bin("lsrc")
        .unwrap()
        .args(words(command))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let varying = regex::Regex::new(r" in (?:less than )?[0-9.,]+ (?:ms|s|min)[^\n]* a second\)").unwrap();
    varying.replace_all(text.trim_end(), " in [..]").lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Whether the output is as shown, where a line `...` stands for any number of lines.
fn agrees(shown: &[&str], output: &[&str]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((&"...", rest)) => (0..=output.len()).any(|skip| agrees(rest, &output[skip..])),
        Some((line, rest)) => output.split_first().is_some_and(|(first, others)| line == first && agrees(rest, others)),
    }
}

/// With `UPDATE_DOCS=1` the blocks are written anew, except where `...` leaves something out.
#[test]
fn shown_output_is_real() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = String::new();
    for path in documents_with_output() {
        let text = fs::read_to_string(&path).unwrap();
        let mut written = String::new();
        let mut folder = None;
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            writeln!(written, "{line}").unwrap();
            if let Some(place) = line.strip_prefix("```console") {
                let place = place.trim();
                folder = Some(if place.is_empty() { path.parent().unwrap().to_path_buf() } else { root.join(place) });
            } else if line.starts_with("```") {
                folder = None;
            }
            let (Some(folder), Some(command)) = (&folder, line.strip_prefix("$ lsrc ")) else { continue };
            let mut shown = Vec::new();
            while let Some(next) = lines.next_if(|next| !next.starts_with("$ ") && *next != "```") {
                shown.push(next);
            }
            let output = printed(command, folder);
            let agrees = agrees(&shown, &output.lines().collect::<Vec<_>>());
            if !agrees {
                writeln!(wrong, "{}: `lsrc {command}` prints\n{output}\n", path.display()).unwrap();
            }
            let keep = agrees || shown.contains(&"...");
            written.push_str(&if keep { shown.join("\n") } else { output });
            if !written.ends_with('\n') {
                written.push('\n');
            }
        }
        if update && written != text {
            fs::write(&path, written).unwrap();
        }
    }
    assert!(update || wrong.is_empty(), "shown output is not what is printed; look, then set UPDATE_DOCS=1:\n\n{wrong}");
}

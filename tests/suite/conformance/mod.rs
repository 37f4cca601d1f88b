//! The conformance cases, through the oracle and through the program.

pub(crate) mod archive;

use archive::Case;

/// Every program that is to run parses.
#[test]
fn programs_parse() {
    let mut wrong = String::new();
    for case in archive::all().iter().filter(|case| case.file("expected.csv").is_some()) {
        for (name, text) in case.files.iter().filter(|(name, _)| name.ends_with(".lsr")) {
            let parsed = lsrc::syntax::parse(lsrc::source::FileId(0), text);
            for problem in parsed.diagnostics.iter() {
                wrong += &format!("{} {name}: {} at {:?}\n", case.name, problem.message, text.get(problem.span.start as usize..));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// `INDEX.md` says which sentence each case holds; `INSTA_UPDATE=always` writes it anew.
#[test]
fn the_index_is_complete() {
    let mut lines: Vec<(String, String)> = Vec::new();
    for case in archive::all() {
        let sentences: Vec<&str> = case.prose.lines().filter(|line| is_sentence(line)).collect();
        assert!(!sentences.is_empty(), "{} names no sentence of the reference", case.name);
        lines.extend(sentences.iter().map(|sentence| ((*sentence).to_owned(), case.name.clone())));
    }
    lines.sort_by_key(|(sentence, case)| (section(sentence), case.clone()));
    let mut index = String::from("# Which sentence each case holds\n\nMade from the heads of the cases.\n");
    let mut area = None;
    for (sentence, case) in &lines {
        if area != Some(section(sentence)) {
            area = Some(section(sentence));
            index += &format!("\n## Section {}\n\n", section(sentence));
        }
        let words = sentence.split_once(". ").map_or(sentence.as_str(), |(_, words)| words);
        index += &format!("* {words} [{case}]({case}.txt)\n");
    }
    let path = archive::folder().join("INDEX.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &index).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == index, "INDEX.md is not what the cases say; INSTA_UPDATE=always writes it anew");
}

fn is_sentence(line: &str) -> bool {
    line.strip_prefix("Section ").is_some_and(|rest| rest.split_once(". ").is_some_and(|(n, _)| n.parse::<u32>().is_ok()))
}

fn section(sentence: &str) -> u32 {
    let number = sentence.trim_start_matches("Section ").split('.').next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The cases that are run.
pub(crate) fn runs() -> Vec<Case> {
    archive::all().into_iter().filter(|case| case.file("expected.csv").is_some()).collect()
}

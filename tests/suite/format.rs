//! Tree to canonical text.

use lsrc::format::{format, same_tree};
use lsrc::source::FileId;
use lsrc::syntax::{Parsed, parse};

fn sound(text: &str) -> Parsed {
    let parsed = parse(FileId(0), text);
    let said: Vec<&str> = parsed.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(said.is_empty(), "{said:?}\n{text}");
    parsed
}

/// The canonical text, after proving that it is canonical and says the same.
fn formatted(text: &str) -> String {
    let parsed = sound(text);
    let once = format(&parsed, text);
    let again = sound(&once);
    assert!(same_tree((&parsed, text), (&again, &once)), "the tree changed:\n{once}");
    let twice = format(&again, &once);
    assert_eq!(once, twice, "formatting is not idempotent");
    once
}

/// All rule files below a folder.
fn rule_files(folder: &str) -> Vec<std::path::PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|e| e == "lsr")).collect()
}

#[test]
fn cases_come_out_in_the_canonical_layout() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../cases/format");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let files = rule_files("tests/cases/format");
        assert!(!files.is_empty());
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), formatted(&text));
        }
    });
}

#[test]
fn sound_files_keep_their_tree() {
    let files = [rule_files("tests/cases/syntax/sound"), rule_files("examples")].concat();
    assert!(!files.is_empty());
    for path in files {
        formatted(&std::fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn examples_are_canonical() {
    for path in rule_files("examples") {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text), text, "{}", path.display());
    }
}

#[test]
fn a_file_with_errors_is_left_alone() {
    let text = "define   a =\n\n\n\nscore s {}";
    assert_eq!(format(&parse(FileId(0), text), text), text);
}

#[test]
fn another_tree_is_noticed() {
    let (a, b) = ("define a = b and c", "define a = b or c");
    assert!(!same_tree((&sound(a), a), (&sound(b), b)));
    let (a, b) = ("define a = b # c", "define a = b # d");
    assert!(!same_tree((&sound(a), a), (&sound(b), b)));
    let (a, b) = ("define a = b", "define   a\n = b");
    assert!(same_tree((&sound(a), a), (&sound(b), b)));
}

/// The text with other white space wherever it means nothing: more blanks, other indents, more blank lines.
fn scrambled(text: &str, seed: &[u8]) -> String {
    let mut seeds = seed.iter().cycle().copied();
    let mut pick = |of: u8| seeds.next().unwrap_or(0) % of;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            out.push_str(&"\n".repeat(1 + usize::from(pick(3))));
            continue;
        }
        out.push_str([" ", "", "\t", "      "][usize::from(pick(4))]);
        let mut inside = None;
        let pattern = line.contains("match");
        for c in line.trim().chars() {
            match inside {
                Some(mark) if c == mark && c != '#' => inside = None,
                None if matches!(c, '"' | '`' | '#') || c == '/' && pattern => inside = Some(c),
                Some(_) | None => {}
            }
            out.push(c);
            if inside.is_none() && c == ' ' {
                out.push_str(["", "", " ", "\t"][usize::from(pick(4))]);
            }
        }
        out.push_str(["\n", " \n", "\r\n"][usize::from(pick(3))]);
    }
    out
}

#[test]
fn lines_end_as_the_first_one_does() {
    let text = "lsr 1\n\nlist l = [\n  \"a\",\n  # note\n\n  \"b\",\n]\n\nscore s {\n  if a then +1\n}\n";
    assert_eq!(formatted(text), text);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(formatted(&windows), windows);
    assert_eq!(formatted("lsr 1\r\ndefine a = b\n"), "lsr 1\r\ndefine a = b\r\n");
    assert_eq!(formatted("lsr 1\ndefine a = b\r\n"), "lsr 1\ndefine a = b\n");
    assert_eq!(formatted("define a   = b"), "define a = b\n");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    #[test]
    fn white_space_does_not_matter(seed in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..200)) {
        for path in [rule_files("tests/cases/syntax/sound"), rule_files("tests/cases/format")].concat() {
            let canonical = formatted(&std::fs::read_to_string(&path).unwrap());
            let scrambled = scrambled(&canonical, &seed);
            assert_eq!(formatted(&scrambled).replace("\r\n", "\n"), canonical, "{}", path.display());
        }
    }
}

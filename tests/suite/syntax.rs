//! Text to tree.

use lsrc::source::FileId;
use lsrc::syntax::parse;

#[test]
fn sound_files_parse() {
    for entry in std::fs::read_dir("tests/cases/syntax/sound").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(FileId(0), &text);
        let said: Vec<String> = parsed
            .diagnostics
            .iter()
            .map(|d| format!("{} at {:?}", d.message, &text[d.span.start as usize..].chars().take(20).collect::<String>()))
            .collect();
        assert!(said.is_empty(), "{}: {said:?}", path.display());
        assert!(!parsed.file.items.is_empty());
    }
}

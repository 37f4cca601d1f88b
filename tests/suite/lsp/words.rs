//! The words of the language: what hovers say of them, and the grammar that colours them.

use std::fs;
use std::path::Path;

use lsrc::ide::{grammar, keywords};
use lsrc::source::FileId;
use lsrc::syntax;

/// A piece of rules in the places where it can be written.
fn wrapped(example: &str) -> [String; 6] {
    [
        example.to_owned(),
        format!("score s {{ {example} }}"),
        format!("schema c {{ {example} }}"),
        format!("lifecycle l {{ {example} }}"),
        format!("test \"t\" {{ {example} }}"),
        format!("exclude if {example}"),
    ]
}

#[test]
fn the_example_of_every_word_is_written_as_the_language_writes_it() {
    let words = syntax::keywords();
    for (word, meaning, example) in keywords::all() {
        assert!(words.contains(word), "`{word}` is not a word of the language");
        assert!(meaning.ends_with('.') && meaning.split_whitespace().count() <= 25, "{word}: {meaning}");
        assert!(example.contains(word), "`{example}` does not show `{word}`");
        let sound = |text: &String| !syntax::parse(FileId(0), text).diagnostics.has_errors();
        assert!(wrapped(example).iter().any(sound), "{word}: `{example}` does not parse");
    }
}

#[test]
fn the_colours_of_patterns_follow_the_keywords() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode/syntaxes/lsr.tmLanguage.json");
    let wanted = serde_json::to_string_pretty(&grammar::textmate()).unwrap() + "\n";
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &wanted).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "write it again with `INSTA_UPDATE=always cargo test --test suite patterns`");
}

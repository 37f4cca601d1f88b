//! Text to tree.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lsrc::source::{FileId, SourceFile, Sources};
use lsrc::syntax::{Parsed, is_keyword, is_reserved, keyword_table, parse};

fn read(path: &str) -> (Sources, Parsed) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut sources = Sources::new();
    let id = sources.add(SourceFile::new(path, None, text.as_str()));
    let parsed = parse(id, &text);
    (sources, parsed)
}

/// Every finding with its place, the text it is about, its help and its fixes.
fn findings(sources: &Sources, parsed: &Parsed) -> String {
    let mut out = String::new();
    for d in parsed.diagnostics.iter() {
        let place = sources.place(d.span);
        let first = sources.text(d.span).lines().next().unwrap_or_default();
        writeln!(out, "{}:{} {} {:?}: {}", place.line, place.column, d.code.name(), first, d.message).unwrap();
        for label in &d.labels {
            let place = sources.place(label.span);
            writeln!(out, "    {}:{} {}", place.line, place.column, label.message).unwrap();
        }
        if let Some(help) = &d.help {
            writeln!(out, "    help: {help}").unwrap();
        }
        for fix in &d.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|e| format!("{:?} -> {:?}", sources.text(e.span), e.text)).collect();
            writeln!(out, "    fix{}: {} ({})", if fix.safe { "" } else { " (unsafe)" }, fix.message, edits.join(", ")).unwrap();
        }
    }
    let names: Vec<&str> = parsed.broken_names.iter().map(|n| &**n).collect();
    writeln!(out, "broken names: {}", names.join(" ")).unwrap();
    out
}

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

/// The files of a folder of cases with their names, in order.
fn cases(folder: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "lsr"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path.to_string_lossy().into_owned()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} has no cases");
    found
}

#[test]
fn broken_files_are_told() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../cases/syntax/broken");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, path) in cases("tests/cases/syntax/broken") {
            let (sources, parsed) = read(&path);
            insta::assert_snapshot!(name, findings(&sources, &parsed));
        }
    });
}

/// The names and places of the findings of a text.
fn codes(text: &str) -> Vec<(&'static str, u32)> {
    parse(FileId(0), text).diagnostics.iter().map(|d| (d.code.name(), d.span.start)).collect()
}

#[test]
fn nesting_is_limited_to_two_hundred_levels() {
    let forms: [(&str, &str, &str); 7] = [
        ("(", "x", ")"),
        ("not ", "x", ""),
        ("- ", "x", ""),
        ("days since ", "x", ""),
        ("domain of ", "x", ""),
        ("max(", "x", ")"),
        ("x + (", "x", ")"),
    ];
    for (open, inner, close) in forms {
        let nested = |depth: usize| format!("define a = {}{inner}{}\nparam b = 1", open.repeat(depth), close.repeat(depth));
        assert_eq!(codes(&nested(90)), [], "{open}");
        for depth in [201, 20_000] {
            let text = nested(depth);
            let said = codes(&text);
            assert_eq!(said.len(), 1, "{open} {depth}: {said:?}");
            assert_eq!(said[0].0, "too-deep", "{open}");
            assert_eq!(parse(FileId(0), &text).file.items.len(), 1, "the item below stays");
        }
    }
    assert_eq!(codes(&format!("define a = {}x{}", "(".repeat(200), ")".repeat(200))), []);
}

#[test]
fn groups_nest_as_deep_as_brackets() {
    let nested = |depth: usize| format!("score s {{ {} {} }}", "group \"g\" { ".repeat(depth), "}".repeat(depth));
    assert_eq!(codes(&nested(199)), []);
    assert_eq!(codes(&nested(50_000)).first().map(|c| c.0), Some("too-deep"));
}

#[test]
fn long_rows_are_no_nesting_where_order_does_not_matter() {
    for word in [" and ", " or "] {
        let row = vec!["x"; 3_000].join(word);
        assert_eq!(codes(&format!("define a = {row}")), []);
    }
    let branches = " else if x then +1".repeat(1_000);
    assert_eq!(codes(&format!("score s {{ if x then +1{branches} }}")), []);
    let sum = vec!["x"; 3_000].join(" + ");
    assert_eq!(codes(&format!("define a = {sum}")), [("too-deep", 11)]);
}

#[test]
fn a_file_of_more_than_sixteen_mebibytes_is_refused() {
    let text = "#".repeat((16 << 20) + 1);
    assert_eq!(codes(&text), [("too-large", 0)]);
}

#[test]
fn a_mark_of_byte_order_and_any_line_end_are_white_space() {
    for text in ["\u{FEFF}lsr 1\nparam a = 1", "lsr 1\r\nparam a = 1\r\n", "lsr 1\rparam a = 1\r", "lsr 1 # x\rparam a = 1"] {
        let parsed = parse(FileId(0), text);
        assert!(parsed.diagnostics.is_empty(), "{text:?}");
        assert_eq!(parsed.file.items.len(), 2, "{text:?}");
    }
    assert_eq!(codes("param a = 1\0"), [("syntax", 11)]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_gives_a_tree_or_findings(text in "[ -~\\n“”é\0]{0,400}") {
        let parsed = parse(FileId(0), &text);
        for d in parsed.diagnostics.iter() {
            assert!(text.is_char_boundary(d.span.start as usize) && text.is_char_boundary(d.span.end as usize));
        }
    }

    #[test]
    fn any_row_of_words_gives_a_tree_or_findings(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..120)) {
        let text = words.join(" ");
        let parsed = parse(FileId(0), &text);
        assert!(parsed.diagnostics.has_errors() || parsed.file.items.len() <= words.len());
        if !parsed.diagnostics.has_errors() {
            let once = lsrc::format::format(&parsed, &text);
            let again = parse(FileId(0), &once);
            assert!(lsrc::format::same_tree((&parsed, &text), (&again, &once)), "{once}");
        }
    }
}

const WORDS: &[&str] = &[
    "lsr",
    "1",
    "use",
    "\"t\"",
    "schema",
    "s",
    "{",
    "}",
    "key",
    "id",
    ":",
    "text",
    "one",
    "of",
    "[",
    "]",
    "list",
    "a",
    "=",
    "param",
    "define",
    "if",
    "then",
    "+",
    "-",
    "5",
    "0",
    "because",
    "else",
    "unknown",
    "band",
    "match",
    "each",
    "per",
    "group",
    "max",
    "min",
    "\n",
    "score",
    "label",
    "by",
    "..",
    "..<",
    "lifecycle",
    "stage",
    "when",
    "hold",
    "otherwise",
    "test",
    "given",
    "expect",
    ",",
    "(",
    ")",
    "not",
    "and",
    "or",
    "unless",
    "is",
    "in",
    "contains",
    "within",
    "days",
    "since",
    "# c\n",
    "x",
    "\"open",
    "`",
    "'",
    "2026-01-15",
    "/",
    "exclude",
];

/// The tree on one line for each item, in brackets: places and the names of fields left out.
fn tree(parsed: &Parsed) -> String {
    let mut out = String::new();
    for item in &parsed.file.items {
        let mut line = format!("{:?}", item.kind);
        while let Some(at) = line.find("Span {") {
            let end = at + line[at..].find('}').unwrap();
            line.replace_range(at..=end, "");
        }
        for (long, short) in [
            (r#"NumberLit \{ text: "([^"]*)", value: Decimal \{[^}]*\}, span:  \}"#, "$1"),
            (r#"Ident \{ name: "([^"]*)", quoted: false, span:  \}"#, "$1"),
            (r#"Ident \{ name: "([^"]*)", quoted: true, span:  \}"#, "`$1`"),
            (r#"(TextLit|PatternLit) \{ (?:value|source): ("(?:[^"\\]|\\.)*"), span:  \}"#, "$2"),
            (r#"DateLit \{ text: "([^"]*)", has_time: \w+, span:  \}"#, "$1"),
            (r"DurationLit \{ count: (\S+), unit: (\w+), span:  \}", "$1 $2"),
            (r"Expr \{ kind: ", "{"),
            (r", (?:op_)?span:  ?\}", "}"),
            (r", (?:op_)?span: ,", ","),
            (r", close: ?", ""),
            (r"(?:kind|docs|span|op_span): ", ""),
            (r"\[\], ", ""),
            (r"(?:Name|Text|Number|Date|Word|Option)\(([^(){}\[\]]*)\)", "$1"),
            (r"\{([^{}\s]+)\}", "$1"),
            (r"\s+\}", "}"),
        ] {
            line = regex::Regex::new(long).unwrap().replace_all(&line, short).into_owned();
        }
        writeln!(out, "{line}").unwrap();
    }
    out
}

#[test]
fn every_form_has_its_tree() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../cases/syntax/forms");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, path) in cases("tests/cases/syntax/forms") {
            let (sources, parsed) = read(&path);
            assert!(parsed.diagnostics.is_empty(), "{name}: {}", findings(&sources, &parsed));
            insta::assert_snapshot!(name, tree(&parsed));
        }
    });
}

#[test]
fn suppressions_say_what_they_cover() {
    let text = "# lsrc: allow(band-gap, never-true) known\n\n# another\ndefine a = b # lsrc: allow(unused-name)\n# lsrc: allow(x) at the end";
    let parsed = parse(FileId(0), text);
    let allows = parsed.trivia.allows();
    let shown: Vec<_> = allows
        .iter()
        .map(|a| {
            let names: Vec<&str> = a.names.iter().map(|(_, span)| &text[span.start as usize..span.end as usize]).collect();
            (names.join(" "), a.reason.as_str(), &text[a.covers.start as usize..a.covers.end as usize])
        })
        .collect();
    let line = "define a = b # lsrc: allow(unused-name)\n";
    assert_eq!(
        shown,
        [
            ("band-gap never-true".to_owned(), "known", line),
            ("unused-name".to_owned(), "", line),
            ("x".to_owned(), "at the end", "")
        ]
    );
}

#[test]
fn documentation_stands_directly_above() {
    let text = "## far\n\n## one\n##two\nparam a = 1\nparam b = 2 ## no\nparam c = 3\nscore s {\n  ## in\n  if a then +1\n}";
    let parsed = parse(FileId(0), text);
    let docs: Vec<_> = parsed.file.items.iter().map(|item| item.docs.join("|")).collect();
    assert_eq!(docs, ["one|two", "", "", ""]);
    let lsrc::syntax::ast::ItemKind::Score(score) = &parsed.file.items[3].kind else { panic!() };
    let lsrc::syntax::ast::ScoreBody::Items { items, .. } = &score.body else { panic!() };
    assert_eq!(items[0].docs, ["in"]);
}

/// The grammar and the table of words have the same words, and those that are reserved are never names.
#[test]
fn the_table_of_words_is_that_of_the_grammar() {
    let grammar = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/lsr.pest")).unwrap();
    let rule = regex::Regex::new(r#"(?m)^k_(\w+) *= @\{ "(\w+)" ~ !letter \}$"#).unwrap();
    let rules: BTreeSet<&str> = rule.captures_iter(&grammar).map(|found| found.extract().1).map(|[_, word]| word).collect();
    assert!(rule.captures_iter(&grammar).all(|found| found[1] == found[2]), "a rule is named by its word");
    assert_eq!(rules.len(), grammar.lines().filter(|line| line.starts_with("k_")).count());
    assert_eq!(rules, keyword_table().map(|(word, _)| word).collect());
    for (word, reserved) in keyword_table() {
        let broken = !codes(&format!("lsr 1\nparam {word} = 1\n")).is_empty();
        assert_eq!(broken, reserved, "whether `{word}` can be a name");
        assert!(is_keyword(word) && is_reserved(word) == reserved);
    }
}

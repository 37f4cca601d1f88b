//! Findings in every format, all from the same values.

mod codes;

use lsrc::diag::render::{self, Format, Style, Summary, View};
use lsrc::diag::{Code, Diagnostic, Severity};
use lsrc::source::{FileId, SourceFile, Sources, Span};

const RULES: &str = "lsr 1\n\nuse \"contact.lsr\"\n\nscore fit {\n  # société, 会社\n  if größe is \"groß\" and vists >= 3 then +10\n\tif a then +1\n}\n";
const SCHEMA: &str = "lsr 1\n\nschema contact {\n  visits: integer\n}\n";

/// The bytes of `words` in `text`.
fn at(file: u32, text: &str, words: &str) -> Span {
    let start = text.find(words).unwrap();
    Span::new(FileId(file), u32::try_from(start).unwrap(), u32::try_from(start + words.len()).unwrap())
}

fn sources() -> Sources {
    let mut sources = Sources::new();
    sources.add(SourceFile::new("model/score.lsr", None, RULES));
    sources.add(SourceFile::new("model/contact.lsr", None, SCHEMA));
    sources
}

fn findings() -> Vec<Diagnostic> {
    vec![
        Diagnostic::new(Code::UnknownName, at(0, RULES, "vists"), "there is no `vists`")
            .label("not declared anywhere")
            .also(at(1, SCHEMA, "visits"), "`visits` is declared here")
            .note("a name is a property of the schema, a definition, a list, a param, a score or a label")
            .help("did you mean `visits`?")
            .fix(true, "replace with `visits`", at(0, RULES, "vists"), "visits"),
        Diagnostic::new(
            Code::TypeMismatch,
            at(0, RULES, "größe is \"groß\" and vists >= 3 then +10\n\tif a"),
            "over two lines <b>&\"'",
        ),
        Diagnostic::new(Code::MissingVersion, at(0, RULES, "a then"), "behind a tab: 100% sure, yes"),
        Diagnostic::new(Code::BandGap, at(1, SCHEMA, "contact {"), "a warning in the other file").label("here"),
    ]
}

fn drawn(format: Format, style: Style) -> String {
    let (sources, findings) = (sources(), findings());
    let summary = Summary { errors: 2, warnings: 2, files: 2 };
    let files = [FileId(0), FileId(1)];
    let view = View { sources: &sources, findings: &findings, summary, scores: &[], files: &files, paths: &[] };
    let mut out = Vec::new();
    render::write(&mut out, format, &view, style).unwrap();
    String::from_utf8(out).unwrap()
}

const WIDE: Style = Style { color: false, unicode: true, width: 100 };

#[test]
fn text_shows_the_source_of_every_file() {
    insta::assert_snapshot!(drawn(Format::Text, WIDE));
}

#[test]
fn text_in_ascii_holds_no_other_character_but_the_source() {
    let text = drawn(Format::Text, Style { unicode: false, ..WIDE });
    let drawn: String = text.chars().filter(|c| !c.is_ascii() && !RULES.contains(*c)).collect();
    assert_eq!(drawn, "");
    insta::assert_snapshot!(text);
}

#[test]
fn text_in_colour_is_the_text_with_colours() {
    let colored = drawn(Format::Text, Style { color: true, ..WIDE });
    assert!(colored.contains("\u{1b}["));
    let mut plain = String::new();
    let mut chars = colored.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(|c| *c == 'm');
        } else {
            plain.push(c);
        }
    }
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n"), drawn(Format::Text, WIDE).trim_end());
}

#[test]
fn text_on_a_narrow_terminal_breaks_what_is_said() {
    insta::assert_snapshot!(drawn(Format::Text, Style { width: 40, ..WIDE }));
}

#[test]
fn short_has_one_line_each_with_columns_in_characters() {
    let text = drawn(Format::Short, WIDE);
    insta::assert_snapshot!(text);
    assert!(text.starts_with("model/score.lsr:7:26: error[unknown-name]: there is no `vists`\n"));
}

#[test]
fn plain_is_said_without_drawing() {
    let text = drawn(Format::Plain, WIDE);
    assert!(!text.contains(['│', '─', '^', '|', '┌']), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn json_has_the_fields_in_their_order() {
    let text = drawn(Format::Json, WIDE);
    insta::assert_snapshot!(text);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let edit = &document["diagnostics"][0]["fixes"][0]["edits"][0];
    let bytes = edit["start"].as_u64().unwrap() as usize..edit["end"].as_u64().unwrap() as usize;
    assert_eq!(&RULES[bytes], "vists", "offsets are bytes of the file");
    let keys: Vec<&String> = document["diagnostics"][1].as_object().unwrap().keys().collect();
    let fields =
        ["code", "name", "severity", "message", "file", "line", "column", "end_line", "end_column", "labels", "help", "fixes"];
    assert_eq!(keys, fields);
}

#[test]
fn github_escapes_what_would_end_a_command() {
    let text = drawn(Format::Github, WIDE);
    insta::assert_snapshot!(text);
    assert_eq!(text.lines().count(), findings().len());
    assert!(text.contains("100%25 sure"));
}

#[test]
fn gitlab_reports_have_what_gitlab_asks_for() {
    let text = drawn(Format::Gitlab, WIDE);
    insta::assert_snapshot!(text);
    let issues: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let mut prints = std::collections::BTreeSet::new();
    for issue in &issues {
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        assert!(!issue["location"]["path"].as_str().unwrap().starts_with("./"));
        prints.insert(issue["fingerprint"].as_str().unwrap().to_owned());
    }
    assert_eq!(prints.len(), issues.len(), "fingerprints are unique");
}

#[test]
fn sarif_names_rules_with_help_and_fingerprints() {
    let text = drawn(Format::Sarif, WIDE);
    insta::with_settings!({ filters => vec![(r##""(text|markdown)": "# [^\n]*"##, r#""$1": "(the page)""#)] }, {
        insta::assert_snapshot!(text);
    });
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(crate::published::sarif(&log), [""; 0]);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("## Fixed"));
        assert!(result["partialFingerprints"]["lsrcFinding/v1"].is_string());
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_fingerprint_outlives_lines_added_above() {
    let print = |rules: &str| {
        let mut sources = Sources::new();
        sources.add(SourceFile::new("score.lsr", None, rules));
        let findings = [Diagnostic::new(Code::UnknownName, at(0, rules, "vists"), "there is no `vists`")];
        let view =
            View { sources: &sources, findings: &findings, summary: Summary::default(), scores: &[], files: &[], paths: &[] };
        let mut out = Vec::new();
        render::write(&mut out, Format::Gitlab, &view, WIDE).unwrap();
        let issues: serde_json::Value = serde_json::from_slice(&out).unwrap();
        issues[0]["fingerprint"].as_str().unwrap().to_owned()
    };
    assert_eq!(print(RULES), print(&RULES.replace("lsr 1\n", "lsr 1\n# new\n# lines\n")));
    assert_ne!(print(RULES), print(&RULES.replace(">= 3", ">= 4")));
}

#[test]
fn junit_counts_every_finding_and_passes_clean_files() {
    let text = drawn(Format::Junit, WIDE);
    insta::assert_snapshot!(text);
    assert!(text.contains("tests=\"4\"") && text.contains("failures=\"4\""));
    assert_eq!(crate::published::junit(&text), Vec::<String>::new());
}

#[test]
fn html_is_one_page_that_escapes_the_source() {
    let text = drawn(Format::Html, WIDE);
    insta::assert_snapshot!(text);
    assert!(!text.contains("<b>") && !text.contains("http"), "nothing of the source is markup and nothing is fetched");
    assert_eq!(text.matches("<span").count(), text.matches("</span>").count());
}

#[test]
fn an_empty_file_and_its_end_can_be_pointed_at() {
    let mut sources = Sources::new();
    sources.add(SourceFile::new("empty.lsr", None, ""));
    sources.add(SourceFile::new("open.lsr", None, "score fit {"));
    let findings = [
        Diagnostic::new(Code::Syntax, Span::new(FileId(0), 0, 0), "the file is empty"),
        Diagnostic::new(Code::Syntax, Span::new(FileId(1), 11, 11), "the bracket is never closed"),
    ];
    let view = View { sources: &sources, findings: &findings, summary: Summary::default(), scores: &[], files: &[], paths: &[] };
    for format in [Format::Text, Format::Short, Format::Plain, Format::Json, Format::Html, Format::Sarif] {
        render::write(&mut Vec::new(), format, &view, WIDE).unwrap();
    }
    let mut out = Vec::new();
    render::write(&mut out, Format::Short, &view, WIDE).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "empty.lsr:1:1: error[syntax]: the file is empty\nopen.lsr:1:12: error[syntax]: the bracket is never closed\n"
    );
}

#[test]
fn codes_and_names_are_unique_and_found_by_either() {
    for code in Code::ALL {
        assert_eq!(Code::find(code.name()), Some(*code));
        assert_eq!(Code::find(&code.id().to_lowercase()), Some(*code));
        let warning = code.id().starts_with("LSR03");
        assert_eq!(code.severity() == Severity::Warning, warning, "{} by its number", code.name());
    }
    let ids: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.id()).collect();
    assert_eq!(ids.len(), Code::ALL.len());
}

#[test]
fn no_box_covers_the_next_line() {
    let mut sources = Sources::new();
    let text = "lsr 1\n\nscore fit {\n  if visits > 3\n\n}\n";
    sources.add(SourceFile::new("score.lsr", None, text));
    let findings = [Diagnostic::new(Code::Syntax, at(0, text, "visits > 3\n\n"), "points are missing").label("here")];
    let summary = Summary { errors: 1, warnings: 0, files: 1 };
    let view = View { sources: &sources, findings: &findings, summary, scores: &[], files: &[FileId(0)], paths: &[] };
    let drawn = |format| {
        let mut out = Vec::new();
        render::write(&mut out, format, &view, WIDE).unwrap();
        String::from_utf8(out).unwrap()
    };
    let text = drawn(Format::Text);
    assert!(text.contains("4 │") && !text.contains("5 │"), "{text}");
    assert!(drawn(Format::Json).contains("\"end_line\": 4"), "{}", drawn(Format::Json));
    assert!(drawn(Format::Sarif).contains("\"endLine\": 4"), "{}", drawn(Format::Sarif));
}

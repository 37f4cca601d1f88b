//! The TextMate grammar of the language, made from its keywords, for editors that colour by patterns.

use serde_json::{Value, json};

use crate::syntax;

/// What is written like a value.
const CONSTANTS: [&str; 5] = ["true", "false", "known", "unknown", "empty"];
/// What is written between values.
const OPERATORS: [&str; 5] = ["and", "or", "not", "in", "is"];
/// The types of a schema.
const TYPES: [&str; 6] = ["text", "integer", "number", "boolean", "date", "datetime"];

/// The grammar, as a file `lsr.tmLanguage.json` has it.
#[must_use]
pub fn textmate() -> Value {
    let all = syntax::keywords();
    let others = |words: &[&str]| -> Vec<&'static str> { all.iter().copied().filter(|word| !words.contains(word)).collect() };
    let control = others(&[&CONSTANTS[..], &OPERATORS, &TYPES].concat());
    // A word before a colon is a name of a schema, but for `else` and `unknown` in a band.
    let words = |words: &[&str]| format!("\\b(?:{})\\b(?!\\s*:)", words.join("|"));
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "lsr",
        "scopeName": "source.lsr",
        "patterns": [
            {"name": "comment.line.documentation.lsr", "match": "##.*$"},
            {"name": "comment.line.number-sign.lsr", "match": "#.*$"},
            {
                "name": "string.quoted.double.lsr", "begin": "\"", "end": "\"|$",
                "patterns": [{"name": "constant.character.escape.lsr", "match": "\\\\(?:[\"\\\\nt]|u\\{[0-9A-Fa-f]{1,6}\\})"}],
            },
            {"name": "variable.other.quoted.lsr", "match": "`[^`\\n]+`"},
            {"name": "string.regexp.lsr", "match": "(?<=\\bmatches\\s|\\bmatch\\s)/(?:\\\\.|[^/\\\\\\n])+/"},
            {
                "name": "constant.numeric.date.lsr",
                "match": "\\b\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}(?::?\\d{2})?)?)?\\b",
            },
            {"name": "constant.numeric.lsr", "match": "[+-]?\\b\\d(?:_?\\d)*(?:\\.\\d+)?(?:%|[kMB]\\b)?"},
            {"name": "constant.language.lsr", "match": "\\b(?:else|unknown)\\b(?=\\s*:)"},
            {"name": "constant.language.lsr", "match": words(&CONSTANTS)},
            {"name": "keyword.operator.word.lsr", "match": words(&OPERATORS)},
            {"name": "storage.type.lsr", "match": format!("(?<=:\\s)\\s*(?:{}|one of|set of)\\b", TYPES.join("|"))},
            {"name": "variable.other.property.lsr", "match": "[\\p{L}_][\\p{L}\\p{N}_]*(?=\\s*:)"},
            {"name": "keyword.control.lsr", "match": words(&control)},
            {"name": "keyword.operator.lsr", "match": "\\.\\.<?|<=|>=|!=|[<>=+\\-*/|]"},
        ],
    })
}

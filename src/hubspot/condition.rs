//! Conditions of a draft, as the language writes them.
//!
//! HubSpot's operators are those of its list filters. `includeObjectsWithNoValueSet` says whether a record without a value matches.
//! In rules a test of an unknown value is neither true nor false, so it is written out where a draft asks for it.

use serde_json::Value;

use super::clause::{Condition, refused};
use super::points::number;
use super::vocabulary::{Kind, Scope, Vocabulary, Word};
use crate::input::infer::naming::quoted;

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{key}` is missing or is not a text"))
}

/// A condition of the draft: COMPOSITE or SINGLE.
///
/// # Errors
/// What the language cannot say, or what this program does not know, by its name.
pub(super) fn condition(node: &Value, words: &Vocabulary, scope: Scope<'_>) -> Result<Condition, String> {
    match text(node, "type")? {
        "COMPOSITE" => {
            let word = match text(node, "operator")? {
                "AND" => "and",
                "OR" => "or",
                other => return Err(format!("the operator {other} between conditions is not known")),
            };
            let list = node.get("conditions").and_then(Value::as_array).ok_or("`conditions` is missing")?;
            let parts: Vec<Condition> = list.iter().map(|part| condition(part, words, scope)).collect::<Result<_, _>>()?;
            if parts.is_empty() { Err("it has no conditions".to_owned()) } else { Ok(Condition::joined(&parts, word)) }
        }
        "SINGLE" => {
            let word = words.word(text(node, "property")?, scope)?;
            operation(node.get("operation").ok_or("`operation` is missing")?, word, words, scope)
        }
        other => Err(format!("the condition type {other} is not known")),
    }
}

/// What an operation asks of a property.
///
/// # Errors
/// As [`condition`].
pub(super) fn operation(node: &Value, word: &Word, words: &Vocabulary, scope: Scope<'_>) -> Result<Condition, String> {
    let (ty, operator) = (text(node, "operationType")?, text(node, "operator")?);
    let include = node.get("includeObjectsWithNoValueSet").and_then(Value::as_bool) == Some(true);
    let unknown = if word.kind.is_set() { "is empty" } else { "is unknown" };
    let name = &word.name;
    if ty == "ALL_PROPERTY" {
        return match operator {
            "IS_KNOWN" | "IS_NOT_BLANK" => {
                Ok(Condition::new(format!("{name} {}", if word.kind.is_set() { "is not empty" } else { "is known" })))
            }
            "IS_UNKNOWN" | "IS_BLANK" => Ok(Condition::new(format!("{name} {unknown}"))),
            _ => Err(refused(ty, operator)),
        };
    }
    let (test, negative) = match ty {
        "BOOL" => boolean(node, operator, word)?,
        "STRING" | "MULTISTRING" => string(node, operator, word)?,
        "NUMBER" | "NUMBER_RANGED" => numeric(node, operator, word)?,
        "ENUMERATION" => enumeration(node, operator, word)?,
        _ => super::dates::operation(node, ty, operator, word, words, scope)?,
    };
    Ok(match (include, negative) {
        (true, _) => Condition { text: format!("{name} {unknown} or {}", test.text), loose: true, short: test.short },
        // A record without a value does not match, which a test that something is not so has to say.
        (false, true) if !word.kind.is_set() => {
            Condition { text: format!("{name} is known and {}", test.text), loose: true, short: test.short }
        }
        (false, true) => Condition { text: format!("{name} is not empty and {}", test.text), loose: true, short: test.short },
        (false, false) => test,
    })
}

fn mismatch(word: &Word, ty: &str) -> String {
    format!("`{}` is used with {ty} and with operations of another type", word.name)
}

/// A test, and whether it says that something is not so.
type Tested = Result<(Condition, bool), String>;

fn boolean(node: &Value, operator: &str, word: &Word) -> Tested {
    if word.kind != Kind::Boolean {
        return Err(mismatch(word, "BOOL"));
    }
    let value = match node.get("value") {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) if text == "true" => true,
        Some(Value::String(text)) if text == "false" => false,
        _ => return Err("`value` is missing or is not a truth value".to_owned()),
    };
    let negative = match operator {
        "IS_EQUAL_TO" => false,
        "IS_NOT_EQUAL_TO" => true,
        _ => return Err(refused("BOOL", operator)),
    };
    let name = &word.name;
    Ok((Condition::new(if value == negative { format!("{name} is false") } else { format!("{name} is true") }), false))
}

/// The values of an operation, one or several.
fn values(node: &Value) -> Result<Vec<String>, String> {
    let listed = node.get("values").and_then(Value::as_array).filter(|listed| !listed.is_empty());
    let given = listed.map_or_else(|| node.get("value").cloned().into_iter().collect(), Vec::clone);
    let texts: Vec<String> = given
        .iter()
        .map(|value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(format!("the value {value} is not a text")),
        })
        .collect::<Result<_, _>>()?;
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        Err("its values are missing or empty".to_owned())
    } else {
        Ok(texts)
    }
}

/// `"a"`, or `["a", "b"]`.
fn list(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn string(node: &Value, operator: &str, word: &Word) -> Tested {
    if word.kind != Kind::Text {
        return Err(mismatch(word, "STRING"));
    }
    let values = values(node)?;
    let short = operator.contains("CONTAIN") && values.iter().any(|v| v.chars().count() <= 4);
    let texts: Vec<String> = values.iter().map(|v| quoted(v)).collect();
    let equal = |yes: &str, among: &str| match texts.as_slice() {
        [one] => format!("{yes} {one}"),
        several => format!("{among} [{}]", several.join(", ")),
    };
    let (test, negative) = match operator {
        "IS_EQUAL_TO" => (equal("=", "in"), false),
        "IS_NOT_EQUAL_TO" => (equal("!=", "not in"), true),
        "CONTAINS" => (format!("contains {}", list(&texts)), false),
        "DOES_NOT_CONTAIN" => (format!("does not contain {}", list(&texts)), true),
        "STARTS_WITH" => (format!("starts with {}", list(&texts)), false),
        "ENDS_WITH" => (format!("ends with {}", list(&texts)), false),
        _ => return Err(refused("STRING", operator)),
    };
    Ok((Condition { text: format!("{} {test}", word.name), loose: false, short }, negative))
}

fn numeric(node: &Value, operator: &str, word: &Word) -> Tested {
    if word.kind != Kind::Number {
        return Err(mismatch(word, "NUMBER"));
    }
    let value = || number(node.get("value"), "value");
    let range =
        || Ok::<_, String>((number(node.get("lowerBound"), "lowerBound")?, number(node.get("upperBound"), "upperBound")?));
    let (test, negative) = match operator {
        "IS_EQUAL_TO" => (format!("= {}", value()?), false),
        "IS_NOT_EQUAL_TO" => (format!("!= {}", value()?), true),
        "IS_GREATER_THAN" => (format!("> {}", value()?), false),
        "IS_GREATER_THAN_OR_EQUAL_TO" => (format!(">= {}", value()?), false),
        "IS_LESS_THAN" => (format!("< {}", value()?), false),
        "IS_LESS_THAN_OR_EQUAL_TO" => (format!("<= {}", value()?), false),
        "IS_BETWEEN" => range().map(|(low, high)| (format!("in {low}..{high}"), false))?,
        "IS_NOT_BETWEEN" => range().map(|(low, high)| (format!("not in {low}..{high}"), true))?,
        _ => return Err(refused("NUMBER", operator)),
    };
    Ok((Condition::new(format!("{} {test}", word.name)), negative))
}

fn enumeration(node: &Value, operator: &str, word: &Word) -> Tested {
    if matches!(word.kind, Kind::Number | Kind::Boolean | Kind::Date) {
        return Err(mismatch(word, "ENUMERATION"));
    }
    let values: Vec<String> = values(node)?.iter().map(|v| word.kind.value(v)).collect::<Result<_, _>>()?;
    let all = format!("[{}]", values.join(", "));
    let name = &word.name;
    let (test, negative) = match (operator, word.kind.is_set()) {
        ("IS_ANY_OF", true) => (format!("{name} in {all}"), false),
        ("IS_NONE_OF", true) => (format!("{name} not in {all}"), true),
        ("CONTAINS_ALL", true) => (format!("{name} contains all {all}"), false),
        ("DOES_NOT_CONTAIN_ALL", true) => (format!("not {name} contains all {all}"), true),
        ("IS_EXACTLY", true) => (format!("{name} contains all {all} and size of {name} = {}", values.len()), false),
        ("IS_ANY_OF" | "IS_EXACTLY", false) => match values.as_slice() {
            [one] => (format!("{name} is {one}"), false),
            _ if operator == "IS_EXACTLY" => return Err("a property of one value cannot be exactly several values".to_owned()),
            _ => (format!("{name} in {all}"), false),
        },
        ("IS_NONE_OF" | "IS_NOT_EXACTLY", false) => match values.as_slice() {
            [one] => (format!("{name} is not {one}"), true),
            _ => (format!("{name} not in {all}"), true),
        },
        _ => return Err(refused("ENUMERATION", operator)),
    };
    let loose = operator == "IS_EXACTLY" && word.kind.is_set();
    Ok((Condition { text: test, loose, short: false }, negative))
}

//! What is written for other programs, held against the schemas that those publish.

use serde_json::Value;

/// The schema of SARIF 2.1.0 (draft 4 of JSON schema), as the npm package `@microsoft/jest-sarif` 1.0.0-beta.0 ships it, under the MIT
/// licence.
const SARIF: &str = include_str!("../schemas/sarif-2.1.0-rtm.5.json");

/// Faults of a value against a schema: every keyword that the schema of SARIF uses.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    let mut fault = |text: String| out.push(format!("{at}: {text}"));
    let one = |schema: &Value| {
        let mut inner = Vec::new();
        faults(root, schema, value, at, &mut inner);
        inner.is_empty()
    };
    let Value::Object(keywords) = schema else { panic!("{at}: no schema but {schema}") };
    let mut inner: Vec<(&Value, &Value, String)> = Vec::new();
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                inner.push((target, value, at.to_owned()));
            }
            "type" => {
                let is = |name: &str| match name {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("{at}: type {other}"),
                };
                let names: Vec<&str> = wanted
                    .as_str()
                    .map_or_else(|| wanted.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect(), |name| vec![name]);
                if !names.iter().any(|name| is(name)) {
                    fault(format!("no {names:?}"));
                }
            }
            "enum" if !wanted.as_array().unwrap().contains(value) => fault(format!("{value} is none of {wanted}")),
            "pattern" => {
                let pattern = regex::Regex::new(wanted.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                    fault(format!("{value} does not match {pattern}"));
                }
            }
            "minimum" if value.as_f64() < wanted.as_f64() && value.is_number() => fault(format!("{value} is under {wanted}")),
            "maximum" if value.as_f64() > wanted.as_f64() && value.is_number() => fault(format!("{value} is over {wanted}")),
            "minItems" if value.as_array().is_some_and(|a| (a.len() as u64) < wanted.as_u64().unwrap()) => {
                fault(format!("fewer than {wanted} items"));
            }
            "uniqueItems" => {
                let items = value.as_array().map_or(&[][..], |a| a);
                let twice = items.iter().enumerate().any(|(n, item)| items.iter().skip(n + 1).any(|other| other == item));
                if twice && wanted == &Value::Bool(true) {
                    fault("an item stands twice".to_owned());
                }
            }
            "items" => {
                let items = value.as_array().map_or(&[][..], |a| a);
                inner.extend(items.iter().enumerate().map(|(n, item)| (wanted, item, format!("{at}/{n}"))));
            }
            "required" => {
                for name in wanted.as_array().unwrap() {
                    if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                        fault(format!("{name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    inner.extend(value.get(name).map(|value| (schema, value, format!("{at}/{name}"))));
                }
            }
            "additionalProperties" => {
                let known = |name: &str| keywords.get("properties").is_some_and(|p| p.get(name).is_some());
                for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                    match wanted {
                        Value::Bool(true) => {}
                        Value::Bool(false) => fault(format!("{name} is not known")),
                        schema => inner.push((schema, value, format!("{at}/{name}"))),
                    }
                }
            }
            "anyOf" if !wanted.as_array().unwrap().iter().any(one) => fault("none of the alternatives".to_owned()),
            "oneOf" if wanted.as_array().unwrap().iter().filter(|s| one(s)).count() != 1 => {
                fault("not one alternative".to_owned())
            }
            "enum" | "minimum" | "maximum" | "minItems" | "anyOf" | "oneOf" => {}
            "$schema" | "id" | "title" | "description" | "default" | "format" | "definitions" => {}
            other => panic!("{at}: the keyword {other}"),
        }
    }
    for (schema, value, at) in inner {
        faults(root, schema, value, &at, out);
    }
}

/// Faults of a SARIF log.
pub(crate) fn sarif(log: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SARIF).unwrap();
    let mut out = Vec::new();
    faults(&schema, &schema, log, "", &mut out);
    out
}

#[test]
fn the_schema_of_sarif_refuses_what_is_none() {
    let result = serde_json::json!({ "message": { "text": "x" }, "level": "loud", "ruleIndex": -2, "surprise": 1 });
    let log = serde_json::json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": {} }, "results": [result] }] });
    let faults = sarif(&log);
    for wanted in ["name\" is missing", "loud", "under -1", "surprise is not known"] {
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
    }
    assert_eq!(faults.len(), 4, "{faults:?}");
}

/// An element: its name, the attributes that must be there, those that may be, and the elements that may be inside.
type Element = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// The elements of a JUnit report as the schema of Jenkins' xUnit plugin (`junit-10.xsd`) declares them, as far as reports of ours have
/// any.
const JUNIT: &[Element] = &[
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    ("testcase", &["name"], &["time", "classname", "group"], &["skipped", "error", "failure", "system-out", "system-err"]),
    ("failure", &[], &["type", "message"], &[]),
];

/// Faults of a JUnit report.
pub(crate) fn junit(report: &str) -> Vec<String> {
    let tag = regex::Regex::new(r#"<(/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(/?)>"#).unwrap();
    let attribute = regex::Regex::new(r#"([\w-]+)="[^"]*""#).unwrap();
    let body = report.split_once("?>").map_or(report, |(_, body)| body);
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for found in tag.captures_iter(body) {
        let name = &found[2];
        if !found[1].is_empty() {
            if open.pop().as_deref() != Some(name) {
                out.push(format!("</{name}> closes another element"));
            }
            continue;
        }
        let Some((_, required, optional, _)) = JUNIT.iter().find(|(element, ..)| *element == name) else {
            out.push(format!("<{name}> is not known"));
            continue;
        };
        let inside = open.last().map(|outer| JUNIT.iter().find(|(element, ..)| element == outer).unwrap().3);
        if inside.map_or(name != "testsuites", |elements| !elements.contains(&name)) {
            out.push(format!("<{name}> stands in {:?}", open.last()));
        }
        let names: Vec<String> = attribute.captures_iter(&found[3]).map(|a| a[1].to_owned()).collect();
        for missing in required.iter().filter(|wanted| !names.iter().any(|name| name == *wanted)) {
            out.push(format!("<{name}> has no {missing}"));
        }
        for strange in names.iter().filter(|given| !required.contains(&given.as_str()) && !optional.contains(&given.as_str())) {
            out.push(format!("<{name}> has {strange}"));
        }
        if found[4].is_empty() {
            open.push(name.to_owned());
        }
    }
    out.extend(open.iter().map(|name| format!("<{name}> is not closed")));
    // What is between tags is text: a sign that would begin another tag was one that is not well formed.
    if tag.replace_all(body, "").contains('<') {
        out.push("there is a `<` that begins no tag".to_owned());
    }
    out
}

#[test]
fn the_schema_of_junit_refuses_what_is_none() {
    let report = "<?xml version=\"1.0\"?><testsuites skipped=\"0\"><testsuite name=\"a\" tests=\"1\" errors=\"0\"><testcase name=\"a\">\
                  <testsuite name=\"b\" tests=\"0\" errors=\"0\" failures=\"0\"/></testcase><note/></testsuite></testsuites>";
    let wanted = [
        "<testsuites> has skipped",
        "<testsuite> has no failures",
        "<testsuite> stands in Some(\"testcase\")",
        "<note> is not known",
    ];
    assert_eq!(junit(report), wanted);
}

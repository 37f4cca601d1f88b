//! `sarif`: SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::fingerprint::Fingerprints;
use super::{View, places, shown_places};
use crate::diag::{Code, Diagnostic, Fix, Severity};
use crate::invariant::Sure as _;
use crate::source::{FileId, Span};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Value,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Value>,
}

pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let used: BTreeSet<Code> = view.findings.iter().map(|d| d.code).collect();
    let used: Vec<Code> = used.into_iter().collect();
    let mut fingerprints = Fingerprints::default();
    let results = view
        .findings
        .iter()
        .map(|d| {
            Finding {
            rule_id: d.code.id(),
            rule_index: used.iter().position(|c| *c == d.code).sure("a code that is found is listed"),
            level: d.severity.word(),
            message: json!({ "text": message(d) }),
            locations: [json!({ "physicalLocation": physical(view, d.span) })],
            related_locations: d
                .labels
                .iter()
                .enumerate()
                .map(|(at, l)| {
                    json!({ "id": at + 1, "physicalLocation": physical(view, l.span), "message": { "text": l.message } })
                })
                .collect(),
            partial_fingerprints: BTreeMap::from([("lsrcFinding/v1", fingerprints.of(d, view))]),
            fixes: d.fixes.iter().map(|fix| repair(view, fix)).collect(),
        }
        })
        .collect();
    let rules: Vec<Value> = used.iter().map(|code| rule(*code)).collect();
    let tool = json!({ "driver": {
        "name": "lsrc",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    }});
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [Run { tool, column_kind: "unicodeCodePoints", results }] };
    let mut log = log;
    for result in log.runs.iter_mut().flat_map(|run| &mut run.results) {
        let values = [&mut result.message].into_iter().chain(&mut result.locations);
        values.chain(&mut result.related_locations).chain(&mut result.fixes).for_each(super::json_for_xml);
    }
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn message(d: &Diagnostic) -> String {
    let mut text = d.message.clone();
    for more in d.notes.iter().chain(&d.help) {
        text.push('\n');
        text.push_str(more);
    }
    text
}

fn rule(code: Code) -> Value {
    let level = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    json!({
        "id": code.id(),
        "name": code.name(),
        "shortDescription": { "text": code.summary() },
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": level, "enabled": code.on_by_default() },
    })
}

fn physical(view: &View<'_>, span: Span) -> Value {
    let (start, end) = shown_places(view.sources, span);
    json!({
        "artifactLocation": artifact(view, span.file),
        "region": {
            "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
        },
    })
}

fn artifact(view: &View<'_>, file: FileId) -> Value {
    json!({ "uri": uri(view.path(file)) })
}

/// A relative path as a URI reference: bytes that a URI does not hold are written as `%20`.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn repair(view: &View<'_>, fix: &Fix) -> Value {
    let mut by_file: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let (start, end) = places(view.sources, edit.span);
        by_file.entry(edit.span.file).or_default().push(json!({
            "deletedRegion": {
                "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
            },
            "insertedContent": { "text": edit.text },
        }));
    }
    let changes: Vec<Value> = by_file
        .into_iter()
        .map(|(file, replacements)| json!({ "artifactLocation": artifact(view, file), "replacements": replacements }))
        .collect();
    json!({ "description": { "text": fix.message }, "artifactChanges": changes })
}

//! Questions about rules alone: findings, fixes, layout, what scores can reach, tests.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::request::{Files, Request, is_rules};
use super::units::{place, range};
use crate::analysis::{Analysis, Options, Ranges, repaired};
use crate::diag::{Diagnostic, Edit};
use crate::failure::Failure;
use crate::format as layout;
use crate::hir::Param;
use crate::program::RuleSet;
use crate::schema::Property;
use crate::source::{FileId, Sources};
use crate::syntax;
use crate::trial::Runner;
use crate::value::{Type, Value as Known};

/// So often fixes are made: one can make the next possible.
const ROUNDS: usize = 20;

pub(super) fn check(analysis: &Analysis) -> Value {
    json!({
        "version": 1,
        "findings": analysis.findings.iter().map(|it| finding(&analysis.sources, it)).collect::<Vec<_>>(),
        "summary": analysis.summary(),
        "programs": analysis.programs.iter().map(|program| {
            let entry = program.entry.display().to_string();
            let tests = program.rules.as_ref().map(|rules| rules.model().tests.len());
            json!({"entry": entry, "sound": program.rules.is_some(), "tests": tests})
        }).collect::<Vec<_>>(),
    })
}

fn finding(sources: &Sources, it: &Diagnostic) -> Value {
    let own = it.label.iter().map(|message| (message, it.span));
    let labels = own.chain(it.labels.iter().map(|label| (&label.message, label.span)));
    let labels = labels.map(|(message, span)| with(place(sources, span), "message", json!(message)));
    let fixes = it.fixes.iter().map(|fix| {
        let edits = fix.edits.iter().map(|it| edit(sources, it)).collect::<Vec<_>>();
        json!({"message": fix.message, "safe": fix.safe, "edits": edits})
    });
    let mut out = place(sources, it.span);
    for (key, value) in [
        ("code", json!(it.code.id())),
        ("name", json!(it.code.name())),
        ("severity", json!(it.severity)),
        ("message", json!(it.message)),
        ("help", json!(it.help)),
        ("notes", json!(it.notes)),
        ("labels", labels.collect()),
        ("fixes", fixes.collect()),
    ] {
        out = with(out, key, value);
    }
    out
}

/// An object with one more value.
fn with(mut object: Value, key: &str, value: Value) -> Value {
    if let Value::Object(map) = &mut object {
        map.insert(key.to_owned(), value);
    }
    object
}

/// A change of a text.
pub(super) fn edit(sources: &Sources, it: &Edit) -> Value {
    let (from, to) = range(sources, it.span);
    json!({"file": sources.name(it.span), "from": from, "to": to, "text": it.text})
}

/// The files after all safe fixes, those alone that change.
pub(super) fn fix(request: &Request) -> Result<Value, Failure> {
    request.not_too_large()?;
    let mut files = request.files.clone();
    let mut fixes = 0;
    let mut found = super::analysis(&files, Options::default())?;
    for _ in 0..ROUNDS {
        let Some((better, count)) = better(&files, &found)? else { break };
        fixes += count;
        found = super::analysis(&better, Options::default())?;
        files = better;
    }
    let changed: Map<String, Value> = files
        .into_iter()
        .filter(|(path, text)| request.files.get(path) != Some(text))
        .map(|(path, text)| (path, Value::from(text)))
        .collect();
    Ok(json!({"files": changed, "fixes": fixes, "left": found.summary()}))
}

/// The files after one round of safe fixes, and how many those are; `None` where there is none that makes no new error.
fn better(files: &Files, found: &Analysis) -> Result<Option<(Files, usize)>, Failure> {
    let errors = found.summary().errors;
    let all = std::iter::once(found.findings.as_slice());
    // Together they may make a new error where each alone does not.
    for findings in all.chain(found.findings.iter().map(std::slice::from_ref)) {
        let (texts, count) = repaired(findings, &found.sources, false);
        if count == 0 {
            continue;
        }
        let mut new = files.clone();
        for (id, text) in texts {
            let Some(name) = found.sources.get(id).map(|file| file.name().to_owned()) else { continue };
            let text = match new.get(&name) {
                Some(before) if is_laid_out(before) => laid_out(&text).unwrap_or(text),
                Some(_) | None => text,
            };
            new.insert(name, text);
        }
        let options = Options { errors_only: true, ..Options::default() };
        if new != *files && super::analysis(&new, options)?.summary().errors <= errors {
            return Ok(Some((new, count)));
        }
    }
    Ok(None)
}

fn is_laid_out(text: &str) -> bool {
    laid_out(text).is_some_and(|formatted| formatted == text)
}

fn laid_out(text: &str) -> Option<String> {
    let parsed = syntax::parse(FileId(0), text);
    (!parsed.diagnostics.has_errors()).then(|| layout::format(&parsed, text))
}

/// A text in the canonical layout.
pub(super) fn format(request: &Request) -> Result<Value, Failure> {
    let own = || request.file().ok().and_then(|file| request.files.get(file));
    let text = request.text.as_ref().or_else(own).ok_or_else(|| Failure::new("there is no `text` to lay out"))?;
    let parsed = syntax::parse(FileId(0), text);
    // Where one item cannot be read, the others are laid out.
    let formatted = layout::format(&parsed, text);
    Ok(json!({"text": formatted, "changed": formatted != *text, "complete": !parsed.diagnostics.has_errors()}))
}

/// What the rules have: properties, params, outputs, tests.
pub(super) fn model(rules: &RuleSet) -> Value {
    let (model, sources) = (rules.model(), rules.sources());
    let names = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect::<Vec<_>>();
    let schema = &model.schema;
    let own = schema.properties.iter().filter(|property| property.related.is_none()).map(property);
    let events = schema.events.iter().map(|list| {
        let fields = list.fields.iter().map(property).collect::<Vec<_>>();
        json!({"name": list.name, "by": list.by, "fields": fields})
    });
    let related = schema.related.iter().map(|it| {
        let own = it.properties.iter().filter_map(|id| schema.property(*id));
        let own = own.map(|property| json!({"name": it.short(property), "type": property.ty.to_string()}));
        json!({"name": it.name, "of_rules": it.file.is_some(), "properties": own.collect::<Vec<_>>()})
    });
    let tests = model.tests.iter().map(|test| with(place(sources, test.name_span), "name", json!(test.name)));
    json!({
        "schema": schema.name, "zone": schema.zone_name,
        "key": schema.key.and_then(|id| schema.property(id)).map(|it| it.name.clone()),
        "properties": own.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "related": related.collect::<Vec<_>>(),
        "params": model.params.iter().map(|it| param(sources, it)).collect::<Vec<_>>(),
        "scores": names(&mut model.scores.iter().map(|it| &*it.name)),
        "labels": names(&mut model.labels.iter().map(|it| &*it.name)),
        "lifecycles": model.lifecycles.iter().map(|it| json!({"name": it.name, "stages": it.stages})).collect::<Vec<_>>(),
        "tests": tests.collect::<Vec<_>>(),
    })
}

fn property(it: &Property) -> Value {
    let options = it.ty.options().map(|all| all.items.iter().map(|option| option.name.to_string()).collect::<Vec<_>>());
    let several = matches!(it.ty, Type::SetOf(_) | Type::SetOfText);
    json!({
        "name": it.name, "type": it.ty.to_string(), "options": options, "several": several,
        "from": it.from, "required": it.required, "docs": it.docs.join("\n"),
    })
}

fn param(sources: &Sources, it: &Param) -> Value {
    let text = |value: String| json!({"kind": "text", "value": value});
    let value = match &it.value {
        Known::Decimal(number) => json!({"kind": "number", "value": number.to_f64()}),
        Known::Text(words) => text(words.to_string()),
        Known::Date(day) => json!({"kind": "date", "value": crate::time::civil(*day).map(|day| day.to_string())}),
        Known::DateTime(moment) => json!({"kind": "datetime", "value": crate::time::moment_text(*moment)}),
        Known::Integer(_) | Known::Number(_) | Known::Boolean(_) | Known::Option(_) | Known::Set(_) | Known::TextSet(_) => {
            json!({"kind": "other", "value": null})
        }
    };
    let mut out = place(sources, it.name_span);
    out = with(out, "name", json!(it.name));
    out = with(out, "docs", json!(it.docs.join("\n")));
    if let Value::Object(parts) = value {
        for (key, value) in parts {
            out = with(out, &key, value);
        }
    }
    out
}

/// What every score can reach, and records that show it.
pub(super) fn ranges(rules: &RuleSet) -> Value {
    let found = Ranges::of(rules.model());
    json!({"scores": found.scores, "lines": found.lines, "witnesses": found.witnesses})
}

/// What the tests of all files come to. A test with a table of cases is run for its own values alone.
pub(super) fn test(analysis: &Analysis) -> Value {
    let mut seen = BTreeSet::new();
    let mut tests = Vec::new();
    let mut failed = 0;
    let mut broken = 0;
    for program in analysis.programs.iter().filter(|program| is_rules(&program.entry.display().to_string())) {
        let Some(rules) = &program.rules else {
            broken += 1;
            continue;
        };
        let (model, sources) = (rules.model(), rules.sources());
        let runner = Runner::new(model, sources);
        for (at, test) in model.tests.iter().enumerate() {
            if !seen.insert((sources.name(test.span).to_owned(), test.span.start)) {
                continue;
            }
            let Some((verdict, _)) = runner.run(at, None) else { continue };
            failed += usize::from(!verdict.failures.is_empty());
            let failures = verdict.failures.iter().map(|it| {
                let out = with(place(sources, it.span), "expected", json!(it.expected));
                with(out, "got", json!(it.got))
            });
            let mut out = with(place(sources, test.name_span), "name", json!(test.name));
            out = with(out, "passed", json!(verdict.failures.is_empty()));
            out = with(out, "table", json!(test.table.is_some()));
            tests.push(with(out, "failures", failures.collect()));
        }
    }
    json!({"passed": tests.len() - failed, "failed": failed, "programs_with_errors": broken, "tests": tests})
}

//! A history for programs.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::Overview;
use crate::store::{Change, Stored};
use crate::time::{civil, moment_text};

fn day(day: i32) -> Json {
    civil(day).map_or(Json::Null, |day| day.to_string().into())
}

/// A record as a document; the members are described in `docs/guide/store.md`.
#[must_use]
pub fn record_json(it: &Stored) -> Json {
    let since: Map<String, Json> = it.since.iter().map(|(name, since)| (name.clone(), day(since.day))).collect();
    json!({
        "key": it.key,
        "as_of": moment_text(it.as_of.micros),
        "day": day(it.as_of.day),
        "first_day": day(it.first_day),
        "revision": it.revision,
        "results": it.results.json(),
        "since": since,
        "due": it.due.map(day),
    })
}

/// A change as a document.
#[must_use]
pub fn change_json(it: &Change) -> Json {
    json!({
        "id": it.id,
        "key": it.key,
        "kind": it.kind,
        "what": it.what,
        "before": it.before,
        "after": it.after,
        "cause": it.cause,
        "why": it.why,
        "day": day(it.as_of.day),
        "as_of": moment_text(it.as_of.micros),
        "revision": it.revision,
    })
}

pub(super) fn begin(out: &mut dyn Write, record: Option<&Stored>) -> io::Result<()> {
    write!(out, "{{\n  \"version\": 1,\n")?;
    if let Some(record) = record {
        writeln!(out, "  \"record\": {},", record_json(record))?;
    }
    write!(out, "  \"changes\": [")
}

pub(super) fn change(out: &mut dyn Write, it: &Change, first: bool) -> io::Result<()> {
    write!(out, "{}\n    {}", if first { "" } else { "," }, change_json(it))
}

pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n  ]\n}}")
}

pub(super) fn overview(out: &mut dyn Write, it: &Overview) -> io::Result<()> {
    let run = it.run.as_ref().map(|run| {
        json!({
            "rules": run.rules,
            "revision": run.revision,
            "as_of": moment_text(run.as_of.micros),
            "day": day(run.as_of.day),
            "records": run.records,
            "changed": run.changes,
            "moves": run.moves,
        })
    });
    let messages = &it.messages;
    let messages =
        json!({ "sent": messages.sent, "waiting": messages.waiting, "parked": messages.parked, "said": messages.said });
    let all = json!({ "version": 1, "store": it.store, "records": it.records, "run": run, "messages": messages });
    writeln!(out, "{all:#}")
}

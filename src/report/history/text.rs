//! A history for people.

use std::io::{self, Write};

use super::Overview;
use crate::report::plain::{Style, count, harmless, of};
use crate::store::{Change, Kind, Stored};
use crate::time::civil;

/// `3 March 2026`
pub(super) fn words(day: i32) -> String {
    civil(day).map_or_else(|| format!("day {day}"), |day| day.strftime("%-d %B %Y").to_string())
}

pub(super) fn record(out: &mut dyn Write, it: &Stored, style: Style) -> io::Result<()> {
    let title = format!("{}, as of {}", harmless(&it.key), words(it.as_of.day));
    writeln!(out, "{}", style.heading(&title))?;
    for (name, stage) in &it.results.stages {
        let stage = stage.as_deref().map_or_else(|| "no known stage".to_owned(), |stage| harmless(stage).into_owned());
        let since = it.since(name).map_or_else(String::new, |since| format!(" since {}", words(since.day)));
        writeln!(out, "{}: in {stage}{since}", harmless(name))?;
    }
    let unknown = || "unknown".to_owned();
    let scores = it.results.scores.iter().map(|(name, it)| (name, it.map_or_else(unknown, |points| points.to_string())));
    let labels = it.results.labels.iter().map(|(name, it)| (name, it.clone().unwrap_or_else(unknown)));
    let results: Vec<String> = scores.chain(labels).map(|(name, it)| format!("{} {}", harmless(name), harmless(&it))).collect();
    if !results.is_empty() {
        writeln!(out, "{}", results.join(", "))?;
    }
    if let Some(because) = &it.results.excluded {
        writeln!(out, "Excluded: {}", harmless(because))?;
    }
    if let Some(day) = it.due {
        writeln!(out, "Scored again on {}, if nothing happens before", words(day))?;
    }
    writeln!(out, "First scored as of {}\n", words(it.first_day))
}

pub(super) fn day(out: &mut dyn Write, day: i32, style: Style) -> io::Result<()> {
    writeln!(out, "{}", style.heading(&words(day)))
}

pub(super) fn change(out: &mut dyn Write, it: &Change, one: bool) -> io::Result<()> {
    let place = if one { words(it.as_of.day) } else { format!("  {}", harmless(&it.key)) };
    let shown = |text: &Option<String>| text.as_deref().map_or_else(|| "unknown".to_owned(), |text| harmless(text).into_owned());
    let step = match (it.kind, &it.before, &it.after) {
        (Kind::Excluded, None, Some(because)) => format!("excluded: {}", harmless(because)),
        (Kind::Excluded, Some(_), None) => "no longer excluded".to_owned(),
        (Kind::Stage, None, after) => format!("{} {}", harmless(&it.what), shown(after)),
        (_, before, after) => format!("{} {} -> {}", harmless(&it.what), shown(before), shown(after)),
    };
    let why = if it.why.is_empty() { String::new() } else { format!(": {}", harmless(&it.why)) };
    writeln!(out, "{place}: {step}{why} ({})", it.cause.words())
}

pub(super) fn overview(out: &mut dyn Write, it: &Overview) -> io::Result<()> {
    let many = |n: i64, one: &str, several: &str| of(crate::invariant::fits(n.max(0)), one, several);
    writeln!(out, "{}: {}", harmless(&it.store), of(it.records, "record", "records"))?;
    match &it.run {
        None => writeln!(out, "No run over all records yet")?,
        Some(run) => writeln!(
            out,
            "Last run: {} as of {}, {}, {} changed, {}",
            harmless(&run.rules),
            words(run.as_of.day),
            many(run.records, "record", "records"),
            count(crate::invariant::fits(run.changes.max(0))),
            many(run.moves, "move", "moves")
        )?,
    }
    let messages = &it.messages;
    if messages.sent + messages.waiting + messages.parked > 0 {
        let sent = many(messages.sent, "message", "messages");
        writeln!(out, "{sent} sent, {} waiting, {} given up", messages.waiting, messages.parked)?;
    }
    match messages.said.as_ref().filter(|_| messages.waiting + messages.parked > 0) {
        None => Ok(()),
        Some(said) => writeln!(out, "Last problem: {}", harmless(said)),
    }
}

//! The summary for people, on standard error.

use std::fmt::Write as _;

use super::{Label, Lifecycle, Rollup, Rule, Score, Summary};
use crate::invariant::fits;
use crate::report::plain::{Side, Style, count, harmless, number, of, section, share, signed, table};

/// About so many columns stand before the words of a rule.
const RULE_NUMBERS: usize = 42;

/// The summary as text.
#[must_use]
pub fn text(summary: &Summary, style: Style) -> String {
    let mut out = String::new();
    head(&mut out, summary, style);
    let errors = crate::report::data::text(&summary.errors, style);
    if summary.records.read == 0 {
        let _ = writeln!(out, "The data have no records: there is nothing to score.");
        out.push_str(&errors);
        return out;
    }
    exclusions(&mut out, summary, style);
    out.push_str(&errors);
    for score in &summary.scores {
        distribution(&mut out, score, "record", style);
    }
    labels(&mut out, &summary.labels, summary.records.read, style);
    for lifecycle in &summary.lifecycles {
        section(&mut out, &lifecycle.name, style);
        if lifecycle.property {
            moves(&mut out, lifecycle, style);
        } else {
            outcomes(&mut out, lifecycle, summary.records.read, style);
        }
        undecided(&mut out, lifecycle);
    }
    if let Some(since) = &summary.since {
        super::changes::since(&mut out, since, style);
    }
    if let Some(forecast) = &summary.forecast {
        super::changes::forecast(&mut out, forecast, summary.records.read, style);
    }
    for rollup in &summary.rollups {
        accounts(&mut out, rollup, style);
    }
    if let Some(store) = &summary.store {
        super::store::text(&mut out, store, style);
    }
    rules(&mut out, summary, style);
    unnamed(&mut out, summary, style);
    if !summary.not_known.is_empty() {
        let words: Vec<&str> = summary.not_known.iter().map(|part| part.words()).collect();
        let _ = writeln!(out, "\nThe database does not report {}.", words.join(", "));
    }
    let seconds = if summary.seconds < 0.01 { "less than 0.01".to_owned() } else { format!("{:.2}", summary.seconds) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
    let rate = count(summary.records_per_second as u64);
    let _ = writeln!(out, "\n{} in {seconds} s ({rate} a second)", of(summary.records.read, "record", "records"));
    out
}

fn head(out: &mut String, summary: &Summary, style: Style) {
    let records = &summary.records;
    let title = format!(
        "{}: {} read, {} scored, {} excluded",
        harmless(&summary.rules),
        of(records.read, "record", "records"),
        count(records.scored),
        count(records.excluded)
    );
    let _ = writeln!(out, "{}", style.heading(&title));
    let _ = writeln!(out, "As of {}", summary.as_of_words);
    if summary.as_of_past {
        let _ = writeln!(out, "Events and the clock are as of that moment; properties are as they are in the data now.");
    }
    if !summary.params.is_empty() {
        let params: Vec<String> = summary.params.iter().map(|p| format!("{} = {}", p.name, harmless(&p.value))).collect();
        let _ = writeln!(out, "With {}", params.join(", "));
    }
    if !summary.missing.is_empty() {
        let _ = writeln!(out, "Missing from the data (allowed): {}", summary.missing.join(", "));
    }
    if summary.errors.empty_rows > 0 {
        let _ = writeln!(out, "{} skipped: no cell has a value", of(summary.errors.empty_rows, "empty row", "empty rows"));
    }
    // Where results are kept in a store alone, nothing was to be written.
    let stored_alone = summary.store.is_some() && records.written == 0;
    if records.written != records.read && !stored_alone {
        let _ = writeln!(out, "{} written", of(records.written, "record", "records"));
    }
}

fn exclusions(out: &mut String, summary: &Summary, style: Style) {
    if summary.exclusions.is_empty() {
        return;
    }
    section(out, "Excluded", style);
    let rows: Vec<Vec<String>> = summary
        .exclusions
        .iter()
        .map(|e| vec![count(e.records), harmless(e.reason.as_ref().unwrap_or(&e.rule)).into_owned(), format!("line {}", e.line)])
        .collect();
    out.push_str(&style.table(&[Side::Right, Side::Left, Side::Left], &rows));
}

fn distribution(out: &mut String, score: &Score, of: &str, style: Style) {
    let (Some(min), Some(max), Some(mean)) = (score.min, score.max, score.mean) else {
        section(out, &format!("{}: unknown for every {of}", score.name), style);
        return;
    };
    let unknown = if score.unknown > 0 { format!(", unknown for {}", count(score.unknown)) } else { String::new() };
    section(out, &format!("{}: {min} to {max}, mean {}{unknown}", score.name, number(mean)), style);
    for exclusion in score.exclusions.iter().filter(|e| e.records > 0) {
        let reason = exclusion.reason.as_ref().unwrap_or(&exclusion.rule);
        let _ = writeln!(out, "  {} excluded here: {}, line {}", count(exclusion.records), harmless(reason), exclusion.line);
    }
    let most = score.histogram.iter().map(|b| b.records).max().unwrap_or(1).max(1);
    let room = style.width.saturating_sub(50).clamp(8, 40);
    let rows: Vec<Vec<String>> = score
        .histogram
        .iter()
        .map(|bar| {
            let inside = |at: i64| at >= bar.from * 100 && at < bar.to * 100;
            let marks: Vec<String> = score.thresholds.iter().filter(|t| inside(t.at.0)).map(threshold).collect();
            let span = if bar.to - bar.from == 1 { bar.from.to_string() } else { format!("{}..{}", bar.from, bar.to - 1) };
            vec![
                span,
                drawn(bar.records, most, room, style.unicode),
                count(bar.records),
                harmless(&marks.join(", ")).into_owned(),
            ]
        })
        .collect();
    out.push_str(&style.table(&[Side::Right, Side::Left, Side::Right, Side::Left], &rows));
}

/// `sql from 65`: which label or lifecycle it is, the sections below say.
fn threshold(it: &super::Threshold) -> String {
    let name = it.name.split_once(' ').map_or(it.name.as_str(), |(_, value)| value);
    format!("{name} from {}", it.at)
}

/// A bar of eighths of a character.
fn drawn(n: u64, most: u64, room: usize, unicode: bool) -> String {
    let eighths = fits::<usize, _>(u128::from(n) * room as u128 * 8 / u128::from(most));
    if !unicode {
        let full = "#".repeat(eighths / 8);
        return if n > 0 && full.is_empty() { "#".to_owned() } else { full };
    }
    let mut bar = "█".repeat(eighths / 8);
    let rest = if n > 0 && eighths == 0 { 1 } else { eighths % 8 };
    bar.extend(["▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(rest.wrapping_sub(1)).copied());
    bar
}

fn labels(out: &mut String, labels: &[Label], records: u64, style: Style) {
    for label in labels {
        section(out, &label.name, style);
        let mut rows: Vec<Vec<String>> = Vec::new();
        for value in &label.values {
            rows.push(vec![harmless(&value.value).into_owned(), count(value.records), share(value.records, records)]);
        }
        if label.unknown > 0 {
            rows.push(vec!["unknown".to_owned(), count(label.unknown), share(label.unknown, records)]);
        }
        out.push_str(&style.table(&[Side::Left, Side::Right, Side::Right], &rows));
    }
}

/// The stages of a lifecycle that is an output of its own: nothing was there before.
fn outcomes(out: &mut String, lifecycle: &Lifecycle, records: u64, style: Style) {
    let seen = lifecycle.stages.iter().filter(|s| s.stage.is_some() || s.after > 0);
    let rows: Vec<Vec<String>> = seen
        .map(|stage| {
            let name = harmless(stage.stage.as_deref().unwrap_or("unknown")).into_owned();
            vec![name, count(stage.after), share(stage.after, records)]
        })
        .collect();
    out.push_str(&style.table(&[Side::Left, Side::Right, Side::Right], &rows));
}

/// The accounts of a rollup, as the records above them.
fn accounts(out: &mut String, rollup: &Rollup, style: Style) {
    let (accounts, records) = (of(rollup.accounts, "account", "accounts"), of(rollup.records, "record", "records"));
    section(out, &format!("{}: {accounts} by {}, made of {records}", rollup.name, harmless(&rollup.by)), style);
    if rollup.accounts == 0 {
        return;
    }
    for score in &rollup.scores {
        distribution(out, score, "account", style);
    }
    labels(out, &rollup.labels, rollup.accounts, style);
    for lifecycle in &rollup.lifecycles {
        section(out, &lifecycle.name, style);
        outcomes(out, lifecycle, rollup.accounts, style);
        undecided(out, lifecycle);
    }
}

/// The stages of a lifecycle that governs a property, before and after, and who moves.
fn moves(out: &mut String, lifecycle: &Lifecycle, style: Style) {
    let mut rows = vec![vec![String::new(), "before".to_owned(), "after".to_owned(), String::new()]];
    for stage in &lifecycle.stages {
        if stage.stage.is_none() && stage.before + stage.after == 0 {
            continue;
        }
        let name = stage.stage.as_deref().unwrap_or("unknown");
        let change = i128::from(stage.after) - i128::from(stage.before);
        let change = if change == 0 { String::new() } else { format!("{change:+}") };
        rows.push(vec![harmless(name).into_owned(), count(stage.before), count(stage.after), change]);
    }
    out.push_str(&style.table(&[Side::Left, Side::Right, Side::Right, Side::Right], &rows));
    let moves = &lifecycle.moves;
    let _ = writeln!(
        out,
        "  {} forward, {} backward, {} held, {} stay",
        count(moves.forward),
        count(moves.backward),
        count(moves.held),
        count(moves.none)
    );
    let rows: Vec<Vec<String>> = lifecycle
        .transitions
        .iter()
        .take(12)
        .map(|t| {
            let name = |stage: &Option<String>| harmless(stage.as_deref().unwrap_or("unknown")).into_owned();
            vec![count(t.records), format!("{} to {}", name(&t.from), name(&t.to))]
        })
        .collect();
    out.push_str(&table(&[Side::Right, Side::Left], &rows, 4, style.width, style.unicode));
}

fn undecided(out: &mut String, lifecycle: &Lifecycle) {
    if lifecycle.undecided > 0 {
        let by: Vec<String> =
            lifecycle.undecided_by.iter().take(5).map(|u| format!("{} is unknown ({})", u.property, count(u.records))).collect();
        let because = if by.is_empty() { String::new() } else { format!(" because {}", by.join(", ")) };
        let _ = writeln!(out, "  {} undecided{because}", count(lifecycle.undecided));
    }
}

fn rules(out: &mut String, summary: &Summary, style: Style) {
    if summary.rules_fired.is_empty() {
        return;
    }
    section(out, "Rules", style);
    let header = ["line", "hits", "", "unknown", "points", "rule"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    let mut score = "";
    for rule in &summary.rules_fired {
        if rule.score != score {
            score = &rule.score;
            rows.push([String::new(), String::new(), String::new(), String::new(), String::new(), format!("[{score}]")].to_vec());
        }
        rows.push(rule_row(rule, summary.records.read, style.width.saturating_sub(RULE_NUMBERS)));
    }
    let sides = [Side::Right, Side::Right, Side::Right, Side::Right, Side::Right, Side::Left];
    out.push_str(&style.table(&sides, &rows));
}

fn rule_row(rule: &Rule, records: u64, room: usize) -> Vec<String> {
    // The reason only where there is room for both.
    let both = rule.because.as_ref().map(|because| format!("{}  \"{because}\"", rule.rule));
    let words = both.filter(|both| both.chars().count() <= room).unwrap_or_else(|| rule.rule.clone());
    vec![
        rule.line.to_string(),
        count(rule.hits),
        share(rule.hits, records),
        if rule.unknown > 0 { count(rule.unknown) } else { String::new() },
        signed(rule.points),
        harmless(&words).into_owned(),
    ]
}

fn unnamed(out: &mut String, summary: &Summary, style: Style) {
    if summary.unnamed_values.is_empty() {
        return;
    }
    section(out, "Frequent values that no rule uses", style);
    let rows: Vec<Vec<String>> = summary
        .unnamed_values
        .iter()
        .take(8)
        .map(|v| {
            let what = format!("{} {}", v.property, harmless(&v.value));
            let note = if v.listed { String::new() } else { "not in the schema".to_owned() };
            vec![what, count(v.records), note]
        })
        .collect();
    out.push_str(&style.table(&[Side::Left, Side::Right, Side::Left], &rows));
}

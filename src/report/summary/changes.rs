//! For people: what changed since an earlier run, and what is to come.

use std::fmt::Write as _;

use crate::forecast;
use crate::report::plain::{Side, Style, count, harmless, of, section, share, table};
use crate::since;

/// So many changes of stage, or days, are told.
const SHOWN: usize = 12;

pub(super) fn since(out: &mut String, it: &since::Report, style: Style) {
    section(out, &format!("Since {}", harmless(&it.source.output)), style);
    let _ = writeln!(
        out,
        "  {} in both, {} new, {} gone{}{}",
        of(it.matched, "record", "records"),
        count(it.new),
        count(it.gone),
        if it.without_key > 0 { format!(", {} without a key", count(it.without_key)) } else { String::new() },
        if it.twice > 0 { format!(", {} skipped because of duplicate keys", count(it.twice)) } else { String::new() }
    );
    if !it.gone_keys.is_empty() {
        let keys: Vec<_> = it.gone_keys.iter().map(|key| harmless(key).into_owned()).collect();
        let more = if it.gone > it.gone_keys.len() as u64 { ", .." } else { "" };
        let _ = writeln!(out, "  gone: {}{more}", keys.join(", "));
    }
    let of_matched =
        |n: u64| format!("{}{}", count(n), if n > 0 { format!(" ({})", share(n, it.matched)) } else { String::new() });
    let _ = writeln!(out, "  {} changed, {} changed stage", of_matched(it.changed), of_matched(it.moved));
    scores(out, it, style);
    for lifecycle in it.lifecycles.iter().filter(|l| !l.transitions.is_empty()) {
        let _ = writeln!(out, "  {}", lifecycle.name);
        let row = |t: &since::Transition| vec![count(t.records), step(t.from.as_ref(), t.to.as_ref())];
        let rows: Vec<Vec<String>> = lifecycle.transitions.iter().take(SHOWN).map(row).collect();
        out.push_str(&table(&[Side::Right, Side::Left], &rows, 4, style.width, style.unicode));
    }
}

fn scores(out: &mut String, it: &since::Report, style: Style) {
    let causes: Vec<since::Cause> =
        it.scores.iter().map(|s| &s.by).max_by_key(|by| by.len()).into_iter().flatten().map(|p| p.cause).collect();
    let mut header = vec!["score", "up", "down", "same", "change"];
    header.extend(causes.iter().map(|cause| words(*cause)));
    let mut rows = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for score in &it.scores {
        let mut row = vec![score.name.clone(), count(score.up), count(score.down), count(score.same), sum(score.change)];
        row.extend(
            causes.iter().map(|cause| score.by.iter().find(|p| p.cause == *cause).map_or_else(String::new, |p| sum(p.points))),
        );
        rows.push(row);
    }
    let mut sides = vec![Side::Left];
    sides.resize(5 + causes.len(), Side::Right);
    out.push_str(&style.table(&sides, &rows));
    let now: u64 = it.scores.iter().map(|s| s.now_known).sum();
    let gone: u64 = it.scores.iter().map(|s| s.no_longer_known).sum();
    if now + gone > 0 {
        let _ = writeln!(out, "  {} with a score now and none before, {} with none any more", count(now), count(gone));
    }
}

/// The cause of a part in words.
pub(crate) const fn words(cause: since::Cause) -> &'static str {
    match cause {
        since::Cause::Time => "time",
        since::Cause::Data => "data",
        since::Cause::DataAndTime => "data and time",
        since::Cause::Rules => "rules",
        since::Cause::Bounds => "bounds",
    }
}

fn sum(change: since::Change) -> String {
    change.0.signed()
}

fn step(from: Option<&String>, to: Option<&String>) -> String {
    let name = |stage: Option<&String>| harmless(stage.map_or("unknown", String::as_str)).into_owned();
    format!("{} to {}", name(from), name(to))
}

pub(super) fn forecast(out: &mut String, it: &forecast::Report, records: u64, style: Style) {
    for lifecycle in &it.lifecycles {
        section(out, &format!("{} until {}, if nothing new happens", lifecycle.name, it.until), style);
        if lifecycle.days.is_empty() {
            out.push_str("  no record changes stage\n");
            continue;
        }
        let share = share(lifecycle.records, records);
        let verb = if lifecycle.records == 1 { "changes" } else { "change" };
        let _ = writeln!(out, "  {} {verb} stage ({share})", of(lifecycle.records, "record", "records"));
        let days = lifecycle.days.iter().take(SHOWN);
        let rows: Vec<Vec<String>> = days
            .flat_map(|day| {
                day.moves.iter().enumerate().map(|(at, m)| {
                    let on = if at == 0 { day.on.clone() } else { String::new() };
                    vec![on, count(m.records), step(m.from.as_ref(), m.to.as_ref())]
                })
            })
            .collect();
        out.push_str(&style.table(&[Side::Left, Side::Right, Side::Left], &rows));
        if lifecycle.days.len() > SHOWN {
            let rest = lifecycle.days.iter().skip(SHOWN);
            let (days, moves) = rest.fold((0_u64, 0), |(days, moves), day| (days + 1, moves + day.records));
            let _ = writeln!(out, "  and {} on {} later", of(moves, "move", "moves"), of(days, "day", "days"));
        }
    }
}

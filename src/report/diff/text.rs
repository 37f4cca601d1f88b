//! The difference for a terminal.

use std::fmt::Write as _;

use super::words;
use crate::diff::people::{Mover, People, StageChange};
use crate::diff::{Difference, People as Records};
use crate::report::plain::{Side, count, cut, harmless, number, of, signed, table};
use crate::report::summary::Style;

/// The difference as text; names and texts in it do not command the terminal.
#[must_use]
pub fn text(it: &Difference, style: Style) -> String {
    crate::diag::render::harmless(&written(it, style)).into_owned()
}

fn written(it: &Difference, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} → {}\n{}", harmless(&it.old), harmless(&it.new), words::summary(it));
    let _ = writeln!(out, "{}", harmless(&words::equivalence(it)));
    if !it.changes.is_empty() {
        let _ = writeln!(out, "\n{}", style.heading("What changed"));
        let mut place = "";
        for change in &it.changes {
            if change.place != place {
                let _ = writeln!(out, "  {}", harmless(&change.place));
                place = &change.place;
            }
            let _ = writeln!(out, "    line {}: {}", change.line, harmless(&words::change(change)));
        }
    }
    let ranges: Vec<Vec<String>> = it
        .scores
        .iter()
        .filter(|s| words::moved_range(s))
        .map(|s| vec![s.name.clone(), words::range(s.old), "→".to_owned(), words::range(s.new)])
        .collect();
    if !ranges.is_empty() {
        let _ = writeln!(out, "\n{}", style.heading("Ranges of the scores"));
        out.push_str(&table(&[Side::Left, Side::Left, Side::Left, Side::Left], &ranges, 2, style.width, style.unicode));
    }
    if let Some(it) = &it.people {
        people(&mut out, it, style);
    }
    for accounts in &it.accounts {
        let _ = writeln!(out, "\n{}\n  {}", style.heading(&accounts.name), words::accounts(accounts));
        let rows: Vec<Vec<String>> =
            words::account_outputs(accounts).into_iter().map(|(name, words)| vec![name, words]).collect();
        out.push_str(&table(&[Side::Left, Side::Left], &rows, 2, style.width, style.unicode));
    }
    for gate in &it.gates {
        let _ = writeln!(out, "\n{} {}: {}", if gate.holds { "passed:" } else { "failed:" }, gate.gate, gate.found);
    }
    out
}

fn people(out: &mut String, it: &Records, style: Style) {
    exclusions(out, it);
    for lifecycle in &it.lifecycles {
        stages(out, lifecycle, style);
    }
    let changed: Vec<_> = it.scores.iter().filter(|s| s.same < it.records).collect();
    if !changed.is_empty() {
        let _ = writeln!(out, "\n{}", style.heading("Scores"));
    }
    for score in changed {
        let _ = writeln!(
            out,
            "  {}: {} up, {} down, {} unchanged; change {} to {}, mean {}",
            score.name,
            count(score.up),
            count(score.down),
            count(score.same),
            signed(score.least),
            signed(score.most),
            signed(score.mean)
        );
        if score.now_known + score.no_longer_known > 0 {
            let _ = writeln!(out, "    now known: {}; no longer known: {}", count(score.now_known), count(score.no_longer_known));
        }
        let rows: Vec<Vec<String>> = score.distribution.iter().map(|b| vec![words::bar(b), count(b.records)]).collect();
        out.push_str(&table(&[Side::Left, Side::Right], &rows, 4, style.width, style.unicode));
    }
    for label in it.labels.iter().filter(|l| l.changed > 0) {
        let _ = writeln!(out, "  {}: {} a different value", label.name, of(label.changed, "record has", "records have"));
    }
    if !it.rules.is_empty() {
        let _ = writeln!(out, "\n{}", style.heading("Which rules cause it"));
        let mut rows = vec![["points", "records", "place", "rule"].map(str::to_owned).to_vec()];
        rows.extend(
            it.rules.iter().map(|r| {
                vec![signed(r.points), count(r.records), harmless(&r.place).into_owned(), harmless(&r.rule).into_owned()]
            }),
        );
        out.push_str(&table(&[Side::Right, Side::Right, Side::Left, Side::Left], &rows, 2, style.width, style.unicode));
    }
}

fn exclusions(out: &mut String, it: &People) {
    if it.now_excluded + it.no_longer_excluded > 0 {
        let now = of(it.now_excluded, "record is excluded now", "records are excluded now");
        let _ = writeln!(out, "\n{now}, {} no longer", count(it.no_longer_excluded));
    }
}

fn stages(out: &mut String, it: &StageChange, style: Style) {
    let _ = writeln!(out, "\n{}", style.heading(&it.name));
    let mut rows = vec![["stage", "before", "after", "change", "enter", "leave"].map(str::to_owned).to_vec()];
    rows.extend(words::used(it).into_iter().map(|s| {
        let name = words::stage(s.stage.as_ref()).to_owned();
        vec![name, count(s.old), count(s.new), words::delta(s.old, s.new), count(s.entered), count(s.left)]
    }));
    let right = Side::Right;
    out.push_str(&table(&[Side::Left, right, right, right, right, right], &rows, 2, style.width, style.unicode));
    let moves: Vec<Vec<String>> = it
        .matrix
        .iter()
        .filter(|m| m.from != m.to)
        .map(|m| {
            let way = format!("{} → {}", words::stage(m.from.as_ref()), words::stage(m.to.as_ref()));
            vec![count(m.records), way]
        })
        .collect();
    if moves.is_empty() {
        return;
    }
    let _ = writeln!(out, "  moves");
    out.push_str(&table(&[right, Side::Left], &moves, 4, style.width, style.unicode));
    let _ = writeln!(out, "  moved by");
    let rows: Vec<Vec<String>> = it.causes.iter().map(|c| vec![count(c.records), harmless(&c.rule).into_owned()]).collect();
    out.push_str(&table(&[right, Side::Left], &rows, 4, style.width, style.unicode));
    for stage in words::used(it) {
        let name = words::stage(stage.stage.as_ref());
        movers(out, &format!("enter {name}"), stage.entered, &stage.enters, style);
        movers(out, &format!("leave {name}"), stage.left, &stage.leaves, style);
    }
}

fn movers(out: &mut String, title: &str, total: u64, named: &[Mover], style: Style) {
    if named.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {title}: {}", number_of(total));
    let rows: Vec<Vec<String>> = named
        .iter()
        .map(|m| {
            let way = format!("{} → {}", words::stage(m.from.as_ref()), words::stage(m.to.as_ref()));
            let key = cut(&harmless(&m.key), 40, style.unicode).into_owned();
            let selected =
                m.selected.iter().map(|s| s.value.as_deref().map_or_else(String::new, |value| harmless(value).into_owned()));
            let selected = selected.map(|text| cut(&text, 40, style.unicode).into_owned());
            [key].into_iter().chain(selected).chain([way, harmless(&words::cause(m)).into_owned()]).collect()
        })
        .collect();
    let sides = vec![Side::Left; rows.first().map_or(0, Vec::len)];
    out.push_str(&table(&sides, &rows, 4, style.width, style.unicode));
    if let Some(more) = words::unnamed(total, named.len()) {
        let _ = writeln!(out, "    {more}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of records")]
fn number_of(n: u64) -> String {
    number(n as f64)
}

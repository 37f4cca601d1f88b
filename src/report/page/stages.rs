//! Who goes from which stage to which.

use std::fmt::Write as _;

use super::draw::{Figure, figure, share_bar, table};
use super::flow::{self, Flow};
use super::{Facts, Section};
use crate::report::html::escaped;
use crate::report::plain::{count, of, share};
use crate::report::summary::{Lifecycle, Stage};
use crate::report::tally::StageTally;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let lifecycles = &facts.summary.lifecycles;
    if lifecycles.is_empty() {
        return;
    }
    let mut body = String::new();
    for (at, (lifecycle, tally)) in lifecycles.iter().zip(&facts.tally.stages).enumerate() {
        one(&mut body, at, lifecycle, tally, facts.summary.records.read);
    }
    into.push(Section { id: "stages", title: "Stages and moves", body });
}

fn one(out: &mut String, at: usize, it: &Lifecycle, tally: &StageTally, read: u64) {
    let _ = writeln!(out, "<h3>{}</h3>", escaped(&it.name));
    let words = format!(
        "{} forward, {} backward, {} held, {} stay.",
        of(it.moves.forward, "record moves", "records move"),
        count(it.moves.backward),
        count(it.moves.held),
        count(it.moves.none)
    );
    let _ = writeln!(out, "<p>{words}</p>\n<div class=\"grid\">\n<article>");
    let tables = stage_table(it, read) + &moves_table(it);
    if tally.before(None) == read {
        // There is nothing to come from: the stages are a new output.
        out.push_str(&stage_table(it, read));
    } else {
        let (drawing, height) = drawn(it, tally, read);
        let id = format!("flow-{at}");
        let title = format!("the moves in {}", it.name);
        figure(out, &Figure { id, title: &title, words: &words, height, drawing: &drawing, table: &tables });
        out.push_str(
            "<p class=\"key\"><span class=\"forward\"></span>forward <span class=\"backward\"></span>backward \
             <span class=\"stay\"></span>stay</p>\n",
        );
    }
    out.push_str("</article>\n<article>\n");
    let rows: Vec<Vec<String>> = it
        .reasons
        .iter()
        .map(|r| {
            let line = r.line.map_or_else(String::new, |line| line.to_string());
            vec![line, escaped(&r.reason).into_owned(), share_bar(r.records, read, "bar"), count(r.records)]
        })
        .collect();
    out.push_str(&table(
        "Why records have their stage",
        &[("line", true), ("reason", false), ("", false), ("records", true)],
        &rows,
    ));
    if it.undecided > 0 {
        let by: Vec<String> = it
            .undecided_by
            .iter()
            .map(|u| format!("<code>{}</code> is unknown ({})", escaped(&u.property), count(u.records)))
            .collect();
        let _ = writeln!(out, "<p>{} undecided because {}.</p>", count(it.undecided), by.join(", "));
    }
    out.push_str("</article>\n</div>\n");
}

fn name(stage: Option<&str>) -> String {
    stage.map_or_else(|| "<em>unknown</em>".to_owned(), |s| escaped(s).into_owned())
}

fn stage_table(it: &Lifecycle, read: u64) -> String {
    let seen = |s: &&Stage| s.stage.is_some() || s.before + s.after > 0;
    let row = |s: &Stage| vec![name(s.stage.as_deref()), count(s.before), count(s.after), share(s.after, read)];
    let rows: Vec<Vec<String>> = it.stages.iter().filter(seen).map(row).collect();
    table("Records by stage", &[("stage", false), ("before", true), ("after", true), ("share after", true)], &rows)
}

fn moves_table(it: &Lifecycle) -> String {
    let row = |t: &crate::report::summary::Transition| vec![name(t.from.as_deref()), name(t.to.as_deref()), count(t.records)];
    let rows: Vec<Vec<String>> = it.transitions.iter().map(row).collect();
    table("Changes of stage", &[("from", false), ("to", false), ("records", true)], &rows)
}

fn drawn(it: &Lifecycle, tally: &StageTally, read: u64) -> (String, f64) {
    let code = |place: usize| (place < tally.stages).then_some(place);
    let stages = it.stages.iter().map(|s| flow::Stage { name: s.stage.clone(), before: s.before, after: s.after }).collect();
    Flow { stages, moves: &|from, to| tally.transition(code(from), code(to)), whole: read }.draw()
}

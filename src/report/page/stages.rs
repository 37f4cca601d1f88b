//! Who goes from which stage to which.

use std::fmt::Write as _;

use super::draw::{Figure, WIDTH, figure, length, share_bar, short, table};
use super::{Facts, Section};
use crate::report::html::escaped;
use crate::report::plain::{count, of, share};
use crate::report::summary::{Lifecycle, Stage};
use crate::report::tally::StageTally;

/// How high all records together are drawn.
const FLOW: f64 = 220.0;
/// Room between two stages, enough for their names.
const GAP: f64 = 18.0;
const TOP: f64 = 34.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = WIDTH - 150.0;
const NODE: f64 = 8.0;

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
        let (drawing, height) = flow(it, tally, read);
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
        let by: Vec<String> =
            it.undecided_by.iter().map(|u| format!("<code>{}</code> for {}", escaped(&u.property), count(u.records))).collect();
        let _ = writeln!(out, "<p>{} undecided, because unknown: {}.</p>", count(it.undecided), by.join(", "));
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

/// A stage of one side: its place in the order, where it starts, how much of it is used up by ribbons, and its size.
struct Node {
    place: usize,
    top: f64,
    used: f64,
    size: f64,
}

fn nodes(sizes: &[u64], read: u64) -> Vec<Node> {
    let mut top = TOP;
    let mut out = Vec::new();
    for (place, &n) in sizes.iter().enumerate().filter(|(_, n)| **n > 0) {
        let size = length(n) / length(read.max(1)) * FLOW;
        out.push(Node { place, top, used: 0.0, size });
        top += size + GAP;
    }
    out
}

fn flow(it: &Lifecycle, tally: &StageTally, read: u64) -> (String, f64) {
    let code = |place: usize| (place < tally.stages).then_some(place);
    let sizes = |of: &dyn Fn(&Stage) -> u64| it.stages.iter().map(of).collect::<Vec<u64>>();
    let mut before = nodes(&sizes(&|s| s.before), read);
    let mut after = nodes(&sizes(&|s| s.after), read);
    let end = before.iter().chain(&after).map(|n| n.top + n.size).fold(TOP, f64::max);
    let mut out = format!(
        "<text class=\"tick\" x=\"{:.0}\" y=\"14\" text-anchor=\"end\">before</text><text class=\"tick\" x=\"{:.0}\" y=\"14\">after</text>\n",
        LEFT + NODE,
        RIGHT
    );
    for from in &mut before {
        for to in &mut after {
            let n = tally.transition(code(from.place), code(to.place));
            if n == 0 {
                continue;
            }
            let width = length(n) / length(read.max(1)) * FLOW;
            let class = match (code(from.place), code(to.place)) {
                (a, b) if a == b => "stay",
                (Some(a), Some(b)) if b < a => "backward",
                (Some(_), Some(_)) | (None, _) => "forward",
                (Some(_), None) => "backward",
            };
            let title = format!("{} to {}: {}", stage(it, from.place), stage(it, to.place), of(n, "record", "records"));
            ribbon(&mut out, (from.top + from.used, to.top + to.used), width, class, &title);
            from.used += width;
            to.used += width;
        }
    }
    for (nodes, x, label_x, anchor, before) in
        [(&before, LEFT, LEFT - 6.0, "end", true), (&after, RIGHT, RIGHT + NODE + 6.0, "start", false)]
    {
        for node in nodes {
            let n = it.stages.get(node.place).map_or(0, |s| if before { s.before } else { s.after });
            let _ = writeln!(
                out,
                "<rect class=\"node\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{NODE}\" height=\"{:.1}\"/>\
                 <text x=\"{label_x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{} <tspan class=\"tick\">{}</tspan></text>",
                node.top,
                node.size.max(1.0),
                node.top + node.size / 2.0 + 4.0,
                short(&stage(it, node.place), 15),
                count(n)
            );
        }
    }
    (out, end + 12.0)
}

fn stage(it: &Lifecycle, place: usize) -> String {
    it.stages.get(place).and_then(|s| s.stage.clone()).unwrap_or_else(|| "unknown".to_owned())
}

fn ribbon(out: &mut String, (left, right): (f64, f64), width: f64, class: &str, title: &str) {
    let (start, end, middle) = (LEFT + NODE, RIGHT, f64::midpoint(LEFT + NODE, RIGHT));
    let width = width.max(0.75);
    let _ = writeln!(
        out,
        "<path class=\"{class}\" d=\"M{start:.1} {left:.1}C{middle:.1} {left:.1} {middle:.1} {right:.1} {end:.1} {right:.1}\
         V{:.1}C{middle:.1} {:.1} {middle:.1} {2:.1} {start:.1} {2:.1}Z\"><title>{3}</title></path>",
        right + width,
        right + width,
        left + width,
        escaped(title)
    );
}

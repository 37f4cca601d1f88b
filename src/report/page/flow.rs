//! A drawing of who goes from which stage to which: stages at both sides, ribbons as wide as what they carry.

use std::fmt::Write as _;

use super::draw::{WIDTH, length, short};
use crate::report::html::escaped;
use crate::report::plain::{count, of};

/// How high all records together are drawn.
const FLOW: f64 = 220.0;
/// Room between two stages, enough for their names.
const GAP: f64 = 18.0;
const TOP: f64 = 34.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = WIDTH - 150.0;
const NODE: f64 = 8.0;

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

/// A stage with its records before and after; without a name it is unknown.
pub(in crate::report) struct Stage {
    pub(in crate::report) name: Option<String>,
    pub(in crate::report) before: u64,
    pub(in crate::report) after: u64,
}

/// Who goes from which stage to which.
pub(in crate::report) struct Flow<'a> {
    /// In their order.
    pub(in crate::report) stages: Vec<Stage>,
    /// How many go from one place to another, those that stay among them.
    pub(in crate::report) moves: &'a dyn Fn(usize, usize) -> u64,
    /// All records.
    pub(in crate::report) whole: u64,
}

impl Flow<'_> {
    /// The drawing and its height.
    pub(in crate::report) fn draw(&self) -> (String, f64) {
        flow(self)
    }
}

fn flow(it: &Flow<'_>) -> (String, f64) {
    let read = it.whole;
    let known = |place: usize| it.stages.get(place).is_some_and(|s| s.name.is_some()).then_some(place);
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
            let n = (it.moves)(from.place, to.place);
            if n == 0 {
                continue;
            }
            let width = length(n) / length(read.max(1)) * FLOW;
            let class = match (known(from.place), known(to.place)) {
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

fn stage(it: &Flow<'_>, place: usize) -> String {
    it.stages.get(place).and_then(|s| s.name.clone()).unwrap_or_else(|| "unknown".to_owned())
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

//! How the points and labels are spread over the records.

use std::fmt::Write as _;

use super::draw::{CHARACTER, Figure, WIDTH, figure, length, share_bar, short, step, table};
use super::{Facts, Section};
use crate::hir::{self, LabelBody, Model};
use crate::report::html::escaped;
use crate::report::plain::{count, number, of, share};
use crate::report::summary::{Bar, Label, Score, Threshold, histogram};

/// At most so many bars.
const BARS: i64 = 40;

const LEFT: f64 = 8.0;
const PLOT: f64 = 150.0;
const LINE: f64 = 16.0;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let mut body = String::from("<div class=\"grid\">\n");
    let scores = facts.summary.scores.iter().zip(&facts.tally.scores).zip(&facts.model.scores);
    for (at, ((score, tally), declared)) in scores.enumerate() {
        let of = (facts.summary.records.read, ("record", "records"));
        card(&mut body, at, score, &histogram(tally, &declared.bounds, BARS), of);
    }
    body.push_str("</div>\n");
    if !facts.summary.scores.is_empty() {
        into.push(Section { id: "scores", title: "Scores", body });
    }
    if !facts.summary.labels.is_empty() {
        let mut body = String::from("<div class=\"grid\">\n");
        for (it, declared) in facts.summary.labels.iter().zip(&facts.model.labels) {
            match crossed(facts.model, declared) {
                Some(parts) => matrix(&mut body, it, parts, facts.summary.records.read),
                None => label(&mut body, it, facts.summary.records.read),
            }
        }
        body.push_str("</div>\n");
        into.push(Section { id: "labels", title: "Labels", body });
    }
}

/// A score over so many records or accounts, which are called so.
pub(super) fn card(out: &mut String, at: usize, score: &Score, bars: &[Bar], (read, (one, many)): (u64, (&str, &str))) {
    let name = escaped(&score.name);
    let _ = writeln!(out, "<article>\n<h3>{name}</h3>");
    let (Some(min), Some(max), Some(mean)) = (score.min, score.max, score.mean) else {
        let _ = writeln!(out, "<p>Unknown for every {one}.</p>\n</article>");
        return;
    };
    let unknown = if score.unknown > 0 { format!("; unknown for {}", count(score.unknown)) } else { String::new() };
    let words = format!("{min} to {max}, mean {}, over {}{unknown}.", number(mean), of(score.known, one, many));
    let _ = writeln!(out, "<p>{words}</p>");
    let (drawing, height) = draw(score, bars);
    let rows: Vec<Vec<String>> = bars
        .iter()
        .filter(|bar| bar.records > 0)
        .map(|bar| vec![span(bar), count(bar.records), share(bar.records, score.known)])
        .collect();
    let caption = if one == "account" { "Accounts by points" } else { "Records by points" };
    let mut tables = table(caption, &[("points", true), (many, true), ("share", true)], &rows);
    if !score.thresholds.is_empty() {
        let row = |t: &Threshold| vec![t.at.to_string(), escaped(&t.name).into_owned()];
        let rows: Vec<Vec<String>> = score.thresholds.iter().map(row).collect();
        tables += &table("Thresholds", &[("from", true), ("begins", false)], &rows);
    }
    let id = format!("score-{at}");
    let title = format!("the distribution of {}", score.name);
    figure(out, &Figure { id, title: &title, words: &words, height, drawing: &drawing, table: &tables });
    for exclusion in score.exclusions.iter().filter(|e| e.records > 0) {
        let reason = exclusion.reason.as_ref().unwrap_or(&exclusion.rule);
        let _ = writeln!(
            out,
            "<p>Excluded from this score: {} ({}), {}, line {}</p>",
            count(exclusion.records),
            share(exclusion.records, read),
            escaped(reason),
            exclusion.line
        );
    }
    out.push_str("</article>\n");
}

fn span(bar: &Bar) -> String {
    if bar.to - bar.from == 1 { bar.from.to_string() } else { format!("{} to {}", bar.from, bar.to - 1) }
}

/// The axis of points, as far as bars and thresholds reach.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Thresholds beyond the bars are drawn as far as they leave the bars half of the room.
    #[expect(clippy::cast_precision_loss, reason = "places in a picture")]
    fn new(bars: &[Bar], thresholds: &[Threshold]) -> Self {
        let low = bars.first().map_or(0.0, |b| b.from as f64);
        let high = bars.last().map_or(1.0, |b| b.to as f64);
        let width = high - low;
        let places = || thresholds.iter().map(|t| t.at.0 as f64 / 100.0);
        let margin = width / 30.0;
        Self {
            low: places().filter(|at| *at >= low - width / 2.0).fold(low, f64::min),
            high: places().filter(|at| *at <= high + width / 2.0).map(|at| at + margin).fold(high, f64::max),
        }
    }

    fn x(&self, points: f64) -> f64 {
        LEFT + (points - self.low) / (self.high - self.low) * 2.0_f64.mul_add(-LEFT, WIDTH)
    }

    fn holds(&self, points: f64) -> bool {
        points >= self.low && points <= self.high
    }
}

/// Thresholds at one place, with the row in which their name stands and where it starts.
struct Flag {
    x: f64,
    text: String,
    start: f64,
    row: usize,
}

/// Gives every threshold's name a row in which it meets no other.
#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn flags(axis: &Axis, thresholds: &[Threshold]) -> Vec<Flag> {
    let mut out: Vec<Flag> = Vec::new();
    let mut ends: Vec<f64> = Vec::new();
    for together in thresholds.chunk_by(|a, b| a.at == b.at) {
        let Some(first) = together.first() else { continue };
        let points = first.at.0 as f64 / 100.0;
        if !axis.holds(points) {
            continue;
        }
        let names: Vec<&str> =
            together.iter().map(|t| t.name.split_once(' ').map_or(t.name.as_str(), |(_, value)| value)).collect();
        let text = crate::report::plain::cut(&format!("{} {}", first.at, names.join(", ")), 30, true).into_owned();
        let x = axis.x(points);
        let width = text.chars().count() as f64 * CHARACTER + 6.0;
        let start = if x + width > WIDTH { (x - width).max(0.0) } else { x + 4.0 };
        let free = ends.iter().position(|end| *end < start.min(x));
        let row = free.unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(end) => *end = (start + width).max(x),
            None => ends.push((start + width).max(x)),
        }
        out.push(Flag { x, text, start, row });
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "places in a picture")]
fn draw(score: &Score, bars: &[Bar]) -> (String, f64) {
    let axis = Axis::new(bars, &score.thresholds);
    let flags = flags(&axis, &score.thresholds);
    let top = LINE.mul_add(flags.iter().map(|f| f.row + 1).fold(0, Ord::max) as f64, 6.0);
    let base = top + PLOT;
    let most = length(bars.iter().map(|b| b.records).max().unwrap_or(1).max(1));
    let mut out = String::new();
    for bar in bars.iter().filter(|b| b.records > 0) {
        let (from, to) = (axis.x(bar.from as f64), axis.x(bar.to as f64));
        let height = (length(bar.records) / most * PLOT).max(1.0);
        let gap = if to - from > 4.0 { 1.0 } else { 0.0 };
        let _ = writeln!(
            out,
            "<rect class=\"bar\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}: {}</title></rect>",
            base - height,
            (to - from - gap).max(0.5),
            span(bar),
            of(bar.records, "record", "records")
        );
    }
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{LEFT} {base:.1}H{:.1}\"/>", WIDTH - LEFT);
    let step = step(axis.high - axis.low, 6.0);
    let mut mark = (axis.low / step).ceil() * step;
    while mark <= axis.high {
        let x = axis.x(mark);
        let anchor = if x < 20.0 {
            "start"
        } else if x > WIDTH - 20.0 {
            "end"
        } else {
            "middle"
        };
        let _ = writeln!(
            out,
            "<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            base + 16.0,
            number(mark)
        );
        mark += step;
    }
    let y = |flag: &Flag| LINE.mul_add(flag.row as f64, 12.0);
    for flag in &flags {
        let _ = writeln!(out, "<path class=\"threshold\" d=\"M{:.1} {:.1}V{base:.1}\"/>", flag.x, y(flag) - 9.0);
    }
    for flag in &flags {
        let text = escaped(&flag.text);
        let _ = writeln!(out, "<text class=\"flag\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>", flag.start, y(flag));
    }
    (out, base + 22.0)
}

/// The two labels that one is written together from, where every text of it tells both.
fn crossed<'m>(model: &'m Model, label: &hir::Label) -> Option<[&'m hir::Label; 2]> {
    let LabelBody::Join(parts) = &label.body else { return None };
    let [a, b] = parts.as_slice() else { return None };
    let parts = [model.label(*a)?, model.label(*b)?];
    let [rows, columns] = parts.map(|part| part.values.len());
    (rows > 1 && columns > 1 && label.values.len() == rows * columns).then_some(parts)
}

/// A label of two as their matrix: the first down, the second across, each cell as dark as it is full.
fn matrix(out: &mut String, it: &Label, [down, across]: [&hir::Label; 2], read: u64) {
    let name = escaped(&it.name);
    let _ = writeln!(out, "<article>\n<h3>{name}</h3>");
    let most = it.values.iter().map(|v| v.records).fold(1, Ord::max);
    let records = |text: &str| it.values.iter().find(|v| v.value == text).map_or(0, |v| v.records);
    let (down_name, across_name) = (escaped(&down.name), escaped(&across.name));
    let _ = write!(
        out,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Records by {name}\"><table class=\"matrix\"><caption>Records by {name}: \
         {down_name} down, {across_name} across</caption>\n<thead><tr><td></td>"
    );
    for column in &across.values {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(column));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &down.values {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(row));
        for column in &across.values {
            let text = format!("{row}{column}");
            let n = records(&text);
            let shade = length(n) / length(most);
            let (figure, share) = if n == 0 { ("0".to_owned(), String::new()) } else { (count(n), share(n, read)) };
            let _ = write!(
                out,
                "<td{}><svg class=\"shade\" aria-hidden=\"true\" viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\"><rect class=\"bar\" width=\"1\" \
                 height=\"1\" opacity=\"{:.3}\"/></svg><span>{}</span><b>{figure}</b><small>{share}</small></td>",
                if n == 0 { " class=\"none\"" } else { "" },
                shade * 0.45,
                escaped(&text),
            );
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if it.unknown > 0 {
        let _ = writeln!(out, "<p>Unknown for {} ({}).</p>", count(it.unknown), share(it.unknown, read));
    }
    out.push_str("</article>\n");
}

fn label(out: &mut String, it: &Label, read: u64) {
    let _ = writeln!(out, "<article>\n<h3>{}</h3>", escaped(&it.name));
    let known = it.values.iter().map(|v| (escaped(&v.value).into_owned(), v.records));
    let unknown = (it.unknown > 0).then(|| ("<em>unknown</em>".to_owned(), it.unknown));
    let rows: Vec<Vec<String>> =
        known.chain(unknown).map(|(value, n)| vec![value, share_bar(n, read, "bar"), count(n), share(n, read)]).collect();
    let caption = format!("Records by {}", short(&it.name, 60));
    out.push_str(&table(&caption, &[("text", false), ("", false), ("records", true), ("share", true)], &rows));
    out.push_str("</article>\n");
}

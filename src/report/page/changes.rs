//! What changed since an earlier run, and what is to come.

use std::fmt::Write as _;

use super::draw::{Figure, WIDTH, Waterfall, figure, length, share_bar, table};
use super::{Facts, Section};
use crate::forecast::{Day, LifecycleForecast};
use crate::invariant::{SureAt as _, fits};
use crate::report::html::escaped;
use crate::report::plain::{count, of, share, signed};
use crate::report::summary::{cause_words, decimal};
use crate::since;

/// The height of the columns of a forecast.
const PLOT: f64 = 120.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 10.0;
/// A forecast of at most so many days has a column for each, else columns of several days.
const COLUMNS: usize = 62;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    if let Some(since) = &facts.summary.since {
        into.push(Section { id: "since", title: "Changes since the earlier run", body: changes(since) });
    }
    if let Some(forecast) = &facts.summary.forecast {
        let mut body = format!(
            "<p>Stages that records will change until <strong>{}</strong> by the passing of time alone: points that fade, windows that end, dates \
             that come. New events and changed records are not included.</p>\n<div class=\"grid\">\n",
            escaped(&forecast.until)
        );
        for (at, it) in forecast.lifecycles.iter().enumerate() {
            ahead(&mut body, at, it, facts);
        }
        body.push_str("</div>\n");
        into.push(Section { id: "forecast", title: "Forecast", body });
    }
}

fn changes(it: &since::Report) -> String {
    let mut out = format!(
        "<p>Compared with <code>{}</code>: {} in both, {} new, {} gone. {} changed, {} changed stage.</p>\n",
        escaped(&it.source.output),
        of(it.matched, "record", "records"),
        count(it.new),
        count(it.gone),
        count(it.changed),
        count(it.moved)
    );
    out.push_str("<div class=\"grid\">\n");
    for score in &it.scores {
        let _ = writeln!(out, "<article>\n<h3>{}</h3>", escaped(&score.name));
        let _ = writeln!(
            out,
            "<p>{} up, {} down, {} unchanged.</p>",
            of(score.up, "record", "records"),
            count(score.down),
            count(score.same)
        );
        let steps: Vec<f64> = score.by.iter().map(|p| decimal(i128::from(p.points.0.0))).collect();
        let total = decimal(i128::from(score.change.0.0));
        let mut fall = Waterfall::new(&steps);
        let parts = score
            .by
            .iter()
            .zip(&steps)
            .map(|(part, step)| vec![cause_words(part.cause).to_owned(), fall.step(*step), signed(*step)]);
        let mut rows: Vec<Vec<String>> = parts.collect();
        rows.push(vec![
            "<strong>change</strong>".to_owned(),
            fall.bar(0.0, total, "whole"),
            format!("<strong>{}</strong>", signed(total)),
        ]);
        out.push_str("<div class=\"waterfall\">\n");
        out.push_str(&table(
            "Points of all records, by cause of the change",
            &[("because of", false), ("", false), ("points", true)],
            &rows,
        ));
        out.push_str("</div>\n</article>\n");
    }
    for lifecycle in it.lifecycles.iter().filter(|l| !l.transitions.is_empty()) {
        let _ = writeln!(out, "<article>\n<h3>{}</h3>", escaped(&lifecycle.name));
        let row = |t: &since::Transition| {
            vec![name(t.from.as_deref()), name(t.to.as_deref()), share_bar(t.records, it.matched, "bar"), count(t.records)]
        };
        let rows: Vec<Vec<String>> = lifecycle.transitions.iter().map(row).collect();
        out.push_str(&table("Changes of stage", &[("from", false), ("to", false), ("", false), ("records", true)], &rows));
        out.push_str("</article>\n");
    }
    out.push_str("</div>\n");
    if !it.gone_keys.is_empty() {
        let keys: Vec<String> = it.gone_keys.iter().map(|key| escaped(key).into_owned()).collect();
        let more = if it.gone > it.gone_keys.len() as u64 { " and more" } else { "" };
        let _ = writeln!(out, "<p>Gone: {}{more}.</p>", keys.join(", "));
    }
    out
}

fn name(stage: Option<&str>) -> String {
    stage.map_or_else(|| "<em>unknown</em>".to_owned(), |s| escaped(s).into_owned())
}

fn ahead(out: &mut String, at: usize, it: &LifecycleForecast, facts: &Facts<'_>) {
    let read = facts.summary.records.read;
    let _ = writeln!(out, "<article>\n<h3>{}</h3>", escaped(&it.name));
    if it.days.is_empty() {
        out.push_str("<p>No record changes stage.</p>\n</article>\n");
        return;
    }
    let days = of(it.days.len() as u64, "day", "days");
    let words =
        format!("{} ({}) on {days}.", of(it.records, "record changes stage", "records change stage"), share(it.records, read));
    let _ = writeln!(out, "<p>{words}</p>");
    let drawing = columns(it, facts);
    let moves = it.days.iter().flat_map(|day| day.moves.iter().map(move |m| (day, m)));
    let rows: Vec<Vec<String>> = moves
        .map(|(day, m)| vec![escaped(&day.on).into_owned(), name(m.from.as_deref()), name(m.to.as_deref()), count(m.records)])
        .collect();
    let tables = table("Moves by day", &[("day", false), ("from", false), ("to", false), ("records", true)], &rows);
    let (id, title) = (format!("forecast-{at}"), format!("the forecast moves in {}", it.name));
    figure(out, &Figure { id, title: &title, words: &words, height: TOP + PLOT + 22.0, drawing: &drawing, table: &tables });
    out.push_str(
        "<p class=\"key\"><span class=\"forward\"></span>forward <span class=\"backward\"></span>backward</p>\n</article>\n",
    );
}

/// How many of a day's moves go forward, and how many back, in the order of the stages.
fn directions(day: &Day, order: &[Option<&str>]) -> (u64, u64) {
    let place = |stage: &Option<String>| stage.as_ref().and_then(|s| order.iter().position(|o| *o == Some(s)));
    day.moves.iter().fold((0, 0), |(forward, back), m| {
        if place(&m.to) >= place(&m.from) { (forward + m.records, back) } else { (forward, back + m.records) }
    })
}

/// A column for each day (or some days): forward below, backward above.
fn columns(it: &LifecycleForecast, facts: &Facts<'_>) -> String {
    let stages = facts.summary.lifecycles.iter().find(|l| l.name == it.name).map_or(&[][..], |l| &l.stages);
    let order: Vec<Option<&str>> = stages.iter().map(|s| s.stage.as_deref()).collect();
    let Some(forecast) = &facts.summary.forecast else { return String::new() };
    let until = &forecast.until;
    let first = facts.summary.as_of.sure_at(..10);
    let number = |date: &str| crate::time::parse_date(date).ok();
    let (Some(from), Some(to)) = (number(first), number(until)) else { return String::new() };
    let span = fits::<usize, _>(to - from) + 1;
    let each = span.div_ceil(COLUMNS).max(1);
    let mut bars = vec![(0_u64, 0_u64); span.div_ceil(each)];
    for day in &it.days {
        let place = number(&day.on).and_then(|on| usize::try_from(on - from).ok()).map(|at| at / each);
        if let Some(bar) = place.and_then(|at| bars.get_mut(at)) {
            let (forward, back) = directions(day, &order);
            *bar = (bar.0 + forward, bar.1 + back);
        }
    }
    let most = bars.iter().map(|(a, b)| a + b).max().unwrap_or(1).max(1);
    let width = (WIDTH - LEFT - 4.0) / length(bars.len() as u64);
    let mut out = format!(
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
         <text class=\"tick\" x=\"{1:.1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>\n",
        TOP + PLOT,
        LEFT - 5.0,
        TOP + 9.0,
        count(most)
    );
    for (at, (forward, back)) in bars.iter().enumerate() {
        let x = width.mul_add(length(at as u64), LEFT);
        let mut y = TOP + PLOT;
        let on = crate::time::civil(from + fits::<i32, _>(at * each)).map_or_else(String::new, |d| d.to_string());
        let days = if each == 1 { on } else { format!("{each} days from {on}") };
        for (n, class, way) in [(*forward, "plus", "forward"), (*back, "minus", "backward")] {
            if n == 0 {
                continue;
            }
            let height = (length(n) / length(most) * PLOT).max(1.5);
            y -= height;
            let _ = writeln!(
                out,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{days}: {} {way}</title></rect>",
                width.mul_add(0.1, x),
                width * 0.8,
                count(n)
            );
        }
    }
    let _ = writeln!(
        out,
        "<text class=\"tick\" x=\"{LEFT}\" y=\"{0:.1}\">{1}</text><text class=\"tick\" x=\"{WIDTH}\" y=\"{0:.1}\" text-anchor=\"end\">{2}</text>",
        TOP + PLOT + 16.0,
        escaped(first),
        escaped(until)
    );
    out
}

//! A backtest as one page: does the score know, and where to cut.

use std::fmt::Write as _;

use super::tables::{self, Table, percent};
use crate::learn::backtest::{Backtest, Class, ScoreTest};
use crate::learn::histogram::Decile;
use crate::report::html::{Frame, escaped, framed};
use crate::report::page::STYLE;
use crate::report::page::draw::{Figure, WIDTH, figure, table};
use crate::report::plain::number;

/// What only this page has.
const OWN: &str = "\
h1 code{font-size:1.05rem;font-weight:400;color:var(--soft);display:block}
.verdict{border-left:4px solid var(--good);background:var(--band);padding:.6rem .9rem;border-radius:0 .5rem .5rem 0;margin:1rem 0}
.verdict.broken{border-left-color:var(--bad)}
.curve{stroke:var(--accent);stroke-width:2;fill:none}.chance{stroke:var(--soft);stroke-dasharray:4 3;fill:none}
.area{fill:var(--accent);opacity:.12}.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}.average{stroke:var(--warn);stroke-dasharray:4 3;fill:none}
.notes{padding-left:1.2rem}
";

/// The height of a plot, its left and its lower margin.
const PLOT: f64 = 200.0;
const LEFT: f64 = 44.0;
const BELOW: f64 = 34.0;

/// The backtest as a self-contained page.
#[must_use]
pub fn html(it: &Backtest) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<header>\n<h1>Do these scores know who converts? <code>{} by {}</code></h1>",
        escaped(&it.rules),
        escaped(&it.outcome)
    );
    tiles(&mut out, it);
    for gate in &it.gates {
        let (class, word) = if gate.holds { ("", "passed") } else { (" broken", "failed") };
        let _ = writeln!(
            out,
            "<p class=\"verdict{class}\"><code>{}</code> <strong>{word}</strong>: {}</p>",
            escaped(&gate.gate),
            escaped(&gate.found)
        );
    }
    out.push_str("<ul class=\"notes\">\n");
    for note in tables::facts(it).iter().chain(&it.notes) {
        let _ = writeln!(out, "<li>{}</li>", escaped(note));
    }
    out.push_str("</ul>\n</header>\n");
    for (at, score) in it.scores.iter().enumerate() {
        one(&mut out, at, score);
    }
    if let Some(against) = &it.against {
        let lines: String =
            against.scores.iter().map(|s| format!("<li>{}</li>\n", escaped(&tables::against(s, &against.rules)))).collect();
        section(&mut out, "against", &format!("Against {}", against.rules), &format!("<ul>\n{lines}</ul>\n"));
    }
    for (id, title, classes) in [("labels", "Labels", &it.labels), ("stages", "Stages", &it.stages)] {
        promises(&mut out, id, title, classes, it);
    }
    if let Some(shown) = tables::periods(it) {
        section(&mut out, "periods", "Over time", &plain(&shown));
    }
    if let Some(shown) = tables::segments(it) {
        section(&mut out, "segments", "By segment", &plain(&shown));
    }
    let title = format!("Backtest of {}", it.rules);
    framed(&Frame { title: &title, style: &format!("{STYLE}{OWN}"), script: None }, &out)
}

fn section(out: &mut String, id: &str, title: &str, body: &str) {
    let _ = writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{body}</section>", escaped(title));
}

fn plain(it: &Table) -> String {
    let rows: Vec<Vec<String>> = it.rows.iter().map(|row| row.iter().map(|cell| escaped(cell).into_owned()).collect()).collect();
    table(&it.title, &it.columns, &rows)
}

fn tiles(out: &mut String, it: &Backtest) {
    let mut tiles = vec![
        (number(it.records), "records".to_owned()),
        (number(it.converted), format!("converted, {}", it.rate.map_or_else(String::new, percent))),
    ];
    for score in &it.scores {
        if let Some(auc) = score.auc {
            tiles.push((format!("{auc:.3}"), format!("AUC of {}", escaped(&score.name))));
        }
    }
    out.push_str("<dl class=\"tiles\">\n");
    for (value, name) in tiles {
        let _ = writeln!(out, "<div><dd>{value}</dd><dt>{name}</dt></div>");
    }
    out.push_str("</dl>\n");
}

fn one(out: &mut String, at: usize, it: &ScoreTest) {
    let mut body = format!("<p><strong>{}.</strong> {}</p>\n", tables::headline(it), tables::meaning(it));
    if !it.deciles.is_empty() {
        body.push_str("<div class=\"grid\">\n<article>\n<h3>Who works from the top</h3>\n");
        gains(&mut body, at, it);
        body.push_str("</article>\n<article>\n<h3>Rate by tenth</h3>\n");
        rates(&mut body, at, it);
        body.push_str("</article>\n</div>\n");
    }
    for capacity in &it.capacity {
        let _ = writeln!(body, "<p class=\"verdict\">{}</p>", tables::capacity(capacity));
    }
    if let Some(shown) = tables::thresholds(it) {
        body.push_str(&plain(&shown));
    }
    section(out, &format!("score-{at}"), &it.name, &body);
}

fn frame(drawing: &mut String, across: &str) {
    let base = PLOT + 8.0;
    let right = WIDTH - 8.0;
    let _ = writeln!(drawing, "<path class=\"axis\" d=\"M{LEFT} 8V{base}H{right}\"/>");
    for tenth in [0.0, 0.5, 1.0] {
        let _ = writeln!(
            drawing,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0}%</text>",
            LEFT - 6.0,
            base - tenth * PLOT + 4.0,
            tenth * 100.0
        );
    }
    let _ = writeln!(
        drawing,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{across}</text>",
        f64::midpoint(LEFT, right),
        base + 26.0
    );
}

/// The curve of gains: which share of the conversions is among the highest scores.
fn gains(out: &mut String, at: usize, it: &ScoreTest) {
    let base = PLOT + 8.0;
    let x = |share: f64| LEFT + share * (WIDTH - 8.0 - LEFT);
    let y = |share: f64| base - share * PLOT;
    let mut drawing = String::new();
    frame(&mut drawing, "share of records, highest scores first");
    let mut path = format!("M{:.1} {:.1}", x(0.0), y(0.0));
    let mut share = 0.0;
    for decile in &it.deciles {
        share += 0.1;
        let _ = write!(path, "L{:.1} {:.1}", x(share), y(decile.captured));
    }
    let _ = writeln!(drawing, "<path class=\"area\" d=\"{path}L{:.1} {base:.1}Z\"/>", x(1.0));
    let _ = writeln!(drawing, "<path class=\"chance\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>", x(0.0), y(0.0), x(1.0), y(1.0));
    let _ = writeln!(drawing, "<path class=\"curve\" d=\"{path}\"/>");
    let captured = |n: usize| it.deciles.get(n).map_or_else(String::new, |d| percent(d.captured));
    let words = format!("The highest tenth holds {} of all conversions, the highest three tenths {}.", captured(0), captured(2));
    let _ = writeln!(out, "<p>{words}</p>");
    let title = format!("the gains of {}", it.name);
    let id = format!("gains-{at}");
    let table = plain(&tables::deciles(it));
    figure(out, &Figure { id, title: &title, words: &words, height: base + BELOW, drawing: &drawing, table: &table });
}

fn rates(out: &mut String, at: usize, it: &ScoreTest) {
    let base = PLOT + 8.0;
    let width = (WIDTH - 8.0 - LEFT) / 10.0;
    let mut drawing = String::new();
    frame(&mut drawing, "tenths of the records, highest scores first");
    let mut x = LEFT;
    for decile in &it.deciles {
        let height = decile.rate * PLOT;
        let _ = writeln!(
            drawing,
            "<rect class=\"bar\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>tenth {}: {}</title></rect>",
            x + 2.0,
            base - height,
            width - 4.0,
            decile.decile,
            percent(decile.rate)
        );
        x += width;
    }
    let mean = it.deciles.iter().map(|d| d.rate).sum::<f64>() / 10.0;
    let level = base - mean * PLOT;
    let _ = writeln!(drawing, "<path class=\"average\" d=\"M{LEFT} {level:.1}H{:.1}\"/>", WIDTH - 8.0);
    let rate = |d: Option<&Decile>| d.map_or_else(String::new, |d| percent(d.rate));
    let words = format!(
        "The highest tenth converts at {}, the lowest at {}, all at {}.",
        rate(it.deciles.first()),
        rate(it.deciles.last()),
        percent(mean)
    );
    let _ = writeln!(out, "<p>{words}</p>");
    let row = |d: &Decile| vec![d.decile.to_string(), percent(d.rate)];
    let rows: Vec<Vec<String>> = it.deciles.iter().map(row).collect();
    let table = table("Rate by tenth", &[("tenth", true), ("rate", true)], &rows);
    let title = format!("the rates of {}", it.name);
    let id = format!("rates-{at}");
    figure(out, &Figure { id, title: &title, words: &words, height: base + BELOW, drawing: &drawing, table: &table });
}

/// What labels or stages promise: rates with their intervals.
fn promises(out: &mut String, id: &str, title: &str, classes: &[Class], it: &Backtest) {
    let Some(shown) = tables::classes(title, classes, it.records) else { return };
    const ROW: f64 = 26.0;
    const NAME: f64 = 170.0;
    let room = WIDTH - NAME - 60.0;
    let mut drawing = String::new();
    let mut y = 6.0;
    for class in classes {
        let (Some(rate), Some(low), Some(high)) = (class.rate, class.low, class.high) else { continue };
        let name = format!("{} {}", class.name, class.value.as_deref().unwrap_or("unknown"));
        let _ = writeln!(
            drawing,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><rect class=\"bar\" x=\"{NAME}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"16\"/>\
             <path class=\"whisker\" d=\"M{:.1} {:.1}H{:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            NAME - 8.0,
            y + 13.0,
            crate::report::page::draw::short(&name, 24),
            rate * room,
            NAME + low * room,
            y + 8.0,
            NAME + high * room,
            NAME + high * room + 6.0,
            y + 13.0,
            percent(rate)
        );
        y += ROW;
    }
    let lines: Vec<String> = classes
        .iter()
        .filter(|c| c.value.is_some())
        .map(|c| format!("<li>{}</li>", escaped(&format!("{} {}", c.name, tables::promise(c, it.records)))))
        .collect();
    let mut body = format!("<ul>\n{}\n</ul>\n", lines.join("\n"));
    let words = "The share that converted, with its 95% interval.";
    let table = plain(&shown);
    let title_words = format!("the rates of {}", title.to_lowercase());
    figure(
        &mut body,
        &Figure { id: format!("{id}-rates"), title: &title_words, words, height: y + 4.0, drawing: &drawing, table: &table },
    );
    section(out, id, title, &body);
}

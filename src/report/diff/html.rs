//! The difference as one page, for those who decide on a change without reading rules.

use std::fmt::Write as _;

use super::words;
use crate::diff::people::{Bar, Mover, People, ScoreChange, StageChange};
use crate::diff::{Answer, Difference};
use crate::report::html::{Frame, escaped, framed};
use crate::report::page::STYLE;
use crate::report::page::draw::{Figure, WIDTH, Waterfall, figure, length, share_bar, short, table};
use crate::report::page::flow::{Flow, Stage};
use crate::report::plain::{count, of, share, signed};

/// What only this page has.
const OWN: &str = "\
h1 code{font-size:1.05rem;font-weight:400;color:var(--soft);display:block}
.verdict{border-left:4px solid var(--accent);background:var(--band);padding:.6rem .9rem;border-radius:0 .5rem .5rem 0;margin:1rem 0}
.gate{border-left-color:var(--good)}.gate.broken{border-left-color:var(--bad)}
.matrix td.stay{color:var(--soft)}.matrix td.moves{font-weight:600}
@media print{details.people{display:none}.grid{grid-template-columns:1fr 1.15fr}}
";

/// The difference as a self-contained page.
#[must_use]
pub fn html(it: &Difference) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<header>\n<h1>Effect of this change to the rules <code>{} → {}</code></h1>",
        escaped(&it.old),
        escaped(&it.new)
    );
    tiles(&mut out, it);
    for gate in &it.gates {
        let (class, holds) = if gate.holds { ("", "passed") } else { (" broken", "failed") };
        let _ = writeln!(
            out,
            "<p class=\"verdict gate{class}\"><code>{}</code> <strong>{holds}</strong>: {}</p>",
            escaped(&gate.gate),
            escaped(&gate.found)
        );
    }
    let _ = writeln!(out, "<p class=\"verdict\">{}.</p>\n</header>", escaped(&words::equivalence(it)));
    if let Some(people) = &it.people {
        for (at, lifecycle) in people.lifecycles.iter().enumerate() {
            stages(&mut out, at, lifecycle, people.records);
        }
    }
    for (at, accounts) in it.accounts.iter().enumerate() {
        let rows = words::account_outputs(accounts).into_iter();
        let rows: Vec<Vec<String>> =
            rows.map(|(name, words)| vec![escaped(&name).into_owned(), escaped(&words).into_owned()]).collect();
        let mut body = format!("<p>{}.</p>\n", words::accounts(accounts));
        if !rows.is_empty() {
            body.push_str(&table("Accounts that changed", &[("output", false), ("accounts", false)], &rows));
        }
        section(&mut out, &format!("accounts-{at}"), &accounts.name, &body);
    }
    changes(&mut out, it);
    if let Some(people) = &it.people {
        scores(&mut out, people);
    }
    ranges(&mut out, it);
    framed(&Frame { title: "Effect of a change to the rules", style: &format!("{STYLE}{OWN}"), script: None }, &out)
}

fn section(out: &mut String, id: &str, title: &str, body: &str) {
    let title = escaped(title);
    let _ = writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{body}</section>");
}

fn tiles(out: &mut String, it: &Difference) {
    let mut tiles = vec![(count(it.changes.len() as u64), words::noun(it.changes.len()).to_owned())];
    if let Some(people) = &it.people {
        tiles.push((count(people.records), "records compared".to_owned()));
        let share = share(people.moved, people.records);
        let share = if share.is_empty() { share } else { format!(", {share}") };
        tiles.push((count(people.moved), format!("change stage{share}")));
        for score in &people.scores {
            tiles.push((count(score.up + score.down), format!("have a different {}", escaped(&score.name))));
        }
        if people.now_excluded + people.no_longer_excluded > 0 {
            tiles.push((count(people.now_excluded), "newly excluded".to_owned()));
            tiles.push((count(people.no_longer_excluded), "no longer excluded".to_owned()));
        }
    } else {
        let answer = match it.equivalence.verdict {
            Answer::Equivalent => "every record gets the same results",
            Answer::Different => "not every record gets the same results",
            Answer::NotDecided => "not proved that every record gets the same results",
        };
        let sign = match it.equivalence.verdict {
            Answer::Equivalent => "=",
            Answer::Different => "≠",
            Answer::NotDecided => "?",
        };
        tiles.push((sign.to_owned(), answer.to_owned()));
    }
    out.push_str("<dl class=\"tiles\">\n");
    for (value, name) in tiles {
        let _ = writeln!(out, "<div><dd>{value}</dd><dt>{name}</dt></div>");
    }
    out.push_str("</dl>\n");
}

fn named(stage: Option<&String>) -> String {
    stage.map_or_else(|| "<em>unknown</em>".to_owned(), |s| escaped(s).into_owned())
}

fn stages(out: &mut String, at: usize, it: &StageChange, records: u64) {
    let moved = format!("{} of {} change stage.", count(it.moved), of(records, "record", "records"));
    let mut body = format!("<p>{moved}</p>\n<div class=\"grid\">\n<article>\n");
    let used = words::used(it);
    let stages = it.stages.iter().map(|s| Stage { name: s.stage.clone(), before: s.old, after: s.new }).collect();
    let moves = |from: usize, to: usize| {
        let (Some(from), Some(to)) = (it.stages.get(from), it.stages.get(to)) else { return 0 };
        it.matrix.iter().find(|m| m.from == from.stage && m.to == to.stage).map_or(0, |m| m.records)
    };
    let (drawing, height) = Flow { stages, moves: &moves, whole: records }.draw();
    let title = format!("the moves in {}", it.name);
    let tables = matrix(it);
    figure(
        &mut body,
        &Figure { id: format!("flow-{at}"), title: &title, words: &moved, height, drawing: &drawing, table: &tables },
    );
    body.push_str(
        "<p class=\"key\"><span class=\"forward\"></span>forward <span class=\"backward\"></span>backward \
         <span class=\"stay\"></span>stay</p>\n</article>\n<article>\n",
    );
    let rows: Vec<Vec<String>> = used
        .iter()
        .map(|s| {
            let delta = words::delta(s.old, s.new);
            let delta = if s.old == s.new { "0".to_owned() } else { format!("<strong>{delta}</strong>") };
            vec![named(s.stage.as_ref()), count(s.old), count(s.new), delta, count(s.entered), count(s.left)]
        })
        .collect();
    let columns = [("stage", false), ("before", true), ("after", true), ("change", true), ("enter", true), ("leave", true)];
    body.push_str(&table("Records by stage", &columns, &rows));
    if !it.causes.is_empty() {
        let row = |c: &crate::diff::people::MoveCause| {
            let rule = format!("{}<small>{}</small>", escaped(&c.rule), escaped(&c.place));
            vec![rule, share_bar(c.records, it.moved, "bar"), count(c.records)]
        };
        let rows: Vec<Vec<String>> = it.causes.iter().map(row).collect();
        body.push_str(&table("Moved by", &[("rule", false), ("", false), ("records", true)], &rows));
    }
    body.push_str("</article>\n</div>\n");
    for s in used {
        let name = words::stage(s.stage.as_ref());
        movers(&mut body, &format!("Enter {name}"), s.entered, &s.enters);
        movers(&mut body, &format!("Leave {name}"), s.left, &s.leaves);
    }
    section(out, &format!("stages-{at}"), &it.name, &body);
}

/// Who goes from where to where: rows are before, columns after.
fn matrix(it: &StageChange) -> String {
    let used = words::used(it);
    let mut out = String::from(
        "<div class=\"wide matrix\" role=\"region\" tabindex=\"0\" aria-label=\"Moves\"><table><caption>From the rows to the columns</caption>\n<thead><tr><td></td>",
    );
    for s in &used {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", named(s.stage.as_ref()));
    }
    out.push_str("</tr></thead><tbody>\n");
    for from in &used {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", named(from.stage.as_ref()));
        for to in &used {
            let n = it.matrix.iter().find(|m| m.from == from.stage && m.to == to.stage).map_or(0, |m| m.records);
            let class = if from.stage == to.stage { "n stay" } else { "n moves" };
            let _ = write!(out, "<td class=\"{class}\">{}</td>", if n == 0 { String::new() } else { count(n) });
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn movers(out: &mut String, title: &str, total: u64, people: &[Mover]) {
    if people.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details class=\"people\"><summary>{}: {}</summary>", escaped(title), count(total));
    let row = |m: &Mover| {
        let selected =
            m.selected.iter().map(|s| s.value.as_deref().map_or_else(String::new, |value| escaped(value).into_owned()));
        let way = [named(m.from.as_ref()), named(m.to.as_ref()), escaped(&words::cause(m)).into_owned()];
        [escaped(&m.key).into_owned()].into_iter().chain(selected).chain(way).collect()
    };
    let rows: Vec<Vec<String>> = people.iter().map(row).collect();
    let selected = people.iter().take(1).flat_map(|m| &m.selected).map(|s| (s.column.as_str(), false));
    let columns = [("record", false)].into_iter().chain(selected).chain([("from", false), ("to", false), ("moved by", false)]);
    out.push_str(&table(title, &columns.collect::<Vec<_>>(), &rows));
    if let Some(more) = words::unnamed(total, people.len()) {
        let _ = writeln!(out, "<p class=\"soft\">{more}</p>");
    }
    out.push_str("</details>\n");
}

fn changes(out: &mut String, it: &Difference) {
    if it.changes.is_empty() {
        return;
    }
    let row = |change: &crate::diff::Change| {
        vec![escaped(&change.place).into_owned(), change.line.to_string(), escaped(&words::change(change)).into_owned()]
    };
    let rows: Vec<Vec<String>> = it.changes.iter().map(row).collect();
    let body = table("Rules that changed", &[("place", false), ("line", true), ("change", false)], &rows);
    section(out, "changes", "What changed", &body);
}

fn scores(out: &mut String, it: &People) {
    let mut body = String::from("<div class=\"grid\">\n");
    for (at, score) in it.scores.iter().enumerate().filter(|(_, s)| s.same < it.records) {
        card(&mut body, at, score);
    }
    body.push_str("</div>\n");
    if it.scores.iter().any(|s| s.same < it.records) {
        section(out, "scores", "Scores", &body);
    }
    if it.rules.is_empty() {
        return;
    }
    let steps: Vec<f64> = it.rules.iter().map(|r| r.points).collect();
    let (plus, minus) = steps.iter().fold((0.0_f64, 0.0_f64), |(p, m), s| (p.max(*s), m.min(*s)));
    let scale = Waterfall::new(&[minus, plus - minus]);
    let row = |r: &crate::diff::people::RuleEffect| {
        let rule = format!("{}<small>{}, line {}</small>", escaped(&r.rule), escaped(&r.place), r.line);
        let bar = scale.bar(0.0, r.points, if r.points < 0.0 { "minus" } else { "plus" });
        vec![rule, count(r.records), bar, signed(r.points)]
    };
    let rows: Vec<Vec<String>> = it.rules.iter().map(row).collect();
    let columns = [("rule", false), ("records", true), ("", false), ("total points", true)];
    let body =
        format!("<div class=\"waterfall\">\n{}</div>\n", table("Rules that give other points than before", &columns, &rows));
    section(out, "rules", "Which rules cause it", &body);
}

const LABEL: f64 = 150.0;
const ROW: f64 = 22.0;

fn card(out: &mut String, at: usize, it: &ScoreChange) {
    let words = format!(
        "{} up, {} down, {} unchanged; {} on average.",
        of(it.up, "record", "records"),
        count(it.down),
        count(it.same),
        signed(it.mean)
    );
    let _ = writeln!(out, "<article>\n<h3>{}</h3>\n<p>{words}</p>", escaped(&it.name));
    let moved = |b: &&Bar| (b.from, b.to) != (Some(0), Some(0));
    let most = it.distribution.iter().filter(moved).map(|b| b.records).max().unwrap_or(1).max(1);
    let mut drawing = String::new();
    let mut y = 4.0;
    for bar in it.distribution.iter().filter(moved) {
        let class = if bar.to.is_none_or(|to| to > 0) { "plus" } else { "minus" };
        let width = (length(bar.records) / length(most) * (WIDTH - LABEL - 60.0)).max(1.0);
        let _ = writeln!(
            drawing,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><rect class=\"{class}\" x=\"{LABEL}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            LABEL - 8.0,
            y + 13.0,
            short(&words::bar(bar), 22),
            ROW - 5.0,
            LABEL + width + 6.0,
            y + 13.0,
            count(bar.records)
        );
        y += ROW;
    }
    let row = |b: &Bar| vec![words::bar(b), count(b.records)];
    let rows: Vec<Vec<String>> = it.distribution.iter().map(row).collect();
    let tables = table("Records by change", &[("change", false), ("records", true)], &rows);
    let title = format!("the changes of {}", it.name);
    figure(
        out,
        &Figure { id: format!("change-{at}"), title: &title, words: &words, height: y + 4.0, drawing: &drawing, table: &tables },
    );
    out.push_str("</article>\n");
}

fn ranges(out: &mut String, it: &Difference) {
    let row = |r: &crate::diff::RangeChange| {
        let after = if words::moved_range(r) { format!("<strong>{}</strong>", words::range(r.new)) } else { words::range(r.new) };
        vec![escaped(&r.name).into_owned(), words::range(r.old), after]
    };
    let rows: Vec<Vec<String>> = it.scores.iter().map(row).collect();
    let body = table("Over all records that the schema allows", &[("score", false), ("before", false), ("after", false)], &rows);
    section(out, "ranges", "Ranges of the scores", &body);
}

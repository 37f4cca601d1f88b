//! The difference as one page.

use std::fmt::Write as _;

use super::words;
use crate::diff::people::{Mover, People, StageChange};
use crate::diff::{Difference, RangeChange};
use crate::report::html::{escaped, page};
use crate::report::plain::{count, signed};

/// The difference as a self-contained page.
#[must_use]
pub fn html(it: &Difference) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "<h1>{} → {}</h1>\n<p>{}</p>", escaped(&it.old), escaped(&it.new), escaped(&words::summary(it)));
    for gate in &it.gates {
        let class = if gate.holds { "fired" } else { "unknown" };
        let holds = if gate.holds { "holds" } else { "does not hold" };
        let _ = writeln!(out, "<p class=\"{class}\"><code>{}</code> {holds}: {}</p>", escaped(&gate.gate), escaped(&gate.found));
    }
    if let Some(people) = &it.people {
        people.lifecycles.iter().for_each(|l| stages(&mut out, l));
    }
    if !it.changes.is_empty() {
        head(&mut out, "What changed", &["place", "n:line", "change"]);
        for change in &it.changes {
            row(&mut out, &[(false, change.place.clone()), (true, change.line.to_string()), (false, words::change(change))]);
        }
        out.push_str("</tbody></table>\n");
    }
    if let Some(people) = &it.people {
        scores(&mut out, people);
    }
    ranges(&mut out, &it.scores);
    let _ = writeln!(out, "<p>{}.</p>", escaped(&words::equivalence(it)));
    page("What a change of the rules does", &out)
}

/// A heading and the head of a table; a column whose name begins with `n:` holds numbers.
fn head(out: &mut String, title: &str, columns: &[&str]) {
    let _ = write!(out, "<h2>{}</h2>\n<table><thead><tr>", escaped(title));
    for column in columns {
        let (class, name) = column.strip_prefix("n:").map_or(("", *column), |name| (" class=\"n\"", name));
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(name));
    }
    out.push_str("</tr></thead><tbody>\n");
}

fn row(out: &mut String, cells: &[(bool, String)]) {
    out.push_str("<tr>");
    for (number, cell) in cells {
        let class = if *number { " class=\"n\"" } else { "" };
        let _ = write!(out, "<td{class}>{}</td>", escaped(cell));
    }
    out.push_str("</tr>\n");
}

fn stages(out: &mut String, it: &StageChange) {
    head(out, &it.name, &["stage", "n:before", "n:after", "n:change", "n:enter", "n:leave"]);
    for s in words::used(it) {
        let name = words::stage(s.stage.as_ref()).to_owned();
        let numbers = [count(s.old), count(s.new), words::delta(s.old, s.new), count(s.entered), count(s.left)];
        let cells: Vec<(bool, String)> = std::iter::once((false, name)).chain(numbers.map(|n| (true, n))).collect();
        row(out, &cells);
    }
    out.push_str("</tbody></table>\n");
    matrix(out, it);
    if !it.causes.is_empty() {
        head(out, &format!("{}: moved by", it.name), &["n:records", "place", "rule"]);
        for c in &it.causes {
            row(out, &[(true, count(c.records)), (false, c.place.clone()), (false, c.rule.clone())]);
        }
        out.push_str("</tbody></table>\n");
    }
    for s in words::used(it) {
        let name = words::stage(s.stage.as_ref());
        movers(out, &format!("Enter {name}"), s.entered, &s.enters);
        movers(out, &format!("Leave {name}"), s.left, &s.leaves);
    }
}

/// Who goes from where to where: rows are before, columns after.
fn matrix(out: &mut String, it: &StageChange) {
    let used = words::used(it);
    let _ = write!(out, "<h2>{}: before (rows) and after (columns)</h2>\n<table><thead><tr><th></th>", escaped(&it.name));
    for s in &used {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", escaped(words::stage(s.stage.as_ref())));
    }
    out.push_str("</tr></thead><tbody>\n");
    for from in &used {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(words::stage(from.stage.as_ref())));
        for to in &used {
            let n = it.matrix.iter().find(|m| m.from == from.stage && m.to == to.stage).map_or(0, |m| m.records);
            let class = if from.stage == to.stage || n == 0 { "n soft" } else { "n" };
            let _ = write!(out, "<td class=\"{class}\">{}</td>", count(n));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
}

fn movers(out: &mut String, title: &str, total: u64, named: &[Mover]) {
    if named.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>{}: {}</summary>", escaped(title), count(total));
    out.push_str("<table><thead><tr><th scope=\"col\">record</th><th scope=\"col\">from</th><th scope=\"col\">to</th><th scope=\"col\">moved by</th></tr></thead><tbody>\n");
    for m in named {
        let (from, to) = (words::stage(m.from.as_ref()).to_owned(), words::stage(m.to.as_ref()).to_owned());
        row(out, &[(false, m.key.clone()), (false, from), (false, to), (false, words::cause(m))]);
    }
    out.push_str("</tbody></table>\n");
    if let Some(more) = words::unnamed(total, named.len()) {
        let _ = writeln!(out, "<p class=\"soft\">{more}</p>");
    }
    out.push_str("</details>\n");
}

fn scores(out: &mut String, it: &People) {
    for s in it.scores.iter().filter(|s| s.same < it.records) {
        head(out, &format!("{}: change", s.name), &["change", "n:records"]);
        for b in &s.distribution {
            row(out, &[(false, words::bar(b)), (true, count(b.records))]);
        }
        out.push_str("</tbody></table>\n");
    }
    if !it.rules.is_empty() {
        head(out, "Which rules cause it", &["n:points", "n:records", "place", "rule"]);
        for r in &it.rules {
            row(out, &[(true, signed(r.points)), (true, count(r.records)), (false, r.place.clone()), (false, r.rule.clone())]);
        }
        out.push_str("</tbody></table>\n");
    }
}

fn ranges(out: &mut String, all: &[RangeChange]) {
    head(out, "What scores can come to", &["score", "before", "after"]);
    for r in all {
        row(out, &[(false, r.name.clone()), (false, words::range(r.old)), (false, words::range(r.new))]);
    }
    out.push_str("</tbody></table>\n");
}

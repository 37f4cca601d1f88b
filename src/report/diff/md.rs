//! The difference as a comment of a pull request: what matters first, the rest folded. Foreign text is escaped.

use std::fmt::Write as _;

use super::words;
use crate::diff::people::{Mover, People, StageChange};
use crate::diff::{Difference, RangeChange};
use crate::report::plain::{count, harmless, of, signed};

/// The difference as Markdown.
#[must_use]
pub fn md(it: &Difference) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### Scoring rules: {}\n", escaped(&words::summary(it)));
    for gate in &it.gates {
        let sign = if gate.holds { "✅" } else { "❌" };
        let _ = writeln!(out, "{sign} `{}`: {}\n", gate.gate.replace('`', "'"), escaped(&gate.found));
    }
    if let Some(people) = &it.people {
        people.lifecycles.iter().for_each(|l| stages(&mut out, l));
        if people.now_excluded + people.no_longer_excluded > 0 {
            let now = of(people.now_excluded, "record is", "records are");
            let _ = writeln!(out, "{now} excluded now, {} no longer.\n", count(people.no_longer_excluded));
        }
    }
    for accounts in &it.accounts {
        let _ = writeln!(out, "**{}**: {}\n", escaped(&accounts.name), words::accounts(accounts));
        let outputs = words::account_outputs(accounts);
        outputs.iter().for_each(|(name, words)| {
            let _ = writeln!(out, "* {}: {}", escaped(name), escaped(words));
        });
        if !outputs.is_empty() {
            out.push('\n');
        }
    }
    changes(&mut out, it);
    if let Some(people) = &it.people {
        people.lifecycles.iter().for_each(|l| who(&mut out, l));
        scores(&mut out, people);
    }
    ranges(&mut out, &it.scores);
    let _ = writeln!(out, "{}.\n", escaped(&words::equivalence(it)));
    let _ = writeln!(out, "<sub>{} → {}, by `lsrc diff`</sub>", escaped(&it.old), escaped(&it.new));
    out
}

fn stages(out: &mut String, it: &StageChange) {
    let _ = writeln!(
        out,
        "| {} | before | after | change | enter | leave |\n| --- | ---: | ---: | ---: | ---: | ---: |",
        escaped(&it.name)
    );
    for stage in words::used(it) {
        let name = escaped(words::stage(stage.stage.as_ref()));
        let change = words::delta(stage.old, stage.new);
        let change = if change == "0" { change } else { format!("**{change}**") };
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {change} | {} | {} |",
            count(stage.old),
            count(stage.new),
            count(stage.entered),
            count(stage.left)
        );
    }
    out.push('\n');
    if !it.causes.is_empty() {
        let most: Vec<String> =
            it.causes.iter().take(3).map(|c| format!("{} ({})", escaped(&c.rule), count(c.records))).collect();
        let more = if it.causes.len() > 3 { format!(" and {} more", it.causes.len() - 3) } else { String::new() };
        let _ = writeln!(out, "Moved by {}{more}.\n", most.join(", "));
    }
}

fn changes(out: &mut String, it: &Difference) {
    /// So many changes are shown without unfolding.
    const OPEN: usize = 8;
    if it.changes.is_empty() {
        return;
    }
    let line = |out: &mut String, change: &crate::diff::Change| {
        let _ = writeln!(out, "* **{}** {} _(line {})_", escaped(&change.place), escaped(&words::change(change)), change.line);
    };
    it.changes.iter().take(OPEN).for_each(|c| line(out, c));
    if it.changes.len() > OPEN {
        let _ = writeln!(out, "\n<details><summary>{} more changes</summary>\n", it.changes.len() - OPEN);
        it.changes.iter().skip(OPEN).for_each(|c| line(out, c));
        out.push_str("\n</details>\n");
    }
    out.push('\n');
}

/// Who enters and leaves, folded.
fn who(out: &mut String, it: &StageChange) {
    for stage in words::used(it) {
        let name = words::stage(stage.stage.as_ref());
        movers(out, &format!("Enter {name}"), stage.entered, &stage.enters);
        movers(out, &format!("Leave {name}"), stage.left, &stage.leaves);
    }
}

fn movers(out: &mut String, title: &str, total: u64, named: &[Mover]) {
    if named.is_empty() {
        return;
    }
    let headers: Vec<String> =
        named.iter().take(1).flat_map(|m| &m.selected).map(|s| format!(" {} |", escaped(&s.column))).collect();
    let _ = writeln!(
        out,
        "<details><summary>{}: {}</summary>\n\n| record |{} from | to | moved by |\n| --- |{} --- | --- | --- |",
        escaped(title),
        count(total),
        headers.concat(),
        " --- |".repeat(headers.len())
    );
    for m in named {
        let (from, to) = (words::stage(m.from.as_ref()), words::stage(m.to.as_ref()));
        let cells: Vec<String> =
            m.selected.iter().map(|s| format!(" {} |", s.value.as_deref().map_or_else(String::new, escaped))).collect();
        let cause = words::cause(m);
        let _ = writeln!(
            out,
            "| {} |{} {} | {} | {} |",
            escaped(&m.key),
            cells.concat(),
            escaped(from),
            escaped(to),
            escaped(&cause)
        );
    }
    if let Some(more) = words::unnamed(total, named.len()) {
        let _ = writeln!(out, "\n{more}");
    }
    out.push_str("\n</details>\n\n");
}

fn scores(out: &mut String, it: &People) {
    let changed: Vec<_> = it.scores.iter().filter(|s| s.same < it.records).collect();
    if changed.is_empty() {
        return;
    }
    out.push_str("<details><summary>Scores</summary>\n\n| score | up | down | unchanged | from | to | mean |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for s in &changed {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            escaped(&s.name),
            count(s.up),
            count(s.down),
            count(s.same),
            signed(s.least),
            signed(s.most),
            signed(s.mean)
        );
    }
    for s in &changed {
        let bars: Vec<String> = s.distribution.iter().map(|b| format!("{}: {}", words::bar(b), count(b.records))).collect();
        let _ = writeln!(out, "\n{}: {}", escaped(&s.name), bars.join(", "));
    }
    if !it.rules.is_empty() {
        out.push_str("\n| points | records | place | rule |\n| ---: | ---: | --- | --- |\n");
        for r in &it.rules {
            let _ =
                writeln!(out, "| {} | {} | {} | {} |", signed(r.points), count(r.records), escaped(&r.place), escaped(&r.rule));
        }
    }
    out.push_str("\n</details>\n\n");
}

fn ranges(out: &mut String, all: &[RangeChange]) {
    let changed: Vec<&RangeChange> = all.iter().filter(|r| words::moved_range(r)).collect();
    if changed.is_empty() {
        return;
    }
    out.push_str("<details><summary>Ranges of the scores</summary>\n\n| score | before | after |\n| --- | --- | --- |\n");
    for r in changed {
        let _ = writeln!(out, "| {} | {} | {} |", escaped(&r.name), words::range(r.old), words::range(r.new));
    }
    out.push_str("\n</details>\n\n");
}

/// Foreign text as Markdown shows it.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in harmless(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention would ring somebody's bell.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

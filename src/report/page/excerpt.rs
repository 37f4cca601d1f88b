//! The rules themselves, with their hit rates beside the lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::draw::share_bar;
use super::{Facts, Section};
use crate::hir::words::arms;
use crate::hir::{Model, ScoreBody};
use crate::invariant::SureAt as _;
use crate::report::html::escaped;
use crate::report::plain::{count, of, share};
use crate::source::{FileId, SourceFile, Span};
use crate::vm::scores::Cause;

/// How often what stands in a line was the case, by place.
type Hits = BTreeMap<(FileId, usize), Vec<u64>>;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let hits = hits(facts);
    let mut body = String::from(
        "<p>Beside each line: for how many records its rule fired, its exclusion applied, or its stage was chosen. Numbers with a dot \
         between them belong to several rules in one line.</p>\n",
    );
    for (id, file) in facts.sources.iter() {
        if hits.keys().any(|(of, _)| *of == id) {
            listing(&mut body, &hits, id, file, facts.summary.records.read);
        }
    }
    if !hits.is_empty() {
        into.push(Section { id: "rules", title: "The rules, line by line", body });
    }
}

fn hits(facts: &Facts<'_>) -> Hits {
    let (model, tally) = (facts.model, facts.tally);
    let mut out = Hits::new();
    let mut add = |span: Span, n: u64| {
        let line = facts.sources.place(span).line;
        out.entry((span.file, line)).or_default().push(n);
    };
    for (exclusion, &n) in model.exclusions.iter().zip(&tally.excluded) {
        add(exclusion.span, n);
    }
    for (score, counts) in model.scores.iter().zip(&tally.scores) {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            exclusions.iter().zip(&counts.excluded).for_each(|(exclusion, &n)| add(exclusion.span, n));
        }
        Model::items_of(score, &mut |item, _| {
            for arm in arms(item) {
                add(arm.span, *tally.hits.sure_at(arm.id.index()));
            }
        });
    }
    for (lifecycle, stages) in model.lifecycles.iter().zip(&tally.stages) {
        let holds = (0..).map(Cause::Hold).zip(lifecycle.holds.iter().map(|h| h.span));
        let rules = (0..).map(Cause::Rule).zip(lifecycle.rules.iter().map(|r| r.span));
        let otherwise = lifecycle.otherwise.map(|(_, span)| (Cause::Otherwise, span));
        holds.chain(rules).chain(otherwise).for_each(|(cause, span)| add(span, stages.cause(cause)));
    }
    out
}

fn listing(out: &mut String, hits: &Hits, id: FileId, file: &SourceFile, read: u64) {
    let name = escaped(file.name());
    let _ = writeln!(
        out,
        "<h3>{name}</h3>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{name}\">\n<table class=\"source\">\
         <caption>{name}, {}</caption>\n<thead><tr><th scope=\"col\" class=\"n\">line</th><th scope=\"col\" class=\"n\">records</th>\
         <th scope=\"col\" class=\"n\">share</th><td></td><th scope=\"col\">rules</th></tr></thead>\n<tbody>",
        of(file.line_count() as u64, "line", "lines")
    );
    for line in 0..file.line_count() {
        let text = escaped(file.text().sure_at(file.line_range(line)));
        let comment = if text.trim_start().starts_with('#') { " class=\"comment\"" } else { "" };
        let found = hits.get(&(id, line + 1));
        let sum = found.map(|all| all.iter().sum::<u64>());
        let numbers = found.map_or_else(String::new, |all| all.iter().map(|n| count(*n)).collect::<Vec<_>>().join(" · "));
        // Rules of one line may fire for one record together: then there is no one share.
        let alone = found.filter(|all| all.len() == 1).and(sum);
        let row = if found.is_some_and(|all| all.contains(&0)) { " class=\"silent\"" } else { "" };
        let _ = writeln!(
            out,
            "<tr{row}><td class=\"n\">{}</td><td class=\"n\">{numbers}</td><td class=\"n\">{}</td><td>{}</td><td{comment}><code>{text}</code></td></tr>",
            line + 1,
            alone.map_or_else(String::new, |n| share(n, read)),
            alone.map_or_else(String::new, |n| share_bar(n, read, "bar")),
        );
    }
    out.push_str("</tbody></table></div>\n");
}

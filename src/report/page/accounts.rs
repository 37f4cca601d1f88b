//! The accounts of rollups, beside the records that make them.

use std::fmt::Write as _;

use super::draw::{share_bar, table};
use super::scores::card;
use super::{Facts, Section};
use crate::report::html::escaped;
use crate::report::plain::{count, of, share};
use crate::report::summary::Rollup;

pub(super) fn sections(into: &mut Vec<Section>, facts: &Facts<'_>) {
    let rollups = &facts.summary.rollups;
    if rollups.is_empty() {
        return;
    }
    let mut body = String::new();
    let mut drawn = facts.summary.scores.len();
    for rollup in rollups {
        one(&mut body, rollup, drawn);
        drawn += rollup.scores.len();
    }
    into.push(Section { id: "accounts", title: "Accounts", body });
}

/// A rollup; `drawn` pictures of scores stand on the page before it.
fn one(out: &mut String, it: &Rollup, drawn: usize) {
    let (accounts, records) = (of(it.accounts, "account", "accounts"), of(it.records, "record", "records"));
    let (name, by) = (escaped(&it.name), escaped(&it.by));
    let _ = writeln!(out, "<h3>{name}</h3>\n<p>{accounts} by <code>{by}</code>, made of {records}.</p>\n<div class=\"grid\">");
    for (at, score) in it.scores.iter().enumerate() {
        card(out, drawn + at, score, &score.histogram, (it.accounts, ("account", "accounts")));
    }
    let labels = it.labels.iter().map(|label| {
        let values = label.values.iter().map(|value| (Some(value.value.as_str()), value.records));
        (label.name.as_str(), values.chain([(None, label.unknown)]).collect::<Vec<_>>())
    });
    let stages = it.lifecycles.iter().map(|lifecycle| {
        let stages = lifecycle.stages.iter().map(|stage| (stage.stage.as_deref(), stage.after));
        (lifecycle.name.as_str(), stages.collect())
    });
    for (name, values) in labels.chain(stages) {
        let rows: Vec<Vec<String>> = values
            .into_iter()
            .filter(|(value, accounts)| value.is_some() || *accounts > 0)
            .map(|(value, accounts)| {
                let value = value.map_or_else(|| "<em>unknown</em>".to_owned(), |value| escaped(value).into_owned());
                vec![value, share_bar(accounts, it.accounts, "bar"), count(accounts), share(accounts, it.accounts)]
            })
            .collect();
        let columns = [("value", false), ("", false), ("accounts", true), ("share", true)];
        let _ = writeln!(out, "<article>\n<h3>{}</h3>", escaped(name));
        out.push_str(&table(&format!("Accounts by {name}"), &columns, &rows));
        out.push_str("</article>\n");
    }
    out.push_str("</div>\n");
}

//! The query of a rollup: that of the records, one `group by`, and what the accounts make of it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::builder::{Builder, Form, Place};
use super::items::Column;
use super::query::{begin, early_steps, first_steps, late_steps, outputs, text};
use super::steps::{Steps, chained};
use super::{Refusal, Request};
use crate::hir::{Bounds, Fold, Model, Rollup};
use crate::invariant::Sure as _;
use crate::source::Sources;
use crate::value::{Points, Type};

/// The query of the accounts of a rollup.
pub(super) fn query(model: &Model, rollup: &Rollup, sources: &Sources, request: &Request) -> Result<String, Refusal> {
    let mut b = Builder::new(model, sources, request);
    let key = begin(&mut b)?;
    if rollup.key.ty == Type::Text && !b.dialect.folds_all() {
        return b.refuse("a rollup by a text", rollup.key.span);
    }
    let late = late_steps(&mut b)?;
    let asked = Asked::of(&mut b, rollup)?;
    let mut steps = Steps::new(&mut b);
    early_steps(&mut b, key, &mut steps)?;
    for (name, words, columns) in late.iter().chain(&asked.on_the_way) {
        let name = b.steps.fresh(name);
        steps.add(&name, words, columns);
    }
    let name = b.steps.fresh("asked of records");
    steps.add(&name, "The account of every record, and what it is asked for.", &asked.columns);
    let accounts = named(model, rollup);
    let mut of = Builder::new(&accounts, sources, request);
    of.steps = std::mem::take(&mut b.steps);
    begin(&mut of)?;
    grouped(&b, &mut of, rollup, &asked, &mut steps);
    let more = late_steps(&mut of)?;
    for (name, words, columns) in &more {
        let name = of.steps.fresh(name);
        steps.add(&name, words, columns);
    }
    first_steps(&b, &mut steps);
    let column = |of: &mut Builder<'_>, id| of.property(id, Form::Value, Place::Record).sure("an account has this property");
    let (key, records) = (column(&mut of, Rollup::KEY), column(&mut of, Rollup::RECORDS));
    let key_name = accounts.schema.property(Rollup::KEY).map_or_else(String::new, |p| p.name.to_string());
    let mut lines = vec![format!("s.{key} AS {}", of.quoted(&key_name))];
    lines.push(format!("s.{records} AS {}", of.quoted(Rollup::RECORDS_NAME)));
    lines.extend(outputs(&of));
    Ok(text(&of, &steps, &lines))
}

/// The model of the accounts with short names for what is gathered, and bounds by which the digits of formulas can be told.
fn named(model: &Model, rollup: &Rollup) -> Model {
    let mut accounts = rollup.accounts.clone();
    let short = |at: usize| Arc::from(format!("gathered {}", at + 1).as_str());
    let mut scores = accounts.scores.iter_mut().filter(|score| score.is_given());
    for (at, gathered) in rollup.gathered.iter().enumerate() {
        if let Some(property) = accounts.schema.properties.get_mut(Rollup::property(at).0 as usize) {
            property.name = short(at);
        }
        if let Fold::Any(_) = gathered.fold {
            continue;
        }
        let Some(score) = scores.next() else { continue };
        score.name = short(at);
        score.bounds = match &gathered.fold {
            Fold::Max(id) | Fold::Min(id) | Fold::Average(id) => model.score(*id).map(|of| of.bounds).unwrap_or_default(),
            Fold::Sum(_) | Fold::Count(_) | Fold::Any(_) => Bounds::default(),
        };
    }
    accounts
}

/// What the records are asked for.
struct Asked {
    /// What is worked out for it, step by step.
    on_the_way: Vec<(String, String, Vec<Column>)>,
    columns: Vec<Column>,
    key: String,
    filter: Option<String>,
    /// By what is gathered: the column of its condition.
    conditions: Vec<Option<String>>,
}

impl Asked {
    fn of(b: &mut Builder<'_>, rollup: &Rollup) -> Result<Self, Refusal> {
        let mut columns = Vec::new();
        let mut add = |b: &mut Builder<'_>, wanted: &str, sql: String, span| {
            let name = b.records.fresh(wanted);
            let quoted = b.quoted(&name);
            columns.push(Column { name, sql, words: b.line(span) });
            quoted
        };
        let sql = if rollup.key.ty == Type::Text {
            b.folded(&rollup.key, Place::Record, true)?
        } else {
            b.value(&rollup.key, Place::Record)?
        };
        let key = add(b, "account", sql, rollup.key.span);
        let mut filter = None;
        if let Some(condition) = &rollup.filter {
            let sql = b.value(condition, Place::Record)?;
            filter = Some(add(b, "account counts", sql, condition.span));
        }
        let before = std::mem::take(&mut b.outcomes_chain);
        let mut conditions = Vec::new();
        for (at, gathered) in (1..).zip(&rollup.gathered) {
            conditions.push(match gathered.fold.condition() {
                Some(condition) => {
                    let sql = b.value(condition, Place::Outcome)?;
                    Some(add(b, &format!("account asks {at}"), sql, condition.span))
                }
                None => None,
            });
        }
        let chain = std::mem::replace(&mut b.outcomes_chain, before);
        let words = "What the accounts make of scores, labels and stages on the way.";
        let on_the_way = chained(&chain).into_iter().map(|columns| ("looked at".to_owned(), words.to_owned(), columns));
        Ok(Self { on_the_way: on_the_way.collect(), columns, key, filter, conditions })
    }
}

/// The step with the `group by`, and the averages behind it.
fn grouped(b: &Builder<'_>, of: &mut Builder<'_>, rollup: &Rollup, asked: &Asked, steps: &mut Steps<'_>) {
    let (limit, bigint) = (Points::LIMIT.0.to_string(), b.dialect.bigint());
    let clamped = |sql: &str| b.dialect.greatest(&b.dialect.least(sql, &limit), &format!("-{limit}"));
    let property = |of: &mut Builder<'_>, id| of.property(id, Form::Value, Place::Record).sure("an account has this property");
    let mut lines = vec![
        format!("s.{} AS {}", asked.key, property(of, Rollup::KEY)),
        format!("COUNT(*) AS {}", property(of, Rollup::RECORDS)),
    ];
    let mut averages = Vec::new();
    for (at, gathered) in rollup.gathered.iter().enumerate() {
        let score = gathered.fold.score().and_then(|id| b.model.score(id));
        let points = score.map_or_else(String::new, |score| format!("s.{}", b.quoted(&format!("score {}", score.name))));
        let met = match asked.conditions.get(at) {
            Some(Some(condition)) => format!("COUNT(CASE WHEN s.{condition} THEN 1 END)"),
            Some(None) | None => "COUNT(*)".to_owned(),
        };
        let name = format!("score gathered {}", at + 1);
        let sql = match &gathered.fold {
            Fold::Max(_) => format!("MAX({points})"),
            Fold::Min(_) => format!("MIN({points})"),
            Fold::Sum(_) => format!("CAST({} AS {bigint})", clamped(&format!("COALESCE(SUM({points}), 0)"))),
            Fold::Count(_) => clamped(&format!("{met} * 100")),
            Fold::Any(_) => {
                lines.push(format!("{met} > 0 AS {}", property(of, Rollup::property(at))));
                continue;
            }
            Fold::Average(_) => {
                let (sum, count) = (of.records.fresh(&format!("{name} sum")), of.records.fresh(&format!("{name} known")));
                lines.push(format!("CAST(SUM({points}) AS {bigint}) AS {}", b.quoted(&sum)));
                lines.push(format!("COUNT({points}) AS {}", b.quoted(&count)));
                let sql = average(b, &b.quoted(&sum), &b.quoted(&count));
                averages.push(Column { name, sql, words: b.line(gathered.span) });
                continue;
            }
        };
        lines.push(format!("{sql} AS {}", b.quoted(&name)));
    }
    let last = steps.out.last().map_or_else(String::new, |(name, _, _)| b.quoted(name));
    let mut body = format!("SELECT\n    {}\nFROM {last} AS s\nWHERE s.{} IS NULL", lines.join(",\n    "), b.quoted("excluded"));
    let _always = write!(body, " AND s.{} IS NOT NULL", asked.key);
    if let Some(filter) = &asked.filter {
        let _always = write!(body, " AND s.{filter}");
    }
    let _always = write!(body, "\nGROUP BY s.{}", asked.key);
    let name = of.steps.fresh("accounts");
    steps.push(&name, "The accounts, and what they gather of their records.", body);
    if !averages.is_empty() {
        let name = of.steps.fresh("averages");
        steps.add(&name, "Averages, rounded to whole hundredths, half away from zero.", &averages);
    }
}

/// A sum over how many it is of, both whole; nothing of none.
fn average(b: &Builder<'_>, sum: &str, count: &str) -> String {
    let of = |sum: &str| {
        let whole = b.dialect.divide(sum, &format!("NULLIF({count}, 0)"));
        format!("(({whole}) + CASE WHEN ({sum} - ({whole}) * {count}) * 2 >= {count} THEN 1 ELSE 0 END)")
    };
    format!("CASE WHEN {count} = 0 THEN NULL WHEN {sum} < 0 THEN -{} ELSE {} END", of(&format!("(-{sum})")), of(sum))
}

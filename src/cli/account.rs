//! `lsrc why RULES DATA --rollup NAME KEY`: one account, and the records that make it.

use std::path::PathBuf;

use miette::Report;

use super::Failure;
use crate::column::Batch;
use crate::hir::uses::Uses;
use crate::hir::words::squeezed;
use crate::hir::{AsOf, Model, Rollup};
use crate::program::{Also, RuleSet, Wanted};
use crate::report::cells::shown;
use crate::rollup::{Accounts, Key, Places, asked};
use crate::run::{DataOptions, Reading, rollup_named};
use crate::source::Sources;
use crate::text::{fold, nearest};
use crate::value::{Points, Type};
use crate::vm::scores::Scores;
use crate::why::{Explanation, MadeOf, Member, SeenValue};

/// The account of a rollup that has this key.
pub(super) fn explain(
    rules: &RuleSet,
    (name, key): (&str, &str),
    (options, data): (&DataOptions, &[PathBuf]),
    as_of: AsOf,
) -> Result<Explanation, Report> {
    let (model, sources) = (rules.model(), rules.sources());
    let rollup = rollup_named(model, name)?;
    let wanted = key_of(model, rollup, key)?;
    let (conditions, value) = asked(rollup);
    let compiled = rules.compile(&Wanted { conditions, values: vec![value], ..Wanted::default() });
    let also = Also { uses: vec![Uses::of_rollup(model, rollup)], ..Also::default() };
    let mut reader = options.open(data, model, sources, as_of, &Reading { also, ..Reading::default() })?;
    let mut vm = compiled.vm(as_of);
    let mut all = Accounts::new(model, rollup, Places::default());
    let mut accounts = all.clone();
    let mut records = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(Report::new)? {
        let scores = vm.run(&batch);
        for row in 0..batch.rows {
            if accounts.key(&scores, row).as_ref() == Some(&wanted) {
                accounts.add_as(wanted.clone(), &scores, row);
                records.push(member(model, sources, rollup, &batch, &scores, row));
            }
        }
        all.add(&scores);
    }
    let Some(batch) = accounts.batches(rollup).next() else { return Err(missing(rollup, key, all)) };
    let by = squeezed(sources, rollup.key.span);
    let title = batch.columns.first().and_then(Option::as_ref).and_then(|column| shown(column, Some(&rollup.key.ty), 0));
    let made_of = MadeOf { rollup: rollup.name.to_string(), by, records };
    Ok(rules.account_explainer(rollup, as_of).explain_account(&batch, &title.unwrap_or_default(), made_of))
}

/// The key as it is asked for.
fn key_of(model: &Model, rollup: &Rollup, text: &str) -> Result<Key, Report> {
    let text = text.trim();
    let read = match &rollup.key.ty {
        Type::Integer => text.parse().ok().map(Key::Integer),
        Type::Boolean => text.to_lowercase().parse().ok().map(Key::Boolean),
        Type::OneOf(options) => {
            let at = options.items.iter().position(|option| *option.name == *text);
            at.map(|at| Key::Option(crate::invariant::number(at)))
        }
        Type::Text
        | Type::Number
        | Type::Date
        | Type::DateTime
        | Type::SetOf(_)
        | Type::SetOfText
        | Type::Score
        | Type::Label => Some(Key::Text(fold(text, model.schema.ignore_accents).into())),
    };
    read.ok_or_else(|| {
        let what = match &rollup.key.ty {
            Type::OneOf(options) => {
                format!("one of {}", options.items.iter().map(|option| &*option.name).collect::<Vec<_>>().join(", "))
            }
            Type::Boolean => "true or false".to_owned(),
            Type::Text
            | Type::Integer
            | Type::Number
            | Type::Date
            | Type::DateTime
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Score
            | Type::Label => "a whole number".to_owned(),
        };
        Failure::new(format!("--rollup {} {text}: the key of an account is {what}", rollup.name)).help("write it so").into()
    })
}

fn member(model: &Model, sources: &Sources, rollup: &Rollup, batch: &Batch, scores: &Scores, row: usize) -> Member {
    let number = batch.first_row + row as u64;
    let key = model.schema.key.and_then(|id| {
        let column = batch.columns.get(id.0 as usize)?.as_ref()?;
        shown(column, model.schema.property(id).map(|p| &p.ty), row)
    });
    let mut seen: Vec<SeenValue> = Vec::new();
    let mut condition = usize::from(rollup.filter.is_some());
    for gathered in &rollup.gathered {
        if let Some(score) = gathered.fold.score().and_then(|id| model.score(id).map(|score| (id, score))) {
            let points = scores.scores.get(score.0.index()).and_then(|column| column.get(row)).map(Points);
            let value = points.map_or_else(|| "unknown".to_owned(), |points| points.to_string());
            seen.push(SeenValue { what: score.1.name.to_string(), value });
        }
        if let Some(of) = gathered.fold.condition() {
            let found = scores.conditions.get(condition);
            condition += 1;
            let value = match found.map(|it| (it.truth.get(row), it.known.get(row))) {
                Some((true, _)) => "true",
                Some((false, true)) => "false",
                Some((false, false)) | None => "unknown",
            };
            seen.push(SeenValue { what: squeezed(sources, of.span), value: value.to_owned() });
        }
    }
    let mut told: Vec<SeenValue> = Vec::new();
    seen.into_iter().for_each(|value| {
        if !told.contains(&value) {
            told.push(value);
        }
    });
    Member { key: key.unwrap_or_else(|| number.to_string()), row: number, seen: told }
}

/// There is no account of this key.
fn missing(rollup: &Rollup, key: &str, all: Accounts) -> Report {
    let mut names: Vec<String> = Vec::new();
    for batch in all.batches(rollup) {
        let column = batch.columns.first().and_then(Option::as_ref);
        names.extend((0..batch.rows).filter_map(|row| shown(column?, Some(&rollup.key.ty), row)));
    }
    let failure = Failure::new(format!("no record makes an account `{key}` of the rollup `{}`", rollup.name));
    match nearest(key, names.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None => failure.help("records that are excluded or do not meet the `where` of the rollup do not count").into(),
    }
}

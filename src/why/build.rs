//! From a model and a traced run over one record to its account.

use super::cause::Context;
use super::record::{Record, bound, condition_check};
use super::values::{as_of_words, instant};
use super::{Check, Explanation, FormulaAccount, LabelAccount, Outcome, ScoreAccount};
use super::{item, stage};
use crate::hir::words::{self, squeezed};
use crate::hir::{self, Exclusion, Formula, LabelBody, Model, ScoreBody};
use crate::source::Sources;
use crate::value::Points;
use crate::vm::scores::{NONE, Scores};

/// The account of a record.
#[must_use]
pub fn explain(model: &Model, sources: &Sources, record: Record<'_>) -> Explanation {
    let context = Context { model, sources, seen: record.seen, as_of: record.as_of, faults: record.faults };
    let excluded = record.scores.excluded.first().copied().filter(|&code| code != NONE);
    let accounts = model.scores.iter().enumerate();
    Explanation {
        version: 1,
        key: record.key.to_owned(),
        row: record.batch.first_row,
        account: None,
        as_of: instant(record.as_of.micros, &model.schema.zone),
        as_of_words: as_of_words(record.as_of, &model.schema.zone),
        selected: Vec::new(),
        excluded: excluded.is_some(),
        exclusions: exclusions(&context, &model.exclusions, excluded),
        scores: accounts.map(|(at, it)| score(&context, record, at, it, excluded.is_some())).collect(),
        labels: model.labels.iter().enumerate().map(|(at, it)| label(&context, record.scores, at, it)).collect(),
        lifecycles: model.lifecycles.iter().enumerate().map(|(at, it)| stage::account(&context, record.scores, at, it)).collect(),
    }
}

/// Exclusions in order; those behind the one that applies are passed.
fn exclusions(context: &Context<'_>, all: &[Exclusion], applies: Option<u32>) -> Vec<Check> {
    let check = |(at, it): (usize, &Exclusion)| {
        let passed = applies.is_some_and(|a| at > a as usize);
        condition_check(context, &it.condition, words::exclusion(context.sources, it), it.because.as_ref(), it.span, passed)
    };
    all.iter().enumerate().map(check).collect()
}

fn score(context: &Context<'_>, record: Record<'_>, at: usize, it: &hir::Score, excluded: bool) -> ScoreAccount {
    let value = record.scores.scores.get(at).and_then(|s| s.get(0)).map(Points);
    let own = record.scores.score_excluded.get(at).and_then(|codes| codes.first()).copied().filter(|&code| code != NONE);
    let mut account = ScoreAccount {
        name: it.name.to_string(),
        line: context.sources.place(it.span).line,
        value,
        unknown_because: None,
        exclusions: Vec::new(),
        branches: Vec::new(),
        items: Vec::new(),
        sum: None,
        bound: None,
        formula: None,
    };
    if excluded {
        account.unknown_because = Some("the record is excluded".to_owned());
        return account;
    }
    match &it.body {
        ScoreBody::Items { exclusions: all, items } => {
            account.exclusions = exclusions(context, all, own);
            if own.is_some() {
                account.unknown_because = Some("the record is excluded from this score".to_owned());
                return account;
            }
            account.items = items.iter().map(|i| item::account(context, record, i)).collect();
            let sum: i128 = account.items.iter().map(|i| i128::from(i.points.0)).sum();
            account.sum = i64::try_from(sum).ok().map(Points);
            account.bound = bound(context, &it.bounds, sum);
        }
        ScoreBody::Conditional(formula) => {
            let decided = formula.arms().find(|arm| record.scores.hits.get(arm.arm.id.index()).is_some_and(|&n| n > 0));
            account.branches = branches(context, formula, decided.map(|arm| arm.arm.id));
            account.formula = decided.map(|arm| formula_account(context, record.scores, &arm.formula, it));
            if value.is_none() {
                let because = if decided.is_some() { "a score in its formula is unknown" } else { "its condition is unknown" };
                account.unknown_because = Some(because.to_owned());
            }
        }
        ScoreBody::Given(_) => {}
        ScoreBody::Formula(formula) => {
            account.formula = Some(formula_account(context, record.scores, formula, it));
            if value.is_none() {
                account.unknown_because = Some("a score in its formula is unknown".to_owned());
            }
        }
    }
    account
}

/// The branches of a formula, in order; those after the one that decides are passed.
fn branches(context: &Context<'_>, formula: &hir::Conditional, decided: Option<hir::ArmId>) -> Vec<Check> {
    let place = decided.and_then(|id| formula.arms().position(|arm| arm.arm.id == id));
    let mut out: Vec<Check> = Vec::new();
    for (at, (condition, arm)) in formula.branches.iter().enumerate() {
        let passed = place.is_some_and(|place| at > place);
        let words = words::formula_arm(context.sources, arm);
        out.push(condition_check(context, condition, words, arm.arm.because.as_ref(), arm.arm.span, passed));
    }
    for arm in [&formula.otherwise].into_iter().chain(&formula.unknown) {
        out.push(Check {
            line: context.sources.place(arm.arm.span).line,
            rule: words::formula_arm(context.sources, arm),
            because: arm.arm.because.as_ref().map(|b| b.text.to_string()),
            outcome: if decided == Some(arm.arm.id) { Outcome::Fired } else { Outcome::Passed },
            seen: Vec::new(),
            why: Vec::new(),
        });
    }
    out
}

fn formula_account(context: &Context<'_>, scores: &Scores, formula: &Formula, it: &hir::Score) -> FormulaAccount {
    let value = |id: hir::ScoreId| scores.scores.get(id.index()).and_then(|s| s.get(0)).map(Points);
    let numbers = |name: bool| {
        written(formula, 0, &|id| {
            if name {
                context.model.score(id).map_or_else(String::new, |s| s.name.to_string())
            } else {
                value(id).map_or_else(|| "unknown".to_owned(), |p| if p.0 < 0 { format!("({p})") } else { p.to_string() })
            }
        })
    };
    let bounds = [("min", it.bounds.min), ("max", it.bounds.max)];
    let within: Vec<String> = bounds.into_iter().filter_map(|(word, b)| Some(format!("{word} {}", b?.0))).collect();
    let within = if within.is_empty() { String::new() } else { format!(", within {}", within.join(" and ")) };
    FormulaAccount { rule: numbers(true), numbers: format!("{}{within}", numbers(false)) }
}

/// A formula with `score` in place of its scores; `level` 1 where a sum needs brackets, 2 where a product does too.
fn written(formula: &Formula, level: u8, score: &dyn Fn(hir::ScoreId) -> String) -> String {
    let bracketed = |text: String, own: u8| if own < level { format!("({text})") } else { text };
    let list = |all: &[Formula]| all.iter().map(|f| written(f, 0, score)).collect::<Vec<_>>().join(", ");
    match formula {
        Formula::Score(id, _) => score(*id),
        Formula::Number(n, _) => n.to_string(),
        Formula::Negate(x) => format!("-{}", written(x, 2, score)),
        Formula::Binary(op, a, b) => {
            let (own, right) = (op.level(), op.level() + u8::from(op.splits_right()));
            bracketed(format!("{} {} {}", written(a, own, score), op.sign(), written(b, right, score)), own)
        }
        Formula::Divide(a, n) => bracketed(format!("{} / {n}", written(a, 1, score)), 1),
        Formula::Min(all) => format!("min({})", list(all)),
        Formula::Max(all) => format!("max({})", list(all)),
    }
}

fn label(context: &Context<'_>, scores: &Scores, at: usize, it: &hir::Label) -> LabelAccount {
    let code = scores.labels.get(at).and_then(|codes| codes.first()).copied().filter(|&code| code != NONE);
    let value = code.and_then(|code| it.values.get(code as usize)).map(ToString::to_string);
    let (why, near) = match &it.body {
        LabelBody::Ranges { score, lines, otherwise } => {
            let name = &context.model.sure_score(*score).name;
            match scores.scores.get(score.index()).and_then(|s| s.get(0)).map(Points) {
                None => (format!("{name} is unknown"), None),
                Some(points) => {
                    let line = lines.iter().find(|l| value.is_some() && Some(l.value) == code);
                    let else_line = otherwise.as_ref().filter(|_| line.is_none());
                    let words =
                        line.map(|l| squeezed(context.sources, l.range.span)).or_else(|| else_line.map(|_| "else".to_owned()));
                    let why = words.map_or_else(
                        || format!("{name} is {points}, which no line takes"),
                        |w| format!("{name} is {points}: {w}"),
                    );
                    (why, next_line(context, it, lines, points, name))
                }
            }
        }
        LabelBody::Labels { label: by, lines, otherwise } => {
            let name = &context.model.sure_label(*by).name;
            let own = scores.labels.get(by.index()).and_then(|codes| codes.first()).copied().filter(|&code| code != NONE);
            let text = own.and_then(|code| context.model.label(*by)?.values.get(code as usize));
            let line = lines.iter().find(|line| own.is_some_and(|own| line.keys.contains(&own)));
            let words = line
                .map(|line| squeezed(context.sources, line.keys_span))
                .or_else(|| otherwise.as_ref().map(|_| "else".to_owned()));
            let why = match (text, words) {
                (None, _) => format!("{name} is unknown"),
                (Some(text), Some(words)) => format!("{name} is {text}: {words}"),
                (Some(text), None) => format!("{name} is {text}, which has no line"),
            };
            (why, None)
        }
        LabelBody::Join(parts) => {
            let parts = parts.iter().filter_map(|id| context.model.label(*id)).map(|l| l.name.to_string());
            (parts.collect::<Vec<_>>().join(" + "), None)
        }
    };
    LabelAccount { name: it.name.to_string(), line: context.sources.place(it.span).line, value, why, near }
}

/// The nearest line above a score: `A starts at 40, 5 more`.
fn next_line(context: &Context<'_>, it: &hir::Label, lines: &[hir::LabelLine], points: Points, name: &str) -> Option<String> {
    let _ = context;
    let start = |l: &hir::LabelLine| match l.range.lo {
        Some(hir::RangeEnd::Decimal(d)) => d.as_points(),
        Some(hir::RangeEnd::Date(_) | hir::RangeEnd::DateTime(_)) | None => None,
    };
    let (at, line) =
        lines.iter().filter_map(|l| Some((start(l)?, l))).filter(|(at, _)| *at > points).min_by_key(|(at, _)| *at)?;
    let text = it.values.get(line.value as usize)?;
    Some(format!("{text} starts at {name} {at}, {} more", Points(at.0 - points.0)))
}

//! The oracle: one record at a time, from the language reference alone, slow and obvious.
//!
//! It reads the typed model and nothing else of the program: calendar, folding, decay and fractions are worked out here a second
//! time, in the plainest way, so that a mistake in the evaluator has no twin.

pub(crate) mod calendar;
pub(crate) mod columns;
pub(crate) mod exact;
pub(crate) mod expr;
pub(crate) mod item;
pub(crate) mod results;
pub(crate) mod rollup;
pub(crate) mod stage;
pub(crate) mod text;

use lsrc::hir::{ArmId, AsOf, ItemId, Label, LabelBody, Model, Score, ScoreBody};
use lsrc::schema::EventId;
use lsrc::value::{Type, Value};

use exact::Fraction;
use expr::Scope;

/// A contact: a value (or none) for every property, and the events of every list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Record {
    /// By property of the schema.
    pub(crate) values: Vec<Option<Value>>,
    /// By event list of the schema.
    pub(crate) events: Vec<Vec<Event>>,
}

/// An event: a value (or none) for every field of its list.
pub(crate) type Event = Vec<Option<Value>>;

/// What the reference says about one record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// The first top-level exclusion that holds.
    pub(crate) excluded: Option<usize>,
    /// By score: the first of its own exclusions that holds.
    pub(crate) score_excluded: Vec<Option<usize>>,
    /// By score: hundredths, or unknown.
    pub(crate) scores: Vec<Option<i64>>,
    /// By label: its text, or unknown.
    pub(crate) labels: Vec<Option<String>>,
    /// By lifecycle.
    pub(crate) stages: Vec<stage::Stage>,
    /// What gave points, in source order.
    pub(crate) account: Vec<Entry>,
    /// The members that lines of `match each` took besides the first.
    pub(crate) more_hits: Vec<(ArmId, u64)>,
    /// The items (exclusions, holds and stage lines too) that were looked at and not decided because a value is unknown.
    pub(crate) unknown_items: Vec<ItemId>,
}

/// A line of a record's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// The score.
    pub(crate) score: usize,
    /// What gave the points.
    pub(crate) source: Source,
    /// Hundredths.
    pub(crate) points: i64,
}

/// What gives points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A branch or line that fired.
    Arm(ArmId),
    /// What a group's bounds took or added.
    Group(ItemId),
    /// What a score's bounds took or added.
    Score,
}

/// "No item, group or score goes beyond 1,000,000,000 points either way."
pub(crate) const LIMIT: i128 = 100_000_000_000;

/// Scores one record.
pub(crate) fn evaluate(model: &Model, record: &Record, as_of: AsOf) -> Outcome {
    let record = &with_defaults(model, record, as_of);
    let mut outcome = Outcome {
        excluded: None,
        score_excluded: vec![None; model.scores.len()],
        scores: Vec::new(),
        labels: Vec::new(),
        stages: Vec::new(),
        account: Vec::new(),
        more_hits: Vec::new(),
        unknown_items: Vec::new(),
    };
    let scope = Scope { model, record, as_of, event: None, outputs: None };
    outcome.excluded = first_true(&scope, &model.exclusions, &mut outcome.unknown_items);
    let mut labels: Vec<Option<String>> = vec![None; model.labels.len()];
    outcome.labels = labels.clone();
    for (number, score) in model.scores.iter().enumerate() {
        // The conditions of a formula see labels of scores further up.
        if let ScoreBody::Conditional(_) = score.body {
            for (at, label) in model.labels.iter().enumerate() {
                if model.label_needs(lsrc::hir::LabelId(u32::try_from(at).unwrap())) <= number {
                    labels[at] = one_label(model, label, &outcome);
                    outcome.labels = labels.clone();
                }
            }
        }
        let points = if outcome.excluded.is_some() { None } else { one_score(&scope, number, score, &mut outcome) };
        outcome.scores.push(points);
    }
    outcome.labels.clear();
    for label in &model.labels {
        let text = one_label(model, label, &outcome);
        outcome.labels.push(text);
    }
    for lifecycle in &model.lifecycles {
        let seen = outcome.clone();
        let scope = Scope { outputs: Some(&seen), ..scope };
        let stage = stage::one_lifecycle(&scope, lifecycle, &mut outcome.unknown_items);
        outcome.stages.push(stage);
    }
    outcome
}

/// Defaults stand for unknown values, a set is never unknown, a related record that is not there has nothing, and events after `as of` (or at no time) do not exist.
pub(crate) fn with_defaults(model: &Model, record: &Record, as_of: AsOf) -> Record {
    let values = model
        .schema
        .properties
        .iter()
        .enumerate()
        .map(|(at, property)| {
            let there = property.related.is_none_or(|related| {
                let known = model.schema.related[related.0 as usize].known.0 as usize;
                record.values[known] == Some(Value::Boolean(true))
            });
            let own = record.values.get(at).cloned().flatten().filter(|_| there);
            let value = own.or_else(|| property.default.clone());
            value.or_else(|| empty_set(&property.ty))
        })
        .collect();
    let events = model
        .schema
        .events
        .iter()
        .enumerate()
        .map(|(list, declared)| {
            let given = record.events.get(list).cloned().unwrap_or_default();
            let fields = |event: Event| -> Event {
                declared
                    .fields
                    .iter()
                    .zip(event)
                    .map(|(field, value)| value.or_else(|| field.default.clone()).or_else(|| empty_set(&field.ty)))
                    .collect()
            };
            given.into_iter().map(fields).filter(|event| exists(model, list, event, as_of)).collect()
        })
        .collect();
    Record { values, events }
}

fn empty_set(ty: &Type) -> Option<Value> {
    match ty {
        Type::SetOf(_) => Some(Value::Set(Vec::new())),
        Type::SetOfText => Some(Value::TextSet(Vec::new())),
        _ => None,
    }
}

fn exists(model: &Model, list: usize, event: &Event, as_of: AsOf) -> bool {
    match at_of(model, EventId(u32::try_from(list).unwrap()), event) {
        Some(Value::Date(day)) => *day <= as_of.day,
        Some(Value::DateTime(micros)) => *micros <= as_of.micros,
        None => false,
        Some(other) => panic!("an event at {other:?}"),
    }
}

/// When an event happened.
pub(crate) fn at_of<'e>(model: &Model, list: EventId, event: &'e Event) -> Option<&'e Value> {
    let at = model.schema.events[list.0 as usize].at;
    event[at.0 as usize].as_ref()
}

fn first_true(scope: &Scope<'_>, exclusions: &[lsrc::hir::Exclusion], unknown_items: &mut Vec<ItemId>) -> Option<usize> {
    let mut found = None;
    for (at, exclusion) in exclusions.iter().enumerate() {
        match scope.truth(&exclusion.condition) {
            Some(true) => found = found.or(Some(at)),
            Some(false) => {}
            None => unknown_items.push(exclusion.item),
        }
    }
    found
}

fn one_score(scope: &Scope<'_>, number: usize, score: &Score, outcome: &mut Outcome) -> Option<i64> {
    let sum = match &score.body {
        ScoreBody::Conditional(formula) => {
            let seen = outcome.clone();
            let scope = Scope { outputs: Some(&seen), ..*scope };
            let truths: Vec<Option<bool>> = formula.branches.iter().map(|(condition, _)| scope.truth(condition)).collect();
            let decides = if let Some(at) = truths.iter().position(|truth| *truth == Some(true)) {
                Some(&formula.branches[at].1)
            } else if truths.iter().all(|truth| *truth == Some(false)) {
                Some(&formula.otherwise)
            } else {
                outcome.unknown_items.push(formula.item);
                formula.unknown.as_ref()
            };
            let arm = decides?;
            outcome.account.push(Entry { score: number, source: Source::Arm(arm.arm.id), points: 0 });
            exact::formula(&arm.formula, &outcome.scores)?.rounded()
        }
        ScoreBody::Formula(formula) => exact::formula(formula, &outcome.scores)?.rounded(),
        ScoreBody::Given(property) => match scope.record.values[property.0 as usize].as_ref()? {
            Value::Decimal(given) => Fraction::decimal(*given).rounded(),
            other => panic!("points of {other:?}"),
        },
        ScoreBody::Items { exclusions, items } => {
            let excluded = first_true(scope, exclusions, &mut outcome.unknown_items);
            outcome.score_excluded[number] = excluded;
            if excluded.is_some() {
                return None;
            }
            let mut ledger = item::Ledger { score: number, account: Vec::new(), more_hits: Vec::new(), unknown: Vec::new() };
            let sum = items.iter().map(|item| item::points(scope, item, &mut ledger)).sum();
            outcome.account.append(&mut ledger.account);
            outcome.more_hits.append(&mut ledger.more_hits);
            outcome.unknown_items.append(&mut ledger.unknown);
            sum
        }
    };
    let held = hold(sum, &score.bounds);
    if matches!(score.body, ScoreBody::Items { .. }) && i128::from(held) != sum {
        let points = i64::try_from(i128::from(held) - sum).unwrap();
        outcome.account.push(Entry { score: number, source: Source::Score, points });
    }
    Some(held)
}

/// A sum held within written bounds and the language's own.
pub(crate) fn hold(sum: i128, bounds: &lsrc::hir::Bounds) -> i64 {
    let mut held = sum;
    if let Some((max, _)) = bounds.max
        && held > i128::from(max.0)
    {
        held = i128::from(max.0);
    }
    if let Some((min, _)) = bounds.min
        && held < i128::from(min.0)
    {
        held = i128::from(min.0);
    }
    i64::try_from(held.clamp(-LIMIT, LIMIT)).unwrap()
}

fn one_label(model: &Model, label: &Label, outcome: &Outcome) -> Option<String> {
    match &label.body {
        LabelBody::Ranges { score, lines, otherwise } => {
            let score = Fraction::hundredths(outcome.scores[score.index()]?);
            let line = lines.iter().find(|line| expr::score_in_range(score, &line.range)).map(|line| line.value);
            let value = line.or_else(|| otherwise.as_ref().map(|line| line.value))?;
            Some(label.values[value as usize].to_string())
        }
        LabelBody::Labels { label: by, lines, otherwise } => {
            let text = outcome.labels[by.index()].clone()?;
            let of = &model.labels[by.index()];
            let line = lines.iter().find(|line| line.keys.iter().any(|key| *of.values[*key as usize] == *text));
            let value = line.map(|line| line.value).or_else(|| otherwise.as_ref().map(|line| line.value))?;
            Some(label.values[value as usize].to_string())
        }
        LabelBody::Join(parts) => {
            let texts: Option<Vec<String>> = parts.iter().map(|part| outcome.labels[part.index()].clone()).collect();
            texts.map(|texts| texts.concat())
        }
    }
}

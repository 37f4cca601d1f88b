//! What is said before any data is read, held against data: reachable ranges, and warnings that are given only on proof.

use lsrc::bounds::Reach;
use lsrc::check::Program;
use lsrc::diag::{Code, Diagnostics};
use lsrc::hir::{AsOf, Exclusion, Expr, ExprKind, Item, ItemKind, LabelBody, Model, ScoreBody, StageCondition};
use lsrc::schema::EventId;
use lsrc::source::Span;
use lsrc::value::Value;

use super::agree;
use crate::oracle::exact::Fraction;
use crate::oracle::expr::Scope;
use crate::oracle::{self, Outcome, Record, Source, with_defaults};

/// How many ranges were told, and how many of them as exact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) ranges: usize,
    pub(crate) exact: usize,
}

/// Says which claim about a program a record refutes.
pub(crate) fn refuted(source: &str, as_of: AsOf, records: &[Record]) -> Result<Told, String> {
    let (program, model) = agree::checked(source)?;
    let (reaches, found) = (lsrc::program::ranges(&model), lsrc::lint::run(&program.sources, &program.files, &model));
    for (row, record) in records.iter().enumerate() {
        for as_of in moments(&model, record, as_of) {
            let outcome = oracle::evaluate(&model, record, as_of);
            let said = within(&reaches, &outcome).and_then(|()| warnings(&program, &model, &found, (record, as_of), &outcome));
            said.map_err(|said| format!("record {row} as of {as_of:?}: {said}"))?;
        }
    }
    shown_ends(&model, &reaches)?;
    for rollup in &model.rollups {
        let ranges = lsrc::program::account_ranges(&model, rollup, &reaches);
        for account in oracle::rollup::accounts(&model, rollup, records, as_of) {
            let given = rollup.accounts.scores.iter().filter(|score| score.is_given()).count();
            let outcome = Outcome { scores: account.outcome.scores[given..].to_vec(), ..account.outcome };
            within(&ranges, &outcome).map_err(|said| format!("account {}: {said}", account.key))?;
        }
    }
    Ok(Told { ranges: reaches.len(), exact: reaches.iter().filter(|r| r.exact).count() })
}

/// Moments of a run: the one given, both ends of its day, and moments about what the record holds. What is proved holds for all.
fn moments(model: &Model, record: &Record, as_of: AsOf) -> Vec<AsOf> {
    const HOUR: i64 = 3_600_000_000;
    let zone = &model.schema.zone;
    let start = |day: i32| AsOf::at(AsOf::end_of(day - 1, zone).micros + 1, zone);
    let mut out =
        vec![as_of, start(as_of.day), AsOf::end_of(as_of.day, zone), start(as_of.day + 1), AsOf::end_of(as_of.day + 31, zone)];
    let values = record.values.iter().chain(record.events.iter().flatten().flatten()).flatten();
    for value in values.filter(|value| matches!(value, Value::Date(_) | Value::DateTime(_))).take(4) {
        match value {
            Value::Date(day) if (-100_000..100_000).contains(day) => {
                out.extend([start(*day), AsOf::end_of(*day + 1, zone), AsOf::end_of(*day + 21, zone)]);
            }
            Value::DateTime(at) if at.abs() < i64::MAX / 4 => {
                out.extend([0, HOUR, 23 * HOUR, 25 * HOUR].map(|after| AsOf::at(at + after, zone)));
            }
            _ => {}
        }
    }
    out
}

/// Whether the scores lie in their ranges.
fn within(ranges: &[Reach], outcome: &Outcome) -> Result<(), String> {
    for (at, reach) in ranges.iter().enumerate() {
        let (min, max) = (reach.min.map_or(i64::MIN, |p| p.0), reach.max.map_or(i64::MAX, |p| p.0));
        let Some(points) = outcome.scores[at] else { continue };
        if !reach.possible {
            return Err(format!("a score `{}`, which none can have", reach.name));
        }
        if !(min..=max).contains(&points) {
            return Err(format!("`{}` is {points}, outside {min}..{max} (exact: {})", reach.name, reach.exact));
        }
    }
    Ok(())
}

/// Whether the records that show the ends of ranges do, and can be read from data.
fn shown_ends(model: &Model, ranges: &[Reach]) -> Result<(), String> {
    for (at, reach) in ranges.iter().enumerate() {
        for (end, witness) in [(reach.min, &reach.at_min), (reach.max, &reach.at_max)] {
            let Some(witness) = witness else { continue };
            let record = shown(model, witness);
            let outcome = oracle::evaluate(model, &record, witness.as_of);
            unreadable(model, &record).map_or(Ok(()), |text| Err(format!("no cell reads as {text:?}, which shows {end:?}")))?;
            if outcome.scores[at] != end.map(|p| p.0) {
                return Err(format!("the record for {end:?} of `{}` comes to {:?}", reach.name, outcome.scores[at]));
            }
        }
    }
    Ok(())
}

/// A text that no reader gives.
fn unreadable(model: &Model, record: &Record) -> Option<String> {
    let schema = &model.schema;
    let unknown = |text: &str| schema.unknown_values.iter().any(|u| oracle::text::same(u, text, schema.ignore_accents));
    let texts =
        record.values.iter().chain(record.events.iter().flatten().flatten()).flatten().filter_map(|value| value.as_text());
    texts.map(|text| text.to_string()).find(|text| text.trim() != text || text.is_empty() || unknown(text))
}

/// The record that shows an end.
fn shown(model: &Model, witness: &lsrc::bounds::Witness) -> Record {
    let schema = &model.schema;
    let mut record = Record { values: vec![None; schema.properties.len()], events: vec![Vec::new(); schema.events.len()] };
    for (id, value) in &witness.record.properties {
        record.values[id.0 as usize] = Some(value.clone());
    }
    // Who has anything of a related record has that record.
    for related in &schema.related {
        let any = related.properties.iter().any(|id| record.values[id.0 as usize].is_some());
        record.values[related.known.0 as usize].get_or_insert(Value::Boolean(any));
    }
    for (list, fields) in &witness.record.events {
        record.events[list.0 as usize].push(fields.clone());
    }
    record
}

fn warnings(
    program: &Program,
    model: &Model,
    found: &Diagnostics,
    (record, as_of): (&Record, AsOf),
    outcome: &Outcome,
) -> Result<(), String> {
    if outcome.excluded.is_some() {
        return Ok(());
    }
    let record = with_defaults(model, record, as_of);
    let scope = Scope { model, record: &record, as_of, event: None, outputs: Some(outcome) };
    for finding in found.iter() {
        let wrong = match finding.code {
            Code::NeverTrue => {
                truths(&scope, finding.span).contains(&Some(true)) || met(&scope, finding.span).contains(&Some(true))
            }
            Code::AlwaysTrue => {
                let other = |truth: &Option<bool>| *truth != Some(true);
                truths(&scope, finding.span).iter().any(other) || met(&scope, finding.span).iter().any(other)
            }
            Code::UnreachableBranch => fired(model, outcome, finding.span),
            Code::UnreachableThreshold => crossed(model, outcome, finding.span),
            _ => false,
        };
        if wrong {
            let place = program.sources.place(finding.span);
            return Err(format!("it refutes {}:{} {}: {}", place.line, place.column, finding.code.name(), finding.message));
        }
    }
    Ok(())
}

/// The truth of a `where` that stands exactly here, for every event.
fn met(scope: &Scope<'_>, span: Span) -> Vec<Option<bool>> {
    let mut filters = Vec::new();
    items(scope.model, &mut |item| {
        if let ItemKind::Each(each) = &item.kind
            && let Some(filter) = each.filter.as_ref().filter(|filter| filter.span == span)
        {
            filters.push((each.event, filter));
        }
    });
    conditions(scope.model, &mut |expr| aggregates(expr, span, &mut filters));
    let mut out = Vec::new();
    for (list, filter) in filters {
        for event in &scope.record.events[list.0 as usize] {
            out.push(Scope { event: Some(event), ..*scope }.truth(filter));
        }
    }
    out
}

/// The `where` of event functions that stands exactly here.
fn aggregates<'m>(expr: &'m Expr, span: Span, out: &mut Vec<(EventId, &'m Expr)>) {
    if let ExprKind::Aggregate(a) = &expr.kind {
        out.extend(a.filter.as_ref().filter(|filter| filter.span == span).map(|filter| (a.event, filter)));
        return;
    }
    expr.operands().for_each(|operand| aggregates(operand, span, out));
}

/// Whether the label or stage that stands here is reached, all of whose thresholds must be.
fn crossed(model: &Model, outcome: &Outcome, span: Span) -> bool {
    let labels = model.labels.iter().zip(&outcome.labels).any(|(label, text)| match &label.body {
        LabelBody::Ranges { score, lines, .. } => lines.iter().any(|line| {
            let points = outcome.scores[score.index()];
            let within = points.is_some_and(|p| oracle::expr::score_in_range(Fraction::hundredths(p), &line.range));
            line.span == span && text.is_some() && within
        }),
        LabelBody::Labels { label: by, lines, .. } => lines.iter().any(|line| {
            let values = &model.labels[by.index()].values;
            let of = outcome.labels[by.index()].as_deref();
            line.span == span && text.is_some() && line.keys.iter().any(|key| of == Some(&*values[*key as usize]))
        }),
        LabelBody::Join(_) => false,
    });
    let stages = model.lifecycles.iter().zip(&outcome.stages).any(|(lifecycle, stage)| {
        let oracle::stage::Cause::Rule(at) = stage.cause else { return false };
        // Part of an `or` may be out of reach.
        matches!(&lifecycle.rules[at].when, StageCondition::Condition(c) if c.span == span)
    });
    labels || stages
}

/// Whether the branch whose condition stands here fires, or the stage or exclusion is chosen.
fn fired(model: &Model, outcome: &Outcome, span: Span) -> bool {
    let mut hit = false;
    items(model, &mut |item| {
        if let ItemKind::If { branches, otherwise, unknown } = &item.kind {
            let own = branches.iter().filter(|branch| branch.condition.span == span).map(|branch| &branch.arm);
            let rest = otherwise.iter().chain(unknown).filter(|arm| arm.span == span);
            for arm in own.chain(rest) {
                hit |= outcome.account.iter().any(|entry| entry.source == Source::Arm(arm.id));
            }
        }
    });
    for (lifecycle, stage) in model.lifecycles.iter().zip(&outcome.stages) {
        if let oracle::stage::Cause::Rule(at) = stage.cause
            && let StageCondition::Condition(condition) = &lifecycle.rules[at].when
        {
            hit |= condition.span == span;
        }
    }
    hit
}

/// The truth of every condition outside a `where` that stands exactly here.
fn truths(scope: &Scope<'_>, span: Span) -> Vec<Option<bool>> {
    let mut found = Vec::new();
    conditions(scope.model, &mut |expr| {
        // `x not in r` is a `not` that stands where its operand does; the outermost is what is meant.
        let mut outermost = None;
        walk(expr, &mut |part| {
            if part.span == span && part.ty == lsrc::value::Type::Boolean && outermost.is_none() {
                outermost = Some(scope.truth(part));
            }
        });
        found.extend(outermost);
    });
    found
}

/// Every condition of a model.
fn conditions<'m>(model: &'m Model, visit: &mut impl FnMut(&'m Expr)) {
    let mut excluded = |all: &'m [Exclusion]| all.iter().for_each(|exclusion| visit(&exclusion.condition));
    excluded(&model.exclusions);
    for score in &model.scores {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            excluded(exclusions);
        }
    }
    for score in &model.scores {
        if let ScoreBody::Conditional(formula) = &score.body {
            formula.branches.iter().for_each(|(condition, _)| visit(condition));
        }
    }
    items(model, &mut |item| {
        if let ItemKind::If { branches, .. } = &item.kind {
            branches.iter().for_each(|branch| visit(&branch.condition));
        }
    });
    for lifecycle in &model.lifecycles {
        lifecycle.holds.iter().for_each(|hold| visit(&hold.condition));
        for rule in &lifecycle.rules {
            if let StageCondition::Condition(condition) = &rule.when {
                visit(condition);
            }
        }
    }
    for definition in model.definitions.iter().filter(|definition| definition.value.ty == lsrc::value::Type::Boolean) {
        visit(&definition.value);
    }
}

/// Every item of a model.
fn items<'m>(model: &'m Model, visit: &mut impl FnMut(&'m Item)) {
    for score in &model.scores {
        Model::items_of(score, &mut |item, _| visit(item));
    }
}

/// A condition and the conditions that it is made of.
fn walk<'m>(expr: &'m Expr, visit: &mut impl FnMut(&'m Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Not(x) => walk(x, visit),
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::AtLeast(_, parts) => {
            parts.iter().for_each(|part| walk(part, visit))
        }
        ExprKind::Unless(a, b) => {
            walk(a, visit);
            walk(b, visit);
        }
        _ => {}
    }
}

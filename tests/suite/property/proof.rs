//! What is said before any data is read, held against data: reachable ranges, and warnings that are given only on proof.

use lsrc::check::Program;
use lsrc::diag::Code;
use lsrc::hir::{AsOf, Exclusion, Expr, ExprKind, Item, ItemKind, Model, ScoreBody, StageCondition};
use lsrc::source::Span;

use super::agree;
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
    let outcomes: Vec<Outcome> = records.iter().map(|record| oracle::evaluate(&model, record, as_of)).collect();
    let told = ranges(&model, &outcomes)?;
    warnings(&program, &model, as_of, records, &outcomes)?;
    Ok(told)
}

fn ranges(model: &Model, outcomes: &[Outcome]) -> Result<Told, String> {
    let ranges = lsrc::engine::ranges(model);
    for (at, reach) in ranges.iter().enumerate() {
        let (min, max) = (reach.min.map_or(i64::MIN, |p| p.0), reach.max.map_or(i64::MAX, |p| p.0));
        for (row, outcome) in outcomes.iter().enumerate() {
            let Some(points) = outcome.scores[at] else { continue };
            if !reach.possible {
                return Err(format!("record {row} has a score `{}`, which none can have", reach.name));
            }
            if !(min..=max).contains(&points) {
                return Err(format!("record {row}: `{}` is {points}, outside {min}..{max} (exact: {})", reach.name, reach.exact));
            }
        }
        for (end, witness) in [(reach.min, &reach.at_min), (reach.max, &reach.at_max)] {
            let Some(witness) = witness else { continue };
            let outcome = oracle::evaluate(model, &shown(model, witness), witness.as_of);
            if outcome.scores[at] != end.map(|p| p.0) {
                return Err(format!("the record for {end:?} of `{}` comes to {:?}", reach.name, outcome.scores[at]));
            }
        }
    }
    Ok(Told { ranges: ranges.len(), exact: ranges.iter().filter(|r| r.exact).count() })
}

/// The record that shows an end.
fn shown(model: &Model, witness: &lsrc::bounds::Witness) -> Record {
    let schema = &model.schema;
    let mut record = Record { values: vec![None; schema.properties.len()], events: vec![Vec::new(); schema.events.len()] };
    for (id, value) in &witness.record.properties {
        record.values[id.0 as usize] = Some(value.clone());
    }
    for (list, fields) in &witness.record.events {
        record.events[list.0 as usize].push(fields.clone());
    }
    record
}

fn warnings(program: &Program, model: &Model, as_of: AsOf, records: &[Record], outcomes: &[Outcome]) -> Result<(), String> {
    let found = lsrc::lint::run(&program.sources, &program.files, model);
    for finding in found.iter() {
        let place = program.sources.place(finding.span);
        let said = format!("{}:{} {}: {}", place.line, place.column, finding.code.name(), finding.message);
        for (row, (record, outcome)) in records.iter().zip(outcomes).enumerate() {
            if outcome.excluded.is_some() {
                continue;
            }
            let record = with_defaults(model, record, as_of);
            let scope = Scope { model, record: &record, as_of, event: None, outputs: Some(outcome) };
            let wrong = match finding.code {
                Code::NeverTrue => truths(&scope, finding.span).contains(&Some(true)),
                Code::AlwaysTrue => truths(&scope, finding.span).iter().any(|truth| *truth != Some(true)),
                Code::UnreachableBranch => fired(model, outcome, finding.span),
                _ => false,
            };
            if wrong {
                return Err(format!("record {row} refutes {said}"));
            }
        }
    }
    Ok(())
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

//! Records that show the parts of the rules that no test has seen at work.

use std::collections::BTreeSet;

use super::coverage::{Kind, Part, at_work};
use super::score;
use crate::bounds::abstraction::{Abstraction, Piece};
use crate::bounds::readable::spelled;
use crate::bounds::truth::Truth;
use crate::bounds::witness::partial;
use crate::hir::words;
use crate::hir::{AsOf, Expr, ExprKind, ItemKind, MatchLine, Model};
use crate::program::Code;
use crate::record::{self, Record};
use crate::value::{Type, Value};

/// A record that shows a part at work.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The part.
    pub part: Part,
    /// The record.
    pub record: Record,
    /// The moment.
    pub as_of: AsOf,
}

/// A record for every missing part for which one is found; each was run and seen to show its part.
#[must_use]
pub fn suggestions(model: &Model, code: &Code, missing: &[&Part]) -> Vec<Suggestion> {
    let picture = Abstraction::of(model);
    let shows = |part: &Part, record: &Record, as_of: AsOf| {
        at_work(part.kind, &score(code, as_of, &record::batch(&model.schema, std::slice::from_ref(record))))
    };
    let all = all_arms(model, &picture);
    let mut out: Vec<Suggestion> = Vec::new();
    // An account needs several records, which somebody who knows them writes better.
    for part in missing.iter().filter(|part| part.rollup.is_none()) {
        if out.iter().any(|s| shows(part, &s.record, s.as_of)) {
            continue;
        }
        let direct = aimed(model, &picture, part.kind);
        let found = direct.into_iter().chain(sums(&all)).find(|(record, as_of)| shows(part, record, *as_of));
        if let Some((record, as_of)) = found {
            out.push(Suggestion { part: (*part).clone(), record, as_of });
        }
    }
    out
}

/// A record made for one part.
fn aimed(model: &Model, picture: &Abstraction<'_>, kind: Kind) -> Option<(Record, AsOf)> {
    let mut vars = BTreeSet::new();
    match kind {
        Kind::Arm(wanted) => {
            let mut found = None;
            for score in &model.scores {
                Model::items_of(score, &mut |item, _| {
                    if let Some(place) = words::arms(item).iter().position(|a| a.id == wanted) {
                        found = Some((item, place));
                    }
                });
            }
            let (item, place) = found?;
            if let ItemKind::MatchEach { set, lines, .. } = &item.kind {
                return member(model, set, lines, place).map(|record| (record, picture.base));
            }
            // Each line of a match over events is a piece of its own.
            let at = if let ItemKind::MatchEvents { .. } = &item.kind { place } else { 0 };
            let (piece, ..) = picture.pieces.iter().filter(|(_, id, _)| *id == item.id).nth(at)?;
            picture.vars_of_piece(piece, &mut vars);
            make(picture, &vars, &|assignment| arm_fires(picture, item, piece, place, assignment))
        }
        Kind::Exclusion(at) => {
            let cond = picture.exclusions.get(at)?;
            picture.vars_of(cond, &mut vars);
            let mut others = Abstraction::of(model);
            others.exclusions.clear();
            let earlier = picture.exclusions.get(..at)?;
            make(&others, &vars, &|assignment| {
                picture.eval(cond, assignment) == Truth::True
                    && earlier.iter().all(|e| picture.eval(e, assignment) != Truth::True)
            })
        }
        Kind::ScoreExclusion(score, at) => {
            let cond = picture.trees.get(score)?.as_ref()?.exclusions.get(at)?;
            picture.vars_of(cond, &mut vars);
            make(picture, &vars, &|assignment| picture.eval(cond, assignment) == Truth::True)
        }
        Kind::Hold(lifecycle, at) => {
            let hold = model.lifecycles.get(lifecycle)?.holds.get(at)?;
            by_condition(picture, hold.condition.span, &mut vars)
        }
        Kind::Stage(lifecycle, at) => match &model.lifecycles.get(lifecycle)?.rules.get(at)?.when {
            crate::hir::StageCondition::Condition(c) => by_condition(picture, c.span, &mut vars),
            crate::hir::StageCondition::Excluded => {
                (0..model.exclusions.len()).find_map(|e| aimed(model, picture, Kind::Exclusion(e)))
            }
        },
        Kind::Label(..) => None,
    }
}

/// A record whose set has one member, on the line at this place; behind the lines, one that no line names.
fn member(model: &Model, set: &Expr, lines: &[MatchLine], place: usize) -> Option<Record> {
    let ExprKind::Property(id) = set.kind else { return None };
    let keys = || lines.iter().flat_map(|l| &l.keys);
    let key = match (lines.get(place), &set.ty) {
        (Some(line), _) => line.keys.first()?.clone(),
        (None, Type::SetOf(options)) => {
            (0..u32::try_from(options.len()).ok()?).map(Value::Option).find(|option| !keys().any(|k| k == option))?
        }
        (None, _) => Value::Text("something else".into()),
    };
    let value = if let Value::Option(code) = key {
        Value::Set(vec![code])
    } else {
        Value::TextSet(vec![spelled(&model.schema, key.as_text()?)?])
    };
    Some(Record { properties: vec![(id, value)], events: Vec::new() })
}

fn by_condition(picture: &Abstraction<'_>, span: crate::source::Span, vars: &mut BTreeSet<usize>) -> Option<(Record, AsOf)> {
    let cond = picture.conditions.get(&span)?;
    picture.vars_of(cond, vars);
    make(picture, vars, &|assignment| picture.eval(cond, assignment) == Truth::True)
}

fn make(picture: &Abstraction<'_>, vars: &BTreeSet<usize>, wanted: &dyn Fn(&[usize]) -> bool) -> Option<(Record, AsOf)> {
    let assignment = picture.find(vars, wanted)?;
    let witness = partial(picture, &assignment, vars)?;
    Some((witness.record, witness.as_of))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "only bands and matches have lines")]
fn arm_fires(picture: &Abstraction<'_>, item: &crate::hir::Item, piece: &Piece, place: usize, assignment: &[usize]) -> bool {
    match piece {
        Piece::Table { arms: Some(arms), .. } => {
            let (lines, otherwise) = match &item.kind {
                ItemKind::Band { lines, otherwise, .. } => (lines.len(), otherwise.is_some()),
                ItemKind::Match { lines, otherwise, .. } => (lines.len(), otherwise.is_some()),
                _ => (0, false),
            };
            let wanted = if place < lines {
                place + 1
            } else if place == lines && otherwise {
                lines + 1
            } else {
                lines + 2
            };
            usize::try_from(picture.look(*arms, assignment)) == Ok(wanted)
        }
        Piece::Gated(gate, inner) => {
            picture.eval(gate, assignment) == Truth::True && arm_fires(picture, item, inner, place, assignment)
        }
        Piece::Table { points, arms: None } => picture.look(*points, assignment) != 0,
        Piece::If { branches, .. } => {
            let truths: Vec<Truth> = branches.iter().map(|(c, _)| picture.eval(c, assignment)).collect();
            let first = truths.iter().position(|t| *t == Truth::True);
            let has_else = matches!(&item.kind, ItemKind::If { otherwise: Some(_), .. });
            match first {
                Some(at) => at == place,
                None if truths.contains(&Truth::Unknown) => place == branches.len() + usize::from(has_else),
                None => has_else && place == branches.len(),
            }
        }
    }
}

/// A record for every arm that gives points, the most first.
fn all_arms(model: &Model, picture: &Abstraction<'_>) -> Vec<(Record, AsOf)> {
    let mut arms = Vec::new();
    for score in &model.scores {
        Model::items_of(score, &mut |item, _| arms.extend(words::arms(item).into_iter().map(|a| (a.points, a.id))));
    }
    arms.sort();
    arms.iter().rev().filter_map(|(_, id)| aimed(model, picture, Kind::Arm(*id))).collect()
}

/// The records one by one, and the same put together: every sum on the way from none to all.
fn sums(arms: &[(Record, AsOf)]) -> Vec<(Record, AsOf)> {
    let mut out: Vec<(Record, AsOf)> = arms.to_vec();
    let Some(&(_, as_of)) = arms.first() else { return out };
    out.insert(0, (Record::default(), as_of));
    for start in 0..arms.len() {
        let mut together = Record::default();
        for (record, moment) in arms.iter().skip(start) {
            let clash = record.properties.iter().any(|(id, _)| together.properties.iter().any(|(have, _)| have == id));
            if clash || *moment != as_of {
                continue;
            }
            together.properties.extend(record.properties.iter().cloned());
            together.events.extend(record.events.iter().cloned());
            out.push((together.clone(), as_of));
        }
    }
    out
}

//! Lifecycles.

use lsrc::hir::{ItemId, Lifecycle, StageCondition};
use lsrc::value::Value;

use super::expr::Scope;

/// What a lifecycle says about a record; stages by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) before: Option<u32>,
    pub(crate) after: Option<u32>,
    pub(crate) direction: Direction,
    pub(crate) cause: Cause,
}

/// The move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
    Held,
    None,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Hold(usize),
    Rule(usize),
    Otherwise,
    /// None true and not all false, or all false and no `otherwise`.
    Undecided {
        unknown: bool,
    },
    /// Excluded, and no line for that.
    Excluded,
    /// `forward only` refused the line with this number (`None`: `otherwise`).
    Refused(Option<usize>),
}

pub(crate) fn one_lifecycle(scope: &Scope<'_>, lifecycle: &Lifecycle, unknown_items: &mut Vec<ItemId>) -> Stage {
    let before = lifecycle.property.and_then(|property| match &scope.record.values[property.0 as usize] {
        Some(Value::Option(code)) => Some(*code),
        None => None,
        Some(other) => panic!("a stage of {other:?}"),
    });
    let stays = |cause, direction| Stage { before, after: before, direction, cause };

    let mut held = None;
    for (at, hold) in lifecycle.holds.iter().enumerate() {
        match scope.truth(&hold.condition) {
            Some(true) => held = held.or(Some(at)),
            Some(false) => {}
            None => unknown_items.push(hold.item),
        }
    }
    if let Some(at) = held {
        return stays(Cause::Hold(at), Direction::Held);
    }

    let excluded = scope.outputs.unwrap().excluded.is_some();
    let mut chosen = None;
    let mut all_false = true;
    for (at, rule) in lifecycle.rules.iter().enumerate() {
        let truth = match &rule.when {
            StageCondition::Excluded => Some(excluded),
            StageCondition::Condition(_) if excluded => Some(false),
            StageCondition::Condition(condition) => scope.truth(condition),
        };
        match truth {
            Some(true) => chosen = chosen.or(Some((Some(at), rule.stage))),
            Some(false) => {}
            None => {
                all_false = false;
                unknown_items.push(rule.item);
            }
        }
    }
    if chosen.is_none() && excluded {
        return stays(Cause::Excluded, Direction::None);
    }
    if chosen.is_none() && all_false {
        chosen = lifecycle.otherwise.map(|(stage, _)| (None, stage));
    }
    let Some((line, stage)) = chosen else {
        return stays(Cause::Undecided { unknown: !all_false }, Direction::None);
    };
    if lifecycle.forward_only.is_some() && before.is_some_and(|before| stage < before) {
        return stays(Cause::Refused(line), Direction::None);
    }
    let direction = match before {
        _ if lifecycle.property.is_none() => Direction::None,
        None => Direction::Forward,
        Some(before) if stage > before => Direction::Forward,
        Some(before) if stage < before => Direction::Backward,
        Some(_) => Direction::None,
    };
    let cause = line.map_or(Cause::Otherwise, Cause::Rule);
    Stage { before, after: Some(stage), direction, cause }
}

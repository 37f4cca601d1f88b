//! Exclusions, scores, formulas, labels and further conditions.

use crate::bytecode::{Bands, FormulaChoice, FormulaStep, InstrKind, Join, Limits, Shape, Sum, Target};
use crate::column::{Column, Mask, Values};
use crate::decay::divide_rounded;
use crate::id::{ItemId, LabelId, ScoreId};
use crate::invariant::{SureAt as _, SureAtMut as _, fits};
use crate::kernel::masks;
use crate::value::Points;

use super::frame::Frame;
use super::ledger::PointsLedger;
use super::run::Run;
use super::run::column_of;
use super::scores::{Condition, NONE, Origin, Reason, Reasons, Scores, Stages};
use super::stages;

/// Results of the right shape, nothing worked out yet.
pub(super) fn start(scores: &mut Scores, shape: &Shape, scores_of_items: &[bool], rows: usize) {
    scores.rows = rows;
    scores.scores.resize_with(shape.scores as usize, Values::default);
    scores.labels.resize_with(shape.labels as usize, Vec::new);
    scores.lifecycles.resize_with(shape.lifecycles as usize, Stages::default);
    scores.conditions.resize_with(shape.conditions as usize, Condition::default);
    scores.values.resize_with(shape.values as usize, Vec::new);
    scores.score_excluded.resize_with(shape.scores as usize, Vec::new);
    fill(&mut scores.excluded, rows);
    for (excluded, of_items) in scores.score_excluded.iter_mut().zip(scores_of_items) {
        fill(excluded, if *of_items { rows } else { 0 });
    }
}

fn fill(codes: &mut Vec<u32>, rows: usize) {
    codes.clear();
    codes.resize(rows, NONE);
}

/// Runs an instruction of an output.
pub(super) fn effect(op: &InstrKind, frame: &Frame, run: Run<'_>, ledger: &mut PointsLedger, scores: &mut Scores) {
    let tables = &run.chunk.tables;
    #[expect(clippy::wildcard_enum_match_arm, reason = "instructions of outputs only; the items' stand apart")]
    match op {
        InstrKind::Exclude(number, item, rows, unknown) => {
            for row in frame.mask(*rows).ones() {
                if let Some(slot) = scores.excluded.get_mut(row).filter(|slot| **slot == NONE) {
                    *slot = *number;
                }
            }
            for live in &mut ledger.live {
                live.and_not(frame.mask(*rows));
            }
            count_unknown(ledger, *item, frame.mask(*unknown));
        }
        InstrKind::ExcludeScore(score, number, item, rows, unknown) => {
            if let (Some(excluded), Some(live)) =
                (scores.score_excluded.get_mut(score.index()), ledger.live.get_mut(score.index()))
            {
                for row in frame.mask(*rows).ones() {
                    if let Some(slot) = excluded.get_mut(row).filter(|slot| **slot == NONE && live.get(row)) {
                        *slot = *number;
                    }
                }
            }
            ledger.unknown(*score, *item, frame.mask(*unknown));
            if let Some(live) = ledger.live.get_mut(score.index()) {
                live.and_not(frame.mask(*rows));
            }
        }
        InstrKind::EndScore(score, sum, limits) => end_score(*score, ledger, *sum, *limits, scores),
        InstrKind::Given(score, column) => {
            if let (Some(Column::Integer(given)), Some(out)) =
                (column_of(run.batch, *column), scores.scores.get_mut(score.index()))
            {
                out.clone_from(given);
            }
        }
        InstrKind::Formula(score, steps, denominator, limits) => formula(*score, steps, *denominator, *limits, scores, ledger),
        InstrKind::Choose(score, item, choices, limits) => choose((*score, *item), choices, *limits, frame, scores, ledger),
        InstrKind::Band(label, score, table) => {
            if let Some(bands) = tables.bands.get(*table as usize) {
                band(*label, *score, bands, scores);
            }
        }
        InstrKind::Join(label, parts, table) => {
            if let Some(join_table) = tables.joins.get(*table as usize) {
                join(*label, parts, join_table, scores);
            }
        }
        InstrKind::Lifecycle(plan) => {
            let mut out = std::mem::take(scores.lifecycles.sure_at_mut(plan.lifecycle.index()));
            stages::run(plan, frame, &scores.excluded, ledger, &mut out);
            if let Some(slot) = scores.lifecycles.get_mut(plan.lifecycle.index()) {
                *slot = out;
            }
        }
        InstrKind::Condition(number, t, f) => {
            if let Some(condition) = scores.conditions.get_mut(*number as usize) {
                masks::copy(frame.mask(*t), &mut condition.truth);
                masks::combine(frame.mask(*t), frame.mask(*f), &mut condition.known, |t, f| t | f);
            }
        }
        _ => {}
    }
}

fn count_unknown(ledger: &mut PointsLedger, item: ItemId, unknown: &Mask) {
    if let Some(slot) = ledger.unknowns.get_mut(item.index()) {
        *slot += unknown.count() as u64;
    }
}

fn end_score(score: ScoreId, ledger: &mut PointsLedger, sum: crate::bytecode::Sum, limits: Limits, scores: &mut Scores) {
    let Some(out) = scores.scores.get_mut(score.index()) else { return };
    if let Some(live) = ledger.live.get(score.index()) {
        masks::copy(live, &mut out.known);
    }
    out.values.clear();
    if ledger.entries.is_none() && ledger.steps.is_none() {
        let known = &out.known;
        out.values.extend(ledger.sum(sum).iter().map(|&points| limits.clamp(points)));
        if !known.all() {
            zero_unknown(&mut out.values, known);
        }
        return;
    }
    for row in 0..ledger.sum(sum).len() {
        let before = *ledger.sum(sum).sure_at(row);
        let points = if out.known.get(row) { ledger.end_score(score, row, before, limits) } else { 0 };
        out.values.push(points);
    }
}

fn zero_unknown(values: &mut [i64], known: &Mask) {
    for (row, value) in values.iter_mut().enumerate() {
        if !known.get(row) {
            *value = 0;
        }
    }
}

/// A formula's result within its score's bounds, where all scores in it are known.
fn formula(
    score: ScoreId,
    steps: &[FormulaStep],
    denominator: i128,
    limits: Limits,
    scores: &mut Scores,
    ledger: &mut PointsLedger,
) {
    let Some((before, known)) = worked_out(steps, denominator, scores) else { return };
    let held = |(row, before): (usize, i64)| if known.get(row) { ledger.end_formula(score, row, before, limits) } else { 0 };
    let values = before.into_iter().enumerate().map(held).collect();
    if let Some(out) = scores.scores.get_mut(score.index()) {
        out.values = values;
        out.known = known;
    }
}

/// For each record the result of the formula whose branch decides, which fires.
fn choose(
    (score, item): (ScoreId, ItemId),
    choices: &[FormulaChoice],
    limits: Limits,
    frame: &Frame,
    scores: &mut Scores,
    ledger: &mut PointsLedger,
) {
    let (mut values, mut known) = (vec![0; scores.rows], Mask::filled(scores.rows, false));
    for choice in choices {
        let Some((before, all_known)) = worked_out(&choice.steps, choice.denominator, scores) else { return };
        for row in frame.mask(choice.rows).ones() {
            let target = Target { score, sum: Sum(u32::MAX), item, arm: choice.arm };
            ledger.note(target, row, 0, 1);
            if all_known.get(row)
                && let (Some(slot), Some(before)) = (values.get_mut(row), before.get(row))
            {
                *slot = ledger.end_formula(score, row, *before, limits);
                known.set(row, true);
            }
        }
    }
    if let Some(out) = scores.scores.get_mut(score.index()) {
        out.values = values;
        out.known = known;
    }
}

/// Works a formula out over whole columns of exact numerators: the hundredths before the score's bounds, and where they are known.
fn worked_out(steps: &[FormulaStep], denominator: i128, scores: &Scores) -> Option<(Vec<i64>, Mask)> {
    let (result, mut known) = numerators(steps, scores)?;
    for (excluded, word) in scores.excluded.chunks(64).zip(known.words_mut()) {
        let bits = excluded.iter().rev().fold(0, |bits, &number| bits << 1 | u64::from(number == NONE));
        *word &= bits;
    }
    let limit = i128::from(Points::LIMIT.0);
    let rounded = |numerator: i128| {
        let rounded = if denominator == 1 { numerator } else { divide_rounded(numerator, denominator.max(1)) };
        // Beyond twice the limit nothing is told apart: the bounds hold the result either way.
        fits(rounded.clamp(-2 * limit, 2 * limit))
    };
    Some((result.into_iter().map(rounded).collect(), known))
}

/// The numerators that the steps come to, row by row, and where all scores in them are known.
pub(super) fn numerators(steps: &[FormulaStep], scores: &Scores) -> Option<(Vec<i128>, Mask)> {
    let rows = scores.rows;
    let mut stack: Vec<Vec<i128>> = Vec::new();
    let mut known = Mask::filled(rows, true);
    for step in steps {
        match step {
            FormulaStep::Score(id) => {
                let of = scores.scores.get(id.index())?;
                known.and(&of.known);
                stack.push(of.values.iter().map(|&v| i128::from(v)).collect());
            }
            FormulaStep::Constant(n) => stack.push(vec![*n; rows]),
            FormulaStep::Scale(by) => {
                if let Some(top) = stack.last_mut() {
                    top.iter_mut().for_each(|v| *v = v.saturating_mul(*by));
                }
            }
            FormulaStep::Add => fold(&mut stack, i128::saturating_add),
            FormulaStep::Subtract => fold(&mut stack, i128::saturating_sub),
            FormulaStep::Multiply => fold(&mut stack, i128::saturating_mul),
            FormulaStep::Min => fold(&mut stack, std::cmp::Ord::min),
            FormulaStep::Max => fold(&mut stack, std::cmp::Ord::max),
        }
    }
    stack.pop().map(|top| (top, known))
}

/// Joins the two columns on top into one.
fn fold(stack: &mut Vec<Vec<i128>>, with: impl Fn(i128, i128) -> i128) {
    if let (Some(b), Some(a)) = (stack.pop(), stack.last_mut()) {
        for (a, b) in a.iter_mut().zip(b) {
            *a = with(*a, b);
        }
    }
}

fn band(label: LabelId, score: ScoreId, bands: &Bands, scores: &mut Scores) {
    let (Some(of), Some(out)) = (scores.scores.get(score.index()), scores.labels.get_mut(label.index())) else { return };
    out.clear();
    out.extend(of.values.iter().enumerate().map(|(row, value)| {
        let place = bands.ends.partition_point(|end| end <= value);
        if of.known.get(row) { bands.codes.get(place).copied().unwrap_or(NONE) } else { NONE }
    }));
}

fn join(label: LabelId, parts: &[LabelId], table: &Join, scores: &mut Scores) {
    let codes = (0..scores.rows).map(|row| {
        let mut place = 0_usize;
        for (part, size) in parts.iter().zip(&table.sizes) {
            let code = scores.labels.get(part.index()).and_then(|codes| codes.get(row)).copied().filter(|&code| code < *size);
            let Some(code) = code else { return NONE };
            place = place.saturating_mul(*size as usize).saturating_add(code as usize);
        }
        table.codes.get(place).copied().unwrap_or(NONE)
    });
    let codes: Vec<u32> = codes.collect();
    if let Some(out) = scores.labels.get_mut(label.index()) {
        *out = codes;
    }
}

/// The accounts of all records, from the entries in the order in which they came.
pub(super) fn reasons(entries: &[(u32, Reason)], rows: usize) -> Reasons {
    // How many entries a row has, then where they start, then where the next one goes.
    let mut offsets = vec![0_u32; rows + 1];
    for (row, _) in entries {
        if let Some(count) = offsets.get_mut(*row as usize + 1) {
            *count += 1;
        }
    }
    let mut total = 0;
    for offset in &mut offsets {
        total += *offset;
        *offset = total;
    }
    let mut next = offsets.clone();
    let nothing = Reason { score: 0, origin: Origin::Score, points: 0 };
    let mut sorted = vec![nothing; total as usize];
    for (row, reason) in entries {
        if let Some(at) = next.get_mut(*row as usize) {
            if let Some(place) = sorted.get_mut(*at as usize) {
                *place = *reason;
            }
            *at += 1;
        }
    }
    for ends in offsets.windows(2) {
        if let [from, to] = ends
            && let Some(own) = sorted.get_mut(*from as usize..*to as usize)
        {
            own.sort_by_key(order);
        }
    }
    Reasons { offsets, entries: sorted }
}

/// Where an entry stands in an account, as one number: by score, then arms, groups and the score's own bounds.
fn order(reason: &Reason) -> u64 {
    let (rank, id) = match reason.origin {
        Origin::Arm(arm) => (0, arm.0),
        Origin::Group(item) => (1, item.0),
        Origin::Score => (2, 0),
    };
    u64::from(reason.score) << 34 | rank << 32 | u64::from(id)
}

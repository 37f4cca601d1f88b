//! Lifecycles: from conditions to the stage after, the move, and why.

use crate::bytecode::LifecyclePlan;
use crate::column::Mask;
use crate::id::ItemId;
use crate::invariant::SureAt as _;

use super::frame::Frame;
use super::ledger::PointsLedger;
use super::scores::{Cause, Move, NONE, Stages};

/// Works a lifecycle out for all rows: holds first, then the first line that is true, then `otherwise`.
pub(super) fn run(plan: &LifecyclePlan, frame: &Frame, excluded: &[u32], ledger: &mut PointsLedger, out: &mut Stages) {
    let rows = frame.rows;
    out.before.clear();
    if let Some(codes) = plan.before {
        out.before.extend_from_slice(frame.code(codes));
    }
    out.before.resize(rows, NONE);
    out.after.clear();
    out.after.extend(&out.before);
    out.causes.clear();
    out.causes.resize(rows, Cause::Open);

    let mut open = Mask::filled(rows, true);
    for (number, (item, t, f)) in (0_u32..).zip(&plan.holds) {
        count(ledger, *item, &neither(frame.mask(*t), frame.mask(*f)));
        take(&mut open, frame.mask(*t), |row| set(&mut out.causes, row, Cause::Hold(number)));
    }
    let is_excluded = Mask::from_fn(rows, |row| excluded.get(row).is_some_and(|&number| number != NONE));
    let mut scored = open.clone();
    scored.and_not(&is_excluded);
    let mut all_false = Mask::filled(rows, true);
    for (number, line) in (0_u32..).zip(&plan.lines) {
        let mut chosen = is_excluded.clone();
        if let Some((t, f)) = line.condition {
            all_false.and(frame.mask(f));
            chosen.clone_from(frame.mask(t));
            chosen.and_not(&is_excluded);
            let mut unknown = neither(frame.mask(t), frame.mask(f));
            unknown.and(&scored);
            count(ledger, line.item, &unknown);
        }
        take(&mut open, &chosen, |row| choose(plan, out, row, line.stage, number));
    }
    let mut stays = open.clone();
    stays.and(&is_excluded);
    take(&mut open, &stays, |row| set(&mut out.causes, row, Cause::Excluded));
    if let Some(stage) = plan.otherwise {
        let mut rest = open.clone();
        rest.and(&all_false);
        take(&mut open, &rest, |row| {
            choose(plan, out, row, stage, NONE);
        });
    }
    out.undecided.clear();
    for (property, mask) in &plan.blame {
        let mut blamed = open.clone();
        blamed.and(frame.mask(*mask));
        if blamed.any() {
            out.undecided.push((*property, blamed.count() as u64));
        }
    }
    for row in open.ones() {
        set(&mut out.causes, row, Cause::Undecided(!all_false.get(row)));
    }
    moves(plan, out);
}

fn set<T>(column: &mut [T], row: usize, value: T) {
    if let Some(slot) = column.get_mut(row) {
        *slot = value;
    }
}

/// Takes the rows of `chosen` that are open out of `open`.
fn take(open: &mut Mask, chosen: &Mask, mut each: impl FnMut(usize)) {
    let mut taken = open.clone();
    taken.and(chosen);
    open.and_not(&taken);
    taken.ones().for_each(&mut each);
}

/// Counts the records for which a line is unknown.
fn count(ledger: &mut PointsLedger, item: ItemId, unknown: &Mask) {
    if let Some(slot) = ledger.unknowns.get_mut(item.index()) {
        *slot += unknown.count() as u64;
    }
}

fn neither(t: &Mask, f: &Mask) -> Mask {
    let mut either = t.clone();
    either.or(f);
    either.invert();
    either
}

/// A line chooses a stage; `forward only` refuses one before the present.
fn choose(plan: &LifecyclePlan, out: &mut Stages, row: usize, stage: u32, line: u32) {
    let before = *out.before.sure_at(row);
    if plan.forward_only && before != NONE && stage < before {
        set(&mut out.causes, row, Cause::Refused(line));
    } else {
        set(&mut out.after, row, stage);
        set(&mut out.causes, row, if line == NONE { Cause::Otherwise } else { Cause::Rule(line) });
    }
}

fn moves(plan: &LifecyclePlan, out: &mut Stages) {
    out.moves.clear();
    let rows = out.after.iter().zip(&out.before).zip(&out.causes);
    out.moves.extend(rows.map(|((&after, &before), cause)| match (after, before, cause) {
        (_, _, Cause::Hold(_)) => Move::Held,
        (after, before, _) if after == before || plan.before.is_none() => Move::None,
        (after, before, _) if before == NONE || after > before => Move::Forward,
        _ => Move::Backward,
    }));
}

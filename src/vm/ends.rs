//! The intervals of a region's property: between two ends that follow each other, all its values are alike to the region's items.

use rustc_hash::FxHashMap;

use crate::bytecode::{InstrKind, Region};
use crate::invariant::fits;
use crate::kernel::calendar;
use crate::op::{Duration, Unit};
use crate::time::AsOf;

use super::machine::window_ends;

/// Ends, ascending; each starts an interval.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) ints: Vec<i64>,
    pub(super) nums: Vec<f64>,
}

/// Beyond so many units from `as of` no date differs from another.
const FARTHEST: i64 = 50_000_000;

/// The ends that a region's instructions tell apart. A few too many do no harm.
pub(super) fn ends(region: &Region, as_of: AsOf, tables: &crate::bytecode::Tables) -> Ends {
    let mut ends = Ends::default();
    let mut elapsed: FxHashMap<u32, (Unit, bool)> = FxHashMap::default();
    let mut from = |value: u32, elapsed: &FxHashMap<u32, (Unit, bool)>, start: i64| match elapsed.get(&value) {
        None => ends.ints.push(start),
        Some((unit, until)) => ends.ints.extend(around(*unit, if *until { start.saturating_neg() } else { start }, as_of)),
    };
    let after = |last: i64| last.checked_add(1);
    for instr in &region.block.instrs {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these tell values apart; lowering makes a region of no others")]
        match &instr.op {
            InstrKind::ElapsedDays(_, unit, until) => {
                elapsed.insert(instr.dst, (*unit, *until));
            }
            InstrKind::RangeInt(value, lo, hi) => {
                [Some(*lo), after(*hi)].into_iter().flatten().for_each(|end| from(value.0, &elapsed, end));
            }
            InstrKind::MemberInt(value, table) => {
                for number in tables.ints.get(*table as usize).into_iter().flatten() {
                    [Some(*number), after(*number)].into_iter().flatten().for_each(|end| from(value.0, &elapsed, end));
                }
            }
            InstrKind::Window(value, clock, window) => {
                let (lo, hi) = window_ends(*window, *clock, as_of);
                [Some(lo), after(hi)].into_iter().flatten().for_each(|end| from(value.0, &elapsed, end));
            }
            _ => {}
        }
    }
    for instr in &region.block.instrs {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these tell values apart; lowering makes a region of no others")]
        match &instr.op {
            InstrKind::RangeNum(_, lo, hi) => ends.nums.extend([f64::from_bits(*lo), f64::from_bits(*hi).next_up()]),
            InstrKind::MemberNum(_, table) => {
                for number in tables.nums.get(*table as usize).into_iter().flatten() {
                    ends.nums.extend([*number, number.next_up()]);
                }
            }
            _ => {}
        }
    }
    ends.ints.sort_unstable();
    ends.ints.dedup();
    ends.nums.retain(|end| end.is_finite());
    ends.nums.sort_unstable_by(f64::total_cmp);
    ends.nums.dedup_by(|a, b| a == b);
    ends
}

/// The days at which the number of whole units elapsed turns to `count`, or from it.
fn around(unit: Unit, count: i64, as_of: AsOf) -> impl Iterator<Item = i64> {
    let count = count.clamp(-FARTHEST, FARTHEST);
    (count - 1..=count + 1).flat_map(move |count| {
        let ahead = count < 0;
        let duration = Duration { count: fits(count.abs()), unit };
        let day = calendar::away(as_of, duration, ahead);
        [day, day.saturating_add(1)]
    })
}

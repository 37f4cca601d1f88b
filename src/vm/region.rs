//! Regions: a table from a property's value to the points of all items that look at nothing else.

use rustc_hash::FxHashMap;

use crate::bytecode::{ColumnRef, Key, Region};
use crate::column::{Batch, BooleanColumn, Column, Mask, SetColumn, TextColumn, UNKNOWN_CODE, Values};
use crate::id::{ArmId, ItemId, ScoreId};
use crate::invariant::{Sure as _, SureAt as _, fits, number};
use crate::kernel::calendar::ZoneTable;
use crate::kernel::{numbers, points};
use crate::time::AsOf;

use super::effects::Fading;
use super::ends::{Ends, ends};
use super::ledger::PointsLedger;
use super::machine::Machine;
use super::run::{Run, column_of};
use super::scores::{Origin, Reason, Scores};

/// A property with more distinct sets than this is worked out row by row.
const MOST_SETS: usize = 1 << 16;

/// From so many records on it pays to lay intervals out in a table.
const MANY_ROWS: usize = 256;

/// What is known of a region from batch to batch.
#[derive(Debug)]
pub(super) struct RegionState {
    machine: Machine,
    ledger: PointsLedger,
    ends: Ends,
    table: Table,
    dictionary: u64,
    sets: FxHashMap<u64, u32>,
    keys: Vec<u32>,
    days: Vec<i64>,
    near: Option<points::NearEnds>,
    counts: Vec<u64>,
    lanes: Vec<u32>,
    /// Keys of the present batch, each with how often it stands.
    present: Vec<(u32, u64)>,
}

/// By key: what its records get. The first key is an unknown value.
#[derive(Debug, Default)]
struct Table {
    len: usize,
    /// By sum of the region, then by key.
    sums: Vec<Vec<i64>>,
    /// By key: where its entries end.
    arm_ends: Vec<u32>,
    arms: Vec<(ScoreId, Origin, i64)>,
    /// By key: where its hits beyond the first of an arm end.
    more_ends: Vec<u32>,
    more: Vec<(ScoreId, ArmId, u64)>,
    /// By key: where its unknown items end.
    open_ends: Vec<u32>,
    open: Vec<(ScoreId, ItemId)>,
    /// The scores that the region gives to.
    scores: Vec<ScoreId>,
}

impl RegionState {
    pub(super) fn new(region: &Region, as_of: AsOf, tables: &crate::bytecode::Tables) -> Self {
        let (entries, open, more) = (Some(Vec::new()), Some(Vec::new()), Some(Vec::new()));
        let ledger = PointsLedger { entries, open, more, ..PointsLedger::default() };
        Self {
            machine: Machine::new(&region.block),
            ledger,
            ends: ends(region, as_of, tables),
            table: Table::default(),
            dictionary: 0,
            sets: FxHashMap::default(),
            keys: Vec::new(),
            days: Vec::new(),
            near: None,
            counts: Vec::new(),
            lanes: Vec::new(),
            present: Vec::new(),
        }
    }

    /// Gives the batch's records what the region's items are worth to them.
    pub(super) fn run(&mut self, region: &Region, run: Run<'_>, fadings: &[Fading], ledger: &mut PointsLedger) {
        if !self.number_rows(region, run, fadings) {
            execute(&mut self.machine, region, run, fadings, ledger);
            return;
        }
        for (sum, table) in region.sums.iter().zip(&self.table.sums) {
            points::add_by_key(ledger.sum_mut(*sum), &self.keys, table);
        }
        if ledger.counting {
            self.tell_all(ledger);
        }
        if ledger.entries.is_some() {
            self.account(ledger);
        }
    }

    /// Hits and points of every arm, and unknowns of every item.
    fn tell_all(&mut self, ledger: &mut PointsLedger) {
        let scores = std::mem::take(&mut self.table.scores);
        let is_live = |score: &ScoreId| ledger.live.get(score.index()).is_some_and(Mask::all);
        if scores.iter().all(is_live) {
            self.count(None);
            self.tell(None, ledger);
        } else {
            let mut counted: Option<ScoreId> = None;
            for score in &scores {
                let Some(live) = ledger.live.get(score.index()) else { continue };
                // What excludes a record mostly excludes it from all scores.
                if counted.and_then(|other| ledger.live.get(other.index())) != Some(live) {
                    self.count(Some(live));
                    counted = Some(*score);
                }
                self.tell(Some(*score), ledger);
            }
        }
        self.table.scores = scores;
    }

    /// How often each key stands among all records, or among those of a mask.
    fn count(&mut self, live: Option<&Mask>) {
        self.present.clear();
        if self.table.len <= 2 * self.keys.len() {
            points::count_keys(&self.keys, self.table.len, &mut self.lanes, &mut self.counts);
            for row in live.into_iter().flat_map(Mask::zeros) {
                if let Some(count) = self.keys.get(row).and_then(|key| self.counts.get_mut(*key as usize)) {
                    *count -= 1;
                }
            }
            self.present.extend((0..).zip(&self.counts).filter(|(_, count)| **count > 0).map(|(key, count)| (key, *count)));
            return;
        }
        // Of a large table few keys stand in one batch.
        let live_keys = self.keys.iter().enumerate().filter(|(row, _)| live.is_none_or(|live| live.get(*row)));
        self.present.extend(live_keys.map(|(_, key)| (*key, 1)));
        self.present.sort_unstable();
        self.present.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += u64::from(same);
            same
        });
    }

    /// Hits and points of every arm from how often each key stands, for one score or for all.
    fn tell(&self, score: Option<ScoreId>, ledger: &mut PointsLedger) {
        let is_meant = |of: ScoreId| score.is_none_or(|score| score == of);
        for &(key, count) in &self.present {
            for (_, origin, points) in self.table.arms_of(key).iter().filter(|(of, ..)| is_meant(*of)) {
                if let Origin::Arm(arm) = origin {
                    ledger.count(*arm, count, i128::from(*points) * i128::from(count));
                }
            }
            for (_, arm, more) in self.table.more_of(key).iter().filter(|(of, ..)| is_meant(*of)) {
                ledger.count(*arm, more.saturating_mul(count), 0);
            }
            for (_, item) in self.table.open_of(key).iter().filter(|(of, _)| is_meant(*of)) {
                if let Some(slot) = ledger.unknowns.get_mut(item.index()) {
                    *slot += count;
                }
            }
        }
    }

    fn account(&self, ledger: &mut PointsLedger) {
        for (row, &key) in self.keys.iter().enumerate() {
            for &(score, origin, points) in self.table.arms_of(key) {
                if ledger.is_live(score, row) {
                    ledger.entry(row, Reason { score: score.0, origin, points });
                }
            }
        }
    }

    /// Gives each row its key, and fills the table for keys that are new; false where the column's form has none.
    fn number_rows(&mut self, region: &Region, run: Run<'_>, fadings: &[Fading]) -> bool {
        let Some(column) = column_of(run.batch, region.column) else {
            self.learn(region, run, fadings, None);
            self.keys.clear();
            self.keys.resize(run.batch.rows, 0);
            return true;
        };
        match (region.key, column) {
            (Key::Options(count), Column::Option(codes)) => {
                self.learn_once(region, run, fadings, || Column::Option((0..count).collect()), count as usize);
                // The code of an unknown option turns over to 0; one that is no option counts as unknown.
                numbers::map(codes, &mut self.keys, |code| if code < count { code + 1 } else { 0 });
            }
            (Key::Boolean, Column::Boolean(column)) => {
                let both =
                    || Column::Boolean(BooleanColumn { truth: Mask::from_fn(2, |bit| bit == 1), known: Mask::filled(2, true) });
                self.learn_once(region, run, fadings, both, 2);
                self.keys.clear();
                for (known, truth) in column.known.words().iter().zip(column.truth.words()) {
                    self.keys.extend((0..64).map(|at| ((known >> at & 1) + ((known & truth) >> at & 1)) as u32));
                }
                self.keys.truncate(run.batch.rows);
            }
            (Key::Text, Column::Dictionary(column)) => {
                if self.dictionary != column.dictionary.id() {
                    self.dictionary = column.dictionary.id();
                    self.table = Table::default();
                }
                self.learn(region, run, fadings, None);
                let known = self.table.len.saturating_sub(1);
                if known < column.dictionary.len() {
                    let mut new = TextColumn::default();
                    for code in known..column.dictionary.len() {
                        new.push(column.dictionary.get(number(code)));
                    }
                    self.learn(region, run, fadings, Some((Column::Text(new), column.dictionary.len() - known)));
                }
                numbers::map(&column.codes, &mut self.keys, |code| code.wrapping_add(1));
            }
            (Key::Set(_), Column::Set(set)) if set.words == 1 => return self.number_sets(region, set, run, fadings),
            (Key::Integer, Column::Integer(column)) => self.number_ints(region, &column.values, &column.known, run, fadings),
            (Key::Date, Column::Date(column)) => {
                let mut days = std::mem::take(&mut self.days);
                numbers::map(&column.values, &mut days, i64::from);
                self.number_ints(region, &days, &column.known, run, fadings);
                self.days = days;
            }
            (Key::DateTime, Column::DateTime(column)) => {
                let mut days = std::mem::take(&mut self.days);
                run.zone.days(&column.values, &mut days);
                self.number_ints(region, &days, &column.known, run, fadings);
                self.days = days;
            }
            (Key::Number, Column::Number(column)) => {
                let ends = std::mem::take(&mut self.ends.nums);
                let samples = || samples(&ends, 0.0, |first: f64| first.next_down());
                let known = Mask::filled(ends.len() + 1, true);
                self.learn_once(region, run, fadings, || Column::Number(Values { values: samples(), known }), ends.len() + 1);
                points::intervals(&column.values, &ends, &mut self.keys);
                self.ends.nums = ends;
                shift(&mut self.keys, &column.known);
            }
            _ => return false,
        }
        true
    }

    fn number_ints(&mut self, region: &Region, values: &[i64], known: &Mask, run: Run<'_>, fadings: &[Fading]) {
        let ends = std::mem::take(&mut self.ends.ints);
        let sample = || int_samples(region.key, samples(&ends, 0, |first: i64| first.saturating_sub(1)), run.zone);
        self.learn_once(region, run, fadings, sample, ends.len() + 1);
        // A few records are not worth a table.
        if self.near.is_none() && values.len() >= MANY_ROWS {
            self.near = Some(points::NearEnds::new(&ends).unwrap_or_default());
        }
        match self.near.as_ref().filter(|near| !near.is_empty()) {
            Some(near) => near.intervals(values, &mut self.keys),
            None => points::intervals(values, &ends, &mut self.keys),
        }
        self.ends.ints = ends;
        shift(&mut self.keys, known);
    }

    fn number_sets(&mut self, region: &Region, set: &SetColumn, run: Run<'_>, fadings: &[Fading]) -> bool {
        self.learn(region, run, fadings, None);
        if self.sets.len() > MOST_SETS {
            return false;
        }
        let mut new = Vec::new();
        self.keys.clear();
        for bits in &set.bits {
            let next = number(self.sets.len() + 1);
            let key = *self.sets.entry(*bits).or_insert_with(|| {
                new.push(*bits);
                next
            });
            self.keys.push(key);
        }
        if !new.is_empty() {
            let count = new.len();
            self.learn(region, run, fadings, Some((Column::Set(SetColumn { words: 1, bits: new }), count)));
        }
        true
    }

    /// Fills the table once: the unknown value, then `count` samples.
    fn learn_once(&mut self, region: &Region, run: Run<'_>, fadings: &[Fading], samples: impl FnOnce() -> Column, count: usize) {
        self.learn(region, run, fadings, None);
        if self.table.len == 1 {
            self.learn(region, run, fadings, Some((samples(), count)));
        }
    }

    /// Adds keys to the table by running the region's items over one record for each; without samples the unknown value, if it is
    /// not there yet.
    fn learn(&mut self, region: &Region, run: Run<'_>, fadings: &[Fading], samples: Option<(Column, usize)>) {
        if samples.is_none() && self.table.len > 0 {
            return;
        }
        let (column, rows) = samples.map_or((None, 1), |(column, rows)| (Some(column), rows));
        let mut batch = Batch { rows, ..Batch::default() };
        batch.columns.resize_with(run.chunk.shape.properties as usize, || None);
        if let ColumnRef::Property(id) = region.column
            && let Some(slot) = batch.columns.get_mut(id.0 as usize)
        {
            *slot = column;
        }
        self.ledger.reset(&run.chunk.shape, rows);
        execute(&mut self.machine, region, Run { batch: &batch, ..run }, fadings, &mut self.ledger);
        self.table.take(region, rows, &mut self.ledger);
    }
}

impl Table {
    fn arms_of(&self, key: u32) -> &[(ScoreId, Origin, i64)] {
        slice(&self.arms, &self.arm_ends, key)
    }

    fn more_of(&self, key: u32) -> &[(ScoreId, ArmId, u64)] {
        slice(&self.more, &self.more_ends, key)
    }

    fn open_of(&self, key: u32) -> &[(ScoreId, ItemId)] {
        slice(&self.open, &self.open_ends, key)
    }

    /// Adds what was given to `rows` records as so many keys.
    fn take(&mut self, region: &Region, rows: usize, ledger: &mut PointsLedger) {
        self.sums.resize_with(region.sums.len(), Vec::new);
        for (table, sum) in self.sums.iter_mut().zip(&region.sums) {
            table.extend_from_slice(ledger.sum(*sum));
        }
        let mut entries = ledger.entries.take().sure(KEPT);
        entries.sort_by_key(|(row, _)| *row);
        let mut open = ledger.open.take().sure(KEPT);
        open.sort_by_key(|(row, ..)| *row);
        let mut more = ledger.more.take().sure(KEPT);
        more.sort_by_key(|(row, ..)| *row);
        let (mut entry, mut unknown) = (entries.drain(..).peekable(), open.drain(..).peekable());
        let mut further = more.drain(..).peekable();
        for row in 0..number(rows) {
            while let Some((_, reason)) = entry.next_if(|(of, _)| *of == row) {
                self.arms.push((ScoreId(reason.score), reason.origin, reason.points));
                self.scores.push(ScoreId(reason.score));
            }
            self.arm_ends.push(number(self.arms.len()));
            while let Some((_, score, arm, hits)) = further.next_if(|(of, ..)| *of == row) {
                self.more.push((score, arm, hits));
            }
            self.more_ends.push(number(self.more.len()));
            while let Some((_, score, item)) = unknown.next_if(|(of, ..)| *of == row) {
                self.open.push((score, item));
                self.scores.push(score);
            }
            self.open_ends.push(number(self.open.len()));
        }
        drop((entry, unknown, further));
        ledger.more = Some(more);
        ledger.entries = Some(entries);
        ledger.open = Some(open);
        self.scores.sort_unstable();
        self.scores.dedup();
        self.len += rows;
    }
}

/// What a region keeps of each key while it learns.
const KEPT: &str = "a region that learns keeps the reasons";

fn slice<'a, T>(all: &'a [T], ends: &[u32], key: u32) -> &'a [T] {
    let at = key as usize;
    let start = at.checked_sub(1).map_or(0, |before| *ends.sure_at(before) as usize);
    all.sure_at(start..*ends.sure_at(at) as usize)
}

/// Runs a region's items over a batch.
fn execute(machine: &mut Machine, region: &Region, run: Run<'_>, fadings: &[Fading], ledger: &mut PointsLedger) {
    machine.start(run);
    let nothing = Scores::default();
    for (at, instr) in region.block.instrs.iter().enumerate() {
        if !ledger.effect(&instr.op, &machine.frame, run, fadings) {
            machine.value(at, instr, run, &nothing);
        }
    }
}

/// A value of each interval: one below the first end, then the ends.
fn samples<T: Copy>(ends: &[T], any: T, below: impl Fn(T) -> T) -> Vec<T> {
    let first = ends.first().map_or(any, |&end| below(end));
    std::iter::once(first).chain(ends.iter().copied()).collect()
}

fn int_samples(key: Key, samples: Vec<i64>, zone: &ZoneTable) -> Column {
    let known = Mask::filled(samples.len(), true);
    match key {
        Key::Date => {
            let day = |day: &i64| fits((*day).clamp(i32::MIN.into(), i32::MAX.into()));
            Column::Date(Values { values: samples.iter().map(day).collect(), known })
        }
        Key::DateTime => {
            // The first sample ends its interval, the others begin theirs.
            let beside = std::iter::once(-1).chain(std::iter::repeat(1));
            let values = samples.iter().zip(beside).map(|(&day, beside)| zone.noon(day, beside)).collect();
            Column::DateTime(Values { values, known })
        }
        Key::Options(_) | Key::Boolean | Key::Text | Key::Set(_) | Key::Integer | Key::Number => {
            Column::Integer(Values { values: samples, known })
        }
    }
}

/// Makes room for the key of unknown values.
fn shift(keys: &mut [u32], known: &Mask) {
    for (keys, word) in keys.chunks_mut(64).zip(known.words()) {
        if *word == u64::MAX {
            keys.iter_mut().for_each(|key| *key += 1);
        } else {
            for (at, key) in keys.iter_mut().enumerate() {
                // All bits or none as a mask, so that the loop has no branch.
                *key = (*key + 1) & 0_u32.wrapping_sub((word >> at & 1) as u32);
            }
        }
    }
}

const _: () = assert!(UNKNOWN_CODE.wrapping_add(1) == 0, "an unknown code turns over to the first key");

//! Items: masks and values to points.

use crate::bytecode::{InstrKind, Limits, OptionLines, PerValue, Target, TextLines};
use crate::column::{Column, Mask};
use crate::decay::Decay;
use crate::id::{ArmId, ItemId, ScoreId};
use crate::invariant::{Sure as _, SureAt as _, SureAtMut as _, fits};
use crate::kernel::{events, numbers};
use crate::time::AsOf;
use crate::value::Points;

use super::frame::Frame;
use super::ledger::PointsLedger;
use super::load::{set_row, text_row};
use super::run::{Run, column_of};
use super::scores::{Origin, Reason};
use super::step::{CountedEvent, Step, StepKind};

/// Points by age, worked out beforehand.
#[derive(Debug, Clone)]
pub(super) struct Fading {
    decay: Decay,
    points: Points,
    series: Vec<i64>,
}

impl Fading {
    pub(super) fn new(decay: Decay, points: Points) -> Self {
        let series = decay.series(points, 4096).into_iter().map(|p| p.0).collect();
        Self { decay, points, series }
    }

    pub(super) fn at(&self, age: i64) -> i64 {
        let age = age.max(0);
        let period = age / self.decay.step();
        match usize::try_from(period).ok().and_then(|at| self.series.get(at)) {
            Some(points) => *points,
            None if self.series.last() == Some(&0) => 0,
            None => self.decay.at(self.points, age).0,
        }
    }
}

/// How an arm came to its points, for a trace.
#[derive(Default)]
struct Account {
    each: i64,
    faded: i64,
    age: Option<i64>,
    count: u64,
    events: Vec<CountedEvent>,
}

impl PointsLedger {
    fn step(&mut self, row: usize, score: ScoreId, kind: impl FnOnce() -> StepKind) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step { row, score, kind: kind() });
        }
    }

    fn arm_step(&mut self, row: usize, target: Target, points: i64, account: Account) {
        self.step(row, target.score, || StepKind::Arm {
            item: target.item,
            arm: target.arm,
            each: account.each,
            faded: account.faded,
            points,
            age: account.age,
            count: account.count,
            events: account.events,
        });
    }

    /// Points to one row.
    fn award(&mut self, row: usize, target: Target, points: i64, account: Account) {
        if let Some(sum) = self.sum_mut(target.sum).get_mut(row) {
            *sum = sum.saturating_add(points);
        }
        self.note(target, row, points, 1);
        self.arm_step(row, target, points, account);
    }

    fn fade(&mut self, target: Target, rows: &Mask, age: impl Fn(usize) -> Option<i64>, fading: &Fading) {
        for row in rows.ones() {
            let age = age(row);
            // An unknown age gives no points; the branch fires all the same.
            let points = age.map_or(0, |age| fading.at(age));
            self.award(row, target, points, Account { each: fading.points.0, faded: points, age, count: 1, events: Vec::new() });
        }
    }

    fn per(&mut self, target: Target, known: &Mask, units: impl Fn(usize) -> i128, points: i64, limits: Limits) {
        for row in known.ones() {
            let units = units(row);
            if units > 0 {
                let faded = held(units.saturating_mul(i128::from(points)));
                let count = fits(units.min(u64::MAX.into()));
                let account = Account { each: points, faded, count, ..Account::default() };
                self.award(row, target, limits.clamp(faded), account);
            }
        }
    }

    /// The points of the lines that a row's members have.
    fn members(
        &mut self,
        row: usize,
        target: Target,
        arms: &[(ArmId, i64)],
        lines: impl Iterator<Item = u32>,
        counts: &mut Vec<u64>,
    ) {
        counts.clear();
        counts.resize(arms.len(), 0);
        for line in lines {
            if let Some(count) = counts.get_mut(line as usize) {
                *count += 1;
            }
        }
        let mut total = 0_i64;
        for ((arm, points), &count) in arms.iter().zip(counts.iter()).filter(|&(_, &count)| count > 0) {
            // Only the sum of all members is held to the limit; a hundred million of them with the most points fit 64 bits.
            let points_of = fits::<i64, _>(count).saturating_mul(*points);
            total = total.saturating_add(points_of);
            self.note(Target { arm: *arm, ..target }, row, points_of, count);
            let account = Account { each: *points, faded: points_of, count, ..Account::default() };
            self.arm_step(row, Target { arm: *arm, ..target }, points_of, account);
        }
        let given = held(i128::from(total));
        if given != total {
            self.bound(target.score, target.item, row, given.saturating_sub(total));
        }
        if let Some(sum) = self.sum_mut(target.sum).get_mut(row) {
            *sum = sum.saturating_add(given);
        }
    }

    fn match_options(&mut self, target: Target, column: Option<&Column>, lines: &OptionLines) {
        let Some(Column::Set(set)) = column else { return };
        let mut counts = Vec::new();
        for row in 0..set.bits.len() / set.words.max(1) {
            let words = (0_usize..).zip(set_row(set, row));
            let codes = words.flat_map(|(at, &word)| {
                std::iter::successors((word != 0).then_some(word), |w| Some(w & (w - 1)).filter(|&w| w != 0))
                    .map(move |w| at * 64 + w.trailing_zeros() as usize)
            });
            let lines_of = codes.filter_map(|code| lines.lines.get(code).copied());
            self.members(row, target, &lines.arms, lines_of, &mut counts);
        }
    }

    fn match_texts(&mut self, target: Target, column: Option<&Column>, table: u32, lines: &TextLines, ignore_accents: bool) {
        let Some(Column::TextSet(set)) = column else { return };
        let mut by_code = std::mem::take(self.lines.entry(table).or_default());
        by_code.learn(&set.dictionary, |text| {
            let folded = crate::text::fold(text, ignore_accents);
            let place = lines.keys.binary_search_by(|(key, _)| (**key).cmp(&folded)).ok();
            place.and_then(|at| lines.keys.get(at)).map(|(_, line)| *line).or(lines.otherwise)
        });
        let mut counts = Vec::new();
        for row in 0..set.offsets.len().saturating_sub(1) {
            let lines_of = text_row(set, row).iter().filter_map(|&code| by_code.get(code));
            self.members(row, target, &lines.arms, lines_of, &mut counts);
        }
        self.lines.insert(table, by_code);
    }

    fn each(&mut self, target: Target, offsets: &[u32], selected: &Mask, plan: &EachPlan<'_>) {
        let mut picked = Vec::new();
        let tracing = self.steps.is_some();
        for (row, run) in events::runs(offsets).enumerate() {
            picked.clear();
            picked.extend(events::selected_of(run, selected));
            if picked.is_empty() {
                continue;
            }
            match plan.newest {
                Some((count, Some(numbers))) => events::newest_per(&mut picked, count, numbers, plan.at),
                Some((count, None)) => events::newest(&mut picked, count, plan.at),
                None => {}
            }
            let mut sum = 0_i128;
            let mut counted = Vec::new();
            for &event in &picked {
                let age = i64::from(plan.as_of.day).saturating_sub(*plan.day.sure_at(event)).max(0);
                let points = plan.fading.map_or(plan.points, |fading| fading.at(age));
                sum += i128::from(points);
                if tracing {
                    counted.push(CountedEvent { event, age, points });
                }
            }
            let faded = held(sum);
            let count = fits(picked.len());
            let account = Account { each: plan.points, faded, age: None, count, events: counted };
            self.award(row, target, plan.limits.clamp(faded), account);
        }
    }

    /// The points of events that were summed up while they were read.
    fn collect(&mut self, target: Target, column: Option<&Column>, limits: Limits) {
        let Some(Column::Integer(sums)) = column else { return };
        for row in sums.known.ones() {
            let faded = held(i128::from(sums.get(row).sure("a known row has a value")));
            self.award(row, target, limits.clamp(faded), Account { faded, ..Account::default() });
        }
    }

    fn end_group(
        &mut self,
        score: ScoreId,
        item: ItemId,
        (sum, into): (crate::bytecode::Sum, crate::bytecode::Sum),
        limits: Limits,
        when: Option<&Mask>,
    ) {
        let own = std::mem::take(self.sums.sure_at_mut(sum.index()));
        for (row, &before) in own.iter().enumerate() {
            if when.is_some_and(|when| !when.get(row)) {
                continue;
            }
            let points = limits.clamp(before);
            if points != before {
                self.bound(score, item, row, points - before);
            }
            if let Some(slot) = self.sum_mut(into).get_mut(row) {
                *slot = slot.saturating_add(points);
            }
            self.step(row, score, || StepKind::Group { item, sum: before, points });
        }
        if let Some(slot) = self.sums.get_mut(sum.index()) {
            *slot = own;
        }
    }

    /// A score's sum within its bounds, with an entry for what they take or add.
    pub(super) fn end_score(&mut self, score: ScoreId, row: usize, before: i64, limits: Limits) -> i64 {
        let points = limits.clamp(before);
        if points != before {
            self.entry(row, Reason { score: score.0, origin: Origin::Score, points: points - before });
        }
        self.step(row, score, || StepKind::Score { sum: before, points });
        points
    }

    /// A formula's result within the score's bounds; its account is that of the scores in it.
    pub(super) fn end_formula(&mut self, score: ScoreId, row: usize, before: i64, limits: Limits) -> i64 {
        let points = limits.clamp(before);
        self.step(row, score, || StepKind::Score { sum: before, points });
        points
    }

    /// Runs an instruction of an item; gives false for one that is none.
    pub(super) fn effect(&mut self, op: &InstrKind, frame: &Frame, run: Run<'_>, fadings: &[Fading]) -> bool {
        let tables = &run.chunk.tables;
        #[expect(clippy::wildcard_enum_match_arm, reason = "instructions of items only; the outputs' stand apart")]
        match op {
            InstrKind::Give(target, rows, points) => {
                let rows = frame.mask(*rows);
                self.give(*target, rows, *points);
                if self.steps.is_some() {
                    for row in rows.ones() {
                        let account = Account { each: *points, faded: *points, count: 1, ..Account::default() };
                        self.arm_step(row, *target, *points, account);
                    }
                }
            }
            InstrKind::Unknown(score, item, rows) => self.unknown(*score, *item, frame.mask(*rows)),
            InstrKind::Fade(target, rows, day, known, table) => {
                if let Some(fading) = fadings.get(*table as usize) {
                    let (days, known) = (frame.int(*day), frame.mask(*known));
                    let today = i64::from(run.as_of.day);
                    let age = |row| days.get(row).filter(|_| known.get(row)).map(|&day| today.saturating_sub(day));
                    self.fade(*target, frame.mask(*rows), age, fading);
                }
            }
            InstrKind::Per { target, known, value, step, points, limits } => {
                let known = frame.mask(*known);
                match value {
                    PerValue::Int(i) => {
                        let values = frame.int(*i);
                        let units = |row| numbers::whole_units(*values.sure_at(row), *step);
                        self.per(*target, known, units, *points, *limits);
                    }
                    PerValue::Num(n) => {
                        let values = frame.num(*n);
                        let units = |row| numbers::float_units(*values.sure_at(row), *step);
                        self.per(*target, known, units, *points, *limits);
                    }
                }
            }
            InstrKind::MatchOptions(target, column, table) => {
                if let Some(lines) = tables.option_lines.get(*table as usize) {
                    self.match_options(*target, column_of(run.batch, *column), lines);
                }
            }
            InstrKind::MatchTexts(target, column, table) => {
                if let Some(lines) = tables.text_lines.get(*table as usize) {
                    self.match_texts(*target, column_of(run.batch, *column), *table, lines, run.chunk.ignore_accents);
                }
            }
            InstrKind::Each { target, event, selected, day, at, newest, points, decay, limits } => {
                let plan = EachPlan {
                    day: frame.int(*day),
                    at: frame.int(*at),
                    newest: newest.map(|newest| (newest.count as usize, newest.per.map(|per| frame.int(per)))),
                    points: *points,
                    fading: decay.and_then(|table| fadings.get(table as usize)),
                    limits: *limits,
                    as_of: run.as_of,
                };
                self.each(*target, frame.offsets(*event), frame.mask(*selected), &plan);
            }
            InstrKind::Collect(target, column, limits) => self.collect(*target, column_of(run.batch, *column), *limits),
            InstrKind::Hold => self.hold(),
            InstrKind::Release { when, best } => self.release(when.map(|when| frame.mask(when)), best.as_ref()),
            InstrKind::EndGroup { score, item, sum, into, limits, when } => {
                self.end_group(*score, *item, (*sum, *into), *limits, when.map(|when| frame.mask(when)));
            }
            _ => return false,
        }
        true
    }
}

/// What an `each` does with the events selected.
struct EachPlan<'a> {
    day: &'a [i64],
    at: &'a [i64],
    /// How many count, and the numbers of which so many each.
    newest: Option<(usize, Option<&'a [i64]>)>,
    points: i64,
    fading: Option<&'a Fading>,
    limits: Limits,
    as_of: AsOf,
}

/// Points held within the limit that always holds.
fn held(points: i128) -> i64 {
    let limit = i128::from(Points::LIMIT.0);
    i64::try_from(points.clamp(-limit, limit)).sure("the limit of points fits 64 bits")
}

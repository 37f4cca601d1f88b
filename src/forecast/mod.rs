//! On which day a record will leave or enter a stage if nothing new happens.
//!
//! What the passing of time alone can change of a record (a window that ends, an age that is reached, points that fade, a date that
//! comes) happens on days that follow from its dates. `watch` finds in the model which dates are looked at and how, `turn`
//! computes the days from a date, and a record is scored again on these days only: on all others it comes out as the day before.
//! The result is what a run as of every single day over the same data would give.

mod counts;
mod turn;
mod watch;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use counts::{Counts, Day, LifecycleForecast, Move, Report};

use crate::column::{Batch, Column, EventColumns, Extra, ExtraKind, TextColumn, Values};
use crate::hir::Model;
use crate::invariant::SureAtMut as _;
use crate::kernel::calendar::ZoneTable;
use crate::program::Code;
use crate::time::AsOf;
use crate::vm::Vm;
use crate::vm::scores::{NONE, Scores};
use turn::Date;
use watch::{Source, Watch};

/// The days that are looked ahead at.
#[derive(Debug, Clone)]
pub struct Horizon {
    /// The ends of the days: of today where the run is as of an earlier moment of it, then of every day after.
    pub days: Vec<AsOf>,
    zone: ZoneTable,
}

impl Horizon {
    /// From the moment of a run to the end of the day `last`.
    #[must_use]
    pub fn new(as_of: AsOf, last: i32, model: &Model) -> Self {
        let zone = &model.schema.zone;
        let today = AsOf::end_of(as_of.day, zone);
        let first = if as_of.micros < today.micros { as_of.day } else { as_of.day + 1 };
        Self { days: (first..=last).map(|day| AsOf::end_of(day, zone)).collect(), zone: ZoneTable::new(zone) }
    }

    /// The place of a day.
    fn place(&self, day: i64) -> Option<usize> {
        let first = i64::from(self.days.first()?.day);
        usize::try_from(day.checked_sub(first)?).ok().filter(|&at| at < self.days.len())
    }
}

/// What a forecast of a model needs; shared by all threads.
#[derive(Debug)]
pub struct Plan {
    code: Code,
    watches: Vec<Watch>,
    horizon: Horizon,
    stages: Vec<Vec<Arc<str>>>,
    names: Vec<Arc<str>>,
}

impl Plan {
    /// For a model and the days to look ahead at.
    #[must_use]
    pub fn new(model: &Model, horizon: Horizon) -> Self {
        Self {
            code: Code::plain(model),
            watches: watch::watches(model),
            horizon,
            stages: model.lifecycles.iter().map(|l| l.stages.clone()).collect(),
            names: model.lifecycles.iter().map(|l| Arc::clone(&l.name)).collect(),
        }
    }

    /// The end of the last day that is looked ahead at.
    #[must_use]
    pub fn last_moment(&self) -> Option<AsOf> {
        self.horizon.days.last().copied()
    }

    /// The columns that are added: for each lifecycle the stage that a record moves to next, and the day.
    #[must_use]
    pub fn extras(&self) -> Vec<Extra> {
        let of = |name: &Arc<str>| {
            let column = |suffix: &str, kind| Extra { name: Arc::from(format!("{name}_{suffix}")), kind, detail: false };
            [column("next", ExtraKind::Text), column("next_on", ExtraKind::Date)]
        };
        self.names.iter().flat_map(of).collect()
    }

    /// Nothing counted yet.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::new(self.names.len())
    }

    /// What was counted, for people and programs.
    #[must_use]
    pub fn report(&self, counts: &Counts) -> Report {
        counts.report(&self.names, &self.stages, &self.horizon.days)
    }
}

/// A record that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The lifecycle.
    pub lifecycle: usize,
    /// The row of the batch.
    pub row: u32,
    /// The place of the day in [`Horizon::days`].
    pub day: usize,
    /// The stage until then, [`NONE`] where unknown.
    pub from: u32,
    /// The stage from then on.
    pub to: u32,
}

/// Looks ahead, on one thread.
pub struct Forecast<'p> {
    plan: &'p Plan,
    /// By day: an evaluator, once it is needed.
    vms: Vec<Option<Vm>>,
    due: Vec<Vec<u32>>,
    counts: Counts,
}

impl<'p> Forecast<'p> {
    /// With evaluators of its own.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        let days = plan.horizon.days.len();
        Self {
            plan,
            vms: std::iter::repeat_with(|| None).take(days).collect(),
            due: vec![Vec::new(); days],
            counts: plan.counts(),
        }
    }

    /// What was counted.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The columns of a batch with its results, in the order of [`Plan::extras`].
    pub fn add(&mut self, batch: &Batch, scores: &Scores) -> Vec<Column> {
        let steps = self.steps(batch, scores);
        let mut next: Vec<FxHashMap<u32, Step>> = vec![FxHashMap::default(); self.plan.names.len()];
        for step in &steps {
            self.counts.add(step);
            if let Some(next) = next.get_mut(step.lifecycle) {
                next.entry(step.row).or_insert(*step);
            }
        }
        self.counts.movers(next.iter().map(FxHashMap::len));
        let mut out = Vec::new();
        for (next, stages) in next.iter().zip(&self.plan.stages) {
            let (mut stage, mut on) = (TextColumn::default(), Values::default());
            for row in 0..batch.rows {
                let step = u32::try_from(row).ok().and_then(|row| next.get(&row));
                stage.push(step.and_then(|s| stages.get(s.to as usize)).map(|s| &**s));
                on.push(step.and_then(|s| self.plan.horizon.days.get(s.day)).map(|d| d.day));
            }
            out.push(Column::Text(stage));
            out.push(Column::Date(on));
        }
        out
    }

    /// All moves of a batch's records, day by day.
    pub fn steps(&mut self, batch: &Batch, scores: &Scores) -> Vec<Step> {
        self.plan.find_due(batch, &mut self.due);
        let mut present: Vec<Vec<u32>> = scores.lifecycles.iter().map(|l| l.after.clone()).collect();
        let mut steps = Vec::new();
        for day in 0..self.due.len() {
            let rows = std::mem::take(self.due.sure_at_mut(day));
            let (Some(slot), Some(as_of)) = (self.vms.get_mut(day), self.plan.horizon.days.get(day)) else { continue };
            if rows.is_empty() {
                continue;
            }
            let vm = slot.get_or_insert_with(|| self.plan.code.vm(*as_of));
            let places: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
            let then = vm.run(&batch.gather(&places));
            for (lifecycle, (present, then)) in present.iter_mut().zip(&then.lifecycles).enumerate() {
                for (&row, &to) in rows.iter().zip(&then.after) {
                    let Some(stage) = present.get_mut(row as usize).filter(|stage| **stage != to) else { continue };
                    steps.push(Step { lifecycle, row, day, from: *stage, to });
                    *stage = to;
                }
            }
        }
        steps
    }
}

impl Plan {
    /// By day: the rows that can come out otherwise than the day before.
    fn find_due(&self, batch: &Batch, due: &mut Vec<Vec<u32>>) {
        for watch in &self.watches {
            let mut finder = Finder { watch, horizon: &self.horizon, seen: FxHashMap::default(), due };
            match watch.source {
                Source::Everything => finder.all(batch.rows),
                Source::Fixed(date) => (0..batch.rows).for_each(|row| finder.date(row, date)),
                Source::Property(id) => finder.column(batch.columns.get(id.0 as usize).and_then(Option::as_ref), None),
                Source::Field(event, field) => {
                    let events = batch.events.get(event.0 as usize).and_then(Option::as_ref);
                    let column = events.and_then(|e| e.fields.get(field.0 as usize)).and_then(Option::as_ref);
                    finder.column(column, events);
                }
            }
        }
        for rows in due {
            rows.sort_unstable();
            rows.dedup();
        }
    }

    /// The last day that is looked ahead at, where time can change anything at all.
    #[must_use]
    pub fn last_day(&self) -> Option<i32> {
        self.horizon.days.last().filter(|_| !self.watches.is_empty()).map(|last| last.day)
    }
}

/// Looks for the first day on which a record changes by itself, one batch after the other.
#[derive(Default)]
pub struct FirstChanges {
    /// By day: an evaluator, once it is needed.
    vms: Vec<Option<Vm>>,
    due: Vec<Vec<u32>>,
}

impl FirstChanges {
    /// By row: the first day on which a stage or a label is another than it is now; always with the same plan.
    pub fn find(&mut self, plan: &Plan, batch: &Batch, scores: &Scores) -> Vec<Option<i32>> {
        let days = &plan.horizon.days;
        self.vms.resize_with(days.len(), || None);
        self.due.resize(days.len(), Vec::new());
        plan.find_due(batch, &mut self.due);
        let mut found = vec![None; batch.rows];
        for ((rows, slot), as_of) in self.due.iter_mut().zip(&mut self.vms).zip(days) {
            let rows = std::mem::take(rows);
            let places: Vec<usize> =
                rows.iter().map(|&row| row as usize).filter(|&row| found.get(row).is_some_and(Option::is_none)).collect();
            if places.is_empty() {
                continue;
            }
            let then = slot.get_or_insert_with(|| plan.code.vm(*as_of)).run(&batch.gather(&places));
            for (at, &row) in places.iter().enumerate() {
                let differs = |now: &[u32], then: &[u32]| now.get(row) != then.get(at);
                let stages = scores.lifecycles.iter().zip(&then.lifecycles).any(|(now, then)| differs(&now.after, &then.after));
                let labels = scores.labels.iter().zip(&then.labels).any(|(now, then)| differs(now, then));
                if (stages || labels)
                    && let Some(found) = found.get_mut(row)
                {
                    *found = Some(as_of.day);
                }
            }
        }
        found
    }
}

/// Finds the days of one watch.
struct Finder<'a> {
    watch: &'a Watch,
    horizon: &'a Horizon,
    /// The days that follow from a date, for dates that were seen.
    seen: FxHashMap<Date, Vec<usize>>,
    due: &'a mut Vec<Vec<u32>>,
}

impl Finder<'_> {
    fn all(&mut self, rows: usize) {
        for due in self.due.iter_mut() {
            due.extend((0..rows).filter_map(|row| u32::try_from(row).ok()));
        }
    }

    fn date(&mut self, row: usize, date: Date) {
        let Ok(row) = u32::try_from(row) else { return };
        let date = if self.watch.hours() { date } else { Date { micros: None, ..date } };
        let days = self.seen.entry(date).or_insert_with(|| {
            let mut days = Vec::new();
            self.watch.turns.iter().for_each(|turn| turn.days(date, self.horizon, &mut days));
            days.sort_unstable();
            days.dedup();
            days
        });
        for &day in days.iter() {
            if let Some(due) = self.due.get_mut(day) {
                due.push(row);
            }
        }
    }

    /// The dates of a column: of the records, or of their events.
    fn column(&mut self, column: Option<&Column>, events: Option<&EventColumns>) {
        let Some(column) = column else { return };
        let mut owners: Vec<usize> = Vec::new();
        if let Some(events) = events {
            for (row, ends) in events.offsets.windows(2).enumerate() {
                if let [from, to] = ends {
                    owners.extend((*from..*to).map(|_| row));
                }
            }
        }
        let owner = |at: usize| if events.is_some() { owners.get(at).copied() } else { Some(at) };
        if let Column::Date(dates) = column {
            for at in 0..dates.values.len() {
                if let (Some(day), Some(row)) = (dates.get(at), owner(at)) {
                    self.date(row, Date { day: i64::from(day), micros: None });
                }
            }
        } else if let Column::DateTime(moments) = column {
            let mut days = Vec::new();
            self.horizon.zone.days(&moments.values, &mut days);
            for (at, &day) in days.iter().enumerate() {
                if let (Some(micros), Some(row)) = (moments.get(at), owner(at)) {
                    self.date(row, Date { day, micros: Some(micros) });
                }
            }
        }
    }
}

/// Whether a stage is unknown.
const fn known(stage: u32) -> Option<usize> {
    if stage == NONE { None } else { Some(stage as usize) }
}

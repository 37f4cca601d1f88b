//! Events summed up while they are read: the part of a program that looks at single events, run over them as they come.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::effects::Fading;
use super::machine::{Machine, distinct_key};
use super::run::Run;
use super::scores::Scores;
use crate::bytecode::{Chunk, Distinct, Domain, EventPart, InstrKind, Newest};
use crate::column::{Batch, Column, EventColumns};
use crate::kernel::calendar::ZoneTable;
use crate::kernel::sums::{Happened, Sums};
use crate::op::AggregateFunction;
use crate::schema::EventId;
use crate::time::AsOf;

/// Sums up the events of one list, so that none of them is kept.
#[derive(Debug)]
pub struct EventSums {
    chunk: Arc<Chunk>,
    event: EventId,
    part: EventPart,
    as_of: AsOf,
    zone: ZoneTable,
    machine: Machine,
    fadings: Vec<Fading>,
    /// By [`EventPart::sums`].
    sums: Vec<Sums>,
    /// Numbers of the texts that `distinct` has seen, folded.
    texts: FxHashMap<String, u64>,
}

impl EventSums {
    /// Sums for a list of a program as of a moment; `None` where the program looks at single events together with their record.
    #[must_use]
    pub fn new(chunk: &Arc<Chunk>, event: EventId, as_of: AsOf) -> Option<Self> {
        let part = chunk.event_part(event)?;
        // Texts are numbered within a batch, so that what is counted by them is counted over all events at once.
        let steps = || part.steps.iter().filter_map(|at| chunk.main.instrs.get(*at));
        if steps().any(|instr| matches!(instr.op, InstrKind::NumberOf(Distinct::Text(_)))) {
            return None;
        }
        let ops = part.sums.iter().map(|(at, _)| chunk.main.instrs.get(*at).map(|instr| &instr.op));
        let sums = ops.map(|op| sums(op?)).collect::<Option<_>>()?;
        Some(Self {
            chunk: Arc::clone(chunk),
            event,
            part,
            as_of,
            zone: ZoneTable::new(&chunk.zone),
            machine: Machine::new(&chunk.main),
            fadings: chunk.tables.decays.iter().map(|(decay, points)| Fading::new(*decay, *points)).collect(),
            sums,
            texts: FxHashMap::default(),
        })
    }

    /// Adds events, whose owners are numbers below `count`; another number is nobody.
    pub fn add(&mut self, owners: &[u32], count: usize, fields: Vec<Option<Column>>) {
        let mut events = vec![None; self.chunk.names.events.len()];
        if let Some(place) = events.get_mut(self.event.0 as usize) {
            *place = Some(EventColumns { offsets: vec![0, crate::invariant::number(owners.len())], fields });
        }
        let batch = Batch { rows: 1, events, ..Batch::default() };
        let chunk = Arc::clone(&self.chunk);
        let run = Run { chunk: &chunk, batch: &batch, as_of: self.as_of, zone: &self.zone };
        self.machine.start(run);
        let none = Scores::default();
        for &at in &self.part.steps {
            if let Some(instr) = chunk.main.instrs.get(at) {
                self.machine.value(at, instr, run, &none);
            }
        }
        let Self { part, machine, fadings, sums, texts, as_of, .. } = self;
        for (sums, (at, _)) in sums.iter_mut().zip(&part.sums) {
            sums.grow(count);
            if let Some(instr) = chunk.main.instrs.get(*at) {
                if let InstrKind::Distinct(_, _, Distinct::Text(text)) = instr.op {
                    machine.prepare(text, run);
                }
                add(sums, &instr.op, owners, &Adding { machine, run, fadings, today: i64::from(as_of.day) }, texts);
            }
        }
    }

    /// What the events of some owners came to, each column under its number.
    pub fn columns<'a>(&'a self, owners: &'a [u32]) -> impl Iterator<Item = (u32, Column)> + 'a {
        self.part.sums.iter().zip(&self.sums).map(move |((_, number), sums)| (*number, sums.column(owners)))
    }
}

/// Nothing summed up yet for an operation that makes one value a record of events.
fn sums(op: &InstrKind) -> Option<Sums> {
    use AggregateFunction::{Any, Average, Count, Distinct, First, Last, Max, Min, Sum};
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other operation makes one value of events")]
    Some(match op {
        InstrKind::HasEvent(..) => Sums::Any(Vec::new()),
        InstrKind::Count(..) => Sums::Count(Vec::new()),
        InstrKind::AggInt(function, ..) => match function {
            First | Min => Sums::Least(Vec::new()),
            Last | Max => Sums::Greatest(Vec::new()),
            Sum => Sums::Whole(Vec::new()),
            Any | Count | Average | Distinct => return None,
        },
        InstrKind::AggNum(function, ..) => match function {
            Min => Sums::LeastFloat(Vec::new()),
            Max => Sums::GreatestFloat(Vec::new()),
            Sum => Sums::Millionths(Vec::new()),
            Average => Sums::MillionthsAverage(Vec::new()),
            Any | Count | First | Last | Distinct => return None,
        },
        InstrKind::AverageInt(..) => Sums::WholeAverage(Vec::new()),
        InstrKind::Distinct(..) => Sums::Distinct(Vec::new()),
        InstrKind::Each { newest, day, .. } => match newest {
            None => Sums::Points(Vec::new()),
            Some(Newest { count, per: Some(per) }) if per == day => Sums::Daily(*count, Vec::new()),
            Some(Newest { count, per: Some(_) }) => Sums::NewestPer(*count as usize, Vec::new()),
            Some(Newest { count, per: None }) => Sums::Newest(*count as usize, Vec::new()),
        },
        _ => return None,
    })
}

/// What is known of the events that are added.
struct Adding<'a> {
    machine: &'a Machine,
    run: Run<'a>,
    fadings: &'a [Fading],
    today: i64,
}

fn add(sums: &mut Sums, op: &InstrKind, owners: &[u32], adding: &Adding<'_>, texts: &mut FxHashMap<String, u64>) {
    let frame = &adding.machine.frame;
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other operation makes one value of events")]
    match op {
        InstrKind::HasEvent(_, selected) | InstrKind::Count(_, selected) => sums.count(owners, frame.mask(*selected)),
        InstrKind::AggInt(_, _, selected, value) | InstrKind::AverageInt(_, selected, value) => {
            sums.whole(owners, frame.mask(*selected), frame.int(*value));
        }
        InstrKind::AggNum(_, _, selected, value) => sums.floats(owners, frame.mask(*selected), frame.num(*value)),
        InstrKind::Distinct(event, selected, Distinct::Text(text)) => {
            let view = adding.machine.text(*text, Domain::Events(*event), adding.run);
            let keys: Vec<Option<u64>> = (0..owners.len())
                .map(|at| {
                    let text = view.and_then(|view| view.folded(at)).filter(|_| frame.mask(*selected).get(at))?;
                    let next = texts.len() as u64;
                    Some(texts.get(text).copied().unwrap_or_else(|| *texts.entry(text.to_owned()).or_insert(next)))
                })
                .collect();
            sums.distinct(owners, frame.mask(*selected), |at| keys.get(at).copied().flatten());
        }
        InstrKind::Distinct(_, selected, of) => sums.distinct(owners, frame.mask(*selected), |at| distinct_key(frame, *of, at)),
        InstrKind::Each { selected, day, at, points, decay, newest, .. } => {
            let fading = decay.and_then(|table| adding.fadings.get(table as usize));
            let points = |day| fading.map_or(*points, |fading| fading.at(adding.today.saturating_sub(day).max(0)));
            let numbers = newest.and_then(|newest| newest.per).map_or(&[][..], |per| frame.int(per));
            let events = Happened { days: frame.int(*day), times: frame.int(*at), numbers };
            sums.points(owners, frame.mask(*selected), &events, points);
        }
        _ => {}
    }
}

//! What a traced run keeps: every expression's value, and how every item came to its points.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::bytecode::{Domain, ProbeValue};
use crate::column::{Column, UNKNOWN_CODE};
use crate::invariant::{Sure as _, SureAt as _, fits};
use crate::schema::EventId;
use crate::source::Span;
use crate::value::Value;

use super::load::{set_row, text_row};
use super::machine::Machine;
use super::run::{Run, column_of};
use super::step::Step;

/// A traced run of the unfused program.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// How items, groups and scores came to their points, in the order of working out.
    pub steps: Vec<Step>,
    values: FxHashMap<(Span, Option<EventId>), Vec<Option<Value>>>,
    offsets: FxHashMap<EventId, Vec<u32>>,
}

impl Trace {
    /// What the expression at `span` came to for a record; none where unknown, or where there is no such expression.
    #[must_use]
    pub fn value(&self, span: Span, row: usize) -> Option<Value> {
        self.values.get(&(span, None))?.get(row)?.clone()
    }

    /// What the expression at `span` came to for an event, by its place among all events of the batch's list.
    #[must_use]
    pub fn event_value(&self, span: Span, event: EventId, at: usize) -> Option<Value> {
        self.values.get(&(span, Some(event)))?.get(at)?.clone()
    }

    /// Whether the condition at `span` is true or false for a record; none where unknown.
    #[must_use]
    pub fn truth(&self, span: Span, row: usize) -> Option<bool> {
        match self.value(span, row)? {
            Value::Boolean(bit) => Some(bit),
            Value::Text(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::Option(_)
            | Value::Set(_)
            | Value::TextSet(_)
            | Value::Decimal(_) => None,
        }
    }

    /// The places of a record's events among all events of the batch's list.
    #[must_use]
    pub fn events(&self, event: EventId, row: usize) -> std::ops::Range<usize> {
        let offsets = self.offsets.get(&event).sure("a trace has all lists of events");
        let at = |n: usize| *offsets.sure_at(n) as usize;
        at(row)..at(row + 1)
    }

    /// The steps of a record.
    pub fn steps_of(&self, row: usize) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.row == row)
    }

    /// Reads the registers after a run.
    pub(super) fn read(steps: Vec<Step>, machine: &mut Machine, run: Run<'_>) -> Self {
        let mut trace = Self { steps, ..Self::default() };
        for at in 0..run.chunk.names.events.len() {
            if let Ok(id) = u32::try_from(at) {
                let event = EventId(id);
                trace.offsets.insert(event, machine.frame.offsets(event).to_vec());
            }
        }
        for probe in &run.chunk.probes {
            let event = match probe.domain {
                Domain::Records => None,
                Domain::Events(event) => Some(event),
            };
            let values = values(&probe.value, probe.domain, machine, run);
            trace.values.insert((probe.span, event), values);
        }
        trace
    }
}

/// The values of the rows; none where unknown.
pub(super) fn values(of: &ProbeValue, domain: Domain, machine: &mut Machine, run: Run<'_>) -> Vec<Option<Value>> {
    let rows = 0..machine.frame.len(domain);
    if let ProbeValue::Text(text) = of {
        return machine.raw_text(*text, domain, run).into_iter().map(|t| t.map(Value::Text)).collect();
    }
    if let ProbeValue::Chosen(texts) = of {
        let mut out = vec![None; rows.len()];
        for (when, text) in texts {
            let texts = machine.raw_text(*text, domain, run);
            let when = machine.frame.mask(*when);
            for (row, (slot, text)) in out.iter_mut().zip(texts).enumerate() {
                if when.get(row) {
                    *slot = text.map(Value::Text);
                }
            }
        }
        return out;
    }
    let frame = &machine.frame;
    let whole = |i: crate::bytecode::IntReg, known: crate::bytecode::MaskReg, make: &dyn Fn(i64) -> Value| {
        let (values, known) = (frame.int(i), frame.mask(known));
        rows.clone().map(|row| values.get(row).filter(|_| known.get(row)).map(|&v| make(v))).collect()
    };
    match *of {
        ProbeValue::Truth(t, f) => {
            let (t, f) = (frame.mask(t), frame.mask(f));
            rows.map(|row| if t.get(row) { Some(true) } else { f.get(row).then_some(false) }.map(Value::Boolean)).collect()
        }
        ProbeValue::Integer(i, known) => whole(i, known, &Value::Integer),
        ProbeValue::Date(i, known) => whole(i, known, &|day| Value::Date(fits(day))),
        ProbeValue::DateTime(i, known) => whole(i, known, &Value::DateTime),
        ProbeValue::Score(i, known) => {
            whole(i, known, &|p| Value::Decimal(crate::value::Decimal { mantissa: i128::from(p), scale: 2 }))
        }
        ProbeValue::Number(n, known) => {
            let (values, known) = (frame.num(n), frame.mask(known));
            rows.map(|row| values.get(row).filter(|_| known.get(row)).map(|&v| Value::Number(v))).collect()
        }
        ProbeValue::Option(c) => {
            let codes = frame.code(c);
            rows.map(|row| codes.get(row).filter(|&&code| code != UNKNOWN_CODE).map(|&code| Value::Option(code))).collect()
        }
        ProbeValue::Set(column) => rows.map(|row| Some(set_value(column_of(run.batch, column), row))).collect(),
        ProbeValue::Text(_) | ProbeValue::Chosen(_) => Vec::new(),
    }
}

/// A set of a row; empty where the batch has no such column.
fn set_value(column: Option<&Column>, row: usize) -> Value {
    match column {
        Some(Column::TextSet(set)) => {
            let texts = text_row(set, row).iter().filter_map(|&code| set.dictionary.get(code));
            Value::TextSet(texts.map(Arc::from).collect())
        }
        Some(Column::Set(set)) => {
            let words = (0_u32..).zip(set_row(set, row));
            Value::Set(
                words
                    .flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
                    .collect(),
            )
        }
        Some(_) | None => Value::Set(Vec::new()),
    }
}

//! A record many times over, each time with one change.

use std::sync::Arc;

use super::Change;
use crate::column::{
    Batch, BooleanColumn, Column, Dictionary, EventColumns, Mask, SetColumn, TextColumn, TextSetColumn, UNKNOWN_CODE, Values,
};
use crate::hir::{AsOf, Model};
use crate::invariant::{Sure as _, SureAt as _};
use crate::schema::{EventId, PropId};
use crate::value::{Type, Value};
use crate::why::values::{value_at, value_of};

/// The record of a batch of one, once for each change.
pub(super) fn apply(model: &Model, record: &Batch, as_of: AsOf, changes: &[Change]) -> Batch {
    let rows = changes.len();
    let mut out = record.gather(&vec![0; rows]);
    for at in 0..model.schema.properties.len() {
        let Ok(number) = u32::try_from(at) else { continue };
        let id = PropId(number);
        let touched = changes.iter().any(|c| matches!(c, Change::Set(p, _) if *p == id));
        let Some(property) = model.schema.property(id).filter(|_| touched) else { continue };
        let before = value_of(record, id, Some(&property.ty));
        let value = |row: usize| match changes.get(row) {
            Some(Change::Set(p, value)) if *p == id => Some(value.clone()),
            Some(Change::Set(..) | Change::Event(..)) | None => before.clone(),
        };
        let values: Vec<Option<Value>> = (0..rows).map(value).collect();
        if let Some(place) = out.columns.get_mut(at) {
            *place = Some(column(&property.ty, &values));
        }
    }
    for at in 0..model.schema.events.len() {
        let Ok(number) = u32::try_from(at) else { continue };
        if changes.iter().any(|c| matches!(c, Change::Event(e, _) if *e == EventId(number)))
            && let Some(place) = out.events.get_mut(at)
        {
            let before = record.events.get(at).and_then(Option::as_ref);
            *place = Some(events(model, EventId(number), before, as_of, changes));
        }
    }
    out
}

/// The events of the record, once for each change, with one more where the change says so.
fn events(model: &Model, id: EventId, before: Option<&EventColumns>, as_of: AsOf, changes: &[Change]) -> EventColumns {
    let own = before.map_or(0, |b| *b.offsets.sure_at(1) as usize);
    let list = model.schema.sure_event(id);
    let fields = &list.fields;
    let mut offsets = vec![0_u32];
    let mut columns: Vec<Vec<Option<Value>>> = vec![Vec::new(); fields.len()];
    for change in changes {
        let more = if let Change::Event(event, values) = change { (*event == id).then_some(values) } else { None };
        for (at, column) in columns.iter_mut().enumerate() {
            let old = before.and_then(|b| b.fields.get(at)).and_then(Option::as_ref);
            column.extend((0..own).map(|place| old.and_then(|c| value_at(c, place))));
            if let Some(values) = more {
                let is_at = list.at.0 as usize == at;
                let now = match fields.get(at).map(|f| &f.ty) {
                    Some(Type::DateTime) => Value::DateTime(as_of.micros),
                    Some(_) | None => Value::Date(as_of.day),
                };
                column.push(if is_at { Some(now) } else { values.get(at).cloned().flatten() });
            }
        }
        let last = *offsets.last().sure("offsets begin with 0");
        let count = crate::invariant::number(own + usize::from(more.is_some()));
        offsets.push(last.saturating_add(count));
    }
    let fields = fields.iter().zip(&columns).map(|(field, values)| Some(column(&field.ty, values))).collect();
    EventColumns { offsets, fields }
}

/// A column of a type with these values.
pub(super) fn column(ty: &Type, values: &[Option<Value>]) -> Column {
    match ty {
        Type::Text | Type::Score | Type::Label => {
            let mut out = TextColumn { offsets: vec![0], ..TextColumn::default() };
            values.iter().for_each(|v| out.push(if let Some(Value::Text(text)) = v { Some(text) } else { None }));
            Column::Text(out)
        }
        Type::Integer => {
            let mut out = Values::default();
            values.iter().for_each(|v| out.push(if let Some(Value::Integer(n)) = v { Some(*n) } else { None }));
            Column::Integer(out)
        }
        Type::Number => {
            let mut out = Values::default();
            values.iter().for_each(|v| out.push(if let Some(Value::Number(n)) = v { Some(*n) } else { None }));
            Column::Number(out)
        }
        Type::Date => {
            let mut out = Values::default();
            values.iter().for_each(|v| out.push(if let Some(Value::Date(n)) = v { Some(*n) } else { None }));
            Column::Date(out)
        }
        Type::DateTime => {
            let mut out = Values::default();
            values.iter().for_each(|v| out.push(if let Some(Value::DateTime(n)) = v { Some(*n) } else { None }));
            Column::DateTime(out)
        }
        Type::Boolean => {
            let (mut truth, mut known) = (Mask::new(), Mask::new());
            for value in values {
                truth.push(matches!(value, Some(Value::Boolean(true))));
                known.push(matches!(value, Some(Value::Boolean(_))));
            }
            Column::Boolean(BooleanColumn { truth, known })
        }
        Type::OneOf(_) => {
            let code = |v: &Option<Value>| if let Some(Value::Option(code)) = v { *code } else { UNKNOWN_CODE };
            Column::Option(values.iter().map(code).collect())
        }
        Type::SetOf(options) => {
            let words = options.len().div_ceil(64).max(1);
            let mut bits = vec![0_u64; words * values.len()];
            for (row, value) in values.iter().enumerate() {
                let Some(Value::Set(codes)) = value else { continue };
                for &code in codes {
                    if let Some(word) = bits.get_mut(row * words + code as usize / 64) {
                        *word |= 1 << (code % 64);
                    }
                }
            }
            Column::Set(SetColumn { words, bits })
        }
        Type::SetOfText => text_sets(values),
    }
}

fn text_sets(values: &[Option<Value>]) -> Column {
    let mut dictionary = Dictionary::new();
    let mut seen = std::collections::BTreeMap::new();
    let (mut offsets, mut codes) = (vec![0_u32], Vec::new());
    for value in values {
        if let Some(Value::TextSet(texts)) = value {
            for text in texts {
                codes.push(*seen.entry(text.clone()).or_insert_with(|| dictionary.push(text)));
            }
        }
        offsets.push(crate::invariant::number(codes.len()));
    }
    Column::TextSet(TextSetColumn { offsets, codes, dictionary: Arc::new(dictionary) })
}

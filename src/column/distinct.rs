//! Events of a record that are the same: by their key, or in every field.

use std::cmp::Ordering;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Column, EventColumns};
use crate::invariant::SureAtMut as _;

/// A value of a key field.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(&'a str),
    Whole(i64),
}

impl EventColumns {
    /// The events without those that have the key of another event of their record, and how many those are. `key` and `at` are places of
    /// fields. The event with the earliest time counts; among equal times the fields decide in their order, unknown values last.
    #[must_use]
    pub fn distinct(self, key: Option<u32>, at: u32) -> (Self, u64) {
        let field = |place: u32| self.fields.get(place as usize).and_then(Option::as_ref);
        let Some(keys) = key.and_then(field) else { return (self, 0) };
        let order: Vec<&Column> = field(at).into_iter().chain(self.fields.iter().flatten()).collect();
        let mut picked: Vec<usize> = Vec::new();
        let mut offsets = vec![0_u32];
        let mut dropped = 0;
        for run in runs(&self.offsets) {
            let from = picked.len();
            dropped += pick(run, keys, &order, &mut picked);
            picked.sure_at_mut(from..).sort_unstable();
            offsets.push(crate::invariant::number(picked.len()));
        }
        if dropped == 0 {
            return (self, 0);
        }
        let fields = self.fields.iter().map(|column| column.as_ref().map(|column| column.gather(&picked)));
        (Self { offsets, fields: fields.collect() }, dropped)
    }

    /// How many events are equal in every field to one before them in their record.
    #[must_use]
    pub fn equal(&self) -> u64 {
        let columns: Vec<&Column> = self.fields.iter().flatten().collect();
        let mut equal = 0;
        for run in runs(&self.offsets) {
            let mut order: Vec<usize> = run.collect();
            let by_fields = |a: &usize, b: &usize| order_of(&columns, *a, *b);
            order.sort_by(by_fields);
            equal += order.windows(2).filter(|pair| matches!(pair, [a, b] if by_fields(a, b).is_eq())).count() as u64;
        }
        equal
    }
}

/// Adds the events of one record that count, and gives how many do not.
fn pick(run: Range<usize>, keys: &Column, order: &[&Column], picked: &mut Vec<usize>) -> u64 {
    let mut first: FxHashMap<Key<'_>, usize> = FxHashMap::default();
    let mut dropped = 0;
    for event in run {
        let Some(key) = key_of(keys, event) else {
            picked.push(event);
            continue;
        };
        let place = *first.entry(key).or_insert(picked.len());
        match picked.get_mut(place) {
            None => picked.push(event),
            Some(known) => {
                dropped += 1;
                if order_of(order, event, *known).is_lt() {
                    *known = event;
                }
            }
        }
    }
    dropped
}

/// Which of two events comes first by the columns, the first of which that differs decides.
fn order_of(columns: &[&Column], a: usize, b: usize) -> Ordering {
    columns.iter().map(|column| compare(column, a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The events of each record.
fn runs(offsets: &[u32]) -> impl Iterator<Item = Range<usize>> {
    offsets.iter().zip(offsets.iter().skip(1)).map(|(&start, &end)| start as usize..end as usize)
}

fn key_of(keys: &Column, event: usize) -> Option<Key<'_>> {
    match keys {
        Column::Text(texts) => texts.get(event).map(Key::Text),
        Column::Dictionary(d) => d.codes.get(event).and_then(|&code| d.dictionary.get(code)).map(Key::Text),
        Column::Integer(values) => values.get(event).map(Key::Whole),
        Column::Number(_)
        | Column::Boolean(_)
        | Column::Date(_)
        | Column::DateTime(_)
        | Column::Option(_)
        | Column::Set(_)
        | Column::TextSet(_) => None,
    }
}

/// Two values of a column; unknown ones come last.
fn compare(column: &Column, a: usize, b: usize) -> Ordering {
    fn known<T>(a: Option<T>, b: Option<T>, by: impl FnOnce(&T, &T) -> Ordering) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => by(&a, &b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
    match column {
        Column::Text(texts) => known(texts.get(a), texts.get(b), Ord::cmp),
        Column::Dictionary(d) => {
            let text = |event: usize| d.codes.get(event).and_then(|&code| d.dictionary.get(code));
            known(text(a), text(b), Ord::cmp)
        }
        Column::Integer(values) => known(values.get(a), values.get(b), Ord::cmp),
        Column::Number(values) => known(values.get(a), values.get(b), f64::total_cmp),
        Column::Date(values) => known(values.get(a), values.get(b), Ord::cmp),
        Column::DateTime(values) => known(values.get(a), values.get(b), Ord::cmp),
        Column::Boolean(values) => {
            let truth = |event: usize| values.known.get(event).then(|| values.truth.get(event));
            known(truth(a), truth(b), Ord::cmp)
        }
        // The code of an unknown option is the greatest.
        Column::Option(codes) => codes.get(a).cmp(&codes.get(b)),
        Column::Set(set) => {
            let bits = |event: usize| set.bits.get(event * set.words..(event + 1) * set.words);
            bits(a).cmp(&bits(b))
        }
        Column::TextSet(set) => {
            let sorted = |event: usize| {
                let mut texts: Vec<Option<&str>> = set.members(event).iter().map(|&code| set.dictionary.get(code)).collect();
                texts.sort_unstable();
                texts
            };
            sorted(a).cmp(&sorted(b))
        }
    }
}

//! What events come to that are looked at one after the other, in any order of their owners, and not kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::events::{millionths, of_millionths};
use super::numbers::quotient;
use crate::column::{Column, Mask, Values};
use crate::invariant::SureAt as _;

/// One value an owner, to which events are added one by one.
#[derive(Debug, Clone)]
pub enum Sums {
    /// Whether there is any; known where there is.
    Any(Vec<bool>),
    /// How many there are.
    Count(Vec<u32>),
    /// The least whole number.
    Least(Vec<Option<i64>>),
    /// The greatest whole number.
    Greatest(Vec<Option<i64>>),
    /// The least float.
    LeastFloat(Vec<Option<f64>>),
    /// The greatest float.
    GreatestFloat(Vec<Option<f64>>),
    /// The exact sum of whole numbers.
    Whole(Vec<i128>),
    /// The exact sum of millionths; none where a value was too great.
    Millionths(Vec<Option<i128>>),
    /// The exact sum of whole numbers, and how many.
    WholeAverage(Vec<(i128, u32)>),
    /// The exact sum of millionths, none where a value was too great, and how many.
    MillionthsAverage(Vec<(Option<i128>, u32)>),
    /// The different keys, ascending.
    Distinct(Vec<Vec<u64>>),
    /// Points, all of one sign; [`i64::MIN`] where no event counted.
    Points(Vec<i64>),
    /// The newest so many events: the least of them on top, by time and points.
    Newest(usize, Vec<Newest>),
    /// By number: the newest so many of its events.
    NewestPer(usize, Vec<FxHashMap<i64, Newest>>),
    /// By day, ascending: how many events, up to so many, and the points of each.
    Daily(u32, Vec<Vec<(i64, u32, i64)>>),
}

/// The newest events, the least of them on top: time and points.
type Newest = BinaryHeap<Reverse<(i64, i64)>>;

/// When events happened, and a number of each that some share.
pub struct Happened<'a> {
    /// Their calendar days.
    pub days: &'a [i64],
    /// Their times, for the order.
    pub times: &'a [i64],
    /// Their numbers; none where none is asked for.
    pub numbers: &'a [i64],
}

/// Points of no event.
const NONE: i64 = i64::MIN;

impl Sums {
    /// Makes room for so many owners.
    pub fn grow(&mut self, owners: usize) {
        match self {
            Self::Any(of) => more(of, owners, false),
            Self::Count(of) => more(of, owners, 0),
            Self::Least(of) | Self::Greatest(of) => more(of, owners, None),
            Self::LeastFloat(of) | Self::GreatestFloat(of) => more(of, owners, None),
            Self::Whole(of) => more(of, owners, 0),
            Self::Millionths(of) => more(of, owners, Some(0)),
            Self::WholeAverage(of) => more(of, owners, (0, 0)),
            Self::MillionthsAverage(of) => more(of, owners, (Some(0), 0)),
            Self::Distinct(of) => more(of, owners, Vec::new()),
            Self::Points(of) => more(of, owners, NONE),
            Self::Newest(_, of) => more(of, owners, BinaryHeap::new()),
            Self::NewestPer(_, of) => more(of, owners, FxHashMap::default()),
            Self::Daily(_, of) => more(of, owners, Vec::new()),
        }
    }

    /// Counts the selected events.
    pub fn count(&mut self, owners: &[u32], selected: &Mask) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "what events alone come to is named")]
        match self {
            Self::Any(of) => each(of, owners, selected, |any, _| *any = true),
            Self::Count(of) => each(of, owners, selected, |n, _| *n = n.saturating_add(1)),
            _ => {}
        }
    }

    /// Adds the whole numbers of the selected events.
    pub fn whole(&mut self, owners: &[u32], selected: &Mask, values: &[i64]) {
        let value = |event: usize| *values.sure_at(event);
        #[expect(clippy::wildcard_enum_match_arm, reason = "what whole numbers come to is named")]
        match self {
            Self::Least(of) => {
                each(of, owners, selected, |least, at| *least = Some(least.map_or(value(at), |l| l.min(value(at)))))
            }
            Self::Greatest(of) => each(of, owners, selected, |most, at| *most = (*most).max(Some(value(at)))),
            Self::Whole(of) => each(of, owners, selected, |sum, at| *sum += i128::from(value(at))),
            Self::WholeAverage(of) => each(of, owners, selected, |(sum, count), at| {
                *sum += i128::from(value(at));
                *count = count.saturating_add(1);
            }),
            _ => {}
        }
    }

    /// Adds the floats of the selected events.
    pub fn floats(&mut self, owners: &[u32], selected: &Mask, values: &[f64]) {
        let value = |event: usize| *values.sure_at(event);
        let plus = |sum: Option<i128>, at: usize| Some(sum? + i128::from(millionths(value(at))?));
        #[expect(clippy::wildcard_enum_match_arm, reason = "what floats come to is named")]
        match self {
            Self::LeastFloat(of) => each(of, owners, selected, |l, at| *l = Some(l.map_or(value(at), |l| l.min(value(at))))),
            Self::GreatestFloat(of) => each(of, owners, selected, |m, at| *m = Some(m.map_or(value(at), |m| m.max(value(at))))),
            Self::Millionths(of) => each(of, owners, selected, |sum, at| *sum = plus(*sum, at)),
            Self::MillionthsAverage(of) => each(of, owners, selected, |(sum, count), at| {
                *sum = plus(*sum, at);
                *count = count.saturating_add(1);
            }),
            _ => {}
        }
    }

    /// Notes the keys of the selected events; one without a key counts as none.
    pub fn distinct(&mut self, owners: &[u32], selected: &Mask, key: impl Fn(usize) -> Option<u64>) {
        if let Self::Distinct(of) = self {
            each(of, owners, selected, |keys, at| {
                if let Some(key) = key(at)
                    && let Err(place) = keys.binary_search(&key)
                {
                    keys.insert(place, key);
                }
            });
        }
    }

    /// Adds the points of the selected events, given when they happened and what an event of a day gives.
    pub fn points(&mut self, owners: &[u32], selected: &Mask, events: &Happened<'_>, points: impl Fn(i64) -> i64) {
        let day = |event: usize| *events.days.sure_at(event);
        let event = |at: usize| (*events.times.sure_at(at), points(day(at)));
        #[expect(clippy::wildcard_enum_match_arm, reason = "what points come to is named")]
        match self {
            Self::Points(of) => each(of, owners, selected, |sum, at| {
                // All of one sign, so that what goes beyond 64 bits stays beyond every bound.
                let before = if *sum == NONE { 0 } else { *sum };
                *sum = before.saturating_add(points(day(at))).max(NONE + 1);
            }),
            Self::Newest(most, of) => each(of, owners, selected, |newest, at| keep(newest, *most, event(at))),
            Self::NewestPer(most, of) => each(of, owners, selected, |known, at| {
                let number = *events.numbers.sure_at(at);
                keep(known.entry(number).or_default(), *most, event(at));
            }),
            Self::Daily(most, of) => {
                each(of, owners, selected, |known, at| match known.binary_search_by_key(&day(at), |&(day, ..)| day) {
                    Ok(place) => {
                        if let Some((_, count, _)) = known.get_mut(place) {
                            *count = (*count + 1).min(*most);
                        }
                    }
                    Err(place) => known.insert(place, (day(at), 1, points(day(at)))),
                })
            }
            _ => {}
        }
    }

    /// What it came to for some owners, one that has no events among them.
    #[must_use]
    pub fn column(&self, owners: &[u32]) -> Column {
        match self {
            Self::Any(of) => whole(of, owners, |any| any.is_some_and(|&any| any).then_some(1)),
            Self::Count(of) => whole(of, owners, |n| Some(n.map_or(0, |&n| i64::from(n)))),
            Self::Least(of) | Self::Greatest(of) => whole(of, owners, |n| n.copied().flatten()),
            Self::LeastFloat(of) | Self::GreatestFloat(of) => floats(of, owners, |n| n.copied().flatten()),
            Self::Whole(of) => whole(of, owners, |sum| sum.map_or(Some(0), |&sum| i64::try_from(sum).ok())),
            Self::Millionths(of) => floats(of, owners, |sum| sum.map_or(Some(0.0), |sum| sum.map(|sum| of_millionths(sum, 1)))),
            Self::WholeAverage(of) => floats(of, owners, |average| {
                average.filter(|(_, count)| *count > 0).map(|&(sum, count)| quotient(sum, u64::from(count)))
            }),
            Self::MillionthsAverage(of) => floats(of, owners, |average| {
                let &(sum, count) = average.filter(|(_, count)| *count > 0)?;
                Some(of_millionths(sum?, count))
            }),
            Self::Distinct(of) => whole(of, owners, |keys| Some(keys.map_or(0, |keys| keys.len() as i64))),
            Self::Points(of) => whole(of, owners, |points| points.copied().filter(|&points| points != NONE)),
            Self::Newest(_, of) => whole(of, owners, |newest| {
                let newest = newest.filter(|newest| !newest.is_empty())?;
                Some(newest.iter().fold(0_i64, |sum, Reverse((_, points))| sum.saturating_add(*points)))
            }),
            Self::NewestPer(_, of) => whole(of, owners, |known| {
                let known = known.filter(|known| !known.is_empty())?;
                // All of one sign, so that their order does not matter.
                let points = known.values().flatten().map(|Reverse((_, points))| *points);
                Some(points.fold(0_i64, i64::saturating_add))
            }),
            Self::Daily(_, of) => whole(of, owners, |days| {
                let days = days.filter(|days| !days.is_empty())?;
                let day = |&(_, count, points): &(i64, u32, i64)| points.saturating_mul(i64::from(count));
                Some(days.iter().map(day).fold(0, i64::saturating_add))
            }),
        }
    }
}

/// Keeps the newest so many of these events and one more.
fn keep(newest: &mut Newest, most: usize, event: (i64, i64)) {
    if newest.len() < most {
        newest.push(Reverse(event));
    } else if let Some(mut oldest) = newest.peek_mut().filter(|oldest| oldest.0 < event) {
        *oldest = Reverse(event);
    }
}

fn more<T: Clone>(of: &mut Vec<T>, owners: usize, none: T) {
    if of.len() < owners {
        of.resize(owners, none);
    }
}

/// Visits what the owner of each selected event has; an event may belong to nobody.
#[inline]
fn each<T>(of: &mut [T], owners: &[u32], selected: &Mask, mut visit: impl FnMut(&mut T, usize)) {
    for event in selected.ones() {
        if let Some(own) = owners.get(event).and_then(|&owner| of.get_mut(owner as usize)) {
            visit(own, event);
        }
    }
}

fn whole<T>(of: &[T], owners: &[u32], value: impl Fn(Option<&T>) -> Option<i64>) -> Column {
    Column::Integer(values(of, owners, value))
}

fn floats<T>(of: &[T], owners: &[u32], value: impl Fn(Option<&T>) -> Option<f64>) -> Column {
    Column::Number(values(of, owners, value))
}

fn values<T, V: Copy + Default>(of: &[T], owners: &[u32], value: impl Fn(Option<&T>) -> Option<V>) -> Values<V> {
    let mut out = Values::default();
    let mut owners = owners.iter();
    out.extend_from_fn(owners.len(), |_| owners.next().and_then(|&owner| value(of.get(owner as usize))));
    out
}

//! The cells of a property: values that stand for all values that the conditions of the model cannot tell apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cuts::Cuts;
use super::dates::{self, Age};
use super::eval::Scope;
use super::readable::{is_option_read, spelled};
use super::subject::Subject;
use super::terms::MOST_MEMBERS;
use super::truth::Truth;
use crate::hir::{Expr, Model};
use crate::schema::{Property, Schema};
use crate::time::AsOf;
use crate::value::{Decimal, Type, Value};

/// One value (or no value) of a property, at one moment.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The value, `None` where unknown (or empty).
    pub value: Option<Value>,
    /// The moment that the value was chosen for.
    pub as_of: AsOf,
    /// For a date: its age as tests of age see it, where no day and moment were found that show both that and the value.
    pub age: Option<Age>,
    /// A text that was not found, with what its tests (by place in [`Cuts::texts`]) would come to.
    pub assumed: Option<Vec<Truth>>,
    /// For a text that was found: the same, where it is known already.
    pub told: Option<Vec<Truth>>,
    /// For events: how many there are of each kind, then for items that fade whether they give their least (1) or their most (0).
    pub counts: Vec<Value>,
}

impl Cell {
    /// A value that was found.
    pub fn of(value: Option<Value>, as_of: AsOf) -> Self {
        Self { value, as_of, age: None, assumed: None, told: None, counts: Vec::new() }
    }

    /// Whether it stands for what may be possible, not for a value that was found.
    #[must_use]
    pub const fn is_assumed(&self) -> bool {
        self.assumed.is_some() || self.age.is_some()
    }
}

/// How many cells a property may have before its conditions are taken one by one.
pub(super) const MOST_CELLS: usize = 4096;
/// How many texts of a set are taken together.
const MOST_SET_TEXTS: usize = 10;

/// The cells of a property or field; `None` where there are too many to look at together.
pub fn cells(model: &Model, subject: &Subject, property: &Property, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let make = |value: Option<Value>| Cell::of(value, base);
    let mut cells: Vec<Cell> = match &property.ty {
        Type::Boolean => [false, true].map(|b| make(Some(Value::Boolean(b)))).into(),
        Type::OneOf(options) => {
            let default = |c: u32| property.default == Some(Value::Option(c));
            let read = codes(options.len()).filter(|&c| default(c) || is_option_read(&model.schema, options, c));
            read.map(|c| make(Some(Value::Option(c)))).collect()
        }
        Type::Integer => integers(cuts).into_iter().map(|n| make(Some(Value::Integer(n)))).collect(),
        Type::Number => numbers(cuts).into_iter().map(|n| make(Some(Value::Number(n)))).collect(),
        Type::Date | Type::DateTime => dates::cells(&model.schema.zone, &property.ty, cuts, base, subject.is_at(&model.schema))?,
        Type::SetOf(options) => {
            let read: Vec<u32> = codes(options.len()).filter(|&c| is_option_read(&model.schema, options, c)).collect();
            sets(&read, cuts)?.into_iter().map(|s| make(Some(Value::Set(s)))).collect()
        }
        Type::SetOfText => text_sets(&model.schema, cuts)?.into_iter().map(|s| make(Some(Value::TextSet(s)))).collect(),
        Type::Text => super::texts::cells(model, subject, property, cuts, base)?,
        Type::Score | Type::Label => Vec::new(),
    };
    let set = matches!(property.ty, Type::SetOf(_) | Type::SetOfText);
    // Every event has a time.
    if property.default.is_none() && !set && !subject.is_at(&model.schema) {
        cells.insert(0, make(None));
    }
    (cells.len() <= MOST_CELLS).then_some(cells)
}

fn codes(len: usize) -> impl Iterator<Item = u32> {
    0..crate::invariant::number(len)
}

#[expect(clippy::cast_possible_truncation, reason = "cuts beyond 64 bits are held to its ends, which is what an integer can be")]
fn integers(cuts: &Cuts) -> BTreeSet<i64> {
    let mut out = BTreeSet::from([0, 1]);
    out.extend(&cuts.integers);
    if cuts.computed {
        out.extend([i64::MIN, i64::MAX]);
    }
    for cut in &cuts.numbers {
        let (floor, ceil) = (cut.0.floor() as i64, cut.0.ceil() as i64);
        out.extend([floor.saturating_sub(1), floor, ceil, ceil.saturating_add(1)]);
    }
    out
}

fn numbers(cuts: &Cuts) -> Vec<f64> {
    let mut out = vec![0.0, 1.0];
    if cuts.computed {
        out.extend([f64::MIN, f64::MAX]);
    }
    for cut in &cuts.numbers {
        out.extend([cut.0 - 1.0, cut.0.next_down(), cut.0, cut.0.next_up(), cut.0 + 1.0]);
    }
    out.extend(cuts.numbers.iter().zip(cuts.numbers.iter().skip(1)).filter_map(|(a, b)| between(a.0, b.0)));
    out.retain(|n| n.is_finite());
    out.sort_by(f64::total_cmp);
    out.dedup();
    out
}

/// How many decimals and digits a number has at most where rules write it.
const MOST_DECIMALS: i32 = 12;
const MOST_DIGITS: f64 = 1.0e15;

/// A number of few decimals between two others.
fn between(low: f64, high: f64) -> Option<f64> {
    (0..=MOST_DECIMALS).map(|n| ((low * 10_f64.powi(n)).floor() + 1.0) / 10_f64.powi(n)).find(|&n| low < n && n < high)
}

/// Whether rules can write a number as it is.
pub(super) fn is_plain(n: f64) -> bool {
    let decimals = n.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len());
    n.abs() < MOST_DIGITS && i32::try_from(decimals).is_ok_and(|decimals| decimals <= MOST_DECIMALS)
}

/// The values of a score, whatever its rules make of it: none, and hundredths around every cut.
#[expect(clippy::cast_possible_truncation, reason = "no score goes as far as 64 bits of hundredths")]
pub fn scores(cuts: &Cuts, base: AsOf) -> Vec<Cell> {
    let mut points = BTreeSet::from([0]);
    for cut in &cuts.numbers {
        let at = cut.0 * 100.0;
        let (floor, ceil) = (at.floor() as i64, at.ceil() as i64);
        points.extend([floor.saturating_sub(1), floor, ceil, ceil.saturating_add(1)]);
    }
    let known = points.into_iter().map(|p| Some(Value::Decimal(Decimal { mantissa: p.into(), scale: 2 })));
    [None].into_iter().chain(known).map(|value| Cell::of(value, base)).collect()
}

/// Every choice of members, options that no condition tells apart being taken by their number alone.
fn sets(options: &[u32], cuts: &Cuts) -> Option<Vec<Vec<u32>>> {
    let mut classes: Vec<(Vec<bool>, Vec<u32>)> = Vec::new();
    for &code in options {
        let signature: Vec<bool> = cuts.option_groups.iter().map(|g| g.contains(&code)).collect();
        match classes.iter_mut().find(|(s, _)| *s == signature) {
            Some((_, members)) => members.push(code),
            None => classes.push((signature, vec![code])),
        }
    }
    let mut out: Vec<Vec<u32>> = vec![Vec::new()];
    for (_, members) in &classes {
        let mut next = Vec::new();
        for set in &out {
            for n in 0..=members.len() {
                let mut with = set.clone();
                with.extend(members.iter().take(n));
                next.push(with);
            }
        }
        if next.len() > MOST_CELLS {
            return None;
        }
        out = next;
    }
    out.iter_mut().for_each(|s| s.sort_unstable());
    Some(out)
}

fn text_sets(schema: &Schema, cuts: &Cuts) -> Option<Vec<Vec<Arc<str>>>> {
    if cuts.set_texts.len() > MOST_SET_TEXTS {
        return None;
    }
    let mut all: Vec<Arc<str>> = cuts.set_texts.iter().filter_map(|text| spelled(schema, text)).collect();
    let most = cuts.counts.last().map_or(0, |&most| most.clamp(0, MOST_MEMBERS));
    all.extend((0..=most).map(|n| Arc::from(format!("other {}", n + 1))));
    if all.len() > 12 {
        return None;
    }
    Some((0_u32..1 << all.len()).map(|bits| pick(&all, bits)).collect())
}

pub(super) fn pick<T: Clone>(all: &[T], bits: u32) -> Vec<T> {
    all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, t)| t.clone()).collect()
}

/// The truth of a test in a cell; `place` is that of a text test among those of its subject.
pub fn truth(model: &Model, subject: &Subject, value: Option<&Value>, place: Option<usize>, cell: &Cell, expr: &Expr) -> Truth {
    if let (Some(told), Some(at)) = (cell.assumed.as_ref().or(cell.told.as_ref()), place) {
        return told.get(at).copied().unwrap_or(Truth::Unknown);
    }
    Scope { model, subject, value, as_of: cell.as_of, age: cell.age }.truth(expr)
}

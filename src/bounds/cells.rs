//! The cells of a property: values that stand for all values that the conditions of the model cannot tell apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::eval::Scope;
use super::subject::Subject;
use super::terms::{Cuts, MOST_MEMBERS};
use super::truth::Truth;
use crate::hir::{Expr, Model};
use crate::schema::Property;
use crate::time::{AsOf, civil, months_back, months_on};
use crate::value::{Decimal, Type, Value};

/// One value (or no value) of a property, at one moment.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The value, `None` where unknown (or empty).
    pub value: Option<Value>,
    /// The moment that the value was chosen for.
    pub as_of: AsOf,
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
        Self { value, as_of, assumed: None, told: None, counts: Vec::new() }
    }
}

/// How many cells a property may have before its conditions are taken one by one.
const MOST_CELLS: usize = 4096;
/// How many texts of a set are taken together.
const MOST_SET_TEXTS: usize = 10;

/// The cells of a property or field; `None` where there are too many to look at together.
pub fn cells(model: &Model, subject: &Subject, property: &Property, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let make = |value: Option<Value>| Cell::of(value, base);
    let mut cells: Vec<Cell> = match &property.ty {
        Type::Boolean => [false, true].map(|b| make(Some(Value::Boolean(b)))).into(),
        Type::OneOf(options) => codes(options.len()).map(|c| make(Some(Value::Option(c)))).collect(),
        Type::Integer => integers(cuts).into_iter().map(|n| make(Some(Value::Integer(n)))).collect(),
        Type::Number => numbers(cuts).into_iter().map(|n| make(Some(Value::Number(n)))).collect(),
        Type::Date | Type::DateTime => dates(model, &property.ty, cuts, base)?,
        Type::SetOf(options) => sets(options.len(), cuts)?.into_iter().map(|s| make(Some(Value::Set(s)))).collect(),
        Type::SetOfText => text_sets(cuts)?.into_iter().map(|s| make(Some(Value::TextSet(s)))).collect(),
        Type::Text => super::texts::cells(model, subject, cuts, base)?,
        Type::Score | Type::Label => Vec::new(),
    };
    let set = matches!(property.ty, Type::SetOf(_) | Type::SetOfText);
    if subject.is_at(&model.schema) {
        // Every event has a time, and none is still to come.
        cells.retain(|c| match c.value {
            Some(Value::Date(day)) => day <= c.as_of.day,
            Some(Value::DateTime(moment)) => moment <= c.as_of.micros,
            _ => false,
        });
    } else if property.default.is_none() && !set {
        cells.insert(0, make(None));
    }
    (cells.len() <= MOST_CELLS).then_some(cells)
}

fn codes(len: usize) -> impl Iterator<Item = u32> {
    0..u32::try_from(len).unwrap_or(u32::MAX)
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
    out.retain(|n| n.is_finite());
    out.sort_by(f64::total_cmp);
    out.dedup();
    out
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

/// Days (or moments) around every cut; where absolute and relative cuts, or days and months, meet on one property, at several moments.
fn dates(model: &Model, ty: &Type, cuts: &Cuts, base: AsOf) -> Option<Vec<Cell>> {
    let zone = &model.schema.zone;
    let relative = !(cuts.ages.is_empty() && cuts.months.is_empty() && cuts.hours.is_empty());
    let mut moments = vec![base];
    let mut absolute: BTreeSet<i32> = cuts.days.clone();
    absolute.extend(cuts.moments.iter().map(|&m| crate::time::day_of(m, zone)));
    if relative {
        for &day in &absolute {
            let months = cuts.months.iter().map(|m| m.saturating_mul(31));
            for age in cuts.ages.iter().copied().chain(months).chain([-36_500, 0, 36_500]) {
                for near in [-1, 0, 1] {
                    moments.push(AsOf::end_of(i32::try_from(i64::from(day).checked_add(age)? + near).ok()?, zone));
                }
            }
        }
        if !cuts.months.is_empty() && !cuts.ages.is_empty() {
            moments.extend([19_812, 20_148, 20_512].map(|day| AsOf::end_of(day, zone)));
        }
    }
    moments.sort_by_key(|m| m.day);
    moments.dedup_by_key(|m| m.day);
    // Behind the calendar's end nothing can be told apart.
    if moments.iter().any(|m| civil(m.day).is_none()) {
        return None;
    }
    let mut out = Vec::new();
    for as_of in moments {
        let mut days: BTreeSet<i32> = BTreeSet::from([as_of.day]);
        for &day in &absolute {
            days.extend([day - 1, day, day + 1]);
        }
        for &age in &cuts.ages {
            let day = i32::try_from(i64::from(as_of.day).checked_sub(age)?).ok()?;
            days.extend([day.checked_sub(1)?, day, day.checked_add(1)?]);
        }
        for &months in &cuts.months {
            let day = if months < 0 { months_on(as_of.day, -months)? } else { months_back(as_of.day, months)? };
            days.extend([day - 1, day, day + 1]);
        }
        if *ty == Type::Date {
            out.extend(days.into_iter().map(|d| Cell::of(Some(Value::Date(d)), as_of)));
        } else {
            let mut micros: BTreeSet<i64> = days.iter().map(|&d| AsOf::end_of(d, zone).micros).collect();
            for &hours in &cuts.hours {
                let at = as_of.micros.checked_sub(hours.checked_mul(3_600_000_000)?)?;
                micros.extend([at.checked_sub(3_600_000_000)?, at - 1, at, at + 1, at.checked_add(3_600_000_000)?]);
            }
            micros.extend(cuts.moments.iter().flat_map(|&m| [m - 1, m, m + 1]));
            micros.insert(as_of.micros);
            out.extend(micros.into_iter().map(|m| Cell::of(Some(Value::DateTime(m)), as_of)));
        }
        if out.len() > MOST_CELLS {
            return None;
        }
    }
    Some(out)
}

/// Every choice of members, options that no condition tells apart being taken by their number alone.
fn sets(len: usize, cuts: &Cuts) -> Option<Vec<Vec<u32>>> {
    let mut classes: Vec<(Vec<bool>, Vec<u32>)> = Vec::new();
    for code in codes(len) {
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

fn text_sets(cuts: &Cuts) -> Option<Vec<Vec<Arc<str>>>> {
    if cuts.set_texts.len() > MOST_SET_TEXTS {
        return None;
    }
    let mut all: Vec<Arc<str>> = cuts.set_texts.iter().cloned().collect();
    let most = cuts.counts.last().copied().unwrap_or(0).clamp(0, MOST_MEMBERS);
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
    Scope { model, subject, value, as_of: cell.as_of }.truth(expr)
}

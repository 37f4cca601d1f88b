//! Where a test of an ordered property can turn: beside its own cuts, and nowhere else.

use std::ops::{Range, RangeInclusive};

use jiff::tz::TimeZone;

use super::cells::Cell;
use super::cuts::Cuts;
use crate::hir::{Expr, ExprKind, Model};
use crate::invariant::SureAt as _;
use crate::time::{AsOf, months_back, months_on};
use crate::value::Value;

/// An hour in microseconds.
const HOUR: i64 = 3_600_000_000;
/// How far a constant may lie from where floats turn, in parts of it.
const ROUNDING: f64 = 1.0e-12;

/// Whether an expression looks at its subject as it stands: where it computes with it, rounding and overflow may turn it anywhere.
#[expect(clippy::wildcard_enum_match_arm, reason = "only two forms compute; everything else holds them")]
pub(super) fn is_as_it_stands(model: &Model, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Arithmetic(..) | ExprKind::Negate(_) => false,
        ExprKind::Definition(id) => model.definition(*id).is_some_and(|d| is_as_it_stands(model, &d.value)),
        _ => expr.operands().all(|x| is_as_it_stands(model, x)),
    }
}

/// The places, from the first on, at which a test with these cuts may come to something else than one cell before; `None` for cells
/// without an order.
pub(super) fn breakpoints(cells: &[Cell], cuts: &Cuts, zone: &TimeZone) -> Option<Vec<usize>> {
    let known = cells.iter().position(|c| c.value.is_some())?;
    let mut out: Vec<usize> = (0..=known).collect();
    match cells.get(known)?.value.as_ref()? {
        Value::Integer(_) | Value::Number(_) => {
            for cut in &cuts.numbers {
                let width = cut.0.abs() * ROUNDING;
                beside(cells, known..cells.len(), cut.0 - width..=cut.0 + width, &number, &mut out);
            }
        }
        Value::Date(_) => moments(cells, known, &mut out, &mut |row, as_of, out| {
            for day in days(cuts, as_of).map(i64::from) {
                beside(cells, row.clone(), day - 1..=day + 1, &day_number, out);
            }
        }),
        Value::DateTime(_) => moments(cells, known, &mut out, &mut |row, as_of, out| {
            for day in days(cuts, as_of) {
                let near = AsOf::end_of(day.saturating_sub(2), zone).micros..=AsOf::end_of(day.saturating_add(1), zone).micros;
                beside(cells, row.clone(), near, &micros, out);
            }
            let hours = cuts.hours.iter().map(|h| as_of.micros.saturating_sub(h.saturating_mul(HOUR)));
            for at in hours.chain(cuts.moments.iter().copied()) {
                beside(cells, row.clone(), at.saturating_sub(HOUR + 1)..=at.saturating_add(HOUR + 1), &micros, out);
            }
        }),
        Value::Boolean(_) | Value::Option(_) | Value::Text(_) | Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => {
            return None;
        }
    }
    // Ages that are not those of values may turn anywhere.
    out.extend((0..cells.len()).filter(|&at| cells.get(at).is_some_and(|c| c.age.is_some())));
    out.retain(|at| *at < cells.len());
    out.sort_unstable();
    out.dedup();
    Some(out)
}

/// Told a row of cells and its moment, adds places.
type Visit<'v> = dyn FnMut(&Range<usize>, AsOf, &mut Vec<usize>) + 'v;

/// Calls `visit` with every row of cells of one moment: they are in order of their moments, and within a row in order of their values.
fn moments(cells: &[Cell], first: usize, out: &mut Vec<usize>, visit: &mut Visit<'_>) {
    let mut start = first;
    while let Some(as_of) = cells.get(start).map(|c| c.as_of) {
        let alike = cells.sure_at(start..).iter();
        let end = start + alike.take_while(|c| c.as_of == as_of && c.age.is_none()).count().max(1);
        out.push(start);
        visit(&(start..end), as_of, out);
        start = end;
    }
}

/// The days beside which something may turn, as of a moment.
fn days(cuts: &Cuts, as_of: AsOf) -> impl Iterator<Item = i32> {
    let ages = cuts.ages.iter().filter_map(move |age| i32::try_from(i64::from(as_of.day).saturating_sub(*age)).ok());
    let months =
        cuts.months.iter().filter_map(move |&n| if n < 0 { months_on(as_of.day, -n) } else { months_back(as_of.day, n) });
    cuts.days.iter().copied().chain(ages).chain(months)
}

/// Adds the places of the cells of a row whose values lie in `near`, and that of the first behind them.
fn beside<T: PartialOrd>(
    cells: &[Cell],
    row: Range<usize>,
    near: RangeInclusive<T>,
    measure: &dyn Fn(&Value) -> Option<T>,
    out: &mut Vec<usize>,
) {
    let Some(values) = cells.get(row.clone()) else { return };
    let until = |holds: &dyn Fn(T) -> bool| values.partition_point(|c| c.value.as_ref().and_then(measure).is_some_and(holds));
    let (first, behind) = (until(&|v| v < *near.start()), until(&|v| v <= *near.end()));
    out.extend(row.start + first..=row.start + behind);
}

#[expect(clippy::cast_precision_loss, reason = "only to be compared, with room for rounding")]
fn number(value: &Value) -> Option<f64> {
    if let Value::Integer(n) = value {
        return Some(*n as f64);
    }
    if let Value::Number(n) = value { Some(*n) } else { None }
}

fn day_number(value: &Value) -> Option<i64> {
    if let Value::Date(day) = value { Some(i64::from(*day)) } else { None }
}

fn micros(value: &Value) -> Option<i64> {
    if let Value::DateTime(micros) = value { Some(*micros) } else { None }
}

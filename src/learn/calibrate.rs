//! What each value or line is worth: alone, and beside all others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::binning::{self, Limits};
use super::calibration::Line;
use super::coded::{Coded, Meaning, UNKNOWN, joined, range};
use super::columns::Records;
use super::guard;
use super::histogram::{Histogram, Tally, whole};
use super::level::{Level, PRIOR, Scale, information, rates_of_discovery, weighted_mean};
use super::math::{ln, points};
use super::ridge::{self, Pattern};
use crate::invariant::{SureAt as _, number};

use super::short;

/// The ridge penalty of joint fits.
pub const LAMBDA: f64 = 5.0;

/// A calibration; rates are fractions.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    /// Of this form: 1.
    pub version: u32,
    /// The condition that says what converted.
    pub outcome: String,
    /// Records.
    #[serde(serialize_with = "short")]
    pub records: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// The share that converted.
    pub rate: f64,
    /// What to bear in mind.
    pub notes: Vec<String>,
    /// How well the points tell converts from others.
    pub quality: Option<Quality>,
    /// Attributes, or items of rules.
    pub attributes: Vec<AttributeTest>,
}

/// AUC by present points, and by points fitted on the other folds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Quality {
    /// Of the present points.
    pub auc_now: Option<f64>,
    /// Out of fold, of refitted points.
    pub auc_refitted: Option<f64>,
}

/// An attribute, or an item of rules.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeTest {
    /// Its name, or the words of the item.
    pub name: String,
    /// The information value; values of which nobody or everybody converted are left out.
    pub iv: f64,
    /// What is doubtful about it.
    pub notes: Vec<String>,
    /// Its values, or the lines of the item.
    pub values: Vec<ValueTest>,
}

/// A value, or a line.
#[derive(Debug, Clone, Serialize)]
pub struct ValueTest {
    /// The value; null where unknown.
    pub value: Option<String>,
    /// Records.
    #[serde(serialize_with = "short")]
    pub rows: f64,
    /// Those that converted.
    #[serde(serialize_with = "short")]
    pub converted: f64,
    /// Their share.
    pub rate: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The share over the overall share.
    pub lift: Option<f64>,
    /// The weight of evidence; null where nobody or everybody converted.
    pub woe: Option<f64>,
    /// The share, drawn towards the overall one.
    pub shrunk: f64,
    /// Points by the value's own rate.
    pub points_alone: f64,
    /// Points beside all other values; null below 20 records.
    pub points: Option<f64>,
    /// The false discovery rate; null below 20 records.
    pub q: Option<f64>,
    /// The line of the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The points that the rules have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_now: Option<f64>,
    /// The same from the mean of the item, where the other points are told from it.
    #[serde(skip)]
    pub now_beside: Option<f64>,
    /// What to bear in mind.
    pub notes: Vec<String>,
}

/// A column of the joint fit: a value or a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The value; `None` where unknown.
    pub value: Option<String>,
    /// The line and its present points.
    pub line: Option<(usize, f64)>,
}

/// Columns that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The attribute, or the words of the item.
    pub name: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// Whether each record falls into exactly one of the columns, as far as they were written: then points are told from their mean.
    pub partition: bool,
    /// What is doubtful about it.
    pub notes: Vec<String>,
}

/// How often a line counts for a record, in millionths, so that patterns can be compared.
pub const ONE: i64 = 1_000_000;

/// Records that agree in all columns: counts by fold.
pub type Table = BTreeMap<Vec<(u32, i64)>, [Tally; 5]>;

/// Works out a calibration from the table of patterns; columns are numbered through the groups.
#[must_use]
pub fn calibrate(groups: &[Group], table: &Table, unit: f64, scale: Scale, outcome: &str) -> Calibration {
    let count = groups.iter().map(|g| g.columns.len()).sum::<usize>();
    let mut tallies = vec![Tally::default(); count];
    let mut total = Tally::default();
    for (cells, folds) in table {
        let sum = folds.iter().fold(Tally::default(), |mut sum, t| {
            sum.merge(*t);
            sum
        });
        total.merge(sum);
        for (column, _) in cells {
            if let Some(tally) = tallies.get_mut(*column as usize) {
                tally.merge(sum);
            }
        }
    }
    let level = |t: &Tally| Level { n: whole(t.rows) / unit, events: whole(t.events) / unit };
    let (all, levels): (Level, Vec<Level>) = (level(&total), tallies.iter().map(level).collect());
    let enough: Vec<bool> = levels.iter().map(|l| l.n >= PRIOR).collect();
    let fit = ridge::fit(&patterns(table, unit, &enough, |_| true), count, LAMBDA);
    let q = rates_of_discovery(&levels, all);
    let mut next = 0;
    let mut attributes = Vec::new();
    for group in groups {
        let places = next..next + group.columns.len();
        next = places.end;
        let own: Vec<Level> = levels.sure_at(places.clone()).to_vec();
        let coefficient = |at: usize| *fit.coefficients.sure_at(at);
        let covered: f64 = own.iter().map(|l| l.n).sum();
        let centred = group.partition && (covered - all.n).abs() < 0.5 / unit;
        let mean = if centred { weighted_mean(places.clone().zip(&own).map(|(at, l)| (coefficient(at), l.n))) } else { 0.0 };
        let now = |column: &Column| column.line.map_or(0.0, |(_, points)| points);
        let mean_now = if centred { weighted_mean(group.columns.iter().zip(&own).map(|(c, l)| (now(c), l.n))) } else { 0.0 };
        let test = |((at, column), level): ((usize, &Column), &Level)| {
            let speaks = level.n >= PRIOR;
            let joint = speaks.then(|| points(coefficient(at) - mean, scale.pdo, scale.step));
            let value = value_test(column, *level, all, joint, q.get(at).copied().flatten(), scale);
            ValueTest { now_beside: column.line.map(|(_, points)| points - mean_now), ..value }
        };
        let values = places.clone().zip(&group.columns).zip(&own).map(test).collect();
        let (name, notes) = (group.name.clone(), group.notes.clone());
        attributes.push(AttributeTest { name, iv: information(&own, all), notes, values });
    }
    Calibration {
        version: 1,
        outcome: outcome.to_owned(),
        records: all.n,
        converted: all.events,
        rate: all.rate(),
        notes: Vec::new(),
        quality: None,
        attributes,
    }
}

fn value_test(column: &Column, level: Level, all: Level, joint: Option<f64>, q: Option<f64>, scale: Scale) -> ValueTest {
    let any = level.n > 0.0;
    let (low, high) = level.interval();
    let woe = level.evidence(all).map(|(woe, _)| woe);
    let mut notes = Vec::new();
    if level.n < PRIOR {
        notes.push("too few".to_owned());
    } else if level.events <= 0.0 {
        notes.push("no one converted".to_owned());
    } else if level.events >= level.n {
        notes.push("everybody converted".to_owned());
    } else if level.n >= 0.01 * all.n && low >= 0.95 {
        notes.push("leak?".to_owned());
    }
    ValueTest {
        value: column.value.clone(),
        rows: level.n,
        converted: level.events,
        rate: any.then(|| level.rate()),
        low: any.then_some(low),
        high: any.then_some(high),
        lift: any.then(|| level.lift(all)),
        woe,
        shrunk: level.shrunk(all),
        points_alone: level.points_alone(all, scale),
        points: joint,
        q,
        line: column.line.map(|(line, _)| line),
        points_now: column.line.map(|(_, points)| points),
        now_beside: None,
        notes,
    }
}

#[expect(clippy::cast_precision_loss, reason = "millionths of a line's units")]
fn patterns(table: &Table, unit: f64, enough: &[bool], fold: impl Fn(usize) -> bool) -> Vec<Pattern> {
    let mut out: Vec<Pattern> = Vec::new();
    for (cells, folds) in table {
        let sum = folds.iter().enumerate().filter(|(at, _)| fold(*at)).fold(Tally::default(), |mut sum, (_, t)| {
            sum.merge(*t);
            sum
        });
        if sum.rows == 0 {
            continue;
        }
        let cells = cells.iter().map(|(c, x)| (*c as usize, *x as f64 / ONE as f64));
        let cells = cells.filter(|(c, _)| *enough.sure_at(*c)).collect();
        out.push(Pattern { cells, n: whole(sum.rows) / unit, events: whole(sum.events) / unit, offset: 0.0 });
    }
    out
}

/// The AUC of the points that lines have now, and out of fold of points that are fitted on the other folds.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "log-odds and points are small")]
pub fn quality(groups: &[Group], table: &Table, unit: f64) -> Quality {
    let now: Vec<f64> = groups.iter().flat_map(|g| &g.columns).map(|c| c.line.map_or(0.0, |(_, points)| points)).collect();
    let count = now.len();
    let enough = vec![true; count];
    let mut present = Histogram::new(unit);
    let add = |histogram: &mut Histogram, score: i64, tally: &Tally| {
        histogram.add(score, tally.events, true);
        histogram.add(score, tally.rows - tally.events, false);
    };
    let mut aucs = Vec::new();
    for held in 0..5 {
        let fit = ridge::fit(&patterns(table, unit, &enough, |fold| fold != held), count, LAMBDA);
        let mut out_of_fold = Histogram::new(unit);
        for (cells, folds) in table {
            let Some(tally) = folds.get(held).filter(|t| t.rows > 0) else { continue };
            let total = |of: &[f64]| -> f64 {
                #[expect(clippy::cast_precision_loss, reason = "millionths of a line's units")]
                let part = |(c, x): &(u32, i64)| of.get(*c as usize).map_or(0.0, |p| p * *x as f64 / ONE as f64);
                cells.iter().map(part).sum()
            };
            add(&mut out_of_fold, (total(&fit.coefficients) * 1e9).round() as i64, tally);
            add(&mut present, (total(&now) * 100.0).round() as i64, tally);
        }
        aucs.extend(out_of_fold.separation().map(|s| s.auc));
    }
    Quality {
        auc_now: present.separation().map(|s| s.auc),
        auc_refitted: (!aucs.is_empty()).then(|| super::calibration::mean_error(&aucs).0),
    }
}

/// How many points double the odds by the points that lines have now; `None` where they do not rise with them.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "millionths of a line's units")]
pub fn present_scale(groups: &[Group], table: &Table, unit: f64) -> Option<f64> {
    let now: Vec<f64> = groups.iter().flat_map(|g| &g.columns).map(|c| c.line.map_or(0.0, |(_, points)| points)).collect();
    let cell = |(cells, folds): (&Vec<(u32, i64)>, &[Tally; 5])| {
        let sum = folds.iter().fold(Tally::default(), |mut sum, t| {
            sum.merge(*t);
            sum
        });
        let score = cells.iter().map(|(c, x)| now.get(*c as usize).map_or(0.0, |p| p * *x as f64 / ONE as f64)).sum();
        (score, whole(sum.rows) / unit, whole(sum.events) / unit)
    };
    let cells: Vec<(f64, f64, f64)> = table.iter().map(cell).collect();
    let line = Line::fit(&cells, 0.0, true);
    (line.slope > 0.0).then(|| ln(2.0) / line.slope)
}

/// The columns of a survey: each attribute with its values, numbers in optimal bands, and the table of patterns.
#[must_use]
pub fn survey(attributes: &[Coded], records: &Records, unit: f64, limits: Limits, dated: bool) -> (Vec<Group>, Table) {
    let mut groups = Vec::new();
    let mut places: Vec<Vec<u32>> = Vec::new();
    let mut next = 0_u32;
    for it in attributes {
        let tallies = it.tallies(records);
        let (columns, bands) = columns_of(it, &tallies, unit, limits);
        // By code: the number of its column.
        places.push(bands.iter().map(|band| next + band).collect());
        next += number(columns.len());
        let notes = guard::doubts(it, records, unit, dated);
        let notes = notes.into_iter().map(|d| format!("{}: {}", d.note, d.figures)).collect();
        groups.push(Group { name: it.words.clone(), columns, partition: true, notes });
    }
    let mut table = Table::new();
    for row in 0..records.len() {
        let cells = attributes.iter().zip(&places).filter_map(|(it, places)| {
            let code = it.codes.get(row)?;
            Some((*places.get(usize::from(*code))?, ONE))
        });
        let folds = table.entry(cells.collect()).or_default();
        let fold = *records.folds.sure_at(row);
        if let (Some(tally), Some(weight), Some(converted)) =
            (folds.get_mut(usize::from(fold)), records.weights.get(row), records.converted.get(row))
        {
            tally.add(*weight, *converted);
        }
    }
    (groups, table)
}

/// The columns of an attribute, and by code the place among them.
fn columns_of(it: &Coded, tallies: &[Tally], unit: f64, limits: Limits) -> (Vec<Column>, Vec<u32>) {
    let column = |value: Option<String>| Column { value, line: None };
    let has_unknown = matches!(it.levels.first(), Some(Meaning::Unknown));
    let unknown = tallies.first().copied().filter(|t| has_unknown && t.rows > 0);
    let mut columns: Vec<Column> = unknown.map(|_| column(None)).into_iter().collect();
    let mut places = vec![0_u32; it.levels.len()];
    let first = columns.len();
    let place = |at: usize| number(first + at);
    if it.ordered() {
        let known = tallies.sure_at(usize::from(UNKNOWN) + 1..);
        let bins: Vec<Level> = known.iter().map(|t| Level { n: whole(t.rows) / unit, events: whole(t.events) / unit }).collect();
        let all: f64 = bins.iter().map(|b| b.n).sum();
        let (starts, _) = binning::bands(&bins, Limits { least: limits.least * all, ..limits });
        for (band, start) in starts.iter().enumerate() {
            let end = starts.get(band + 1).copied().unwrap_or(known.len());
            let low = if let Some(Meaning::Range(low, _)) = it.levels.get(start + 1) { *low } else { None };
            let high = if let Some(Meaning::Range(_, high)) = it.levels.get(end) { *high } else { None };
            columns.push(column(Some(range(low, high, it.whole))));
        }
        for (code, slot) in places.iter_mut().enumerate().skip(1) {
            *slot = place(starts.partition_point(|start| *start < code).saturating_sub(1));
        }
        debug_assert_eq!(joined(known, &starts).len(), starts.len());
        return (columns, places);
    }
    for ((code, level), tally) in it.levels.iter().enumerate().zip(tallies) {
        if code == 0 && has_unknown || tally.rows == 0 {
            continue;
        }
        let words = match level {
            Meaning::Value(text) => text.clone(),
            Meaning::Other(n) => format!("other ({n} values)"),
            Meaning::Has => "yes".to_owned(),
            Meaning::HasNot => "no".to_owned(),
            Meaning::Unknown | Meaning::Range(..) => continue,
        };
        if let Some(slot) = places.get_mut(code) {
            *slot = number(columns.len());
        }
        columns.push(column(Some(words)));
    }
    (columns, places)
}
